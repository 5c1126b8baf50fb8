"""A series of meetings over both clock changes: the same hour on the wall, on the pages, in the feed and in mails."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar

from leadsync.accounts.models import Company, User
from leadsync.accounts.services import working_time
from leadsync.meetings.models import Meeting, Series
from leadsync.meetings.services import feeds, planning
from leadsync.meetings.services import series as services
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

# Clocks change on 28 March and 31 October 2027 in Europe, on 14 March and 7 November in New York.
BEFORE = {
    "spring": datetime(2027, 3, 3, 10, 0, tzinfo=UTC),
    "autumn": datetime(2027, 10, 6, 10, 0, tzinfo=UTC),
}
# Nine o'clock on a Monday, half past two on a Sunday (the hour that is skipped and comes twice), just before midnight.
WHEN = [("MO", 540), ("SU", 150), ("SU", 1435)]


@pytest.fixture
def heads(time_machine: Any) -> tuple[User, User]:
    CompanyFactory.create()
    return person("head_of_marketing"), person("head_of_sales")


def plan(heads: tuple[User, User], rule: str, at_minute: int, at: datetime) -> Series:
    terms = services.Terms(
        name="Round",
        rule=rule,
        starts_on=at.date(),
        at_minute=at_minute,
        people=[one.pk for one in heads],
        place="",
    )
    return services.create(by=heads[0], terms=terms, at=at)


def in_feed(who: User) -> dict[str, datetime]:
    found = feeds.feed_of(who) or feeds.renew(by=who)
    answer = Client().get(f"/meetings/feed/{feeds.token_of(found)}.ics")
    return {
        str(one["uid"]): one.decoded("dtstart") for one in Calendar.from_ical(answer.content).walk("VEVENT")
    }


@pytest.mark.parametrize("season", ["spring", "autumn"])
@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(("weekday", "minute"), WHEN)
def test_the_hour_on_the_wall_stays_also_in_the_feed(
    heads: tuple[User, User], time_machine: Any, season: str, zone: str, weekday: str, minute: int
) -> None:
    now = BEFORE[season]
    time_machine.move_to(now, tick=False)
    Company.objects.update(zone=zone, country="")
    every_day_works()
    made = plan(heads, f"FREQ=WEEKLY;BYDAY={weekday}", minute, now)
    planning.run(at=now + timedelta(weeks=1))
    meetings = list(Meeting.objects.filter(series=made).order_by("starts_at"))
    assert len(meetings) >= 8
    here = ZoneInfo(zone)
    offsets = set()
    for one in meetings:
        assert one.planned_on is not None
        wall = datetime.combine(one.planned_on, datetime.min.time()) + timedelta(minutes=minute)
        meant = wall.replace(tzinfo=here)  # the first, where it comes twice
        assert one.starts_at == meant.astimezone(UTC)
        shown = one.starts_at.astimezone(here)
        offsets.add(shown.utcoffset())
        is_skipped = meant.astimezone(UTC).astimezone(here).replace(tzinfo=None) != wall
        assert shown.hour * 60 + shown.minute == minute + 60 * is_skipped
    assert len(offsets) == (1 if zone == "Asia/Tokyo" else 2)
    found = in_feed(heads[1])
    assert sorted(found.values()) == [one.starts_at for one in meetings]
    page = Client()
    page.force_login(heads[1])
    assert page.get(f"/meetings/{meetings[-1].pk}/").status_code == 200


def every_day_works() -> None:
    """A company that is open every day, so that a Sunday's meeting is not left out."""
    working_time.set_company_week(by=person("administrator"), week=[((0, 1440),)] * 7)


def test_planned_again_after_the_change_nothing_moves(heads: tuple[User, User], time_machine: Any) -> None:
    now = BEFORE["autumn"]
    time_machine.move_to(now, tick=False)
    made = plan(heads, "FREQ=WEEKLY;BYDAY=MO", 540, now)
    before = {one.pk: (one.starts_at, one.changed_at) for one in Meeting.objects.filter(series=made)}
    feed = in_feed(heads[1])
    for weeks in (3, 4, 5):  # workers before, during and after the change
        planning.run(at=now + timedelta(weeks=weeks))
    for one in Meeting.objects.filter(pk__in=before):
        assert (one.starts_at, one.changed_at) == before[one.pk]
    assert feed.items() <= in_feed(heads[1]).items()
    walls = {
        one.starts_at.astimezone(ZoneInfo("Europe/Warsaw")).hour
        for one in Meeting.objects.filter(series=made)
    }
    assert walls == {9}
    assert date(2027, 11, 1) not in set(
        Meeting.objects.values_list("planned_on", flat=True)
    )  # a holiday there
