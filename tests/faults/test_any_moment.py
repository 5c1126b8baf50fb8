"""Workers that die before a random statement, round after round, with all kinds of work; compared with the journal.

`FAULT_ROUNDS` sets how many rounds (10), `FAULT_SEED` which ones.
"""

import os
import random
from collections import Counter

import pytest
from django.db.models import Count, Sum

from leads.models import Activity, Lead
from leadsync.kpi.models import DayFact
from tests.faults.journal import Journal, release_leases, settle
from tests.faults.processes import House, until

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.randrange(1, 10_000)
WRITES = "INSERT|UPDATE|DELETE|SELECT"


def test_whatever_kills_workers_at_any_moment_nothing_is_lost_or_doubled(
    house: House, journal: Journal
) -> None:
    chance = random.Random(SEED)
    lists = []
    for turn in range(ROUNDS):
        journal.receive(chance.randint(5, 60), hours_ago=chance.choice((0.8, 1.1, 3, 30)))
        if turn % 4 == 0:
            lists.append(journal.bring_list(chance.randint(501, 900)))
        journal.receive_and_call(chance.randint(1, 5))
        worker = house.worker(at=WRITES, times=chance.randint(20, 250), act="die")
        until(lambda: not worker.is_alive, f"the worker dies, seed {SEED}")  # noqa: B023
        release_leases()
    house.worker()
    settle(house)
    journal.check_sweep()
    journal.check_mails(house)
    for one in lists:
        journal.check_list(one)
    assert figures() == counted(), f"seed {SEED}"


def figures() -> Counter[str]:
    """What the roll-up says."""
    names = ("arrived", "handed_off", "contacted", "contacted_in_time", "minutes")
    return Counter(DayFact.objects.aggregate(**{name: Sum(name) for name in names}))


def counted() -> Counter[str]:
    """The same from the leads themselves."""
    leads = Lead.objects.filter(is_test=False)
    found = leads.aggregate(
        arrived=Count("received_at"), handed_off=Count("handed_off_at"), contacted=Count("first_contact_at")
    )
    return Counter(
        found
        | {
            "contacted_in_time": leads.filter(is_in_time=True).count(),
            "minutes": Activity.objects.aggregate(sum=Sum("minutes"))["sum"] or 0,
        }
    )
