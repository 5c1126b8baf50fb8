"""From a month's revenue down to its budget, in exact decimals. No framework."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

THIN_BELOW = 30  # cases
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rates:
    """What turns revenue into leads: money in the company's currency, rates in percent.

    `visit_rate` is None where visits are not counted; then there is no step of visits.
    """

    average_deal: Decimal
    close_rate: Decimal
    qualification_rate: Decimal
    visit_rate: Decimal | None
    cost_per_lead: Decimal


@dataclass(frozen=True, slots=True)
class Ladder:
    """The exact steps of a plan. Counts are rounded up only when they are shown: see `shown`."""

    revenue: Decimal
    deals: Decimal
    qualified: Decimal
    leads: Decimal
    visits: Decimal | None
    budget: Decimal

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """Budget for each qualified lead; None where no qualified lead is planned."""
        return self.budget / self.qualified if self.qualified else None


def climb_down(revenue: Decimal, rates: Rates) -> Ladder:
    """Revenue ÷ average deal → deals ÷ close rate → qualified ÷ qualification rate → leads → visits and
    budget.

    Raises ValueError for revenue or cost below 0, an average deal of 0 or below, and rates outside 0…100 %
    (0 excluded).
    """
    if revenue < 0 or rates.cost_per_lead < 0:
        raise ValueError("revenue and cost cannot be below 0")
    if rates.average_deal <= 0:
        raise ValueError("the average deal must be above 0")
    shares = [rates.close_rate, rates.qualification_rate]
    if rates.visit_rate is not None:
        shares.append(rates.visit_rate)
    if not all(0 < share <= HUNDRED for share in shares):
        raise ValueError("rates must be above 0 and at most 100 %")
    deals = revenue / rates.average_deal
    qualified = deals * HUNDRED / rates.close_rate
    leads = qualified * HUNDRED / rates.qualification_rate
    visits = leads * HUNDRED / rates.visit_rate if rates.visit_rate is not None else None
    return Ladder(revenue, deals, qualified, leads, visits, leads * rates.cost_per_lead)


def shown(count: Decimal) -> int:
    """A count as it is shown: rounded up, because a part of a lead cannot be found.

    Noise far behind the point (20 ÷ 0.3 × 0.3) does not make one more.
    """
    return int(count.quantize(Decimal("0.000001")).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Month:
    """What happened in one month: the sample that rates come from."""

    revenue: Decimal = Decimal(0)
    won: int = 0
    qualified: int = 0
    leads: int = 0
    visits: int = 0
    spend: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measured:
    """A rate from history with the number of cases it rests on. `value` is None without any case."""

    value: Decimal | None
    cases: int

    @property
    def is_thin(self) -> bool:
        return self.cases < THIN_BELOW


@dataclass(frozen=True, slots=True)
class History:
    """Rates of past months, each with its sample."""

    average_deal: Measured
    close_rate: Measured
    qualification_rate: Measured
    visit_rate: Measured
    cost_per_lead: Measured


def measure(months: Sequence[Month]) -> History:
    """Rates over all the months together: sums divided by sums, so that a small month weighs little."""
    revenue = sum((month.revenue for month in months), Decimal(0))
    spend = sum((month.spend for month in months), Decimal(0))
    won, qualified, leads, visits = (
        sum(getattr(month, name) for month in months) for name in ("won", "qualified", "leads", "visits")
    )
    return History(
        average_deal=Measured(_ratio(revenue, won), won),
        close_rate=Measured(_percent(won, qualified), qualified),
        qualification_rate=Measured(_percent(qualified, leads), leads),
        visit_rate=Measured(_percent(leads, visits), visits),
        cost_per_lead=Measured(_ratio(spend, leads), leads),
    )


def _ratio(amount: Decimal, cases: int) -> Decimal | None:
    return (amount / cases).quantize(Decimal("0.01")) if cases else None


def _percent(part: int, whole: int) -> Decimal | None:
    """A share in percent; None where there is no case, or where it would be no usable rate (0, above 100
    %).
    """
    if not whole or not part:
        return None
    return min((Decimal(part) * 100 / whole).quantize(Decimal("0.01")), HUNDRED) or None
