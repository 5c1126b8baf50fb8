"""When a meeting comes again: an iCalendar rule (RFC 5545, RRULE) on days, and a time of day in a zone.

Only rules that a meeting of people can have are taken, and each has one spelling, so that rules can be compared. The
time of day is the same wall time all year; one that does not exist or exists twice follows ``zoneinfo`` with ``fold=0``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST: Final = -1
PLACES: Final = (1, 2, 3, 4, LAST)  # of a weekday in its month: one of these is in every month
MOST_TEXT: Final = 300
MOST_WEEKS: Final = 52
MOST_MONTHS: Final = 12
DAY_MINUTES: Final = 1_440

# Years a series can begin in: what is typed outside is a slip, and calendars of work know nothing of it.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


class Freq(StrEnum):
    """What is counted."""

    DAY = "DAILY"  # each day on which the company works
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"


class Flaw(StrEnum):
    """What is wrong with the text of a rule."""

    FORM = "form"  # no rule at all
    FREQ = "freq"  # more often than daily, or yearly
    PART = "part"  # a part that meetings have no use for
    INTERVAL = "interval"
    DAYS = "days"  # no weekdays, or not one of them in a month


class RuleError(ValueError):
    """A rule that meetings cannot have; `flaw` says why, `part` names what was read."""

    def __init__(self, flaw: Flaw, part: str = "") -> None:
        super().__init__(f"{flaw}: {part}")
        self.flaw = flaw
        self.part = part


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on days. `weekdays` are 0 (Monday) to 6; monthly it is one weekday with its `place`, or a `month_day`.

    `place` is 1 to 4 or -1 (the last). `month_day` is 1 to 31, or -1 (the last); a month without that day is passed over.
    """

    freq: Freq
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    place: int = 0
    month_day: int = 0

    def __post_init__(self) -> None:
        match self.freq:
            case Freq.DAY:
                self._demand(self.interval == 1, Flaw.INTERVAL)
                self._demand(not (self.weekdays or self.place or self.month_day), Flaw.DAYS)
            case Freq.WEEK:
                self._demand(1 <= self.interval <= MOST_WEEKS, Flaw.INTERVAL)
                is_in_order = tuple(sorted(set(self.weekdays))) == self.weekdays
                self._demand(bool(self.weekdays) and is_in_order, Flaw.DAYS)
                self._demand(not (self.place or self.month_day), Flaw.DAYS)
            case Freq.MONTH:
                self._demand(1 <= self.interval <= MOST_MONTHS, Flaw.INTERVAL)
                if self.month_day:
                    is_day = 1 <= self.month_day <= 31 or self.month_day == LAST
                    self._demand(is_day and not (self.weekdays or self.place), Flaw.DAYS)
                else:
                    self._demand(len(self.weekdays) == 1 and self.place in PLACES, Flaw.DAYS)
        self._demand(all(0 <= day <= 6 for day in self.weekdays), Flaw.DAYS)

    @staticmethod
    def _demand(is_right: bool, flaw: Flaw) -> None:
        if not is_right:
            raise RuleError(flaw)

    @property
    def text(self) -> str:
        """The value of an RRULE, in its one spelling."""
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            place = str(self.place) if self.place else ""
            parts.append("BYDAY=" + ",".join(place + WEEKDAYS[day] for day in self.weekdays))
        if self.month_day:
            parts.append(f"BYMONTHDAY={self.month_day}")
        return ";".join(parts)

    @classmethod
    def read(cls, text: str) -> Self:
        """The rule of that text, in any order of its parts. Raises `RuleError`."""
        text = text.strip().upper().removeprefix("RRULE:")
        if len(text) > MOST_TEXT or not text.isascii():
            raise RuleError(Flaw.FORM)
        parts: dict[str, str] = {}
        for piece in text.split(";"):
            name, sign, value = (one.strip() for one in piece.partition("="))
            if not sign or not value or name in parts:
                raise RuleError(Flaw.FORM, piece[:50])
            parts[name] = value
        try:
            freq = Freq(parts.pop("FREQ", ""))
        except ValueError as error:
            raise RuleError(Flaw.FREQ) from error
        if parts.pop("WKST", "MO") != "MO":
            raise RuleError(Flaw.PART, "WKST")
        interval = _number(parts.pop("INTERVAL", "1"), Flaw.INTERVAL)
        if interval < 1:
            raise RuleError(Flaw.INTERVAL)
        weekdays, place = _weekdays(parts.pop("BYDAY", ""))
        month_day = _number(parts.pop("BYMONTHDAY", "0"), Flaw.DAYS)
        if parts:
            raise RuleError(Flaw.PART, next(iter(parts))[:50])
        return cls(freq, interval, weekdays, place, month_day)


def _number(text: str, flaw: Flaw) -> int:
    digits = text.removeprefix("-")
    if not digits.isdecimal() or len(digits) > 4:
        raise RuleError(flaw, text[:50])
    return int(text)


def _weekdays(text: str) -> tuple[tuple[int, ...], int]:
    """ "MO,WE" is ((0, 2), 0); "1MO" is ((0,), 1)."""
    if not text:
        return (), 0
    days, places = set(), set()
    for piece in text.split(","):
        name = piece.strip()
        if name[-2:] not in WEEKDAYS:
            raise RuleError(Flaw.DAYS, name[:50])
        days.add(WEEKDAYS.index(name[-2:]))
        places.add(_number(name[:-2].removeprefix("+"), Flaw.DAYS) if name[:-2] else 0)
    if len(places) > 1:
        raise RuleError(Flaw.DAYS, text[:50])
    return tuple(sorted(days)), places.pop()


def days(rule: Rule, starts_on: date, first: date, last: date) -> Iterator[date]:
    """The days of the rule from `first` to `last`, both included, in order. `starts_on` is the day it counts from.

    Weeks begin on Monday. The first day itself is one of them only where the rule says so.
    """
    if last < starts_on or last < first:
        return
    freq = {Freq.DAY: DAILY, Freq.WEEK: WEEKLY, Freq.MONTH: MONTHLY}[rule.freq]
    found = rrule(
        freq,
        dtstart=datetime.combine(starts_on, time()),  # days have no zone
        interval=rule.interval,
        wkst=0,
        byweekday=[weekday(day, rule.place or None) for day in rule.weekdays] or None,
        bymonthday=rule.month_day or None,
        until=datetime.combine(last, time()),
    )
    for one in found:
        if one.date() >= first:
            yield one.date()


def instant(day: date, at_minute: int, zone: ZoneInfo) -> datetime:
    """That time of day on that day of the zone, in UTC."""
    hour, minute = divmod(at_minute, 60)
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


def same_wall_time(at: datetime, before: ZoneInfo, after: ZoneInfo) -> datetime:
    """What the clock of one zone showed at that instant, as an instant of the other zone, in UTC."""
    return at.astimezone(before).replace(tzinfo=after, fold=0).astimezone(UTC)


def occurrences(
    rule: Rule, starts_on: date, at_minute: int, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[datetime]:
    """The instants of the rule from `start` (included) to `end` (not included), in UTC and in order."""
    if end <= start:
        return
    # A wall time can lie more than a day beside its day of UTC, and beside the day of the zone where one is skipped.
    first = start.astimezone(UTC).date() - timedelta(days=2)
    last = end.astimezone(UTC).date() + timedelta(days=2)
    for day in days(rule, starts_on, first, last):
        at = instant(day, at_minute, zone)
        if start <= at < end:
            yield at
