"""Periods that are compared with the one before, and the sentence above what customers say."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leads.domain.voice import Headline, Heard, Period, Preset, Rule, headline, share

DAYS = st.dates(date(1990, 1, 1), date(2150, 12, 31))
TODAY = date(2026, 11, 20)


def test_three_months_end_today_and_are_compared_with_as_many_days_before() -> None:
    period = Period.until(TODAY, Preset.QUARTER)
    assert (period.first, period.last) == (date(2026, 8, 21), TODAY)
    assert (period.previous.first, period.previous.last) == (date(2026, 5, 21), date(2026, 8, 20))


def test_a_month_that_ends_on_a_day_the_month_before_lacks_is_cut_to_its_last_day() -> None:
    assert Period.until(date(2026, 3, 31), Preset.MONTH).first == date(2026, 3, 1)
    assert Period.until(date(2024, 2, 29), Preset.YEAR).first == date(2023, 3, 1)


def test_whole_months_are_compared_with_whole_months() -> None:
    quarter = Period.of(date(2026, 10, 1), date(2026, 12, 31))
    assert (quarter.previous.first, quarter.previous.last) == (date(2026, 7, 1), date(2026, 9, 30))
    assert quarter.previous.following == quarter
    february = Period.of(date(2026, 2, 1), date(2026, 2, 28))
    assert (february.following.first, february.following.last) == (date(2026, 3, 1), date(2026, 3, 31))


def test_days_typed_the_wrong_way_round_are_turned_and_cut_to_ten_years() -> None:
    assert Period.of(date(2026, 3, 9), date(2026, 3, 1)) == Period(date(2026, 3, 1), date(2026, 3, 9))
    assert Period.of(date(1980, 1, 1), TODAY).days == 3660


@given(DAYS, DAYS)
def test_the_period_before_ends_where_the_period_begins(one: date, other: date) -> None:
    period = Period.of(one, other)
    before = period.previous
    assert before.last + timedelta(days=1) == period.first
    assert before.first <= before.last
    assert period.following.first == period.last + timedelta(days=1)
    if period.first.day != 1:
        assert before.days == period.days


@given(DAYS, st.sampled_from(Preset))
def test_a_preset_ends_today_and_holds_about_its_months(today: date, preset: Preset) -> None:
    period = Period.until(today, preset)
    months = {Preset.MONTH: 1, Preset.QUARTER: 3, Preset.YEAR: 12}[preset]
    assert period.last == today
    assert 28 * months <= period.days <= 31 * months + 1


def test_the_most_frequent_objection_leads_and_what_grew_most_follows() -> None:
    heard = [Heard("price", 31, 19), Heard("time", 12, 3), Heard("boss", 4, 4)]
    assert headline(heard, [], has_words=True) == Headline(Rule.FIRST, (heard[0],))
    heard = [Heard("price", 31, 30), *heard[1:]]
    assert headline(heard, [], has_words=True) == Headline(Rule.FIRST, (heard[0],), heard[1])


def test_a_tie_names_two_and_a_growth_by_two_is_not_worth_a_word() -> None:
    heard = [Heard("boss", 2, 0), Heard("price", 5, 5), Heard("time", 5, 5)]
    found = headline(heard, [], has_words=True)
    assert (found.rule, {one.key for one in found.about}, found.grew) == (
        Rule.FIRST_TIED,
        {"price", "time"},
        None,
    )


def test_without_objections_the_needs_speak_then_words_then_nothing() -> None:
    needs = [Heard("space", 3, 1)]
    assert headline([Heard("price", 0, 9)], needs, has_words=True).rule is Rule.FIRST_NEED
    assert headline([], [Heard("space", 0, 1)], has_words=True).rule is Rule.ONLY_WORDS
    assert headline([], [], has_words=False).rule is Rule.NOTHING


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(0, 0) is None
    assert share(1, 4) is not None
