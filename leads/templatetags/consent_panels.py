"""What a lead's page says of consent."""

from django import template

from leads.forms.consents import ConsentForm
from leads.models import Lead
from leads.selectors import consents

register = template.Library()


@register.simple_tag
def consents_of(lead: Lead) -> list[consents.Said]:
    """All that the person agreed to or took back, the newest first. One query where there is anything."""
    return consents.of_lead(lead) if getattr(lead, "has_consents", True) else []


@register.simple_tag
def consent_form() -> ConsentForm:
    """An empty form to note what the person said."""
    return ConsentForm()
