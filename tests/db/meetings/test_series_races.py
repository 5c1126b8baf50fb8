"""Planning with several workers at once, each with a connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from leadsync.accounts.models import User
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.services import planning
from leadsync.meetings.services import series as services
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NOW = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    yield
    connections.close_all()


@pytest.fixture
def people() -> list[User]:
    CompanyFactory.create()
    return [person("head_of_marketing"), person("head_of_sales")]


def terms(people: list[User], **changed: Any) -> services.Terms:
    values: dict[str, Any] = {
        "name": "Monday round",
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": date(2026, 10, 5),
        "at_minute": 540,
        "people": [one.pk for one in people],
    }
    return services.Terms(**values | changed)


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all jobs at the same moment, each in a thread with its own connection; results or what they raised."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_four_workers_plan_each_meeting_once(people: list[User]) -> None:
    services.create(by=people[0], terms=terms(people), at=NOW)
    Meeting.objects.all().delete()
    later = NOW + timedelta(days=14)
    results = together(*(lambda: planning.run(at=later) for _worker in range(4)))
    assert [one for one in results if one is not None] == []
    planning.run(at=later)
    days = list(Meeting.objects.values_list("planned_on", flat=True))
    assert len(days) == len(set(days)) == 8
    assert Attendance.objects.count() == 16


def test_the_same_form_from_two_windows_is_one_series(people: list[User]) -> None:
    results = together(
        *(lambda: services.create(by=people[0], terms=terms(people), at=NOW) for _window in range(3))
    )
    assert {one.pk for one in results} == {Series.objects.get().pk}
    assert Meeting.objects.count() == 8
    assert Notice.objects.count() == 1


def test_a_move_wins_over_a_worker_and_a_new_rule_that_come_at_the_same_moment(people: list[User]) -> None:
    made = services.create(by=people[0], terms=terms(people), at=NOW)
    one = Meeting.objects.get(series=made, planned_on=date(2026, 10, 12))
    to = datetime(2026, 10, 13, 12, tzinfo=UTC)
    results = together(
        lambda: planning.move(
            meeting=one, by=people[0], version=None, starts_at=to, minutes=30, place="", at=NOW
        ),
        lambda: services.edit(
            series=made, by=people[1], version=1, terms=terms(people, at_minute=600), at=NOW
        ),
        lambda: planning.run(at=NOW),
    )
    assert [found for found in results if isinstance(found, Exception)] == []
    one.refresh_from_db()
    assert (one.starts_at, one.is_moved) == (to, True)
    assert Meeting.objects.filter(series=made).count() == 8


def test_two_heads_cancelling_at_once_tell_people_once(people: list[User]) -> None:
    made = services.create(by=people[0], terms=terms(people), at=NOW)
    rep = person("rep")
    services.edit(series=made, by=people[0], version=1, terms=terms([*people, rep]), at=NOW)
    one = Meeting.objects.get(series=made, planned_on=date(2026, 10, 12))
    results = together(
        *(lambda by=by: planning.cancel(meeting=one, by=by, reason="Fair", at=NOW) for by in people)
    )
    assert [found for found in results if isinstance(found, Exception)] == []
    assert Notice.objects.filter(kind="meeting_cancelled", recipient=rep).count() == 1
