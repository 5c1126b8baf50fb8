"""What waiting costs: the curve of own history, the assumed one, and what a lead loses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.waiting import ASSUMED, Cases, Worth, fit, loss_of

OWN = fit([Cases(100, 40, 50.0), Cases(100, 20, 300.0), Cases(100, 10, 1_200.0)])  # after ½, 3 and 12 hours


def test_enough_cases_give_an_own_curve() -> None:
    assert OWN.is_own
    assert OWN.cases == 300
    assert [OWN.chance(hours) for hours in (0, 0.5, 3, 12, 100)] == [0.4, 0.4, 0.2, 0.1, 0.1]
    assert OWN.chance(7.5) == pytest.approx(0.15)


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [Cases(0, 0, 0)],
        [Cases(100, 40, 50.0), Cases(99, 20, 300.0)],  # too few
        [Cases(300, 0, 50.0), Cases(300, 0, 300.0)],  # nobody qualified
        [Cases(300, 60, 50.0), Cases(300, 90, 900.0)],  # longer waiting looks better: nothing to learn from
        [Cases(500, 100, 50.0)],  # all waited alike
    ],
)
def test_where_history_says_nothing_the_curve_is_assumed(groups: list[Cases]) -> None:
    assert fit(groups) is ASSUMED


def test_half_of_the_chance_is_taken_to_be_lost_after_a_working_day() -> None:
    assert ASSUMED.chance(8) == 0.5
    assert ASSUMED.less_likely(0) == pytest.approx(0.2)


def test_a_few_cases_are_no_point_of_their_own() -> None:
    found = fit([Cases(300, 90, 150.0), Cases(5, 5, 10.0), Cases(300, 30, 1_500.0)])
    assert len(found.points) == 2


cases = st.builds(
    lambda count, share, hours: Cases(count, int(count * share), count * hours),
    st.integers(0, 2_000),
    st.floats(0, 1),
    st.floats(0, 100),
)


@given(st.lists(cases, max_size=9), st.floats(0, 1e4), st.floats(0, 1e4))
def test_waiting_never_makes_a_lead_better(groups: list[Cases], hours: float, more: float) -> None:
    ordered = sorted(groups, key=lambda one: one.hours / one.count if one.count else 0)
    curve = fit(ordered)
    assert curve.chance(hours + more) <= curve.chance(hours) + 1e-12
    assert 0 <= curve.lost(hours, more) <= 1
    assert 0 <= curve.less_likely(hours, more) <= 1


def test_a_lead_of_a_better_campaign_loses_more() -> None:
    good, poor = Worth(100, 50), Worth(100, 5)
    losses = [loss_of(OWN, 1, factor=one.factor(0.25), value=1_000.0) for one in (good, poor)]
    assert losses[0].weight > losses[1].weight
    assert losses[0].less_likely == losses[1].less_likely
    assert losses[0].amount == pytest.approx(losses[0].weight)


def test_a_campaign_that_nobody_knows_is_an_average_one() -> None:
    assert Worth(0, 0).factor(0.3) == pytest.approx(1)
    assert Worth(10, 3).factor(0.0) == 1


def test_money_is_said_only_where_it_was_measured() -> None:
    assert loss_of(ASSUMED, 0, factor=1, value=1_000.0).amount is None
    assert loss_of(OWN, 0, factor=1, value=None).amount is None
