"""A campaign's gate, lead by lead, and which live campaigns did not pass theirs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.domain.gate import GOOD, Gate, Verdict, judge
from leads.models import Lead
from leads.models.lead import MarkChoices

AFTER_SHOWN = 60
OVER = frozenset({Campaign.State.ENDED, Campaign.State.STOPPED})


@dataclass(frozen=True, slots=True)
class Unit:
    """One lead as one square."""

    url: str
    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class GateView:
    """The gate with its squares, and the leads that came after it."""

    gate: Gate
    units: list[Unit]
    counts: dict[str, int]
    first_handed_off_at: datetime | None
    last_marked_at: datetime | None
    after: list[Unit]
    after_total: int
    after_good: int

    @property
    def after_hidden(self) -> int:
        return self.after_total - len(self.after)


def _unit(number: int, pk: int, name: str, mark: str) -> Unit:
    words = MarkChoices(mark).label if mark != MarkChoices.NONE else _("Not marked yet")
    label = _("Lead %(number)d, %(name)s: %(mark)s") % {
        "number": number,
        "name": name or f"#{pk}",
        "mark": words,
    }
    return Unit(reverse("leads:page", args=[pk]), "" if mark == MarkChoices.NONE else mark, label)


def _columns(
    rows: QuerySet[Lead],
) -> QuerySet[Lead, tuple[int, str, str, str, datetime | None, datetime | None]]:
    return rows.values_list("pk", "name", "company", "mark", "marked_at", "handed_off_at")


def gate_of(campaign: Campaign, *, size: int, needed: int) -> GateView:
    """The campaign's gate of `size` leads. At most three queries, whatever the number of leads."""
    counted = Lead.objects.counted().filter(campaign=campaign)
    rows = list(_columns(counted.filter(gate_number__lte=size).order_by("gate_number")))
    gate = judge((row[3] for row in rows), size=size, needed=needed, is_closed=campaign.state in OVER)
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row[3]] += 1
    later = counted.filter(Q(gate_number=None) | Q(gate_number__gt=size))
    after: list[Unit] = []
    total = good = 0
    if len(rows) >= size:
        figures = later.aggregate(total=Count("pk"), good=Count("pk", filter=Q(mark__in=GOOD)))
        total, good = figures["total"], figures["good"]
        shown = _columns(later.order_by("received_at", "pk"))[:AFTER_SHOWN] if total else []
        after = [_unit(size + place, row[0], row[1] or row[2], row[3]) for place, row in enumerate(shown, 1)]
    return GateView(
        gate=gate,
        units=[_unit(place, row[0], row[1] or row[2], row[3]) for place, row in enumerate(rows, 1)],
        counts=counts,
        first_handed_off_at=min((row[5] for row in rows if row[5]), default=None),
        last_marked_at=max((row[4] for row in rows if row[4]), default=None),
        after=after,
        after_total=total,
        after_good=good,
    )


@dataclass(frozen=True, slots=True)
class FailedGate:
    """A campaign that still runs although its gate was not passed."""

    campaign_id: int
    name: str
    gate: Gate


def failed_gates(*, size: int, needed: int) -> list[FailedGate]:
    """Live and paused campaigns whose gate can no longer be passed. One query."""
    rows = (
        Campaign.objects.filter(state__in=[Campaign.State.LIVE, Campaign.State.PAUSED])
        .filter(leads__gate_number__lte=size, leads__is_test=False)
        .annotate(
            arrived=Count("leads"),
            good=Count("leads", filter=Q(leads__mark__in=GOOD)),
            unmarked=Count("leads", filter=Q(leads__mark=MarkChoices.NONE)),
        )
        .order_by("name")
        .values_list("pk", "name", "arrived", "good", "unmarked")
    )
    found = []
    for pk, name, arrived, good, unmarked in rows:
        bad = arrived - good - unmarked
        marks = ["promising"] * good + ["not_a_fit"] * bad + ["none"] * unmarked
        gate = judge(marks, size=size, needed=needed)
        if gate.verdict is Verdict.FAILED:
            found.append(FailedGate(pk, name, gate))
    return found
