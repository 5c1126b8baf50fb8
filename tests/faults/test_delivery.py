"""Workers killed while a mail is on its way: it arrives at least once, always as the same message, stored once."""

import pytest

from leadsync.notices.models import Message, Notice
from tests.faults.journal import Journal, ids_of, release_leases, settle
from tests.faults.processes import House, until

pytestmark = pytest.mark.faults

SAVED = r'UPDATE "notices_message" SET .*"sent_at" = '  # the statement that says a mail is sent


def test_killed_after_the_server_took_the_mail_and_before_that_was_saved(
    house: House, journal: Journal
) -> None:
    journal.receive(3, hours_ago=0.8)
    worker = house.worker(at=SAVED)
    worker.wait_until_stopped()
    worker.kill()
    (taken,) = ids_of(house.post.mails)
    assert Message.objects.filter(state="sent").count() == 0
    release_leases()
    house.worker()
    settle(house)
    assert ids_of(house.post.mails)[taken] == 2
    journal.check_sweep()
    journal.check_mails(house)


def test_killed_while_the_server_has_not_answered_yet(house: House, journal: Journal) -> None:
    journal.receive(3, hours_ago=0.8)
    house.post.shut = True
    worker = house.worker()
    until(lambda: house.post.mails, "a mail is on its way")
    worker.kill()
    house.post.shut = False
    release_leases()
    house.worker()
    settle(house)
    journal.check_mails(house)


@pytest.mark.parametrize(
    "place", ['INSERT INTO "notices_message"', r'UPDATE "notices_notice" SET "message_id"']
)
def test_killed_while_a_mail_is_written(house: House, journal: Journal, place: str) -> None:
    journal.receive(3, hours_ago=0.8)
    worker = house.worker(at=place)
    worker.wait_until_stopped()
    worker.kill()
    assert not Message.objects.exists()
    assert not Notice.objects.exclude(message=None).exists()
    house.worker()
    settle(house)
    journal.check_mails(house)
