"""Contact points over the API: how each stands, who can get in, what was tried."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaigns.models import ContactPoint, PointAccess, Proof
from campaigns.services import channels, proofs
from leadsync.accounts.models import User
from leadsync.notices.models import Alert
from tests.db.api.conftest import Api
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db

POINTS, PROOFS = "/api/v1/points/", "/api/v1/proofs/"


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Lis")


def point(by: User, value: str = "https://example.com/ask", kind: str = "form") -> ContactPoint:
    channel = channels.save_channel(by=by, name=f"Channel of {value}")
    return channels.save_point(by=by, channel=channel, kind=kind, value=value, responsible=by)


def test_a_point_says_how_it_stands_and_who_can_get_in(api: Api, marta: User) -> None:
    rep, made = person("rep", name="Iga Wrona"), point(marta)
    proofs.give_access(point=made, to=rep, by=marta)
    proofs.report(point=made, by=rep, is_ok=True, note="Arrived")
    said = api(rep).get(f"{POINTS}{made.pk}/").json()
    assert (said["state"], said["last_proof"]["note"], said["last_proof"]["means"]) == (
        "works",
        "Arrived",
        "hand",
    )
    assert said["access"] == [{"id": rep.pk, "name": "Iga Wrona"}]
    assert (said["is_watched"], said["is_being_tried"]) == (False, False)


def test_the_list_is_cut_like_the_page(api: Api, marta: User) -> None:
    other = person("marketer")
    never, works, stale, broken = (point(marta, f"https://example.com/{n}") for n in range(4))
    theirs = point(other, "https://example.com/theirs")
    proofs.report(point=works, by=marta, is_ok=True)
    proofs.report(point=stale, by=marta, is_ok=True, at=timezone.now() - timedelta(days=8))
    proofs.report(point=broken, by=marta, is_ok=False)

    def found(query: str) -> set[int]:
        return {one["id"] for one in api(marta).get(f"{POINTS}?{query}").json()["results"]}

    assert found("state=never") == {never.pk, theirs.pk}
    assert found("state=works") == {works.pk}
    assert found("state=stale") == {stale.pk}
    assert found("state=broken") == {broken.pk}
    assert found(f"state=to_try&responsible={marta.pk}") == {never.pk, stale.pk}
    assert found(f"channel={works.channel_id}") == {works.pk}
    assert api(marta).get(f"{POINTS}?state=green").status_code == 400


def test_try_now_is_taken_and_said_to_be_under_way(api: Api, marta: User) -> None:
    made = point(marta)
    answer = api(person("rep")).post(f"{POINTS}{made.pk}/try/")
    assert (answer.status_code, answer.json()["is_being_tried"]) == (202, True)
    phone = point(marta, "+48 22 123 45 67", "phone")
    refused = api(marta).post(f"{POINTS}{phone.pk}/try/")
    assert refused.status_code == 422
    phone.refresh_from_db()
    assert phone.next_try_at is None


def test_a_report_of_ones_own_is_taken_back(api: Api, marta: User) -> None:
    made, rep = point(marta), person("rep")
    wrong = api(rep).post(f"{POINTS}{made.pk}/proof/", {"is_ok": False}).json()
    assert api(marta).delete(f"{PROOFS}{wrong['id']}/").status_code == 403
    assert Proof.objects.count() == 1
    assert api(rep).delete(f"{PROOFS}{wrong['id']}/").status_code == 204
    assert not Proof.objects.exists()
    assert api(rep).delete(f"{PROOFS}{wrong['id']}/").status_code == 404


def test_who_cannot_get_in_says_so_and_marketing_gives_access(api: Api, marta: User) -> None:
    made, rep = point(marta, "a@example.com", "mailbox"), person("rep")
    assert (
        api(rep).post(f"{POINTS}{made.pk}/no-access/", {"can_get_in": False, "note": "Code"}).status_code
        == 200
    )
    assert Alert.objects.filter(kind="point_no_access", resolved_at=None).count() == 1
    refused = api(rep).post(f"{POINTS}{made.pk}/access/", {"person": rep.pk})
    assert refused.status_code == 403
    assert not PointAccess.objects.exists()
    given = api(marta).post(f"{POINTS}{made.pk}/access/", {"person": rep.pk})
    assert [one["id"] for one in given.json()["access"]] == [rep.pk]
    assert not Alert.objects.filter(kind="point_no_access", resolved_at=None).exists()
    taken = api(marta).post(f"{POINTS}{made.pk}/access/", {"person": rep.pk, "has_access": False})
    assert taken.json()["access"] == []
    assert api(marta).post(f"{POINTS}{made.pk}/access/", {"person": 10**17}).status_code == 422


def test_what_is_watched_is_set_and_an_address_inside_is_refused(api: Api, marta: User) -> None:
    made = point(marta)
    body = {"is_watched": True, "page_text": "Ask", "note": "Ask Ewa"}
    said = api(marta).patch(f"{POINTS}{made.pk}/", body).json()
    assert (said["is_watched"], said["page_text"], said["note"]) == (True, "Ask", "Ask Ewa")
    refused = api(marta).patch(f"{POINTS}{made.pk}/", {"page_url": "https://192.168.0.1/"})
    assert refused.status_code == 422
    assert "page_url" in refused.content.decode()
    made.refresh_from_db()
    assert made.page_url == ""


@pytest.mark.parametrize("count", [1, 20])
def test_lists_cost_the_same_however_long(
    api: Api, marta: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        made = point(marta, f"https://example.com/{number}")
        proofs.report(point=made, by=marta, is_ok=True)
        proofs.give_access(point=made, to=person("rep"), by=marta)
    client = api(marta)
    client.get(POINTS)
    with django_assert_max_num_queries(10):
        assert len(client.get(POINTS).json()["results"]) == count
    with django_assert_max_num_queries(6):
        assert len(client.get(PROOFS).json()["results"]) == count
