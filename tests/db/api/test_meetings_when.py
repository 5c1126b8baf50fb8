"""Series, meetings and the private calendar over the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from leadsync.accounts.models import User
from leadsync.meetings.models import Meeting, Series
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def ola() -> User:
    return person("head_of_marketing", name="Ola Nowak")


@pytest.fixture
def client(ola: User) -> Client:
    made = Client()
    made.force_login(ola)
    return made


@pytest.fixture
def body(ola: User) -> dict[str, Any]:
    return {
        "name": "Monday round",
        "rule": "byday=mo;freq=weekly",
        "starts_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "at": "09:00",
        "people": [ola.pk, person("head_of_sales").pk],
    }


def test_a_series_is_planned_changed_ended_and_started_again(client: Client, body: dict[str, Any]) -> None:
    made = client.post("/api/v1/series/", body, content_type=JSON)
    assert made.status_code == 201
    found = made.json()
    assert (found["rule"], found["sentence"]) == ("FREQ=WEEKLY;BYDAY=MO", "Every week: Monday")
    url = f"/api/v1/series/{found['id']}/"
    assert client.get("/api/v1/series/?is_active=true").json()["results"][0]["id"] == found["id"]
    listed = client.get(f"/api/v1/meetings/?series={found['id']}&state=planned").json()["results"]
    assert len(listed) >= 7
    assert client.put(url, body, content_type=JSON).status_code == 428
    later = body | {"at": "10:30", "version": 1}
    assert client.put(url, later, content_type=JSON).json()["at"] == "10:30"
    assert client.put(url, later | {"at": "11:00"}, content_type=JSON).status_code == 409
    assert client.post(f"{url}end/", {"reason": "Enough"}, content_type=JSON).json()["is_active"] is False
    assert not Meeting.objects.exists()
    assert client.post(f"{url}resume/").json()["is_active"] is True
    assert Meeting.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "\u0000"}, "rule"),
        ({"at": "24:00"}, "at"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"minutes": 10**30}, "minutes"),
        ({"people": []}, "people"),
        ({"people": ["x"]}, "people"),
        ({"by": 1}, "by"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    client: Client, body: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/series/", body | changed, content_type=JSON)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Series.objects.exists()


def test_one_meeting_is_planned_moved_cancelled_and_brought_back(
    client: Client, body: dict[str, Any], ola: User
) -> None:
    at = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    made = client.post(
        "/api/v1/meetings/",
        {"name": "After the fair", "starts_at": at.isoformat(), "people": body["people"]},
        content_type=JSON,
    )
    assert made.status_code == 201
    url = f"/api/v1/meetings/{made.json()['id']}/"
    assert {one["person"]["id"] for one in made.json()["attendance"]} == set(body["people"])
    moved = client.post(
        f"{url}move/",
        {"starts_at": (at + timedelta(hours=1)).isoformat(), "version": 1},
        content_type=JSON,
    )
    assert (moved.status_code, moved.json()["is_moved"], moved.json()["version"]) == (200, True, 2)
    assert client.post(f"{url}cancel/", {}, content_type=JSON).status_code == 422
    assert client.post(f"{url}cancel/", {"reason": "Fair"}, content_type=JSON).json()["state"] == "cancelled"
    assert client.post(f"{url}move/", {"minutes": 60}, content_type=JSON).status_code == 409
    assert client.post(f"{url}bring-back/").json()["state"] == "planned"
    rep = person("rep")
    asked = client.put(f"{url}people/", {"people": [ola.pk, rep.pk]}, content_type=JSON).json()
    assert {one["person"]["id"] for one in asked["attendance"]} == {ola.pk, rep.pk}
    day = f"{at:%Y-%m-%d}"
    assert len(client.get(f"/api/v1/meetings/?from={day}").json()["results"]) == 1
    assert client.get(f"/api/v1/meetings/?to={at - timedelta(days=1):%Y-%m-%d}").json()["results"] == []
    assert client.get("/api/v1/meetings/?state=maybe").status_code == 400


def test_everyone_reads_and_only_who_runs_meetings_changes(client: Client, body: dict[str, Any]) -> None:
    pk = client.post("/api/v1/series/", body, content_type=JSON).json()["id"]
    one = Meeting.objects.order_by("starts_at").first()
    rep = Client()
    rep.force_login(person("rep"))
    assert rep.get(f"/api/v1/series/{pk}/").status_code == 200
    assert rep.get(f"/api/v1/meetings/{one.pk}/").status_code == 200
    before = list(Meeting.objects.values())
    for path, sent in (
        ("series/", body),
        (f"series/{pk}/end/", {}),
        (f"series/{pk}/resume/", {}),
        (f"meetings/{one.pk}/move/", {"minutes": 60}),
        (f"meetings/{one.pk}/cancel/", {"reason": "No"}),
        (f"meetings/{one.pk}/bring-back/", {}),
    ):
        assert rep.post(f"/api/v1/{path}", sent, content_type=JSON).status_code == 403, path
    assert list(Meeting.objects.values()) == before


def test_ones_calendar_has_an_address_once_it_is_made(client: Client) -> None:
    assert client.get("/api/v1/calendar/").json()["address"] is None
    first = client.post("/api/v1/calendar/")
    assert first.status_code == 201
    assert first["Cache-Control"] == "no-store"
    second = client.post("/api/v1/calendar/").json()["address"]
    assert second != first.json()["address"]
    assert client.get("/api/v1/calendar/").json()["address"] == second
    assert Client().get("/" + second.split("/", 3)[3]).status_code == 200
