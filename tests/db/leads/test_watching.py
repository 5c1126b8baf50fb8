"""Alerts about leads and the agreement: what the facts say, and only as long as they say it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from leads.filters import LeadFilter
from leads.models import Agreement, Answer, Finding, Lead
from leads.services import activities, agreements, watching
from leadsync.accounts.models import User
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _tuesday(time_machine: Any) -> None:
    CompanyFactory.create()
    time_machine.move_to(TUESDAY, tick=False)


def open_one(kind: str) -> Alert | None:
    return Alert.objects.filter(kind=kind, resolved_at=None).first()


def behind(url: str) -> int:
    """How many leads the list shows at this address."""
    found = LeadFilter(QueryDict(url.partition("?")[2]), queryset=Lead.objects.counted())
    assert found.is_valid(), found.errors
    return int(found.qs.count())


# ---------------------------------------------------------------------------------------------- the promise


def test_leads_past_the_promise_are_one_alert_that_lists_them_all() -> None:
    pawel, iga, to = person("rep", name="Paweł K"), person("rep", name="Iga M"), campaign()
    late = [lead(owner=owner, campaign=to, at=TUESDAY) for owner in (pawel, iga, iga)]
    watching.watch(at=TUESDAY + 59 * MINUTE)
    assert open_one("promise_missed") is None
    watching.watch(at=TUESDAY + HOUR)
    alert = open_one("promise_missed")
    assert alert is not None
    assert alert.context["reps"] == [
        {"id": iga.pk, "name": "Iga M", "count": 2},
        {"id": pawel.pk, "name": "Paweł K", "count": 1},
    ]
    assert (alert.context["count"], alert.cost_minutes) == (3, 45)
    activities.start_call(lead=fresh(late[0]), by=pawel, at=TUESDAY + HOUR)
    watching.watch(at=TUESDAY + 2 * HOUR)
    again = open_one("promise_missed")
    assert again is not None
    assert (again.pk, again.context["count"]) == (alert.pk, 2)
    for one in late[1:]:
        activities.start_call(lead=fresh(one), by=iga, at=TUESDAY + 2 * HOUR)
    watching.watch(at=TUESDAY + 3 * HOUR)
    assert open_one("promise_missed") is None


def test_its_number_is_that_of_the_list_it_opens(time_machine: Any) -> None:
    rep, to = person("rep"), campaign()
    for _number in range(3):
        lead(owner=rep, campaign=to, at=TUESDAY)
    proof = lead(owner=rep, campaign=to, at=TUESDAY)
    Lead.objects.filter(pk=proof.pk).update(is_test=True)
    time_machine.move_to(TUESDAY + 2 * HOUR, tick=False)
    watching.watch()
    alert = open_one("promise_missed")
    assert alert is not None
    assert alert.context["count"] == 3 == behind(alert.url)


# ---------------------------------------------------------------------------------------------- silence


def worked(owner: User, days: int, **fields: Any) -> Lead:
    made = lead(campaign=campaign())
    values = {"stage": "contacted", "owner": owner, "last_activity_at": TUESDAY - days * DAY}
    Lead.objects.filter(pk=made.pk).update(**values | fields)
    return made


def test_leads_in_work_without_anything_for_the_agreed_days_are_silent() -> None:
    rep = person("rep", name="Paweł K")
    worked(rep, 15)
    worked(rep, 13)
    worked(rep, 40, next_step_at=TUESDAY + DAY)
    worked(rep, 40, is_test=True)
    worked(rep, 40, is_history=True)  # came with its past and was never worked here
    worked(rep, 40, stage="won", won_at=TUESDAY)
    watching.watch_work(at=TUESDAY)
    alert = open_one("silent_leads")
    assert alert is not None
    assert (alert.context["count"], alert.context["days"], alert.cost_minutes) == (1, 14, 5)
    Lead.objects.update(next_step_at=TUESDAY + DAY)
    watching.watch_work(at=TUESDAY)
    assert open_one("silent_leads") is None


def test_silence_follows_the_agreement_in_force() -> None:
    agreement_in_force(silent_days=3)
    worked(person("rep"), 4)
    watching.watch_work(at=TUESDAY)
    alert = open_one("silent_leads")
    assert alert is not None
    assert alert.context["days"] == 3


# ---------------------------------------------------------------------------------------------- records


def judged(owner: User, **fields: Any) -> Lead:
    made = lead(campaign=campaign())
    values = {"mark": "promising", "marked_at": TUESDAY - 5 * DAY, "owner": owner, "stage": "contacted"}
    Lead.objects.filter(pk=made.pk).update(**values | fields)
    return made


def test_thin_records_are_told_to_the_head_once_and_end_when_enough_is_known() -> None:
    rep, head = person("rep", name="Paweł K"), person("head_of_sales")
    found = [judged(rep) for _number in range(10)]
    for one in found[:3]:
        Finding.objects.create(lead=one, topic="need", words="Bays", by=rep, at=TUESDAY)
    for one in found[3:5]:
        Answer.objects.create(lead=one, key="hall", value=1, source="rep", at=TUESDAY)
    Answer.objects.create(
        lead=found[5], key="hall", value=1, source="form", at=TUESDAY
    )  # sales learned nothing
    for _turn in range(2):
        watching.watch_work(at=TUESDAY)
    alert = open_one("completeness_low")
    assert alert is not None
    assert (alert.context["share"], alert.context["count"], alert.cost_minutes) == (50, 10, 10)
    assert alert.context["reps"] == [{"id": rep.pk, "name": "Paweł K", "share": 50}]
    told = Notice.objects.get(kind="completeness_low")
    assert (told.recipient, told.url) == (head, f"/alerts/{alert.pk}/")
    Finding.objects.create(lead=found[6], topic="need", words="Bays", by=rep, at=TUESDAY)
    watching.watch_work(at=TUESDAY + HOUR)
    assert open_one("completeness_low") is None


def test_few_old_false_and_unreachable_leads_say_nothing_about_records() -> None:
    rep = person("rep")
    for fields in (
        *({} for _number in range(9)),
        {"marked_at": TUESDAY - 31 * DAY},
        {"is_judged_only": True},
        {"mark": "unreachable"},
        {"is_test": True},
        {"is_history": True},
    ):
        judged(rep, **fields)
    watching.watch_work(at=TUESDAY)
    assert open_one("completeness_low") is None


# ---------------------------------------------------------------------------------------------- the agreement


def test_a_signature_missing_for_two_working_days_names_who_has_to_sign(time_machine: Any) -> None:
    marketing = person("head_of_marketing", name="Ola N")
    sales = person("head_of_sales", name="Tomasz W")
    draft = agreements.new_draft(by=marketing)
    agreements.propose(agreement=draft, by=marketing, at=TUESDAY)
    watching.watch(at=TUESDAY + 2 * DAY - MINUTE)
    assert open_one("agreement_unsigned") is None
    watching.watch(at=TUESDAY + 2 * DAY)
    alert = open_one("agreement_unsigned")
    assert alert is not None
    assert sorted(alert.context["waits_for"]) == ["Ola N", "Tomasz W"]
    agreements.sign(agreement=draft, by=marketing, at=TUESDAY + 2 * DAY)
    watching.watch(at=TUESDAY + 3 * DAY)
    alert.refresh_from_db()
    assert (alert.context["waits_for"], alert.cost_minutes) == (["Tomasz W"], 30)
    agreements.sign(agreement=Agreement.objects.get(), by=sales, at=TUESDAY + 3 * DAY)
    watching.watch(at=TUESDAY + 3 * DAY)
    assert open_one("agreement_unsigned") is None


# ---------------------------------------------------------------------------------------------- statements


def test_twenty_leads_and_reps_cost_as_many_statements_as_one() -> None:
    counts = []
    to = campaign()
    for rows in (1, 19):
        for _number in range(rows):
            rep = person("rep")
            lead(owner=rep, campaign=to, at=TUESDAY)
            worked(rep, 20)
            for _lead in range(10):
                judged(rep)
        at = TUESDAY + 2 * HOUR + rows * MINUTE
        watching.watch(at=at)
        watching.watch_work(at=at)
        with CaptureQueriesContext(connection) as captured:
            watching.watch(at=at)
            watching.watch_work(at=at)
        counts.append(len(captured))
    assert counts[0] == counts[1]
