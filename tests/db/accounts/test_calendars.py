"""When people work: the company's week, own weeks, holidays, own days, absences."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import OwnDay
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import (
    calendars_for,
    company,
    company_calendar,
    held_company,
    lead_workers,
    people_with,
    public_holidays,
)
from leadsync.core.businesstime import WorkCalendar
from tests.factories.accounts import AbsenceFactory, CompanyFactory, HoursFactory, UserFactory, person

pytestmark = pytest.mark.django_db

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture(autouse=True)
def _spring() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 4, 7, 8, 0, tzinfo=UTC), tick=False):
        yield


def hours_on(calendar: WorkCalendar, day: date) -> float:
    return calendar.open_seconds_on(day) / 3600


def test_without_stored_hours_the_week_is_monday_to_friday_nine_to_five() -> None:
    CompanyFactory()
    calendar = company_calendar()
    assert [hours_on(calendar, date(2026, 4, day)) for day in range(13, 20)] == [8, 8, 8, 8, 8, 0, 0]
    assert calendar.is_open(datetime(2026, 4, 13, 9, 0, tzinfo=WARSAW))
    assert not calendar.is_open(datetime(2026, 4, 13, 17, 0, tzinfo=WARSAW))


def test_stored_hours_replace_the_default_week_and_may_have_a_break() -> None:
    CompanyFactory()
    HoursFactory(weekday=5, opens=480, closes=720)
    HoursFactory(weekday=5, opens=780, closes=900)
    calendar = company_calendar()
    assert hours_on(calendar, date(2026, 4, 18)) == 6
    assert hours_on(calendar, date(2026, 4, 13)) == 0


def test_public_holidays_of_the_country_are_days_off() -> None:
    CompanyFactory(country="PL")
    assert hours_on(company_calendar(), date(2026, 5, 1)) == 0
    CompanyFactory(country="GB")
    assert hours_on(company_calendar(), date(2026, 5, 1)) == 8


def test_holidays_are_known_for_last_year_and_three_years_ahead() -> None:
    CompanyFactory(country="PL")
    calendar = company_calendar()
    assert [hours_on(calendar, date(year, 11, 11)) for year in (2025, 2027, 2029)] == [0, 0, 0]


def test_a_company_without_a_country_has_no_public_holidays() -> None:
    CompanyFactory(country="")
    assert hours_on(company_calendar(), date(2026, 5, 1)) == 8


def test_a_part_of_a_country_adds_its_own_holidays_and_an_unknown_part_falls_back_to_the_country() -> None:
    whole = CompanyFactory.build(country="DE", country_part="")
    bavaria = CompanyFactory.build(country="DE", country_part="BY")
    nowhere = CompanyFactory.build(country="DE", country_part="??")
    assert set(public_holidays(whole, [2026])) < set(public_holidays(bavaria, [2026]))
    assert public_holidays(nowhere, [2026]) == public_holidays(whole, [2026])


def test_an_own_day_closes_a_working_day_and_opens_a_holiday() -> None:
    CompanyFactory(country="PL")
    OwnDay.objects.create(on=date(2026, 4, 14), name="Company outing")
    OwnDay.objects.create(on=date(2026, 5, 1), name="Fair", windows=[[600, 720]])
    calendar = company_calendar()
    assert hours_on(calendar, date(2026, 4, 14)) == 0
    assert hours_on(calendar, date(2026, 5, 1)) == 2


def test_own_hours_replace_the_companys_week_for_that_person_only() -> None:
    CompanyFactory()
    early, other = person("rep"), person("rep")
    HoursFactory(person=early, weekday=0, opens=360, closes=600)
    found = calendars_for([early.pk, other.pk])
    assert hours_on(found[early.pk], date(2026, 4, 13)) == 4
    assert hours_on(found[early.pk], date(2026, 4, 14)) == 0
    assert found[other.pk] == company_calendar()


def test_absences_are_closed_days_both_ends_included_even_where_the_company_has_its_own_hours() -> None:
    CompanyFactory()
    away = person("rep")
    OwnDay.objects.create(on=date(2026, 4, 15), name="Long day", windows=[[480, 1200]])
    AbsenceFactory(person=away, starts_on=date(2026, 4, 14), ends_on=date(2026, 4, 16))
    calendar = calendars_for([away.pk])[away.pk]
    assert [hours_on(calendar, date(2026, 4, day)) for day in range(13, 18)] == [8, 0, 0, 0, 8]
    assert hours_on(company_calendar(), date(2026, 4, 15)) == 12


def test_an_absence_without_foreseeable_end_is_cut_to_the_years_known() -> None:
    CompanyFactory()
    away = person("rep")
    AbsenceFactory(person=away, starts_on=date(2000, 1, 1), ends_on=date(2300, 1, 1))
    calendar = calendars_for([away.pk])[away.pk]
    assert calendar.working_days(date(2025, 1, 1), date(2029, 12, 31)) == 0
    assert calendar.is_working_day(date(2030, 1, 7))


def test_calendars_of_twenty_people_take_as_many_queries_as_of_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    CompanyFactory()
    people = [person("rep") for _ in range(20)]
    for someone in people:
        HoursFactory(person=someone)
        AbsenceFactory(person=someone)
    for count in (1, 20):
        with django_assert_num_queries(4):
            calendars_for([someone.pk for someone in people[:count]])


def test_nobody_asked_for_is_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert calendars_for([]) == {}


def test_the_company_is_made_once_and_read_once_while_held(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = company()
    assert made.pk == 1
    with held_company():
        company()
        with django_assert_num_queries(0):
            assert company() == made
    with django_assert_num_queries(1):
        company()


def test_people_with_a_role_leave_out_inactive_and_former_ones_and_name_nobody_twice() -> None:
    both = person("rep", "head_of_sales", name="A")
    rep = UserFactory(role="rep", name="B")
    person("rep", is_active=False)
    person("rep", is_former=True)
    person("marketer")
    assert list(people_with(Role.REP, Role.HEAD_OF_SALES)) == [both, rep]


def test_who_works_leads_is_known_with_role_and_absence_of_the_day() -> None:
    person("rep", name="Here"), person("head_of_sales", name="Head"), person("marketer")
    person("rep", is_active=False)
    away = person("rep", "head_of_sales", name="Both")
    AbsenceFactory(person=away, starts_on=date(2026, 4, 6), ends_on=date(2026, 4, 7))

    def found(on: date) -> list[tuple[str, bool, bool, bool]]:
        return [(one.name, one.is_rep, one.is_head, one.is_away) for one in lead_workers(on)]  # type: ignore[attr-defined]

    assert found(date(2026, 4, 7)) == [
        ("Both", True, True, True),
        ("Head", False, True, False),
        ("Here", True, False, False),
    ]
    assert not any(is_away for *_who, is_away in found(date(2026, 4, 8)))
