"""Orders of leads over the API: read, order, promise, say why."""

from typing import Any

import pytest

from leadsync.accounts.models import User
from leadsync.kpi.models import OrderChange
from tests.db.api.conftest import Api
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

MONTH = "/api/v1/orders/2026-12/"


@pytest.fixture
def rep(time_machine: Any) -> User:
    time_machine.move_to("2026-11-16T11:00:00+00:00", tick=False)
    CompanyFactory.create()
    return person("rep", name="Paweł Krawczyk")


def test_an_order_is_made_promised_and_explained(api: Api, rep: User) -> None:
    address = f"{MONTH}{rep.pk}/"
    made = api(rep).put(address, {"ordered": 20, "version": 0})
    assert made.status_code == 200, made.content
    assert (made.json()["ordered"], made.json()["promised"], made["ETag"]) == (20, None, '"1"')
    head = api(person("head_of_marketing", name="Ola Nowak"))
    promised = head.put(address, {"promised": 16, "note": "No fair"}, headers={"If-Match": made["ETag"]})
    assert promised.status_code == 200, promised.content
    first = OrderChange.objects.get(field="ordered")
    said = api(rep).post(f"/api/v1/orders/changes/{first.pk}/why/", {"note": "Two new markets"})
    assert (said.status_code, said.json()["note"]) == (200, "Two new markets")
    found = api(person("marketer")).get(MONTH).json()
    (order,) = found["orders"]
    assert (order["ordered"], order["promised"], order["delivered"], order["version"]) == (20, 16, 0, 2)
    assert order["can_call"] > 0
    assert [(one["before"], one["after"], one["note"], one["by"]["name"]) for one in order["changes"]] == [
        (None, 16, "No fair", "Ola Nowak"),
        (None, 20, "Two new markets", "Paweł Krawczyk"),
    ]
    assert found["working_days"] > 0
    assert sum(week["leads"] for week in found["weeks"]) == pytest.approx(16, abs=2)


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        ("head_of_sales", {"ordered": 5}, 200),
        ("head_of_sales", {"promised": 5}, 403),
        ("head_of_marketing", {"promised": 5}, 200),
        ("head_of_marketing", {"ordered": 5}, 403),
        ("rep", {"ordered": 5}, 403),  # a colleague's
        ("director", {"promised": 5}, 403),
        ("marketer", {"promised": 5}, 403),
        ("administrator", {"ordered": 5}, 403),
        ("head_of_sales", {"ordered": -1}, 422),
        ("head_of_sales", {"ordered": "many"}, 422),
        ("head_of_sales", {"ordered": 10_001}, 422),
        ("head_of_sales", {"other": 1}, 422),
    ],
)
def test_who_may_change_what(api: Api, rep: User, role: str, body: dict[str, Any], status: int) -> None:
    answer = api(person(role)).put(f"{MONTH}{rep.pk}/", body | {"version": 0})
    assert answer.status_code == status, answer.content


def test_a_change_says_what_it_is_based_on(api: Api, rep: User) -> None:
    address = f"{MONTH}{rep.pk}/"
    assert api(rep).put(address, {"ordered": 20}).status_code == 428
    assert api(rep).put(address, {"ordered": 20, "version": 0}).status_code == 200
    late = api(person("head_of_sales")).put(address, {"ordered": 25, "version": 0})
    assert late.status_code == 409
    assert "Paweł Krawczyk changed this order meanwhile" in late.json()["detail"]


@pytest.mark.parametrize("address", ["/api/v1/orders/2026-13/", "/api/v1/orders/soon/", f"{MONTH}999999/"])
def test_what_is_not_there_is_not_found(api: Api, rep: User, address: str) -> None:
    client = api(person("head_of_sales"))
    answer = client.put(address, {"ordered": 1, "version": 0}) if "999999" in address else client.get(address)
    assert answer.status_code == 404


def test_orders_are_for_who_is_signed_in(client: Any, rep: User) -> None:
    assert client.get(MONTH).status_code in {401, 403}
