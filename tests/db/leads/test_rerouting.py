"""An escalated lead goes to another rep by itself where that is agreed: once, with the clock as it was."""

from datetime import timedelta
from typing import Any

import pytest

from leads.models import Agreement, Handoff, Lead, LeadEvent, Step
from leads.services import activities, handoff, moving, promise, rerouting
from leadsync.accounts.models import OwnDay, User
from leadsync.accounts.services.company import raise_version
from leadsync.notices.models import Notice
from tests.factories.accounts import AbsenceFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, running

pytestmark = pytest.mark.django_db

ESCALATED = TUESDAY + 2 * HOUR


@pytest.fixture(autouse=True)
def _tuesday(time_machine: Any) -> None:
    time_machine.move_to(TUESDAY, tick=False)
    promise.assume_swept(at=TUESDAY - timedelta(days=1))


@pytest.fixture
def head() -> User:
    """The head of sales of an agreement that says so."""
    agreement_in_force()
    Agreement.objects.update(has_rerouting=True)
    return User.objects.get(groups__name="head_of_sales")


def test_the_escalated_lead_goes_to_another_rep_with_the_clock_as_it_was(head: User) -> None:
    rep, other = person("rep", name="Paweł Nowak"), person("rep", name="Lena Maj")
    found = lead(owner=rep, at=TUESDAY)
    result = promise.sweep(at=ESCALATED)
    assert (result.escalated, result.rerouted) == (1, 1)
    now = running(found)
    assert (now.rep, now.due_at, now.escalate_at, now.next_check_at) == (
        other,
        TUESDAY + HOUR,
        ESCALATED,
        None,
    )
    former = Handoff.objects.get(rep=rep)
    assert (former.end, former.left_seconds, former.next_check_at) == ("passed_on", 0, None)
    assert fresh(found).owner == other
    event = LeadEvent.objects.filter(lead=found).latest("id")
    assert (event.kind, event.by, event.after["why"]["rule"]) == ("passed_on", None, "rerouted")
    assert now.why["rule"] == "rerouted"


def test_both_reps_and_the_head_are_told(head: User) -> None:
    rep, other = person("rep", name="Paweł Nowak"), person("rep", name="Lena Maj")
    found = lead(owner=rep, at=TUESDAY)
    Notice.objects.all().delete()
    promise.sweep(at=ESCALATED)
    told = {(one.recipient, one.kind) for one in Notice.objects.filter(kind__contains="leads_")}
    assert told == {(rep, "leads_rerouted"), (other, "leads_handed"), (head, "leads_rerouted")}
    facts = Notice.objects.get(recipient=head, kind="leads_rerouted").context
    assert (facts["lead"], facts["rep"], facts["to"]) == (found.name, "Paweł Nowak", "Lena Maj")


def test_several_of_one_sweep_are_one_notice_each(head: User) -> None:
    rep, _other = person("rep"), person("rep", capacity=100)
    to = campaign()
    for _n in range(3):
        lead(owner=rep, campaign=to, at=TUESDAY)
    Notice.objects.all().delete()
    assert promise.sweep(at=ESCALATED).rerouted == 3
    assert Notice.objects.get(recipient=head, kind="leads_rerouted").context["count"] == 3
    assert Notice.objects.get(recipient=rep, kind="leads_rerouted").context["count"] == 3


def test_without_the_agreement_it_stays() -> None:
    agreement_in_force()
    rep, _other = person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    result = promise.sweep(at=ESCALATED)
    assert (result.escalated, result.rerouted) == (1, 0)
    assert fresh(found).owner == rep
    assert running(found).next_check_at is None


@pytest.mark.parametrize("who", ["nobody else", "away", "off"])
def test_where_nobody_else_is_there_it_stays_and_the_head_hears_so(head: User, who: str) -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    if who == "away":
        AbsenceFactory.create(person=person("rep"), starts_on=TUESDAY.date())
    elif who == "off":
        person("rep", is_active=False)
    result = promise.sweep(at=ESCALATED)
    assert (result.escalated, result.rerouted) == (1, 0)
    assert fresh(found).owner == rep
    assert running(found).next_check_at is None
    assert Notice.objects.get(recipient=head, kind="leads_not_rerouted").context["lead"] == found.name
    promise.sweep(at=ESCALATED + MINUTE)
    assert Notice.objects.filter(kind="leads_not_rerouted").count() == 1


def test_it_happens_once_for_a_lead_however_often_it_is_escalated(head: User) -> None:
    rep, other = person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    promise.sweep(at=ESCALATED)
    handoff.return_to_marketing(lead=fresh(found), by=other, reason="incomplete", at=ESCALATED + MINUTE)
    handoff.give(lead=fresh(found), to=rep, by=None, at=ESCALATED + 2 * MINUTE)
    result = promise.sweep(at=ESCALATED + timedelta(days=2))
    assert (result.escalated, result.rerouted) == (1, 0)
    assert fresh(found).owner == rep


def test_a_worker_killed_between_flagging_and_handing_over_leaves_it_to_the_next_sweep(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rep, other = person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)

    def dies(**_options: Any) -> int:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(moving, "move", dies)
        with pytest.raises(SystemExit):
            promise.sweep(at=ESCALATED)
    assert fresh(found).owner == rep
    assert promise.sweep(at=ESCALATED + MINUTE).rerouted == 1
    assert promise.sweep(at=ESCALATED + 2 * MINUTE).rerouted == 0
    assert fresh(found).owner == other
    assert Step.objects.filter(lead=found).count() == 3
    assert Handoff.objects.filter(lead=found).count() == 2


def test_a_contact_between_flagging_and_handing_over_keeps_the_lead(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rep, _other = person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    with monkeypatch.context() as patched:
        patched.setattr(rerouting, "reroute", lambda **_options: 0)
        promise.sweep(at=ESCALATED)
    activities.start_call(lead=fresh(found), by=rep, at=ESCALATED + MINUTE)
    assert promise.sweep(at=ESCALATED + 2 * MINUTE).rerouted == 0
    assert fresh(found).owner == rep


def test_who_hands_it_over_by_hand_meanwhile_decides(head: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rep, chosen, _third = person("rep"), person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    with monkeypatch.context() as patched:
        patched.setattr(rerouting, "reroute", lambda **_options: 0)
        promise.sweep(at=ESCALATED)
    handoff.give(lead=fresh(found), to=chosen, by=head, at=ESCALATED + MINUTE)
    assert promise.sweep(at=ESCALATED + 2 * MINUTE).rerouted == 0
    assert fresh(found).owner == chosen


def test_a_change_of_calendar_meanwhile_does_not_forget_it(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rep, other = person("rep"), person("rep")
    promise.sweep(at=TUESDAY)
    found = lead(owner=rep, at=TUESDAY)
    with monkeypatch.context() as patched:
        patched.setattr(rerouting, "reroute", lambda **_options: 0)
        promise.sweep(at=ESCALATED)
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    raise_version()
    promise.sweep(at=TUESDAY + timedelta(days=2))
    assert fresh(found).owner == other
    assert Step.objects.filter(lead=found, kind="escalated").count() == 1


def test_a_sweep_with_nothing_to_hand_on_asks_little(head: User, django_assert_max_num_queries: Any) -> None:
    lead(owner=person("rep"), at=TUESDAY)
    promise.sweep(at=TUESDAY)
    with django_assert_max_num_queries(12):
        assert promise.sweep(at=TUESDAY + MINUTE).total == 0
    assert Lead.objects.count() == 1
