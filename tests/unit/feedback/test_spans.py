"""Lengths of working time, and patterns to search texts by."""

import re
from datetime import UTC, datetime

import pytest

from feedback.domain import spans
from feedback.domain.searching import either_case
from feedback.domain.spans import Span
from leadsync.core.businesstime import WorkCalendar

OFFICE = WorkCalendar("Europe/Warsaw", [[("09:00", "17:00")]] * 5 + [[], []])


def test_a_working_day_is_as_long_as_the_longest_of_the_week() -> None:
    assert spans.day_minutes(OFFICE) == 480
    assert (
        spans.day_minutes(
            WorkCalendar("UTC", [[("08:00", "12:00"), ("13:00", "14:00")], [("08:00", "18:00")]] + [[]] * 5)
        )
        == 600
    )


def test_a_weekend_is_no_working_time() -> None:
    friday, monday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC), datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert spans.between(OFFICE, friday, monday) == Span(120, 480)
    assert spans.between(OFFICE, monday, friday) == Span(0, 480)


@pytest.mark.parametrize(("minutes", "days", "rest"), [(0, 0, 0), (479, 0, 479), (480, 1, 0), (1110, 2, 150)])
def test_days_and_what_is_left_of_them(minutes: int, days: int, rest: int) -> None:
    span = Span(minutes, 480)
    assert (span.days, span.rest) == (days, rest)


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("ż", "ŻÓŁĆ", True),
        ("pawel", "Paweł Krawczyk", True),
        ("WÓJCIK", "ola wójcik", True),
        ("ПРИВЕТ", "привет", True),
        ("волк", "ВОЛКОВ", True),
        ("a.c", "abc", False),
        ("(", "a (b)", True),
        ("50%", "50% off", True),
        ("x", "abc", False),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(word: str, text: str, is_found: bool) -> None:
    assert bool(re.search(either_case(word), text)) is is_found
