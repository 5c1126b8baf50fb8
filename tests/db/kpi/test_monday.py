"""The Monday mail: once a week, on its first working day, to directors, with last week's figures."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from leads.models import Lead
from leadsync.accounts.models import OwnDay, User
from leadsync.core.models import Lock
from leadsync.kpi.models import DayFact, Plan
from leadsync.kpi.services import monday
from leadsync.notices import choices
from leadsync.notices.models import Message
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

# 8:00 in Warsaw (UTC+1) of Monday, 2 March 2026.
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def anna(db: None) -> User:
    CompanyFactory.create(quiet_from=None, quiet_until=None)
    made = person("director", name="Anna Nowak", email="anna@example.com")
    one = lead()
    for on, arrived in (
        (date(2026, 2, 23), 3),
        (date(2026, 3, 1), 4),
        (date(2026, 2, 22), 9),
        (date(2026, 3, 2), 50),
    ):
        DayFact.objects.create(
            on=on,
            campaign=one.campaign,
            arrived=arrived,
            qualified=1,
            won=1,
            revenue=Decimal(1000),
            contacted_promised=4,
            contacted_in_time=3,
        )
    Lock.objects.update_or_create(name=monday.LOCK, defaults={"note": "2026-02-23"})
    return made


def test_a_director_gets_last_weeks_figures_number_first(anna: User) -> None:
    assert monday.write(at=MONDAY) == 1
    message = Message.objects.get()
    assert (message.recipient, message.sort) == (anna, "monday")
    assert message.subject == "Last week: 7 leads, 2 qualified, 2 won"
    assert "* 7  Leads\n  The week before: 9" in message.body
    assert "* 75%  First contact within the promise" in message.body
    assert "23 Feb to 1 Mar" in message.body.replace("\xa0", " ")
    assert "/dashboard/" in message.body
    assert "/mails/stop/" in message.body_html


def test_it_is_written_once_however_often_workers_ask(
    anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monday.write(at=MONDAY)
    for number in range(7):
        with django_assert_max_num_queries(6):
            assert monday.write(at=MONDAY + number * DAY) == 0
    assert Message.objects.count() == 1
    assert monday.write(at=MONDAY + 7 * DAY) == 1


@pytest.mark.parametrize("at", [MONDAY - timedelta(minutes=1), MONDAY - 2 * DAY, MONDAY - DAY])
def test_before_eight_and_at_the_weekend_nothing_is_written(anna: User, at: datetime) -> None:
    assert monday.write(at=at) == 0


def test_after_a_holiday_it_comes_on_the_next_working_day(anna: User) -> None:
    OwnDay.objects.create(on=date(2026, 3, 2), name="Company outing")
    assert monday.write(at=MONDAY + timedelta(hours=3)) == 0
    assert monday.write(at=MONDAY + DAY) == 1


def test_workers_that_were_away_make_up_for_it(anna: User) -> None:
    assert monday.write(at=MONDAY + 2 * DAY + timedelta(hours=5)) == 1
    assert "7 leads" in Message.objects.get().subject


def test_a_fresh_installation_begins_with_the_next_week(anna: User) -> None:
    Lock.objects.filter(name=monday.LOCK).delete()
    assert monday.write(at=MONDAY + 2 * DAY) == 0
    assert monday.write(at=MONDAY + 3 * DAY) == 0
    assert monday.write(at=MONDAY + 7 * DAY) == 1


def test_quiet_hours_hold_it_back(anna: User) -> None:
    CompanyFactory.create(quiet_from=22 * 60, quiet_until=9 * 60)
    assert monday.write(at=MONDAY) == 0
    assert monday.write(at=MONDAY + timedelta(hours=1)) == 1


def test_who_stopped_it_and_who_is_no_director_gets_none(anna: User) -> None:
    person("head_of_sales")
    choices.choose(by=anna, sort="monday", is_wanted=False)
    assert monday.write(at=MONDAY) == 0
    assert not Message.objects.exists()


def test_a_director_reads_it_in_the_own_language(anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(language="pl")
    monday.write(at=MONDAY)
    assert '<html lang="pl"' in Message.objects.get().body_html


def test_a_company_without_any_lead_gets_no_figures(anna: User) -> None:
    DayFact.objects.all().delete()
    Lead.objects.update(is_test=True)
    assert monday.write(at=MONDAY) == 0


def test_the_mail_says_the_month_as_the_dashboard_does(anna: User) -> None:
    Plan.objects.create(
        month=date(2026, 3, 1),
        revenue=240_000,
        average_deal=24_000,
        close_rate=25,
        qualification_rate=50,
        visit_rate=None,
        cost_per_lead=10,
        changed_at=MONDAY,
    )
    campaign = DayFact.objects.first()
    assert campaign is not None
    DayFact.objects.create(
        on=date(2026, 3, 3),
        campaign=campaign.campaign,
        arrived=9,
        qualified=4,
        won=2,
        revenue=Decimal(51_234),
        contacted_promised=8,
        contacted_in_time=6,
        spend=Decimal(300),
    )
    now = MONDAY + 3 * DAY  # workers were away since Monday
    with time_machine.travel(now, tick=False):
        monday.write(at=now)
        client = Client()
        client.force_login(anna)
        page = client.get("/dashboard/").context
    body = Message.objects.get().body
    assert f"March: {page['sentence']}\n{page['estimate']}" in body
    assert len(page["tiles"]) == 5
    for tile in page["tiles"]:
        assert f"* {tile.figure} {tile.against}  {tile.label}\n  {tile.delta}" in body
        assert f">{tile.figure} {tile.against}</td>" in Message.objects.get().body_html
