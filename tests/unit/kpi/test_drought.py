"""When no lead for so long is no chance any more."""

from math import log

from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.drought import ENOUGH, UNLIKELY, Flow

HOUR = 3600.0
counts = st.integers(0, 5_000)
times = st.floats(0, 60 * 24 * HOUR, allow_nan=False)


def test_at_one_lead_an_hour_four_hours_are_chance_and_five_are_not() -> None:
    assert not Flow(320, 320 * HOUR, 4 * HOUR).is_drought
    assert Flow(320, 320 * HOUR, 5 * HOUR).is_drought  # exp(−5) is 0.7 %


def test_the_limit_is_where_the_chance_is_one_in_a_hundred() -> None:
    limit = -log(UNLIKELY) * HOUR
    assert not Flow(100, 100 * HOUR, limit * 0.999).is_drought
    assert Flow(100, 100 * HOUR, limit * 1.001).is_drought


def test_few_leads_have_no_rate_to_speak_of() -> None:
    assert not Flow(ENOUGH - 1, HOUR, 1_000 * HOUR).is_drought


def test_no_working_time_is_no_drought() -> None:
    flow = Flow(100, 0, 0)
    assert (flow.expected, flow.probability, flow.is_drought) == (0, 1, False)
    assert Flow(0, HOUR, HOUR).usual_seconds == 0


@given(counts, times, times)
def test_a_probability_is_one(leads: int, worked: float, quiet: float) -> None:
    assert 0 <= Flow(leads, worked, quiet).probability <= 1


@given(counts, times, times, times)
def test_a_drought_does_not_end_by_lasting_longer(
    leads: int, worked: float, quiet: float, more: float
) -> None:
    if Flow(leads, worked, quiet).is_drought:
        assert Flow(leads, worked, quiet + more).is_drought


@given(counts, st.integers(0, 500), times, times)
def test_more_leads_make_the_same_silence_less_likely(
    leads: int, more: int, worked: float, quiet: float
) -> None:
    assert Flow(leads + more, worked, quiet).probability <= Flow(leads, worked, quiet).probability


@given(st.integers(1, 5_000), st.floats(HOUR, 1e7), st.floats(0.1, 10))
def test_only_the_ratio_of_times_counts(leads: int, worked: float, factor: float) -> None:
    once, scaled = Flow(leads, worked, worked / 10), Flow(leads, worked * factor, worked * factor / 10)
    assert abs(once.probability - scaled.probability) < 1e-9
