"""Days and months of a zone as instants, and periods of months. No framework."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


def starts_at(day: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which `day` begins in the zone: the first one whose local date is that day.

    Midnight that does not exist or exists twice on the day of a change of the clock: the earliest instant.
    """
    local = datetime.combine(day, time(), zone)
    instant = local.astimezone(UTC)
    # In a gap at midnight fold=0 names an instant after the gap: its end is the day's first instant.
    offset = (local.utcoffset() or timedelta()) - (local.replace(fold=1).utcoffset() or timedelta())
    if offset and offset < timedelta():
        before = (instant + offset).astimezone(zone)
        return instant + offset if before.date() == day else instant
    return instant


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day of the instant in the zone."""
    return instant.astimezone(zone).date()


def after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after that of `month`."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def months_between(first: date, stop: date) -> Iterator[date]:
    """First days of the months from that of `first` up to but not including `stop`."""
    month = month_of(first)
    while month < stop:
        yield month
        month = add_months(month, 1)


def days_between(first: date, stop: date) -> Iterator[date]:
    """Days from `first` up to but not including `stop`."""
    for number in range((stop - first).days):
        yield first + timedelta(days=number)


YEARS = range(1990, 2200)  # what a month may be planned or looked at in


def parse_month(text: str) -> date | None:
    """`2026-11` as its first day; None for anything else, and for years nobody plans."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text):
        return None
    year, month = int(text[:4]), int(text[5:])
    return date(year, month, 1) if year in YEARS else None


class Span(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months: from `first` (a first of the month) up to but not including `stop`."""

    span: Span
    first: date
    stop: date

    @classmethod
    def holding(cls, day: date, span: Span) -> "Period":
        """The month, quarter or year of the calendar that `day` is in."""
        count = MONTHS[span]
        month = (day.month - 1) // count * count + 1
        first = date(day.year, month, 1)
        return cls(span, first, add_months(first, count))

    @property
    def last(self) -> date:
        """The last day of the period."""
        return self.stop - timedelta(days=1)

    @property
    def previous(self) -> "Period":
        """The period of the same length before this one."""
        return Period(self.span, add_months(self.first, -MONTHS[self.span]), self.first)

    @property
    def following(self) -> "Period":
        """The period of the same length after this one."""
        return Period(self.span, self.stop, add_months(self.stop, MONTHS[self.span]))

    @property
    def months(self) -> list[date]:
        """The first days of the months in it."""
        return list(months_between(self.first, self.stop))

    @property
    def days(self) -> list[date]:
        """The days in it."""
        return list(days_between(self.first, self.stop))

    def holds(self, day: date) -> bool:
        return self.first <= day < self.stop


def ranges(days: Iterable[date], zone: ZoneInfo) -> list[tuple[date, datetime, datetime]]:
    """Each day with the instants between which it lies, the second one excluded."""
    return [(day, starts_at(day, zone), starts_at(day + timedelta(days=1), zone)) for day in days]
