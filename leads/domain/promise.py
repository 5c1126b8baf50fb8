"""The promise's clock: when first contact is due, when to warn, when to escalate (domain.md, The promise).

Durations are seconds of working time, whole; instants are aware. `at` is when the handoff began.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from leads.domain.words import StepKind
from leadsync.core.businesstime import WorkCalendar

ASKED_TIME_GRACE = timedelta(minutes=15)  # a lead that asked for a time is called within this of it
WARN_AFTER = 3, 4  # three quarters of the promise used, a quarter left
LATER = timedelta(microseconds=1)  # by so much a check after the last step is later than it


class Mode(StrEnum):
    """How a promise is worded."""

    WITHIN = "within"
    SAME_DAY = "same_day"


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """What was agreed for one kind of campaign; for `SAME_DAY`, `minutes` is the least that is given."""

    mode: Mode
    minutes: int


@dataclass(frozen=True, slots=True)
class Clock:
    """`promise_seconds` of working time from the handoff to `due_at`; warn ≤ due ≤ escalate."""

    promise_seconds: int
    due_at: datetime
    warn_at: datetime
    escalate_at: datetime

    def times(self) -> tuple[tuple[StepKind, datetime], ...]:
        """The steps in the order in which they fall due."""
        return (
            (StepKind.WARN, self.warn_at),
            (StepKind.MISSED, self.due_at),
            (StepKind.ESCALATED, self.escalate_at),
        )


def full_seconds(calendar: WorkCalendar, at: datetime, mode: str, minutes: int) -> int:
    """The whole promise for a handoff at `at`, in working seconds.

    Same working day: to the close of the working day of the handoff, never less than `minutes`.
    """
    agreed = minutes * 60
    if mode == Mode.SAME_DAY:
        return max(agreed, round(calendar.between(at, calendar.closing_of(at))))
    return agreed


def due(
    calendar: WorkCalendar,
    at: datetime,
    mode: str,
    minutes: int,
    wanted_at: datetime | None = None,
    left_seconds: int | None = None,
) -> Clock:
    """The clock of a handoff.

    A lead that asked for a time still ahead is due 15 minutes after it, open or not: it will be waiting then.
    Otherwise `left_seconds`, what an earlier handoff left of the promise, goes before the full promise.
    Escalation is one more full promise after due. Raises `CalendarError` where the calendar has no open time.
    """
    full = full_seconds(calendar, at, mode, minutes)
    if wanted_at is not None and is_asked_for_later(wanted_at, at):
        due_at = wanted_at + ASKED_TIME_GRACE
        seconds = round(calendar.between(at, due_at))
        warn_at = min(_used(calendar, at, seconds) if seconds else max(at, wanted_at), due_at)
        return Clock(seconds, due_at, warn_at, _later(calendar, due_at, full))
    seconds = full if left_seconds is None else left_seconds
    due_at = calendar.add(at, seconds)
    return Clock(seconds, due_at, _used(calendar, at, seconds), _later(calendar, due_at, full))


def is_asked_for_later(wanted_at: datetime | None, at: datetime) -> bool:
    """Whether the time the lead asked for is still ahead at the handoff, so that it decides."""
    return wanted_at is not None and wanted_at + ASKED_TIME_GRACE > at


def _used(calendar: WorkCalendar, at: datetime, seconds: int) -> datetime:
    part, whole = WARN_AFTER
    return calendar.add(at, seconds * part / whole)


def _later(calendar: WorkCalendar, due_at: datetime, seconds: int) -> datetime:
    return calendar.add(due_at, seconds)


def left_seconds(calendar: WorkCalendar, now: datetime, due_at: datetime, most: int | None = None) -> int:
    """Working seconds left of the promise; 0 once it is past.

    `most` is the whole promise: a lead that asked for a time next week leaves no more than what was agreed.
    """
    left = round(calendar.between(now, due_at))
    return left if most is None else min(left, most)


def next_check(times: Sequence[datetime], after: datetime) -> datetime | None:
    """The earliest of these instants later than `after`: when the sweep has to look again."""
    return min((time for time in times if time > after), default=None)


def pending(clock: Clock, next_check_at: datetime | None) -> tuple[StepKind, ...]:
    """Which steps are not flagged yet. They fall due in order, so these are the last ones of the three."""
    if next_check_at is None:
        return ()
    return tuple(kind for kind, time in clock.times() if time >= next_check_at)


def moved_check(former: Clock, clock: Clock, next_check_at: datetime | None) -> datetime | None:
    """When the sweep has to look at a handoff whose clock was `former` and is now `clock`.

    What was flagged stays flagged: only the steps that are left decide. A check that is later than the last step (the
    lead waits for another rep) stays one.
    """
    if next_check_at is not None and next_check_at > former.escalate_at:
        return max(next_check_at, clock.escalate_at + LATER)
    left = pending(former, next_check_at)
    return min((time for kind, time in clock.times() if kind in left), default=None)
