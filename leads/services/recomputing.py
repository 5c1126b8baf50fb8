"""Open due times are counted anew when working time changes: hours, holidays, own days, absences, the zone.

`Company.version` counts those changes. The sweep compares it with what it remembers in its lock's note and, where they
differ, goes through the open handoffs in batches, a transaction each: a worker that is killed loses one batch, the next
one goes on from there, and several take turns. Nothing is flagged by the calendar of yesterday, because every sweep
gets to the end of this before it looks at what is due.

Each handoff keeps its beginning and what was agreed then; steps already flagged stay flagged, and what is left of the
three falls due by the new calendar. Rows are locked while they are computed, so a contact logged meanwhile comes first
(and its handoff is left alone) or waits and ends the handoff with its new due time.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leads.domain import promise
from leads.domain.terms import Terms
from leads.models import Handoff
from leads.selectors import agreement
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.models import Lock

CALENDAR = "sweep:calendar"
BATCH = 5_000
# So long may a transaction take that began before the change and hands a lead over by the old calendar.
LATECOMERS = timedelta(minutes=15)
AGAIN_AFTER = timedelta(minutes=1)

_READ = (
    "pk",
    "rep_id",
    "at",
    "promise_seconds",
    "due_at",
    "warn_at",
    "escalate_at",
    "next_check_at",
    "why__promise",
    "lead__wanted_at",
    "lead__campaign__kind",
)
_WRITTEN = ("promise_seconds", "due_at", "warn_at", "escalate_at", "next_check_at")


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far recomputing has come: `done` is the version all due times follow, `doing` the one under way.

    `since`, once a version is done: a last look from `again_at` on at handoffs begun about the time of the change, for
    those whose transaction still knew the old calendar.
    """

    done: str = ""
    doing: str = ""
    last: int = 0
    begun: str = ""
    since: str = ""
    again_at: str = ""

    @classmethod
    def read(cls, note: str) -> Self:
        try:
            found = json.loads(note) if note else {}
        except ValueError:
            found = note
        # An earlier release wrote nothing but the version.
        return cls(**found) if isinstance(found, dict) else cls(done=note)

    def written(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    def is_settled(self, version: str, now: datetime) -> bool:
        return self.done == version and (not self.since or now < datetime.fromisoformat(self.again_at))

    def begin(self, version: str, now: datetime) -> "_Progress":
        return self if self.doing == version else replace(self, doing=version, last=0, begun=now.isoformat())

    def end(self, now: datetime) -> "_Progress":
        if self.doing == self.done:
            return _Progress(done=self.done)
        since = datetime.fromisoformat(self.begun) - LATECOMERS
        return _Progress(done=self.doing, since=since.isoformat(), again_at=(now + AGAIN_AFTER).isoformat())


def version() -> str:
    """What open due times depend on: the changes of working time, and the years whose holidays are known."""
    company = accounts.company()
    return f"{company.version}/{accounts.years_known(timezone.now().astimezone(company.tz).date()).stop}"


def catch_up(note: str | None, *, now: datetime, batch: int = BATCH) -> int:
    """Bring open due times up to the calendars there are now; returns how many moved. `note` is the lock's.

    Where nothing changed, one question is asked (the company). The first time, due times are taken for right.
    """
    wanted = version()
    if note and _Progress.read(note).is_settled(wanted, now):
        return 0
    moved = 0
    work = _Recomputing()
    while True:
        with db.exclusively(CALENDAR, wait=True) as lock:
            assert lock is not None
            wanted = version()
            progress = _Progress.read(lock.note) if lock.note else _Progress(done=wanted)
            if progress.is_settled(wanted, now):
                if not lock.note:
                    _remember(lock, progress)
                return moved
            if not work.is_of(wanted):
                work = _Recomputing(wanted)
            progress = progress.begin(wanted, now)
            rows = Handoff.objects.open()
            if progress.doing == progress.done:
                rows = rows.filter(at__gte=datetime.fromisoformat(progress.since))
            changed, last = work.batch(rows.filter(pk__gt=progress.last), batch)
            moved += changed
            _remember(lock, replace(progress, last=last) if last else progress.end(now))


def _remember(lock: Lock, progress: _Progress) -> None:
    Lock.objects.filter(pk=lock.pk).update(note=progress.written())


def recompute(*, person: User | None = None, lead: int | None = None, batch: int = BATCH) -> int:
    """Recompute the due times of open handoffs (of one person, of one lead); returns how many moved.

    A transaction for each batch; done again it changes nothing.
    """
    rows = Handoff.objects.open()
    if person is not None:
        rows = rows.filter(rep=person)
    if lead is not None:
        rows = rows.filter(lead=lead)
    work, moved, last = _Recomputing(), 0, 0
    while True:
        with transaction.atomic():
            changed, reached = work.batch(rows.filter(pk__gt=last), batch)
        if not reached:
            return moved
        moved, last = moved + changed, reached


@dataclass(slots=True)
class _Recomputing:
    """Calendars of one version and the clocks counted by them: handoffs of one batch often began together."""

    version: str = ""
    calendars: dict[int, WorkCalendar] = field(default_factory=dict)
    clocks: dict[tuple[Any, ...], promise.Clock] = field(default_factory=dict)
    terms: Terms | None = None

    def is_of(self, version: str) -> bool:
        return self.version == version

    def batch(self, rows: QuerySet[Handoff], size: int) -> tuple[int, int]:
        """Recompute the first `size` of these; how many moved, and the last one looked at (0: there were none)."""
        found = list(db.locked(rows).order_by("pk").values_list(*_READ)[:size])
        if not found:
            return 0, 0
        self.calendars |= accounts.calendars_for({row[1] for row in found} - self.calendars.keys())
        self.clocks.clear()
        changed: list[tuple[int, tuple[Any, ...]]] = []
        for pk, rep_id, at, seconds, due_at, warn_at, escalate_at, next_at, agreed, wanted_at, kind in found:
            if due_at < at and not promise.is_asked_for_later(wanted_at, at):
                continue  # taken over when it was past: due when it was due
            clock = self._clock(rep_id, at, agreed or {}, wanted_at, kind)
            if (seconds, due_at, warn_at, escalate_at) != (
                clock.promise_seconds,
                clock.due_at,
                clock.warn_at,
                clock.escalate_at,
            ):
                next_at = promise.moved_check(
                    promise.Clock(seconds, due_at, warn_at, escalate_at), clock, next_at
                )
                changed.append(
                    (pk, (clock.promise_seconds, clock.due_at, clock.warn_at, clock.escalate_at, next_at))
                )
        db.update_rows(Handoff, _WRITTEN, changed)
        return len(changed), found[-1][0]

    def _clock(
        self, rep_id: int, at: datetime, agreed: dict[str, Any], wanted_at: datetime | None, kind: str
    ) -> promise.Clock:
        mode, minutes = agreed.get("mode"), agreed.get("minutes")
        if mode is None or minutes is None:
            self.terms = self.terms or agreement.terms()
            stock = self.terms.promise_for(kind)
            mode, minutes = mode or str(stock.mode), stock.minutes if minutes is None else minutes
        left = agreed.get("left")
        key = (rep_id, at, mode, minutes, wanted_at, left)
        clock = self.clocks.get(key)
        if clock is None:
            clock = self.clocks[key] = promise.due(
                self.calendars[rep_id], at, mode, int(minutes), wanted_at, left
            )
        return clock
