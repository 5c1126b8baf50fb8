"""Test leads through our own hosted forms: they arrive in the queue of who would get them, and leave nothing behind."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from campaigns.domain.proofs import Found
from campaigns.models import Campaign, ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import channels, proofs
from leads.models import Handoff, Lead
from leadsync.accounts.models import User
from leadsync.intake.forms.probing import filled
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors.forms import address_of
from leadsync.intake.services import forms, probing
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.intake import hosted_form
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def iga(marta: User) -> User:
    return person("rep", name="Iga Wrona")


@pytest.fixture
def form(marta: User) -> LeadForm:
    return hosted_form("name!", "company", "email!", "phone!", "country!", "need", "wanted_at!", by=marta)


def watched(form: LeadForm, by: User) -> ContactPoint:
    """A contact point that is this form, tried every day."""
    channel = channels.save_channel(by=by, name="Our site")
    return channels.save_point(
        by=by, channel=channel, kind="form", value=address_of(form), responsible=by, is_watched=True
    )


def rows() -> Mapping[str, int]:
    """How many rows there are of every kind."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_a_test_lead_arrives_in_the_queue_of_who_would_get_it(form: LeadForm, iga: User) -> None:
    result = probing.send(key=form.key, fill=filled, at=AT)
    assert (result.found, result.detail) == (Found.LEAD_OK, "Iga Wrona")


def test_it_leaves_nothing_behind_but_the_proof(form: LeadForm, marta: User, iga: User) -> None:
    point = watched(form, marta)
    lead(campaign=form.campaign)
    probing.send(
        key=form.key, fill=filled, at=AT
    )  # whatever is made once and kept, locks for one, is there now
    before, numbers = rows(), list(Lead.objects.values_list("pk", "gate_number", "version"))
    ContactPoint.objects.update(next_try_at=AT)
    assert probing.work(fill=filled, at=AT) == 1
    after = rows()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"campaigns.Proof"}
    assert list(Lead.objects.values_list("pk", "gate_number", "version")) == numbers
    proof = Proof.objects.get(point=point)
    assert (proof.is_ok, proof.means, proof.note, proof.by) == (True, "test_lead", "Iga Wrona", None)


def test_the_next_days_test_is_no_duplicate(form: LeadForm, marta: User, iga: User) -> None:
    point = watched(form, marta)
    for day in range(3):
        now = AT + timedelta(days=day)
        ContactPoint.objects.update(next_try_at=now)
        probing.work(fill=filled, at=now)
    assert list(Proof.objects.filter(point=point).values_list("is_ok", flat=True)) == [True] * 3
    assert not Lead.objects.exists()
    assert not Payload.objects.exists()


def test_nobody_is_told(form: LeadForm, marta: User, iga: User) -> None:
    watched(form, marta)
    ContactPoint.objects.update(next_try_at=AT)
    probing.work(fill=filled, at=AT)
    assert not Notice.objects.exists()
    assert not Handoff.objects.exists()


def test_limits_of_strangers_do_not_stop_it(form: LeadForm, iga: User, settings: object) -> None:
    settings.FORM_RATE_ALL = 0  # type: ignore[attr-defined]
    settings.FORM_RATE = 0  # type: ignore[attr-defined]
    assert probing.send(key=form.key, fill=filled, at=AT).is_ok


def test_questions_of_the_agreement_are_answered_as_they_are_asked(marta: User, iga: User) -> None:
    criteria: list[dict[str, Any]] = [
        {"key": "budget", "question": "Is there a budget?"},
        {"key": "bays", "question": "How many bays?", "kind": "number", "threshold": 10},
        {"key": "branch", "question": "Which branch?", "kind": "choice", "choices": ["Food", "Steel"]},
        {"key": "where", "question": "Where?", "kind": "country", "choices": ["PL", "DE"]},
        {"key": "why", "question": "What for?", "kind": "text"},
    ]
    agreement_in_force(criteria=criteria)
    keys = [f"answer:{one['key']}!" for one in criteria]
    made = hosted_form("name!", "email!", *keys, by=marta)
    assert probing.send(key=made.key, fill=filled, at=AT).is_ok


def test_nobody_to_get_it_is_a_fault(form: LeadForm) -> None:
    assert probing.send(key=form.key, fill=filled, at=AT).found is Found.LEAD_NOBODY


def test_a_closed_form_and_a_campaign_that_is_not_live_are_faults(
    form: LeadForm, marta: User, iga: User
) -> None:
    Campaign.objects.update(state="paused")
    result = probing.send(key=form.key, fill=filled, at=AT)
    assert (result.found, result.detail) == (Found.LEAD_NOT_LIVE, form.campaign.name)
    forms.switch(form=form, is_open=False, by=marta)
    assert probing.send(key=form.key, fill=filled, at=AT).found is Found.LEAD_CLOSED
    assert probing.send(key="nothing-here", fill=filled, at=AT).found is Found.LEAD_NO_FORM


def test_a_fault_is_told_only_when_it_lasts_ten_minutes(form: LeadForm, marta: User, iga: User) -> None:
    point = watched(form, marta)
    Campaign.objects.update(state="paused")
    ContactPoint.objects.update(next_try_at=AT)
    probing.work(fill=filled, at=AT)
    assert not Proof.objects.exists()
    assert not Alert.objects.filter(kind="point_broken").exists()
    assert probing.work(fill=filled, at=AT + timedelta(minutes=9, seconds=59)) == 0
    probing.work(fill=filled, at=AT + timedelta(minutes=10))
    assert Proof.objects.get().is_ok is False
    alert = Alert.objects.get(kind="point_broken", resolved_at=None)
    assert alert.subject == str(point.pk)
    Campaign.objects.update(state="live")
    proofs.ask_try(point=point, by=iga, at=AT + timedelta(hours=1))
    probing.work(fill=filled, at=AT + timedelta(hours=1))
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    row = selectors.point_row(point.pk, reader=marta)
    assert row is not None
    assert row.said == "A test lead arrived in the queue: Iga Wrona."


def test_a_fault_inside_is_a_failure_and_leaves_nothing(
    form: LeadForm, iga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("down")

    monkeypatch.setattr("leadsync.intake.services.submissions.arrivals.receive", broken)
    assert probing.send(key=form.key, fill=filled, at=AT).found is Found.LEAD_FAULT
    assert not Payload.objects.exists()
    assert not Alert.objects.exists()


def test_only_own_forms_get_test_leads(form: LeadForm, marta: User, iga: User) -> None:
    point = watched(form, marta)
    assert selectors.own_key(point) == form.key
    for value in ("https://elsewhere.example/f/abc/", "https://example.com/ask"):
        assert selectors.own_key(ContactPoint(kind="form", value=value)) is None
    assert selectors.own_key(ContactPoint(kind="profile", value=point.value)) is None
