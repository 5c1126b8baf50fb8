"""Workers killed while they tell other programs: each message arrives at least once, always the same, stored once."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from leads.models import LeadEvent
from leadsync.hooks.domain import signing
from leadsync.hooks.models import Delivery, Endpoint
from tests.faults.journal import MINUTE, Journal
from tests.faults.processes import House, until

pytestmark = pytest.mark.faults

SAVED = r'UPDATE "hooks_delivery" SET'  # the statement that says what was answered
WRITTEN = r'INTO "hooks_delivery"'
EVENTS = ["lead.arrived", "lead.handed_off"]


class Program:
    """Another program of the company. While it is `shut` it takes messages but does not say that it has them."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.open = threading.Event()
        self.open.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.headers["webhook-id"], body))
                outer.open.wait(60)
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def program(house: House, journal: Journal) -> Iterator[Program]:
    """The other program, its endpoint, and workers whose way out leads to it (the guard refuses loopback)."""
    made = Program()
    Endpoint.objects.create(
        name="CRM",
        address="http://crm.example.com/hook",
        secret=signing.secret_of(b"x" * 32),
        events=EVENTS,
        is_on=True,
        on_since_at=timezone.now(),
        created_at=timezone.now(),
        changed_at=timezone.now(),
    )
    house.env |= {"OUTGOING_ALLOWS_HTTP": "1", "FAULT_OUTGOING_PORT": str(made.port)}
    yield made
    made.stop()


def release() -> None:
    """Time passes: what a killed worker held is free."""
    Endpoint.objects.update(free_at=None)
    Delivery.objects.filter(state="waiting").update(next_try_at=timezone.now() - MINUTE)


def check(program: Program) -> None:
    """One delivery for each event, all out, each arrived as the one message it is."""
    kinds = [name.removeprefix("lead.") for name in EVENTS]
    expected = {f"evt_{pk}" for pk in LeadEvent.objects.filter(kind__in=kinds).values_list("pk", flat=True)}
    assert expected
    until(
        lambda: Delivery.objects.filter(state="sent").count() == len(expected),
        lambda: f"all is out: {Counter(Delivery.objects.values_list('state', 'error'))}",
    )
    assert set(Delivery.objects.values_list("key", flat=True)) == expected
    assert {key.rpartition("_")[0] for key, _body in program.got} == expected
    assert len(set(program.got)) == len(expected)
    assert all(json.loads(body)["id"] == key for key, body in program.got)


def test_killed_after_the_program_took_it_and_before_that_was_saved(
    house: House, journal: Journal, program: Program
) -> None:
    journal.receive(5, hours_ago=0.1)
    worker = house.worker(at=SAVED)
    worker.wait_until_stopped()
    worker.kill()
    taken = {key for key, _body in program.got}
    assert taken
    assert not Delivery.objects.filter(state="sent").exists()
    release()
    house.worker()
    check(program)
    arrived = Counter(key for key, _body in program.got)
    assert all(arrived[key] >= 2 for key in taken)


def test_killed_while_the_program_has_not_answered_yet(
    house: House, journal: Journal, program: Program
) -> None:
    journal.receive(5, hours_ago=0.1)
    program.open.clear()
    worker = house.worker()
    until(lambda: program.got, "a message is on its way")
    worker.kill()
    program.open.set()
    release()
    house.worker()
    check(program)


def test_killed_while_deliveries_are_written(house: House, journal: Journal, program: Program) -> None:
    journal.receive(50, hours_ago=0.1)
    worker = house.worker(at=WRITTEN)
    worker.wait_until_stopped()
    worker.kill()
    assert not Delivery.objects.exists()
    house.worker()
    check(program)


def test_three_workers_and_messages_that_come_twice_write_and_send_each_once(
    house: House, journal: Journal, program: Program
) -> None:
    journal.receive(60, hours_ago=0.1)
    for beats in (True, True, False):
        house.worker(beats=beats)
    for _turn in range(5):
        house.send("hooks.deliver", times=2)
    check(program)
    assert max(Counter(key for key, _body in program.got).values()) == 1


def test_one_of_three_workers_killed_between_sending_and_noting(
    house: House, journal: Journal, program: Program
) -> None:
    journal.receive(30, hours_ago=0.1)
    worker = house.worker(at=SAVED, times=10)  # some are noted by then, some not sent yet
    worker.wait_until_stopped()
    for _other in range(2):
        house.worker()
    worker.kill()
    noted = {row.message_id for row in Delivery.objects.filter(state="sent")}
    unknown = {key for key, _body in program.got} - noted
    assert noted
    assert unknown
    release()
    check(program)
    arrived = Counter(key for key, _body in program.got)
    again = {key for key, times in arrived.items() if times > 1}
    assert unknown <= again
    assert not again & noted
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}  # each noted once
