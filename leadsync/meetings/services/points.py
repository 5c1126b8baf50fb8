"""What people hand in for the next joint meeting, and what becomes of a point while it is talked about."""

import re
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.models import Question
from leads.models import Lead
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Meeting, Point
from leadsync.meetings.services import agenda

LONGEST: Final = 2_000
LONGEST_NOTE: Final = 5_000
OPEN, DONE, CARRIED = Point.StateChoices.OPEN, Point.StateChoices.DONE, Point.StateChoices.CARRIED
_ABOUT = re.compile(r"/(campaigns|leads|questions)/(\d{1,18})/")


def words_of(text: str, *, longest: int, field: str = "text") -> str:
    """The text without blanks around it. Raises `Invalid` for signs that cannot be kept, and for too many."""
    words = text.replace("\r\n", "\n").strip()
    if any(letter < " " and letter not in "\n\t" for letter in words) or "\x7f" in words:
        raise Invalid(_("This holds a character that cannot be kept."), field=field)
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise Invalid(_("This holds a character that cannot be kept."), field=field) from error
    if len(words) > longest:
        raise Invalid(_("At most %(n)d characters.") % {"n": longest}, field=field)
    return words


# ---------------------------------------------------------------------------------------------- handing in


@transaction.atomic
def hand_in(
    *,
    source: str,
    text: str,
    by: User,
    is_anonymous: bool = False,
    about: str = "",
    at: datetime | None = None,
) -> Point:
    """Hand in a problem or a need; it waits for the next meeting. Sent twice it is one point.

    `about` is the address of a lead, a campaign or a question it is about. `is_anonymous`: who it was is written
    nowhere, and of the time only the day. Raises `NotAllowed`, `Invalid`.
    """
    check(by, Can.HAND_IN)
    if source not in rules.HANDED_IN:
        raise Invalid(_("Choose whether it is a problem or a need."), field="source")
    words = words_of(text, longest=LONGEST)
    if not words:
        raise Invalid(_("Write what it is about."), field="text")
    context = about_of(about)
    now = at or timezone.now()
    if is_anonymous:
        # Beside what the server notes of visits, an hour would say who it was.
        local = now.astimezone(company().tz)
        now = local.replace(hour=0, minute=0, second=0, microsecond=0)
    author = None if is_anonymous else by
    same = Point.objects.filter(meeting=None, state=OPEN, source=source, text=words, by=author, subject="")
    former = same.first()
    if former is not None:
        return former
    return Point.objects.create(
        source=source, text=words, context=context, url=about if context else "", by=author, at=now
    )


def about_of(address: str) -> dict[str, Any]:
    """What a point is about, by its address: its name, and the lead's number. Empty for an address of nothing.

    Raises `Invalid` for an address that leads to no lead, campaign or question.
    """
    if not address:
        return {}
    found = _ABOUT.fullmatch(address)
    name: str | None = None
    facts: dict[str, Any] = {}
    if found is not None:
        what, pk = found[1], int(found[2])
        if what == "campaigns":
            name = Campaign.objects.filter(pk=pk).values_list("name", flat=True).first()
        elif what == "leads":
            lead = Lead.objects.filter(pk=pk).first()
            name = lead.title if lead else None
            facts = {"lead_id": pk}
        else:
            question = Question.objects.filter(pk=pk).first()
            name = question.text[:80] if question else None
            facts = {"lead_id": question.lead_id} if question and question.lead_id else {}
    if name is None:
        raise Invalid(_("What this is about is not there any more."), field="about")
    return {"about": name} | facts


@transaction.atomic
def withdraw(*, point: Point, by: User) -> Point:
    """Take back what one handed in with one's name, as long as it waits. Taken back twice is once.

    Raises `NotAllowed` for what somebody else handed in, or somebody without a name; `Conflict` once a meeting has it.
    """
    found = _own(point, by)
    if found.state == Point.StateChoices.WITHDRAWN:
        return found
    if found.meeting_id is not None or found.state != OPEN:
        raise Conflict(_("It is on the agenda of a meeting already. Say there that it is settled."))
    found.state = Point.StateChoices.WITHDRAWN
    found.save(update_fields=["state"])
    return found


@transaction.atomic
def bring_back(*, point: Point, by: User) -> Point:
    """The way back of withdrawing. Raises `NotAllowed` for what is not one's own."""
    found = _own(point, by)
    if found.state == Point.StateChoices.WITHDRAWN:
        found.state = OPEN
        found.save(update_fields=["state"])
    return found


def _own(point: Point, by: User) -> Point:
    found = db.locked(Point.objects.filter(pk=point.pk, source__in=rules.HANDED_IN)).first()
    if found is None:
        raise NotFound(_("There is no such point."))
    if found.by_id != by.pk:
        raise NotAllowed(_("Only who handed it in with a name can take it back."))
    return found


# ---------------------------------------------------------------------------------------------- at the meeting


def taken(meeting: Meeting, key: str, *, by: User, at: datetime | None = None) -> tuple[Meeting, Point]:
    """Meeting and point, locked in this order. A planned meeting begins with the first thing that is said.

    Raises `NotAllowed`, `NotFound`, `Conflict`.
    """
    check(by, Can.RUN_MEETINGS)
    found = agenda.take(meeting)
    if found.state == Meeting.StateChoices.PLANNED:
        found = agenda.begin(meeting=found, by=by, at=at)
    return found, agenda.point_of(found, key)


@transaction.atomic
def note(
    *,
    meeting: Meeting,
    key: str,
    text: str,
    by: User,
    was: str | None = None,
    at: datetime | None = None,
) -> Point:
    """Write down what was said about a point. `was` is the note that the writer saw.

    Raises `NotAllowed`, `Invalid`, `NotFound`; `Conflict` when somebody wrote something else meanwhile.
    """
    check(by, Can.RUN_MEETINGS)
    words = words_of(text, longest=LONGEST_NOTE, field="note")
    found, point = taken(meeting, key, by=by, at=at)
    if point.note == words:
        return point
    if was is not None and point.note != was.replace("\r\n", "\n").strip():
        raise Conflict(
            _("Somebody else wrote meanwhile: “%(text)s”. Put both together.") % {"text": point.note[:300]},
            note=point.note,
        )
    point.note = words
    point.save(update_fields=["note"])
    agenda.touch(found)
    return point


@transaction.atomic
def settle(*, meeting: Meeting, key: str, state: str, by: User, at: datetime | None = None) -> Point:
    """Say what becomes of a point without a decision: talked about ("done"), next time ("carried"), or open again.

    What was handed in and is left for next time waits for the next meeting from the end of this one on. Raises
    `NotAllowed`, `Invalid`, `NotFound`; `Conflict` where a point with decisions would be put off.
    """
    check(by, Can.RUN_MEETINGS)
    if state not in {OPEN, DONE, CARRIED}:
        raise Invalid(_("Choose what becomes of the point."), field="state")
    found, point = taken(meeting, key, by=by, at=at)
    if point.state == state:
        return point
    if state != DONE and point.decisions.exists():
        raise Conflict(_("There is a decision about it. Remove the decision first."))
    if found.state == Meeting.StateChoices.HELD and state == OPEN:
        state = CARRIED  # a meeting that is over leaves nothing open
    set_state(found, point, state)
    agenda.touch(found)
    return point


def set_state(meeting: Meeting, point: Point, state: str) -> None:
    """Change the state of a point; after the end of a meeting its copy that waits for the next one comes or goes."""
    if point.state == state:
        return
    point.state = Point.StateChoices(state)
    point.save(update_fields=["state"])
    if meeting.state == Meeting.StateChoices.HELD and point.source in rules.HANDED_IN:
        if state == CARRIED:
            leave_for_next([point])
        else:
            take_copy_back(point)


def leave_for_next(points: list[Point]) -> None:
    """What was handed in and not settled waits again, as a row of its own: the minutes keep theirs."""
    waiting = set(
        Point.objects.filter(meeting=None, subject__in=[_origin(one) for one in points]).values_list(
            "subject", flat=True
        )
    )
    Point.objects.bulk_create(
        [
            Point(
                source=one.source,
                subject=_origin(one),
                text=one.text,
                context=one.context,
                url=one.url,
                cost_minutes=one.cost_minutes,
                at=one.at,
                by_id=one.by_id,
            )
            for one in points
            if _origin(one) not in waiting
        ],
        batch_size=500,
    )


def take_copy_back(point: Point) -> None:
    """What a point left for the next meeting waits no more."""
    Point.objects.filter(meeting=None, source=point.source, subject=_origin(point), state=OPEN).delete()


def _origin(point: Point) -> str:
    """What a copy carries as its subject: the row it was carried over from."""
    return f"from:{point.pk}"
