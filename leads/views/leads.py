"""The list of leads: cut by the address, in pages by key, as a file, under names of one's own; and the quick search."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Campaign
from leads.domain.tables.export import neutral
from leads.domain.words import GOOD_MARKS, OPEN_STAGES
from leads.filters import EVENT_WORDS, GOOD, ME, NOBODY, LeadFilter
from leads.forms import filter_words
from leads.forms.leads import SaveViewForm
from leads.models import Lead, SavedView
from leads.selectors import leads as selectors
from leads.services import saved_views
from leadsync.accounts import exports
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.core.htmx import render_page, wants_fragment

log = structlog.get_logger(__name__)

TEMPLATE = "leads/list.html"


@dataclass(frozen=True)
class Chip:
    """One filter in words, and the address without it."""

    label: str
    words: str
    without_url: str


@dataclass(frozen=True)
class Tab:
    """A named address of the list."""

    name: str
    url: str
    is_current: bool
    view: SavedView | None = None


class Cut:
    """What the address cuts the list to, and the addresses that follow from it."""

    def __init__(self, request: HttpRequest, given: QueryDict) -> None:
        self.person = person_of(request)
        self.filter = LeadFilter(given, queryset=Lead.objects.visible_to(self.person), request=request)
        self.sort = given.get("sort", "") if given.get("sort") in selectors.SORTS else selectors.NEWEST
        self.after = given.get("after", "")[:200]
        self._view = given.get("view", "")

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Filters and order, in one order."""
        sort = [("sort", self.sort)] if self.sort != selectors.NEWEST else []
        return [*self.filter.pairs, *sort]

    @cached_property
    def query(self) -> str:
        """The address's query without the place in the list."""
        return urlencode(self.pairs)

    @property
    def is_set(self) -> bool:
        """Whether anything is cut away."""
        return bool(self.filter.values)

    @cached_property
    def views(self) -> list[SavedView]:
        """The saved views this person sees."""
        return selectors.views_for(self.person)

    @cached_property
    def view(self) -> SavedView | None:
        """The saved view the person came by."""
        return next((view for view in self.views if str(view.pk) == self._view), None)

    @property
    def is_changed(self) -> bool:
        """Whether the filters are no longer those of the view."""
        return self.view is not None and self.view.query != self.query

    @property
    def is_own_view(self) -> bool:
        """Whether the view is this person's, to be changed and deleted."""
        return self.view is not None and self.view.person_id == self.person.pk

    @property
    def url(self) -> str:
        """The address of this cut, with the view it belongs to."""
        return self.address(self.pairs, view=self.view)

    @property
    def view_url(self) -> str:
        """The address of the view as it was saved."""
        return _view_url(self.view) if self.view else reverse("leads:list")

    def address(self, pairs: Iterable[tuple[str, str]], *, view: SavedView | None = None, **more: str) -> str:
        """The list's address with these filters."""
        query = [*pairs, *([("view", str(view.pk))] if view else []), *more.items()]
        return reverse("leads:list") + (f"?{urlencode(query)}" if query else "")

    @cached_property
    def choices(self) -> selectors.Choices:
        """What the list can be cut by."""
        return selectors.choices()

    @cached_property
    def asked(self) -> list[tuple[str, str]]:
        """Filters and values as the form shows them: "good" is what it stands for."""
        found = []
        for name, value in self.filter.pairs:
            found += (
                [(name, mark.value) for mark in GOOD_MARKS]
                if (name, value) == ("mark", GOOD)
                else [(name, value)]
            )
        return found

    @property
    def newest_url(self) -> str:
        """The same leads, the newest first."""
        return self.address(self.filter.pairs, view=self.view)

    @property
    def due_url(self) -> str:
        """The same leads by their next deadline."""
        return self.address([*self.filter.pairs, ("sort", selectors.DUE)], view=self.view)

    @cached_property
    def chips(self) -> list[Chip]:
        """Every filter in words, each with the way to take it off."""
        pairs = list(self.filter.pairs)
        names = filter_words.Names.of(
            [pairs],
            campaign={str(pk): name for pk, name in self.choices.campaigns},
            channel={str(pk): name for pk, name in self.choices.channels},
            owner={str(one.pk): one.name for one in self.choices.owners},
            reason={reason.key: reason.words for reason in self.choices.reasons},
        )
        return [
            Chip(one.label, one.words, self._without(*one.names)) for one in filter_words.said(pairs, names)
        ]

    def _without(self, *names: str) -> str:
        return self.address((pair for pair in self.pairs if pair[0] not in names), view=self.view)

    @cached_property
    def tabs(self) -> list[Tab]:
        """Cuts that are always there, then the saved views."""
        fixed: list[tuple[str, list[tuple[str, str]]]] = [(_("All leads"), [])]
        if self.person.can(Can.WORK_LEADS):
            fixed.append((_("Mine"), [("owner", ME)]))
        fixed += [
            (_("Without a rep"), [*(("stage", stage.value) for stage in OPEN_STAGES), ("owner", NOBODY)]),
            (_("Past the promise"), [("promise", "past")]),
        ]
        pairs = list(self.filter.pairs)
        tabs = [Tab(name, self.address(query), self.view is None and pairs == query) for name, query in fixed]
        return tabs + [Tab(view.name, _view_url(view), view is self.view, view) for view in self.views]


def _view_url(view: SavedView) -> str:
    return f"{reverse('leads:list')}?{view.query}{'&' if view.query else ''}view={view.pk}"


def context_of(request: HttpRequest, cut: Cut, **more: Any) -> dict[str, Any]:
    page = selectors.lead_page(cut.filter.qs, sort=cut.sort, after=cut.after)
    person = cut.person
    return {
        "cut": cut,
        "page": page,
        "more_url": cut.address(cut.pairs, view=cut.view, after=page.after) if page.after else "",
        "may_hand_over": person.can(Can.HAND_OVER),
        "may_select": person.can(Can.HAND_OVER) or person.can(Can.WORK_LEADS),
        "may_export": person.can(Can.EXPORT),
        "may_log": person.can(Can.LOG_LEADS),
        "reps": selectors.reps,
        "events": [(name, words, f"{name}_from", f"{name}_to") for name, words in EVENT_WORDS.items()],
        "marks": [
            (value, label)
            for value, label in LeadFilter.base_filters["mark"].extra["choices"]
            if value != GOOD
        ],
        "stages": LeadFilter.base_filters["stage"].extra["choices"],
        "kinds": Campaign.Kind.choices,
        "now": timezone.now(),
    } | more


@require_GET
@signed_in
def lead_list(request: HttpRequest) -> HttpResponse:
    """`/leads/`: filters of `leads.filters`, `sort=received|due`, `after=` the key of a page, `view=` a saved one."""
    cut = Cut(request, request.GET)
    fragment = "results" if cut.after else "cut"
    response = render_page(request, TEMPLATE, context_of(request, cut), fragment=fragment)
    if wants_fragment(request) and not cut.after:
        response["HX-Replace-Url"] = cut.url
    return response


# ---------------------------------------------------------------------------------------------- as a file


class _Line:
    """Takes what the csv writer writes and hands it on."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


@require_GET
@requires(Can.EXPORT)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The leads of the same filters as CSV, row by row, so that a large file needs no memory."""
    cut = Cut(request, request.GET)
    leads = cut.filter.qs
    log.info("leads_exported", person=cut.person.pk, query=cut.query)
    exports.record(kind=exports.Kind.LEADS, by=cut.person, what=cut.query, rows=leads.count())

    def lines() -> Iterator[str]:
        line = _Line()
        writer = csv.writer(line)
        yield "\ufeff"  # without it Excel takes UTF-8 for the local encoding
        count = 0
        writer.writerow([neutral(cell) for cell in selectors.export_headers()])
        yield line.text
        for row in selectors.export_rows(leads):
            writer.writerow([neutral(cell) for cell in row])
            count += 1
            yield line.text
        log.info("leads_export_finished", person=cut.person.pk, rows=count)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="leads-{timezone.localdate():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "no-store"
    return response


# ---------------------------------------------------------------------------------------------- saved views


@require_POST
@signed_in
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters at hand under a name; the name of an own view changes that view."""
    form = SaveViewForm(request.POST)
    cut = Cut(request, QueryDict(request.POST.get("query", "")[:4000]))
    if form.is_valid():
        try:
            made = saved_views.save(
                by=person_of(request),
                name=form.cleaned_data["name"],
                query=cut.query,
                is_team=form.cleaned_data["is_team"],
            )
        except Invalid as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, _("View “%(name)s” saved.") % {"name": made.name})
            return redirect(_view_url(made))
    return render_page(request, TEMPLATE, context_of(request, cut, view_form=form, form=form), status=422)


@require_POST
@signed_in
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an own view."""
    person = person_of(request)
    view = get_object_or_404(SavedView, pk=pk, person=person)
    saved_views.delete(view=view, by=person)
    messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name})
    return redirect("leads:list")


# ---------------------------------------------------------------------------------------------- jump


@require_GET
@signed_in
def jump(request: HttpRequest) -> HttpResponse:
    """What the palette offers for `?q=`: the newest leads and campaigns of that name, as options."""
    found = selectors.jump(request.GET.get("q", "")[:200], person_of(request))
    response = render_page(request, "leads/list_jump.html", {"found": found})
    response["Cache-Control"] = "no-store"
    return response
