"""Market notes and reviews over the API."""

import pytest
from django.test import Client

from campaigns.models import Campaign, MarketNote
from feedback.models import Evidence
from leadsync.accounts.models import User
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

JSON = "application/json"


def signed_in(*roles: str) -> tuple[Client, User]:
    made, client = person(*roles), Client()
    client.force_login(made)
    return client, made


def test_a_note_is_written_read_changed_and_withdrawn() -> None:
    client, _rep = signed_in("rep")
    known = lead()
    body = {"country": "GB", "stance": "avoid", "text": "A third dearer.", "leads": [known.pk]}
    made = client.post("/api/v1/market-notes/", body, content_type=JSON)
    assert made.status_code == 201
    assert made.json()["leads"] == [known.pk]
    url = f"/api/v1/market-notes/{made.json()['id']}/"
    assert client.get("/api/v1/market-notes/?country=GB").json()["results"][0]["text"] == "A third dearer."
    assert client.put(url, body | {"text": "Twice as dear."}, content_type=JSON).status_code == 428
    changed = client.put(url, body | {"text": "Twice as dear.", "version": 1, "leads": []}, content_type=JSON)
    assert (changed.status_code, changed.json()["version"], changed.json()["leads"]) == (200, 2, [])
    assert client.put(url, body | {"version": 1}, content_type=JSON).status_code == 409
    assert client.post(f"{url}withdraw/").json()["withdrawn_at"]
    assert client.get("/api/v1/market-notes/").json()["results"] == []
    assert len(client.get("/api/v1/market-notes/?show=past").json()["results"]) == 1
    assert client.post(f"{url}bring-back/").json()["withdrawn_at"] is None
    assert not Evidence.objects.exists()


def test_a_lead_that_is_not_there_writes_nothing() -> None:
    client, _rep = signed_in("rep")
    body = {"country": "GB", "stance": "avoid", "text": "Dear", "leads": [404]}
    refused = client.post("/api/v1/market-notes/", body, content_type=JSON)
    assert refused.status_code == 422
    assert not MarketNote.objects.exists()


def test_the_way_of_a_review() -> None:
    marketing, marta = signed_in("marketer")
    sales, _tomasz = signed_in("head_of_sales")
    note = marketing.post(
        "/api/v1/market-notes/", {"country": "GB", "stance": "avoid", "text": "Dear"}, content_type=JSON
    ).json()["id"]
    draft = campaign(state="draft", market="GB", owner=marta)
    state, review = f"/api/v1/campaigns/{draft.pk}/state/", f"/api/v1/reviews/{draft.pk}/"
    assert marketing.post(state, {"to": "review"}, content_type=JSON).status_code == 422
    assert marketing.get(review).json()["notes"][0]["needs_answer"] is True
    answered = marketing.post(f"{review}answers/", {"answers": {note: "Small orders."}}, content_type=JSON)
    assert answered.json()["notes"][0]["answer"] == "Small orders."
    assert sales.post(f"{review}say/", {"do": "clear"}, content_type=JSON).status_code == 409
    assert marketing.post(state, {"to": "review"}, content_type=JSON).status_code == 200
    assert marketing.post(f"{review}say/", {"do": "clear"}, content_type=JSON).status_code == 403
    assert sales.post(f"{review}say/", {"do": "object"}, content_type=JSON).status_code == 422
    said = sales.post(f"{review}say/", {"do": "object", "note": "Too early."}, content_type=JSON)
    assert said.json()["review"]["state"] == "objected"
    assert marketing.post(state, {"to": "live"}, content_type=JSON).status_code == 422
    assert sales.post(f"{review}say/", {"do": "clear"}, content_type=JSON).status_code == 200
    assert marketing.post(state, {"to": "live"}, content_type=JSON).status_code == 200
    assert Campaign.objects.get(pk=draft.pk).state == "live"
