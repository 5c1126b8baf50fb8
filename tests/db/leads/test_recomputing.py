"""Open due times follow every change of working time: in batches, after a crash, with several workers."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from leads.models import Handoff, Step
from leads.services import activities, editing, handoff, marking, promise, recomputing
from leadsync.accounts.models import Absence, Company, OwnDay
from leadsync.accounts.services import company as company_services
from leadsync.accounts.services import working_time
from leadsync.core.models import Lock
from tests.factories.accounts import HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, owner_of, running

pytestmark = pytest.mark.django_db

NEXT_MORNING = datetime.fromisoformat("2026-03-11T10:00:00+01:00")  # an hour after opening


@pytest.fixture(autouse=True)
def _swept_before(db: None, time_machine: Any) -> None:
    time_machine.move_to(TUESDAY, tick=False)
    promise.assume_swept(at=TUESDAY - timedelta(days=1))
    promise.sweep(at=TUESDAY)


def closed_on_tuesday() -> None:
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    Company.objects.update(version=F("version") + 1)


def test_every_kind_of_change_is_noticed_by_the_next_sweep() -> None:
    admin, rep = person("administrator"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    at = datetime.fromisoformat
    today = {"starts_on": TUESDAY.date(), "ends_on": TUESDAY.date()}
    until_ten, always, none = [((540, 600),)] * 7, [((0, 1440),)] * 7, [()] * 7
    steps: list[tuple[Any, datetime]] = [
        (lambda: working_time.add_own_day(by=admin, on=TUESDAY.date(), name="Power cut"), NEXT_MORNING),
        (lambda: working_time.remove_own_day(by=admin, pk=OwnDay.objects.get().pk), TUESDAY + HOUR),
        (lambda: working_time.set_own_week(by=admin, person=rep, week=until_ten), NEXT_MORNING),
        (lambda: working_time.set_own_week(by=admin, person=rep, week=none), TUESDAY + HOUR),
        (lambda: working_time.add_absence(by=admin, person=rep, **today), NEXT_MORNING),
        (
            lambda: working_time.remove_absence(by=admin, person=rep, pk=Absence.objects.get().pk),
            TUESDAY + HOUR,
        ),
        (
            lambda: company_services.edit(by=admin, changes={"zone": "America/Sao_Paulo"}),
            at("2026-03-10T10:00:00-03:00"),
        ),
        (lambda: working_time.set_company_week(by=admin, week=always), TUESDAY + HOUR),
    ]
    for change, due_at in steps:
        change()
        assert promise.sweep(at=TUESDAY + MINUTE).recomputed == 1
        assert running(found).due_at == due_at


def test_batches_go_on_where_a_killed_worker_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    rep, to = person("rep"), campaign()
    for _n in range(7):
        lead(owner=rep, campaign=to, at=TUESDAY)
    closed_on_tuesday()
    real = recomputing._Recomputing.batch
    calls: list[int] = []

    def dies_in_the_third(self: Any, rows: Any, size: int) -> tuple[int, int]:
        calls.append(size)
        if len(calls) == 3:
            raise SystemExit
        return real(self, rows, size)

    monkeypatch.setattr(recomputing._Recomputing, "batch", dies_in_the_third)
    with pytest.raises(SystemExit):
        recomputing.catch_up(Lock.objects.get(name="sweep:calendar").note, now=TUESDAY, batch=2)
    assert Handoff.objects.filter(due_at=NEXT_MORNING).count() == 4
    monkeypatch.setattr(recomputing._Recomputing, "batch", real)
    note = Lock.objects.get(name="sweep:calendar").note
    assert recomputing.catch_up(note, now=TUESDAY + MINUTE, batch=2) == 3
    assert Handoff.objects.filter(due_at=NEXT_MORNING).count() == 7


def test_another_change_half_way_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    rep, to = person("rep"), campaign()
    for _n in range(4):
        lead(owner=rep, campaign=to, at=TUESDAY)
    closed_on_tuesday()
    real = recomputing._Recomputing.batch
    calls: list[int] = []

    def changed_after_the_first(self: Any, rows: Any, size: int) -> tuple[int, int]:
        done = real(self, rows, size)
        calls.append(size)
        if len(calls) == 1:
            OwnDay.objects.all().delete()
            Company.objects.update(version=F("version") + 1)
        return done

    monkeypatch.setattr(recomputing._Recomputing, "batch", changed_after_the_first)
    recomputing.catch_up(Lock.objects.get(name="sweep:calendar").note, now=TUESDAY, batch=2)
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {TUESDAY + HOUR}


def test_a_handoff_that_knew_the_old_calendar_is_found_by_the_last_look() -> None:
    rep = person("rep")
    lead(owner=rep, at=TUESDAY)
    closed_on_tuesday()
    promise.sweep(at=TUESDAY + MINUTE)
    late = lead(owner=rep, at=TUESDAY)
    # As a transaction wrote it that began before the change and ended after the recomputing.
    Handoff.objects.filter(lead=late).update(
        due_at=TUESDAY + HOUR, warn_at=TUESDAY + 45 * MINUTE, escalate_at=TUESDAY + 2 * HOUR
    )
    promise.sweep(at=TUESDAY + 3 * MINUTE)
    assert running(late).due_at == NEXT_MORNING
    assert promise.sweep(at=TUESDAY + 4 * MINUTE).recomputed == 0


def test_nothing_is_asked_again_once_all_is_done(django_assert_num_queries: Any) -> None:
    closed_on_tuesday()
    for minutes in (1, 3):
        promise.sweep(at=TUESDAY + minutes * MINUTE)
    note = Lock.objects.get(name="sweep:calendar").note
    with django_assert_num_queries(1):
        recomputing.catch_up(note, now=TUESDAY + 5 * MINUTE)


def test_the_note_of_an_earlier_release_is_understood() -> None:
    found = lead(owner=person("rep"), at=TUESDAY)
    OwnDay.objects.create(on=TUESDAY.date(), name="Power cut")
    Lock.objects.filter(name="sweep:calendar").update(note="1")
    assert promise.sweep(at=TUESDAY + MINUTE).recomputed == 1
    assert running(found).due_at == NEXT_MORNING


def test_the_first_sweep_of_all_takes_due_times_for_right(django_assert_max_num_queries: Any) -> None:
    Lock.objects.filter(name="sweep:calendar").delete()
    lead(owner=person("rep"), at=TUESDAY)
    assert promise.sweep(at=TUESDAY).recomputed == 0
    assert promise.sweep(at=TUESDAY + 5 * MINUTE).recomputed == 0


def test_a_new_year_brings_a_year_of_holidays(time_machine: Any) -> None:
    found = lead(owner=person("rep"), at=TUESDAY)
    before = Lock.objects.get(name="sweep:calendar").note
    time_machine.move_to(datetime.fromisoformat("2027-01-04T10:00:00+01:00"), tick=False)
    promise.sweep(at=datetime.fromisoformat("2027-01-04T10:00:00+01:00"))
    assert Lock.objects.get(name="sweep:calendar").note != before
    assert running(found).due_at == TUESDAY + HOUR


def test_a_promise_longer_than_the_known_years_still_falls_due() -> None:
    rep = person("rep")
    HoursFactory.create(person=rep, weekday=0, opens=540, closes=545)  # five minutes a week
    Absence.objects.create(person=rep, starts_on=date(2026, 4, 1), ends_on=date(2199, 1, 1))
    found = lead(owner=rep, at=TUESDAY, campaign=campaign(kind="list"))  # 240 minutes
    assert running(found).due_at.year >= 2030
    closed_on_tuesday()
    promise.sweep(at=TUESDAY + MINUTE)
    assert running(found).due_at.year >= 2030


def test_a_contact_made_meanwhile_stays_as_it_is() -> None:
    found = lead(owner=person("rep"), at=TUESDAY)
    activities.start_call(lead=found, by=owner_of(found), at=TUESDAY + MINUTE)
    before = Handoff.objects.values().get(lead=found)
    closed_on_tuesday()
    assert promise.sweep(at=TUESDAY + 2 * MINUTE).recomputed == 0
    assert Handoff.objects.values().get(lead=found) == before


def test_an_absence_that_begins_while_the_lead_waits_is_no_miss() -> None:
    admin, rep = person("administrator"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    working_time.add_absence(by=admin, person=rep, starts_on=TUESDAY.date(), ends_on=date(2026, 3, 12))
    assert promise.sweep(at=TUESDAY + 5 * HOUR).total == 0
    back = datetime.fromisoformat("2026-03-13T09:00:00+01:00")
    assert running(found).due_at == back + HOUR
    assert promise.sweep(at=back + HOUR).missed == 1


# ---------------------------------------------------------------------------------------------- a time asked for


def test_asking_for_a_time_moves_the_running_promise_and_taking_it_back_restores_it() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    asked = TUESDAY + 3 * HOUR
    editing.edit(lead=found, by=rep, changes={"wanted_at": asked})
    assert running(found).due_at == asked + 15 * MINUTE
    assert promise.sweep(at=TUESDAY + 2 * HOUR).missed == 0
    editing.edit(lead=found, by=rep, changes={"wanted_at": None})
    assert running(found).due_at == TUESDAY + HOUR


def test_other_corrections_leave_the_promise_alone() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    before = Handoff.objects.values().get()
    editing.edit(lead=found, by=rep, changes={"city": "Kraków"})
    assert Handoff.objects.values().get() == before


def test_a_step_flagged_before_the_lead_asked_for_a_time_is_not_flagged_again() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    promise.sweep(at=TUESDAY + HOUR)
    editing.edit(lead=found, by=rep, changes={"wanted_at": TUESDAY + 4 * HOUR})
    promise.sweep(at=TUESDAY + 5 * HOUR)
    kinds = list(Step.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["warn", "missed"]  # one promise after the time asked for is still to come
    assert running(found).next_check_at == running(found).escalate_at


def test_a_return_while_waiting_for_the_asked_time_leaves_no_more_than_the_promise() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY, wanted_at=TUESDAY + timedelta(days=2))
    handoff.return_to_marketing(lead=found, by=rep, reason="incomplete", at=TUESDAY + MINUTE)
    assert Handoff.objects.get().left_seconds == 3600
    later = TUESDAY + timedelta(days=3)
    again = handoff.give(lead=found, to=person("rep"), by=None, at=later)
    assert again is not None
    assert again.due_at == later + HOUR


def test_passing_on_keeps_the_promise_that_was_agreed_first() -> None:
    from_rep, to = person("rep"), person("rep")
    found = lead(owner=from_rep, at=TUESDAY)
    Company.objects.update(version=F("version") + 1)
    handoff.give(lead=found, to=to, by=None, at=TUESDAY + 20 * MINUTE)
    assert (running(found).due_at, running(found).escalate_at) == (TUESDAY + HOUR, TUESDAY + 2 * HOUR)
    assert recomputing.recompute() == 0


def test_taking_back_a_mark_flags_nothing_again_that_was_flagged_to_the_former_rep() -> None:
    found = lead(owner=person("rep"), at=TUESDAY)
    promise.sweep(at=TUESDAY + HOUR)
    second = person("rep")
    handoff.give(lead=found, to=second, by=None, at=TUESDAY + HOUR + MINUTE)
    made = marking.mark(
        lead=fresh(found), value="qualified", by=second, version=None, at=TUESDAY + HOUR + 2 * MINUTE
    )
    marking.revert(mark=made, by=second, at=TUESDAY + HOUR + 3 * MINUTE)
    promise.sweep(at=TUESDAY + HOUR + 4 * MINUTE)
    assert list(Step.objects.order_by("id").values_list("kind", flat=True)) == ["warn", "missed"]
    assert promise.sweep(at=TUESDAY + 2 * HOUR).escalated == 1
