"""Leads over the API: logging, reading, correcting, working, and who may do what."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from leads.models import Activity, Arrival, Lead, LeadEvent
from leads.services import editing
from leadsync.accounts.models import ApiToken
from leadsync.core.api import PersonThrottle
from tests.db.api.conftest import Api
from tests.factories.accounts import PASSWORD, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db

LEADS = "/api/v1/leads/"


def url(of: Lead, action: str = "") -> str:
    return f"{LEADS}{of.pk}/{action}"


def body(**more: Any) -> dict[str, Any]:
    return {"name": "Eva Example", "email": "eva@example.com", "campaign": campaign().pk} | more


# ------------------------------------------------------------------------------------------------ logging


def test_a_logged_lead_is_handed_over_with_its_promise(api: Api) -> None:
    rep = person("rep")
    answer = api(person("marketer")).post(LEADS, body(need="A hall", answers={"budget": 20000}))
    assert answer.status_code == 201
    said = answer.json()
    assert (said["owner"], said["stage"], said["need"]) == ({"id": rep.pk, "name": rep.name}, "new", "A hall")
    assert said["due_at"] is not None
    assert answer["ETag"] == f'"{said["version"]}"'
    arrival = Arrival.objects.get(lead=said["id"])
    assert arrival.door == "api"
    assert arrival.payload["need"] == "A hall"


def test_the_same_external_id_is_the_same_lead(api: Api) -> None:
    client, sent = api(person("marketer")), body(external_id="42", namespace="shop", email="")
    first, second = client.post(LEADS, sent), client.post(LEADS, sent | {"name": "Eva E."})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    other = client.post(LEADS, sent | {"namespace": "fair"})
    assert other.status_code == 201


@pytest.mark.parametrize("field", ["stage", "owner", "mark", "won_at", "amount", "version", "is_test", "id"])
def test_what_only_services_set_is_refused_by_name(api: Api, field: str) -> None:
    answer = api(person("marketer")).post(LEADS, body(**{field: "won"}))
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == {field: ["This cannot be set here."]}
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "", "email": ""}, "name"),
        ({"email": "a@b@c"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"country": "Atlantis"}, "country"),
        ({"campaign": 0}, "campaign"),
        ({"campaign": 10**30}, "campaign"),
        ({"campaign": 999_999}, "campaign"),
        ({"campaign": True}, "campaign"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": {"first": "Eva"}}, "name"),
        ({"received_at": "2026-02-30T10:00:00Z"}, "received_at"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ({"received_at": "9999-12-31T23:59:59-12:00"}, "received_at"),
        ({"answers": {"bad key": 1}}, "answers"),
        ({"answers": {"budget": [1]}}, "answers"),
        ({"answers": []}, "answers"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(api: Api, wrong: dict[str, Any], field: str) -> None:
    answer = api(person("marketer")).post(LEADS, body(**wrong))
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ('{"name": ', 400),
        ("", 422),
        ("[]", 422),
        ('"text"', 422),
        ("null", 422),
        ("NaN", 400),
        ('{"name": "a", "campaign": NaN}', 400),
        ('{"name": "a", "campaign": 1e400}', 422),
        ('{"name": "a", "campaign": -1e400}', 422),
        ('{"name": "a", "answers": {"n": 1e400}}', 422),
        ('{"name": "a", "campaign": ' + "9" * 5000 + "}", 400),
        ('{"\\ud800": 1}', 422),
        ('{"name": "\\ud800", "campaign": 1}', 422),
        ('{"name": "a", "country": "\\ud800", "campaign": 1}', 422),
        ('{"name": "a", "answers": {"\\ud800": 1}, "campaign": 1}', 422),
        ("[" * 100_000, 400),
        ('{"a":' * 50_000, 400),
        (b"\xff\xfe\x00", 400),
    ],
)
def test_no_body_is_a_server_error(api: Api, raw: Any, status: int) -> None:
    answer = api(person("marketer")).generic("POST", LEADS, raw, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= answer.json().keys()


def test_only_json_is_taken(api: Api) -> None:
    client = api(person("marketer"))
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        answer = client.generic("POST", LEADS, "name=a", content_type=content_type)
        assert answer.status_code == 415
        assert answer["Content-Type"] == "application/problem+json"


# ------------------------------------------------------------------------------------------------ reading


def test_filters_are_those_of_the_pages(api: Api) -> None:
    rep = person("rep")
    mine, other = lead(owner=rep, name="Ława Żółta"), lead(name="Bob")
    client = api(rep)

    def found(query: str) -> list[int]:
        answer = client.get(f"{LEADS}?{query}")
        assert answer.status_code == 200, answer.content
        return [one["id"] for one in answer.json()["results"]]

    assert found("") == [other.pk, mine.pk]
    assert found("owner=me") == [mine.pk]
    assert found("owner=nobody") == [other.pk]
    assert found("q=zolta") == [mine.pk]
    assert found(f"campaign={other.campaign_id}") == [other.pk]
    assert found("stage=new&stage=won") == [other.pk, mine.pk]
    assert found("mark=good") == []


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "stage=sold",
        "received_from=2026-02-30",
        "received_from=0001-01-01",
        "campaign=99999999999999999999999",
        "campaign=x",
        "owner=%00",
        "q=%00",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "cursor=cD1hYmM=",  # p=abc
        "cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=",  # p=99999…
        "cursor=%C5%82",
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    answer = api(person("rep")).get(f"{LEADS}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["errors"]


def test_pages_follow_each_other_without_gaps(api: Api) -> None:
    made = [lead().pk for _ in range(5)]
    client = api(person("rep"))
    seen: list[int] = []
    address = f"{LEADS}?limit=2"
    while address:
        page = client.get(address).json()
        seen += [one["id"] for one in page["results"]]
        lead()  # newer ones do not shift what is still to come
        address = page["next"]
    assert seen == made[::-1]


def test_a_list_costs_the_same_however_long(api: Api, django_assert_num_queries: Any) -> None:
    rep, place = person("rep"), campaign()
    client = api(person("marketer"))
    lead(owner=rep, campaign=place)
    client.get(LEADS)  # the token notes its use
    with django_assert_num_queries(3):
        assert len(client.get(LEADS).json()["results"]) == 1
    for _ in range(19):
        lead(owner=person("rep"), campaign=campaign())
    with django_assert_num_queries(3):
        assert len(client.get(LEADS).json()["results"]) == 20


def test_other_lists_cost_the_same_however_long(api: Api, django_assert_max_num_queries: Any) -> None:
    rep = person("rep")
    worked = lead(owner=rep)
    client = api(rep)
    for _ in range(15):
        person("rep", "administrator")
        client.post(url(worked, "activities/"), {"kind": "email"})
        campaign()
    for address in (url(worked, "activities/"), "/api/v1/campaigns/", "/api/v1/people/", "/api/v1/channels/"):
        with django_assert_max_num_queries(6):
            assert len(client.get(address).json()["results"]) >= 15


# ------------------------------------------------------------------------------------------------ correcting


def test_a_correction_raises_the_version(api: Api) -> None:
    found = lead()
    answer = api(person("marketer")).patch(url(found), {"company": "Acme", "version": found.version})
    assert answer.status_code == 200
    assert answer.json()["company"] == "Acme"
    assert answer["ETag"] == f'"{found.version + 1}"'


def test_a_stale_correction_says_who_changed_what(api: Api) -> None:
    found, colleague = lead(), person("marketer", name="Anna Maj")
    seen = found.version
    editing.edit(lead=fresh(found), by=colleague, changes={"city": "Gdynia"}, version=seen)
    for sent, headers in (({"version": seen}, {}), ({}, {"If-Match": f'"{seen}"'})):
        answer = api(person("marketer")).patch(url(found), {"city": "Sopot", **sent}, headers=headers)
        assert answer.status_code == 409
        context = answer.json()["context"]
        assert (context["by"], context["kind"], context["after"]) == (
            "Anna Maj",
            "edited",
            {"city": "Gdynia"},
        )
        assert context["version"] == seen + 1
    assert fresh(found).city == "Gdynia"


@pytest.mark.parametrize(
    ("sent", "headers", "status"),
    [
        ({}, {}, 428),
        ({}, {"If-Match": 'W/"1"'}, 200),
        ({}, {"If-Match": "one"}, 400),
        ({}, {"If-Match": '"99999999999999"'}, 400),
        ({"version": 1}, {"If-Match": '"2"'}, 400),
        ({"version": 0}, {}, 422),
    ],
)
def test_a_correction_says_what_it_is_based_on(
    api: Api, sent: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    found = lead()
    answer = api(person("marketer")).patch(url(found), {"city": "Sopot", **sent}, headers=headers)
    assert answer.status_code == status
    assert fresh(found).city == ("Sopot" if status == 200 else "")


@pytest.mark.parametrize(
    "field", ["stage", "owner", "campaign", "received_at", "external_id", "handed_off_at"]
)
def test_a_correction_cannot_move_a_lead_along(api: Api, field: str) -> None:
    found = lead()
    answer = api(person("marketer")).patch(url(found), {field: 1, "version": 1})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {field: ["This cannot be set here."]}
    assert fresh(found).version == 1


# ------------------------------------------------------------------------------------------------ working


def test_a_rep_works_a_lead_from_call_to_win(api: Api) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    client = api(rep)
    call = client.post(url(found, "activities/"), {"kind": "call", "outcome": "no_answer", "minutes": 3})
    assert (call.status_code, call.json()["minutes"]) == (201, 3)
    assert fresh(found).next_step_at is not None, "the next try is planned as agreed"
    at = (timezone.now() + timedelta(days=2)).isoformat()
    steps: list[tuple[str, dict[str, Any], str, Any]] = [
        ("next-step/", {"at": at, "text": "Send prices"}, "next_step", "Send prices"),
        ("mark/", {"value": "promising"}, "mark", "promising"),
        ("mark/", {"value": "qualified"}, "stage", "qualified"),
        ("lose/", {"reason": "no_budget"}, "stage", "lost"),
        ("reopen/", {"note": "They called"}, "stage", "qualified"),
        ("win/", {"amount": "12500.00"}, "amount", "12500.00"),
    ]
    for action, sent, field, value in steps:
        answer = client.post(url(found, action), sent)
        assert answer.status_code == 200, (action, answer.content)
        assert answer.json()[field] == value
    assert [one["kind"] for one in client.get(url(found, "activities/")).json()["results"]] == ["call"]


def test_a_mark_can_be_taken_back(api: Api) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    client = api(rep)
    client.post(url(found, "mark/"), {"value": "qualified"})
    assert client.delete(url(found, "mark/")).json()["mark"] == "none"
    assert client.delete(url(found, "mark/")).status_code == 422


def test_a_second_mark_by_someone_else_is_a_conflict(api: Api) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    seen = fresh(found).version
    api(rep).post(url(found, "mark/"), {"value": "qualified", "version": seen})
    reason = {"value": "not_a_fit", "reason": "no_budget", "version": seen}
    answer = api(person("head_of_sales")).post(url(found, "mark/"), reason)
    assert answer.status_code == 409
    assert answer.json()["context"]["by"] == rep.name
    assert fresh(found).mark == "qualified"


def test_answers_measure_the_lead(api: Api) -> None:
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": 1000}]
    )
    rep = person("rep")
    found = lead(owner=rep)
    client = api(rep)
    assert client.get(url(found, "answers/")).json()["known"] == 0
    said = client.post(url(found, "answers/"), {"key": "budget", "value": 5000}).json()
    assert (said["is_met"], said["answers"][0]["value"]) == (True, "5000")
    assert client.post(url(found, "answers/"), {"key": "budget", "value": None}).json()["known"] == 0
    assert client.post(url(found, "answers/"), {"key": "shoes", "value": 1}).status_code == 422


def test_a_lead_is_handed_over_returned_and_noted(api: Api) -> None:
    rep, marketer, found = person("rep"), person("marketer"), lead()
    assert api(marketer).post(url(found, "handoff/"), {"to": rep.pk}).json()["owner"]["id"] == rep.pk
    other = person("rep")
    assert api(marketer).post(url(found, "handoff/"), {"to": other.pk}).status_code == 403
    assert api(rep).post(url(found, "return/"), {"reason": "incomplete"}).json()["owner"] is None
    assert api(marketer).post(url(found, "handoff/"), {"to": None}).json()["owner"] is not None
    assert api(marketer).post(url(found, "handoff/"), {"to": None}).status_code == 422
    assert api(marketer).post(url(found, "handoff/"), {"to": 10**18}).status_code == 422
    assert api(marketer).post(url(found, "notes/"), {"text": "Prefers mail"}).status_code == 201
    assert api(marketer).post(url(found, "notes/"), {"text": " "}).status_code == 422


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("mark/", {"value": "qualified"}),
        ("activities/", {"kind": "call"}),
        ("win/", {"amount": "1.00"}),
        ("lose/", {"reason": "no_budget"}),
        ("reopen/", {"note": "x"}),
        ("next-step/", {"at": None}),
        ("return/", {"reason": "incomplete"}),
        ("notes/", {"text": "x"}),
        ("handoff/", {"to": 1}),
        ("answers/", {"key": "a", "value": 1}),
    ],
)
def test_a_stranger_works_no_lead_and_nothing_changes(api: Api, action: str, sent: dict[str, Any]) -> None:
    found = lead(owner=person("rep"))
    before = (fresh(found).version, LeadEvent.objects.count(), Activity.objects.count())
    for role in ("rep", "director"):
        stranger = person(role)
        if action == "handoff/":
            sent = {"to": stranger.pk}
        answer = api(stranger).post(url(found, action), sent)
        assert answer.status_code == 403, answer.content
        assert answer["Content-Type"] == "application/problem+json"
    assert (fresh(found).version, LeadEvent.objects.count(), Activity.objects.count()) == before


# ------------------------------------------------------------------------------------------------ who gets in


def test_scopes_of_tokens(api: Api) -> None:
    rep_head = person("marketer", "head_of_sales")
    found = lead(owner=rep_head)
    read, log = api(rep_head, scope="read"), api(rep_head, scope="log")
    assert read.get(LEADS).status_code == 200
    assert read.post(LEADS, body()).status_code == 403
    assert read.patch(url(found), {"city": "x", "version": 2}).status_code == 403
    assert log.post(LEADS, body()).status_code == 201
    for client in (read, log):
        assert client.post(url(found, "mark/"), {"value": "qualified"}).status_code == 403
        assert client.post(url(found, "notes/"), {"text": "x"}).status_code == 403
        assert client.post(url(found, "handoff/"), {"to": rep_head.pk}).status_code == 403
    assert fresh(found).mark == "none"


def test_without_sign_in_there_is_a_way_to_sign_in(api: Api) -> None:
    for client in (api(None), APIClient(headers={"authorization": "Bearer lsk_wrong"})):
        for address in (LEADS, "/api/v1/me/", "/api/schema/", "/api/v1/funnel/?by=month"):
            answer = client.get(address)
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert answer["Content-Type"] == "application/problem+json"


def test_a_token_says_when_it_was_used(api: Api) -> None:
    someone = person("rep")
    assert api(someone, scope="read").get("/api/v1/me/").status_code == 200
    assert ApiToken.objects.get(person=someone).used_at is not None


def test_a_session_needs_its_csrf_token() -> None:
    marketer = person("marketer")
    client = Client(enforce_csrf_checks=True)
    assert client.login(email=marketer.email, password=PASSWORD)
    assert client.get(LEADS).status_code == 200
    answer = client.post(LEADS, body(), content_type="application/json")
    assert answer.status_code == 403
    assert not Lead.objects.exists()


def test_too_many_requests_are_put_off(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PersonThrottle, "rate", "2/min", raising=False)
    someone = person("rep")
    client = api(someone)
    assert [client.get("/api/v1/me/").status_code for _ in range(3)] == [200, 200, 429]
    answer = api(someone).get("/api/v1/me/")
    assert answer.status_code == 429, "another token of the same person does not help"
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["status"] == 429
    assert api(person("rep")).get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("put", LEADS, 405),
        ("delete", LEADS, 405),
        ("get", f"{LEADS}999999999/", 404),
        ("get", f"{LEADS}{'9' * 30}/", 404),
        ("get", f"{LEADS}abc/", 404),
        ("post", f"{LEADS}999999999/mark/", 404),
        ("get", "/api/v1/nowhere/", 404),
    ],
)
def test_what_is_not_there_is_a_problem_too(api: Api, method: str, address: str, status: int) -> None:
    client = api(person("head_of_sales"))
    answer = getattr(client, method)(address, {"value": "qualified"})
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
