"""The list of campaigns and one campaign's page: what this app knows. Figures are panels of other apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import (
    FETCH_RAISE,
    Case,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate

from campaigns.domain.states import RANK, RUNNING
from campaigns.models import Campaign, Channel, ContactPoint, Spend, Visits
from campaigns.selectors.channels import PointRow, point_rows
from campaigns.selectors.history import Happened, what_happened
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import people_with

PAGE = 50
RECENT = 6


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """What the list is cut to; None and "" leave a cut out. `state` may also be "running"."""

    text: str = ""
    state: str = ""
    channel: int | None = None
    owner: int | None = None
    market: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is cut away."""
        return self != CampaignFilter()


@dataclass(frozen=True, slots=True)
class CampaignList:
    """One page of the list. `after` is the key of the next page, "" on the last."""

    campaigns: Sequence[Campaign]
    total: int
    shown: int
    after: str


def filtered(by: CampaignFilter) -> QuerySet[Campaign]:
    """The campaigns that pass the filter, in no order."""
    rows = Campaign.objects.all()
    if by.state == "running":
        rows = rows.filter(state__in=RUNNING)
    elif by.state:
        rows = rows.filter(state=by.state)
    if by.channel:
        rows = rows.filter(channel=by.channel)
    if by.owner:
        rows = rows.filter(owner=by.owner)
    if by.market:
        rows = rows.filter(market=by.market)
    for word in by.text.split()[:5]:
        # SQLite folds the case of Latin letters only: ask for the usual spellings of other alphabets too.
        spellings = {word, word.lower(), word.capitalize(), word.upper()}
        found = Q()
        for spelling in spellings:
            found |= Q(name__icontains=spelling) | Q(segment__icontains=spelling)
        rows = rows.filter(found)
    return rows


def campaign_list(by: CampaignFilter, *, after: str = "", size: int = PAGE) -> CampaignList:
    """A page of campaigns: what runs first, then by start, the latest first. Two queries, whatever the size.

    `after` is the key that the page before gave; one that is no key begins anew.
    """
    rows = filtered(by)
    total = rows.count()
    rows = rows.annotate(
        rank=Case(
            *(When(state=state, then=Value(place)) for place, state in enumerate(RANK)),
            default=Value(len(RANK)),
            output_field=IntegerField(),
        ),
        begins=Coalesce(F("starts_on"), TruncDate("created_at")),
    )
    key = _read_key(after)
    shown = 0
    if key:
        rank, begins, pk, shown = key
        rows = rows.filter(
            Q(rank__gt=rank) | Q(rank=rank, begins__lt=begins) | Q(rank=rank, begins=begins, pk__lt=pk)
        )
    found = list(
        rows.select_related("channel", "owner")
        .order_by("rank", "-begins", "-pk")
        .fetch_mode(FETCH_RAISE)[: size + 1]
    )
    campaigns = found[:size]
    shown += len(campaigns)
    return CampaignList(
        campaigns=campaigns,
        total=total,
        shown=shown,
        after=_key(campaigns[-1], shown) if len(found) > size else "",
    )


def _key(campaign: Campaign, shown: int) -> str:
    rank, begins = campaign.rank, campaign.begins  # type: ignore[attr-defined]  # annotated above
    return f"{rank}~{begins.isoformat()}~{campaign.pk}~{shown}"


def _read_key(text: str) -> tuple[int, date, int, int] | None:
    parts = text.split("~")
    try:
        rank, begins, pk, shown = parts
        return int(rank[:3]), date.fromisoformat(begins), int(pk[:18]), int(shown[:9])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be cut by: only what campaigns really have."""

    channels: list[Channel]
    owners: list[User]
    markets: list[str]


def choices() -> Choices:
    """Channels, owners and markets that campaigns have. Three queries."""
    return Choices(
        channels=list(Channel.objects.filter(pk__in=Campaign.objects.values("channel"))),
        owners=list(User.objects.filter(pk__in=Campaign.objects.values("owner"))),
        markets=list(
            Campaign.objects.exclude(market="").order_by("market").values_list("market", flat=True).distinct()
        ),
    )


def possible_owners(*, besides: int | None = None) -> QuerySet[User]:
    """Who can own a campaign: people of marketing, and who owns it now."""
    marketing = people_with(Role.MARKETER, Role.HEAD_OF_MARKETING).values("pk")
    return User.objects.filter(Q(pk__in=marketing) | Q(pk=besides))


def possible_channels(*, besides: int | None = None) -> QuerySet[Channel]:
    """Channels in use, and the campaign's own."""
    return Channel.objects.filter(Q(is_active=True) | Q(pk=besides))


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """What the page shows besides the panels of other apps."""

    campaign: Campaign
    spent: Decimal
    points: list[PointRow]
    happened: list[Happened]
    spends: list[Spend]
    spend_entries: int
    visits: list[Visits]
    visits_total: int
    visit_days: int

    @property
    def is_over_budget(self) -> bool:
        """Whether more was spent than planned."""
        return self.campaign.budget is not None and self.spent > self.campaign.budget


def campaign_page(campaign: Campaign, *, all_money: bool = False) -> CampaignPage:
    """One campaign: money, contact points with their last proof, history. A fixed number of queries.

    Without `all_money` only the latest entries of spend and visits are loaded; the totals count all of them.
    """
    cut = None if all_money else RECENT
    spends = Spend.objects.filter(campaign=campaign)
    visits = Visits.objects.filter(campaign=campaign)
    money = spends.aggregate(spent=Sum("amount"), entries=Count("pk"))
    counted = visits.aggregate(visits=Sum("count"), days=Count("pk"))
    return CampaignPage(
        campaign=campaign,
        spent=money["spent"] or Decimal(0),
        points=point_rows(ContactPoint.objects.filter(channel=campaign.channel_id, is_active=True)),
        happened=what_happened(campaign),
        spends=list(spends.select_related("by").fetch_mode(FETCH_RAISE)[:cut]),
        spend_entries=money["entries"],
        visits=list(visits.fetch_mode(FETCH_RAISE)[:cut]),
        visits_total=counted["visits"] or 0,
        visit_days=counted["days"],
    )
