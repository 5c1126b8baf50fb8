"""Threads muted and mails stopped: from the list, from a page, and by links in mails that work signed out."""

import email
import re
from datetime import UTC, datetime

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.notices import choices, delivery, links, selectors, services
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.models import MailChoice, Message, Mute, Notice
from leadsync.shell import counts_for
from tests.db.notices.conftest import Sink
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def tell(to: User, key: str = "a", url: str = "/leads/7/", at: datetime = AT) -> None:
    services.put(
        kind="lead_warn",
        recipients=[to],
        key=key,
        context={"lead": "Ola Wójcik", "due_at": AT.isoformat()},
        url=url,
        is_instant=True,
        at=at,
    )


@pytest.mark.parametrize(
    ("url", "thread"),
    [
        ("/leads/7/", "/leads/7/"),
        ("/questions/12/", "/questions/12/"),
        ("/channels/#point-3", "/channels/#point-3"),
        ("/queue/", ""),
        ("/definition/", ""),
        ("", ""),
        ("//evil.example.com/1/", ""),
        ("https://evil.example.com/1/", ""),
    ],
)
def test_a_thread_is_one_thing_with_a_number(url: str, thread: str) -> None:
    assert thread_of(url) == thread


# ---------------------------------------------------------------------------------------------- muting


def test_muted_notices_stay_in_the_list_and_leave_the_bell(
    client: Client, anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tell(anna)
    tell(anna, "b", "/leads/8/")
    client.force_login(anna)
    response = client.post(
        reverse("notices:mute"), {"url": "/leads/7/", "mute": "1", "next": "/notifications/"}
    )
    assert response["Location"] == "/notifications/"
    assert not anna.can(Can.SIGN_PLAN)  # what she may is read once for a page
    with django_assert_num_queries(1):
        assert counts_for(anna).notices == 1
    page = client.get(reverse("notices:list"))
    assert [(line.url, line.is_muted) for line in page.context["lines"]] == [
        ("/leads/8/", False),
        ("/leads/7/", True),
    ]
    assert page.content.decode().count("muted-row") == 1


def test_muting_twice_is_muting_once_and_unmuting_reads_what_came(client: Client, anna: User) -> None:
    client.force_login(anna)
    for _ in range(2):
        client.post(reverse("notices:mute"), {"url": "/leads/7/", "mute": "1"})
    assert Mute.objects.count() == 1
    tell(anna)
    client.post(reverse("notices:mute"), {"url": "/leads/7/", "mute": "0"})
    assert not Mute.objects.exists()
    assert Notice.objects.get().read_at is not None


@pytest.mark.parametrize("url", ["/queue/", "", "//evil.example.com/1", "/" + "1" * 400, "x\x001"])
def test_what_is_no_thread_cannot_be_muted(client: Client, anna: User, url: str) -> None:
    with pytest.raises(Invalid):
        choices.mute(by=anna, url=url)
    client.force_login(anna)
    assert client.post(reverse("notices:mute"), {"url": url, "mute": "1"}).status_code == 422
    assert not Mute.objects.exists()


def test_muting_never_leads_out_of_the_house(client: Client, anna: User) -> None:
    client.force_login(anna)
    response = client.post(
        reverse("notices:mute"), {"url": "/leads/7/", "mute": "1", "next": "https://evil.example.com/"}
    )
    assert response["Location"] == reverse("notices:list")


@pytest.mark.parametrize("count", [1, 20])
def test_the_list_costs_the_same_with_one_notice_and_twenty(
    client: Client, anna: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        tell(anna, str(number), f"/leads/{number}/")
        choices.mute(by=anna, url=f"/leads/{number}/")
    client.force_login(anna)
    with django_assert_max_num_queries(7):
        assert client.get(reverse("notices:list")).status_code == 200


# ---------------------------------------------------------------------------------------------- choices


def test_settings_show_the_mails_one_can_stop_and_save_them(client: Client, anna: User) -> None:
    client.force_login(anna)
    page = client.get(reverse("accounts:me")).content.decode()
    assert page.count('name="wanted"') == 3  # the Monday mail is for directors
    client.post(
        reverse("notices:choose"), {"shown": ["instant", "morning", "minutes"], "wanted": ["morning"]}
    )
    assert selectors.wants(anna) == {
        "instant": False,
        "morning": True,
        "monday": True,
        "minutes": False,
        "wins": True,
    }
    page = client.get(reverse("accounts:me")).content.decode()
    assert len(re.findall(r'name="wanted"[^>]*checked', page)) == 1


def test_a_director_can_stop_the_monday_mail(client: Client, anna: User) -> None:
    client.force_login(person("director"))
    assert client.get(reverse("accounts:me")).content.decode().count('name="wanted"') == 4


def test_a_sort_of_mail_that_is_none_is_refused(client: Client, anna: User) -> None:
    client.force_login(anna)
    assert client.post(reverse("notices:choose"), {"shown": ["all"]}).status_code == 422
    assert not MailChoice.objects.exists()


# ---------------------------------------------------------------------------------------------- links in mails


def _mail(anna: User, smtp: Sink) -> email.message.Message:
    tell(anna)
    delivery.compose(at=AT)
    if not Message.objects.filter(sort="instant").exists():  # the first run of a day writes the morning mail
        tell(anna, "b")
        delivery.compose(at=AT)
    delivery.send_waiting(at=AT)
    return email.message_from_bytes(smtp.mails[-1])


def _path(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def test_a_mail_says_how_to_stop_it_in_headers_text_and_html(anna: User, smtp: Sink) -> None:
    mail = _mail(anna, smtp)
    header = mail["List-Unsubscribe"]
    assert re.fullmatch(r"<http://127\.0\.0\.1:8000/mails/stop/[\w:-]+/>", header.strip())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart())
    for body in (text, html):
        assert "/mails/stop/" in body
        assert "/mails/mute/" in body


def test_headers_to_stop_stand_on_the_wire_as_they_are(anna: User, smtp: Sink) -> None:
    _mail(anna, smtp)
    head = smtp.mails[-1].split(b"\r\n\r\n")[0]
    assert b"=?utf-8?" not in head.split(b"List-Unsubscribe")[1]


def test_one_click_stops_without_cookies_or_a_token_of_ours(anna: User, smtp: Sink) -> None:
    url = _path(_mail(anna, smtp)["List-Unsubscribe"].strip().strip("<>"))
    program = Client(enforce_csrf_checks=True)
    response = program.post(
        url, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200
    sort = Message.objects.latest("pk").sort
    assert selectors.wants(anna)[sort] is False


def test_looking_at_the_link_stops_nothing_and_pressing_does(anna: User) -> None:
    url = _path(links.stop_url(anna, "morning"))
    stranger = Client()
    for _ in range(2):
        page = stranger.get(url)
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
    assert selectors.wants(anna)["morning"] is True
    assert "Start again" in stranger.post(url).content.decode()
    assert selectors.wants(anna)["morning"] is False
    assert "Stop these mails" in stranger.post(url, {"start": "1"}).content.decode()
    assert selectors.wants(anna)["morning"] is True


def test_the_page_speaks_the_receivers_language(anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(language="pl")
    page = Client().get(_path(links.stop_url(anna, "morning"))).content.decode()
    assert '<html lang="pl"' in page


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzFd:1:2", "%00", "ż"])
def test_a_link_that_is_cut_off_says_so(anna: User, token: str) -> None:
    for name in ("notices:stop", "notices:mute_by_mail"):
        response = Client().post(reverse(name, args=[token]))
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
    assert not MailChoice.objects.exists()


def test_a_link_ends_with_the_address_with_the_person_and_stays_its_own_kind(anna: User) -> None:
    stop, mute = (
        _path(links.stop_url(anna, "morning")).split("/")[3],
        _path(links.mute_url(anna, "/leads/7/")).split("/")[3],
    )
    assert links.read_stop(stop) is not None
    assert links.read_stop(mute) is None
    assert links.read_mute(stop) is None
    assert links.read_stop(signing.dumps([anna.pk, "", "morning"], salt="other")) is None
    assert links.read_stop(signing.dumps({"p": anna.pk}, salt="notices.stop")) is None
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert links.read_stop(stop) is None
    User.objects.filter(pk=anna.pk).update(is_active=True, email="new@example.com")
    assert links.read_stop(stop) is None


def test_a_thread_is_muted_by_the_link_in_a_mail(anna: User) -> None:
    url = _path(links.mute_url(anna, "/leads/7/"))
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.get(url).status_code == 200
    assert not selectors.is_muted(anna, "/leads/7/")
    assert "Muted" in stranger.post(url).content.decode()
    assert selectors.is_muted(anna, "/leads/7/")
    stranger.post(url, {"start": "1"})
    assert not selectors.is_muted(anna, "/leads/7/")
