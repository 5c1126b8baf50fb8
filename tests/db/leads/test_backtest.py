"""Back-tests: every verdict as the definition gives it, each lead once, figures that a plain query repeats."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from leads.domain.backtest import LONGEST, Definition, Result, Verdict, verdict
from leads.domain.definition import evaluate
from leads.models import Agreement, Answer, BackTest, BackTestLead, Lead
from leads.selectors.answers import known
from leads.selectors.backtest import definition_of
from leads.services import agreements, backtest
from leads.services.agreements import CriterionData
from leadsync.accounts.models import User
from leadsync.core import beats
from leadsync.core.errors import Invalid, NotAllowed
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db

FROM, TO = date(2026, 1, 1), date(2026, 3, 31)
NOON = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
HALL = {"key": "hall", "question": "Warehouse", "kind": "number", "threshold": 500}
BUDGET = {"key": "budget", "question": "Budget is known"}

CRITERIA = (
    CriterionData("Warehouse", key="hall", kind="number", threshold=Decimal("300.5")),
    CriterionData("Budget is known", key="budget", is_required=False, points=2),
    CriterionData(
        "Branch", key="branch", kind="choice", choices=("Retail", "Żabka"), is_required=False, points=3
    ),
    CriterionData("Country", key="country", kind="country", choices=("PL", "DE")),
    CriterionData("Segment", key="segment", kind="segment", choices=("SME",), is_required=False, points=1),
    CriterionData("Need", key="need", kind="text", is_required=False, points=1),
)


@pytest.fixture
def head(db: None) -> User:
    return person("head_of_marketing")


def a_lead(*, answers: dict[str, Any] | None = None, at: datetime = NOON, **fields: Any) -> Lead:
    """A lead as it lies in the table, with what is known of it."""
    fields.setdefault("campaign", None)
    fields["campaign"] = fields["campaign"] or campaign()
    made = Lead.objects.create(name="Lead", received_at=at, **fields)
    for key, value in (answers or {}).items():
        Answer.objects.create(lead=made, key=key, value=value, source="rep", at=at)
    return made


def draft(head: User, *criteria: CriterionData, points_needed: int = 0) -> Agreement:
    made = agreements.new_draft(by=head)
    agreements.edit(agreement=made, by=head, criteria=criteria, limits={"points_needed": points_needed})
    return made


def measured(made: Agreement, head: User, from_on: date = FROM, to_on: date = TO) -> BackTest:
    test = backtest.ask(agreement=made, from_on=from_on, to_on=to_on, by=head)
    assert test.state == "done", test.error
    return test


def verdicts(test: BackTest) -> dict[int, tuple[str, str]]:
    rows = BackTestLead.objects.filter(test=test).values_list("lead_id", "before", "after")
    return {lead: (before, after) for lead, before, after in rows}


def result(test: BackTest) -> Result:
    return Result.of_json(test.result["cells"])


# ------------------------------------------------------------------------------------------------ the verdicts
@pytest.mark.parametrize("seed", range(3))
def test_every_verdict_is_what_the_definition_says_of_what_is_known(
    head: User, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw = random.Random(seed)
    agreement_in_force(
        criteria=[
            HALL,
            BUDGET | {"is_required": False, "points": 1},
            {"key": "branch", "question": "Branch", "kind": "text", "is_required": False, "points": 1},
            {
                "key": "segment",
                "question": "Segment",
                "kind": "choice",
                "choices": ["SME"],
                "is_required": False,
                "points": 2,
            },
        ],
        points_needed=draw.randint(0, 3),
    )
    made = draft(head, *CRITERIA, points_needed=draw.randint(0, 6))
    places = [campaign(segment=segment) for segment in ("SME", " sme ", "Corporate", "")]
    values: dict[str, list[Any]] = {
        "hall": ["300.5", "300.49", "9999999", 500, 300.5, "many", ""],
        "budget": [True, False, "yes", "tak", "maybe"],
        "branch": ["retail", "RETAIL ", "żabka", "Metal", 3, "x'; --", '"quoted"'],
        "country": ["pl", "FR", "", "de"],
        "segment": ["SME", "Corporate"],
        "need": ["A shelf", " ", "\u00a0"],
        "gone": ["kept"],
    }
    for _number in range(120):
        known_of = {key: draw.choice(some) for key, some in values.items() if draw.random() < 0.6}
        a_lead(campaign=draw.choice(places), country=draw.choice(["PL", "FR", ""]), answers=known_of)
    monkeypatch.setattr(backtest, "BATCH", 50)

    test = measured(made, head)

    found = verdicts(test)
    for side, version in enumerate((test.against, made)):
        assert version is not None
        definition = definition_of(version)
        expected = known(found, definition.criteria)
        for lead, pair in found.items():
            evaluation = evaluate(definition.criteria, definition.points_needed, expected[lead])
            assert pair[side] == verdict(evaluation), (version, expected[lead])
    assert len(found) == test.done == test.total == 120
    assert len(set(found.values())) > 3


def test_without_a_version_in_force_every_lead_counted_before(head: User) -> None:
    made = draft(head, CriterionData("Warehouse", key="hall", kind="number", threshold=Decimal(500)))
    big, small, unasked = a_lead(answers={"hall": "900"}), a_lead(answers={"hall": "40"}), a_lead()
    test = measured(made, head)
    assert test.against is None
    assert verdicts(test) == {
        big.pk: ("met", "met"),
        small.pk: ("met", "not_met"),
        unasked.pk: ("met", "unknown"),
    }


def test_points_that_cannot_be_reached_any_more_are_not_met(head: User) -> None:
    made = draft(
        head,
        CriterionData("A", key="a", is_required=False, points=2),
        CriterionData("B", key="b", is_required=False, points=1),
        points_needed=2,
    )
    reached = a_lead(answers={"a": True})
    open_ = a_lead(answers={"b": True})
    lost = a_lead(answers={"a": False, "b": True})
    after = {lead: pair[1] for lead, pair in verdicts(measured(made, head)).items()}
    assert after == {reached.pk: "met", open_.pk: "unknown", lost.pk: "not_met"}


def test_days_are_those_of_the_company_and_test_leads_are_left_out(head: User) -> None:
    CompanyFactory(zone="Pacific/Apia")  # thirteen hours ahead
    made = draft(head, CriterionData("A", key="a"))
    first = a_lead(at=datetime(2025, 12, 31, 11, 0, tzinfo=UTC))
    last = a_lead(at=datetime(2026, 3, 31, 10, 59, 59, tzinfo=UTC))
    a_lead(at=datetime(2025, 12, 31, 10, 59, 59, tzinfo=UTC))
    a_lead(at=datetime(2026, 3, 31, 11, 0, tzinfo=UTC))
    a_lead(is_test=True)
    assert set(verdicts(measured(made, head))) == {first.pk, last.pk}


# ------------------------------------------------------------------------------------------------ the figures
def test_figures_are_those_of_a_plain_count_over_the_leads(head: User) -> None:
    agreement_in_force(criteria=[BUDGET])
    made = draft(head, CriterionData("Warehouse", key="hall", kind="number", threshold=Decimal(500)))
    draw = random.Random(5)
    for _number in range(60):
        stage = draw.choice(["new", "contacted", "won", "won", "lost", "closed"])
        a_lead(
            answers={
                key: value
                for key, value in (("budget", draw.random() < 0.5), ("hall", draw.choice(["100", "800"])))
                if draw.random() < 0.8
            },
            stage=stage,
            won_at=NOON if stage == "won" else None,
            amount=Decimal(draw.randint(0, 10_000_000)) / 100 if draw.random() < 0.8 else None,
        )
    test = measured(made, head)
    found, pairs = result(test), verdicts(test)
    assert found.total == 60
    assert Counter(pairs.values()) == {
        (before.value, after.value): group.leads for (before, after), group in found.cells.items()
    }
    leads = {lead.pk: lead for lead in Lead.objects.all()}
    for wanted in Verdict:
        mine = [leads[pk] for pk, (_before, after) in pairs.items() if after == wanted]
        won = [lead for lead in mine if lead.stage == "won"]
        amounts = [lead.amount for lead in won if lead.amount is not None]
        group = found.by_new(wanted)
        assert (group.leads, group.won, group.priced) == (len(mine), len(won), len(amounts))
        assert group.amount == sum(amounts)
        assert group.open == sum(lead.stage in {"new", "contacted"} for lead in mine)
    assert found.more == sum(before != "met" and after == "met" for before, after in pairs.values())
    assert found.fewer == sum(before == "met" and after != "met" for before, after in pairs.values())


# ------------------------------------------------------------------------------------------------ restarts
def killed_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker die (with its transaction) in the batch after so many."""
    measure, left = backtest._measure, [batches]

    def dying(*args: Any, **options: Any) -> None:
        measure(*args, **options)
        if not left[0]:
            raise SystemExit
        left[0] -= 1

    monkeypatch.setattr(backtest, "_measure", dying)


def waiting(head: User, monkeypatch: pytest.MonkeyPatch, leads: int = 25) -> BackTest:
    """A test that the worker has to do, in batches of ten."""
    made = draft(head, CriterionData("Budget", key="budget"))
    for number in range(leads):
        a_lead(answers={"budget": number % 3 == 0})
    monkeypatch.setattr(backtest, "DIRECT", 0)
    monkeypatch.setattr(backtest, "BATCH", 10)
    monkeypatch.setattr(beats, "hint", lambda task: None)
    return backtest.ask(agreement=made, from_on=FROM, to_on=TO, by=head)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_killed_worker_leaves_whole_batches_and_the_next_one_goes_on(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = waiting(head, monkeypatch)
    with monkeypatch.context() as patch:
        killed_after(1, patch)
        with pytest.raises(SystemExit):
            backtest.resume_all()
    test.refresh_from_db()
    assert (test.state, test.done, test.leads.count()) == ("running", 10, 10)
    assert backtest.resume_all() == 1
    test.refresh_from_db()
    assert (test.state, test.done, test.leads.count()) == ("done", 25, 25)
    assert result(test).by_new(Verdict.MET).leads == 9
    assert backtest.resume_all() == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_measure_each_lead_once(head: User, monkeypatch: pytest.MonkeyPatch) -> None:
    test = waiting(head, monkeypatch, leads=60)
    start = Barrier(2)

    def work(waits: bool) -> str:
        try:
            start.wait()
            return str(backtest.run(test.pk, waits=waits).error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, (True, False))) == ["", ""]
    test.refresh_from_db()
    assert (test.state, test.done, test.leads.count()) == ("done", 60, 60)
    assert result(test).by_new(Verdict.MET).leads == 20


def test_a_second_worker_finds_nothing_to_do(head: User, monkeypatch: pytest.MonkeyPatch) -> None:
    test = waiting(head, monkeypatch)
    backtest.run(test.pk)
    before = BackTest.objects.values().get()
    backtest.run(test.pk)
    assert BackTest.objects.values().get() == before
    assert test.leads.count() == 25


def test_a_database_that_went_away_is_no_failure(head: User, monkeypatch: pytest.MonkeyPatch) -> None:
    test = waiting(head, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(
            backtest, "_measure", lambda *args, **options: (_ for _ in ()).throw(OperationalError("gone"))
        )
        with pytest.raises(OperationalError):
            backtest.resume_all()
    test.refresh_from_db()
    assert test.state == "waiting"
    assert backtest.run(test.pk).state == "done"


def test_a_fault_is_kept_with_its_reason(head: User, monkeypatch: pytest.MonkeyPatch) -> None:
    test = waiting(head, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(backtest, "_measure", lambda *args, **options: 1 / 0)
        backtest.resume_all()
    test.refresh_from_db()
    assert (test.state, test.error) == ("failed", "ZeroDivisionError: division by zero")


def test_an_edit_while_it_is_measured_does_not_mix_two_wordings(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = waiting(head, monkeypatch)
    backtest._batch(test.pk, waits=True)
    agreements.edit(agreement=test.agreement, by=head, criteria=[CriterionData("Other", key="other")])
    backtest.run(test.pk)
    test.refresh_from_db()
    assert result(test).by_new(Verdict.MET).leads == 9
    assert Definition.of_json(test.result["asked"]["after"]).criteria[0].key == "budget"


# ------------------------------------------------------------------------------------------------ asking
def test_asked_twice_it_is_one_test_and_another_period_replaces_it(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = waiting(head, monkeypatch)
    again = backtest.ask(agreement=test.agreement, from_on=FROM, to_on=TO, by=head)
    assert again.pk == test.pk
    other = backtest.ask(agreement=test.agreement, from_on=FROM, to_on=date(2026, 3, 30), by=head)
    assert list(BackTest.objects.values_list("pk", flat=True)) == [other.pk]


def test_only_the_last_few_tests_of_a_version_are_kept(head: User) -> None:
    a_lead()
    made = draft(head, CriterionData("A", key="a"))
    tests = [measured(made, head, to_on=TO - timedelta(days=number)) for number in range(5)]
    kept = sorted(one.pk for one in tests[-backtest.KEPT :])
    assert sorted(BackTest.objects.values_list("pk", flat=True)) == kept
    assert set(BackTestLead.objects.values_list("test", flat=True)) == set(kept)


@pytest.mark.parametrize(
    ("from_on", "to_on", "field"),
    [
        (date(2026, 2, 2), date(2026, 2, 1), "to_on"),
        (date(2999, 1, 1), date(2999, 2, 1), "from_on"),
        (date(2026, 1, 1), date(2999, 2, 1), "to_on"),
        (date(2020, 1, 1), date(2026, 2, 1), "from_on"),
        (date(2026, 1, 1), date(2026, 1, 2), "from_on"),  # no lead
    ],
)
def test_a_period_that_cannot_be_measured_is_refused_at_its_field(
    head: User, from_on: date, to_on: date, field: str
) -> None:
    a_lead()
    made = draft(head, CriterionData("A", key="a"))
    with pytest.raises(Invalid) as refused:
        backtest.ask(agreement=made, from_on=from_on, to_on=to_on, by=head)
    assert refused.value.field == field
    assert not BackTest.objects.exists()


@time_machine.travel(datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
def test_today_and_five_years_can_be_measured(head: User) -> None:
    CompanyFactory()  # where it is the eleventh already
    today = date(2026, 3, 11)
    a_lead(at=timezone.now() - timedelta(minutes=1))
    made = draft(head, CriterionData("A", key="a"))
    assert measured(made, head, today - LONGEST, today).total == 1


def test_a_signed_version_is_not_measured(head: User) -> None:
    a_lead()
    with pytest.raises(Invalid):
        backtest.ask(agreement=agreement_in_force(), from_on=FROM, to_on=TO, by=head)
    assert not BackTest.objects.exists()


@pytest.mark.parametrize("role", ["marketer", "rep", "director", "administrator"])
def test_only_the_heads_measure(head: User, role: str) -> None:
    a_lead()
    made = draft(head)
    with pytest.raises(NotAllowed):
        backtest.ask(agreement=made, from_on=FROM, to_on=TO, by=person(role))
    assert not BackTest.objects.exists()


def test_a_discarded_draft_takes_its_tests_along(head: User) -> None:
    a_lead()
    made = draft(head, CriterionData("A", key="a"))
    measured(made, head)
    agreements.discard(agreement=made, by=head)
    assert not BackTest.objects.exists()
    assert not BackTestLead.objects.exists()
    assert Lead.objects.count() == 1
