"""The ladder from revenue to budget, and rates from history."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.plan import Month, Rates, climb_down, measure, shown


def rates(**changed: Any) -> Rates:
    values: dict[str, Any] = {
        "average_deal": Decimal(24_000),
        "close_rate": Decimal(25),
        "qualification_rate": Decimal(32),
        "visit_rate": Decimal(2),
        "cost_per_lead": Decimal(112),
    }
    return Rates(**values | changed)


def test_the_ladder_of_the_design() -> None:
    ladder = climb_down(Decimal(480_000), rates())
    assert (ladder.deals, ladder.qualified, ladder.leads, ladder.visits) == (20, 80, 250, 12_500)
    assert ladder.budget == 28_000
    assert ladder.cost_per_qualified == 350


def test_counts_are_rounded_up_only_when_shown() -> None:
    ladder = climb_down(Decimal(25_000), rates())
    assert ladder.deals == Decimal(25) / 24
    assert shown(ladder.deals) == 2
    assert shown(Decimal("4.0000000001")) == 4
    assert shown(Decimal(0)) == 0


def test_a_month_without_a_target_needs_nothing() -> None:
    ladder = climb_down(Decimal(0), rates())
    assert (ladder.deals, ladder.leads, ladder.budget, ladder.cost_per_qualified) == (0, 0, 0, None)


def test_without_counted_visits_there_is_no_such_step() -> None:
    assert climb_down(Decimal(1), rates(visit_rate=None)).visits is None


@pytest.mark.parametrize(
    ("revenue", "changed"),
    [
        (Decimal(-1), {}),
        (Decimal(1), {"average_deal": Decimal(0)}),
        (Decimal(1), {"close_rate": Decimal(0)}),
        (Decimal(1), {"qualification_rate": Decimal("100.01")}),
        (Decimal(1), {"visit_rate": Decimal(0)}),
        (Decimal(1), {"cost_per_lead": Decimal(-1)}),
    ],
)
def test_what_cannot_be_planned_is_refused(revenue: Decimal, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|cannot be"):
        climb_down(revenue, rates(**changed))


@given(
    st.decimals(0, 10**9, places=2),
    st.decimals("0.01", 10**6, places=2),
    st.decimals("0.01", 100, places=2),
    st.decimals("0.01", 100, places=2),
)
def test_climbing_back_gives_the_revenue(
    revenue: Decimal, deal: Decimal, close: Decimal, qualify: Decimal
) -> None:
    ladder = climb_down(revenue, rates(average_deal=deal, close_rate=close, qualification_rate=qualify))
    back = ladder.leads * qualify / 100 * close / 100 * deal
    assert abs(back - revenue) <= revenue * Decimal("1e-20")


def test_rates_are_sums_over_sums_with_their_sample() -> None:
    history = measure(
        [
            Month(revenue=Decimal(48_000), won=2, qualified=8, leads=20, visits=1_000, spend=Decimal(2_000)),
            Month(revenue=Decimal(24_000), won=1, qualified=2, leads=20, visits=1_000, spend=Decimal(2_000)),
        ]
    )
    assert history.average_deal.value == 24_000
    assert history.close_rate.value == 30
    assert history.qualification_rate.value == 25
    assert history.visit_rate.value == 2
    assert history.cost_per_lead.value == 100
    assert (history.average_deal.cases, history.average_deal.is_thin) == (3, True)
    assert (history.qualification_rate.cases, history.qualification_rate.is_thin) == (40, False)


def test_nothing_measured_is_no_rate() -> None:
    history = measure([])
    assert history.average_deal.value is None
    assert history.close_rate.value is None
    assert history.cost_per_lead.is_thin
    assert measure([Month(won=3, qualified=2)]).close_rate.value == 100
