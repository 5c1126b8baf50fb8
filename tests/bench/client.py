"""A small client that asks four things at a time and remembers how long each took.

Signing in goes through `requests`; measuring through `http.client`, whose own share of two busy cores is smaller.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

import requests

CONCURRENT = 4
AT_MOST_SECONDS = 45.0
# As behind the proxy that ends TLS: cookies are marked secure, forms need to come from the same site.
PROXIED = {"X-Forwarded-Proto": "https"}

type Ask = tuple[str, str, Mapping[str, Any] | None]  # method, or JSON for a POST of it; path; form


class Failed(Exception):
    """An answer that is none of those expected."""


@dataclass(slots=True)
class Times:
    """Milliseconds of each answer, and the processor's milliseconds that the server spent on all of them."""

    ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0

    def _at(self, share: float) -> float:
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def p50(self) -> float:
        return self._at(0.5)

    @property
    def p95(self) -> float:
        return self._at(0.95)


class Person:
    """Somebody signed in, with four connections at most."""

    def __init__(
        self, port: int, email: str, password: str, cpu_ms: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.port, self.cpu_ms = port, cpu_ms
        self.base = f"http://127.0.0.1:{port}"
        session = requests.Session()
        session.trust_env = False
        session.headers.update(PROXIED | {"Referer": f"https://127.0.0.1:{port}/"})
        page = session.get(f"{self.base}/accounts/login/", timeout=30)
        token = _token_in(page.text)
        _send_on_loopback(session)
        answer = session.post(
            f"{self.base}/accounts/login/",
            {"login": email, "password": password, "csrfmiddlewaretoken": token},
            timeout=30,
            allow_redirects=False,
        )
        if "sessionid" not in session.cookies:
            raise Failed(f"{email} could not sign in: {answer.status_code}")
        _send_on_loopback(session)
        self.session = session
        self.token = _token_in(session.get(f"{self.base}/settings/me/", timeout=30).text)
        self.headers = {
            **PROXIED,
            "Referer": f"https://127.0.0.1:{port}/",
            "Cookie": "; ".join(f"{one.name}={one.value}" for one in session.cookies),
        }

    def get(self, path: str) -> requests.Response:
        """One page, for looking at it."""
        return self.session.get(f"{self.base}{path}", timeout=60, allow_redirects=False)

    def post(self, path: str, **files: BinaryIO) -> str:
        """Send a form of a page, with files; the path that the answer leads to. Raises `Failed` at any other answer."""
        form = {"csrfmiddlewaretoken": self.token}
        _send_on_loopback(self.session)
        answer = self.session.post(
            f"{self.base}{path}", form, files=files or None, timeout=600, allow_redirects=False
        )
        if answer.status_code != 302:
            raise Failed(f"POST {path} answered {answer.status_code}: {answer.text[:300]!r}")
        return urlsplit(answer.headers["Location"]).path

    def measure(self, asks: Sequence[Ask], *, expect: Sequence[int] = (200,)) -> Times:
        """Ask all, four at a time. Raises `Failed` at any answer that is not expected, or when it takes too long."""
        times = Times()
        turn, lock = count(), threading.Lock()
        faults: list[str] = []
        end = time.monotonic() + AT_MOST_SECONDS

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                while not faults and time.monotonic() < end:
                    with lock:
                        number = next(turn)
                    if number >= len(asks):
                        return
                    took, fault = self._ask(connection, asks[number], expect)
                    if fault:
                        faults.append(fault)
                        return
                    with lock:
                        times.ms.append(took)
            except OSError as error:
                faults.append(repr(error))
            finally:
                connection.close()

        spent = self.cpu_ms()
        threads = [threading.Thread(target=work, daemon=True) for _ in range(CONCURRENT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(AT_MOST_SECONDS + 60)
        if faults:
            raise Failed(faults[0])
        times.cpu_ms = self.cpu_ms() - spent
        return times

    def _ask(
        self, connection: http.client.HTTPConnection, ask: Ask, expect: Sequence[int]
    ) -> tuple[float, str]:
        method, path, form = ask
        headers, body = dict(self.headers), None
        if method == "JSON":
            method = "POST"
            headers |= {"Content-Type": "application/json", "X-CSRFToken": self.token}
            body = json.dumps(form)
        elif form is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-CSRFToken": self.token,
                "HX-Request": "true",
                "HX-Target": "queue",
            }
            body = urlencode(form)
        started = time.perf_counter()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The server closed a connection that had rested; a browser would open another one, too.
            connection.close()
            started = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - started) * 1_000
        if answer.status not in expect:
            return took, f"{method} {path} answered {answer.status}: {content[:300]!r}"
        return took, ""


def _send_on_loopback(session: requests.Session) -> None:
    """Production marks its cookies as secure; this client sends them on loopback all the same."""
    for cookie in session.cookies:
        cookie.secure = False


def _token_in(page: str) -> str:
    mark = 'name="csrfmiddlewaretoken" value="'
    start = page.find(mark)
    if start < 0:
        return ""
    start += len(mark)
    return page[start : page.index('"', start)]


def in_turns(rounds: int, *works: Callable[[], Times]) -> list[Times]:
    """Do these in turns, so that a noisy minute of the machine falls on all of them alike."""
    sums = [Times() for _ in works]
    for _ in range(rounds):
        for total, work in zip(sums, works, strict=True):
            done = work()
            total.ms.extend(done.ms)
            total.cpu_ms += done.cpu_ms
    return sums
