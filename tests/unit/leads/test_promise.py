"""The promise's clock in plain arithmetic."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain import promise
from leads.domain.promise import ASKED_TIME_GRACE, Clock, due
from leads.domain.words import StepKind
from leadsync.core.businesstime import WorkCalendar

WEEK = [[["09:00", "17:00"]]] * 5 + [[], []]
WARSAW = WorkCalendar("Europe/Warsaw", WEEK, holidays=[date(2026, 5, 1)])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW.zone).astimezone(UTC)


def clock(start: str, mode: str = "within", minutes: int = 60, **options: Any) -> Clock:
    return due(WARSAW, at(start), mode, minutes, **options)


def test_within_minutes_counts_working_time_over_the_weekend() -> None:
    found = clock("2026-03-13 16:30")
    assert (found.due_at, found.promise_seconds) == (at("2026-03-16 09:30"), 3600)


def test_a_quarter_is_left_when_it_warns_and_one_more_promise_passes_before_it_escalates() -> None:
    found = clock("2026-03-10 10:00")
    assert (found.warn_at, found.due_at, found.escalate_at) == (
        at("2026-03-10 10:45"),
        at("2026-03-10 11:00"),
        at("2026-03-10 12:00"),
    )


@pytest.mark.parametrize(
    ("start", "due_at"),
    [
        ("2026-03-10 10:00", "2026-03-10 17:00"),
        ("2026-03-10 15:59", "2026-03-10 17:00"),
        ("2026-03-10 16:30", "2026-03-11 09:30"),  # never less than 60 working minutes
        ("2026-03-10 18:00", "2026-03-11 17:00"),  # handed over in the evening: the next working day
        ("2026-03-14 12:00", "2026-03-16 17:00"),
        ("2026-04-30 16:45", "2026-05-04 09:45"),  # a holiday and a weekend between
    ],
)
def test_same_day_is_the_close_of_the_working_day(start: Any, due_at: Any) -> None:
    assert clock(start, "same_day").due_at == at(due_at)


def test_an_asked_for_time_is_due_a_quarter_of_an_hour_later_even_when_closed() -> None:
    found = clock("2026-03-10 10:00", wanted_at=at("2026-03-10 19:00"))
    assert found.due_at == at("2026-03-10 19:15")
    assert found.warn_at <= found.due_at <= found.escalate_at


def test_an_asked_for_time_outside_working_time_warns_at_that_time() -> None:
    assert clock("2026-03-14 10:00", wanted_at=at("2026-03-14 12:00")).warn_at == at("2026-03-14 12:00")


def test_an_asked_for_time_that_is_past_counts_no_more() -> None:
    assert clock("2026-03-10 10:00", wanted_at=at("2026-03-10 09:00")).due_at == at("2026-03-10 11:00")


def test_what_is_left_of_an_earlier_handoff_goes_on() -> None:
    found = clock("2026-03-10 10:00", left_seconds=600)
    assert (found.promise_seconds, found.due_at) == (600, at("2026-03-10 10:10"))
    assert found.escalate_at == at("2026-03-10 11:10")


def test_left_counts_working_seconds_only() -> None:
    assert promise.left_seconds(WARSAW, at("2026-03-13 16:50"), at("2026-03-16 09:20")) == 1800
    assert promise.left_seconds(WARSAW, at("2026-03-16 10:00"), at("2026-03-16 09:20")) == 0


def test_steps_not_yet_flagged_are_the_last_ones() -> None:
    found = clock("2026-03-10 10:00")
    assert promise.pending(found, found.warn_at) == (StepKind.WARN, StepKind.MISSED, StepKind.ESCALATED)
    assert promise.pending(found, found.due_at) == (StepKind.MISSED, StepKind.ESCALATED)
    assert promise.pending(found, None) == ()


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(start=instants, minutes=st.integers(1, 5000), mode=st.sampled_from(["within", "same_day"]))
def test_the_steps_come_in_order_and_the_promise_is_kept_to_the_second(
    start: Any, minutes: Any, mode: Any
) -> None:
    found = due(WARSAW, start, mode, minutes)
    assert start < found.warn_at <= found.due_at < found.escalate_at
    assert found.promise_seconds >= minutes * 60
    assert round(WARSAW.between(start, found.due_at)) == found.promise_seconds


@given(start=instants, minutes=st.integers(1, 1000), passed=st.integers(0, 100_000))
def test_passing_a_lead_on_never_resets_its_clock(start: Any, minutes: Any, passed: Any) -> None:
    first = due(WARSAW, start, "within", minutes)
    now = start + timedelta(seconds=passed)
    left = promise.left_seconds(WARSAW, now, first.due_at)
    second = due(WARSAW, now, "within", minutes, left_seconds=left)
    if left:
        assert abs(second.due_at - first.due_at) < timedelta(seconds=1)


@given(start=instants, ahead=st.integers(0, 10_000))
def test_an_asked_for_time_ahead_is_always_what_is_due(start: Any, ahead: Any) -> None:
    wanted = start + timedelta(minutes=ahead)
    found = due(WARSAW, start, "within", 60, wanted_at=wanted)
    assert found.due_at == wanted + ASKED_TIME_GRACE
    assert start <= found.warn_at <= found.due_at <= found.escalate_at


def test_what_is_left_is_never_more_than_was_agreed() -> None:
    now, later = at("2026-03-10T10:00"), at("2026-03-13T10:00")
    assert promise.left_seconds(WARSAW, now, later) > 3600
    assert promise.left_seconds(WARSAW, now, later, most=3600) == 3600
    assert promise.left_seconds(WARSAW, later, now, most=3600) == 0


def _clock(hour: int) -> Clock:
    return Clock(
        3600, at(f"2026-03-10T{hour}:00"), at(f"2026-03-10T{hour - 1}:45"), at(f"2026-03-10T{hour + 1}:00")
    )


def test_a_moved_clock_is_checked_for_the_steps_that_are_left() -> None:
    before, after = _clock(11), _clock(14)
    assert promise.moved_check(before, after, before.warn_at) == after.warn_at
    assert promise.moved_check(before, after, before.due_at) == after.due_at
    assert promise.moved_check(before, after, before.escalate_at) == after.escalate_at
    assert promise.moved_check(before, after, None) is None


def test_a_lead_that_waits_for_another_rep_waits_on_when_its_clock_moves() -> None:
    before, after = _clock(11), _clock(14)
    waiting = before.escalate_at + promise.LATER
    for clock in (before, after):
        assert promise.moved_check(before, clock, waiting) == clock.escalate_at + promise.LATER


def test_a_time_asked_for_decides_until_its_grace_is_over() -> None:
    now = at("2026-03-10T10:00")
    assert promise.is_asked_for_later(now, now)
    assert promise.is_asked_for_later(now - ASKED_TIME_GRACE + timedelta(seconds=1), now)
    assert not promise.is_asked_for_later(now - ASKED_TIME_GRACE, now)
    assert not promise.is_asked_for_later(None, now)
