"""Processes killed between keeping another program's message and receiving it, and while receiving: one lead of each."""

import json
from typing import Any

import pytest
import requests
from django.utils import timezone

from leads.models import Arrival, Handoff, Lead, LeadEvent
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import inbox, sources
from leadsync.intake.services.inbox import Part
from leadsync.notices.models import Notice
from tests.faults.journal import MINUTE, Journal
from tests.faults.processes import House, until

pytestmark = pytest.mark.faults

# In the order of one message. PostgreSQL's COPY goes past the hook: the rows of a lead lie before its notice.
KEPT = 'INSERT INTO "intake_payload"'
CLAIMED = 'UPDATE "intake_payload" SET "attempts"'
READ = 'SELECT "intake_payload"."id", "intake_payload"."source_id"'  # kept, and nothing done about it yet
NUMBERED = r'"gate_from", \(SELECT "?U0"?\."gate_number"'  # within receiving, before the first row is written
TOLD = 'INTO "notices_notice"'  # lead, keys, handoff, arrival and events are written
SAID = 'UPDATE "intake_payload" SET "state"'  # all that is left is to say what became of the message


@pytest.fixture
def source(journal: Journal) -> Source:
    owner = journal.campaign.owner
    assert owner is not None
    return sources.create(kind="google", name="Google", campaign=journal.campaign, by=owner)


def message(source: Source, number: int) -> dict[str, Any]:
    """What Google sends of one lead."""
    columns = [
        {"column_id": "FULL_NAME", "string_value": f"Lead {number}"},
        {"column_id": "EMAIL", "string_value": f"lead{number}@example.com"},
    ]
    return {"lead_id": f"L{number}", "user_column_data": columns, "google_key": source.secret}


def send(url: str, source: Source, number: int) -> int:
    """The sender's request; its answer."""
    body = json.dumps(message(source, number))
    return requests.post(f"{url}/in/{source.key}/", data=body, timeout=60).status_code


def keep(source: Source, count: int) -> None:
    """Messages that a web server kept and then died."""
    for number in range(count):
        body = json.dumps(message(source, number))
        inbox.keep(source=source, parts=[Part(f"{number:064d}", body)], at=timezone.now())


def release() -> None:
    """Time passes: what a killed process held is due."""
    Payload.objects.filter(state="waiting").update(next_try_at=timezone.now() - MINUTE)


def nothing_but_the_messages(count: int) -> None:
    """What a killed process leaves: the messages, waiting, and nothing half received."""
    assert not Lead.objects.exists()
    assert not Arrival.objects.exists()
    assert not Notice.objects.exists()
    assert list(Payload.objects.values_list("state", "lead", "arrival")) == [("waiting", None, None)] * count


def check(count: int) -> None:
    """Of each message one lead, one arrival, one handoff, one event of each, one state; nothing else."""
    until(
        lambda: not Payload.objects.filter(state="waiting").exists(),
        lambda: f"all is received: {list(Payload.objects.values_list('state', 'reason', 'attempts'))}",
    )
    mails = sorted(f"lead{number}@example.com" for number in range(count))
    found = Payload.objects.values_list("state", "lead__email", "arrival__lead__email")
    assert sorted(found) == [("taken", mail, mail) for mail in mails]
    assert sorted(Lead.objects.values_list("email", flat=True)) == mails
    assert list(Arrival.objects.order_by("lead__email").values_list("lead__email", "is_first")) == [
        (mail, True) for mail in mails
    ]
    assert sorted(Handoff.objects.open().values_list("lead__email", flat=True)) == mails
    for kind in ("arrived", "handed_off"):
        assert sorted(LeadEvent.objects.filter(kind=kind).values_list("lead__email", flat=True)) == mails


def test_killed_anywhere_between_keeping_and_having_received_a_message_is_one_lead(
    house: House, journal: Journal, source: Source
) -> None:
    keep(source, 20)
    for place in (CLAIMED, READ, NUMBERED, TOLD, SAID):
        release()
        worker = house.worker(at=place)
        worker.wait_until_stopped()
        nothing_but_the_messages(20)  # its transaction is open: nothing of it is seen
        worker.kill()
        nothing_but_the_messages(20)
    release()
    house.worker()
    house.worker()
    house.send("intake.take", times=4)
    check(20)


def test_a_web_server_killed_before_it_answers_leaves_one_lead_of_what_is_sent_again(
    house: House, journal: Journal, source: Source
) -> None:
    for number, place in enumerate((KEPT, READ, SAID)):
        url = house.web(at=place)
        with pytest.raises(requests.ConnectionError):
            send(url, source, number)
        assert not Lead.objects.exists()
        assert Payload.objects.count() == number  # the first one died before it kept anything
    url = house.web()
    for number in range(3):
        assert send(url, source, number) == 200  # nobody answered the sender, who tries again
    assert Lead.objects.count() == 1  # of what is here already, that is left to the worker
    release()
    house.worker()
    check(3)
    for number in range(3):
        assert send(url, source, number) == 200
    assert dict(Payload.objects.values_list("external_id", "times")) == {"L0": 2, "L1": 3, "L2": 3}
    check(3)
