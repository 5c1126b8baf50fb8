"""Channels and campaigns."""

from typing import Any

from factory.declarations import LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory

from campaigns.models import Campaign, Channel
from tests.factories.accounts import person


class ChannelFactory(DjangoModelFactory):
    name = Sequence(lambda n: f"Channel {n}")

    class Meta:
        model = Channel


class CampaignFactory(DjangoModelFactory):
    """A live campaign of the website kind (promise: 60 working minutes), owned by a marketer of its own."""

    name = Sequence(lambda n: f"Campaign {n}")
    kind = Campaign.Kind.WEBSITE
    state = Campaign.State.LIVE
    channel = SubFactory(ChannelFactory)
    owner = LazyFunction(lambda: person("marketer"))

    class Meta:
        model = Campaign


def channel(**fields: Any) -> Channel:
    """A channel: `channel(name="Website")`."""
    made = ChannelFactory.create(**fields)
    assert isinstance(made, Channel)
    return made


def campaign(**fields: Any) -> Campaign:
    """A live campaign: `campaign(kind="event", owner=marketer)`."""
    made = CampaignFactory.create(**fields)
    assert isinstance(made, Campaign)
    return made
