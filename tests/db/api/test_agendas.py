"""Agendas, decisions and what people hand in, over the API."""

import pytest
from django.test import Client
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.notices.models import Message
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import alert, meeting

pytestmark = pytest.mark.django_db

JSON = "application/json"
KEY = "alert:gate_failed:1"


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


def signed_in(*roles: str) -> tuple[Client, User]:
    made, client = person(*roles), Client()
    client.force_login(made)
    return client, made


def test_a_meeting_from_its_agenda_to_its_minutes() -> None:
    client, head = signed_in("director")
    alert(minutes=30)
    of = meeting(people=(head,), starts_at=timezone.now())
    url = f"/api/v1/agendas/{of.pk}/"
    planned = client.get(url).json()
    assert (planned["state"], planned["points"][0]["key"], planned["points"][0]["cost_minutes"]) == (
        "planned",
        KEY,
        30,
    )
    suggested = planned["points"][0]["suggestion"]
    made = client.post(f"{url}decisions/", {"point": KEY} | suggested, content_type=JSON)
    assert (made.status_code, made.json()["point"]) == (201, KEY)
    running = client.post(
        f"{url}notes/", {"point": KEY, "note": "Agreed", "was": ""}, content_type=JSON
    ).json()
    assert (running["state"], running["points"][0]["note"], running["points"][0]["state"]) == (
        "running",
        "Agreed",
        "done",
    )
    came = client.post(f"{url}present/", {"person": head.pk, "is_present": True}, content_type=JSON)
    assert came.status_code == 200
    alert(subject="2")
    assert client.post(f"{url}pull-in/").json()["new"] == 0
    carried = {"point": "alert:gate_failed:2", "state": "carried"}
    assert client.post(f"{url}settle/", carried, content_type=JSON).status_code == 200
    assert client.post(f"{url}end/").json()["state"] == "held"
    assert client.post(f"{url}go-on/").json()["state"] == "running"
    assert client.post(f"{url}minutes/").json() == {"people": 1, "is_new": True, "is_correction": False}
    assert client.post(f"{url}minutes/").json()["is_new"] is False
    assert Message.objects.count() == 1


def test_a_decision_is_changed_done_opened_and_dropped() -> None:
    client, head = signed_in("head_of_sales")
    alert()
    of = meeting(starts_at=timezone.now())
    day = timezone.localdate().isoformat()
    body = {"text": "Stop", "owner": head.pk, "due_on": day}
    made = client.post(f"/api/v1/agendas/{of.pk}/decisions/", body | {"point": KEY}, content_type=JSON).json()
    url = f"/api/v1/decisions/{made['id']}/"
    assert client.put(url, body | {"text": "Go on"}, content_type=JSON).status_code == 428
    changed = client.put(url, body | {"text": "Go on", "version": made["version"]}, content_type=JSON)
    assert (changed.status_code, changed.json()["text"]) == (200, "Go on")
    assert client.put(url, body | {"version": made["version"]}, content_type=JSON).status_code == 409
    assert client.get("/api/v1/decisions/?show=mine").json()["results"][0]["id"] == made["id"]
    assert client.post(f"{url}done/", {"note": "Done so"}, content_type=JSON).json()["state"] == "done"
    assert client.post(f"{url}drop/", {"note": "No"}, content_type=JSON).status_code == 409
    assert client.post(f"{url}reopen/").json()["state"] == "open"
    assert client.post(f"{url}drop/", {"note": "No"}, content_type=JSON).json()["state"] == "dropped"
    assert client.get("/api/v1/decisions/?show=done").json()["results"]
    assert client.post(f"{url}reopen/").status_code == 200
    assert client.delete(url).status_code == 204
    assert not Decision.objects.exists()


def test_handing_in_and_taking_back() -> None:
    client, _rep = signed_in("rep")
    body = {"source": "need", "text": "A price list"}
    made = client.post("/api/v1/handed-in/", body, content_type=JSON).json()
    assert client.get("/api/v1/handed-in/?show=mine").json()["results"][0]["id"] == made["id"]
    url = f"/api/v1/handed-in/{made['id']}/"
    other, _marketer = signed_in("marketer")
    assert other.post(f"{url}withdraw/").status_code == 403
    assert client.post(f"{url}withdraw/").json()["state"] == "withdrawn"
    assert client.get("/api/v1/handed-in/").json()["results"] == []
    assert client.post(f"{url}bring-back/").json()["state"] == "open"
    for odd in ({"source": "alert"}, {"text": ""}, {"text": "x" * 10_000}, {"about": "/admin/"}):
        assert client.post("/api/v1/handed-in/", body | odd, content_type=JSON).status_code == 422
    assert Point.objects.count() == 1


def test_who_does_not_run_meetings_reads_and_changes_nothing() -> None:
    client, rep = signed_in("rep")
    alert()
    of = meeting(starts_at=timezone.now())
    url = f"/api/v1/agendas/{of.pk}/"
    found = client.get(url)
    assert (found.status_code, found.json()["points"][0]["suggestion"]) == (200, None)
    bodies = {
        "begin": {},
        "put-back": {},
        "pull-in": {},
        "decisions": {"point": KEY, "text": "x", "owner": rep.pk, "due_on": timezone.localdate().isoformat()},
        "notes": {"point": KEY, "note": "x"},
        "settle": {"point": KEY, "state": "done"},
        "present": {"person": rep.pk, "is_present": True},
        "end": {},
        "go-on": {},
        "minutes": {},
    }
    for name, body in bodies.items():
        assert client.post(f"{url}{name}/", body, content_type=JSON).status_code == 403, name
    assert Meeting.objects.get(pk=of.pk).state == "planned"
    assert (Point.objects.count(), Decision.objects.count(), Message.objects.count()) == (0, 0, 0)
