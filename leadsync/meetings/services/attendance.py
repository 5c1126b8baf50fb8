"""Who is asked to one meeting, and who came."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid
from leadsync.meetings.models import Attendance, Meeting
from leadsync.meetings.selectors import series as selectors
from leadsync.meetings.services import planning


@transaction.atomic
def set_present(
    *, meeting: Meeting, person: User, is_present: bool | None, by: User, at: datetime | None = None
) -> Attendance:
    """Say whether somebody came; None: nobody has said. Who came without being asked is added.

    From the day of the meeting on. Raises `NotAllowed`, `Conflict` for one that is cancelled or still to come,
    `Invalid` for somebody who does not sign in here.
    """
    found = planning.held(meeting, by)
    if found.state == Meeting.StateChoices.CANCELLED:
        raise Conflict(_("This meeting is cancelled."), version=found.version)
    now, zone = at or db.now(), company().tz
    if found.began_at is None and now.astimezone(zone).date() < found.starts_at.astimezone(zone).date():
        raise Conflict(_("This meeting is still to come."), version=found.version)
    row = Attendance.objects.filter(meeting=found, person=person).first()
    if row is None:
        if not selectors.invitable().filter(pk=person.pk).exists():
            raise Invalid(
                _("%(name)s does not sign in here any more.") % {"name": person.name}, field="person"
            )
        row = Attendance(meeting=found, person=person)
    row.is_present = is_present
    row.save()
    return row


@transaction.atomic
def ask(*, meeting: Meeting, people: Iterable[int], by: User, at: datetime | None = None) -> Meeting:
    """Say who comes to this one meeting, whatever its series says. Those who are new are told.

    Raises `NotAllowed`, `Invalid`, `Conflict` for a meeting that is over or cancelled.
    """
    found = planning.held(meeting, by)
    if found.state not in {Meeting.StateChoices.PLANNED, Meeting.StateChoices.RUNNING}:
        raise Conflict(_("This meeting is over or cancelled."), version=found.version)
    wanted = set(planning.checked_people(people))
    before = set(
        Attendance.objects.filter(meeting=found, person__is_active=True).values_list("person", flat=True)
    )
    if wanted == before:
        return found
    planning.invite([found.pk], wanted - before)
    planning.uninvite([found.pk], before - wanted)
    found.version += 1
    found.changed_at = at or timezone.now()
    found.save()
    if found.state == Meeting.StateChoices.PLANNED:
        planning.tell("meeting_planned", found, by=by, now=found.changed_at, only=wanted - before)
    return found
