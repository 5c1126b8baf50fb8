"""What a question carries from the moment of asking, so that the talk starts from facts."""

from typing import Any

from django.db.models import Count, Q

from campaigns.models import Campaign
from leads.domain.words import GOOD_MARKS, MarkValue
from leads.models import Activity, Handoff, Lead
from leadsync.accounts.selectors import calendars_for

ACTIVITIES = 10


def _iso(value: Any) -> str | None:
    return value.isoformat() if value else None


def of_lead(lead: Lead) -> dict[str, Any]:
    """Arrival, handoff, first contact with the working minutes between, attempts, mark. Plain JSON values."""
    handoff = Handoff.objects.filter(lead=lead).select_related("rep").order_by("id").first()
    tried = list(
        Activity.objects.filter(lead=lead).attempts().select_related("by").order_by("at", "id")[:ACTIVITIES]
    )
    waited = None
    if handoff is not None and lead.first_contact_at is not None and lead.first_contact_at >= handoff.at:
        calendar = calendars_for([handoff.rep_id])[handoff.rep_id]
        waited = round(calendar.between(handoff.at, lead.first_contact_at) / 60)
    return {
        "received_at": _iso(lead.received_at),
        "handed_off_at": _iso(handoff.at if handoff else None),
        "rep": handoff.rep.name if handoff else None,
        "due_at": _iso(handoff.due_at if handoff else None),
        "first_contact_at": _iso(lead.first_contact_at),
        "is_in_time": lead.is_in_time,
        "working_minutes": waited,
        "attempts": [
            {
                "at": _iso(activity.at),
                "kind": activity.kind,
                "outcome": activity.outcome,
                "by": activity.by.name if activity.by else "",
            }
            for activity in tried
        ],
        "mark": lead.mark,
        "marked_at": _iso(lead.marked_at),
    }


def of_campaign(campaign: Campaign) -> dict[str, Any]:
    """How its leads stand: received, contacted, promising or better, not a fit."""
    return (
        Lead.objects.filter(campaign=campaign)
        .counted()
        .aggregate(
            leads=Count("pk"),
            contacted=Count("pk", filter=Q(first_contact_at__isnull=False)),
            good=Count("pk", filter=Q(mark__in=GOOD_MARKS)),
            not_a_fit=Count("pk", filter=Q(mark=MarkValue.NOT_A_FIT)),
        )
    )
