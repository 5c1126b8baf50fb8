"""Campaigns, the funnel, people and oneself over the API; the document and its page."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from campaigns.models import Campaign, Spend
from campaigns.services import campaigns as services
from leadsync.accounts.roles import Role
from leadsync.kpi.services import rollup
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/api/v1/campaigns/"


def test_a_campaign_is_made_changed_moved_on_and_paid_for(api: Api) -> None:
    marketer = person("marketer")
    client = api(marketer)
    made = client.post(
        CAMPAIGNS, {"name": "Fair", "channel": channel().pk, "market": "PL", "budget": "100.50"}
    )
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["state"], said["owner"]["id"], said["budget"]) == ("draft", marketer.pk, "100.50")
    address = f"{CAMPAIGNS}{said['id']}/"
    changed = client.patch(address, {"offer": "Free visit"}, headers={"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["offer"]) == (200, "Free visit")
    moved = client.post(f"{address}state/", {"to": "review"})
    assert moved.json()["state"] == "review"
    assert client.post(f"{address}state/", {"to": "ended"}).status_code == 422
    paid = client.post(f"{address}spend/", {"on": "2026-01-05", "amount": "12.00"})
    assert paid.status_code == 201, paid.content
    assert client.get(f"{address}spend/").json()["results"][0]["amount"] == "12.00"
    assert client.get(address).json()["version"] == 3


def test_a_stale_change_of_a_campaign_says_who_changed_what(api: Api) -> None:
    place, colleague = campaign(), person("marketer", name="Anna Maj")
    seen = place.version
    services.edit(campaign=place, by=colleague, version=seen, changes={"name": "New name"})
    address = f"{CAMPAIGNS}{place.pk}/"
    answer = api(person("marketer")).patch(address, {"segment": "x", "version": seen})
    assert answer.status_code == 409
    (happened,) = answer.json()["context"]["happened"]
    assert happened["by"]["name"] == "Anna Maj"
    assert happened["changes"][0]["after"] == "New name"
    assert api(person("marketer")).patch(address, {"segment": "x"}).status_code == 428


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "live"},
        {"version": 7},
        {"name": ""},
        {"channel": 10**30},
        {"channel": 12345},
        {"owner": 12345},
        {"market": "XX"},
        {"budget": -1},
        {"budget": 1e400},
        {"budget": "1e400"},
        {"budget": "NaN"},
        {"starts_on": "2026-02-30"},
        {"starts_on": "2026-03-01", "ends_on": "2026-02-01"},
        {"kind": "war"},
    ],
)
def test_a_field_of_a_campaign_that_cannot_be_used_is_named(api: Api, wrong: dict[str, Any]) -> None:
    sent = json.dumps({"name": "Fair", "channel": channel().pk} | wrong).replace("Infinity", "1e400")
    answer = api(person("marketer")).generic("POST", CAMPAIGNS, sent, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert set(answer.json()["errors"]) & set(wrong)
    assert not Campaign.objects.exists()


def test_only_marketing_changes_campaigns(api: Api) -> None:
    place = campaign()
    address = f"{CAMPAIGNS}{place.pk}/"
    for role in ("rep", "head_of_sales", "director", "administrator"):
        client = api(person(role))
        assert client.get(address).status_code == 200
        assert client.post(CAMPAIGNS, {"name": "x", "channel": place.channel_id}).status_code == 403
        assert client.patch(address, {"name": "x", "version": 1}).status_code == 403
        assert client.post(f"{address}state/", {"to": "paused"}).status_code == 403
        assert client.post(f"{address}spend/", {"on": "2026-01-05", "amount": "1"}).status_code == 403
    assert not Spend.objects.exists()
    assert Campaign.objects.get(pk=place.pk).version == 1


def test_campaigns_are_cut_as_on_their_page(api: Api) -> None:
    live, draft = campaign(name="Spring fair"), campaign(state="draft")
    client = api(person("rep"))
    for query, wanted in (("state=running", [live]), ("state=draft", [draft]), ("q=spring", [live])):
        assert [one["id"] for one in client.get(f"{CAMPAIGNS}?{query}").json()["results"]] == [
            one.pk for one in wanted
        ]
    for query in ("state=sold", "channel=x", "channel=99999999999999999999", "colour=red", "market=pl"):
        assert client.get(f"{CAMPAIGNS}?{query}").status_code == 400


@pytest.mark.parametrize("by", ["channel", "campaign", "month", "owner"])
def test_the_funnel_is_that_of_the_command(api: Api, by: str) -> None:
    rep = person("rep")
    for _ in range(3):
        lead(owner=rep)
    lead()
    rollup.run(full=True) if hasattr(rollup, "run") else call_command(
        "rollup", "--full", stdout=io.StringIO()
    )
    printed = io.StringIO()
    call_command("funnel", "--by", by, "--format", "json", stdout=printed)
    said = api(person("director")).get("/api/v1/funnel/", {"by": by}).json()
    assert said["rows"] == json.loads(printed.getvalue())
    assert said["total"]["leads"] == 4


@pytest.mark.parametrize(
    "query",
    ["", "by=moon", "by=month&from=2026-02-30", "by=month&from=2026-02-02&to=2026-02-01", "by=month&x=1"],
)
def test_a_funnel_nobody_can_draw_is_refused(api: Api, query: str) -> None:
    assert api(person("director")).get(f"/api/v1/funnel/?{query}").status_code == 400


def test_first_contacts_by_rep_are_for_heads_and_the_director(api: Api) -> None:
    statuses = {role: api(person(role)).get("/api/v1/funnel/?by=owner").status_code for role in Role}
    allowed = {Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR}
    assert statuses == {role: 200 if role in allowed else 403 for role in Role}


def test_who_am_i(api: Api) -> None:
    rep = person("rep", name="Paweł Nowak")
    said = api(rep, scope="read").get("/api/v1/me/").json()
    assert (said["name"], said["roles"], said["token"]["scope"]) == ("Paweł Nowak", ["rep"], "read")
    assert said["company"]["currency"] == "EUR"
    assert "work_leads" in said["permissions"]


def test_people_are_those_who_can_sign_in(api: Api) -> None:
    rep = person("rep")
    person("rep", is_former=True)
    person("rep", is_active=False)
    assert [one["id"] for one in api(rep).get("/api/v1/people/").json()["results"]] == [rep.pk]


def test_reasons_and_channels_can_be_looked_up(api: Api) -> None:
    place = channel(name="Fairs")
    client = api(person("rep"))
    assert "no_budget" in [one["key"] for one in client.get("/api/v1/reasons/").json()]
    channels = client.get("/api/v1/channels/").json()["results"]
    assert {"id": place.pk, "name": "Fairs", "terms": "", "is_active": True} in channels


# ------------------------------------------------------------------------------------------------ the document


def test_the_document_is_complete_and_valid() -> None:
    out = io.StringIO()
    call_command(
        "spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", stdout=out, stderr=out
    )
    document = json.loads(out.getvalue())
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            assert operation["summary"], (verb, path)
            assert "429" in operation["responses"], (verb, path)


def test_the_document_is_for_who_is_signed_in(api: Api, client: Client) -> None:
    rep = person("rep")
    assert api(rep, scope="read").get("/api/schema/").json()["info"]["title"] == "LeadSync API"
    client.force_login(rep)
    assert client.get("/api/schema/").status_code == 200


def test_the_page_of_the_document_has_no_inline_script(client: Client) -> None:
    assert client.get("/api/docs/").status_code == 302
    client.force_login(person("rep"))
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert 'data-schema="/api/schema/"' in page.content.decode()
