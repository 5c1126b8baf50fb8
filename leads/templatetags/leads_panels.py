"""Panels about leads: one selector, one template."""

from typing import Any

from django import template
from django.template.context import RequestContext

from campaigns.models import Campaign
from leads.selectors import panels
from leadsync.accounts.access import person_of

register = template.Library()


@register.inclusion_tag("leads/panels/campaign_leads.html", takes_context=True)
def campaign_leads(context: RequestContext, campaign: Campaign) -> dict[str, Any]:
    """Draw the newest leads of the campaign with what sales said, and the way to all of them."""
    found = panels.campaign_leads(campaign, person_of(context["request"]))
    return {"campaign": campaign, "found": found, "may_log": context.get("may_log")}
