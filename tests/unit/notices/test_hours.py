"""Quiet hours and the morning, as pure arithmetic."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.notices.domain.hours import Moment, is_quiet, week_of

WARSAW = ZoneInfo("Europe/Warsaw")
MINUTES = st.integers(0, 1439)


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("begins", "ends", "quiet", "loud"),
    [
        (720, 780, [(12, 0), (12, 59)], [(11, 59), (13, 0)]),
        (1200, 420, [(20, 0), (23, 59), (0, 0), (6, 59)], [(19, 59), (7, 0)]),
        (1200, 1440, [(20, 0), (23, 59)], [(0, 0), (19, 59)]),
        (0, 480, [(0, 0), (7, 59)], [(8, 0), (23, 59)]),
        (None, None, [], [(0, 0), (12, 0)]),
        (600, None, [], [(10, 0)]),
        (600, 600, [], [(10, 0)]),
    ],
)
def test_quiet_hours_are_half_open_and_may_go_over_midnight(
    begins: int | None, ends: int | None, quiet: list[tuple[int, int]], loud: list[tuple[int, int]]
) -> None:
    assert all(is_quiet(local(*at), begins, ends) for at in quiet)
    assert not any(is_quiet(local(*at), begins, ends) for at in loud)


@given(MINUTES, MINUTES, MINUTES)
def test_a_time_is_quiet_one_way_round_or_the_other(at: int, begins: int, ends: int) -> None:
    if begins != ends:
        moment = local(at // 60, at % 60)
        assert is_quiet(moment, begins, ends) != is_quiet(moment, ends, begins)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_week_begins_on_monday(day: date) -> None:
    monday = week_of(day)
    assert monday.weekday() == 0
    assert timedelta() <= day - monday < timedelta(days=7)


def moment(at: datetime, *, is_working_day: bool = True, quiet: bool = False) -> Moment:
    return Moment(at.astimezone(UTC), at, is_working_day, is_working_time=True, is_quiet=quiet)


def test_the_morning_comes_at_eight_of_a_working_day_and_after_quiet_hours() -> None:
    assert moment(local(8)).is_morning_over
    assert not moment(local(7, 59)).is_morning_over
    assert not moment(local(9), is_working_day=False).is_morning_over
    assert not moment(local(9), quiet=True).is_morning_over
    assert not moment(local(9), quiet=True).is_open


def test_today_is_the_companys_day() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # 0:30 of 2 March in Warsaw
    assert moment(local(9)).is_today(late)
    assert not moment(local(9)).is_today(late - timedelta(hours=1))
    assert not moment(local(9)).is_today(None)
