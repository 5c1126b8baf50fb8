"""Disputes on other apps' pages: beside a lead's mark, on a campaign's page, and how many wait."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone

from campaigns.models import Campaign
from feedback.forms import DisputeForm
from feedback.selectors import disputes
from leads.models import Lead
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can

register = template.Library()


@register.inclusion_tag("feedback/dispute_panel.html", takes_context=True)
def dispute_panel(context: Context, lead: Lead) -> dict[str, Any]:
    """The disputes about a lead's marks, and a form to dispute the mark it has where this person may."""
    request = context["request"]
    person = person_of(request)
    found = disputes.of_lead(lead, person)
    possible = disputes.possible(
        lead, person, timezone.now(), disputed={one.dispute.mark_id for one in found}
    )
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": person,
        "lead": lead,
        "disputes": found,
        "ended": [one for one in found if not one.is_open],
        "possible": possible,
        "form": DisputeForm(choices=possible.wanted) if possible else None,
    }


@register.inclusion_tag("feedback/dispute_tab.html", takes_context=True)
def dispute_tab(context: Context) -> dict[str, Any]:
    """The way to the disputes, with how many wait: for one's word, or for anybody's."""
    person = person_of(context["request"])
    decides = person.can(Can.DECIDE_DISPUTES)
    return {"count": disputes.waiting_for(person) if decides else disputes.open_count()}


@register.inclusion_tag("feedback/panels/disputed.html")
def disputed_marks(campaign: Campaign) -> dict[str, Any]:
    """One line: how many marks of the campaign's leads were disputed, and what came of it."""
    return {"campaign": campaign, "figures": disputes.of_campaign(campaign)}
