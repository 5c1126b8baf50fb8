"""When two people are free: times to propose for a call to be heard. No framework."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

type Span = tuple[datetime, datetime]

STEP_MINUTES = 30
# One time a day is proposed, near these times of day in turn: not three early mornings.
PREFERRED = (time(10), time(14), time(11, 30))


def common(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """The times that lie in both, each in order and without overlaps."""
    found: list[Span] = []
    one, other = list(first), list(second)
    here = there = 0
    while here < len(one) and there < len(other):
        begins, ends = max(one[here][0], other[there][0]), min(one[here][1], other[there][1])
        if begins < ends:
            found.append((begins, ends))
        if one[here][1] <= other[there][1]:
            here += 1
        else:
            there += 1
    return found


def overlaps(starts_at: datetime, ends_at: datetime, busy: Iterable[Span]) -> bool:
    """Whether any of the busy times lies in this one, the ends apart."""
    return any(begins < ends_at and starts_at < ends for begins, ends in busy)


def free_slots(
    windows: Iterable[Span],
    busy: Sequence[Span],
    *,
    minutes: int,
    now: datetime,
    zone: ZoneInfo,
    count: int = 3,
) -> list[datetime]:
    """Up to `count` starts, one a day, at full or half hours of the zone, that fit into a window and touch nothing busy.

    `windows` is when both work, in order; nothing before `now` is proposed. Each is the one nearest to the time of day
    that is its turn in `PREFERRED`, the earlier one of two that are as near.
    """
    length = timedelta(minutes=minutes)
    by_day: dict[date, list[datetime]] = {}
    found: list[datetime] = []
    for begins, ends in windows:
        start = _rounded_up(max(begins, now), zone)
        while start + length <= ends:
            if not overlaps(start, start + length, busy):
                by_day.setdefault(start.astimezone(zone).date(), []).append(start)
            start += timedelta(minutes=STEP_MINUTES)
    for day in sorted(by_day)[:count]:
        wanted = datetime.combine(day, PREFERRED[len(found) % len(PREFERRED)], zone)
        found.append(min(by_day[day], key=lambda one: (abs(one - wanted), one)))
    return found


def _rounded_up(at: datetime, zone: ZoneInfo) -> datetime:
    """The next full or half hour of the zone's clock, `at` itself where it is one."""
    local = at.astimezone(zone)
    over = timedelta(
        minutes=local.minute % STEP_MINUTES, seconds=local.second, microseconds=local.microsecond
    )
    return at + (timedelta(minutes=STEP_MINUTES) - over) if over else at
