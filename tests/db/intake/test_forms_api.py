"""Hosted forms over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from leadsync.accounts.models import User
from leadsync.accounts.services import tokens
from leadsync.intake.models import LeadForm
from leadsync.intake.services import forms
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.intake import hosted_form, plan

pytestmark = pytest.mark.django_db

FORMS = "/api/v1/forms/"
WORDS = {"title": "Visit us", "button": "Send", "consent": "I agree.", "thanks": "Thanks."}


@pytest.fixture(autouse=True)
def company() -> None:
    CompanyFactory()


def program(by: User, scope: str = "all") -> APIClient:
    made = APIClient()
    _token, secret = tokens.create(by=by, name=scope, scope=scope)
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return made


def test_a_form_is_made_read_changed_opened_and_closed() -> None:
    by, of = person("marketer"), campaign()
    api = program(by)
    made = api.post(
        FORMS, {"campaign": of.pk, "name": "Fair", "texts": {"pl": WORDS}, "origins": ["https://A.example/x"]}
    )
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["state"], body["language"], body["origins"]) == ("closed", "pl", ["https://a.example"])
    assert [one["field"] for one in body["asked"]] == ["name", "company", "email", "phone", "need"]
    assert made["ETag"] == '"1"'
    where = f"{FORMS}{body['id']}/"
    assert api.get(where).json() == body
    changed = api.patch(
        where, {"asked": [{"field": "company"}, {"field": "phone"}]}, headers={"if-match": '"1"'}
    )
    assert changed.json()["asked"] == [
        {"field": "company", "is_required": False},
        {"field": "phone", "is_required": False},
    ]
    assert api.post(f"{where}switch/", {"is_open": True}).json()["state"] == "open"
    assert api.post(f"{where}switch/", {"is_open": False, "version": 3}).json()["state"] == "closed"
    assert LeadForm.objects.get().changed_by == by


def test_everything_wrong_is_said_at_once() -> None:
    answer = program(person("marketer")).post(
        FORMS,
        {
            "campaign": campaign().pk,
            "name": "Fair",
            "asked": [{"field": "shoe_size"}],
            "texts": {"xx": WORDS},
            "origins": ["no site"],
            "thanks_url": "javascript:alert(1)",
        },
    )
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"asked", "languages", "origins", "thanks_url"}
    assert len(answer.json()["errors"]["asked"]) == 3
    assert not LeadForm.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "mine"},
        {"is_open": True},
        {"created_by": 1},
        {"campaign": 10**12},
        {"name": ""},
        {"texts": {"en": {"title": 5}}},
    ],
)
def test_what_only_services_set_and_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    answer = program(person("marketer")).post(FORMS, {"campaign": campaign().pk, "name": "Fair"} | wrong)
    assert answer.status_code == 422
    assert not LeadForm.objects.exists()


def test_a_stale_change_says_who_changed_it() -> None:
    form = hosted_form()
    other = person("marketer", name="Ola Other")
    forms.edit(form=form, plan=plan(name="Theirs"), by=other, version=None)
    api = program(person("marketer"))
    assert api.patch(f"{FORMS}{form.pk}/", {"name": "Mine"}).status_code == 428
    late = api.patch(f"{FORMS}{form.pk}/", {"name": "Mine", "version": 2})
    assert late.status_code == 409
    assert "Ola Other" in late.json()["detail"]
    assert LeadForm.objects.get().name == "Theirs"


def test_everybody_reads_and_only_who_may_changes() -> None:
    form = hosted_form()
    other = hosted_form()
    rep = program(person("rep"))
    assert [one["id"] for one in rep.get(FORMS).json()["results"]] == [other.pk, form.pk]
    assert [one["id"] for one in rep.get(FORMS, {"campaign": form.campaign_id}).json()["results"]] == [
        form.pk
    ]
    assert rep.post(FORMS, {"campaign": form.campaign_id, "name": "x"}).status_code == 403
    assert rep.patch(f"{FORMS}{form.pk}/", {"name": "x", "version": 2}).status_code == 403
    assert rep.post(f"{FORMS}{form.pk}/switch/", {"is_open": False}).status_code == 403
    reading = program(person("marketer"), scope="read")
    assert reading.post(f"{FORMS}{form.pk}/switch/", {"is_open": False}).status_code == 403
    form.refresh_from_db()
    assert (form.is_open, form.version, LeadForm.objects.count()) == (True, 2, 2)


def test_the_list_costs_the_same_however_long(django_assert_max_num_queries: Any) -> None:
    api, of = program(person("marketer")), campaign()
    hosted_form(campaign=of)
    with django_assert_max_num_queries(12) as few:
        api.get(FORMS)
    for _n in range(10):
        hosted_form(campaign=of)
    with django_assert_max_num_queries(len(few)):
        api.get(FORMS)
