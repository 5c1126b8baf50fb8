"""Messages of sources: kept before anything is tried, then read and received, each once.

A message is kept in a transaction of its own. Whatever ends the program afterwards, the row waits and a worker goes on
with it. Reading and receiving is one transaction under the lock of arrivals, which also says what became of the row:
two workers, a worker and the page that kept it, or the same message twice make one arrival.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, F
from django.utils import timezone

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Arrival, LeadKey
from leads.services import arrivals
from leads.services.arrivals import RowResult
from leadsync.core import db
from leadsync.intake.domain import meta
from leadsync.intake.domain.reading import Unreadable, Why, parse
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors.reading import Read, Reader, shortened
from leadsync.notices import services as notices
from leadsync.notices.models import Alert

log = structlog.get_logger(__name__)

State = Payload.State

FIRST_TRY: Final = timedelta(minutes=1)  # a worker takes what the page that kept it did not get to
UNREADABLE: Final = "unreadable_messages"
OFF: Final = "off"
AGAIN: Final = "again"
_WRITTEN = ("state", "reason", "external_id", "lead", "arrival", "next_try_at")


@dataclass(frozen=True, slots=True)
class Part:
    """A message, or one lead of a message that tells of several. `digest` makes it the same when it comes again."""

    digest: str
    body: str
    external_id: str = ""


@transaction.atomic
def keep(*, source: Source, parts: Sequence[Part], at: datetime | None = None) -> list[int]:
    """Keep what was received, before anything is tried; the ids of what was not here yet.

    What came before is counted only. A source that is off keeps its messages until it is switched on again.
    """
    now = at or timezone.now()
    # Changing the source's row lets messages of one source pass one at a time: the same one twice is seen.
    Source.objects.filter(pk=source.pk).update(heard_at=now)
    unique = {part.digest: part for part in parts}
    known = Payload.objects.filter(source=source, digest__in=db.among(list(unique)))
    here = set(known.values_list("digest", flat=True))
    if here:
        known.update(times=F("times") + 1)
    is_on = Source.objects.filter(pk=source.pk, is_on=True).exists()
    due = now if source.kind == Source.Kind.META else now + FIRST_TRY
    made = Payload.objects.bulk_create(
        Payload(
            source=source,
            received_at=now,
            digest=digest,
            body=part.body,
            external_id=shortened(part.external_id),
            state=State.WAITING,
            reason={} if is_on else {"code": OFF},
            next_try_at=due if is_on else None,
        )
        for digest, part in unique.items()
        if digest not in here
    )
    return [one.pk for one in made] if is_on else []


def take(*, ids: Sequence[int], at: datetime | None = None) -> int:
    """Read these messages and receive their leads; how many became one. Whose answers are not fetched yet waits on.

    One transaction: each row says afterwards what became of it. What is no longer waiting is left alone.
    """
    now = at or timezone.now()
    with db.exclusively(arrivals.LOCK, wait=True):
        rows = db.locked(
            Payload.objects.filter(pk__in=db.among(list(ids)), state=State.WAITING, source__isnull=False)
        )
        found = list(rows.select_related("source__campaign").order_by("pk"))
        ready = _sorted_out(found, now)
        _receive(ready, now)
        Payload.objects.bulk_update(found, _WRITTEN, batch_size=200)
        settle({one.source_id for one in found if one.source_id is not None}, at=now)
    return sum(one.state == State.TAKEN for one in found)


def take_each(*, ids: Sequence[int], at: datetime | None = None) -> None:
    """As `take`; where that fails for a reason of ours, one by one, so that one message holds up no other.

    Raises nothing but that the database is away: a row that fails is tried again later, and given up visibly.
    """
    try:
        take(ids=ids, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("messages_failed", messages=len(ids))
        if len(ids) > 1:
            for one in ids:
                take_each(ids=[one], at=at)
        else:
            _put_off(ids[0], at or timezone.now())


BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


@transaction.atomic
def _put_off(pk: int, now: datetime) -> None:
    """A fault of ours: later again, and after some tries shown to people."""
    payload = db.locked(Payload.objects.filter(pk=pk, state=State.WAITING)).first()
    if payload is None:
        return
    if payload.attempts > len(BACK_OFF):
        payload.state, payload.reason, payload.next_try_at = State.UNREADABLE, {"code": Why.FAULT}, None
    else:
        payload.next_try_at = now + BACK_OFF[max(payload.attempts, 1) - 1]
        payload.reason = {"code": Why.FAULT}
    payload.save(update_fields=["state", "reason", "next_try_at"])
    if payload.source_id is not None:
        settle([payload.source_id], at=now)


# ------------------------------------------------------------------------------------------------- reading


def _sorted_out(found: Sequence[Payload], now: datetime) -> list[tuple[Payload, Read]]:
    """What can be received; the others say already what they are."""
    reader = Reader()
    ready = []
    for payload in found:
        source = payload.source
        assert source is not None
        if not source.is_on:
            payload.reason, payload.next_try_at = {"code": OFF}, None
            continue
        try:
            if source.kind == Source.Kind.META and meta.needs_answers(parse(payload.body)):
                continue  # with those that are fetched
            read = reader.read(source, payload.body, payload.received_at)
        except Unreadable as error:
            _say(payload, State.UNREADABLE, {"code": error.code, "place": error.place})
            continue
        payload.external_id = read.data.external_id
        if read.is_test:
            _say(payload, State.TEST, {})
        elif read.problems:
            _say(payload, State.UNREADABLE, {"code": Why.ROW, "problems": read.problems})
        else:
            ready.append((payload, read))
    return ready


def _say(payload: Payload, state: str, reason: dict[str, Any]) -> None:
    payload.state, payload.reason, payload.next_try_at = state, reason, None


# ------------------------------------------------------------------------------------------------- receiving


def _receive(ready: Sequence[tuple[Payload, Read]], now: datetime) -> None:
    """Receive the leads, one source after the other. The same id of a lead is the same interest: no new arrival."""
    groups: dict[int, list[tuple[Payload, Read]]] = {}
    campaigns: dict[int, Campaign] = {}
    for payload, read in ready:
        assert payload.source is not None
        groups.setdefault(payload.source.pk, []).append((payload, read))
        campaigns[payload.source.pk] = payload.source.campaign
    for source_id, some in groups.items():
        here = _here(source_id, some)
        fresh: dict[str, tuple[Payload, Read]] = {}
        for payload, read in some:
            key = read.data.external_id
            if key not in here:
                fresh.setdefault(key or f"\n{payload.pk}", (payload, read))
        results = arrivals.receive_many(
            rows=[read.data for _payload, read in fresh.values()],
            campaign=campaigns[source_id],
            door=Door.WEBHOOK,
            by=None,
            at=now,
            payloads=[read.payload for _payload, read in fresh.values()],
        ).rows
        became = dict(zip(fresh, results, strict=True))
        first_of = {key: payload.pk for key, (payload, _read) in fresh.items()}
        for payload, read in some:
            key = read.data.external_id or f"\n{payload.pk}"
            if key in here:
                lead_id, arrival_id = here[key]
                _taken(payload, RowResult(lead_id, arrival_id), read, is_known=True)
            else:
                _taken(payload, became[key], read, is_known=first_of[key] != payload.pk)


def _taken(payload: Payload, result: RowResult, read: Read, *, is_known: bool) -> None:
    if result.problem is not None:
        problem = result.problem
        said = {"code": Why.REFUSED, "field": problem.field or "", "text": problem.message}
        _say(payload, State.UNREADABLE, said)
        return
    payload.lead_id, payload.arrival_id = result.lead_id, result.arrival_id
    reason: dict[str, Any] = {"remarks": read.remarks} if read.remarks else {}
    _say(payload, State.TAKEN, reason | ({"is_known": True} if is_known else {}))


def _here(source_id: int, some: Sequence[tuple[Payload, Read]]) -> dict[str, tuple[int, int | None]]:
    """Leads that came with these ids before: through this source, or whatever door gave the lead the same id."""
    ids = sorted({read.data.external_id for _payload, read in some if read.data.external_id})
    if not ids:
        return {}
    namespace = some[0][1].data.namespace or next(r.data.namespace for _p, r in some if r.data.namespace)
    keys = LeadKey.objects.filter(
        kind=LeadKey.Kind.EXTERNAL, namespace=namespace, value__in=db.among(ids)
    ).values_list("value", "lead_id")
    leads = dict(keys)
    before = Payload.objects.filter(
        source=source_id, state=State.TAKEN, external_id__in=db.among(ids), lead__isnull=False
    )
    found = {
        value: (lead_id, arrival_id)
        for value, lead_id, arrival_id in before.order_by("-id").values_list(
            "external_id", "lead_id", "arrival_id"
        )
    }
    others = [lead_id for value, lead_id in leads.items() if value not in found]
    first = dict(Arrival.objects.filter(lead__in=others).order_by("-at", "-id").values_list("lead_id", "pk"))
    return {value: (lead_id, first.get(lead_id)) for value, lead_id in leads.items()} | found


# ------------------------------------------------------------------------------------------------- alerts


def settle(source_ids: Iterable[int], *, at: datetime | None = None) -> None:
    """Keep the alerts about messages that could not be read true: one for each source that has some."""
    ids = set(source_ids)
    if not ids:
        return
    counts = Counter(
        dict(
            Payload.objects.filter(source__in=ids, state=State.UNREADABLE)
            .order_by()
            .values_list("source")
            .annotate(count=Count("pk"))
        )
    )
    for source in Source.objects.filter(pk__in=counts).select_related("campaign"):
        facts = {"count": counts[source.pk], "source": source.name, "campaign": source.campaign.name}
        subject, url = f"source:{source.pk}", f"/intake/?state=unreadable&source={source.pk}"
        if notices.open_alert(kind=UNREADABLE, subject=subject, context=facts, url=url, at=at):
            notices.put(
                kind=UNREADABLE,
                recipients=[source.campaign.owner_id],
                key=f"{UNREADABLE}:{source.pk}:{(at or timezone.now()).timestamp():.6f}",
                context=facts,
                url=url,
                at=at,
            )
    Alert.objects.filter(
        kind=UNREADABLE, subject__in=[f"source:{pk}" for pk in ids if pk not in counts], resolved_at=None
    ).update(resolved_at=at or timezone.now())
