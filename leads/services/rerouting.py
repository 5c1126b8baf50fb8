"""An escalated lead goes to another rep by itself, where the agreement says so (domain.md, Handoff and the promise).

The sweep that flags the escalation sets the handoff's next check to an instant after its last step. That mark, and
nothing else, says that the lead is to go on: it is taken away in the transaction that hands the lead over, so that it
happens once, whoever is killed in between.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from campaigns.models import Campaign
from leads.models import Handoff, Lead
from leads.services import changes, flags, handoff, moving, routing, unroutable_alerts
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.notices import services as notices

RULE = "rerouted"
BATCH = 500


def once_before() -> Exists:
    """Whether the lead of a handoff has gone to another rep by itself before: never twice."""
    return Exists(Handoff.objects.filter(lead=OuterRef("lead"), why__rule=RULE))


def reroute(*, now: datetime, heads: flags.Heads, batch: int = BATCH) -> int:
    """Hand escalated leads to other reps; returns how many went. Where nothing waits, one question is asked.

    The promise is not given anew: the next rep's handoff is past from the start. Where nobody else is there the lead
    stays, and the heads are told.
    """
    moved = 0
    last = 0
    while True:
        waiting = list(
            Handoff.objects.to_reroute(now)
            .filter(lead__gt=last)
            .order_by("lead")
            .values_list("lead_id", flat=True)[:batch]
        )
        if not waiting:
            return moved
        moved += _reroute(waiting, now, heads)
        last = waiting[-1]
        if len(waiting) < batch:
            return moved


@transaction.atomic
def _reroute(lead_ids: list[int], now: datetime, heads: flags.Heads) -> int:
    leads = moving.taken(Lead.objects.filter(pk__in=db.among(lead_ids)), len(lead_ids))
    # Asked again now that nobody else changes the leads: contacted meanwhile, or handed on, they stay.
    marked = {
        one.lead_id: one
        for one in db.locked(
            Handoff.objects.to_reroute(now).filter(lead_id__in=db.among([lead.pk for lead in leads]))
        )
    }
    leads = [lead for lead in leads if lead.pk in marked]
    if not leads:
        return 0
    Handoff.objects.filter(pk__in=db.among([one.pk for one in marked.values()])).update(next_check_at=None)
    former = {lead_id: one.rep_id for lead_id, one in marked.items()}
    found = {
        lead_id: (rep_id, {**why, "rule": RULE, "by": why.get("rule")})
        for lead_id, (rep_id, why) in routing.share_out(leads, at=now, without=former).items()
        if rep_id != former[lead_id] and why.get("rule") != unroutable_alerts.UNROUTABLE
    }
    going = [lead for lead in leads if lead.pk in found]
    made = moving.move(leads=going, to=found, by=None, now=now) if going else {}
    _tell(leads, made, former, now, heads)
    return len(going)


def _tell(
    leads: list[Lead],
    made: dict[int, Handoff],
    former: dict[int, int],
    now: datetime,
    heads: flags.Heads,
) -> None:
    """The next reps what they got; the former ones and the heads where it went, or that nobody else is there."""
    by_id = {lead.pk: lead for lead in leads}
    campaigns = Campaign.objects.in_bulk({lead.campaign_id for lead in leads})
    handoff.tell_reps([(one, by_id[lead_id]) for lead_id, one in made.items()], campaigns, by=None, at=now)
    concerned = {*former.values(), *(one.rep_id for one in made.values())}
    names = dict(User.objects.filter(pk__in=concerned).values_list("pk", "name"))
    here = set(User.objects.filter(pk__in=concerned, is_active=True).values_list("pk", flat=True))
    gone = sorted(made)
    stayed = sorted(by_id.keys() - made.keys())
    rows: list[notices.NewNotice] = []
    for rep_id in sorted(set(former.values()) & here):
        mine = [lead_id for lead_id in gone if former[lead_id] == rep_id]
        if mine:
            rows.append(_notice("leads_rerouted", rep_id, mine, by_id, made, names, former))
    for head in heads.ids:
        if gone:
            rows.append(_notice("leads_rerouted", head, gone, by_id, made, names, former))
        if stayed:
            rows.append(_notice("leads_not_rerouted", head, stayed, by_id, made, names, former))
    notices.put_many(rows, at=now)


def _notice(
    kind: str,
    recipient: int,
    lead_ids: list[int],
    leads: dict[int, Lead],
    made: dict[int, Handoff],
    names: dict[int, str],
    former: dict[int, int],
) -> notices.NewNotice:
    first = leads[lead_ids[0]]
    context: dict[str, Any] = {"count": len(lead_ids)}
    reps = sorted({names[former[lead_id]] for lead_id in lead_ids})
    to = sorted({names[made[lead_id].rep_id] for lead_id in lead_ids if lead_id in made})
    if len(reps) == 1:
        context["rep"] = reps[0]
    if len(to) == 1:
        context["to"] = to[0]
    if len(lead_ids) == 1:
        context |= changes.facts(first)
    url = changes.url_of(first.pk) if len(lead_ids) == 1 else "/leads/?promise=past"
    return notices.NewNotice(kind, recipient, f"{kind}:{first.pk}:{first.version}", context, url)
