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


@dataclass(frozen=True, slots=True)
class Money:
    """What a campaign cost and brought, in the company's currency. None where it is not known, never a guess.

    `labour`: sales time at the company's cost of a sales hour. `spent`: what was noted as spend. `revenue`: won amounts.
    """

    labour: Decimal | None
    spent: Decimal | None
    good: int
    qualified: int
    deals: int
    revenue: Decimal

    @property
    def cost(self) -> Decimal | None:
        """All that is known to have been spent; None where nothing is."""
        known = [part for part in (self.labour, self.spent) if part is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def is_partial(self) -> bool:
        """Whether one of the two parts of the cost is not known."""
        return (self.labour is None) != (self.spent is None)

    @property
    def per_good(self) -> Decimal | None:
        """For each promising lead or better; None while there is none."""
        return self._per(self.good)

    @property
    def per_qualified(self) -> Decimal | None:
        return self._per(self.qualified)

    @property
    def per_deal(self) -> Decimal | None:
        return self._per(self.deals)

    @property
    def gain(self) -> Decimal | None:
        """Revenue for each unit of cost; None where the cost is not known or nothing."""
        return self.revenue / self.cost if self.cost else None

    def _per(self, count: int) -> Decimal | None:
        return self.cost / count if self.cost is not None and count else None


def in_money(
    *,
    minutes: int,
    hour: Decimal | None,
    spent: Decimal | None,
    good: int,
    qualified: int,
    deals: int,
    revenue: Decimal,
) -> Money:
    """Work and benefit in money: `hour` is what a sales hour costs, `spent` the spend; None where it is not known."""
    labour = None if hour is None else hour * minutes / 60
    return Money(labour, spent, good, qualified, deals, revenue)


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
