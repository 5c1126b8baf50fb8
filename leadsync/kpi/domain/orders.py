"""Orders of leads: how many a rep can call, what is missing of what was promised, week by week. No framework."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from math import erfc, exp, sqrt

from leadsync.kpi.domain.days import Period

KEPT = Decimal("0.5")  # of a rep's working time: for follow-ups, meetings, offers
UNLIKELY = 0.05  # so few leads at the promised pace, below which it is no chance any more
MOST = 10_000  # leads that can be ordered for one rep and month
_MANY = 500  # from which a Poisson number is as good as a normal one


def can_call(*, work_seconds: float, working_days: int, seconds_each: float, a_day: int) -> Decimal:
    """First contacts that fit into so much working time, at most so many a working day. 0 where nobody works.

    Not rounded: weeks add up to their month.
    """
    if work_seconds <= 0 or working_days <= 0 or seconds_each <= 0:
        return Decimal(0)
    by_time = Decimal(round(work_seconds)) * (1 - KEPT) / Decimal(repr(seconds_each))
    return min(by_time, Decimal(a_day * working_days))


def whole(count: Decimal) -> int:
    """Leads that can be called in full."""
    return int(count.to_integral_value(ROUND_FLOOR))


def so_few(count: int, expected: float) -> float:
    """The chance of `count` leads or fewer where so many are expected, as leads come one by one (Poisson)."""
    if expected <= 0:
        return 1.0
    if expected > _MANY:
        return 0.5 * erfc((expected - count - 0.5) / sqrt(2 * expected))
    term = total = exp(-expected)
    for number in range(1, count + 1):
        term *= expected / number
        total += term
    return min(total, 1.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Leads promised to a rep for a month and handed off so far.

    `elapsed` is the share of the rep's working time of the month that went by; None where the month has none: then
    nothing is due and nothing is short.
    """

    promised: int | None
    delivered: int
    elapsed: Decimal | None

    @property
    def due(self) -> Decimal | None:
        """What should be there by now."""
        return None if self.promised is None or self.elapsed is None else self.promised * self.elapsed

    @property
    def missing(self) -> int:
        """Whole leads that are missing by now."""
        return 0 if self.due is None else max(whole(self.due - self.delivered), 0)

    @property
    def is_short(self) -> bool:
        """Behind the promised pace by more than one lead and by more than chance explains; at the end, by any."""
        if self.due is None:
            return False
        if self.elapsed is not None and self.elapsed >= 1:
            return self.delivered < self.due
        return self.due - self.delivered > 1 and so_few(self.delivered, float(self.due)) < UNLIKELY


def weeks_of(period: Period) -> Iterator[tuple[date, date]]:
    """The weeks of a period from Monday to Sunday, first and last day; the outer ones as far as they are in it."""
    first = period.first
    while first < period.stop:
        last = min(first + timedelta(days=6 - first.weekday()), period.last)
        yield first, last
        first = last + timedelta(days=1)
