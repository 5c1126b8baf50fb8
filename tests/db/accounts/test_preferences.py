"""Language, theme, one's own name; the zone of the company."""

import pytest
from django.test import Client
from django.urls import reverse

from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db


def post(client: Client, page: str, /, **data: str):  # type: ignore[no-untyped-def]
    return client.post(reverse(f"accounts:{page}"), data)


def test_the_language_is_kept_with_the_person_and_holds_on_other_devices(client: Client) -> None:
    CompanyFactory()
    someone = person("rep")
    client.force_login(someone)
    assert post(client, "language", language="pl", next="/settings/me/")["Location"] == "/settings/me/"
    assert User.objects.get(pk=someone.pk).language == "pl"
    other = Client()
    other.force_login(someone)
    assert '<html lang="pl"' in other.get("/settings/me/").content.decode()


def test_before_signing_in_the_browser_keeps_the_language(client: Client) -> None:
    CompanyFactory()
    post(client, "language", language="ru")
    assert '<html lang="ru"' in client.get("/accounts/login/").content.decode()


def test_signing_in_brings_the_persons_language_whatever_the_browser_kept(client: Client) -> None:
    CompanyFactory()
    post(client, "language", language="ru")
    client.force_login(person("rep", language="pl"))
    assert '<html lang="pl"' in client.get("/settings/me/").content.decode()


def test_the_theme_is_kept_with_the_person(client: Client) -> None:
    CompanyFactory()
    someone = person("rep")
    client.force_login(someone)
    post(client, "theme", theme="dark")
    assert User.objects.get(pk=someone.pk).theme == "dark"
    assert 'data-theme="dark"' in client.get("/settings/me/").content.decode()


def test_before_signing_in_the_browser_keeps_the_theme(client: Client) -> None:
    CompanyFactory()
    post(client, "theme", theme="dark")
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()


def test_the_frame_shows_the_persons_initials(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("rep", name="Marta Kowalska"))
    assert ">MK</span>" in client.get("/settings/me/").content.decode()


@pytest.mark.parametrize(("name", "value"), [("language", "xx"), ("language", ""), ("theme", "pink")])
def test_what_there_is_not_cannot_be_chosen(client: Client, name: str, value: str) -> None:
    someone = person("rep")
    client.force_login(someone)
    assert post(client, name, **{name: value}).status_code == 422
    kept = User.objects.get(pk=someone.pk)
    assert (kept.language, kept.theme) == ("en", "system")


@pytest.mark.parametrize("name", ["language", "theme"])
@pytest.mark.parametrize("target", ["https://evil.example/x", "//evil.example", "\\\\evil.example", ""])
def test_choosing_never_leads_to_another_site(client: Client, name: str, target: str) -> None:
    value = {"language": "pl", "theme": "dark"}[name]
    assert post(client, name, next=target, **{name: value})["Location"] == "/"


def test_choices_are_not_made_by_a_link(client: Client) -> None:
    assert client.get(reverse("accounts:language"), {"language": "pl"}).status_code == 405


def test_a_person_changes_name_language_theme_and_shortcuts(client: Client) -> None:
    CompanyFactory()
    someone = person("rep")
    client.force_login(someone)
    assert post(client, "me", name="Ирина", language="ru", theme="light").status_code == 302
    kept = User.objects.get(pk=someone.pk)
    assert (kept.name, kept.language, kept.theme, kept.has_shortcuts) == ("Ирина", "ru", "light", False)


def test_a_name_is_needed_and_the_wrong_one_stays_in_the_form_only(client: Client) -> None:
    CompanyFactory()
    someone = person("rep", name="Marta Kowalska")
    client.force_login(someone)
    answer = post(client, "me", name=" ", language="en", theme="light")
    assert answer.status_code == 422
    assert "<title>Error:" in answer.content.decode()
    assert User.objects.get(pk=someone.pk).name == "Marta Kowalska"


def test_nobody_changes_their_address_or_roles_with_the_form(client: Client) -> None:
    CompanyFactory()
    someone = person("rep")
    client.force_login(someone)
    post(
        client,
        "me",
        name="M",
        language="en",
        theme="light",
        email="x@example.com",
        is_superuser="1",
        groups="6",
    )
    kept = User.objects.get(pk=someone.pk)
    assert (kept.email, kept.is_superuser, kept.roles) == (someone.email, False, someone.roles)


def test_times_are_told_in_the_companys_zone(client: Client) -> None:
    CompanyFactory(zone="Asia/Tokyo")
    client.force_login(person("rep"))
    assert "Asia/Tokyo" in client.get("/settings/hours/").content.decode()
