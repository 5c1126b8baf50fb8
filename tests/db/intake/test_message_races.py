"""Several at once: the same message sent by many, two workers on one row. Real connections."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leads.models import Arrival, Lead
from leadsync.core.errors import Conflict
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import handling, receiving, sources, waiting
from leadsync.intake.services.receiving import Sent
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def source() -> Source:
    CompanyFactory()
    return sources.create(kind="google", name="S", campaign=campaign(), by=person("marketer"))


def message(source: Source, number: int, **more: Any) -> Sent:
    columns = [
        {"column_id": "FULL_NAME", "string_value": f"Lead {number}"},
        {"column_id": "EMAIL", "string_value": f"lead{number}@example.com"},
    ]
    body = {"lead_id": f"L{number}", "user_column_data": columns, "google_key": source.secret} | more
    return Sent(json.dumps(body).encode(), {})


def at_once(*actions: Callable[[], Any]) -> None:
    """Run all of them together; raises the first that failed."""
    gate, failed = threading.Barrier(len(actions)), []

    def run(action: Callable[[], Any]) -> None:
        gate.wait()
        try:
            action()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if failed:
        raise failed[0]


def test_the_same_messages_from_many_at_once_are_each_one_arrival(source: Source) -> None:
    def send_all() -> None:
        for number in range(5):
            assert receiving.receive(key=source.key, sent=message(source, number)).status == 200

    at_once(*[send_all] * 6)
    waiting.work(at=timezone.now() + timedelta(minutes=2))
    assert (Lead.objects.count(), Arrival.objects.count(), Payload.objects.count()) == (5, 5, 5)
    assert sum(Payload.objects.values_list("times", flat=True)) == 30


def test_one_id_in_different_messages_at_once_is_one_arrival(source: Source) -> None:
    def send(word: str) -> Callable[[], Any]:
        return lambda: receiving.receive(key=source.key, sent=message(source, 1, lead_stage=word))

    at_once(*[send(f"S{n}") for n in range(6)])
    waiting.work(at=timezone.now() + timedelta(minutes=2))
    assert (Payload.objects.count(), Arrival.objects.count()) == (6, 1)
    assert set(Payload.objects.values_list("state", flat=True)) == {"taken"}


def test_workers_and_a_person_at_once_make_one_arrival_of_each(source: Source) -> None:
    by = person("marketer")
    sources.switch(source=source, is_on=False, by=by)
    for number in range(20):
        receiving.receive(key=source.key, sent=message(source, number))
    sources.switch(source=source, is_on=True, by=by)
    payload = Payload.objects.order_by("id")[0]
    later = timezone.now() + timedelta(seconds=1)

    def press() -> None:
        with suppress(Conflict):  # a worker may be faster
            handling.retry(payload=payload, by=by)

    at_once(lambda: waiting.work(at=later), lambda: waiting.work(at=later), press)
    waiting.work(at=later + timedelta(minutes=10))
    assert (Lead.objects.count(), Arrival.objects.count()) == (20, 20)
    assert set(Payload.objects.values_list("state", flat=True)) == {"taken"}
