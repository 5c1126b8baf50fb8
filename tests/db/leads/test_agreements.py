"""The agreement: drafts, two signatures, one version in force."""

from decimal import Decimal
from typing import Any

import pytest

from leads.models import Agreement, Signature
from leads.selectors import agreement as selectors
from leads.services import agreements
from leads.services.agreements import CriterionData
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
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
