"""Several leads at once: handed to one rep, or put off to another day; all or none, and taken back as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from leads.domain.words import EventKind, ReturnReason
from leads.models import Lead, LeadEvent
from leads.services import changes, handoff
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import DomainError, Invalid

TAKEN_BACK_WITHIN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a handover of many did: who had each lead before (None: marketing)."""

    former: Mapping[int, int | None]


class Refused(Invalid):
    """One of the leads could not be changed, so none was; the message names it."""


def _refused(lead: Lead, why: DomainError) -> Refused:
    found = Refused(
        _("%(name)s: %(why)s Nothing was changed.") % {"name": lead.title, "why": why.message}, lead=lead.pk
    )
    found.http_status = why.http_status
    return found


def _chosen(lead_ids: Sequence[int], by: User) -> list[Lead]:
    """These leads, locked in one order; who selects the same at once waits instead of blocking each other."""
    return list(db.locked(Lead.objects.visible_to(by).filter(pk__in=db.among(lead_ids)).order_by("pk")))


@transaction.atomic
def hand_over(*, lead_ids: Sequence[int], to: User, by: User, at: datetime | None = None) -> HandedOver:
    """Hand these leads to one rep; those that this rep has already are passed over.

    All or none: raises `Refused` with the name of the first lead that cannot go, and why.
    """
    former: dict[int, int | None] = {}
    for lead in _chosen(lead_ids, by):
        if lead.owner_id == to.pk:
            continue
        before = lead.owner_id
        try:
            handoff.give(lead=lead, to=to, by=by, at=at)
        except DomainError as why:
            raise _refused(lead, why) from why
        former[lead.pk] = before
    return HandedOver(former)


@transaction.atomic
def hand_back(
    *, former: Mapping[int, int | None], taken_by: int, by: User, at: datetime | None = None
) -> int:
    """Take a handover of many back: each lead goes to who had it, or to marketing; returns how many did.

    A lead that has moved on since, was closed, or whose former rep works here no more, stays where it is.
    """
    people = User.objects.in_bulk({pk for pk in former.values() if pk})
    count = 0
    for lead in _chosen(list(former), by):
        if lead.owner_id != taken_by or not lead.is_open:
            continue
        before = former[lead.pk]
        if before is None:
            handoff.return_to_marketing(lead=lead, by=by, reason=ReturnReason.WRONG_REP, at=at)
        elif before in people and people[before].is_active:
            handoff.give(lead=lead, to=people[before], by=by, at=at)
        else:
            continue
        count += 1
    return count


@transaction.atomic
def reschedule(
    *, lead_ids: Sequence[int], by: User, next_step_at: datetime, at: datetime | None = None
) -> list[int]:
    """Put the next step of these leads to one instant; what it is about stays. Returns the events, to take back.

    Set-based: three statements, however many leads. All or none: raises `Refused` for a lead that somebody else
    works or that is closed, `Invalid` for a time in the past.
    """
    now = changes.instant(at)
    if next_step_at <= now:
        raise Invalid(_("The next step lies in the past: choose a later time."), field="on")
    leads = _chosen(lead_ids, by)
    for lead in leads:
        try:
            changes.check_can_work(lead, by)
            if not lead.is_open:
                raise Invalid(_("This lead is closed. Reopen it first."))
        except DomainError as why:
            raise _refused(lead, why) from why
    return _put_off({lead.pk: (lead, next_step_at) for lead in leads}, by, now)


@transaction.atomic
def take_back(*, events: Sequence[int], by: User, at: datetime | None = None) -> int:
    """Take a rescheduling back, within a day and by who did it; returns for how many leads.

    A lead whose next step has been changed since, or that was closed, keeps what it has.
    """
    now = changes.instant(at)
    own = LeadEvent.objects.filter(
        pk__in=db.among(events), by=by, kind=EventKind.NEXT_STEP, at__gte=now - TAKEN_BACK_WITHIN
    )
    said = {event.lead_id: event for event in own}
    wanted: dict[int, tuple[Lead, datetime | None]] = {}
    for lead in _chosen(list(said), by):
        event = said[lead.pk]
        if not event.after.get("next_step_at") or "next_step_at" not in event.before or not lead.is_open:
            continue
        if lead.next_step_at == parse_datetime(event.after["next_step_at"]):
            before = event.before["next_step_at"]
            wanted[lead.pk] = (lead, parse_datetime(before) if before else None)
    return len(_put_off(wanted, by, now))


def _put_off(wanted: Mapping[int, tuple[Lead, datetime | None]], by: User, now: datetime) -> list[int]:
    """Write the next steps of these locked leads with an event each; where it is the same already, nothing."""
    changed = [(lead, to) for lead, to in wanted.values() if lead.next_step_at != to]
    db.update_rows(
        Lead, ("next_step_at", "version"), [(lead.pk, (to, lead.version + 1)) for lead, to in changed]
    )
    made = LeadEvent.objects.bulk_create(
        (
            LeadEvent(
                lead_id=lead.pk,
                by=by,
                at=now,
                kind=EventKind.NEXT_STEP,
                before={"next_step_at": changes.as_json(lead.next_step_at)},
                after={"next_step_at": changes.as_json(to)},
            )
            for lead, to in changed
        ),
        batch_size=1_000,
    )
    return [event.pk for event in made]
