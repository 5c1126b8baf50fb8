"""The figures beside each campaign of the list, for all rows of a page at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from feedback.domain.gate import GOOD, Gate
from feedback.domain.worth import Benefit, Money, in_money, weigh
from feedback.selectors import running_gates
from feedback.selectors.gate import OVER
from feedback.selectors.worth import MONEY_FIGURES, spent_on
from leads.models import Lead
from leads.models.lead import MarkChoices
from leadsync.accounts.selectors import company


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign of the list with its work and benefit and the leads it brought this month."""

    campaign: Campaign
    benefit: Benefit
    this_month: int = 0
    estimated: int = 0
    money: Money | None = None
    gate: Gate | None = None  # of a running campaign that has leads in it


def campaign_rows(
    campaigns: Iterable[Campaign], *, month_start: datetime, limit: int, gate_size: int, gate_needed: int
) -> list[CampaignRow]:
    """The campaigns in the order given, each with its figures over all its leads. Three queries.

    `limit` is minutes of sales time for each good lead. Test leads are in no figure.
    """
    asked = list(campaigns)
    figures = {
        row["campaign"]: row
        for row in Lead.objects.counted()
        .filter(campaign__in=[campaign.pk for campaign in asked])
        .values("campaign")
        .annotate(
            leads=Count("pk"),
            this_month=Count("pk", filter=Q(received_at__gte=month_start)),
            good=Count("pk", filter=Q(mark__in=GOOD)),
            marked=Count("pk", filter=~Q(mark=MarkChoices.NONE)),
            minutes=Coalesce(Sum("minutes"), 0),
            estimated=Coalesce(Sum("minutes_estimated"), 0),
            **MONEY_FIGURES,
        )
        .order_by()
    }
    spent = spent_on([campaign.pk for campaign in asked])
    running = running_gates.gates(
        size=gate_size, needed=gate_needed, campaigns=[campaign.pk for campaign in asked]
    )
    gates = {one.campaign_id: one for one in running}
    hour = company().labour_cost
    nothing = dict.fromkeys(
        ("leads", "this_month", "good", "marked", "minutes", "estimated", *MONEY_FIGURES), 0
    )
    found = []
    for campaign in asked:
        row = figures.get(campaign.pk, nothing)
        benefit = weigh(
            leads=row["leads"],
            good=row["good"],
            marked=row["marked"],
            minutes=row["minutes"],
            limit=limit,
            gate_size=gate_size,
            is_closed=campaign.state in OVER,
        )
        known: dict[str, Any] = dict(row)
        money = in_money(
            minutes=known["minutes"],
            hour=hour,
            spent=spent.get(campaign.pk),
            good=known["good"],
            **{name: known[name] for name in MONEY_FIGURES},
        )
        found.append(
            CampaignRow(
                campaign,
                benefit,
                row["this_month"],
                row["estimated"],
                money,
                gates[campaign.pk].gate if campaign.pk in gates else None,
            )
        )
    return found
