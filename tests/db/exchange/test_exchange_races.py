"""Several people, or several workers, at once: each with a connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from leads.services import outcomes
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict
from leadsync.exchange.models import Applause, Booking, Entry, Win
from leadsync.exchange.services import bookings, digest, entries, watching, wins
from leadsync.notices.models import Alert, Message, Notice
from tests.db.exchange.conftest import NOW
from tests.db.exchange.test_wins import MONDAY
from tests.factories.accounts import person
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    yield
    connections.close_all()


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


def test_two_booked_for_one_time_are_agreed_to_once(marta: User, pawel: User) -> None:
    olga, later = person("marketer"), NOW + timedelta(days=1)
    made = [bookings.ask(by=by, partner=pawel, starts_at=later, at=NOW) for by in (marta, olga)]
    results = together(*(lambda one=one: bookings.agree(booking=one, by=pawel, at=NOW) for one in made))
    assert [type(one) for one in results if isinstance(one, Exception)] == [Conflict]
    assert Booking.objects.filter(state="agreed").count() == 1


def test_agreed_and_cancelled_at_once_is_one_after_the_other(marta: User, pawel: User) -> None:
    made = bookings.ask(by=marta, partner=pawel, starts_at=NOW + timedelta(days=1), at=NOW)
    together(
        lambda: bookings.agree(booking=made, by=pawel, revision=0, at=NOW),
        lambda: bookings.cancel(booking=made, by=marta, revision=0, at=NOW),
    )
    made.refresh_from_db()
    assert (made.state, made.revision) in {("agreed", 1), ("cancelled", 1)}


def test_the_same_form_sent_three_times_at_once_has_one_effect(marta: User, pawel: User) -> None:
    later = NOW + timedelta(days=1)
    together(
        *(
            lambda: entries.write(by=marta, partner=pawel, kind="call", on=NOW.date(), learned="Once", at=NOW)
            for _number in range(3)
        )
    )
    together(
        *(lambda: bookings.ask(by=marta, partner=pawel, starts_at=later, at=NOW) for _number in range(3))
    )
    assert (Entry.objects.count(), Booking.objects.count(), Notice.objects.count()) == (1, 1, 1)


def test_workers_at_once_write_one_win_one_alert_and_one_mail_a_person(marta: User, pawel: User) -> None:
    person("head_of_marketing")
    digest.write(at=MONDAY - timedelta(days=7))
    found = lead(owner=pawel, at=NOW - timedelta(days=3))
    outcomes.win(lead=found, by=pawel, amount=Decimal(5), at=NOW)
    together(*(lambda: wins.keep(at=NOW) for _number in range(3)))
    wins.keep(at=NOW)
    assert Win.objects.count() == 1
    together(*(lambda: digest.write(at=MONDAY) for _number in range(3)))
    digest.write(at=MONDAY)
    people = list(Message.objects.filter(sort="wins").values_list("recipient", flat=True))
    assert people
    assert len(people) == len(set(people)) == User.objects.filter(is_active=True).count()
    together(*(lambda: watching.run(at=NOW) for _number in range(3)))
    watching.run(at=NOW)
    assert Alert.objects.filter(kind="nobody_heard").count() == 1
    assert Notice.objects.filter(kind="nobody_heard").count() == 1


def test_applause_pressed_twice_at_once_is_one(marta: User, pawel: User) -> None:
    found, iga = lead(owner=pawel, at=NOW - timedelta(days=3)), person("rep")
    outcomes.win(lead=found, by=pawel, amount=Decimal(5), at=NOW)
    wins.keep(at=NOW)
    results = together(*(lambda: wins.applaud(lead=found, by=iga, at=NOW) for _number in range(3)))
    assert results == [None] * 3
    assert Applause.objects.count() == 1
