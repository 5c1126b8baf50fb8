"""The one way out: which addresses are refused, and that a connection goes where it was checked. No packet leaves."""

import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from leadsync.core import outgoing
from leadsync.core.outgoing import Unreachable

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"


class Net:
    """A resolver and a network of our own: who is asked, where is connected to, and what is answered."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}  # the answers of the resolver, one after the other
        self.asked: list[str] = []
        self.connected: list[str] = []
        self.received: list[bytes] = []
        self.answers: list[bytes | Callable[[socket.socket], None]] = []
        self.context: ssl.SSLContext | None = None
        self.server_names: list[str | None] = []
        self.threads: list[threading.Thread] = []

    def getaddrinfo(self, host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        self.asked.append(host)
        given = self.names.get(host)
        if given is None:
            try:
                given = [[str(ipaddress.ip_address(host))]]
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, "unknown") from None
        answer = given.pop(0) if len(given) > 1 else given[0]
        return [
            (
                socket.AF_INET6 if ":" in ip else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (ip, port, 0, 0) if ":" in ip else (ip, port),
            )
            for ip in answer
        ]

    def connect(self, place: Any, _seconds: float) -> socket.socket:
        self.connected.append(place[1][0])
        ours, theirs = socket.socketpair()
        answer = self.answers.pop(0)
        thread = threading.Thread(target=self._serve, args=(theirs, answer))
        thread.start()
        self.threads.append(thread)
        return ours

    def _serve(self, theirs: socket.socket, answer: bytes | Callable[[socket.socket], None]) -> None:
        try:
            if self.context is not None:
                theirs = self.context.wrap_socket(theirs, server_side=True)
            self.received.append(_read_request(theirs))
            if callable(answer):
                answer(theirs)
            else:
                theirs.sendall(answer)
        except OSError:
            pass  # the client has hung up
        finally:
            theirs.close()


def _read_request(theirs: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += theirs.recv(4096)
    head, body = data.split(b"\r\n\r\n", 1)
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while len(body) < length:
        body += theirs.recv(4096)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Net]:
    """The network, and plain http allowed so that most tests need no certificates."""
    settings.OUTGOING_ALLOWS_HTTP = True
    made = Net()
    made.names["hooks.example.com"] = [[PUBLIC]]
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(outgoing, "_connect", made.connect)
    yield made
    for thread in made.threads:
        thread.join(timeout=10)


def reply(status: str = "200 OK", body: bytes = b"ok", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to: str, status: str = "307 Temporary Redirect") -> bytes:
    return reply(status, b"", f"Location: {to}")


# ---------------------------------------------------------------------------------------------- addresses

REFUSED = [
    "",
    "hooks.example.com/x",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//hooks.example.com/",
    "https://",
    "https:///path",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://api.localhost/",
    "https://printer/",
    "https://printer.local/",
    "https://db.internal/",
    "https://metadata.google.internal/computeMetadata/",
    "https://hooks.example.com./",
    "https://user@hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1\\@hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:8080/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:abc/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/a\nb",
    "https://hooks.exa\x00mple.com/",
    "https://hooks\u200b.example.com/a",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://192.0.0.8/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://999.1.1.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:93.184.216.34]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:c0a8:101::1]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1",
    "https://[not-an-ip]/",
    "https://-bad-.example.com/",
    "https://a..example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://example.com/" + "a" * 2_000,
    "https://ex%61mple.com/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_none_or_points_inside_is_refused_before_anybody_is_asked(
    url: str, net: Net, settings: Settings
) -> None:
    settings.OUTGOING_ALLOWS_HTTP = False
    with pytest.raises(Unreachable) as refused:
        outgoing.check(url)
    assert refused.value.is_refused
    assert refused.value.message
    assert net.asked == []


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        (" HTTPS://Hooks.Example.COM/a/B?c=d&e#f ", "https://hooks.example.com/a/B?c=d&e"),
        ("https://hooks.example.com:443/x", "https://hooks.example.com/x"),
        ("https://hooks.example.com:8443/x", "https://hooks.example.com:8443/x"),
        ("https://hooks.example.com/ż", "https://hooks.example.com/%C5%BC"),
        ("https://hooks.example.com/a%2Fb", "https://hooks.example.com/a%2Fb"),
        (f"https://{PUBLIC}/x", f"https://{PUBLIC}/x"),
        (f"https://[{PUBLIC_6}]/x", f"https://[{PUBLIC_6}]/x"),
    ],
)
def test_a_usable_address_comes_back_in_its_plain_form(url: str, plain: str, net: Net) -> None:
    assert outgoing.check(url) == plain


def test_a_name_in_another_script_is_asked_for_in_ascii(net: Net) -> None:
    net.names["xn--bcher-kva.example"] = [[PUBLIC]]
    assert outgoing.check("https://bücher.example/") == "https://xn--bcher-kva.example/"


def test_plain_http_is_refused_where_the_setting_does_not_allow_it(net: Net, settings: Settings) -> None:
    assert outgoing.check("http://hooks.example.com/") == "http://hooks.example.com/"
    settings.OUTGOING_ALLOWS_HTTP = False
    with pytest.raises(Unreachable, match="https"):
        outgoing.check("http://hooks.example.com/")


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC_6, "::1"],
    ],
)
def test_a_name_with_any_answer_inside_of_the_network_is_refused(answers: list[str], net: Net) -> None:
    net.names["hooks.example.com"] = [answers]
    for use in (outgoing.check, outgoing.get):
        with pytest.raises(Unreachable, match="inside of the network"):
            use("https://hooks.example.com/")
    assert net.connected == []


def test_an_ipv4_address_behind_nat64_counts_as_what_it_is(net: Net) -> None:
    net.names["hooks.example.com"] = [["64:ff9b::5db8:d822"]]
    assert outgoing.check("https://hooks.example.com/")


def test_a_name_that_nobody_has_is_said_to_be_unknown(net: Net) -> None:
    with pytest.raises(Unreachable, match="no host of this name") as error:
        outgoing.check("https://nobody.example.com/secret")
    assert not error.value.is_refused
    assert "secret" not in error.value.message


def test_a_resolver_that_is_silent_is_not_waited_for(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: is_over.wait(10) or [])
    monkeypatch.setattr(outgoing, "CONNECT_SECONDS", 0.05)
    with pytest.raises(Unreachable, match="not found in time"):
        outgoing.check("https://hooks.example.com/")
    is_over.set()


@given(st.ip_addresses(v=4))
def test_public_means_public_also_inside_of_an_ipv6_address(ip: ipaddress.IPv4Address) -> None:
    if not outgoing.is_public(ip):
        for text in (f"::ffff:{ip}", f"::{ip}", f"64:ff9b::{ip}"):
            assert not outgoing.is_public(ipaddress.ip_address(text))
    else:
        assert ip.is_global
        assert outgoing.is_public(ipaddress.ip_address(f"64:ff9b::{ip}"))


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            target = outgoing.parse(url)
        except Unreachable:
            continue
        assert outgoing.parse(target.url) == target


# ---------------------------------------------------------------------------------------------- requests


def test_a_call_arrives_with_its_body_and_the_name_as_host(net: Net) -> None:
    net.answers = [reply("202 Accepted")]
    answer = outgoing.post("http://hooks.example.com/a?b=c", b'{"text":"x"}', {"Idempotency-Key": "k1"})
    assert (answer.status, answer.body, answer.is_ok) == (202, b"ok", True)
    head, body = net.received[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"Host: hooks.example.com\r\n" in head
    assert b"Idempotency-Key: k1" in head
    assert body == b'{"text":"x"}'
    assert net.connected == [PUBLIC]


def test_a_name_that_leads_inside_a_moment_later_wins_nothing(net: Net) -> None:
    net.names["hooks.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    net.answers = [reply()]
    outgoing.get("http://hooks.example.com/")
    assert net.asked == ["hooks.example.com"]
    assert net.connected == [PUBLIC]


def test_a_name_saved_as_public_that_leads_inside_today_is_refused_when_sending(net: Net) -> None:
    net.names["hooks.example.com"] = [[PUBLIC], ["10.0.0.7"]]
    url = outgoing.check("http://hooks.example.com/")
    with pytest.raises(Unreachable, match="inside of the network"):
        outgoing.post(url, b"")
    assert net.connected == []


def test_the_next_address_is_tried_where_the_first_does_not_answer(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.names["hooks.example.com"] = [[PUBLIC_6, PUBLIC]]
    net.answers = [reply()]

    def connect(place: Any, seconds: float) -> socket.socket:
        if place[0] == socket.AF_INET6:
            raise OSError("no route")
        return net.connect(place, seconds)

    monkeypatch.setattr(outgoing, "_connect", connect)
    assert outgoing.get("http://hooks.example.com/").is_ok


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://2130706433/",
        "//10.0.0.1/",
        "http://inside.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "http://hooks.example.com:22/",
        "http://user:pass@hooks.example.com/",
    ],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 T", "308 P"])
def test_a_redirect_to_where_nothing_may_go_is_not_followed(to: str, status: str, net: Net) -> None:
    net.names["inside.example.com"] = [["192.168.0.10"]]
    net.answers = [redirect(to, status), reply()]
    with pytest.raises(Unreachable):
        outgoing.post("http://hooks.example.com/", b"x")
    assert net.connected == [PUBLIC]


def test_a_redirect_to_another_public_host_is_followed_and_checked(net: Net) -> None:
    net.names["other.example.com"] = [["198.41.0.4"]]
    net.answers = [redirect("http://other.example.com/there"), reply()]
    assert outgoing.post("http://hooks.example.com/", b"x").is_ok
    assert net.connected == [PUBLIC, "198.41.0.4"]
    assert net.received[1].startswith(b"POST /there HTTP/1.1\r\nHost: other.example.com\r\n")
    assert net.received[1].endswith(b"\r\n\r\nx")


def test_see_other_is_followed_without_the_body(net: Net) -> None:
    net.answers = [redirect("/done", "303 See Other"), reply()]
    outgoing.post("http://hooks.example.com/", b"secret")
    assert net.received[1].startswith(b"GET /done ")
    assert b"secret" not in net.received[1]


def test_three_redirects_are_followed_and_a_fourth_is_not(net: Net) -> None:
    net.answers = [redirect("/1"), redirect("/2"), redirect("/3"), reply()]
    assert outgoing.get("http://hooks.example.com/").is_ok
    net.answers = [redirect("/loop") for _ in range(4)]
    with pytest.raises(Unreachable, match="too many times"):
        outgoing.get("http://hooks.example.com/")
    assert net.answers == []


def test_https_never_leads_down_to_http(net: Net, settings: Settings) -> None:
    settings.OUTGOING_ALLOWS_HTTP = False
    with pytest.raises(Unreachable, match="https"):
        outgoing.parse("http://hooks.example.com/")


def test_no_more_than_the_first_part_of_a_long_answer_is_read(net: Net) -> None:
    net.answers = [reply("200 OK", b"x" * 1_000_000)]
    assert len(outgoing.get("http://hooks.example.com/").body) == outgoing.MOST_BYTES


def test_a_compressed_answer_stays_compressed(net: Net) -> None:
    net.answers = [reply("200 OK", b"\x1f\x8b" + b"0" * 50, "Content-Encoding: gzip")]
    assert outgoing.get("http://hooks.example.com/").body.startswith(b"\x1f\x8b")
    assert b"Accept-Encoding: identity" in net.received[0]


def test_silence_ends_after_the_time_for_reading(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def keep_silent(_theirs: socket.socket) -> None:
        is_over.wait(10)

    net.answers = [keep_silent]
    monkeypatch.setattr(outgoing, "READ_SECONDS", 0.05)
    with pytest.raises(Unreachable, match="no answer in time"):
        outgoing.get("http://hooks.example.com/")
    is_over.set()


@pytest.mark.parametrize("is_head", [True, False])
def test_an_answer_that_drips_is_cut_off_after_the_whole_time(
    is_head: bool, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()

    def drip(theirs: socket.socket) -> None:
        theirs.sendall(b"HTTP/1.1 200 OK\r\n" + (b"" if is_head else b"Content-Length: 5000\r\n\r\n"))
        while not is_over.wait(0.01):
            theirs.sendall(b"X-A: b\r\n" if is_head else b"x")

    net.answers = [drip]
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", 0.2)
    with pytest.raises(Unreachable, match="no answer in time"):
        outgoing.get("http://hooks.example.com/")
    is_over.set()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (ConnectionRefusedError(111, "refused"), "refused the connection"),
        (TimeoutError("timed out"), "no answer in time"),
        (OSError(101, "unreachable"), "broke off"),
    ],
)
def test_a_connection_that_fails_is_told_in_words_without_the_address(
    broken: OSError, words: str, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(_place: Any, _seconds: float) -> socket.socket:
        raise broken

    monkeypatch.setattr(outgoing, "_connect", connect)
    with pytest.raises(Unreachable, match=words) as error:
        outgoing.get("http://hooks.example.com/T0/SECRET")
    assert "SECRET" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_no_log_holds_the_secret_part_of_an_address(net: Net, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    net.answers = [redirect("/T0/SECRET2"), reply("500 Fault")]
    outgoing.post("http://hooks.example.com/T0/SECRET", b"x")
    assert "SECRET" not in caplog.text


def test_garbage_instead_of_http_is_a_broken_connection(net: Net) -> None:
    net.answers = [b"\x00\x01\x02 not http\r\n\r\n"]
    with pytest.raises(Unreachable, match="broke off"):
        outgoing.get("http://hooks.example.com/")


def test_proxies_of_the_environment_are_not_asked(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    net.answers = [reply()]
    outgoing.get("http://hooks.example.com/")
    assert net.connected == [PUBLIC]


def test_the_other_side_may_ask_for_a_pause(net: Net) -> None:
    net.answers = [
        reply("429 Too Many Requests", b"", "Retry-After: 120"),
        reply("503 Busy", b"", "Retry-After: x"),
    ]
    assert outgoing.get("http://hooks.example.com/").retry_after == 120
    assert outgoing.get("http://hooks.example.com/").retry_after is None


# ---------------------------------------------------------------------------------------------- certificates


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for hooks.example.com that the client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(path))
    return path


@pytest.fixture
def tls(net: Net, certificate: Path) -> Net:
    """The network with a server that has a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: net.server_names.append(name)
    net.context = context
    return net


def test_the_certificate_is_checked_against_the_name_and_not_the_address(tls: Net) -> None:
    tls.answers = [reply()]
    assert outgoing.post("https://hooks.example.com/x", b"y").is_ok
    assert tls.server_names == ["hooks.example.com"]
    assert tls.connected == [PUBLIC]


def test_a_certificate_of_another_name_is_refused_and_nothing_is_sent(tls: Net) -> None:
    tls.names["other.example.com"] = [[PUBLIC]]
    tls.answers = [reply()]
    with pytest.raises(Unreachable, match="certificate"):
        outgoing.post("https://other.example.com/x", b"y")
    assert tls.received == []


def test_a_dripping_answer_is_cut_off_behind_tls_too(tls: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def drip(theirs: socket.socket) -> None:
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        while not is_over.wait(0.01):
            theirs.sendall(b"x")

    tls.answers = [drip]
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", 0.5)
    with pytest.raises(Unreachable, match="no answer in time"):
        outgoing.get("https://hooks.example.com/")
    is_over.set()
