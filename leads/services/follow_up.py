"""What happens next with a lead, and notes about it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.domain.words import EventKind
from leads.models import Activity, Lead
from leads.services import changes
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

MOST_TEXT = 200
MOST_NOTE = 10_000


@transaction.atomic
def set_next_step(
    *, lead: Lead, by: User, at: datetime | None, text: str = "", version: int | None = None
) -> None:
    """Plan when to get back to the lead, and what for; None takes the plan away.

    Raises `NotAllowed`, `Conflict`; `Invalid` for a time in the past, a closed lead, or a promising lead left
    without a next step.
    """
    now = changes.instant(None)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if not lead.is_open:
        raise Invalid(_("This lead is closed. Reopen it first."))
    if at is None and lead.mark == "promising":
        raise Invalid(_("A promising lead needs a next step: choose when."), field="next_step_at")
    if at is not None and at <= now:
        raise Invalid(_("The next step lies in the past: choose a later time."), field="next_step_at")
    if len(text.strip()) > MOST_TEXT:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_TEXT}, field="next_step")
    before, after = changes.save(
        lead, {"next_step_at": at, "next_step": text.strip() if at is not None else ""}
    )
    changes.record(lead, EventKind.NEXT_STEP, by=by, at=now, before=before, after=after)


@transaction.atomic
def add_note(*, lead: Lead, by: User, text: str, at: datetime | None = None) -> Activity:
    """Write down something about the lead. A note is no contact and takes no sales time.

    Whoever works the lead, and marketing. Raises `NotAllowed`; `Invalid` for an empty or endless note.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_note(lead, by)
    words = text.strip()
    if not words:
        raise Invalid(_("The note is empty."), field="text")
    if len(words) > MOST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NOTE}, field="text")
    made = Activity.objects.create(
        lead_id=lead.pk, campaign_id=lead.campaign_id, by=by, at=now, kind="note", note=words
    )
    changes.record(lead, EventKind.NOTE, by=by, at=now, after={"activity": made.pk})
    return made
