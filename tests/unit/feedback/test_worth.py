"""Sales time for each promising lead against the agreed limit."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.worth import Money, Worth, in_money, weigh


def of(**figures: Any) -> Worth:
    return weigh(
        **{"leads": 40, "good": 3, "minutes": 1040, "limit": 120, "marked": 40, "gate_size": 20} | figures
    ).worth


def test_forty_leads_with_three_promising_are_more_work_than_benefit() -> None:
    benefit = weigh(leads=40, good=3, minutes=1040, limit=120, marked=40, gate_size=20)
    assert benefit.worth is Worth.TOO_MUCH_WORK
    assert round(benefit.minutes_each or 0) == 347  # 5 h 47 min
    assert benefit.worth_minutes == 360
    assert benefit.share == Decimal("0.075")


@pytest.mark.parametrize(
    ("minutes", "worth"),
    [
        (0, Worth.WORTH_IT),
        (899, Worth.WORTH_IT),
        (900, Worth.WATCH),
        (1200, Worth.WATCH),
        (1201, Worth.TOO_MUCH_WORK),
    ],
)
def test_bounds_of_the_limit(minutes: int, worth: Worth) -> None:
    assert of(good=10, minutes=minutes) is worth


def test_too_early_before_half_the_gate_is_marked() -> None:
    assert of(leads=20, marked=9) is Worth.TOO_EARLY
    assert of(leads=20, marked=10) is Worth.TOO_MUCH_WORK


def test_a_campaign_that_is_over_is_judged_by_what_came() -> None:
    assert of(leads=6, marked=6, is_closed=True) is Worth.TOO_MUCH_WORK
    assert of(leads=6, marked=0, is_closed=True) is Worth.TOO_EARLY


def test_time_without_a_single_good_lead() -> None:
    assert of(good=0, minutes=121) is Worth.TOO_MUCH_WORK
    assert of(good=0, minutes=90) is Worth.WATCH
    assert weigh(leads=9, good=0, minutes=90, limit=120, marked=9, gate_size=9).minutes_each is None


def test_nothing_arrived_or_nothing_done_yet() -> None:
    assert of(leads=0, good=0, minutes=0, marked=0) is Worth.NO_WORK
    assert of(leads=5, good=0, minutes=0, marked=0) is Worth.NO_WORK


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        of(limit=0)


def money(**figures: Any) -> Money:
    return in_money(
        **{
            "minutes": 600,
            "hour": Decimal(48),
            "spent": Decimal(1_000),
            "good": 4,
            "qualified": 2,
            "deals": 1,
            "revenue": Decimal(7_400),
        }
        | figures
    )


def test_cost_is_spend_and_sales_time() -> None:
    found = money()
    assert (found.labour, found.cost) == (480, 1_480)
    assert (found.per_good, found.per_qualified, found.per_deal) == (370, 740, 1_480)
    assert found.gain == 5
    assert not found.is_partial


@pytest.mark.parametrize(
    ("known", "cost"),
    [
        ({"hour": None}, Decimal(1_000)),
        ({"spent": None}, Decimal(480)),
        ({"hour": None, "spent": None}, None),
    ],
)
def test_what_is_not_known_is_left_out_and_never_guessed(known: dict[str, Any], cost: Decimal | None) -> None:
    found = money(**known)
    assert found.cost == cost
    assert found.is_partial == (cost is not None)


@given(
    st.integers(0, 10_000),
    st.none() | st.decimals(0, 500, places=2),
    st.none() | st.decimals(0, 100_000, places=2),
    *[st.integers(0, 50)] * 3,
)
def test_nothing_is_divided_by_nothing(
    minutes: int, hour: Decimal | None, spent: Decimal | None, good: int, qualified: int, deals: int
) -> None:
    found = money(minutes=minutes, hour=hour, spent=spent, good=good, qualified=qualified, deals=deals)
    for count, each in ((good, found.per_good), (qualified, found.per_qualified), (deals, found.per_deal)):
        assert (each is None) == (found.cost is None or not count)
    assert (found.gain is None) == (not found.cost)
