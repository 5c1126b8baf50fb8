"""Sales' verdict on a lead, and taking it back the same day (domain.md, Lead)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.services import touch
from leads.domain import definition, transitions
from leads.domain.words import End, EventKind, MarkValue, Outcome, Stage
from leads.models import Activity, Answer, Handoff, Lead, Mark, Reason
from leads.selectors import agreement
from leads.services import activities, changes, handoff
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed

# What a mark changes, so what a revert puts back.
_UNDONE = (
    "stage",
    "mark",
    "reason_id",
    "first_contact_at",
    "is_in_time",
    "is_judged_only",
    "marked_at",
    "qualified_at",
    "closed_at",
    "next_step_at",
    "next_step",
    "last_activity_at",
    "attempts",
    "minutes",
    "minutes_estimated",
)


@transaction.atomic
def mark(
    *,
    lead: Lead,
    value: MarkValue | str,
    by: User,
    version: int | None,
    reason: Reason | None = None,
    note: str = "",
    next_step_at: datetime | None = None,
    next_step: str = "",
    at: datetime | None = None,
    overrides: bool = False,
) -> Mark:
    """Mark a lead; the definition in force and how the lead measures up are stored with the mark.

    Promising needs a next step, unless one is planned already; not a fit a reason (with a note where the reason
    says so); unreachable the agreed number of attempts, or a head who `overrides` with a note. A mark ends the
    promise's clock: without an activity it is the first contact, but for not a fit on an obviously false lead,
    which is judged without contact and counted apart.

    Raises `NotAllowed`, `Conflict` (the same mark sent twice by one person is one mark), `Invalid` with the field.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_work(lead, by)
    try:
        wanted = MarkValue(value)
    except ValueError as error:
        raise Invalid(_("Choose a mark."), field="mark") from error
    if version is not None and version != lead.version:
        twice = _just_the_same(lead, wanted, by, version, now)
        if twice is not None:
            return twice
        raise changes.conflict(lead)
    terms = agreement.terms()
    is_false_lead = wanted == MarkValue.NOT_A_FIT and reason is not None and reason.is_false_lead
    next_step_at = next_step_at or (
        lead.next_step_at if lead.next_step_at and lead.next_step_at > now else None
    )
    _check(lead, wanted, by, reason, note, next_step_at, terms.attempts_needed, now, overrides)

    was = changes.snapshot(lead, _UNDONE)
    figures = changes.counted_at(lead)
    values: dict[str, Any] = {}
    undo: dict[str, Any] = {"lead": was}
    waiting = activities.pending_call(lead, by, now)
    if waiting is not None:
        undo["activity"] = {
            "id": waiting.pk,
            "outcome": waiting.outcome,
            "minutes": waiting.minutes,
            "is_estimated": waiting.is_estimated,
        }
        is_unanswered = wanted == MarkValue.UNREACHABLE or is_false_lead
        values |= activities.complete_values(
            lead, waiting, outcome=Outcome.NO_ANSWER if is_unanswered else Outcome.REACHED
        )
    is_judged_only = is_false_lead and lead.first_contact_at is None
    running = Handoff.objects.filter(lead_id=lead.pk, ended_at=None).values_list("pk", flat=True).first()
    if running is not None:
        undo["handoff"] = running
    if is_judged_only:
        handoff.finish(lead, end=End.JUDGED, at=now)
    else:
        values |= activities.contact_changes(lead, now, End.MARK)
    values |= {
        "stage": transitions.STAGE_OF_MARK[wanted],
        "mark": wanted,
        "reason_id": reason.pk if reason and wanted == MarkValue.NOT_A_FIT else None,
        "is_judged_only": is_judged_only,
        "marked_at": now,
        "qualified_at": (lead.qualified_at or now) if wanted == MarkValue.QUALIFIED else None,
        "closed_at": now if transitions.STAGE_OF_MARK[wanted] == Stage.CLOSED else None,
        "last_activity_at": now,
    }
    if values["stage"] == Stage.CLOSED:
        values |= {"next_step_at": None, "next_step": ""}
    elif next_step_at is not None:
        values |= {"next_step_at": next_step_at, "next_step": next_step.strip()[:200] or lead.next_step}
    before, after = changes.save(lead, values)
    undo["version"] = lead.version
    answers = dict(Answer.objects.filter(lead_id=lead.pk).values_list("key", "value"))
    measured = definition.evaluate(terms.criteria, terms.points_needed, answers)
    made = Mark.objects.create(
        lead_id=lead.pk,
        value=wanted,
        reason=reason if wanted == MarkValue.NOT_A_FIT else None,
        note=note.strip(),
        by=by,
        at=now,
        agreement_id=terms.agreement_id,
        evaluation=measured.as_json(),
        undo=undo,
    )
    changes.record(
        lead,
        EventKind.MARKED,
        by=by,
        at=now,
        before=before,
        after=after | {"mark": str(wanted), "mark_id": made.pk} | ({"overrides": True} if overrides else {}),
    )
    touch([*figures, *changes.counted_at(lead), *([(lead.campaign_id, waiting.at)] if waiting else [])])
    return made


def _just_the_same(lead: Lead, value: MarkValue, by: User, version: int, now: datetime) -> Mark | None:
    """The mark of a double click: the same value by the same person on the version that was sent again."""
    last = Mark.objects.filter(lead_id=lead.pk, reverted_at=None).order_by("-id").first()
    is_same = (
        last is not None
        and last.by_id == by.pk
        and last.value == value == lead.mark
        and last.undo.get("version") == lead.version == version + 1
        and now - last.at < timedelta(minutes=5)
    )
    return last if is_same else None


def _check(
    lead: Lead,
    value: MarkValue,
    by: User,
    reason: Reason | None,
    note: str,
    next_step_at: datetime | None,
    attempts_needed: int,
    now: datetime,
    overrides: bool,
) -> None:
    if not transitions.can_mark(lead.stage, value):
        if lead.is_open:
            raise Invalid(
                _("A qualified lead is lost rather than closed: choose Lost and why."), field="mark"
            )
        raise Invalid(_("This lead is closed. Reopen it first."), field="mark")
    if value == MarkValue.PROMISING:
        if next_step_at is None:
            raise Invalid(_("A promising lead needs a next step: choose when."), field="next_step_at")
        if next_step_at <= now:
            raise Invalid(_("The next step lies in the past: choose a later time."), field="next_step_at")
    elif next_step_at is not None and next_step_at <= now:
        raise Invalid(_("The next step lies in the past: choose a later time."), field="next_step_at")
    if value == MarkValue.NOT_A_FIT:
        if reason is None or not reason.is_for_mark or not reason.is_active:
            raise Invalid(_("Choose why it is not a fit."), field="reason")
        if reason.needs_note and not note.strip():
            raise Invalid(_("This reason needs a note."), field="note")
    if value == MarkValue.UNREACHABLE and lead.attempts < attempts_needed:
        missing = attempts_needed - lead.attempts
        if not overrides or not by.can(Can.WORK_ANY_LEAD):
            raise Invalid(
                ngettext(
                    "%(n)d more attempt is agreed before a lead is unreachable.",
                    "%(n)d more attempts are agreed before a lead is unreachable.",
                    missing,
                )
                % {"n": missing},
                field="mark",
            )
        if not note.strip():
            raise Invalid(_("Say in a note why fewer attempts are enough."), field="note")


@transaction.atomic
def revert(*, mark: Mark, by: User, at: datetime | None = None) -> None:
    """Take a mark back the same day (of the company's zone): its author, or a head. The lead is as it was.

    The promise's clock runs on if this mark ended it; time passed meanwhile is not given back. What was done
    after the mark stays: an activity logged since is then the first contact. Raises `NotAllowed`; `Conflict`
    when it was reverted already or the lead has moved on; `Invalid` on a later day.
    """
    now = changes.instant(at)
    lead = changes.take(Lead(pk=mark.lead_id))
    found = db.locked(Mark.objects.filter(pk=mark.pk)).get()
    if found.by_id != by.pk and not by.can(Can.WORK_ANY_LEAD):
        raise NotAllowed(_("A mark is taken back by who made it, or by the head of sales."))
    zone = accounts.company().tz
    if found.at.astimezone(zone).date() != now.astimezone(zone).date():
        raise Invalid(_("A mark can be taken back on the day it was made. Mark the lead anew instead."))
    is_last = not Mark.objects.filter(lead_id=lead.pk, reverted_at=None, pk__gt=found.pk).exists()
    if found.reverted_at is not None or not is_last or lead.mark != found.value or not _stands(lead, found):
        raise changes.conflict(lead)

    figures = changes.counted_at(lead)
    since = Activity.objects.filter(lead_id=lead.pk, at__gt=found.at).exclude(kind="note")
    former = {name: changes.restored(name, value) for name, value in found.undo["lead"].items()}
    values = former
    later = list(since.order_by("at", "id"))
    kept = {"minutes", "minutes_estimated", "attempts", "last_activity_at"} if later else set()
    if lead.next_step_at != _after_mark(found, "next_step_at", lead):
        kept |= {"next_step_at", "next_step"}  # planned anew since
    values = {name: value for name, value in former.items() if name not in kept}
    first = next((one for one in later if one.direction == "out" or one.outcome == Outcome.REACHED), None)
    _restore_handoff(found, first, lead, values)
    was_call = found.undo.get("activity")
    touched = []
    if was_call and not later:
        call = Activity.objects.filter(pk=was_call["id"]).first()
        if call is not None:
            call.outcome, call.minutes = was_call["outcome"], was_call["minutes"]
            call.is_estimated = was_call["is_estimated"]
            call.save(update_fields=["outcome", "minutes", "is_estimated"])
            touched.append((lead.campaign_id, call.at))
    before, after = changes.save(lead, values)
    found.reverted_at, found.reverted_by = now, by
    found.save(update_fields=["reverted_at", "reverted_by"])
    mark.reverted_at, mark.reverted_by = now, by
    changes.record(
        lead,
        EventKind.MARK_REVERTED,
        by=by,
        at=now,
        before=before,
        after=after | {"mark_id": found.pk},
    )
    touch([*figures, *changes.counted_at(lead), *touched])


def _stands(lead: Lead, found: Mark) -> bool:
    return lead.stage == transitions.STAGE_OF_MARK[MarkValue(found.value)] and lead.marked_at == found.at


def _after_mark(found: Mark, name: str, lead: Lead) -> Any:
    """What the mark itself left in a column, from its event."""
    event = (
        lead.events.filter(kind=EventKind.MARKED, after__mark_id=found.pk)
        .values_list("after", flat=True)
        .first()
    )
    value = (event or {}).get(name, found.undo["lead"].get(name))
    return changes.restored(name, value)


def _restore_handoff(found: Mark, first: Activity | None, lead: Lead, values: dict[str, Any]) -> None:
    """Let the clock that the mark stopped run on, or end it by the first contact made since."""
    ended_id = found.undo.get("handoff")
    ended = db.locked(Handoff.objects.filter(pk=ended_id)).first() if ended_id else None
    if first is not None and values.get("first_contact_at") is None:
        values["first_contact_at"] = first.at
        values["is_in_time"] = first.at <= ended.due_at if ended else None
        if values["stage"] == Stage.NEW:
            values["stage"] = Stage.CONTACTED
    if ended is None or ended.ended_at != found.at or ended.end not in {End.MARK, End.JUDGED}:
        return
    if first is not None:
        Handoff.objects.filter(pk=ended.pk).update(
            ended_at=first.at, end=End.CONTACT, is_in_time=first.at <= ended.due_at
        )
        return
    if Handoff.objects.filter(lead_id=lead.pk, ended_at=None).exists():
        raise Conflict(_("The lead was handed over since: its mark stays."))
    flagged = set(ended.steps.values_list("kind", flat=True))
    times = {"warn": ended.warn_at, "missed": ended.due_at, "escalated": ended.escalate_at}
    left = [time for kind, time in times.items() if kind not in flagged]
    ended.ended_at, ended.end, ended.is_in_time = None, "", None
    ended.next_check_at = min(left, default=None)
    ended.save(update_fields=["ended_at", "end", "is_in_time", "next_check_at"])
