"""Meetings to come and past: the list, one day, one person's calendar, and how long none was held."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import Agreement, Lead
from leads.selectors.agreement import terms
from leadsync.accounts.models import Absence, User
from leadsync.accounts.selectors import company
from leadsync.exchange.models import Booking
from leadsync.meetings.domain.calendar import Entry
from leadsync.meetings.domain.recurrence import instant
from leadsync.meetings.models import Attendance, Meeting, Point
from leadsync.notices.watching import Fact

PAGE: Final = 30
FEED_BACK: Final = timedelta(days=90)
CANCELLED_FOR: Final = timedelta(days=30)
HEADS_MINUTES: Final = 60  # what one meeting of half an hour takes of both heads
_KEY = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

State = Meeting.StateChoices


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting as the list shows it."""

    of: Meeting
    people: Sequence[User]
    away: Sequence[User]
    present: int
    is_said: bool  # whether anybody said who came
    points: int
    is_next: bool = False
    is_missed: bool = False  # its time is over, and it never began

    @property
    def local(self) -> datetime:
        """When it begins, in the zone in force."""
        return timezone.localtime(self.of.starts_at)

    @property
    def link(self) -> str:
        """Where to click to be there; nothing where the place is a room."""
        return self.of.place if self.of.place.startswith(("https://", "http://")) else ""

    @property
    def where(self) -> str:
        """The room, or the site that a link leads to."""
        return self.link.partition("//")[2].partition("/")[0].rpartition("@")[2] or self.of.place


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list."""

    rows: Sequence[Row]
    next_key: str = ""
    extra: Mapping[str, int] = field(default_factory=dict)


def _today(now: datetime) -> datetime:
    """The beginning of today in the company's zone."""
    zone = company().tz
    return instant(now.astimezone(zone).date(), 0, zone)


def upcoming(now: datetime) -> QuerySet[Meeting]:
    """What goes on or is today or later, cancelled ones too, in order."""
    return Meeting.objects.filter(Q(state=State.RUNNING) | Q(starts_at__gte=_today(now))).order_by(
        "starts_at", "pk"
    )


def past(now: datetime) -> QuerySet[Meeting]:
    """What was before today, the newest first."""
    return (
        Meeting.objects.filter(starts_at__lt=_today(now))
        .exclude(state=State.RUNNING)
        .order_by("-starts_at", "-pk")
    )


def following(now: datetime) -> Meeting | None:
    """The meeting that goes on, else the next one that is planned. One query."""
    running = Meeting.objects.filter(state=State.RUNNING)
    planned = Meeting.objects.filter(state=State.PLANNED, starts_at__gte=now - timedelta(hours=12))
    found = list((running | planned).order_by("starts_at", "pk")[:10])
    going_on = [one for one in found if one.state == State.RUNNING]
    ahead = [one for one in found if one.starts_at + timedelta(minutes=one.minutes) > now]
    return next(iter([*going_on, *ahead]), None)


def page_of(*, is_past: bool, now: datetime, after: str = "", size: int = PAGE) -> Listed:
    """One page by key: `after` is the key of the last meeting of the page before. Six queries, however many rows."""
    rows = past(now) if is_past else upcoming(now)
    match = _KEY.fullmatch(after)
    if match is not None and int(match[2]) < 2**63:
        try:
            at = _EPOCH + timedelta(microseconds=int(match[1]))
        except OverflowError:
            at = None
        if at is not None:
            far = "lt" if is_past else "gt"
            rows = rows.filter(
                Q(**{f"starts_at__{far}": at}) | Q(**{"starts_at": at, f"pk__{far}": int(match[2])})
            )
    found = list(rows.select_related("series")[: size + 1])
    key = ""
    if len(found) > size:
        last = found[size - 1]
        key = f"{(last.starts_at - _EPOCH) // timedelta(microseconds=1)}-{last.pk}"
    return Listed(rows_of(found[:size], now), key)


def rows_of(meetings: Sequence[Meeting], now: datetime) -> list[Row]:
    """These meetings with who comes, who is away and how many points wait. Five queries, however many meetings."""
    ids = [one.pk for one in meetings]
    asked: dict[int, list[Attendance]] = {}
    for row in (
        Attendance.objects.filter(meeting__in=ids)
        .select_related("person")
        .prefetch_related("person__groups")
        .order_by("person__name", "pk")
    ):
        asked.setdefault(row.meeting_id, []).append(row)
    away = away_from(meetings, {row.person_id for rows in asked.values() for row in rows})
    points = dict(
        Point.objects.filter(meeting__in=ids).values_list("meeting").annotate(count=Count("pk")).order_by()
    )
    nearest = following(now)
    if nearest is not None and nearest.pk in ids:
        points[nearest.pk] = points.get(nearest.pk, 0) + waiting_points()
    made = []
    for one in meetings:
        is_open = one.state == State.PLANNED
        who = [row for row in asked.get(one.pk, ()) if row.person.is_active or not is_open]
        made.append(
            Row(
                of=one,
                people=[row.person for row in who],
                away=[row.person for row in who if row.person_id in away.get(one.pk, ())] if is_open else [],
                present=sum(row.is_present is True for row in who),
                is_said=any(row.is_present is not None for row in who),
                points=points.get(one.pk, 0),
                is_next=nearest is not None and nearest.pk == one.pk,
                is_missed=is_open and one.starts_at + timedelta(minutes=one.minutes) < now,
            )
        )
    return made


def waiting_points() -> int:
    """How many points were handed in for the next meeting. One query."""
    return Point.objects.filter(meeting=None, state=Point.StateChoices.OPEN).count()


def away_from(meetings: Iterable[Meeting], people: Iterable[int]) -> dict[int, set[int]]:
    """Who of these people is away on the day of each meeting, by meeting. One query."""
    zone = company().tz
    on = {one.pk: one.starts_at.astimezone(zone).date() for one in meetings}
    if not on:
        return {}
    absences = list(
        Absence.objects.filter(
            person__in=list(people), starts_on__lte=max(on.values()), ends_on__gte=min(on.values())
        )
    )
    return {
        meeting: found
        for meeting, day in on.items()
        if (found := {one.person_id for one in absences if one.covers(day)})
    }


def on_day(day: date) -> Meeting | None:
    """The first meeting of a day of the company's zone that takes place, else the first one. One query."""
    zone = company().tz
    start, end = instant(day, 0, zone), instant(day + timedelta(days=1), 0, zone)
    found = list(Meeting.objects.filter(starts_at__gte=start, starts_at__lt=end).order_by("starts_at", "pk"))
    takes_place = [one for one in found if one.state != State.CANCELLED]
    return next(iter([*takes_place, *found]), None)


# ---------------------------------------------------------------------------------------------- a calendar


def entries_of(person: User, now: datetime) -> list[Entry]:
    """What stands in one person's calendar: meetings, and what was agreed with a colleague. Two queries.

    The last 90 days and all to come; what was cancelled stays for 30 days, so that calendars take it away.
    """
    since, gone = now - FEED_BACK, now - CANCELLED_FOR
    meetings = (
        Meeting.objects.filter(attendance__person=person, starts_at__gte=since)
        .exclude(Q(state=State.CANCELLED) & (Q(changed_at__lt=gone) | Q(changed_at=None, starts_at__lt=gone)))
        .order_by("starts_at", "pk")
    )
    bookings = (
        Booking.objects.filter(Q(by=person) | Q(partner=person), starts_at__gte=since)
        .filter(
            Q(state__in=[Booking.StateChoices.AGREED, Booking.StateChoices.DONE])
            # One that was declined before it was agreed never stood in a calendar.
            | Q(state=Booking.StateChoices.CANCELLED, answered_at__isnull=False, starts_at__gte=gone)
        )
        .select_related("by", "partner")
    )
    return [
        *(_of_meeting(one) for one in meetings),
        *(_of_booking(one, person) for one in bookings),
    ]


def _of_meeting(one: Meeting) -> Entry:
    url = settings.LEADSYNC_BASE_URL + reverse("meetings:meeting", args=[one.pk])
    return Entry(
        uid=f"meeting-{one.pk}@{_host()}",
        starts_at=one.starts_at,
        minutes=one.minutes,
        summary=one.name,
        changed_at=one.changed_at or one.at,
        sequence=one.version - 1,
        place=one.place,
        text="\n".join(filter(None, [one.reason, _("Agenda: %(url)s") % {"url": url}])),
        url=url,
        is_cancelled=one.state == State.CANCELLED,
    )


def _of_booking(one: Booking, person: User) -> Entry:
    other = one.partner if one.by_id == person.pk else one.by
    return Entry(
        uid=f"booking-{one.pk}@{_host()}",
        starts_at=one.starts_at,
        minutes=one.minutes,
        summary=f"{one.get_kind_display()}: {other.name}",
        changed_at=one.answered_at or one.at,
        sequence=one.revision,
        text="\n".join(filter(None, [one.reason, one.note])),
        is_cancelled=one.state == Booking.StateChoices.CANCELLED,
    )


def _host() -> str:
    """Where this installation is: makes the names of events its own."""
    return str(settings.LEADSYNC_BASE_URL).partition("://")[2].partition("/")[0].partition(":")[0]


# ---------------------------------------------------------------------------------------------- none held


def last_held_at() -> datetime | None:
    """When the last joint meeting began, going on or over. One query."""
    found: datetime | None = Meeting.objects.filter(state__in=[State.RUNNING, State.HELD]).aggregate(
        found=Max("began_at")
    )["found"]
    return found


def counted_from() -> datetime | None:
    """Where no meeting was held yet: since the first agreement came in force, or the first lead came."""
    agreed: datetime | None = Agreement.objects.aggregate(found=Min("in_force_at"))["found"]
    if agreed is not None:
        return agreed
    first: datetime | None = Lead.objects.filter(is_test=False).aggregate(found=Min("received_at"))["found"]
    return first


def no_meeting(now: datetime) -> list[Fact]:
    """Whether no joint meeting was held for longer than agreed: one fact about the company, or none.

    Days are of 24 hours since the last one began. It costs what both heads settle one by one instead: an hour for each
    whole period that passed without a meeting.
    """
    last = last_held_at()
    since = last or counted_from()
    limit = terms().meeting_days
    if since is None or not limit or now - since <= timedelta(days=limit):
        return []
    days = (now - since) // timedelta(days=1)
    following_one = following(now)
    url = (
        reverse("meetings:meeting", args=[following_one.pk])
        if following_one
        else reverse("meetings:series_new")
    )
    return [
        Fact(
            subject="company",
            context={
                "count": days,
                "limit": limit,
                "last_at": last.isoformat() if last else "",
                "next_at": following_one.starts_at.isoformat() if following_one else "",
            },
            url=url,
            cost_minutes=HEADS_MINUTES * (days // limit),
        )
    ]
