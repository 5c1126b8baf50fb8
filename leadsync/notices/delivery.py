"""From notices to mails, and the mails out of the house.

Both halves read the database and nothing else, so a lost or doubled task changes only the moment. `compose`
turns what a person has not read into one message; `send_waiting` brings messages out, at least once each: a
worker that dies between sending and saving sends the same `Message-ID` again, and the receiving side stores
it once.
"""

import hashlib
import smtplib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company, company_calendar
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.notices.models import Message, Notice
from leadsync.notices.selectors import Line, line

log = structlog.get_logger(__name__)

INSTANT_A_DAY = 5  # domain.md, Notices: then they wait for the morning
MORNING = clock_time(8, 0)
SHOWN = 30  # notices written out in one mail; the rest is counted and linked
CARRIED = 5_000  # notices that one mail stands for
SUBJECT_LENGTH = 150

# Waits after the 1st, 2nd, … failed attempt; after as many attempts as MAX_ATTEMPTS the message is given up.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240))
MAX_ATTEMPTS = len(BACK_OFF) + 1
# Longer than the mail server's time-outs together: nobody else takes a message that is being sent.
LEASE = timedelta(minutes=5)
RUN_SECONDS = 60.0


# ---------------------------------------------------------------------------------------- composing


@dataclass(frozen=True, slots=True)
class Composed:
    """How many messages were written."""

    instant: int = 0
    morning: int = 0


def compose(*, at: datetime | None = None) -> Composed:
    """Write the messages whose time has come: one a person, with all that waits for this person.

    Instant notices go while the company works, at most `INSTANT_A_DAY` messages a day each; the first run
    after `MORNING` of a working day writes the morning mail with everything unread that no mail has carried.
    What was read in the app is not mailed. One worker composes at a time; a second one finds nothing to do.
    """
    now = at or db.now()
    with db.exclusively("compose") as lock:
        if lock is None:
            return Composed()
        zone = company().tz
        local = now.astimezone(zone)
        calendar = company_calendar()
        morning = 0
        if _is_morning_due(lock, local, calendar.is_working_day(local.date())):
            morning = _write_morning(now, local, zone)
            lock.ran_at = now
            lock.save(update_fields=["ran_at"])
        instant = _write_instant(now, local, zone) if calendar.is_open(now) else 0
    return Composed(instant, morning)


def _is_morning_due(lock: Lock, local: datetime, is_working_day: bool) -> bool:
    if not is_working_day or local.time() < MORNING:
        return False
    return lock.ran_at is None or lock.ran_at.astimezone(local.tzinfo).date() != local.date()


def _unsent() -> models.QuerySet[Notice]:
    return Notice.objects.filter(
        message=None, read_at=None, recipient__is_active=True, recipient__is_former=False
    )


def _people(unsent: models.QuerySet[Notice]) -> list[User]:
    ids = unsent.order_by().values_list("recipient", flat=True).distinct()
    return list(User.objects.filter(pk__in=list(ids)).order_by("pk"))


def _write_instant(now: datetime, local: datetime, zone: ZoneInfo) -> int:
    waiting = _unsent().filter(is_instant=True)
    people = _people(waiting)
    if not people:
        return 0
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    sent_today = dict(
        Message.objects.filter(recipient__in=people, created_at__gte=midnight, key__startswith="instant:")
        .order_by()
        .values_list("recipient")
        .annotate(count=models.Count("pk"))
    )
    written = 0
    for person in people:
        number = sent_today.get(person.pk, 0) + 1
        if number <= INSTANT_A_DAY:
            key = f"instant:{person.pk}:{local:%Y-%m-%d}:{number}"
            written += _write(person, waiting.filter(recipient=person), key, now, zone, is_morning=False)
    return written


def _write_morning(now: datetime, local: datetime, zone: ZoneInfo) -> int:
    waiting = _unsent()
    return sum(
        _write(
            person,
            waiting.filter(recipient=person),
            f"morning:{person.pk}:{local:%Y-%m-%d}",
            now,
            zone,
            is_morning=True,
        )
        for person in _people(waiting)
    )


def _write(
    person: User,
    waiting: models.QuerySet[Notice],
    key: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    is_morning: bool,
) -> int:
    """One message with all these notices; 0 where the key is taken already."""
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:CARRIED])
    if not ids or Message.objects.filter(key=key).exists():
        return 0
    shown = Notice.objects.filter(pk__in=ids[:SHOWN]).order_by("pk")
    with translation.override(person.language), timezone.override(zone):
        lines = [line(notice) for notice in shown]
        subject = _subject(lines, len(ids), is_morning=is_morning)
        context = {
            "person": person,
            "lines": lines,
            "more": len(ids) - len(lines),
            "is_morning": is_morning,
            "subject": subject,
            "base_url": settings.LEADSYNC_BASE_URL,
            "list_url": reverse("notices:list"),
            "language": translation.get_language(),
        }
        message = Message.objects.create(
            recipient=person,
            key=key,
            address=person.email,
            subject=subject,
            body=render_to_string("emails/notices.txt", context),
            body_html=render_to_string("emails/notices.html", context),
            created_at=now,
            next_try_at=now,
        )
    Notice.objects.filter(pk__in=ids).update(message=message)
    return 1


def _subject(lines: list[Line], total: int, *, is_morning: bool) -> str:
    first = lines[0].words.title
    if total == 1:
        words = first
    elif is_morning:
        words = ngettext("This morning: %(n)d notice", "This morning: %(n)d notices", total) % {"n": total}
    else:
        words = _("%(first)s, and %(n)d more") % {"first": first, "n": total - 1}
    return header_text(words)


def header_text(words: str) -> str:
    """One line of printable text for a header, whatever a name or a note contains; cut to be readable."""
    one_line = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return one_line if len(one_line) <= SUBJECT_LENGTH else one_line[: SUBJECT_LENGTH - 1] + "…"


# ---------------------------------------------------------------------------------------- sending


@dataclass(slots=True)
class Sent:
    """What one run brought out."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


def message_id(key: str) -> str:
    """The Message-ID of a key, the same for every attempt: what makes a second sending harmless."""
    host = urlsplit(settings.LEADSYNC_BASE_URL).hostname or "leadsync"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def send_waiting(*, at: datetime | None = None, limit: int = 500) -> Sent:
    """Send the mails that are due, each claimed in a transaction of its own and sent outside of it.

    A refused mail waits as `BACK_OFF` says and the others go on. A server that cannot be reached ends the
    run: the next one tries again. Ends after `RUN_SECONDS` at the latest, so that runs do not pile up behind
    a slow server.
    """
    result = Sent()
    started = time.monotonic()
    server = mailers.default
    try:
        for number in range(limit):
            if number and time.monotonic() - started > RUN_SECONDS:
                break
            message = _claim(at or db.now())
            if message is None:
                break
            try:
                server.open()
                server.send_messages([_mail(message)])
            except (
                OSError,
                ValueError,
            ) as error:  # SMTPException is an OSError; ValueError: an unusable address
                _close(server)
                _failed(message, error, at or db.now(), result)
                if not isinstance(error, smtplib.SMTPException | ValueError):
                    break
            else:
                result.sent += _save_sent(message, at or db.now())
    finally:
        _close(server)
    return result


def _claim(now: datetime) -> Message | None:
    """Take the message that has been due the longest; nobody else gets it while the lease runs."""
    due = Message.objects.filter(
        state=Message.State.WAITING, channel=Message.Channel.EMAIL, next_try_at__lte=now
    ).order_by("next_try_at", "pk")
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


def _mail(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=header_text(message.subject),
        body=message.body,
        to=[message.address],
        headers={"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"},
    )
    if message.body_html:
        mail.attach_alternative(message.body_html, "text/html")
    return mail


def _save_sent(message: Message, now: datetime) -> int:
    return Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(
        state=Message.State.SENT, sent_at=now, next_try_at=None, error=""
    )


def _failed(message: Message, error: Exception, now: datetime, result: Sent) -> None:
    is_dead = message.attempts >= MAX_ATTEMPTS
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING, attempts=message.attempts).update(
        error=f"{type(error).__name__}: {error}"[:1000],
        **(
            {"state": Message.State.DEAD, "next_try_at": None}
            if is_dead
            else {"next_try_at": now + BACK_OFF[message.attempts - 1]}
        ),
    )
    result.failed += 1
    result.dead += is_dead
    log.warning(
        "mail_given_up" if is_dead else "mail_failed",
        message=message.pk,
        attempts=message.attempts,
        error=type(error).__name__,
    )


def _close(server: Any) -> None:
    """Hang up; a server that is already gone is no news."""
    try:
        server.close()
    except OSError as error:
        log.debug("mail_hang_up", error=type(error).__name__)


def send_again(messages: Iterable[Message], *, at: datetime | None = None) -> int:
    """Bring given-up messages back, after the mail server was repaired; returns how many."""
    ids = [message.pk for message in messages]
    return Message.objects.filter(pk__in=ids, state=Message.State.DEAD).update(
        state=Message.State.WAITING, attempts=0, next_try_at=at or db.now(), error=""
    )
