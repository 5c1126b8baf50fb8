"""Where the month will close: what is won, what the open leads usually bring from here, and pace. No framework.

A lead's chance to be won by the end of the month is taken from leads that stood in the same stage for as long: how many
of them were won within as much working time. The year is cut into stretches of that length, back to back until now; one
of a month ago weighs half as much as one that ends now. Leads still to come are counted in by what came and was won
within a stretch.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from statistics import median

ENOUGH = 30  # wins within a year; below, only the pace is told
YEAR = 365
HALF_AFTER = 30.0  # days after which a stretch weighs half
LEANING = 20.0  # a kind of lead leans on its whole stage as much as on so many leads of its own
RECENT = 30  # days of arrivals that tell how many leads come
MOST_STRETCHES = 12
LEAST_DAYS = 5  # a stretch is at least so many usual working days long, that it holds something
AGES = (1, 2, 4, 7, 11, 16, 23, 32, 46, 64, 91, 128, 182, 256, 365)  # days in the stage: up to …
PACE_COUNTS = 0.5  # of the estimate, once a third of the month is over; before, less in proportion


class Reached(IntEnum):
    """How far an open lead has come."""

    NEW = 0
    HANDED_OFF = 1
    CONTACTED = 2
    QUALIFIED = 3


@dataclass(frozen=True, slots=True)
class Lives:
    """`count` leads with the same past: the days on which they came, got on, and ended (won, lost or closed)."""

    received: date
    handed_off: date | None = None
    contacted: date | None = None
    qualified: date | None = None
    ended: date | None = None
    is_won: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened on one day."""

    arrived: int = 0
    won: int = 0
    revenue: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a month closes at. `more`: deals that open leads and leads to come bring; None where only pace is known."""

    deals: float
    revenue: float
    more: float | None = None
    average: float = 0.0  # what a deal brings


@dataclass(frozen=True, slots=True)
class _Spell:
    stage: Reached
    since: int
    until: int
    won: int
    count: int


_NEVER = 10**9


class History:
    """What is known of the past: leads by their days, figures by day, and how much of each day is working time."""

    def __init__(
        self, lives: Iterable[Lives], days: Mapping[date, Figures], worked: Callable[[date], float]
    ) -> None:
        self._spells: list[_Spell] = []
        self._wins: list[tuple[int, int, int]] = []  # received, won, how many
        for one in lives:
            self._take(one)
        self._days = {day.toordinal(): figures for day, figures in days.items()}
        self._worked = worked
        self._known: dict[int, float] = {}
        self._first_win = min((day for day, figures in self._days.items() if figures.won), default=_NEVER)

    def _take(self, one: Lives) -> None:
        ended = one.ended.toordinal() if one.ended else _NEVER
        won = ended if one.is_won else _NEVER
        if one.is_won and one.ended:
            self._wins.append((one.received.toordinal(), won, one.count))
        over = ended
        for stage, day in (
            (Reached.QUALIFIED, one.qualified),
            (Reached.CONTACTED, one.contacted),
            (Reached.HANDED_OFF, one.handed_off),
            (Reached.NEW, one.received),
        ):
            if day is None:
                continue
            since = day.toordinal()
            if since < over:
                self._spells.append(_Spell(stage, since, over, won, one.count))
                over = since

    def worked(self, first: int, stop: int) -> float:
        """Working time of these days, the last one excluded."""
        total = 0.0
        for day in range(first, stop):
            if day not in self._known:
                self._known[day] = self._worked(date.fromordinal(day))
            total += self._known[day]
        return total

    def sum(self, first: int, stop: int) -> Figures:
        """What happened on these days, the last one excluded."""
        found = [self._days[day] for day in range(first, stop) if day in self._days]
        return Figures(
            sum(one.arrived for one in found),
            sum(one.won for one in found),
            sum(one.revenue for one in found),
        )

    def more(self, at: int, left: float) -> float | None:
        """Deals to come within `left` working time after the end of the day before `at`; None without a past."""
        stretches = self._stretches(at, left)
        if not stretches:
            return None
        chances = _Chances(left)
        for first, stop, worked in stretches:
            weight = 0.5 ** ((at - stop) / HALF_AFTER)
            open_leads, won = self._standing(first, stop)
            come = sum(n for received, day, n in self._wins if received >= first and first <= day < stop)
            chances.learn(weight, worked, open_leads, won, come, self.sum(first - RECENT, first).arrived)
        return chances.of(self._standing(at, at)[0], self.sum(at - RECENT, at).arrived)

    def _stretches(self, at: int, left: float) -> list[tuple[int, int, float]]:
        """Stretches of at least so much working time, back to back before `at`: first day, day after, their time."""
        usual = self.worked(at - 28, at) / 20
        wanted = max(left, LEAST_DAYS * usual)
        found: list[tuple[int, int, float]] = []
        stop, oldest = at, max(at - YEAR, self._first_win)
        while wanted > 0 and len(found) < MOST_STRETCHES:
            first, worked = stop, 0.0
            while worked < wanted * 0.999 and first > oldest:
                first -= 1
                worked += self.worked(first, first + 1)
            if worked < wanted * 0.999:
                break
            found.append((first, stop, worked))
            stop = first
        return found

    def _standing(
        self, at: int, stop: int
    ) -> tuple[dict[tuple[Reached, int], int], dict[tuple[Reached, int], int]]:
        """Leads open at the beginning of the day by stage and age, and those of them that were won before `stop`."""
        open_leads: dict[tuple[Reached, int], int] = defaultdict(int)
        won: dict[tuple[Reached, int], int] = defaultdict(int)
        for spell in self._spells:
            if spell.since < at <= spell.until:
                kind = (spell.stage, bisect_left(AGES, at - spell.since))
                open_leads[kind] += spell.count
                if spell.won < stop:
                    won[kind] += spell.count
        return open_leads, won


class _Chances:
    """What stretches of the past teach about the chance of a lead to be won within some working time."""

    def __init__(self, left: float) -> None:
        self._left = left
        self._open: dict[tuple[Reached, int], float] = defaultdict(float)
        self._won: dict[tuple[Reached, int], float] = defaultdict(float)
        self._time = self._weight = self._come = self._arrived = 0.0

    def learn(
        self,
        weight: float,
        worked: float,
        open_leads: Mapping[tuple[Reached, int], int],
        won: Mapping[tuple[Reached, int], int],
        come: int,
        arrived: int,
    ) -> None:
        for kind, count in open_leads.items():
            self._open[kind] += weight * count
        for kind, count in won.items():
            self._won[kind] += weight * count
        self._come += weight * come
        self._arrived += weight * arrived
        self._time += weight * worked
        self._weight += weight

    def of(self, open_leads: Mapping[tuple[Reached, int], int], arrived: int) -> float:
        """Deals that these open leads bring, and those who come after them at the rate of the last days."""
        in_stage: dict[Reached, list[float]] = {stage: [0.0, 0.0] for stage in Reached}
        for kind, count in self._open.items():
            in_stage[kind[0]][0] += count
            in_stage[kind[0]][1] += self._won[kind]
        # A stretch may be longer than what is left.
        share = self._left * self._weight / self._time if self._time else 0.0
        total = 0.0
        for kind, number in open_leads.items():
            stood, won = in_stage[kind[0]]
            usual = won / stood if stood else 0.0
            chance = (self._won.get(kind, 0.0) + LEANING * usual) / (self._open.get(kind, 0.0) + LEANING)
            total += number * (1 - (1 - min(chance, 1.0)) ** share)
        if self._arrived:
            # Who comes has less time: half as much of the month brings a quarter.
            total += self._come / self._arrived * arrived * min(share, 1.0) ** 2
        return total


def outlook(history: History, *, at: date, left: float) -> tuple[float, float] | None:
    """Deals still to come within `left` working time, and what a deal brings; None below `ENOUGH` wins within a year.

    `at` is the day after the last one that something is known of.
    """
    today = at.toordinal()
    year = history.sum(today - YEAR, today)
    more = history.more(today, left) if year.won >= ENOUGH else None
    return None if more is None else (more, year.revenue / year.won)


def blended(so_far: float, expected: float, elapsed: float) -> float:
    """Between what is expected of the leads, and what the pace leads to after `elapsed` of the working time."""
    if elapsed <= 0:
        return expected
    weight = PACE_COUNTS * min(elapsed * 3, 1.0)
    return expected * (1 - weight) + so_far / elapsed * weight


def estimate(history: History, *, at: date, left: float, elapsed: float, so_far: Figures) -> Estimate:
    """Where a month closes; `so_far` is what was won in it by now, `elapsed` the share of its working time that is over.

    The rest is as `outlook` has it.
    """
    found = outlook(history, at=at, left=left)
    if found is None:
        pace = _pace(so_far, elapsed)
        return Estimate(pace.won_at_end, pace.revenue_at_end)
    more, average = found
    return Estimate(
        deals=blended(so_far.won, so_far.won + more, elapsed),
        revenue=blended(so_far.revenue, so_far.revenue + more * average, elapsed),
        more=more,
        average=average,
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    won_at_end: float
    revenue_at_end: float


def _pace(so_far: Figures, elapsed: float) -> _Pace:
    if elapsed <= 0:
        return _Pace(float(so_far.won), so_far.revenue)
    return _Pace(so_far.won / elapsed, so_far.revenue / elapsed)


@dataclass(frozen=True, slots=True)
class Tried:
    """An estimate of a month that is over, made on a day of it, beside what happened."""

    month: date
    at: date  # the day after the last one that was known
    estimate: Estimate
    pace_deals: float
    pace_revenue: float
    deals: int
    revenue: float

    @property
    def error(self) -> float | None:
        """How far off the estimate of revenue was, as a share of what happened."""
        return abs(self.estimate.revenue - self.revenue) / self.revenue if self.revenue else None


def try_out(history: History, *, month: date, stop: date, day: int) -> Tried:
    """The estimate as it would have been made at the end of that day of the month, from what was known then."""
    first, last = month.toordinal(), stop.toordinal()
    at = min(first + day, last)
    so_far, whole = history.sum(first, at), history.sum(first, last)
    left, all_time = history.worked(at, last), history.worked(first, last)
    elapsed = 1 - left / all_time if all_time else (at - first) / (last - first)
    made = estimate(
        history,
        at=date.fromordinal(at),
        left=left,
        elapsed=elapsed,
        so_far=so_far,
    )
    pace = _pace(so_far, elapsed)
    return Tried(
        month, date.fromordinal(at), made, pace.won_at_end, pace.revenue_at_end, whole.won, whole.revenue
    )


def usual_error(tried: Sequence[Tried]) -> float | None:
    """The median of how far off these estimates were; None where none of them can be judged."""
    errors = [one.error for one in tried if one.error is not None]
    return median(errors) if errors else None
