"""What a campaign took and gave, and why sales said no."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Spend
from feedback.domain.gate import GOOD
from feedback.domain.worth import Benefit, Money, in_money, weigh
from feedback.selectors.gate import OVER
from leads.models import Lead
from leads.models.agreement import stock_label
from leads.models.lead import MarkChoices, StageChoices
from leadsync.accounts.selectors import company

_FIGURES: dict[str, Any] = {
    "leads": Count("pk"),
    "good": Count("pk", filter=Q(mark__in=GOOD)),
    "marked": Count("pk", filter=~Q(mark=MarkChoices.NONE)),
    "minutes": Coalesce(Sum("minutes"), 0),
    "estimated": Coalesce(Sum("minutes_estimated"), 0),
}
# What is known in money besides.
MONEY_FIGURES: dict[str, Any] = {
    "qualified": Count("pk", filter=Q(mark=MarkChoices.QUALIFIED)),
    "deals": Count("pk", filter=Q(stage=StageChoices.WON)),
    "revenue": Sum("amount", filter=Q(stage=StageChoices.WON), default=Decimal(0)),
}


@dataclass(frozen=True, slots=True)
class CampaignBenefit:
    """A campaign with its work and benefit. `estimated`: minutes among the benefit's that nobody entered."""

    campaign_id: int
    name: str
    benefit: Benefit
    estimated: int = 0
    money: Money | None = None


def spent_on(campaign_ids: Collection[int]) -> dict[int, Decimal]:
    """What was noted as spend, by campaign; nothing where nobody noted any. One query."""
    rows = Spend.objects.filter(campaign__in=campaign_ids).order_by().values_list("campaign")
    return dict(rows.annotate(spent=Sum("amount")))


def benefit_of(
    campaign: Campaign, *, limit: int, gate_size: int, spent: Decimal | None = None
) -> CampaignBenefit:
    """Work and benefit of all leads of one campaign; `spent` is its spend, None where none is noted. One query."""
    figures = Lead.objects.counted().filter(campaign=campaign).aggregate(**_FIGURES, **MONEY_FIGURES)
    estimated = figures.pop("estimated")
    known = {name: figures.pop(name) for name in MONEY_FIGURES}
    benefit = weigh(limit=limit, gate_size=gate_size, is_closed=campaign.state in OVER, **figures)
    money = in_money(
        minutes=benefit.minutes, hour=company().labour_cost, spent=spent, good=benefit.good, **known
    )
    return CampaignBenefit(campaign.pk, campaign.name, benefit, estimated, money)


def benefits(
    *, since: datetime, limit: int, gate_size: int, also: Iterable[int] = ()
) -> list[CampaignBenefit]:
    """Live campaigns (and those in `also`) by sales time for each good lead since then. One query."""
    rows: Iterable[Mapping[str, Any]] = (
        Lead.objects.counted()
        .filter(received_at__gte=since)
        .filter(Q(campaign__state=Campaign.State.LIVE) | Q(campaign__in=list(also)))
        .values("campaign", "campaign__name", "campaign__state")
        .annotate(**_FIGURES)
        .order_by()
    )
    found = []
    for row in rows:
        benefit = weigh(
            leads=row["leads"],
            good=row["good"],
            marked=row["marked"],
            minutes=row["minutes"],
            limit=limit,
            gate_size=gate_size,
            is_closed=row["campaign__state"] in OVER,
        )
        found.append(CampaignBenefit(row["campaign"], row["campaign__name"], benefit, row["estimated"]))
    return sorted(found, key=_best_first)


def _best_first(row: CampaignBenefit) -> tuple[bool, Any, str]:
    each = row.benefit.minutes_each
    return (each is None, each or 0, row.name)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many leads of a campaign one reason speaks for."""

    words: str
    count: int
    query: str  # of the leads list, after the campaign


def reasons_of(campaign: Campaign) -> list[ReasonCount]:
    """Why leads of the campaign were not good, most frequent first. One query."""
    rows = (
        Lead.objects.counted()
        .filter(campaign=campaign, mark__in=[MarkChoices.NOT_A_FIT, MarkChoices.UNREACHABLE])
        .values_list("mark", "reason__key", "reason__label")
        .annotate(count=Count("pk"))
        .order_by("-count", "reason__label")
    )
    return [
        ReasonCount(
            _("Unreachable")
            if mark == MarkChoices.UNREACHABLE
            else stock_label(label)
            if label
            else _("No reason given"),
            count,
            f"mark={mark}" + (f"&reason={key}" if key and mark == MarkChoices.NOT_A_FIT else ""),
        )
        for mark, key, label, count in rows
    ]
