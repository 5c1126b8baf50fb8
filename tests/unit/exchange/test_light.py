"""The light of a marketer: every boundary of the quarter, in the company's zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from leadsync.exchange.domain.light import Light, Quarter, light

WARSAW = ZoneInfo("Europe/Warsaw")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
Q4 = Quarter(2026, 4)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def lit(
    now: str,
    *,
    heard: int = 0,
    before: int = 1,
    quota: int = 1,
    joined: datetime = LONG_AGO,
    of: Quarter = Q4,
) -> Light:
    return light(
        of, heard=heard, heard_before=before, quota=quota, joined_at=joined, now=at(now), zone=WARSAW
    )


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-01-01", "2026-Q1"),
        ("2026-03-31", "2026-Q1"),
        ("2026-04-01", "2026-Q2"),
        ("2026-12-31", "2026-Q4"),
    ],
)
def test_a_day_lies_in_its_calendar_quarter(day: str, name: str) -> None:
    quarter = Quarter.of(date.fromisoformat(day))
    assert str(quarter) == name
    assert Quarter.named(name) == quarter
    assert quarter.first <= date.fromisoformat(day) <= quarter.last


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-Q5", "2026-Q0", "1999-Q1", "9999-Q1", "2026-q1", "٢٠٢٦-Q1"]
)
def test_what_is_no_quarter_is_none(text: str) -> None:
    assert Quarter.named(text) is None


def test_quarters_follow_each_other_over_the_year() -> None:
    assert Quarter(2026, 1).previous == Quarter(2025, 4)
    assert Quarter(2026, 4).next == Quarter(2027, 1)
    assert (Q4.first, Q4.last_third, Q4.last) == (date(2026, 10, 1), date(2026, 12, 1), date(2026, 12, 31))
    assert Quarter(2025, 4) < Quarter(2026, 1)


def test_green_is_as_many_calls_as_agreed_at_any_time() -> None:
    assert lit("2026-10-01 00:00", heard=1) is Light.GREEN
    assert lit("2027-02-01 00:00", heard=2, quota=2) is Light.GREEN
    assert lit("2026-11-01 00:00", heard=0, before=0, quota=0) is Light.GREEN
    assert lit("2026-11-01 00:00", heard=1, quota=2) is Light.NONE


def test_amber_begins_with_the_third_month_and_ends_with_the_quarter() -> None:
    assert lit("2026-11-30 23:59") is Light.NONE
    assert lit("2026-12-01 00:00") is Light.AMBER
    assert lit("2026-12-31 23:59") is Light.AMBER
    assert lit("2027-01-01 00:00") is Light.RED


def test_the_company_s_zone_decides_when_a_quarter_ends() -> None:
    last_hour = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 0:30 of the next day in Warsaw
    values = {"heard": 0, "heard_before": 1, "quota": 1, "joined_at": LONG_AGO, "now": last_hour}
    assert light(Q4, zone=WARSAW, **values) is Light.RED  # type: ignore[arg-type]
    assert light(Q4, zone=ZoneInfo("UTC"), **values) is Light.AMBER  # type: ignore[arg-type]


def test_red_from_the_first_day_when_none_was_heard_in_the_quarter_before() -> None:
    assert lit("2026-10-01 00:00", before=0) is Light.RED
    assert lit("2026-12-20 00:00", before=0) is Light.RED
    assert lit("2026-10-01 00:00", before=0, heard=1) is Light.GREEN


@pytest.mark.parametrize(
    ("joined", "now", "expected"),
    [
        ("2026-06-30 12:00", "2026-10-05 00:00", Light.RED),  # was there all of the quarter before
        ("2026-07-01 00:00", "2026-10-05 00:00", Light.NONE),  # joined in it
        ("2026-09-30 12:00", "2026-12-05 00:00", Light.AMBER),
        ("2026-10-20 12:00", "2026-11-05 00:00", Light.NONE),
        ("2026-10-20 12:00", "2027-01-05 00:00", Light.NONE),  # the quarter of joining, when it is over
        ("2026-09-30 12:00", "2027-01-05 00:00", Light.RED),
    ],
)
def test_who_is_new_is_not_red_for_the_quarter_of_joining(joined: str, now: str, expected: Light) -> None:
    assert lit(now, before=0, joined=at(joined)) is expected


def test_a_quarter_to_come_has_no_light() -> None:
    assert lit("2026-09-30 23:59") is Light.NONE
