"""Signatures by the published example, when to try again, and what an answer means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.words import EventKind
from leadsync.hooks.domain import events, retrying, signing
from leadsync.hooks.domain.events import HookEvent


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    signed = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_another_body_time_or_id_has_another_signature() -> None:
    secret = signing.secret_of(b"x" * 32)
    made = {
        signing.signature(secret, key, seconds, body)
        for key in ("a", "b")
        for seconds in (1, 2)
        for body in (b"", b"{}")
    }
    assert len(made) == 8


def test_pauses_grow_and_end() -> None:
    waits = [retrying.pause(number, "evt_1") for number in range(1, retrying.MAX_ATTEMPTS + 1)]
    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert timedelta(seconds=30) <= known[0] <= timedelta(seconds=33)
    assert timedelta(days=2) < sum(known, timedelta()) < timedelta(days=3)


@given(st.integers(1, retrying.MAX_ATTEMPTS - 1), st.text(max_size=20), st.integers(0, 10**6))
def test_a_pause_is_at_least_what_was_asked_for_up_to_a_day_and_the_same_each_time(
    attempts: int, key: str, seconds: int
) -> None:
    asked = timedelta(seconds=seconds)
    wait = retrying.pause(attempts, key, asked)
    assert wait == retrying.pause(attempts, key, asked)
    assert wait is not None
    assert wait >= min(asked, retrying.LONGEST_WAIT)


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({retrying.pause(1, f"evt_{number}") for number in range(100)}) > 90


@given(st.integers(1, 10**6))
def test_an_address_never_rests_much_longer_than_ten_minutes_by_itself(failures: int) -> None:
    assert retrying.rest(failures, "1") <= retrying.LONGEST_REST * 1.1


@pytest.mark.parametrize(
    ("status", "is_down"),
    [
        *((status, True) for status in (None, 301, 401, 404, 410, 429, 500, 503)),
        *((status, False) for status in (200, 400, 413, 422)),
    ],
)
def test_only_answers_about_the_address_stop_the_others(status: int | None, is_down: bool) -> None:
    assert retrying.is_down(status) is is_down


def test_every_event_comes_from_a_kind_of_its_own() -> None:
    assert len(set(events.KIND_OF.values())) == len(HookEvent)
    assert events.EVENT_OF[EventKind.WON] is HookEvent.WON


def test_of_a_change_nothing_is_said_that_is_not_on_the_list() -> None:
    said = events.change(
        {"stage": "won", "note": "private", "next_step": "call Eva", "email": "eva@example.com"},
        {},
        {},
        HookEvent.WON,
    )
    assert said == {"stage": "won"}


def test_instants_are_in_utc() -> None:
    assert events.instant(datetime(2026, 3, 10, 9, 0, tzinfo=UTC)) == "2026-03-10T09:00:00Z"
