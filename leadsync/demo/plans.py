"""Plans of the sample company as people made them: channels from what was measured, versions, signatures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from leadsync.accounts.models import Company, User
from leadsync.kpi.domain.days import add_months, month_of
from leadsync.kpi.domain.plan import PlanValues, climb_down
from leadsync.kpi.forms import as_before
from leadsync.kpi.models import Plan
from leadsync.kpi.selectors.plans import channel_past, channels_for, values_of_plan
from leadsync.kpi.services.plans import set_plan, sign

CENT = Decimal("0.01")


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Each month that was planned: set by marketing, changed by sales, signed by all three; the next one still waits.

    Needs the roll-up: shares of channels are those of the three months before.
    """
    zone = Company.objects.get(pk=1).tz
    today = now.astimezone(zone).date()
    ola, tomasz, anna = people["ola"], people["tomasz"], people["anna"]

    def on(days_before: int, plan: Plan, hour: int) -> datetime:
        return datetime.combine(plan.month - timedelta(days=days_before), time(hour, 20), zone)

    for plan in list(Plan.objects.order_by("month")):
        is_next = plan.month > month_of(today)
        set_on = now - timedelta(days=3) if is_next else on(17, plan, 10)
        Plan.objects.filter(pk=plan.pk).update(changed_at=set_on, changed_by=ola)
        plan.changed_at, plan.changed_by = set_on, ola
        values = values_of_plan(plan)
        lines = as_before(channels_for(plan), channel_past(plan.month, today=add_months(plan.month, -1)))
        if not lines:
            continue
        with_lines = _at_cost(replace(values, lines=lines))
        if is_next:
            at = now - timedelta(days=1, hours=2)
            saved = set_plan(
                month=plan.month,
                values=with_lines,
                by=ola,
                version=plan.version,
                note="Channels as they brought leads in the last three months.",
                at=at,
            )
            sign(month=plan.month, by=ola, version=saved.version, at=at + timedelta(minutes=6))
            continue
        saved = set_plan(
            month=plan.month,
            values=with_lines,
            by=ola,
            version=plan.version,
            note="Channels as they brought leads in the last three months.",
            at=on(12, plan, 11),
        )
        sign(month=plan.month, by=ola, version=saved.version, at=on(12, plan, 12))
        saved = set_plan(
            month=plan.month,
            values=replace(with_lines, in_time_rate=Decimal(92)),
            by=tomasz,
            version=saved.version,
            note="Sales promises two more of a hundred in time.",
            at=on(9, plan, 13),
        )
        sign(month=plan.month, by=tomasz, version=saved.version, at=on(9, plan, 14))
        sign(month=plan.month, by=ola, version=saved.version, at=on(8, plan, 9))
        sign(month=plan.month, by=anna, version=saved.version, at=on(6, plan, 15))


def _at_cost(values: PlanValues) -> PlanValues:
    """The same with the plan's own cost per lead as its channels cost together."""
    each = climb_down(values.revenue, values.rates, values.lines).cost_per_lead
    return (
        values
        if each is None
        else replace(values, rates=replace(values.rates, cost_per_lead=each.quantize(CENT)))
    )
