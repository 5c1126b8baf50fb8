"""The broker gone: pages work, nothing is lost, and the work of the meantime is done when it is back."""

import pytest
import requests

from leads.models import Lead
from leadsync.accounts.models import ApiToken
from leadsync.accounts.services import tokens
from leadsync.core.models import Lock
from tests.faults.journal import Journal, settle
from tests.faults.processes import House, until

pytestmark = pytest.mark.faults


def test_ten_minutes_without_the_broker_lose_nothing(house: House, journal: Journal) -> None:
    _made, token = tokens.create(by=journal.campaign.owner, name="test", scope=ApiToken.Scope.ALL)
    headers = {"Authorization": f"Bearer {token}"}
    url, worker = house.web(), house.worker()
    until(lambda: requests.get(f"{url}/readyz", timeout=10).ok, "everything is ready")

    house.broker.away()
    missing = requests.get(f"{url}/readyz", timeout=10)
    assert missing.status_code == 503
    assert missing.json()["broker"]["ok"] is False
    assert missing.json()["database"]["ok"] is True
    journal.receive(200, hours_ago=1.2)
    journal.receive(20, hours_ago=0.5)
    new = {"campaign": journal.campaign.pk, "name": "Came while it was away", "email": "away@example.com"}
    assert requests.post(f"{url}/api/v1/leads/", json=new, headers=headers, timeout=10).status_code == 201
    assert requests.get(f"{url}/api/v1/leads/", headers=headers, timeout=10).ok
    assert requests.get(f"{url}/accounts/login/", timeout=10).ok
    Lock.objects.update(ran_at=None)  # ten minutes pass: whoever comes may take any turn

    house.broker.back()
    until(lambda: requests.get(f"{url}/readyz", timeout=10).ok, "the web server finds the broker again")
    settle(house)
    assert worker.is_alive, worker.tail()
    journal.check_sweep()
    journal.check_mails(house)
    assert Lead.objects.get(email="away@example.com").handoffs.filter(ended_at=None).count() == 1
