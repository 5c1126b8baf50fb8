"""Webhooks over the API: the same as the pages, for administrators; the secret once."""

import json
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from leadsync.accounts.models import User
from leadsync.accounts.services import tokens
from leadsync.hooks.models import Delivery, Endpoint
from tests.db.hooks.conftest import ADDRESS, Receiver
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db

URL = "/api/v1/webhooks/"


def program(by: User, scope: str = "all") -> APIClient:
    made = APIClient(raise_request_exception=False)
    _token, secret = tokens.create(by=by, name=scope, scope=scope)
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return made


@pytest.fixture
def api(admin: User, receiver: Receiver) -> APIClient:
    return program(admin)


def asked(**values: Any) -> dict[str, Any]:
    return {"name": "CRM", "address": ADDRESS, "events": ["lead.won"]} | values


def test_one_is_made_read_changed_switched_and_deleted(api: APIClient) -> None:
    made = api.post(URL, asked(), format="json")
    assert made.status_code == 201
    assert made.json()["secret"] == Endpoint.objects.get().secret
    assert made["Cache-Control"] == "no-store"
    url = f"{URL}{made.json()['id']}/"
    read = api.get(url)
    assert "secret" not in read.json()
    assert "SeCrEt" not in read.content.decode()
    assert (read.json()["host"], read["ETag"]) == ("https://crm.example.com/•••", '"1"')
    assert api.patch(url, {"name": "ERP"}, format="json").status_code == 428
    changed = api.patch(url, {"name": "ERP", "version": 1}, format="json")
    assert (changed.json()["name"], changed.json()["events"]) == ("ERP", ["lead.won"])
    assert api.patch(url, {"name": "Late", "version": 1}, format="json").status_code == 409
    assert api.post(f"{url}switch/", {"is_on": False}, format="json").json()["is_on"] is False
    renewed = api.post(f"{url}secret/")
    assert renewed.json()["secret"] != made.json()["secret"]
    assert [one["id"] for one in api.get(URL).json()["results"]] == [made.json()["id"]]
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "https://inside.example.com/"}, "address"),
        ({"address": "x"}, "address"),
        ({"events": []}, "events"),
        ({"events": ["lead.sung"]}, "events"),
        ({"name": "\u200f"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(api: APIClient, values: dict[str, Any], field: str) -> None:
    # Written out: Django's client cannot encode half of a surrogate pair itself.
    refused = api.post(URL, json.dumps(asked(**values)), content_type="application/json")
    assert refused.status_code == 422
    assert field in refused.json()["errors"]
    assert not Endpoint.objects.exists()


def test_the_log_is_read_and_sent_again(api: APIClient) -> None:
    pk = api.post(URL, asked(), format="json").json()["id"]
    now = timezone.now()
    rows = [
        Delivery.objects.create(
            endpoint_id=pk,
            key=f"evt_{n}",
            event="lead.won",
            lead_id=n,
            body=f'{{"id": "evt_{n}"}}',
            state=state,
            created_at=now,
        )
        for n, state in enumerate(("sent", "dead", "dead"))
    ]
    log = api.get(f"{URL}{pk}/deliveries/", {"state": "dead"}).json()["results"]
    assert [one["message_id"] for one in log] == ["evt_2", "evt_1"]
    assert [one["lead"] for one in api.get(f"{URL}{pk}/deliveries/?lead=1").json()["results"]] == [1]
    assert api.get(f"{URL}{pk}/deliveries/?state=lost").status_code == 400
    assert api.post(f"{URL}{pk}/resend/", {"ids": [rows[0].pk]}, format="json").json() == {"count": 1}
    assert api.post(f"{URL}{pk}/resend/", {"ids": None}, format="json").json() == {"count": 2}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}
    api.post(f"{URL}{pk}/switch/", {"is_on": False}, format="json")
    assert api.post(f"{URL}{pk}/resend/", {"ids": None}, format="json").status_code == 409


def test_a_test_says_how_it_ended(api: APIClient, receiver: Receiver) -> None:
    pk = api.post(URL, asked(), format="json").json()["id"]
    receiver.answers(503, b"later")
    said = api.post(f"{URL}{pk}/test/").json()
    assert (said["is_taken"], said["status"], said["error"]) == (False, 503, "later")


def test_others_and_tokens_for_reading_change_nothing(api: APIClient, admin: User) -> None:
    pk = api.post(URL, asked(), format="json").json()["id"]
    director = program(person("director", "head_of_sales"))
    for path in ("", f"{pk}/", f"{pk}/deliveries/"):
        assert director.get(f"{URL}{path}").status_code == 403
    for by in (director, program(admin, "read")):
        assert by.post(URL, asked(), format="json").status_code == 403
        assert by.post(f"{URL}{pk}/secret/").status_code == 403
        assert by.delete(f"{URL}{pk}/").status_code == 403
    assert Endpoint.objects.count() == 1
