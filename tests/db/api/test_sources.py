"""Sources and messages over the API: the same rights and rules as on the pages."""

import json

import pytest

from leadsync.accounts.models import User
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import receiving, sources, waiting
from leadsync.intake.services.receiving import Sent
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

SOURCES = "/api/v1/sources/"
MESSAGES = "/api/v1/messages/"


@pytest.fixture
def marketer(db: None) -> User:
    return person("marketer")


@pytest.fixture
def source(marketer: User) -> Source:
    return sources.create(kind="google", name="Autumn", campaign=campaign(), by=marketer)


@pytest.fixture
def payload(source: Source) -> Payload:
    """A message in which nobody is named."""
    body = {
        "lead_id": "L1",
        "google_key": source.secret,
        "user_column_data": [
            {"column_id": "EMAIL", "string_value": "eva@example.com"},
            {"column_id": "who", "string_value": "Eva"},
        ],
    }
    receiving.receive(key=source.key, sent=Sent(json.dumps(body).encode(), {}))
    return Payload.objects.get()


def test_a_source_is_made_and_its_secret_is_not_shown(api: Api, marketer: User) -> None:
    to = campaign()
    made = api(marketer).post(SOURCES, {"kind": "google", "name": "X", "campaign": to.pk}, format="json")
    assert made.status_code == 201
    source = Source.objects.get()
    assert made.json()["address"].endswith(f"/in/{source.key}/")
    assert source.secret not in made.content.decode()
    assert made["ETag"] == '"1"'
    listed = api(marketer).get(SOURCES).json()["results"]
    assert [one["id"] for one in listed] == [source.pk]


@pytest.mark.parametrize("role", ["rep", "director"])
def test_who_may_not_edit_intake_sees_nothing(api: Api, source: Source, payload: Payload, role: str) -> None:
    caller = api(person(role))
    for path in (SOURCES, f"{SOURCES}{source.pk}/", MESSAGES, f"{MESSAGES}{payload.pk}/"):
        assert caller.get(path).status_code == 403
    for path in (f"{MESSAGES}{payload.pk}/drop/", f"{MESSAGES}{payload.pk}/try-again/"):
        assert caller.post(path).status_code == 403
    payload.refresh_from_db()
    assert payload.state == "unreadable"


def test_a_message_is_read_mapped_and_tried_again(
    api: Api, marketer: User, source: Source, payload: Payload
) -> None:
    caller = api(marketer)
    one = caller.get(f"{MESSAGES}{payload.pk}/").json()
    assert one["reasons"] == ["A name or a company is needed."]
    assert source.secret not in one["body"]
    assert (
        caller.get(MESSAGES, {"state": "unreadable", "source": source.pk}).json()["results"][0]["id"]
        == one["id"]
    )
    mapped = caller.post(f"{SOURCES}{source.pk}/mapping/", {"mapping": {"who": "name"}}, format="json")
    assert mapped.json()["mapping"] == {"who": "name"}
    done = caller.post(f"{MESSAGES}{payload.pk}/try-again/").json()
    assert (done["state"], done["lead"]) == ("taken", Payload.objects.get().lead_id)
    assert caller.post(f"{MESSAGES}{payload.pk}/try-again/").status_code == 409


def test_all_are_tried_again_by_the_worker(
    api: Api, marketer: User, source: Source, payload: Payload
) -> None:
    sources.set_mapping(source=source, mapping={"who": "name"}, by=marketer)
    done = api(marketer).post(f"{MESSAGES}try-again/", {"source": None}, format="json")
    assert done.json() == {"count": 1}
    waiting.work()
    payload.refresh_from_db()
    assert payload.state == "taken"


def test_a_message_is_dropped_and_brought_back(api: Api, marketer: User, payload: Payload) -> None:
    caller = api(marketer)
    assert caller.post(f"{MESSAGES}{payload.pk}/drop/").json()["state"] == "dropped"
    assert caller.post(f"{MESSAGES}{payload.pk}/bring-back/").json()["state"] == "unreadable"
    assert caller.post(f"{MESSAGES}{payload.pk}/bring-back/").status_code == 409


def test_a_source_is_switched_by_the_version_read(api: Api, marketer: User, source: Source) -> None:
    other = person("head_of_marketing")
    sources.edit(source=source, name="Y", campaign=source.campaign, by=other)
    path = f"{SOURCES}{source.pk}/switch/"
    assert api(marketer).post(path, {"is_on": False, "version": 1}, format="json").status_code == 409
    assert api(marketer).post(path, {"is_on": False, "version": 2}, format="json").json()["is_on"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "fax", "name": "X", "campaign": 1}, "kind"),
        ({"kind": "google", "name": " ", "campaign": 1}, "name"),
        ({"kind": "google", "name": "X", "campaign": 999}, "campaign"),
        ({"kind": "google", "name": "X", "campaign": 1, "secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_be_made_is_refused_by_field(
    api: Api, marketer: User, body: dict[str, object], field: str
) -> None:
    answer = api(marketer).post(SOURCES, body, format="json")
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
