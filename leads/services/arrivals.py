"""Leads coming in, through whatever door: normalise, find the same lead, keep what came, hand off.

`receive` is `receive_many` with one row, so that both do the same. Arrivals pass one at a time (a chunk of two thousand
takes a fraction of a second): whoever comes second sees what the first one saved, so the same lead posted by eight
threads at once is one lead with eight arrivals, and the gate's numbers have no gaps. The unique keys of `LeadKey`
stand behind that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Count, Min
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Arrival, Handoff, Import, Lead
from leads.services import changes, unroutable_alerts
from leads.services.arriving_rows import Chunk, RowResult
from leads.services.same_lead import (
    Consented,
    Key,
    LeadData,
    SameLead,
    as_payload,
    find_same,
    keys_of,
    known_keys,
    normalised,
    prepared,
)
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices

__all__ = [
    "CHUNK",
    "LOCK",
    "Consented",
    "Key",
    "LeadData",
    "Received",
    "ReceivedMany",
    "RowResult",
    "SameLead",
    "as_payload",
    "find_same",
    "keys_of",
    "known_keys",
    "normalised",
    "receive",
    "receive_many",
    "tell_batch",
]

CHUNK = 2_000
LOCK = "arrivals"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one arrival."""

    lead: Lead
    arrival: Arrival
    is_new: bool
    handoff: Handoff | None


@dataclass(frozen=True, slots=True)
class ReceivedMany:
    """What became of each row, in the order given."""

    rows: list[RowResult]

    @property
    def created(self) -> list[int]:
        """Ids of the leads that are new."""
        return [row.lead_id for row in self.rows if row.is_new and row.lead_id is not None]

    @property
    def already_here(self) -> list[int]:
        """Ids of the leads that were here, once per arrival."""
        return [row.lead_id for row in self.rows if not row.is_new and row.lead_id is not None]

    @property
    def problems(self) -> dict[int, Invalid]:
        """Why rows were refused, by their place in the list."""
        return {place: row.problem for place, row in enumerate(self.rows) if row.problem is not None}


def receive(
    *,
    data: LeadData,
    campaign: Campaign,
    door: Door,
    by: User | None,
    at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
    batch: Import | None = None,
    hand_off: bool = True,
) -> Received:
    """Take in one lead. Raises `Invalid` with the field that cannot be used; `NotAllowed`."""
    many = receive_many(
        rows=[data],
        campaign=campaign,
        door=door,
        by=by,
        at=at,
        payloads=None if payload is None else [payload],
        batch=batch,
        hand_off=hand_off,
    )
    (row,) = many.rows
    if row.problem is not None:
        raise row.problem
    assert row.lead_id is not None
    assert row.arrival_id is not None
    lead = Lead.objects.get(pk=row.lead_id)
    given = (
        Handoff.objects.filter(lead=lead, ended_at=None).order_by("-id").first()
        if row.rep_id is not None
        else None
    )
    return Received(lead, Arrival.objects.get(pk=row.arrival_id), row.is_new, given)


def receive_many(
    *,
    rows: Sequence[LeadData],
    campaign: Campaign,
    door: Door,
    by: User | None,
    at: datetime | None = None,
    payloads: Sequence[Mapping[str, Any]] | None = None,
    batch: Import | None = None,
    hand_off: bool = True,
) -> ReceivedMany:
    """Take in many leads of one campaign, two thousand per transaction, with a fixed number of statements each.

    A row that cannot be used is passed over with its problem; the others are saved. The same lead (external id,
    then e-mail, then phone), here already or earlier in the list, gets a new arrival: while it is open its owner is
    told, closed or lost it is opened again and handed to its last owner. New leads that can be reached are shared
    out among present reps.

    With `batch` nobody is told yet: `tell_batch` tells each person once when the whole import is in. Raises
    `NotAllowed`.
    """
    if by is not None and not (by.can(Can.LOG_LEADS) or by.can(Can.WORK_ANY_LEAD)):
        raise NotAllowed(_("Logging leads is for marketing."))
    now = changes.instant(at)
    results: list[RowResult] = []
    given = payloads if payloads is not None else [{} for _row in rows]
    country = str(accounts.company().country)
    for chunk in batched(zip(rows, given, strict=True), CHUNK):
        ready = [prepared(row, payload, country) for row, payload in chunk]
        with db.exclusively(LOCK, wait=True):
            results += Chunk(campaign, door, by, now, batch, hand_off).take(ready)
    return ReceivedMany(results)


@transaction.atomic
def tell_batch(*, batch: Import, by: User | None, at: datetime | None = None) -> None:
    """Tell everybody once what an import brought them: leads handed over, and their leads that came again.

    To be called when the whole import is in, in the transaction that says so. Calling it twice tells once.
    """
    arrived = Arrival.objects.filter(batch=batch)
    since = Handoff.objects.filter(at__gte=batch.created_at)
    with db.by_hash():  # both sides may be a hundred thousand rows of a moment ago
        handed = list(
            since.filter(lead__in=arrived.values("lead"))
            .values("rep")
            .annotate(count=Count("id"), due=Min("due_at"))
            .order_by("rep")
        )
    unroutable_alerts.settle(arrived.order_by().values_list("campaign", flat=True).distinct(), opens=True)
    name = batch.campaign.name if batch.campaign else ""
    rows = [
        notices.NewNotice(
            "leads_handed",
            row["rep"],
            f"leads_handed:batch:{batch.pk}",
            {"count": row["count"], "campaign": name, "due_at": row["due"].isoformat()},
            "/queue/",
        )
        for row in handed
    ]
    again = arrived.filter(is_first=False)
    owners: dict[int, int] = dict(
        again.filter(lead__owner__isnull=False).values_list("lead", "lead__owner").distinct()
    )
    if owners:
        with db.by_hash():
            anew = since.filter(lead__in=again.values("lead")).values_list("lead", flat=True)
            for lead_id in anew:
                owners.pop(lead_id, None)
    theirs: dict[int, list[int]] = {}
    for lead_id, owner_id in sorted(owners.items()):
        theirs.setdefault(owner_id, []).append(lead_id)
    firsts = Lead.objects.in_bulk([lead_ids[0] for lead_ids in theirs.values()])
    rows += [
        notices.NewNotice(
            "lead_again",
            owner_id,
            f"lead_again:batch:{batch.pk}",
            changes.facts(firsts[lead_ids[0]], batch.campaign, count=len(lead_ids)),
            changes.url_of(lead_ids[0]),
        )
        for owner_id, lead_ids in sorted(theirs.items())
    ]
    notices.put_many(rows, by=by, at=at)
