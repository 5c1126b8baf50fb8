"""Giving a lead another mark than sales gave it, once both departments or the director decided so."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import transitions
from leads.domain.words import GET_BACK, EventKind, MarkValue, Stage
from leads.models import Lead, Mark
from leads.selectors import agreement, marks
from leads.services import changes, marking
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid

HOUR = 3_600


@transaction.atomic
def overrule(
    *,
    mark: Mark,
    value: MarkValue | str,
    by: User,
    note: str = "",
    dispute: int | None = None,
    at: datetime | None = None,
) -> Mark:
    """Put another mark in the place of one that sales gave; the former one stays in the lead's history.

    A closed lead is open again. Who has the lead gets a next step at the next opening of their working time, in an
    hour while they work, unless one is planned. No clock starts and nobody's first contact changes: what was in time
    stays so. Raises `NotAllowed`; `Conflict` when the mark no longer stands; `Invalid` for a mark it cannot become.
    """
    now = changes.instant(at)
    check(by, Can.DECIDE_DISPUTES)
    lead = changes.take(Lead(pk=mark.lead_id))
    if not marks.stands(mark, lead):
        raise Conflict(_("The lead has another mark meanwhile: there is nothing to change."))
    if value not in transitions.overturned_to(mark.value):
        raise Invalid(_("This mark cannot be changed to that one."), field="wanted")
    wanted = MarkValue(value)
    terms = agreement.terms()
    measured, known = marking.measure(lead, terms)
    figures = changes.counted_at(lead)
    values: dict[str, Any] = {
        "stage": transitions.STAGE_OF_MARK[wanted],
        "mark": wanted,
        "reason_id": None,
        "is_judged_only": False,
        "marked_at": now,
        "qualified_at": (lead.qualified_at or now) if wanted == MarkValue.QUALIFIED else None,
        "closed_at": None,
        "last_activity_at": now,
    }
    if lead.next_step_at is None or lead.next_step_at <= now:
        values |= {"next_step_at": _next_open(lead, now), "next_step": GET_BACK}
    was_closed = lead.stage == Stage.CLOSED
    before, after = changes.save(lead, values)
    made = Mark.objects.create(
        lead_id=lead.pk,
        value=wanted,
        note=note.strip(),
        by=by,
        at=now,
        agreement_id=terms.agreement_id,
        evaluation=marking.kept(terms, measured, known),
        undo={"overrules": mark.pk},
    )
    changes.record(
        lead,
        EventKind.DISPUTE_ENDED,
        by=by,
        at=now,
        before=before,
        after=after
        | {
            "state": "overturned",
            "mark": str(wanted),
            "mark_id": made.pk,
            "was_closed": was_closed,
            "dispute": dispute,
        },
    )
    touch([*figures, *changes.counted_at(lead)])
    return made


def _next_open(lead: Lead, now: datetime) -> datetime:
    """The next opening of who has the lead; an hour from now where they are at work, so that nothing is late at once."""
    if lead.owner_id is None:
        calendar = accounts.company_calendar()
    else:
        calendar = accounts.calendars_for([lead.owner_id])[lead.owner_id]
    return calendar.add(now, HOUR) if calendar.is_open(now) else calendar.next_open(now)
