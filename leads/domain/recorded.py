"""When records are too thin: how many of the leads that sales judged say what sales learned (domain.md, Lead)."""

from dataclasses import dataclass

DAYS = 30  # leads marked within so many days are counted
ENOUGH = 10  # fewer say nothing about how work is recorded
LIMIT_PCT = 60  # at least so many should hold something learned


@dataclass(frozen=True, slots=True)
class Recorded:
    """So many leads judged by sales, and how many of them hold something that sales learned."""

    leads: int
    known: int

    @property
    def share_pct(self) -> int:
        """The part that holds something, in whole percent, rounded down; 100 of nothing."""
        return self.known * 100 // self.leads if self.leads else 100

    @property
    def missing(self) -> int:
        return self.leads - self.known

    @property
    def is_low(self) -> bool:
        """Whether enough leads were judged, and too few of them say what was learned."""
        return self.leads >= ENOUGH and self.known * 100 < LIMIT_PCT * self.leads
