"""Every sentence a dashboard can open with, and the rule that chooses it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.headline import RULES, Facts, Headline, choose
from leadsync.kpi.words import headline_words

MIDWAY: dict[str, Any] = {
    "has_leads": True,
    "has_plan": True,
    "elapsed": Decimal("0.67"),
    "revenue": Decimal(254_000),
    "revenue_plan": Decimal(432_000),
    "qualified": 51,
    "qualified_plan": Decimal(72),
    "in_time": Decimal("0.78"),
    "past_promise": 5,
}


@pytest.mark.parametrize(
    ("headline", "changed"),
    [
        (Headline.NO_LEADS, {"has_leads": False}),
        (Headline.OVER_NO_PLAN, {"has_plan": False, "is_over": True}),
        (Headline.OVER_PART_PLAN, {"has_plan": False, "has_part_plan": True, "is_over": True}),
        (Headline.PART_PLAN_LATE, {"has_plan": False, "has_part_plan": True}),
        (Headline.PART_PLAN, {"has_plan": False, "has_part_plan": True, "in_time": Decimal(1)}),
        (Headline.NO_PLAN_LATE, {"has_plan": False}),
        (Headline.NO_PLAN, {"has_plan": False, "in_time": Decimal(1)}),
        (Headline.NOT_BEGUN, {"is_ahead": True, "elapsed": Decimal(0), "in_time": None}),
        (Headline.OVER_REACHED, {"is_over": True, "revenue": Decimal(432_000)}),
        (Headline.OVER_MISSED, {"is_over": True}),
        (Headline.REACHED, {"revenue": Decimal(500_000)}),
        (Headline.JUST_BEGUN_LATE, {"elapsed": Decimal("0.05")}),
        (Headline.JUST_BEGUN, {"elapsed": Decimal("0.05"), "past_promise": 0}),
        (Headline.ENOUGH_BUT_LATE, {}),
        (Headline.FEW_AND_LATE, {"qualified": 30}),
        (Headline.FEW_BUT_IN_TIME, {"qualified": 30, "in_time": Decimal("0.95")}),
        (Headline.DEALS_BEHIND, {"in_time": Decimal("0.9")}),
        (Headline.ON_PLAN, {"in_time": Decimal("0.9"), "revenue": Decimal(290_000)}),
    ],
)
def test_each_sentence_has_its_case(headline: Headline, changed: dict[str, Any]) -> None:
    assert choose(Facts(**MIDWAY | changed)) is headline


def test_every_headline_has_exactly_one_rule() -> None:
    assert [headline for headline, _ in RULES] == list(Headline)


def test_the_rules_are_written_down_in_their_order() -> None:
    text = (Path(__file__).parents[3] / "docs" / "domain.md").read_text()
    listed = text[text.index("The first rule that fits") :]
    places = [listed.index(f"| {headline_words(headline, 'November')} |") for headline in Headline]
    assert places == sorted(places)


def test_before_any_contact_was_measured_leads_past_the_promise_decide() -> None:
    assert choose(Facts(**MIDWAY | {"in_time": None})) is Headline.ENOUGH_BUT_LATE
    assert choose(Facts(**MIDWAY | {"in_time": None, "past_promise": 0})) is Headline.DEALS_BEHIND


@given(
    st.builds(
        Facts,
        has_leads=st.booleans(),
        has_plan=st.booleans(),
        has_part_plan=st.booleans(),
        is_ahead=st.booleans(),
        elapsed=st.decimals(0, 1, places=3),
        is_over=st.booleans(),
        revenue=st.decimals(0, 10**6, places=2),
        revenue_plan=st.decimals(0, 10**6, places=2),
        qualified=st.integers(0, 500),
        qualified_plan=st.decimals(0, 500, places=2),
        in_time=st.none() | st.decimals(0, 1, places=2),
        past_promise=st.integers(0, 50),
    )
)
def test_there_is_always_a_sentence(facts: Facts) -> None:
    assert choose(facts) in Headline
