"""Every figure of the roll-up counted in Python, row by row: what the stored facts must equal."""

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from campaigns.models import Spend, Visits
from leads.models import Activity, Lead
from leadsync.accounts.models import Company
from leadsync.kpi.models import CohortFact, DayFact
from leadsync.kpi.services import rollup

ZERO = Decimal("0.00")


def plain_days() -> dict[tuple[date, int, int | None], dict[str, Any]]:
    """Every figure counted in Python, lead by lead."""
    zone = Company.objects.get().tz
    facts: dict[Any, dict[str, Any]] = defaultdict(lambda: defaultdict(int))

    def add(instant: datetime | None, campaign: int, rep: int | None, **figures: Any) -> None:
        if instant is not None:
            for name, value in figures.items():
                facts[instant.astimezone(zone).date(), campaign, rep][name] += value

    for lead in Lead.objects.filter(is_test=False):
        key = (lead.campaign_id, lead.owner_id)
        add(lead.received_at, *key, arrived=1)
        add(lead.handed_off_at, *key, handed_off=1)
        add(
            lead.first_contact_at,
            *key,
            contacted=1,
            contacted_in_time=int(lead.is_in_time is True),
            contacted_promised=int(lead.is_in_time is not None),
        )
        add(lead.qualified_at, *key, qualified=1)
        if lead.is_judged_only:
            add(lead.marked_at, *key, judged_only=1)
        if lead.mark in {"promising", "not_a_fit", "unreachable"}:
            add(lead.marked_at, *key, **{lead.mark: 1})
        if lead.stage == "won":
            add(lead.won_at, *key, won=1, revenue=lead.amount or ZERO)
        if lead.stage == "lost":
            add(lead.lost_at, *key, lost=1)
    for activity in Activity.objects.filter(lead__is_test=False, minutes__gt=0):
        estimated = activity.minutes if activity.is_estimated else 0
        add(
            activity.at,
            activity.campaign_id,
            activity.by_id,
            minutes=activity.minutes,
            minutes_estimated=estimated,
        )
    for spend in Spend.objects.all():
        facts[spend.on, spend.campaign_id, None]["spend"] += spend.amount
    for visits in Visits.objects.all():
        facts[visits.on, visits.campaign_id, None]["visits"] += visits.count
    return {key: nonzero(figures) for key, figures in facts.items() if nonzero(figures)}


def nonzero(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if value}


def stored_days() -> dict[tuple[date, int, int | None], dict[str, Any]]:
    found = {
        (fact.on, fact.campaign_id, fact.rep_id): nonzero({n: getattr(fact, n) for n in rollup.DAY_FIGURES})
        for fact in DayFact.objects.all()
    }
    return {key: figures for key, figures in found.items() if figures}


def plain_cohorts() -> dict[tuple[date, int, str, str], tuple[int, Decimal, int]]:
    zone = Company.objects.get().tz
    facts: dict[Any, tuple[int, Decimal, int]] = defaultdict(lambda: (0, ZERO, 0))
    for lead in Lead.objects.filter(is_test=False):
        key = (
            lead.received_at.astimezone(zone).date().replace(day=1),
            lead.campaign_id,
            lead.stage,
            lead.mark,
        )
        leads, revenue, minutes = facts[key]
        won = (lead.amount or ZERO) if lead.stage == "won" else ZERO
        facts[key] = (leads + 1, revenue + won, minutes + lead.minutes)
    return dict(facts)


def stored_cohorts() -> dict[tuple[date, int, str, str], tuple[int, Decimal, int]]:
    return {
        (fact.month, fact.campaign_id, fact.stage, fact.mark): (fact.leads, fact.revenue, fact.minutes)
        for fact in CohortFact.objects.all()
    }


def assert_equal_to_plain() -> None:
    assert stored_days() == plain_days()
    assert stored_cohorts() == plain_cohorts()
