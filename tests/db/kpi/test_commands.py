"""The commands print what the roll-up holds."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Channel, Spend, Touch
from leadsync.kpi.models import DayFact
from leadsync.kpi.selectors.funnel import By, funnel, total
from leadsync.kpi.services import rollup
from tests.db.kpi.conftest import World, at


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def fill(world: World) -> None:
    nobody = Channel.objects.create(name="?", key=Channel.NOT_STATED)
    unnamed = world.campaign("Landing page", channel=nobody)
    world.lead(
        owner=world.reps[0],
        stage="won",
        won_at=at("2026-11-12T10:00"),
        qualified_at=at("2026-11-12T10:00"),
        amount=Decimal("1200.50"),
    )
    world.lead(campaign=world.campaigns[1], received_at=at("2026-10-02T10:00"))
    world.lead(campaign=world.campaigns[1])
    world.lead(campaign=unnamed)
    Spend.objects.create(campaign=unnamed, on="2026-11-03", amount=Decimal("99.90"))
    Touch.objects.create(campaign=unnamed, on="2026-11-03")
    rollup.roll_up_all()


def test_funnel_by_channel_names_the_one_nobody_stated(world: World) -> None:
    fill(world)
    rows = {row["name"]: row for row in json.loads(run("funnel", "--by", "channel", "--format", "json"))}
    assert {name: (row["leads"], row["won"], row["revenue"]) for name, row in rows.items()} == {
        "Fair": (2, 0, "0.00"),
        "Website": (1, 1, "1200.50"),
        "Channel not stated": (1, 0, "0.00"),
    }
    assert rows["Channel not stated"]["key"] == "not-stated"
    assert rows["Channel not stated"]["spend"] == "99.90"


def test_funnel_by_month_owner_and_campaign(world: World) -> None:
    fill(world)
    months = json.loads(run("funnel", "--by", "month", "--format", "json"))
    assert [(row["key"], row["leads"]) for row in months] == [("2026-10", 1), ("2026-11", 3)]
    owners = {row.name: (row.leads, row.won) for row in funnel(By.OWNER)}
    assert owners == {"No rep": (3, 0), "Paweł Krawczyk": (1, 1)}
    campaigns = {row.name: row.leads for row in funnel(By.CAMPAIGN)}
    assert campaigns == {"Metal Expo list": 2, "Racking calculator": 1, "Landing page": 1}
    assert total().revenue == Decimal("1200.50")


def test_funnel_between_days_includes_both(world: World) -> None:
    fill(world)
    rows = json.loads(
        run("funnel", "--by", "month", "--from", "2026-10-02", "--to", "2026-10-02", "--format", "json")
    )
    assert [(row["key"], row["leads"]) for row in rows] == [("2026-10", 1)]


def test_funnel_as_text_is_a_table(world: World) -> None:
    fill(world)
    lines = run("funnel", "--by", "channel").splitlines()
    assert lines[0].split() == [
        "name",
        "leads",
        "contacted",
        "qualified",
        "promising",
        "won",
        "revenue",
        "minutes",
        "spend",
    ]
    assert len(lines) == 4


def test_funnel_refuses_a_period_that_ends_before_it_begins() -> None:
    with pytest.raises(CommandError, match="is before --from"):
        run("funnel", "--by", "month", "--from", "2026-11-02", "--to", "2026-11-01")


def test_funnel_refuses_what_is_no_day() -> None:
    with pytest.raises(CommandError, match="is not a day"):
        run("funnel", "--by", "month", "--from", "2026-02-30")


def test_rollup_says_what_it_did(world: World) -> None:
    world.lead()
    assert "1 daily facts, 1 cohort facts" in run("rollup", "--full")
    world.lead()
    assert run("rollup").startswith("1 changes: 1 days")


def test_rollup_check_ends_with_1_on_a_difference(world: World, capsys: Any) -> None:
    world.lead()
    assert "No difference" in run("rollup", "--full", "--check")
    DayFact.objects.update(arrived=3)
    with pytest.raises(CommandError) as raised:
        run("rollup", "--check")
    assert raised.value.returncode == 1
