"""What happened to leads becomes deliveries: read from the events of leads, behind a cursor, once for each endpoint.

Nothing where leads are changed knows of it. Transactions end in another order than their numbers, so the cursor goes on
to an event only when all transactions have ended that were under way when it was seen; until then what is behind the
cursor is looked at again, and the key of a delivery keeps it single.
"""

import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from leads.models import LeadEvent
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.hooks.domain import events
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.selectors import bodies

LOCK = "hooks"
BATCH = 500
RUN_SECONDS = 30.0
# Beside the transactions' own numbers, which they get only with their first change.
SEEN_FOR = timedelta(minutes=2)


@dataclass(slots=True)
class Cursor:
    """How far all is told (`seen`), and how far events went at an earlier look (`newest`, at `looked_at`)."""

    seen: int = 0
    newest: int | None = None
    following: int = 0  # the transaction that was to come next then
    looked_at: str = ""

    @classmethod
    def read(cls, lock: Lock) -> "Cursor":
        """As it stands in the lock's note."""
        return cls(**json.loads(lock.note)) if lock.note else cls()

    def write(self) -> None:
        """Keep it."""
        Lock.objects.filter(name=LOCK).update(note=json.dumps(asdict(self)))

    def settled(self, oldest: int, now: datetime) -> int | None:
        """How far events are complete now, None where that is not known yet."""
        if self.newest is None or oldest < self.following:
            return None
        # A clock that was set back does not hold it up.
        is_old = not timedelta() <= now - datetime.fromisoformat(self.looked_at) < SEEN_FOR
        return self.newest if is_old else None


def newest_event() -> int:
    """The number of the last event that is there."""
    return LeadEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def pick_up(*, at: datetime | None = None) -> int:
    """Write deliveries of what is new, for every endpoint that is on; returns how many. One query without any."""
    endpoints = list(Endpoint.objects.filter(is_on=True).order_by("pk").values_list("pk", flat=True))
    if not endpoints:
        return 0
    now = at or db.now()
    started = time.monotonic()
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return 0
        cursor = Cursor.read(lock)
        following, oldest = db.transaction_marks()
        newest = newest_event()
        settled = cursor.settled(oldest, now)
    made = 0
    for pk in endpoints:
        after: int | None = cursor.seen
        while after is not None:
            if time.monotonic() - started > RUN_SECONDS:
                return made  # the cursor stays: the next run goes on behind what is told already
            some, after = _tell(pk, after, now)
            made += some
    with db.exclusively(LOCK, wait=True) as lock:
        assert lock is not None
        found = Cursor.read(lock)
        if settled is not None and settled >= found.seen:
            found = Cursor(seen=settled)
        if found.newest is None:
            found.newest, found.following, found.looked_at = newest, following, now.isoformat()
        found.write()
    return made


def _tell(pk: int, after: int, now: datetime) -> tuple[int, int | None]:
    """One batch for one endpoint: how many, and behind which event to go on (None: no more)."""
    # Erasing takes the same lock before it forgets, so that no body written from the lead before it comes later.
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return 0, None
        endpoint = db.locked(Endpoint.objects.filter(pk=pk, is_on=True)).first()
        if endpoint is None:
            return 0, None
        found = list(to_tell(endpoint, after)[:BATCH])
        written = bodies.bodies(found) if found else {}
        Delivery.objects.bulk_create(
            (
                Delivery(
                    endpoint_id=pk,
                    key=bodies.key_of(event.pk),
                    event=events.EVENT_OF[event.kind].value,
                    lead_id=event.lead_id,
                    body=written[event.pk],
                    created_at=now,
                    next_try_at=now,
                )
                for event in found
            ),
            ignore_conflicts=True,
        )
    return len(found), found[-1].pk if len(found) == BATCH else None


def to_tell(endpoint: Endpoint, after: int) -> QuerySet[LeadEvent]:
    """Events behind `after` that this endpoint asked for and has no delivery of, in the order of their numbers.

    Not of test leads, nor what an import of history wrote.
    """
    wanted = Q(pk__in=())
    for event in events.known(endpoint.events):
        kinds = Q(kind=events.KIND_OF[event])
        if event is events.HookEvent.MARKED:
            kinds |= Q(kind=events.OVERRULED, after__has_key="mark")
        wanted |= kinds & Q(pk__gt=endpoint.starts.get(event.value, 0))
    key = Concat(Value(bodies.KEY_START), Cast(OuterRef("pk"), CharField()))
    is_told = Exists(Delivery.objects.filter(endpoint=endpoint, key=key))
    return (
        LeadEvent.objects.filter(wanted, pk__gt=after, lead__is_test=False)
        .exclude(kind__in=events.OF_ARRIVING, lead__is_history=True)
        .filter(~is_told)
        .order_by("pk")
    )


def start_from_here() -> int:
    """Where an endpoint that is switched on begins; without others, the cursor goes there. In a transaction."""
    newest = newest_event()
    if not Endpoint.objects.filter(is_on=True).exists():
        with db.exclusively(LOCK, wait=True) as lock:
            assert lock is not None
            if not Endpoint.objects.filter(is_on=True).exists():
                Cursor(seen=newest).write()
    return newest
