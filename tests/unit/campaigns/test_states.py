"""The life of a campaign."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.domain.states import NEXT, RANK, State, can_be_taken_back, may_become

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after"),
    [("draft", "review"), ("review", "live"), ("live", "paused"), ("paused", "live"), ("live", "ended")],
)
def test_the_usual_way_is_open(before: str, after: str) -> None:
    assert may_become(before, after)


@pytest.mark.parametrize(
    ("before", "after"), [("draft", "live"), ("stopped", "live"), ("ended", "draft"), ("live", "live")]
)
def test_nothing_goes_live_past_sales(before: str, after: str) -> None:
    assert not may_become(before, after)


def test_everything_but_what_is_over_can_be_stopped() -> None:
    stoppable = {state for state in State if State.STOPPED in NEXT[state]}
    assert stoppable == {State.DRAFT, State.REVIEW, State.LIVE, State.PAUSED}


def test_every_state_has_a_place_in_lists_and_a_way_on() -> None:
    assert set(RANK) == set(State) == set(NEXT)
    assert all(NEXT.values())


def test_a_change_can_be_taken_back_for_a_day() -> None:
    assert can_be_taken_back(NOON, NOON + timedelta(hours=23, minutes=59))
    assert not can_be_taken_back(NOON, NOON + timedelta(hours=24))
