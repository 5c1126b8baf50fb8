"""The bell: what a person was told, read and unread, and the numbers of the navigation."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import User
from leadsync.notices import services
from leadsync.notices.models import Notice
from leadsync.shell import Counts, counts_for

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def tell(person: User, count: int = 1, url: str = "/leads/7/") -> None:
    services.put_many(
        [
            services.NewNotice("silent", person.pk, f"s{n}", {"days": 14, "lead": f"Lead {n}"}, url)
            for n in range(count)
        ],
        at=AT,
    )


def test_newest_is_on_top_and_unread_shows(client: Client, anna: User) -> None:
    tell(anna, 2)
    client.force_login(anna)
    page = client.get(reverse("notices:list")).content.decode()
    assert page.index("14 days without activity: Lead 1") < page.index("14 days without activity: Lead 0")
    assert page.count('class="unread"') == 2


def test_other_peoples_notices_are_not_shown_or_opened(client: Client, anna: User, jan: User) -> None:
    tell(anna)
    client.force_login(jan)
    assert "Lead 0" not in client.get(reverse("notices:list")).content.decode()
    assert client.post(reverse("notices:open", args=[Notice.objects.get().pk])).status_code == 404
    assert Notice.objects.get().read_at is None


def test_opening_marks_as_read_and_goes_there(client: Client, anna: User) -> None:
    tell(anna)
    client.force_login(anna)
    response = client.post(reverse("notices:open", args=[Notice.objects.get().pk]))
    assert response["Location"] == "/leads/7/"
    assert Notice.objects.get().read_at is not None


def test_a_notice_never_leads_out_of_the_house(client: Client, anna: User) -> None:
    tell(anna, url="https://evil.example.com/")
    client.force_login(anna)
    response = client.post(reverse("notices:open", args=[Notice.objects.get().pk]))
    assert response["Location"] == reverse("notices:list")


def test_all_are_marked_as_read_at_once(client: Client, anna: User) -> None:
    tell(anna, 3)
    client.force_login(anna)
    client.post(reverse("notices:read_all"))
    assert not Notice.objects.filter(read_at=None).exists()


def test_fifty_are_shown_and_the_rest_comes_by_key(client: Client, anna: User) -> None:
    tell(anna, 60)
    client.force_login(anna)
    first = client.get(reverse("notices:list"))
    assert len(first.context["lines"]) == 50
    rest = client.get(
        reverse("notices:list"), {"before": first.context["next_key"]}, headers={"HX-Request": "true"}
    )
    assert len(rest.context["lines"]) == 10
    assert b"<html" not in rest.content


@pytest.mark.parametrize("before", ["x", "-1", "99999999999999999999", "1e9", "٣"])
def test_a_senseless_key_is_no_fault(client: Client, anna: User, before: str) -> None:
    client.force_login(anna)
    assert client.get(reverse("notices:list"), {"before": before}).status_code == 200


def test_page_says_so_when_there_is_nothing(client: Client, anna: User) -> None:
    client.force_login(anna)
    assert "Nothing yet" in client.get(reverse("notices:list")).content.decode()


def test_counters_of_the_frame_take_one_statement(
    anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tell(anna, 3)
    services.open_alert(kind="point_broken", subject="1", context={})
    assert anna.roles  # every page reads them
    with django_assert_num_queries(1):
        assert counts_for(anna) == Counts(
            queue=0, queue_over=0, questions=0, channels_down=1, notices=3, alerts=1
        )


def test_poll_brings_the_numbers_and_leaves_strangers_where_they_are(client: Client, anna: User) -> None:
    tell(anna, 3)
    assert client.get(reverse("counters")).status_code == 204
    client.force_login(anna)
    response = client.get(reverse("counters"), headers={"HX-Request": "true"})
    assert 'id="count-notices"' in response.content.decode()
    assert response["Cache-Control"] == "no-store"
