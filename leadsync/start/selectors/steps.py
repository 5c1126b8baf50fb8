"""How far a new company is: every step is read from the facts, so that doing it is what ticks it off."""

from datetime import datetime

from django.db.models import Min, QuerySet

from campaigns.models import Campaign, Proof
from leads.domain.words import MarkValue
from leads.models import Agreement, Lead, Mark
from leadsync.accounts.models import Invitation, User, WorkingHours
from leadsync.accounts.roles import SIDES, Side
from leadsync.kpi.models import Plan
from leadsync.meetings.models import Meeting
from leadsync.start.domain.steps import LEADS_WANTED, Fact, Progress, Step, progress
from leadsync.start.models import Start

DEPARTMENTS = (Side.MARKETING, Side.SALES)

_ONCE_LIVE = (Campaign.State.LIVE, Campaign.State.PAUSED, Campaign.State.ENDED, Campaign.State.STOPPED)


def state() -> Start:
    """Whether the list is over; an open one before anything was written. One query."""
    return Start.objects.select_related("put_aside_by").filter(pk=1).first() or Start()


def is_over() -> bool:
    """Whether all steps are done or the list was put aside. One query."""
    return over().exists()


def over() -> QuerySet[Start]:
    """The row that says so; nothing while the list is open."""
    return Start.objects.exclude(done_at=None, put_aside_at=None)


def facts() -> dict[Step, Fact]:
    """How each step stands. A fixed number of statements, each of which ends at the first row that decides."""
    return {
        Step.PEOPLE: _people(),
        Step.HOURS: _hours(),
        Step.CHANNELS: _channels(),
        Step.AGREEMENT: _agreement(),
        Step.CAMPAIGN: _campaign(),
        Step.LEADS: _leads(),
        Step.CONTACT: _contact(),
        Step.MARK: _mark(),
        Step.MEETING: _meeting(),
        Step.PLAN: _plan(),
    }


def how_far() -> Progress:
    """Steps done and the next one."""
    return progress(facts())


def _people() -> Fact:
    """Somebody of each department is here or invited. Two queries."""
    roles = {role.value: side for role, side in SIDES.items() if side in DEPARTMENTS}
    here = (
        User.objects.filter(is_active=True, is_former=False, groups__name__in=roles)
        .values_list("groups__name")
        .annotate(first=Min("joined_at"))
        .order_by()
    )
    since: dict[Side, datetime] = {}
    for role, first in here:
        side = roles[role]
        since[side] = min(since.get(side, first), first)
    asked_by: dict[Side, str] = {}
    invited = Invitation.objects.filter(revoked_at=None).select_related("invited_by").order_by("created_at")
    for one in invited:
        for role in one.roles:
            if role not in roles or roles[role] in asked_by:
                continue
            asked_by[roles[role]] = one.invited_by.name
            since[roles[role]] = min(since.get(roles[role], one.created_at), one.created_at)
    if len(since) < len(DEPARTMENTS):
        return Fact(have=len(since), want=len(DEPARTMENTS))
    last = max(since, key=lambda side: since[side])
    return Fact(True, since[last], asked_by.get(last, ""))


def _hours() -> Fact:
    """The company's hours were saved; nothing is kept of who did it. One query."""
    return Fact(WorkingHours.objects.filter(person=None).exists())


def _channels() -> Fact:
    """Some contact point was tried and works. One query."""
    proof = (
        Proof.objects.filter(is_ok=True, point__is_active=True, point__channel__is_active=True)
        .select_related("by")
        .order_by("pk")
        .first()
    )
    return Fact(True, proof.at, proof.by.name if proof.by else "") if proof else Fact()


def _agreement() -> Fact:
    """A version is in force, or was. Two queries where there is one: who signed."""
    found = (
        Agreement.objects.filter(in_force_at__isnull=False)
        .prefetch_related("signatures__by")
        .order_by("number")
        .first()
    )
    if found is not None:
        names = ", ".join(sign.by.name for sign in found.signatures.all())
        return Fact(True, found.in_force_at, names)
    proposed = Agreement.objects.filter(state=Agreement.State.PROPOSED).prefetch_related("signatures").first()
    return Fact(have=len(proposed.signatures.all()) if proposed else 0, want=2)


def _campaign() -> Fact:
    """Some campaign went live. Two queries."""
    campaign = Campaign.objects.filter(state__in=_ONCE_LIVE).select_related("owner").order_by("pk").first()
    if campaign is None:
        return Fact()
    change = (
        campaign.history.filter(state=Campaign.State.LIVE)
        .select_related("history_user")
        .order_by("history_date", "history_id")
        .first()
    )
    if change is None:
        return Fact(True, None, campaign.owner.name)
    return Fact(True, change.history_date, change.history_user.name if change.history_user else "")


def _leads() -> Fact:
    """Twenty leads. One query."""
    first = list(Lead.objects.counted().order_by("pk").values_list("received_at", flat=True)[:LEADS_WANTED])
    if len(first) < LEADS_WANTED:
        return Fact(have=len(first), want=LEADS_WANTED)
    return Fact(True, max(first))


def _contact() -> Fact:
    """Sales reached out to some lead. One query."""
    lead = (
        Lead.objects.counted()
        .filter(first_contact_at__isnull=False)
        .select_related("owner")
        .order_by("pk")
        .first()
    )
    return Fact(True, lead.first_contact_at, lead.owner.name if lead.owner else "") if lead else Fact()


def _mark() -> Fact:
    """Sales said what some lead is worth. One query."""
    mark = (
        Mark.objects.filter(reverted_at=None, lead__is_test=False)
        .exclude(value=MarkValue.NONE)
        .select_related("by")
        .order_by("pk")
        .first()
    )
    return Fact(True, mark.at, mark.by.name if mark.by else "") if mark else Fact()


def _meeting() -> Fact:
    """Some joint meeting was held. One query."""
    held = Meeting.objects.filter(state=Meeting.StateChoices.HELD).select_related("by").order_by("pk").first()
    return Fact(True, held.ended_at or held.began_at, held.by.name if held.by else "") if held else Fact()


def _plan() -> Fact:
    """Some month has its plan. One query."""
    plan = Plan.objects.select_related("changed_by").order_by("month").first()
    return Fact(True, plan.changed_at, plan.changed_by.name if plan.changed_by else "") if plan else Fact()
