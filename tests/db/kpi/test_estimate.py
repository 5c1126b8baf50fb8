"""The estimate on the dashboard: from the leads there are, with how far off it was, in two statements an hour."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from leadsync.accounts.selectors import company_calendar
from leadsync.kpi import tasks
from leadsync.kpi.domain import estimate as domain
from leadsync.kpi.domain.days import Period, Span, after, starts_at
from leadsync.kpi.selectors import estimate
from leadsync.kpi.services import rollup
from tests.db.kpi.conftest import World
from tests.factories.accounts import person

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
NOVEMBER = Period.holding(date(2026, 11, 16), Span.MONTH)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def a_year(world: World) -> World:
    """Each working day four leads: one is won two weeks later for 1,000, two are closed, one is never decided."""
    leads = []
    for number in range(500):
        at = NOW - timedelta(days=500 - number)
        if at.weekday() > 4:
            continue
        over = at + timedelta(days=14)
        contacted = {"handed_off_at": at, "first_contact_at": at + timedelta(hours=1), "owner": world.reps[0]}
        base = {"campaign": world.campaigns[0], "name": "Someone", "received_at": at, **contacted}
        won = {
            "stage": "won",
            "won_at": over,
            "qualified_at": at + timedelta(days=3),
            "amount": Decimal(1_000),
        }
        lost = {"stage": "closed", "closed_at": over, "marked_at": over, "mark": "not_a_fit"}
        is_over = over < NOW
        leads.append(
            Lead(**base, **(won if is_over else {"stage": "qualified", "qualified_at": won["qualified_at"]}))
        )
        leads += [Lead(**base, **(lost if is_over else {"stage": "contacted"})) for _ in range(2)]
        leads.append(Lead(**base, stage="contacted"))
    Lead.objects.bulk_create(leads)
    rollup.roll_up_full()
    return world


def outlook(period: Period = NOVEMBER, now: datetime = NOW) -> estimate.Outlook:
    return estimate.outlook(period, now=now, zone=WARSAW, calendar=company_calendar())


def test_open_leads_bring_what_such_leads_brought_before(a_year: World) -> None:
    found = outlook()
    assert found.more is not None
    # One deal a working day: ten of them are left after the sixteenth.
    assert found.more == pytest.approx(11, abs=2)
    assert found.average == 1_000
    assert found.error is not None
    assert found.error < 0.2


def test_the_database_tells_what_a_plain_walk_over_the_leads_does(a_year: World) -> None:
    def day(at: datetime | None) -> date | None:
        return at.astimezone(WARSAW).date() if at else None

    since = date(2025, 8, 1)
    lives = [
        domain.Lives(
            lead.received_at.astimezone(WARSAW).date(),
            day(lead.handed_off_at),
            day(lead.first_contact_at),
            day(lead.qualified_at),
            day(lead.won_at or lead.closed_at),
            lead.stage == "won",
        )
        for lead in Lead.objects.all()
    ]
    calendar = company_calendar()

    def worked(on: date) -> float:
        return calendar.between(starts_at(on, WARSAW), starts_at(after(on), WARSAW))

    read = estimate.history(NOW.date(), zone=WARSAW, calendar=calendar, back=NOW.date() - since)
    days = {
        on: domain.Figures(
            sum(one.received == on for one in lives),
            sum(one.is_won and one.ended == on for one in lives),
            1_000.0 * sum(one.is_won and one.ended == on for one in lives),
        )
        for on in (since + timedelta(days=n) for n in range((NOW.date() - since).days + 1))
    }
    plain = domain.History(lives, days, worked)
    for month in (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)):
        stop = date(2026, month.month + 1, 1)
        mine, theirs = (domain.try_out(one, month=month, stop=stop, day=10) for one in (read, plain))
        assert mine.estimate.deals == pytest.approx(theirs.estimate.deals)
        assert mine.deals == theirs.deals


def test_the_page_says_the_estimate_and_how_far_off_it_was(a_year: World) -> None:
    client = Client()
    client.force_login(person("director"))
    said = client.get("/dashboard/").context["estimate"]
    assert said.startswith("If nothing changes, November closes at about €2")
    assert "Estimates on this day of past months were off by" in said


def test_two_statements_once_an_hour_and_none_in_between(a_year: World) -> None:
    calendar = company_calendar()
    for seconds, most in ((0, 2), (600, 0), (3_600, 2)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            estimate.outlook(NOVEMBER, now=NOW + timedelta(seconds=seconds), zone=WARSAW, calendar=calendar)
        assert len(queries) == most


def test_a_worker_has_it_ready_before_anybody_looks(a_year: World, django_assert_num_queries: Any) -> None:
    estimate.keep_fresh(NOW)
    calendar = company_calendar()
    with django_assert_num_queries(0):
        found = estimate.outlook(NOVEMBER, now=NOW, zone=WARSAW, calendar=calendar)
    assert found.more is not None
    cache.clear()
    tasks.watch()
    with django_assert_num_queries(0):
        estimate.outlook(NOVEMBER, now=NOW, zone=WARSAW, calendar=calendar)


def test_a_young_company_has_the_pace_alone(world: World) -> None:
    world.lead(stage="won", won_at=NOW - timedelta(days=3), amount=Decimal(500), qualified_at=NOW)
    rollup.roll_up_all()
    assert outlook() == estimate.Outlook()


def test_other_periods_have_no_outlook(a_year: World) -> None:
    assert outlook(NOVEMBER.previous) == estimate.Outlook()
    assert outlook(Period.holding(NOW.date(), Span.YEAR)) == estimate.Outlook()
