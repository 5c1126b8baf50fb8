"""Workers killed in the middle of a sweep, and several at once: each step once, each notice once."""

import os
import signal

import pytest

from leads.models import Step
from tests.faults.journal import Journal, settle
from tests.faults.processes import IS_REDIS, House, until

pytestmark = pytest.mark.faults

# In the order of one batch: before its first row, between a step and its notice, before the batch is closed.
PLACES = (
    'INSERT INTO "leads_step"',
    'INSERT INTO "notices_notice"',
    'UPDATE "leads_handoff"',
)


def test_killed_anywhere_in_a_sweep_of_thousands_each_step_is_there_once(
    house: House, journal: Journal
) -> None:
    for hours_ago in (1.1, 3, 30, 50):
        journal.receive(1_300, hours_ago=hours_ago)
    for place in PLACES:
        worker = house.worker(at=place)
        worker.wait_until_stopped()
        assert not Step.objects.exists()  # its transaction is open: nothing of it is seen
        worker.kill()
    worker = house.worker(at=PLACES[0], times=5)  # three kinds a batch: in the middle of the second
    worker.wait_until_stopped()
    flagged = Step.objects.values("handoff").distinct().count()
    worker.kill()
    assert 0 < flagged < len(journal.handed)
    house.worker()
    until(journal.is_swept, "the sweep catches up")
    journal.check_sweep()


def test_three_workers_two_beats_and_messages_that_come_twice_flag_once(
    house: House, journal: Journal
) -> None:
    for hours_ago in (1.1, 3, 30):
        journal.receive(700, hours_ago=hours_ago)
    for beats in (True, True, False):
        house.worker(beats=beats)
    for _turn in range(10):
        house.send("leads.sweep", times=2)
        house.send("notices.deliver", times=2)
    settle(house)
    journal.check_sweep()
    journal.check_mails(house)


@pytest.mark.skipif(not IS_REDIS, reason="beside the embedded broker a worker has threads, not processes")
def test_a_killed_process_of_a_worker_is_replaced_and_its_sweep_done_again(
    house: House, journal: Journal
) -> None:
    journal.receive(300, hours_ago=3)
    worker = house.worker(at=PLACES[1])
    os.kill(worker.wait_until_stopped(), signal.SIGKILL)
    until(journal.is_swept, "another process of the same worker sweeps")
    assert worker.is_alive
    journal.check_sweep()
