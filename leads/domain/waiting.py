"""What waiting costs: how likely a lead is to qualify after so many working hours without a first contact.

Measured from own first contacts, else assumed. Longer waiting never makes a lead better: where few cases say so, they
are taken together with their neighbours (pool adjacent violators).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# Working hours between handoff and first contact at which one group of cases ends and the next begins.
EDGES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 40.0)
ENOUGH: Final = 200  # judged first contacts from which a company's own curve is taken
ENOUGH_EACH: Final = 20  # cases without which a group is no point of its own
MORE: Final = 2.0  # working hours more, by which leads are compared
HALF_AFTER: Final = 8.0  # working hours after which half of the chance is left, where too little is known


@dataclass(frozen=True, slots=True)
class Cases:
    """First contacts made after a similar wait: how many, how many of these leads qualified, the hours together."""

    count: int
    qualified: int
    hours: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of (working hours, chance to qualify), the chance never growing. No point: the assumed curve."""

    points: tuple[tuple[float, float], ...] = ()
    cases: int = 0  # first contacts it was measured from; 0 where it is assumed

    @property
    def is_own(self) -> bool:
        return bool(self.points)

    def chance(self, hours: float) -> float:
        """The chance after such a wait; of the assumed curve relative to a contact at once."""
        hours = max(hours, 0.0)
        if not self.points:
            return 1.0 / (1.0 + hours / HALF_AFTER)
        if hours <= self.points[0][0]:
            return self.points[0][1]
        for (left, high), (right, low) in pairwise(self.points):
            if hours <= right:
                return high + (low - high) * (hours - left) / (right - left)
        return self.points[-1][1]

    def lost(self, hours: float, more: float = MORE) -> float:
        """The chance that goes while a lead that has waited so long waits so many hours more."""
        return max(self.chance(hours) - self.chance(hours + more), 0.0)

    def less_likely(self, hours: float, more: float = MORE) -> float:
        """The same as a share of the chance that is left, 0 to 1."""
        chance = self.chance(hours)
        return self.lost(hours, more) / chance if chance > 0 else 0.0


ASSUMED: Final = Curve()


def fit(groups: Iterable[Cases]) -> Curve:
    """The curve of these groups, the shortest wait first. The assumed one where they are too few or say nothing."""
    found = [one for one in groups if one.count > 0]
    cases = sum(one.count for one in found)
    if cases < ENOUGH:
        return ASSUMED
    pooled: list[Cases] = []
    for one in found:
        pooled.append(one)
        while len(pooled) > 1 and _belong_together(*pooled[-2:]):
            right, left = pooled.pop(), pooled.pop()
            pooled.append(_together(left, right))
    points = tuple((one.hours / one.count, one.qualified / one.count) for one in pooled)
    # One point is a flat line: all waited alike, so there is nothing to compare by.
    if len(points) < 2 or points[0][1] <= 0:
        return ASSUMED
    return Curve(points, cases)


def _belong_together(left: Cases, right: Cases) -> bool:
    is_thin = left.count < ENOUGH_EACH or right.count < ENOUGH_EACH
    return is_thin or left.qualified * right.count <= right.qualified * left.count


def _together(left: Cases, right: Cases) -> Cases:
    return Cases(left.count + right.count, left.qualified + right.qualified, left.hours + right.hours)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a campaign's lead is worth beside the average one, from the share of its leads that qualified.

    A campaign with few cases is nearly an average one: `PRIOR` average cases are added to its own.
    """

    count: int
    qualified: int

    def factor(self, average: float) -> float:
        if average <= 0:
            return 1.0
        return (self.qualified + PRIOR * average) / (self.count + PRIOR) / average


PRIOR: Final = 20


@dataclass(frozen=True, slots=True)
class Loss:
    """What is lost while one lead waits `MORE` hours more: share of its chance, and money where that is known."""

    less_likely: float
    weight: float  # what rows are ordered by, the most first
    amount: float | None = None


def loss_of(curve: Curve, hours: float, *, factor: float, value: float | None) -> Loss:
    """The loss of a lead that has waited so long, of a campaign of that worth; `value` is that of a qualified lead."""
    lost = curve.lost(hours) * factor
    amount = lost * value if value is not None and curve.is_own else None
    return Loss(curve.less_likely(hours), lost * (value or 1.0), amount)
