"""The plan of a month or of several, and the rates of past months that a new plan starts from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from leadsync.kpi.domain.days import add_months, month_of
from leadsync.kpi.domain.plan import History, Ladder, Month, Rates, climb_down, measure
from leadsync.kpi.models import DayFact, Plan

FULL_MONTHS = 3
_COLUMNS = ("revenue", "won", "qualified", "arrived", "visits", "spend")


def plan_of(month: date) -> Plan | None:
    """The plan of the month that begins on this day."""
    return Plan.objects.select_related("changed_by").filter(month=month).first()


def rates_of(plan: Plan) -> Rates:
    """A stored plan's rates as the ladder takes them."""
    return Rates(
        plan.average_deal, plan.close_rate, plan.qualification_rate, plan.visit_rate, plan.cost_per_lead
    )


@dataclass(frozen=True, slots=True)
class Planned:
    """What is planned for a period: the sum over its months that have a plan."""

    months: int
    planned_months: int
    revenue: Decimal = Decimal(0)
    deals: Decimal = Decimal(0)
    qualified: Decimal = Decimal(0)
    leads: Decimal = Decimal(0)
    visits: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)
    in_time_rate: Decimal = Decimal(90)  # percent

    @property
    def is_there(self) -> bool:
        """Every month has a plan: facts of the whole period may be held against it."""
        return self.planned_months == self.months

    @property
    def is_part(self) -> bool:
        """Some months of the period have no plan."""
        return 0 < self.planned_months < self.months

    @property
    def cost_per_qualified(self) -> Decimal | None:
        return self.budget / self.qualified if self.qualified and self.budget else None


def planned(months: Sequence[date]) -> Planned:
    """The plans of these months together. One query."""
    plans = list(Plan.objects.filter(month__in=months))
    ladders: list[Ladder] = [climb_down(plan.revenue, rates_of(plan)) for plan in plans]
    if not ladders:
        return Planned(len(months), 0)
    return Planned(
        months=len(months),
        planned_months=len(plans),
        revenue=_sum(ladder.revenue for ladder in ladders),
        deals=_sum(ladder.deals for ladder in ladders),
        qualified=_sum(ladder.qualified for ladder in ladders),
        leads=_sum(ladder.leads for ladder in ladders),
        visits=_sum(ladder.visits for ladder in ladders if ladder.visits is not None),
        budget=_sum(ladder.budget for ladder in ladders),
        in_time_rate=_sum(plan.in_time_rate for plan in plans) / len(plans),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


@dataclass(frozen=True, slots=True)
class Past:
    """The last full months before a plan, oldest first, and the rates over all of them."""

    months: list[tuple[date, Month]]
    rates: History


def past(month: date, *, today: date) -> Past:
    """The last three months that are over, before `month` and before that of `today`. One query."""
    last = add_months(min(month, month_of(today)), -1)
    first = add_months(last, 1 - FULL_MONTHS)
    rows: Iterable[Mapping[str, Any]] = (
        DayFact.objects.filter(on__gte=first, on__lt=add_months(last, 1))
        .values(y=ExtractYear("on"), m=ExtractMonth("on"))
        .annotate(**{f"sum_{name}": Sum(name) for name in _COLUMNS})
        .order_by()
    )
    found = {
        date(row["y"], row["m"], 1): Month(
            revenue=row["sum_revenue"],
            won=row["sum_won"],
            qualified=row["sum_qualified"],
            leads=row["sum_arrived"],
            visits=row["sum_visits"],
            spend=row["sum_spend"],
        )
        for row in rows
    }
    months = [(when, found.get(when, Month())) for when in (add_months(first, n) for n in range(FULL_MONTHS))]
    return Past(months, measure([figures for _, figures in months]))
