"""What a lead's page and the queue say of consent."""

from django import template

from leads.forms.consents import ConsentForm
from leads.models import Consent, Lead
from leads.selectors import consents

register = template.Library()


@register.simple_tag
def consents_of(lead: Lead) -> list[consents.Said]:
    """All that the person agreed to or took back, the newest first. One query."""
    return consents.of_lead(lead)


@register.simple_tag
def consent_taken_back(lead: Lead) -> Consent | None:
    """The person's last word where it takes consent back. One query."""
    return consents.taken_back(lead.pk)


@register.simple_tag
def consent_form() -> ConsentForm:
    """An empty form to note what the person said."""
    return ConsentForm()
