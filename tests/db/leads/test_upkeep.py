"""What workers do beside the sweep: measure first contacts, hand over who left, tell of who is away."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from campaigns.models import Touch
from leads.models import Handoff, Lead, LeadEvent
from leads.selectors.people import next_owner
from leads.services import activities, handoff, leaving, marking, measuring, promise, recomputing, upkeep
from leads.tasks import look_after
from leadsync.accounts.models import Absence, User
from leadsync.accounts.services import people
from leadsync.core.models import Lock
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import AbsenceFactory, HoursFactory, OfficeFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, owner_of, reason, running

pytestmark = pytest.mark.django_db

FRIDAY_EVENING = datetime.fromisoformat("2026-03-13T16:30:00+01:00")
MONDAY = datetime.fromisoformat("2026-03-16T10:00:00+01:00")


@pytest.fixture(autouse=True)
def _tuesday(time_machine: Any) -> None:
    time_machine.move_to(TUESDAY, tick=False)


# ---------------------------------------------------------------------------------------------- measuring


def test_first_contact_is_measured_in_the_reps_working_time() -> None:
    usual, own = person("rep"), person("rep")
    for weekday in range(5):
        HoursFactory.create(person=own, weekday=weekday, opens=540, closes=1200)
    for rep in (usual, own):
        activities.start_call(lead=lead(owner=rep, at=FRIDAY_EVENING), by=rep, at=MONDAY)
    assert upkeep.run(at=MONDAY).measured == 2
    taken = dict(Handoff.objects.values_list("rep", "taken_seconds"))
    assert taken == {usual.pk: 90 * 60, own.pk: (210 + 60) * 60}


def test_days_away_are_not_counted() -> None:
    rep = person("rep")
    AbsenceFactory.create(person=rep, starts_on=date(2026, 3, 11), ends_on=date(2026, 3, 13))
    found = lead(owner=rep, at=TUESDAY)
    activities.start_call(lead=found, by=rep, at=MONDAY)
    upkeep.run(at=MONDAY)
    assert Handoff.objects.get().taken_seconds == (7 + 1) * 3600


def test_the_wait_before_the_first_handoff_is_measured_in_the_companys_time_while_the_lead_waits() -> None:
    found = lead(owner=person("rep"), at=TUESDAY - 3 * HOUR, given_at=TUESDAY)
    assert upkeep.run(at=TUESDAY).measured == 1
    waiting = running(found)
    assert (waiting.waited_seconds, waiting.taken_seconds) == (3600, None)  # the company opened an hour ago


def test_only_the_first_handoff_of_a_lead_has_a_wait() -> None:
    found = lead(owner=person("rep"), at=TUESDAY - HOUR, given_at=TUESDAY)
    second = person("rep")
    handoff.give(lead=found, to=second, by=None, at=TUESDAY + MINUTE)
    activities.start_call(lead=found, by=second, at=TUESDAY + 2 * MINUTE)
    upkeep.run(at=TUESDAY + 5 * MINUTE)
    measured = list(Handoff.objects.order_by("id").values_list("waited_seconds", "taken_seconds"))
    assert measured == [(3600, 60), (None, 60)]


def test_a_second_run_measures_nothing_and_other_calendars_change_nothing() -> None:
    rep = person("rep")
    activities.start_call(lead=lead(owner=rep, at=TUESDAY), by=rep, at=TUESDAY + 30 * MINUTE)
    upkeep.run(at=TUESDAY + HOUR)
    AbsenceFactory.create(person=rep, starts_on=TUESDAY.date())
    assert upkeep.run(at=TUESDAY + HOUR + MINUTE).measured == 0
    assert Handoff.objects.get().taken_seconds == 1800


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_the_size_of_a_batch_changes_nothing(batch: int) -> None:
    from_rep = person("rep")
    for n in range(5):
        activities.start_call(lead=lead(owner=from_rep, at=TUESDAY), by=from_rep, at=TUESDAY + n * MINUTE)

    assert measuring.measure(now=TUESDAY + HOUR, note="", batch=batch) == 5
    assert list(Handoff.objects.order_by("taken_seconds").values_list("taken_seconds", flat=True)) == [
        0,
        60,
        120,
        180,
        240,
    ]


def test_a_mark_taken_back_runs_on_and_is_measured_anew() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    made = marking.mark(lead=found, value="qualified", by=rep, version=None, at=TUESDAY + 10 * MINUTE)
    upkeep.run(at=TUESDAY + 11 * MINUTE)
    assert Handoff.objects.get().taken_seconds == 600
    marking.revert(mark=made, by=rep, at=TUESDAY + 20 * MINUTE)
    assert running(found).taken_seconds is None
    activities.start_call(lead=fresh(found), by=rep, at=TUESDAY + 40 * MINUTE)
    upkeep.run(at=TUESDAY + 41 * MINUTE)
    assert Handoff.objects.get().taken_seconds == 2400


def test_a_mark_taken_back_after_a_call_is_measured_to_the_call() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    made = marking.mark(lead=found, value="qualified", by=rep, version=None, at=TUESDAY + MINUTE)
    upkeep.run(at=TUESDAY + 2 * MINUTE)
    activities.log(
        lead=fresh(found), by=rep, kind="call", outcome="reached", at=TUESDAY + 5 * MINUTE, minutes=2
    )
    marking.revert(mark=made, by=rep, at=TUESDAY + 6 * MINUTE)
    upkeep.run(at=TUESDAY + 7 * MINUTE)
    ended = Handoff.objects.get()
    assert (ended.end, ended.taken_seconds) == ("contact", 300)


def test_judging_without_contact_is_measured_too() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    marking.mark(
        lead=found, value="not_a_fit", reason=reason("spam"), by=rep, version=None, at=TUESDAY + MINUTE
    )
    upkeep.run(at=TUESDAY + 2 * MINUTE)
    assert Handoff.objects.filter(end="judged", taken_seconds=60).count() == 1


def test_contacts_of_years_ago_are_measured_with_the_holidays_of_then() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    # 1 May 2019 is a Wednesday and a holiday in Poland.
    Handoff.objects.filter(lead=found).update(
        at=datetime.fromisoformat("2019-04-30T16:00:00+02:00"),
        ended_at=datetime.fromisoformat("2019-05-02T10:00:00+02:00"),
        end="contact",
        next_check_at=None,
    )
    upkeep.run(at=TUESDAY)
    assert Handoff.objects.get().taken_seconds == 2 * 3600


# ---------------------------------------------------------------------------------------------- who left


def test_the_open_leads_of_who_was_switched_off_go_to_the_head_and_clocks_go_on() -> None:
    head, rep = person("head_of_sales"), person("rep", name="Paweł Nowak")
    waits = lead(owner=rep, at=TUESDAY)
    worked = lead(owner=rep, at=TUESDAY)
    activities.log(lead=worked, by=rep, kind="call", outcome="reached", at=TUESDAY)
    Lead.objects.filter(pk=worked.pk).update(next_step_at=TUESDAY + 5 * HOUR, next_step="Send prices")
    closed = lead(owner=rep, at=TUESDAY)
    marking.mark(lead=closed, value="not_a_fit", reason=reason(), by=rep, version=None, at=TUESDAY)
    people.deactivate(by=person("administrator"), person=rep)
    Touch.objects.all().delete()

    assert upkeep.run(at=TUESDAY + 20 * MINUTE).moved == 2

    now = running(waits)
    assert (now.rep, now.due_at, now.promise_seconds) == (head, TUESDAY + HOUR, 2400)
    assert Handoff.objects.filter(lead=waits, rep=rep, end="passed_on", left_seconds=2400).count() == 1
    assert fresh(waits).owner == fresh(worked).owner == head
    assert fresh(worked).next_step_at == TUESDAY + 5 * HOUR
    assert fresh(closed).owner == rep
    event = LeadEvent.objects.filter(lead=waits).latest("id")
    assert (event.kind, event.by, event.after["why"]["rule"]) == ("passed_on", None, "left")
    notice = Notice.objects.get(recipient=head, kind="leads_inherited")
    assert notice.context == {"count": 2, "rep": "Paweł Nowak"}
    assert Touch.objects.filter(campaign=waits.campaign_id).exists()


def test_a_role_taken_away_is_leaving_too() -> None:
    head, rep = person("head_of_sales"), person("rep")
    found = lead(owner=rep)
    people.set_roles(by=person("administrator"), person=rep, roles=["marketer"])
    upkeep.run(at=TUESDAY)
    assert fresh(found).owner == head


def test_who_still_works_leads_keeps_them() -> None:
    person("head_of_sales")
    rep = person("rep", "marketer")
    found = lead(owner=rep)
    rep.groups.remove(Group.objects.get(name="marketer"))
    assert upkeep.run(at=TUESDAY).moved == 0
    assert fresh(found).owner == rep


def test_a_head_of_sales_who_leaves_hands_over_to_another_one() -> None:
    leaves, other = person("head_of_sales", name="Ada"), person("head_of_sales", name="Zyta")
    found = lead(owner=leaves)
    people.deactivate(by=person("administrator"), person=leaves)
    upkeep.run(at=TUESDAY)
    assert fresh(found).owner == other


def test_the_head_who_is_there_comes_first_then_who_is_of_the_same_office() -> None:
    office = OfficeFactory.create()
    rep = person("rep", office=office)
    person("head_of_sales", name="Ada")
    near = person("head_of_sales", name="Zyta", office=office)
    assert next_owner(rep.pk, TUESDAY) == near
    AbsenceFactory.create(person=near, starts_on=TUESDAY.date())
    chosen = next_owner(rep.pk, TUESDAY)
    assert chosen is not None
    assert chosen.name == "Ada"


def test_without_any_head_the_leads_go_back_to_marketing_with_an_alert_until_somebody_takes_them() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    people.deactivate(by=person("administrator"), person=rep)
    assert upkeep.run(at=TUESDAY + 15 * MINUTE).moved == 1
    assert fresh(found).owner is None
    assert Handoff.objects.get().end == "returned"
    assert Handoff.objects.get().left_seconds == 2700
    alert = Alert.objects.get(kind="leads_left")
    assert (alert.resolved_at, alert.context["count"]) == (None, 1)
    handoff.give(lead=fresh(found), to=person("rep"), by=None, at=TUESDAY + HOUR)
    upkeep.run(at=TUESDAY + 3 * HOUR)
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert running(found).due_at == TUESDAY + HOUR + 45 * MINUTE


def test_former_colleagues_of_imported_history_keep_their_leads() -> None:
    person("head_of_sales")
    former = person(is_former=True, is_active=False)
    found = lead()
    Lead.objects.filter(pk=found.pk).update(owner=former)
    assert upkeep.run(at=TUESDAY).moved == 0
    assert fresh(found).owner == former


def test_a_worker_killed_half_way_loses_nothing_and_the_head_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head, rep = person("head_of_sales"), person("rep")
    to = campaign()
    for _n in range(5):
        lead(owner=rep, campaign=to, at=TUESDAY)
    User.objects.filter(pk=rep.pk).update(is_active=False)
    real = leaving._batch
    calls: list[int] = []

    def dies(person_id: int, now: datetime, size: int) -> int:
        calls.append(size)
        if len(calls) == 3:
            raise SystemExit
        return real(person_id, now, size)

    monkeypatch.setattr(leaving, "_batch", dies)
    with pytest.raises(SystemExit):
        leaving.hand_over_all(now=TUESDAY, note="", batch=2)
    assert Lead.objects.filter(owner=head).count() == 4
    monkeypatch.setattr(leaving, "_batch", real)
    upkeep.run(at=TUESDAY + MINUTE)
    upkeep.run(at=TUESDAY + 2 * MINUTE)
    assert Lead.objects.filter(owner=head).count() == 5
    assert Handoff.objects.filter(ended_at=None, rep=head).count() == 5
    assert Notice.objects.get(recipient=head, kind="leads_inherited").context["count"] == 5


def test_many_leads_change_hands_in_few_statements(django_assert_max_num_queries: Any) -> None:
    head, rep = person("head_of_sales"), person("rep")
    to = campaign()
    for _n in range(40):
        lead(owner=rep, campaign=to, at=TUESDAY)
    User.objects.filter(pk=rep.pk).update(is_active=False)
    with django_assert_max_num_queries(70):
        assert leaving.hand_over_all(now=TUESDAY, note="") == 40
    assert Lead.objects.filter(owner=head).count() == 40


def test_nothing_is_looked_for_while_nobody_comes_or_goes(django_assert_max_num_queries: Any) -> None:
    rep = person("rep")
    lead(owner=rep, at=TUESDAY)
    person("marketer")
    upkeep.run(at=TUESDAY)
    with django_assert_max_num_queries(5):
        assert upkeep.run(at=TUESDAY + MINUTE) == upkeep.Upkeep()


# ---------------------------------------------------------------------------------------------- who is away


def test_the_head_hears_once_of_leads_that_wait_with_somebody_who_is_away() -> None:
    head, rep = person("head_of_sales"), person("rep", name="Paweł Nowak")
    lead(owner=rep, at=TUESDAY)
    asked = lead(owner=rep, at=TUESDAY, wanted_at=TUESDAY + 5 * HOUR)
    Absence.objects.create(person=rep, starts_on=TUESDAY.date(), ends_on=date(2026, 3, 12))

    recomputing.recompute()
    for n in range(3):
        assert upkeep.run(at=TUESDAY + n * MINUTE).away == 1
    alert = Alert.objects.get(kind="rep_away", resolved_at=None)
    facts = {"rep": "Paweł Nowak", "count": 2, "due": 1, "until": "2026-03-12"}
    assert alert.context == facts
    assert alert.url == f"/leads/?promise=waiting&owner={rep.pk}"
    assert Notice.objects.get(recipient=head, kind="rep_away").context == facts
    assert running(asked).due_at == TUESDAY + 5 * HOUR + 15 * MINUTE
    assert promise.sweep(at=TUESDAY + 4 * HOUR).missed == 0


def test_the_alert_follows_the_leads_and_ends_with_the_absence() -> None:
    rep = person("rep")
    first, _second = lead(owner=rep, at=TUESDAY), lead(owner=rep, at=TUESDAY)
    Absence.objects.create(person=rep, starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    upkeep.run(at=TUESDAY)
    handoff.give(lead=first, to=person("rep"), by=None, at=TUESDAY + MINUTE)
    upkeep.run(at=TUESDAY + 2 * MINUTE)
    assert Alert.objects.get(kind="rep_away").context["count"] == 1
    upkeep.run(at=TUESDAY + timedelta(days=1))
    assert Alert.objects.get(kind="rep_away").resolved_at is not None


def test_nobody_is_told_of_reps_whose_leads_were_all_contacted() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    activities.start_call(lead=found, by=owner_of(found), at=TUESDAY)
    AbsenceFactory.create(person=rep, starts_on=TUESDAY.date())
    upkeep.run(at=TUESDAY + MINUTE)
    assert not Alert.objects.exists()


def test_the_task_runs_it() -> None:
    look_after()
    assert Lock.objects.filter(name="leaving").exists()


# ---------------------------------------------------------------------------------------------- said before


def test_the_page_of_a_person_says_before_how_many_leads_go_to_whom(client: Client) -> None:
    rep = person("rep")
    person("head_of_sales", name="Tomasz Wrona")
    client.force_login(person("administrator"))
    page = f"/settings/people/{rep.pk}/"
    assert "change hands" not in client.get(page).content.decode()
    for _n in range(2):
        lead(owner=rep)
    text = client.get(page).content.decode()
    assert "2 open leads</a> change hands" in text
    assert "They go to: Tomasz Wrona" in text


def test_without_a_head_it_says_that_they_go_back_to_marketing(client: Client) -> None:
    rep = person("rep")
    lead(owner=rep)
    client.force_login(person("administrator"))
    assert "they go back to marketing" in client.get(f"/settings/people/{rep.pk}/").content.decode()


@pytest.mark.parametrize("has_head", [True, False])
def test_the_leads_page_says_whose_it_was(client: Client, has_head: bool) -> None:
    rep = person("rep", name="Paweł Nowak")
    found = lead(owner=rep, at=TUESDAY)
    worked = lead(owner=rep, at=TUESDAY)
    activities.log(lead=worked, by=rep, kind="call", outcome="reached", at=TUESDAY)
    if has_head:
        person("head_of_sales")
    people.deactivate(by=person("administrator"), person=rep)
    upkeep.run(at=TUESDAY + MINUTE)
    client.force_login(person("director"))
    for one in (found, worked):
        text = client.get(f"/leads/{one.pk}/").content.decode()
        assert "Until then: Paweł Nowak, who works leads no more." in text
