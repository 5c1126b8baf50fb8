"""Answers of Meta's lead forms: a message carries only ids, a worker asks for the rest with the source's access token.

The token goes into a header, so that it stands in no address, log, error or page.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from django.db import transaction
from django.utils import timezone

from leadsync.core import db, outgoing
from leadsync.core.outgoing import Answer, Unreachable
from leadsync.intake.domain import meta
from leadsync.intake.domain.reading import Unreadable, Why, decoded, parse, text_of
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import inbox
from leadsync.notices import services as notices

log = structlog.get_logger(__name__)

GRAPH: Final = "https://graph.facebook.com/v23.0"
FIELDS: Final = "id,created_time,form_id,is_organic,platform,field_data,custom_disclaimer_responses"
ALERT: Final = "source_token"
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 240, 240))
# A token is renewed by a person: asked again every hour, as long as Meta keeps the lead (90 days) and a bit.
TOKEN_PAUSE: Final = timedelta(hours=1)
TOKEN_PATIENCE: Final = timedelta(days=95)

NO_TOKEN: Final = "no_token"  # noqa: S105
EXPIRED: Final = "token_expired"
NOT_ALLOWED: Final = "not_allowed"
UNREACHABLE: Final = "unreachable"
BUSY: Final = "busy"
_NEEDS_PERSON: Final = frozenset({NO_TOKEN, EXPIRED, NOT_ALLOWED})


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answers, or why there are none: `why` to try again, `is_gone` where there never will be any."""

    lead: dict[str, Any] | None = None
    why: str = ""
    is_gone: bool = False
    wait: timedelta | None = None


def fetch(payload: Payload, *, at: datetime | None = None) -> bool:
    """Ask for the answers of one message and keep them with it; True when it can be read now.

    No transaction is open while Meta is asked. Else it is put off, or given up visibly.
    """
    source = payload.source
    assert source is not None
    now = at or timezone.now()
    try:
        number = meta.needs_answers(parse(payload.body))
    except Unreadable:
        return True  # reading it says why
    if not number:
        return True
    return _keep(payload, source, _ask(source, number), now)


def _ask(source: Source, number: str) -> Fetched:
    if not source.access_token:
        return Fetched(why=NO_TOKEN)
    proof = hmac.new(source.secret.encode(), source.access_token.encode(), "sha256").hexdigest()
    query = urlencode({"fields": FIELDS, "appsecret_proof": proof}, safe=",")
    try:
        answer = outgoing.get(
            f"{GRAPH}/{number}?{query}", headers={"Authorization": f"Bearer {source.access_token}"}
        )
    except Unreachable:
        return Fetched(why=UNREACHABLE)
    return judged(answer)


def judged(answer: Answer) -> Fetched:
    """What Meta's answer means."""
    try:
        said = parse(decoded(answer.body))
    except Unreadable:
        said = None
    if answer.is_ok and isinstance(said, dict) and isinstance(said.get("field_data"), list):
        return Fetched(lead=said)
    wait = timedelta(seconds=min(answer.retry_after, 86_400)) if answer.retry_after else None
    number = text_of(said, "error", "code")
    code = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
    if code == 190 or answer.status == 401:
        return Fetched(why=EXPIRED)
    if code in {3, 10} or 200 <= code <= 299:
        return Fetched(why=NOT_ALLOWED)
    if code == 100 or answer.status == 404:
        return Fetched(is_gone=True)
    return Fetched(why=BUSY, wait=wait)


@transaction.atomic
def _keep(payload: Payload, source: Source, fetched: Fetched, now: datetime) -> bool:
    """Write down how it went, unless somebody decided otherwise meanwhile."""
    held = db.locked(Payload.objects.filter(pk=payload.pk, state=Payload.State.WAITING)).first()
    if held is None:
        return False
    if fetched.lead is not None:
        try:
            noted = parse(held.body)
        except Unreadable:
            return True
        held.body = json.dumps({meta.NOTED: noted[meta.NOTED], meta.ANSWERS: fetched.lead}, indent=1)
        held.next_try_at = now + inbox.FIRST_TRY
        held.attempts = 0
        held.save(update_fields=["body", "next_try_at", "attempts"])
        notices.resolve_alert(kind=ALERT, subject=f"source:{source.pk}", at=now)
        return True
    is_patient = fetched.why in _NEEDS_PERSON
    if is_patient:
        _tell_of_token(source, fetched.why, now)
    is_over = now - held.received_at > TOKEN_PATIENCE if is_patient else held.attempts > len(BACK_OFF)
    if fetched.is_gone or is_over:
        code = Why.GONE if fetched.is_gone else Why.NOT_FETCHED
        held.state, held.reason, held.next_try_at = Payload.State.UNREADABLE, {"code": code}, None
    else:
        pause = TOKEN_PAUSE if is_patient else BACK_OFF[max(held.attempts, 1) - 1]
        held.reason = {"code": fetched.why}
        held.next_try_at = now + max(pause, fetched.wait or timedelta())
    held.save(update_fields=["state", "reason", "next_try_at"])
    log.warning("answers_not_fetched", message=held.pk, why=fetched.why or Why.GONE, attempts=held.attempts)
    inbox.settle([source.pk], at=now)
    return False


def _tell_of_token(source: Source, why: str, now: datetime) -> None:
    facts = {"source": source.name, "campaign": source.campaign.name, "why": why}
    subject, url = f"source:{source.pk}", f"/settings/sources/{source.pk}/"
    if notices.open_alert(kind=ALERT, subject=subject, context=facts, url=url, at=now):
        notices.put(
            kind=ALERT,
            recipients=[source.campaign.owner_id],
            key=f"{ALERT}:{source.pk}:{now.timestamp():.6f}",
            context=facts,
            url=url,
            at=now,
        )
