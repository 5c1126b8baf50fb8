"""Personal data over the API: the same services and rights as the pages."""

import pytest
from rest_framework.test import APIClient

from leads.models import Consent
from leadsync.accounts.models import DataExport, User
from leadsync.accounts.services import tokens
from leadsync.privacy.models import Erasure
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import fresh, lead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory()


def program(by: User, scope: str = "all") -> APIClient:
    client = APIClient(raise_request_exception=False)
    _token, secret = tokens.create(by=by, name=scope, scope=scope)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("head_of_marketing", True),
        ("head_of_sales", True),
        ("administrator", True),
        ("marketer", False),
        ("rep", False),
        ("director", False),
    ],
)
def test_only_heads_and_administrators_may(role: str, may: bool) -> None:
    found = lead()
    client = program(person(role))
    wanted = 200 if may else 403
    for address in (f"personal-data/{found.pk}/", "erasures/", "exports/", "periods/"):
        assert client.get(f"/api/v1/{address}").status_code == wanted
    assert client.post(f"/api/v1/personal-data/{found.pk}/erase/", {}).status_code == wanted


def test_everything_about_one_person_is_read_and_recorded() -> None:
    found = lead(name="Zofia Nowak", email="zofia@one.example")
    head = person("head_of_sales")
    client = program(head)
    answer = client.get(f"/api/v1/personal-data/{found.pk}/").json()
    assert answer["tables"]["leads.Lead"][0]["email"] == "zofia@one.example"
    assert DataExport.objects.get().by == head
    listed = client.get("/api/v1/exports/").json()["results"]
    assert [(one["kind"], one["lead"], one["by"]["name"]) for one in listed] == [
        ("person_file", found.pk, head.name)
    ]
    assert client.get("/api/v1/exports/?person=999").json()["results"] == []
    assert client.get("/api/v1/personal-data/999/").status_code == 404


def test_erasing_is_done_once_on_the_version_that_was_read() -> None:
    found = lead(name="Zofia Nowak")
    client = program(person("head_of_sales"))
    address = f"/api/v1/personal-data/{found.pk}/erase/"
    assert client.post(address, {"version": 99}).status_code == 409
    refused = client.post(address, {"note": "Zofia Nowak asked"})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["note"])
    done = client.post(address, {"note": "By mail", "version": found.version}).json()
    assert (done["lead"], done["why"], done["note"]) == (found.pk, "request", "By mail")
    assert client.post(address, {}).status_code == 422
    shown = client.get(f"/api/v1/leads/{found.pk}/").json()
    assert shown["erased_at"] is not None
    assert (shown["name"], shown["email"]) == ("", "")
    assert [one["lead"] for one in client.get("/api/v1/erasures/").json()["results"]] == [found.pk]


def test_a_token_for_reading_erases_nobody() -> None:
    found = lead()
    client = program(person("head_of_sales"), "read")
    assert client.post(f"/api/v1/personal-data/{found.pk}/erase/", {}).status_code == 403
    assert fresh(found).erased_at is None


def test_who_never_became_a_lead_is_erased_by_address() -> None:
    found = lead(email="zofia@one.example")
    client = program(person("administrator"))
    address = "/api/v1/personal-data/erase-unlinked/"
    assert client.post(address, {"known_by": "zofia@one.example"}).status_code == 409
    assert client.post(address, {"known_by": "nobody"}).status_code == 422
    assert client.post(address, {"known_by": "far@away.example"}).json()["counts"] == {}
    assert fresh(found).email == "zofia@one.example"
    assert Erasure.objects.get().lead_id is None


def test_consents_are_listed_and_noted_by_who_works_the_lead() -> None:
    rep = person("rep")
    found = lead(owner=rep)
    client = program(rep)
    address = f"/api/v1/leads/{found.pk}/consents/"
    made = client.post(address, {"is_given": False, "text": "No more calls", "place": "By phone"})
    assert (made.status_code, made.json()["by"]["name"]) == (201, rep.name)
    assert [one["text"] for one in client.get(address).json()["results"]] == ["No more calls"]
    assert (
        client.post(address, {"is_given": True, "text": "x", "at": "2199-01-01T00:00:00Z"}).status_code == 422
    )
    assert client.post(address, {"text": "x"}).status_code == 422
    assert program(person("rep")).post(address, {"is_given": True, "text": "x"}).status_code == 403
    assert Consent.objects.count() == 1


def test_periods_are_read_by_heads_and_said_by_administrators() -> None:
    typed = {"keep_months": 24, "keep_won_months": None}
    assert program(person("head_of_sales")).put("/api/v1/periods/", typed).status_code == 403
    client = program(person("administrator"))
    said = client.put("/api/v1/periods/", typed).json()
    assert (said["keep_months"], said["keep_won_months"]) == (24, None)
    assert [one["kept"] for one in said["due"]] == ["other", "held"]
    assert client.put("/api/v1/periods/", {"keep_months": 0, "keep_won_months": None}).status_code == 422
    assert client.put("/api/v1/periods/", {}).status_code == 422
