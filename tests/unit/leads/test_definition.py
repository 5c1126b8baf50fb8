"""The definition's rules about answers: what one is, what a lead's own data says, and what speaks against a lead."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.definition import (
    BadAnswer,
    CriterionKind,
    CriterionTerms,
    against,
    derived,
    evaluate,
    is_met,
    read_answer,
)
from leads.domain.tables.answers import reader_of, recognised
from leads.domain.tables.codes import ProblemCode
from leads.domain.tables.columns import recognise
from leads.domain.tables.model import Fault

BUDGET = CriterionTerms("budget", "Is there a budget?")
PLACES = CriterionTerms("places", "Pallet places", "number", threshold=Decimal(500), unit="places")
HOME = CriterionTerms("home", "Home market", "country", choices=("DE", "PL"))
SEGMENT = CriterionTerms("segment", "Segment", "segment", choices=("Farms",))
WHY = CriterionTerms("why", "Why now", "text", is_required=False, points=2)
HALL = CriterionTerms("hall", "Has a hall", is_required=False, points=1)


@pytest.mark.parametrize(
    ("typed", "group", "kept"),
    [
        ("1,200", ",", "1200"),
        ("1.200", ".", "1200"),
        ("1 200,5", "\u00a0", "1200.5"),
        ("7,5", ",", "7.5"),
        ("1200 places", "", "1200"),
        ("€1,200", ",", "1200"),
        (1200, "", "1200"),
        (0.5, "", "0.5"),
        (True, "", None),
        ("many", "", None),
        ("1e400", "", None),
        ("9" * 16, "", None),
        (float("inf"), "", None),
        ("", "", None),
    ],
)
def test_a_number_is_read_as_it_was_meant_or_refused(typed: Any, group: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(BadAnswer):
            read_answer(PLACES, typed, group=group)
    else:
        assert read_answer(PLACES, typed, group=group) == kept


@pytest.mark.parametrize(
    ("typed", "kept"), [("de", "DE"), ("Niemcy", "DE"), ("Россия", "RU"), (" PL ", "PL")]
)
def test_a_country_is_known_by_name_or_code(typed: str, kept: str) -> None:
    assert read_answer(HOME, typed) == kept


@pytest.mark.parametrize("typed", ["Nowhere", "XX", "a\x00b", "\ud800", "x" * 501])
def test_what_is_no_country_is_no_answer(typed: str) -> None:
    with pytest.raises(BadAnswer):
        read_answer(HOME, typed)
    assert is_met(HOME, typed) is None


@given(st.sampled_from([BUDGET, PLACES, HOME, SEGMENT, WHY]), st.text(max_size=40))
def test_an_answer_that_is_kept_is_read_the_same_again(criterion: CriterionTerms, text: str) -> None:
    try:
        kept = read_answer(criterion, text, group=",")
    except BadAnswer:
        return
    assert read_answer(criterion, kept) == kept


def test_country_and_segment_answer_what_asks_for_them() -> None:
    criteria = (BUDGET, HOME, SEGMENT)
    assert derived(criteria, country="de", segment=" Farms ") == {"home": "DE", "segment": "Farms"}
    assert derived(criteria, country="", segment="") == {}


def test_unknown_speaks_against_nothing() -> None:
    criteria = (BUDGET, PLACES, WHY)
    assert against(criteria, 2, evaluate(criteria, 2, {})) == []


def test_a_required_no_speaks_against_and_points_only_once_they_cannot_be_reached() -> None:
    criteria = (BUDGET, HALL, WHY)
    found = evaluate(criteria, 2, {"budget": False, "hall": False})
    assert against(criteria, 2, found) == [BUDGET]
    found = evaluate(criteria, 3, {"hall": False})
    assert against(criteria, 3, found) == [HALL]


@given(
    st.dictionaries(st.sampled_from(["budget", "hall"]), st.booleans()),
    st.integers(0, 4),
    st.sampled_from([{}, {"why": "They move"}]),
)
def test_something_speaks_against_a_lead_exactly_when_it_cannot_be_met_any_more(
    answers: dict[str, Any], points: int, more: dict[str, Any]
) -> None:
    criteria = (BUDGET, HALL, WHY)
    found = evaluate(criteria, points, answers | more)
    is_unreachable = points > 3  # by nobody's answer: then nothing that is known can be blamed
    assert bool(against(criteria, points, found)) == (not found.can_still_be_met) or is_unreachable


@pytest.mark.parametrize(
    ("criterion", "cell", "answer"),
    [
        (BUDGET, "Tak", True),
        (BUDGET, "нет", False),
        (BUDGET, "n/a", None),
        (BUDGET, "perhaps", ProblemCode.BOOLEAN_UNREADABLE),
        (PLACES, "1,200", "1200"),
        (PLACES, "1.200", "1200"),
        (PLACES, "1.200,50", "1200.50"),
        (PLACES, "7.5", "7.5"),
        (PLACES, "-", None),
        (PLACES, "lots", ProblemCode.NUMBER_UNREADABLE),
        (HOME, "Polska", "PL"),
        (HOME, "нет", None),
        (HOME, "Atlantis", ProblemCode.COUNTRY_UNKNOWN),
        (WHY, "They\r\nmove", "They\nmove"),
        (WHY, "x" * 501, ProblemCode.TEXT_TOO_LONG),
        (SEGMENT, " ", None),
    ],
)
def test_a_cell_is_an_answer_or_nothing_or_a_fault(criterion: CriterionTerms, cell: str, answer: Any) -> None:
    found = reader_of(criterion)(cell)
    assert (found.code if isinstance(found, Fault) else found) == answer


def test_columns_are_recognised_by_question_and_key_after_the_leads_own_fields() -> None:
    home = CriterionTerms("country", "Country", CriterionKind.COUNTRY)
    matches = recognise(["Name", "is there a BUDGET", "places", "Country", "Places"])
    assert recognised(matches, [BUDGET, PLACES, home]) == {1: "budget", 2: "places"}


@pytest.mark.parametrize(
    ("cells", "is_suggested"),
    [
        ((), True),
        (("", "-", ""), True),
        (("yes", "no", "tak", "нет"), True),
        (("yes", "", "12 000"), True),
        (("12 000", "€5,500", "800", ""), False),
        (("yes", "12 000", "5 500"), False),
    ],
)
def test_a_column_is_suggested_only_where_its_cells_can_be_such_answers(
    cells: tuple[str, ...], is_suggested: bool
) -> None:
    matches = recognise(["Budget"])
    found = recognised(matches, [BUDGET], [(cell,) for cell in cells])
    assert found == ({0: "budget"} if is_suggested else {})
