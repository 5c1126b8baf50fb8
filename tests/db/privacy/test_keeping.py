"""What is kept for long enough is erased by the worker, and nothing else."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from leads.domain.words import Door
from leads.models import Import, Lead, LeadEvent
from leads.services import arrivals, import_erasing, outcomes
from leadsync.accounts.models import Company
from leadsync.core.errors import Conflict
from leadsync.privacy.domain.months import months_before
from leadsync.privacy.models import Erasure
from leadsync.privacy.services import keeping
from leadsync.privacy.tasks import retention
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead

pytestmark = pytest.mark.django_db


def months_ago(months: int) -> datetime:
    return timezone.now() - timedelta(days=31 * months)


@pytest.fixture(autouse=True)
def _periods() -> None:
    CompanyFactory(keep_months=12, keep_won_months=36)


def old(months: int, **fields: Any) -> Lead:
    return lead(at=months_ago(months), **fields)


def closed(months: int, **fields: Any) -> Lead:
    found = old(months, **fields)
    Lead.objects.filter(pk=found.pk).update(stage="closed", closed_at=months_ago(months))
    return found


def names() -> set[str]:
    return set(Lead.objects.filter(erased_at=None).values_list("name", flat=True))


def test_what_is_older_is_erased_with_its_reason() -> None:
    gone = closed(14, name="Long Gone")
    closed(10, name="Not Yet")
    assert keeping.run() == 1
    assert names() == {"Not Yet"}
    made = Erasure.objects.get()
    assert (made.lead_id, made.why, made.by) == (gone.pk, "retention", None)
    assert fresh(gone).stage == "closed"


def test_customers_are_kept_for_their_own_time() -> None:
    rep = person("rep")
    for name, months in (("Customer", 20), ("Old Customer", 40)):
        found = old(months, name=name)
        Lead.objects.filter(pk=found.pk).update(owner=rep)
        outcomes.win(lead=fresh(found), by=rep, amount=Decimal(10), on=months_ago(months).date())
        Lead.objects.filter(pk=found.pk).update(
            last_activity_at=months_ago(months), marked_at=months_ago(months)
        )
        LeadEvent.objects.filter(lead=found).update(at=months_ago(months))
    assert keeping.run() == 1
    assert names() == {"Customer"}


def test_open_leads_with_a_rep_are_never_erased_by_themselves() -> None:
    rep = person("rep")
    found = old(20, name="Open With Rep")
    Lead.objects.filter(pk=found.pk).update(owner=rep)
    old(20, name="Open Without Rep")
    assert keeping.run() == 1
    assert names() == {"Open With Rep"}


@pytest.mark.parametrize("column", ["last_activity_at", "next_step_at", "closed_at", "lost_at", "marked_at"])
def test_whoever_was_worked_lately_is_kept(column: str) -> None:
    found = closed(20)
    Lead.objects.filter(pk=found.pk).update(**{column: months_ago(3)})
    assert keeping.run() == 0


def test_who_came_again_lately_is_kept() -> None:
    found = closed(20, email="again@x.example", name="Came Again")
    arrivals.receive(
        data=arrivals.LeadData(name="Came Again", email="again@x.example"),
        campaign=found.campaign,
        door=Door.HAND,
        by=None,
        hand_off=False,
    )
    Lead.objects.filter(pk=found.pk).update(stage="closed")
    assert keeping.run() == 0


def test_without_periods_everything_is_kept() -> None:
    closed(200)
    Company.objects.update(keep_months=None, keep_won_months=None)
    CompanyFactory(keep_months=None, keep_won_months=None)
    assert keeping.run() == 0


def test_more_than_a_batch_and_a_second_run_and_the_task_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 2)
    for _n in range(5):
        closed(14)
    retention()
    assert Erasure.objects.count() == 5
    assert keeping.run() == 0


def test_a_list_that_is_being_saved_puts_its_people_off_and_the_others_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 1)
    held, other = closed(14, name="In A List"), closed(14, name="In None")
    batch = Import.objects.create(
        campaign=campaign(), created_at=timezone.now(), state=Import.State.RUNNING, door="file", digest="x"
    )
    held.arrivals.update(batch=batch)
    assert keeping.run() == 1
    assert names() == {"In A List"}
    with pytest.raises(Conflict):
        import_erasing.check_none_is_running([batch.pk])
    batch.state = Import.State.DONE
    batch.save(update_fields=["state"])
    assert keeping.run() == 1
    assert fresh(other).erased_at is not None


@pytest.mark.parametrize(
    ("day", "months", "wanted"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 30), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 12, date(2025, 1, 15)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_months_are_counted_back_by_the_calendar(day: date, months: int, wanted: date) -> None:
    assert months_before(day, months) == wanted
