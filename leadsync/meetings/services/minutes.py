"""The end of a meeting, and its minutes to everyone who was asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict
from leadsync.core.templatetags.ui import day
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Attendance, Meeting, Point
from leadsync.meetings.selectors import minutes as selectors
from leadsync.meetings.services import agenda, attendance, points
from leadsync.notices import mails
from leadsync.notices.models import Message, Notice
from leadsync.notices.selectors import who_stopped
from leadsync.notices.services import NewNotice, put_many

KIND: Final = "minutes_sent"
HELD = Meeting.StateChoices.HELD


@dataclass(frozen=True, slots=True)
class Sent:
    """What sending did: how many people were told; nothing when this version was out already."""

    people: int
    is_new: bool
    is_correction: bool = False


@transaction.atomic
def end(*, meeting: Meeting, by: User, at: datetime | None = None) -> Meeting:
    """The meeting is over, without minutes being sent yet. Points nobody talked about are for next time. Twice is once.

    Raises `NotAllowed`; `Conflict` before it has begun.
    """
    check(by, Can.RUN_MEETINGS)
    return _end(agenda.take(meeting), at or timezone.now())


def _end(found: Meeting, now: datetime) -> Meeting:
    if found.state == HELD:
        return found
    if found.state != Meeting.StateChoices.RUNNING:
        raise Conflict(_("This meeting has not begun."))
    found.state, found.ended_at, found.version = HELD, now, found.version + 1
    found.save(update_fields=["state", "ended_at", "version"])
    left = Point.objects.filter(meeting=found, state=Point.StateChoices.OPEN)
    left.update(state=Point.StateChoices.CARRIED)
    own = Point.objects.filter(
        meeting=found, state=Point.StateChoices.CARRIED, source__in=rules.HANDED_IN
    ).order_by("place", "id")
    points.leave_for_next(list(own))
    return found


@transaction.atomic
def go_on(*, meeting: Meeting, by: User) -> Meeting:
    """The way back of ending, until the minutes are sent. Raises `NotAllowed`, `Conflict`."""
    check(by, Can.RUN_MEETINGS)
    found = agenda.take(meeting)
    if found.state == Meeting.StateChoices.RUNNING:
        return found
    if found.state != HELD or found.sent_version:
        raise Conflict(_("The minutes are out. What was wrong in them can still be corrected."))
    found.state, found.ended_at, found.version = Meeting.StateChoices.RUNNING, None, found.version + 1
    found.save(update_fields=["state", "ended_at", "version"])
    for point in Point.objects.filter(
        meeting=found, state=Point.StateChoices.CARRIED, source__in=rules.HANDED_IN
    ):
        points.take_copy_back(point)
    return found


@transaction.atomic
def set_present(
    *, meeting: Meeting, person: User, is_present: bool | None, by: User, at: datetime | None = None
) -> Attendance:
    """Say whether somebody came; it stands in the minutes. Raises as `attendance.set_present`."""
    check(by, Can.RUN_MEETINGS)
    found = agenda.take(meeting)
    before = Attendance.objects.filter(meeting=found, person=person).first()
    row = attendance.set_present(meeting=found, person=person, is_present=is_present, by=by, at=at)
    if before is None or before.is_present != row.is_present:
        agenda.touch(Meeting.objects.get(pk=found.pk))
    return row


@transaction.atomic
def send(*, meeting: Meeting, by: User, at: datetime | None = None) -> Sent:
    """Send the minutes to everyone asked and everyone who got something to do; a meeting that goes on is over by it.

    Once a version: pressed twice, or after a crash, nobody gets a second mail. What was corrected since goes out again,
    and says so. Raises `NotAllowed`; `Conflict` before the meeting has begun.
    """
    check(by, Can.RUN_MEETINGS)
    now = at or timezone.now()
    found = _end(agenda.take(meeting), now)
    if found.sent_version == found.version:
        return Sent(0, is_new=False)
    is_correction = bool(found.sent_version)
    people = list(recipients(found, by))
    _write(found, people, by, now, is_correction=is_correction)
    found.sent_version, found.sent_at = found.version, now
    found.save(update_fields=["sent_version", "sent_at"])
    return Sent(len(people), is_new=True, is_correction=is_correction)


def recipients(meeting: Meeting, by: User) -> QuerySet[User]:
    """Who gets the minutes: everyone asked, whoever got something to do, and who sends them."""
    asked = Attendance.objects.filter(meeting=meeting).values("person")
    doing = meeting.decisions.values("owner")
    here = User.objects.filter(is_active=True, is_former=False)
    return (here.filter(pk__in=asked) | here.filter(pk__in=doing) | here.filter(pk=by.pk)).order_by(
        "name", "pk"
    )


def _write(meeting: Meeting, people: Sequence[User], by: User, now: datetime, *, is_correction: bool) -> None:
    """One mail and one line in the app a person, which no other mail carries again."""
    stopped = who_stopped(Message.Sort.MINUTES)
    zone = company().tz
    told: dict[str, selectors.Minutes] = {}  # by language: points are said in that of who reads them
    messages: list[Message] = []
    notices: list[NewNotice] = []
    url = reverse("meetings:minutes", args=[meeting.pk])
    for person in people:
        with mails.spoken(person, zone):
            words = told.get(person.language)
            if words is None:
                words = told[person.language] = selectors.minutes_of(meeting)
            own = [one for one in words.decisions if one.owner_id == person.pk]
            context = {
                "meeting": meeting.name,
                "on": meeting.starts_at.astimezone(zone).date().isoformat(),
                "count": len(own),
                "is_correction": is_correction,
            }
            notices.append(NewNotice(KIND, person.pk, _key(meeting, person.pk), context, url))
            if person.pk not in stopped:
                more = {"own": own, "minutes": words, "minutes_url": url, "is_correction": is_correction}
                messages.append(_mail(person, meeting, more, now))
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    put_many(notices, by=by, at=now)
    _carried_by(messages)


def _mail(person: User, meeting: Meeting, context: Mapping[str, Any], now: datetime) -> Message:
    title = {"meeting": meeting.name, "day": day(meeting.starts_at)}
    return mails.mail(
        person,
        sort=Message.Sort.MINUTES,
        key=_key(meeting, person.pk),
        template="emails/minutes",
        subject=_("Corrected minutes: %(meeting)s, %(day)s") % title
        if context["is_correction"]
        else _("Minutes: %(meeting)s, %(day)s") % title,
        context={**context, "meeting": meeting, "decisions_url": reverse("meetings:decisions")},
        now=now,
    )


def _key(meeting: Meeting, person_id: int) -> str:
    return f"minutes:{meeting.pk}:{meeting.version}:{person_id}"


def _carried_by(messages: Collection[Message]) -> None:
    """The lines in the app are mailed with the minutes: the morning mail need not tell of them."""
    keys = [one.key for one in messages]
    known = dict(Message.objects.filter(key__in=keys).values_list("key", "pk"))
    rows = list(Notice.objects.filter(kind=KIND, key__in=keys))
    for row in rows:
        row.message_id = known.get(row.key)
    Notice.objects.bulk_update(rows, ["message"], batch_size=500)
