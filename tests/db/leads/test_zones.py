"""The promise in five zones: across clock changes and holidays, and when the calendar changes while leads wait."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leads.models import Step
from leads.services import activities, editing, handoff, promise, recomputing, upkeep
from leadsync.accounts.services import company as companies
from leadsync.accounts.services import working_time
from leadsync.core.models import Lock
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import MINUTE, fresh, lead, running

pytestmark = pytest.mark.django_db

at = datetime.fromisoformat

# A company week of Monday to Friday, 9 to 17, unless the case says otherwise. Kind of campaign: website 60 min within,
# list 240 min within, event: the same working day.
CASES = [
    # Europe/Warsaw: the clock goes forward on Sunday 29 March 2026, back on Sunday 25 October.
    ("Europe/Warsaw", "PL", "website", "2026-03-27T16:30:00+01:00", "2026-03-30T09:30:00+02:00"),
    ("Europe/Warsaw", "PL", "website", "2026-10-23T16:30:00+02:00", "2026-10-26T09:30:00+01:00"),
    # Good Friday is a working day in Poland, Easter Monday is not.
    ("Europe/Warsaw", "PL", "list", "2026-04-03T15:00:00+02:00", "2026-04-07T11:00:00+02:00"),
    # New Year and Epiphany.
    ("Europe/Warsaw", "PL", "list", "2026-12-31T15:00:00+01:00", "2027-01-04T11:00:00+01:00"),
    ("Europe/Warsaw", "PL", "event", "2026-05-01T12:00:00+02:00", "2026-05-04T17:00:00+02:00"),
    # Europe/Moscow: no clock changes; 8 March 2026 is a Sunday, the 9th is off.
    ("Europe/Moscow", "RU", "website", "2026-03-27T16:30:00+03:00", "2026-03-30T09:30:00+03:00"),
    ("Europe/Moscow", "RU", "website", "2026-10-23T16:30:00+03:00", "2026-10-26T09:30:00+03:00"),
    ("Europe/Moscow", "RU", "list", "2026-06-11T15:00:00+03:00", "2026-06-15T11:00:00+03:00"),
    # America/Sao_Paulo: no clock changes any more since 2019; Tiradentes on Tuesday 21 April.
    ("America/Sao_Paulo", "BR", "website", "2026-02-13T16:30:00-03:00", "2026-02-16T09:30:00-03:00"),
    ("America/Sao_Paulo", "BR", "list", "2026-04-20T15:00:00-03:00", "2026-04-22T11:00:00-03:00"),
    ("America/Sao_Paulo", "BR", "event", "2026-09-07T10:00:00-03:00", "2026-09-08T17:00:00-03:00"),
    # Asia/Kolkata: half an hour off; Republic Day on Monday 26 January.
    ("Asia/Kolkata", "IN", "website", "2026-01-23T16:45:00+05:30", "2026-01-27T09:45:00+05:30"),
    ("Asia/Kolkata", "IN", "event", "2026-03-10T15:30:00+05:30", "2026-03-10T17:00:00+05:30"),
    ("Asia/Kolkata", "IN", "event", "2026-03-10T16:30:00+05:30", "2026-03-11T09:30:00+05:30"),
    # Pacific/Apia: the first to see the day; no clock changes since 2021.
    ("Pacific/Apia", "WS", "website", "2026-03-27T16:30:00+13:00", "2026-03-30T09:30:00+13:00"),
    ("Pacific/Apia", "WS", "list", "2026-05-29T15:00:00+13:00", "2026-06-02T11:00:00+13:00"),
    ("Pacific/Apia", "WS", "event", "2026-03-10T10:00:00+13:00", "2026-03-10T17:00:00+13:00"),
]


@pytest.fixture(autouse=True)
def _now(time_machine: Any) -> None:
    time_machine.move_to(at("2026-03-10T09:00:00+00:00"), tick=False)
    promise.assume_swept(at=at("2026-01-01T00:00:00+00:00"))


@pytest.mark.parametrize(("zone", "country", "kind", "given_at", "due_at"), CASES)
def test_due_follows_the_zone_its_clock_changes_and_its_holidays(
    zone: str, country: str, kind: str, given_at: str, due_at: str
) -> None:
    CompanyFactory.create(zone=zone, country=country)
    found = lead(owner=person("rep"), campaign=campaign(kind=kind), at=at(given_at))
    assert running(found).due_at == at(due_at)
    assert running(found).due_at.tzinfo == UTC
    promise.sweep(at=at(due_at) - timedelta(seconds=1))
    assert not Step.objects.filter(kind="missed").exists()
    promise.sweep(at=at(due_at))
    assert Step.objects.get(kind="missed").due_at == at(due_at)


@pytest.mark.parametrize(("zone", "country", "kind", "given_at", "due_at"), CASES)
def test_a_calendar_that_changes_there_and_back_leaves_the_promise_as_it_was(
    zone: str, country: str, kind: str, given_at: str, due_at: str
) -> None:
    admin = person("administrator")
    CompanyFactory.create(zone="Europe/Warsaw", country="")
    promise.sweep(at=at("2026-01-01T00:00:00+00:00"))
    found = lead(owner=person("rep"), campaign=campaign(kind=kind), at=at(given_at))
    companies.edit(by=admin, changes={"zone": zone, "country": country})
    recomputing.catch_up(Lock.objects.get(name="sweep:calendar").note, now=at(given_at))
    assert running(found).due_at == at(due_at)
    day = at(given_at).date() + timedelta(days=60)
    own = working_time.add_own_day(by=admin, on=day, name="Far away")
    working_time.remove_own_day(by=admin, pk=own.pk)
    recomputing.catch_up(Lock.objects.get(name="sweep:calendar").note, now=at(given_at) + MINUTE)
    assert running(found).due_at == at(due_at)


@pytest.mark.parametrize(
    ("given_at", "due_at", "worked"),
    [
        # An office open around the clock: 240 minutes are four hours on the absolute line.
        ("2026-03-29T00:30:00+01:00", "2026-03-29T05:30:00+02:00", 4 * 3600),
        ("2026-10-25T00:30:00+02:00", "2026-10-25T03:30:00+01:00", 4 * 3600),
    ],
)
def test_around_the_clock_a_night_of_a_clock_change_holds_its_true_hours(
    given_at: str, due_at: str, worked: int
) -> None:
    CompanyFactory.create(zone="Europe/Warsaw", country="PL")
    for weekday in range(7):
        HoursFactory.create(weekday=weekday, opens=0, closes=1440)
    rep = person("rep")
    found = lead(owner=rep, campaign=campaign(kind="list"), at=at(given_at))
    assert running(found).due_at == at(due_at)
    activities.start_call(lead=found, by=rep, at=at(due_at))
    upkeep.run(at=at(due_at))
    assert fresh(found).is_in_time is True
    assert found.handoffs.get().taken_seconds == worked


@pytest.mark.parametrize(
    "zone", ["Europe/Warsaw", "Europe/Moscow", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"]
)
def test_a_time_asked_for_decides_open_or_not_and_a_return_keeps_the_rest(zone: str) -> None:
    CompanyFactory.create(zone=zone, country="")
    tuesday = at("2026-03-10T10:00:00+00:00")
    for weekday in range(7):
        HoursFactory.create(weekday=weekday, opens=0, closes=1440)
    rep, other = person("rep"), person("rep")
    asked = lead(owner=rep, at=tuesday, wanted_at=tuesday + timedelta(hours=30))
    assert running(asked).due_at == tuesday + timedelta(hours=30, minutes=15)
    editing.edit(lead=asked, by=rep, changes={"wanted_at": None})
    assert running(asked).due_at == tuesday + timedelta(hours=1)
    found = lead(owner=rep, at=tuesday)
    handoff.give(lead=found, to=other, by=None, at=tuesday + 20 * MINUTE)
    assert running(found).due_at == tuesday + timedelta(hours=1)
    handoff.return_to_marketing(lead=fresh(found), by=other, reason="incomplete", at=tuesday + 30 * MINUTE)
    later = tuesday + timedelta(days=5)
    handoff.give(lead=fresh(found), to=rep, by=None, at=later)
    assert running(found).due_at == later + 30 * MINUTE


def test_a_holiday_declared_while_leads_wait_moves_them_in_every_batch() -> None:
    admin = person("administrator")
    CompanyFactory.create(zone="Asia/Kolkata", country="IN")
    promise.sweep(at=at("2026-03-10T09:00:00+05:30"))
    rep, to = person("rep"), campaign()
    found = [lead(owner=rep, campaign=to, at=at("2026-03-10T16:30:00+05:30")) for _n in range(5)]
    working_time.add_own_day(by=admin, on=at("2026-03-11T00:00:00+05:30").date(), name="Election")
    note = Lock.objects.get(name="sweep:calendar").note
    assert recomputing.catch_up(note, now=at("2026-03-10T17:00:00+05:30"), batch=2) == 5
    assert {running(one).due_at for one in found} == {at("2026-03-12T09:30:00+05:30")}
