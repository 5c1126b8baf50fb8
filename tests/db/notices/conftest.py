"""A company with known hours, a person, and a real mail server on loopback."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from pytest_django import Settings

from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, person


class Sink:
    """Keeps what arrives; refuses whom it is told to refuse."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.to: list[str] = []
        self.refused: set[str] = set()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        self.to += envelope.rcpt_tos
        return "250 OK"


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def smtp(settings: Settings) -> Iterator[Sink]:
    """A running mail server, and the settings that point at it."""
    sink = Sink()
    port: Future[int] = Future()
    stop: Future[Callable[[], object]] = Future()

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(lambda: SMTP(sink), "127.0.0.1", 0)
        stop.set_result(lambda: loop.call_soon_threadsafe(over.set))
        port.set_result(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port.result(timeout=10), "timeout": 5},
        }
    }
    yield sink
    stop.result(timeout=10)()
    thread.join()


@pytest.fixture
def anna(db: None) -> User:
    """A rep in Warsaw, where the company works Monday to Friday from 9 to 17."""
    CompanyFactory.create()
    return person("rep", name="Anna Nowak", email="anna@example.com")


@pytest.fixture
def jan(anna: User) -> User:
    return person("marketer", name="Jan Lis", email="jan@example.com")
