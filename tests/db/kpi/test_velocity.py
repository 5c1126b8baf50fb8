"""How fast leads move: medians in the company's working time, in one statement."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from leadsync.accounts.selectors import company_calendar
from leadsync.kpi.domain.velocity import Step
from leadsync.kpi.selectors.velocity import velocity
from tests.db.kpi.conftest import World
from tests.factories.accounts import HoursFactory, person

MONTHS = [date(2026, 10, 1), date(2026, 11, 1)]
MONDAY = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)  # nine in the morning in Warsaw


def moving(world: World, hours: float, **fields: Any) -> None:
    contact = MONDAY + timedelta(hours=1 + hours)
    world.lead(
        received_at=MONDAY,
        handed_off_at=MONDAY + timedelta(hours=1),
        first_contact_at=contact,
        stage="contacted",
        **fields,
    )


def test_the_night_between_does_not_count(world: World) -> None:
    for weekday in range(5):
        HoursFactory.create(weekday=weekday)
    world.lead(
        received_at=MONDAY,
        handed_off_at=MONDAY + timedelta(hours=7),
        first_contact_at=MONDAY + timedelta(hours=25),  # the next morning at ten
        qualified_at=MONDAY + timedelta(days=7),
        won_at=MONDAY + timedelta(days=14),
        stage="won",
        amount=1,
    )
    october, november = velocity(MONTHS, zone=world.company.tz, calendar=company_calendar())
    assert october.steps == {}
    hours = {step: pace.usual / 3_600 for step, pace in november.steps.items()}
    day = company_calendar().between(MONDAY, MONDAY + timedelta(days=1)) / 3_600
    assert hours[Step.HANDOFF] == 7
    assert hours[Step.CONTACT] == day - 7 + 1
    assert hours[Step.WON] < 5 * day + 0.1


def test_median_and_ninetieth_percentile_and_no_test_leads(world: World) -> None:
    for number in range(10):
        moving(world, number / 10)
    moving(world, 5, is_test=True)
    november = velocity(MONTHS[1:], zone=world.company.tz, calendar=company_calendar())[0]
    pace = november.steps[Step.CONTACT]
    assert (pace.count, round(pace.usual / 60), round(pace.slow / 60)) == (10, 27, 48)


def test_one_statement_for_any_number_of_months_and_leads(
    world: World, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        moving(world, 1)
    calendar = company_calendar()
    with django_assert_num_queries(1):
        assert len(velocity(MONTHS * 6, zone=world.company.tz, calendar=calendar)) == 12
    assert velocity([], zone=world.company.tz, calendar=calendar) == []


def test_the_dashboard_shows_it_with_the_leads_behind(world: World) -> None:
    moving(world, 0.5)
    client = Client()
    client.force_login(person("director"))
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        page = client.get("/dashboard/")
        line = page.context["speed"][-1]
        assert line.steps[1].usual == "30\u00a0min"
        assert "received_from=2026-11-01" in line.url
        assert "How fast leads move" in page.content.decode()
        assert "2026-11" in client.get("/dashboard/?csv=velocity").content.decode()
