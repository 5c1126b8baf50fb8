"""Calendars are read once per change of working time, and never from a change that did not come about."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import Absence, Company, OwnDay, User
from leadsync.accounts.selectors import calendars_for, company, company_calendar, held_company
from leadsync.accounts.services import company as settings_of
from leadsync.accounts.services import working_time
from tests.factories.accounts import AbsenceFactory, CompanyFactory, HoursFactory, person

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

MONDAY, TUESDAY = date(2026, 4, 13), date(2026, 4, 14)
EARLY: list[list[tuple[int, int]]] = [[(360, 600)], *([] for _ in range(6))]


class GoneWrong(Exception):
    """What rolls a transaction back."""


@pytest.fixture(autouse=True)
def _spring() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 4, 7, 8, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def admin() -> User:
    CompanyFactory(country="PL")
    return person("administrator")


def hours(of: User, day: date = MONDAY) -> float:
    return calendars_for([of.pk])[of.pk].open_seconds_on(day) / 3600


def close_as_another_process_would(day: date) -> None:
    OwnDay.objects.create(on=day, name="Power cut")
    Company.objects.update(version=F("version") + 1)


def test_what_is_known_takes_no_query_but_the_companys(
    admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    others = [person("rep") for _ in range(3)]
    hours(admin)
    with django_assert_num_queries(1):
        assert hours(admin) == 8
    with django_assert_num_queries(1):
        assert company_calendar().open_seconds_on(MONDAY) == 8 * 3600
    with django_assert_num_queries(4):
        calendars_for([admin.pk, *(one.pk for one in others)])
    with held_company():
        company()
        with django_assert_num_queries(0):
            assert len(calendars_for([one.pk for one in others])) == 3


@pytest.mark.parametrize(
    ("change", "day", "left"),
    [
        (lambda by, of: working_time.set_company_week(by=by, week=EARLY), MONDAY, 4),
        (lambda by, of: working_time.set_own_week(by=by, person=of, week=EARLY), MONDAY, 4),
        (lambda by, of: working_time.add_own_day(by=by, on=MONDAY, name="Outing"), MONDAY, 0),
        (
            lambda by, of: working_time.add_absence(by=by, person=of, starts_on=MONDAY, ends_on=MONDAY),
            MONDAY,
            0,
        ),
        (lambda by, of: settings_of.edit(by=by, changes={"country": "GB"}), date(2026, 5, 1), 8),
        (
            lambda by, of: working_time.remove_own_day(by=by, pk=OwnDay.objects.get().pk),
            date(2026, 4, 15),
            8,
        ),
        (
            lambda by, of: working_time.remove_absence(by=by, person=of, pk=Absence.objects.get().pk),
            date(2026, 4, 16),
            8,
        ),
    ],
)
@pytest.mark.parametrize("is_in_request", [True, False])
def test_whatever_changes_working_time_is_known_at_once(
    admin: User, change: Callable[[User, User], object], day: date, left: float, is_in_request: bool
) -> None:
    of = person("rep")
    OwnDay.objects.create(on=date(2026, 4, 15), name="Outing")
    AbsenceFactory(person=of, starts_on=date(2026, 4, 16))
    assert hours(of, day) != left
    if is_in_request:
        with held_company():
            company()
            change(admin, of)
            assert hours(of, day) == left
    else:
        change(admin, of)
    assert hours(of, day) == left


def test_a_change_of_the_zone_is_known_at_once(admin: User) -> None:
    assert company_calendar().is_open(datetime(2026, 4, 13, 14, 30, tzinfo=UTC))
    settings_of.edit(by=admin, changes={"zone": "Asia/Kolkata"})
    assert not company_calendar().is_open(datetime(2026, 4, 13, 14, 30, tzinfo=UTC))


def test_a_change_by_another_process_holds_from_the_next_request_on(admin: User) -> None:
    assert hours(admin) == 8
    close_as_another_process_would(MONDAY)
    with held_company():
        assert hours(admin) == 0
    assert company_calendar().open_seconds_on(MONDAY) == 0


def test_a_transaction_sees_its_own_change_and_leaves_nothing_when_rolled_back(admin: User) -> None:
    of = person("rep")
    assert hours(of) == 8
    with suppress(GoneWrong), transaction.atomic():
        working_time.set_own_week(by=admin, person=of, week=EARLY)
        assert hours(of) == 4
        raise GoneWrong
    assert hours(of) == 8
    # The next change gets the number of the one that never was.
    working_time.add_own_day(by=admin, on=TUESDAY, name="Outing")
    assert (hours(of), hours(of, TUESDAY)) == (8, 0)


def test_a_request_whose_change_was_rolled_back_does_not_keep_what_it_read_for_others(admin: User) -> None:
    of = person("rep")
    with held_company():
        company()
        with suppress(GoneWrong), transaction.atomic():
            settings_of.edit(by=admin, changes={"zone": "Asia/Kolkata"})
            assert company().zone == "Asia/Kolkata"
            raise GoneWrong
        hours(of)  # the page that says what went wrong
    assert company_calendar().zone.key == "Europe/Warsaw"
    settings_of.edit(by=admin, changes={"zone": "Asia/Kolkata"})
    working_time.set_own_week(by=admin, person=of, week=EARLY)
    assert hours(of) == 4


def test_rows_written_but_not_yet_counted_are_not_kept_from_a_transaction_that_fails(admin: User) -> None:
    of = person("rep")
    with suppress(GoneWrong), transaction.atomic():
        HoursFactory(person=of, weekday=0, opens=360, closes=600)
        assert hours(of) == 4
        raise GoneWrong
    assert hours(of) == 8


def test_a_database_put_back_to_an_older_state_is_read_anew(admin: User) -> None:
    close_as_another_process_would(MONDAY)
    assert hours(admin) == 0
    OwnDay.objects.all().delete()
    Company.objects.update(version=F("version") - 1)
    assert hours(admin) == 8
    close_as_another_process_would(TUESDAY)
    assert (hours(admin), hours(admin, TUESDAY)) == (8, 0)


def test_in_the_new_year_another_year_of_holidays_is_known(admin: User) -> None:
    independence = date(2030, 11, 11)
    assert company_calendar().open_seconds_on(independence) > 0
    with time_machine.travel(datetime(2027, 1, 1, 8, 0, tzinfo=UTC), tick=False):
        assert company_calendar().open_seconds_on(independence) == 0


def test_looking_further_back_leaves_what_is_known_alone(
    admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    christmas = date(2019, 12, 25)
    assert hours(admin) == 8
    assert company_calendar(since=date(2019, 1, 1)).open_seconds_on(christmas) == 0
    with django_assert_num_queries(1):
        assert company_calendar().open_seconds_on(christmas) > 0
