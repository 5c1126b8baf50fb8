"""Messages that other programs send: is it theirs, is it here already, keep it, make a lead of it.

Who cannot prove to be the sender leaves nothing behind but when and why the last one was refused.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

import structlog
from django.db.models import Q
from django.utils import timezone

from leadsync.core.beats import hint
from leadsync.core.db import among
from leadsync.intake.domain import generic, google, meta, typeform
from leadsync.intake.domain.reading import Unreadable, decoded, elements, parse
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import inbox, waiting
from leadsync.intake.services.inbox import Part

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 1024 * 1024
MOST_PARTS: Final = 1_000  # leads of one message; a longer list is kept whole and shown to people
AT_ONCE: Final = 50  # so many are received while the sender waits; more by the worker
NOTED_EVERY: Final = timedelta(
    seconds=30
)  # forgeries come in floods: a write for each would be their success

TOO_LONG: Final = "too_long"
NO_SECRET: Final = "no_secret"  # noqa: S105
NOT_JSON: Final = "not_json"
WRONG_KEY: Final = "wrong_key"
OTHER_MESSAGE: Final = "other_message"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the sender is told: a status and one word."""

    status: int
    text: str


OK: Final = Answered(200, "ok")
NOWHERE: Final = Answered(404, "not found")
REFUSED: Final = Answered(403, "refused")


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it stands on the line. Names of headers in lower case."""

    body: bytes
    headers: Mapping[str, str]


class Refused(Exception):
    """The message is not theirs, or cannot be kept."""

    def __init__(self, why: str, answer: Answered = REFUSED) -> None:
        super().__init__(why)
        self.why = why
        self.answer = answer


def receive(*, key: str, sent: Sent, at: datetime | None = None) -> Answered:
    """Take a message in. Raises nothing that lies in what was sent; the database may be away before it is kept."""
    now = at or timezone.now()
    source = Source.objects.filter(key=key).first()
    if source is None:
        return NOWHERE
    try:
        if len(sent.body) > MOST_BYTES:
            raise Refused(TOO_LONG, Answered(413, "too long"))
        parts = _parts(source, sent, now)
    except Refused as error:
        _note(source, error.why, now)
        return error.answer
    ids = inbox.keep(source=source, parts=parts, at=now)
    # It is kept: whatever happens from here on, the sender need not send it again.
    if source.kind == Source.Kind.META or len(ids) > AT_ONCE:
        hint(waiting.TASK)
    elif ids:
        try:
            inbox.take(ids=ids, at=at)
        except Exception:
            log.exception("message_waits", source=source.pk, messages=len(ids))
    return OK


def too_long(*, key: str, at: datetime | None = None) -> Answered:
    """A message that says it is longer than any may be: refused before it is read."""
    source = Source.objects.filter(key=key).first()
    if source is None:
        return NOWHERE
    _note(source, TOO_LONG, at or timezone.now())
    return Answered(413, "too long")


def shake_hands(*, key: str, query: Mapping[str, str], at: datetime | None = None) -> Answered:
    """Meta asks whether the address is ours: the challenge goes back where the token is right."""
    source = Source.objects.filter(key=key, kind=Source.Kind.META).first()
    if source is None:
        return NOWHERE
    challenge = query.get("hub.challenge", "")
    token = query.get("hub.verify_token", "").encode("utf-8", "replace")
    is_theirs = bool(source.verify_token) and compare_digest(token, source.verify_token.encode())
    is_plain = challenge.isascii() and challenge.isalnum() and len(challenge) <= 200
    if query.get("hub.mode") != "subscribe" or not is_theirs or not is_plain:
        _note(source, WRONG_KEY, at or timezone.now())
        return REFUSED
    Source.objects.filter(pk=source.pk).update(heard_at=at or timezone.now())
    return Answered(200, challenge)


def _note(source: Source, why: str, now: datetime) -> None:
    is_new = Q(refused_at=None) | ~Q(refusal=why) | Q(refused_at__lte=now - NOTED_EVERY)
    Source.objects.filter(is_new, pk=source.pk).update(refused_at=now, refusal=why)


def secrets_of(source: Source, now: datetime) -> list[str]:
    """What proves the sender now: the secret, and for a day after a renewal the one before."""
    found = [source.secret]
    if source.old_secret_until_at is not None and now < source.old_secret_until_at:
        found.append(source.old_secret)
    return [one for one in found if one]


# ------------------------------------------------------------------------------------------------- each kind


def _parts(source: Source, sent: Sent, now: datetime) -> list[Part]:
    """The messages to be kept. Raises `Refused` for what is not theirs."""
    secrets = secrets_of(source, now)
    if not secrets:
        raise Refused(NO_SECRET)
    match Source.Kind(source.kind):
        case Source.Kind.GOOGLE:
            return _google(sent, secrets)
        case Source.Kind.META:
            return _meta(sent, secrets)
        case Source.Kind.TYPEFORM:
            if not typeform.is_theirs(sent.body, sent.headers.get("typeform-signature", ""), secrets):
                raise Refused(generic.Refusal.WRONG_SIGNATURE)
            return [_whole(sent.body)]
        case Source.Kind.GENERIC:
            return _generic(source, sent, secrets, now)


def _digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace") if isinstance(text, str) else text).hexdigest()


def _whole(body: bytes) -> Part:
    return Part(_digest(body), decoded(body))


def _google(sent: Sent, secrets: list[str]) -> list[Part]:
    text = decoded(sent.body)
    try:
        message = parse(text)
    except Unreadable:
        raise Refused(NOT_JSON) from None
    if not google.is_theirs(message, secrets):
        raise Refused(WRONG_KEY)
    return [Part(_digest(sent.body), google.without_key(text, message))]


def _meta(sent: Sent, secrets: list[str]) -> list[Part]:
    if not meta.is_theirs(sent.body, sent.headers.get("x-hub-signature-256", ""), secrets):
        raise Refused(generic.Refusal.WRONG_SIGNATURE)
    try:
        found = list(meta.leads_in(parse(decoded(sent.body))))[:MOST_PARTS]
    except Unreadable:
        found = []
    parts = [
        Part(_digest(f"leadgen:{number}"), json.dumps({meta.NOTED: value}, indent=1), number)
        for number, value in found
    ]
    return parts or [_whole(sent.body)]  # tells of no lead: kept as it is, and shown


def _generic(source: Source, sent: Sent, secrets: list[str], now: datetime) -> list[Part]:
    message_id = sent.headers.get("webhook-id", "")
    refusal = generic.refusal(
        body=sent.body,
        message_id=message_id,
        timestamp=sent.headers.get("webhook-timestamp", ""),
        signatures=sent.headers.get("webhook-signature", ""),
        secrets=secrets,
        now=now,
    )
    if refusal is not None:
        raise Refused(refusal)
    parts = [
        # The sender's id of the message makes it the same, not its words: the same words may be said twice.
        Part(_digest(f"{message_id}#{place}"), text)
        for place, text in enumerate(_texts(decoded(sent.body)))
    ]
    bodies = {part.digest: part.body for part in parts}
    known = Payload.objects.filter(source=source, digest__in=among(list(bodies)))
    for digest, body in known.values_list("digest", "body"):
        if not _says_the_same(body, bodies[digest]):
            raise Refused(OTHER_MESSAGE, Answered(409, "this webhook-id came with another message before"))
    return parts


def _texts(text: str) -> list[str]:
    """The objects of a list, each as it was written; anything else is one message."""
    try:
        message = parse(text)
    except Unreadable:
        return [text]
    if not isinstance(message, list) or not 0 < len(message) <= MOST_PARTS:
        return [text]
    return list(elements(text))


def _says_the_same(kept: str, given: str) -> bool:
    """Whether two texts are one message: senders that try again may write the same values in another order."""
    if not kept or kept == given:  # emptied when somebody's data were erased
        return True
    try:
        one: Any = parse(kept)
        return bool(one == parse(given))
    except (Unreadable, RecursionError):
        return False
