"""Leads that programs send, one or many: what becomes of each, and messages repeated under their key."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from leads.models import Arrival, Consent, IdempotencyKey, Lead, LeadEvent, Merge
from leads.services import upkeep
from leadsync.accounts.models import User
from leadsync.accounts.services import tokens
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

LEADS = "/api/v1/leads/"
KEY = {"Idempotency-Key": "order-1042"}


@pytest.fixture(autouse=True)
def company() -> Any:
    return CompanyFactory.create()


def program(by: User | None = None, scope: str = "all") -> APIClient:
    """A program with a token of this person, a marketer where none is named."""
    by = by or person("marketer")
    client = APIClient(raise_request_exception=False)
    _token, secret = tokens.create(by=by, name=f"program {by.tokens.count()}", scope=scope)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def one(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": f"Eva {number}", "email": f"eva{number}@example.com"} | more


# ------------------------------------------------------------------------------------------------ one lead


def test_consent_that_comes_with_a_lead_is_kept_with_its_words_place_and_time() -> None:
    said = {"text": "You may call me.", "place": "https://example.com/form", "at": "2026-03-01T10:00:00Z"}
    answer = program().post(LEADS, one(campaign=campaign().pk, consent=said))
    assert answer.status_code == 201, answer.content
    kept = Consent.objects.get(lead=answer.json()["id"])
    assert (kept.text, kept.place, kept.is_given, kept.door) == (said["text"], said["place"], True, "api")
    assert kept.at.isoformat() == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("consent", "field"),
    [({}, "text"), ({"text": ""}, "text"), ({"text": "a\x00"}, "text"), ({"text": "a", "by": 1}, "by")],
)
def test_consent_that_cannot_be_used_is_refused_by_name(consent: dict[str, Any], field: str) -> None:
    answer = program().post(LEADS, one(campaign=campaign().pk, consent=consent))
    assert answer.status_code == 422
    assert field in answer.json()["errors"]["consent"]
    assert not Lead.objects.exists()


def test_a_list_instead_of_a_batch_says_how_a_batch_looks() -> None:
    answer = program().post(LEADS, [one(campaign=campaign().pk)])
    assert answer.status_code == 422
    assert '"leads"' in answer.json()["errors"]["leads"][0]


# ------------------------------------------------------------------------------------------------ many leads


def test_a_batch_says_what_became_of_each_lead_in_the_order_sent() -> None:
    here, other = lead(email="here@example.com"), campaign()
    rows = [
        one(1),
        one(2, email="nonsense"),
        one(3, campaign=other.pk),
        {"email": "here@example.com", "name": "Here"},
        one(4, stage="won"),
        one(1, name="Eva once more"),
        "text",
        one(5, campaign=999_999),
        {"email": "nobody@example.com"},
    ]
    answer = program().post(LEADS, {"campaign": campaign().pk, "leads": rows})
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert [row["index"] for row in said["results"]] == list(range(len(rows)))
    assert [row["status"] for row in said["results"]] == [
        "created",
        "rejected",
        "created",
        "already_here",
        "rejected",
        "already_here",
        "rejected",
        "rejected",
        "rejected",
    ]
    assert (said["created"], said["already_here"], said["rejected"]) == (2, 2, 5)
    results = said["results"]
    assert results[3]["lead"] == here.pk
    assert results[5]["lead"] == results[0]["lead"]
    assert Lead.objects.get(pk=results[2]["lead"]).campaign == other
    assert [row["problem"]["pointer"] for row in results if row["problem"]] == [
        "/leads/1/email",
        "/leads/4/stage",
        "/leads/6",
        "/leads/7/campaign",
        "/leads/8/name",
    ]
    assert results[1]["problem"]["errors"] == {"email": ["This is not an e-mail address."]}
    assert Arrival.objects.filter(door="api").count() == 4


def test_a_batch_keeps_each_row_as_it_came() -> None:
    program().post(LEADS, {"campaign": campaign().pk, "leads": [one(1, need="A hall"), one(2)]})
    assert [arrival.payload for arrival in Arrival.objects.order_by("pk")] == [one(1, need="A hall"), one(2)]


def test_the_row_further_up_decides_whose_campaign_a_lead_is_of() -> None:
    first, second = campaign(), campaign()
    rows = [
        one(1, campaign=first.pk),
        one(2, campaign=second.pk),
        one(2, campaign=first.pk, name="Again"),
        one(2, campaign=second.pk, name="And again"),
    ]
    said = program().post(LEADS, {"leads": rows}).json()["results"]
    assert [row["status"] for row in said] == ["created", "created", "already_here", "already_here"]
    assert Lead.objects.get(email="eva2@example.com").campaign == second
    arrivals = Arrival.objects.filter(lead__email="eva2@example.com").order_by("pk")
    assert [arrival.campaign_id for arrival in arrivals] == [second.pk, first.pk, second.pk]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"leads": []}, "leads"),
        ({"leads": None}, "leads"),
        ({"leads": {"name": "Eva"}}, "leads"),
        ({"leads": [{"name": "Eva"}], "campaign": "x"}, "campaign"),
        ({"leads": [{"name": "Eva"}], "owner": 1}, "owner"),
        ({"leads": [{"name": "Eva"}] * 501}, "leads"),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(sent: dict[str, Any], field: str) -> None:
    answer = program().post(LEADS, sent)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Lead.objects.exists()


def test_a_row_without_a_campaign_anywhere_is_told_so() -> None:
    (row,) = program().post(LEADS, {"leads": [one()]}).json()["results"]
    assert row["problem"]["pointer"] == "/leads/0/campaign"


@pytest.mark.parametrize(
    "row",
    [
        {"name": "\ud800"},
        {"name": "a\x00b"},
        {"name": "Eva", "\ud800": 1},
        {"name": "Eva", "answers": {"n": float("inf")}},
        {"name": "Eva", "campaign": float("inf")},
        {"name": [[[["Eva"]]]]},
        {"name": "Eva", "received_at": "9999-12-31T23:59:59-12:00"},
        None,
        [],
        7,
    ],
)
def test_an_odd_row_is_refused_and_the_one_beside_it_is_saved(row: Any) -> None:
    raw = json.dumps({"campaign": campaign().pk, "leads": [row, one()]}).replace("Infinity", "1e400")
    answer = program().generic("POST", LEADS, raw, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert [one["status"] for one in answer.json()["results"]] == ["rejected", "created"]


def statements(client: APIClient, rows: list[dict[str, Any]]) -> int:
    with CaptureQueriesContext(connection) as seen:
        answer = client.post(LEADS, {"leads": rows})
    assert answer.json()["created"] == len(rows)
    return len(seen)


def test_a_batch_costs_the_same_number_of_statements_however_long() -> None:
    agreement_in_force(gate_size=10, gate_needed=1)
    person("rep", capacity=1000), person("rep", capacity=1000)
    first, second = campaign(), campaign()
    client = program()
    statements(client, [one(1, campaign=first.pk), one(2, campaign=second.pk)])
    few = statements(client, [one(3, campaign=first.pk), one(4, campaign=second.pk)])
    many = statements(client, [one(n, campaign=(first if n % 2 else second).pk) for n in range(1000, 1400)])
    assert many <= few


def test_a_token_for_logging_may_send_a_batch_and_one_for_reading_may_not() -> None:
    sent = {"campaign": campaign().pk, "leads": [one()]}
    assert program(scope="log").post(LEADS, sent).status_code == 200
    assert program(scope="read").post(LEADS, sent).status_code == 403
    assert program(person("rep")).post(LEADS, sent).status_code == 403


# ------------------------------------------------------------------------------------------------ repeated


def test_a_message_repeated_under_its_key_is_answered_as_the_first_time_and_nothing_happens() -> None:
    person("rep")
    client, sent = program(), one(campaign=campaign().pk)
    first = client.post(LEADS, sent, headers=KEY)
    before = (Arrival.objects.count(), LeadEvent.objects.count(), Notice.objects.count())
    second = client.post(LEADS, dict(reversed(sent.items())), headers=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert (Arrival.objects.count(), LeadEvent.objects.count(), Notice.objects.count()) == before


def test_a_key_with_another_message_is_refused() -> None:
    client, sent = program(), one(campaign=campaign().pk)
    client.post(LEADS, sent, headers=KEY)
    answer = client.post(LEADS, sent | {"name": "Somebody else"}, headers=KEY)
    assert answer.status_code == 422
    assert Arrival.objects.count() == 1


def test_a_key_is_its_persons_own() -> None:
    sent = one(campaign=campaign().pk)
    program().post(LEADS, sent, headers=KEY)
    answer = program().post(LEADS, sent, headers=KEY)
    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer
    assert Arrival.objects.count() == 2


def test_a_key_is_remembered_when_the_cache_is_lost(settings: Any) -> None:
    client, sent = program(), one(campaign=campaign().pk)
    first = client.post(LEADS, sent, headers=KEY)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert client.post(LEADS, sent, headers=KEY).json() == first.json()
    assert Arrival.objects.count() == 1


def test_a_repeated_batch_is_answered_row_by_row_as_the_first_time() -> None:
    client = program()
    sent = {"campaign": campaign().pk, "leads": [one(1), one(2, email="nonsense"), one(1, name="Again"), 7]}
    first, second = client.post(LEADS, sent, headers=KEY), client.post(LEADS, sent, headers=KEY)
    assert second["Idempotency-Replayed"] == "true"
    assert first.json()["created"] == 1
    said, again = first.json()["results"], second.json()["results"]
    assert [(row["status"], row["lead"]) for row in again] == [(row["status"], row["lead"]) for row in said]
    assert again[3] == said[3]
    assert Arrival.objects.count() == 2


def test_what_was_refused_as_a_whole_may_be_sent_again_put_right_under_the_same_key() -> None:
    client = program()
    sent = one(campaign=campaign().pk)
    assert client.post(LEADS, sent | {"email": "nonsense"}, headers=KEY).status_code == 422
    assert client.post(LEADS, sent, headers=KEY).status_code == 201


def test_a_key_that_is_too_long_is_refused() -> None:
    answer = program().post(LEADS, one(campaign=campaign().pk), headers={"Idempotency-Key": "k" * 201})
    assert answer.status_code == 422
    assert not Lead.objects.exists()


def test_a_crash_while_saving_keeps_neither_lead_nor_key(monkeypatch: pytest.MonkeyPatch) -> None:
    client, sent = program(), one(campaign=campaign().pk)
    with monkeypatch.context() as broken:
        broken.setattr(IdempotencyKey.objects, "update_or_create", None)
        assert client.post(LEADS, sent, headers=KEY).status_code == 500
    assert not Lead.objects.exists()
    assert client.post(LEADS, sent, headers=KEY).status_code == 201


def test_an_answer_that_never_reached_the_program_is_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client, sent = program(), one(campaign=campaign().pk)
    with monkeypatch.context() as broken:
        broken.setattr("leads.api.intake._marked", None)  # after what was saved
        assert client.post(LEADS, sent, headers=KEY).status_code == 500
    again = client.post(LEADS, sent, headers=KEY)
    assert again.status_code == 201
    assert again["Idempotency-Replayed"] == "true"
    assert Arrival.objects.count() == 1


def test_what_is_kept_of_a_message_is_ids_only() -> None:
    client = program()
    sent = {"campaign": campaign().pk, "leads": [one(1), {"eva@example.com": "Eva"}]}
    client.post(LEADS, sent, headers=KEY)
    kept = IdempotencyKey.objects.get()
    assert kept.answer == [[Lead.objects.get().pk, True], [None, False]]
    assert "eva" not in f"{kept.digest}{kept.message}{kept.answer}"


def test_a_repeated_message_finds_the_lead_that_its_own_was_merged_into() -> None:
    client, sent, survivor = program(), one(campaign=campaign().pk), lead()
    made = client.post(LEADS, sent, headers=KEY).json()["id"]
    Merge.objects.create(survivor=survivor, gone_id=made, at=timezone.now(), snapshot={})
    LeadEvent.objects.filter(lead=made).delete()
    Lead.objects.filter(pk=made).delete()
    again = client.post(LEADS, sent, headers=KEY)
    assert (again.status_code, again.json()["id"]) == (201, survivor.pk)


def test_a_repeated_message_whose_lead_is_gone_for_good_is_told_so() -> None:
    client, sent = program(), one(campaign=campaign().pk)
    made = client.post(LEADS, sent, headers=KEY).json()["id"]
    LeadEvent.objects.filter(lead=made).delete()
    Lead.objects.filter(pk=made).delete()
    assert client.post(LEADS, sent, headers=KEY).status_code == 409
    assert not Lead.objects.exists()


def test_after_a_day_a_key_is_forgotten_and_may_be_used_anew(time_machine: Any) -> None:
    client, to = program(), campaign()
    client.post(LEADS, one(1, campaign=to.pk), headers=KEY)
    now = timezone.now()
    assert upkeep.run(at=now + timedelta(hours=23)).forgotten == 0
    time_machine.move_to(now + timedelta(hours=24, minutes=1), tick=False)
    assert client.post(LEADS, one(2, campaign=to.pk), headers=KEY).status_code == 201
    assert upkeep.run(at=now + timedelta(hours=50)).forgotten == 1
    assert not IdempotencyKey.objects.exists()


# ------------------------------------------------------------------------------------------- odd bodies


def test_a_body_above_two_megabytes_is_refused_before_it_is_read() -> None:
    answer = program().post(LEADS, {"need": "x" * (2 * 1024 * 1024)})
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 413


def test_a_body_nested_deeper_than_any_of_ours_is_refused() -> None:
    deep = '{"leads": ' + "[" * 25 + "]" * 25 + "}"
    answer = program().generic("POST", LEADS, deep, content_type="application/json")
    assert answer.status_code == 400
