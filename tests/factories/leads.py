"""Agreements and leads, made by the services that make them in the product."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Agreement, Criterion, Handoff, Lead, Reason
from leads.services import agreements, arrivals, handoff
from leadsync.accounts.models import User
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make_campaign

_numbers = count(1)

# A Tuesday in working hours of Warsaw (10:00 there), far from holidays and clock changes.
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def lead(
    *,
    owner: User | None = None,
    campaign: Campaign | None = None,
    at: datetime | None = None,
    given_at: datetime | None = None,
    **data: Any,
) -> Lead:
    """A lead logged by hand, handed to `owner` where one is given (the promise runs from `given_at`)."""
    number = next(_numbers)
    data = {"name": f"Lead {number}", "email": f"lead{number}@example.com"} | data
    received = arrivals.receive(
        data=arrivals.LeadData(**data),
        campaign=campaign or make_campaign(),
        door=Door.HAND,
        by=None,
        at=at,
        hand_off=False,
    )
    found = received.lead
    if owner is not None:
        handoff.give(lead=found, to=owner, by=None, at=given_at or at)
    return found


def running(of: Lead) -> Handoff:
    """The open handoff of a lead."""
    return Handoff.objects.get(lead=of, ended_at=None)


def owner_of(lead: Lead) -> User:
    """Who has the lead."""
    assert lead.owner is not None
    return lead.owner


def fresh(of: Lead) -> Lead:
    """The lead as the database has it."""
    return Lead.objects.get(pk=of.pk)


def reason(key: str = "no_budget") -> Reason:
    """A stock reason by key."""
    return Reason.objects.get(key=key)


def agreement_in_force(
    *,
    criteria: Iterable[dict[str, Any]] = (),
    promises: dict[str, tuple[str, int]] | None = None,
    **limits: Any,
) -> Agreement:
    """A version that both heads have signed; criteria as keyword arguments of `Criterion`."""
    marketing, sales = person("head_of_marketing"), person("head_of_sales")
    draft = agreements.new_draft(by=marketing)
    asked = [
        agreements.CriterionData(
            key=one.get("key", ""),
            question=one["question"],
            kind=one.get("kind", Criterion.Kind.YES_NO),
            threshold=None if one.get("threshold") is None else Decimal(one["threshold"]),
            choices=tuple(one.get("choices", ())),
            is_required=one.get("is_required", True),
            points=one.get("points", 0),
        )
        for one in criteria
    ]
    agreements.edit(agreement=draft, by=marketing, criteria=asked, promises=promises, limits=limits)
    agreements.propose(agreement=draft, by=marketing)
    agreements.sign(agreement=draft, by=marketing)
    agreements.sign(agreement=draft, by=sales)
    return draft
