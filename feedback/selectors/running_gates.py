"""The gates of all running campaigns as they stand, for workers and lists: few statements, however many there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db.models import Case, Count, DateTimeField, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from feedback.domain.gate import Gate, Verdict, certain_at, judge
from feedback.models import GateDecision
from leads.models import Lead
from leads.selectors.queue import GATED, waits_for_verdict

__all__ = ["GATED", "FailedGate", "RunningGate", "Sent", "failed_gates", "gates", "sent_since", "waiting"]


@dataclass(frozen=True, slots=True)
class RunningGate:
    """The present round of a running campaign. `certain_at`: since when its verdict is certain, where that is known."""

    campaign_id: int
    name: str
    owner_id: int
    round_from: int
    gate: Gate
    certain_at: datetime | None


def _numbered(size: int) -> QuerySet[Lead]:
    """The leads of the present rounds of running campaigns."""
    return Lead.objects.counted().filter(
        campaign__state__in=GATED,
        gate_number__gte=F("campaign__gate_from"),
        gate_number__lt=F("campaign__gate_from") + size,
    )


def gates(*, size: int, needed: int, campaigns: Collection[int] | None = None) -> list[RunningGate]:
    """The gates of live and paused campaigns that have a lead in it, by name; of these campaigns alone. One query."""
    leads = _numbered(size)
    return _gates(leads if campaigns is None else leads.filter(campaign__in=campaigns), size, needed)


def _gates(leads: QuerySet[Lead], size: int, needed: int) -> list[RunningGate]:
    rows = leads.order_by("campaign__name", "campaign", "gate_number").values_list(
        "campaign", "campaign__name", "campaign__owner", "campaign__gate_from", "mark", "marked_at"
    )
    found = []
    for (pk, name, owner_id, first), of_one in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        marks = [(mark, at) for *_campaign, mark, at in of_one]
        gate = judge((mark for mark, _at in marks), size=size, needed=needed)
        certain = certain_at(marks, size=size, needed=needed)
        found.append(RunningGate(pk, name, owner_id, first, gate, certain))
    return found


@dataclass(frozen=True, slots=True)
class FailedGate:
    """A campaign that still runs although its gate was not passed, and nothing is decided."""

    campaign_id: int
    name: str
    gate: Gate


def failed_gates(*, size: int, needed: int) -> list[FailedGate]:
    """Live and paused campaigns whose gate can no longer be passed, until that is decided. One query."""
    decided = GateDecision.objects.filter(
        campaign=OuterRef("campaign"),
        round_from=OuterRef("campaign__gate_from"),
        choice=GateDecision.ChoiceChoices.GO_ON,
        state=GateDecision.StateChoices.TAKEN,
    )
    return [
        FailedGate(one.campaign_id, one.name, one.gate)
        for one in _gates(_numbered(size).exclude(Exists(decided)), size, needed)
        if one.gate.verdict is Verdict.FAILED
    ]


@dataclass(frozen=True, slots=True)
class Sent:
    """Leads received since some instant, and the sales minutes spent on them."""

    count: int = 0
    minutes: int = 0


def since(instant: datetime) -> dict[str, object]:
    """What a lead has to fulfil to count as received after that instant; those with a past came otherwise."""
    return {"received_at__gt": instant, "is_history": False}


def sent_since(instants: Mapping[int, datetime | None]) -> dict[int, Sent]:
    """What each campaign received after its instant; nothing where that is not known. One query."""
    known = {pk: instant for pk, instant in instants.items() if instant is not None}
    if not known:
        return {}
    whens = [When(campaign=pk, then=Value(instant)) for pk, instant in known.items()]
    rows = (
        Lead.objects.counted()
        .filter(campaign__in=known, **since(min(known.values())))
        .filter(received_at__gt=Case(*whens, output_field=DateTimeField()))
        .order_by()
        .values("campaign")
        .annotate(count=Count("pk"), spent=Coalesce(Sum("minutes"), 0))
    )
    return {row["campaign"]: Sent(row["count"], row["spent"]) for row in rows}


def waiting(*, size: int) -> list[tuple[int, int, str, datetime]]:
    """Unmarked leads of running gates: campaign, rep, the rep's name, first handoff. One query."""
    rows = Lead.objects.filter(waits_for_verdict(size)).order_by("campaign", "handed_off_at", "pk")
    return [
        (campaign_id, owner_id, name or "", at)
        for campaign_id, owner_id, name, at in rows.values_list(
            "campaign", "owner", "owner__name", "handed_off_at"
        )
        if owner_id and at
    ]


def decisions_of(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], GateDecision]:
    """The decision that stands in each of these rounds (campaign, first number), with its signatures. Two queries."""
    found = (
        GateDecision.objects.filter(campaign__in={pk for pk, _first in pairs})
        .exclude(state=GateDecision.StateChoices.WITHDRAWN)
        .select_related("campaign", "by")
        .prefetch_related("signatures__by")
    )
    return {
        (one.campaign_id, one.round_from): one
        for one in found
        if (one.campaign_id, one.round_from) in pairs and stands(one, one.campaign)
    }


def stands(decision: GateDecision, campaign: Campaign) -> bool:
    """Whether the decision still holds: a stop does while the campaign is stopped."""
    if decision.state == GateDecision.StateChoices.WITHDRAWN:
        return False
    return decision.choice != GateDecision.ChoiceChoices.STOP or campaign.state == Campaign.State.STOPPED
