"""From notices to mails, and the mails out of the house.

Both halves read the database and nothing else, so a lost or doubled task changes only the moment. `compose`
turns what a person has not read into one message; `send_waiting` brings messages out, at least once each: a
worker that dies between sending and saving sends the same `Message-ID` again, and the receiving side stores
it once.
"""

import hashlib
import smtplib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import HeaderRegistry, UniqueUnstructuredHeader
from email.policy import default as default_policy
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import models

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.notices import links, mails, outbox, selectors
from leadsync.notices.domain.hours import Moment
from leadsync.notices.kinds import batched_kinds
from leadsync.notices.mails import header_text
from leadsync.notices.models import Message, Notice
from leadsync.notices.outbox import Sent

log = structlog.get_logger(__name__)

INSTANT_A_DAY = 5  # domain.md, Notices: then they wait for the morning
BATCH_TIME = timedelta(minutes=15)  # how long a question waits for more of them
SHOWN = 30  # notices written out in one mail; the rest is counted and linked
CARRIED = 50_000  # notices that the mails of one run stand for

RUN_SECONDS = 60.0


# ---------------------------------------------------------------------------------------- composing


@dataclass(frozen=True, slots=True)
class Composed:
    """How many messages were written."""

    instant: int = 0
    morning: int = 0


def compose(*, at: datetime | None = None) -> Composed:
    """Write the messages whose time has come: one a person, with all that waits for this person.

    Instant notices go while the company works, at most `INSTANT_A_DAY` messages a day each; questions wait for more of
    them. The first run after 8:00 of a working day writes the morning mail with everything unread that no mail has
    carried. What was read in the app, is muted or was stopped is not mailed; in quiet hours nothing is. One worker
    composes at a time; a second one finds nothing to do. A fixed number of statements, however many notices.
    """
    now = at or db.now()
    with db.exclusively("compose") as lock:
        if lock is None:
            return Composed()
        moment = selectors.moment(now)
        morning = instant = 0
        if moment.is_morning_over and not moment.is_today(lock.ran_at):
            morning = _write_morning(moment)
            lock.ran_at = now
            lock.save(update_fields=["ran_at"])
        if moment.is_open:
            instant = _write_instant(moment)
    return Composed(instant, morning)


def _write_instant(moment: Moment) -> int:
    rows = list(
        selectors.to_mail(Message.Sort.INSTANT, moment.now)
        .filter(is_instant=True)
        .order_by("recipient", "pk")
        .values_list("recipient", "pk", "kind", "created_at")[:CARRIED]
    )
    if not rows:
        return 0
    batched, ripe = batched_kinds(), moment.now - BATCH_TIME
    ready = {person for person, _pk, kind, at in rows if kind not in batched or at <= ripe}
    sent_today = dict(
        Message.objects.filter(
            recipient__in=ready, created_at__gte=moment.midnight, key__startswith="instant:"
        )
        .order_by()
        .values_list("recipient")
        .annotate(count=models.Count("pk"))
    )
    keys = {
        person: f"instant:{person}:{moment.local:%Y-%m-%d}:{sent_today.get(person, 0) + 1}"
        for person in ready
        if sent_today.get(person, 0) < INSTANT_A_DAY
    }
    return _write([(person, pk) for person, pk, _kind, _at in rows], keys, Message.Sort.INSTANT, moment)


def _write_morning(moment: Moment) -> int:
    rows = list(
        selectors.to_mail(Message.Sort.MORNING, moment.now)
        .order_by("recipient", "pk")
        .values_list("recipient", "pk")[:CARRIED]
    )
    keys = {person: f"morning:{person}:{moment.local:%Y-%m-%d}" for person, _pk in rows}
    return _write(rows, keys, Message.Sort.MORNING, moment)


def _write(rows: Sequence[tuple[int, int]], keys: Mapping[int, str], sort: str, moment: Moment) -> int:
    """One message a person that has a key, with all of the person's rows; nothing where the key is taken already."""
    taken = set(
        Message.objects.filter(key__in=db.among(list(keys.values()))).values_list("key", flat=True)
        if keys
        else ()
    )
    by_person: dict[int, list[int]] = {}
    for person_id, pk in rows:
        if person_id in keys and keys[person_id] not in taken:
            by_person.setdefault(person_id, []).append(pk)
    if not by_person:
        return 0
    people = User.objects.in_bulk(by_person)
    shown: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(
        pk__in=db.among([pk for theirs in by_person.values() for pk in theirs[:SHOWN]])
    ).order_by("pk"):
        shown.setdefault(notice.recipient_id, []).append(notice)
    zone = company().tz
    written = []
    for person_id, theirs in by_person.items():
        person = people[person_id]
        with mails.spoken(person, zone):
            written.append(
                mails.of_notices(
                    person, shown[person_id], len(theirs), sort=sort, key=keys[person_id], now=moment.now
                )
            )
    Message.objects.bulk_create(written, batch_size=500)
    message_of = {message.recipient_id: message.pk for message in written}
    db.update_rows(
        Notice,
        ["message"],
        [(pk, [message_of[person_id]]) for person_id, theirs in by_person.items() for pk in theirs],
    )
    return len(written)


# ---------------------------------------------------------------------------------------- sending


def message_id(key: str) -> str:
    """The Message-ID of a key, the same for every attempt: what makes a second sending harmless."""
    host = urlsplit(settings.LEADSYNC_BASE_URL).hostname or "leadsync"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"


def send_waiting(*, at: datetime | None = None, limit: int = 500) -> Sent:
    """Send the mails that are due, each claimed in a transaction of its own and sent outside of it.

    A refused mail waits as `outbox.BACK_OFF` says and the others go on. A server that cannot be reached ends the
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
            message = outbox.claim(Message.Channel.EMAIL, at or db.now())
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
                outbox.save_failed(message, f"{type(error).__name__}: {error}", at or db.now(), result)
                if not isinstance(error, smtplib.SMTPException | ValueError):
                    break
            else:
                result.sent += outbox.save_sent(message, at or db.now())
    finally:
        _close(server)
    return result


class _AsItIs(UniqueUnstructuredHeader):
    """A header written on one line: broken into words and encoded, mail programs would not know the address."""

    name: str

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _AsItIs)  # type: ignore[arg-type]  # the registry mixes the base in


class _Mail(EmailMultiAlternatives):
    def message(self, *, policy: Any = default_policy) -> Any:
        return super().message(policy=policy.clone(header_factory=_HEADERS))


def _mail(message: Message) -> EmailMultiAlternatives:
    headers = {"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"}
    if message.sort and message.recipient is not None:
        # RFC 8058: mail programs show a button of their own, and press it with a POST.
        headers["List-Unsubscribe"] = f"<{links.stop_url(message.recipient, message.sort)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = _Mail(
        subject=header_text(message.subject), body=message.body, to=[message.address], headers=headers
    )
    if message.body_html:
        mail.attach_alternative(message.body_html, "text/html")
    return mail


def _close(server: Any) -> None:
    """Hang up; a server that is already gone is no news."""
    try:
        server.close()
    except OSError as error:
        log.debug("mail_hang_up", error=type(error).__name__)
