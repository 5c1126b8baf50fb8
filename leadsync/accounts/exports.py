"""Who took personal data out of LeadSync, and when: one row an export, written before the first line goes out."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadsync.accounts.models import DataExport, User


class Kind(StrEnum):
    """What was taken out, or looked at as a whole."""

    LEADS = "leads"
    VOICE = "voice"
    FIRST_CONTACT = "first_contact"
    REJECTED = "rejected"
    PERSON = "person"
    PERSON_FILE = "person_file"
    SEARCH = "search"


WORDS: Final = {
    Kind.LEADS: _("List of leads"),
    Kind.VOICE: _("Voice of the customer"),
    Kind.FIRST_CONTACT: _("First contact"),
    Kind.REJECTED: _("Rows to be mended"),
    Kind.PERSON: _("Everything about one person, looked at"),
    Kind.PERSON_FILE: _("Everything about one person, as a file"),
    Kind.SEARCH: _("Search for one person"),
}
_MOST_WORDS = 1_000


def record(
    *,
    kind: Kind,
    by: User,
    what: str = "",
    rows: int | None = None,
    lead_id: int | None = None,
    at: datetime | None = None,
) -> DataExport:
    """Note that `by` takes data out: `what` in words or as an address's query, `rows` how many leads, if counted."""
    return DataExport.objects.create(
        kind=kind, by=by, what=what[:_MOST_WORDS], rows=rows, lead_id=lead_id, at=at or timezone.now()
    )
