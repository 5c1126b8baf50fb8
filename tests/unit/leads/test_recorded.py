"""Records are thin where too few leads say what was learned."""

from hypothesis import given
from hypothesis import strategies as st

from leads.domain.recorded import ENOUGH, LIMIT_PCT, Recorded


def test_six_of_ten_are_enough_and_five_are_not() -> None:
    assert not Recorded(10, 6).is_low
    assert Recorded(10, 5).is_low


def test_a_handful_says_nothing() -> None:
    assert not Recorded(ENOUGH - 1, 0).is_low
    assert Recorded(0, 0).share_pct == 100


@given(st.integers(ENOUGH, 10_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_what_is_shown_as_low_is_shown_below_the_limit(found: tuple[int, int]) -> None:
    of = Recorded(*found)
    assert of.is_low == (of.share_pct < LIMIT_PCT)
    assert of.missing + of.known == of.leads
