"""Programs that send the same leads at the same moment through the API, each request on a connection of its own."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from leads.models import Arrival, Handoff, IdempotencyKey, Lead, LeadEvent, LeadKey
from leadsync.accounts.services import tokens
from leadsync.core import db
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

GATE = 20
SLOWEST = 20.0  # seconds for any request, on a busy machine: the servers in front give up after 30


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    CompanyFactory.create()
    yield
    connections.close_all()


def size() -> tuple[int, int, int]:
    """Threads, leads, and leads in a message: SQLite has one writer, so less shows the same there."""
    return (16, 1_000, 50) if db.is_postgres() else (6, 120, 20)


class Sender:
    """Posts batches with the token of one person, and keeps what was answered and how long it took."""

    def __init__(self, count: int, per_message: int) -> None:
        self.reps = [person("rep", capacity=10_000) for _n in range(2)]
        agreement_in_force(gate_size=GATE, gate_needed=1)
        self.to = campaign()
        _token, self.secret = tokens.create(by=person("marketer"), name="shop", scope="log")
        rows = [
            {
                "name": f"Lead {n}",
                "email": f"l{n}@example.com",
                "phone": f"+48600{n:06}",
                "external_id": f"{n}",
            }
            for n in range(count)
        ]
        self.parts = [rows[start : start + per_message] for start in range(0, count, per_message)]
        self.answers: list[Any] = []
        self.took: list[float] = []

    def job(self, turn: int, *, with_keys: bool) -> Callable[[], None]:
        """All parts, each thread beginning at another one."""

        def run() -> None:
            client = Client(raise_request_exception=False)
            for step in range(len(self.parts)):
                place = (turn + step) % len(self.parts)
                headers = {"Authorization": f"Bearer {self.secret}"}
                if with_keys:
                    headers["Idempotency-Key"] = f"part {place}"
                began = time.monotonic()
                answer = client.post(
                    "/api/v1/leads/",
                    {"campaign": self.to.pk, "leads": self.parts[place]},
                    content_type="application/json",
                    headers=headers,
                )
                self.took.append(time.monotonic() - began)
                self.answers.append(answer)

        return run


def check_leads(count: int) -> None:
    """Each lead once, with one key of each kind and one owner; the gate's numbers without gaps."""
    assert Lead.objects.count() == count
    assert Counter(LeadKey.objects.values_list("kind", flat=True)) == dict.fromkeys(
        LeadKey.Kind.values, count
    )
    assert Handoff.objects.filter(ended_at=None).count() == count
    assert Arrival.objects.filter(is_first=True).count() == count
    numbers = Lead.objects.exclude(gate_number=None).values_list("gate_number", flat=True)
    assert sorted(number or 0 for number in numbers) == list(range(1, GATE + 1))


def test_the_same_leads_sent_by_all_at_once_are_one_lead_each_and_every_arrival_is_kept() -> None:
    threads, count, per_message = size()
    sender = Sender(count, per_message)
    results = together(*(sender.job(turn, with_keys=False) for turn in range(threads)))
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Counter(answer.status_code for answer in sender.answers) == {200: threads * count // per_message}
    said = [answer.json() for answer in sender.answers]
    assert sum(one["created"] for one in said) == count
    assert sum(one["already_here"] for one in said) == (threads - 1) * count
    assert sum(one["rejected"] for one in said) == 0
    check_leads(count)
    assert Arrival.objects.count() == threads * count
    assert LeadEvent.objects.filter(kind="arrived").count() == count
    assert LeadEvent.objects.filter(kind="arrived_again").count() == (threads - 1) * count
    assert max(sender.took) < SLOWEST


def test_the_same_messages_under_the_same_keys_are_taken_once_and_answered_alike() -> None:
    threads, count, per_message = size()
    sender = Sender(count, per_message)
    results = together(*(sender.job(turn, with_keys=True) for turn in range(threads)))
    assert [one for one in results if isinstance(one, Exception)] == []
    messages = count // per_message
    assert Counter(answer.status_code for answer in sender.answers) == {200: threads * messages}
    replayed = sum("Idempotency-Replayed" in answer for answer in sender.answers)
    assert replayed == (threads - 1) * messages
    assert len({answer.content for answer in sender.answers}) == messages
    check_leads(count)
    assert Arrival.objects.count() == count
    assert IdempotencyKey.objects.count() == messages
    assert max(sender.took) < SLOWEST


def test_one_lead_sent_by_all_at_once_under_one_key_is_logged_once() -> None:
    threads, _count, _per_message = size()
    sender = Sender(1, 1)
    (row,) = sender.parts[0]

    def post() -> Any:
        return Client(raise_request_exception=False).post(
            "/api/v1/leads/",
            row | {"campaign": sender.to.pk},
            content_type="application/json",
            headers={"Authorization": f"Bearer {sender.secret}", "Idempotency-Key": "one"},
        )

    answers = together(*(post for _n in range(threads)))
    assert Counter(answer.status_code for answer in answers) == {201: threads}
    assert len({answer.content for answer in answers}) == 1
    assert (Lead.objects.count(), Arrival.objects.count()) == (1, 1)
