"""Counts whose statement is made once, and reads that are held for a request."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.core.counting import Counts
from leadsync.core.held import held, held_reads, let_go
from tests.factories.accounts import person


@pytest.mark.django_db
def test_each_call_counts_with_its_own_values(django_assert_num_queries: Any) -> None:
    now = timezone.now()
    early, late = person("rep"), person("rep")
    User.objects.filter(pk=early.pk).update(last_login=now - timedelta(days=2))
    User.objects.filter(pk=late.pk).update(last_login=now)
    made = 0

    def build(besides: int, since: datetime) -> list[QuerySet[Any]]:
        nonlocal made
        made += 1
        everyone = User.objects.filter(pk__in=[early.pk, late.pk])
        return [everyone.exclude(pk=besides), everyone.filter(last_login__gte=since)]

    counts = Counts(build)
    assert counts(besides=early.pk, since=now - timedelta(days=3)) == (1, 2)
    with django_assert_num_queries(1):
        assert counts(besides=0, since=now - timedelta(days=1)) == (2, 1)
    assert counts(besides=late.pk, since=now + timedelta(days=1)) == (1, 0)
    assert made == 1


def test_held_reads_are_made_once_until_let_go() -> None:
    made = iter(range(10))
    with held_reads():
        assert [held("number", lambda: next(made)) for _ in range(3)] == [0, 0, 0]
        let_go("number")
        assert held("number", lambda: next(made)) == 1
    with held_reads():
        assert held("number", lambda: next(made)) == 2


def test_nothing_is_held_outside_of_a_request() -> None:
    made = iter(range(10))
    let_go("number")
    assert [held("number", lambda: next(made)) for _ in range(2)] == [0, 1]
