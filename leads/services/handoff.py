"""Giving leads to reps: starts the promise's clock, passes it on, stops it (domain.md, Handoff and the promise)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.services import touch
from leads.domain import promise
from leads.domain.words import End, EventKind, ReturnReason
from leads.models import Handoff, Lead, LeadEvent
from leads.services import changes, routing, unroutable_alerts
from leads.services.clocks import Clocks, first_check
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices

HANDOFF_COLUMNS = (
    "lead",
    "rep",
    "by",
    "at",
    "why",
    "promise_seconds",
    "due_at",
    "warn_at",
    "escalate_at",
    "next_check_at",
)


@transaction.atomic
def give(
    *, lead: Lead, to: User, by: User | None, why: dict[str, Any] | None = None, at: datetime | None = None
) -> Handoff | None:
    """Hand the lead to a rep and start the promise's clock; with another rep, pass it on while the clock goes on.

    Returns the open handoff; None when no promise runs because the lead was contacted before. Giving it to whom
    it is with changes nothing. A head may always; marketing gives what no rep has. Raises `NotAllowed`;
    `Invalid` for a closed lead, one that cannot be reached, or somebody who does not work leads.
    """
    now = changes.instant(at)
    changes.take(lead)
    if by is not None and not by.can(Can.HAND_OVER) and not (by.can(Can.LOG_LEADS) and lead.owner_id is None):
        raise NotAllowed(_("This lead is with a rep already. The head of sales can hand it over."))
    if not to.is_active or not to.can(Can.WORK_LEADS):
        raise Invalid(_("%(name)s does not work leads.") % {"name": to.name}, field="to")
    if not lead.is_open:
        raise Invalid(_("This lead is closed. Reopen it first."))
    if not lead.can_be_reached:
        raise Invalid(_("An e-mail address or a phone number is needed before the handoff."), field="email")
    return start(lead=lead, to_id=to.pk, by=by, why=why or {"rule": "by_hand"}, now=now)


def start(
    *,
    lead: Lead,
    to_id: int,
    by: User | None,
    why: Mapping[str, Any],
    now: datetime,
    is_anew: bool = False,
    tells: bool = True,
) -> Handoff | None:
    """The inside of `give`, for services that hold the locked lead and have checked the rules.

    `is_anew`: the lead showed interest again after it was closed, so a promise runs although it was contacted.
    """
    campaign = changes.campaign_of(lead)
    running = db.locked(Handoff.objects.filter(lead_id=lead.pk, ended_at=None)).first()
    if lead.owner_id == to_id and (running is not None or (lead.first_contact_at and not is_anew)):
        return running
    before_id = lead.owner_id
    made: Handoff | None = None
    if running is not None:
        made = _pass_on(running, to_id, campaign, lead, by, why, now)
    elif lead.first_contact_at is None or is_anew:
        made = Clocks.of([to_id]).start(
            lead_id=lead.pk,
            rep_id=to_id,
            campaign_kind=campaign.kind,
            at=now,
            by=by,
            why=why,
            wanted_at=lead.wanted_at,
            left_seconds=None if is_anew else left_of([lead.pk]).get(lead.pk),
        )
        made.save()
    figures = changes.counted_at(lead)
    before, after = changes.save(
        lead,
        {"owner_id": to_id, "handed_off_at": lead.handed_off_at or now},
    )
    changes.record(
        lead,
        EventKind.PASSED_ON if before_id is not None and before_id != to_id else EventKind.HANDED_OFF,
        by=by,
        at=now,
        before=before,
        after=after | {"why": dict(why)},
    )
    touch([*figures, (lead.campaign_id, lead.handed_off_at)])
    if tells:
        tell_reps([(made or to_id, lead)], {campaign.pk: campaign}, by=by, at=now)
    unroutable_alerts.settle([lead.campaign_id])
    return made


def left_of(lead_ids: Sequence[int]) -> dict[int, int | None]:
    """What the last handoff of each lead left of the promise, where that lead was returned. One query."""
    if not lead_ids:
        return {}
    # Later rows replace earlier ones: what stands in the end is the last handoff of each lead.
    last = {
        lead_id: (end, left)
        for lead_id, end, left in Handoff.objects.filter(lead__in=lead_ids)
        .order_by("id")
        .values_list("lead_id", "end", "left_seconds")
    }
    return {lead_id: left for lead_id, (end, left) in last.items() if end == End.RETURNED}


def _pass_on(
    running: Handoff,
    to_id: int,
    campaign: Campaign,
    lead: Lead,
    by: User | None,
    why: Mapping[str, Any],
    now: datetime,
) -> Handoff:
    """End one handoff and begin the next with what is left of the promise: the clock never starts anew."""
    clocks = Clocks.of([running.rep_id, to_id])
    made = carry_on(
        running,
        clocks=clocks,
        to_id=to_id,
        campaign_kind=campaign.kind,
        wanted_at=lead.wanted_at,
        by=by,
        why=why,
        now=now,
    )
    Handoff.objects.filter(pk=running.pk).update(
        ended_at=running.ended_at, end=running.end, left_seconds=running.left_seconds, next_check_at=None
    )
    made.save()
    return made


def carry_on(
    running: Handoff,
    *,
    clocks: Clocks,
    to_id: int,
    campaign_kind: str,
    wanted_at: datetime | None,
    by: User | None,
    why: Mapping[str, Any],
    now: datetime,
) -> Handoff:
    """End the running handoff and return the one that goes on with its clock; neither is saved."""
    left = left_seconds(running, clocks.calendars[running.rep_id], now)
    # What was agreed when the lead was first handed off holds to the end.
    agreed = {**(running.why.get("promise") or clocks.agreed(campaign_kind)), "left": left}
    clock = promise.due(clocks.calendars[to_id], now, agreed["mode"], int(agreed["minutes"]), wanted_at, left)
    made = Handoff(
        lead_id=running.lead_id,
        rep_id=to_id,
        by_id=by.pk if by else None,
        at=now,
        why={**why, "promise": agreed},
        promise_seconds=clock.promise_seconds,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        escalate_at=clock.escalate_at,
        next_check_at=first_check(clock, wanted_at),
    )
    if running.due_at <= now:
        # Past already: what was flagged to the former rep is not flagged again, the rest falls due when it did.
        made.warn_at, made.due_at, made.escalate_at = running.warn_at, running.due_at, running.escalate_at
        is_left = running.next_check_at is not None and running.next_check_at <= running.escalate_at
        made.next_check_at = running.next_check_at if is_left else None
    running.ended_at, running.end, running.left_seconds = now, End.PASSED_ON, left
    running.next_check_at = None
    return made


def left_seconds(running: Handoff, calendar: WorkCalendar, now: datetime) -> int:
    """What is left of the promise at `now`, never more than was agreed. `calendar` is the rep's."""
    agreed = running.why.get("promise")
    most = None
    if agreed:
        most = agreed.get("left")
        if most is None:
            most = promise.full_seconds(calendar, running.at, agreed["mode"], int(agreed["minutes"]))
    return promise.left_seconds(calendar, now, running.due_at, most)


@transaction.atomic
def give_many(*, leads: Sequence[Lead], by: User | None, at: datetime | None = None) -> list[Handoff]:
    """Share leads out by routing: those that are open, can be reached, and no rep has. Set-based.

    What finds neither a rep nor a head of sales stays with marketing, and an alert is open. Raises `NotAllowed`.
    """
    if by is not None and not (by.can(Can.HAND_OVER) or by.can(Can.LOG_LEADS)):
        raise NotAllowed(_("Handing over leads is for marketing and the head of sales."))
    now = changes.instant(at)
    free = list(
        db.locked(
            Lead.objects.open().filter(
                pk__in=[lead.pk for lead in leads], owner=None, is_test=False, first_contact_at=None
            )
        )
        .filter(~Q(email="") | ~Q(phone=""))
        .order_by("received_at", "pk")
    )
    shared = routing.share_out(free, at=now)
    campaigns = Campaign.objects.in_bulk({lead.campaign_id for lead in free})
    made: list[Handoff] = []
    if shared:
        left = left_of(list(shared))
        clocks = Clocks.of({rep_id for rep_id, _why in shared.values()})
        for lead in free:
            if lead.pk not in shared:
                continue
            rep_id, why = shared[lead.pk]
            made.append(
                clocks.start(
                    lead_id=lead.pk,
                    rep_id=rep_id,
                    campaign_kind=campaigns[lead.campaign_id].kind,
                    at=now,
                    by=by,
                    why=why,
                    wanted_at=lead.wanted_at,
                    left_seconds=left.get(lead.pk),
                )
            )
        made = Handoff.objects.bulk_create(made, batch_size=1_000)
        take_over({one.lead_id: one.rep_id for one in made}, at=now)
        LeadEvent.objects.bulk_create((handed_event(one, by=by) for one in made), batch_size=1_000)
        by_id = {lead.pk: lead for lead in free}
        touch((by_id[one.lead_id].campaign_id, now) for one in made)
        touch((by_id[one.lead_id].campaign_id, by_id[one.lead_id].received_at) for one in made)
        tell_reps([(one, by_id[one.lead_id]) for one in made], campaigns, by=by, at=now)
    unroutable_alerts.settle(campaigns, opens=True)
    return made


def take_over(rep_by_lead: Mapping[int, int], *, at: datetime) -> None:
    """Set who has these leads: one statement per rep."""
    by_rep: dict[int, list[int]] = {}
    for lead_id, rep_id in rep_by_lead.items():
        by_rep.setdefault(rep_id, []).append(lead_id)
    for rep_id, lead_ids in by_rep.items():
        Lead.objects.filter(pk__in=lead_ids).update(
            owner_id=rep_id, handed_off_at=Coalesce(F("handed_off_at"), at), version=F("version") + 1
        )


def handed_event(made: Handoff, *, by: User | None) -> LeadEvent:
    """The event of a first handoff."""
    return LeadEvent(
        lead_id=made.lead_id,
        by=by,
        at=made.at,
        kind=EventKind.HANDED_OFF,
        before={"owner_id": None},
        after=handed_after(made.rep_id, made.due_at, made.why),
    )


def handed_after(rep_id: int, due_at: datetime, why: Mapping[str, Any]) -> dict[str, Any]:
    """What the event of a first handoff says."""
    return {"owner_id": rep_id, "due_at": due_at.isoformat(), "why": why}


def tell_reps(
    handed: Sequence[tuple[Handoff | int, Lead]],
    campaigns: Mapping[int, Campaign],
    *,
    by: User | None,
    at: datetime,
    key: str = "",
) -> None:
    """One notice per rep, however many leads; a rep's id stands for a handover without a running promise."""
    by_rep: dict[int, list[tuple[Handoff | int, Lead]]] = {}
    for one, lead in handed:
        by_rep.setdefault(one if isinstance(one, int) else one.rep_id, []).append((one, lead))
    rows = []
    for rep_id, theirs in by_rep.items():
        first = min(
            (one for one, _lead in theirs if isinstance(one, Handoff)), key=lambda h: h.due_at, default=None
        )
        names = {campaigns[lead.campaign_id].name for _one, lead in theirs}
        context: dict[str, Any] = {"count": len(theirs)}
        if len(names) == 1:
            context["campaign"] = names.pop()
        if first is not None:
            context["due_at"] = first.due_at.isoformat()
        if len(theirs) == 1:
            context |= changes.facts(theirs[0][1])
        one, lead = theirs[0]
        stem = key or (f"{one.pk}" if isinstance(one, Handoff) else f"lead:{lead.pk}:{lead.version}")
        rows.append(notices.NewNotice("leads_handed", rep_id, f"leads_handed:{stem}", context, "/queue/"))
    notices.put_many(rows, by=by, at=at)


@transaction.atomic
def return_to_marketing(
    *,
    lead: Lead,
    by: User,
    reason: str,
    note: str = "",
    version: int | None = None,
    at: datetime | None = None,
) -> None:
    """Give the lead back: the clock stops and keeps what is left; the next handoff goes on with it.

    Raises `NotAllowed`, `Conflict`, and `Invalid` for an unknown reason, "other" without a note, or a lead that
    no rep has or that is closed.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if reason not in set(ReturnReason):
        raise Invalid(_("Choose why the lead goes back."), field="reason")
    if reason == ReturnReason.OTHER and not note.strip():
        raise Invalid(_("Say why in the note."), field="note")
    if lead.owner_id is None or not lead.is_open:
        raise Invalid(_("This lead is not with a rep."))
    campaign = changes.campaign_of(lead)
    rep_id = lead.owner_id
    running = db.locked(Handoff.objects.filter(lead_id=lead.pk, ended_at=None)).first()
    left: int | None = None
    if running is not None:
        left = left_seconds(running, accounts.calendars_for([running.rep_id])[running.rep_id], now)
        Handoff.objects.filter(pk=running.pk).update(
            ended_at=now, end=End.RETURNED, left_seconds=left, next_check_at=None
        )
    figures = changes.counted_at(lead)
    before, after = changes.save(lead, {"owner_id": None, "next_step_at": None, "next_step": ""})
    changes.record(
        lead,
        EventKind.RETURNED,
        by=by,
        at=now,
        before=before,
        after=after | {"reason": reason, "note": note, "left_seconds": left},
    )
    touch(figures)
    rep = User.objects.filter(pk=rep_id).values_list("name", flat=True).first()
    notices.put(
        kind="lead_returned",
        recipients=[campaign.owner_id] if campaign.owner_id else accounts.people_with(Role.HEAD_OF_MARKETING),
        key=f"lead_returned:{lead.pk}:{lead.version}",
        context=changes.facts(lead, campaign, rep=rep, reason=reason, note=note),
        url=changes.url_of(lead.pk),
        by=by,
        at=now,
    )


def finish(lead: Lead, *, end: End, at: datetime) -> Handoff | None:
    """End the running handoff, in time or not; returns it, or None when no promise runs.

    The row is locked first, so a sweep under way is waited for, and a sweep that comes after finds it ended.
    """
    running = db.locked(Handoff.objects.filter(lead_id=lead.pk, ended_at=None)).first()
    if running is None:
        return None
    running.ended_at, running.end, running.next_check_at = at, end, None
    running.is_in_time = None if end == End.JUDGED else at <= running.due_at
    running.save(update_fields=["ended_at", "end", "next_check_at", "is_in_time"])
    return running
