"""Free times of two people."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leadsync.exchange.domain.rules import days_to_sale, last_week
from leadsync.exchange.domain.slots import Span, common, free_slots, overlaps

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)  # 8:00 in Warsaw
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def day(number: int, begins: float = 0, ends: float = 9) -> Span:
    return MONDAY + number * DAY + begins * HOUR, MONDAY + number * DAY + ends * HOUR


def test_one_time_a_day_near_ten_two_and_half_past_eleven() -> None:
    found = free_slots([day(n) for n in range(5)], [], minutes=60, now=MONDAY, zone=WARSAW)
    assert [one.astimezone(WARSAW).strftime("%a %H:%M") for one in found] == [
        "Mon 10:00",
        "Tue 14:00",
        "Wed 11:30",
    ]


def test_what_is_booked_is_passed_over_and_touching_is_allowed() -> None:
    busy = [(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR)]
    found = free_slots([day(0)], busy, minutes=60, now=MONDAY, zone=WARSAW, count=1)
    assert found == [MONDAY + 1 * HOUR]  # until 10:00, when the other begins
    assert not overlaps(*day(0, 1, 2), busy)
    assert overlaps(*day(0, 1, 2.5), busy)


def test_nothing_before_now_and_only_at_full_and_half_hours() -> None:
    now = MONDAY + timedelta(hours=5, minutes=7)
    found = free_slots([day(0)], [], minutes=30, now=now, zone=WARSAW, count=1)
    assert found == [MONDAY + timedelta(hours=5, minutes=30)]


def test_a_length_that_fits_into_no_window_finds_nothing() -> None:
    assert free_slots([day(0, 0, 4), day(0, 5, 9)], [], minutes=300, now=MONDAY, zone=WARSAW) == []


def test_only_when_both_are_there() -> None:
    assert common([day(0), day(1)], [day(0, 4, 12), day(1, 9, 10)]) == [day(0, 4, 9)]
    assert common([day(0)], []) == []


def test_the_hour_that_does_not_exist_shifts_nothing() -> None:
    sunday = datetime(2026, 3, 29, 7, 0, tzinfo=WARSAW)
    found = free_slots([(sunday, sunday + 3 * HOUR)], [], minutes=60, now=sunday, zone=WARSAW, count=1)
    assert [one.astimezone(WARSAW).strftime("%H:%M") for one in found] == ["09:00"]


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), max_size=8).map(
    lambda pairs: [
        (MONDAY + begins * timedelta(minutes=15), MONDAY + (begins + length) * timedelta(minutes=15))
        for begins, length in pairs
    ]
)


@given(busy=spans, minutes=st.sampled_from([30, 60, 120, 240]))
def test_what_is_proposed_lies_in_a_window_and_touches_nothing_booked(busy: list[Span], minutes: int) -> None:
    windows = [day(n) for n in range(4)]
    found = free_slots(windows, busy, minutes=minutes, now=MONDAY, zone=WARSAW)
    assert len({one.astimezone(WARSAW).date() for one in found}) == len(found) <= 3
    for start in found:
        end = start + timedelta(minutes=minutes)
        assert any(begins <= start and end <= ends for begins, ends in windows)
        assert not overlaps(start, end, busy)


def test_days_to_a_sale_are_days_of_the_company() -> None:
    arrived = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)  # 23:30 of the 9th
    assert days_to_sale(arrived, arrived + HOUR, WARSAW) == 1
    assert days_to_sale(arrived, arrived - DAY, WARSAW) == 0


def test_last_week_is_from_monday_until_before_this_monday() -> None:
    first, stop = last_week(datetime(2026, 3, 15, tzinfo=UTC).date())  # a Sunday
    assert (first.isoformat(), stop.isoformat()) == ("2026-03-02", "2026-03-09")
