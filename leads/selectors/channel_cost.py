"""What the leads of a channel take of sales' time: what stands still when nobody can reach us by it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum

from leads.models import Lead
from leads.selectors import agreement

DAYS: Final = 30


def proof_days() -> int:
    """For how many days a proof of a contact point counts, as agreed."""
    return agreement.terms().proof_days


def minutes_a_day(channels: Collection[int], now: datetime) -> dict[int, int]:
    """Sales minutes a day, rounded up, on the leads that came by each channel in the last 30 days. One query.

    Leads a day times average minutes a lead: the days and the leads cancel out, the sum over 30 stays.
    """
    rows = (
        Lead.objects.counted()
        .filter(campaign__channel__in=channels, is_history=False, received_at__gt=now - timedelta(days=DAYS))
        .filter(received_at__lte=now)
        .order_by()
        .values_list("campaign__channel")
        .annotate(total=Sum("minutes"))
    )
    return {channel: -(-(total or 0) // DAYS) for channel, total in rows}
