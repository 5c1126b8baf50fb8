"""What waiting costs here: measured from the last year's first contacts, and kept for some hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Q, Sum, Value, When

from leads.domain import waiting
from leads.domain.waiting import Cases, Curve, Loss, Worth
from leads.domain.words import MarkValue, Stage
from leads.models import Handoff, Lead

OVERLOAD = "overload"  # the alert that stands while a rep's queue needs more time than there is
LOOKED_BACK = timedelta(days=365)
KEPT_FOR = timedelta(hours=3)
RENEWED_AFTER = timedelta(hours=1)  # by a worker, so that no page has to measure
_KEY = "leads:waiting"


@dataclass(frozen=True, slots=True)
class Known:
    """The curve, what each campaign's leads are worth beside it, and the value of a qualified lead."""

    at: datetime
    curve: Curve = waiting.ASSUMED
    average: float = 0.0
    campaigns: Mapping[int, Worth] = field(default_factory=dict)
    value: float | None = None

    def loss(self, campaign_id: int, hours: float) -> Loss:
        """What is lost while a lead of this campaign that has waited so long waits two hours more."""
        worth = self.campaigns.get(campaign_id)
        factor = worth.factor(self.average) if worth else 1.0
        return waiting.loss_of(self.curve, hours, factor=factor, value=self.value)


def known(now: datetime) -> Known:
    """What is known. Nothing is asked while it is kept, else two queries."""
    found = cache.get(_KEY)
    return found if isinstance(found, Known) else renew(now)


def keep_fresh(now: datetime) -> None:
    """Measure again what was measured too long ago."""
    found = cache.get(_KEY)
    if not isinstance(found, Known) or not timedelta(0) <= now - found.at < RENEWED_AFTER:
        renew(now)


def renew(now: datetime) -> Known:
    """Measure now, and keep it. Two queries."""
    found = measure(now)
    cache.set(_KEY, found, KEPT_FOR.total_seconds())
    return found


def measure(now: datetime) -> Known:
    """From first contacts of the last year whose lead has a mark since. Two queries."""
    since = now - LOOKED_BACK
    seconds = [edge * 3600 for edge in waiting.EDGES]
    rows = (
        Handoff.objects.filter(
            end=Handoff.EndChoices.CONTACT,
            at__gte=since,
            at__lte=now,
            taken_seconds__isnull=False,
            lead__is_test=False,
        )
        .exclude(lead__mark=MarkValue.NONE)
        .values(
            "lead__campaign",
            group=Case(
                *(When(taken_seconds__lte=edge, then=Value(place)) for place, edge in enumerate(seconds)),
                default=Value(len(seconds)),
                output_field=IntegerField(),
            ),
        )
        .annotate(
            cases=Count("pk"),
            good=Count("pk", filter=Q(lead__qualified_at__isnull=False)),
            waited=Sum("taken_seconds"),
        )
        .order_by()
    )
    groups = [[0, 0, 0] for _place in range(len(seconds) + 1)]
    campaigns: dict[int, list[int]] = {}
    for row in rows:
        for place, number in enumerate((row["cases"], row["good"], row["waited"])):
            groups[row["group"]][place] += number
        worth = campaigns.setdefault(row["lead__campaign"], [0, 0])
        worth[0] += row["cases"]
        worth[1] += row["good"]
    cases, good = sum(one[0] for one in groups), sum(one[1] for one in groups)
    won = Lead.objects.counted().filter(qualified_at__gte=since, qualified_at__lte=now)
    sums = won.aggregate(
        qualified=Count("pk"),
        deals=Count("pk", filter=Q(stage=Stage.WON)),
        revenue=Sum("amount", filter=Q(stage=Stage.WON)),
    )
    return Known(
        at=now,
        curve=waiting.fit(Cases(count, qualified, waited / 3600) for count, qualified, waited in groups),
        average=good / cases if cases else 0.0,
        campaigns={pk: Worth(count, qualified) for pk, (count, qualified) in campaigns.items()},
        value=float(sums["revenue"]) / sums["qualified"] if sums["revenue"] and sums["deals"] else None,
    )
