"""Which leads nothing has happened to for so long that their personal data need not be kept."""

from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q

from leads.domain.words import OPEN_STAGES, EventKind, Stage
from leads.models import Arrival, Lead, LeadEvent
from leads.querysets import LeadQuerySet

# Columns that say when something last happened; empty where it never did.
_TOUCHED = (
    "last_activity_at",
    "next_step_at",
    "marked_at",
    "won_at",
    "lost_at",
    "closed_at",
    "handed_off_at",
)


class Kept(StrEnum):
    """Leads that are kept for different times."""

    OTHER = "other"  # without a sale: closed, lost, or open with nobody who works them
    WON = "won"  # customers
    HELD = "held"  # open and with a rep: never erased by themselves


def untouched(leads: LeadQuerySet, since: datetime) -> LeadQuerySet:
    """Those of the leads that came, and were last worked, before that instant, and are not erased.

    Being brought by an import says nothing: what counts is when the lead came and was worked, as the import says it.
    """
    leads = leads.filter(received_at__lt=since, erased_at=None)
    for column in _TOUCHED:
        leads = leads.filter(Q(**{column: None}) | Q(**{f"{column}__lt": since}))
    came = Arrival.objects.filter(lead=OuterRef("pk"), at__gte=since)
    done = LeadEvent.objects.filter(lead=OuterRef("pk"), at__gte=since).exclude(
        kind__in=(EventKind.IMPORTED, EventKind.ARRIVED)
    )
    return leads.filter(~Exists(came), ~Exists(done))


def of_sort(leads: LeadQuerySet, kept: str) -> LeadQuerySet:
    """Those of the leads that are kept for the time of this sort (`Kept`)."""
    is_held = Q(stage__in=OPEN_STAGES, owner__isnull=False)
    if kept == Kept.WON:
        return leads.filter(stage=Stage.WON)
    if kept == Kept.HELD:
        return leads.filter(is_held)
    return leads.exclude(stage=Stage.WON).exclude(is_held)


def due(kept: Kept, since: datetime) -> LeadQuerySet:
    """The leads of one sort that nothing has happened to since; test leads apart."""
    return untouched(of_sort(Lead.objects.counted(), kept), since)
