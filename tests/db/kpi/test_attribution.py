"""Credit by first arrival, last arrival and even split: for whom it differs, and that the sums never do."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.test import Client

from campaigns.models import Spend, Touch
from leads.models import Arrival, Lead
from leadsync.kpi.domain.attribution import Credit
from leadsync.kpi.selectors.attribution import Cut, Row, attribution, total
from leadsync.kpi.selectors.funnel import total as funnel_total
from leadsync.kpi.services import rollup
from tests.db.kpi.conftest import World
from tests.factories.accounts import person

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
AT = datetime(2026, 11, 10, 10, tzinfo=UTC)


def came(world: World, *through: int, **fields: Any) -> Lead:
    """A lead that arrived through these campaigns, a day apart."""
    lead = world.lead(campaign=world.campaigns[through[0]], received_at=AT, **fields)
    Arrival.objects.bulk_create(
        Arrival(
            lead=lead,
            campaign=world.campaigns[one],
            at=AT + timedelta(days=place),
            door="form",
            is_first=not place,
        )
        for place, one in enumerate(through)
    )
    return lead


def rows(world: World, credit: Credit, cut: Cut = Cut.CAMPAIGN) -> dict[str, Row]:
    rollup.roll_up_all()
    found = attribution(credit, cut, since=FIRST, until=LAST, zone=world.company.tz)
    return {row.name: row for row in found}


WON: dict[str, Any] = {
    "stage": "won",
    "qualified_at": AT + timedelta(days=5),
    "won_at": AT + timedelta(days=6),
    "amount": Decimal("100.01"),
}


def test_each_way_gives_the_deal_to_another(world: World) -> None:
    came(world, 0, 1, 1, **WON)
    (one, other) = (campaign.name for campaign in world.campaigns)
    shares = {
        credit: {name: (row.won, row.revenue) for name, row in rows(world, credit).items()}
        for credit in Credit
    }
    assert shares[Credit.FIRST] == {one: (1, Decimal("100.01"))}
    assert shares[Credit.LAST] == {other: (1, Decimal("100.01"))}
    assert shares[Credit.EVEN] == {
        one: (Decimal("0.33"), Decimal("33.34")),
        other: (Decimal("0.67"), Decimal("66.67")),
    }


def test_who_came_again_after_the_deal_did_not_bring_it_about(world: World) -> None:
    came(world, 0, 1, **WON | {"qualified_at": AT + timedelta(hours=1), "won_at": AT + timedelta(hours=2)})
    found = rows(world, Credit.LAST)
    (one, other) = (campaign.name for campaign in world.campaigns)
    assert (found[one].won, found[one].leads) == (1, 0)
    assert (found[other].won, found[other].leads) == (0, 1)


def test_cost_per_qualified_lead_follows_the_credit(world: World) -> None:
    came(world, 0, 1, **WON)
    for campaign in world.campaigns:
        Spend.objects.create(campaign=campaign, on=FIRST, amount=Decimal(60))
        Touch.objects.create(campaign=campaign, on=FIRST)
    (one, other) = (campaign.name for campaign in world.campaigns)
    by_first, even = rows(world, Credit.FIRST), rows(world, Credit.EVEN)
    assert (by_first[one].cost_per_qualified, by_first[other].cost_per_qualified) == (60, None)
    assert (even[one].cost_per_qualified, even[other].cost_per_qualified) == (120, 120)
    assert rows(world, Credit.LAST, Cut.CHANNEL)["Fair"].cost_per_qualified == 60


def test_sums_are_those_of_the_funnel_each_way(world: World) -> None:
    world.campaign("Third", channel=world.channels[1])
    dice = Random(5)
    for _ in range(40):
        through = [dice.randrange(3) for _ in range(dice.choice((1, 1, 2, 3, 7)))]
        won = WON | {"amount": Decimal(dice.randrange(1, 999_999)) / 100}
        came(world, *through, **(won if dice.random() < 0.5 else {"is_test": dice.random() < 0.2}))
    rollup.roll_up_all()
    whole = funnel_total(FIRST, LAST)
    for credit in Credit:
        for cut in Cut:
            found = total(list(rows(world, credit, cut).values()))
            assert (found.leads, found.qualified, found.won, found.revenue) == (
                whole.leads,
                whole.qualified,
                whole.won,
                whole.revenue,
            )


def test_it_takes_as_many_statements_for_one_lead_as_for_many(
    world: World, django_assert_num_queries: Any
) -> None:
    for count, credit, most in ((1, Credit.FIRST, 2), (1, Credit.EVEN, 3), (20, Credit.EVEN, 3)):
        for _ in range(count):
            came(world, 0, 1, **WON)
        rollup.roll_up_all()
        with django_assert_num_queries(most):
            attribution(credit, Cut.CAMPAIGN, since=FIRST, until=LAST, zone=world.company.tz)


@pytest.fixture
def director(world: World) -> Client:
    client = Client()
    client.force_login(person("director"))
    return client


def test_the_dashboard_shows_the_way_that_was_asked_for(world: World, director: Client) -> None:
    came(world, 0, 1, **WON)
    rollup.roll_up_all()
    with time_machine.travel(AT + timedelta(days=8), tick=False):
        for by, shown in (("", "First arrival"), ("?by=last", "Last arrival"), ("?by=even", "Even split")):
            page = director.get(f"/dashboard/{by}")
            assert page.context["credit"].label == shown
            assert page.context["credit"].total.won == "1"
        assert director.get("/dashboard/?by=luck").status_code == 404
        file = director.get("/dashboard/?csv=credit&by=even")
        assert file.content.decode().count("Even split,0.50,0.50,0.50,") == 2


def test_over_the_api_the_sum_is_the_same_each_way(world: World, director: Client) -> None:
    came(world, 0, 1, **WON)
    rollup.roll_up_all()
    said = {
        credit: director.get(
            "/api/v1/attribution/", {"by": credit.value, "from": "2026-11-01", "to": "2026-11-30"}
        ).json()
        for credit in Credit
    }
    for answer in said.values():
        assert answer["total"] | {"cost_per_qualified": None} == said[Credit.FIRST]["total"]
        assert answer["total"]["won"] == "1.00"
    assert [row["won"] for row in said[Credit.EVEN]["rows"]] == ["0.50", "0.50"]
    assert director.get("/api/v1/attribution/", {"by": "luck"}).status_code == 400
