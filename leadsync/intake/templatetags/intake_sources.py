"""Panels about sources: one selector, one template."""

from typing import Any

from django import template
from django.template.context import RequestContext

from campaigns.models import Campaign
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can
from leadsync.intake.selectors import sources

register = template.Library()


@register.inclusion_tag("intake/source_panel.html", takes_context=True)
def sources_panel(context: RequestContext, campaign: Campaign) -> dict[str, Any]:
    """Draw the programs that send leads of this campaign, and how they stand; nothing where there are none."""
    return {
        "rows": sources.rows_of_campaign(campaign),
        "may_edit": person_of(context["request"]).can(Can.EDIT_INTAKE),
        "is_over": campaign.state in {Campaign.State.ENDED, Campaign.State.STOPPED},
    }
