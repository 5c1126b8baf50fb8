"""The agreement: drafts, two signatures, one version in force."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from leads.models import Agreement, Signature
from leads.selectors import agreement as selectors
from leads.services import agreements
from leads.services.agreements import CriterionData
from leadsync.accounts.models import User, WorkingHours
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import TUESDAY, agreement_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def heads(db: None) -> tuple[User, User]:
    return person("head_of_marketing"), person("head_of_sales")


def fresh(one: Agreement) -> Agreement:
    return Agreement.objects.get(pk=one.pk)


def test_with_no_version_in_force_the_stock_terms_hold() -> None:
    terms = selectors.terms()
    assert (terms.agreement_id, terms.gate_size, terms.attempts_needed) == (None, 20, 6)
    assert selectors.terms_for("website").minutes == 60
    assert selectors.terms_for("event").mode == "same_day"
    assert selectors.terms_for("list").minutes == 240


def test_a_version_is_in_force_once_both_heads_signed(heads: tuple[User, User]) -> None:
    marketing, sales = heads
    draft = agreements.new_draft(by=marketing)
    agreements.propose(agreement=draft, by=marketing)
    assert agreements.sign(agreement=draft, by=marketing, at=TUESDAY) is False
    assert selectors.in_force() is None
    assert agreements.sign(agreement=draft, by=sales, at=TUESDAY) is True
    found = selectors.in_force()
    assert found == draft
    assert fresh(draft).in_force_at == TUESDAY
    assert {one.side for one in Signature.objects.all()} == {"mkt", "sales"}


def test_the_version_before_is_superseded_at_that_instant(heads: tuple[User, User]) -> None:
    first = agreement_in_force(gate_size=10, criteria=[{"question": "Decides"}])
    second = agreements.new_draft(by=heads[0])
    assert (second.gate_size, second.criteria.get().question) == (10, "Decides")
    agreements.propose(agreement=second, by=heads[0])
    for head in heads:
        agreements.sign(agreement=second, by=head, at=TUESDAY)
    assert (fresh(first).state, fresh(first).superseded_at) == ("superseded", TUESDAY)
    assert selectors.in_force() == second


def test_signing_twice_signs_once(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0])
    agreements.sign(agreement=draft, by=heads[0])
    assert agreements.sign(agreement=draft, by=heads[0]) is False
    assert Signature.objects.count() == 1


def test_an_edit_of_a_proposed_version_clears_its_signatures_and_says_so(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    assert agreements.edit(agreement=draft, by=heads[0], limits={"silent_days": 10}) is False
    agreements.propose(agreement=draft, by=heads[0])
    agreements.sign(agreement=draft, by=heads[1])
    assert agreements.edit(agreement=draft, by=heads[0], limits={"silent_days": 9}) is True
    assert not Signature.objects.exists()


def test_a_signed_version_never_changes(heads: tuple[User, User]) -> None:
    signed = agreement_in_force()
    with pytest.raises(Invalid):
        agreements.edit(agreement=signed, by=heads[0], limits={"silent_days": 1})
    assert fresh(signed).silent_days == 14


@pytest.mark.parametrize("role", ["marketer", "rep", "director", "administrator"])
def test_others_neither_edit_nor_sign(heads: tuple[User, User], role: str) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0])
    other = person(role)
    for act in (
        lambda: agreements.new_draft(by=other),
        lambda: agreements.edit(agreement=draft, by=other, note="x"),
        lambda: agreements.sign(agreement=draft, by=other),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Agreement.objects.count() == 1
    assert not Signature.objects.exists()


def test_one_person_does_not_sign_for_both_sides() -> None:
    both = person("head_of_marketing", "head_of_sales")
    draft = agreements.new_draft(by=both)
    agreements.propose(agreement=draft, by=both)
    agreements.sign(agreement=draft, by=both)
    with pytest.raises(Invalid):
        agreements.sign(agreement=draft, by=both)
    assert selectors.in_force() is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"criteria": [CriterionData("  ")]}, "criteria.0.question"),
        ({"criteria": [CriterionData("A"), CriterionData("B", kind="number")]}, "criteria.1.threshold"),
        ({"criteria": [CriterionData("A", kind="number", threshold=Decimal("NaN"))]}, "criteria.0.threshold"),
        ({"criteria": [CriterionData("A", kind="choice")]}, "criteria.0.choices"),
        ({"criteria": [CriterionData("A", is_required=False)]}, "criteria.0.points"),
        ({"criteria": [CriterionData("A", key="a"), CriterionData("B", key="a")]}, "criteria.1.question"),
        ({"limits": {"gate_size": 3, "gate_needed": 4}}, "gate_needed"),
        ({"limits": {"gate_size": 0}}, "gate_size"),
        ({"limits": {"points_needed": 1}}, "points_needed"),
        ({"limits": {"attempt_waits": ["1h", "soon"]}}, "attempt_waits"),
        ({"limits": {"state": "in_force"}}, "state"),
        ({"promises": {"event": ("within", 0)}}, "promises.event"),
        ({"promises": {"event": ("within", 60 * 24 * 400)}}, "promises.event"),
        ({"promises": {"pigeon": ("within", 5)}}, "promises.pigeon"),
    ],
)
def test_what_cannot_be_agreed_is_refused_with_its_field_and_nothing_changed(
    heads: tuple[User, User], changes: Any, field: str
) -> None:
    draft = agreements.new_draft(by=heads[0])
    before = Agreement.objects.values().get(pk=draft.pk)
    with pytest.raises(Invalid) as refused:
        agreements.edit(agreement=draft, by=heads[0], **changes)
    assert refused.value.field == field
    assert Agreement.objects.values().get(pk=draft.pk) == before
    assert not fresh(draft).criteria.exists()


def test_an_old_version_number_is_a_conflict(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    seen = draft.version
    agreements.edit(agreement=draft, by=heads[0], note="a", version=seen)
    with pytest.raises(Conflict):
        agreements.edit(agreement=Agreement(pk=draft.pk), by=heads[1], note="b", version=seen)
    assert fresh(draft).note == "a"


def test_the_other_head_is_asked_for_a_signature(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0])
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind, notice.is_instant) == (heads[1], "agreement_proposed", True)


def test_questions_in_any_script_get_a_key_of_their_own(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.edit(
        agreement=draft,
        by=heads[0],
        criteria=[
            CriterionData("Решает сам?"),
            CriterionData("Есть бюджет?"),
            CriterionData("Volume a month"),
        ],
    )
    keys = list(draft.criteria.values_list("key", flat=True))
    assert len(set(keys)) == 3
    assert keys[2] == "volume-a-month"


# ------------------------------------------------------------------------------------------------ all faults
def test_every_fault_is_said_at_once(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    with pytest.raises(Invalid) as refused:
        agreements.edit(
            agreement=draft,
            by=heads[0],
            criteria=[CriterionData("A", kind="number"), CriterionData("B", is_required=False)],
            promises={"event": ("within", 0), "list": ("within", 10**9)},
            limits={"gate_size": 3, "gate_needed": 4, "attempt_waits": ["soon"]},
        )
    assert [fault.field for fault in refused.value.context["faults"]] == [
        "criteria.0.threshold",
        "criteria.1.points",
        "promises.event",
        "promises.list",
        "attempt_waits",
        "gate_needed",
    ]
    assert fresh(draft).gate_size == 20
    assert not draft.criteria.exists()


def test_a_promise_may_be_a_year_of_the_companys_working_time_and_no_minute_more(
    heads: tuple[User, User],
) -> None:
    CompanyFactory(country="")
    WorkingHours.objects.create(person=None, weekday=0, opens=540, closes=600)  # an hour a week
    draft = agreements.new_draft(by=heads[0])
    with time_machine.travel(datetime(2026, 3, 11, 9, tzinfo=UTC)):
        year = 52 * 60
        assert agreements.edit(agreement=draft, by=heads[0], promises={"list": ("within", year)}) is False
        with pytest.raises(Invalid, match="52") as refused:
            agreements.edit(agreement=draft, by=heads[0], promises={"list": ("within", year + 1)})
    assert refused.value.field == "promises.list"
    assert draft.promises.get(campaign_kind="list").minutes == year


def test_the_same_question_twice_is_refused_whatever_its_letters(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    twice = [CriterionData("Есть бюджет?"), CriterionData("  есть  БЮДЖЕТ?")]
    with pytest.raises(Invalid) as refused:
        agreements.edit(agreement=draft, by=heads[0], criteria=twice)
    assert refused.value.field == "criteria.1.question"
    assert not draft.criteria.exists()


def test_a_new_question_never_takes_the_key_of_a_kept_one(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    rows = [CriterionData("Budget"), CriterionData("Money is there", key="budget")]
    agreements.edit(agreement=draft, by=heads[0], criteria=rows)
    assert list(draft.criteria.values_list("question", "key")) == [
        ("Budget", "budget-2"),
        ("Money is there", "budget"),
    ]


# ------------------------------------------------------------------------------------------------ taking back
def test_a_withdrawn_version_is_a_draft_without_signatures_and_both_heads_are_told(
    heads: tuple[User, User],
) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0])
    agreements.sign(agreement=draft, by=heads[1])
    assert agreements.withdraw(agreement=draft, by=heads[0]) is True
    assert (fresh(draft).state, fresh(draft).proposed_at) == ("draft", None)
    assert not Signature.objects.exists()
    assert Notice.objects.get(kind="agreement_withdrawn").recipient == heads[1]
    with pytest.raises(Invalid):
        agreements.withdraw(agreement=draft, by=heads[0])
    with pytest.raises(Invalid):
        agreements.sign(agreement=draft, by=heads[1])


def test_a_discarded_draft_is_gone_and_nobody_is_told_of_what_they_never_saw(
    heads: tuple[User, User],
) -> None:
    signed = agreement_in_force()
    draft = agreements.new_draft(by=heads[0])
    Notice.objects.all().delete()
    agreements.discard(agreement=draft, by=heads[1])
    assert list(Agreement.objects.all()) == [signed]
    assert not Notice.objects.exists()


def test_a_discarded_proposal_is_told_and_cannot_be_signed_any_more(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0])
    stale = Agreement.objects.get()
    agreements.discard(agreement=draft, by=heads[0])
    assert Notice.objects.get(kind="agreement_withdrawn").recipient == heads[1]
    with pytest.raises(NotFound):
        agreements.sign(agreement=stale, by=heads[1])


def test_what_was_in_force_is_never_discarded(heads: tuple[User, User]) -> None:
    first = agreement_in_force()
    second = agreement_in_force()
    for one in (first, second):
        with pytest.raises(Invalid):
            agreements.discard(agreement=one, by=heads[0])
        with pytest.raises(Invalid):
            agreements.withdraw(agreement=one, by=heads[0])
    assert [one.state for one in Agreement.objects.order_by("number")] == ["superseded", "in_force"]


def test_whose_signature_an_edit_clears_is_told_to_sign_again(heads: tuple[User, User]) -> None:
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0], at=TUESDAY)
    agreements.sign(agreement=draft, by=heads[1])
    later = TUESDAY + timedelta(days=1)
    agreements.edit(agreement=draft, by=heads[0], note="Other words", at=later)
    notice = Notice.objects.get(kind="agreement_cleared")
    assert (notice.recipient, notice.is_instant) == (heads[1], True)
    assert fresh(draft).proposed_at == later  # this wording is proposed from now on


# ------------------------------------------------------------------------------------------------ the reminder
def reminded() -> set[User]:
    return {notice.recipient for notice in Notice.objects.filter(kind="agreement_reminder")}


@pytest.mark.parametrize(
    ("proposed", "due"),
    [
        # A Tuesday: two working days later at the same time.
        (datetime(2026, 3, 10, 9, 0, tzinfo=UTC), datetime(2026, 3, 12, 9, 0, tzinfo=UTC)),
        # A Friday: the weekend does not count.
        (datetime(2026, 3, 13, 9, 0, tzinfo=UTC), datetime(2026, 3, 17, 9, 0, tzinfo=UTC)),
        # Before Easter, and an hour lost to summer time: the same time on the clock of the wall.
        (datetime(2026, 3, 27, 9, 0, tzinfo=UTC), datetime(2026, 3, 31, 8, 0, tzinfo=UTC)),
        (datetime(2026, 4, 2, 9, 0, tzinfo=UTC), datetime(2026, 4, 7, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_missing_signature_is_reminded_of_once_after_two_working_days(
    heads: tuple[User, User], proposed: datetime, due: datetime
) -> None:
    CompanyFactory()
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0], at=proposed)
    agreements.sign(agreement=draft, by=heads[0], at=proposed)
    with time_machine.travel(proposed, tick=False):
        assert agreements.remind(at=due - timedelta(seconds=1)) == 0
        assert not reminded()
        for _again in range(2):
            assert agreements.remind(at=due + timedelta(days=30 * _again)) == 1
    assert reminded() == {heads[1]}
    assert Notice.objects.filter(kind="agreement_reminder").count() == 1


def test_a_new_wording_gives_two_new_days(heads: tuple[User, User]) -> None:
    CompanyFactory()
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0], at=TUESDAY)
    agreements.edit(agreement=draft, by=heads[0], note="x", at=TUESDAY + timedelta(days=1))
    assert agreements.remind(at=TUESDAY + timedelta(days=2)) == 0
    assert agreements.remind(at=TUESDAY + timedelta(days=3)) == 1
    assert reminded() == set(heads)


def test_nobody_is_reminded_of_what_is_signed_or_withdrawn(heads: tuple[User, User]) -> None:
    agreement_in_force()
    draft = agreements.new_draft(by=heads[0])
    agreements.propose(agreement=draft, by=heads[0], at=TUESDAY)
    agreements.withdraw(agreement=draft, by=heads[0])
    assert agreements.remind(at=TUESDAY + timedelta(days=30)) == 0
    assert not reminded()


def test_who_holds_both_roles_and_signed_for_one_is_not_reminded_of_the_other() -> None:
    both, other = person("head_of_marketing", "head_of_sales"), person("head_of_sales")
    draft = agreements.new_draft(by=both)
    agreements.propose(agreement=draft, by=both, at=TUESDAY)
    agreements.sign(agreement=draft, by=both)
    agreements.remind(at=TUESDAY + timedelta(days=9))
    assert reminded() == {other}
