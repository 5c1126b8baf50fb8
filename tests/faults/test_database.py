"""The database restarted, or held by somebody else: requests answer or ask to try again, workers go on by themselves."""

import sqlite3
from contextlib import closing

import pytest
import requests

from leads.models import Lead
from leadsync.accounts.models import ApiToken
from leadsync.accounts.services import tokens
from tests.faults.journal import Journal, release_leases, settle
from tests.faults.processes import IS_POSTGRES, House, until

pytestmark = pytest.mark.faults

CLEAN = {200, 201, 503}  # done, or a page that says that it was not


def headers_of(journal: Journal) -> dict[str, str]:
    _made, token = tokens.create(by=journal.campaign.owner, name="test", scope=ApiToken.Scope.ALL)
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.skipif(not IS_POSTGRES, reason="the embedded database is a file: nothing to restart")
def test_a_database_that_restarts_again_and_again_leaves_nothing_half_done(
    house: House, journal: Journal
) -> None:
    headers = headers_of(journal)
    url, worker = house.web(), house.worker()
    until(lambda: requests.get(f"{url}/readyz", timeout=10).ok, "everything is ready")
    made, seen = set(), set()
    for turn in range(8):
        journal.receive(150, hours_ago=3)
        if turn % 2:
            house.databases.away(house.database)
            seen.add(requests.get(f"{url}/api/v1/leads/", headers=headers, timeout=20).status_code)
            assert requests.get(f"{url}/readyz", timeout=20).status_code == 503
            assert requests.get(f"{url}/healthz", timeout=20).status_code == 200
            house.databases.back(house.database)
        else:
            house.databases.hang_up(house.database)
        name = f"posted{turn}@example.com"
        new = {"campaign": journal.campaign.pk, "name": name, "email": name}
        status = requests.post(f"{url}/api/v1/leads/", json=new, headers=headers, timeout=20).status_code
        seen.add(status)
        if status == 201:
            made.add(name)
    assert seen <= CLEAN
    assert 503 in seen
    settle(house)
    assert worker.is_alive, worker.tail()
    journal.check_sweep()
    journal.check_mails(house)
    assert set(Lead.objects.filter(name__startswith="posted").values_list("email", flat=True)) == made
    assert until(lambda: requests.get(f"{url}/readyz", timeout=10).ok, "everything is ready again")


@pytest.mark.skipif(not IS_POSTGRES, reason="the embedded database is a file: nothing to restart")
@pytest.mark.parametrize(
    "place",
    ['INSERT INTO "notices_notice"', 'UPDATE "leads_import"', r'UPDATE "notices_message" SET .*"sent_at" = '],
)
def test_a_database_that_restarts_in_the_middle_of_work_has_it_done_afterwards(
    house: House, journal: Journal, place: str
) -> None:
    journal.receive(100, hours_ago=3)
    journal.receive(10, hours_ago=0.8)
    rows = journal.bring_list(3_000)
    worker = house.worker(at=place, times=2 if "import" in place else 1)
    worker.wait_until_stopped()
    house.databases.hang_up(house.database)
    worker.go_on()
    until(lambda: worker.is_alive and "OperationalError" in worker.log.read_text(), "the worker has noticed")
    release_leases()
    settle(house)
    assert worker.is_alive, worker.tail()
    journal.check_sweep()
    journal.check_mails(house)
    journal.check_list(rows)


@pytest.mark.skipif(IS_POSTGRES, reason="only a file can be held as a whole")
def test_while_another_program_holds_the_file_pages_ask_to_try_again_and_workers_go_on_later(
    house: House, journal: Journal
) -> None:
    headers = headers_of(journal)
    journal.receive(100, hours_ago=3)
    url = house.web(BUSY_MS="100")
    new = {"campaign": journal.campaign.pk, "name": "Held", "email": "held@example.com"}
    with closing(sqlite3.connect(house.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        worker = house.worker(BUSY_MS="100")
        until(lambda: "database is locked" in worker.tail(), "the worker has tried")
        refused = requests.post(f"{url}/api/v1/leads/", json=new, headers=headers, timeout=20)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert requests.get(f"{url}/api/v1/campaigns/", headers=headers, timeout=20).status_code in CLEAN
        holder.execute("ROLLBACK")
    assert requests.post(f"{url}/api/v1/leads/", json=new, headers=headers, timeout=20).status_code == 201
    settle(house)
    assert worker.is_alive, worker.tail()
    journal.check_sweep()
    journal.check_mails(house)
    assert Lead.objects.filter(email="held@example.com").count() == 1
