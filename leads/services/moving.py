"""Many leads go from whom has them to others at once: clocks go on, next steps stay. Set-based.

The inside of what workers do by themselves: another rep after escalation, another owner for the leads of somebody who
left. The caller holds the locked leads in its transaction and tells people.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Campaign
from campaigns.services import touch
from leads.domain.words import End, EventKind, ReturnReason
from leads.models import Handoff, Lead, LeadEvent
from leads.services import changes, handoff, unroutable_alerts
from leads.services.clocks import Clocks
from leadsync.accounts.models import User
from leadsync.core import db

BATCH = 1_000
_ENDED = ("ended_at", "end", "left_seconds", "next_check_at")


def taken(leads: QuerySet[Lead], size: int) -> list[Lead]:
    """The first of these leads by number, locked for this transaction; those that somebody works on now are left out.

    Workers take leads like this and never wait for one, so that nobody who holds a lead waits for a worker in turn.
    """
    return list(db.claimable(leads).order_by("pk")[:size])


def move(
    *,
    leads: Sequence[Lead],
    to: Mapping[int, tuple[int, Mapping[str, Any]]],
    by: User | None,
    now: datetime,
) -> dict[int, Handoff]:
    """Give each of these leads to whom `to` says, with why; the new handoffs by lead, where a promise runs."""
    running = {
        one.lead_id: one
        for one in db.locked(
            Handoff.objects.open().filter(lead_id__in=db.among([lead.pk for lead in leads]))
        ).order_by("pk")
    }
    kinds = dict(
        Campaign.objects.filter(pk__in={lead.campaign_id for lead in leads}).values_list("pk", "kind")
    )
    clocks = Clocks.of({one.rep_id for one in running.values()} | {to[lead_id][0] for lead_id in running})
    made = {
        lead.pk: handoff.carry_on(
            running[lead.pk],
            clocks=clocks,
            to_id=to[lead.pk][0],
            campaign_kind=kinds[lead.campaign_id],
            wanted_at=lead.wanted_at,
            by=by,
            why=to[lead.pk][1],
            now=now,
        )
        for lead in leads
        if lead.pk in running
    }
    end(running.values())
    Handoff.objects.bulk_create(made.values(), batch_size=BATCH)
    handoff.take_over({lead.pk: to[lead.pk][0] for lead in leads}, at=now)
    LeadEvent.objects.bulk_create(
        (
            LeadEvent(
                lead_id=lead.pk,
                by=by,
                at=now,
                kind=EventKind.PASSED_ON,
                before={"owner_id": lead.owner_id},
                after={"owner_id": to[lead.pk][0], "why": dict(to[lead.pk][1])},
            )
            for lead in leads
        ),
        batch_size=BATCH,
    )
    touch(pair for lead in leads for pair in changes.counted_at(lead))
    unroutable_alerts.settle({lead.campaign_id for lead in leads})
    return made


def give_back(*, leads: Sequence[Lead], why: Mapping[str, Any], now: datetime) -> None:
    """Return these leads to marketing: clocks stop and keep what is left, next steps stay."""
    running = list(
        db.locked(Handoff.objects.open().filter(lead_id__in=db.among([lead.pk for lead in leads]))).order_by(
            "pk"
        )
    )
    clocks = Clocks.of({one.rep_id for one in running})
    for one in running:
        one.left_seconds = handoff.left_seconds(one, clocks.calendars[one.rep_id], now)
        one.ended_at, one.end, one.next_check_at = now, End.RETURNED, None
    end(running)
    Lead.objects.filter(pk__in=db.among([lead.pk for lead in leads])).update(
        owner=None, version=changes.NEXT_VERSION
    )
    left = {one.lead_id: one.left_seconds for one in running}
    LeadEvent.objects.bulk_create(
        (
            LeadEvent(
                lead_id=lead.pk,
                at=now,
                kind=EventKind.RETURNED,
                before={"owner_id": lead.owner_id},
                after={
                    "owner_id": None,
                    "reason": ReturnReason.OTHER,
                    "why": dict(why),
                    "left_seconds": left.get(lead.pk),
                },
            )
            for lead in leads
        ),
        batch_size=BATCH,
    )
    touch(pair for lead in leads for pair in changes.counted_at(lead))


def end(handoffs: Any) -> None:
    """Write how these handoffs ended, in one statement."""
    db.update_rows(
        Handoff,
        _ENDED,
        [(one.pk, (one.ended_at, str(one.end), one.left_seconds, one.next_check_at)) for one in handoffs],
    )
