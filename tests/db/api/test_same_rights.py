"""Who may do something on a page may do it over the API, and nobody else: asked of each role on both."""

from typing import Any

import pytest
from django.test import Client

from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from tests.db.api.conftest import Api
from tests.factories.accounts import PASSWORD, person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

# An action that is the same on a page and over the API: method and path below /api/v1/, address of the page.
# What is sent is empty where the role alone decides, and fits where it matters whose the lead is.
BODIES = {
    "leads/{lead}/mark/": '{"value": "qualified"}',
    "leads/{lead}/reopen/": '{"note": "They called again."}',
    "leads/{lead}/return/": '{"reason": "incomplete"}',
}
SAME = [
    ("POST", "campaigns/", "/campaigns/new/"),
    ("PATCH", "campaigns/{campaign}/", "/campaigns/{campaign}/edit/"),
    ("POST", "campaigns/{campaign}/state/", "/campaigns/{campaign}/state/"),
    ("POST", "channels/", "/channels/new/"),
    ("PATCH", "channels/{channel}/", "/channels/{channel}/"),
    ("POST", "points/", "/channels/{channel}/points/new/"),
    ("POST", "leads/", "/campaigns/{campaign}/log/"),
    ("POST", "leads/hand-over/", "/leads/hand-over/"),
    ("POST", "leads/hand-back/", "/leads/hand-back/"),
    ("POST", "leads/put-off/", "/leads/put-off/"),
    ("POST", "leads/{lead}/mark/", "/leads/{lead}/mark/"),
    ("POST", "leads/{lead}/activities/", "/leads/{lead}/log/"),
    ("POST", "leads/{lead}/next-step/", "/leads/{lead}/next-step/"),
    ("POST", "leads/{lead}/return/", "/leads/{lead}/return/"),
    ("POST", "leads/{lead}/win/", "/leads/{lead}/win/"),
    ("POST", "leads/{lead}/lose/", "/leads/{lead}/lose/"),
    ("POST", "leads/{lead}/reopen/", "/leads/{lead}/reopen/"),
    ("PATCH", "agreements/{agreement}/", "/definition/{agreement}/edit/"),
    ("POST", "agreements/{agreement}/propose/", "/definition/{agreement}/propose/"),
    ("POST", "agreements/{agreement}/sign/", "/definition/{agreement}/sign/"),
    ("POST", "agreements/{agreement}/withdraw/", "/definition/{agreement}/withdraw/"),
    ("POST", "reasons/", "/settings/words/reason/"),
    ("POST", "tags/", "/settings/words/objection/"),
    ("POST", "routing/rules/", "/settings/routing/rules/new/"),
    ("POST", "routing/groups/", "/settings/routing/groups/new/"),
    ("POST", "questions/", "/questions/ask/"),
    ("POST", "questions/piece/", "/questions/piece/"),
    ("POST", "disputes/", "/leads/{lead}/dispute/"),
    ("POST", "absences/", "/settings/people/{person}/absences/"),
]


@pytest.fixture
def things() -> dict[str, Any]:
    version = agreement_in_force()
    rep = person("rep")
    return {
        "campaign": campaign().pk,
        "channel": channel().pk,
        "lead": lead(owner=rep).pk,
        "agreement": version.number,
        "person": rep.pk,
    }


def on_page(by: User, address: str) -> bool:
    """Whether the page lets this person in with a form; what is wrong with the form does not matter."""
    client = Client(raise_request_exception=False)
    assert client.login(email=by.email, password=PASSWORD)
    status = client.post(address, {}).status_code
    assert status < 500, (address, status)
    return status != 403


@pytest.mark.parametrize("role", list(Role))
def test_pages_and_api_let_the_same_people_do_the_same(role: Role, api: Api, things: dict[str, Any]) -> None:
    by = person(role)
    client = api(by)
    differs = {}
    for method, path, address in SAME:
        answer = client.generic(
            method,
            "/api/v1/" + path.format(**things),
            BODIES.get(path, "{}"),
            content_type="application/json",
        )
        assert answer.status_code < 500, (path, answer.content)
        may = answer.status_code != 403
        page = on_page(by, address.format(**things))
        if may != page:
            differs[f"{method} {path}"] = {"api": answer.status_code, "page": page}
    assert differs == {}
