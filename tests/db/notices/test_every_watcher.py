"""Every kind of alert that watches facts, and several workers at it at once: opened once, resolved once, told once."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from campaigns.models import Campaign, ContactPoint
from campaigns.services import point_alerts, proofs
from feedback.models import Question
from feedback.services import gate_watch, questions, watching_questions
from leads.models import Agreement, Handoff, Lead
from leads.services import agreements
from leads.services import watching as lead_watching
from leadsync.accounts.models import User
from leadsync.exchange.services import watching as exchange_watching
from leadsync.kpi.models import Plan
from leadsync.kpi.services import watching as kpi_watching
from leadsync.meetings.models import Decision, Meeting
from leadsync.meetings.services import decisions
from leadsync.meetings.services import watching as meeting_watching
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import decision, meeting
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # a Monday, noon in Warsaw
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

# What the loop promises to watch, and how many of it stand in the company below.
WATCHED = {
    "gate_failed": 2,
    "gate_late": 1,
    "promise_missed": 1,
    "silent_leads": 1,
    "completeness_low": 1,
    "question_overdue": 2,
    "point_broken": 1,
    "point_stale": 1,
    "point_no_access": 1,
    "drought": 1,
    "overload": 1,
    "no_meeting": 1,
    "decision_overdue": 1,
    "nobody_heard": 1,
    "agreement_unsigned": 1,
    "plan_unsigned": 1,
}

# Nothing was spent since the gate failed; the decision is about a point that costs nothing.
COSTS_WHAT_IT_TOOK = ("gate_failed", "decision_overdue")


@pytest.fixture(autouse=True)
def _noon(time_machine: Any) -> Iterator[None]:
    time_machine.move_to(NOW, tick=False)
    yield
    connections.close_all()


def watch_all(at: datetime) -> None:
    """What a worker does in ten minutes."""
    gate_watch.watch(at=at)
    watching_questions.settle_overdue(at=at)
    lead_watching.watch(at=at)
    lead_watching.watch_work(at=at)
    kpi_watching.watch(at=at)
    point_alerts.watch(at=at)
    meeting_watching.no_meeting()
    decisions.watch(at=at)
    exchange_watching.run(at=at)


def handoffs(rep: User, of: Campaign, until: datetime) -> None:
    """A lead contacted at once at each noon of eight weeks, until that moment."""
    for days in range(56):
        at = NOW - days * DAY - HOUR
        if at <= until and at.weekday() < 5:
            one = Lead.objects.create(campaign=of, name="Past", received_at=at, is_history=True)
            times = dict.fromkeys(("at", "due_at", "warn_at", "escalate_at", "ended_at"), at)
            Handoff.objects.create(lead=one, rep=rep, promise_seconds=3600, end="contact", **times)


def company_in_trouble() -> None:
    """Everything that the loop watches for, at once."""
    CompanyFactory.create()
    marta, pawel, iga, lena = person("marketer"), person("rep"), person("rep"), person("rep")
    User.objects.filter(pk=marta.pk).update(joined_at=NOW - 1_000 * DAY)
    in_force = agreement_in_force(gate_size=4, gate_needed=2, gate_answer_hours=16)
    for number in range(2):  # two gates that were not passed
        failed = campaign(state="live", name=f"Failed {number}", owner=marta)
        for _place in range(4):
            one = lead(campaign=failed, at=NOW - 3 * DAY)
            Lead.objects.filter(pk=one.pk).update(mark="not_a_fit", marked_at=NOW - 2 * DAY)
    slow = campaign(state="live", name="Slow", owner=marta)
    for _place in range(3):  # past the promise, and past the verdict's due time
        lead(campaign=slow, owner=lena, at=NOW - 10 * DAY)
    rush = campaign(state="live", name="Rush", owner=marta)
    for _place in range(5):  # more first contacts than an hour holds
        lead(campaign=rush, owner=pawel, at=NOW)
    silent = lead(campaign=rush, at=NOW - 40 * DAY)
    Lead.objects.filter(pk=silent.pk).update(
        stage="contacted", owner=pawel, last_activity_at=NOW - 30 * DAY, first_contact_at=NOW - 39 * DAY
    )
    thin = campaign(state="ended", name="Thin", owner=marta)
    for _place in range(12):  # judged, and nothing was written down
        one = lead(campaign=thin, at=NOW - 3 * DAY)
        Lead.objects.filter(pk=one.pk).update(mark="promising", marked_at=NOW - DAY, stage="qualified")
    handoffs(iga, thin, NOW - 14 * DAY)
    for text in ("Why?", "When?"):
        questions.ask(text=text, answerer=pawel, by=marta, at=NOW - 10 * DAY)
    for number, kind in enumerate(("phone", "mailbox")):
        point = ContactPoint.objects.create(
            channel=channel(), kind=kind, value=f"point {number}", responsible=marta
        )
        if number:
            proofs.report(point=point, by=lena, is_ok=False, at=NOW - DAY)
            proofs.say_access(point=point, by=pawel, can_get_in=False, at=NOW - DAY)
    held = meeting(starts_at=NOW - 30 * DAY, state="held", began_at=NOW - 30 * DAY, ended_at=NOW - 30 * DAY)
    decision(held, owner=marta, due_on=NOW.date() - DAY)
    Agreement.objects.filter(pk=in_force.pk).update(in_force_at=NOW - 60 * DAY)
    draft = agreements.new_draft(by=person("head_of_sales"))
    agreements.propose(agreement=draft, by=person("head_of_marketing"))
    Agreement.objects.filter(pk=draft.pk).update(proposed_at=NOW - 10 * DAY)
    # What was alerted as it was made is looked at anew.
    Alert.objects.all().delete()
    Notice.objects.all().delete()


def all_mended() -> None:
    """Each of these facts is gone."""
    Campaign.objects.update(state="ended")
    Lead.objects.update(is_test=True)
    Question.objects.update(closed_at=NOW)
    ContactPoint.objects.update(is_active=False)
    Meeting.objects.create(name="Round", starts_at=NOW, began_at=NOW, ended_at=NOW, state="held", at=NOW)
    Decision.objects.update(state="done", done_at=NOW)
    Agreement.objects.filter(state="proposed").delete()
    User.objects.filter(groups__name="marketer").update(joined_at=NOW)
    Plan.objects.create(
        month=date(2026, 11, 1),
        revenue=Decimal(1),
        average_deal=Decimal(1),
        close_rate=Decimal(10),
        qualification_rate=Decimal(10),
        changed_at=NOW,
    )


def kinds(**wanted: Any) -> Counter[str]:
    return Counter(Alert.objects.filter(kind__in=WATCHED, **wanted).values_list("kind", flat=True))


def said() -> list[tuple[str, int]]:
    return list(Notice.objects.order_by("pk").values_list("key", "recipient"))


def test_several_workers_at_once_open_and_resolve_every_kind_once_and_tell_it_once() -> None:
    company_in_trouble()
    for _turn in range(2):
        results = together(*[lambda: watch_all(NOW + MINUTE)] * 4)
        assert [one for one in results if isinstance(one, Exception)] == []
    watch_all(NOW + MINUTE)
    assert kinds(resolved_at=None) == kinds() == WATCHED
    told = said()
    assert len(told) == len(set(told))
    assert told

    all_mended()
    results = together(*[lambda: watch_all(NOW + 2 * MINUTE)] * 4)
    assert [one for one in results if isinstance(one, Exception)] == []
    watch_all(NOW + 2 * MINUTE)
    assert kinds(resolved_at=None) == {}
    assert kinds() == WATCHED  # resolved, and none a second time
    assert len(said()) == len(set(said()))


def test_every_kind_says_facts_what_to_do_next_and_where() -> None:
    company_in_trouble()
    watch_all(NOW)
    for alert in Alert.objects.filter(kind__in=WATCHED):
        words = words_for(alert.kind, alert.context)
        assert words.title, alert.kind
        assert words.action, alert.kind
        assert alert.url.startswith("/"), alert.kind
        assert alert.cost_minutes > 0 or alert.kind in COSTS_WHAT_IT_TOOK, alert.kind
