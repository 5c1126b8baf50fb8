"""Days of a zone as instants, periods, and pace by working time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain.days import Period, Span, add_months, day_of, parse_month, starts_at
from leadsync.kpi.domain.pace import pace_of

WARSAW = ZoneInfo("Europe/Warsaw")
# Zones that change the clock at midnight are the hard ones.
ZONES = [
    ZoneInfo(name)
    for name in ("Europe/Warsaw", "America/Havana", "America/Asuncion", "Asia/Beirut", "Asia/Kolkata")
]


@given(st.dates(date(2000, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_instant(day: date, zone: ZoneInfo) -> None:
    begins = starts_at(day, zone)
    assert day_of(begins, zone) == day
    assert day_of(begins - timedelta(microseconds=1), zone) < day


@pytest.mark.parametrize(("on", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
def test_days_of_a_change_of_the_clock_have_their_own_length(on: str, hours: int) -> None:
    day = date.fromisoformat(on)
    assert starts_at(day + timedelta(days=1), WARSAW) - starts_at(day, WARSAW) == timedelta(hours=hours)


def test_periods_hold_whole_months() -> None:
    quarter = Period.holding(date(2026, 11, 21), Span.QUARTER)
    assert (quarter.first, quarter.last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert quarter.previous.months == [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)]
    assert quarter.following.first == date(2027, 1, 1)
    assert len(Period.holding(date(2028, 2, 29), Span.MONTH).days) == 29
    assert Period.holding(date(2026, 11, 21), Span.YEAR).stop == date(2027, 1, 1)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "x", "", "0000-01", "2026-01-01", "２０２６-01"])
def test_what_is_no_month_is_none(text: str) -> None:
    assert parse_month(text) is None


def test_a_month_is_read() -> None:
    assert parse_month("2026-11") == date(2026, 11, 1)


CALENDAR = WorkCalendar("Europe/Warsaw", (((540, 1020),),) * 5 + ((),) * 2, holidays=[date(2026, 11, 11)])
NOVEMBER = Period.holding(date(2026, 11, 1), Span.MONTH)


def test_pace_is_the_share_of_working_time() -> None:
    pace = pace_of(NOVEMBER, CALENDAR, WARSAW, datetime(2026, 11, 16, 12, 0, tzinfo=UTC))
    assert (pace.day, pace.days) == (10, 20)
    assert pace.elapsed == Decimal(9 * 8 + 4) / (20 * 8)
    assert pace.of(Decimal(160)) == 76
    assert pace.heading(Decimal(76)) == 160


def test_before_and_after_a_period() -> None:
    before = pace_of(NOVEMBER, CALENDAR, WARSAW, datetime(2026, 10, 31, tzinfo=UTC))
    assert (before.is_ahead, before.elapsed, before.heading(Decimal(1))) == (True, 0, None)
    after = pace_of(NOVEMBER, CALENDAR, WARSAW, datetime(2026, 12, 1, tzinfo=UTC))
    assert (after.is_over, after.elapsed, after.day) == (True, 1, 20)


def test_a_period_without_working_time_elapses_by_the_clock() -> None:
    closed = WorkCalendar("UTC", (((540, 1020),),) * 7, holidays=NOVEMBER.days)
    pace = pace_of(NOVEMBER, closed, ZoneInfo("UTC"), datetime(2026, 11, 16, tzinfo=UTC))
    assert (pace.elapsed, pace.days) == (Decimal("0.5"), 0)
