"""Meetings as rows: made from the rules of series for the weeks ahead, moved, cancelled, brought back.

What a person moved or cancelled stays as it is; everything else in the future follows its series. Planning twice, at
once or after a crash leaves the same rows: a series is planned by whoever holds its row, and (series, day) is unique.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from unicodedata import category
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Side
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.meetings.domain.recurrence import FIRST_YEAR, LAST_YEAR, instant, same_wall_time
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.selectors import series as selectors
from leadsync.notices import services as notices

HORIZON: Final = timedelta(weeks=8)
MOST_AHEAD: Final = timedelta(days=2 * 366)  # of a meeting somebody plans or moves
MOST_PEOPLE: Final = 200
LEAST_MINUTES, MOST_MINUTES = 5, 1_440
PLANNED, RUNNING, CANCELLED = (
    Meeting.StateChoices.PLANNED,
    Meeting.StateChoices.RUNNING,
    Meeting.StateChoices.CANCELLED,
)

# ---------------------------------------------------------------------------------------------- input


def clean(text: str, *, field: str, most: int, needed: str = "") -> str:
    """One line without signs that no calendar can hold. Raises `Invalid` for too much, and for nothing where `needed`."""
    line = " ".join("".join(sign if category(sign) not in {"Cc", "Cs"} else " " for sign in text).split())
    if needed and not line:
        raise Invalid(needed, field=field)
    if len(line) > most:
        raise Invalid(_("At most %(n)d characters.") % {"n": most}, field=field)
    return line


def checked_name(name: str) -> str:
    """The name of a meeting. Raises `Invalid`."""
    return clean(name, field="name", most=150, needed=_("Give the meeting a name."))


def checked_place(place: str) -> str:
    """A room or a link. Raises `Invalid`."""
    return clean(place, field="place", most=300)


def checked_minutes(minutes: int) -> int:
    """How long it lasts. Raises `Invalid`."""
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise Invalid(
            _("A meeting lasts %(least)d to %(most)d minutes.")
            % {"least": LEAST_MINUTES, "most": MOST_MINUTES},
            field="minutes",
        )
    return minutes


def checked_start(starts_at: datetime, now: datetime) -> datetime:
    """An instant that is still to come, within two years. Raises `Invalid`."""
    if not FIRST_YEAR <= starts_at.year <= LAST_YEAR or starts_at > now + MOST_AHEAD:
        raise Invalid(_("This is more than two years ahead."), field="starts_at")
    if starts_at <= now:
        raise Invalid(_("This time is over. Choose one that is still to come."), field="starts_at")
    return starts_at


def checked_people(people: Iterable[int]) -> list[int]:
    """Ids of people who can come, of both departments. Raises `Invalid`."""
    wanted = sorted(set(people))
    if not wanted:
        raise Invalid(_("Choose who comes."), field="people")
    if len(wanted) > MOST_PEOPLE:
        raise Invalid(_("At most %(n)d people.") % {"n": MOST_PEOPLE}, field="people")
    known = set(selectors.invitable().filter(pk__in=wanted).values_list("pk", flat=True))
    if set(wanted) - known:
        raise Invalid(_("Somebody of these does not sign in here any more. Choose again."), field="people")
    missing = {Side.MARKETING, Side.SALES} - selectors.sides_of(wanted)
    if missing:
        raise Invalid(
            _("A joint meeting needs both departments: choose somebody of marketing.")
            if Side.MARKETING in missing
            else _("A joint meeting needs both departments: choose somebody of sales."),
            field="people",
        )
    return wanted


def page_of(meeting: Meeting | int) -> str:
    """The address of a meeting's page."""
    return reverse("meetings:meeting", args=[meeting.pk if isinstance(meeting, Meeting) else meeting])


# ---------------------------------------------------------------------------------------------- from the rule


def run(*, at: datetime | None = None) -> None:
    """Bring the meetings of all series in line with their rules, and all with the company's zone."""
    now = at or db.now()
    follow_zone(now)
    for pk in list(Series.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            series = db.claimable(Series.objects.filter(pk=pk)).first()
            if series is not None:  # else another one is at it
                plan(series, now)


def plan(series: Series, now: datetime) -> None:
    """Bring the meetings of a series in line with its rule. Its row is locked by the caller, in a transaction."""
    zone = company().tz
    wanted = _wanted(series, zone, now)
    untouched = _untouched(series, now)
    gone = []
    for meeting in db.locked(untouched):
        assert meeting.planned_on is not None
        at = wanted.get(meeting.planned_on)
        if at is None:
            gone.append(meeting.pk)
        else:
            _follow(meeting, series, at, zone, now)
    if gone:
        # Read again: what somebody has just moved, or handed points to, is not ours any more.
        _untouched(series, now).filter(pk__in=gone).delete()
    known = set(
        Meeting.objects.filter(series=series, planned_on__in=wanted).values_list("planned_on", flat=True)
    )
    new = [day for day in wanted if day not in known]
    if new:
        _make(series, {day: wanted[day] for day in new}, zone, now)


def _wanted(series: Series, zone: ZoneInfo, now: datetime) -> dict[date, datetime]:
    rule = selectors.rule_of(series)
    if rule is None or not series.is_active:
        return {}
    today = now.astimezone(zone).date()
    found = selectors.planned_days(
        rule, starts_on=series.starts_on, ends_on=series.ends_on, first=today, last=today + HORIZON
    )
    instants = {day: instant(day, series.at_minute, zone) for day in found}
    return {day: at for day, at in instants.items() if at > now}


def _untouched(series: Series, now: datetime) -> QuerySet[Meeting]:
    """Meetings still to come that nobody has moved, cancelled or begun, and that hold nothing yet."""
    return Meeting.objects.filter(
        series=series, state=PLANNED, is_moved=False, starts_at__gt=now, points=None, decisions=None
    )


def _follow(meeting: Meeting, series: Series, at: datetime, zone: ZoneInfo, now: datetime) -> None:
    said = (series.name, at, series.minutes, series.place, zone.key)
    if (meeting.name, meeting.starts_at, meeting.minutes, meeting.place, meeting.zone) == said:
        return
    meeting.name, meeting.starts_at, meeting.minutes, meeting.place, meeting.zone = said
    meeting.version += 1
    meeting.changed_at = now
    meeting.save()


def _make(series: Series, when: dict[date, datetime], zone: ZoneInfo, now: datetime) -> None:
    Meeting.objects.bulk_create(
        [
            Meeting(
                series=series,
                planned_on=day,
                name=series.name,
                starts_at=at,
                minutes=series.minutes,
                place=series.place,
                zone=zone.key,
                at=now,
                by_id=series.by_id,
            )
            for day, at in when.items()
        ],
        ignore_conflicts=True,
    )
    made = Meeting.objects.filter(series=series, planned_on__in=when).values_list("pk", flat=True)
    invite(list(made), series.people.values_list("pk", flat=True))


def invite(meetings: Sequence[int], people: Iterable[int]) -> None:
    """Ask these people to these meetings; who is asked already stays as they are."""
    Attendance.objects.bulk_create(
        [Attendance(meeting_id=meeting, person_id=person) for person in people for meeting in meetings],
        ignore_conflicts=True,
    )


def uninvite(meetings: Iterable[int], people: Iterable[int]) -> None:
    """No longer ask these people; whether somebody came is kept."""
    Attendance.objects.filter(meeting__in=list(meetings), person__in=list(people), is_present=None).delete()


def follow_zone(now: datetime) -> None:
    """Where the company moved to another zone, meetings still to come keep what the clock on the wall shows."""
    zone = company().tz
    behind = Meeting.objects.filter(starts_at__gt=now, state__in=[PLANNED, CANCELLED]).exclude(zone=zone.key)
    for pk in list(behind.values_list("pk", flat=True)):
        with transaction.atomic():
            meeting = db.locked(behind.filter(pk=pk)).first()
            if meeting is None:
                continue
            if meeting.zone:  # else nobody said in which zone it was planned: it stays
                meeting.starts_at = same_wall_time(meeting.starts_at, ZoneInfo(meeting.zone), zone)
                meeting.version += 1
                meeting.changed_at = now
            meeting.zone = zone.key
            meeting.save()


# ---------------------------------------------------------------------------------------------- by hand


@transaction.atomic
def plan_one(
    *,
    by: User,
    name: str,
    starts_at: datetime,
    people: Iterable[int],
    minutes: int = 30,
    place: str = "",
    at: datetime | None = None,
) -> Meeting:
    """Plan one meeting without a series. The same one a second time is the first one.

    Raises `NotAllowed`, `Invalid` with the field.
    """
    check(by, Can.RUN_MEETINGS)
    now = at or db.now()
    name, place = checked_name(name), checked_place(place)
    starts_at, minutes = checked_start(starts_at, now), checked_minutes(minutes)
    asked = checked_people(people)
    with db.exclusively("meetings.new", wait=True):
        same = Meeting.objects.filter(series=None, name=name, starts_at=starts_at, state=PLANNED).first()
        if same is not None:
            return same
        made = Meeting.objects.create(
            name=name,
            starts_at=starts_at,
            minutes=minutes,
            place=place,
            zone=company().zone,
            at=now,
            by=by,
        )
        invite([made.pk], asked)
        tell("meeting_planned", made, by=by, now=now)
    return made


def held(meeting: Meeting, by: User) -> Meeting:
    """The meeting, locked for this transaction, for somebody who may change it. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.RUN_MEETINGS)
    found = db.locked(Meeting.objects.filter(pk=meeting.pk).select_related("series")).first()
    if found is None:
        raise NotFound(_("This meeting is no longer planned."))
    return found


def _refuse_begun(meeting: Meeting) -> None:
    if meeting.state == RUNNING:
        raise Conflict(_("This meeting is going on."), version=meeting.version)
    if meeting.state == Meeting.StateChoices.HELD:
        raise Conflict(_("This meeting was held already."), version=meeting.version)


@transaction.atomic
def move(
    *,
    meeting: Meeting,
    by: User,
    version: int | None,
    starts_at: datetime,
    minutes: int,
    place: str,
    reason: str = "",
    at: datetime | None = None,
) -> Meeting:
    """Let one meeting be at another time or place; its series leaves it alone from then on. People are told.

    Raises `NotAllowed`, `Invalid`; `Conflict` when it was changed meanwhile, has begun, or is cancelled. What it
    already says is no change.
    """
    found = held(meeting, by)
    now = at or db.now()
    place, reason = checked_place(place), clean(reason, field="reason", most=300)
    minutes = checked_minutes(minutes)
    _refuse_begun(found)
    if found.state == CANCELLED:
        raise Conflict(
            _("This meeting is cancelled. Bring it back first, then move it."), version=found.version
        )
    if (found.starts_at, found.minutes, found.place) == (starts_at, minutes, place):
        return found
    if version is not None and version != found.version:
        raise Conflict(
            _("This meeting was changed meanwhile. Look at its time now, then save again."),
            version=found.version,
        )
    before = found.starts_at
    if starts_at != before:
        checked_start(starts_at, now)
    found.starts_at, found.minutes, found.place, found.reason = starts_at, minutes, place, reason
    found.is_moved, found.zone, found.changed_at = True, company().zone, now
    found.version += 1
    found.save()
    tell("meeting_moved", found, by=by, now=now, before_at=before.isoformat(), reason=reason)
    return found


@transaction.atomic
def cancel(*, meeting: Meeting, by: User, reason: str, at: datetime | None = None) -> Meeting:
    """Say that one meeting does not take place, and why. People are told. A second time is the first time.

    Raises `NotAllowed`, `Invalid` without a reason, `Conflict` for one that has begun.
    """
    found = held(meeting, by)
    _refuse_begun(found)
    if found.state == CANCELLED:
        return found
    now = at or db.now()
    reason = clean(reason, field="reason", most=300, needed=_("Say why, so that people know."))
    put_off(found, reason, now)
    tell("meeting_cancelled", found, by=by, now=now, reason=reason)
    return found


def put_off(meeting: Meeting, reason: str, now: datetime) -> None:
    """Cancel a locked meeting without telling anybody."""
    meeting.state, meeting.reason, meeting.changed_at = CANCELLED, reason, now
    meeting.version += 1
    meeting.save()


@transaction.atomic
def bring_back(*, meeting: Meeting, by: User, at: datetime | None = None) -> Meeting:
    """Let a cancelled meeting take place after all. People are told. A second time is the first time.

    Raises `NotAllowed`, `Conflict` for one that has begun or whose time is over.
    """
    found = held(meeting, by)
    _refuse_begun(found)
    if found.state == PLANNED:
        return found
    now = at or db.now()
    if found.starts_at <= now:
        raise Conflict(_("Its time is over. Plan another meeting."), version=found.version)
    found.state, found.reason, found.changed_at = PLANNED, "", now
    # Its series may have another rule by now, which would take it away at once.
    found.is_moved = found.is_moved or not _is_of_rule(found, now)
    found.version += 1
    found.save()
    tell("meeting_back", found, by=by, now=now)
    return found


def _is_of_rule(meeting: Meeting, now: datetime) -> bool:
    if meeting.series is None or meeting.planned_on is None:
        return True
    return _wanted(meeting.series, company().tz, now).get(meeting.planned_on) == meeting.starts_at


def tell(
    kind: str, meeting: Meeting, *, by: User, now: datetime, only: Iterable[int] | None = None, **facts: str
) -> None:
    """Tell those who are asked (of them `only` these), but not who did it."""
    asked = Attendance.objects.filter(meeting=meeting, person__is_active=True)
    if only is not None:
        asked = asked.filter(person__in=list(only))
    notices.put(
        kind=kind,
        recipients=asked.values_list("person", flat=True),
        key=f"{kind}:{meeting.pk}:{meeting.version}",
        context={
            "name": meeting.name,
            "starts_at": meeting.starts_at.isoformat(),
            "minutes": meeting.minutes,
            "place": meeting.place,
            "by": by.name,
            **facts,
        },
        url=page_of(meeting),
        by=by,
        at=now,
    )
