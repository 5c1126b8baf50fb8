"""Lengths of working time as people say them: "2 working days 3 h" where an office day has eight hours."""

from dataclasses import dataclass
from datetime import datetime

from leadsync.core.businesstime import WorkCalendar

FULL_DAY = 8 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Working minutes, and how many of them make a working day of whoever works them."""

    minutes: int
    day_minutes: int = FULL_DAY

    @property
    def days(self) -> int:
        """Whole working days."""
        return self.minutes // self.day_minutes if self.day_minutes else 0

    @property
    def rest(self) -> int:
        """The minutes beyond whole working days."""
        return self.minutes - self.days * self.day_minutes


def day_minutes(calendar: WorkCalendar) -> int:
    """The longest day of the week, in minutes: what "a working day" stands for."""
    longest = max(
        (sum(one.closes_s - one.opens_s for one in windows) for windows in calendar.week), default=0
    )
    return longest // 60 or FULL_DAY


def between(calendar: WorkCalendar, start: datetime, end: datetime) -> Span:
    """The working time from `start` to `end`; nothing where `end` is not later."""
    return Span(round(calendar.between(start, end) / 60), day_minutes(calendar))
