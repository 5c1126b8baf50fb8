"""Two beats do no harm: a turn is taken once, and a clock that was set back holds nobody up."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leadsync.core.beats import once_every, take_turn
from leadsync.core.models import Lock

pytestmark = pytest.mark.django_db


def shift(name: str, **by: float) -> None:
    Lock.objects.filter(name=f"beat:{name}").update(ran_at=timezone.now() + timedelta(**by))


def test_a_turn_is_taken_once() -> None:
    assert take_turn("sweep", 60) is True
    assert take_turn("sweep", 60) is False


def test_the_next_turn_comes_after_half_of_the_interval() -> None:
    take_turn("sweep", 60)
    shift("sweep", seconds=-31)
    assert take_turn("sweep", 60) is True


def test_a_clock_set_back_by_an_hour_holds_nobody_up() -> None:
    take_turn("sweep", 60)
    shift("sweep", hours=1)
    assert take_turn("sweep", 60) is True


def test_a_guarded_task_runs_once_and_says_nothing_the_second_time() -> None:
    calls: list[int] = []

    @once_every(60)
    def work(number: int) -> int:
        calls.append(number)
        return number

    assert (work(1), work(2)) == (1, None)
    assert calls == [1]
