"""Channels of a plan, the chain backwards, another budget, and what changed between two versions."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain import versions
from leadsync.kpi.domain.plan import (
    ChannelPast,
    Cutting,
    Line,
    PlanValues,
    Rates,
    as_plan,
    climb_down,
    climb_up,
    cut,
    off_by,
    split,
)

D = Decimal
RATES = Rates(D(24_000), D(25), D(32), None, D(112))
ADS = Line(1, D(60), visit_rate=D(2), cost_per_visit=D("2.24"))  # 112 a lead
FAIR = Line(2, D(40), cost_per_lead=D(60))
VALUES = PlanValues(D(480_000), RATES, lines=(ADS, FAIR))


def ladder(values: PlanValues = VALUES) -> Any:
    return climb_down(values.revenue, values.rates, values.lines)


def test_leads_go_on_over_channels_by_visits_or_by_lead() -> None:
    found = ladder()
    assert (found.leads, found.visits) == (250, 7_500)
    assert [step.leads for step in found.lines] == [150, 100]
    assert found.budget == 150 * 112 + 100 * 60


@pytest.mark.parametrize(
    "lines",
    [
        (replace(ADS, share=D(59)), FAIR),
        (replace(ADS, share=D(61)), FAIR),
        (replace(ADS, share=D(100)), replace(FAIR, share=D(0))),
        (ADS, replace(FAIR, channel=1)),
        (replace(ADS, cost_per_lead=D(1)), FAIR),
        (replace(ADS, cost_per_visit=None), FAIR),
        (ADS, replace(FAIR, cost_per_lead=None)),
        (replace(ADS, visit_rate=D(0)), FAIR),
        (replace(ADS, visit_rate=D("100.01")), FAIR),
        (ADS, replace(FAIR, cost_per_lead=D(-1))),
    ],
)
def test_channels_that_make_no_plan_are_refused(lines: tuple[Line, ...]) -> None:
    with pytest.raises(ValueError, match=r"shares|channel|rates|below 0"):
        climb_down(D(1), RATES, lines)


def test_a_fixed_budget_gives_its_revenue_backwards() -> None:
    assert climb_up(D(22_800), RATES, (ADS, FAIR)) == 480_000
    assert climb_up(D(0), RATES, (ADS, FAIR)) == 0
    with pytest.raises(ValueError, match="cost nothing"):
        climb_up(D(5), replace(RATES, cost_per_lead=D(0)))


@given(st.decimals("0.01", 10**7, places=2), st.integers(1, 99), st.decimals("0.01", 100, places=2))
def test_down_and_up_again_is_the_same_budget(budget: Decimal, share: int, rate: Decimal) -> None:
    lines = (replace(ADS, share=D(share), visit_rate=rate), replace(FAIR, share=D(100 - share)))
    again = climb_down(climb_up(budget, RATES, lines), RATES, lines)
    assert abs(again.budget - budget) <= budget * D("1e-20")


def test_a_fifth_less_budget_takes_a_fifth_of_everything_when_cut_evenly() -> None:
    left = cut(ladder(), D(22_800) * 8 / 10, Cutting.EVENLY)
    assert (left.revenue, left.qualified, left.leads, left.visits) == (384_000, 64, 200, 6_000)
    assert left.budget == 18_240


def test_the_dearest_leads_go_first_and_cost_less_revenue() -> None:
    left = cut(ladder(), D(22_800 - 5_600), Cutting.DEAREST)  # 50 leads at 112
    assert [step.leads for step in left.lines] == [100, 100]
    assert left.revenue == 480_000 * 200 / D(250)
    assert left.revenue > cut(ladder(), D(22_800 - 5_600), Cutting.EVENLY).revenue


def test_channels_that_cost_nothing_stay_when_all_budget_goes() -> None:
    free = climb_down(D(480_000), RATES, (ADS, replace(FAIR, cost_per_lead=D(0))))
    left = cut(free, D(0), Cutting.DEAREST)
    assert [step.leads for step in left.lines] == [0, 100]
    assert cut(free, D(0), Cutting.EVENLY).revenue == 0


@given(
    st.lists(st.tuples(st.integers(1, 50), st.decimals(0, 500, places=2)), min_size=1, max_size=6),
    st.decimals(0, 1, places=3),
)
def test_cutting_the_dearest_never_costs_more_than_cutting_evenly(
    channels: list[tuple[int, Decimal]], part: Decimal
) -> None:
    shares = split({number: weight for number, (weight, _cost) in enumerate(channels)})
    lines = tuple(
        Line(number, shares[number], cost_per_lead=channels[number][1]) for number in shares if shares[number]
    )
    whole = climb_down(D(100_000), RATES, lines)
    evenly, dearest = (cut(whole, whole.budget * part, way) for way in Cutting)
    assert dearest.revenue >= evenly.revenue - D("1e-15")
    assert 0 <= dearest.revenue <= whole.revenue + D("1e-15")


def test_a_plan_without_a_budget_has_nothing_to_cut() -> None:
    free = climb_down(D(100), replace(RATES, cost_per_lead=D(0)))
    assert cut(free, D(0), Cutting.DEAREST) == free


def test_a_cut_becomes_a_plan_whose_shares_add_up() -> None:
    left = cut(ladder(), D(11_111), Cutting.DEAREST)
    again = as_plan(VALUES, left)
    assert sum(line.share for line in again.lines) == 100
    assert abs(ladder(again).budget - 11_111) < 3  # shares have two decimals


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 1_000), min_size=1), st.sampled_from([0, 2]))
def test_shares_always_add_up_to_100(amounts: dict[int, int], places: int) -> None:
    shares = split(amounts, places=places)
    assert not shares if not any(amounts.values()) else sum(shares.values()) == 100


def test_a_channel_is_planned_as_it_was() -> None:
    by_visits = ChannelPast(1, 20, 1_000, D(500))
    assert by_visits.line(D(50)) == Line(1, D(50), D("2.00"), D("0.50"))
    by_lead = ChannelPast(2, 20, 5, D(500))  # its visits are not all counted
    assert by_lead.line(D(50)) == Line(2, D(50), cost_per_lead=D("25.00"))
    assert by_lead.cost_per_lead.is_thin
    assert not by_visits.visit_rate.is_thin
    assert ChannelPast(3, 0, 0, D(0)).line(D(50)) == Line(3, D(50), cost_per_lead=D(0))


def test_how_far_off_is_a_share_of_the_plan() -> None:
    assert off_by(D(91), D(100)) == D("-0.09")
    assert off_by(5, D(0)) is None


# ---------------------------------------------------------------------------------------------- versions


def test_what_was_saved_is_read_again_exactly() -> None:
    stored = versions.pack(VALUES, {1: "Ads", 2: "Fair"})
    assert versions.unpack(stored) == VALUES
    assert stored["revenue"] == "480000.00"


def test_a_change_is_told_from_and_to() -> None:
    old = versions.pack(VALUES, {1: "Ads", 2: "Fair"})
    mail = Line(3, D(10), cost_per_lead=D(5))
    later = replace(
        VALUES,
        revenue=D(500_000),
        lines=(replace(ADS, share=D(90), visit_rate=D("2.5")), mail),
    )
    new = versions.pack(later, {1: "Ads", 3: "Mail"})
    assert versions.changes(old, old) == []
    assert versions.changes(old, new) == [
        versions.Change("revenue", D(480_000), D(500_000)),
        versions.Change("share", D(60), D(90), "Ads"),
        versions.Change("visit_rate", D(2), D("2.5"), "Ads"),
        versions.Change("share", D(40), None, "Fair"),
        versions.Change("share", None, D(10), "Mail"),
    ]


def test_heads_sign_in_either_order_then_the_director() -> None:
    assert versions.sign_next([]) == ("mkt", "sales")
    assert versions.sign_next(["sales"]) == ("mkt",)
    assert versions.sign_next(["mkt", "sales"]) == ("dir",)
    assert versions.sign_next(["mkt", "sales", "dir"]) == ()
