"""Consent, noted by hand: given or taken back, in the words that were used."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.domain import identity
from leads.domain.words import Door, EventKind
from leads.models import Consent, Lead
from leads.services import changes
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

LONGEST = 2_000
LONGEST_PLACE = 300


@transaction.atomic
def note(
    *,
    lead: Lead,
    by: User,
    is_given: bool,
    text: str,
    place: str = "",
    at: datetime | None = None,
) -> Consent:
    """Note that the person agreed to something, or took it back: what (`text`), where they said so, when.

    Nothing is blocked by it: the pages say that consent was taken back, people decide (docs/domain.md). Raises
    `NotAllowed` for who neither works the lead nor logs leads; `Invalid` for an empty or too long text, and for a
    time in the future.
    """
    changes.take(lead)
    changes.check_can_note(lead, by)
    words, where = identity.clean_lines(text), identity.clean(place)
    if not words:
        raise Invalid(_("Write what the person said, in a few words."), field="text")
    if len(words) > LONGEST:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST}, field="text")
    if len(where) > LONGEST_PLACE:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST_PLACE}, field="place")
    now = changes.instant(None)
    if at is not None and at > now:
        raise Invalid(_("This lies in the future."), field="at")
    made = Consent.objects.create(
        lead_id=lead.pk, is_given=is_given, at=at or now, by=by, door=Door.HAND, text=words, place=where
    )
    changes.record(
        lead, EventKind.CONSENTED, by=by, at=now, after={"is_given": is_given, "note": words[:500]}
    )
    return made
