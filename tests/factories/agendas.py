"""Meetings with something to talk about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leadsync.accounts.models import User
from leadsync.meetings.models import Attendance, Decision, Meeting, Point, Series
from leadsync.notices.models import Alert
from tests.factories.accounts import person

# A Tuesday in working hours of Warsaw (10:00 there).
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def meeting(*, people: tuple[User, ...] = (), starts_at: datetime = TUESDAY, **fields: Any) -> Meeting:
    """A planned meeting on its own, with who is asked."""
    made = Meeting.objects.create(
        **{"name": "Weekly review", "starts_at": starts_at, "minutes": 30, "at": starts_at} | fields
    )
    Attendance.objects.bulk_create(Attendance(meeting=made, person=one) for one in people)
    return made


def weekly(*, by: User, weeks: int = 2, starts_at: datetime = TUESDAY) -> list[Meeting]:
    """Meetings of one weekly series."""
    series = Series.objects.create(
        name="Weekly review",
        rule="FREQ=WEEKLY;BYDAY=TU",
        starts_on=starts_at.date(),
        at_minute=600,
        at=starts_at,
        by=by,
    )
    return [
        meeting(
            series=series,
            planned_on=(starts_at + timedelta(weeks=week)).date(),
            starts_at=starts_at + timedelta(weeks=week),
        )
        for week in range(weeks)
    ]


def alert(kind: str = "gate_failed", subject: str = "1", *, minutes: int = 0, **fields: Any) -> Alert:
    """An open alert."""
    facts = {"campaign": f"Campaign {subject}", "promising": 1, "size": 20, "needed": 5}
    return Alert.objects.create(
        **{
            "kind": kind,
            "subject": subject,
            "cost_minutes": minutes,
            "context": facts,
            "opened_at": TUESDAY - timedelta(days=2),
        }
        | fields
    )


def decision(of: Meeting, **fields: Any) -> Decision:
    """An open decision about a point of its own."""
    point = fields.pop("point", None) or Point.objects.create(
        meeting=of, source="need", text="Something", at=of.starts_at, state="done"
    )
    owner = fields.pop("owner", None) or person("rep")
    return Decision.objects.create(
        **{
            "meeting": of,
            "point": point,
            "text": "Call the fair",
            "owner": owner,
            "due_on": of.starts_at.date() + timedelta(days=3),
            "at": of.starts_at,
            "by": owner,
        }
        | fields
    )
