"""Signing in, passwords, sessions."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import PASSWORD, CompanyFactory, person

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> int:
    return client.post(LOGIN, {"login": email, "password": password, **more}).status_code


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:me")).status_code == 200


@pytest.mark.parametrize("typed", ["marta@example.com", "Marta@Example.COM", " MARTA@EXAMPLE.COM "])
def test_the_address_signs_in_however_it_is_written(client: Client, typed: str) -> None:
    person("marketer", email="marta@example.com")
    assert sign_in(client, typed) == 302
    assert is_in(client)


def test_a_wrong_password_does_not_sign_in(client: Client) -> None:
    someone = person("rep")
    assert sign_in(client, someone.email, "something-else-1") == 200
    assert not is_in(client)


def test_after_five_wrong_passwords_the_right_one_must_wait(client: Client) -> None:
    someone = person("rep")
    for _ in range(5):
        sign_in(client, someone.email, "something-else-1")
    sign_in(client, someone.email)
    assert not is_in(client)


def test_an_account_that_is_off_does_not_sign_in(client: Client) -> None:
    someone = person("rep", is_active=False)
    sign_in(client, someone.email)
    assert not is_in(client)


def test_nobody_signs_up_without_an_invitation(client: Client) -> None:
    response = client.post("/accounts/signup/", {"email": "new@example.com", "password1": PASSWORD})
    assert not is_in(client)
    assert response.status_code in {200, 302, 404}
    assert client.post(LOGIN, {"login": "new@example.com", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client: Client, target: str) -> None:
    someone = person("rep")
    response = client.post(LOGIN, {"login": someone.email, "password": PASSWORD, "next": target})
    assert response["Location"] == "/"


def test_signing_in_leads_back_to_the_page_that_asked_for_it(client: Client) -> None:
    someone = person("rep")
    asked = client.get(reverse("accounts:tokens"))
    assert asked["Location"] == f"{LOGIN}?next=/settings/tokens/"
    response = client.post(
        LOGIN, {"login": someone.email, "password": PASSWORD, "next": reverse("accounts:tokens")}
    )
    assert response["Location"] == reverse("accounts:tokens")


def test_the_answer_to_a_lost_password_is_the_same_for_known_and_unknown_addresses(client: Client) -> None:
    CompanyFactory()
    known = person("rep")
    answers = [
        client.post("/accounts/password/reset/", {"email": email})
        for email in (known.email, "nobody@example.com")
    ]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/accounts/password/reset/done/")
    ] * 2


def test_the_link_for_a_lost_password_lets_choose_a_new_one(client: Client) -> None:
    CompanyFactory()
    someone = person("rep")
    client.post("/accounts/password/reset/", {"email": someone.email.upper()})
    (sent,) = mail.outbox
    link = re.search(r"/accounts/password/reset/key/\S+", str(sent.body))
    assert link is not None
    page = client.get(link[0], follow=True)
    chosen = "a-new-and-long-one"
    client.post(page.redirect_chain[-1][0], {"password1": chosen, "password2": chosen})
    other = Client()
    sign_in(other, someone.email, chosen)
    assert is_in(other)


def test_signing_out_elsewhere_ends_the_other_sessions_only() -> None:
    someone, stranger = person("rep"), person("rep")
    here, there, strangers = Client(), Client(), Client()
    for client, who in ((here, someone), (there, someone), (strangers, stranger)):
        sign_in(client, who.email)
        assert is_in(client)
    here.post(reverse("accounts:sign_out_elsewhere"))
    assert (is_in(here), is_in(there), is_in(strangers)) == (True, False, True)


def test_changing_the_password_ends_the_other_sessions() -> None:
    someone = person("rep")
    here, there = Client(), Client()
    for client in (here, there):
        sign_in(client, someone.email)
    chosen = "a-new-and-long-one"
    here.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": chosen, "password2": chosen}
    )
    assert (is_in(here), is_in(there)) == (True, False)


def test_my_page_lists_where_i_am_signed_in() -> None:
    someone = person("rep")
    here = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
    sign_in(here, someone.email)
    here.get(reverse("accounts:me"))
    assert b"Firefox, Windows" in here.get(reverse("accounts:me")).content
