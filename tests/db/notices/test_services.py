"""Telling people once, and alerts of which one is open at a time."""

from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import User
from leadsync.notices import services
from leadsync.notices.models import Alert, Notice

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_telling_twice_is_telling_once(anna: User) -> None:
    for _ in range(2):
        services.put(kind="lead_warn", recipients=[anna], key="warn:1", context={"lead": "A"}, at=AT)
    assert Notice.objects.get().created_at == AT


def test_nobody_hears_of_their_own_actions(anna: User, jan: User) -> None:
    services.put(kind="question_asked", recipients=[anna, jan, None, jan.pk], key="q:1", context={}, by=anna)
    assert list(Notice.objects.values_list("recipient", flat=True)) == [jan.pk]


def test_many_notices_take_one_statement(
    anna: User, jan: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [services.NewNotice("silent", person.pk, f"s:{n}") for n in range(100) for person in (anna, jan)]
    with django_assert_num_queries(1):
        services.put_many(rows, at=AT)
    assert Notice.objects.count() == 200


def test_one_alert_is_open_at_a_time_and_takes_over_newer_facts() -> None:
    assert services.open_alert(kind="point_broken", subject="7", context={"n": 1}) is True
    assert services.open_alert(kind="point_broken", subject="7", context={"n": 2}) is False
    assert Alert.objects.get().context == {"n": 2}


def test_an_alert_can_open_again_after_it_was_resolved() -> None:
    services.open_alert(kind="point_broken", subject="7", context={})
    assert services.resolve_alert(kind="point_broken", subject="7") is True
    assert services.resolve_alert(kind="point_broken", subject="7") is False
    assert services.open_alert(kind="point_broken", subject="7", context={}) is True
    assert Alert.objects.count() == 2


def test_mark_read_leaves_other_peoples_notices_alone(anna: User, jan: User) -> None:
    services.put(kind="silent", recipients=[anna, jan], key="s:1", context={})
    assert services.mark_read(person=anna) == 1
    assert Notice.objects.get(recipient=jan).read_at is None
