"""What a worker keeps true about gates: alerts, the news of a verdict, reminders."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from feedback import tasks
from feedback.models import GateDecision, GateVerdict
from feedback.services import gate_watch, gates
from leads.models import Handoff, Lead
from leads.selectors import queue
from leadsync.accounts.models import User
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import HOUR, TUESDAY, agreement_in_force, lead

SIZE, NEEDED, HOURS = 4, 2, 16
NOW = TUESDAY + timedelta(hours=2)


@pytest.fixture
def rep(db: None) -> User:
    CompanyFactory.create()
    agreement_in_force(gate_size=SIZE, gate_needed=NEEDED, gate_answer_hours=HOURS)
    return person("rep", name="Paweł Rep")


def mark(one: Lead, value: str, at: datetime = TUESDAY) -> None:
    Lead.objects.filter(pk=one.pk).update(mark=value, marked_at=at)


def campaign(marks: str, *, rep: User | None = None, at: datetime = TUESDAY, **fields: Any) -> Campaign:
    """A live campaign with a lead for each sign: + promising, x not a fit, . not marked."""
    made = make_campaign(state="live", **fields)
    for number, sign in enumerate(marks):
        one = lead(campaign=made, owner=rep, at=at)
        if sign != ".":
            mark(one, {"+": "promising", "x": "not_a_fit"}[sign], at + timedelta(minutes=number + 1))
    return made


def alerts(kind: str) -> dict[str, Alert]:
    return {one.subject: one for one in Alert.objects.filter(kind=kind, resolved_at=None)}


def test_a_failed_gate_is_told_once_and_alerted_until_it_is_decided(rep: User) -> None:
    head = person("head_of_sales")
    made = campaign("xxx.")
    late = lead(campaign=made, at=TUESDAY + HOUR)
    Lead.objects.filter(pk=late.pk).update(minutes=25)
    for _time in range(2):
        gate_watch.watch(at=NOW)
    (alert,) = alerts("gate_failed").values()
    assert (alert.subject, alert.cost_minutes, alert.context["sent"]) == (f"{made.pk}:1", 25, 1)
    words = words_for(alert.kind, alert.context)
    assert "1 more lead was sent without a decision." in words.text
    assert words.action == "Decide"
    told = Notice.objects.filter(kind="gate_failed")
    assert {made.owner_id, head.pk} <= set(told.values_list("recipient", flat=True))
    assert told.filter(recipient=head).count() == 1
    gates.decide(campaign=made, choice="stop", by=person("director"))
    gate_watch.watch(at=NOW)
    assert not alerts("gate_failed")
    assert Alert.objects.filter(kind="gate_failed").count() == 1


def test_facts_alone_resolve_the_alert_and_the_notice_is_not_said_again(rep: User) -> None:
    made = campaign("xxx")
    gate_watch.watch(at=NOW)
    one = Lead.objects.filter(campaign=made).latest("pk")
    mark(one, "none")
    gate_watch.watch(at=NOW)
    assert not alerts("gate_failed")
    mark(one, "not_a_fit")
    gate_watch.watch(at=NOW)
    assert alerts("gate_failed")
    assert GateVerdict.objects.count() == 1
    assert Notice.objects.filter(kind="gate_failed", recipient=made.owner).count() == 1


def test_a_passed_gate_is_told_and_needs_nobody(rep: User) -> None:
    made = campaign("++")
    gate_watch.watch(at=NOW)
    gate_watch.watch(at=NOW)
    assert Notice.objects.filter(kind="gate_passed", recipient=made.owner).count() == 1
    assert not Alert.objects.exists()


def test_each_round_has_its_own_news(rep: User) -> None:
    made = campaign("xxx")
    gate_watch.watch(at=NOW)
    gates.decide(campaign=made, choice="retest", note="x", by=person("marketer"), at=NOW)
    for _number in range(2):
        mark(lead(campaign=made, at=NOW), "promising", NOW)
    gate_watch.watch(at=NOW)
    assert list(GateVerdict.objects.order_by("pk").values_list("round_from", "verdict")) == [
        (1, "failed"),
        (4, "passed"),
    ]


def test_a_verdict_of_long_ago_is_kept_and_not_told(rep: User) -> None:
    campaign("++")
    gate_watch.watch(at=TUESDAY + timedelta(days=30))
    assert GateVerdict.objects.count() == 1
    assert not Notice.objects.filter(kind="gate_passed").exists()


def test_over_is_over(rep: User) -> None:
    for state in ("ended", "stopped", "draft"):
        made = campaign("xxx", rep=rep)
        Campaign.objects.filter(pk=made.pk).update(state=state)
    gate_watch.watch(at=NOW + timedelta(days=20))
    assert not Alert.objects.exists()
    assert not GateVerdict.objects.exists()


def test_leads_that_wait_past_the_agreed_hours_are_one_alert_a_campaign(rep: User) -> None:
    made = campaign("x...", rep=rep)  # 8 working hours a day: due on Thursday at 10:00
    before, after = TUESDAY + timedelta(days=2, minutes=-1), TUESDAY + timedelta(days=2, minutes=1)
    gate_watch.watch(at=before)
    assert not alerts("gate_late")
    gate_watch.watch(at=after)
    (alert,) = alerts("gate_late").values()
    assert (alert.subject, alert.context["count"], alert.cost_minutes) == (str(made.pk), 3, 45)
    words = words_for(alert.kind, alert.context)
    assert words.title.startswith("3 leads wait for a verdict")
    assert "3 with Paweł Rep" in words.text
    for one in Lead.objects.filter(campaign=made, mark="none")[:1]:
        mark(one, "not_a_fit")
    gate_watch.watch(at=after)
    assert alerts("gate_late")[str(made.pk)].context["count"] == 2
    for one in Lead.objects.filter(campaign=made, mark="none"):
        mark(one, "not_a_fit")
    gate_watch.watch(at=after)
    assert not alerts("gate_late")


def test_nobody_waits_for_the_rest_of_a_gate_that_is_decided_by_its_marks(rep: User) -> None:
    campaign("++..", rep=rep)
    campaign("xxx.", rep=rep)
    gate_watch.watch(at=TUESDAY + timedelta(days=20))
    assert not alerts("gate_late")


def test_the_queue_shows_verdicts_by_their_due_time(rep: User) -> None:
    contacted = {"stage": "contacted", "first_contact_at": TUESDAY}
    made = campaign("..", rep=rep)
    older = campaign(".", rep=rep, at=TUESDAY - timedelta(days=1))
    passed = campaign("++.", rep=rep)
    ids = Lead.objects.filter(mark="none").values_list("pk", flat=True)
    Lead.objects.filter(pk__in=list(ids)).update(**contacted)
    Handoff.objects.update(ended_at=TUESDAY, end="contact")
    found = queue.first_contacts(rep, TUESDAY + timedelta(days=1, hours=2))
    (group,) = found.groups
    assert (group.key, group.title) == ("verdict", "Verdict due")
    assert [row.lead.campaign_id for row in group.rows] == [older.pk, made.pk, made.pk]
    assert passed.pk not in {row.lead.campaign_id for row in group.rows}
    assert [row.gate for row in group.rows] == [1, 1, 2]
    assert [row.verdict_at for row in group.rows] == [
        TUESDAY + timedelta(days=1),
        TUESDAY + timedelta(days=2),
        TUESDAY + timedelta(days=2),
    ]
    deadlines = [row.deadline for row in group.rows]
    assert [one.state for one in deadlines if one] == ["over", "ok", "ok"]


def test_a_signature_is_asked_for_once_more_after_two_days(rep: User) -> None:
    made, head = campaign("xxx"), person("head_of_sales")
    gates.decide(
        campaign=made, choice="continue", note="They buy", by=person("head_of_marketing"), at=TUESDAY
    )
    for days in (1, 2.1, 3):
        gate_watch.watch(at=TUESDAY + timedelta(days=days))
    asked = Notice.objects.filter(kind="gate_signature", recipient=head)
    assert [bool(one.context.get("is_reminder")) for one in asked.order_by("pk")] == [False, True]
    (alert,) = alerts("gate_failed").values()
    assert alert.context["signs"] == ["sales"]
    assert "head of sales" in words_for(alert.kind, alert.context).text


def test_a_stop_that_was_undone_no_longer_counts(rep: User) -> None:
    made = campaign("xxx")
    gates.decide(campaign=made, choice="stop", by=person("marketer"))
    Campaign.objects.filter(pk=made.pk).update(state="live")
    gate_watch.watch(at=NOW)
    assert GateDecision.objects.get().state == "withdrawn"
    assert alerts("gate_failed")


def test_as_many_statements_for_twenty_campaigns_as_for_one(rep: User) -> None:
    def statements(at: datetime) -> int:
        with CaptureQueriesContext(connection) as seen:
            gate_watch.watch(at=at)
        return len(seen)

    def fill(count: int) -> None:
        for _number in range(count):
            campaign("xxx", rep=rep)
            campaign("x..", rep=rep)
            campaign("++", rep=rep)

    late = TUESDAY + timedelta(days=3)
    fill(1)
    gate_watch.watch(at=late)  # calendars are known from here on
    fill(1)
    first = statements(late)
    standing = statements(late)
    fill(19)
    assert statements(late) == first
    assert statements(late) == standing


def test_one_that_fails_holds_up_no_other(rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def broken() -> None:
        raise ValueError("broken")

    monkeypatch.setattr(tasks, "WATCHED", [broken, lambda: ran.append("next")])
    with pytest.raises(ExceptionGroup):
        tasks.watch()
    assert ran == ["next"]


class TestRaces:
    pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

    @pytest.fixture(autouse=True)
    def _closed_connections(self) -> Iterator[None]:
        yield
        connections.close_all()

    def test_two_workers_at_once_alert_and_tell_once(self) -> None:
        CompanyFactory.create()
        agreement_in_force(gate_size=SIZE, gate_needed=NEEDED, gate_answer_hours=HOURS)
        rep = person("rep")
        for _number in range(5):
            campaign("xxx", rep=rep)
            campaign("x..", rep=rep)
            campaign("++", rep=rep)
        late = TUESDAY + timedelta(days=3)
        results = together(*[lambda: gate_watch.watch(at=late)] * 6)
        assert [one for one in results if isinstance(one, Exception)] == []
        gate_watch.watch(at=late)
        assert (len(alerts("gate_failed")), len(alerts("gate_late"))) == (5, 5)
        assert Alert.objects.count() == 10
        assert GateVerdict.objects.count() == 10
        owners = Notice.objects.filter(kind__in=["gate_failed", "gate_passed"])
        keys = list(owners.values_list("key", "recipient"))
        assert len(keys) == len(set(keys))
        assert {key for key, _person in keys} == {
            f"gate:{one.campaign_id}:1:{one.verdict}" for one in GateVerdict.objects.all()
        }

    def test_of_two_who_decide_at_once_one_is_told_who_was_faster(self) -> None:
        from_marketing, director = person("marketer"), person("director")
        agreement_in_force(gate_size=SIZE, gate_needed=NEEDED)
        made = campaign("xxx")
        results = together(
            lambda: gates.decide(campaign=made, choice="stop", by=director, round_from=1),
            lambda: gates.decide(campaign=made, choice="retest", note="x", by=from_marketing, round_from=1),
        )
        assert GateDecision.objects.count() == 1
        decision = GateDecision.objects.get()
        assert sum(isinstance(one, GateDecision) for one in results) == 1
        assert sum(isinstance(one, Exception) for one in results) == 1
        made.refresh_from_db()
        assert (made.state == "stopped") == (decision.choice == "stop")
        assert (made.gate_from == 4) == (decision.choice == "retest")

    def test_both_signatures_at_once_decide_once(self) -> None:
        marketing, sales = person("head_of_marketing"), person("head_of_sales")
        agreement_in_force(gate_size=SIZE, gate_needed=NEEDED)
        made = campaign("xxx")
        decision = gates.decide(campaign=made, choice="continue", note="x", by=person("director"))
        together(
            lambda: gates.sign(decision=decision, by=marketing),
            lambda: gates.sign(decision=decision, by=sales),
            lambda: gates.sign(decision=decision, by=sales),
        )
        decision.refresh_from_db()
        assert (decision.state, decision.signatures.count()) == ("taken", 2)
        assert Notice.objects.filter(kind="gate_decided", recipient=made.owner).count() == 1
