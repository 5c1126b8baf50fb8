"""Hosted forms."""

from typing import Any

from campaigns.models import Campaign
from leadsync.accounts.models import User
from leadsync.intake.domain.hosted import Asked, Plan, Texts
from leadsync.intake.models import LeadForm
from leadsync.intake.services import forms
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make_campaign

ENGLISH = Texts(
    title="Talk to us",
    intro="We answer within a day.",
    button="Send it",
    consent="I agree that you call me.",
    thanks="Thank you, we will call.",
)
POLISH = Texts(
    title="Porozmawiajmy",
    button="Wyślij to",
    consent="Zgadzam się na telefon.",
    thanks="Dziękujemy, zadzwonimy.",
    labels={"name": "Imię i nazwisko"},
)


def plan(*fields: str, **data: Any) -> Plan:
    """A form as somebody wants it; a field with an exclamation mark is required: `plan("name!", "email")`."""
    asked = tuple(Asked(one.rstrip("!"), one.endswith("!")) for one in fields or ("name!", "email!", "need"))
    return Plan(
        **{"name": "Contact", "fields": asked, "texts": {"en": ENGLISH, "pl": POLISH}, "language": "en"}
        | data
    )


def hosted_form(
    *fields: str, campaign: Campaign | None = None, is_open: bool = True, by: User | None = None, **data: Any
) -> LeadForm:
    """An open form of a live campaign, made by a marketer."""
    by = by or person("marketer")
    made = forms.create(campaign=campaign or make_campaign(), plan=plan(*fields, **data), by=by)
    return forms.switch(form=made, is_open=is_open, by=by)
