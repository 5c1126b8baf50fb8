"""How fast leads move: percentiles of working time from step to step. No framework."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from math import ceil
from statistics import median


class Step(StrEnum):
    """From one thing that happens to a lead to the next."""

    HANDOFF = "handoff"  # from arrival
    CONTACT = "contact"  # from handoff
    QUALIFIED = "qualified"  # from first contact
    WON = "won"  # from qualified


@dataclass(frozen=True, slots=True)
class Stamps:
    """When what happened to one lead; None for what did not happen."""

    received: datetime
    handed_off: datetime | None = None
    contacted: datetime | None = None
    qualified: datetime | None = None
    won: datetime | None = None

    def of(self, step: Step) -> tuple[datetime, datetime] | None:
        """Where the step began and ended; None where either is not known."""
        begun, ended = {
            Step.HANDOFF: (self.received, self.handed_off),
            Step.CONTACT: (self.handed_off, self.contacted),
            Step.QUALIFIED: (self.contacted, self.qualified),
            Step.WON: (self.qualified, self.won),
        }[step]
        return None if begun is None or ended is None else (begun, ended)


@dataclass(frozen=True, slots=True)
class Pace:
    """Working time of a step in seconds: half took at most `usual`, nine of ten at most `slow`."""

    usual: float
    slow: float
    count: int


@dataclass(slots=True)
class Month:
    """Leads received in one month, and how fast they moved on. A step nobody has made is missing."""

    month: date
    steps: dict[Step, Pace] = field(default_factory=dict)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed (nearest rank). `values` sorted, not empty."""
    return values[max(ceil(share * len(values)) - 1, 0)]


def pace_of(taken: Sequence[float]) -> Pace | None:
    """Median and 90th percentile; None of nothing."""
    if not taken:
        return None
    listed = sorted(taken)
    return Pace(median(listed), percentile(listed, 0.9), len(listed))


def measure(
    month: date, samples: Mapping[Step, Sequence[Stamps]], between: Callable[[datetime, datetime], float]
) -> Month:
    """Each step over its own sample; what ended before it began (a past from elsewhere) took no time."""
    found = Month(month)
    for step, leads in samples.items():
        spans = [span for lead in leads if (span := lead.of(step)) is not None]
        pace = pace_of([between(begun, ended) if ended > begun else 0.0 for begun, ended in spans])
        if pace is not None:
            found.steps[step] = pace
    return found
