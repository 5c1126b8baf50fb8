"""The one way out: requests to addresses that people typed. They never reach inside of the network.

An address is taken apart and checked as text, its name is resolved once, every answer of the resolver is checked, and
the connection goes to exactly the address that was checked, so that a name which answers differently a moment later
wins nothing. The certificate and the `Host` header stay those of the name. Redirects are followed by hand, each checked
like the first address. No proxy of the environment is used: it would resolve the name by itself.

Reasons never hold more of an address than its host: the rest of a webhook's address is a secret.
"""

import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna
import requests
import urllib3
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from leadsync.core.errors import DomainError

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0  # between two pieces of an answer
TOTAL_SECONDS: Final = 15.0  # of one request with its redirects, the resolver included
MOST_REDIRECTS: Final = 3
MOST_BYTES: Final = 64 * 1024
LONGEST_ADDRESS: Final = 2_000

PORTS: Final = {"https": frozenset({443, 8443}), "http": frozenset({80})}

type Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
type Place = tuple[int, tuple[Any, ...]]  # family and socket address, as the resolver gives them


class Unreachable(DomainError):
    """The address may not be used, or nobody answered there in time. `message` says why, for the form."""

    code = "unreachable"
    http_status = 422

    def __init__(self, message: str, *, is_refused: bool = False, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.is_refused = is_refused  # by our rules, before any packet left


def _refuse(message: str) -> Unreachable:
    return Unreachable(message, is_refused=True)


# ---------------------------------------------------------------------------------------------- addresses as text


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: what goes to the resolver, to the certificate check, and into the request line."""

    scheme: str
    host: str  # in ASCII, without brackets
    port: int
    rest: str  # path and query
    ip: Ip | None = None

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    @property
    def url(self) -> str:
        return self.origin + self.rest


# Names that never belong to somebody on the Internet.
_INNER_NAMES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "test",
    "invalid",
    "onion",
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# A host that ends like this is read as an IPv4 address by some programs: 2130706433, 127.1, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
_PLAIN_IPV4 = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}", re.ASCII)


def parse(url: str) -> Target:
    """Take an address apart. Raises `Unreachable` for what is no address on the Internet, without asking anybody."""
    text = url.strip()
    if not text:
        raise _refuse(_("An address is needed."))
    if len(text) > LONGEST_ADDRESS:
        raise _refuse(_("The address is too long."))
    if any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in text):
        raise _refuse(_("The address holds a space or a character that cannot stand in one."))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refuse(_("This is not an address such as https://example.com/hook.")) from error
    allowed = ("https", "http") if settings.OUTGOING_ALLOWS_HTTP else ("https",)
    if parts.scheme not in allowed:
        raise _refuse(_("The address has to begin with https://."))
    if "@" in parts.netloc:
        raise _refuse(_("A name or password before the host is not allowed."))
    host, ip = _host(parts)
    port = port if port is not None else {"https": 443, "http": 80}[parts.scheme]
    if port not in PORTS[parts.scheme]:
        raise _refuse(_("Port %(port)d is not allowed; 443 and 8443 are.") % {"port": port})
    rest = quote(parts.path or "/", safe="/:@!$&'()*+,;=~%-._")
    if parts.query:
        rest += "?" + quote(parts.query, safe="/?:@!$&'()*+,;=~%-._")
    return Target(parts.scheme, host, port, rest, ip)


def _host(parts: SplitResult) -> tuple[str, Ip | None]:
    raw = parts.hostname or ""
    if not raw:
        raise _refuse(_("This is not an address such as https://example.com/hook."))
    if "[" in parts.netloc:
        try:
            found: Ip = ipaddress.IPv6Address(raw)
        except ValueError as error:
            raise _refuse(_("This is not an address such as https://example.com/hook.")) from error
        if getattr(found, "scope_id", None):
            raise _inside()
        _check_ip(found)
        return str(found), found
    try:
        host = idna.encode(raw, uts46=True).decode().lower() if not raw.isascii() else raw.lower()
    except idna.IDNAError as error:
        raise _refuse(_("There is no host of this name.")) from error
    if host.endswith("."):
        raise _refuse(_("The name of the host ends with a dot."))
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        if not _PLAIN_IPV4.fullmatch(host):
            raise _refuse(_("Write the host as a name."))
        try:
            number: Ip = ipaddress.IPv4Address(host)
        except ValueError as error:
            raise _refuse(_("Write the host as a name.")) from error
        _check_ip(number)
        return host, number
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refuse(_("There is no host of this name."))
    if len(labels) == 1 or any(host == name or host.endswith(f".{name}") for name in _INNER_NAMES):
        raise _inside()
    return host, None


# ---------------------------------------------------------------------------------------------- IP addresses

# Beside what Python calls not global: carriers' own, benchmarks, documentation, relays, and ways to write an IPv4
# address inside of an IPv6 one. Said in full, because versions of Python differ.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(ip: Ip) -> bool:
    """Whether the address belongs to the Internet, whatever it may be wrapped in."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id:
            return False
        if ip in _NAT64:  # how machines without IPv4 reach the rest of the world: what is inside counts
            return is_public(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    if any(ip.version == network.version and ip in network for network in _CLOSED):
        return False
    return ip.is_global and not (
        ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    )


def _inside() -> Unreachable:
    return _refuse(_("The address points inside of the network. Only addresses on the Internet are allowed."))


def _check_ip(ip: Ip) -> None:
    if not is_public(ip):
        raise _inside()


def _resolve(target: Target, seconds: float) -> list[Place]:
    """Ask the resolver once; every answer must be on the Internet. Raises `Unreachable`."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The system's resolver takes as long as it likes; nobody waits longer than this.
    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        found = answers.get(timeout=max(seconds, 0.01))
    except queue.Empty as error:
        raise Unreachable(_("The name of the host was not found in time.")) from error
    if isinstance(found, Exception):
        raise Unreachable(_("There is no host of this name.")) from found
    places: list[Place] = []
    for family, _kind, _protocol, _name, place in found:
        if family not in {socket.AF_INET, socket.AF_INET6}:
            continue
        try:
            _check_ip(ipaddress.ip_address(str(place[0])))
        except ValueError as error:
            raise _inside() from error
        places.append((int(family), place))
    if not places:
        raise Unreachable(_("There is no host of this name."))
    return list(dict.fromkeys(places))


def check(url: str) -> str:
    """The address in its plain form, when it may be used now. Raises `Unreachable` with the reason.

    To be called when an address is saved; `post` asks again, because a name may lead elsewhere tomorrow.
    """
    target = parse(url)
    _resolve(target, CONNECT_SECONDS)
    return target.url


def host_of(url: str) -> str:
    """The host alone, which may be shown and logged; "" for what is no address."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


# ---------------------------------------------------------------------------------------------- connections


def _connect(place: Place, seconds: float) -> socket.socket:
    """A connection to exactly this address: no name is looked up here."""
    family, address = place
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        made.close()
        raise
    return made


class _Line:
    """Where one request may connect to, and until when; hangs up when the time is over."""

    def __init__(self, places: list[Place], deadline: float) -> None:
        self._places = places
        self._deadline = deadline
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_over = False

    def open(self) -> socket.socket:
        """Connect to the first of the addresses that takes the call."""
        failed: OSError = TimeoutError()
        for place in self._places:
            seconds = min(CONNECT_SECONDS, self._deadline - time.monotonic())
            if seconds <= 0:
                break
            try:
                made = _connect(place, seconds)
            except OSError as error:
                failed = error
                continue
            with self._lock:
                # TLS takes the socket over and leaves an empty shell behind; a second handle stays ours.
                self._socket = made.dup()
            made.settimeout(max(min(READ_SECONDS, self._deadline - time.monotonic()), 0.01))
            return made
        raise failed

    def hang_up(self) -> None:
        """Called by the timer: whoever drips an answer byte by byte is cut off."""
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                with suppress(OSError):  # the other side was faster
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


def _adapter(line: _Line) -> HTTPAdapter:
    """A transport whose connections go where `line` says; names stay what certificates are checked against."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return line.open()

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return line.open()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Pinned(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    return Pinned(max_retries=0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, at most `MOST_BYTES` of it, or as many as were asked for."""

    status: int
    body: bytes
    retry_after: float | None = None  # seconds, where the other side asked for them

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


_USER_AGENT = "LeadSync"


def post(
    url: str, body: bytes, headers: Mapping[str, str] | None = None, *, follows_redirects: bool = True
) -> Answer:
    """Send `body` and return the answer, whatever its status. Raises `Unreachable` with the reason in words.

    Without `follows_redirects` an answer that leads elsewhere is returned like any other.
    """
    return _send(
        "POST", url, body, headers or {}, most_redirects=MOST_REDIRECTS if follows_redirects else None
    )


def get(url: str, headers: Mapping[str, str] | None = None, *, most_bytes: int = MOST_BYTES) -> Answer:
    """Ask for a page. As `post`; no more than `most_bytes` of it are read."""
    return _send("GET", url, None, headers or {}, most_bytes=most_bytes)


def _send(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    most_redirects: int | None = MOST_REDIRECTS,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    deadline = time.monotonic() + TOTAL_SECONDS
    target = parse(url)
    for _number in range((most_redirects or 0) + 1):
        answer, goes_to = _once(method, target, body, headers, deadline, most_bytes)
        if goes_to is None or most_redirects is None:
            return answer
        target = parse(urljoin(target.url, goes_to))
        if answer.status == 303:
            method, body = "GET", None
    raise Unreachable(_("The address leads from one page to the next too many times."))


def _once(
    method: str,
    target: Target,
    body: bytes | None,
    headers: Mapping[str, str],
    deadline: float,
    most_bytes: int = MOST_BYTES,
) -> tuple[Answer, str | None]:
    """One request without redirects: the answer, and where it leads."""
    line = _Line(_resolve(target, min(CONNECT_SECONDS, deadline - time.monotonic())), deadline)
    with requests.Session() as session, _reasons(line), _cut_off(line, deadline):
        session.trust_env = False  # no proxies, no .netrc
        adapter = _adapter(line)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        with session.request(
            method,
            target.url,
            data=body,
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            goes_to = response.headers.get("Location") if response.status_code in _REDIRECTS else None
            answer = Answer(
                response.status_code,
                b"" if goes_to else response.raw.read(most_bytes, decode_content=False),
                _seconds(response.headers.get("Retry-After", "")),
            )
            if line.is_over:  # to the reader a line that was cut looks like one that ended
                raise TimeoutError
            return answer, goes_to


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def _seconds(text: str) -> float | None:
    """`Retry-After` as seconds from now; None for what says nothing."""
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - timezone.now()).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


@contextmanager
def _cut_off(line: _Line, deadline: float) -> Iterator[None]:
    timer = threading.Timer(max(deadline - time.monotonic(), 0.01), line.hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


@contextmanager
def _reasons(line: _Line) -> Iterator[None]:
    """Faults of the connection as one class, in words that hold nothing of the address."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(_words(error, line)) from None


def _words(error: BaseException, line: _Line) -> str:
    causes = list(_causes(error))
    kinds = (*causes, error)
    if line.is_over or any(
        isinstance(one, TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError) for one in kinds
    ):
        return _("There was no answer in time.")
    if any(isinstance(one, ssl.SSLError | requests.exceptions.SSLError) for one in kinds):
        return _("The certificate of the host is not valid for this address.")
    if any(isinstance(one, ConnectionRefusedError) for one in kinds):
        return _("The host refused the connection.")
    return _("The connection broke off.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What a fault was raised for, down to the bottom; libraries put it in three places."""
    seen = {id(error)}
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        for cause in (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args):
            if isinstance(cause, BaseException) and id(cause) not in seen:
                seen.add(id(cause))
                waiting.append(cause)
                yield cause
