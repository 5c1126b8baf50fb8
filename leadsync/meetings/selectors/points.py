"""What one handed in, and where it goes."""

from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Meeting, Point
from leadsync.meetings.selectors.agenda import next_meeting

MOST = 50


def waiting_of(person: User) -> list[Point]:
    """What this person handed in by name and no meeting has talked about yet, the newest first. One query."""
    rows = Point.objects.filter(
        by=person, source__in=rules.HANDED_IN, meeting=None, state=Point.StateChoices.OPEN
    )
    return list(rows.order_by("-id")[:MOST])


def next_one() -> Meeting | None:
    """The meeting that will talk about it. One query."""
    return next_meeting(timezone.now())
