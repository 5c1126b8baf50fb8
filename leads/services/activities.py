"""What was done to reach a lead: calls, mails, meetings, messages, and the minutes they took."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import attempts, minutes
from leads.domain.words import OPEN_STAGES, TRY_AGAIN, End, EventKind, Outcome, Stage
from leads.models import Activity, Handoff, Lead
from leads.selectors import agreement
from leads.services import changes, handoff
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

CALL_PENDING_FOR = timedelta(hours=2)  # a call from the call link waits this long for its outcome
MOST_MINUTES = 24 * 60
_UNANSWERED = frozenset({Outcome.CALLING, Outcome.NO_ANSWER, Outcome.WRONG_NUMBER})


@transaction.atomic
def start_call(*, lead: Lead, by: User, at: datetime | None = None) -> Activity:
    """Log the attempt when the call link is used: it is the first contact, whatever comes of the call.

    A second press while the first call waits for its outcome logs nothing more.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_work(lead, by)
    waiting = pending_call(lead, by, now)
    if waiting is not None:
        return waiting
    return _add(lead, by=by, now=now, kind="call", outcome=Outcome.CALLING, direction="out")


@transaction.atomic
def log(
    *,
    lead: Lead,
    by: User,
    kind: str,
    outcome: str = "",
    direction: str = "out",
    minutes: int | None = None,
    note: str = "",
    at: datetime | None = None,
    version: int | None = None,
) -> Activity:
    """Log a call, mail, meeting or message. A call just started by the same person is completed, not doubled.

    Outbound is an attempt and so first contact, answered or not; inbound is first contact once it was answered
    by a person (`reached`). `minutes` left out are estimated and flagged. Raises `NotAllowed`, `Conflict`,
    `Invalid`.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    _check(kind, outcome, direction, minutes, now, lead)
    waiting = pending_call(lead, by, now) if kind == "call" and direction == "out" else None
    if waiting is not None:
        return _complete(lead, waiting, by=by, now=now, outcome=outcome, spent=minutes, note=note)
    return _add(
        lead, by=by, now=now, kind=kind, outcome=outcome, direction=direction, spent=minutes, note=note
    )


@transaction.atomic
def no_answer(
    *,
    lead: Lead,
    by: User,
    version: int | None = None,
    note: str = "",
    minutes: int | None = None,
    at: datetime | None = None,
) -> Activity:
    """A call nobody answered; the next try is set by the agreed waits in working time."""
    now = changes.instant(at)
    made = log(
        lead=lead,
        by=by,
        kind="call",
        outcome=Outcome.NO_ANSWER,
        minutes=minutes,
        note=note,
        at=at,
        version=version,
    )
    if lead.stage in OPEN_STAGES:
        whose = lead.owner_id or by.pk
        calendar = accounts.calendars_for([whose])[whose]
        next_at = attempts.next_try(calendar, now, lead.attempts, agreement.terms().attempt_waits)
        before, after = changes.save(
            lead, {"next_step_at": next_at, "next_step": lead.next_step or TRY_AGAIN}
        )
        changes.record(lead, EventKind.NEXT_STEP, by=by, at=now, before=before, after=after)
    return made


@transaction.atomic
def wrong_number(
    *, lead: Lead, by: User, version: int | None = None, note: str = "", at: datetime | None = None
) -> Activity:
    """A call that reached somebody else: an attempt. The number stays on the lead until somebody corrects it."""
    return log(lead=lead, by=by, kind="call", outcome=Outcome.WRONG_NUMBER, note=note, at=at, version=version)


def pending_call(lead: Lead, by: User, now: datetime) -> Activity | None:
    """The call this person started from the call link and has not yet said the outcome of."""
    return (
        Activity.objects.filter(
            lead_id=lead.pk, by=by, kind="call", outcome=Outcome.CALLING, at__gte=now - CALL_PENDING_FOR
        )
        .order_by("-at", "-id")
        .first()
    )


def _check(kind: str, outcome: str, direction: str, spent: int | None, at: datetime, lead: Lead) -> None:
    if kind not in {"call", "email", "meeting", "message"}:
        raise Invalid(_("Choose what it was: a call, an e-mail, a meeting or a message."), field="kind")
    if outcome not in {"", *(one.value for one in Outcome)} or direction not in {"out", "in"}:
        raise Invalid(_("Choose how it went."), field="outcome")
    if spent is not None and not 0 <= spent <= MOST_MINUTES:
        raise Invalid(_("Minutes are a number from 0 to 1440."), field="minutes")
    if at > changes.instant(None) + timedelta(minutes=5):
        raise Invalid(_("An activity cannot lie in the future. Plan it as the next step."), field="at")


def contact_changes(lead: Lead, now: datetime, end: End = End.CONTACT) -> dict[str, Any]:
    """End the running handoff; the columns of the lead that its first contact at `now` changes."""
    return contact_values(lead, now, handoff.finish(lead, end=end, at=now))


def contact_values(lead: Lead, now: datetime, ended: Handoff | None) -> dict[str, Any]:
    """The columns of the lead that its first contact at `now` changes, which `ended` this handoff."""
    values: dict[str, Any] = {}
    if lead.first_contact_at is None:
        values["first_contact_at"] = now
        values["is_in_time"] = ended.is_in_time if ended else None
    if lead.stage == Stage.NEW:
        values["stage"] = Stage.CONTACTED
    return values


def _add(
    lead: Lead,
    *,
    by: User,
    now: datetime,
    kind: str,
    outcome: str,
    direction: str,
    spent: int | None = None,
    note: str = "",
) -> Activity:
    taken = minutes.estimate(kind, outcome) if spent is None else spent
    made = Activity.objects.create(
        lead_id=lead.pk,
        campaign_id=lead.campaign_id,
        by=by,
        at=now,
        kind=kind,
        outcome=outcome,
        direction=direction,
        minutes=taken,
        is_estimated=spent is None,
        note=note.strip(),
    )
    figures = changes.counted_at(lead)
    values: dict[str, Any] = {
        "minutes": lead.minutes + taken,
        "minutes_estimated": lead.minutes_estimated + (taken if spent is None else 0),
        "last_activity_at": max(now, lead.last_activity_at or now),
    }
    if direction == "out" or outcome == Outcome.REACHED:
        values |= contact_changes(lead, now)
    if outcome == Outcome.REACHED:
        values["attempts"] = 0
    elif direction == "out":
        values["attempts"] = lead.attempts + 1
    before, after = changes.save(lead, values)
    changes.record(
        lead,
        EventKind.ACTIVITY,
        by=by,
        at=now,
        before=before,
        after=after | {"activity": made.pk, "kind": kind, "outcome": outcome, "direction": direction},
    )
    touch([*figures, *changes.counted_at(lead), (lead.campaign_id, now)])
    return made


def _complete(
    lead: Lead, waiting: Activity, *, by: User, now: datetime, outcome: str, spent: int | None, note: str
) -> Activity:
    """Say how a call that was started went: its attempt was counted when it began."""
    values = complete_values(lead, waiting, outcome=outcome, spent=spent, note=note)
    values["last_activity_at"] = max(now, lead.last_activity_at or now)
    before, after = changes.save(lead, values)
    changes.record(
        lead,
        EventKind.ACTIVITY,
        by=by,
        at=now,
        before=before,
        after=after | {"activity": waiting.pk, "kind": waiting.kind, "outcome": outcome},
    )
    # Its minutes count on the day of the call, and in the month in which the lead came in.
    touch([(lead.campaign_id, waiting.at), (lead.campaign_id, lead.received_at)])
    return waiting


def complete_values(
    lead: Lead, waiting: Activity, *, outcome: str, spent: int | None = None, note: str = ""
) -> dict[str, Any]:
    """Write the outcome of a started call; the columns of the lead that change with it."""
    was, was_estimated = waiting.minutes, waiting.minutes if waiting.is_estimated else 0
    waiting.outcome = outcome
    waiting.minutes = minutes.estimate(waiting.kind, outcome) if spent is None else spent
    waiting.is_estimated = spent is None
    waiting.note = note.strip() or waiting.note
    waiting.save(update_fields=["outcome", "minutes", "is_estimated", "note"])
    now_estimated = waiting.minutes if waiting.is_estimated else 0
    values: dict[str, Any] = {
        "minutes": max(lead.minutes - was + waiting.minutes, 0),
        "minutes_estimated": max(lead.minutes_estimated - was_estimated + now_estimated, 0),
    }
    if outcome not in _UNANSWERED:
        values["attempts"] = 0
    return values
