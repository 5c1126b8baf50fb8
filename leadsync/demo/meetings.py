"""The joint meeting of the sample company: every Monday at nine, eight weeks held, one cancelled, one moved."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from leadsync.accounts.models import Company, User
from leadsync.meetings.domain.recurrence import Freq, Rule, instant
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.selectors.series import planned_days
from leadsync.meetings.services import planning

WEEKS: Final = 8
AT_MINUTE, MINUTES = 9 * 60, 30
PLACE: Final = "https://meet.nordrack.example/monday"
WHO: Final = ("anna", "ola", "tomasz", "marta", "bartek", "olga", "pawel", "jakub")
FAIR_WEEKS_AGO: Final = 5  # most people were at the fair: cancelled
# Who missed which of the held meetings, by weeks ago; everybody else came.
MISSED: Final = {1: ("olga",), 2: ("pawel",), 4: ("bartek", "jakub"), 6: ("anna",), 8: ("olga", "marta")}


def fill(people: Mapping[str, User], now: datetime) -> Series:
    """The series with its past, and its next weeks as the planner makes them; one of them moved, one cancelled."""
    zone = Company.objects.get(pk=1).tz
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    starts_on = monday - timedelta(weeks=WEEKS + 1)
    rule = Rule(Freq.WEEK, 1, (0,))
    series = Series.objects.create(
        name="Monday round",
        rule=rule.text,
        starts_on=starts_on,
        at_minute=AT_MINUTE,
        minutes=MINUTES,
        place=PLACE,
        at=now - timedelta(weeks=WEEKS + 2),
        by=people["ola"],
    )
    series.people.set([people[key] for key in WHO])
    for day in planned_days(rule, starts_on=starts_on, ends_on=None, first=starts_on, last=today):
        starts_at = instant(day, AT_MINUTE, zone)
        weeks = (monday - day).days // 7
        if starts_at < now and weeks <= WEEKS:
            _past(series, starts_at, weeks, people, zone.key)
    planning.plan(series, now)
    ahead = list(Meeting.objects.filter(series=series, starts_at__gt=now).order_by("starts_at")[:5])
    planning.move(
        meeting=ahead[2],
        by=people["ola"],
        version=None,
        starts_at=ahead[2].starts_at + timedelta(days=1, hours=1),
        minutes=MINUTES,
        place=PLACE,
        reason="Year-end stocktaking on Monday.",
        at=now - timedelta(hours=3),
    )
    planning.cancel(
        meeting=ahead[4],
        by=people["tomasz"],
        reason="Half of us are on holiday.",
        at=now - timedelta(hours=2),
    )
    return series


def _past(series: Series, starts_at: datetime, weeks: int, people: Mapping[str, User], zone: str) -> None:
    is_cancelled = weeks == FAIR_WEEKS_AGO
    late = timedelta(minutes=weeks % 4)
    meeting = Meeting.objects.create(
        series=series,
        planned_on=starts_at.astimezone(Company.objects.get(pk=1).tz).date(),
        name=series.name,
        starts_at=starts_at,
        minutes=MINUTES,
        place=PLACE,
        zone=zone,
        state=Meeting.StateChoices.CANCELLED if is_cancelled else Meeting.StateChoices.HELD,
        reason="Most of us are at the fair in Poznań." if is_cancelled else "",
        changed_at=starts_at - timedelta(days=2) if is_cancelled else None,
        began_at=None if is_cancelled else starts_at + late,
        ended_at=None if is_cancelled else starts_at + timedelta(minutes=MINUTES - 3) + late,
        at=starts_at - planning.HORIZON,
        by=people["ola"],
    )
    missed = MISSED.get(weeks, ())
    Attendance.objects.bulk_create(
        Attendance(
            meeting=meeting, person=people[key], is_present=None if is_cancelled else key not in missed
        )
        for key in WHO
    )
