"""Working time, fact by fact: windows, closed days, changes of the clock, pauses, refusals."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadsync.core import businesstime
from leadsync.core.businesstime import CalendarError, Window, WorkCalendar

NINE_TO_FIVE = [["09:00", "17:00"]]
OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE)
ALWAYS = {day: [["00:00", "24:00"]] for day in businesstime.WEEKDAYS}
HOUR = 3600


def calendar(tz: str = "UTC", hours: dict[str, Any] | None = None, **more: Any) -> WorkCalendar:
    return WorkCalendar.from_dict({"tz": tz, "hours": OFFICE if hours is None else hours, **more})


type Ask = Callable[[], object]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


# Walking


@pytest.mark.parametrize(
    ("start", "seconds", "expected"),
    [
        ("2026-03-02T10:00", HOUR, "2026-03-02T11:00"),
        ("2026-03-02T16:30", HOUR, "2026-03-03T09:30"),
        ("2026-03-06T16:30", HOUR, "2026-03-09T09:30"),
        ("2026-03-07T12:00", HOUR, "2026-03-09T10:00"),
        ("2026-03-02T05:00", 0, "2026-03-02T05:00"),
        ("2026-03-31T16:00", 2 * HOUR, "2026-04-01T10:00"),
        ("2028-02-28T16:00", 9 * HOUR, "2028-02-29T17:00"),
        ("2028-02-29T16:00", 2 * HOUR, "2028-03-01T10:00"),
        ("2026-12-31T16:00", 2 * HOUR, "2027-01-01T10:00"),
        ("2026-03-02T10:00", 0.25, "2026-03-02T10:00:00.250000"),
    ],
)
def test_adding_walks_over_open_time_only(start: str, seconds: float, expected: str) -> None:
    assert calendar().add(utc(start), seconds) == utc(expected)


def test_time_used_up_at_closing_gives_the_closing_instant_not_the_next_opening() -> None:
    assert calendar().add(utc("2026-03-06T16:00"), HOUR) == utc("2026-03-06T17:00")
    assert calendar().add(utc("2026-03-06T16:00"), HOUR + 1) == utc("2026-03-09T09:00:01")


def test_walking_back_mirrors_walking_forward() -> None:
    office = calendar()
    assert office.add(utc("2026-03-09T09:30"), -HOUR) == utc("2026-03-06T16:30")
    assert office.add(utc("2026-03-09T10:00"), -HOUR) == utc("2026-03-09T09:00")
    assert office.add(utc("2027-01-01T10:00"), -2 * HOUR) == utc("2026-12-31T16:00")


def test_a_timedelta_counts_as_its_seconds() -> None:
    assert calendar().add(utc("2026-03-02T10:00"), timedelta(minutes=90)) == utc("2026-03-02T11:30")


def test_between_is_zero_when_the_end_is_not_after_the_start() -> None:
    office = calendar()
    assert office.between(utc("2026-03-02T12:00"), utc("2026-03-02T10:00")) == 0
    assert office.between(utc("2026-03-02T12:00"), utc("2026-03-02T12:00")) == 0


def test_whole_seconds_come_as_an_int_and_parts_exactly() -> None:
    office = calendar()
    whole = office.between(utc("2026-03-02T10:00"), utc("2026-03-02T11:00"))
    assert whole == HOUR
    assert isinstance(whole, int)
    assert office.between(utc("2026-03-02T10:00"), utc("2026-03-02T10:00:00.000001")) == 0.000001


def test_windows_are_half_open_and_a_lunch_break_is_closed() -> None:
    split = calendar(hours={"mon": [["09:00", "12:00"], ["13:00", "17:00"]]})
    opens = [
        split.is_open(utc(f"2026-03-02T{at}")) for at in ("08:59:59", "09:00", "11:59:59", "12:00", "13:00")
    ]
    assert opens == [False, True, True, False, True]
    assert split.add(utc("2026-03-02T11:30"), HOUR) == utc("2026-03-02T13:30")
    assert split.next_open(utc("2026-03-02T12:00")) == utc("2026-03-02T13:00")
    assert split.prev_open(utc("2026-03-02T13:00")) == utc("2026-03-02T12:00")
    assert split.prev_open(utc("2026-03-02T13:01")) == utc("2026-03-02T13:01")


def test_windows_that_meet_have_no_closing_between_them() -> None:
    night = calendar(hours={"mon": [["22:00", "24:00"]], "tue": [["00:00", "06:00"], ["06:00", "07:00"]]})
    assert night.is_open(utc("2026-03-03T00:00"))
    assert night.prev_open(utc("2026-03-03T00:00")) == utc("2026-03-03T00:00")
    spans = list(night.windows_between(utc("2026-03-02T00:00"), utc("2026-03-05T00:00")))
    assert spans == [(utc("2026-03-02T22:00"), utc("2026-03-03T07:00"))]


def test_a_calendar_that_never_closes_is_one_interval_over_new_year() -> None:
    start, end = utc("2025-12-30T00:00"), utc("2027-01-02T00:00")
    always = calendar("Europe/Warsaw", ALWAYS)
    assert list(always.windows_between(start, end)) == [(start, end)]
    assert always.between(start, end) == (end - start).total_seconds()


# Closed and special days


def test_a_holiday_is_closed_and_wins_over_an_override() -> None:
    closed = calendar(holidays=["2026-05-01"], overrides={"2026-05-01": NINE_TO_FIVE})
    assert closed.add(utc("2026-04-30T16:30"), HOUR) == utc("2026-05-04T09:30")
    assert closed.open_seconds_on(date(2026, 5, 1)) == 0
    assert not closed.is_working_day(date(2026, 5, 1))


def test_an_override_replaces_the_week_on_its_date() -> None:
    special = calendar(overrides={"2026-03-07": [["10:00", "12:00"]], "2026-03-06": []})
    assert special.add(utc("2026-03-05T16:00"), 2 * HOUR) == utc("2026-03-07T11:00")
    assert special.open_seconds_on(date(2026, 3, 6)) == 0
    assert special.open_seconds_on(date(2026, 3, 7)) == 2 * HOUR


def test_a_break_closes_part_of_its_date_and_may_overlap_another() -> None:
    with_break = calendar(breaks={"2026-03-02": [["10:00", "11:00"], ["10:30", "12:00"], ["16:00", "18:00"]]})
    assert with_break.open_seconds_on(date(2026, 3, 2)) == 5 * HOUR
    assert with_break.add(utc("2026-03-02T09:00"), 5 * HOUR) == utc("2026-03-02T16:00")
    assert with_break.next_open(utc("2026-03-02T16:00")) == utc("2026-03-03T09:00")


# Pauses


def test_the_clock_stands_in_pauses_wherever_they_lie() -> None:
    office = calendar()
    pauses = [
        (utc("2026-03-02T11:00"), utc("2026-03-02T12:00")),
        (utc("2026-03-02T11:30"), utc("2026-03-02T13:00")),  # overlaps the one before
        (utc("2026-03-01T00:00"), utc("2026-03-02T09:30")),  # covers the start
        (utc("2026-03-02T20:00"), utc("2026-03-02T21:00")),  # in closed time
        (utc("2026-03-02T14:00"), utc("2026-03-02T14:00")),  # empty
    ]
    start = utc("2026-03-02T09:00")
    due = office.add(start, 3 * HOUR, pauses)
    assert due == utc("2026-03-02T14:30")
    assert office.between(start, due, pauses) == 3 * HOUR
    assert office.add(due, -3 * HOUR, pauses) == utc("2026-03-02T09:30")


def test_time_used_up_as_a_pause_begins_ends_there() -> None:
    pause = (utc("2026-03-02T11:00"), utc("2026-03-02T12:00"))
    assert calendar().add(utc("2026-03-02T10:00"), HOUR, [pause]) == pause[0]
    assert calendar().add(utc("2026-03-02T13:00"), -HOUR, [pause]) == pause[1]


# Changes of the clock


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Warsaw", date(2026, 3, 29), 23),
        ("Europe/Warsaw", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight itself does not exist
        ("America/Sao_Paulo", date(2018, 2, 17), 25),  # the last hour before midnight is there twice
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # a date that was skipped
        ("Pacific/Apia", date(2011, 12, 29), 24),
    ],
)
def test_a_full_day_holds_as_many_hours_as_really_pass(zone: str, day: date, hours: float) -> None:
    always = calendar(zone, ALWAYS)
    assert always.open_seconds_on(day) == hours * HOUR
    begins = datetime.combine(day, time(), ZoneInfo(zone))
    ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    assert always.between(begins, ends) == hours * HOUR


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/New_York"])
def test_the_office_opens_at_nine_local_time_on_both_sides_of_each_change(zone: str) -> None:
    office = calendar(zone)
    for friday, monday in (
        ("2026-03-06", "2026-03-09"),
        ("2026-03-27", "2026-03-30"),
        ("2026-10-23", "2026-10-26"),
    ):
        due = office.add(local(f"{friday}T16:30", zone), HOUR)
        assert due == local(f"{monday}T09:30", zone)
        assert due.tzinfo is UTC


def test_work_through_the_night_of_a_change_counts_real_hours() -> None:
    night = calendar("America/New_York", {"sun": [["00:00", "06:00"]]})
    assert night.open_seconds_on(date(2026, 3, 8)) == 5 * HOUR
    assert night.open_seconds_on(date(2026, 11, 1)) == 7 * HOUR
    assert night.add(local("2026-11-01T00:30", "America/New_York"), 2 * HOUR) == utc("2026-11-01T06:30")


def test_a_window_inside_the_missing_hour_is_moved_or_vanishes_as_fold_zero_says() -> None:
    gap = calendar("America/New_York", {"sun": [["02:00", "02:30"]]})
    assert list(gap.windows_between(utc("2026-03-08T00:00"), utc("2026-03-09T00:00"))) == [
        (utc("2026-03-08T07:00"), utc("2026-03-08T07:30"))
    ]
    reversed_by_it = calendar("America/New_York", {"sun": [["02:30", "03:15"]]})
    assert reversed_by_it.open_seconds_on(date(2026, 3, 8)) == 0
    assert reversed_by_it.next_open(utc("2026-03-08T00:00")) == utc("2026-03-15T06:30")


def test_two_windows_that_overlap_after_the_missing_hour_count_once() -> None:
    both = calendar("America/New_York", {"sun": [["02:00", "02:45"], ["03:00", "04:00"]]})
    assert both.open_seconds_on(date(2026, 3, 8)) == HOUR


def test_an_hour_that_exists_twice_is_open_the_first_time_only() -> None:
    twice = calendar("Europe/Warsaw", {"sun": [["02:00", "02:30"]]})
    assert twice.is_open(local("2026-10-25T02:10", "Europe/Warsaw"))
    assert not twice.is_open(local("2026-10-25T02:10", "Europe/Warsaw", fold=1))


def test_the_windows_of_a_skipped_date_do_not_open_the_next_one() -> None:
    office = calendar("Pacific/Apia")  # Friday 30 December 2011 was skipped
    assert office.add(local("2011-12-29T16:30", "Pacific/Apia"), HOUR) == local(
        "2012-01-02T09:30", "Pacific/Apia"
    )
    assert office.working_days(date(2011, 12, 26), date(2012, 1, 1)) == 4


def test_an_offset_of_quarter_hours_is_kept() -> None:
    assert calendar("Asia/Kathmandu").next_open(utc("2026-03-02T00:00")) == utc("2026-03-02T03:15")


def test_an_instant_may_come_in_any_zone() -> None:
    office = calendar("Europe/Warsaw")
    here = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert office.next_open(here) == utc("2026-03-02T08:00")


# Working days


@pytest.mark.parametrize(
    ("t", "closing"),
    [
        ("2026-03-02T06:00", "2026-03-02T17:00"),
        ("2026-03-02T12:30", "2026-03-02T17:00"),
        ("2026-03-02T16:59", "2026-03-02T17:00"),
        ("2026-03-02T17:00", "2026-03-03T16:00"),
        ("2026-03-06T18:00", "2026-03-10T16:00"),  # weekend and a holiday follow
    ],
)
def test_the_closing_of_a_working_day_is_its_last_or_that_of_the_next(t: str, closing: str) -> None:
    hours = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "tue": [["09:00", "16:00"]]}
    office = calendar(hours=hours, holidays=["2026-03-09"])
    assert office.closing_of(utc(t)) == utc(closing)


def test_a_day_that_closes_at_midnight_is_not_the_next_day() -> None:
    always = calendar("Europe/Warsaw", ALWAYS)
    assert always.closing_of(local("2026-03-02T23:59", "Europe/Warsaw")) == local(
        "2026-03-03T00:00", "Europe/Warsaw"
    )
    assert always.closing_of(local("2026-03-03T00:00", "Europe/Warsaw")) == local(
        "2026-03-04T00:00", "Europe/Warsaw"
    )


def test_working_days_are_counted_with_both_ends() -> None:
    office = calendar(holidays=["2026-05-01"], overrides={"2026-05-02": NINE_TO_FIVE})
    assert office.working_days(date(2026, 4, 27), date(2026, 5, 3)) == 5
    assert office.working_days(date(2026, 5, 1), date(2026, 5, 1)) == 0
    assert office.working_days(date(2026, 5, 2), date(2026, 5, 2)) == 1
    assert office.working_days(date(2026, 5, 3), date(2026, 5, 1)) == 0
    assert office.working_days(date(2025, 12, 29), date(2028, 1, 2)) == 3 + 261 + 261


def test_the_nth_working_day_is_found_both_ways() -> None:
    office = calendar(holidays=["2026-05-01"])
    assert office.add_working_days(date(2026, 4, 30), 1) == date(2026, 5, 4)
    assert office.add_working_days(date(2026, 5, 2), 2) == date(2026, 5, 5)
    assert office.add_working_days(date(2026, 5, 4), -1) == date(2026, 4, 30)
    assert office.add_working_days(date(2026, 5, 2), 0) == date(2026, 5, 2)
    assert office.add_working_days(date(2026, 12, 31), 261) == date(2027, 12, 31)


def test_windows_are_cut_to_the_range_asked_for() -> None:
    spans = list(calendar().windows_between(utc("2026-03-02T16:00"), utc("2026-03-03T10:00")))
    assert spans == [
        (utc("2026-03-02T16:00"), utc("2026-03-02T17:00")),
        (utc("2026-03-03T09:00"), utc("2026-03-03T10:00")),
    ]
    assert list(calendar().windows_between(utc("2026-03-03T10:00"), utc("2026-03-02T10:00"))) == []


# A value


def test_equal_calendars_are_one_value_however_they_were_written() -> None:
    stored = {
        "tz": "Europe/Warsaw",
        "hours": {"mon": [["13:00", "24:00"], ["09:00:30", "12:00"]], "sat": []},
        "holidays": ["2026-05-03", "2026-05-01"],
        "overrides": {"2026-05-02": [["10:00", "12:00"]], "2026-04-06": []},
        "breaks": {"2026-05-04": [["14:00", "15:00"]]},
    }
    one = WorkCalendar.from_dict(stored)
    two = WorkCalendar(
        ZoneInfo("Europe/Warsaw"),
        [[(time(9, 0, 30), 12 * 60), Window(13 * HOUR, 24 * HOUR)], [], [], [], [], [], []],
        [date(2026, 5, 1), date(2026, 5, 3)],
        {date(2026, 4, 6): [], date(2026, 5, 2): [("10:00", "12:00")]},
        {date(2026, 5, 4): [(840, 900)]},
    )
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two}) == 1
    assert one != calendar()


def test_the_stored_form_survives_json_pickle_and_copy() -> None:
    one = calendar("Asia/Kathmandu", holidays=["2026-05-01"], overrides={"2026-05-02": NINE_TO_FIVE})
    assert WorkCalendar.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    assert one.to_dict()["hours"] == OFFICE
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.deepcopy(one) == one


def test_a_calendar_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        calendar().zone = ZoneInfo("UTC")
    with pytest.raises(AttributeError):
        del calendar().week
    with pytest.raises(TypeError):
        calendar().overrides[date(2026, 5, 2)] = ()  # type: ignore[index]


# Refusals


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({"hours": OFFICE}, "tz", "form"),
        ({"tz": "UTC"}, "hours", "form"),
        ({"tz": "Europe/Atlantis", "hours": OFFICE}, "tz", "zone"),
        ({"tz": "Europe", "hours": OFFICE}, "tz", "zone"),
        ({"tz": "../../etc/passwd", "hours": OFFICE}, "tz", "zone"),
        ({"tz": "a\0b", "hours": OFFICE}, "tz", "zone"),
        ({"tz": "", "hours": OFFICE}, "tz", "zone"),
        ({"tz": None, "hours": OFFICE}, "tz", "zone"),
        ({"tz": "UTC", "hours": []}, "hours", "form"),
        ({"tz": "UTC", "hours": {}}, "hours", "no_open_time"),
        ({"tz": "UTC", "hours": {"mon": []}}, "hours", "no_open_time"),
        ({"tz": "UTC", "hours": {"monday": NINE_TO_FIVE}}, "hours.monday", "form"),
        ({"tz": "UTC", "hours": {"mon": None}}, "hours.mon", "form"),
        ({"tz": "UTC", "hours": {"mon": "09:00"}}, "hours.mon", "form"),
        ({"tz": "UTC", "hours": {"mon": ["09:00", "17:00"]}}, "hours.mon", "form"),
        ({"tz": "UTC", "hours": {"tue": [["9", "17:00"]]}}, "hours.tue", "form"),
        ({"tz": "UTC", "hours": {"tue": [["09:00", "24:01"]]}}, "hours.tue", "form"),
        ({"tz": "UTC", "hours": {"tue": [["09:60", "17:00"]]}}, "hours.tue", "form"),
        ({"tz": "UTC", "hours": {"tue": [["09:00", True]]}}, "hours.tue", "form"),
        ({"tz": "UTC", "hours": {"tue": [["17:00", "09:00"]]}}, "hours.tue", "reversed"),
        ({"tz": "UTC", "hours": {"tue": [["09:00", "09:00"]]}}, "hours.tue", "reversed"),
        ({"tz": "UTC", "hours": {"wed": [["09:00", "13:00"], ["12:00", "17:00"]]}}, "hours.wed", "overlap"),
        ({"tz": "UTC", "hours": OFFICE, "holidays": ["2026-02-30"]}, "holidays", "form"),
        ({"tz": "UTC", "hours": OFFICE, "holidays": "2026-02-03"}, "holidays", "form"),
        ({"tz": "UTC", "hours": OFFICE, "holidays": [20260203]}, "holidays", "form"),
        ({"tz": "UTC", "hours": OFFICE, "holidays": ["0001-01-01"]}, "holidays", "range"),
        ({"tz": "UTC", "hours": OFFICE, "overrides": ["2026-02-03"]}, "overrides", "form"),
        ({"tz": "UTC", "hours": OFFICE, "overrides": {"3 May": []}}, "overrides", "form"),
        (
            {"tz": "UTC", "hours": OFFICE, "overrides": {"2026-05-02": [["12:00", "10:00"]]}},
            "overrides.2026-05-02",
            "reversed",
        ),
        (
            {"tz": "UTC", "hours": OFFICE, "breaks": {"2026-05-02": [["12:00", "10:00"]]}},
            "breaks.2026-05-02",
            "reversed",
        ),
        (
            {"tz": "UTC", "hours": {}, "overrides": {"2026-05-02": NINE_TO_FIVE}, "holidays": ["2026-05-02"]},
            "hours",
            "no_open_time",
        ),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_and_names_the_field(
    data: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(CalendarError) as refused:
        WorkCalendar.from_dict(data)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert str(refused.value).startswith(f"{field}: ")
    assert isinstance(refused.value, ValueError)


def test_a_refused_overlap_names_both_windows_and_midnight_gets_a_hint() -> None:
    with pytest.raises(CalendarError, match=r"^hours\.mon: 09:00–13:00 and 12:30–17:00 overlap$"):
        calendar(hours={"mon": [["09:00", "13:00"], ["12:30", "17:00"]]})
    with pytest.raises(CalendarError, match=r"write the end of the day as 24:00$"):
        calendar(hours={"mon": [["09:00", "00:00"]]})


def test_an_instant_without_a_zone_is_refused_everywhere() -> None:
    office, naive, aware = calendar(), datetime(2026, 3, 2, 10), utc("2026-03-02T10:00")  # noqa: DTZ001
    asks: tuple[Ask, ...] = (
        lambda: office.add(naive, 1),
        lambda: office.between(naive, aware),
        lambda: office.between(aware, naive),
        lambda: office.is_open(naive),
        lambda: office.next_open(naive),
        lambda: office.prev_open(naive),
        lambda: office.closing_of(naive),
        lambda: office.windows_between(aware, naive),
        lambda: office.add(aware, 1, [(naive, aware)]),
    )
    for ask in asks:
        with pytest.raises(CalendarError) as refused:
            ask()
        assert refused.value.code == "naive"


def test_wrong_durations_pauses_and_dates_are_refused() -> None:
    office, at = calendar(), utc("2026-03-02T10:00")
    asks: tuple[Ask, ...] = (
        lambda: office.add(at, float("nan")),
        lambda: office.add(at, float("inf")),
        lambda: office.add(at, "60"),  # type: ignore[arg-type]
        lambda: office.add(date(2026, 3, 2), 60),  # type: ignore[arg-type]
        lambda: office.add(at, 60, [(at, at - timedelta(seconds=1))]),
        lambda: office.add(at, 60, [at]),  # type: ignore[list-item]
        lambda: office.open_seconds_on(at),
    )
    for ask in asks:
        with pytest.raises(CalendarError):
            ask()


def test_the_ends_of_time_are_refused_not_overflown() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        office = calendar(zone)
        for t in (first, last, last.replace(tzinfo=timezone(timedelta(hours=-14)))):
            for ask in (office.is_open, office.next_open, office.prev_open, office.closing_of):
                with pytest.raises(CalendarError, match="years 2 to 9998"):
                    ask(t)
        with pytest.raises(CalendarError):
            office.add(utc("9998-12-30T10:00"), 10**9)
        with pytest.raises(CalendarError):
            office.add(utc("0002-01-03T10:00"), -(10**9))
        with pytest.raises(CalendarError):
            office.add(utc("2026-03-02T10:00"), 10**30)


def test_a_calendar_whose_only_open_days_are_over_says_so() -> None:
    once = calendar(
        hours={}, overrides={"2026-03-03": [["10:00", "12:00"]], "2026-03-02": [["10:00", "12:00"]]}
    )
    assert once.add(utc("2020-01-01T00:00"), 4 * HOUR) == utc("2026-03-03T12:00")
    assert once.add(utc("2040-01-01T00:00"), -4 * HOUR) == utc("2026-03-02T10:00")
    assert once.between(utc("0100-01-01T00:00"), utc("9000-01-01T00:00")) == 4 * HOUR
    assert once.prev_open(utc("2040-01-01T00:00")) == utc("2026-03-03T12:00")
    assert once.add_working_days(date(2020, 1, 1), 2) == date(2026, 3, 3)
    asks: tuple[Ask, ...] = (
        lambda: once.add(utc("2026-03-03T12:00"), 1),
        lambda: once.add(utc("2020-01-01T00:00"), 4 * HOUR + 1),
        lambda: once.add(utc("2020-01-01T00:00"), -1),
        lambda: once.next_open(utc("2026-03-03T12:00")),
        lambda: once.prev_open(utc("2026-03-02T10:00")),
        lambda: once.add_working_days(date(2020, 1, 1), 3),
    )
    for ask in asks:
        with pytest.raises(CalendarError, match="too little open time"):
            ask()


# Cost


class Laid(list[int]):
    """The years whose days were laid out one by one."""


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> Laid:
    years = Laid()
    table = businesstime._Timeline.table

    def noting(self: businesstime._Timeline, year: int) -> businesstime._Table:
        if year not in self._tables:
            years.append(year)
        return table(self, year)

    monkeypatch.setattr(businesstime._Timeline, "table", noting)
    return years


def test_ten_years_ahead_lays_out_only_the_first_and_the_last_year(laid_out: Laid) -> None:
    office = calendar("Europe/Warsaw", holidays=["2031-01-01"], breaks={"1999-01-04": [["10:00", "10:01"]]})
    due = office.add(utc("2026-03-02T10:00"), 10 * 260 * 8 * HOUR)
    assert sorted(laid_out) == [2026, due.year]
    office.between(utc("2026-03-02T10:00"), due)
    assert len(laid_out) == 2


def test_an_equal_calendar_built_anew_uses_what_is_laid_out_already(laid_out: Laid) -> None:
    for _ in range(3):
        calendar("Europe/Warsaw", breaks={"1999-01-05": [["10:00", "10:01"]]}).next_open(
            utc("2026-03-02T10:00")
        )
    assert laid_out == [2026]


def test_a_long_walk_keeps_a_bounded_number_of_tables() -> None:
    office = calendar(breaks={"1999-01-06": [["10:00", "10:01"]]})
    for year in range(1900, 2100):
        office.is_open(datetime(year, 6, 1, tzinfo=UTC))
    assert len(office._line._tables) <= businesstime._TABLES_KEPT


@pytest.mark.parametrize(
    "zone", ["Europe/Warsaw", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia"]
)
def test_the_sum_of_a_year_is_what_its_days_and_its_table_hold(zone: str) -> None:
    hours = {**OFFICE, "sat": [["22:00", "24:00"]], "sun": [["00:00", "03:30"], ["04:00", "05:00"]]}
    line = calendar(
        zone, hours, holidays=["2011-12-26", "2026-03-29"], overrides={"2026-07-05": NINE_TO_FIVE}
    )._line
    for year in (1945, 2010, 2011, 2012, 2024, 2026, 2050):
        ordinals = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
        days = [line.day(ordinal) for ordinal in ordinals]
        total = sum(b - a for day in days for a, b in day)
        assert line.sum_of(year) == (total, sum(map(bool, days)))
        assert line.table(year).reached[-1] == total
        assert list(line.days_of(year)) == [o for o, day in zip(ordinals, days, strict=True) if day]


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Africa/Cairo", "America/Sao_Paulo", "Asia/Gaza"])
def test_every_change_of_a_restless_zone_is_found(zone: str) -> None:
    info = ZoneInfo(zone)
    for year in range(2008, 2032):
        first, stop = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        offsets = [info.utcoffset(datetime.fromordinal(ordinal)) for ordinal in range(first, stop + 1)]
        changing = {first + i for i in range(stop - first) if offsets[i] != offsets[i + 1]}
        assert businesstime._zone_year(zone, year).shifts == changing


def test_threads_asking_at_once_agree() -> None:
    office = calendar("Europe/Warsaw", breaks={"1999-01-07": [["10:00", "10:01"]]})
    starts = [utc("2026-01-05T10:00") + timedelta(days=37 * i) for i in range(80)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda start: office.add(start, 300 * 8 * HOUR), starts * 3))
    assert together == [office.add(start, 300 * 8 * HOUR) for start in starts] * 3
