"""Opening hours as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.accounts.domain.hours import Code, clock, faults_of_day, faults_of_week, parse_clock


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("9", 540),
        ("9:00", 540),
        ("09.30", 570),
        ("0930", 570),
        (" 17h15 ", 1035),
        ("0:00", 0),
        ("24:00", 1440),
    ],
)
def test_times_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert parse_clock(text) == minutes


@pytest.mark.parametrize("text", ["", "nine", "9:5", "25:00", "24:01", "9:60", "-1", "9:00 pm", "١:٠٠"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        parse_clock(text)


@given(st.integers(0, 1440))
def test_every_minute_is_read_back(minutes: int) -> None:
    assert parse_clock(clock(minutes)) == minutes


def test_windows_that_meet_do_not_overlap_and_order_does_not_matter() -> None:
    assert faults_of_day([(780, 1020), (540, 780)]) == []


def test_the_later_of_two_overlapping_windows_is_named() -> None:
    (fault,) = faults_of_day([(700, 1020), (540, 720)], weekday=3)
    assert (fault.code, fault.weekday, fault.place) == (Code.OVERLAP, 3, 0)


def test_a_window_inside_a_long_one_overlaps_even_with_another_between() -> None:
    faults = faults_of_day([(0, 1440), (10, 20), (30, 40)])
    assert [fault.place for fault in faults] == [1, 2]


@pytest.mark.parametrize("window", [(540, 540), (1020, 540)])
def test_closing_must_come_after_opening(window: tuple[int, int]) -> None:
    (fault,) = faults_of_day([(0, 60), window])
    assert (fault.code, fault.place) == (Code.REVERSED, 1)


def test_a_week_without_a_window_is_never_open() -> None:
    assert [fault.code for fault in faults_of_week([[]] * 7)] == [Code.NEVER_OPEN]
