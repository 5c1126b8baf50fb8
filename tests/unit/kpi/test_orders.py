"""How many leads fit into a month, and when a delivery is short of its promise."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.orders import Delivery, can_call, so_few, weeks_of, whole

HOUR = 3600.0


def fits(**changed: float) -> Decimal:
    values = {"work_seconds": 8 * HOUR, "working_days": 1, "seconds_each": 900.0, "a_day": 500}
    return can_call(**values | changed)  # type: ignore[arg-type]


def test_half_of_the_working_time_is_for_first_contacts() -> None:
    assert fits() == 16  # four hours of a quarter of an hour each


def test_no_more_than_the_leads_a_day_of_the_rep() -> None:
    assert fits(a_day=8, working_days=2, work_seconds=16 * HOUR) == 16


@pytest.mark.parametrize("what", ["work_seconds", "working_days", "seconds_each", "a_day"])
def test_nothing_fits_into_nothing_and_nothing_is_divided_by_it(what: str) -> None:
    assert fits(**{what: 0}) == 0


@given(st.integers(0, 31), st.floats(0, 1e6), st.floats(1, 1e5), st.integers(0, 500))
def test_weeks_add_up_to_their_month(working_days: int, seconds: float, each: float, a_day: int) -> None:
    once = fits(work_seconds=seconds, working_days=working_days, seconds_each=each, a_day=a_day)
    twice = fits(work_seconds=2 * seconds, working_days=2 * working_days, seconds_each=each, a_day=a_day)
    assert abs(twice - 2 * once) < 1


@pytest.mark.parametrize(
    ("promised", "delivered", "elapsed", "is_short"),
    [
        (20, 9, "0.5", False),  # one is missing: chance
        (20, 6, "0.5", False),  # as few come by chance in 13 of 100 months
        (20, 4, "0.5", True),  # in 3 of 100
        (2, 0, "0.5", False),
        (20, 19, "1", True),  # the month is over: promised is promised
        (20, 20, "1", False),
        (0, 0, "1", False),
        (None, 0, "1", False),
        (2_000, 950, "0.5", False),
        (2_000, 940, "0.5", True),
    ],
)
def test_short_is_what_chance_does_not_explain(
    promised: int | None, delivered: int, elapsed: str, is_short: bool
) -> None:
    assert Delivery(promised, delivered, Decimal(elapsed)).is_short is is_short


def test_a_rep_without_working_time_is_owed_nothing() -> None:
    found = Delivery(20, 0, None)
    assert (found.due, found.missing, found.is_short) == (None, 0, False)


def test_the_chance_of_few_is_that_of_poisson() -> None:
    assert so_few(4, 10) == pytest.approx(0.0293, abs=1e-4)
    assert so_few(0, 0) == 1
    assert so_few(560, 600) == pytest.approx(0.0520, abs=2e-3)


@given(st.integers(0, 3_000), st.floats(0, 3_000, allow_nan=False))
def test_a_chance_is_one_and_more_leads_are_likelier(count: int, expected: float) -> None:
    assert 0 <= so_few(count, expected) <= so_few(count + 1, expected) <= 1.0


@given(st.dates(date(1990, 1, 1), date(2190, 1, 1)))
def test_weeks_hold_each_day_of_the_month_once(day: date) -> None:
    period = Period.holding(day, Span.MONTH)
    weeks = list(weeks_of(period))
    assert weeks[0][0] == period.first
    assert weeks[-1][1] == period.last
    assert sum((last - first).days + 1 for first, last in weeks) == len(period.days)
    assert all(first.weekday() == 0 for first, _last in weeks[1:])


def test_half_a_lead_cannot_be_called() -> None:
    assert whole(Decimal("3.99")) == 3
