"""Won, lost, reopened."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leads.models import Lead
from leads.services import activities, marking, outcomes
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, TUESDAY, fresh, lead, owner_of, reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(db: None) -> Lead:
    return lead(owner=person("rep"), at=TUESDAY)


def win(one: Lead, **options: Any) -> None:
    given: dict[str, Any] = {
        "lead": one,
        "by": owner_of(one),
        "amount": Decimal("1200"),
        "at": TUESDAY + HOUR,
    } | options
    outcomes.win(**given)


def test_a_win_implies_qualified_and_contacted(mine: Lead) -> None:
    win(mine)
    found = fresh(mine)
    assert (found.stage, found.mark, found.amount) == ("won", "qualified", Decimal("1200.00"))
    assert found.won_at == found.qualified_at == found.first_contact_at == found.marked_at == TUESDAY + HOUR
    assert found.handoffs.get().end == "contact"


def test_a_win_keeps_when_the_lead_was_qualified(mine: Lead) -> None:
    marking.mark(lead=mine, value="qualified", by=owner_of(mine), version=None, at=TUESDAY)
    win(mine)
    assert (fresh(mine).qualified_at, fresh(mine).marked_at) == (TUESDAY, TUESDAY)


def test_a_win_on_an_earlier_day_counts_that_day_in_the_companys_zone(mine: Lead) -> None:
    win(mine, on=date(2026, 3, 6))
    assert fresh(mine).won_at == datetime.fromisoformat("2026-03-06T12:00:00+01:00")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("-0.01")}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"amount": Decimal("1e15")}, "amount"),
        ({"on": date(2026, 3, 11)}, "on"),
    ],
)
def test_an_impossible_win_is_refused_with_its_field(mine: Lead, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        win(mine, **changes)
    assert refused.value.field == field
    assert fresh(mine).stage == "new"


def test_nothing_is_an_amount(mine: Lead) -> None:
    win(mine, amount=Decimal(0))
    assert fresh(mine).amount == 0


def test_who_brought_the_lead_hears_of_the_win_and_who_closed_it_does_not() -> None:
    marketer, rep = person("marketer"), person("rep")
    found = lead(owner=rep, campaign=campaign(owner=marketer), at=TUESDAY)
    Notice.objects.all().delete()
    win(found)
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind, notice.context["amount"]) == (marketer, "lead_won", "1200.00")


def test_a_lead_is_won_once(mine: Lead) -> None:
    win(mine)
    with pytest.raises(Invalid):
        win(mine, amount=Decimal(5))
    assert fresh(mine).amount == 1200


def test_only_a_qualified_lead_is_lost_and_says_why(mine: Lead) -> None:
    with pytest.raises(Invalid, match="Only a qualified lead"):
        outcomes.lose(lead=mine, by=owner_of(mine), reason=reason())
    marking.mark(lead=mine, value="qualified", by=owner_of(mine), version=None, at=TUESDAY)
    with pytest.raises(Invalid) as refused:
        outcomes.lose(lead=mine, by=owner_of(mine), reason=reason("other"))
    assert refused.value.field == "note"
    outcomes.lose(lead=mine, by=owner_of(mine), reason=reason("other"), note="Bankrupt", at=TUESDAY + HOUR)
    assert (fresh(mine).stage, fresh(mine).lost_at, fresh(mine).mark) == ("lost", TUESDAY + HOUR, "qualified")


def test_reopening_needs_a_note_and_brings_the_lead_back_as_far_as_it_was(mine: Lead) -> None:
    marking.mark(lead=mine, value="not_a_fit", reason=reason(), by=owner_of(mine), version=None, at=TUESDAY)
    with pytest.raises(Invalid) as refused:
        outcomes.reopen(lead=mine, by=owner_of(mine), note=" ")
    assert refused.value.field == "note"
    outcomes.reopen(lead=mine, by=owner_of(mine), note="Budget came", at=TUESDAY + timedelta(days=2))
    found = fresh(mine)
    assert (found.stage, found.mark, found.reason, found.closed_at) == ("contacted", "none", None, None)
    assert not found.handoffs.filter(ended_at=None).exists()


def test_an_open_or_won_lead_is_not_reopened(mine: Lead) -> None:
    with pytest.raises(Invalid):
        outcomes.reopen(lead=mine, by=owner_of(mine), note="x")
    win(mine)
    with pytest.raises(Invalid):
        outcomes.reopen(lead=mine, by=owner_of(mine), note="x")


def test_others_neither_win_nor_lose_nor_reopen(mine: Lead) -> None:
    other = person("rep")
    with pytest.raises(NotAllowed):
        win(mine, by=other)
    with pytest.raises(NotAllowed):
        outcomes.lose(lead=mine, by=other, reason=reason())
    with pytest.raises(NotAllowed):
        outcomes.reopen(lead=mine, by=other, note="x")
    assert fresh(mine).stage == "new"


def test_a_win_completes_nothing_it_did_not_start(mine: Lead) -> None:
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY)
    win(mine)
    assert fresh(mine).first_contact_at == TUESDAY
