"""Meta lead ads: the handshake, signed ids, and answers fetched by a worker with nobody on the line but this test."""

import hmac
import json
import logging
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leads.models import Arrival, Lead
from leadsync.accounts.models import User
from leadsync.core import outgoing
from leadsync.core.outgoing import Answer, Unreachable
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import sources, waiting
from leadsync.notices.models import Alert
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

TOKEN = "EAAG-secret-access-token"
SECRET = "app-secret-of-meta"


class Graph:
    """Stands for Meta's side: keeps what it is asked, answers what it is told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answer: Callable[[], Answer] = lambda: Answer(500, b"")

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        self.asked.append((url, dict(headers or {})))
        return self.answer()

    def says(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.answer = lambda: Answer(status, body)


@pytest.fixture(autouse=True)
def graph(monkeypatch: pytest.MonkeyPatch) -> Graph:
    made = Graph()
    monkeypatch.setattr(outgoing, "get", made.get)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: pytest.fail("a name was looked up"))
    CompanyFactory()
    return made


@pytest.fixture
def by(db: None) -> User:
    return person("marketer")


@pytest.fixture
def source(by: User) -> Source:
    made = sources.create(kind="meta", name="Meta", campaign=campaign(), by=by)
    return sources.set_credentials(source=made, by=by, secret=SECRET, access_token=TOKEN)


def post(client: Client, source: Source, body: Any, secret: str = SECRET) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    proof = "sha256=" + hmac.new(secret.encode(), data, "sha256").hexdigest()
    return client.post(
        f"/in/{source.key}/", data, content_type="application/json", headers={"x-hub-signature-256": proof}
    )


def told(*numbers: int) -> dict[str, Any]:
    changes = [{"field": "leadgen", "value": {"leadgen_id": n, "form_id": 7, "page_id": 8}} for n in numbers]
    return {"object": "page", "entry": [{"id": "8", "time": 1, "changes": changes}]}


def answers(number: int = 1, **values: str) -> dict[str, Any]:
    given = {"full_name": "Joe Example", "email": f"joe{number}@example.com"} | values
    return {
        "id": str(number),
        "created_time": "2026-02-28T08:49:14+0000",
        "field_data": [{"name": name, "values": [value]} for name, value in given.items()],
    }


# ------------------------------------------------------------------------------------------ handshake


def test_the_handshake_gives_the_challenge_back_to_who_knows_the_token(
    client: Client, source: Source
) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": source.verify_token, "hub.challenge": "1158201444"}
    answer = client.get(f"/in/{source.key}/", asked)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")
    source.refresh_from_db()
    assert source.heard_at is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>alert(1)</script>"},
        {"hub.challenge": "9" * 201},
        {"hub.verify_token": "\x00ż"},
    ],
)
def test_a_handshake_that_is_not_theirs_is_refused(
    client: Client, source: Source, changed: dict[str, str]
) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": source.verify_token, "hub.challenge": "1"}
    answer = client.get(f"/in/{source.key}/", asked | changed)
    assert (answer.status_code, answer.content) == (403, b"refused")


# ------------------------------------------------------------------------------------------ messages


def test_ids_are_kept_one_by_one_and_fetched_by_the_worker(
    client: Client, source: Source, graph: Graph
) -> None:
    assert post(client, source, told(6000000000001, 6000000000002)).status_code == 200
    assert (Payload.objects.filter(state="waiting").count(), graph.asked) == (2, [])
    graph.says(answers(car_make="Honda"))
    assert waiting.work() == 2
    assert Lead.objects.get().name == "Joe Example"  # the same address twice is one lead
    assert Arrival.objects.count() == 2
    arrival = Arrival.objects.order_by("id")[0]
    assert (arrival.payload["Car make"], arrival.payload["form_id"]) == ("Honda", "7")
    assert {one.external_id for one in Payload.objects.all()} == {"6000000000001", "6000000000002"}
    assert post(client, source, told(6000000000001)).status_code == 200
    waiting.work()
    assert (len(graph.asked), Arrival.objects.count()) == (2, 2)


def test_metas_own_examples_are_read(client: Client, source: Source, graph: Graph, shared_data: Path) -> None:
    folder = shared_data / "lead_form_payloads"
    graph.answer = lambda: Answer(200, (folder / "meta_graph_lead.json").read_bytes())
    post(client, source, (folder / "meta_leadgen_webhook.json").read_bytes())
    waiting.work()
    lead = Lead.objects.get()
    assert (lead.name, lead.email) == ("Joe Example", "joe@example.com")
    assert lead.received_at.isoformat() == "2018-02-28T08:49:14+00:00"


def test_the_token_goes_into_a_header_and_nowhere_else(
    client: Client, source: Source, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    post(client, source, told(1))
    graph.says({"error": {"message": f"bad {TOKEN}", "code": 190}}, 400)
    with caplog.at_level(logging.DEBUG):
        waiting.work()
    url, headers = graph.asked[0]
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in url
    assert SECRET not in url
    assert TOKEN not in caplog.text
    kept = json.dumps(list(Payload.objects.values("body", "reason")))
    assert TOKEN not in kept + json.dumps(list(Alert.objects.values("context", "url")))


def test_a_token_that_expired_is_told_and_a_new_one_fetches_what_waited(
    client: Client, source: Source, graph: Graph, by: User
) -> None:
    post(client, source, told(1))
    graph.says({"error": {"code": 190, "error_subcode": 463}}, 400)
    now = timezone.now()
    for hours in range(30):
        waiting.work(at=now + timedelta(hours=2 * hours))
    payload = Payload.objects.get()
    assert (payload.state, payload.reason["code"]) == ("waiting", "token_expired")
    alert = Alert.objects.get(kind="source_token")
    assert alert.url == f"/settings/sources/{source.pk}/"
    graph.says(answers())
    sources.set_credentials(source=source, by=by, access_token="new-token")
    waiting.work()
    assert Lead.objects.count() == 1
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert graph.asked[-1][1]["Authorization"] == "Bearer new-token"


def test_a_meta_that_is_away_is_asked_again_with_pauses_and_given_up_visibly(
    client: Client, source: Source, graph: Graph
) -> None:
    def away() -> Answer:
        raise Unreachable("away")

    graph.answer = away
    post(client, source, told(1))
    now = timezone.now()
    assert waiting.work(at=now) == 1
    assert waiting.work(at=now + timedelta(seconds=50)) == 0
    for day in range(1, 12):
        waiting.work(at=now + timedelta(days=day))
    payload = Payload.objects.get()
    assert (payload.state, payload.reason["code"]) == ("unreadable", "not_fetched")
    assert len(graph.asked) == 8
    assert Alert.objects.filter(kind="unreadable_messages", resolved_at=None).count() == 1


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"code": 100, "error_subcode": 33}}, "gone"),
        (400, {"error": {"code": 10}}, "not_allowed"),
        (403, {"error": {"code": 200}}, "not_allowed"),
        (400, {"error": {"code": 4}}, "busy"),
        (503, {}, "busy"),
        (200, {"field_data": "odd"}, "busy"),
        (200, [], "busy"),
        (400, {"error": {"code": "1e400"}}, "busy"),
    ],
)
def test_each_refusal_of_meta_is_said_in_a_word_of_its_own(
    client: Client, source: Source, graph: Graph, status: int, body: Any, code: str
) -> None:
    graph.says(body, status)
    post(client, source, told(1))
    waiting.work()
    assert Payload.objects.get().reason["code"] == code


def test_metas_test_lead_is_a_test(client: Client, source: Source, graph: Graph) -> None:
    graph.says(answers(email="test@meta.com", full_name="<test lead: dummy data for full_name>"))
    post(client, source, told(1))
    waiting.work()
    assert Payload.objects.get().state == "test"
    assert not Lead.objects.exists()


def test_a_message_that_tells_of_no_lead_is_kept_and_shown(client: Client, source: Source) -> None:
    assert (
        post(client, source, {"object": "page", "entry": [{"changes": [{"field": "feed"}]}]}).status_code
        == 200
    )
    waiting.work()
    payload = Payload.objects.get()
    assert (payload.state, payload.reason["code"]) == ("unreadable", "shape")


def test_a_message_signed_with_another_secret_leaves_nothing(client: Client, source: Source) -> None:
    assert post(client, source, told(1), secret="other").status_code == 403
    assert not Payload.objects.exists()


def test_a_worker_that_died_while_asking_is_followed_by_another_after_its_lease(
    client: Client, source: Source, graph: Graph
) -> None:
    post(client, source, told(1))

    def dies() -> Answer:
        raise KeyboardInterrupt

    graph.answer = dies
    now = timezone.now()
    with pytest.raises(KeyboardInterrupt):
        waiting.work(at=now)
    graph.says(answers())
    assert waiting.work(at=now + timedelta(minutes=4)) == 0
    assert waiting.work(at=now + timedelta(minutes=6)) == 1
    assert Arrival.objects.count() == 1
