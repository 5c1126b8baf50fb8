"""What the system itself knows of a market: beside every note about it, and while a campaign for it is drafted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Avg, Count, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from campaigns.domain.notes import Market
from campaigns.models import MarketNote
from campaigns.selectors import notes
from feedback.models import Evidence
from leads.models import Lead
from leads.models.agreement import stock_label
from leads.models.lead import MarkChoices, StageChoices
from leads.selectors import voice

LOOKED_BACK = timedelta(days=365)
REASONS = 4
PAGE = 50


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often sales gave a reason there."""

    label: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Leads received from a market in the last year; every count opens the leads behind it."""

    leads: int
    marked: int
    good: int
    won: int
    lost: int
    average: Decimal | None
    urls: dict[str, str]
    reasons: list[ReasonCount] = field(default_factory=list)

    @property
    def good_share(self) -> float | None:
        """Good among the marked; None where nothing is marked."""
        return self.good / self.marked if self.marked else None

    @property
    def win_rate(self) -> float | None:
        """Won among the decided; None where nothing is decided."""
        decided = self.won + self.lost
        return self.won / decided if decided else None


def _of(market: Market) -> Q:
    found = Q()
    if market.country:
        found &= voice.of_market([market.country])
    if market.segment:
        found &= voice.of_segment([market.segment])
    return found


def figures_of(market: Market) -> Figures:
    """The system's own figures about a market. Two queries."""
    since = timezone.localdate() - LOOKED_BACK
    rows = Lead.objects.filter(_of(market), is_test=False, received_at__gte=voice.starts_at(since))
    found = rows.aggregate(
        leads=Count("pk"),
        marked=Count("pk", filter=~Q(mark=MarkChoices.NONE)),
        good=Count("pk", filter=Q(mark__in=[MarkChoices.QUALIFIED, MarkChoices.PROMISING])),
        won=Count("pk", filter=Q(stage=StageChoices.WON)),
        lost=Count("pk", filter=Q(stage=StageChoices.LOST)),
        average=Avg("amount", filter=Q(stage=StageChoices.WON)),
    )
    asked = {"received_from": since.isoformat()}
    if market.country:
        asked["country"] = market.country
    if market.segment:
        asked["segment"] = market.segment

    def url(**more: str | list[str]) -> str:
        return f"{reverse('leads:list')}?{urlencode(asked | more, doseq=True)}"

    counted = (
        rows.exclude(reason=None)
        .values("reason__key", "reason__label")
        .annotate(n=Count("pk"))
        .order_by("-n", "reason__label")[:REASONS]
    )
    if found["average"] is not None:
        found["average"] = found["average"].quantize(Decimal(1))
    from_reasons = [
        ReasonCount(stock_label(row["reason__label"]), row["n"], url(reason=row["reason__key"]))
        for row in counted
    ]
    return Figures(
        **found,
        urls={
            "leads": url(),
            "good": url(mark=["qualified", "promising"]),
            "won": url(stage="won"),
            "lost": url(stage="lost"),
        },
        reasons=from_reasons,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """A market with its notes and figures."""

    market: Market
    notes: list[MarketNote]
    figures: Figures


def with_evidence(rows: QuerySet[MarketNote]) -> QuerySet[MarketNote]:
    """Notes with their authors and the leads they rest on. Two queries more."""
    evidence = Evidence.objects.select_related("lead").order_by("id")
    return rows.select_related("by", "withdrawn_by").prefetch_related(Prefetch("evidence", evidence))


def listed(
    *, country: str = "", stance: str = "", is_withdrawn: bool = False, after: int | None = None
) -> tuple[list[MarketNote], int | None]:
    """Notes, the newest first, and the key of the next page."""
    rows = MarketNote.objects.all()
    valid = notes.in_force()
    rows = rows.exclude(pk__in=valid.values("pk")) if is_withdrawn else valid
    if country:
        rows = rows.filter(country=country)
    if stance:
        rows = rows.filter(stance=stance)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(with_evidence(rows).order_by("-pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def countries_named() -> list[str]:
    """Countries that notes are about. One query."""
    rows = MarketNote.objects.exclude(country="").values_list("country", flat=True).order_by("country")
    return [str(code) for code in rows.distinct()]


def of_campaign(faced: Sequence[notes.Faced]) -> dict[int, list[Evidence]]:
    """The leads that notes rest on, by note. One query."""
    found: dict[int, list[Evidence]] = {}
    rows = Evidence.objects.filter(note__in=[one.note.pk for one in faced]).select_related("lead")
    for row in rows.order_by("id"):
        found.setdefault(row.note_id, []).append(row)
    return found


def leads_named(numbers: Iterable[int]) -> list[Lead]:
    """Leads by number, in the order given; those that are not here are left out."""
    wanted = list(dict.fromkeys(numbers))
    found = Lead.objects.in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
