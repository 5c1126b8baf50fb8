"""Opening hours as people type them: minutes of local time, and what is wrong with a week."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAY_MINUTES: Final = 1440

_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?", re.ASCII)

type Windows = Sequence[tuple[int, int]]


class Code(StrEnum):
    """Why a week of hours cannot be used."""

    REVERSED = "reversed"
    OVERLAP = "overlap"
    NEVER_OPEN = "never_open"


@dataclass(frozen=True)
class Fault:
    """What is wrong, where: the weekday (0 is Monday) and the place of the window in the day as given."""

    code: Code
    weekday: int = 0
    place: int = 0


def parse_clock(text: str) -> int:
    """Minutes after midnight of `9`, `9:00`, `09.00`, `0900` or `24:00`. Raises `ValueError` otherwise."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError(f"no time of day: {text!r}")
    minutes = int(match[1]) * 60 + int(match[2] or 0)
    if int(match[2] or 0) > 59 or minutes > DAY_MINUTES:
        raise ValueError(f"no time of day: {text!r}")
    return minutes


def clock(minutes: int) -> str:
    """`540` → `9:00`, `1440` → `24:00`."""
    return f"{minutes // 60}:{minutes % 60:02}"


def faults_of_day(windows: Windows, weekday: int = 0) -> list[Fault]:
    """Reversed and overlapping windows of one day. Windows that only meet do not overlap."""
    found = [
        Fault(Code.REVERSED, weekday, place)
        for place, (opens, closes) in enumerate(windows)
        if closes <= opens
    ]
    if found:
        return found
    open_until = -1
    for place, (opens, closes) in sorted(enumerate(windows), key=lambda item: item[1]):
        if opens < open_until:
            found.append(Fault(Code.OVERLAP, weekday, place))
        open_until = max(open_until, closes)
    return found


def faults_of_week(week: Sequence[Windows]) -> list[Fault]:
    """All faults of seven days, Monday first; a week without any window is never open."""
    if not any(week):
        return [Fault(Code.NEVER_OPEN)]
    return [fault for weekday, windows in enumerate(week) for fault in faults_of_day(windows, weekday)]
