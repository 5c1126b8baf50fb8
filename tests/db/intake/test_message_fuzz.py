"""Whatever bytes come: an answer below 500, and what proved its sender is kept."""

import base64
import copy
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Lead
from leadsync.intake.domain import generic
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors import inbox
from leadsync.intake.selectors import sources as source_selectors
from leadsync.intake.services import sources, waiting
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eevil",
    "1e400",
    "=1+1",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "x" * 30_000,
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
    [None, {"x": 1}],
]
RAW = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b"\x00\x01\x02",
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"1" * 10_000,
    b'{"n": ' + b"9" * 6_000 + b"}",
    b'{"n": 1e400, "m": NaN, "o": -Infinity}',
    b'"\\ud800"',
    b"a=1&b=2",
    b'{"name": "Eva"',
    b'[{"name": "A"}, 7, null, [1], "x", {"name": "B"}]',
]


@pytest.fixture
def every(db: None) -> dict[str, Source]:
    CompanyFactory()
    by, to = person("marketer"), campaign()
    made = {kind: sources.create(kind=kind, name=kind, campaign=to, by=by) for kind in Source.Kind.values}
    made["meta"] = sources.set_credentials(source=made["meta"], by=by, secret="app-secret", access_token="")
    return made


def send(client: Client, source: Source, body: bytes, number: int = 0) -> int:
    """The message, proved to be theirs in the way of its kind."""
    stamp, name = str(int(time.time())), f"m{number}"
    mac = hmac.new(source.secret.encode(), body, "sha256")
    made = generic.signature(secret=source.secret, message_id=name, timestamp=stamp, body=body)
    headers = {
        "x-hub-signature-256": f"sha256={mac.hexdigest()}",
        "typeform-signature": f"sha256={base64.b64encode(mac.digest()).decode()}",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{made}",
    }
    return client.post(
        f"/in/{source.key}/", body, content_type="application/json", headers=headers
    ).status_code


def looked_at(source: Source) -> None:
    """Everything of the source as pages show it."""
    source_selectors.seen(source)
    for payload in Payload.objects.filter(source=source).select_related("source__campaign", "form", "lead"):
        inbox.opened(payload)


@pytest.mark.parametrize("kind", Source.Kind.values)
def test_no_bytes_are_a_fault(client: Client, every: dict[str, Source], kind: str) -> None:
    source = every[kind]
    for number, body in enumerate(RAW):
        status = send(client, source, body, number)
        assert status in ({403} if kind == "google" else {200}), body[:40]
    waiting.work()
    looked_at(source)
    if kind != "google":  # whose key lies in the message: what cannot be read proves nothing
        assert Payload.objects.filter(source=source).count() >= len(RAW) - 1


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*path, name))


def changed(message: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The message with something else in one place."""
    if not path:
        return value
    made = copy.deepcopy(message)
    holder = made
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return made


def example(folder: Path, kind: str, source: Source) -> Any:
    name = {
        "google": "google_ads_test_1_full_name_custom_question.json",
        "meta": "meta_leadgen_webhook.json",
        "typeform": "typeform_form_response.json",
        "generic": "hubspot_contacts_v3.json",
    }[kind]
    found = json.loads((folder / "lead_form_payloads" / name).read_text())
    return found | {"google_key": source.secret, "is_test": False} if kind == "google" else found


@pytest.mark.parametrize("kind", Source.Kind.values)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_something_odd_at_any_place_of_a_message_is_no_fault(
    client: Client, every: dict[str, Source], shared_data: Path, kind: str, data: st.DataObject
) -> None:
    source = every[kind]
    message = example(shared_data, kind, source)
    path = data.draw(st.sampled_from(list(places(message))))
    value = data.draw(st.sampled_from(ODD))
    body = json.dumps(changed(message, path, value)).encode()
    status = send(client, source, body, data.draw(st.integers(0, 10**9)))
    assert status in {200, 403, 409}
    assert status == 200 or kind in {"google", "generic"}


@pytest.mark.parametrize("kind", ["google", "generic"])
def test_naughty_strings_are_kept_as_they_are_or_cleaned(
    client: Client, every: dict[str, Source], shared_data: Path, kind: str
) -> None:
    folder = shared_data / "blns"
    strings = json.loads(next(folder.rglob("blns.json")).read_text())
    source = every[kind]
    for number, text in enumerate(strings[::12]):
        columns = [
            {"column_id": "FULL_NAME", "string_value": text},
            {"column_id": "EMAIL", "string_value": f"n{number}@example.com"},
            {"column_id": text, "string_value": text},
        ]
        message: Any = {"lead_id": f"{number}", "user_column_data": columns, "google_key": source.secret}
        if kind == "generic":
            message = {"name": text, "email": f"n{number}@example.com", text: text}
        assert send(client, source, json.dumps(message).encode(), number) == 200
    assert not Payload.objects.filter(state="waiting").exists()
    assert Lead.objects.count() > 10
    looked_at(source)
