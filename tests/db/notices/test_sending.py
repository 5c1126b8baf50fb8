"""Mails on their way out: a real server that is there, away, or choosy; workers that meet or die."""

import email
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import connections
from pytest_django import Settings

from leadsync.accounts.models import User
from leadsync.notices import delivery, outbox
from leadsync.notices.models import Message
from tests.db.notices.conftest import Sink, free_port

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def message_to(person: User, key: str = "instant:1") -> Message:
    return Message.objects.create(
        recipient=person,
        key=key,
        address=person.email,
        subject="Termin dziś 10:30: Ola Wójcik",
        body="Zadzwoń.",
        body_html="<p>Zadzwoń.</p>",
        created_at=AT,
        next_try_at=AT,
    )


@pytest.fixture
def dead_server(settings: Settings) -> None:
    """Settings that point at a port on which nobody listens."""
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": free_port(), "timeout": 1},
        }
    }


@pytest.mark.django_db
def test_a_mail_arrives_in_text_and_html_with_an_id_made_from_its_key(anna: User, smtp: Sink) -> None:
    message = message_to(anna)
    assert delivery.send_waiting(at=AT).sent == 1
    mail = email.message_from_bytes(smtp.mails[0])
    assert mail["Message-ID"] == delivery.message_id("instant:1")
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.attempts) == ("sent", AT, 1)


@pytest.mark.django_db
def test_what_was_sent_is_not_sent_again(anna: User, smtp: Sink) -> None:
    message_to(anna)
    delivery.send_waiting(at=AT)
    delivery.send_waiting(at=AT + timedelta(days=1))
    assert len(smtp.mails) == 1


@pytest.mark.django_db
def test_one_refused_receiver_does_not_hold_up_the_others(anna: User, jan: User, smtp: Sink) -> None:
    smtp.refused = {anna.email}
    refused = message_to(anna, "a")
    message_to(jan, "b")
    assert delivery.send_waiting(at=AT) == outbox.Sent(sent=1, failed=1)
    assert smtp.to == [jan.email]
    refused.refresh_from_db()
    assert refused.next_try_at == AT + timedelta(minutes=1)
    assert "550" in refused.error


@pytest.mark.django_db
def test_an_unusable_address_does_not_hold_up_the_others(anna: User, jan: User, smtp: Sink) -> None:
    broken = message_to(anna, "a")
    Message.objects.filter(pk=broken.pk).update(address="no@@address")
    message_to(jan, "b")
    assert delivery.send_waiting(at=AT) == outbox.Sent(sent=1, failed=1)


@pytest.mark.django_db
def test_a_server_that_is_down_is_tried_again_later_each_time_after_a_longer_wait(
    anna: User, dead_server: None
) -> None:
    message = message_to(anna)
    now, waits = AT, []
    for _attempt in range(outbox.MAX_ATTEMPTS):
        delivery.send_waiting(at=now)
        message.refresh_from_db()
        if message.next_try_at:
            waits.append(int((message.next_try_at - now).total_seconds() // 60))
            now = message.next_try_at
    assert waits == [1, 5, 15, 60, 240, 240, 240]
    assert (message.state, message.attempts) == ("dead", 8)


@pytest.mark.django_db
def test_a_server_that_is_down_costs_one_attempt_a_run(anna: User, jan: User, dead_server: None) -> None:
    message_to(anna, "a")
    message_to(jan, "b")
    assert delivery.send_waiting(at=AT).failed == 1
    assert Message.objects.filter(attempts=0).count() == 1


@pytest.mark.django_db
def test_given_up_mails_can_be_sent_again(anna: User, smtp: Sink) -> None:
    message = message_to(anna)
    Message.objects.update(state="dead", attempts=8, next_try_at=None)
    assert outbox.send_again([message], at=AT) == 1
    assert delivery.send_waiting(at=AT).sent == 1


@pytest.mark.django_db
def test_a_slow_server_ends_the_run_and_the_rest_waits_for_the_next(
    anna: User, jan: User, smtp: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_to(anna, "a")
    message_to(jan, "b")
    monkeypatch.setattr(delivery, "RUN_SECONDS", 0)
    assert delivery.send_waiting(at=AT).sent == 1
    assert Message.objects.filter(state="waiting", attempts=0).count() == 1


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


@pytest.mark.django_db
def test_a_worker_killed_between_sending_and_saving_sends_the_same_id_again(
    anna: User, smtp: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_to(anna)

    def die(*_args: Any) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "save_sent", die)
        with pytest.raises(Killed):
            delivery.send_waiting(at=AT)
    assert delivery.send_waiting(at=AT + timedelta(minutes=1)).sent == 0  # the lease still runs
    assert delivery.send_waiting(at=AT + timedelta(minutes=6)).sent == 1
    assert len({email.message_from_bytes(mail)["Message-ID"] for mail in smtp.mails}) == 1
    assert Message.objects.get().state == "sent"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_send_each_mail_once(
    anna: User, smtp: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        message_to(anna, f"m{number}")
    both_are_there = threading.Barrier(2, timeout=10)
    opened = EmailBackend.open
    waited = threading.local()

    def open_together(self: EmailBackend) -> Any:
        if not getattr(waited, "done", False):
            waited.done = True
            both_are_there.wait()
        return opened(self)

    monkeypatch.setattr(EmailBackend, "open", open_together)
    sent: list[int] = []

    def work() -> None:
        try:
            sent.append(delivery.send_waiting(at=AT).sent)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 6
    assert len(smtp.mails) == 6
    assert Message.objects.filter(state="sent", attempts=1).count() == 6
