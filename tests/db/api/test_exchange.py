"""The log, bookings, lights, wins and ideas over the API: the same rules as the pages."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Idea, Vote
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.exchange.models import Applause, Booking, Entry
from leadsync.exchange.services import wins
from tests.factories.accounts import person
from tests.factories.campaigns import channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

JSON = "application/json"


def signed_in(*roles: str) -> tuple[Client, User]:
    made, client = person(*roles), Client()
    client.force_login(made)
    return client, made


def test_an_entry_is_written_read_cut_changed_and_deleted() -> None:
    client, marta = signed_in("marketer")
    rep, one = person("rep"), lead()
    today = timezone.localdate().isoformat()
    body = {"kind": "call", "on": today, "partner": rep.pk, "lead": one.pk, "learned": "Delivery first."}
    made = client.post("/api/v1/listening/", body, content_type=JSON)
    assert made.status_code == 201
    assert (made.json()["by"]["name"], made.json()["lead"]) == (marta.name, one.pk)
    url = f"/api/v1/listening/{made.json()['id']}/"
    assert client.get(url).json()["learned"] == "Delivery first."
    assert len(client.get(f"/api/v1/listening/?kind=call&person={rep.pk}&q=first").json()["results"]) == 1
    assert client.get("/api/v1/listening/?kind=day").json()["results"] == []
    assert client.get("/api/v1/listening/?quarter=x").status_code == 400
    for wrong, field in (
        ({"partner": 10**15}, "partner"),
        ({"lead": 10**15}, "lead"),
        ({"on": "9999-01-01"}, "on"),
        ({"learned": ""}, "learned"),
    ):
        refused = client.post("/api/v1/listening/", body | wrong, content_type=JSON)
        assert refused.status_code == 422
        assert field in refused.json()["errors"]
    assert client.put(url, body | {"learned": "Better."}, content_type=JSON).json()["learned"] == "Better."
    other, _rep = signed_in("rep")
    assert other.put(url, body, content_type=JSON).status_code == 403
    assert other.delete(url).status_code == 403
    assert Entry.objects.get().learned == "Better."
    assert client.delete(url).status_code == 204
    assert not Entry.objects.exists()


def test_a_booking_is_asked_moved_agreed_and_written_down() -> None:
    marketing, _marta = signed_in("marketer")
    sales, pawel = signed_in("rep")
    slots = marketing.get(f"/api/v1/bookings/slots/?partner={pawel.pk}").json()["slots"]
    assert len(slots) == 3
    nobody = marketing.get("/api/v1/bookings/slots/?partner=99999")
    assert (nobody.status_code, list(nobody.json()["errors"])) == (400, ["partner"])
    body = {"partner": pawel.pk, "starts_at": slots[0]}
    made = marketing.post("/api/v1/bookings/", body, content_type=JSON)
    assert (made.status_code, made.json()["answerer"]) == (201, pawel.pk)
    url = f"/api/v1/bookings/{made.json()['id']}/"
    stranger, _anna = signed_in("director")
    assert (
        stranger.get(url).status_code
        == stranger.post(f"{url}agree/", {}, content_type=JSON).status_code
        == 404
    )
    assert marketing.post(f"{url}agree/", {}, content_type=JSON).status_code == 403
    assert sales.post(f"{url}decline/", {}, content_type=JSON).status_code == 422
    moved = sales.post(f"{url}move/", {"starts_at": slots[1], "revision": 0}, content_type=JSON)
    assert (moved.status_code, moved.json()["revision"]) == (200, 1)
    assert marketing.post(f"{url}agree/", {"revision": 0}, content_type=JSON).status_code == 409
    agreed = marketing.post(f"{url}agree/", {"revision": 1}, content_type=JSON)
    assert (agreed.json()["state"], agreed.json()["answerer"]) == ("agreed", None)
    assert marketing.post(f"{url}learned/", {"learned": "Early"}, content_type=JSON).status_code == 409
    Booking.objects.update(starts_at=timezone.now() - timedelta(hours=1))
    written = marketing.post(f"{url}learned/", {"learned": "Delivery first"}, content_type=JSON)
    assert (written.status_code, written.json()["learned"]) == (201, "Delivery first")
    assert marketing.post(f"{url}cancel/", {}, content_type=JSON).status_code == 409
    assert len(marketing.get("/api/v1/bookings/?state=done").json()["results"]) == 1
    assert stranger.get("/api/v1/bookings/").json()["results"] == []


def test_lights_are_of_all_for_who_leads_and_the_own_for_a_marketer() -> None:
    marketing, marta = signed_in("marketer")
    person("marketer")
    head, _ola = signed_in("head_of_marketing")
    sales, _pawel = signed_in("rep")
    assert len(head.get("/api/v1/lights/").json()["results"]) == 2
    own = marketing.get("/api/v1/lights/?quarter=2026-Q1").json()["results"]
    assert [one["person"]["id"] for one in own] == [marta.pk]
    assert sales.get("/api/v1/lights/").json()["results"] == []
    assert head.get("/api/v1/lights/?quarter=2026-Q5").status_code == 400


def test_wins_are_listed_and_applauded() -> None:
    client, marta = signed_in("marketer")
    pawel = person("rep")
    found = lead(owner=pawel)
    Lead.objects.filter(pk=found.pk).update(stage="won", won_at=timezone.now(), amount=5)
    url = f"/api/v1/wins/{found.pk}/applause/"
    assert client.post(url).status_code == 404
    wins.keep()
    assert client.get("/api/v1/wins/").json()["results"][0]["closer"]["id"] == pawel.pk
    assert client.post(url).json()["applause"] == [marta.name]
    assert client.post(url).json()["applause"] == [marta.name]
    assert client.delete(url).json()["applause"] == []
    admin, _ewelina = signed_in("administrator")
    assert admin.post(url).status_code == admin.delete(url).status_code == 403
    assert not Applause.objects.exists()


def test_an_idea_is_proposed_voted_for_changed_declined_and_taken() -> None:
    sales, pawel = signed_in("rep")
    marketing, marta = signed_in("marketer")
    made = sales.post(
        "/api/v1/ideas/", {"title": "Webinar", "text": "Three asked.", "market": "LV"}, content_type=JSON
    )
    assert (made.status_code, made.json()["votes"], made.headers["ETag"]) == (201, 1, '"1"')
    url = f"/api/v1/ideas/{made.json()['id']}/"
    assert marketing.post(f"{url}vote/").json()["voters"] == [pawel.name, marta.name]
    assert marketing.delete(f"{url}vote/").json()["votes"] == 1
    edit = {"title": "Better", "text": "Three asked."}
    assert sales.put(url, edit, content_type=JSON).status_code == 428
    assert sales.put(url, edit | {"version": 1}, content_type=JSON).json()["version"] == 2
    assert marketing.put(url, edit | {"version": 2}, content_type=JSON).status_code == 403
    assert sales.post(f"{url}decline/", {"reason": "x"}, content_type=JSON).status_code == 403
    assert marketing.post(f"{url}decline/", {"reason": "Later"}, content_type=JSON).json()["note"] == "Later"
    assert marketing.post(f"{url}open-again/").json()["state"] == "open"
    assert sales.post(f"{url}withdraw/").json()["state"] == "withdrawn"
    assert marketing.post(f"{url}open-again/").status_code == 403
    sales.post(f"{url}open-again/")
    assert sales.post(f"{url}campaign/", {"channel": 1}, content_type=JSON).status_code == 403
    assert marketing.post(f"{url}campaign/", {"channel": 10**15}, content_type=JSON).status_code == 422
    taken = marketing.post(f"{url}campaign/", {"channel": channel().pk}, content_type=JSON)
    assert taken.status_code == 201
    assert Campaign.objects.get().idea == Idea.objects.get()
    assert marketing.get(url).json()["campaigns"] == [taken.json()["campaign"]]
    assert marketing.post(f"{url}vote/").status_code == 409
    assert Vote.objects.count() == 1
    assert marketing.get("/api/v1/ideas/?state=taken").json()["results"][0]["title"] == "Better"
    assert marketing.get("/api/v1/ideas/?state=x").status_code == 400
