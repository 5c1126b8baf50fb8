"""A form of a page that was open for too long: said in words, in our look, where the person is."""

import pytest
from django.test import Client
from django.utils.translation import override

WORDS = "This page was open too long. Reload it and try again."

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def test_a_form_of_an_old_page_says_what_to_do_and_leads_back(browser: Client) -> None:
    old = "http://testserver/accounts/login/?next=/queue/"
    response = browser.post("/accounts/login/", {"login": "a@example.com"}, headers={"referer": old})
    assert response.status_code == 403
    assert WORDS in response.text
    assert f'href="{old}"' in response.text


def test_an_old_page_never_leads_to_another_site(browser: Client) -> None:
    response = browser.post("/accounts/login/", headers={"referer": "https://elsewhere.example/"})
    assert response.status_code == 403
    assert "elsewhere.example" not in response.text


def test_an_old_page_is_told_so_above_it_when_htmx_asked(browser: Client) -> None:
    response = browser.post("/accounts/login/", headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert response["HX-Retarget"] == "#refusals"
    assert WORDS in response.text
    assert "<html" not in response.text


def test_an_old_page_speaks_the_language_of_the_reader(browser: Client) -> None:
    with override("pl"):
        response = browser.post("/accounts/login/", headers={"accept-language": "pl"})
    assert response.status_code == 403
    assert WORDS not in response.text
    assert "otwarta" in response.text
