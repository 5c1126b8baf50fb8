"""Bringing deliveries out: at least once each, roughly in order, no endpoint held up by another.

A worker takes an endpoint, not a delivery: while its lease runs nobody else sends to that address. What is due goes out a
few at a time, of one lead one after the other. Only the requests run in threads, all reading and writing stays here. An
address that does not answer rests, so that thousands of messages do not each wait for it.
"""

import secrets
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from leadsync.core import db, outgoing
from leadsync.hooks.domain import retrying, signing
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.services import alerts

log = structlog.get_logger(__name__)

USER_AGENT = "LeadSync-Webhooks/1"
RUN_SECONDS = 45.0
# Longer than a run with the slowest last request: nobody else sends to an address while it is held.
LEASE = timedelta(minutes=2)
FAILING_FOR = timedelta(hours=1)  # until administrators are told, whatever was given up by then
AT_ONCE = 3  # requests to one address
MOST_ENDPOINTS = 20
READ_AT_ONCE = 12
SHOWN = 300  # characters of an answer that are kept

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended. `error` is in English where it is ours, to be translated when it is shown."""

    status: int | None
    error: str
    milliseconds: int
    asked: timedelta | None = None  # to wait

    @property
    def is_taken(self) -> bool:
        return retrying.is_taken(self.status)

    @property
    def is_down(self) -> bool:
        return retrying.is_down(self.status)

    @property
    def is_gone(self) -> bool:
        return self.status == retrying.GONE


@dataclass(slots=True)
class Sent:
    """What one run brought out."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(slots=True)
class _Lane:
    """An endpoint that this run holds."""

    pk: int
    lease: datetime
    failures: int
    rows: list[Delivery] = field(default_factory=list)
    tried: set[int] = field(default_factory=set)
    leads: set[int | None] = field(default_factory=set)  # of requests under way
    flying: int = 0
    is_over: bool = False
    has_sent: bool = False
    rests_until: datetime | None = None


def call(address: str, secret: str, key: str, body: str) -> Outcome:
    """One signed request. Never raises: what went wrong is in the outcome."""
    content = body.encode()
    started = time.monotonic()

    def spent() -> int:
        return int((time.monotonic() - started) * 1_000)

    with translation.override("en"):
        try:
            answer = outgoing.post(
                address,
                content,
                {
                    "Content-Type": "application/json; charset=utf-8",
                    "User-Agent": USER_AGENT,
                    **signing.headers(secret, key, int(time.time()), content),
                },
                follows_redirects=False,
            )
        except outgoing.Unreachable as error:
            return Outcome(None, error.message[:SHOWN], spent())
        except Exception:  # whatever it is, it must not keep other messages from going out
            log.exception("webhook_broke", key=key)
            return Outcome(None, _("LeadSync could not send it. The log of the worker says why."), spent())
        asked = None if answer.retry_after is None else timedelta(seconds=min(answer.retry_after, 1e6))
        said = "" if answer.is_ok else _said(answer)
        return Outcome(answer.status, said, spent(), asked)


def _said(answer: outgoing.Answer) -> str:
    if 300 <= answer.status < 400:
        return _("The address leads elsewhere. Redirects are not followed: put in where it leads.")
    text = answer.body[: 4 * SHOWN].decode(errors="replace")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:SHOWN]


def send(*, at: datetime | None = None) -> Sent:
    """Bring out what is due, until nothing is or the run's time is over. `at` stands for the clock."""
    result = Sent()
    lanes = _take(at or db.now())
    if not lanes:
        return result
    deadline = time.monotonic() + RUN_SECONDS
    flying: dict[Future[Outcome], tuple[_Lane, Delivery]] = {}
    with ThreadPoolExecutor(len(lanes) * AT_ONCE, thread_name_prefix="hooks") as pool:
        while True:
            for lane in lanes:
                for row in _next(lane, at or db.now(), deadline):
                    made = pool.submit(
                        call, row.endpoint.address, row.endpoint.secret, row.message_id, row.body
                    )
                    flying[made] = (lane, row)
            if not flying:
                break
            for made in wait(flying, return_when=FIRST_COMPLETED).done:
                lane, row = flying.pop(made)
                lane.flying -= 1
                lane.leads.discard(row.lead_id)
                _save(lane, row, made.result(), at or db.now(), result)
            over = [lane for lane in lanes if lane.is_over and not lane.flying]
            for lane in over:
                _release(lane, at or db.now())
            lanes = [lane for lane in lanes if lane not in over]
    for lane in lanes:
        _release(lane, at or db.now())
    return result


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.WAITING, next_try_at__lte=now)


def _is_free(now: datetime) -> Q:
    """Nobody sends there, and it does not rest. A time far ahead is of a clock that was set back."""
    return Q(free_at=None) | Q(free_at__lte=now) | Q(free_at__gt=now + retrying.LONGEST_WAIT * 2)


def _take(now: datetime) -> list[_Lane]:
    """Endpoints with something due that nobody holds, each taken by one conditional statement."""
    due = _due(now).filter(endpoint=OuterRef("pk"))
    found = list(
        Endpoint.objects.filter(_is_free(now), Exists(due), is_on=True)
        .order_by(F("free_at").asc(nulls_first=True), "pk")
        .values_list("pk", "failures")[:MOST_ENDPOINTS]
    )
    # The moment of the lease says whose it is.
    lease = now + LEASE + timedelta(microseconds=secrets.randbelow(1_000_000))
    return [
        _Lane(pk, lease, failures)
        for pk, failures in found
        if Endpoint.objects.filter(_is_free(now), pk=pk, is_on=True).update(free_at=lease)
    ]


def _next(lane: _Lane, now: datetime, deadline: float) -> Iterable[Delivery]:
    """What goes out now: up to a few at a time, one at a time to an address that failed, of one lead never two."""
    most = 1 if lane.failures else AT_ONCE
    while not lane.is_over and lane.flying < most:
        if time.monotonic() > deadline:
            lane.is_over = True
            return
        if not lane.rows:
            due = _due(now).filter(endpoint=lane.pk, endpoint__is_on=True)
            lane.rows = list(
                due.exclude(pk__in=lane.tried).select_related("endpoint").order_by("pk")[:READ_AT_ONCE]
            )
            if not lane.rows:
                lane.is_over = not lane.flying
                return
        row = next((one for one in lane.rows if one.lead_id not in lane.leads), None)
        if row is None:
            return
        lane.rows.remove(row)
        lane.tried.add(row.pk)
        lane.leads.add(row.lead_id)
        lane.flying += 1
        yield row


def _save(lane: _Lane, row: Delivery, outcome: Outcome, now: datetime, result: Sent) -> None:
    """How it ended; nothing where it was decided otherwise meanwhile."""
    attempts = row.attempts + 1
    pause = retrying.pause(attempts, row.key, outcome.asked)
    is_dead = not outcome.is_taken and (pause is None or outcome.is_gone)
    values: dict[str, Any] = {
        "attempts": attempts,
        "status": outcome.status,
        "error": outcome.error,
        "milliseconds": outcome.milliseconds,
    }
    if outcome.is_taken:
        values |= {"state": State.SENT, "sent_at": now, "next_try_at": None}
    elif is_dead:
        values |= {"state": State.DEAD, "next_try_at": None}
    else:
        assert pause is not None
        values |= {"next_try_at": now + pause}
    with transaction.atomic():
        saved = Delivery.objects.filter(pk=row.pk, state=State.WAITING, attempts=row.attempts).update(
            **values
        )
        if outcome.is_taken:
            _succeeded(lane, now)
        elif outcome.is_down:
            _failed(lane, row, outcome, now)
        if outcome.is_gone:
            switch_off_gone(lane.pk, now)
        elif is_dead:
            _tell(Endpoint.objects.filter(pk=lane.pk), now)
    if outcome.is_taken:
        result.sent += saved
        return
    result.failed += saved
    result.dead += saved if is_dead else 0
    log.warning(
        "webhook_given_up" if is_dead else "webhook_failed",
        delivery=row.pk,
        endpoint=lane.pk,
        host=outgoing.host_of(row.endpoint.address),
        status=outcome.status,
        attempts=attempts,
    )


def _succeeded(lane: _Lane, now: datetime) -> None:
    if lane.has_sent and not lane.failures:
        return  # said once a run
    lane.has_sent, lane.failures = True, 0
    remember_success(lane.pk, now)


def remember_success(pk: int, now: datetime) -> None:
    """The address takes what is sent: nothing is failing any more."""
    Endpoint.objects.filter(pk=pk).update(succeeded_at=now, failures=0, failing_since_at=None)
    alerts.resolve(pk, now=now)


def _failed(lane: _Lane, row: Delivery, outcome: Outcome, now: datetime) -> None:
    """Others would fare alike: the address rests, and who looks after it is told when that goes on."""
    lane.is_over = True
    lane.failures += 1
    rests_until = now + retrying.rest(lane.failures, str(lane.pk), outcome.asked)
    lane.rests_until = max(lane.rests_until or rests_until, rests_until)
    Endpoint.objects.filter(pk=lane.pk).update(
        failures=min(lane.failures, 30_000), failing_since_at=Coalesce(F("failing_since_at"), now)
    )
    if not outcome.is_gone:
        _tell(Endpoint.objects.filter(pk=lane.pk, failing_since_at__lte=now - FAILING_FOR), now)


def _tell(which: QuerySet[Endpoint], now: datetime) -> None:
    for endpoint in which:
        alerts.open_for(endpoint, is_gone=False, now=now)


def switch_off_gone(pk: int, now: datetime) -> None:
    """The other side does not want any more (410): off, and what waits is given up, to be sent again some day."""
    endpoint = Endpoint.objects.filter(pk=pk, is_on=True).first()
    if endpoint is None:
        return
    Endpoint.objects.filter(pk=pk).update(is_on=False, version=F("version") + 1)
    Delivery.objects.filter(endpoint=pk, state=State.WAITING).update(state=State.DEAD, next_try_at=None)
    alerts.open_for(endpoint, is_gone=True, now=now)


def _release(lane: _Lane, now: datetime) -> None:
    """Let others send there, at once or after its rest; unless the lease ran out and somebody else has it."""
    Endpoint.objects.filter(pk=lane.pk, free_at=lane.lease).update(free_at=lane.rests_until)
