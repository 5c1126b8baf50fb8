"""Dates and times as people and programs write them. No clock: what is relative to today is not read."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .codes import ProblemCode
from .model import Fault
from .text import ascii_digits, clean

type DateOrder = Literal["dmy", "mdy", "ambiguous"]

FIRST_YEAR = 1900
LAST_YEAR = 2100
# Day 0 of Excel's calendar, right for every day from March 1900 on.
EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - wall time
# Bare numbers of days are read from 1927 to 2100: smaller ones are more likely counts than dates.
EXCEL_DAYS = (10_000, 73_415)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time. A naive one is wall time of the company, whose zone the caller applies."""

    at: dt.datetime
    is_naive: bool
    has_time: bool


_NUMERIC = re.compile(
    r"(\d{1,4})([./\-]\s?)(\d{1,2})([./\-]\s?)(\d{1,4})\s?(?:r\.?|г\.?|roku|года?)?"
    r"(?:(?:,?\s*|T)(\d{1,2}:.*))?",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap])?\.?(?:m\.?)?\s*"
    r"(Z|UTC|GMT|(?:UTC|GMT)?\s?[+-]\d{2}:?\d{2}(?::\d{2})?|[+-]\d{1,2})?(?:\s*\([^)]*\))?",
    re.IGNORECASE,
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:.*))?", re.IGNORECASE)
_COMPACT = re.compile(r"(19\d\d|20\d\d)(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(Z)?")
_NUMBER = re.compile(r"\d{1,13}(?:[.,]\d+)?")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s.\-]*([^\W\d_]{3,})[\s.,\-]*(\d{4}|\d{2})\b(.*)", re.IGNORECASE
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,})[\s.\-]*(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b(.*)", re.IGNORECASE)
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,\s*")
_MONTHS: tuple[tuple[str, ...], ...] = (
    ("jan", "sty", "янв"),
    ("feb", "lut", "фев"),
    ("mar", "мар"),
    ("apr", "kwi", "апр"),
    ("may", "maj", "май", "мая"),
    ("jun", "cze", "июн"),
    ("jul", "lip", "июл"),
    ("aug", "sie", "авг"),
    ("sep", "wrz", "сен"),
    ("oct", "paź", "paz", "окт"),
    ("nov", "lis", "ноя"),
    ("dec", "gru", "дек"),
)


@lru_cache(maxsize=5_000)
def parse_date(cell: str, order: DateOrder = "dmy") -> Moment | Fault | None:
    """Read a date with or without time; ``order`` is the one of the column where numbers do not tell
    (03/04/2026).

    Read are ISO 8601 with offset, numbers with dots, slashes or dashes, months in words (en, pl, ru), Excel's
    serial days, and Unix time in seconds or milliseconds. With the order "ambiguous" a date that could be
    either is a fault.
    """
    text = clean(cell)
    if not text:
        return None
    if len(text) > 60:
        return Fault(ProblemCode.DATE_UNREADABLE)
    text = ascii_digits(_WEEKDAY.sub("", text))
    if iso := _ISO.fullmatch(text):
        return _moment(int(iso[1]), int(iso[2]), int(iso[3]), iso[4])
    if _NUMBER.fullmatch(text):
        return _from_number(text)
    if compact := _COMPACT.fullmatch(text):
        clock = f"{compact[4]}:{compact[5]}:{compact[6] or '00'}{compact[7] or ''}" if compact[4] else None
        return _moment(int(compact[1]), int(compact[2]), int(compact[3]), clock)
    if numeric := _NUMERIC.fullmatch(text):
        return _from_parts(numeric, order)
    return _from_words(text)


def decide_date_order(values: Iterable[str]) -> DateOrder:
    """Say which order the dates of a column have, by those that can be read only one way.

    Ambiguous means that a person has to choose: no date tells, or dates contradict each other. Dots are never
    month first; a column without any such date is ``dmy``, which then decides nothing.
    """
    has_day_first = has_month_first = has_open = False
    for value in values:
        numeric = _NUMERIC.fullmatch(ascii_digits(clean(value[:80])))
        if numeric is None or len(numeric[1]) > 2 or "." in numeric[2]:
            continue
        first, second = int(numeric[1]), int(numeric[3])
        if first > 12 >= second:
            has_day_first = True
        elif second > 12 >= first:
            has_month_first = True
        elif first != second:
            has_open = True
    if has_day_first != has_month_first:
        return "dmy" if has_day_first else "mdy"
    return "ambiguous" if has_open or has_day_first else "dmy"


def _from_parts(numeric: re.Match[str], order: DateOrder) -> Moment | Fault:
    first, second, third = numeric[1], numeric[3], numeric[5]
    if numeric[2].strip() != numeric[4].strip():
        return Fault(ProblemCode.DATE_UNREADABLE)
    if len(first) > 2:
        if len(first) != 4 or len(third) > 2:
            return Fault(ProblemCode.DATE_UNREADABLE)
        return _moment(int(first), int(second), int(third), numeric[6])
    if len(third) not in (2, 4):
        return Fault(ProblemCode.DATE_UNREADABLE)
    year = int(third) if len(third) == 4 else _full_year(int(third))
    one, two = int(first), int(second)
    if "." in numeric[2]:
        order = "dmy"
    if order == "ambiguous":
        if one <= 12 and two <= 12 and one != two:
            return Fault(ProblemCode.DATE_AMBIGUOUS)
        order = "mdy" if two > 12 else "dmy"
    day, month = (one, two) if order == "dmy" else (two, one)
    return _moment(year, month, day, numeric[6])


def _full_year(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def _from_words(text: str) -> Moment | Fault:
    if found := _DAY_MONTH.fullmatch(text):
        day, name, year, rest = found[1], found[2], found[3], found[4]
    elif found := _MONTH_DAY.fullmatch(text):
        name, day, year, rest = found[1], found[2], found[3], found[4]
    else:
        return Fault(ProblemCode.DATE_UNREADABLE)
    lowered = name.casefold()
    month = next((n for n, starts in enumerate(_MONTHS, start=1) if lowered.startswith(starts)), 0)
    if not month:
        return Fault(ProblemCode.DATE_UNREADABLE)
    clock = re.sub(
        r"^(?:r\.?|г\.?|roku|года?)?[\s,T]*(?:at|o|godz\.?|в)?\s*", "", rest.strip(), flags=re.IGNORECASE
    )
    full = int(year) if len(year) == 4 else _full_year(int(year))
    return _moment(full, month, int(day), clock or None)


def _from_number(text: str) -> Moment | Fault:
    whole, _, fraction = text.replace(",", ".").partition(".")
    if len(whole) == 8 and not fraction and (compact := _COMPACT.fullmatch(whole)):
        return _moment(int(compact[1]), int(compact[2]), int(compact[3]), None)
    number = float(text.replace(",", "."))
    if EXCEL_DAYS[0] <= number <= EXCEL_DAYS[1]:
        seconds = round((number - int(number)) * 86_400)
        at = EXCEL_EPOCH + dt.timedelta(days=int(number), seconds=seconds)
        return _in_range(at, has_time=bool(fraction.strip("0")))
    if len(whole) in (9, 10):
        return _in_range(dt.datetime.fromtimestamp(number, dt.UTC), has_time=True)
    if len(whole) in (12, 13) and not fraction:
        at = dt.datetime.fromtimestamp(int(whole) // 1000, dt.UTC)
        return _in_range(at.replace(microsecond=int(whole) % 1000 * 1000), has_time=True)
    return Fault(ProblemCode.DATE_UNREADABLE)


def _moment(year: int, month: int, day: int, clock: str | None) -> Moment | Fault:
    if not FIRST_YEAR <= year <= LAST_YEAR and year != 0:
        return Fault(ProblemCode.DATE_RANGE, {"first": FIRST_YEAR, "last": LAST_YEAR})
    try:
        at = dt.datetime(year, month, day)  # noqa: DTZ001 - wall time until an offset says more
    except ValueError:
        return Fault(ProblemCode.DATE_IMPOSSIBLE)
    if clock is None:
        return _in_range(at, has_time=False)
    time = _TIME.fullmatch(clock.strip())
    if time is None:
        return Fault(ProblemCode.DATE_UNREADABLE)
    hour = int(time[1])
    if time[5]:
        if not 1 <= hour <= 12:
            return Fault(ProblemCode.DATE_IMPOSSIBLE)
        hour = hour % 12 + (12 if time[5].lower() == "p" else 0)
    try:
        at = at.replace(
            hour=hour,
            minute=int(time[2]),
            second=int(time[3] or 0),
            microsecond=int((time[4] or "0")[:6].ljust(6, "0")),
            tzinfo=_offset(time[6]),
        )
    except ValueError:
        return Fault(ProblemCode.DATE_IMPOSSIBLE)
    return _in_range(at, has_time=True)


def _offset(text: str | None) -> dt.tzinfo | None:
    """Read an offset from UTC; raises ``ValueError`` for one beyond a day."""
    if not text:
        return None
    bare = re.sub(r"UTC|GMT|[Zz:\s]", "", text, flags=re.IGNORECASE)
    if not bare:
        return dt.UTC
    sign = -1 if bare[0] == "-" else 1
    digits = bare[1:].zfill(2).ljust(4, "0")
    return dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])))


def _in_range(at: dt.datetime, *, has_time: bool) -> Moment | Fault:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return Fault(ProblemCode.DATE_RANGE, {"first": FIRST_YEAR, "last": LAST_YEAR})
    if at.tzinfo is not None:
        # Converting must not leave the calendar, whatever zone the caller shows it in.
        at = at.astimezone(dt.UTC)
    return Moment(at, at.tzinfo is None, has_time)
