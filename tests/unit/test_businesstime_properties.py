"""Laws of working time on random calendars, and agreement with a reference that steps minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from leadsync.core.businesstime import Window, WorkCalendar

ZONES = (
    "UTC",
    "Europe/Warsaw",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Pacific/Apia",
)
# Around changes of the clock, New Year and the leap day, where working time is hard.
PLACES = (
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2018, 2, 18, tzinfo=UTC),
    datetime(2018, 11, 4, tzinfo=UTC),
    datetime(2011, 12, 30, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)


@st.composite
def windows(draw: st.DrawFn, min_edges: int = 0) -> list[tuple[int, int]]:
    """Up to three ordered windows of a day, in minutes on a grid of a quarter of an hour."""
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=min_edges, max_size=6)))
    return [(a * 15, b * 15) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkCalendar, datetime]:
    """A calendar with open time every week, and a place near which to ask."""
    place = draw(st.sampled_from(PLACES))
    near = st.integers(-6, 6).map(lambda days: place.date() + timedelta(days=days))
    week = [draw(windows()) for _ in range(7)]
    week[draw(st.integers(0, 6))] = draw(windows(min_edges=2))
    calendar = WorkCalendar(
        draw(st.sampled_from(ZONES)),
        week,
        draw(st.frozensets(near, max_size=2)),
        draw(st.dictionaries(near, windows(), max_size=2)),
        draw(st.dictionaries(near, windows(), max_size=2)),
    )
    return calendar, place


offsets = st.integers(-3 * 86_400, 3 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
fine_offsets = st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3))
amounts = st.one_of(st.integers(0, 3600), st.integers(0, 30 * 86_400), st.integers(0, 2 * 365 * 86_400))


@st.composite
def pause_lists(draw: st.DrawFn) -> list[tuple[timedelta, timedelta]]:
    pairs = draw(st.lists(st.tuples(offsets, offsets), max_size=4))
    return [(min(a, b), max(a, b)) for a, b in pairs]


@given(cases(), fine_offsets, amounts, pause_lists())
def test_between_gives_back_what_add_walked(
    case: tuple[WorkCalendar, datetime],
    by: timedelta,
    seconds: int,
    pauses: list[tuple[timedelta, timedelta]],
) -> None:
    calendar, place = case
    start = place + by
    held = [(place + a, place + b) for a, b in pauses]
    due = calendar.add(start, seconds, held)
    assert due >= start
    assert calendar.between(start, due, held) == seconds
    back = calendar.add(start, -seconds, held)
    assert back <= start
    assert calendar.between(back, start, held) == seconds


@given(cases(), offsets, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(
    case: tuple[WorkCalendar, datetime], by: timedelta, first: int, second: int
) -> None:
    calendar, place = case
    start = place + by
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)
    assert calendar.add(calendar.add(start, -first), -second) == calendar.add(start, -first - second)


@given(cases(), offsets, offsets, st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
def test_add_is_monotonic_in_both_arguments(
    case: tuple[WorkCalendar, datetime], one: timedelta, two: timedelta, less: int, more: int
) -> None:
    calendar, place = case
    earlier, later = sorted((place + one, place + two))
    less, more = sorted((less, more))
    assert calendar.add(earlier, less) <= calendar.add(earlier, more)
    assert calendar.add(earlier, more) <= calendar.add(later, more)


@given(cases(), st.lists(offsets, min_size=3, max_size=3), pause_lists())
def test_between_is_additive_and_monotonic(
    case: tuple[WorkCalendar, datetime], by: list[timedelta], pauses: list[tuple[timedelta, timedelta]]
) -> None:
    calendar, place = case
    first, middle, last = sorted(place + offset for offset in by)
    held = [(place + a, place + b) for a, b in pauses]
    left, right = calendar.between(first, middle, held), calendar.between(middle, last, held)
    assert left + right == calendar.between(first, last, held)
    assert 0 <= left <= calendar.between(first, middle) <= (middle - first).total_seconds()


@given(cases(), offsets)
def test_openings_and_closings_fit_together(case: tuple[WorkCalendar, datetime], by: timedelta) -> None:
    calendar, place = case
    t = place + by
    opening, closing = calendar.next_open(t), calendar.prev_open(t)
    assert calendar.is_open(opening)
    assert calendar.is_open(t) == (opening == t)
    assert calendar.between(t, opening) == 0
    assert calendar.between(closing, t) == 0
    assert closing <= t <= opening
    assert not calendar.is_open(closing) or closing == t
    day_closing = calendar.closing_of(t)
    assert opening < day_closing
    last_moment = (day_closing - timedelta(microseconds=1)).astimezone(calendar.zone)
    assert last_moment.date() == opening.astimezone(calendar.zone).date()


@given(cases(), offsets, offsets)
def test_windows_between_add_up(case: tuple[WorkCalendar, datetime], one: timedelta, two: timedelta) -> None:
    calendar, place = case
    begin, end = sorted((place + one, place + two))
    spans = list(calendar.windows_between(begin, end))
    assert sum((b - a for a, b in spans), timedelta()).total_seconds() == calendar.between(begin, end)
    edges = [edge for span in spans for edge in span]
    assert all(a < b for a, b in pairwise(edges))


@given(cases(), st.integers(-40, 40), st.integers(0, 800))
def test_working_days_are_the_dates_with_open_time(
    case: tuple[WorkCalendar, datetime], shift: int, length: int
) -> None:
    calendar, place = case
    first = place.date() + timedelta(days=shift)
    dates = [first + timedelta(days=i) for i in range(length + 1)]
    working = [day for day in dates if calendar.open_seconds_on(day)]
    assert calendar.working_days(first, dates[-1]) == len(working)
    if working:
        assert calendar.add_working_days(first - timedelta(days=1), len(working)) == working[-1]
        assert calendar.add_working_days(dates[-1] + timedelta(days=1), -len(working)) == working[0]


# A reference without cleverness: look at one quarter of an hour after another. All edges lie on such a grid.

STEP = timedelta(minutes=15)
STEP_SECONDS = 15 * 60


def _wall(day: date, second: int, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    return (midnight + timedelta(seconds=second)).replace(tzinfo=zone).astimezone(UTC)


def _is_open(calendar: WorkCalendar, t: datetime) -> bool:
    """Tell whether an instant is in a window of its date and in no break of it."""

    def covers(day: date, spans: tuple[Window, ...]) -> bool:
        floor, ceiling = _wall(day, 0, calendar.zone), _wall(day + timedelta(days=1), 0, calendar.zone)
        return floor <= t < ceiling and any(
            _wall(day, w.opens_s, calendar.zone) <= t < _wall(day, w.closes_s, calendar.zone) for w in spans
        )

    around = t.astimezone(calendar.zone).date()
    return any(
        day not in calendar.holidays
        and covers(day, calendar.overrides.get(day, calendar.week[day.weekday()]))
        and not covers(day, calendar.breaks.get(day, ()))
        for day in (around - timedelta(days=1), around, around + timedelta(days=1))
    )


@given(cases(), st.integers(-24, 24), st.integers(1, 200), st.data())
def test_a_reference_that_steps_agrees(
    case: tuple[WorkCalendar, datetime], hours: int, steps: int, data: st.DataObject
) -> None:
    calendar, place = case
    begin = place + timedelta(hours=hours)
    looks = [begin + STEP * i for i in range(steps)]
    open_looks = [t for t in looks if _is_open(calendar, t)]
    assert [t for t in looks if calendar.is_open(t)] == open_looks
    end = begin + STEP * steps
    total = len(open_looks) * STEP_SECONDS
    assert calendar.between(begin, end) == total
    assume(total)
    full, rest = divmod(wanted := data.draw(st.integers(1, total), label="seconds"), STEP_SECONDS)
    forward = open_looks[full] + timedelta(seconds=rest) if rest else open_looks[full - 1] + STEP
    assert calendar.add(begin, wanted) == forward
    back = open_looks[-full - 1] + STEP - timedelta(seconds=rest) if rest else open_looks[-full]
    assert calendar.add(end, -wanted) == back
