"""What a set of promises says: shares, the usual time, the sentence on top."""

from collections import Counter
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from leads.domain.first_contact import (
    HALF,
    NINE_TENTHS,
    Say,
    Tally,
    Verdict,
    headline,
    quantile,
)


def tally(in_time: int = 0, late: int = 0, missed: int = 0, *, took: int = 10, waited: int = 5) -> Tally:
    return Tally(
        Counter({Verdict.IN_TIME: in_time, Verdict.LATE: late, Verdict.MISSED: missed}),
        Counter({took: in_time + late}) if in_time + late else Counter(),
        Counter({waited: in_time + late}) if in_time + late else Counter(),
    )


@given(st.lists(st.integers(0, 500), min_size=1), st.sampled_from([HALF, NINE_TENTHS, Fraction(1, 100)]))
def test_a_quantile_is_the_value_at_its_rank(values: list[int], share: Fraction) -> None:
    assert quantile(Counter(values), share) == sorted(values)[ceil(len(values) * share) - 1]


def test_nothing_has_no_quantile_and_no_share() -> None:
    assert quantile({}, HALF) is None
    assert (Tally().share, Tally().usual, Tally().is_empty) == (None, None, True)


def test_what_fell_due_without_a_contact_is_late_and_what_runs_is_not_counted() -> None:
    counted = tally(6, 2, 2)
    counted.verdicts[Verdict.OPEN] = 5
    counted.verdicts[Verdict.JUDGED] = 3
    counted.verdicts[Verdict.TAKEN_OVER] = 4
    counted.verdicts[Verdict.OTHER] = 9
    assert (counted.decided, counted.late, counted.share) == (10, 4, Fraction(6, 10))


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3), max_size=6))
def test_the_sum_of_parts_is_the_whole(parts: list[tuple[int, int, int]]) -> None:
    total = Tally()
    for part in parts:
        total.add(tally(*part))
    assert total.decided == sum(sum(part) for part in parts)
    assert total.in_time == sum(part[0] for part in parts)


def test_the_sentence_says_the_first_thing_that_holds() -> None:
    assert headline(Tally(), []).say == Say.NOTHING
    running = Tally(Counter({Verdict.OPEN: 3}))
    assert headline(running, []).say == Say.RUNNING
    assert headline(tally(5), []).say == Say.KEPT
    assert headline(tally(8, 2), []).say == Say.SHARE
    assert headline(tally(8, 2, waited=11), []).say == Say.SLOW_HANDOFF


def test_the_worst_hour_is_named_only_where_it_is_clearly_worse_and_not_by_chance() -> None:
    total = tally(80, 20)
    assert headline(total, [(9, tally(7, 3)), (16, tally(2, 8))]).hour == 16
    assert headline(total, [(16, tally(0, 4))]).say == Say.SHARE  # four are too few
    assert headline(total, [(16, tally(8, 3))]).say == Say.SHARE  # 73 % is not clearly worse than 80 %
