"""Who may say a word on a dispute, and when it is decided."""

from itertools import product

import pytest

from feedback.domain.disputes import DIRECTION, MARKETING, SALES, heads_differ, outcome, side_for


@pytest.mark.parametrize(("marketing", "sales"), list(product(["upheld", "overturned"], repeat=2)))
def test_both_heads_decide_only_when_they_say_the_same(marketing: str, sales: str) -> None:
    said = {MARKETING: marketing, SALES: sales}
    assert outcome(said) == (marketing if marketing == sales else None)
    assert heads_differ(said) is (marketing != sales)


def test_one_head_alone_decides_nothing() -> None:
    assert outcome({}) is None
    assert outcome({SALES: "upheld"}) is None
    assert not heads_differ({SALES: "upheld"})


@pytest.mark.parametrize("heads", [{}, {SALES: "upheld"}, {SALES: "upheld", MARKETING: "overturned"}])
def test_the_director_decides_alone(heads: dict[str, str]) -> None:
    assert outcome(heads | {DIRECTION: "overturned"}) == "overturned"
    assert side_for(9, [DIRECTION], dict.fromkeys(heads, 1)) == DIRECTION


def test_a_head_may_change_the_word_until_the_other_has_spoken() -> None:
    assert side_for(1, [SALES], {SALES: 1}) == SALES
    assert side_for(1, [SALES], {SALES: 1, MARKETING: 2}) is None


def test_a_side_is_taken_by_who_spoke_first() -> None:
    assert side_for(2, [SALES], {SALES: 1}) is None


def test_who_heads_both_departments_has_one_word() -> None:
    assert side_for(1, [MARKETING, SALES], {}) == MARKETING
    assert side_for(1, [MARKETING, SALES], {MARKETING: 2}) == SALES
    assert side_for(1, [MARKETING, SALES], {MARKETING: 1}) == MARKETING
    assert side_for(1, [MARKETING, SALES], {MARKETING: 1, SALES: 2}) is None


def test_others_have_no_word() -> None:
    assert side_for(1, [], {}) is None
