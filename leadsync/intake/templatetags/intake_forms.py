"""Panels about hosted forms: one selector, one template."""

from typing import Any

from django import template
from django.template.context import RequestContext

from campaigns.models import Campaign
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can
from leadsync.intake.selectors import forms

register = template.Library()


@register.inclusion_tag("intake/form_panel.html", takes_context=True)
def forms_panel(context: RequestContext, campaign: Campaign) -> dict[str, Any]:
    """Draw the forms of the campaign with their state, and the way to a new one."""
    return {
        "campaign": campaign,
        "rows": forms.form_rows(campaign),
        "may_edit": person_of(context["request"]).can(Can.EDIT_INTAKE),
    }
