"""What people do with messages: try them again, drop them, bring them back."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.beats import hint
from leadsync.core.errors import Conflict, NotFound
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import inbox, submissions, waiting

State = Payload.State
RETRIED: Final = (State.UNREADABLE, State.WAITING)
DROPPED: Final = (State.UNREADABLE, State.WAITING, State.SPAM)


def retry(*, payload: Payload, by: User, at: datetime | None = None) -> Payload:
    """Try a message again now, by the mapping and the agreement of now; the message as it is then.

    What is still to be fetched is left to the worker. Raises `NotAllowed`, `NotFound`; `Conflict` once it is a lead,
    a test, or dropped.
    """
    check(by, Can.EDIT_INTAKE)
    now = at or timezone.now()
    with transaction.atomic():
        held = _held(payload)
        if held.state not in RETRIED or held.source_id is None:
            raise Conflict(_("Only a message that waits or could not be read is tried again."))
        held.state, held.attempts = State.WAITING, 0
        held.reason, held.next_try_at = {"code": inbox.AGAIN}, now
        held.save(update_fields=["state", "attempts", "reason", "next_try_at"])
    inbox.take_each(ids=[held.pk], at=at)
    found = Payload.objects.select_related("source__campaign", "lead").get(pk=held.pk)
    if found.state == State.WAITING:
        hint(waiting.TASK)
    return found


def retry_all(*, by: User, source: Source | None = None, at: datetime | None = None) -> int:
    """Have the worker try everything again that could not be read; how many messages. Raises `NotAllowed`."""
    check(by, Can.EDIT_INTAKE)
    rows = Payload.objects.filter(state=State.UNREADABLE, source__isnull=False)
    if source is not None:
        rows = rows.filter(source=source)
    count = rows.update(
        state=State.WAITING, attempts=0, reason={"code": inbox.AGAIN}, next_try_at=at or timezone.now()
    )
    if count:
        hint(waiting.TASK)
    return count


@transaction.atomic
def drop(*, payload: Payload, by: User, at: datetime | None = None) -> Payload:
    """No lead shall come of this message; it is kept. Raises `NotAllowed`, `NotFound`; `Conflict` where it is one."""
    check(by, Can.EDIT_INTAKE)
    held = _held(payload)
    if held.state == State.DROPPED:
        return held
    if held.state not in DROPPED:
        raise Conflict(_("Only a message that is no lead can be dropped."))
    held.reason = {"was": held.state, "reason": held.reason}
    held.state, held.next_try_at = State.DROPPED, None
    return _handled(held, by, at)


@transaction.atomic
def bring_back(*, payload: Payload, by: User, at: datetime | None = None) -> Payload:
    """Undo `drop`: the message is what it was before. Raises `NotAllowed`, `NotFound`, `Conflict`."""
    check(by, Can.EDIT_INTAKE)
    held = _held(payload)
    if held.state != State.DROPPED:
        raise Conflict(_("This message is not dropped."))
    was = held.reason.get("was", "")
    held.state = was if was in DROPPED else State.UNREADABLE
    held.reason = held.reason.get("reason", {})
    if held.state == State.WAITING and held.reason.get("code") != inbox.OFF:
        held.next_try_at = at or timezone.now()
    return _handled(held, by, at)


def _handled(payload: Payload, by: User, at: datetime | None) -> Payload:
    payload.handled_at, payload.handled_by = at or timezone.now(), by
    payload.save(update_fields=["state", "reason", "next_try_at", "handled_at", "handled_by"])
    if payload.source_id is not None:
        inbox.settle([payload.source_id], at=at)
    if payload.form is not None:
        submissions.settle(payload.form, at=at)
    return payload


def _held(payload: Payload) -> Payload:
    found = db.locked(Payload.objects.filter(pk=payload.pk)).first()
    if found is None:
        raise NotFound(_("This message is no longer here."))
    return found
