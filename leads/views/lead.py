"""One lead's page: who it is, what comes next, everything that happened, and what can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import FETCH_RAISE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.domain import deadline, gate_places, transitions
from leads.domain.words import MarkValue, Stage
from leads.forms.leads import ActivityForm, DetailsForm, GiveForm, LoseForm, NoteForm, WinChangeForm, WinForm
from leads.models import Handoff, Lead, Mark, Reason
from leads.selectors import agreement, consents, duplicates, learned, queue, timeline
from leads.selectors.lead_flags import flags
from leads.selectors.mark_history import history
from leads.selectors.marks import is_overruling
from leads.services import activities, editing, follow_up, handoff, marking, outcomes
from leads.templatetags.leads_words import mark_sentence
from leads.views.queue import chosen_step, number_in
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import when
from leadsync.notices.words import RETURN_REASONS

TEMPLATE = "leads/page.html"
WORKS = (Can.WORK_LEADS, Can.WORK_ANY_LEAD)
NOTES = (*WORKS, Can.LOG_LEADS)
ASKS = ("promising", "not_a_fit")


@dataclass(frozen=True)
class Done:
    """What an action says afterwards, and the mark that can be taken back."""

    said: str
    mark: Mark | None = None


type Act = Callable[[Lead, User, int | None], Done]


def lead_of(request: HttpRequest, pk: int) -> Lead:
    """The lead with all that the page says of it, `event_id` being the newest thing known to have happened to it."""
    leads = (
        Lead.objects.visible_to(person_of(request))
        .select_related("campaign__channel", "campaign__owner", "owner", "logged_by", "reason")
        .annotate(event_id=queue.newest_event(), has_consents=consents.has_any(), **flags())
    )
    found = leads.fetch_mode(FETCH_RAISE).filter(pk=pk).first()
    if found is not None:
        return found
    survivor = get_object_or_404(Lead.objects.visible_to(person_of(request)), pk=duplicates.survivor_of(pk))
    raise NotFound(
        _("This lead is part of another one by now: %(name)s.") % {"name": survivor.title}, lead=survivor.pk
    )


# ---------------------------------------------------------------------------------------------- what is shown


@dataclass(frozen=True)
class Rights:
    """What this person may do with this lead now; services decide again."""

    work: bool
    note: bool
    give: bool
    mark: bool
    win: bool
    change_win: bool
    lose: bool
    reopen: bool
    give_back: bool
    merge: bool


def rights_of(lead: Lead, person: User) -> Rights:
    is_here = lead.erased_at is None  # nothing is done any more with somebody who was erased
    work = is_here and (
        person.can(Can.WORK_ANY_LEAD) or (lead.owner_id == person.pk and person.can(Can.WORK_LEADS))
    )
    return Rights(
        work=work,
        note=work or (is_here and person.can(Can.LOG_LEADS)),
        give=lead.is_open
        and lead.can_be_reached
        and (person.can(Can.HAND_OVER) or (person.can(Can.LOG_LEADS) and lead.owner_id is None)),
        mark=work and lead.is_open,
        win=work and lead.stage in transitions.CAN_WIN,
        change_win=work and lead.stage == Stage.WON,
        lose=work and lead.stage in transitions.CAN_LOSE,
        reopen=work and lead.stage in transitions.CAN_REOPEN,
        give_back=work and lead.is_open and lead.owner_id is not None,
        merge=lead.erased_at is None
        and (person.can(Can.MERGE_LEADS) or (lead.owner_id == person.pk and person.can(Can.WORK_LEADS))),
    )


def _win_change(lead: Lead, zone: ZoneInfo) -> WinChangeForm:
    on = lead.won_at.astimezone(zone).date() if lead.won_at else None
    return WinChangeForm(initial={"amount": lead.amount, "on": on})


@dataclass(frozen=True)
class Clock:
    """What the tag `row_clock` shows of a running promise."""

    lead: Lead
    deadline: deadline.Deadline | None
    step_at: Any = None


def _running(
    lead: Lead, now: Any, calendars: dict[int, WorkCalendar], running: Handoff | None
) -> dict[str, Any]:
    found = open_until = None
    if running is not None:
        calendar = calendars[running.rep_id]
        found = deadline.read(
            calendar=calendar,
            now=now,
            due_at=running.due_at,
            warn_at=running.warn_at,
            promise_seconds=running.promise_seconds,
            wanted_at=lead.wanted_at if lead.wanted_at and lead.wanted_at > now else None,
        )
        if calendar.is_open(now):
            windows = calendar.windows_between(now, now + timedelta(days=1))
            open_until = next((end for _start, end in windows), None)
    return {
        "row": Clock(lead, found, lead.next_step_at if found is None else None),
        "queue": {"open_until": open_until, "now": now},
    }


def _context(request: HttpRequest, lead: Lead, **more: Any) -> dict[str, Any]:
    person = person_of(request)
    now = timezone.now()
    handoffs = timeline.handoffs_of(lead)
    running = next((one for one in handoffs if one.ended_at is None), None)
    calendars = accounts.calendars_for({person.pk, *([running.rep_id] if running else [])})
    terms = agreement.terms()
    marks = timeline.marks_of(lead)
    mark = next((one for one in marks if one.reverted_at is None), None)
    rights = rights_of(lead, person)
    zone = accounts.company().tz
    asking = more.pop("asking", "") or request.GET.get("ask", "")
    given = {
        "lead": lead,
        "rights": rights,
        "terms": terms,
        "gate": gate_places.place(lead.gate_number, first=lead.campaign.gate_from, size=terms.gate_size),
        "mark": mark if lead.mark != MarkValue.NONE else None,
        "may_take_back": mark is not None
        and lead.mark == mark.value
        and not is_overruling(mark)
        and mark.at.astimezone(zone).date() == now.astimezone(zone).date()
        and (mark.by_id == person.pk or person.can(Can.WORK_ANY_LEAD))
        and rights.work,
        "asking": asking if asking in ASKS and rights.mark else "",
        "reasons": queue.reasons,  # called where the page asks why
        "pane": {
            "lead": lead,
            "steps": deadline.next_steps(calendars[person.pk], now),
            "topics": learned.topics_of(lead),
            **queue.definition_of(lead, terms),
        },
        "their_time": queue.their_time(lead, now),
        "event_id": getattr(lead, "event_id", None) or 0,
        "items": timeline.timeline(lead, terms, marks, handoffs),
        "marks": history(marks, terms),
        "return_reasons": RETURN_REASONS.items(),
        "give_form": GiveForm(besides=lead.owner_id) if rights.give else None,
        "win_form": WinForm(),
        "win_change_form": _win_change(lead, zone) if rights.change_win else None,
        "may_take_win_back": rights.change_win and outcomes.can_take_win_back(lead, person, now),
        "lose_form": LoseForm(),
        "activity_form": ActivityForm(),
        "merged": duplicates.merges_of(lead),
        "alike": duplicates.lookalikes_of(lead, person),
        "may_merge": rights.merge,
        "tab": "",
        "from_lead": True,
        "now": now,
        **_running(lead, now, calendars, running),
    }
    return given | more


@require_GET
@signed_in
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """`/leads/<id>/`; `?ask=promising|not_a_fit` opens what the mark has to be told.

    A lead that is part of another one leads there, for as long as it is.
    """
    try:
        lead = lead_of(request, pk)
    except NotFound as gone:
        return redirect("leads:page", gone.context["lead"])
    return render_page(request, TEMPLATE, _context(request, lead), fragment="page")


# ---------------------------------------------------------------------------------------------- what is done


def show(
    request: HttpRequest, pk: int, *, status: int = 200, fragment: str = "page", **more: Any
) -> HttpResponse:
    """The page as it stands now; what was typed and refused comes along."""
    return render_page(
        request, TEMPLATE, _context(request, lead_of(request, pk), **more), fragment=fragment, status=status
    )


def _done(request: HttpRequest, pk: int, done: Done) -> HttpResponse:
    """The page with what was done and, for a mark, the way back. Without htmx the way to it."""
    if not wants_fragment(request):
        if done.said:
            messages.success(request, done.said)
        return redirect("leads:page", pk)
    undo_url = reverse("leads:lead_take_back", args=[pk, done.mark.pk]) if done.mark else ""
    return show(
        request,
        pk,
        fragment="after",
        said=done.said,
        undo_url=undo_url,
        is_out_of_band=request.headers.get("HX-Target") != "lead-page",
    )


def run(
    request: HttpRequest, pk: int, act: Act, *, dialog: str = "", asking: str = "", **more: Any
) -> HttpResponse:
    """Run one action with the version the page was made from; refusals come back where they were asked for.

    A version that is behind only because of one's own clicks is no conflict.
    """
    lead = lead_of(request, pk)
    person = person_of(request)
    try:
        try:
            done = act(lead, person, number_in(request.POST.get("version")))
        except Conflict:
            since = number_in(request.POST.get("event"))
            if since is None or not queue.own_changes_only(pk, person, since):
                raise
            lead = lead_of(request, pk)
            done = act(lead, person, lead.version)
    except Conflict as refused:
        kept = {
            name: value
            for name, value in request.POST.items()
            if name not in {"csrfmiddlewaretoken", "version", "event"}
        }
        return show(request, pk, status=409, conflict=refused, kept=kept, kept_url=request.path)
    except Invalid as refused:
        return show(
            request, pk, status=422, refused=refused, dialog=dialog, asking=asking, typed=request.POST, **more
        )
    return _done(request, pk, done)


def act_on_form(
    request: HttpRequest,
    pk: int,
    name: str,
    form: forms.Form,
    act: Callable[[Lead, User, int | None, Any], Done],
    dialog: str,
) -> HttpResponse:
    """Run an action with what a form has read; what the service refuses stands at its field."""
    shown: dict[str, Any] = {"form": form, f"{name}_form": form}
    if not form.is_valid():
        return show(request, pk, status=422, dialog=dialog, **shown)

    def with_form(lead: Lead, person: User, version: int | None) -> Done:
        try:
            return act(lead, person, version, form.cleaned_data)
        except Invalid as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            raise

    return run(request, pk, with_form, dialog=dialog, **shown)


@require_POST
@requires(*WORKS)
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """`mark` with its detail after a colon, as in the queue: `qualified`, `promising:week`, `not_a_fit:no_budget`."""
    overrides = request.POST.get("overrides", "")
    value, _colon, detail = (request.POST.get("mark", "") or overrides).partition(":")

    def act(lead: Lead, person: User, version: int | None) -> Done:
        is_misfit = value == MarkValue.NOT_A_FIT
        made = marking.mark(
            lead=lead,
            value=value,
            by=person,
            version=version,
            reason=Reason.objects.filter(key=detail, is_active=True).first() if is_misfit else None,
            note=request.POST.get("note", ""),
            next_step_at=chosen_step(request, person, detail)
            if value == MarkValue.PROMISING and detail
            else None,
            overrides=bool(overrides),
        )
        return Done(mark_sentence(lead, made), made)

    return run(request, pk, act, asking=value if value in ASKS else "")


@require_POST
@requires(*WORKS)
def take_back(request: HttpRequest, pk: int, mark_pk: int) -> HttpResponse:
    """Take a mark back, the day it was made."""
    found = get_object_or_404(Mark, pk=mark_pk, lead=pk)

    def act(lead: Lead, person: User, _version: int | None) -> Done:
        marking.revert(mark=found, by=person)
        return Done(_("%(name)s: the mark was taken back.") % {"name": lead.title})

    return run(request, pk, act)


@require_POST
@requires(*WORKS)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """The call link was used: the attempt is logged."""

    def act(lead: Lead, person: User, _version: int | None) -> Done:
        activities.start_call(lead=lead, by=person)
        return Done("")

    return run(request, pk, act)


@require_POST
@requires(*WORKS)
def tried(request: HttpRequest, pk: int) -> HttpResponse:
    """`outcome`: `no_answer` sets the next try, `wrong_number` leaves the lead to be corrected or marked."""

    def act(lead: Lead, person: User, version: int | None) -> Done:
        note = request.POST.get("note", "")
        if request.POST.get("outcome") == "wrong_number":
            activities.wrong_number(lead=lead, by=person, version=version, note=note)
            return Done(_("Wrong number noted."))
        activities.no_answer(lead=lead, by=person, version=version, note=note)
        return Done(_("No answer. Next try %(when)s.") % {"when": when(lead.next_step_at) or "–"})

    return run(request, pk, act)


@require_POST
@requires(*WORKS)
def next_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan when to get back to the lead: `step` is `tomorrow`, `days3`, `week`, or `date` with `on`."""

    def act(lead: Lead, person: User, version: int | None) -> Done:
        at = chosen_step(request, person, request.POST.get("step", "date"))
        text = request.POST.get("note", "")[:200]
        follow_up.set_next_step(lead=lead, by=person, at=at, text=text, version=version)
        return Done(_("Next step %(when)s.") % {"when": when(at)})

    return run(request, pk, act)


@require_POST
@requires(*NOTES)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note; both departments see it."""

    def act(lead: Lead, person: User, _version: int | None, given: Any) -> Done:
        follow_up.add_note(lead=lead, by=person, text=given["note"])
        return Done(_("Note saved."))

    return act_on_form(request, pk, "note", NoteForm(request.POST), act, "")


@require_POST
@requires(*WORKS)
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """Log a call, mail, meeting or message."""

    def act(lead: Lead, person: User, _version: int | None, given: Any) -> Done:
        # Logging takes nothing away from anybody: no version is asked for.
        activities.log(lead=lead, by=person, **given)
        return Done(_("Activity saved."))

    return act_on_form(request, pk, "activity", ActivityForm(request.POST), act, "log")


@require_POST
@requires(Can.HAND_OVER, Can.LOG_LEADS)
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the lead to a rep: the head of sales any lead, marketing one that no rep has."""

    def act(lead: Lead, person: User, _version: int | None, given: Any) -> Done:
        why = {"rule": "by_hand"} | ({"note": given["note"].strip()} if given["note"].strip() else {})
        handoff.give(lead=lead, to=given["to"], by=person, why=why)
        return Done(_("Handed to %(name)s.") % {"name": given["to"].name})

    return act_on_form(request, pk, "give", GiveForm(request.POST), act, "give")


@require_POST
@requires(*WORKS)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the lead to marketing with a reason; the promise's clock stops and keeps what is left."""

    def act(lead: Lead, person: User, version: int | None) -> Done:
        reason, words = request.POST.get("reason", ""), request.POST.get("note", "")
        handoff.return_to_marketing(lead=lead, by=person, reason=reason, note=words, version=version)
        return Done(_("%(name)s: returned to marketing.") % {"name": lead.title})

    return run(request, pk, act, dialog="give-back")


@require_http_methods(["GET", "POST"])
@requires(*NOTES)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The details as a form. Somebody else's change meanwhile is a conflict (409) that keeps all that was typed."""
    lead = lead_of(request, pk)
    if request.method == "GET":
        form = DetailsForm(instance=lead)
        return show(request, pk, fragment="details", edit_form=form)
    form = DetailsForm(request.POST, instance=lead_of(request, pk))
    if not form.is_valid():
        return show(request, pk, status=422, fragment="details", edit_form=form, form=form)
    try:
        editing.edit(
            lead=lead, by=person_of(request), changes=form.changes(), version=form.cleaned_data["version"]
        )
    except Conflict as refused:
        typed = request.POST.copy()
        # Saving again means: mine over theirs, now that both are on the screen.
        typed["version"] = str(refused.context["version"])
        form.data = typed
        return show(request, pk, status=409, fragment="details", edit_form=form, edit_conflict=refused)
    except Invalid as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        other = refused.context.get("lead")
        return show(request, pk, status=422, fragment="details", edit_form=form, form=form, other_lead=other)
    if wants_fragment(request):
        response = show(request, pk, fragment="after", said=_("Saved."))
        response["HX-Retarget"], response["HX-Reswap"] = "#lead-page", "morph:outerHTML"
        return response
    messages.success(request, _("Saved."))
    return redirect("leads:page", pk)
