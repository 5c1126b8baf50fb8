"""A company, its administrator, and another program on loopback that hears of leads over real requests."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from leadsync.accounts.models import User
from leadsync.core import outgoing
from leadsync.hooks.domain.events import HookEvent
from leadsync.hooks.models import Endpoint
from leadsync.hooks.services import endpoints
from tests.factories.accounts import CompanyFactory, person

PUBLIC = "93.184.216.34"
ADDRESS = "http://crm.example.com/hook/SeCrEt"
ALL = [event.value for event in HookEvent]


@dataclass
class Message:
    """What arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_with(self, secret: str) -> bool:
        """Standard Webhooks, written down a second time."""
        key = base64.b64decode(secret.split("_", 1)[1])
        signed = b".".join(
            [self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"].split(" ") == [f"v1,{mac}"]


type Reply = tuple[int, dict[str, str], bytes]


class Receiver:
    """Keeps what it gets and answers as `reply` says, by default 200."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.reply: Callable[[Message], Reply] = lambda _message: (200, {}, b"ok")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                message = Message(self.path, headers, body)
                outer.got.append(message)
                status, more, content = outer.reply(message)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        """The same answer to everything from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.reply = lambda _message: (status, named, body)

    def ids(self) -> list[str]:
        return [message.json["id"] for message in self.got]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where names lead: what is not said is on the Internet; "inside…" is not."""
    found: dict[str, str] = {}
    ask = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host in {"127.0.0.1", "localhost"}:  # the servers that the tests themselves run on
            return ask(host, port, *args, **kwargs)
        ip = found.get(host) or ("10.0.0.5" if host.startswith("inside") else PUBLIC)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr("leadsync.core.outgoing.socket.getaddrinfo", resolve)
    return found


@pytest.fixture
def receiver(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, names: dict[str, str]
) -> Iterator[Receiver]:
    """The other program: every address that was found to be on the Internet leads to it."""
    settings.OUTGOING_ALLOWS_HTTP = True
    made = Receiver()

    def connect(_place: Any, seconds: float) -> socket.socket:
        found = socket.socket()
        found.settimeout(seconds)
        found.connect(("127.0.0.1", made.port))
        return found

    monkeypatch.setattr(outgoing, "_connect", connect)
    yield made
    made.stop()


@pytest.fixture
def admin(db: None) -> User:
    CompanyFactory.create()
    return person("administrator", name="Iga Zych", email="admin@example.com")


@pytest.fixture
def signed_in(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def an_endpoint(by: User, **values: Any) -> Endpoint:
    """An endpoint that hears everything."""
    return endpoints.create(by=by, **{"name": "CRM", "address": ADDRESS, "chosen": ALL} | values)


@pytest.fixture
def endpoint(admin: User, receiver: Receiver) -> Endpoint:
    return an_endpoint(admin)


def long_after(minutes: float = 10) -> Any:
    """Some time after now."""
    return timezone.now() + timedelta(minutes=minutes)
