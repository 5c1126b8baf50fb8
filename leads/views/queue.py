"""The queue: a rep's leads by deadline, and one key or tap for whatever became of one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.domain import deadline
from leads.domain.words import MarkValue
from leads.models import Lead, Mark, Reason
from leads.selectors import queue as queues
from leads.services import activities, follow_up, handoff, marking
from leads.templatetags.leads_words import mark_sentence
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, DomainError, Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import when
from leadsync.notices.words import RETURN_REASONS

TEMPLATE = "leads/queue.html"
TABS: dict[str, Callable[..., queues.Queue]] = {
    "first": queues.first_contacts,
    "follow": queues.follow_ups,
    "done": queues.done_today,
}
WORKS = (Can.WORK_LEADS, Can.WORK_ANY_LEAD)


def number_in(text: str | None) -> int | None:
    """A whole number as forms and addresses carry it, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 15 else None


def _context(
    request: HttpRequest, lead_id: int | None, *, stays: bool = False, **more: Any
) -> dict[str, Any]:
    person = person_of(request)
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    tab = given.get("tab", "first")
    words = given.get("q", "")
    if tab == "questions":
        queue = queues.Queue("questions", [], now, 0, False, None)
    else:
        tab = tab if tab in TABS else "first"
        queue = queues.done_today(person, now) if tab == "done" else TABS[tab](person, now, words=words)
    return {
        "queue": queue,
        "tab": tab,
        "words": words,
        "counts": queues.counts(person, now),
        "pane": queues.pane(queue, lead_id, person, stays=stays),
        "return_reasons": RETURN_REASONS.items(),
        **more,
    }


@require_GET
@signed_in
def queue(request: HttpRequest) -> HttpResponse:
    """`/queue/?tab=first|follow|questions|done&lead=ID&q=words`. Everyone has one; a rep's is full."""
    fragment = "queue" if request.headers.get("HX-Target") == "queue" else None
    context = _context(request, number_in(request.GET.get("lead")), chosen="lead" in request.GET)
    return render_page(request, TEMPLATE, context, fragment=fragment)


def _lead(request: HttpRequest, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.visible_to(person_of(request)), pk=pk)


def answer_with_queue(
    request: HttpRequest,
    *,
    stay: Lead | None = None,
    said: str = "",
    undo: Mark | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """What every action answers with: the list with the next lead open, the counters, and a toast.

    Without htmx: back to the queue, with the same words.
    """
    lead_id = stay.pk if stay else number_in(request.POST.get("next"))
    if not wants_fragment(request) and status == 200 and "asking" not in more:
        if said:
            messages.success(request, said)
        query = f"?tab={request.POST.get('tab', 'first')}" + (f"&lead={lead_id}" if lead_id else "")
        return redirect(reverse("leads:queue") + query)
    context = _context(
        request,
        lead_id,
        stays=stay is not None,
        said=said,
        undo_url=reverse("leads:revert", args=[undo.pk]) if undo else "",
        acted=True,
        typed=request.POST,
        **more,
    )
    return render_page(request, TEMPLATE, context, fragment="after", status=status)


def _try(request: HttpRequest, lead: Lead, act: Callable[[int | None], HttpResponse]) -> HttpResponse:
    """Run one action with the version the page was made from; say refusals where they belong.

    A version that is behind only because of one's own clicks (the call just logged) is no conflict.
    """
    version = number_in(request.POST.get("version"))
    try:
        try:
            return act(version)
        except Conflict:
            since = number_in(request.POST.get("event"))
            if since is None or not queues.own_changes_only(lead.pk, person_of(request), since):
                raise
            lead.refresh_from_db()
            return act(lead.version)
    except Conflict as refused:
        return answer_with_queue(
            request, stay=lead, status=409, conflict=refused, wanted=request.POST.get("mark", "")
        )
    except Invalid as refused:
        asking = request.POST.get("mark", "").split(":")[0]
        return answer_with_queue(request, stay=lead, status=422, refused=refused, asking=asking)


@require_POST
@requires(*WORKS)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """The call link was used: an attempt is logged, the promise is kept. The lead stays open to be marked."""
    lead = _lead(request, pk)
    activities.start_call(lead=lead, by=person_of(request))
    return answer_with_queue(request, stay=lead)


def chosen_step(request: HttpRequest, person: User, choice: str) -> datetime:
    """`tomorrow`, `days3`, `week`, or `date` with the field `on` (a day, or a day and a time)."""
    calendar = accounts.calendars_for([person.pk])[person.pk]
    offered = deadline.next_steps(calendar, timezone.now())
    if choice in offered:
        return offered[choice]
    text = request.POST.get("on", "").strip()
    try:
        # A day first: as an instant it would be its midnight.
        if day := parse_date(text):
            return deadline.on_day(calendar, day)
        at = parse_datetime(text)
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise Invalid(_("Choose a day, for example 2026-12-01."), field="on")
    return at if timezone.is_aware(at) else timezone.make_aware(at)


@require_POST
@requires(*WORKS)
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """`mark` is a mark, with its detail after a colon: `qualified`, `promising:week`, `not_a_fit:too_small`.

    `ask` instead of `mark` opens the choice of detail: when to get back, or why not.
    """
    lead = _lead(request, pk)
    person = person_of(request)
    if asked := request.POST.get("ask"):
        return answer_with_queue(request, stay=lead, asking=asked)
    # A head's "all the same" says which mark in the very field that says so.
    overrides = request.POST.get("overrides", "")
    value, _colon, detail = (request.POST.get("mark", "") or overrides).partition(":")

    def act(version: int | None) -> HttpResponse:
        reason = (
            Reason.objects.filter(key=detail, is_active=True).first()
            if value == MarkValue.NOT_A_FIT
            else None
        )
        step = chosen_step(request, person, detail) if value == MarkValue.PROMISING and detail else None
        made = marking.mark(
            lead=lead,
            value=value,
            by=person,
            version=version,
            reason=reason,
            note=request.POST.get("note", ""),
            next_step_at=step,
            overrides=bool(overrides),
        )
        return answer_with_queue(request, said=mark_sentence(lead, made), undo=made)

    return _try(request, lead, act)


@require_POST
@requires(*WORKS)
def tried(request: HttpRequest, pk: int) -> HttpResponse:
    """`outcome`: `no_answer` sets the next try by the agreed waits; `wrong_number` leaves the lead to be judged."""
    lead = _lead(request, pk)
    person = person_of(request)
    note = request.POST.get("note", "")

    def act(version: int | None) -> HttpResponse:
        if request.POST.get("outcome") == "wrong_number":
            activities.wrong_number(lead=lead, by=person, version=version, note=note)
            return answer_with_queue(
                request,
                stay=lead,
                said=_("%(name)s: wrong number. Mark it, or write down another number.")
                % {"name": lead.title},
            )
        activities.no_answer(lead=lead, by=person, version=version, note=note)
        said = _("%(name)s: no answer. Next try: %(when)s.") % {
            "name": lead.title,
            "when": when(lead.next_step_at),
        }
        return answer_with_queue(request, said=said)

    return _try(request, lead, act)


@require_POST
@requires(*WORKS)
def next_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan when to get back to the lead: `step` is `tomorrow`, `days3`, `week`, or `date` with `on`."""
    lead = _lead(request, pk)
    person = person_of(request)

    def act(version: int | None) -> HttpResponse:
        at = chosen_step(request, person, request.POST.get("step", "date"))
        follow_up.set_next_step(
            lead=lead, by=person, at=at, text=request.POST.get("note", "")[:200], version=version
        )
        return answer_with_queue(
            request, said=_("%(name)s: next step %(when)s.") % {"name": lead.title, "when": when(at)}
        )

    return _try(request, lead, act)


@require_POST
@signed_in
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note on the lead; marketing sees it too."""
    lead = _lead(request, pk)
    person = person_of(request)

    def act(_version: int | None) -> HttpResponse:
        follow_up.add_note(lead=lead, by=person, text=request.POST.get("note", ""))
        return answer_with_queue(request, stay=lead, said=_("Note saved."), noted=True)

    return _try(request, lead, act)


@require_POST
@requires(*WORKS)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the lead to marketing with a reason; the promise's clock stops and keeps what is left."""
    lead = _lead(request, pk)
    person = person_of(request)

    def act(version: int | None) -> HttpResponse:
        handoff.return_to_marketing(
            lead=lead,
            by=person,
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", ""),
            version=version,
        )
        return answer_with_queue(request, said=_("%(name)s: returned to marketing.") % {"name": lead.title})

    return _try(request, lead, act)


@require_POST
@requires(*WORKS)
def revert(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a mark back, the day it was made. The lead is as it was, the clock runs on."""
    made = get_object_or_404(Mark.objects.select_related("lead"), pk=pk)
    try:
        marking.revert(mark=made, by=person_of(request))
    except DomainError as refused:
        if wants_fragment(request):
            raise
        messages.error(request, refused.message)
        return redirect(reverse("leads:queue") + "?tab=done")
    said = _("%(name)s: the mark was taken back.") % {"name": made.lead.title}
    if wants_fragment(request) and request.headers.get("HX-Target") != "queue":
        # The toast's undo swaps nothing itself: the list comes along out of band.
        context = _context(request, made.lead_id, said=said, acted=True, typed={}, out_of_band=True)
        return render_page(request, TEMPLATE, context, fragment="after")
    return answer_with_queue(request, stay=made.lead, said=said)
