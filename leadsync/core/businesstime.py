"""Working time: how long the office was open, and when a promise falls due.

Everything here is measured on the absolute line, so a 24-hour day on the 25-hour Sunday holds 25 hours.
Windows are local wall time; a wall time that does not exist or exists twice follows ``zoneinfo`` with
``fold=0``. A window belongs to its local day, which runs from its midnight to the next one: on a date that a
zone skipped nothing is open.

No function reads a clock, a database or a setting: ``now`` is always an argument. Inside, instants are
integer microseconds since 1970 (UTC), so sums are exact. Each calendar has a timeline of yearly tables with
running sums, which equal calendars share: a question costs two binary searches plus one addition for each
year between, never a step for each second or day.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import eq, sub
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, Self
from zoneinfo import ZoneInfo

__all__ = ["MAX_YEAR", "MIN_YEAR", "WEEKDAYS", "CalendarError", "Instants", "Window", "WorkCalendar"]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# One year is kept free at both ends of what datetime holds, so that no offset pushes a result over the edge.
MIN_YEAR: Final = 2
MAX_YEAR: Final = 9998

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_SECOND: Final = 1_000_000
_DAY_SECONDS: Final = 86_400
_DAY: Final = _DAY_SECONDS * _SECOND
_WEEK: Final = 7 * _DAY
_MEAN_YEAR: Final = 31_556_952 * _SECOND
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# A zone that changes its offset and changes it back within one step would go unnoticed; none does in a week.
_ZONE_STEP_DAYS: Final = 7

# How many yearly tables (about 12 kB each) one timeline keeps before it starts afresh.
_TABLES_KEPT: Final = 48

type Edge = int | str | time
type Windows = Iterable[Sequence[Edge]]
type Instants = Iterable[tuple[datetime, datetime]]
type _Spans = tuple[tuple[int, int], ...]


class CalendarError(ValueError):
    """A calendar, an instant or a duration that working time cannot be counted with.

    ``field`` names the place (``hours.mon``, ``overrides.2026-05-02``, ``tz``, ``start``), ``code`` the kind:
    ``form``, ``zone``, ``reversed``, ``overlap``, ``no_open_time``, ``naive``, ``range``. The message names
    the field too.
    """

    def __init__(self, field: str, code: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type[CalendarError], tuple[str, str, str]]:
        return type(self), (self.field, self.code, self.reason)


class Window(NamedTuple):
    """One window of a local day, in seconds after midnight; ``closes_s`` may be 86,400 (end of the day)."""

    opens_s: int
    closes_s: int

    def __str__(self) -> str:
        return f"{_clock(self.opens_s)}–{_clock(self.closes_s)}"


class WorkCalendar:
    """When one company or one person works: an immutable, hashable value.

    ``week`` holds the windows of Monday to Sunday. An edge of a window is a number of *minutes* after
    midnight, a ``time``, or text ``"HH:MM"`` or ``"HH:MM:SS"``; ``"24:00"`` (or 1440) is the end of the day.
    Work through the night is written as two windows that meet at 24:00. ``overrides`` replace the week's
    windows on one date (no windows: closed), ``breaks`` close part of one date, ``holidays`` close the whole
    date and win over an override.

    Raises ``CalendarError`` for an unknown zone, a malformed value, reversed or overlapping windows, and a
    calendar on which nothing is ever open. Instants may be in any zone; results are in UTC.
    """

    __slots__ = ("_hash", "_line", "breaks", "holidays", "overrides", "week", "zone")

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date]
    overrides: Mapping[date, tuple[Window, ...]]
    breaks: Mapping[date, tuple[Window, ...]]
    _line: _Timeline
    _hash: int

    def __init__(
        self,
        zone: str | ZoneInfo,
        week: Sequence[Windows],
        holidays: Iterable[date] = (),
        overrides: Mapping[date, Windows] | None = None,
        breaks: Mapping[date, Windows] | None = None,
    ) -> None:
        zone_info = _zone(zone)
        days = _listed("hours", week)
        if len(days) != 7:
            raise CalendarError("hours", "form", "seven lists of windows are needed, Monday to Sunday")
        full_week = tuple(_windows(f"hours.{name}", day) for name, day in zip(WEEKDAYS, days, strict=True))
        closed = frozenset(_day("holidays", day) for day in _listed("holidays", holidays))
        special = _dated("overrides", overrides)
        gaps = _dated("breaks", breaks, may_overlap=True)

        line = _timeline(
            zone_info.key, full_week, closed, tuple(sorted(special.items())), tuple(sorted(gaps.items()))
        )
        if not line.ever_open:
            raise CalendarError("hours", "no_open_time", "the calendar has no open time")
        values = {
            "zone": zone_info,
            "week": full_week,
            "holidays": closed,
            "overrides": MappingProxyType(special),
            "breaks": MappingProxyType(gaps),
            "_line": line,
            "_hash": hash(line.key),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build a calendar from its stored form.

        ``{"tz": IANA name, "hours": {"mon": [["09:00", "17:00"], …], …}, "holidays": ["2026-05-01", …],
        "overrides": {"2026-05-02": [windows]}, "breaks": {"2026-05-04": [windows]}}``. A weekday left out is
        closed; the last three may be absent or null; keys of other names belong to somebody else and are
        ignored. Raises ``CalendarError`` naming the field.
        """
        if not isinstance(data, Mapping):
            raise CalendarError("calendar", "form", "an object with tz and hours is needed")
        for name in ("tz", "hours"):
            if name not in data:
                raise CalendarError(name, "form", "is missing")
        hours = data["hours"]
        if not isinstance(hours, Mapping):
            raise CalendarError("hours", "form", "an object with windows by weekday is needed")
        for name in hours:
            if name not in WEEKDAYS:
                raise CalendarError(f"hours.{name}", "form", f"is no weekday; use {', '.join(WEEKDAYS)}")
        return cls(
            data["tz"],
            [hours.get(name, ()) for name in WEEKDAYS],
            _or_empty(data.get("holidays"), ()),
            _or_empty(data.get("overrides"), {}),
            _or_empty(data.get("breaks"), {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form, ready for JSON; ``from_dict`` of it gives an equal calendar."""
        return {
            "tz": self.zone.key,
            "hours": {name: _texts(day) for name, day in zip(WEEKDAYS, self.week, strict=True) if day},
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "overrides": {day.isoformat(): _texts(windows) for day, windows in self.overrides.items()},
            "breaks": {day.isoformat(): _texts(windows) for day, windows in self.breaks.items()},
        }

    # Working time

    def add(self, start: datetime, seconds: float | timedelta, pauses: Instants = ()) -> datetime:
        """Return the instant after ``seconds`` of open time from ``start``; negative seconds walk back.

        An amount used up exactly at closing gives the closing instant, not the next opening; walking back,
        the opening instant. No seconds give ``start`` itself, open or not. ``pauses`` are (from, to) instants
        in which the clock stands. Rounded to the microsecond. Raises ``CalendarError`` for a naive instant,
        or where the calendar has too little open time left.
        """
        at, left, held = _micros("start", start), _duration(seconds), _pauses(pauses)
        line = self._line
        if left >= 0:
            if left:
                for begins, ends in held:
                    if ends <= at:
                        continue
                    if begins > at:
                        open_before = line.measure(at, begins)
                        if left <= open_before:
                            break
                        left -= open_before
                    at = ends
            return _instant(line.forward(at, left))
        left = -left
        for begins, ends in reversed(held):
            if begins >= at:
                continue
            if ends < at:
                open_after = line.measure(ends, at)
                if left <= open_after:
                    break
                left -= open_after
            at = begins
        return _instant(line.backward(at, left))

    def between(self, start: datetime, end: datetime, pauses: Instants = ()) -> float:
        """Return the open seconds from ``start`` to ``end`` less the ``pauses``; 0 when ``end`` is not later.

        An ``int`` when the seconds are whole, exact to the microsecond otherwise.
        Raises ``CalendarError`` for a naive instant or one outside the years 2 to 9998.
        """
        begin, stop, held = _micros("start", start), _micros("end", end), _pauses(pauses)
        if stop <= begin:
            return 0
        total = self._line.measure(begin, stop)
        for pause_from, pause_to in held:
            clipped_from, clipped_to = max(begin, pause_from), min(stop, pause_to)
            if clipped_from < clipped_to:
                total -= self._line.measure(clipped_from, clipped_to)
        return _seconds(total)

    def is_open(self, t: datetime) -> bool:
        """Tell whether ``t`` lies in a window: its opening instant is in, its closing instant is not."""
        return self._line.is_open(_micros("t", t))

    def next_open(self, t: datetime) -> datetime:
        """Return ``t`` if it is open, else the next opening. Raises ``CalendarError`` if there is none."""
        at = _micros("t", t)
        begins, _ = self._line.span_at_or_after(at)
        return _instant(max(begins, at))

    def prev_open(self, t: datetime) -> datetime:
        """Return ``t`` if open time lies right before it, else the last closing instant before it.

        Seen backwards, an opening instant is the end of its window: from there the answer is the closing
        before. Raises ``CalendarError`` if nothing was open before.
        """
        at = _micros("t", t)
        _, ends = self._line.span_before(at)
        return _instant(min(ends, at))

    # Working days

    def closing_of(self, t: datetime) -> datetime:
        """Return the last closing instant of the working day of ``t``.

        The working day of ``t`` is its local date if some window of it is still to end, else the next date
        with open time; a lunch break does not end the day. "Same working day, never less than N working
        seconds" is ``max(calendar.closing_of(t), calendar.add(t, N))``. Raises ``CalendarError`` if no
        working day follows.
        """
        opens_at = self.next_open(t)
        spans = self._line.day(opens_at.astimezone(self.zone).toordinal())
        return _instant(spans[-1][1])

    def open_seconds_on(self, day: date) -> float:
        """Return the open seconds of one local date (an ``int`` when whole)."""
        spans = self._line.day(_day("day", day).toordinal())
        return _seconds(sum(ends - begins for begins, ends in spans))

    def is_working_day(self, day: date) -> bool:
        """Tell whether the local date has any open time."""
        return bool(self._line.day(_day("day", day).toordinal()))

    def working_days(self, start_date: date, end_date: date) -> int:
        """Count the dates with open time ``start_date`` to ``end_date`` *both included*; 0 if reversed."""
        first, last = _day("start_date", start_date), _day("end_date", end_date)
        return self._line.count_days(first, last) if first <= last else 0

    def add_working_days(self, day: date, days: int) -> date:
        """Return the ``days``-th working day after ``day``, before it when negative; 0 gives ``day`` itself.

        Whether ``day`` is a working day plays no part. Raises ``CalendarError`` if there are too few.
        """
        return date.fromordinal(self._line.shift_days(_day("day", day), days))

    def windows_between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open intervals within ``start`` to ``end`` in order, as UTC instants cut to that range.

        Intervals that touch are one: a calendar without closing yields a single interval.
        """
        begin, stop = _micros("start", start), _micros("end", end)
        return ((_instant(a), _instant(b)) for a, b in self._line.spans(begin, stop))

    # A value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WorkCalendar):
            return NotImplemented
        return self._line is other._line or self._line.key == other._line.key

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}.from_dict({self.to_dict()!r})"

    def __reduce__(self) -> tuple[Any, tuple[dict[str, Any]]]:
        return type(self).from_dict, (self.to_dict(),)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a calendar cannot be changed ({name})")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a calendar cannot be changed ({name})")


class _ZoneYear(NamedTuple):
    """One local year of a zone: its midnights, its dates in runs of one offset, and what a sum needs of them.

    A run is (first ordinal, ordinal after the last, offset); a date on which the offset changes is a run of
    its own with no offset, and one of ``shifts``. ``counts`` are the other dates by weekday.
    """

    starts_us: int
    ends_us: int
    runs: tuple[tuple[int, int, int | None], ...]
    counts: tuple[int, ...]
    shifts: frozenset[int]


class _YearSum(NamedTuple):
    open_us: int
    days: int


class _Table(NamedTuple):
    """The open intervals of one local year. ``reached[i]`` is the open time of the year up to ``ends[i]``."""

    year: int
    starts_us: int
    ends_us: int
    begins: array[int]
    ends: array[int]
    reached: array[int]

    def reached_at(self, at: int) -> int:
        """Return the open time of this year before ``at``."""
        i = bisect_right(self.begins, at) - 1
        if i < 0:
            return 0
        return self.reached[i] - max(0, self.ends[i] - at)


class _Timeline:
    """The absolute intervals of one calendar, built year by year when asked for.

    Safe between threads: a year's sum or table is a pure function of the calendar and is stored whole, so the
    worst that can happen is that two threads build the same one.
    """

    def __init__(
        self,
        zone_key: str,
        week: tuple[tuple[Window, ...], ...],
        holidays: frozenset[date],
        overrides: tuple[tuple[date, tuple[Window, ...]], ...],
        breaks: tuple[tuple[date, tuple[Window, ...]], ...],
    ) -> None:
        self.key = (zone_key, week, holidays, overrides, breaks)
        self._zone_key = zone_key
        self._zone = ZoneInfo(zone_key)
        self._week = week
        self._holidays = frozenset(day.toordinal() for day in holidays)
        self._overrides = {day.toordinal(): windows for day, windows in overrides}
        self._breaks = {day.toordinal(): windows for day, windows in breaks}
        self._plain = tuple(
            _joined((w.opens_s * _SECOND, w.closes_s * _SECOND) for w in windows) for windows in week
        )
        self._plain_us = tuple(sum(b - a for a, b in spans) for spans in self._plain)
        # The week's intervals counted from its Monday, and how many of them lie before each weekday.
        self._week_begins = [day * _DAY + a for day, spans in enumerate(self._plain) for a, _ in spans]
        self._week_ends = [day * _DAY + b for day, spans in enumerate(self._plain) for _, b in spans]
        self._week_before = (0, *accumulate(len(spans) for spans in self._plain))
        self._marked: dict[int, set[int]] = {}
        for ordinal in {*self._holidays, *self._overrides, *self._breaks}:
            self._marked.setdefault(date.fromordinal(ordinal).year, set()).add(ordinal)
        self._sums: dict[int, _YearSum] = {}
        self._tables: dict[int, _Table] = {}
        self._days: dict[int, array[int]] = {}
        if any(week):
            self.first_year, self.last_year = MIN_YEAR, MAX_YEAR
            self.ever_open = True
        else:
            # Without weekly hours only the years of the overrides can hold open time; the walk ends there.
            years = [date.fromordinal(o).year for o in self._overrides if self.day(o)]
            self.ever_open = bool(years)
            self.first_year, self.last_year = (min(years), max(years)) if years else (MAX_YEAR, MIN_YEAR)

    # Building

    def day(self, ordinal: int) -> _Spans:
        """Return the absolute open intervals of one local date."""
        if ordinal in self._holidays:
            return ()
        windows = self._overrides.get(ordinal)
        if windows is None:
            windows = self._week[(ordinal - 1) % 7]
        if not windows:
            return ()
        floor, ceiling = self._absolute(ordinal, 0), self._absolute(ordinal, _DAY_SECONDS)
        spans = self._placed(ordinal, windows, floor, ceiling)
        for begins, ends in self._placed(ordinal, self._breaks.get(ordinal, ()), floor, ceiling):
            spans = tuple(
                part
                for a, b in spans
                for part in ((a, min(b, begins)), (max(a, ends), b))
                if part[0] < part[1]
            )
        return spans

    def _placed(self, ordinal: int, windows: Iterable[Window], floor: int, ceiling: int) -> _Spans:
        """Place windows on the absolute line: a change of the clock may empty one, or make two overlap."""
        edges = ((self._absolute(ordinal, w.opens_s), self._absolute(ordinal, w.closes_s)) for w in windows)
        return _joined(sorted((max(a, floor), min(b, ceiling)) for a, b in edges))

    def _absolute(self, ordinal: int, second: int) -> int:
        if second == _DAY_SECONDS:
            ordinal, second = ordinal + 1, 0
        wall = datetime.fromordinal(ordinal) + timedelta(seconds=second)
        return (ordinal - _EPOCH_ORDINAL) * _DAY + second * _SECOND - _offset(self._zone, wall)

    def sum_of(self, year: int) -> _YearSum:
        """Return the open time and the working days of a local year without laying out its days."""
        known = self._sums.get(year)
        if known is not None:
            return known
        zone_year = _zone_year(self._zone_key, year)
        counts: Sequence[int] = zone_year.counts
        apart: Set[int] = zone_year.shifts
        if marked := self._marked.get(year):
            counts = list(counts)
            for ordinal in marked - apart:
                counts[(ordinal - 1) % 7] -= 1
            apart = marked | apart
        open_us = days = 0
        for count, plain_us in zip(counts, self._plain_us, strict=True):
            if plain_us:
                open_us += count * plain_us
                days += count
        for ordinal in apart:
            if spans := self.day(ordinal):
                open_us += sum(b - a for a, b in spans)
                days += 1
        result = self._sums[year] = _YearSum(open_us, days)
        return result

    def table(self, year: int) -> _Table:
        """Return the laid-out intervals of a local year."""
        known = self._tables.get(year)
        if known is not None:
            return known
        zone_year = _zone_year(self._zone_key, year)
        marked = sorted(self._marked.get(year, ()))
        begins: list[int] = []
        ends: list[int] = []
        for first, stop, offset in zone_year.runs:
            if offset is None:
                self._append_day(first, begins, ends)
                continue
            for ordinal in marked[bisect_left(marked, first) : bisect_left(marked, stop)]:
                self._append_plain(first, ordinal, offset, begins, ends)
                self._append_day(ordinal, begins, ends)
                first = ordinal + 1
            self._append_plain(first, stop, offset, begins, ends)
        if any(map(eq, begins[1:], ends)):  # Work through midnight: what touches is one interval.
            joined = _joined(zip(begins, ends, strict=True))
            begins, ends = [a for a, _ in joined], [b for _, b in joined]
        result = _Table(
            year,
            zone_year.starts_us,
            zone_year.ends_us,
            array("q", begins),
            array("q", ends),
            array("q", accumulate(map(sub, ends, begins))),
        )
        if len(self._tables) >= _TABLES_KEPT:
            self._tables.clear()
        self._tables[year] = result
        return result

    def _append_day(self, ordinal: int, begins: list[int], ends: list[int]) -> None:
        """Lay out one date by itself."""
        if spans := self.day(ordinal):
            begins.extend(a for a, _ in spans)
            ends.extend(b for _, b in spans)

    def _append_plain(self, first: int, stop: int, offset: int, begins: list[int], ends: list[int]) -> None:
        """Lay out dates that follow the week at one offset: whole weeks at a time, then cut at both ends."""
        if first >= stop:
            return
        skipped = (first - 1) % 7
        monday_us = (first - skipped - _EPOCH_ORDINAL) * _DAY - offset
        weeks = range(monday_us, (stop - _EPOCH_ORDINAL) * _DAY - offset, _WEEK)
        head = self._week_before[skipped]
        upto = len(weeks) * self._week_before[7]
        if rest := (stop - 1) % 7:
            upto -= self._week_before[7] - self._week_before[rest]
        begins += [week + a for week in weeks for a in self._week_begins][head:upto]
        ends += [week + b for week in weeks for b in self._week_ends][head:upto]

    def days_of(self, year: int) -> array[int]:
        """Return the ordinals of a local year's dates with open time."""
        known = self._days.get(year)
        if known is not None:
            return known
        apart = _zone_year(self._zone_key, year).shifts | self._marked.get(year, set())
        dates = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
        result = array("l", (o for o in dates if (self.day(o) if o in apart else self._plain[(o - 1) % 7])))
        if len(self._days) >= _TABLES_KEPT:
            self._days.clear()
        self._days[year] = result
        return result

    def table_at(self, at: int) -> _Table:
        """Return the table of an instant's local year. Raises ``CalendarError`` outside the known years."""
        year = 1970 + at // _MEAN_YEAR
        known = self._tables.get(year)
        if known is not None and known.starts_us <= at < known.ends_us:
            return known
        year = min(max(year, MIN_YEAR), MAX_YEAR)
        while at < _zone_year(self._zone_key, year).starts_us:
            year -= 1
            if year < MIN_YEAR:
                raise _out_of_range()
        while at >= _zone_year(self._zone_key, year).ends_us:
            year += 1
            if year > MAX_YEAR:
                raise _out_of_range()
        return self.table(year)

    # Asking

    def measure(self, begin: int, stop: int) -> int:
        """Return the open time from ``begin`` to ``stop``, which is not before it."""
        first, last = self.table_at(begin), self.table_at(stop)
        total = last.reached_at(stop) - first.reached_at(begin)
        if first.year != last.year:
            for year in range(max(first.year, self.first_year), min(last.year, self.last_year + 1)):
                total += self.sum_of(year).open_us
        return total

    def forward(self, at: int, amount: int) -> int:
        """Return the first instant by which ``amount`` more has been open."""
        table = self.table_at(at)
        if amount == 0:
            return at
        year, wanted = table.year, table.reached_at(at) + amount
        while wanted > (of_year := self.sum_of(year).open_us):
            wanted -= of_year
            year = self._later(year)
        if year != table.year:
            table = self.table(year)
        i = bisect_left(table.reached, wanted)
        return table.ends[i] - (table.reached[i] - wanted)

    def backward(self, at: int, amount: int) -> int:
        """Return the last instant from which ``amount`` (above 0) has been open until ``at``."""
        table = self.table_at(at)
        year, wanted = table.year, table.reached_at(at) - amount
        while wanted < 0:
            year = self._earlier(year)
            wanted += self.sum_of(year).open_us
        if year != table.year:
            table = self.table(year)
        i = bisect_right(table.reached, wanted)
        return table.ends[i] - (table.reached[i] - wanted)

    def _later(self, year: int) -> int:
        year = max(year + 1, self.first_year)
        if year > self.last_year:
            raise _exhausted("after")
        return year

    def _earlier(self, year: int) -> int:
        year = min(year - 1, self.last_year)
        if year < self.first_year:
            raise _exhausted("before")
        return year

    def is_open(self, at: int) -> bool:
        """Tell whether the instant lies in an interval, its end left out."""
        table = self.table_at(at)
        i = bisect_right(table.begins, at) - 1
        return i >= 0 and at < table.ends[i]

    def span_at_or_after(self, at: int) -> tuple[int, int]:
        """Return the first interval that ends after ``at``."""
        table = self.table_at(at)
        i, year = bisect_right(table.ends, at), table.year
        while i == len(table.ends):
            year = self._later(year)
            if self.sum_of(year).open_us:
                table, i = self.table(year), 0
        return table.begins[i], table.ends[i]

    def span_before(self, at: int) -> tuple[int, int]:
        """Return the last interval that begins before ``at``."""
        table = self.table_at(at)
        i, year = bisect_left(table.begins, at) - 1, table.year
        while i < 0:
            year = self._earlier(year)
            if self.sum_of(year).open_us:
                table = self.table(year)
                i = len(table.begins) - 1
        return table.begins[i], table.ends[i]

    def spans(self, begin: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the intervals within ``begin`` to ``stop``; those meeting at New Year are one."""
        pending: tuple[int, int] | None = None
        years = range(0)
        if begin < stop:
            first, last = self.table_at(begin).year, self.table_at(stop).year
            years = range(max(first, self.first_year), min(last, self.last_year) + 1)
        for year in years:
            if not self.sum_of(year).open_us:
                continue
            table = self.table(year)
            for i in range(bisect_right(table.ends, begin), bisect_left(table.begins, stop)):
                a, b = max(table.begins[i], begin), min(table.ends[i], stop)
                if pending is not None and pending[1] == a:
                    pending = (pending[0], b)
                    continue
                if pending is not None:
                    yield pending
                pending = (a, b)
        if pending is not None:
            yield pending

    def count_days(self, first: date, last: date) -> int:
        """Return how many dates from ``first`` to ``last``, both included, have open time."""
        count = bisect_right(self.days_of(last.year), last.toordinal())
        count -= bisect_left(self.days_of(first.year), first.toordinal())
        for year in range(max(first.year, self.first_year), min(last.year, self.last_year + 1)):
            count += self.sum_of(year).days
        return count

    def shift_days(self, day: date, count: int) -> int:
        """Return the ordinal of the ``count``-th date with open time after ``day`` (negative: before it)."""
        ordinal, year = day.toordinal(), day.year
        if count == 0:
            return ordinal
        days = self.days_of(year)
        if count > 0:
            index = bisect_right(days, ordinal) + count - 1
            while index >= (of_year := self.sum_of(year).days):
                index -= of_year
                year = self._later(year)
        else:
            index = bisect_left(days, ordinal) + count
            while index < 0:
                year = self._earlier(year)
                index += self.sum_of(year).days
        return self.days_of(year)[index]


@lru_cache(maxsize=256)
def _timeline(
    zone_key: str,
    week: tuple[tuple[Window, ...], ...],
    holidays: frozenset[date],
    overrides: tuple[tuple[date, tuple[Window, ...]], ...],
    breaks: tuple[tuple[date, tuple[Window, ...]], ...],
) -> _Timeline:
    return _Timeline(zone_key, week, holidays, overrides, breaks)


@lru_cache(maxsize=4096)
def _zone_year(zone_key: str, year: int) -> _ZoneYear:
    """Describe a local year of a zone.

    Offsets are compared step by step, and day by day only in a step whose ends differ.
    """
    zone = ZoneInfo(zone_key)
    first, stop = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    marks = [*range(first, stop, _ZONE_STEP_DAYS), stop]
    runs: list[tuple[int, int, int | None]] = []
    run_begins = first
    for (begin, before), (end, after) in pairwise(
        (o, zone.utcoffset(datetime.fromordinal(o))) for o in marks
    ):
        if before == after:
            continue
        offsets = [_offset(zone, datetime.fromordinal(ordinal)) for ordinal in range(begin, end + 1)]
        for ordinal, (here, tomorrow) in enumerate(pairwise(offsets), begin):
            if here != tomorrow:
                if run_begins < ordinal:
                    runs.append((run_begins, ordinal, here))
                runs.append((ordinal, ordinal + 1, None))
                run_begins = ordinal + 1
    last_offset = _offset(zone, datetime.fromordinal(stop))
    if run_begins < stop:
        runs.append((run_begins, stop, last_offset))
    shifts = frozenset(begin for begin, _, offset in runs if offset is None)
    counts = [52] * 7
    for ordinal in range(first + 364, stop):
        counts[(ordinal - 1) % 7] += 1
    for ordinal in shifts:
        counts[(ordinal - 1) % 7] -= 1
    starts_us = (first - _EPOCH_ORDINAL) * _DAY - _offset(zone, datetime.fromordinal(first))
    ends_us = (stop - _EPOCH_ORDINAL) * _DAY - last_offset
    return _ZoneYear(starts_us, ends_us, tuple(runs), tuple(counts), shifts)


def _offset(zone: ZoneInfo, wall: datetime) -> int:
    """Return the zone's offset at a local wall time (fold=0), in microseconds."""
    offset = zone.utcoffset(wall)
    if offset is None:  # Not so for any ZoneInfo with a wall time; the type allows it.
        raise CalendarError("tz", "zone", f"{zone.key} has no offset at {wall}")
    return (offset.days * _DAY_SECONDS + offset.seconds) * _SECOND


def _joined(spans: Iterable[tuple[int, int]]) -> _Spans:
    """Drop empty intervals and join those that touch or overlap. The input is in order of beginning."""
    result: list[tuple[int, int]] = []
    for begins, ends in spans:
        if begins >= ends:
            continue
        if result and begins <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], ends))
        else:
            result.append((begins, ends))
    return tuple(result)


def _micros(field: str, t: datetime) -> int:
    try:
        passed = t - _EPOCH
    except TypeError:
        if isinstance(t, datetime):
            raise CalendarError(field, "naive", f"{t!r} has no zone") from None
        raise CalendarError(field, "form", f"an instant is needed, not {t!r}") from None
    return (passed.days * _DAY_SECONDS + passed.seconds) * _SECOND + passed.microseconds


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _duration(seconds: object) -> int:
    if isinstance(seconds, timedelta):
        return (seconds.days * _DAY_SECONDS + seconds.seconds) * _SECOND + seconds.microseconds
    if isinstance(seconds, int):
        return seconds * _SECOND
    if not isinstance(seconds, float) or not math.isfinite(seconds):
        raise CalendarError("seconds", "form", f"a number of seconds is needed, not {seconds!r}")
    return round(seconds * _SECOND)


def _seconds(micros: int) -> float:
    whole, rest = divmod(micros, _SECOND)
    return micros / _SECOND if rest else whole


def _pauses(pauses: Instants) -> _Spans:
    spans = []
    for pause in pauses:
        try:
            begins, ends = pause
        except (TypeError, ValueError):
            raise CalendarError("pauses", "form", f"a pair of instants is needed, not {pause!r}") from None
        span = (_micros("pauses", begins), _micros("pauses", ends))
        if span[1] < span[0]:
            raise CalendarError("pauses", "reversed", f"{begins} to {ends} ends before it begins")
        spans.append(span)
    return _joined(sorted(spans)) if spans else ()


def _zone(zone: object) -> ZoneInfo:
    if isinstance(zone, ZoneInfo):
        if zone.key:
            return _zone(zone.key)
        raise CalendarError("tz", "zone", "a zone with an IANA name is needed")
    if not isinstance(zone, str) or not zone:
        raise CalendarError("tz", "zone", f"the IANA name of a zone is needed, not {zone!r}")
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones, such as "Europe".
        raise CalendarError("tz", "zone", f"{zone!r} is no known zone") from None


def _or_empty(value: Any, empty: Any) -> Any:
    return empty if value is None else value


def _listed(field: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise CalendarError(field, "form", f"a list is needed, not {values!r}")
    return list(values)


def _day(field: str, value: object) -> date:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise CalendarError(field, "form", f"{value} is no date") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise CalendarError(field, "form", f"a date is needed (YYYY-MM-DD), not {value!r}")
    if not MIN_YEAR <= value.year <= MAX_YEAR:
        raise CalendarError(field, "range", f"{value} is outside the years {MIN_YEAR} to {MAX_YEAR}")
    return value


def _dated(
    field: str, by_day: Mapping[Any, Windows] | None, *, may_overlap: bool = False
) -> dict[date, tuple[Window, ...]]:
    if by_day is None:
        return {}
    if not isinstance(by_day, Mapping):
        raise CalendarError(field, "form", "an object with windows by date is needed")
    pairs = sorted(((_day(field, day), windows) for day, windows in by_day.items()), key=lambda pair: pair[0])
    result: dict[date, tuple[Window, ...]] = {}
    for day, windows in pairs:
        if day in result:
            raise CalendarError(f"{field}.{day}", "form", "the date stands here twice")
        result[day] = _windows(f"{field}.{day}", windows, may_overlap=may_overlap)
    return result


def _windows(field: str, windows: Windows, *, may_overlap: bool = False) -> tuple[Window, ...]:
    """Read and order the windows of one day. Raises ``CalendarError`` naming the field and the window."""
    result = sorted(_window(field, pair) for pair in _listed(field, windows))
    if not may_overlap:
        for earlier, later in pairwise(result):
            if later.opens_s < earlier.closes_s:
                raise CalendarError(field, "overlap", f"{earlier} and {later} overlap")
    return tuple(result)


def _window(field: str, pair: object) -> Window:
    if isinstance(pair, Window):
        window = pair
        if not all(0 <= second <= _DAY_SECONDS for second in window):
            raise CalendarError(field, "form", f"{tuple(pair)} is not within one day")
    else:
        if not isinstance(pair, Sequence) or isinstance(pair, str | bytes) or len(pair) != 2:
            raise CalendarError(field, "form", f"a window is an opening and a closing time, not {pair!r}")
        window = Window(_edge(field, pair[0]), _edge(field, pair[1]))
    if window.closes_s <= window.opens_s:
        hint = "; write the end of the day as 24:00" if window.closes_s == 0 else ""
        raise CalendarError(field, "reversed", f"{window} does not close after it opens{hint}")
    return window


def _edge(field: str, value: object) -> int:
    """Return the seconds after midnight of an edge given in minutes, as a time or as text."""
    if isinstance(value, time) and value.tzinfo is None and value.microsecond == 0:
        return value.hour * 3600 + value.minute * 60 + value.second
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1440:
        return value * 60
    if isinstance(value, str) and (match := _CLOCK.fullmatch(value)):
        hour, minute, second = (int(part or 0) for part in match.groups())
        seconds = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and seconds <= _DAY_SECONDS:
            return seconds
    raise CalendarError(field, "form", f"{value!r} is no time of day between 00:00 and 24:00")


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{second:02}" if second else text


def _texts(windows: Iterable[Window]) -> list[list[str]]:
    return [[_clock(w.opens_s), _clock(w.closes_s)] for w in windows]


def _out_of_range() -> CalendarError:
    return CalendarError("instant", "range", f"lies outside the years {MIN_YEAR} to {MAX_YEAR}")


def _exhausted(side: str) -> CalendarError:
    return CalendarError("calendar", "range", f"has too little open time {side} that instant")
