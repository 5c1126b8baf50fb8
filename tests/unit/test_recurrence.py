"""When a meeting comes again: compared with a walk over the calendar, day by day, that shares no line with it."""

import calendar
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.meetings.domain.recurrence import (
    MOST_WEEKS,
    PLACES,
    Flaw,
    Freq,
    Rule,
    RuleError,
    days,
    instant,
    occurrences,
    same_wall_time,
)

WARSAW = ZoneInfo("Europe/Warsaw")
ZONES = [
    WARSAW,
    UTC,
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Australia/Lord_Howe"),
]

weeks = st.builds(
    Rule,
    st.just(Freq.WEEK),
    st.integers(1, MOST_WEEKS),
    st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found))),
)
months = st.builds(
    Rule,
    st.just(Freq.MONTH),
    st.integers(1, 12),
    st.integers(0, 6).map(lambda day: (day,)),
    st.sampled_from(PLACES),
)
month_days = st.builds(
    Rule,
    st.just(Freq.MONTH),
    st.integers(1, 12),
    month_day=st.one_of(st.integers(1, 31), st.just(-1)),
)
rules = st.one_of(st.just(Rule(Freq.DAY)), weeks, months, month_days)
starts = st.dates(date(2023, 1, 1), date(2028, 12, 31))


def is_on(rule: Rule, starts_on: date, day: date) -> bool:
    """Whether the rule names the day: asked of each day alone."""
    if day < starts_on:
        return False
    if rule.freq is Freq.DAY:
        return True
    if rule.freq is Freq.WEEK:
        monday = starts_on - timedelta(days=starts_on.weekday())
        return day.weekday() in rule.weekdays and (day - monday).days // 7 % rule.interval == 0
    if (day.year * 12 + day.month - starts_on.year * 12 - starts_on.month) % rule.interval:
        return False
    length = calendar.monthrange(day.year, day.month)[1]
    if rule.month_day:
        return day.day == (length if rule.month_day == -1 else rule.month_day)
    if day.weekday() not in rule.weekdays:
        return False
    return day.day + 7 > length if rule.place == -1 else (day.day - 1) // 7 + 1 == rule.place


@given(rules, starts, st.integers(-40, 800), st.integers(0, 800))
def test_days_are_those_that_a_walk_finds(rule: Rule, starts_on: date, offset: int, length: int) -> None:
    first = starts_on + timedelta(days=offset)
    walked = [first + timedelta(days=n) for n in range(length + 1)]
    expected = [day for day in walked if is_on(rule, starts_on, day)]
    assert list(days(rule, starts_on, first, walked[-1])) == expected


@given(rules, starts, st.integers(0, 1439), st.sampled_from(ZONES), st.integers(0, 400), st.integers(0, 9000))
def test_instants_show_the_same_wall_time_whatever_the_clocks_do(
    rule: Rule, starts_on: date, at_minute: int, zone: ZoneInfo, offset: int, length: int
) -> None:
    start = datetime.combine(starts_on, time(13, 7), tzinfo=UTC) + timedelta(days=offset)
    end = start + timedelta(hours=length)
    found = list(occurrences(rule, starts_on, at_minute, zone, start, end))
    walked = [start.date() + timedelta(days=n) for n in range(-3, length // 24 + 5)]
    wall = time(*divmod(at_minute, 60))
    expected = [
        at
        for day in walked
        if is_on(rule, starts_on, day)
        and start <= (at := datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)) < end
    ]
    assert found == expected
    for at in found:
        local = at.astimezone(zone)
        # An hour that does not exist is the only reason to show another time.
        exists = datetime.combine(local.date(), wall, tzinfo=zone).astimezone(UTC).astimezone(zone).time()
        assert local.time() in (wall, exists)


@given(rules)
def test_a_rule_reads_back_from_its_text(rule: Rule) -> None:
    assert Rule.read(rule.text) == rule
    assert Rule.read(f"RRULE:{rule.text.lower()};WKST=MO") == rule


@given(st.one_of(st.text(max_size=400), st.from_regex(r"FREQ=[A-Z]+;[A-Z]+=[-+0-9A-Z,]*", fullmatch=True)))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with suppress(RuleError):
        assert Rule.read(Rule.read(text).text) == Rule.read(text)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.FORM),
        ("every monday", Flaw.FORM),
        ("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", Flaw.FORM),
        ("BYDAY=MO", Flaw.FREQ),
        ("FREQ=HOURLY", Flaw.FREQ),
        ("FREQ=YEARLY", Flaw.FREQ),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", Flaw.PART),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101", Flaw.PART),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", Flaw.PART),
        ("FREQ=WEEKLY;BYDAY=MO;WKST=SU", Flaw.PART),
        ("FREQ=WEEKLY;INTERVAL=0;BYDAY=MO", Flaw.INTERVAL),
        ("FREQ=WEEKLY;INTERVAL=53;BYDAY=MO", Flaw.INTERVAL),
        ("FREQ=WEEKLY;INTERVAL=99999999;BYDAY=MO", Flaw.INTERVAL),
        ("FREQ=DAILY;INTERVAL=2", Flaw.INTERVAL),
        ("FREQ=WEEKLY", Flaw.DAYS),
        ("FREQ=WEEKLY;BYDAY=1MO", Flaw.DAYS),
        ("FREQ=WEEKLY;BYDAY=XX", Flaw.DAYS),
        ("FREQ=MONTHLY", Flaw.DAYS),
        ("FREQ=MONTHLY;BYDAY=5MO", Flaw.DAYS),
        ("FREQ=MONTHLY;BYDAY=MO", Flaw.DAYS),
        ("FREQ=MONTHLY;BYDAY=1MO,2TU", Flaw.DAYS),
        ("FREQ=MONTHLY;BYMONTHDAY=32", Flaw.DAYS),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3", Flaw.DAYS),
        ("FREQ=WEEKLY;BYDAY=" + "MO," * 100, Flaw.FORM),
    ],
)
def test_what_no_meeting_can_have_is_refused(text: str, flaw: Flaw) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.read(text)
    assert caught.value.flaw is flaw


MONDAYS = Rule(Freq.WEEK, 1, (0,))


def test_monday_at_nine_stays_at_nine_when_clocks_change() -> None:
    spring = list(
        occurrences(
            MONDAYS,
            date(2026, 3, 2),
            540,
            WARSAW,
            datetime(2026, 3, 20, tzinfo=UTC),
            datetime(2026, 4, 7, tzinfo=UTC),
        )
    )
    assert [f"{at:%m-%d %H:%M}" for at in spring] == ["03-23 08:00", "03-30 07:00", "04-06 07:00"]
    autumn = list(
        occurrences(
            MONDAYS,
            date(2026, 3, 2),
            540,
            WARSAW,
            datetime(2026, 10, 19, tzinfo=UTC),
            datetime(2026, 10, 27, tzinfo=UTC),
        )
    )
    assert [f"{at:%m-%d %H:%M}" for at in autumn] == ["10-19 07:00", "10-26 08:00"]


def test_an_hour_that_is_skipped_or_comes_twice_is_meant_once() -> None:
    assert instant(date(2026, 3, 29), 150, WARSAW) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # shows 3:30
    assert instant(date(2026, 10, 25), 150, WARSAW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first


def test_the_29th_of_february_the_31st_and_the_last_day() -> None:
    last = Rule(Freq.MONTH, month_day=-1)
    found = list(days(last, date(2027, 11, 1), date(2027, 11, 1), date(2028, 3, 31)))
    assert [day.day for day in found] == [30, 31, 31, 29, 31]
    only_long = list(
        days(Rule(Freq.MONTH, month_day=31), date(2027, 1, 1), date(2027, 1, 1), date(2027, 6, 30))
    )
    assert [day.month for day in only_long] == [1, 3, 5]
    yearly = Rule(Freq.MONTH, 12, month_day=29)
    assert list(days(yearly, date(2028, 2, 29), date(2028, 1, 1), date(2032, 12, 31))) == [
        date(2028, 2, 29),
        date(2032, 2, 29),
    ]


def test_every_second_week_is_counted_over_the_end_of_the_year() -> None:
    rule = Rule(Freq.WEEK, 2, (0, 4))
    found = list(
        days(rule, date(2026, 12, 16), date(2026, 12, 1), date(2027, 1, 31))
    )  # begins on a Wednesday
    assert found == [
        date(2026, 12, 18),
        date(2026, 12, 28),
        date(2027, 1, 1),
        date(2027, 1, 11),
        date(2027, 1, 15),
        date(2027, 1, 25),
        date(2027, 1, 29),
    ]


def test_another_zone_keeps_what_the_clock_shows() -> None:
    at = instant(date(2026, 7, 6), 540, WARSAW)
    moved = same_wall_time(at, WARSAW, ZoneInfo("America/New_York"))
    assert moved == datetime(2026, 7, 6, 13, 0, tzinfo=UTC)


def test_nothing_comes_before_the_first_day_or_after_the_end() -> None:
    first = date(2026, 6, 1)
    assert list(days(MONDAYS, first, date(2026, 5, 1), date(2026, 5, 31))) == []
    assert list(days(MONDAYS, first, date(2026, 7, 1), date(2026, 6, 1))) == []
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert list(occurrences(MONDAYS, first, 540, WARSAW, now, now)) == []
