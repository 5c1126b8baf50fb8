"""Several people, programs and workers at once, each with a connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, connections, transaction

from leads.domain.words import Door
from leads.models import Activity, Arrival, Handoff, Lead, Mark, Step
from leads.services import activities, arrivals, marking, promise
from leads.services.arrivals import LeadData
from leadsync.accounts.services import working_time
from leadsync.core import db
from leadsync.core.errors import Conflict
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, reason, running

# The stock reasons and the groups of the roles come with migrations: they are put back after each test.
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


def test_the_same_leads_posted_by_eight_at_once_are_one_lead_each() -> None:
    person("rep"), person("rep")
    agreement_in_force(gate_size=15, gate_needed=1)
    to = campaign()
    rows = [LeadData(name=f"L{n}", email=f"l{n}@example.com", phone=f"+4860123450{n}") for n in range(6)]

    def post(turn: int) -> Callable[[], Any]:
        mine = rows[turn % 6 :] + rows[: turn % 6]
        return lambda: arrivals.receive_many(rows=mine, campaign=to, door=Door.API, by=None)

    results = together(*(post(turn) for turn in range(8)))
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Lead.objects.count() == 6
    assert Arrival.objects.count() == 48
    assert Arrival.objects.filter(is_first=True).count() == 6
    assert Handoff.objects.filter(ended_at=None).count() == 6
    assert sum(len(one.created) for one in results) == 6


def test_the_gate_has_no_gaps_when_many_come_at_once() -> None:
    agreement_in_force(gate_size=10, gate_needed=1)
    to = campaign()

    def post(turn: int) -> Callable[[], Any]:
        rows = [LeadData(name=f"L{turn}-{n}") for n in range(3)]
        return lambda: arrivals.receive_many(rows=rows, campaign=to, door=Door.FORM, by=None)

    results = together(*(post(turn) for turn in range(5)))
    assert [one for one in results if isinstance(one, Exception)] == []
    numbers = Lead.objects.filter(gate_number__isnull=False).values_list("gate_number", flat=True)
    assert sorted(number or 0 for number in numbers) == list(range(1, 11))


def test_of_two_marks_at_once_one_stands_and_the_other_is_told_whose() -> None:
    rep, head = person("rep"), person("head_of_sales")
    found = lead(owner=rep, at=TUESDAY)
    seen = fresh(found).version
    why = reason("no_need")
    results = together(
        lambda: marking.mark(lead=fresh(found), value="qualified", by=rep, version=seen),
        lambda: marking.mark(lead=fresh(found), value="not_a_fit", by=head, version=seen, reason=why),
    )
    assert {type(one) for one in results} == {Mark, Conflict}
    assert Mark.objects.count() == 1
    conflict = next(one for one in results if isinstance(one, Conflict))
    assert conflict.context["by"] in {rep.name, head.name}


def test_sweeps_at_once_flag_and_tell_once() -> None:
    promise.assume_swept(at=TUESDAY)
    rep = person("rep")
    to = campaign()
    for _n in range(30):
        lead(owner=rep, campaign=to, at=TUESDAY)
    Notice.objects.all().delete()
    results = together(*(lambda: promise.sweep(at=TUESDAY + HOUR, batch=7) for _n in range(4)))
    assert [one for one in results if isinstance(one, Exception)] == []
    assert sum(one.missed for one in results) == 30
    assert Step.objects.filter(kind="missed").count() == Step.objects.filter(kind="warn").count() == 30
    assert Notice.objects.filter(kind="lead_missed", recipient=rep).count() == 30


def test_a_contact_logged_while_the_sweep_runs_is_flagged_before_or_never() -> None:
    promise.assume_swept(at=TUESDAY)
    rep = person("rep")
    found = [lead(owner=rep, at=TUESDAY) for _n in range(12)]
    at = TUESDAY + 50 * MINUTE
    results = together(
        lambda: promise.sweep(at=at, batch=1),
        lambda: [activities.start_call(lead=one, by=rep, at=at) for one in found],
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Activity.objects.count() == 12
    assert not Handoff.objects.filter(ended_at=None).exists()
    assert not Handoff.objects.exclude(next_check_at=None).exists()
    assert promise.sweep(at=TUESDAY + 3 * HOUR).missed == 0


def test_a_double_click_on_the_call_link_is_one_call() -> None:
    rep = person("rep")
    found = lead(owner=rep)
    results = together(*(lambda: activities.start_call(lead=fresh(found), by=rep) for _n in range(3)))
    assert len({one.pk for one in results}) == 1
    assert Activity.objects.count() == 1
    assert fresh(found).attempts == 1


@pytest.mark.postgres
def test_a_sweep_passes_over_what_another_worker_holds() -> None:
    promise.assume_swept(at=TUESDAY)
    held, free = lead(owner=person("rep"), at=TUESDAY), lead(owner=person("rep"), at=TUESDAY)
    inside, done = Barrier(2), Barrier(2)

    def hold() -> None:
        with transaction.atomic():
            list(db.claimable(Handoff.objects.filter(lead=held)))
            inside.wait()
            done.wait()

    def sweep() -> Any:
        inside.wait()
        try:
            return promise.sweep(at=TUESDAY + HOUR)
        finally:
            done.wait()

    _nothing, result = together(hold, sweep)
    assert result.missed == 1
    assert running(free).next_check_at == TUESDAY + 2 * HOUR
    assert promise.sweep(at=TUESDAY + HOUR).missed == 1


def test_two_sweeps_and_a_change_of_calendar_at_once_flag_once_by_the_new_hours_or_the_old() -> None:
    promise.assume_swept(at=TUESDAY)
    rep, head = person("rep"), person("head_of_sales")
    for _n in range(20):
        lead(owner=rep, at=TUESDAY)
    promise.sweep(at=TUESDAY)
    later = [((720, 1020),)] * 5 + [()] * 2  # from noon on: due an hour after that
    results = together(
        lambda: promise.sweep(at=TUESDAY + 50 * MINUTE, batch=3),
        lambda: promise.sweep(at=TUESDAY + 50 * MINUTE, batch=3),
        lambda: working_time.set_own_week(by=head, person=rep, week=later),
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    warned = Step.objects.filter(kind="warn").count()
    assert Notice.objects.filter(kind="lead_warn").count() == warned <= 20
    promise.sweep(at=TUESDAY + 51 * MINUTE)
    assert Step.objects.filter(kind="warn").count() == warned
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {TUESDAY + 3 * HOUR}
    promise.sweep(at=TUESDAY + 3 * HOUR)
    assert Step.objects.filter(kind="warn").count() == Step.objects.filter(kind="missed").count() == 20
    assert set(Step.objects.filter(kind="missed").values_list("due_at", flat=True)) == {TUESDAY + 3 * HOUR}
    assert Notice.objects.filter(kind="lead_warn").count() == 20


@pytest.mark.parametrize("is_swept_first", [True, False])
def test_a_contact_before_or_after_a_sweep_under_way_leaves_one_truth(is_swept_first: bool) -> None:
    promise.assume_swept(at=TUESDAY)
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    at = TUESDAY + 61 * MINUTE
    first_is_in, second_may_end = Event(), Event()

    def first() -> None:
        with transaction.atomic():
            if is_swept_first:
                promise.sweep(at=at)
            else:
                activities.start_call(lead=fresh(found), by=rep, at=at)
            first_is_in.set()
            second_may_end.wait(1)  # the second one comes meanwhile: it waits, or passes over the row

    def second() -> None:
        first_is_in.wait()
        if is_swept_first:
            activities.start_call(lead=fresh(found), by=rep, at=at)
        else:
            promise.sweep(at=at)
        second_may_end.set()

    assert together(first, second) == [None, None]
    assert Handoff.objects.get().next_check_at is None
    assert Handoff.objects.get().is_in_time is False
    assert Step.objects.count() == (2 if is_swept_first else 0)
    promise.sweep(at=at + HOUR)
    assert Step.objects.count() == (2 if is_swept_first else 0)
