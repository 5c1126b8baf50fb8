"""Undoing what an import did to leads that were here: opened again and handed over, they go back to how they stood."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import batched
from typing import Any

from campaigns.services import touch
from leads.domain.words import End, EventKind
from leads.models import Arrival, Handoff, Import, Lead, LeadEvent
from leads.services import arrivals, changes
from leadsync.accounts.models import User
from leadsync.core import db

_ITS_OWN = (EventKind.ARRIVED_AGAIN, EventKind.REOPENED, EventKind.HANDED_OFF, EventKind.IMPORTED)
# Nobody's work on the lead: interest shown through another door, or a piece of it that is gone.
_NO_WORK = (EventKind.ARRIVED, EventKind.ARRIVED_AGAIN, EventKind.IMPORTED, EventKind.ERASED)


def known_leads(batch: Import) -> list[int]:
    """The leads that were here when the import came, and that it says arrived again."""
    brought = Arrival.objects.filter(batch=batch, is_first=True).values("lead")
    return list(
        Arrival.objects.filter(batch=batch, is_first=False)
        .exclude(lead__in=brought)
        .order_by("lead")
        .values_list("lead", flat=True)
        .distinct()
    )


def worked(batch: Import, leads: Collection[int]) -> int:
    """How many of these leads the import opened or handed over, and somebody worked since."""
    count = 0
    for chunk in batched(leads, arrivals.CHUNK):
        for did, since in _since(batch, chunk).values():
            count += bool(did) and any(event.kind not in _NO_WORK for event in since)
    return count


def close(batch: Import, leads: Collection[int], *, by: User, at: datetime) -> int:
    """Put them back: stage, verdict and rep as before, the handoff ended as undone; an event says so. How many.

    A lead that showed interest through another door meanwhile stays open: that arrival would have opened it.
    """
    count = 0
    for chunk in batched(leads, arrivals.CHUNK):
        found = {
            lead_id: did
            for lead_id, (did, since) in _since(batch, chunk).items()
            if did and not any(event.kind == EventKind.ARRIVED_AGAIN for event in since)
        }
        if found:
            _put_back(found, batch, by, at)
            count += len(found)
    return count


def _since(batch: Import, leads: Iterable[int]) -> dict[int, tuple[list[LeadEvent], list[LeadEvent]]]:
    """By lead: how the import opened or handed it over, and what happened to it after that.

    Both bear the instant of the arrival that they are part of.
    """
    events: dict[int, list[LeadEvent]] = defaultdict(list)
    for event in LeadEvent.objects.filter(
        lead_id__in=db.among(list(leads)), pk__gt=batch.options.get("first_event", 0)
    ).order_by("pk"):
        events[event.lead_id].append(event)
    ours = set(
        Arrival.objects.filter(batch=batch, is_first=False, lead_id__in=db.among(list(events))).values_list(
            "pk", flat=True
        )
    )
    found: dict[int, tuple[list[LeadEvent], list[LeadEvent]]] = {}
    for lead_id, some in events.items():
        at = {
            event.at
            for event in some
            if event.kind == EventKind.ARRIVED_AGAIN and event.after.get("arrival") in ours
        }
        own = [event for event in some if event.at in at and event.kind in _ITS_OWN]
        did = [event for event in own if event.kind in {EventKind.REOPENED, EventKind.HANDED_OFF}]
        found[lead_id] = did, [event for event in some if event not in own]
    return found


_COLUMNS = (
    "stage", "mark", "marked_at", "reason_id", "lost_at", "closed_at", "is_judged_only", "owner_id", "handed_off_at"
)  # fmt: skip


def _put_back(found: dict[int, list[LeadEvent]], batch: Import, by: User, at: datetime) -> None:
    rows: list[tuple[int, list[Any]]] = []
    made: list[LeadEvent] = []
    pairs: list[tuple[int, datetime | None]] = []
    handed: dict[int, datetime] = {}
    for lead in db.locked(Lead.objects.filter(pk__in=db.among(list(found))).order_by("pk")):
        values: dict[str, Any] = {}
        for event in found[lead.pk]:
            values |= {
                name: changes.restored(name, value)
                for name, value in event.before.items()
                if name in _COLUMNS
            }
            if event.kind == EventKind.HANDED_OFF:
                handed[lead.pk] = event.at
                if lead.handed_off_at == event.at:
                    values["handed_off_at"] = None
        pairs += changes.counted_at(lead)
        pairs += [(lead.campaign_id, values[name]) for name in changes.COUNTED_AT if name in values]
        after = {name: changes.as_json(value) for name, value in values.items()} | {"undone": batch.pk}
        made.append(
            LeadEvent(
                lead_id=lead.pk,
                by=by,
                at=at,
                kind=EventKind.IMPORTED,
                before=changes.snapshot(lead, values),
                after=after,
            )
        )
        is_now = [values.get(name, getattr(lead, name)) for name in _COLUMNS]
        rows.append((lead.pk, [*is_now, lead.version + 1]))
    db.update_rows(Lead, [*(name.removesuffix("_id") for name in _COLUMNS), "version"], rows)
    # Each handoff began at the instant of its event; no other of these leads did at the same one.
    Handoff.objects.filter(
        lead_id__in=db.among(list(handed)), at__in=set(handed.values()), ended_at=None
    ).update(ended_at=at, end=End.UNDONE, next_check_at=None)
    LeadEvent.objects.bulk_create(made)
    touch(pairs)
