"""Leads that may be the same: pairs to decide on, two leads side by side, and the way back."""

from typing import Any

from django.contrib import messages
from django.db.models import FETCH_RAISE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.domain import merging as rules
from leads.models import Lead, Lookalike, Merge
from leads.selectors import agreement
from leads.selectors import duplicates as selectors
from leads.selectors.routing_page import leads_like
from leads.services import lookalikes, merging, unmerging
from leads.views.queue import number_in
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, DomainError, Invalid
from leadsync.core.htmx import render_page, wants_fragment

PAIRS = "leads/duplicates.html"
MERGE = "leads/merge.html"
WHO = (Can.MERGE_LEADS, Can.WORK_LEADS)


@require_GET
@signed_in
def pairs(request: HttpRequest) -> HttpResponse:
    """`/leads/duplicates/`: pairs nobody has decided on, the most alike first."""
    return _pairs(request)


def _pairs(request: HttpRequest, **more: Any) -> HttpResponse:
    person = person_of(request)
    page = selectors.page_of_pairs(person, request.GET.get("after", "")[:30])
    context = {
        "rows": [(row, merging.may_merge(row.pair.first, row.pair.second, person)) for row in page.rows],
        "more_url": f"{reverse('leads:duplicates')}?after={page.after}" if page.after else "",
        **more,
    }
    return render_page(request, PAIRS, context, fragment="after" if "said" in more else "results")


@require_POST
@requires(*WHO)
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """The two are not the same."""
    pair = get_object_or_404(Lookalike, pk=pk)
    lookalikes.dismiss(pair=pair, by=person_of(request))
    return _decided(
        request, _("Noted: not the same."), undo_url=reverse("leads:duplicates_again", args=[pair.pk])
    )


@require_POST
@requires(*WHO)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Suggest the pair again."""
    lookalikes.suggest_again(pair=get_object_or_404(Lookalike, pk=pk), by=person_of(request))
    return _decided(request, _("The pair is in the list again."))


def _decided(request: HttpRequest, said: str, undo_url: str = "") -> HttpResponse:
    if wants_fragment(request):
        return _pairs(request, said=said, undo_url=undo_url)
    messages.success(request, said, extra_tags=undo_url)
    return redirect("leads:duplicates")


# ---------------------------------------------------------------------------------------------- one of two


def _lead(request: HttpRequest, pk: int) -> Lead:
    """The lead, or the one that it is part of by now."""
    leads = Lead.objects.visible_to(person_of(request)).select_related("campaign", "owner", "reason")
    here = leads.fetch_mode(FETCH_RAISE).filter(pk=pk).first()
    return here or get_object_or_404(leads.fetch_mode(FETCH_RAISE), pk=selectors.survivor_of(pk))


@require_GET
@requires(*WHO)
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """`/leads/<id>/merge/`: find the other lead, by its number or by words."""
    person = person_of(request)
    lead = _lead(request, pk)
    words = request.GET.get("find", "").strip()[:200]
    found = [one for one in leads_like(words, person) if one.pk != lead.pk] if words else []
    suggested = selectors.lookalikes_of(lead, person)
    context = {"lead": lead, "find": words, "found": found, "suggested": suggested}
    return render_page(request, "leads/merge_choose.html", context, fragment="found")


@require_http_methods(["GET", "POST"])
@requires(*WHO)
def merge(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """`/leads/<a>/merge/<b>/`: the two side by side; what is chosen, and making one of them. `a` stays."""
    survivor, gone = _lead(request, pk), _lead(request, other)
    if (survivor.pk, gone.pk) != (pk, other) or survivor.pk == gone.pk:
        if survivor.pk == gone.pk:  # one lead by now
            return redirect("leads:page", survivor.pk)
        return redirect("leads:merge", survivor.pk, gone.pk)
    if request.method == "GET":
        return _side_by_side(request, survivor, gone)
    choices = _choices(request)
    try:
        made = merging.merge(
            survivor=survivor,
            other=gone,
            by=person_of(request),
            choices=choices,
            versions=(number_in(request.POST.get("version")), number_in(request.POST.get("other_version"))),
        )
    except (Conflict, Invalid) as refused:
        fresh = _lead(request, pk), _lead(request, other)
        return _side_by_side(request, *fresh, refused=refused, status=refused.http_status)
    messages.success(
        request,
        _("%(name)s: two leads are one now.") % {"name": survivor.title},
        extra_tags=reverse("leads:merge_undo", args=[made.pk]),
    )
    return redirect("leads:page", survivor.pk)


def _choices(request: HttpRequest) -> dict[str, str]:
    named = {name.removeprefix("f:"): value for name, value in request.POST.items() if name.startswith("f:")}
    known = (*rules.FIELDS, rules.STATE)
    return {
        name: value
        for name, value in named.items()
        if value in rules.SIDES and (name in known or name.startswith((rules.ANSWER, rules.WORDS)))
    }


def _side_by_side(
    request: HttpRequest,
    survivor: Lead,
    other: Lead,
    *,
    refused: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    speaks_against = ""
    try:
        merging.check(survivor, other, person_of(request))
    except DomainError as error:
        speaks_against = error.message
    context = {
        "lead": survivor,
        "other": other,
        "page": selectors.compare(survivor, other, agreement.terms(), _choices(request)),
        "refused": refused,
        "speaks_against": speaks_against if refused is None else "",
    }
    return render_page(request, MERGE, context, status=status)


@require_POST
@requires(*WHO)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Make two of one again."""
    found = get_object_or_404(Merge.objects.select_related("survivor", "by", "undone_by"), pk=pk)
    back = unmerging.undo(merge=found, by=person_of(request))
    words = {"name": found.survivor.title, "other": back.title}
    messages.success(request, _("Two leads again: %(name)s and %(other)s.") % words)
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("leads:page", args=[found.survivor_id])
        return response
    return redirect("leads:page", found.survivor_id)
