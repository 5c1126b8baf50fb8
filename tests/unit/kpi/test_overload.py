"""Whether all first contacts can be made by their deadlines, worked through by deadline."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.overload import DEFAULT_SECONDS, ENOUGH, Job, Load, check, seconds_each

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def job(key: int, left: float, needs: float = 900) -> Job:
    """Due when `left` seconds of a calendar that is always open are over; already past where it is negative."""
    return Job(key, NOW + timedelta(seconds=left), max(left, 0.0), needs)


jobs = st.lists(
    st.builds(lambda left, needs: (left, needs), st.integers(-3_600, 36_000), st.integers(60, 3_600)),
    max_size=12,
).map(lambda rows: [job(key, left, needs) for key, (left, needs) in enumerate(rows)])


def test_an_empty_queue_is_no_load() -> None:
    assert check([], NOW) == Load()


def test_three_within_half_an_hour_are_one_too_many() -> None:
    load = check([job(1, 1_800), job(2, 1_800), job(3, 1_800)], NOW)
    assert [one.key for one in load.missed] == [3]
    assert load.short_seconds == 900


def test_what_is_past_takes_its_time_first_and_is_not_counted_again() -> None:
    load = check([job(1, -600), job(2, 1_000)], NOW)
    assert [one.key for one in load.missed] == [2]
    assert load.short_seconds == 800
    assert not check([job(1, -600), job(2, -60)], NOW).is_over


def test_time_after_a_deadline_does_not_help_it() -> None:
    assert [one.key for one in check([job(1, 600), job(2, 360_000)], NOW).missed] == [1]


def test_own_time_for_a_first_contact_counts_once_enough_are_known() -> None:
    assert seconds_each(100, ENOUGH) == 300
    assert seconds_each(100, ENOUGH - 1) == DEFAULT_SECONDS
    assert seconds_each(0, ENOUGH) == DEFAULT_SECONDS


@given(jobs)
def test_the_order_in_which_leads_are_read_does_not_matter(found: list[Job]) -> None:
    assert check(found, NOW) == check(reversed(found), NOW)


@given(jobs, st.integers(0, 11))
def test_handing_a_lead_on_never_makes_it_worse(found: list[Job], number: int) -> None:
    fewer = [one for one in found if one.key != number]
    before, after = check(found, NOW), check(fewer, NOW)
    assert {one.key for one in after.missed} <= {one.key for one in before.missed}
    assert after.short_seconds <= before.short_seconds


@given(jobs.map(lambda found: found[:5]))
def test_where_it_sees_no_overload_some_order_keeps_every_promise_and_else_none_does(
    found: list[Job],
) -> None:
    """By brute force over all orders, of promises that are not past."""
    ahead = [one for one in found if one.due_at > NOW]

    def keeps_all(order: tuple[Job, ...]) -> bool:
        spent = 0.0
        for one in order:
            spent += one.needs_seconds
            if spent > one.left_seconds:
                return False
        return True

    assert any(keeps_all(order) for order in permutations(ahead)) is not check(ahead, NOW).is_over
