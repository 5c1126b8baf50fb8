"""Beginning a meeting: the agenda, read live until then, is written down."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, NotFound
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.domain.agenda import Item
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.selectors import facts

PLANNED, RUNNING = Meeting.StateChoices.PLANNED, Meeting.StateChoices.RUNNING


def take(meeting: Meeting) -> Meeting:
    """The meeting as the database has it, locked for this transaction. Raises `NotFound`, `Conflict` when cancelled."""
    found = db.locked(Meeting.objects.filter(pk=meeting.pk)).first()
    if found is None:
        raise NotFound(_("There is no such meeting."))
    if found.state == Meeting.StateChoices.CANCELLED:
        raise Conflict(_("This meeting was cancelled."))
    return found


def touch(meeting: Meeting) -> None:
    """Say that what the minutes of a locked meeting tell has changed."""
    meeting.version += 1
    Meeting.objects.filter(pk=meeting.pk).update(version=F("version") + 1)


@transaction.atomic
def begin(*, meeting: Meeting, by: User, at: datetime | None = None) -> Meeting:
    """Begin: open facts and what was handed in become the points. Two people at once begin it once.

    Raises `NotAllowed`; `Conflict` for a meeting that is over or was cancelled.
    """
    check(by, Can.RUN_MEETINGS)
    found = take(meeting)
    if found.state == RUNNING:
        return found
    if found.state != PLANNED:
        raise Conflict(_("This meeting is over."))
    now = at or timezone.now()
    found.state, found.began_at, found.version = RUNNING, now, found.version + 1
    found.save(update_fields=["state", "began_at", "version"])
    _write_down(found, selectors.live(found), first=1)
    return found


@transaction.atomic
def pull_in(*, meeting: Meeting, by: User, at: datetime | None = None) -> int:
    """Put what came up since the meeting began behind its other points; how many there were. Twice adds nothing twice.

    Raises `NotAllowed`; `Conflict` while the meeting does not go on.
    """
    check(by, Can.RUN_MEETINGS)
    found = take(meeting)
    if found.state != RUNNING:
        raise Conflict(_("This meeting does not go on just now."))
    return _pull_in(found)


def _pull_in(meeting: Meeting) -> int:
    there = [facts.item_of(point) for point in Point.objects.filter(meeting=meeting)]
    last = Point.objects.filter(meeting=meeting).aggregate(last=Max("place"))["last"] or 0
    new = selectors.missing(there, selectors.live(meeting))
    if new:
        _write_down(meeting, new, first=last + 1)
        touch(meeting)
    return len(new)


def _write_down(meeting: Meeting, items: list[Item], *, first: int) -> None:
    """Points in this order; what was handed in is only led here. The database's constraint keeps a fact single."""
    places = {item.own: first + place for place, item in enumerate(items) if item.own is not None}
    own = list(
        db.locked(
            Point.objects.filter(pk__in=places, meeting=None, state=Point.StateChoices.OPEN).order_by("pk")
        )
    )
    for point in own:
        point.meeting, point.place = meeting, places[point.pk]
    Point.objects.bulk_update(own, ["meeting", "place"], batch_size=500)
    Point.objects.bulk_create(
        [
            Point(
                meeting=meeting,
                source=item.source,
                subject=item.subject,
                kind=item.kind,
                context=dict(item.context),
                url=item.url,
                cost_minutes=item.cost_minutes,
                place=first + place,
                at=item.at,
            )
            for place, item in enumerate(items)
            if item.own is None
        ],
        batch_size=500,
        ignore_conflicts=True,
    )


@transaction.atomic
def put_back(*, meeting: Meeting, by: User) -> Meeting:
    """The way back of beginning, as long as nothing was said: the agenda is read live again.

    Raises `NotAllowed`; `Conflict` once there is a decision or a note, or a point was gone through.
    """
    check(by, Can.RUN_MEETINGS)
    found = take(meeting)
    if found.state == PLANNED:
        return found
    points = Point.objects.filter(meeting=found)
    is_touched = (
        found.state != RUNNING
        or Decision.objects.filter(meeting=found).exists()
        or points.exclude(state=Point.StateChoices.OPEN, note="").exists()
    )
    if is_touched:
        raise Conflict(_("Something was decided or noted already: the meeting stays begun."))
    points.filter(source__in=rules.HANDED_IN).update(meeting=None, place=0)
    points.exclude(source__in=rules.HANDED_IN).delete()
    found.state, found.began_at, found.version = PLANNED, None, found.version + 1
    found.save(update_fields=["state", "began_at", "version"])
    return found


def point_of(meeting: Meeting, key: str) -> Point:
    """The point with this key of a locked meeting; a fact that came up since it was written down is pulled in.

    Raises `NotFound` where there is no such fact any more and never was such a point.
    """
    point = _find(meeting, key)
    if point is None and meeting.state == RUNNING and _pull_in(meeting):
        point = _find(meeting, key)
    if point is None:
        raise NotFound(_("This is not on the agenda any more: it is in order meanwhile."))
    return point


def _find(meeting: Meeting, key: str) -> Point | None:
    source, _sign, subject = key.partition(":")
    rows = Point.objects.filter(meeting=meeting).exclude(state=Point.StateChoices.WITHDRAWN)
    if source == "own":
        is_number = subject.isascii() and subject.isdecimal() and len(subject) <= 18
        return rows.filter(pk=int(subject), source__in=rules.HANDED_IN).first() if is_number else None
    if "\x00" in key or source not in Point.SourceChoices.values or len(subject) > rules.LONGEST_SUBJECT:
        return None
    found = rows.filter(source=source, subject=subject).exclude(subject="").first()
    return found if found is None or found.source not in rules.HANDED_IN else None
