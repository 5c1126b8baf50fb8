"""What a person agreed to, and whether it still stands."""

from dataclasses import dataclass

from django.db.models import FETCH_RAISE, Case, Exists, F, OuterRef, QuerySet, Subquery, When

from leads.models import Consent, Lead
from leads.selectors.timeline import DOORS


@dataclass(frozen=True, slots=True)
class Said:
    """One consent, or its end, with its door in words."""

    row: Consent
    door: str


def of_lead(lead: Lead) -> list[Said]:
    """All that the person agreed to or took back, the newest first. One query."""
    rows = _newest(Consent.objects.filter(lead=lead)).select_related("by").fetch_mode(FETCH_RAISE)
    return [Said(row, str(DOORS.get(row.door, row.door))) for row in rows]  # type: ignore[call-overload]


def has_any() -> Exists:
    """For a lead's query: whether anything was said about consent."""
    return Exists(Consent.objects.filter(lead=OuterRef("pk")))


def taken_back_at() -> Subquery:
    """For a lead's query: when consent was taken back; None while it stands, or was never given."""
    is_over = Case(When(is_given=False, then=F("at")))
    rows = _newest(Consent.objects.filter(lead=OuterRef("pk"))).annotate(over=is_over)
    return Subquery(rows.values("over")[:1])


def _newest(rows: QuerySet[Consent]) -> QuerySet[Consent]:
    return rows.order_by("-at", "-id")
