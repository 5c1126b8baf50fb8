"""Meetings with several people at once, each with a connection of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.services import agenda, decisions, minutes, points
from leadsync.notices.models import Alert, Message, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, decision, meeting

# The groups of the roles come with migrations: they are put back after each test.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    CompanyFactory.create()
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


def test_two_who_begin_at_once_begin_it_once() -> None:
    for number in range(3):
        alert(subject=str(number))
    points.hand_in(source="need", text="A price list", by=person("rep"))
    of, heads = meeting(), [person("head_of_sales"), person("head_of_marketing"), person("director")]
    found = together(*(lambda by=by: agenda.begin(meeting=of, by=by) for by in heads))
    assert not [one for one in found if isinstance(one, Exception)]
    assert len({one.began_at for one in found}) == 1
    assert sorted(Point.objects.values_list("place", flat=True)) == [1, 2, 3, 4]


def test_the_same_decision_pressed_three_times_at_once_is_recorded_once() -> None:
    alert()
    of, head = meeting(), person("head_of_sales")

    def press() -> Decision:
        return decisions.record(
            meeting=of,
            key="alert:gate_failed:1",
            text="Stop",
            owner=head,
            due_on=TUESDAY.date() + timedelta(days=2),
            by=head,
            at=TUESDAY,
        )

    found = together(press, press, press)
    assert len({one.pk for one in found}) == Decision.objects.count() == 1
    assert Point.objects.count() == 1


def test_minutes_sent_by_three_at_once_reach_everyone_once() -> None:
    alert()
    heads = [person("head_of_sales"), person("head_of_marketing"), person("director")]
    of = meeting(people=tuple(heads))
    agenda.begin(meeting=of, by=heads[0])
    found = together(*(lambda: minutes.send(meeting=of, by=heads[0]) for _ in range(3)))
    assert sorted(one.is_new for one in found) == [False, False, True]
    assert Message.objects.count() == 3
    assert Meeting.objects.get(pk=of.pk).state == "held"


def test_points_added_by_two_at_once_are_added_once() -> None:
    of, head = meeting(), person("head_of_sales")
    agenda.begin(meeting=of, by=head)
    for number in range(3):
        alert(subject=str(number))
    found = together(*(lambda: agenda.pull_in(meeting=of, by=head) for _ in range(3)))
    assert sorted(found) == [0, 0, 3]
    assert Point.objects.count() == 3


def test_two_workers_remind_once_and_open_one_alert() -> None:
    of = meeting()
    decision(of, due_on=TUESDAY.date())
    decision(of, due_on=TUESDAY.date() - timedelta(days=1))
    together(*(lambda: decisions.watch(at=TUESDAY) for _ in range(3)))
    assert Notice.objects.filter(kind="decision_due").count() == 1
    assert Alert.objects.filter(kind="decision_overdue").count() == 1


def test_a_crash_while_sending_leaves_nothing_half_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    alert()
    head = person("head_of_sales")
    of = meeting(people=(head, person("rep")))
    agenda.begin(meeting=of, by=head)

    def crash(_messages: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(minutes, "_carried_by", crash)
        with pytest.raises(RuntimeError):
            minutes.send(meeting=of, by=head)
    assert (Message.objects.count(), Notice.objects.count()) == (0, 0)
    assert Meeting.objects.get(pk=of.pk).state == "running"
    assert minutes.send(meeting=of, by=head).people == 2
    assert Message.objects.count() == 2
