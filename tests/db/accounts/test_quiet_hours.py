"""Quiet hours in the company's settings: a beginning and an end, or neither."""

import pytest
from django.test import Client
from django.urls import reverse

from leadsync.accounts.models import Company
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(client: Client) -> dict[str, str]:
    CompanyFactory.create(quiet_from=20 * 60, quiet_until=7 * 60)
    client.force_login(person("administrator"))
    return {"name": "Baltic Boxes", "currency": "EUR", "zone": "Europe/Warsaw", "country": "PL"}


def quiet() -> tuple[int | None, int | None]:
    return Company.objects.values_list("quiet_from", "quiet_until").get()


@pytest.mark.parametrize(
    ("begins", "ends", "stored"),
    [
        ("22:00", "6:30", (1320, 390)),
        ("9", "17", (540, 1020)),
        ("24:00", "8:00", (0, 480)),
        ("18:00", "24:00", (1080, 1440)),
        ("", "", (None, None)),
    ],
)
def test_quiet_hours_are_kept_as_people_write_them(
    client: Client, typed: dict[str, str], begins: str, ends: str, stored: tuple[int | None, int | None]
) -> None:
    response = client.post(reverse("accounts:company"), typed | {"quiet_from": begins, "quiet_until": ends})
    assert response.status_code == 302
    assert quiet() == stored


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("22:00", ""), ("", "6:00"), ("8:00", "8:00"), ("25:00", "6:00"), ("x", "6:00"), ("9:99", "1")],
)
def test_half_or_senseless_quiet_hours_are_refused_and_nothing_changes(
    client: Client, typed: dict[str, str], begins: str, ends: str
) -> None:
    response = client.post(reverse("accounts:company"), typed | {"quiet_from": begins, "quiet_until": ends})
    assert response.status_code == 422
    assert f'value="{begins}"' in response.content.decode() or not begins
    assert quiet() == (1200, 420)


def test_the_page_shows_the_stored_hours(client: Client, typed: dict[str, str]) -> None:
    page = client.get(reverse("accounts:company")).content.decode()
    assert 'value="20:00"' in page
    assert 'value="7:00"' in page
