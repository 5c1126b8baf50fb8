"""One's own notices over the API."""

import pytest

from leadsync.accounts.models import User
from leadsync.notices import services
from leadsync.notices.models import Mute, Notice
from tests.db.api.conftest import Api
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db

NOTICES = "/api/v1/notices/"


def tell(whom: User, number: int) -> Notice:
    services.put(
        kind="follow_up",
        recipients=[whom],
        key=f"follow_up:{number}",
        context={"lead": "Eva Example"},
        url=f"/leads/{number}/",
    )
    return Notice.objects.get(recipient=whom, key=f"follow_up:{number}")


def test_a_person_reads_only_their_own_notices(api: Api) -> None:
    rep, other = person("rep"), person("rep")
    first, second, theirs = tell(rep, 1), tell(rep, 2), tell(other, 1)
    client = api(rep)
    listed = client.get(NOTICES).json()["results"]
    assert [one["id"] for one in listed] == [second.pk, first.pk]
    assert "Eva Example" in listed[0]["title"]
    assert (listed[0]["thread"], listed[0]["read_at"], listed[0]["is_muted"]) == ("/leads/2/", None, False)
    assert client.get(f"{NOTICES}unread/").json() == {"unread": 2}
    assert client.post(f"{NOTICES}read/", {"ids": [first.pk, theirs.pk]}).json() == {"unread": 1}
    assert client.post(f"{NOTICES}read/", {"ids": None}).json() == {"unread": 0}
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_a_muted_thread_is_listed_and_not_counted(api: Api) -> None:
    rep = person("rep")
    tell(rep, 1), tell(rep, 2)
    client = api(rep)
    assert client.post(f"{NOTICES}mute/", {"thread": "/leads/1/", "is_muted": True}).json() == {"unread": 1}
    assert [one["is_muted"] for one in client.get(NOTICES).json()["results"]] == [False, True]
    assert client.post(f"{NOTICES}mute/", {"thread": "/leads/1/", "is_muted": False}).json() == {"unread": 1}
    assert not Mute.objects.exists()


def test_what_is_no_thread_cannot_be_muted_and_a_reading_token_changes_nothing(api: Api) -> None:
    rep = person("rep")
    notice = tell(rep, 1)
    for thread in ("/definition/", "https://example.com/7/", "x"):
        assert api(rep).post(f"{NOTICES}mute/", {"thread": thread, "is_muted": True}).status_code == 422
    reading = api(rep, scope="read")
    assert reading.get(NOTICES).status_code == 200
    assert reading.post(f"{NOTICES}read/", {"ids": None}).status_code == 403
    assert reading.post(f"{NOTICES}mute/", {"thread": "/leads/1/", "is_muted": True}).status_code == 403
    assert api(rep).get(f"{NOTICES}?colour=red").status_code == 400
    assert api(None).get(NOTICES).status_code == 401
    notice.refresh_from_db()
    assert notice.read_at is None
    assert not Mute.objects.exists()


def test_a_page_of_notices_asks_no_more_for_more_of_them(
    api: Api, django_assert_max_num_queries: object
) -> None:
    rep = person("rep")
    for number in range(20):
        tell(rep, number)
    client = api(rep)
    client.get(NOTICES)
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        assert len(client.get(NOTICES).json()["results"]) == 20
