"""The quality gate: the first leads of a campaign decide whether more are wanted. No framework."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from leads.domain.gate_places import is_certain

GOOD = frozenset({"qualified", "promising"})
OPEN = "none"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Verdict(StrEnum):
    """PASSED as soon as enough leads are good, FAILED as soon as that can no longer happen, OPEN in
    between.
    """

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as it stands: `size` leads, of which `needed` must be good (promising or qualified)."""

    size: int
    needed: int
    arrived: int
    good: int
    bad: int
    verdict: Verdict
    probability: float

    @property
    def marked(self) -> int:
        return self.good + self.bad

    @property
    def unmarked(self) -> int:
        """Arrived and waiting for sales' mark."""
        return self.arrived - self.marked

    @property
    def missing(self) -> int:
        """Good leads still needed."""
        return max(self.needed - self.good, 0)

    @property
    def is_half_marked(self) -> bool:
        """Whether half of the gate is marked: before that nothing is said about work and benefit."""
        return self.marked * 2 >= self.size


def judge(marks: Iterable[str], *, size: int, needed: int, is_closed: bool = False) -> Gate:
    """The gate after these marks of its leads (`none` for those not marked yet), as early as it is certain.

    `is_closed`: no further lead will come, so the leads that have not arrived can't pass it any more.
    `probability` is that the campaign's true rate reaches needed ÷ size, given a uniform prior. Raises
    ValueError for a gate of no leads, or one that needs more than it holds.
    """
    if size < 1 or not 0 < needed <= size:
        raise ValueError("a gate needs 1 to size good leads")
    listed = list(marks)[:size]
    good = sum(mark in GOOD for mark in listed)
    bad = sum(mark not in GOOD and mark != OPEN for mark in listed)
    held = len(listed) if is_closed else size
    verdict = Verdict.OPEN
    if is_certain(good=good, bad=bad, size=held, needed=needed):
        verdict = Verdict.PASSED if good >= needed else Verdict.FAILED
    return Gate(size, needed, len(listed), good, bad, verdict, chance_of_rate(good, bad, needed / size))


def certain_at(marks: Iterable[tuple[str, datetime | None]], *, size: int, needed: int) -> datetime | None:
    """The instant at which the verdict over these leads became certain: each with its mark and when it was given.

    Passed with the last of the needed good marks, failed with the mark that put the needed number out of reach. None
    while it is open, where only the campaign's end made it certain, and where nobody knows when the mark was given.
    A mark without an instant counts as the earliest. Raises ValueError as `judge`.
    """
    listed = list(marks)[:size]
    verdict = judge((mark for mark, _at in listed), size=size, needed=needed).verdict
    if verdict is Verdict.OPEN:
        return None
    is_passed = verdict is Verdict.PASSED
    times = sorted((at or _LONG_AGO) for mark, at in listed if mark != OPEN and (mark in GOOD) is is_passed)
    found = times[needed - 1 if is_passed else size - needed]
    return None if found == _LONG_AGO else found


def chance_of_rate(good: int, bad: int, rate: float) -> float:
    """How likely the true share of good ones is at least `rate`, after `good` and `bad` cases: Beta(1+good,
    1+bad).
    """
    return 1.0 - regularised_beta(rate, good + 1, bad + 1)


def regularised_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), the share of a Beta(a, b) distribution below `x`. Raises ValueError for a, b ≤ 0 or x
    outside 0…1.
    """
    if a <= 0 or b <= 0 or not 0 <= x <= 1:
        raise ValueError("a and b must be positive, x between 0 and 1")
    if x in (0, 1):
        return float(x)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(logarithm)
    # The continued fraction converges fast below the mean; above it the mirrored one does.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny, limit = 1e-300, 1e-15
    c, d = 1.0, 1.0 / _not_zero(1 - (a + b) * x / (a + 1), tiny)
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _not_zero(1 + term * d, tiny)
            c = _not_zero(1 + term / c, tiny)
            result *= c * d
        if abs(c * d - 1) < limit:
            break
    return result


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
