"""Over real requests on loopback: signed, at least once, tried again, nobody held up, nothing inside of the network."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.core import outgoing
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.hooks.domain import retrying
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.services import alerts, delivering, endpoints, log
from leadsync.hooks.services.delivering import Sent
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.db.hooks.conftest import ADDRESS, Message, Receiver, Reply, an_endpoint
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=timezone.get_default_timezone())
DAY = timedelta(days=1)


def waiting(of: Endpoint, count: int = 1, **values: Any) -> list[Delivery]:
    """Deliveries that are due; each of a lead of its own unless it is given."""
    first = Delivery.objects.count()
    rows = [
        Delivery(
            **{
                "endpoint": of,
                "key": f"evt_{number}",
                "event": "lead.won",
                "lead_id": number,
                "body": f'{{"id": "evt_{number}", "lead": {{"name": "Zażółć 🎈"}}}}',
                "created_at": NOW,
                "next_try_at": NOW,
            }
            | values
        )
        for number in range(first + 1, first + count + 1)
    ]
    return Delivery.objects.bulk_create(rows)


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def as_sent(result: Sent) -> tuple[int, int, int]:
    return result.sent, result.failed, result.dead


# ---------------------------------------------------------------------------------------------- what arrives


def test_a_message_arrives_signed_for_who_holds_the_secret(endpoint: Endpoint, receiver: Receiver) -> None:
    (sent,) = waiting(endpoint)
    assert as_sent(delivering.send(at=NOW)) == (1, 0, 0)
    (message,) = receiver.got
    assert message.path == "/hook/SeCrEt"
    assert message.body == sent.body.encode()
    assert message.is_signed_with(endpoint.secret)
    assert not message.is_signed_with("whsec_" + "A" * 43 + "=")
    assert message.headers["webhook-id"] == sent.key == message.json["id"]
    assert abs(int(message.headers["webhook-timestamp"]) - time.time()) < 60
    assert message.headers["user-agent"] == delivering.USER_AGENT
    assert message.headers["content-type"].startswith("application/json")
    sent.refresh_from_db()
    assert (sent.state, sent.status, sent.attempts, sent.sent_at) == ("sent", 200, 1, NOW)
    assert sent.milliseconds is not None
    endpoint.refresh_from_db()
    assert (endpoint.succeeded_at, endpoint.free_at) == (NOW, None)


def test_a_renewed_secret_signs_what_is_sent_from_then_on(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    renewed = endpoints.renew_secret(by=admin, endpoint=endpoint)
    waiting(endpoint)
    delivering.send(at=NOW)
    assert receiver.got[0].is_signed_with(renewed.secret)
    assert not receiver.got[0].is_signed_with(endpoint.secret)


def test_what_is_due_goes_out_in_its_order_and_of_one_lead_one_after_the_other(
    endpoint: Endpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 20, lead_id=7)
    under_way: list[int] = []
    most = 0
    lock = threading.Lock()

    def reply(_message: Message) -> Reply:
        nonlocal most
        with lock:
            under_way.append(1)
            most = max(most, len(under_way))
        with lock:
            under_way.pop()
        return 200, {}, b""

    receiver.reply = reply
    assert delivering.send(at=NOW).sent == 20
    assert receiver.ids() == [f"evt_{number}" for number in range(1, 21)]
    assert most == 1


# ---------------------------------------------------------------------------------------------- what fails


def test_one_that_fails_is_tried_again_with_the_same_id_and_body_until_it_is_given_up(
    endpoint: Endpoint, receiver: Receiver
) -> None:
    (one,) = waiting(endpoint)
    receiver.answers(500, b"<h1>Oops\x00</h1>")
    now, waits = NOW, []
    while state(one) == "waiting":
        delivering.send(at=now)
        one.refresh_from_db()
        if one.next_try_at:
            waits.append(one.next_try_at - now)
            now = one.next_try_at
    assert one.attempts == retrying.MAX_ATTEMPTS == len(receiver.got)
    assert waits == sorted(waits)
    assert (one.state, one.status, one.error) == ("dead", 500, "<h1>Oops </h1>")
    assert len({(message.headers["webhook-id"], message.body) for message in receiver.got}) == 1


def test_an_address_that_does_not_answer_rests_and_the_others_wait_without_losing_attempts(
    endpoint: Endpoint, receiver: Receiver
) -> None:
    rows = waiting(endpoint, 30)
    receiver.answers(503)
    delivering.send(at=NOW)
    tried = len(receiver.got)
    assert tried <= delivering.AT_ONCE
    assert delivering.send(at=NOW + timedelta(seconds=5)) == Sent()
    for minutes in range(1, 30):
        delivering.send(at=NOW + timedelta(minutes=minutes))
    assert len(receiver.got) < 12
    assert {state(one) for one in rows} == {"waiting"}
    receiver.answers(204)
    assert delivering.send(at=NOW + DAY).sent == 30


def test_a_message_that_is_refused_does_not_stop_the_others(endpoint: Endpoint, receiver: Receiver) -> None:
    rows = waiting(endpoint, 5)
    receiver.reply = lambda message: (422 if message.json["id"] == "evt_2" else 200, {}, b"no such field")
    assert as_sent(delivering.send(at=NOW)) == (4, 1, 0)
    assert (state(rows[1]), rows[1].error) == ("waiting", "no such field")


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_the_other_side_asks_for_is_kept(
    endpoint: Endpoint, receiver: Receiver, status: int
) -> None:
    waiting(endpoint, 2)
    receiver.answers(status, Retry_After="7200")
    delivering.send(at=NOW)
    tried = len(receiver.got)
    receiver.answers(200)
    assert delivering.send(at=NOW + timedelta(minutes=119)) == Sent()
    assert len(receiver.got) == tried
    assert delivering.send(at=NOW + timedelta(minutes=121)).sent == 2


def test_nobody_can_ask_for_more_than_a_day(endpoint: Endpoint, receiver: Receiver) -> None:
    waiting(endpoint)
    receiver.answers(429, Retry_After="999999999")
    delivering.send(at=NOW)
    receiver.answers(200)
    assert delivering.send(at=NOW + DAY + timedelta(minutes=5)).sent == 1


def test_a_redirect_is_not_followed(endpoint: Endpoint, receiver: Receiver) -> None:
    (one,) = waiting(endpoint)
    receiver.answers(307, Location="http://crm.example.com/elsewhere")
    delivering.send(at=NOW)
    assert [message.path for message in receiver.got] == ["/hook/SeCrEt"]
    assert (state(one), one.status) == ("waiting", 307)
    assert "Redirects are not followed" in one.error


def test_one_that_hangs_is_cut_off_and_tried_again(
    endpoint: Endpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", 0.3)
    (one,) = waiting(endpoint)
    go_on = threading.Event()

    def hang(_message: Message) -> Reply:
        go_on.wait(20)
        return 200, {}, b""

    receiver.reply = hang
    assert as_sent(delivering.send(at=NOW)) == (0, 1, 0)
    go_on.set()
    assert (state(one), one.status, one.error) == ("waiting", None, "There was no answer in time.")


def test_a_slow_address_does_not_hold_up_the_others(
    admin: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = an_endpoint(admin, name="Slow", address="http://slow.example.com/")
    quick = an_endpoint(admin, name="Quick", address="http://quick.example.com/")
    waiting(slow, 3)
    waiting(quick, 25)
    done = threading.Event()

    def reply(message: Message) -> Reply:
        if message.headers["host"] == "slow.example.com":
            assert done.wait(20), "the quick ones wait for the slow ones"
        elif sum(one.headers["host"] == "quick.example.com" for one in receiver.got) == 25:
            done.set()
        return 200, {}, b""

    receiver.reply = reply
    assert delivering.send(at=NOW).sent == 28


def test_a_run_that_has_no_time_left_leaves_the_rest_to_the_next(
    endpoint: Endpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(endpoint, 5)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "RUN_SECONDS", -1.0)
        assert delivering.send(at=NOW) == Sent()
    assert delivering.send(at=NOW).sent == 5


# ---------------------------------------------------------------------------------------------- inside of the network


def test_a_name_that_leads_inside_tomorrow_is_refused_then(
    endpoint: Endpoint, receiver: Receiver, names: dict[str, str]
) -> None:
    (one,) = waiting(endpoint)
    names["crm.example.com"] = "169.254.169.254"
    assert as_sent(delivering.send(at=NOW)) == (0, 1, 0)
    assert receiver.got == []
    assert state(one) == "waiting"
    assert "inside of the network" in one.error


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "ftp://x.example.com",
        "http://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://inside.example.com/",
        "http://crm.example.com:22/",
        "https://user:pw@crm.example.com/",
        "https://a\x00b.example/",
    ],
)
def test_an_address_inside_or_that_is_none_is_refused_when_it_is_typed(
    admin: User, receiver: Receiver, address: str
) -> None:
    with pytest.raises(Invalid) as refused:
        an_endpoint(admin, address=address)
    assert refused.value.field == "address"
    assert not Endpoint.objects.exists()


# ---------------------------------------------------------------------------------------------- gone, off, alerts


def test_gone_switches_it_off_keeps_what_waited_and_tells_administrators(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    waiting(endpoint, 9)
    receiver.answers(410)
    delivering.send(at=NOW)
    endpoint.refresh_from_db()
    assert not endpoint.is_on
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dead"}
    (notice,) = Notice.objects.filter(recipient=admin)
    assert (
        words_for(notice.kind, notice.context).title == "Webhook “CRM” is switched off: its address is gone"
    )
    receiver.answers(200)
    with pytest.raises(Conflict):
        log.send_dead_again(by=admin, endpoint=endpoint)
    endpoint = endpoints.switch(by=admin, endpoint=endpoint, is_on=True)
    assert log.send_dead_again(by=admin, endpoint=endpoint, at=NOW) == 9
    assert delivering.send(at=NOW).sent == 9


def test_administrators_hear_once_of_an_address_that_fails_for_an_hour_and_the_alert_ends_with_success(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    person("rep")
    waiting(endpoint, 3)
    receiver.answers(500)
    for minutes in range(0, 55, 5):
        delivering.send(at=NOW + timedelta(minutes=minutes))
    assert not Alert.objects.exists()
    for minutes in range(60, 180, 5):
        delivering.send(at=NOW + timedelta(minutes=minutes))
    alert = Alert.objects.get(kind=alerts.KIND)
    assert alert.context["since"] == NOW.isoformat()
    assert list(Notice.objects.values_list("recipient", flat=True)) == [admin.pk]
    words = words_for(alert.kind, alert.context)
    assert words.title.startswith("Webhook “CRM” cannot be reached since")
    assert "Next step" in words.text
    receiver.answers(200)
    assert delivering.send(at=NOW + DAY).sent == 3
    alert.refresh_from_db()
    assert alert.resolved_at == NOW + DAY
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since_at) == (0, None)


def test_what_waits_when_it_is_switched_off_is_not_sent(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    (one,) = waiting(endpoint)
    off = endpoints.switch(by=admin, endpoint=endpoint, is_on=False)
    assert delivering.send(at=NOW) == Sent()
    assert (receiver.got, state(one)) == ([], "dropped")
    assert off.version == endpoint.version + 1


# ---------------------------------------------------------------------------------------------- by hand


def test_what_is_out_already_can_be_sent_again_under_the_same_id(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    (one,) = waiting(endpoint)
    delivering.send(at=NOW)
    log.send_again(by=admin, pk=one.pk, at=NOW)
    delivering.send(at=NOW)
    assert receiver.ids() == ["evt_1", "evt_1"]


def test_sending_again_ends_the_rest_of_the_address(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    (one,) = waiting(endpoint)
    receiver.answers(503, Retry_After="80000")
    delivering.send(at=NOW)
    receiver.answers(200)
    log.send_again(by=admin, pk=one.pk, at=NOW)
    assert delivering.send(at=NOW).sent == 1


def test_what_was_erased_cannot_be_sent_again_and_what_is_not_there_neither(
    endpoint: Endpoint, admin: User
) -> None:
    (one,) = waiting(endpoint, body="", state="sent")
    with pytest.raises(Conflict):
        log.send_again(by=admin, pk=one.pk)
    with pytest.raises(NotFound):
        log.send_again(by=admin, pk=one.pk + 1)
    with pytest.raises(NotFound):
        log.drop(by=admin, pk=one.pk + 1)
    assert log.drop(by=admin, pk=one.pk) is False


def test_a_dropped_one_is_not_sent(endpoint: Endpoint, receiver: Receiver, admin: User) -> None:
    (one,) = waiting(endpoint)
    assert log.drop(by=admin, pk=one.pk)
    assert delivering.send(at=NOW) == Sent()


def test_only_administrators_do_any_of_it(endpoint: Endpoint) -> None:
    rep = person("rep", "head_of_sales")
    (one,) = waiting(endpoint)
    for act in (
        lambda: an_endpoint(rep),
        lambda: endpoints.edit(by=rep, endpoint=endpoint, name="x", chosen=["lead.won"]),
        lambda: endpoints.switch(by=rep, endpoint=endpoint, is_on=False),
        lambda: endpoints.renew_secret(by=rep, endpoint=endpoint),
        lambda: endpoints.try_out(by=rep, endpoint=endpoint),
        lambda: endpoints.delete(by=rep, endpoint=endpoint),
        lambda: log.send_again(by=rep, pk=one.pk),
        lambda: log.send_dead_again(by=rep, endpoint=endpoint),
        lambda: log.drop(by=rep, pk=one.pk),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Endpoint.objects.get().version == endpoint.version
    assert state(one) == "waiting"


def test_a_test_is_signed_and_its_answer_comes_back(
    endpoint: Endpoint, receiver: Receiver, admin: User
) -> None:
    outcome = endpoints.try_out(by=admin, endpoint=endpoint)
    assert (outcome.is_taken, outcome.status) == (True, 200)
    (message,) = receiver.got
    assert message.is_signed_with(endpoint.secret)
    assert (message.json["type"], message.json["lead"], message.json["version"]) == ("ping", None, 1)
    receiver.answers(401, b"bad signature")
    outcome = endpoints.try_out(by=admin, endpoint=endpoint)
    assert (outcome.is_taken, outcome.status, outcome.error) == (False, 401, "bad signature")


def test_a_deleted_one_takes_its_log_along(endpoint: Endpoint, admin: User) -> None:
    waiting(endpoint, 3)
    endpoints.delete(by=admin, endpoint=endpoint)
    assert not Delivery.objects.exists()
    with pytest.raises(NotFound):
        endpoints.delete(by=admin, endpoint=endpoint)


def test_a_second_change_of_the_same_version_is_a_conflict(endpoint: Endpoint, admin: User) -> None:
    endpoints.edit(by=admin, endpoint=endpoint, name="One", chosen=["lead.won"], version=1)
    with pytest.raises(Conflict):
        endpoints.edit(by=admin, endpoint=endpoint, name="Two", chosen=["lead.won"], version=1)
    found = Endpoint.objects.get()
    assert (found.name, found.address) == ("One", ADDRESS)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": " \u200f\x00 "}),
        ("name", {"name": "x" * 101}),
        ("events", {"chosen": []}),
        ("events", {"chosen": ["lead.won", "lead.sung"]}),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(
    admin: User, receiver: Receiver, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        an_endpoint(admin, **values)
    assert refused.value.field == field


# ---------------------------------------------------------------------------------------------- several workers


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_send_each_message_once(endpoint: Endpoint, receiver: Receiver) -> None:
    waiting(endpoint, 30)
    start = threading.Barrier(3)
    results: list[Sent] = []

    def work() -> None:
        try:
            start.wait()
            results.append(delivering.send(at=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.sent for one in results) == 30
    assert sorted(receiver.ids()) == sorted(f"evt_{number}" for number in range(1, 31))


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_worker_killed_between_sending_and_saving_sends_again_when_its_lease_is_over(
    endpoint: Endpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = waiting(endpoint)

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_save", die)
        with pytest.raises(Killed):
            delivering.send(at=NOW)
    assert delivering.send(at=NOW + timedelta(seconds=60)) == Sent()
    assert delivering.send(at=NOW + timedelta(seconds=125)).sent == 1
    assert receiver.ids() == ["evt_1", "evt_1"]
    assert state(one) == "sent"
