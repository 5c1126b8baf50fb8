"""The figures beside each campaign of the list, for all rows of a page at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from feedback.domain.gate import GOOD
from feedback.domain.worth import Benefit, weigh
from feedback.selectors.gate import OVER
from leads.models import Lead
from leads.models.lead import MarkChoices


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign of the list with its work and benefit and the leads it brought this month."""

    campaign: Campaign
    benefit: Benefit
    this_month: int = 0
    estimated: int = 0


def campaign_rows(
    campaigns: Iterable[Campaign], *, month_start: datetime, limit: int, gate_size: int
) -> list[CampaignRow]:
    """The campaigns in the order given, each with its figures over all its leads. One query.

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
        )
        .order_by()
    }
    nothing = {"leads": 0, "this_month": 0, "good": 0, "marked": 0, "minutes": 0, "estimated": 0}
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
        found.append(CampaignRow(campaign, benefit, row["this_month"], row["estimated"]))
    return found
