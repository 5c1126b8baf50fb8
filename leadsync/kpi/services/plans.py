"""Setting the plan of a month, version by version, and signing it."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Channel
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Side
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.kpi.domain import versions
from leadsync.kpi.domain.plan import HUNDRED, PlanValues, check_lines, climb_down, share_gap
from leadsync.kpi.models import Plan, PlanLine, PlanSignature, PlanVersion
from leadsync.kpi.plan_words import shares_words
from leadsync.kpi.selectors.plans import signatures_of, values_of_plan

__all__ = ["MAY_SIGN", "PlanValues", "set_plan", "sign"]

MAY_SIGN = {
    Side.MARKETING: Can.SIGN_FOR_MARKETING,
    Side.SALES: Can.SIGN_FOR_SALES,
    Side.DIRECTION: Can.SIGN_PLAN,
}
FIRST_MORE = 1_000_000_000_000  # the first amount that a plan's columns cannot keep


def set_plan(
    *,
    month: date,
    values: PlanValues,
    by: User,
    version: int | None,
    note: str = "",
    at: datetime | None = None,
) -> Plan:
    """Save the month's plan as a new version. `version` is the one the person saw, None when there was no plan.

    Signatures belong to a version: the new one has none. What is saved unchanged makes no version and keeps
    them. Raises `NotAllowed`, `Invalid` for numbers that make no plan, and `Conflict` when somebody saved
    meanwhile.
    """
    if not by.can(Can.EDIT_PLAN):
        raise NotAllowed(_("Heads and the director set the plan."))
    if month.day != 1:
        raise Invalid(_("A plan belongs to a whole month."))
    names = _check(values)
    now = at or timezone.now()
    with transaction.atomic():
        plan = db.locked(Plan.objects.filter(month=month)).first()
        if (plan.version if plan else None) != version:
            raise _conflict(plan)
        if plan is None:
            plan = Plan(month=month, version=0)
        else:
            if not versions.changes(_keep(plan).values, versions.pack(values, names)):
                return plan
        _put(plan, values)
        plan.changed_at, plan.changed_by = now, by
        plan.version += 1
        try:
            with transaction.atomic():
                plan.save()
        except IntegrityError as error:
            # Two people made the first plan of one month at the same time.
            raise _conflict(Plan.objects.filter(month=month).first()) from error
        _put_lines(plan, values)
        PlanVersion.objects.create(
            plan=plan,
            number=plan.version,
            values=versions.pack(values, names),
            note=note.strip()[:500],
            at=now,
            by=by,
        )
    return plan


def _check(values: PlanValues) -> Mapping[int, str]:
    """The names of the channels in it. Raises `Invalid`, which says what is wrong."""
    if values.revenue <= 0:
        raise Invalid(_("The target must be above 0."), field="revenue")
    if values.revenue >= FIRST_MORE or values.rates.average_deal >= FIRST_MORE:
        raise Invalid(_("This amount is too large to be kept."), field="revenue")
    gap = share_gap([line.share for line in values.lines]) if values.lines else 0
    if gap:
        raise Invalid(shares_words(HUNDRED - gap), field="lines")
    try:
        check_lines(values.lines)
    except ValueError as error:
        raise Invalid(
            _(
                "Each channel stands in the plan once, with a share above 0, and costs either by visits (a rate above"
                " 0 and at most 100%) or by lead."
            ),
            field="lines",
        ) from error
    try:
        climb_down(values.revenue, values.rates)
    except ValueError as error:
        raise Invalid(
            _("The average deal and all rates must be above 0, rates at most 100%, and no cost below 0.")
        ) from error
    if not 0 < values.in_time_rate <= HUNDRED:
        raise Invalid(_("The share of first contacts in time must be above 0 and at most 100%."))
    wanted = [line.channel for line in values.lines]
    names = dict(Channel.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    if len(names) < len(wanted):
        raise Invalid(_("One of the channels is not there any more."), field="lines")
    return names


def _keep(plan: Plan) -> PlanVersion:
    """The stored version of the plan as it is; plans from before there were versions get theirs now."""
    values = values_of_plan(plan)
    found, _made = PlanVersion.objects.get_or_create(
        plan=plan,
        number=plan.version,
        defaults={
            "values": versions.pack(
                values, dict(plan.lines.values_list("channel", "channel__name")) if values.lines else {}
            ),
            "at": plan.changed_at,
            "by": plan.changed_by,
        },
    )
    return found


def _put(plan: Plan, values: PlanValues) -> None:
    plan.revenue = values.revenue
    plan.average_deal = values.rates.average_deal
    plan.close_rate = values.rates.close_rate
    plan.qualification_rate = values.rates.qualification_rate
    plan.visit_rate = values.rates.visit_rate
    plan.cost_per_lead = values.rates.cost_per_lead
    plan.in_time_rate = values.in_time_rate


def _put_lines(plan: Plan, values: PlanValues) -> None:
    PlanLine.objects.filter(plan=plan).delete()
    PlanLine.objects.bulk_create(
        [
            PlanLine(
                plan=plan,
                channel_id=line.channel,
                share=line.share,
                visit_rate=line.visit_rate,
                cost_per_visit=line.cost_per_visit,
                cost_per_lead=line.cost_per_lead,
            )
            for line in values.lines
        ]
    )


@transaction.atomic
def sign(*, month: date, by: User, version: int | None, at: datetime | None = None) -> PlanSignature:
    """Sign the version that was read, for one's side: both heads in either order, then the director.

    Signing twice signs once. Raises `NotAllowed`, `NotFound`, `Conflict` when the plan changed meanwhile, `Invalid` for
    whoever signs before it is their turn, or for both departments.
    """
    mine = [side for side, may in MAY_SIGN.items() if by.can(may)]
    if not mine:
        raise NotAllowed(_("Both heads sign the plan, then the director."))
    plan = db.locked(Plan.objects.filter(month=month)).first()
    if plan is None:
        raise NotFound(_("This month has no plan to sign."))
    if version != plan.version:
        raise Conflict(
            _("The plan changed meanwhile: this is version %(n)d now. Look again before you sign.")
            % {"n": plan.version},
            version=plan.version,
        )
    _keep(plan)
    signed = signatures_of(plan)
    own = next((row for row in signed.values() if row.by_id == by.pk), None)
    turn = versions.sign_next(signed)
    side = next((side for side in mine if side in turn), None)
    if side is None:
        if own is not None:
            return own
        if Side.DIRECTION in mine and Side.DIRECTION not in signed:
            raise Invalid(_("The director signs after both heads."))
        raise Invalid(_("This version is already signed for your side."))
    if own is not None:
        # Departments control each other: whoever may sign for two signs for one.
        raise Invalid(_("The other side's signature has to come from somebody else."))
    return PlanSignature.objects.create(
        plan=plan, number=plan.version, side=side.value, by=by, at=at or timezone.now()
    )


def _conflict(plan: Plan | None) -> Conflict:
    name = plan.changed_by.name if plan and plan.changed_by else ""
    if name:
        text = _("%(name)s changed this plan meanwhile. What you typed is still here: look again and save.")
        return Conflict(text % {"name": name}, version=plan.version if plan else None)
    return Conflict(
        _("This plan changed meanwhile. What you typed is still here: look again and save."),
        version=plan.version if plan else None,
    )
