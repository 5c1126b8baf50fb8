"""What workers flag: each step once, with its true due time, to the right people."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from leads.models import Handoff, Lead, Step
from leads.services import activities, follow_up, handoff, marking, promise
from leads.tasks import sweep as sweep_task
from leadsync.accounts.models import Company, OwnDay, User
from leadsync.core.models import Lock
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, owner_of, running

pytestmark = pytest.mark.django_db

DUE = TUESDAY + HOUR  # 60 working minutes after a handoff at 10:00 of Warsaw


@pytest.fixture(autouse=True)
def _no_notices_before(db: None) -> None:
    promise.assume_swept(at=TUESDAY - timedelta(days=1))


def given(**options: Any) -> Lead:
    found = lead(owner=person("rep"), at=TUESDAY, **options)
    Notice.objects.all().delete()
    return found


def flags() -> list[tuple[str, datetime]]:
    return list(Step.objects.order_by("due_at", "id").values_list("kind", "due_at"))


def test_nothing_is_flagged_before_its_time() -> None:
    given()
    assert promise.sweep(at=TUESDAY + 44 * MINUTE).total == 0
    assert not Notice.objects.exists()


def test_a_quarter_before_due_the_rep_is_warned_at_once() -> None:
    found = given()
    promise.sweep(at=TUESDAY + 45 * MINUTE)
    assert flags() == [("warn", TUESDAY + 45 * MINUTE)]
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.is_instant) == ("lead_warn", found.owner, True)
    assert notice.context["lead"] == found.name
    assert notice.context["due_at"] == "2026-03-10T10:00:00Z"
    assert notice.url == f"/leads/{found.pk}/"


def test_past_due_the_rep_and_the_campaigns_marketer_hear_of_it() -> None:
    marketer = person("marketer")
    found = given(campaign=campaign(owner=marketer))
    promise.sweep(at=TUESDAY + 50 * MINUTE)
    promise.sweep(at=DUE)
    assert [kind for kind, _at in flags()] == ["warn", "missed"]
    told = Notice.objects.filter(kind="lead_missed")
    assert {one.recipient for one in told} == {found.owner, marketer}
    assert not any(one.is_instant for one in told)


def test_one_more_promise_later_the_heads_of_sales_hear_of_it() -> None:
    heads = {person("head_of_sales"), person("head_of_sales")}
    given()
    promise.sweep(at=DUE + HOUR)
    assert {one.recipient for one in Notice.objects.filter(kind="lead_escalated")} == heads


def test_after_an_outage_everything_is_flagged_with_its_true_due_time() -> None:
    person("head_of_sales")
    given()
    result = promise.sweep(at=TUESDAY + timedelta(days=3))
    assert (result.warned, result.missed, result.escalated) == (1, 1, 1)
    assert flags() == [
        ("warn", TUESDAY + 45 * MINUTE),
        ("missed", DUE),
        ("escalated", DUE + HOUR),
    ]
    assert set(Step.objects.values_list("at", flat=True)) == {TUESDAY + timedelta(days=3)}


def test_a_second_sweep_finds_nothing() -> None:
    found = given()
    promise.sweep(at=DUE)
    assert promise.sweep(at=DUE).total == 0
    assert running(found).next_check_at == DUE + HOUR
    promise.sweep(at=DUE + HOUR)
    assert running(found).next_check_at is None
    assert Step.objects.count() == 3


def test_what_was_flagged_stays_flagged_once_even_when_the_check_is_set_back() -> None:
    given()
    promise.sweep(at=DUE)
    Handoff.objects.update(next_check_at=F("warn_at"))  # as after restoring half a backup
    promise.sweep(at=DUE + MINUTE)
    assert Step.objects.count() == 2
    assert Notice.objects.filter(kind="lead_warn").count() == 1


def test_after_contact_nothing_is_flagged() -> None:
    found = given()
    activities.start_call(lead=found, by=owner_of(found), at=TUESDAY + 10 * MINUTE)
    assert promise.sweep(at=TUESDAY + timedelta(days=1)).total == 0


def test_due_times_count_working_time() -> None:
    friday = datetime.fromisoformat("2026-03-13T16:30:00+01:00")
    found = lead(owner=person("rep"), at=friday)
    assert running(found).due_at == datetime.fromisoformat("2026-03-16T09:30:00+01:00")


def test_many_are_flagged_in_batches_with_few_statements(django_assert_max_num_queries: Any) -> None:
    rep = person("rep")
    to = campaign()
    for _n in range(12):
        lead(owner=rep, campaign=to, at=TUESDAY)
    Notice.objects.all().delete()
    promise.sweep(at=TUESDAY)
    with django_assert_max_num_queries(32):
        assert promise.sweep(at=DUE, batch=100).missed == 12
    assert Notice.objects.filter(kind="lead_missed", recipient=rep).count() == 12


@pytest.mark.parametrize("batch", [1, 3, 5])
def test_the_size_of_a_batch_changes_nothing(batch: int) -> None:
    for _n in range(5):
        lead(owner=person("rep"), at=TUESDAY)
    result = promise.sweep(at=DUE, batch=batch)
    assert (result.warned, result.missed) == (5, 5)


def test_sweeping_with_nothing_due_asks_little(django_assert_max_num_queries: Any) -> None:
    given()
    promise.sweep(at=TUESDAY)
    with django_assert_max_num_queries(24):
        promise.sweep(at=TUESDAY + MINUTE)


def test_a_next_step_past_its_time_is_told_to_the_rep_once() -> None:
    found = given()
    marking.mark(
        lead=found,
        value="promising",
        by=owner_of(found),
        version=None,
        next_step_at=TUESDAY + 5 * HOUR,
        next_step="Send prices",
        at=TUESDAY + MINUTE,
    )
    assert promise.sweep(at=TUESDAY + 4 * HOUR).follow_ups == 0
    assert promise.sweep(at=TUESDAY + 6 * HOUR).follow_ups == 1
    assert promise.sweep(at=TUESDAY + 6 * HOUR + MINUTE).follow_ups == 0
    notice = Notice.objects.get(kind="follow_up")
    assert (notice.recipient, notice.context["next_step"]) == (found.owner, "Send prices")
    assert flags() == [("follow_up", TUESDAY + 5 * HOUR)]


def test_the_same_lead_is_told_again_for_its_next_next_step(time_machine: Any) -> None:
    time_machine.move_to(TUESDAY, tick=False)
    found = given()
    for hours in (2, 30):
        time_machine.move_to(TUESDAY + (hours - 1) * HOUR, tick=False)
        follow_up.set_next_step(lead=found, by=owner_of(found), at=TUESDAY + hours * HOUR)
        activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached")
        promise.sweep(at=TUESDAY + hours * HOUR)
    assert [kind for kind, _at in flags()] == ["follow_up", "follow_up"]


def test_a_silent_lead_is_told_to_the_heads_after_the_agreed_days() -> None:
    agreement_in_force(silent_days=3)
    head = person("head_of_sales")
    found = given()
    activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached", at=TUESDAY)
    assert promise.sweep(at=TUESDAY + timedelta(days=2, hours=23)).silent == 0
    assert promise.sweep(at=TUESDAY + timedelta(days=3, hours=1)).silent == 1
    assert promise.sweep(at=TUESDAY + timedelta(days=4)).silent == 0
    notice = Notice.objects.get(kind="silent", recipient=head)
    assert notice.context["days"] == 3
    assert flags() == [("silent", TUESDAY + timedelta(days=3))]


def test_a_planned_step_keeps_a_lead_from_being_silent_until_it_is_past_too() -> None:
    person("head_of_sales")
    found = given()
    marking.mark(
        lead=found,
        value="promising",
        by=owner_of(found),
        version=None,
        next_step_at=TUESDAY + timedelta(days=30),
        at=TUESDAY,
    )
    assert promise.sweep(at=TUESDAY + timedelta(days=20)).silent == 0
    assert promise.sweep(at=TUESDAY + timedelta(days=44, hours=1)).silent == 1


def test_shortening_the_silent_limit_finds_those_in_between() -> None:
    found = given()
    activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached", at=TUESDAY)
    promise.sweep(at=TUESDAY + timedelta(days=10))
    agreement_in_force(silent_days=7)
    assert promise.sweep(at=TUESDAY + timedelta(days=10, minutes=1)).silent == 1


def test_history_is_not_told_of() -> None:
    found = given()
    activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached", at=TUESDAY)
    promise.assume_swept(at=TUESDAY + timedelta(days=40))
    assert promise.sweep(at=TUESDAY + timedelta(days=40, minutes=1)).total == 0


def test_a_new_holiday_moves_open_due_times_and_keeps_what_was_flagged() -> None:
    promise.sweep(at=TUESDAY)
    found = given()
    promise.sweep(at=TUESDAY + 50 * MINUTE)
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    Company.objects.update(version=F("version") + 1)
    result = promise.sweep(at=TUESDAY + 2 * HOUR)
    assert (result.recomputed, result.missed) == (1, 0)
    again = running(found)
    assert again.due_at == datetime.fromisoformat("2026-03-11T10:00:00+01:00")
    assert again.next_check_at == again.due_at
    assert promise.sweep(at=again.due_at).missed == 1
    assert Step.objects.filter(kind="warn").count() == 1


def test_recomputing_keeps_the_promise_that_was_agreed_at_the_handoff() -> None:
    found = given()
    agreement_in_force(promises={"website": ("within", 240)})
    assert promise.recompute() == 0
    assert running(found).due_at == DUE


def test_recomputing_one_person_leaves_the_others() -> None:
    first, second = given(), given()
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    assert promise.recompute(person=first.owner) == 1
    assert running(second).due_at == DUE


def test_a_lead_passed_on_when_past_is_not_flagged_twice() -> None:
    found = given()
    promise.sweep(at=DUE)
    handoff.give(lead=found, to=person("rep"), by=None, at=DUE + MINUTE)
    promise.sweep(at=DUE + 2 * HOUR)
    assert sorted(kind for kind, _at in flags()) == ["escalated", "missed", "warn"]


def test_people_who_left_hear_nothing() -> None:
    found = given()
    User.objects.filter(pk=owner_of(found).pk).update(is_active=False)
    promise.sweep(at=DUE)
    assert not Notice.objects.filter(recipient=found.owner).exists()
    assert Step.objects.count() == 2


def test_the_command_says_what_it_did_and_leaves_when() -> None:
    given()
    out = StringIO()
    call_command("sweep", stdout=out, verbosity=2)
    assert "warned 1, missed 1, escalated 1" in out.getvalue()
    assert "promise:" in out.getvalue()
    assert Lock.objects.get(name="sweep").ran_at is not None


def test_the_task_is_the_same_sweep() -> None:
    found = given()
    sweep_task()
    assert Step.objects.filter(lead=fresh(found)).count() == 3


def test_nobody_is_warned_of_a_promise_that_an_earlier_handoff_used_up() -> None:
    found = given()
    rep = owner_of(found)
    handoff.return_to_marketing(lead=found, by=rep, reason="incomplete", at=DUE + HOUR)
    promise.sweep(at=DUE + HOUR)
    Notice.objects.all().delete()
    handoff.give(lead=found, to=rep, by=None, at=DUE + 2 * HOUR)
    promise.sweep(at=DUE + 2 * HOUR)
    assert flags() == [("missed", DUE + 2 * HOUR)]
    assert not Notice.objects.filter(kind="lead_warn").exists()


def test_silence_that_shows_when_a_next_step_is_taken_away_is_told_within_a_day() -> None:
    person("head_of_sales")
    found = given()
    activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached", at=TUESDAY)
    Lead.objects.filter(pk=found.pk).update(next_step_at=TUESDAY + timedelta(days=90))
    promise.sweep(at=TUESDAY + timedelta(days=40))
    Lead.objects.filter(pk=found.pk).update(next_step_at=None)
    promise.sweep(at=TUESDAY + timedelta(days=40, hours=1))
    promise.sweep(at=TUESDAY + timedelta(days=41))
    assert flags() == [("silent", TUESDAY + timedelta(days=14))]


def test_a_silence_that_was_told_is_not_told_again_when_the_limit_grows() -> None:
    first = agreement_in_force(silent_days=3)
    found = given()
    activities.log(lead=found, by=owner_of(found), kind="call", outcome="reached", at=TUESDAY)
    assert promise.sweep(at=TUESDAY + timedelta(days=3, hours=1)).silent == 1
    type(first).objects.filter(pk=first.pk).update(silent_days=5)
    assert [promise.sweep(at=TUESDAY + timedelta(days=day)).silent for day in (4, 5, 6, 7)] == [0, 0, 0, 0]
    activities.log(
        lead=fresh(found), by=owner_of(found), kind="call", outcome="reached", at=TUESDAY + timedelta(days=7)
    )
    assert promise.sweep(at=TUESDAY + timedelta(days=12, hours=1)).silent == 1
