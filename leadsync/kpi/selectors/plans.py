"""The plan of a month or of several, and the rates of past months that a new plan starts from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import ExtractMonth, ExtractYear

from campaigns.models import Channel
from leadsync.accounts.roles import Side
from leadsync.kpi.domain import versions as domain
from leadsync.kpi.domain.days import add_months, month_of
from leadsync.kpi.domain.plan import (
    ChannelPast,
    History,
    Ladder,
    Line,
    Month,
    PlanValues,
    Rates,
    climb_down,
    measure,
    off_by,
)
from leadsync.kpi.models import DayFact, Plan, PlanSignature, PlanVersion

FULL_MONTHS = 3
PAST_PLANS = 6
_COLUMNS = ("revenue", "won", "qualified", "arrived", "visits", "spend")


def plan_of(month: date) -> Plan | None:
    """The plan of the month that begins on this day."""
    return Plan.objects.select_related("changed_by").prefetch_related("lines").filter(month=month).first()


def rates_of(plan: Plan) -> Rates:
    """A stored plan's rates as the ladder takes them."""
    return Rates(
        plan.average_deal, plan.close_rate, plan.qualification_rate, plan.visit_rate, plan.cost_per_lead
    )


def values_of_plan(plan: Plan) -> PlanValues:
    """A stored plan as the ladder takes it, with its lines: the largest share first."""
    return PlanValues(
        revenue=plan.revenue,
        rates=rates_of(plan),
        in_time_rate=plan.in_time_rate,
        lines=tuple(
            Line(row.channel_id, row.share, row.visit_rate, row.cost_per_visit, row.cost_per_lead)
            for row in plan.lines.all()
        ),
    )


def ladder_of(plan: Plan) -> Ladder:
    """A stored plan's steps."""
    values = values_of_plan(plan)
    return climb_down(values.revenue, values.rates, values.lines)


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
    """The plans of these months together. Two queries."""
    plans = list(Plan.objects.filter(month__in=months).prefetch_related("lines"))
    ladders = [ladder_of(plan) for plan in plans]
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
    found = _months(first, add_months(last, 1))
    months = [(when, found.get(when, Month())) for when in (add_months(first, n) for n in range(FULL_MONTHS))]
    return Past(months, measure([figures for _, figures in months]))


def _months(first: date, stop: date) -> dict[date, Month]:
    """Figures of the months between, by their first day; a month without any fact is left out. One query."""
    rows: Iterable[Mapping[str, Any]] = (
        DayFact.objects.filter(on__gte=first, on__lt=stop)
        .values(y=ExtractYear("on"), m=ExtractMonth("on"))
        .annotate(**{f"sum_{name}": Sum(name) for name in _COLUMNS})
        .order_by()
    )
    return {
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


def channels_for(plan: Plan | None) -> list[Channel]:
    """Channels that a plan can name: those in use, and those its lines name already. One query."""
    named = [row.channel_id for row in plan.lines.all()] if plan else []
    return list(
        Channel.objects.filter(Q(is_active=True, key=None) | Q(pk__in=named))
        .only("pk", "name")
        .order_by("name")
    )


def channel_past(month: date, *, today: date) -> dict[int, ChannelPast]:
    """What each channel brought in the months of `past`. One query."""
    stop = min(month, month_of(today))
    rows = (
        DayFact.objects.filter(on__gte=add_months(stop, -FULL_MONTHS), on__lt=stop)
        .values("campaign__channel")
        .annotate(leads=Sum("arrived"), seen=Sum("visits"), money=Sum("spend"))
        .order_by()
    )
    return {
        row["campaign__channel"]: ChannelPast(
            row["campaign__channel"], row["leads"], row["seen"], row["money"]
        )
        for row in rows
    }


def signatures_of(plan: Plan) -> dict[str, PlanSignature]:
    """Signatures under the version that stands, by side. One query."""
    rows = PlanSignature.objects.filter(plan=plan, number=plan.version).select_related("by")
    return {Side(row.side).value: row for row in rows}


@dataclass(frozen=True, slots=True)
class Version:
    """One version with what it changed against the one before; None where that is not known."""

    row: PlanVersion
    values: PlanValues
    changes: list[domain.Change] | None
    signatures: list[PlanSignature]
    is_first: bool


def versions_of(plan: Plan) -> list[Version]:
    """All versions of a plan, the newest first. Two queries. Plans from before there were versions have none yet."""
    rows = list(PlanVersion.objects.filter(plan=plan).select_related("by").order_by("number"))
    signed: dict[int, list[PlanSignature]] = {}
    for signature in PlanSignature.objects.filter(plan=plan).select_related("by").order_by("at"):
        signed.setdefault(signature.number, []).append(signature)
    found = [
        Version(
            row,
            domain.unpack(row.values),
            domain.changes(rows[index - 1].values, row.values) if index else None,
            signed.get(row.number, []),
            row.number == 1,
        )
        for index, row in enumerate(rows)
    ]
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Held:
    """One step of a past month: what was planned (None without a plan), what came, how far off that was."""

    plan: Decimal | None
    fact: Decimal
    off: Decimal | None


@dataclass(frozen=True, slots=True)
class PastPlan:
    """A month that is over, step by step; `steps` by the names of the ladder."""

    month: date
    is_planned: bool
    steps: dict[str, Held]


def past_plans(month: date, *, today: date) -> list[PastPlan]:
    """The last six months that are over before this one and today's, the newest first; those without any fact and plan
    are left out. Three queries.
    """
    stop = min(month, month_of(today))
    first = add_months(stop, -PAST_PLANS)
    facts = _months(first, stop)
    plans = {
        plan.month: ladder_of(plan)
        for plan in Plan.objects.filter(month__gte=first, month__lt=stop).prefetch_related("lines")
    }
    return [
        PastPlan(when, when in plans, _held(facts.get(when, Month()), plans.get(when)))
        for when in (add_months(stop, -number) for number in range(1, PAST_PLANS + 1))
        if when in plans or when in facts
    ]


def _held(fact: Month, plan: Ladder | None) -> dict[str, Held]:
    pairs: dict[str, tuple[Decimal | int, Decimal | None]] = {
        "revenue": (fact.revenue, plan.revenue if plan else None),
        "deals": (fact.won, plan.deals if plan else None),
        "qualified": (fact.qualified, plan.qualified if plan else None),
        "leads": (fact.leads, plan.leads if plan else None),
        "visits": (fact.visits, plan.visits if plan else None),
        "budget": (fact.spend, plan.budget if plan else None),
    }
    return {
        name: Held(planned, Decimal(found), off_by(found, planned) if planned is not None else None)
        for name, (found, planned) in pairs.items()
    }
