"""How a promise reads on a screen at one instant: over, nearly, in time, or waiting for the time the lead asked for."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from leadsync.core.businesstime import WorkCalendar


class State(StrEnum):
    OVER = "over"
    SOON = "soon"
    OK = "ok"
    ASKED = "paused"  # the clock waits for the time the lead asked for


class Group(StrEnum):
    """Where a row stands in the queue."""

    CALLED = "called"
    LOSS = "loss"  # while there is more than fits
    PAST = "past"
    TODAY = "today"
    VERDICT = "verdict"
    TOMORROW = "tomorrow"
    LATER = "later"
    SILENT = "silent"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Deadline:
    """`seconds` of working time left, or over when `state` is OVER; `left_pct` is the share of the promise left."""

    state: State
    group: Group
    due_at: datetime
    seconds: int
    left_pct: int
    total_seconds: int
    is_running: bool
    wanted_at: datetime | None = None

    @property
    def counts_down(self) -> bool:
        """Whether a screen may count the time left down by itself: due today, and the company is open."""
        return self.is_running and self.group is Group.TODAY


def group_of(due_at: datetime, now: datetime, calendar: WorkCalendar) -> Group:
    """Past, today, tomorrow or later, by the calendar's own days."""
    if due_at <= now:
        return Group.PAST
    days = (due_at.astimezone(calendar.zone).date() - now.astimezone(calendar.zone).date()).days
    return Group.TODAY if days == 0 else Group.TOMORROW if days == 1 else Group.LATER


def read(
    *,
    calendar: WorkCalendar,
    now: datetime,
    due_at: datetime,
    warn_at: datetime,
    promise_seconds: int,
    wanted_at: datetime | None = None,
) -> Deadline:
    """What the promise of one open handoff says now. Seconds are working time in the rep's calendar."""
    group = group_of(due_at, now, calendar)
    is_over = due_at <= now
    seconds = int(calendar.between(due_at, now) if is_over else calendar.between(now, due_at))
    if is_over:
        state = State.OVER
    elif wanted_at is not None:
        state = State.ASKED
    else:
        state = State.SOON if warn_at <= now else State.OK
    left = 0 if is_over else round(100 * seconds / promise_seconds) if promise_seconds else 100
    return Deadline(
        state=state,
        group=group,
        due_at=due_at,
        seconds=seconds,
        left_pct=min(left, 100),
        total_seconds=promise_seconds,
        is_running=calendar.is_open(now) and state is not State.ASKED,
        wanted_at=wanted_at,
    )


def next_steps(calendar: WorkCalendar, now: datetime) -> dict[str, datetime]:
    """The next steps offered by one key: 9:00 (or opening, if later) on the next working day, in 3 days, in a week."""
    today = now.astimezone(calendar.zone).date()
    return {
        "tomorrow": _morning(calendar, today + timedelta(days=1)),
        "days3": _morning(calendar, today + timedelta(days=3)),
        "week": _morning(calendar, today + timedelta(days=7)),
    }


def on_day(calendar: WorkCalendar, day: date) -> datetime:
    """The working morning of a chosen day, or of the next working day after it."""
    return _morning(calendar, day)


def _morning(calendar: WorkCalendar, day: date) -> datetime:
    return calendar.next_open(datetime.combine(day, time(9), calendar.zone))
