"""Which events become deliveries: what was asked for, from then on, once, and nothing of tests and the past."""

import json
import random
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leads.domain.words import Door, EventKind
from leads.models import Lead, LeadEvent, LeadKey
from leads.services import arrivals, handoff, marking, outcomes
from leadsync.accounts.models import User
from leadsync.core.models import Lock
from leadsync.hooks.domain.events import KIND_OF, HookEvent
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.services import endpoints, log, pickup
from tests.db.hooks.conftest import ALL, Receiver, an_endpoint, long_after
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead, reason

pytestmark = pytest.mark.django_db


def told(endpoint: Endpoint | None = None) -> list[str]:
    rows = Delivery.objects.order_by("pk")
    return list((rows.filter(endpoint=endpoint) if endpoint else rows).values_list("event", flat=True))


def bodies() -> list[dict[str, Any]]:
    return [json.loads(body) for body in Delivery.objects.order_by("pk").values_list("body", flat=True)]


def event(of: Lead, kind: str = "won", **values: Any) -> LeadEvent:
    return LeadEvent.objects.create(**{"lead": of, "kind": kind, "at": timezone.now()} | values)


# ---------------------------------------------------------------------------------------------- what is told


def test_a_lead_is_followed_from_its_arrival_to_its_win(endpoint: Endpoint) -> None:
    rep = person("rep", name="Paweł Nowak", email="pawel@example.com")
    found = lead(name="Eva Example", email="eva@example.com", company="Ősz & Co", owner=rep)
    LeadKey.objects.create(lead=found, kind="external", namespace="crm", value="A-1")
    outcomes.win(lead=found, by=rep, amount=Decimal("1200.50"))
    pickup.pick_up()
    assert told() == ["lead.arrived", "lead.handed_off", "lead.won"]
    won = bodies()[-1]
    told_of = LeadEvent.objects.get(kind="won")
    assert {name: won[name] for name in ("id", "type", "version")} == {
        "id": f"evt_{told_of.pk}_{int(told_of.at.timestamp() * 1000):x}",
        "type": "lead.won",
        "version": 1,
    }
    assert datetime.fromisoformat(won["at"]) == LeadEvent.objects.get(kind="won").at
    assert won["lead"]["url"].endswith(f"/leads/{found.pk}/")
    said = {
        name: won["lead"][name]
        for name in ("name", "company", "email", "stage", "mark", "amount", "currency")
    }
    assert said == {
        "name": "Eva Example",
        "company": "Ősz & Co",
        "email": "eva@example.com",
        "stage": "won",
        "mark": "qualified",
        "amount": "1200.50",
        "currency": "EUR",
    }
    assert won["lead"]["owner"] == {"id": rep.pk, "name": "Paweł Nowak", "email": "pawel@example.com"}
    assert won["lead"]["external_ids"] == [{"namespace": "crm", "value": "A-1"}]
    assert (won["before"]["stage"], won["after"]["stage"], won["after"]["amount"]) == (
        "new",
        "won",
        "1200.50",
    )


def test_reasons_and_reps_of_a_change_are_told_by_name_and_notes_are_not(endpoint: Endpoint) -> None:
    rep, other = person("rep"), person("rep", name="Lena Bauer")
    head = person("head_of_sales")
    found = lead(owner=rep)
    handoff.give(lead=found, to=other, by=head)
    marking.mark(
        lead=found, value="not_a_fit", by=other, version=None, reason=reason("no_budget"), note="Secret note"
    )
    pickup.pick_up()
    passed_on, marked = bodies()[-2:]
    assert (passed_on["before"]["owner"]["id"], passed_on["after"]["owner"]["name"]) == (rep.pk, "Lena Bauer")
    assert marked["after"]["reason"]["key"] == marked["lead"]["reason"]["key"] == "no_budget"
    assert "Secret note" not in json.dumps(bodies())


def test_a_lead_given_back_says_why_without_the_note(endpoint: Endpoint) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    handoff.return_to_marketing(lead=found, by=rep, reason="other", note="Their boss is my uncle")
    pickup.pick_up()
    assert bodies()[-1]["after"] == {"owner": None, "return_reason": "other"}


def test_a_mark_overruled_in_a_dispute_is_a_mark_and_other_ends_are_none(
    admin: User, receiver: Receiver
) -> None:
    an_endpoint(admin, chosen=["lead.marked"])
    found = lead()
    event(found, "dispute_ended", after={"state": "upheld", "mark_id": 7})
    event(found, "dispute_ended", after={"state": "overturned", "mark": "qualified", "mark_id": 8})
    pickup.pick_up()
    assert [body["after"] for body in bodies()] == [{"mark": "qualified"}]


def test_only_what_was_chosen_is_told_to_each(admin: User, receiver: Receiver) -> None:
    won, lost = an_endpoint(admin, chosen=["lead.won"]), an_endpoint(admin, chosen=["lead.lost", "lead.won"])
    found = lead()
    event(found, "won")
    event(found, "lost")
    pickup.pick_up()
    assert (told(won), told(lost)) == (["lead.won"], ["lead.won", "lead.lost"])


def test_test_leads_and_imported_history_are_never_told(endpoint: Endpoint) -> None:
    tried = lead()
    Lead.objects.filter(pk=tried.pk).update(is_test=True)
    event(tried)
    past = lead()
    Lead.objects.filter(pk=past.pk).update(is_history=True)
    event(past, EventKind.IMPORTED)
    event(past, EventKind.ARRIVED_AGAIN)
    pickup.pick_up()
    assert told() == []
    event(past, EventKind.WON)  # done by a person, now
    pickup.pick_up()
    assert told() == ["lead.won"]


# ---------------------------------------------------------------------------------------------- from when


def test_what_happened_before_it_was_switched_on_is_not_told(admin: User, receiver: Receiver) -> None:
    found = lead()
    made = an_endpoint(admin, is_on=False)
    event(found, "lost")
    pickup.pick_up()
    endpoints.switch(by=admin, endpoint=made, is_on=True)
    event(found, "reopened")
    pickup.pick_up()
    endpoints.switch(by=admin, endpoint=made, is_on=False)
    event(found, "won")
    pickup.pick_up()
    endpoints.switch(by=admin, endpoint=made, is_on=True)
    pickup.pick_up()
    assert told() == ["lead.reopened"]


def test_one_switched_on_beside_another_hears_nothing_older(endpoint: Endpoint, admin: User) -> None:
    found = lead()
    second = an_endpoint(admin)
    event(found)
    pickup.pick_up()
    assert (told(endpoint), told(second)) == (["lead.arrived", "lead.won"], ["lead.won"])


def test_an_event_chosen_later_begins_with_what_happens_then(admin: User, receiver: Receiver) -> None:
    made = an_endpoint(admin, chosen=["lead.won"])
    found = lead()
    event(found, "lost")
    event(found, "won")
    endpoints.edit(by=admin, endpoint=made, name="CRM", chosen=["lead.won", "lead.lost"])
    event(found, "lost")
    pickup.pick_up()
    assert told() == ["lead.won", "lead.lost"]


def test_a_lead_that_arrived_days_ago_and_was_brought_today_is_told(endpoint: Endpoint) -> None:
    lead(at=timezone.now() - timedelta(days=3))
    pickup.pick_up()
    assert told() == ["lead.arrived"]


# ---------------------------------------------------------------------------------------------- once, and all


def test_looking_again_and_again_tells_once(endpoint: Endpoint) -> None:
    lead()
    assert [pickup.pick_up(), pickup.pick_up(), pickup.pick_up(at=long_after())] == [1, 0, 0]
    event(lead())
    assert pickup.pick_up(at=long_after(20)) == 2


def test_without_an_endpoint_a_look_is_one_query(admin: User, django_assert_num_queries: Any) -> None:
    lead()
    with django_assert_num_queries(1):
        assert pickup.pick_up() == 0


def test_the_number_of_statements_does_not_grow_with_the_batch(
    endpoint: Endpoint, django_assert_max_num_queries: Any
) -> None:
    owner = person("rep")
    shared = campaign()
    for _number in range(3):
        lead(owner=owner, campaign=shared)
    with django_assert_max_num_queries(40) as few:
        pickup.pick_up()
    for _number in range(30):
        lead(owner=owner, campaign=shared)
    with django_assert_max_num_queries(len(few)):
        assert pickup.pick_up() == 60


def test_more_than_a_batch_is_told_in_one_run(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickup, "BATCH", 4)
    found = lead()
    for _number in range(11):
        event(found)
    assert pickup.pick_up() == 12


def test_a_run_without_time_left_goes_on_in_the_next(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead()
    with monkeypatch.context() as patch:
        patch.setattr(pickup, "RUN_SECONDS", -1)
        assert pickup.pick_up() == 0
    assert pickup.pick_up() == 1


@pytest.mark.parametrize("seed", range(6))
def test_deliveries_equal_a_list_made_by_hand_over_random_events(
    admin: User, receiver: Receiver, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(pickup, "BATCH", dice.choice((1, 3, 500)))
    leads = [lead() for _number in range(4)]
    Lead.objects.filter(pk=leads[0].pk).update(is_test=True)
    Lead.objects.filter(pk=leads[1].pk).update(is_history=True)
    ends: dict[int, list[str]] = {}
    hears: dict[int, set[str]] = {}
    now = timezone.now()
    kinds = [kind.value for kind in EventKind]
    event_of = {kind.value: name.value for name, kind in KIND_OF.items()}
    for _turn in range(60):
        now += timedelta(minutes=dice.choice((0, 1, 5)))
        act = dice.randrange(12)
        if act == 0 and len(ends) < 3:
            chosen = dice.sample(ALL, dice.randint(1, len(ALL)))
            made = an_endpoint(admin, chosen=chosen, at=now)
            ends[made.pk], hears[made.pk] = [], set(chosen)
        elif act == 1 and ends:
            pk = dice.choice(list(ends))
            is_on = not Endpoint.objects.get(pk=pk).is_on
            pickup.pick_up(at=now)  # what is not written yet is not told any more
            endpoints.switch(by=admin, endpoint=Endpoint(pk=pk), is_on=is_on, at=now)
        elif act == 2 and ends:
            pk = dice.choice(list(ends))
            hears[pk] = set(dice.sample(ALL, dice.randint(1, len(ALL))))
            pickup.pick_up(at=now)
            endpoints.edit(by=admin, endpoint=Endpoint(pk=pk), name="CRM", chosen=hears[pk], at=now)
        elif act <= 4:
            pickup.pick_up(at=now)
        else:
            of, kind = dice.randrange(4), dice.choice(kinds)
            made_event = event(leads[of], kind, at=now - timedelta(days=dice.choice((0, 0, 30))))
            name = event_of.get(kind)
            is_past = of == 1 and kind in ("arrived", "arrived_again")
            for pk, expected in ends.items():
                if name in hears[pk] and of != 0 and not is_past and Endpoint.objects.get(pk=pk).is_on:
                    expected.append(f"evt_{made_event.pk}")
    pickup.pick_up(at=now)
    for pk, expected in ends.items():
        assert sorted(Delivery.objects.filter(endpoint=pk).values_list("key", flat=True)) == sorted(expected)


@pytest.mark.parametrize(
    ("oldest", "minutes", "settled"),
    [
        (99, 60, None),  # a transaction that was under way still is
        (100, 1, None),  # one may not have had its number yet
        (100, 2, 7),
        (250, 60, 7),
        (100, -60, 7),  # the clock was set back
    ],
)
def test_the_cursor_goes_on_when_what_was_under_way_has_ended(
    oldest: int, minutes: int, settled: int | None
) -> None:
    now = timezone.now()
    cursor = pickup.Cursor(seen=3, newest=7, following=100, looked_at=now.isoformat())
    assert cursor.settled(oldest, now + timedelta(minutes=minutes)) == settled


def test_what_was_told_long_ago_is_not_looked_at_again(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadsync.core.db.transaction_marks", lambda: (0, 0))  # all others have ended
    event(lead())
    for minutes in (0, 3, 6):
        pickup.pick_up(at=long_after(minutes))
    newest = pickup.newest_event()
    assert pickup.Cursor.read(Lock.objects.get(name=pickup.LOCK)).seen == newest


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_event_whose_transaction_ends_late_is_told_although_later_ones_were(endpoint: Endpoint) -> None:
    found, other = lead(), lead()
    written, go_on = threading.Event(), threading.Event()
    late: list[int] = []

    def slow() -> None:
        try:
            with transaction.atomic():
                late.append(event(found, "lost").pk)
                written.set()
                go_on.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(30)
    event(other, "won")
    for minutes in (0, 10, 20, 30):
        pickup.pick_up(at=long_after(minutes))
    assert "lead.lost" not in told()
    assert pickup.Cursor.read(Lock.objects.get(name=pickup.LOCK)).seen < late[0]
    go_on.set()
    thread.join()
    pickup.pick_up(at=long_after(40))
    assert sorted(told()) == ["lead.arrived", "lead.arrived", "lead.lost", "lead.won"]
    event(found, "won")
    for minutes in (50, 60, 70):
        pickup.pick_up(at=long_after(minutes))
    assert len(told()) == 5


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_write_each_delivery_once(endpoint: Endpoint) -> None:
    shared = campaign()
    for _number in range(20):
        lead(campaign=shared)
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait()
            for _turn in range(3):
                pickup.pick_up()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pickup.pick_up()
    assert told() == ["lead.arrived"] * 20


# ---------------------------------------------------------------------------------------------- personal data


def test_what_was_said_of_an_erased_lead_is_emptied_and_what_waits_is_not_sent(endpoint: Endpoint) -> None:
    gone, stays = lead(name="Eva Example"), lead()
    pickup.pick_up()
    Delivery.objects.filter(lead_id=gone.pk).update(error="unknown: Eva Example")
    assert log.forget([gone.pk]) == 1
    emptied = Delivery.objects.get(lead_id=gone.pk)
    assert (emptied.body, emptied.error, emptied.state) == ("", "", "dropped")
    assert Delivery.objects.get(lead_id=stays.pk).state == "waiting"


def test_that_a_lead_was_erased_is_told_without_personal_data(endpoint: Endpoint) -> None:
    gone = lead(name="Eva Example", email="eva@example.com")
    pickup.pick_up()
    Lead.objects.filter(pk=gone.pk).update(name="", email="", company="", phone="", erased_at=timezone.now())
    event(gone, EventKind.ERASED)
    log.forget([gone.pk])
    pickup.pick_up()
    said = Delivery.objects.get(event=HookEvent.ERASED)
    assert json.loads(said.body)["lead"]["id"] == gone.pk
    assert "eva" not in said.body.lower()


def test_deliveries_go_in_time_those_given_up_later(endpoint: Endpoint) -> None:
    pickup.pick_up()
    now = timezone.now()
    for number, (state, days) in enumerate(
        [("sent", 31), ("sent", 29), ("dead", 31), ("dead", 91), ("waiting", 99)]
    ):
        Delivery.objects.create(
            endpoint=endpoint, key=f"k{number}", event="lead.won", body="{\"id\": \"x\"}", state=state,
            created_at=now - timedelta(days=days),
        )  # fmt: skip
    assert log.tidy() == 2
    assert set(Delivery.objects.values_list("key", flat=True)) == {"k1", "k2", "k4"}


def test_a_lead_that_came_by_a_door_is_told_as_it_is_by_then(endpoint: Endpoint) -> None:
    received = arrivals.receive(
        data=arrivals.LeadData(name="‮evil\u200b", email="x@example.com"),
        campaign=campaign(), door=Door.HAND, by=None, hand_off=False,
    )  # fmt: skip
    Lead.objects.filter(pk=received.lead.pk).update(city="Gdańsk", name="Later")
    pickup.pick_up()
    assert bodies()[0]["lead"]["name"] == fresh(received.lead).name == "Later"
