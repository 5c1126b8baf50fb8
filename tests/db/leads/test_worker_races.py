"""Workers that recompute, measure, hand on and hand over, several at once and beside people who work leads."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from leads.models import Agreement, Handoff, Lead, LeadEvent, Step
from leads.services import activities, promise, recomputing, upkeep
from leadsync.accounts.models import OwnDay, User
from leadsync.accounts.services.company import raise_version
from leadsync.core.models import Lock
from leadsync.notices.models import Notice
from tests.db.leads.test_races import together
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NEXT_DAY = TUESDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _tuesday(time_machine: Any) -> Iterator[None]:
    time_machine.move_to(TUESDAY, tick=False)
    promise.assume_swept(at=TUESDAY - timedelta(days=1))
    promise.sweep(at=TUESDAY)
    yield
    connections.close_all()


def failures(results: list[Any]) -> list[Any]:
    return [one for one in results if isinstance(one, Exception)]


def test_two_workers_recompute_each_due_time_once_and_leave_contacted_leads_alone() -> None:
    rep, to = person("rep"), campaign()
    found = [lead(owner=rep, campaign=to, at=TUESDAY) for _n in range(24)]
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    raise_version()
    note = Lock.objects.get(name="sweep:calendar").note
    results = together(
        lambda: recomputing.catch_up(note, now=TUESDAY, batch=3),
        lambda: recomputing.catch_up(note, now=TUESDAY, batch=4),
        lambda: [activities.start_call(lead=fresh(one), by=rep, at=TUESDAY + MINUTE) for one in found[::3]],
    )
    assert failures(results) == []
    contacted = Handoff.objects.filter(lead__in=found[::3])
    assert not contacted.filter(ended_at=None).exists()
    assert not contacted.exclude(next_check_at=None).exists()
    waiting = Handoff.objects.filter(ended_at=None)
    assert waiting.count() == 16
    assert not waiting.exclude(due_at=NEXT_DAY).exists()
    assert promise.sweep(at=TUESDAY + 3 * HOUR).total == 0


def test_sweeps_at_once_during_a_change_of_calendar_flag_nothing_by_the_old_one() -> None:
    rep, to = person("rep"), campaign()
    for _n in range(20):
        lead(owner=rep, campaign=to, at=TUESDAY)
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    raise_version()
    results = together(*(lambda: promise.sweep(at=TUESDAY + 5 * HOUR, batch=3) for _n in range(3)))
    assert failures(results) == []
    assert sum(one.recomputed for one in results) == 20
    assert not Step.objects.exists()


def test_sweeps_at_once_hand_each_escalated_lead_on_once() -> None:
    agreement_in_force()
    Agreement.objects.update(has_rerouting=True)
    head = User.objects.get(groups__name="head_of_sales")
    rep, other = person("rep"), person("rep", capacity=500)
    to = campaign()
    for _n in range(15):
        lead(owner=rep, campaign=to, at=TUESDAY)
    results = together(*(lambda: promise.sweep(at=TUESDAY + 2 * HOUR, batch=4) for _n in range(3)))
    assert failures(results) == []
    promise.sweep(at=TUESDAY + 2 * HOUR + MINUTE)  # what one worker held while another looked
    assert Lead.objects.filter(owner=other).count() == 15
    assert Handoff.objects.filter(ended_at=None, rep=other).count() == 15
    assert Handoff.objects.count() == 30
    assert Step.objects.filter(kind="escalated").count() == 15
    assert LeadEvent.objects.filter(kind="passed_on").count() == 15
    told = Notice.objects.filter(recipient=head, kind="leads_rerouted").values_list("context", flat=True)
    assert sum(one["count"] for one in told) == 15


def test_workers_at_once_hand_over_the_leads_of_who_left_once_and_tell_once() -> None:
    head, rep = person("head_of_sales"), person("rep")
    to = campaign()
    found = [lead(owner=rep, campaign=to, at=TUESDAY) for _n in range(20)]
    User.objects.filter(pk=rep.pk).update(is_active=False)
    results = together(
        *(lambda: upkeep.run(at=TUESDAY + MINUTE) for _n in range(3)),
        lambda: [activities.start_call(lead=fresh(one), by=head, at=TUESDAY + MINUTE) for one in found[:5]],
    )
    assert failures(results) == []
    for minutes in (2, 3):
        upkeep.run(at=TUESDAY + minutes * MINUTE)
    assert Lead.objects.filter(owner=head).count() == 20
    assert LeadEvent.objects.filter(kind="passed_on").count() == 20
    told = Notice.objects.filter(recipient=head, kind="leads_inherited").values_list("context", flat=True)
    assert sum(one["count"] for one in told) == 20
    assert not Handoff.objects.filter(ended_at=None, rep=rep).exists()


def test_workers_at_once_measure_each_handoff_once() -> None:
    rep, to = person("rep"), campaign()
    for _n in range(15):
        activities.start_call(lead=lead(owner=rep, campaign=to, at=TUESDAY), by=rep, at=TUESDAY + 10 * MINUTE)
    results = together(*(lambda: upkeep.run(at=TUESDAY + HOUR) for _n in range(3)))
    assert failures(results) == []
    assert set(Handoff.objects.values_list("taken_seconds", "waited_seconds")) == {(600, 0)}
