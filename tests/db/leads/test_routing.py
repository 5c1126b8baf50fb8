"""Who gets which lead."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from leads.services import routing
from tests.factories.accounts import AbsenceFactory, person
from tests.factories.leads import HOUR, TUESDAY, lead

pytestmark = pytest.mark.django_db


def shared(count: int) -> Counter:
    found = routing.share_out([lead(at=TUESDAY) for _n in range(count)], at=TUESDAY)
    return Counter(rep for rep, _why in found.values())


def test_leads_are_shared_by_capacity() -> None:
    big, small = person("rep", capacity=8), person("rep", capacity=4)
    assert shared(12) == {big.pk: 8, small.pk: 4}


def test_who_has_fewer_open_leads_comes_first() -> None:
    busy, free = person("rep"), person("rep")
    for _n in range(3):
        lead(owner=busy, at=TUESDAY)
    assert shared(3) == {free.pk: 3}


def test_among_equals_who_waited_longest_comes_first() -> None:
    first, second = person("rep"), person("rep")
    for rep, at in ((first, TUESDAY - HOUR), (second, TUESDAY - 2 * HOUR)):
        lead(owner=rep, at=at)
    assert list(shared(1)) == [second.pk]


def test_the_absent_the_inactive_and_those_without_room_get_none() -> None:
    AbsenceFactory.create(person=person("rep"), starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    person("rep", is_active=False), person("rep", capacity=0), person("marketer")
    assert shared(1) == {}
    rep = person("rep")
    assert shared(2) == {rep.pk: 2}


def test_why_is_said() -> None:
    rep = person("rep", capacity=5)
    one = lead(at=TUESDAY)
    assert routing.share_out([one], at=TUESDAY + timedelta(minutes=1))[one.pk] == (
        rep.pk,
        {"rule": "round_robin", "open": 0, "capacity": 5, "among": 1},
    )


def test_many_leads_ask_as_often_as_one(django_assert_num_queries: Any) -> None:
    person("rep"), person("rep")
    few, many = [lead()], [lead() for _n in range(20)]
    with django_assert_num_queries(2):
        routing.share_out(few)
    with django_assert_num_queries(2):
        routing.share_out(many)
