"""Work and benefit: the sales time a campaign took against what it gave. No framework."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

WORTH_BELOW = Decimal("0.75")  # of the agreed limit


class Worth(StrEnum):
    """What sales time for each promising lead says, against the agreed limit."""

    NO_WORK = "no_work"  # nothing arrived or nothing was done yet
    TOO_EARLY = "too_early"
    WORTH_IT = "worth_it"
    WATCH = "watch"
    TOO_MUCH_WORK = "too_much_work"


@dataclass(frozen=True, slots=True)
class Benefit:
    """Sales minutes, leads and good leads (promising or better) of a campaign, and the limit of minutes for
    each.
    """

    leads: int
    good: int
    minutes: int
    limit: int
    worth: Worth

    @property
    def minutes_each(self) -> Decimal | None:
        """Sales minutes for each good lead; None while there is none."""
        return Decimal(self.minutes) / self.good if self.good else None

    @property
    def worth_minutes(self) -> int:
        """What the good leads were worth at the agreed limit, in minutes."""
        return self.good * self.limit

    @property
    def share(self) -> Decimal | None:
        """Good leads among all."""
        return Decimal(self.good) / self.leads if self.leads else None


def weigh(
    *, leads: int, good: int, minutes: int, limit: int, marked: int, gate_size: int, is_closed: bool = False
) -> Benefit:
    """Minutes ÷ good leads against `limit` minutes: worth it below 75 %, watch up to 100 %, more work than
    benefit above.

    Before half of a gate of `gate_size` is marked it is too early to say, unless the campaign is over
    (`is_closed`). Time without a single good lead counts as if the next one were good: it is too much once it
    is over the limit. Raises ValueError for a limit that is not positive.
    """
    if limit <= 0:
        raise ValueError("the limit must be positive")
    if not leads or not (minutes or marked):
        worth = Worth.NO_WORK
    elif marked * 2 < gate_size and not (is_closed and marked):
        worth = Worth.TOO_EARLY
    else:
        ratio = Decimal(minutes) / (max(good, 1) * limit)
        if ratio > 1:
            worth = Worth.TOO_MUCH_WORK
        elif not good:
            worth = Worth.WATCH
        else:
            worth = Worth.WORTH_IT if ratio < WORTH_BELOW else Worth.WATCH
    return Benefit(leads, good, minutes, limit, worth)
