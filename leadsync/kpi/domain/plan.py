"""From a month's revenue down to its budget, in exact decimals. No framework."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

THIN_BELOW = 30  # cases
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


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
class Line:
    """What one channel brings: `share` percent of the leads, paid for by visits or by lead.

    By visits: `visit_rate` (percent) and `cost_per_visit`; by lead: `cost_per_lead`. Never both.
    """

    channel: int
    share: Decimal
    visit_rate: Decimal | None = None
    cost_per_visit: Decimal | None = None
    cost_per_lead: Decimal | None = None

    @property
    def is_by_visits(self) -> bool:
        return self.visit_rate is not None and self.cost_per_visit is not None

    @property
    def lead_cost(self) -> Decimal:
        """What one lead of the channel costs, whichever way it is paid for."""
        if self.visit_rate is not None and self.cost_per_visit is not None:
            return self.cost_per_visit * HUNDRED / self.visit_rate
        return self.cost_per_lead or Decimal(0)


@dataclass(frozen=True, slots=True)
class LineStep:
    """A channel's part of a plan, exact."""

    line: Line
    leads: Decimal
    visits: Decimal | None
    budget: Decimal


@dataclass(frozen=True, slots=True)
class PlanValues:
    """A target in the company's currency, the rates (percent) under it, and the lines by channel, if any."""

    revenue: Decimal
    rates: Rates
    in_time_rate: Decimal = Decimal(90)
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """The exact steps of a plan. Counts are rounded up only when they are shown: see `shown`."""

    revenue: Decimal
    deals: Decimal
    qualified: Decimal
    leads: Decimal
    visits: Decimal | None
    budget: Decimal
    lines: tuple[LineStep, ...] = ()

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """Budget for each qualified lead; None where no qualified lead is planned."""
        return self.budget / self.qualified if self.qualified else None

    @property
    def cost_per_lead(self) -> Decimal | None:
        """Budget for each lead over all channels; None where no lead is planned."""
        return self.budget / self.leads if self.leads else None


def share_gap(shares: Sequence[Decimal]) -> Decimal:
    """How much is missing to 100 %; below 0 where it is too much."""
    return HUNDRED - sum(shares, Decimal(0))


def check_lines(lines: Sequence[Line]) -> None:
    """Raises ValueError for lines that are no plan: shares that do not add up, a channel twice, rates that are none."""
    if not lines:
        return
    if len({line.channel for line in lines}) < len(lines):
        raise ValueError("a channel stands in a plan once")
    if not all(0 < line.share <= HUNDRED for line in lines) or share_gap([line.share for line in lines]):
        raise ValueError("shares must be above 0 and add up to 100 %")
    for line in lines:
        is_by_lead = line.cost_per_lead is not None
        if is_by_lead == line.is_by_visits or is_by_lead == (
            line.visit_rate is not None or line.cost_per_visit is not None
        ):
            raise ValueError("a channel is paid for by visits or by lead")
        if line.visit_rate is not None and not 0 < line.visit_rate <= HUNDRED:
            raise ValueError("rates must be above 0 and at most 100 %")
        if (line.cost_per_visit or 0) < 0 or (line.cost_per_lead or 0) < 0:
            raise ValueError("revenue and cost cannot be below 0")


def climb_down(revenue: Decimal, rates: Rates, lines: Sequence[Line] = ()) -> Ladder:
    """Revenue ÷ average deal → deals ÷ close rate → qualified ÷ qualification rate → leads → visits and
    budget, by channel where there are lines, else by the plan's own visit rate and cost per lead.

    Raises ValueError for revenue or cost below 0, an average deal of 0 or below, rates outside 0…100 %
    (0 excluded), and lines that are no plan.
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
    check_lines(lines)
    deals = revenue / rates.average_deal
    qualified = deals * HUNDRED / rates.close_rate
    leads = qualified * HUNDRED / rates.qualification_rate
    if not lines:
        visits = leads * HUNDRED / rates.visit_rate if rates.visit_rate is not None else None
        return Ladder(revenue, deals, qualified, leads, visits, leads * rates.cost_per_lead)
    steps = tuple(_step(line, leads * line.share / HUNDRED) for line in lines)
    return _with_steps(Ladder(revenue, deals, qualified, leads, None, Decimal(0)), steps)


def _step(line: Line, leads: Decimal) -> LineStep:
    if line.visit_rate is not None and line.cost_per_visit is not None:
        visits = leads * HUNDRED / line.visit_rate
        return LineStep(line, leads, visits, visits * line.cost_per_visit)
    return LineStep(line, leads, None, leads * line.lead_cost)


def _with_steps(ladder: Ladder, steps: tuple[LineStep, ...]) -> Ladder:
    visits = [step.visits for step in steps if step.visits is not None]
    return replace(
        ladder,
        visits=sum(visits, Decimal(0)) if visits else None,
        budget=sum((step.budget for step in steps), Decimal(0)),
        lines=steps,
    )


def climb_up(budget: Decimal, rates: Rates, lines: Sequence[Line] = ()) -> Decimal:
    """The revenue that a fixed budget brings: the same chain backwards.

    Raises ValueError where leads cost nothing (any revenue fits any budget), and as `climb_down`.
    """
    for_one = climb_down(Decimal(1), rates, lines)
    if budget < 0:
        raise ValueError("a budget cannot be below 0")
    if for_one.budget <= 0:
        raise ValueError("where leads cost nothing, a budget says nothing")
    return budget / for_one.budget


class Cutting(StrEnum):
    """Which leads go with the budget."""

    EVENLY = "evenly"  # of each channel as much
    DEAREST = "dearest"  # of the channels whose leads cost most first


def cut(ladder: Ladder, budget: Decimal, way: Cutting) -> Ladder:
    """What is left of a plan with another budget. Cost per lead and all rates stay as they are.

    A budget above the plan's grows evenly, whatever the way. A plan without a budget is not changed by one.
    """
    budget = max(budget, Decimal(0))
    if ladder.budget <= 0 or budget == ladder.budget:
        return ladder
    if way is Cutting.EVENLY or not ladder.lines or budget > ladder.budget:
        part = budget / ladder.budget
        steps = tuple(_step(step.line, step.leads * part) for step in ladder.lines)
    else:
        steps = _dearest_first(ladder, budget)
        left = sum((step.leads for step in steps), Decimal(0))
        part = left / ladder.leads if ladder.leads else Decimal(1)
    scaled = replace(
        ladder,
        revenue=ladder.revenue * part,
        deals=ladder.deals * part,
        qualified=ladder.qualified * part,
        leads=ladder.leads * part,
        visits=ladder.visits * part if ladder.visits is not None else None,
    )
    return replace(_with_steps(scaled, steps) if steps else scaled, budget=budget)


def _dearest_first(ladder: Ladder, budget: Decimal) -> tuple[LineStep, ...]:
    """The lines after saving: those whose lead costs most give first, the plan's order stays."""
    to_save = ladder.budget - budget
    left: dict[int, LineStep] = {}
    for step in sorted(ladder.lines, key=lambda one: (-one.line.lead_cost, one.line.share, one.line.channel)):
        saved = min(step.budget, to_save)
        to_save -= saved
        keeps = (step.budget - saved) / step.budget if step.budget else Decimal(1)
        left[step.line.channel] = _step(step.line, step.leads * keeps)
    return tuple(left[step.line.channel] for step in ladder.lines)


def as_plan(values: PlanValues, ladder: Ladder) -> PlanValues:
    """A cut ladder as a plan: its revenue, and shares as the channels now stand to each other."""
    shares = split({step.line: step.leads for step in ladder.lines}, places=2)
    lines = tuple(replace(line, share=share) for line, share in shares.items() if share > 0)
    return replace(values, revenue=ladder.revenue.quantize(CENT, ROUND_HALF_UP), lines=lines)


def split[K: Hashable](amounts: Mapping[K, Decimal | int], *, places: int = 0) -> dict[K, Decimal]:
    """Shares in percent that add up to 100 exactly: rounded down, and what is left goes to the largest remainders.

    Nothing where there is nothing to share.
    """
    total = sum((Decimal(amount) for amount in amounts.values()), Decimal(0))
    if total <= 0:
        return {}
    unit = Decimal(1).scaleb(-places)
    exact = {key: Decimal(amount) * HUNDRED / total for key, amount in amounts.items()}
    shares = {key: share // unit * unit for key, share in exact.items()}
    missing = int((HUNDRED - sum(shares.values(), Decimal(0))) / unit)
    for key in sorted(exact, key=lambda one: shares[one] - exact[one])[:missing]:
        shares[key] += unit
    return {key: share.quantize(unit) for key, share in shares.items()}


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


@dataclass(frozen=True, slots=True)
class ChannelPast:
    """One channel's rates of the last months, each with its sample."""

    channel: int
    leads: int
    visits: int
    spend: Decimal

    @property
    def is_by_visits(self) -> bool:
        """Its visits are counted: more of them than leads."""
        return self.visits >= self.leads > 0

    @property
    def visit_rate(self) -> Measured:
        return Measured(_percent(self.leads, self.visits), self.visits if self.is_by_visits else 0)

    @property
    def cost_per_visit(self) -> Measured:
        return Measured(_ratio(self.spend, self.visits), self.visits)

    @property
    def cost_per_lead(self) -> Measured:
        return Measured(_ratio(self.spend, self.leads), self.leads)

    def line(self, share: Decimal) -> Line:
        """A line of a new plan as it was in these months."""
        if self.is_by_visits and self.visit_rate.value is not None:
            return Line(self.channel, share, self.visit_rate.value, self.cost_per_visit.value or Decimal(0))
        return Line(self.channel, share, cost_per_lead=self.cost_per_lead.value or Decimal(0))


def off_by(fact: Decimal | int, plan: Decimal) -> Decimal | None:
    """How far a fact was from its plan, as a share of the plan: -0.09 is 9 % below. None where nothing was planned."""
    return Decimal(fact) / plan - 1 if plan > 0 else None
