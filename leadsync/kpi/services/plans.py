"""Setting the plan of a month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.kpi.domain.plan import Rates, climb_down
from leadsync.kpi.models import Plan


@dataclass(frozen=True, slots=True)
class PlanValues:
    """A target in the company's currency and the rates (percent) under it."""

    revenue: Decimal
    rates: Rates
    in_time_rate: Decimal = Decimal(90)


def set_plan(*, month: date, values: PlanValues, by: User, version: int | None) -> Plan:
    """Save the month's plan. `version` is the one the person saw, None when there was no plan.

    Raises `NotAllowed`, `Invalid` for numbers that make no plan, and `Conflict` when somebody saved
    meanwhile.
    """
    if not by.can(Can.EDIT_PLAN):
        raise NotAllowed(_("Heads and the director set the plan."))
    if month.day != 1:
        raise Invalid(_("A plan belongs to a whole month."))
    try:
        climb_down(values.revenue, values.rates)
    except ValueError as error:
        raise Invalid(
            _("The target cannot be below 0, and rates must be above 0 and at most 100%.")
        ) from error
    if not 0 < values.in_time_rate <= 100:
        raise Invalid(_("The share of first contacts in time must be above 0 and at most 100%."))
    with transaction.atomic():
        plan = db.locked(Plan.objects.filter(month=month)).first()
        if (plan.version if plan else None) != version:
            raise _conflict(plan)
        if plan is None:
            plan = Plan(month=month, version=0)
        plan.revenue = values.revenue
        plan.average_deal = values.rates.average_deal
        plan.close_rate = values.rates.close_rate
        plan.qualification_rate = values.rates.qualification_rate
        plan.visit_rate = values.rates.visit_rate
        plan.cost_per_lead = values.rates.cost_per_lead
        plan.in_time_rate = values.in_time_rate
        plan.changed_at, plan.changed_by = timezone.now(), by
        plan.version += 1
        try:
            with transaction.atomic():
                plan.save()
        except IntegrityError as error:
            # Two people made the first plan of one month at the same time.
            raise _conflict(Plan.objects.filter(month=month).first()) from error
    return plan


def _conflict(plan: Plan | None) -> Conflict:
    name = plan.changed_by.name if plan and plan.changed_by else ""
    if name:
        text = _("%(name)s changed this plan meanwhile. What you typed is still here: look again and save.")
        return Conflict(text % {"name": name}, version=plan.version if plan else None)
    return Conflict(
        _("This plan changed meanwhile. What you typed is still here: look again and save."),
        version=plan.version if plan else None,
    )
