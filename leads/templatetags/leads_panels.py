"""Panels about leads: one selector, one template."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign
from leads.domain.words import OPEN_STAGES
from leads.selectors import panels
from leadsync.accounts.access import person_of
from leadsync.accounts.models import User

register = template.Library()


@register.inclusion_tag("leads/panels/customers_say_wait.html")
def customers_say(campaign: Campaign | None = None) -> dict[str, Any]:
    """What customers say most and how much is known, fetched after the page: counting takes longer than showing it."""
    cut = f"?campaign={campaign.pk}" if campaign else ""
    return {
        "panel_url": reverse("leads:voice_panel") + cut,
        "voice_url": reverse("leads:voice") + (f"{cut}&period=year" if campaign else ""),
    }


@register.inclusion_tag("leads/panels/campaign_leads.html", takes_context=True)
def campaign_leads(context: RequestContext, campaign: Campaign) -> dict[str, Any]:
    """Draw the newest leads of the campaign with what sales said, and the way to all of them."""
    found = panels.campaign_leads(campaign, person_of(context["request"]))
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "shell": context.get("shell"),
        "campaign": campaign,
        "found": found,
        "may_log": context.get("may_log"),
    }


@register.inclusion_tag("leads/panels/leaving.html")
def leaving_leads(person: User) -> dict[str, Any]:
    """Say before an account is switched off how many open leads would go to whom."""
    stages = [("stage", stage.value) for stage in OPEN_STAGES]
    return {
        "leaving": panels.leaving(person, timezone.now()),
        "url": f"{reverse('leads:list')}?{urlencode([*stages, ('owner', person.pk)])}",
    }
