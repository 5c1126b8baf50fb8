"""Figures of a period, cut by campaign, channel, month or owner: read from the roll-up alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import CharField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.models import Channel
from leadsync.kpi.models import DayFact

NOT_STATED = gettext_noop("Channel not stated")
NO_REP = gettext_noop("No rep")

# Names in the answer ← columns of the fact.
FIGURES = {
    "leads": "arrived",
    "handed_off": "handed_off",
    "contacted": "contacted",
    "contacted_promised": "contacted_promised",
    "contacted_in_time": "contacted_in_time",
    "judged_only": "judged_only",
    "qualified": "qualified",
    "promising": "promising",
    "not_a_fit": "not_a_fit",
    "unreachable": "unreachable",
    "won": "won",
    "revenue": "revenue",
    "lost": "lost",
    "minutes": "minutes",
    "minutes_estimated": "minutes_estimated",
    "spend": "spend",
    "visits": "visits",
}


class By(StrEnum):
    """What the funnel is cut by."""

    CHANNEL = "channel"
    CAMPAIGN = "campaign"
    MONTH = "month"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the funnel. Counts by event date, minutes of sales time, money in the company's currency."""

    key: str
    name: str
    leads: int = 0
    handed_off: int = 0
    contacted: int = 0
    contacted_promised: int = 0
    contacted_in_time: int = 0
    judged_only: int = 0
    qualified: int = 0
    promising: int = 0
    not_a_fit: int = 0
    unreachable: int = 0
    won: int = 0
    revenue: Decimal = Decimal(0)
    lost: int = 0
    minutes: int = 0
    minutes_estimated: int = 0
    spend: Decimal = Decimal(0)
    visits: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON: money as text, so that nothing is rounded."""
        return {
            name: f"{value:.2f}" if isinstance(value, Decimal) else value
            for name, value in asdict(self).items()
        }


def sums() -> dict[str, Any]:
    """Annotations that add every figure of the funnel."""
    return {
        name: Coalesce(Sum(column), Value(0), output_field=_field(column)) for name, column in FIGURES.items()
    }


def _field(column: str) -> Any:
    return DayFact._meta.get_field(column)


def facts(since: date | None, until: date | None) -> QuerySet[DayFact]:
    """Facts from `since` to `until`, both included; either may be open."""
    found = DayFact.objects.all()
    if since is not None:
        found = found.filter(on__gte=since)
    if until is not None:
        found = found.filter(on__lte=until)
    return found


def funnel(by: By, *, since: date | None = None, until: date | None = None) -> list[Row]:
    """Every group that has a fact between `since` and `until` (both included), most leads first; months in
    order.
    """
    nothing = Value("", output_field=CharField())
    groups: dict[By, tuple[Any, Any, Any]] = {
        By.CHANNEL: (F("campaign__channel"), F("campaign__channel__name"), F("campaign__channel__key")),
        By.CAMPAIGN: (F("campaign"), F("campaign__name"), nothing),
        By.OWNER: (F("rep"), F("rep__name"), nothing),
        By.MONTH: (ExtractYear("on") * 100 + ExtractMonth("on"), nothing, nothing),
    }
    group, name, word = groups[by]
    grouped = facts(since, until).values(group=group, name=name, word=word)
    rows = [_row(by, values) for values in grouped.annotate(**sums()).order_by()]
    if by is By.MONTH:
        return sorted(rows, key=lambda row: row.key)
    return sorted(rows, key=lambda row: (-row.leads, -row.won, row.name, row.key))


def _row(by: By, values: Mapping[str, Any]) -> Row:
    group, name = values["group"], values["name"]
    figures = {figure: values[figure] for figure in FIGURES}
    if by is By.MONTH:
        key = f"{group // 100}-{group % 100:02d}"
        return Row(key=key, name=key, **figures)
    if by is By.CHANNEL and values["word"] == Channel.NOT_STATED:
        return Row(key=Channel.NOT_STATED, name=_(NOT_STATED), **figures)
    if group is None:
        return Row(key="", name=_(NO_REP), **figures)
    return Row(key=str(group), name=name, **figures)


def total(since: date | None = None, until: date | None = None) -> Row:
    """All figures of the period together."""
    return Row(key="", name="", **facts(since, until).aggregate(**sums()))
