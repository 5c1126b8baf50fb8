"""Won, lost, reopened."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leads.models import Lead, LeadEvent
from leads.services import activities, marking, outcomes
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.kpi.services import rollup
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, owner_of, reason, running

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


# ---------------------------------------------------------------------------------------------- corrected, taken back


def test_a_win_is_corrected_and_what_it_implied_moves_with_its_day(mine: Lead) -> None:
    win(mine)
    outcomes.change_win(
        lead=mine, by=owner_of(mine), amount=Decimal("900"), on=date(2026, 3, 9), at=TUESDAY + 2 * HOUR
    )
    found = fresh(mine)
    day = datetime.fromisoformat("2026-03-09T12:00:00+01:00")
    assert (found.stage, found.amount) == ("won", Decimal("900.00"))
    assert found.won_at == found.qualified_at == found.marked_at == day
    assert found.first_contact_at == TUESDAY + HOUR
    event = LeadEvent.objects.get(lead=mine, kind="win_changed")
    assert (event.before["amount"], event.after["amount"]) == ("1200.00", "900.00")


def test_correcting_the_amount_alone_leaves_the_day(mine: Lead) -> None:
    marking.mark(lead=mine, value="qualified", by=owner_of(mine), version=None, at=TUESDAY)
    win(mine)
    head = person("head_of_sales")
    outcomes.change_win(lead=mine, by=head, amount=Decimal(5), on=date(2026, 3, 10), at=TUESDAY + 3 * HOUR)
    assert (fresh(mine).won_at, fresh(mine).qualified_at) == (TUESDAY + HOUR, TUESDAY)


def test_saving_a_win_as_it_is_changes_nothing(mine: Lead) -> None:
    win(mine)
    version = fresh(mine).version
    outcomes.change_win(lead=mine, by=owner_of(mine), amount=Decimal("1200"))
    assert fresh(mine).version == version


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("-1")}, "amount"),
        ({"amount": Decimal("Infinity")}, "amount"),
        ({"amount": Decimal(1), "on": date(2026, 3, 12)}, "on"),
        ({"amount": Decimal(1), "on": date(1, 1, 1)}, "on"),
    ],
)
def test_an_impossible_correction_is_refused(mine: Lead, changes: Any, field: str) -> None:
    win(mine)
    with pytest.raises(Invalid) as refused:
        outcomes.change_win(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR, **changes)
    assert refused.value.field == field
    assert (fresh(mine).amount, fresh(mine).won_at) == (1200, TUESDAY + HOUR)


def test_only_a_won_lead_has_a_win_and_only_its_rep_or_a_head_corrects_it(mine: Lead) -> None:
    with pytest.raises(Invalid):
        outcomes.change_win(lead=mine, by=owner_of(mine), amount=Decimal(1))
    win(mine)
    for by in (person("rep"), person("marketer"), person("director")):
        with pytest.raises(NotAllowed):
            outcomes.change_win(lead=mine, by=by, amount=Decimal(1))
        with pytest.raises(NotAllowed):
            outcomes.take_win_back(lead=mine, by=by, at=TUESDAY + 2 * HOUR)
    assert fresh(mine).amount == 1200


def test_a_win_taken_back_leaves_the_lead_as_it_was_and_its_clock_running(mine: Lead) -> None:
    was = fresh(mine)
    due = running(mine)
    win(mine)
    outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR)
    found = fresh(mine)
    for name in outcomes.RESTORED:
        assert getattr(found, name) == getattr(was, name), name
    again = running(mine)
    assert (again.pk, again.due_at, again.next_check_at) == (due.pk, due.due_at, due.next_check_at)
    win(mine, at=TUESDAY + 3 * HOUR)
    assert fresh(mine).stage == "won"


def test_a_contact_made_since_the_win_stays_when_it_is_taken_back(mine: Lead) -> None:
    win(mine)
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY + 90 * MINUTE)
    outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR)
    found = fresh(mine)
    assert (found.stage, found.first_contact_at) == ("contacted", TUESDAY + 90 * MINUTE)
    assert found.handoffs.get().ended_at == TUESDAY + 90 * MINUTE


def test_a_next_step_planned_before_the_win_is_back(mine: Lead) -> None:
    step = TUESDAY + timedelta(days=3)
    marking.mark(
        lead=mine,
        value="promising",
        by=owner_of(mine),
        version=None,
        at=TUESDAY,
        next_step_at=step,
        next_step="Send prices",
    )
    win(mine)
    outcomes.change_win(lead=mine, by=owner_of(mine), amount=Decimal(7), at=TUESDAY + 2 * HOUR)
    outcomes.take_win_back(lead=mine, by=person("head_of_sales"), at=TUESDAY + 3 * HOUR)
    found = fresh(mine)
    assert (found.stage, found.mark, found.amount, found.won_at) == ("contacted", "promising", None, None)
    assert (found.next_step_at, found.next_step) == (step, "Send prices")


def test_a_win_is_taken_back_on_the_day_it_was_noted_only(mine: Lead) -> None:
    win(mine, on=date(2026, 3, 6))
    with pytest.raises(Invalid, match="Correct it instead"):
        outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + timedelta(days=1))
    assert fresh(mine).stage == "won"
    outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR)
    with pytest.raises(Invalid):
        outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR)
    assert fresh(mine).stage == "new"


def test_figures_follow_a_win_that_was_corrected_and_taken_back(mine: Lead) -> None:
    win(mine)
    rollup.roll_up_all()
    outcomes.change_win(
        lead=mine, by=owner_of(mine), amount=Decimal(9), on=date(2026, 3, 2), at=TUESDAY + HOUR
    )
    rollup.roll_up_all()
    assert rollup.check() == []
    outcomes.take_win_back(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * HOUR)
    rollup.roll_up_all()
    assert rollup.check() == []


def test_a_lead_is_lost_on_an_earlier_day_but_not_on_one_to_come(mine: Lead) -> None:
    marking.mark(lead=mine, value="qualified", by=owner_of(mine), version=None, at=TUESDAY)
    given: dict[str, Any] = {"lead": mine, "by": owner_of(mine), "reason": reason(), "at": TUESDAY + HOUR}
    with pytest.raises(Invalid) as refused:
        outcomes.lose(**given, on=date(2026, 3, 11))
    assert (refused.value.field, fresh(mine).stage) == ("on", "qualified")
    outcomes.lose(**given, on=date(2026, 3, 9))
    assert fresh(mine).lost_at == datetime.fromisoformat("2026-03-09T12:00:00+01:00")
