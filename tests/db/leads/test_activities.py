"""Calls and other contacts: the first attempt keeps the promise, minutes add up, the next try is planned."""

from datetime import timedelta
from typing import Any

import pytest

from leads.models import Activity, Lead, LeadEvent
from leads.services import activities, follow_up
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import person
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, owner_of, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(db: None) -> Lead:
    return lead(owner=person("rep"), at=TUESDAY)


def test_the_call_link_is_the_first_contact(mine: Lead) -> None:
    activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + 10 * MINUTE)
    found = fresh(mine)
    assert (found.stage, found.first_contact_at, found.is_in_time) == (
        "contacted",
        TUESDAY + 10 * MINUTE,
        True,
    )
    ended = found.handoffs.get()
    assert (ended.end, ended.is_in_time, ended.next_check_at) == ("contact", True, None)


def test_a_call_after_the_due_time_is_not_in_time_and_at_the_very_time_it_is(mine: Lead) -> None:
    other = lead(owner=mine.owner, at=TUESDAY)
    activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + HOUR + timedelta(seconds=1))
    activities.start_call(lead=other, by=owner_of(mine), at=TUESDAY + HOUR)
    assert (fresh(mine).is_in_time, fresh(other).is_in_time) == (False, True)


def test_a_started_call_is_completed_rather_than_doubled(mine: Lead) -> None:
    started = activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY)
    assert activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + MINUTE) == started
    activities.log(
        lead=mine,
        by=owner_of(mine),
        kind="call",
        outcome="reached",
        minutes=7,
        note="Nice",
        at=TUESDAY + MINUTE,
    )
    call = Activity.objects.get()
    assert (call.outcome, call.minutes, call.is_estimated, call.note) == ("reached", 7, False, "Nice")
    assert (fresh(mine).minutes, fresh(mine).minutes_estimated, fresh(mine).attempts) == (7, 0, 0)


def test_a_started_call_waits_two_hours_for_its_outcome(mine: Lead) -> None:
    activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY)
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY + 3 * HOUR)
    assert Activity.objects.count() == 2


def test_minutes_nobody_entered_are_estimated_and_say_so(mine: Lead) -> None:
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY)
    activities.log(lead=mine, by=owner_of(mine), kind="meeting", minutes=40, at=TUESDAY + HOUR)
    assert (fresh(mine).minutes, fresh(mine).minutes_estimated) == (55, 15)


def test_inbound_counts_as_contact_once_a_person_answered(mine: Lead) -> None:
    activities.log(lead=mine, by=owner_of(mine), kind="email", direction="in", at=TUESDAY + MINUTE)
    assert running(mine).ended_at is None
    activities.log(
        lead=mine, by=owner_of(mine), kind="call", direction="in", outcome="reached", at=TUESDAY + 2 * MINUTE
    )
    assert fresh(mine).first_contact_at == TUESDAY + 2 * MINUTE


def test_no_answer_plans_the_next_try_by_the_agreed_waits(mine: Lead) -> None:
    activities.no_answer(lead=mine, by=owner_of(mine), at=TUESDAY)
    assert (fresh(mine).attempts, fresh(mine).next_step_at) == (1, TUESDAY + HOUR)
    activities.no_answer(lead=mine, by=owner_of(mine), at=TUESDAY + HOUR)
    assert (fresh(mine).attempts, fresh(mine).next_step_at) == (2, TUESDAY + HOUR + timedelta(days=1))
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY + 2 * HOUR)
    assert fresh(mine).attempts == 0


def test_a_wrong_number_is_an_attempt(mine: Lead) -> None:
    activities.wrong_number(lead=mine, by=owner_of(mine), at=TUESDAY)
    assert (fresh(mine).attempts, fresh(mine).stage) == (1, "contacted")


def test_a_note_is_no_contact_and_marketing_may_write_one(mine: Lead) -> None:
    follow_up.add_note(lead=mine, by=person("marketer"), text="Asked at the fair")
    assert running(mine).ended_at is None
    assert (fresh(mine).minutes, fresh(mine).first_contact_at) == (0, None)


@pytest.mark.parametrize("role", ["rep", "marketer", "director"])
def test_who_does_not_have_the_lead_logs_nothing(mine: Lead, role: str) -> None:
    with pytest.raises(NotAllowed):
        activities.log(lead=mine, by=person(role), kind="call", outcome="reached", at=TUESDAY)
    assert not Activity.objects.exists()
    assert running(mine).ended_at is None


def test_a_head_logs_on_anyones_lead(mine: Lead) -> None:
    head = person("head_of_sales")
    activities.log(lead=mine, by=head, kind="call", outcome="reached", at=TUESDAY)
    assert Activity.objects.get().by == head


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"outcome": "so so"}, "outcome"),
        ({"direction": "up"}, "outcome"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1441}, "minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(mine: Lead, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        activities.log(**({"lead": mine, "by": owner_of(mine), "kind": "call", "at": TUESDAY} | changes))
    assert refused.value.field == field
    assert not Activity.objects.exists()


def test_the_same_form_sent_twice_is_a_conflict(mine: Lead) -> None:
    seen = fresh(mine).version
    activities.no_answer(lead=mine, by=owner_of(mine), version=seen, at=TUESDAY)
    with pytest.raises(Conflict):
        activities.no_answer(lead=mine, by=owner_of(mine), version=seen, at=TUESDAY)
    assert Activity.objects.count() == 1


def test_every_change_leaves_an_event_with_before_and_after(mine: Lead) -> None:
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY)
    event = LeadEvent.objects.filter(lead=mine).latest("id")
    assert (event.before["stage"], event.after["stage"]) == ("new", "contacted")


def test_a_next_step_lies_ahead(mine: Lead) -> None:
    with pytest.raises(Invalid) as refused:
        follow_up.set_next_step(lead=mine, by=owner_of(mine), at=TUESDAY - timedelta(days=365))
    assert refused.value.field == "next_step_at"
