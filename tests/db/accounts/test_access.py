"""Who may open which settings page."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadsync.accounts.access import PUBLIC, person_of, public, requires, signed_in
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.urls import urlpatterns
from tests.factories.accounts import AbsenceFactory, CompanyFactory, person

pytestmark = pytest.mark.django_db

EVERYONE = set(Role)
ADMINISTRATOR = {Role.ADMINISTRATOR}
LOOK_AFTER = {Role.ADMINISTRATOR, Role.HEAD_OF_SALES}

# What a page needs: method, arguments, and who gets in. `0` stands for somebody else's key.
PAGES: dict[str, tuple[str, int, set[Role]]] = {
    "me": ("get", 0, EVERYONE),
    "sign_out_elsewhere": ("post", 0, EVERYONE),
    "company": ("get", 0, ADMINISTRATOR),
    "hours": ("get", 0, EVERYONE),
    "own_day_add": ("post", 0, ADMINISTRATOR),
    "own_day_remove": ("post", 1, ADMINISTRATOR),
    "people": ("get", 0, LOOK_AFTER),
    "person": ("get", 1, LOOK_AFTER),
    "invite": ("get", 0, ADMINISTRATOR),
    "invitation_resend": ("post", 1, ADMINISTRATOR),
    "invitation_revoke": ("post", 1, ADMINISTRATOR),
    "person_roles": ("post", 1, ADMINISTRATOR),
    "person_switch": ("post", 1, ADMINISTRATOR),
    "absence_add": ("post", 1, LOOK_AFTER),
    "absence_remove": ("post", 2, LOOK_AFTER),
    "person_hours": ("post", 1, LOOK_AFTER),
    "tokens": ("get", 0, EVERYONE),
    "token_revoke": ("post", 1, EVERYONE),
}
PUBLIC_PAGES = {"language", "theme", "invitation"}


def test_every_page_says_who_may_open_it_and_is_in_this_table() -> None:
    found = {pattern.name: pattern for pattern in urlpatterns}
    assert set(found) == set(PAGES) | PUBLIC_PAGES
    for name, pattern in found.items():
        required = pattern.callback.required_permission  # type: ignore[attr-defined]
        assert (required == PUBLIC) == (name in PUBLIC_PAGES)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_opens_for_its_roles_only(client: Client, name: str, role: Role) -> None:
    CompanyFactory()
    method, arguments, allowed = PAGES[name]
    other = person("rep")
    person("administrator")
    client.force_login(person(role))
    keys = {0: [], 1: [other.pk if "person" in name or "absence" in name else 987], 2: [other.pk, 987]}[
        arguments
    ]
    response = getattr(client, method)(reverse(f"accounts:{name}", args=keys))
    if role in allowed:
        assert response.status_code in {200, 302, 404, 422}
        assert "/accounts/login/" not in response.headers.get("Location", "")
    else:
        assert response.status_code == 403


@pytest.mark.parametrize("name", list(PAGES))
def test_nobody_signed_in_is_sent_to_sign_in(client: Client, name: str) -> None:
    method, arguments, _allowed = PAGES[name]
    url = reverse(f"accounts:{name}", args=[1] * arguments)
    response = getattr(client, method)(url)
    assert response["Location"] == f"/accounts/login/?next={url}"


def test_a_part_of_a_page_asked_for_after_the_session_ended_leads_back_to_the_page(client: Client) -> None:
    response = client.get(
        reverse("accounts:tokens"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/hours/?year=2026"},
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/accounts/login/?next=/settings/hours/%3Fyear%3D2026"


def test_a_head_of_sales_looks_after_absences_but_not_accounts(client: Client) -> None:
    CompanyFactory()
    other = person("rep")
    client.force_login(person("head_of_sales"))
    page = client.get(reverse("accounts:person", args=[other.pk])).content.decode()
    assert "Add days away" in page
    assert "Save roles" not in page
    url = reverse("accounts:person", args=[other.pk])
    assert client.post(url, {"name": "X", "capacity": "1", "office": ""}).status_code == 403
    other.refresh_from_db()
    assert other.name != "X"


def test_the_list_of_people_takes_as_many_queries_for_twenty_as_for_one(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("administrator"))
    client.get(reverse("accounts:people"))
    counts = []
    for more in (1, 19):
        for _ in range(more):
            AbsenceFactory(person=person("rep"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("accounts:people"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def test_decorators_leave_what_they_ask_for_on_the_view() -> None:
    assert requires(Can.ASK, Can.EXPORT)(_answer).required_permission == (Can.ASK, Can.EXPORT)  # type: ignore[attr-defined]
    assert signed_in(_answer).required_permission == ()  # type: ignore[attr-defined]
    assert public(_answer).required_permission == PUBLIC  # type: ignore[attr-defined]


def test_a_page_that_forgot_to_ask_for_sign_in_fails_loudly() -> None:
    request = RequestFactory().get("/")
    request.user = None  # type: ignore[assignment]
    with pytest.raises((TypeError, ImproperlyConfigured)):
        person_of(request)
