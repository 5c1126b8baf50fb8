"""What a meeting decides: who does it until when; followed until it is done or no longer needed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.services import agenda, points
from leadsync.notices import services as notices
from leadsync.notices import watching
from leadsync.notices.models import Alert
from leadsync.notices.services import NewNotice

LONGEST: Final = 2_000
YEARS_AHEAD: Final = 5
OPEN, DONE, DROPPED = (
    Decision.StateChoices.OPEN,
    Decision.StateChoices.DONE,
    Decision.StateChoices.DROPPED,
)
OVERDUE: Final = "decision_overdue"
DUE: Final = "decision_due"


def url_of(pk: int) -> str:
    """The page of one decision."""
    return reverse("meetings:decision", args=[pk])


def _checked(text: str, owner: User, due: date, *, today: date) -> str:
    words = points.words_of(text, longest=LONGEST)
    if not words:
        raise Invalid(_("Write what is to be done."), field="text")
    if not owner.is_active or owner.is_former:
        raise Invalid(_("%(name)s does not sign in here any more.") % {"name": owner.name}, field="owner")
    if due < today:
        raise Invalid(_("This day is over. Choose today or a later one."), field="due_on")
    if due.year > today.year + YEARS_AHEAD:
        raise Invalid(_("Choose a day within %(n)d years.") % {"n": YEARS_AHEAD}, field="due_on")
    return words


def _today(now: datetime) -> date:
    return now.astimezone(company().tz).date()


# ---------------------------------------------------------------------------------------------- deciding


@transaction.atomic
def record(
    *,
    meeting: Meeting,
    key: str,
    text: str,
    owner: User,
    due_on: date,
    by: User,
    at: datetime | None = None,
) -> Decision:
    """Record a decision about a point (see `Item.key`); the point is talked about then. A planned meeting begins by it.

    Sent twice it is one decision. Decided anew about a decision of a former meeting, that one is no longer needed.
    Raises `NotAllowed`, `NotFound`, `Conflict`; `Invalid` without words, for a person who has left, a day that is over.
    """
    check(by, Can.RUN_MEETINGS)
    now = at or timezone.now()
    words = _checked(text, owner, due_on, today=_today(now))
    found, point = points.taken(meeting, key, by=by, at=now)
    same = Decision.objects.filter(point=point, text=words, owner=owner, due_on=due_on).first()
    if same is not None:
        return same
    made = Decision.objects.create(
        meeting=found, point=point, text=words, owner=owner, due_on=due_on, at=now, by=by
    )
    points.set_state(found, point, Point.StateChoices.DONE)
    if point.source == rules.DECISION:
        _followed(point).filter(state=OPEN).update(
            state=DROPPED,
            done_at=now,
            done_by=by,
            done_note=_("Decided anew: %(text)s") % {"text": words[:200]},
            version=F("version") + 1,
        )
    agenda.touch(found)
    return made


def _followed(point: Point) -> QuerySet[Decision]:
    """The decision that a point is about."""
    pk = int(point.subject) if point.subject.isdecimal() else 0
    return Decision.objects.filter(pk=pk)


@transaction.atomic
def edit(
    *,
    decision: Decision,
    text: str,
    owner: User,
    due_on: date,
    by: User,
    version: int | None = None,
    at: datetime | None = None,
) -> Decision:
    """Say a decision otherwise. After the minutes were sent it is a correction of them.

    Raises `NotAllowed`, `Invalid`; `Conflict` when it was changed since `version`, or is done.
    """
    check(by, Can.RUN_MEETINGS)
    now = at or timezone.now()
    meeting, found = _take(decision)
    if version is not None and version != found.version:
        raise Conflict(
            _("Somebody changed it meanwhile: “%(text)s”, %(name)s. Look at it again.")
            % {"text": found.text[:200], "name": found.owner.name},
            version=found.version,
        )
    if found.state != OPEN:
        raise Conflict(_("This decision is not open any more. Open it again to change it."))
    is_kept = due_on == found.due_on  # a day that was right once may be over meanwhile
    words = _checked(text, owner, due_on, today=min(_today(now), due_on) if is_kept else _today(now))
    if (found.text, found.owner_id, found.due_on) == (words, owner.pk, due_on):
        return found
    found.text, found.owner, found.due_on, found.version = words, owner, due_on, found.version + 1
    found.save(update_fields=["text", "owner", "due_on", "version"])
    agenda.touch(meeting)
    return found


@transaction.atomic
def remove(*, decision: Decision, by: User) -> Point:
    """Take a decision out of the meeting: a slip. Without another one the point is open again.

    Raises `NotAllowed`; `Conflict` when it is done, or stands in minutes that were sent: then it is dropped instead.
    """
    check(by, Can.RUN_MEETINGS)
    meeting, found = _take(decision)
    if meeting.sent_version:
        raise Conflict(_("It was sent with the minutes. Say that it is no longer needed instead."))
    if found.state != OPEN:
        raise Conflict(_("This decision is not open any more. Open it again to change it."))
    point = Point.objects.get(pk=found.point_id)
    found.delete()
    if not Decision.objects.filter(point=point).exists():
        held = meeting.state == Meeting.StateChoices.HELD
        points.set_state(meeting, point, Point.StateChoices.CARRIED if held else Point.StateChoices.OPEN)
        if point.source == rules.DECISION:
            _followed(point).filter(state=DROPPED, done_at=found.at).update(
                state=OPEN, done_at=None, done_by=None, done_note="", version=F("version") + 1
            )
    agenda.touch(meeting)
    return point


def _take(decision: Decision) -> tuple[Meeting, Decision]:
    """Meeting and decision, locked in this order. Raises `NotFound`."""
    meeting = agenda.take(Meeting(pk=decision.meeting_id))
    found = db.locked(Decision.objects.filter(pk=decision.pk).select_related("owner", "done_by")).first()
    if found is None:
        raise NotFound(_("This decision was taken out meanwhile."))
    return meeting, found


# ---------------------------------------------------------------------------------------------- until it is done


@transaction.atomic
def finish(*, decision: Decision, note: str, by: User, at: datetime | None = None) -> Decision:
    """It is done: what was done. By its owner, or who runs meetings. Said twice it is done once.

    Raises `NotAllowed`; `Invalid` without words; `Conflict` when it is no longer needed.
    """
    return _end(decision, DONE, note, by, at, _("Write what was done."))


@transaction.atomic
def drop(*, decision: Decision, note: str, by: User, at: datetime | None = None) -> Decision:
    """It is no longer needed: why. By its owner, or who runs meetings.

    Raises `NotAllowed`; `Invalid` without a reason; `Conflict` when it is done.
    """
    return _end(decision, DROPPED, note, by, at, _("Write why it is no longer needed."))


def may_end(decision: Decision, by: User) -> bool:
    """Whether this person may say that it is done or not needed, and take that back."""
    return decision.owner_id == by.pk or by.can(Can.RUN_MEETINGS)


def _end(
    decision: Decision, state: Decision.StateChoices, note: str, by: User, at: datetime | None, empty: str
) -> Decision:
    found = _mine(decision, by)
    words = points.words_of(note, longest=LONGEST, field="note")
    if found.state == state:
        return found
    if found.state != OPEN:
        raise Conflict(
            _("Meanwhile: %(state)s (%(name)s).")
            % {
                "state": found.get_state_display(),
                "name": found.done_by.name if found.done_by else "",
            }
        )
    if not words:
        raise Invalid(empty, field="note")
    found.state, found.done_note = state, words
    found.done_at, found.done_by, found.version = at or timezone.now(), by, found.version + 1
    found.save(update_fields=["state", "done_note", "done_at", "done_by", "version"])
    notices.resolve_alert(kind=OVERDUE, subject=str(found.pk), at=found.done_at)
    return found


@transaction.atomic
def reopen(*, decision: Decision, by: User) -> Decision:
    """Open it again: it was not done after all, or is needed. By its owner, or who runs meetings."""
    found = _mine(decision, by)
    if found.state != OPEN:
        found.state, found.done_note, found.done_at, found.done_by = OPEN, "", None, None
        found.version += 1
        found.save(update_fields=["state", "done_note", "done_at", "done_by", "version"])
    return found


def _mine(decision: Decision, by: User) -> Decision:
    found = db.locked(Decision.objects.filter(pk=decision.pk).select_related("owner", "done_by")).first()
    if found is None:
        raise NotFound(_("This decision was taken out meanwhile."))
    if not may_end(found, by):
        raise NotAllowed(
            _("Only %(name)s, who does it, or who runs meetings can say this.") % {"name": found.owner.name}
        )
    return found


# ---------------------------------------------------------------------------------------------- workers


def watch(*, at: datetime | None = None) -> None:
    """For `meetings.watch`, each minute: remind on the day it is due, keep the alerts of what is overdue."""
    remind(at=at)
    watching.settle(OVERDUE, _overdue, at=at, tell=_tell)


def remind(*, at: datetime | None = None) -> int:
    """A notice to the owner on the morning of the day, once a decision and day; how many are due today.

    It is written as the day begins and comes with the morning mail.
    """
    now = at or db.now()
    today = _today(now)
    due = list(Decision.objects.filter(state=OPEN, due_on=today).select_related("meeting"))
    notices.put_many(
        (
            NewNotice(
                DUE,
                one.owner_id,
                f"{DUE}:{one.pk}:{today:%Y-%m-%d}",
                {"text": one.text[:300], "meeting": one.meeting.name, "decision": one.pk},
                url_of(one.pk),
            )
            for one in due
        ),
        at=now,
    )
    return len(due)


def _overdue(now: datetime) -> list[watching.Fact]:
    """Open decisions whose day is over; each costs what the point it decides costs."""
    rows = Decision.objects.filter(state=OPEN, due_on__lt=_today(now)).select_related(
        "owner", "meeting", "point"
    )
    return [
        watching.Fact(
            subject=str(one.pk),
            context={
                "decision": one.pk,
                "text": one.text[:300],
                "owner": one.owner.name,
                "due_on": one.due_on.isoformat(),
                "meeting": one.meeting.name,
            },
            url=url_of(one.pk),
            cost_minutes=one.point.cost_minutes,
        )
        for one in rows
    ]


def _tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
    owners = dict(
        Decision.objects.filter(pk__in=[int(one.subject) for one in opened]).values_list("pk", "owner")
    )
    notices.put_many(
        NewNotice(
            OVERDUE,
            owners[int(one.subject)],
            f"{OVERDUE}:{one.subject}:{one.context['due_on']}",
            one.context,
            one.url,
        )
        for one in opened
        if int(one.subject) in owners
    )
