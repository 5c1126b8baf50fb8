"""What a person agreed to, and whether it still stands."""

from dataclasses import dataclass

from django.db.models import FETCH_RAISE

from leads.models import Consent, Lead
from leads.selectors.timeline import DOORS


@dataclass(frozen=True, slots=True)
class Said:
    """One consent, or its end, with its door in words."""

    row: Consent
    door: str


def of_lead(lead: Lead) -> list[Said]:
    """All that the person agreed to or took back, the newest first. One query."""
    rows = (
        Consent.objects.filter(lead=lead).select_related("by").order_by("-at", "-id").fetch_mode(FETCH_RAISE)
    )
    return [Said(row, str(DOORS.get(row.door, row.door))) for row in rows]  # type: ignore[call-overload]


def taken_back(lead_id: int) -> Consent | None:
    """The person's last word where it takes consent back; None while consent stands or was never given. One query."""
    last = Consent.objects.filter(lead=lead_id).order_by("-at", "-id").first()
    return last if last is not None and not last.is_given else None
