"""What is done to several leads of the list at once, and taken back from the toast."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leads.domain import deadline
from leads.forms.leads import ManyForm, PutOffForm
from leads.selectors import leads as selectors
from leads.services import bulk
from leads.views.leads import TEMPLATE, Cut, context_of
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import calendars_for
from leadsync.core.errors import DomainError
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import when

SELECT_FIRST = "lead"


def _after(request: HttpRequest, said: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """The list as it was cut, with what was done; without htmx the way back to it."""
    cut = Cut(request, QueryDict(request.POST.get("query", "")[:4000]))
    if not wants_fragment(request):
        (messages.success if status == 200 else messages.error)(request, said)
        return redirect(cut.url)
    context = context_of(request, cut, said=said, **more)
    return render_page(request, TEMPLATE, context, fragment="after", status=status)


def _refused(request: HttpRequest, said: str, status: int = 422) -> HttpResponse:
    """The list as it was, every box still ticked, and why nothing happened."""
    return _after(request, said, status=status, is_refused=True)


def _do(request: HttpRequest, act: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return act()
    except DomainError as refused:
        return _refused(request, refused.message, refused.http_status)


@require_POST
@requires(Can.HAND_OVER)
def hand_over(request: HttpRequest) -> HttpResponse:
    """Hand the selected leads to one rep, all or none; the toast takes it back."""
    form = ManyForm(request.POST)
    if not form.is_valid():
        return _refused(
            request,
            _("Select leads first.") if "lead" in form.errors else _("Choose the rep who takes them."),
        )
    to: User = form.cleaned_data["to"]

    def act() -> HttpResponse:
        done = bulk.hand_over(lead_ids=form.cleaned_data["lead"], to=to, by=person_of(request))
        count = len(done.former)
        said = ngettext("%(n)d lead handed to %(name)s.", "%(n)d leads handed to %(name)s.", count) % {
            "n": count,
            "name": to.name,
        }
        undo = {
            "moved": ",".join(f"{pk}:{former or ''}" for pk, former in done.former.items()),
            "to": str(to.pk),
            "query": request.POST.get("query", ""),
        }
        return _after(request, said, undo=undo if count else None, undo_name="leads:hand_back")

    return _do(request, act)


@require_POST
@requires(Can.HAND_OVER)
def hand_back(request: HttpRequest) -> HttpResponse:
    """Take back a handover of many: each lead goes to who had it, or to marketing. Leads that moved on stay."""
    to = request.POST.get("to", "")

    def act() -> HttpResponse:
        count = bulk.hand_back(
            former=dict(_moves(request.POST.get("moved", ""))),
            taken_by=int(to) if to.isascii() and to.isdigit() and len(to) < 16 else 0,
            by=person_of(request),
        )
        said = ngettext("%(n)d lead is back.", "%(n)d leads are back.", count) % {"n": count}
        return _after(request, said, is_out_of_band=True)

    return _do(request, act)


def _moves(text: str) -> Iterator[tuple[int, int | None]]:
    for one in text[:20_000].split(",")[: selectors.MOST_SELECTED]:
        lead, _sep, owner = one.partition(":")
        if (
            lead.isascii()
            and lead.isdigit()
            and len(lead) < 16
            and (not owner or (owner.isascii() and owner.isdigit()))
        ):
            yield int(lead), int(owner[:16]) if owner else None


@require_POST
@requires(Can.WORK_LEADS, Can.WORK_ANY_LEAD)
def put_off(request: HttpRequest) -> HttpResponse:
    """Put the next step of the selected leads to another day, all or none; the toast takes it back."""
    form = PutOffForm(request.POST)
    if not form.is_valid():
        if "lead" in form.errors:
            return _refused(request, _("Select leads first."))
        return _refused(request, _("Choose a day, for example 2026-12-01."))
    person = person_of(request)

    def act() -> HttpResponse:
        next_step_at = _chosen(person, form.cleaned_data)
        events = bulk.reschedule(lead_ids=form.cleaned_data["lead"], by=person, next_step_at=next_step_at)
        count = len(events)
        said = ngettext("%(n)d lead: next step %(when)s.", "%(n)d leads: next step %(when)s.", count) % {
            "n": count,
            "when": when(next_step_at),
        }
        undo = {"events": ",".join(map(str, events)), "query": request.POST.get("query", "")}
        return _after(request, said, undo=undo if count else None, undo_name="leads:put_back")

    return _do(request, act)


def _chosen(person: User, given: dict[str, Any]) -> datetime:
    calendar = calendars_for([person.pk])[person.pk]
    if given["on"]:
        return deadline.on_day(calendar, given["on"])
    return deadline.next_steps(calendar, timezone.now())[given["step"]]


@require_POST
@requires(Can.WORK_LEADS, Can.WORK_ANY_LEAD)
def put_back(request: HttpRequest) -> HttpResponse:
    """Take a rescheduling of many back: each next step is as it was, but for leads that moved on since."""
    numbers = request.POST.get("events", "")[:20_000].split(",")[: selectors.MOST_SELECTED]
    events = [int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 16]

    def act() -> HttpResponse:
        count = bulk.take_back(events=events, by=person_of(request))
        said = ngettext("%(n)d lead: next step as before.", "%(n)d leads: next step as before.", count) % {
            "n": count
        }
        return _after(request, said, is_out_of_band=True)

    return _do(request, act)
