"""Disputes as pages show them: what was said, for whom they wait, and what this person may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.domain import disputes as rules
from feedback.models import Decision, Dispute
from feedback.selectors.limits import close_after
from leads.domain import transitions
from leads.models import Lead, Mark
from leads.models.lead import MarkChoices
from leads.selectors import agreement, marks
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role

PAGE = 30
_SIDES = {
    Role.HEAD_OF_MARKETING: rules.MARKETING,
    Role.HEAD_OF_SALES: rules.SALES,
    Role.DIRECTOR: rules.DIRECTION,
}


class Cut(StrEnum):
    """Which disputes the page lists."""

    OPEN = "open"
    ENDED = "ended"


def visible_to(person: User) -> QuerySet[Dispute]:
    """Everyone signed in sees every dispute: openness is the point."""
    return Dispute.objects.all() if person.is_active else Dispute.objects.none()


def told(disputes: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """With the lead, the mark, the people and what they said: five queries, however many disputes."""
    return disputes.select_related("lead__campaign", "mark__by", "mark__reason", "by").prefetch_related(
        "by__groups", "mark__by__groups", "decisions__by__groups"
    )


def sides_of(person: User) -> list[str]:
    """The sides this person has a word for."""
    return [side for role, side in _SIDES.items() if person.has_role(role)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A dispute with the words on it and what this person may do now; services decide again."""

    dispute: Dispute
    decisions: list[Decision]
    waits_for: str  # in words; empty once it is over
    own: Decision | None
    may_decide: bool
    may_withdraw: bool
    is_moot: bool  # sales has changed the mark: a worker ends it within a minute

    @property
    def days(self) -> int:
        """For how many whole days it is, or was, open."""
        return ((self.dispute.ended_at or timezone.now()) - self.dispute.at).days

    @property
    def is_open(self) -> bool:
        return self.dispute.state == Dispute.State.OPEN

    @property
    def before(self) -> str:
        return str(MarkChoices(self.dispute.mark.value).label)

    @property
    def after(self) -> str:
        return str(MarkChoices(self.dispute.wanted).label)


def shown(dispute: Dispute, person: User) -> Shown:
    """No query for a dispute that `told` has read."""
    decisions = list(dispute.decisions.all())
    is_open = dispute.state == Dispute.State.OPEN
    said_by = {one.side: one.by_id for one in decisions}
    is_moot = is_open and not marks.stands(dispute.mark, dispute.lead)
    side = rules.side_for(person.pk, sides_of(person), said_by) if is_open and not is_moot else None
    return Shown(
        dispute=dispute,
        decisions=decisions,
        waits_for=_waits_for({one.side: one.verdict for one in decisions}) if is_open else "",
        own=next((one for one in decisions if one.side == side), None),
        may_decide=side is not None,
        may_withdraw=is_open and not is_moot and dispute.by_id == person.pk,
        is_moot=is_moot,
    )


def _waits_for(said: dict[str, str]) -> str:
    if rules.heads_differ(said):
        return _("The heads differ: the director decides")
    if rules.SALES in said:
        return _("Waits for the head of marketing")
    if rules.MARKETING in said:
        return _("Waits for the head of sales")
    return _("Waits for both heads")


# ---------------------------------------------------------------------------------------------- the list


def cut_of(cut: Cut, person: User, *, campaign: int | None = None) -> QuerySet[Dispute]:
    """Open ones oldest first, ended ones newest first."""
    found = visible_to(person)
    if campaign is not None:
        found = found.filter(lead__campaign=campaign)
    if cut is Cut.ENDED:
        return found.exclude(state=Dispute.State.OPEN).order_by("-id")
    return found.filter(state=Dispute.State.OPEN).order_by("id")


def page_of(
    cut: Cut, person: User, *, campaign: int | None = None, after: int | None = None
) -> tuple[list[Shown], int | None]:
    """A page of the list and the key of the next one."""
    rows = cut_of(cut, person, campaign=campaign)
    if after is not None:
        rows = rows.filter(pk__lt=after) if cut is Cut.ENDED else rows.filter(pk__gt=after)
    found = list(told(rows)[: PAGE + 1])
    next_key = found[PAGE - 1].pk if len(found) > PAGE else None
    return [shown(one, person) for one in found[:PAGE]], next_key


def campaign_named(campaign: int | None) -> Campaign | None:
    """The campaign that the list is cut to."""
    return Campaign.objects.filter(pk=campaign).first() if campaign is not None else None


def open_count(*, campaign: int | None = None) -> int:
    """How many disputes are open. One query over the index of open ones."""
    found = Dispute.objects.filter(state=Dispute.State.OPEN)
    return (found.filter(lead__campaign=campaign) if campaign is not None else found).count()


def waiting_for(person: User) -> int:
    """How many disputes wait for this person's word; the director's are those on which the heads differ.

    One query for those who decide, none for others.
    """
    sides = sides_of(person)
    if not sides:
        return 0
    words = Decision.objects.filter(dispute=OuterRef("pk"))
    marketing, sales = (Exists(words.filter(side=side)) for side in rules.HEADS)
    conditions = {
        rules.MARKETING: ~marketing,
        rules.SALES: ~sales,
        rules.DIRECTION: marketing & sales,
    }
    which = Q(pk__in=())
    for side in sides:
        which |= Q(conditions[side])
    mine = Exists(words.filter(by=person))
    return Dispute.objects.filter(which, ~mine | Q(marketing & sales), state=Dispute.State.OPEN).count()


# ---------------------------------------------------------------------------------------------- a lead's page


@dataclass(frozen=True, slots=True)
class Possible:
    """A mark that this person may dispute until an instant, and what it could be instead."""

    mark: Mark
    until: datetime
    wanted: list[tuple[str, str]]


def window(mark: Mark) -> datetime:
    """Until when a mark can be disputed: the end of the last of the agreed working days after it."""
    return close_after(mark.at, agreement.terms().dispute_days)


def possible(
    lead: Lead, person: User, now: datetime, disputed: Iterable[int] | None = None
) -> Possible | None:
    """The lead's mark if this person may dispute it now. `disputed`: marks known to have been."""
    if not person.can(Can.DISPUTE) or not transitions.overturned_to(lead.mark):
        return None
    mark = marks.standing(lead)
    if mark is None or mark.by_id == person.pk or marks.is_overruling(mark):
        return None
    known = (
        set(Dispute.objects.filter(mark=mark).values_list("mark", flat=True))
        if disputed is None
        else disputed
    )
    if mark.pk in known or now > (until := window(mark)):
        return None
    return Possible(
        mark,
        until,
        [(one.value, str(MarkChoices(one).label)) for one in transitions.overturned_to(mark.value)],
    )


def of_lead(lead: Lead, person: User) -> list[Shown]:
    """The disputes about the lead's marks, the newest first; one short query where there are none."""
    keys = list(Dispute.objects.filter(lead=lead).order_by("-id").values_list("pk", flat=True)[:20])
    found = told(Dispute.objects.filter(pk__in=keys).order_by("-id")) if keys else ()
    return [shown(one, person) for one in found]


# ---------------------------------------------------------------------------------------------- a campaign's page


@dataclass(frozen=True, slots=True)
class Figures:
    """How many marks of a campaign's leads were disputed, how many of them are open or were overturned."""

    disputed: int
    open: int
    overturned: int


def of_campaign(campaign: Campaign) -> Figures:
    """Test leads are in no figure, and neither is what was withdrawn. One query."""
    rows = Dispute.objects.filter(lead__campaign=campaign, lead__is_test=False)
    return Figures(
        **rows.exclude(state=Dispute.State.WITHDRAWN).aggregate(
            disputed=Count("pk"),
            open=Count("pk", filter=Q(state=Dispute.State.OPEN)),
            overturned=Count("pk", filter=Q(state=Dispute.State.OVERTURNED)),
        )
    )
