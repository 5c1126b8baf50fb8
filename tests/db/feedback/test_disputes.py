"""Disputes about marks: who, how long, who decides, and what an overturned mark changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, Touch
from feedback.models import Decision, Dispute
from feedback.selectors import disputes as selectors
from feedback.services import disputes
from leads.domain.words import GET_BACK
from leads.models import Lead, LeadEvent, Mark
from leads.services import activities, answers, marking, outcomes
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.kpi.services import rollup
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, reason

pytestmark = pytest.mark.django_db

MARKED = TUESDAY + 10 * MINUTE
LATER = TUESDAY + HOUR


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk")


@pytest.fixture
def heads(marta: User) -> tuple[User, User]:
    return person("head_of_marketing", name="Iga Zima"), person("head_of_sales", name="Ola Maj")


@pytest.fixture
def anna(marta: User) -> User:
    return person("director", name="Anna Lot")


@pytest.fixture
def home(marta: User) -> Campaign:
    return campaign(owner=marta)


@pytest.fixture
def closed(pawel: User, home: Campaign) -> Lead:
    """Not a fit for want of money, ten minutes after the handoff."""
    found = lead(owner=pawel, campaign=home, at=TUESDAY)
    marking.mark(lead=found, value="not_a_fit", reason=reason("no_budget"), by=pawel, version=None, at=MARKED)
    Notice.objects.all().delete()
    return found


def mark_of(one: Lead) -> Mark:
    return Mark.objects.filter(lead=one).order_by("-id")[0]


def disputed(one: Lead, by: User, **options: Any) -> Dispute:
    given: dict[str, Any] = {
        "wanted": "promising",
        "text": "They have the money in May.",
        "at": LATER,
    } | options
    return disputes.dispute(mark=given.pop("mark", None) or mark_of(one), by=by, **given)


def decided(found: Dispute, verdict: str, *by: User, at: datetime = LATER + HOUR) -> Dispute:
    for one in by:
        disputes.decide(dispute=found, verdict=verdict, by=one, at=at)
    return Dispute.objects.get(pk=found.pk)


# ---------------------------------------------------------------------------------------------- disputing


def test_heads_and_who_marked_are_told_and_who_disputes_is_not(
    closed: Lead, marta: User, pawel: User, heads: tuple[User, User]
) -> None:
    disputed(closed, marta)
    assert {one.recipient for one in Notice.objects.filter(kind="dispute_opened")} == {pawel, *heads}
    assert LeadEvent.objects.filter(lead=closed, kind="disputed", by=marta).exists()


def test_sales_disputes_nothing(closed: Lead, pawel: User, heads: tuple[User, User]) -> None:
    for by in (pawel, heads[1]):
        with pytest.raises(NotAllowed):
            disputed(closed, by)
    assert not Dispute.objects.exists()


def test_nobody_disputes_the_own_mark(home: Campaign, marta: User) -> None:
    both = person("head_of_marketing", "head_of_sales")
    one = lead(owner=both, campaign=home, at=TUESDAY)
    marking.mark(lead=one, value="not_a_fit", reason=reason(), by=both, version=None, at=MARKED)
    with pytest.raises(NotAllowed, match="your own"):
        disputed(one, both)


def test_the_window_ends_with_the_fifth_working_day(closed: Lead, marta: User) -> None:
    # Marked on Tuesday the 10th: Wednesday to Friday, Monday, Tuesday the 17th until 17:00 in Warsaw.
    last = datetime(2026, 3, 17, 16, 0, tzinfo=UTC)
    assert selectors.window(mark_of(closed)) == last
    with pytest.raises(Invalid, match="could be disputed until"):
        disputed(closed, marta, at=last + timedelta(seconds=1))
    assert disputed(closed, marta, at=last).state == "open"


def test_the_window_is_what_was_agreed(closed: Lead, marta: User) -> None:
    agreement_in_force(dispute_days=1)
    with pytest.raises(Invalid):
        disputed(closed, marta, at=TUESDAY + timedelta(days=2))


def test_a_mark_is_disputed_once_and_a_double_click_is_one_dispute(closed: Lead, marta: User) -> None:
    first = disputed(closed, marta)
    assert disputed(closed, marta) == first
    with pytest.raises(Conflict, match="Marta Lis"):
        disputed(closed, person("marketer"))
    disputes.withdraw(dispute=first, by=marta)
    with pytest.raises(Conflict):
        disputed(closed, marta, text="Once more")
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 5_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"wanted": "not_a_fit"}, "wanted"),
        ({"wanted": "unreachable"}, "wanted"),
        ({"wanted": "won"}, "wanted"),
        ({"wanted": ""}, "wanted"),
    ],
)
def test_a_dispute_that_cannot_be_used_names_the_field(
    closed: Lead, marta: User, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        disputed(closed, marta, **wrong)
    assert refused.value.field == field
    assert not Dispute.objects.exists()


def test_a_promising_lead_can_be_wanted_qualified_and_nothing_else(
    pawel: User, home: Campaign, marta: User
) -> None:
    one = lead(owner=pawel, campaign=home, at=TUESDAY)
    step = TUESDAY + timedelta(days=3)
    marking.mark(lead=one, value="promising", by=pawel, version=None, at=MARKED, next_step_at=step)
    with pytest.raises(Invalid):
        disputed(one, marta, wanted="promising")
    found = disputed(one, marta, wanted="qualified")
    decided(found, "overturned", person("director"))
    one = fresh(one)
    assert (one.stage, one.mark, one.next_step_at) == ("qualified", "qualified", step)


def test_a_qualified_mark_or_one_taken_back_is_not_disputed(pawel: User, home: Campaign, marta: User) -> None:
    one = lead(owner=pawel, campaign=home, at=TUESDAY)
    marking.mark(lead=one, value="qualified", by=pawel, version=None, at=MARKED)
    with pytest.raises(Invalid):
        disputed(one, marta)
    other = lead(owner=pawel, campaign=home, at=TUESDAY)
    made = marking.mark(lead=other, value="not_a_fit", reason=reason(), by=pawel, version=None, at=MARKED)
    marking.revert(mark=made, by=pawel, at=LATER)
    with pytest.raises(Conflict):
        disputed(other, marta)
    assert not Dispute.objects.exists()


# ---------------------------------------------------------------------------------------------- deciding


def test_both_heads_saying_the_same_decide(
    closed: Lead, marta: User, pawel: User, heads: tuple[User, User]
) -> None:
    found = disputed(closed, marta)
    assert decided(found, "upheld", heads[0]).state == "open"
    ended = decided(found, "upheld", heads[1])
    assert (ended.state, ended.ended_at) == ("upheld", LATER + HOUR)
    assert (fresh(closed).stage, fresh(closed).mark) == ("closed", "not_a_fit")
    told = {one.recipient for one in Notice.objects.filter(kind="dispute_decided")}
    assert told == {marta, pawel, heads[0]}


def test_heads_who_differ_leave_it_to_the_director(
    closed: Lead, marta: User, heads: tuple[User, User], anna: User
) -> None:
    found = disputed(closed, marta)
    decided(found, "overturned", heads[0])
    assert decided(found, "upheld", heads[1]).state == "open"
    assert Notice.objects.get(kind="dispute_differs").recipient == anna
    with pytest.raises(Conflict, match="the director decides"):
        decided(found, "overturned", heads[1])
    assert decided(found, "overturned", anna).state == "overturned"


def test_the_director_decides_at_once(closed: Lead, marta: User, anna: User) -> None:
    assert decided(disputed(closed, marta), "overturned", anna).state == "overturned"


def test_a_head_changes_the_own_word_until_the_other_has_spoken(
    closed: Lead, marta: User, heads: tuple[User, User]
) -> None:
    found = disputed(closed, marta)
    decided(found, "upheld", heads[1])
    decided(found, "overturned", heads[1])
    assert Decision.objects.get(dispute=found).verdict == "overturned"
    assert decided(found, "overturned", heads[0]).state == "overturned"


def test_one_person_heading_both_departments_has_one_word(closed: Lead, marta: User) -> None:
    both = person("head_of_marketing", "head_of_sales")
    found = disputed(closed, marta)
    decided(found, "overturned", both)
    assert decided(found, "overturned", both).state == "open"
    assert Decision.objects.filter(dispute=found).count() == 1


def test_a_second_head_of_one_department_does_not_speak_over_the_first(
    closed: Lead, marta: User, heads: tuple[User, User]
) -> None:
    found = disputed(closed, marta)
    decided(found, "upheld", heads[1])
    with pytest.raises(Conflict, match="Ola Maj"):
        decided(found, "overturned", person("head_of_sales"))
    assert Decision.objects.get(dispute=found).verdict == "upheld"


def test_a_head_of_marketing_who_disputes_has_spoken(closed: Lead, heads: tuple[User, User]) -> None:
    found = disputed(closed, heads[0])
    assert decided(found, "overturned", heads[1]).state == "overturned"


def test_others_do_not_decide_and_nothing_is_decided_twice(
    closed: Lead, marta: User, pawel: User, anna: User
) -> None:
    found = disputed(closed, marta)
    for by in (marta, pawel):
        with pytest.raises(NotAllowed):
            decided(found, "upheld", by)
    with pytest.raises(Invalid):
        decided(found, "perhaps", anna)
    decided(found, "upheld", anna)
    with pytest.raises(Conflict, match="Anna Lot"):
        decided(found, "overturned", anna)
    assert fresh(closed).mark == "not_a_fit"


# ---------------------------------------------------------------------------------------------- overturned


def test_an_overturned_lead_is_open_again_with_a_next_step_and_no_clock(
    closed: Lead, marta: User, pawel: User, anna: User
) -> None:
    was = fresh(closed)
    decided(disputed(closed, marta), "overturned", anna)
    found = fresh(closed)
    assert (found.stage, found.mark, found.reason, found.closed_at) == ("contacted", "promising", None, None)
    assert (found.next_step, found.next_step_at) == (GET_BACK, LATER + 2 * HOUR)
    assert (found.first_contact_at, found.is_in_time) == (was.first_contact_at, was.is_in_time)
    assert not found.handoffs.filter(ended_at=None).exists()
    assert found.handoffs.get().is_in_time is True
    assert Notice.objects.filter(kind="dispute_decided", recipient=pawel).exists()
    assert LeadEvent.objects.filter(lead=closed, kind="dispute_ended", after__state="overturned").count() == 1


def test_the_next_step_waits_for_the_reps_own_opening(
    closed: Lead, marta: User, pawel: User, anna: User
) -> None:
    HoursFactory.create(person=pawel, weekday=3, opens=600, closes=720)  # Thursdays from 10:00
    decided(disputed(closed, marta), "overturned", anna)
    assert fresh(closed).next_step_at == datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


def test_the_definition_is_measured_anew(closed: Lead, marta: User, anna: User) -> None:
    agreed = agreement_in_force(criteria=[{"question": "Decides", "key": "decides"}])
    answers.answer(lead=closed, key="decides", value="yes", source="rep", by=marta)
    decided(disputed(closed, marta, wanted="qualified"), "overturned", anna)
    made = mark_of(closed)
    assert (made.value, made.by, made.agreement, made.evaluation["is_met"]) == (
        "qualified",
        anna,
        agreed,
        True,
    )
    assert fresh(closed).qualified_at == LATER + HOUR


def test_an_obviously_false_lead_gets_no_first_contact_by_a_decision(
    pawel: User, home: Campaign, marta: User, anna: User
) -> None:
    one = lead(owner=pawel, campaign=home, at=TUESDAY)
    marking.mark(lead=one, value="not_a_fit", reason=reason("spam"), by=pawel, version=None, at=MARKED)
    decided(disputed(one, marta, wanted="qualified"), "overturned", anna)
    found = fresh(one)
    assert (found.stage, found.first_contact_at, found.is_in_time) == ("qualified", None, None)
    assert found.is_judged_only is False
    assert found.handoffs.get().end == "judged"


def test_the_figures_follow(closed: Lead, marta: User, anna: User) -> None:
    rollup.roll_up_all()
    decided(disputed(closed, marta, wanted="qualified"), "overturned", anna)
    assert Touch.objects.filter(campaign=closed.campaign).exists()
    rollup.roll_up_all()
    assert rollup.check() == []


def test_what_was_decided_is_neither_disputed_again_nor_taken_back(
    closed: Lead, marta: User, anna: User, heads: tuple[User, User]
) -> None:
    decided(disputed(closed, marta), "overturned", anna)
    made = mark_of(closed)
    with pytest.raises(Invalid, match="not disputed again"):
        disputed(closed, marta, wanted="qualified", at=LATER + 2 * HOUR)
    with pytest.raises(Invalid, match="decided in a dispute"):
        marking.revert(mark=made, by=heads[1], at=LATER + 2 * HOUR)
    assert fresh(closed).mark == "promising"
    # Sales works on: what it learns later is a new mark.
    marking.mark(
        lead=closed,
        value="not_a_fit",
        reason=reason(),
        by=closed.owner,  # type: ignore[arg-type]
        version=None,
        at=TUESDAY + timedelta(days=1),
    )
    assert fresh(closed).stage == "closed"


# ---------------------------------------------------------------------------------------------- over without a word


def test_who_disputed_withdraws_while_it_is_open(closed: Lead, marta: User, anna: User) -> None:
    found = disputed(closed, marta)
    with pytest.raises(NotAllowed):
        disputes.withdraw(dispute=found, by=person("marketer"))
    disputes.withdraw(dispute=found, by=marta, at=LATER)
    assert (found.state, fresh(closed).mark) == ("withdrawn", "not_a_fit")
    with pytest.raises(Conflict):
        disputes.withdraw(dispute=found, by=marta)
    with pytest.raises(Conflict):
        decided(found, "overturned", anna)


@pytest.mark.parametrize("way", ["revert", "reopen", "anew"])
def test_a_mark_that_sales_changes_itself_settles_the_dispute(
    closed: Lead, marta: User, pawel: User, anna: User, way: str
) -> None:
    found = disputed(closed, marta)
    if way == "revert":
        marking.revert(mark=mark_of(closed), by=pawel, at=LATER)
    else:
        outcomes.reopen(lead=closed, by=pawel, note="They called", at=LATER)
        if way == "anew":
            marking.mark(
                lead=closed, value="not_a_fit", reason=reason("too_small"), by=pawel, version=None, at=LATER
            )
    stands = fresh(closed).mark
    assert disputes.settle(at=LATER + MINUTE) == 1
    assert disputes.settle(at=LATER + MINUTE) == 0
    found.refresh_from_db()
    assert found.state == "settled"
    assert Notice.objects.get(kind="dispute_settled").recipient == marta
    assert fresh(closed).mark == stands


def test_deciding_what_sales_has_settled_changes_no_mark(
    closed: Lead, marta: User, pawel: User, anna: User
) -> None:
    found = disputed(closed, marta)
    outcomes.reopen(lead=closed, by=pawel, note="They called", at=LATER)
    assert decided(found, "overturned", anna).state == "settled"
    assert (fresh(closed).mark, Decision.objects.count()) == ("none", 0)


def test_open_disputes_about_marks_that_stand_are_left_alone(closed: Lead, marta: User, pawel: User) -> None:
    found = disputed(closed, marta)
    activities.log(lead=closed, by=pawel, kind="call", outcome="reached", at=LATER)
    assert disputes.settle(at=LATER) == 0
    found.refresh_from_db()
    assert found.state == "open"


# ---------------------------------------------------------------------------------------------- for whom it waits


def test_a_dispute_waits_for_who_has_not_spoken(
    closed: Lead, marta: User, heads: tuple[User, User], anna: User
) -> None:
    def waits() -> list[int]:
        return [selectors.waiting_for(one) for one in (*heads, anna, marta)]

    found = disputed(closed, marta)
    assert waits() == [1, 1, 0, 0]
    decided(found, "overturned", heads[0])
    assert waits() == [0, 1, 0, 0]
    decided(found, "upheld", heads[1])
    assert waits() == [0, 0, 1, 0]
    decided(found, "upheld", anna)
    assert waits() == [0, 0, 0, 0]


def test_a_campaign_counts_what_was_disputed_and_overturned(
    closed: Lead, marta: User, pawel: User, anna: User, home: Campaign
) -> None:
    other = lead(owner=pawel, campaign=home, at=TUESDAY)
    marking.mark(lead=other, value="not_a_fit", reason=reason(), by=pawel, version=None, at=MARKED)
    decided(disputed(closed, marta), "overturned", anna)
    disputed(other, marta)
    assert selectors.of_campaign(home) == selectors.Figures(disputed=2, open=1, overturned=1)
