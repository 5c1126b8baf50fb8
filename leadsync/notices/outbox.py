"""Messages on their way: taken by one worker at a time, tried again with growing pauses, given up visibly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import NotFound
from leadsync.notices.models import Message
from leadsync.notices.watching import Fact, settle

log = structlog.get_logger(__name__)

# Waits after the 1st, 2nd, … failed attempt; after as many attempts as MAX_ATTEMPTS the message is given up.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240))
MAX_ATTEMPTS = len(BACK_OFF) + 1
# Longer than the time-outs of the other side together: nobody else takes a message that is being sent.
LEASE = timedelta(minutes=5)
MEND_MINUTES = 15  # to see why messages were given up, and to try again


@dataclass(slots=True)
class Sent:
    """What one run brought out."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


def claim(channel: str, now: datetime) -> Message | None:
    """Take the message that has been due the longest; nobody else gets it while the lease runs."""
    due = (
        Message.objects.filter(state=Message.State.WAITING, channel=channel, next_try_at__lte=now)
        .select_related("recipient")
        .order_by("next_try_at", "pk")
    )
    with transaction.atomic():
        message = db.claimable(due).first()
        if message is None:
            return None
        taken = Message.objects.filter(
            pk=message.pk,
            state=Message.State.WAITING,
            attempts=message.attempts,
            next_try_at=message.next_try_at,
        ).update(attempts=message.attempts + 1, next_try_at=now + LEASE)
        if not taken:
            return None
        message.attempts += 1
        return message


def save_sent(message: Message, now: datetime) -> int:
    """It is out; 1, or 0 where it was decided otherwise meanwhile."""
    return Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        state=Message.State.SENT, sent_at=now, next_try_at=None, error=""
    )


def save_failed(
    message: Message,
    why: str,
    now: datetime,
    result: Sent,
    *,
    is_final: bool = False,
    wait: timedelta | None = None,
) -> None:
    """It was not taken: try again after a pause (`wait`, where the other side asked for one), or give up."""
    is_dead = is_final or message.attempts >= MAX_ATTEMPTS
    pause = max(BACK_OFF[message.attempts - 1], wait or timedelta()) if not is_dead else None
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING, attempts=message.attempts).update(
        error=why[:1000],
        **(
            {"state": Message.State.DEAD, "next_try_at": None}
            if pause is None
            else {"next_try_at": now + pause}
        ),
    )
    result.failed += 1
    result.dead += is_dead
    log.warning(
        "message_given_up" if is_dead else "message_failed",
        message=message.pk,
        channel=message.channel,
        attempts=message.attempts,
    )


def send_again(messages: Iterable[Message], *, at: datetime | None = None) -> int:
    """Bring given-up messages back, after the mail server was repaired; returns how many."""
    ids = [message.pk for message in messages]
    return _bring_back(at, pk__in=ids)


def _bring_back(at: datetime | None, **which: object) -> int:
    return Message.objects.filter(state=Message.State.DEAD, **which).update(
        state=Message.State.WAITING, attempts=0, next_try_at=at or db.now(), error=""
    )


# ---------------------------------------------------------------------------------------------- by hand


def retry(*, by: User, pk: int, at: datetime | None = None) -> bool:
    """Try one message again at once, given up or waiting for its next try; False where it is out already.

    Raises `NotAllowed`, `NotFound`.
    """
    check(by, Can.MANAGE_COMPANY)
    now = at or db.now()
    if _bring_back(now, pk=pk):
        return True
    if not Message.objects.filter(pk=pk).exists():
        raise NotFound(_("There is no such message."))
    # Not earlier than a worker that holds it just now lets go: its lease looks like a pause.
    held = Message.objects.filter(pk=pk, state=Message.State.WAITING, next_try_at__gt=now)
    return bool(held.exclude(error="", attempts__gt=0).update(next_try_at=now))


def retry_all(*, by: User, at: datetime | None = None) -> int:
    """Try everything again that was given up; returns how many messages. Raises `NotAllowed`."""
    check(by, Can.MANAGE_COMPANY)
    return _bring_back(at)


def drop(*, by: User, pk: int) -> bool:
    """Not to send a message that waits or was given up; False where it is out already. What it tells of stays in the app.

    Raises `NotAllowed`, `NotFound`.
    """
    check(by, Can.MANAGE_COMPANY)
    if not Message.objects.filter(pk=pk).exists():
        raise NotFound(_("There is no such message."))
    open_ones = (Message.State.WAITING, Message.State.DEAD)
    return bool(
        Message.objects.filter(pk=pk, state__in=open_ones).update(
            state=Message.State.DROPPED, next_try_at=None
        )
    )


def watch(*, at: datetime | None = None) -> None:
    """Keep the alert about messages that were given up. Safe to run twice, at the same time, and after a crash."""
    settle("mails_given_up", _given_up, at=at)


def _given_up(_now: datetime) -> Iterator[Fact]:
    """One fact for the whole outbox. One query."""
    count = Message.objects.filter(state=Message.State.DEAD).count()
    if count:
        yield Fact("outbox", {"count": count}, "/settings/outbox/?state=dead", MEND_MINUTES)
