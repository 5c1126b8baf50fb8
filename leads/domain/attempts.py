"""When to try again a lead that did not answer, by the agreed waits (domain.md, Agreement: limits).

A wait is "N h" or "N d". Hours are working time. A day is a working day, not eight hours of work: the next
try comes at the same local time on the N-th working day after, or at the nearest open time of that day.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from leadsync.core.businesstime import WorkCalendar

DEFAULT_WAITS = ("1h", "1d", "2d", "3d", "5d")
_WAIT = re.compile(r"(\d{1,3})\s*([hd])", re.ASCII | re.IGNORECASE)


def read_wait(text: str) -> tuple[int, str]:
    """("2", "d") of "2d". Raises `ValueError` for anything else, and for no time at all."""
    found = _WAIT.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        raise ValueError(text)
    return int(found[1]), found[2].lower()


def next_try(calendar: WorkCalendar, at: datetime, attempts: int, waits: Sequence[str]) -> datetime:
    """When to try again after the `attempts`-th attempt without an answer; the last wait goes on for ever."""
    known = waits or DEFAULT_WAITS
    count, unit = read_wait(known[min(max(attempts, 1), len(known)) - 1])
    if unit == "h":
        return calendar.add(at, count * 3600)
    local = at.astimezone(calendar.zone)
    day = calendar.add_working_days(local.date(), count)
    tried = datetime.combine(day, local.time().replace(second=0, microsecond=0), calendar.zone)
    opens_at = calendar.next_open(tried)
    # Tried after closing time: the end of that day, not the morning of the next.
    if opens_at.astimezone(calendar.zone).date() != day:
        return calendar.prev_open(tried) - timedelta(minutes=30)
    return opens_at
