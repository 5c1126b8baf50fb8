"""A small company with campaigns and reps, and a way to change leads that leaves the roll-up its hints."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from campaigns.models import Campaign, Channel, Touch
from leads.models import Activity, Lead
from leadsync.accounts.models import Company, User
from tests.factories.accounts import CompanyFactory, person

STAMPS = (
    "received_at",
    "handed_off_at",
    "first_contact_at",
    "marked_at",
    "qualified_at",
    "won_at",
    "lost_at",
)


def at(text: str) -> datetime:
    """An instant in UTC from its ISO text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class World:
    """What the tests of this folder play with."""

    company: Company
    marketer: User
    reps: list[User]
    channels: list[Channel]
    campaigns: list[Campaign]

    def campaign(self, name: str, **fields: Any) -> Campaign:
        defaults = {"channel": self.channels[0], "owner": self.marketer, "state": Campaign.State.LIVE}
        made = Campaign.objects.create(name=name, **defaults | fields)
        self.campaigns.append(made)
        return made

    def lead(self, **fields: Any) -> Lead:
        defaults = {"campaign": self.campaigns[0], "name": "Someone", "received_at": at("2026-11-10T10:00")}
        made = Lead.objects.create(**defaults | fields)
        touch(made)
        return made

    def change(self, lead: Lead, **fields: Any) -> Lead:
        touch(lead)
        for name, value in fields.items():
            setattr(lead, name, value)
        lead.save()
        touch(lead)
        return lead

    def spend_time(
        self, lead: Lead, by: User | None, when: datetime, minutes: int, **fields: Any
    ) -> Activity:
        made = Activity.objects.create(
            lead=lead, campaign=lead.campaign, by=by, at=when, minutes=minutes, **fields
        )
        Touch.objects.create(campaign=lead.campaign, at=when)
        return self._add_minutes(lead, made)

    def _add_minutes(self, lead: Lead, made: Activity) -> Activity:
        self.change(lead, minutes=lead.minutes + made.minutes)
        return made


def touch(lead: Lead) -> None:
    """The hints that services leave for a lead: every stamp it has."""
    Touch.objects.bulk_create(
        [
            Touch(campaign_id=lead.campaign_id, at=getattr(lead, name))
            for name in STAMPS
            if getattr(lead, name) is not None
        ]
    )


@pytest.fixture
def world(db: None) -> World:
    company = CompanyFactory.create(zone="Europe/Warsaw")
    marketer = person("marketer", name="Marta Zielińska")
    reps = [person("rep", name="Paweł Krawczyk"), person("rep", name="Iga Mazur")]
    channels = [Channel.objects.create(name="Website"), Channel.objects.create(name="Fair")]
    made = World(company, marketer, reps, channels, [])
    made.campaign("Racking calculator")
    made.campaign("Metal Expo list", channel=channels[1], kind=Campaign.Kind.LIST)
    return made


@pytest.fixture
def day() -> Callable[[str], date]:
    return date.fromisoformat
