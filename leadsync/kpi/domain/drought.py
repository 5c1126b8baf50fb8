"""No new lead for so long that it is no chance any more.

Leads come one by one, at the rate of the last weeks, in working time: how many come within a stretch of it is Poisson. A
stretch without any is a drought once its probability at that rate is under one percent, exp(−rate × time) < 0.01. Where
leads were promised for the month, the rate is the promised one.
"""

from dataclasses import dataclass
from math import exp

WEEKS = 8  # the rate is measured over so many weeks
ENOUGH = 8  # handoffs in them below which there is no rate to speak of: one a week
UNLIKELY = 0.01


@dataclass(frozen=True, slots=True)
class Flow:
    """So many leads in `worked_seconds` of working time, and none within the last `quiet_seconds` of it.

    `is_promised`: they are those of an order, for the working time of its month; however few, they are a rate.
    """

    leads: int
    worked_seconds: float
    quiet_seconds: float
    is_promised: bool = False

    @property
    def expected(self) -> float:
        """Leads that the quiet time would have brought at the rate; 0 where there is no rate."""
        return self.leads * self.quiet_seconds / self.worked_seconds if self.worked_seconds > 0 else 0.0

    @property
    def probability(self) -> float:
        """How likely it is that nothing comes for so long, 0 to 1."""
        return exp(-self.expected)

    @property
    def is_drought(self) -> bool:
        return (self.is_promised or self.leads >= ENOUGH) and self.probability < UNLIKELY

    @property
    def usual_seconds(self) -> float:
        """Working time between two leads at the rate; 0 where there is none."""
        return self.worked_seconds / self.leads if self.leads else 0.0
