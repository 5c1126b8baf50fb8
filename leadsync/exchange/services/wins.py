"""Wins follow the leads: written by the worker from what stands in the database, once a lead; and applause for them."""

from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, DateTimeField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from leads.domain.words import EventKind, Stage
from leads.models import Lead, LeadEvent
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.exchange.domain.rules import HISTORY_WINS
from leadsync.exchange.models import Applause, Win

LOCK = "wins"
# Transactions end in another order than their numbers: so many of the newest events are looked at once more.
LOOKED_BACK = 5_000
BATCH = 1_000


def keep(*, at: datetime | None = None) -> int:
    """Bring the wins in line with the leads; how many rows are new or changed. Any number of runs gives the same rows.

    A won lead has one win, from then on; it is shown while the lead is won. Test leads have none, and what was imported
    with its past only when it was won within the last 30 days. Won again after it was taken back or reopened: the same
    row names who brought and who closed it now. A day that was corrected moves it, and changes no names.
    """
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return 0
        now = at or db.now()
        newest = LeadEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        count = _add(now) + _follow(int(lock.note or 0) - LOOKED_BACK)
        lock.ran_at, lock.note = now, str(newest)
        lock.save(update_fields=["ran_at", "note"])
    return count


def _add(now: datetime) -> int:
    """A win for each lead that is won and has none. One statement."""
    noted = LeadEvent.objects.filter(lead=OuterRef("pk"), kind=EventKind.WON).order_by("-pk")
    rows = (
        Lead.objects.counted()
        .filter(Q(is_history=False) | Q(won_at__gte=now - HISTORY_WINS))
        .filter(stage=Stage.WON, won_at__isnull=False, win=None)
        .annotate(
            closed_by=Coalesce(
                Subquery(noted.values("by")[:1]), F("owner_id"), output_field=BigIntegerField()
            ),
            noted_at=Coalesce(
                Subquery(noted.values("at")[:1]), Value(now, DateTimeField()), output_field=DateTimeField()
            ),
        )
        .order_by()
        .values_list("pk", "campaign__owner_id", "logged_by_id", "closed_by", "won_at", "noted_at")
    )
    return db.insert_from(Win, rows, ["lead", "bringer", "logged_by", "closer", "won_at", "at"])


def _follow(since: int) -> int:
    """Wins whose lead was won again, or on another day than they say. Two statements and one a batch."""
    again = LeadEvent.objects.filter(pk__gt=since, kind=EventKind.WON, at__gt=F("lead__win__at")).values(
        "lead"
    )
    noted = LeadEvent.objects.filter(lead=OuterRef("lead"), kind=EventKind.WON).order_by("-pk")
    found = (
        Win.objects.filter(lead__stage=Stage.WON)
        .filter(Q(lead__in=again) | ~Q(won_at=F("lead__won_at")))
        .select_related("lead__campaign")
        .annotate(noted_at=Subquery(noted.values("at")[:1]), noted_by=Subquery(noted.values("by")[:1]))
    )
    rows = list(found.order_by("pk"))
    for win in rows:
        assert win.lead.won_at is not None  # a constraint of the table
        win.won_at = win.lead.won_at
        if win.noted_at is not None and win.noted_at > win.at:
            win.bringer_id, win.logged_by_id = win.lead.campaign.owner_id, win.lead.logged_by_id
            win.closer_id, win.at = win.noted_by or win.lead.owner_id, win.noted_at
    columns = ["won_at", "bringer", "logged_by", "closer", "at"]
    Win.objects.bulk_update(rows, columns, batch_size=BATCH)
    return len(rows)


@transaction.atomic
def applaud(*, lead: Lead, by: User, at: datetime | None = None) -> None:
    """Applaud a won lead, once a person; again changes nothing.

    Raises `NotAllowed`; `NotFound` where there is no win; `Conflict` when the lead is no longer won; `Invalid` for the
    people whom the win names.
    """
    check(by, Can.LOG_EXCHANGE)
    held = _won(lead)
    if by.pk in {held.bringer_id, held.logged_by_id, held.closer_id}:
        raise Invalid(_("This win is yours: the applause is for you."))
    Applause.objects.bulk_create(
        [Applause(lead_id=held.lead_id, by=by, at=at or db.now())], ignore_conflicts=True
    )


@transaction.atomic
def take_applause_back(*, lead: Lead, by: User) -> None:
    """Take one's applause back; where there is none nothing changes. Raises `NotAllowed`."""
    check(by, Can.LOG_EXCHANGE)
    Applause.objects.filter(lead_id=lead.pk, by=by).delete()


def _won(lead: Lead) -> Win:
    held = Win.objects.filter(lead_id=lead.pk).select_related("lead").first()
    if held is None:
        raise NotFound(_("There is no such win."))
    if held.lead.stage != Stage.WON or held.lead.is_test:
        raise Conflict(_("This lead is no longer won."))
    return held
