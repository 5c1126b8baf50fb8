"""A campaign's gate, lead by lead: the present round with what is decided about it, and the rounds before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.domain.gate import GOOD, Gate, Verdict, certain_at, judge
from feedback.models import GateDecision
from feedback.selectors.running_gates import GATED, FailedGate, failed_gates, since, stands
from leads.models import Lead
from leads.models.lead import MarkChoices

__all__ = ["OVER", "FailedGate", "GateView", "PastRound", "Unit", "failed_gates", "gate_of"]

AFTER_SHOWN = 60
OVER = frozenset({Campaign.State.ENDED, Campaign.State.STOPPED})
TAKEN, PROPOSED = GateDecision.StateChoices.TAKEN, GateDecision.StateChoices.PROPOSED


@dataclass(frozen=True, slots=True)
class Unit:
    """One lead as one square."""

    url: str
    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round that is over: its squares as they are now, and the decision with the counts of then."""

    number: int
    decision: GateDecision
    units: list[Unit]


@dataclass(frozen=True, slots=True)
class GateView:
    """The present round with its squares, what came after it, what is decided, and the rounds before.

    `sent`: leads received since it failed, up to the decision or until now. `decision` is the one that stands.
    """

    campaign: Campaign
    gate: Gate
    units: list[Unit]
    counts: dict[str, int]
    first_handed_off_at: datetime | None
    certain_at: datetime | None
    last_marked_at: datetime | None
    after: list[Unit]
    after_total: int
    after_good: int
    sent: int = 0
    sent_last_at: datetime | None = None
    decision: GateDecision | None = None
    past: Sequence[PastRound] = ()
    withdrawn: Sequence[GateDecision] = field(default=())

    @property
    def after_hidden(self) -> int:
        return self.after_total - len(self.after)

    @property
    def number(self) -> int:
        """Which round it is: 1 for the first."""
        return len(self.past) + 1

    @property
    def first(self) -> int:
        return self.campaign.gate_from

    @property
    def last(self) -> int:
        return self.campaign.gate_from + self.gate.size - 1

    @property
    def failed_at(self) -> datetime | None:
        """Since when it cannot be passed any more; None while it can, or where nobody knows."""
        return self.certain_at if self.gate.verdict is Verdict.FAILED else None

    @property
    def sent_query(self) -> str:
        """The leads list's query for the leads sent since it failed."""
        if self.failed_at is None:
            return ""
        asked = {"campaign": str(self.campaign.pk), "sent_after": _utc(self.failed_at)}
        if self.decision is not None and self.decision.taken_at is not None:
            asked["sent_until"] = _utc(self.decision.taken_at)
        return urlencode(asked)

    @property
    def query(self) -> str:
        """The leads list's query for the leads of this round."""
        return urlencode({"campaign": self.campaign.pk, "gate": f"{self.first}-{self.last}"})

    @property
    def is_undecided(self) -> bool:
        """Whether it failed, the campaign runs, and nobody has decided yet."""
        return (
            self.gate.verdict is Verdict.FAILED
            and self.campaign.state in GATED
            and (self.decision is None or self.decision.state == PROPOSED)
        )

    @property
    def is_demanded(self) -> bool:
        """Whether a decision is asked for."""
        return self.is_undecided and self.decision is None

    @property
    def waits_for_signatures(self) -> bool:
        """Whether somebody wants to go on, and a signature is missing."""
        return self.is_undecided and self.decision is not None


class _Row(NamedTuple):
    number: int | None
    pk: int
    name: str
    company: str
    mark: str
    marked_at: datetime | None
    handed_off_at: datetime | None


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


_COLUMNS = ("gate_number", "pk", "name", "company", "mark", "marked_at", "handed_off_at")


def _unit(place: int, row: _Row) -> Unit:
    words = MarkChoices(row.mark).label if row.mark != MarkChoices.NONE else _("Not marked yet")
    label = _("Lead %(number)d, %(name)s: %(mark)s") % {
        "number": place,
        "name": row.name or row.company or f"#{row.pk}",
        "mark": words,
    }
    return Unit(reverse("leads:page", args=[row.pk]), "" if row.mark == MarkChoices.NONE else row.mark, label)


def decisions_of(campaign: Campaign) -> list[GateDecision]:
    """All decisions about the campaign's gate, the newest first, with their signatures. One query for none."""
    found = GateDecision.objects.filter(campaign=campaign)
    return list(found.select_related("by").prefetch_related("signatures__by").order_by("-pk"))


def gate_of(campaign: Campaign, *, size: int, needed: int) -> GateView:
    """The campaign's gate of `size` leads. A fixed number of queries, whatever the number of leads and rounds."""
    counted = Lead.objects.counted().filter(campaign=campaign)
    first = campaign.gate_from
    numbered = [
        _Row(*row)
        for row in counted.filter(gate_number__lt=first + size).order_by("gate_number").values_list(*_COLUMNS)
    ]
    rows = [row for row in numbered if (row.number or 0) >= first]
    marks = [(row.mark, row.marked_at) for row in rows]
    gate = judge((row.mark for row in rows), size=size, needed=needed, is_closed=campaign.state in OVER)
    certain = certain_at(marks, size=size, needed=needed)
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.mark] += 1
    decisions = decisions_of(campaign)
    decision = next((one for one in decisions if one.round_from == first and stands(one, campaign)), None)
    failed_at = certain if gate.verdict is Verdict.FAILED else None
    figures: dict[str, Any] = {"total": 0, "good": 0, "sent": 0, "sent_last_at": None}
    after: list[Unit] = []
    later = Q(gate_number=None, pk__gt=campaign.gate_after, is_history=False) | Q(
        gate_number__gte=first + size
    )
    if len(rows) >= size or failed_at is not None:
        good = Q(mark__in=GOOD)
        sent = Q(**since(failed_at)) if failed_at is not None else Q(pk__in=[])
        if decision is not None and decision.taken_at is not None:
            sent &= Q(received_at__lte=decision.taken_at)
        figures = counted.aggregate(
            total=Count("pk", filter=later),
            good=Count("pk", filter=later & good),
            sent=Count("pk", filter=sent),
            sent_last_at=Max("received_at", filter=sent),
        )
        if figures["total"]:
            shown = counted.filter(later).order_by("received_at", "pk").values_list(*_COLUMNS)[:AFTER_SHOWN]
            after = [_unit(size + place, _Row(*row)) for place, row in enumerate(shown, 1)]
    return GateView(
        campaign=campaign,
        gate=gate,
        units=[_unit(place, row) for place, row in enumerate(rows, 1)],
        counts=counts,
        first_handed_off_at=min((row.handed_off_at for row in rows if row.handed_off_at), default=None),
        certain_at=certain,
        last_marked_at=max((row.marked_at for row in rows if row.marked_at), default=None),
        after=after,
        after_total=figures["total"],
        after_good=figures["good"],
        sent=figures["sent"],
        sent_last_at=figures["sent_last_at"],
        decision=decision,
        past=_past(decisions, numbered, first),
        withdrawn=[
            one
            for one in decisions
            if one is not decision and one.round_from == first and one.choice != "retest"
        ],
    )


def _past(decisions: Sequence[GateDecision], numbered: Sequence[_Row], first: int) -> list[PastRound]:
    """The rounds before the present one, the oldest first."""
    ended = sorted(
        (one for one in decisions if one.state == TAKEN and one.round_from < first),
        key=lambda one: one.round_from,
    )
    found = []
    for number, one in enumerate(ended, 1):
        end = ended[number].round_from if number < len(ended) else first
        rows = [row for row in numbered if one.round_from <= (row.number or 0) < end]
        found.append(PastRound(number, one, [_unit(place, row) for place, row in enumerate(rows, 1)]))
    return found
