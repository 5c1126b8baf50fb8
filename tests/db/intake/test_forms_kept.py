"""Messages of hosted forms that are no lead yet: kept, told of, and made a lead after all."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leads.models import Answer, Arrival, Consent, Lead
from leads.services import arrivals
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.intake.domain.hosted import Suspicion
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors.message_words import reasons_of
from leadsync.intake.services import handling, submissions
from leadsync.intake.services.submissions import Message
from leadsync.notices.models import Alert
from tests.factories.accounts import CompanyFactory, person
from tests.factories.intake import hosted_form
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company() -> None:
    CompanyFactory()


def message(**data: Any) -> Message:
    fields = {"name": "Ewa Maj", "email": "ewa@firma.example"} | data.pop("fields", {})
    return Message(**{"fields": fields, "language": "pl", "page": "p1", "consent": "I agree."} | data)


def caught(form: LeadForm, **data: Any) -> Payload:
    return submissions.keep_spam(form=form, message=message(**data), why=Suspicion.TRAP)


def test_what_looked_like_spam_becomes_a_lead_when_somebody_says_so() -> None:
    agreement_in_force(criteria=[{"key": "decides", "question": "Decides?"}])
    form = hosted_form("name!", "email!", "answer:decides")
    kept = caught(form, fields={"answer:decides": "yes"}, marks={"utm_source": "fair"})
    by = person("marketer")
    taken = submissions.take_after_all(payload=kept, by=by)
    lead = Lead.objects.get()
    assert (taken.state, taken.lead, taken.handled_by, taken.reason) == ("taken", lead, by, {})
    assert taken.handled_at is not None
    assert (lead.name, lead.language, lead.received_at) == ("Ewa Maj", "pl", kept.received_at)
    assert Arrival.objects.get().payload["marks"] == {"utm_source": "fair"}
    assert Consent.objects.get().at == kept.received_at
    assert Answer.objects.get().value is True


def test_it_becomes_a_lead_once() -> None:
    kept = caught(hosted_form())
    by = person("marketer")
    submissions.take_after_all(payload=kept, by=by)
    with pytest.raises(Conflict):
        submissions.take_after_all(payload=kept, by=by)
    assert Arrival.objects.count() == 1


def test_who_may_not_makes_no_lead_of_it() -> None:
    kept = caught(hosted_form())
    with pytest.raises(NotAllowed):
        submissions.take_after_all(payload=kept, by=person("rep"))
    kept.refresh_from_db()
    assert (kept.state, Lead.objects.count()) == ("spam", 0)


def test_nobody_can_be_made_of_nothing() -> None:
    kept = caught(hosted_form(), fields={"name": "", "email": "x"})
    with pytest.raises(Invalid):
        submissions.take_after_all(payload=kept, by=person("marketer"))
    kept.refresh_from_db()
    assert (kept.state, Lead.objects.count()) == ("spam", 0)


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"fields": 5}', '{"fields": {"name": null}}'])
def test_a_kept_message_that_says_nothing_is_refused_with_words(body: str) -> None:
    kept = caught(hosted_form())
    Payload.objects.filter(pk=kept.pk).update(body=body)
    kept.refresh_from_db()
    with pytest.raises(Invalid):
        submissions.take_after_all(payload=kept, by=person("marketer"))


def test_the_same_robot_fills_no_list_with_one_message() -> None:
    form = hosted_form()
    for _time in range(3):
        caught(form)
    assert Payload.objects.count() == 1


def test_what_the_visitor_cannot_mend_is_kept_and_told_and_settled_by_taking_it(client: Client) -> None:
    form = hosted_form("name!", "email!")
    odd = submissions.take(form=form, message=message(fields={"city": "x"}, language="x" * 30))
    assert (odd.state, odd.reason["code"], odd.reason["field"]) == ("unreadable", "refused", "language")
    alert = Alert.objects.get(resolved_at=None)
    assert (alert.kind, alert.subject, alert.context["count"]) == (
        "unreadable_messages",
        f"form:{form.pk}",
        1,
    )
    Payload.objects.filter(pk=odd.pk).update(body=odd.body.replace("x" * 30, "pl"))
    submissions.take_after_all(payload=odd, by=person("marketer"))
    assert Lead.objects.count() == 1
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_dropping_it_settles_the_alert_too() -> None:
    form = hosted_form()
    odd = submissions.take(form=form, message=message(language="x" * 30))
    handling.drop(payload=odd, by=person("marketer"))
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_fault_of_ours_costs_no_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_data: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(arrivals, "receive", broken)
    kept = submissions.take(form=hosted_form(), message=message())
    assert (kept.state, kept.reason["code"]) == ("unreadable", "fault")
    assert json.loads(kept.body)["fields"]["email"] == "ewa@firma.example"


def test_what_the_visitor_can_mend_is_said_and_not_kept() -> None:
    with pytest.raises(Invalid) as refused:
        submissions.take(form=hosted_form(), message=message(fields={"email": "no address"}))
    assert refused.value.field == "email"
    assert not Payload.objects.exists()


@pytest.mark.parametrize(
    ("why", "said"),
    [(Suspicion.TRAP, "A field that people do not see"), (Suspicion.TOO_FAST, "faster than anybody types")],
)
def test_spam_says_why_and_its_button_makes_a_lead_of_it(why: Suspicion, said: str) -> None:
    form = hosted_form()
    kept = submissions.keep_spam(form=form, message=message(fields={"need": "Boxes"}), why=why)
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("marketer"))
    opened = reverse("intake:message", args=[kept.pk])
    assert opened in client.get(reverse("intake:inbox"), {"state": "spam"}).content.decode()
    shown = client.get(opened).content.decode()
    for words in ("Ewa Maj", "ewa@firma.example", "Boxes", said):
        assert words in shown
    # The form with that button, as a browser sends it.
    before = shown.partition("Take as a lead")[0].rpartition("<form")[2]
    action = re.search(r'action="([^"]+)"', before)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', before)
    assert action
    assert token
    answer = client.post(action[1], {"csrfmiddlewaretoken": token[1]}, follow=True)
    assert Lead.objects.get().need == "Boxes"
    after = answer.content.decode()
    assert answer.status_code == 200
    assert reverse("leads:page", args=[Lead.objects.get().pk]) in after
    assert "Take as a lead" not in client.get(opened).content.decode()
    assert client.post(action[1], {"csrfmiddlewaretoken": token[1]}).status_code == 409
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("why", list(Suspicion))
def test_every_suspicion_has_words_of_its_own(why: Suspicion) -> None:
    kept = submissions.keep_spam(form=hosted_form(), message=message(), why=why)
    assert reasons_of(kept) != [why.value]
