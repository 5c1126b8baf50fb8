"""Messages of other programs: who is believed, what is kept, what becomes a lead, and that nothing sent is a fault."""

import base64
import hmac
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from leads.models import Arrival, Lead
from leads.services import arrivals
from leadsync.intake.domain import generic
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import handling, sources, waiting
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

EXAMPLES = "lead_form_payloads"


@pytest.fixture(autouse=True)
def company() -> None:
    CompanyFactory()


def a_source(kind: str, **fields: Any) -> Source:
    made = sources.create(kind=kind, name=f"{kind} form", campaign=campaign(), by=person("marketer"))
    if fields:
        Source.objects.filter(pk=made.pk).update(**fields)
        made.refresh_from_db()
    return made


def post(client: Client, source: Source, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/in/{source.key}/", data, content_type="application/json", headers=headers)


def signed(client: Client, source: Source, body: Any, message_id: str = "msg_1", **changes: Any) -> Any:
    """A message signed as Standard Webhooks says."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(changes.get("at", time.time())))
    made = generic.signature(
        secret=changes.get("secret", source.secret), message_id=message_id, timestamp=stamp, body=data
    )
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{made}"}
    return post(client, source, data, **headers)


def google(source: Source, **changes: Any) -> dict[str, Any]:
    columns = [
        {"column_id": "FULL_NAME", "string_value": "Eva Example"},
        {"column_id": "EMAIL", "string_value": "eva@example.com", "column_name": "User Email"},
    ]
    message = {"lead_id": "L-1", "user_column_data": columns, "google_key": source.secret, "is_test": False}
    return message | changes


def example(shared_data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / EXAMPLES / name).read_text())
    return found


# ------------------------------------------------------------------------------------------ Google


def test_a_google_lead_with_the_right_key_is_received_and_its_payload_kept(client: Client) -> None:
    source = a_source("google")
    answer = post(client, source, google(source, gcl_id="G1", campaign_id=12345678901234567890))
    assert (answer.status_code, answer.content) == (200, b"ok")
    lead, payload = Lead.objects.get(), Payload.objects.get()
    assert (lead.name, lead.email, lead.campaign) == ("Eva Example", "eva@example.com", source.campaign)
    assert (payload.state, payload.lead, payload.external_id) == ("taken", lead, "L-1")
    arrival = Arrival.objects.get()
    assert payload.arrival == arrival
    assert arrival.door == "webhook"
    assert arrival.payload["gcl_id"] == "G1"
    assert arrival.payload["campaign_id"] == "12345678901234567890"  # no program in between rounds it


def test_the_key_is_nowhere_in_what_is_kept(client: Client) -> None:
    source = a_source("google")
    post(client, source, google(source))
    escaped = json.dumps(google(source, lead_id="L-2")).replace(
        source.secret, f"\\u{ord(source.secret[0]):04x}{source.secret[1:]}"
    )
    post(client, source, escaped.encode())
    assert Payload.objects.count() == 2
    for payload in Payload.objects.all():
        assert source.secret[1:] not in payload.body
    assert source.secret not in json.dumps([one.payload for one in Arrival.objects.all()])


@pytest.mark.parametrize("key", ["", "wrong", None, 7, ["x"], "\ud800", "ключ"])
def test_a_wrong_key_is_refused_and_only_the_refusal_is_noted(client: Client, key: Any) -> None:
    source = a_source("google")
    answer = post(client, source, google(source, google_key=key))
    assert (answer.status_code, answer.content) == (403, b"refused")
    source.refresh_from_db()
    assert (source.refusal, source.heard_at) == ("wrong_key", None)
    assert source.refused_at is not None
    assert not Payload.objects.exists()
    assert not Lead.objects.exists()


def test_for_a_day_after_a_renewal_both_keys_are_right_unless_the_old_one_is_void(client: Client) -> None:
    source, by = a_source("google"), person("marketer")
    old = source.secret
    sources.renew_secret(source=source, by=by)
    source.refresh_from_db()
    assert post(client, source, google(source, google_key=old)).status_code == 200
    assert post(client, source, google(source, lead_id="L-2")).status_code == 200
    Source.objects.update(old_secret_until_at=timezone.now() - timedelta(seconds=1))
    assert post(client, source, google(source, google_key=old, lead_id="L-3")).status_code == 403
    sources.renew_secret(source=source, by=by, is_old_void=True)
    assert post(client, source, google(source, lead_id="L-4")).status_code == 403


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("google_ads_test_1_full_name_custom_question.json", "FirstName LastName"),
        ("google_ads_test_2_split_name_free_text_column_id.json", "FirstName LastName"),
        ("google_ads_test_3_work_email_only.json", "FirstName LastName"),
    ],
)
def test_googles_test_data_arrives_as_a_test_and_as_a_lead_once_it_is_none(
    client: Client, shared_data: Path, name: str, read: str
) -> None:
    source = a_source("google")
    body = example(shared_data, name) | {"google_key": source.secret}
    assert post(client, source, body).status_code == 200
    assert Payload.objects.get().state == "test"
    assert not Lead.objects.exists()
    assert post(client, source, body | {"is_test": False}).status_code == 200
    lead = Lead.objects.get()
    assert lead.name == read
    assert lead.email in {"test@example.com", "work-test@example.com"}


def test_the_private_address_goes_before_the_one_at_work(client: Client) -> None:
    source = a_source("google")
    columns = [
        {"column_id": "WORK_EMAIL", "string_value": "work@example.com"},
        {"column_id": "EMAIL", "string_value": "me@example.com"},
        {"column_id": "FULL_NAME", "string_value": "Eva"},
    ]
    post(client, source, google(source, user_column_data=columns))
    assert Lead.objects.get().email == "me@example.com"


def test_the_time_of_submission_is_when_the_lead_came(client: Client) -> None:
    source = a_source("google")
    post(client, source, google(source, lead_submit_time="2026-03-01T08:30:00Z"))
    assert Lead.objects.get().received_at.isoformat() == "2026-03-01T08:30:00+00:00"


# ------------------------------------------------------------------------------------------ once


def test_the_same_message_again_is_the_same_message(client: Client) -> None:
    source = a_source("google")
    for _n in range(3):
        assert post(client, source, google(source)).status_code == 200
    payload = Payload.objects.get()
    assert (payload.times, payload.state) == (3, "taken")
    assert Arrival.objects.count() == 1


def test_the_same_id_in_another_message_is_no_new_arrival(client: Client) -> None:
    source = a_source("google")
    post(client, source, google(source))
    post(client, source, google(source, lead_stage="QUALIFIED"))
    assert Arrival.objects.count() == 1
    first, second = Payload.objects.order_by("id")
    assert (second.state, second.lead, second.arrival) == ("taken", first.lead, first.arrival)


def test_somebody_known_by_mail_arrives_again_and_the_id_is_remembered(client: Client) -> None:
    source = a_source("google")
    post(client, source, google(source))
    post(client, source, google(source, lead_id="L-2"))
    post(client, source, google(source, lead_id="L-2", lead_stage="X"))
    assert Lead.objects.count() == 1
    assert Arrival.objects.count() == 2


# ------------------------------------------------------------------------------------------ unreadable


def test_what_cannot_be_read_is_kept_told_and_taken_once_the_mapping_is_right(client: Client) -> None:
    source = a_source("generic")
    owner = source.campaign.owner
    answer = signed(client, source, {"wer": "Eva", "wo": "eva@example.com"})
    assert answer.status_code == 200
    payload = Payload.objects.get()
    assert payload.state == "unreadable"
    assert payload.reason["code"] == "row"
    alert = Alert.objects.get(kind="unreadable_messages")
    assert (alert.resolved_at, alert.context["count"]) == (None, 1)
    assert Notice.objects.filter(kind="unreadable_messages", recipient=owner).count() == 1
    signed(client, source, {"wer": "Jan", "wo": "jan@example.com"}, "msg_2")
    assert Alert.objects.filter(kind="unreadable_messages").count() == 1
    assert Notice.objects.filter(kind="unreadable_messages").count() == 1
    sources.set_mapping(source=source, mapping={"wer": "name", "wo": "email"}, by=owner)
    assert handling.retry_all(by=owner, source=source) == 2
    waiting.work()
    assert {one.email for one in Lead.objects.all()} == {"eva@example.com", "jan@example.com"}
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_not_json_is_kept_as_it_came_with_the_place(client: Client) -> None:
    source = a_source("generic")
    assert signed(client, source, b'{"name": "Eva",\n "email" }').status_code == 200
    payload = Payload.objects.get()
    assert payload.reason == {"code": "not_json", "place": "2:10"}
    assert payload.body == '{"name": "Eva",\n "email" }'


def test_a_second_number_that_is_wrong_loses_nobody(client: Client) -> None:
    source = a_source("google")
    columns = [
        *google(source)["user_column_data"],
        {"column_id": "PHONE_NUMBER", "string_value": "12"},
        {"column_id": "COUNTRY", "string_value": "Atlantis"},
    ]
    post(client, source, google(source, user_column_data=columns))
    payload = Payload.objects.get()
    assert payload.state == "taken"
    assert {one["column"] for one in payload.reason["remarks"]} == {"Phone number", "Country"}
    assert Arrival.objects.get().payload["Phone number"] == "12"


def test_no_way_to_reach_somebody_who_wrote_one_is_for_a_person_to_mend(client: Client) -> None:
    source = a_source("google")
    columns = [
        {"column_id": "FULL_NAME", "string_value": "Eva"},
        {"column_id": "EMAIL", "string_value": "eva at home"},
    ]
    post(client, source, google(source, user_column_data=columns))
    payload = Payload.objects.get()
    assert payload.state == "unreadable"
    assert payload.reason["problems"][0]["column"] == "Email"


# ------------------------------------------------------------------------------------------ Typeform


def test_a_typeform_response_is_read_with_its_titles_and_consent(client: Client, shared_data: Path) -> None:
    source = a_source("typeform")
    body = json.dumps(example(shared_data, "typeform_form_response.json")).encode()
    proof = base64.b64encode(hmac.new(source.secret.encode(), body, "sha256").digest()).decode()
    assert post(client, source, body, **{"typeform-signature": f"sha256={proof}"}).status_code == 200
    lead = Lead.objects.get()
    assert (lead.name, lead.email) == ("Laura", "laura@example.com")
    consent = lead.consents.get()
    assert consent.text.startswith("By submitting this form")
    assert consent.at.isoformat() == "2018-01-18T18:17:02+00:00"
    assert Arrival.objects.get().payload["Which of these cities is your favorite?"] == "London"
    assert Payload.objects.get().external_id == "a3a12ec67a1365927098a606107fac15"
    forged = post(client, source, body + b" ", **{"typeform-signature": f"sha256={proof}"})
    assert forged.status_code == 403


def test_hidden_fields_of_typeform_count(client: Client) -> None:
    source = a_source("typeform")
    message = {
        "event_id": "E1",
        "form_response": {
            "token": "T1",
            "hidden": {"email": "h@example.com", "company": "Acme", "utm_source": "x"},
        },
    }
    body = json.dumps(message).encode()
    proof = base64.b64encode(hmac.new(source.secret.encode(), body, "sha256").digest()).decode()
    post(client, source, body, **{"typeform-signature": f"sha256={proof}"})
    lead = Lead.objects.get()
    assert (lead.email, lead.company) == ("h@example.com", "Acme")


# ------------------------------------------------------------------------------------------ signed JSON


def test_signed_json_is_read_by_paths(client: Client) -> None:
    source = a_source("generic", mapping={"a[1].v": "name", "hint": "need", "x": ""})
    body = {"contact": {"email": "eva@example.com"}, "a": [{"v": "no"}, {"v": "Eva"}], "hint": ["b", "c"]}
    assert signed(client, source, body).status_code == 200
    lead = Lead.objects.get()
    assert (lead.name, lead.email, lead.need) == ("Eva", "eva@example.com", "b, c")


def test_each_object_of_a_list_is_a_message_of_its_own(client: Client) -> None:
    source = a_source("generic")
    rows: list[Any] = [{"name": f"N {n}", "email": f"n{n}@example.com"} for n in range(3)]
    assert signed(client, source, [*rows, "odd", {}]).status_code == 200
    assert Lead.objects.count() == 3
    assert Payload.objects.filter(state="unreadable").count() == 2
    assert signed(client, source, [*rows, "odd", {}]).status_code == 200
    assert (Payload.objects.count(), Arrival.objects.count()) == (5, 3)


def test_the_same_words_under_another_id_are_interest_shown_once_more(client: Client) -> None:
    source = a_source("generic")
    body = {"name": "Eva", "email": "eva@example.com"}
    signed(client, source, body, "a")
    signed(client, source, {"email": "eva@example.com", "name": "Eva"}, "a")  # tried again, in another order
    assert Arrival.objects.count() == 1
    signed(client, source, body, "b")
    assert (Lead.objects.count(), Arrival.objects.count()) == (1, 2)


def test_an_id_that_came_with_another_message_is_refused(client: Client) -> None:
    source = a_source("generic")
    signed(client, source, {"name": "Eva", "email": "eva@example.com"})
    answer = signed(client, source, {"name": "Mal", "email": "mal@example.com"})
    assert answer.status_code == 409
    source.refresh_from_db()
    assert source.refusal == "other_message"
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("minutes", [-6, 6, 60])
def test_a_captured_message_is_too_old_after_five_minutes(client: Client, minutes: int) -> None:
    source = a_source("generic")
    answer = signed(client, source, {"name": "Eva"}, at=time.time() + minutes * 60)
    assert answer.status_code == 403
    source.refresh_from_db()
    assert source.refusal == "too_old"
    assert not Payload.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "a", "webhook-timestamp": "now", "webhook-signature": "v1,x"},
        {"webhook-id": "a", "webhook-timestamp": "9" * 12, "webhook-signature": "v1,ż ,, v1a"},
        {"webhook-id": "x" * 999, "webhook-timestamp": "1", "webhook-signature": "v1,x"},
    ],
)
def test_what_is_not_signed_is_refused(client: Client, headers: dict[str, str]) -> None:
    source = a_source("generic")
    assert post(client, source, {"name": "Eva"}, **headers).status_code == 403
    assert not Payload.objects.exists()


def test_a_test_of_signed_json_is_a_test(client: Client) -> None:
    source = a_source("generic")
    signed(client, source, {"name": "Eva", "email": "eva@example.com", "is_test": True})
    assert Payload.objects.get().state == "test"
    assert not Lead.objects.exists()


# ------------------------------------------------------------------------------------------ doors


def test_who_has_no_secret_yet_believes_nobody(client: Client) -> None:
    source = a_source("meta")
    proof = hmac.new(b"", b"{}", "sha256").hexdigest()
    answer = post(client, source, b"{}", **{"x-hub-signature-256": f"sha256={proof}"})
    assert answer.status_code == 403
    source.refresh_from_db()
    assert source.refusal == "no_secret"


def test_a_message_over_a_megabyte_is_refused(client: Client) -> None:
    source = a_source("google")
    assert post(client, source, b"x" * (1024 * 1024 + 1)).status_code == 413
    source.refresh_from_db()
    assert source.refusal == "too_long"


def test_an_address_that_is_none_and_other_methods(client: Client) -> None:
    source = a_source("google")
    assert client.post("/in/nobody/", b"{}", content_type="application/json").status_code == 404
    assert client.get(f"/in/{source.key}/").status_code == 404
    assert client.put(f"/in/{source.key}/").status_code == 405


def test_a_flood_of_forgeries_writes_once(client: Client, django_assert_max_num_queries: Any) -> None:
    source = a_source("google")
    post(client, source, google(source, google_key="no"))
    source.refresh_from_db()
    noted = source.refused_at
    for _n in range(3):
        post(client, source, google(source, google_key="no"))
    source.refresh_from_db()
    assert source.refused_at == noted


def test_switched_off_it_keeps_what_comes_and_makes_leads_of_it_once_on(client: Client) -> None:
    source, by = a_source("google"), person("marketer")
    sources.switch(source=source, is_on=False, by=by)
    assert post(client, source, google(source)).status_code == 200
    waiting.work()
    payload = Payload.objects.get()
    assert (payload.state, payload.reason["code"]) == ("waiting", "off")
    assert not Lead.objects.exists()
    sources.switch(source=source, is_on=True, by=by)
    waiting.work()
    assert Lead.objects.count() == 1


def test_a_campaign_that_has_ended_still_gets_its_leads(client: Client) -> None:
    source = a_source("google")
    source.campaign.state = "ended"
    source.campaign.save()
    post(client, source, google(source))
    assert Lead.objects.count() == 1


# ------------------------------------------------------------------------------------------ crashes


def test_what_was_kept_before_the_program_ended_is_taken_by_a_worker_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_source("google")

    def ended(**_given: Any) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(arrivals, "receive_many", ended)
        assert post(client, source, google(source)).status_code == 200
    assert Payload.objects.get().state == "waiting"
    assert waiting.work() == 0  # not due yet: the page may still be at it
    later = timezone.now() + timedelta(minutes=2)
    assert waiting.work(at=later) == 1
    assert waiting.work(at=later) == 0
    assert (Payload.objects.get().state, Arrival.objects.count()) == ("taken", 1)


def test_a_fault_of_ours_in_one_message_holds_up_no_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, by = a_source("generic"), person("marketer")
    sources.switch(source=source, is_on=False, by=by)
    signed(client, source, [{"name": f"N {n}", "email": f"n{n}@example.com"} for n in range(5)])
    sources.switch(source=source, is_on=True, by=by)
    real = arrivals.receive_many

    def faulty(**given: Any) -> Any:
        if any(row.name == "N 2" for row in given["rows"]):
            raise ValueError("ours")
        return real(**given)

    monkeypatch.setattr(arrivals, "receive_many", faulty)
    now = timezone.now()
    for day in range(8):
        waiting.work(at=now + timedelta(days=day))
    assert Lead.objects.count() == 4
    left = Payload.objects.exclude(state="taken").get()
    assert (left.state, left.reason["code"]) == ("unreadable", "fault")


def test_many_waiting_take_no_more_statements_each(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    source, by = a_source("generic"), person("marketer")

    def wait_for(count: int, start: int) -> None:
        sources.switch(source=source, is_on=False, by=by)
        rows = [{"name": f"N {n}", "email": f"n{n}@example.com"} for n in range(start, start + count)]
        signed(client, source, rows, f"m{start}")
        sources.switch(source=source, is_on=True, by=by)

    wait_for(1, 0)
    with django_assert_max_num_queries(80) as found:
        waiting.work()
        few = len(found)
    wait_for(40, 100)
    with django_assert_max_num_queries(few + 2):
        waiting.work()
    assert Lead.objects.count() == 41
