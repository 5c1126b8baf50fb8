"""Undoing an import within a day: its leads, arrivals and changes are taken back, if nobody worked on them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.services import touch
from leads.domain import identity
from leads.domain.words import EventKind
from leads.models import Activity, Answer, Arrival, Consent, Import, Lead, LeadEvent, Merge
from leads.selectors import imports as selectors
from leads.services import arrivals, changes, gate_numbers, history
from leads.services import import_undo_again as again
from leads.services.import_basics import check_allowed
from leads.services.import_consents import place_of
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import Conflict

BATCH = arrivals.CHUNK
# Erasing somebody is no work on a lead: what is left of it goes with the import.
_OWN_EVENTS = (EventKind.ARRIVED, EventKind.HANDED_OFF, EventKind.IMPORTED, EventKind.ERASED)


def undo(*, batch: Import, by: User) -> Import:
    """Take back what the import brought: its leads, its arrivals, what it changed. The list itself is kept.

    Raises `NotAllowed`; `Conflict` after a day, or when somebody has worked one of its leads since.
    """
    check_allowed(by)
    now = timezone.now()
    with db.exclusively(arrivals.LOCK, wait=True):
        held = db.locked(Import.objects.filter(pk=batch.pk)).get()
        if held.state == Import.State.UNDONE:
            return held
        if not selectors.can_be_undone(held):
            raise Conflict(_("An import can be undone for a day. This one is older, or not saved."))
        created = list(
            Arrival.objects.filter(batch=held, is_first=True).order_by("lead").values_list("lead", flat=True)
        )
        came_again = again.known_leads(held)
        worked = _worked(held, created) + again.worked(held, came_again)
        if worked:
            raise Conflict(
                ngettext(
                    "%(n)d of its leads was worked since, so the import stays.",
                    "%(n)d of its leads were worked since, so the import stays.",
                    worked,
                )
                % {"n": worked}
            )
        restored = _restore(held, now)
        for chunk in batched(created, BATCH):
            _remove(chunk)
        closed = again.close(held, came_again, by=by, at=now)
        Consent.objects.filter(lead__in=came_again, place=place_of(held)).delete()
        arrived = Arrival.objects.filter(batch=held)
        touch(arrived.values_list("campaign", "at"))
        arrived.delete()
        if created and held.campaign_id is not None:
            gate_numbers.close_up(held.campaign_id)
        held.state = Import.State.UNDONE
        held.undone_at = now
        held.options["undone_by"] = by.pk
        held.options["restored"] = restored + closed
        held.save(update_fields=["state", "undone_at", "options"])
    return held


def _worked(batch: Import, created: Sequence[int]) -> int:
    """How many leads that the import made were touched by anybody or anything else since."""
    found: set[int] = set()
    for chunk in batched(created, BATCH):
        found |= set(
            LeadEvent.objects.filter(lead__in=chunk)
            .exclude(kind__in=_OWN_EVENTS)
            .exclude(kind=EventKind.ARRIVED_AGAIN, lead__arrivals__batch=batch)
            .values_list("lead", flat=True)
        )
        found |= set(
            Arrival.objects.filter(lead__in=chunk).exclude(batch=batch).values_list("lead", flat=True)
        )
        found |= set(
            LeadEvent.objects.filter(lead__in=chunk, kind=EventKind.IMPORTED)
            .exclude(after__import=batch.pk)
            .values_list("lead", flat=True)
        )
    # A lead of the list that is part of another one by now, or the other way round.
    merged = Merge.objects.filter(undone_at=None, survivor__arrivals__batch=batch)
    found |= set(merged.values_list("survivor", flat=True))
    return len(found)


def _remove(lead_ids: Sequence[int]) -> None:
    pairs: list[tuple[int, datetime | None]] = []
    for row in Lead.objects.filter(pk__in=lead_ids).values("campaign_id", *changes.COUNTED_AT):
        pairs += [(row["campaign_id"], row[name]) for name in changes.COUNTED_AT]
    pairs += list(Activity.objects.filter(lead__in=lead_ids).values_list("campaign", "at"))
    touch(pairs)
    Lead.objects.filter(pk__in=lead_ids).delete()


def _restore(batch: Import, now: datetime) -> int:
    """Put leads that were here before back to what they were, where nothing happened to them since."""
    mine = LeadEvent.objects.filter(
        pk__gt=batch.options.get("first_event", 0), kind=EventKind.IMPORTED, after__import=batch.pk
    ).exclude(before={})
    count = 0
    for chunk in batched(list(mine.order_by("pk").values_list("pk", flat=True)), BATCH):
        events = {event.lead_id: event for event in LeadEvent.objects.filter(pk__in=chunk)}
        last = dict(
            LeadEvent.objects.filter(lead__in=events)
            .values("lead")
            .annotate(last=Max("pk"))
            .values_list("lead", "last")
        )
        same = {lead_id: event for lead_id, event in events.items() if last[lead_id] == event.pk}
        columns = tuple(name for name in history.COLUMNS if name not in history.DERIVED)
        rows: list[tuple[int, list[Any]]] = []
        pairs: list[tuple[int, datetime | None]] = []
        done: list[LeadEvent] = []
        for values in db.locked(Lead.objects.filter(pk__in=same)).values(
            "id", "campaign_id", "version", "received_at", "handed_off_at", *columns
        ):
            event = same[values["id"]]
            before = {
                name: changes.restored(name, value) for name, value in event.before.items() if name in columns
            }
            pairs += [(values["campaign_id"], values[name]) for name in changes.COUNTED_AT]
            now_is = values | before
            pairs += [(values["campaign_id"], now_is[name]) for name in changes.COUNTED_AT]
            made = (
                identity.search_text(
                    name=now_is["name"],
                    company=now_is["company"],
                    email=now_is["email"],
                    phone=now_is["phone"],
                ),
                identity.company_key(now_is["company"]),
            )
            rows.append((values["id"], [*(now_is[name] for name in columns), *made, values["version"] + 1]))
            done.append(
                LeadEvent(
                    lead_id=values["id"],
                    at=now,
                    by_id=batch.by_id,
                    kind=EventKind.IMPORTED,
                    before={name: event.after.get(name) for name in before},
                    after={name: event.before[name] for name in before} | {"undone": batch.pk},
                )
            )
            if "answers" in event.before:
                _restore_answers(values["id"], event)
            if "work_minutes" in event.before:
                work = Activity.objects.filter(lead=values["id"], kind=Activity.Kind.WORK)
                pairs += work.values_list("campaign", "at")
                if event.before["work_minutes"] is None:
                    work.delete()
                else:
                    work.update(minutes=event.before["work_minutes"])
        written = (*columns, *history.DERIVED, "version")
        db.update_rows(Lead, [name.removesuffix("_id") for name in written], rows)
        LeadEvent.objects.bulk_create(done)
        touch(pairs)
        count += len(rows)
    return count


def _restore_answers(lead_id: int, event: LeadEvent) -> None:
    """Answers as they were before the import, unless somebody has answered since."""
    for key, before in event.before["answers"].items():
        mine = Answer.objects.filter(lead=lead_id, key=key, value=event.after["answers"][key])
        if before is None:
            mine.delete()
        else:
            mine.update(value=before)
