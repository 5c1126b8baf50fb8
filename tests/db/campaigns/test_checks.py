"""What the worker tries by itself: pages, mail servers; claimed once, confirmed once, no network in tests."""

import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dns.exception
import dns.resolver
import pytest
from django.db import connection

from campaigns.domain import proofs as rules
from campaigns.domain.proofs import Found, Result
from campaigns.models import ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import channels, checks, point_alerts, proofs
from campaigns.services.checks import NoAnswer, NoRecord
from leadsync.accounts.models import User
from leadsync.core import outgoing
from leadsync.core.errors import Invalid
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
PAGE = b"<html><title>Nordrack</title><body><h1>Call  us:\n<b>+48 22 123</b> 45 67 &amp; more</h1></body>"


def answering(body: bytes = PAGE, status: int = 200) -> Callable[..., outgoing.Answer]:
    def get(url: str, *, most_bytes: int) -> outgoing.Answer:
        return outgoing.Answer(status, body[:most_bytes])

    return get


def refusing(
    message: str = "There was no answer in time.", *, by_rule: bool = False
) -> Callable[..., outgoing.Answer]:
    def get(url: str, *, most_bytes: int) -> outgoing.Answer:
        raise outgoing.Unreachable(message, is_refused=by_rule)

    return get


def resolver(**records: list[str] | Exception) -> checks.Ask:
    """A resolver that knows these records by type."""

    def ask(name: str, kind: str) -> list[str]:
        found = records.get(kind, NoRecord())
        if isinstance(found, Exception):
            raise found
        return found

    return ask


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


def point(
    by: User, kind: str = "form", value: str = "https://example.com/ask", **more: object
) -> ContactPoint:
    channel = channels.save_channel(by=by, name=f"Channel of {value}"[:100])
    made = channels.save_point(
        by=by, channel=channel, kind=kind, value=value, responsible=by, **{"is_watched": True} | more
    )
    ContactPoint.objects.filter(pk=made.pk).update(next_try_at=AT)
    return made


# ------------------------------------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Found.PAGE_OK),
        ("+48 22 123 45 67", Found.PAGE_OK),
        ("CALL US: +48 22", Found.PAGE_OK),
        ("45 67 & more", Found.PAGE_OK),
        ("+48 22 999 99 99", Found.PAGE_TEXT),
    ],
)
def test_the_required_text_must_stand_on_the_page(text: str, found: Found) -> None:
    assert checks.page("https://example.com", text, get=answering()).found is found


def test_words_in_scripts_and_styles_do_not_count() -> None:
    body = b"<script>var a = 'call'</script><STYLE>p { content: 'call' }</STYLE>write<script>call"
    assert checks.page("https://example.com", "call", get=answering(body)).found is Found.PAGE_TEXT
    assert checks.page("https://example.com", "write", get=answering(body)).is_ok


@pytest.mark.parametrize(
    "body",
    [
        b"<script" * 100_000,
        b"<" * 1_000_000,
        b"&" * 1_000_000,
        b"\x1f\x8b" + b"\x00" * 1_000,
        b"\xff" * 1_000_000,
    ],
)
def test_odd_pages_are_read_in_no_time(body: bytes) -> None:
    assert checks.page("https://example.com", "call", get=answering(body)).found is Found.PAGE_TEXT


def test_other_alphabets_are_read() -> None:
    body = '<meta charset="windows-1251"><p>Позвоните</p>'.encode("cp1251")
    assert checks.page("https://example.com", "позвоните", get=answering(body)).is_ok


def test_an_error_page_and_no_answer_are_failures() -> None:
    assert checks.page("https://example.com", "", get=answering(status=404)) == Result(
        Found.PAGE_STATUS, "404"
    )
    late = checks.page("https://example.com", "", get=refusing())
    assert (late.found, late.is_unknown) == (Found.PAGE_UNREACHABLE, False)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.8/admin",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://localhost/",
        "https://db.internal/",
        "https://2130706433/",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "file:///etc/passwd",
    ],
)
def test_addresses_inside_are_refused_when_saved_and_when_tried(marta: User, url: str) -> None:
    channel = channels.save_channel(by=marta, name="Site")
    with pytest.raises(Invalid) as refusal:
        channels.save_point(
            by=marta, channel=channel, kind="phone", value="22 123 45 67", responsible=marta, page_url=url
        )
    assert refusal.value.field == "page_url"
    assert not ContactPoint.objects.exists()
    assert checks.page(url, "").found is Found.PAGE_REFUSED


def test_a_name_that_leads_inside_is_refused_when_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("192.168.1.1", 443))])
    assert checks.page("https://rebound.example.com/", "").found is Found.PAGE_REFUSED


# ------------------------------------------------------------------------------------------------ mail servers


@pytest.mark.parametrize(
    ("records", "found", "detail"),
    [
        ({"MX": ["20 b.example.com.", "10 a.example.com."]}, Found.MAIL_OK, "a.example.com"),
        ({"MX": ["0 ."]}, Found.MAIL_REFUSES, "example.com"),
        ({"A": ["192.0.2.1"]}, Found.MAIL_OK, "example.com"),
        ({"AAAA": ["2001:db8::1"]}, Found.MAIL_OK, "example.com"),
        ({}, Found.MAIL_NONE, "example.com"),
        ({"MX": NoAnswer()}, Found.MAIL_UNKNOWN, "example.com"),
        ({"A": NoAnswer()}, Found.MAIL_UNKNOWN, "example.com"),
        ({"A": NoAnswer(), "AAAA": ["2001:db8::1"]}, Found.MAIL_OK, "example.com"),
    ],
)
def test_what_the_name_server_says_of_a_mailbox(
    records: dict[str, list[str] | Exception], found: Found, detail: str
) -> None:
    assert checks.mail_server("example.com", ask=resolver(**records)) == Result(found, detail)


def test_domains_of_other_alphabets_are_asked_in_ascii() -> None:
    asked: list[str] = []

    def ask(name: str, _kind: str) -> list[str]:
        asked.append(name)
        return ["10 mx.example.com."]

    assert checks.mail_server("żółw.example", ask=ask).is_ok
    assert asked == ["xn--w-uga1v8h.example"]
    assert checks.mail_server("ż" * 70, ask=ask).found is Found.MAIL_NONE


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        (dns.resolver.NXDOMAIN(), NoRecord),
        (dns.resolver.NoAnswer(), NoRecord),
        (dns.resolver.NoNameservers(), NoAnswer),
        (dns.exception.Timeout(), NoAnswer),
        (OSError(), NoAnswer),
    ],
)
def test_faults_of_the_resolver_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, means: type[Exception]
) -> None:
    class Resolver:
        def resolve(self, *_args: object, **_kwargs: object) -> list[object]:
            raise fault

    monkeypatch.setattr(dns.resolver, "Resolver", Resolver)
    with pytest.raises(means):
        checks.ask_resolver("example.com", "MX")


# ------------------------------------------------------------------------------------------------ from try to proof


def test_one_hiccup_is_no_alarm(marta: User) -> None:
    made = point(marta)
    checks.work(at=AT, get=refusing())
    row = ContactPoint.objects.get()
    assert (row.failed_at, row.next_try_at, row.found) == (AT, AT + timedelta(minutes=10), "page_unreachable")
    checks.work(at=AT + timedelta(minutes=10), get=answering())
    assert list(Proof.objects.values_list("is_ok", "means", "found")) == [(True, "page", "page_ok")]
    assert not Alert.objects.filter(kind="point_broken").exists()
    row.refresh_from_db()
    assert row.failed_at is None
    assert row.next_try_at == rules.next_try(made.pk, AT + timedelta(minutes=10))


def test_two_failures_ten_minutes_apart_are_told_at_once(marta: User) -> None:
    heads = {person("head_of_marketing").pk, person("head_of_sales").pk}
    made = point(marta, page_text="Call us")
    checks.work(at=AT, get=answering(b"under construction"))
    checks.work(at=AT + timedelta(minutes=11), get=answering(b"under construction"))
    alert = Alert.objects.get(kind="point_broken", resolved_at=None)
    assert (alert.subject, alert.context["found"], alert.context["note"]) == (
        str(made.pk),
        "page_text",
        "Call us",
    )
    told = dict(Notice.objects.filter(kind="point_broken").values_list("recipient", "is_instant"))
    assert told == {marta.pk: True, **dict.fromkeys(heads, False)}
    checks.work(at=AT + timedelta(days=1), get=answering())
    alert.refresh_from_db()
    assert alert.resolved_at == AT + timedelta(days=1)
    assert Notice.objects.filter(kind="point_works").count() == 3


def test_a_mail_server_that_does_not_answer_changes_nothing(marta: User) -> None:
    point(marta, "mailbox", "sales@example.com")
    for hour in range(30):
        ContactPoint.objects.update(next_try_at=AT + timedelta(hours=hour))
        checks.work(at=AT + timedelta(hours=hour), ask=resolver(MX=NoAnswer()))
    assert not Proof.objects.exists()
    row = ContactPoint.objects.get()
    assert (row.found, row.next_try_at) == ("mail_unknown", AT + timedelta(hours=30))


def test_a_mailbox_with_a_page_needs_both(marta: User) -> None:
    made = point(marta, "mailbox", "sales@example.com", page_url="https://example.com/", page_text="Call us")
    good = resolver(MX=["10 mx.example.com."])
    assert checks.attempt(made, get=answering(), ask=good)[0] == Result(Found.MAIL_OK, "mx.example.com")
    result, means = checks.attempt(made, get=answering(b""), ask=good)
    assert (result.found, means) == (Found.PAGE_TEXT, "page")


def test_what_was_found_about_an_older_value_is_dropped(marta: User) -> None:
    made = point(marta)
    claimed = checks.claim(AT, own_forms=False)
    assert claimed is not None
    channels.save_point(
        by=marta, channel=made.channel, point=made, kind="form", value="https://example.com/new",
        responsible=marta, is_watched=True,
    )  # fmt: skip
    assert (
        proofs.record(point=claimed, result=Result(Found.PAGE_OK), means=Proof.MeansChoices.PAGE, at=AT)
        is None
    )
    assert not Proof.objects.exists()


def test_another_value_is_not_green_by_an_older_proof(marta: User) -> None:
    made = point(marta, "phone", "22 123 45 67", is_watched=False)
    proofs.report(point=made, by=marta, is_ok=True)
    before = selectors.point_row(made.pk, reader=marta)
    channels.save_point(
        by=marta, channel=made.channel, point=made, kind="phone", value="22 765 43 21", responsible=marta
    )
    after = selectors.point_row(made.pk, reader=marta)
    assert before is not None
    assert after is not None
    assert (before.state, after.state) == ("works", "never")
    assert Proof.objects.count() == 1


def test_a_point_out_of_use_is_not_tried(marta: User) -> None:
    made = point(marta)
    channels.save_channel(by=marta, channel=made.channel, name="Site", is_active=False)
    ContactPoint.objects.update(next_try_at=AT)
    assert checks.work(at=AT, get=answering()) == 0


def test_a_crashed_worker_leaves_the_point_to_the_next(marta: User) -> None:
    point(marta)
    assert checks.claim(AT, own_forms=False) is not None
    assert checks.work(at=AT + timedelta(minutes=4), get=answering()) == 0
    assert checks.work(at=AT + checks.LEASE, get=answering()) == 1


def test_tries_of_a_day_spread_and_none_waits_longer_than_a_day() -> None:
    whens = [rules.next_try(pk, AT) - AT for pk in range(1, 121)]
    assert len(set(whens)) == 120
    assert min(whens) >= timedelta(hours=22)
    assert max(whens) < timedelta(hours=24)


def test_a_clock_set_back_begins_the_ten_minutes_anew() -> None:
    later = AT + timedelta(hours=3)
    found = rules.verdict(Result(Found.PAGE_STATUS, "500"), pk=1, now=AT, failed_at=later, is_watched=True)
    assert (found.proof, found.failed_at) == (None, AT)


# ------------------------------------------------------------------------------------------------ try now


def test_try_now_asks_the_worker_and_shows_the_result(marta: User) -> None:
    rep = person("rep")
    made = point(marta, is_watched=False)
    assert proofs.ask_try(point=made, by=rep, at=AT)
    row = selectors.point_row(made.pk, reader=rep, now=AT)
    assert row is not None
    assert row.is_being_tried
    late = selectors.point_row(made.pk, reader=rep, now=AT + timedelta(minutes=6))
    assert late is not None
    assert not late.is_being_tried  # no worker runs: it can be asked again
    assert not proofs.ask_try(point=made, by=rep, at=AT + timedelta(seconds=5))
    checks.work(at=AT + timedelta(seconds=6), get=answering())
    row = selectors.point_row(made.pk, reader=rep)
    assert row is not None
    assert (row.is_being_tried, row.is_ok, row.point.next_try_at) == (False, True, None)


def test_a_phone_number_is_tried_by_people(marta: User) -> None:
    made = point(marta, "phone", "22 123 45 67", is_watched=False)
    with pytest.raises(Invalid):
        proofs.ask_try(point=made, by=marta)
    with pytest.raises(Invalid) as refusal:
        channels.save_point(
            by=marta, channel=made.channel, point=made, kind="phone", value=made.value, responsible=marta,
            is_watched=True,
        )  # fmt: skip
    assert refusal.value.field == "page_url"


# ------------------------------------------------------------------------------------------------ two at once


def at_once(*jobs: Callable[[], object]) -> None:
    """Run these at the same time, each on its own connection."""
    barrier, faults = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            barrier.wait()
            job()
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_try_each_point_once() -> None:
    CompanyFactory.create()
    marta = person("marketer")
    for number in range(6):
        point(marta, value=f"https://example.com/{number}")
    asked: list[str] = []

    def get(url: str, *, most_bytes: int) -> outgoing.Answer:
        asked.append(url)
        return outgoing.Answer(200, PAGE)

    at_once(*[lambda: checks.work(at=AT, get=get)] * 3)
    assert len(asked) == len(set(asked)) == 6
    assert Proof.objects.count() == 6


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_reporters_and_the_worker_open_one_alert_and_tell_once() -> None:
    CompanyFactory.create()
    marta, one, two = person("marketer"), person("rep"), person("rep")
    made = point(marta)
    at_once(
        lambda: proofs.report(point=made, by=one, is_ok=False, at=AT),
        lambda: proofs.report(point=made, by=two, is_ok=False, at=AT),
        lambda: point_alerts.watch(at=AT),
    )
    assert Proof.objects.count() == 2
    assert Alert.objects.filter(kind="point_broken").count() == 1
    assert Notice.objects.filter(kind="point_broken", recipient=marta).count() == 1
