"""How promises of first contact were kept: what became of each, and what a set of them says (domain.md, Handoff).

Every promise is decided once, with whom had it then: contacted in time or late, or missed when it fell due without a
contact, whoever calls afterwards. What was passed on or returned before it fell due is decided elsewhere.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

HALF = Fraction(1, 2)
NINE_TENTHS = Fraction(9, 10)
ENOUGH = 5  # so many promises decide whether an hour is worth a sentence
WORSE_BY = Fraction(1, 10)  # and so much below all of them
LONGEST = 366  # days that are reported at once


def month_before(today: date) -> date:
    """The first day of the month before."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def usual_period(today: date) -> tuple[date, date]:
    """Where nothing is said: the last month, and this one until today."""
    return month_before(today), today


class Verdict(StrEnum):
    """What became of one handoff."""

    IN_TIME = "in_time"
    LATE = "late"  # contacted after it fell due
    MISSED = "missed"  # fell due without a contact: waits still, or was passed on or returned past due
    TAKEN_OVER = "taken_over"  # contacted by whom it came to when it was past already
    JUDGED = "judged"  # obviously false, judged without contact: counted apart
    OPEN = "open"  # runs and is not due yet
    OTHER = "other"  # decided with somebody else, or not at all


DECIDED = (Verdict.IN_TIME, Verdict.LATE, Verdict.MISSED)
CONTACTED = (Verdict.IN_TIME, Verdict.LATE, Verdict.TAKEN_OVER)


@dataclass(slots=True)
class Tally:
    """What became of some handoffs; `took` and `waited` count whole working minutes."""

    verdicts: Counter[str] = field(default_factory=Counter)
    took: Counter[int] = field(
        default_factory=Counter
    )  # handoff → first contact, of those who were contacted
    waited: Counter[int] = field(default_factory=Counter)  # arrival → first handoff

    def add(self, other: "Tally") -> None:
        self.verdicts.update(other.verdicts)
        self.took.update(other.took)
        self.waited.update(other.waited)

    @property
    def decided(self) -> int:
        return sum(self.verdicts[verdict] for verdict in DECIDED)

    @property
    def in_time(self) -> int:
        return self.verdicts[Verdict.IN_TIME]

    @property
    def late(self) -> int:
        """Contacted late, or not at all when it fell due."""
        return self.decided - self.in_time

    @property
    def judged(self) -> int:
        return self.verdicts[Verdict.JUDGED]

    @property
    def open(self) -> int:
        return self.verdicts[Verdict.OPEN]

    @property
    def share(self) -> Fraction | None:
        """In time among the promises that are decided; None where none is."""
        return Fraction(self.in_time, self.decided) if self.decided else None

    @property
    def usual(self) -> int | None:
        """Half of the first contacts took no longer, in working minutes."""
        return quantile(self.took, HALF)

    @property
    def nearly_all(self) -> int | None:
        """Nine in ten first contacts took no longer."""
        return quantile(self.took, NINE_TENTHS)

    @property
    def usual_wait(self) -> int | None:
        """Half of the leads were handed off within this, in working minutes of the company."""
        return quantile(self.waited, HALF)

    @property
    def nearly_all_wait(self) -> int | None:
        """Nine in ten leads were handed off within this."""
        return quantile(self.waited, NINE_TENTHS)

    @property
    def is_empty(self) -> bool:
        return not self.verdicts and not self.waited


def quantile(counts: Mapping[int, int], share: Fraction) -> int | None:
    """The smallest value that at least this share of all does not exceed; None of nothing."""
    rank = ceil(sum(counts.values()) * share)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


class Say(StrEnum):
    """Which sentence stands on top of the report."""

    NOTHING = "nothing"  # no promise began in the period
    RUNNING = "running"  # none is decided yet
    KEPT = "kept"  # all were kept
    WORST_HOUR = "worst_hour"  # leads of one hour are late most often
    SLOW_HANDOFF = "slow_handoff"  # marketing keeps leads longer than sales takes for them
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence that says most, and what it is about."""

    say: Say
    hour: int | None = None
    tally: Tally | None = None


def headline(total: Tally, hours: Sequence[tuple[int, Tally]]) -> Headline:
    """What is worth saying of a period: the first of these that holds."""
    if total.is_empty:
        return Headline(Say.NOTHING)
    share = total.share
    if share is None:
        return Headline(Say.RUNNING)
    if total.late == 0:
        return Headline(Say.KEPT)
    worse = [
        (tally.share or Fraction(0), hour, tally)
        for hour, tally in hours
        if tally.decided >= ENOUGH and (tally.share or Fraction(0)) <= share - WORSE_BY
    ]
    if worse:
        _share, hour, tally = min(worse, key=lambda one: one[:2])
        return Headline(Say.WORST_HOUR, hour, tally)
    if total.usual is not None and (total.usual_wait or 0) > total.usual:
        return Headline(Say.SLOW_HANDOFF)
    return Headline(Say.SHARE)
