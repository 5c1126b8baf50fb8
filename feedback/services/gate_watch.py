"""What a worker keeps true about gates: alerts, the news of a verdict, reminders. Derived from the database each time."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from feedback.domain.gate import Verdict
from feedback.models import GateDecision, GateVerdict
from feedback.selectors import running_gates
from feedback.selectors.limits import limits
from feedback.selectors.running_gates import RunningGate, Sent
from feedback.services import gates
from leads.domain import minutes
from leads.domain.gate_places import verdict_due
from leadsync.accounts.roles import Role, Side
from leadsync.accounts.selectors import calendars_for, people_with
from leadsync.core import db
from leadsync.notices import services as notices
from leadsync.notices.services import NewNotice
from leadsync.notices.watching import Fact, settle

Choice, State = GateDecision.ChoiceChoices, GateDecision.StateChoices
# A verdict that became certain longer ago is no news: the worker was away, or LeadSync learned to tell since.
TOLD_WITHIN = timedelta(days=7)
REMIND_AFTER = timedelta(days=2)


def watch(*, at: datetime | None = None) -> None:
    """All of it, in a number of statements that does not grow with the campaigns. Twice or at once: the same rows."""
    now = at or db.now()
    gates.let_go_of_undone()
    tell_verdicts(at=now)
    settle("gate_failed", failed, at=now)
    settle("gate_late", late, at=now)
    remind(at=now)


def _gates() -> list[RunningGate]:
    agreed = limits()
    return running_gates.gates(size=agreed.gate_size, needed=agreed.gate_needed)


def failed(_now: datetime) -> Iterator[Fact]:
    """Running campaigns whose gate was not passed and nothing is decided; the cost is the sales time spent since."""
    found = [one for one in _gates() if one.gate.verdict is Verdict.FAILED]
    if not found:
        return
    standing = running_gates.decisions_of({(one.campaign_id, one.round_from) for one in found})
    sent = running_gates.sent_since({one.campaign_id: one.certain_at for one in found})
    heads = _heads("name") if standing else {}
    for one in found:
        decision = standing.get((one.campaign_id, one.round_from))
        if decision is not None and decision.state == State.TAKEN:
            continue
        more = sent.get(one.campaign_id, Sent())
        missing = [] if decision is None else gates.missing_sides(decision)
        yield Fact(
            subject=gates.subject_of(one.campaign_id, one.round_from),
            context={
                "campaign": one.name,
                "promising": one.gate.good,
                "size": one.gate.size,
                "needed": one.gate.needed,
                "sent": more.count,
                "signs": [side.value for side in missing],
            }
            | ({"waits_for": [name for side in missing for name in heads[side]]} if missing else {}),
            url=gates.url_of(one.campaign_id),
            cost_minutes=more.minutes,
        )


def _heads(column: str) -> dict[Side, list[Any]]:
    """Who signs for each side."""
    return {
        side: list(people_with(role).values_list(column, flat=True)) for side, role in gates.SIDES.values()
    }


def late(now: datetime) -> Iterator[Fact]:
    """Campaigns whose gate is open and waits for marks that are past due; the cost is what marking them takes."""
    agreed = limits()
    open_gates = {one.campaign_id: one for one in _gates() if one.gate.verdict is Verdict.OPEN}
    rows = running_gates.waiting(size=agreed.gate_size) if open_gates else []
    calendars = calendars_for({owner_id for _campaign, owner_id, _name, _at in rows})
    known: dict[tuple[int, datetime], datetime] = {}  # many are handed off together
    past: dict[int, list[tuple[datetime, int, str]]] = defaultdict(list)
    for campaign_id, owner_id, name, handed_at in rows:
        if campaign_id not in open_gates:
            continue
        due = known.get((owner_id, handed_at))
        if due is None:
            due = known[(owner_id, handed_at)] = verdict_due(
                handed_at, hours=agreed.gate_answer_hours, calendar=calendars[owner_id]
            )
        if due <= now:
            past[campaign_id].append((due, owner_id, name))
    for campaign_id, waiting in past.items():
        yield Fact(
            subject=str(campaign_id),
            context={
                "campaign": open_gates[campaign_id].name,
                "count": len(waiting),
                "hours": agreed.gate_answer_hours,
                "due_at": min(due for due, _rep, _name in waiting).isoformat(),
                "reps": [
                    {"id": rep_id, "name": name, "count": count}
                    for (rep_id, name), count in sorted(
                        Counter((rep_id, name) for _due, rep_id, name in waiting).items(),
                        key=lambda one: (-one[1], one[0][1], one[0][0]),
                    )
                ],
            },
            url=gates.url_of(campaign_id),
            cost_minutes=len(waiting) * minutes.REACHED,
        )


def tell_verdicts(*, at: datetime) -> int:
    """Tell the owner and both heads that a gate is passed or not, once for each round and verdict; how many were new."""
    with db.exclusively("gate_verdicts") as lock:
        if lock is None:
            return 0
        certain = [one for one in _gates() if one.gate.verdict is not Verdict.OPEN]
        if not certain:
            return 0
        told = set(
            GateVerdict.objects.filter(campaign__in=[one.campaign_id for one in certain]).values_list(
                "campaign_id", "round_from", "verdict"
            )
        )
        new = [
            one for one in certain if (one.campaign_id, one.round_from, one.gate.verdict.value) not in told
        ]
        if not new:
            return 0
        GateVerdict.objects.bulk_create(
            [
                GateVerdict(
                    campaign_id=one.campaign_id,
                    round_from=one.round_from,
                    verdict=one.gate.verdict.value,
                    at=one.certain_at or at,
                    told_at=at,
                )
                for one in new
            ],
            batch_size=1_000,
        )
        heads = set(people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES).values_list("pk", flat=True))
        notices.put_many(
            [
                NewNotice(
                    kind=f"gate_{one.gate.verdict.value}",
                    recipient_id=person_id,
                    key=f"gate:{one.campaign_id}:{one.round_from}:{one.gate.verdict.value}",
                    context={
                        "campaign": one.name,
                        "promising": one.gate.good,
                        "size": one.gate.size,
                        "needed": one.gate.needed,
                    },
                    url=gates.url_of(one.campaign_id),
                )
                for one in new
                if one.certain_at is None or one.certain_at >= at - TOLD_WITHIN
                for person_id in sorted({one.owner_id, *heads})
            ],
            at=at,
        )
    return len(new)


def remind(*, at: datetime) -> int:
    """Ask once more, after two days, for a signature that is missing; how many proposals that are."""
    waiting = list(
        GateDecision.objects.filter(
            state=State.PROPOSED, at__lte=at - REMIND_AFTER, at__gt=at - 2 * REMIND_AFTER
        )
        .select_related("campaign", "by")
        .prefetch_related("signatures")
    )
    waiting = [one for one in waiting if one.campaign.state in running_gates.GATED]
    if not waiting:
        return 0
    heads = _heads("pk")
    notices.put_many(
        [
            NewNotice(
                kind="gate_signature",
                recipient_id=person_id,
                key=f"gate_reminder:{one.pk}",
                context=gates.facts_of(one) | {"is_reminder": True},
                url=gates.url_of(one.campaign_id),
                is_instant=True,
            )
            for one in waiting
            for side in gates.missing_sides(one)
            for person_id in heads[side]
        ],
        at=at,
    )
    return len(waiting)
