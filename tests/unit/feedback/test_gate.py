"""The gate's verdict, as early as it is certain, and how likely the campaign is good enough."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.gate import Verdict, certain_at, chance_of_rate, judge, regularised_beta

marks = st.lists(st.sampled_from(["none", "qualified", "promising", "not_a_fit", "unreachable"]), max_size=30)


def test_passed_as_soon_as_the_needed_number_is_good() -> None:
    gate = judge(["promising", "qualified", "none", "promising", "promising", "qualified"], size=20, needed=5)
    assert gate.verdict is Verdict.PASSED
    assert (gate.good, gate.bad, gate.unmarked, gate.missing) == (5, 0, 1, 0)


def test_failed_as_soon_as_the_needed_number_is_out_of_reach() -> None:
    sixteen_bad = ["not_a_fit"] * 16
    assert judge(["not_a_fit"] * 15, size=20, needed=5).verdict is Verdict.OPEN
    assert judge(sixteen_bad, size=20, needed=5).verdict is Verdict.FAILED
    assert (
        judge(["unreachable"] * 12 + ["not_a_fit"] * 3 + ["none"] * 5, size=20, needed=5).verdict
        is Verdict.OPEN
    )


def test_leads_that_will_never_come_do_not_keep_it_open() -> None:
    marks_so_far = ["promising"] * 2 + ["not_a_fit"] * 3 + ["none"] * 2
    assert judge(marks_so_far, size=20, needed=5).verdict is Verdict.OPEN
    assert judge(marks_so_far, size=20, needed=5, is_closed=True).verdict is Verdict.FAILED


def test_only_the_first_leads_count() -> None:
    assert judge(["not_a_fit"] * 20 + ["promising"] * 20, size=20, needed=5).good == 0


def test_the_sample_campaign_of_the_agreement() -> None:
    gate = judge(["promising"] * 2 + ["not_a_fit"] * 15 + ["unreachable"] * 3, size=20, needed=5)
    assert gate.verdict is Verdict.FAILED
    assert gate.probability == pytest.approx(1 - regularised_beta(0.25, 3, 19))
    assert 0.05 < gate.probability < 0.10


@given(marks, st.integers(1, 25), st.integers(1, 25), st.booleans())
def test_a_certain_verdict_never_changes_whatever_the_open_leads_become(
    known: list[str], size: int, needed: int, is_closed: bool
) -> None:
    needed = min(needed, size)
    verdict = judge(known, size=size, needed=needed, is_closed=is_closed).verdict
    rest = 0 if is_closed else max(size - len(known), 0)
    best = ["promising" if mark == "none" else mark for mark in known] + ["promising"] * rest
    worst = ["not_a_fit" if mark == "none" else mark for mark in known] + ["not_a_fit"] * rest
    ends = {judge(final, size=size, needed=needed, is_closed=True).verdict for final in (best, worst)}
    assert verdict is (ends.pop() if len(ends) == 1 else Verdict.OPEN)


@pytest.mark.parametrize(("size", "needed"), [(0, 0), (20, 0), (5, 6)])
def test_an_impossible_gate_is_refused(size: int, needed: int) -> None:
    with pytest.raises(ValueError, match="a gate needs"):
        judge([], size=size, needed=needed)


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0, 1))
def test_chance_equals_the_binomial_sum(good: int, bad: int, rate: float) -> None:
    # For whole numbers I_x(a, b) is a tail of a binomial distribution: an independent way to the same figure.
    n = good + bad + 1
    below = math.fsum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(good + 1))
    assert chance_of_rate(good, bad, rate) == pytest.approx(below, abs=1e-9)


@given(st.floats(0.001, 0.999), st.floats(0.5, 500), st.floats(0.5, 500))
def test_incomplete_beta_is_a_share_and_mirrors(x: float, a: float, b: float) -> None:
    share = regularised_beta(x, a, b)
    assert -1e-12 <= share <= 1 + 1e-12
    assert share == pytest.approx(1 - regularised_beta(1 - x, b, a), abs=1e-9)


@pytest.mark.parametrize(("x", "a", "b"), [(-0.1, 1, 1), (1.1, 1, 1), (0.5, 0, 1), (0.5, 1, -1)])
def test_incomplete_beta_refuses_what_has_no_meaning(x: float, a: float, b: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        regularised_beta(x, a, b)


AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
timed = st.lists(
    st.tuples(
        st.sampled_from(["none", "qualified", "promising", "not_a_fit", "unreachable"]),
        st.one_of(st.none(), st.integers(0, 50).map(lambda minutes: AT + timedelta(minutes=minutes))),
    ),
    max_size=25,
)


def test_it_failed_with_the_mark_that_put_it_out_of_reach() -> None:
    marks = [("not_a_fit", AT + timedelta(minutes=20 - place)) for place in range(17)] + [("promising", AT)]
    assert certain_at(marks, size=20, needed=5) == AT + timedelta(minutes=19)  # the sixteenth of them
    assert certain_at(marks[:15], size=20, needed=5) is None


def test_it_passed_with_the_last_one_needed() -> None:
    marks = [("promising", AT + timedelta(minutes=place)) for place in (9, 1, 5)]
    assert certain_at(marks, size=20, needed=2) == AT + timedelta(minutes=5)
    assert certain_at([("promising", None), ("qualified", None)], size=20, needed=2) is None


@given(timed, st.integers(1, 20), st.integers(1, 20))
def test_at_that_instant_and_not_before_it_was_certain(
    marks: list[tuple[str, datetime | None]], size: int, needed: int
) -> None:
    needed = min(needed, size)
    found = certain_at(marks, size=size, needed=needed)
    verdict = judge((mark for mark, _at in marks), size=size, needed=needed).verdict
    if found is None:
        return

    def then(last: datetime, is_included: bool) -> Verdict:
        known = [
            mark if at is None or at < last or (is_included and at == last) else "none" for mark, at in marks
        ]
        return judge(known, size=size, needed=needed).verdict

    assert verdict is not Verdict.OPEN
    assert then(found, True) is verdict
    assert then(found, False) is Verdict.OPEN
