"""Series and their meetings: planned ahead, changed, moved, cancelled, over clock changes and days off."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadsync.accounts.models import Absence, Company, OwnDay, User
from leadsync.accounts.selectors import let_go_of_company
from leadsync.accounts.services.company import raise_version
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.meetings.domain.recurrence import Rule
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.selectors import series as selectors
from leadsync.meetings.selectors import upcoming
from leadsync.meetings.services import attendance, planning
from leadsync.meetings.services import series as services
from leadsync.meetings.services.watching import no_meeting
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)  # a Wednesday; clocks change on 25 October


@pytest.fixture(autouse=True)
def company() -> Any:
    return CompanyFactory.create()


@pytest.fixture
def ola() -> User:
    return person("head_of_marketing", name="Ola Nowak")


@pytest.fixture
def tomasz() -> User:
    return person("head_of_sales", name="Tomasz Wrona")


def terms(*people: User, **changed: Any) -> services.Terms:
    values: dict[str, Any] = {
        "name": "Monday round",
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": date(2026, 10, 5),
        "at_minute": 540,
        "people": [one.pk for one in people],
        "place": "Room 2",
    }
    return services.Terms(**values | changed)


def ahead(series: Series) -> list[str]:
    zone = Company.objects.get().tz
    return [
        f"{one.starts_at.astimezone(zone):%m-%d %H:%M}"
        for one in Meeting.objects.filter(series=series).order_by("starts_at")
    ]


def the(series: Series, day: int, month: int = 10) -> Meeting:
    return Meeting.objects.get(series=series, planned_on=date(2026, month, day))


MONDAYS = [f"{day} 09:00" for day in ("10-12", "10-19", "10-26", "11-02", "11-09", "11-16", "11-23", "11-30")]


def test_eight_weeks_are_planned_at_once_at_nine_on_the_wall(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    assert ahead(made) == MONDAYS
    assert the(made, 19).starts_at.hour == 7
    assert the(made, 26).starts_at.hour == 8  # after the clocks changed
    assert Attendance.objects.count() == 2 * len(MONDAYS)
    planning.run(at=NOW)
    planning.run(at=NOW + timedelta(hours=1))
    assert ahead(made) == MONDAYS
    planning.run(at=NOW + timedelta(days=7))
    assert ahead(made) == [*MONDAYS, "12-07 09:00"]


def test_who_is_asked_is_told_once_and_who_planned_is_not(ola: User, tomasz: User) -> None:
    services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    (notice,) = Notice.objects.all()
    assert (notice.recipient, notice.kind, notice.is_instant) == (tomasz, "series_planned", False)


def test_the_same_form_sent_twice_is_one_series(ola: User, tomasz: User) -> None:
    first = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    assert services.create(by=ola, terms=terms(ola, tomasz), at=NOW).pk == first.pk
    assert Meeting.objects.count() == len(MONDAYS)


def test_holidays_and_days_off_are_left_out_with_the_reason(ola: User, tomasz: User) -> None:
    OwnDay.objects.create(on=date(2026, 10, 19), name="Stocktaking")
    raise_version()
    rule = Rule.read("FREQ=WEEKLY;BYDAY=MO,SU")
    found = selectors.coming(rule, starts_on=date(2026, 10, 5), ends_on=None, at_minute=540, now=NOW)
    said = {one.day: one.reason for one in found}
    assert said[date(2026, 10, 12)] == ""
    assert said[date(2026, 10, 19)] == "Stocktaking"
    assert said[date(2026, 10, 11)] == "no working hours on this weekday"
    assert len([one for one in found if not one.reason]) == 5
    made = services.create(by=ola, terms=terms(ola, tomasz, rule="FREQ=WEEKLY;BYDAY=WE"), at=NOW)
    assert "11-11 09:00" not in ahead(made)  # Independence Day
    independence = selectors.why_closed([date(2026, 11, 11)])
    assert "Independence" in independence[date(2026, 11, 11)]


def test_every_working_day_says_nothing_of_weekends(ola: User) -> None:
    found = selectors.coming(
        Rule.read("FREQ=DAILY"),
        starts_on=date(2026, 10, 5),
        ends_on=None,
        at_minute=540,
        now=NOW + timedelta(days=30),
    )
    assert [one.reason for one in found if one.reason] == ["National Independence Day"]


def test_a_day_that_becomes_free_takes_its_meeting_away_and_back(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    day = OwnDay.objects.create(on=date(2026, 10, 19), name="Stocktaking")
    raise_version()
    planning.run(at=NOW)
    assert "10-19 09:00" not in ahead(made)
    day.delete()
    raise_version()
    planning.run(at=NOW)
    assert ahead(made) == MONDAYS


def test_another_rule_leaves_what_was_moved_and_cancelled_and_what_was(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    Meeting.objects.filter(pk=the(made, 12).pk).update(
        state="held", began_at=NOW, starts_at=NOW - timedelta(hours=1)
    )
    moved = planning.move(
        meeting=the(made, 19),
        by=ola,
        version=None,
        starts_at=datetime(2026, 10, 20, 11, tzinfo=UTC),
        minutes=45,
        place="Room 3",
        at=NOW,
    )
    planning.cancel(meeting=the(made, 26), by=ola, reason="Fair", at=NOW)
    kept = the(made, 2, month=11)
    services.edit(
        series=made,
        by=ola,
        version=1,
        terms=terms(ola, tomasz, rule="FREQ=WEEKLY;BYDAY=MO,TH", at_minute=600),
        at=NOW,
    )
    after = {one.planned_on: one for one in Meeting.objects.filter(series=made)}
    assert after[date(2026, 10, 12)].state == "held"
    assert (after[date(2026, 10, 19)].starts_at, after[date(2026, 10, 19)].place) == (
        moved.starts_at,
        "Room 3",
    )
    assert after[date(2026, 10, 26)].state == "cancelled"
    assert after[date(2026, 11, 2)].pk == kept.pk  # the same meeting, an hour later
    assert after[date(2026, 11, 2)].version == 2
    assert after[date(2026, 10, 8)].starts_at == datetime(2026, 10, 8, 8, tzinfo=UTC)
    services.edit(
        series=made,
        by=ola,
        version=2,
        terms=terms(ola, tomasz, rule="FREQ=WEEKLY;BYDAY=TH", at_minute=600),
        at=NOW,
    )
    days = set(Meeting.objects.filter(series=made).values_list("planned_on", flat=True))
    assert date(2026, 11, 2) not in days
    assert {date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26)} <= days


def test_who_joins_is_asked_to_all_that_is_ahead_and_who_left_to_none(ola: User, tomasz: User) -> None:
    rep = person("rep")
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    Notice.objects.all().delete()
    services.edit(series=made, by=ola, version=1, terms=terms(ola, rep), at=NOW)
    asked = Attendance.objects.filter(meeting__series=made)
    assert asked.filter(person=rep).count() == len(MONDAYS)
    assert not asked.filter(person=tomasz).exists()
    kinds = set(Notice.objects.values_list("recipient", "kind"))
    assert kinds == {(rep.pk, "series_planned"), (tomasz.pk, "series_left")}


def test_the_companys_new_zone_keeps_what_the_clock_shows(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    planning.move(
        meeting=the(made, 19),
        by=ola,
        version=None,
        starts_at=datetime(2026, 10, 20, 11, tzinfo=UTC),
        minutes=30,
        place="",
        at=NOW,
    )
    alone = planning.plan_one(
        by=ola,
        name="Fair",
        starts_at=datetime(2026, 10, 14, 9, tzinfo=UTC),
        people=[ola.pk, tomasz.pk],
        at=NOW,
    )
    Company.objects.update(zone="America/New_York")
    let_go_of_company()
    raise_version()
    planning.run(at=NOW)
    planning.run(at=NOW)
    new_york = ZoneInfo("America/New_York")
    assert the(made, 12).starts_at.astimezone(new_york).hour == 9
    assert the(made, 19).starts_at.astimezone(new_york).hour == 13
    alone.refresh_from_db()
    assert alone.starts_at.astimezone(new_york).hour == 11
    assert the(made, 12).version == 2


def test_a_meeting_is_moved_told_and_not_twice(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    Notice.objects.all().delete()
    to = {"starts_at": datetime(2026, 10, 13, 8, tzinfo=UTC), "minutes": 30, "place": "Room 2"}
    for _again in range(2):
        planning.move(meeting=the(made, 12), by=ola, version=1, reason="Fair", at=NOW, **to)
    assert (the(made, 12).version, the(made, 12).is_moved) == (2, True)
    (notice,) = Notice.objects.filter(kind="meeting_moved")
    assert notice.recipient == tomasz
    with pytest.raises(Conflict):
        planning.move(meeting=the(made, 12), by=ola, version=1, at=NOW, **to | {"minutes": 60})
    with pytest.raises(Invalid) as caught:
        planning.move(
            meeting=the(made, 12), by=ola, version=2, at=NOW, **to | {"starts_at": NOW - timedelta(days=1)}
        )
    assert caught.value.field == "starts_at"
    assert the(made, 12).version == 2


def test_cancelling_needs_a_reason_and_can_be_taken_back(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    with pytest.raises(Invalid):
        planning.cancel(meeting=the(made, 12), by=ola, reason=" \x00 ", at=NOW)
    for _again in range(2):
        planning.cancel(meeting=the(made, 12), by=ola, reason="Fair", at=NOW)
    assert Notice.objects.filter(kind="meeting_cancelled").count() == 1
    planning.run(at=NOW)
    assert the(made, 12).state == "cancelled"
    planning.bring_back(meeting=the(made, 12), by=ola, at=NOW)
    planning.run(at=NOW)
    assert (the(made, 12).state, the(made, 12).is_moved) == ("planned", False)
    planning.cancel(meeting=the(made, 12), by=ola, reason="Fair", at=NOW)
    with pytest.raises(Conflict):
        planning.bring_back(meeting=the(made, 12), by=ola, at=NOW + timedelta(days=30))


def test_what_comes_back_survives_a_rule_that_no_longer_names_its_day(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    planning.cancel(meeting=the(made, 12), by=ola, reason="Fair", at=NOW)
    services.edit(
        series=made, by=ola, version=1, terms=terms(ola, tomasz, rule="FREQ=WEEKLY;BYDAY=TH"), at=NOW
    )
    planning.bring_back(meeting=the(made, 12), by=ola, at=NOW)
    planning.run(at=NOW)
    assert the(made, 12).state == "planned"


def test_a_series_ends_and_starts_again(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    planning.move(
        meeting=the(made, 19),
        by=ola,
        version=None,
        starts_at=datetime(2026, 10, 20, 11, tzinfo=UTC),
        minutes=30,
        place="",
        at=NOW,
    )
    for _again in range(2):
        made = services.end(series=made, by=tomasz, reason="Too many", at=NOW)
    assert list(Meeting.objects.values_list("state", "reason")) == [("cancelled", "Too many")]
    assert Notice.objects.filter(kind="series_ended", recipient=ola).count() == 1
    with pytest.raises(Conflict):
        services.edit(series=made, by=ola, version=None, terms=terms(ola, tomasz, name="Other"), at=NOW)
    services.resume(series=made, by=ola, at=NOW)
    assert len(ahead(made)) == len(MONDAYS)


@pytest.mark.parametrize("role", ["rep", "marketer", "administrator"])
def test_who_does_not_run_meetings_changes_nothing(ola: User, tomasz: User, role: str) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    other = person(role)
    before = list(Meeting.objects.values())
    one = the(made, 12)
    later = {"starts_at": NOW + timedelta(days=1), "minutes": 30, "place": ""}
    for refused in (
        lambda: services.create(by=other, terms=terms(ola, tomasz, name="Mine"), at=NOW),
        lambda: services.edit(
            series=made, by=other, version=1, terms=terms(ola, tomasz, name="Mine"), at=NOW
        ),
        lambda: services.end(series=made, by=other, at=NOW),
        lambda: services.resume(series=made, by=other, at=NOW),
        lambda: planning.move(meeting=one, by=other, version=1, at=NOW, **later),
        lambda: planning.cancel(meeting=one, by=other, reason="No", at=NOW),
        lambda: planning.bring_back(meeting=one, by=other, at=NOW),
        lambda: attendance.ask(meeting=one, by=other, people=[ola.pk, tomasz.pk], at=NOW),
        lambda: attendance.set_present(meeting=one, person=ola, is_present=True, by=other, at=NOW),
        lambda: planning.plan_one(by=other, name="Mine", people=[ola.pk], **later, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert list(Meeting.objects.values()) == before
    assert Series.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=WEEKLY;BYDAY=SU"}, "rule"),  # nobody works on Sundays
        ({"at_minute": 1440}, "at"),
        ({"at_minute": -1}, "at"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 100_000}, "minutes"),
        ({"starts_on": date(9999, 12, 31)}, "starts_on"),
        ({"starts_on": date(1, 1, 1)}, "starts_on"),
        ({"ends_on": date(2026, 10, 1)}, "ends_on"),
        ({"starts_on": date(2026, 1, 5), "ends_on": date(2026, 2, 1)}, "rule"),
        ({"place": "x" * 301}, "place"),
        ({"people": []}, "people"),
        ({"people": [2**62]}, "people"),
        ({"people": range(1, 1000)}, "people"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    ola: User, tomasz: User, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        services.create(by=ola, terms=terms(ola, tomasz, **changed), at=NOW)
    assert caught.value.field == field
    assert not Series.objects.exists()


def test_a_joint_meeting_has_both_departments(ola: User, tomasz: User) -> None:
    for people in ([ola], [tomasz], [person("director")], [ola, person("rep", is_active=False)]):
        with pytest.raises(Invalid) as caught:
            services.create(by=ola, terms=terms(*people), at=NOW)
        assert caught.value.field == "people"
    both = person("head_of_marketing", "head_of_sales")
    assert services.create(by=ola, terms=terms(both), at=NOW).pk


def test_who_is_away_is_shown_before(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    Absence.objects.create(person=tomasz, starts_on=date(2026, 10, 12), ends_on=date(2026, 10, 12))
    rows = upcoming.page_of(is_past=False, now=NOW).rows
    assert [[one.name for one in row.away] for row in rows[:2]] == [["Tomasz Wrona"], []]
    assert rows[0].of == the(made, 12)


def test_who_came_is_said_from_the_day_on_also_of_who_was_not_asked(ola: User, tomasz: User) -> None:
    made = services.create(by=ola, terms=terms(ola, tomasz), at=NOW)
    one, guest = the(made, 12), person("rep")
    with pytest.raises(Conflict):
        attendance.set_present(meeting=one, person=tomasz, is_present=True, by=ola, at=NOW)
    day = one.starts_at + timedelta(minutes=1)
    for who in (tomasz, guest):
        attendance.set_present(meeting=one, person=who, is_present=True, by=ola, at=day)
    attendance.set_present(meeting=one, person=tomasz, is_present=False, by=ola, at=day)
    said = dict(Attendance.objects.filter(meeting=one).values_list("person", "is_present"))
    assert said == {ola.pk: None, tomasz.pk: False, guest.pk: True}
    services.edit(series=made, by=ola, version=1, terms=terms(ola, guest), at=NOW)
    assert Attendance.objects.get(meeting=one, person=tomasz).is_present is False  # what was said is kept


# ---------------------------------------------------------------------------------------------- none held


def held(at: datetime) -> Meeting:
    return Meeting.objects.create(
        name="Round", starts_at=at, began_at=at, ended_at=at, state="held", at=at, zone="Europe/Warsaw"
    )


def test_no_meeting_within_the_limit_is_an_alert_for_both_heads_until_one_is_held(
    ola: User, tomasz: User
) -> None:
    now = datetime.now(UTC)
    no_meeting()
    assert not Alert.objects.exists()  # nothing was agreed, no lead came: nobody owes a meeting
    held(now - timedelta(days=15))
    no_meeting()
    no_meeting()
    (alert,) = Alert.objects.filter(kind="no_meeting", resolved_at=None)
    assert (alert.subject, alert.context["count"], alert.cost_minutes) == ("company", 15, 120)
    assert alert.url == "/meetings/series/new/"
    assert set(Notice.objects.values_list("recipient", flat=True)) == {ola.pk, tomasz.pk}
    services.create(by=ola, terms=terms(ola, tomasz, rule="FREQ=DAILY", starts_on=now.date()), at=now)
    no_meeting()
    alert.refresh_from_db()
    assert alert.url == f"/meetings/{upcoming.following(now).pk}/"
    held(now)
    no_meeting()
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_the_limit_is_whole_days_of_24_hours() -> None:
    last = NOW
    held(last)
    assert upcoming.no_meeting(last + timedelta(days=7)) == []
    (fact,) = upcoming.no_meeting(last + timedelta(days=7, seconds=1))
    assert fact.cost_minutes == 60
