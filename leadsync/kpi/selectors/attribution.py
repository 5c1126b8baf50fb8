"""Leads, qualified leads, deals and revenue by campaign or channel, by first arrival, last arrival or an even split."""

# ruff: noqa: S608 — every name in these statements is a model's; values are parameters.

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Channel
from leads.models import Arrival, Lead
from leadsync.kpi.domain.attribution import Credit, Shared, moved, rounded
from leadsync.kpi.domain.days import after, starts_at
from leadsync.kpi.selectors.funnel import NOT_STATED, facts, sums

FIGURES = ("leads", "qualified", "won")
# Arrivals after a lead was qualified or won did not bring that about.
_EVENTS = {
    "leads": ("received_at", "", ""),
    "qualified": ("qualified_at", "", " AND (a.is_first OR a.at <= l.qualified_at)"),
    "won": ("won_at", " AND l.stage = 'won'", " AND (a.is_first OR a.at <= l.won_at)"),
}


class Cut(StrEnum):
    """What figures are cut by."""

    CAMPAIGN = "campaign"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Row:
    """What a campaign or channel is credited with. Parts of a lead have two places; sums are exact."""

    key: str
    name: str
    leads: Decimal
    qualified: Decimal
    won: Decimal
    revenue: Decimal
    spend: Decimal

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """Spend for each qualified lead; None where there is none, or no spend."""
        return self.spend / self.qualified if self.qualified > 0 and self.spend else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: decimals as text."""
        cost = self.cost_per_qualified
        return {
            name: f"{value:.2f}" if isinstance(value, Decimal) else value
            for name, value in asdict(self).items()
        } | {"cost_per_qualified": None if cost is None else f"{cost:.2f}"}


def attribution(credit: Credit, cut: Cut, *, since: date, until: date, zone: ZoneInfo) -> list[Row]:
    """Every campaign or channel that has something between these days (both included), most leads first.

    By event date, as the funnel counts. Two queries, three where leads are not counted by first arrival. The sums of
    leads, qualified leads, deals and revenue are the same for each `credit`.
    """
    by_first = _by_first(since, until)
    shared = _shared(since, until, zone) if credit is not Credit.FIRST else {}
    figures: dict[str, dict[int, Fraction]] = {
        name: defaultdict(Fraction, {pk: Fraction(row[name]) for pk, row in by_first.items()})
        for name in (*FIGURES, "revenue", "spend")
    }
    for name in FIGURES:
        for pk, share in moved(shared.get(name, ()), credit).items():
            figures[name][pk] += share.count
            if name == "won":
                figures["revenue"][pk] += share.amount
    named = _names({pk for parts in figures.values() for pk in parts}, cut)
    summed: dict[str, dict[int, Fraction]] = {name: defaultdict(Fraction) for name in figures}
    for name, parts in figures.items():
        for pk, part in parts.items():
            summed[name][named[pk][0]] += part
    columns = {name: rounded(parts) for name, parts in summed.items()}
    words = dict(named.values())
    nothing = Decimal("0.00")
    rows = [
        Row(
            key=str(key),
            name=words[key],
            **{name: column.get(key, nothing) for name, column in columns.items()},
        )
        for key in words
    ]
    rows = [row for row in rows if row.leads or row.qualified or row.won or row.revenue or row.spend]
    return sorted(rows, key=lambda row: (-row.leads, -row.won, row.name, row.key))


def total(rows: list[Row]) -> Row:
    """All of them together."""

    def add(name: str) -> Decimal:
        return sum((getattr(row, name) for row in rows), Decimal("0.00"))

    return Row("", "", *(add(name) for name in (*FIGURES, "revenue", "spend")))


def _by_first(since: date, until: date) -> dict[int, Mapping[str, Any]]:
    rows = facts(since, until).values("campaign").annotate(**sums()).order_by()
    return {row["campaign"]: row for row in rows}


def _names(campaigns: set[int], cut: Cut) -> dict[int, tuple[int, str]]:
    """By campaign: the number and name of what it is added to."""
    rows = Campaign.objects.filter(pk__in=campaigns).values_list(
        "pk", "name", "channel", "channel__name", "channel__key"
    )
    if cut is Cut.CAMPAIGN:
        return {pk: (pk, name) for pk, name, *_channel in rows}
    return {
        pk: (channel, _(NOT_STATED) if word == Channel.NOT_STATED else name)
        for pk, _name, channel, name, word in rows
    }


def _shared(since: date, until: date, zone: ZoneInfo) -> dict[str, list[Shared]]:
    """Leads of the period that arrived more than once, by figure. One query."""
    adapt = connection.ops.adapt_datetimefield_value
    span = [adapt(starts_at(since, zone)), adapt(starts_at(after(until), zone))]
    leads, arrivals = Lead._meta.db_table, Arrival._meta.db_table
    parts, params = [], []
    for name, (column, condition, bound) in _EVENTS.items():
        parts.append(
            f"SELECT '{name}' AS figure, l.campaign_id AS home, a.campaign_id AS through, l.amount AS amount,"
            " COUNT(*) OVER (PARTITION BY l.id) AS n,"
            " ROW_NUMBER() OVER (PARTITION BY l.id ORDER BY a.at DESC, a.id DESC) AS place"
            f" FROM {leads} l JOIN {arrivals} a ON a.lead_id = l.id{bound}"
            f" WHERE NOT l.is_test AND l.{column} >= %s AND l.{column} < %s{condition}"
            f" AND l.id IN (SELECT lead_id FROM {arrivals} WHERE NOT is_first)"
        )
        params += span
    found: dict[str, list[Shared]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT figure, home, through, n, CASE WHEN place = 1 THEN 1 ELSE 0 END AS newest, COUNT(*),"
            f" SUM(COALESCE(amount, 0)) FROM ({' UNION ALL '.join(parts)}) shared GROUP BY 1, 2, 3, 4, 5",
            params,
        )
        for figure, home, through, n, newest, count, amount in cursor.fetchall():
            # SQLite adds amounts as floating point numbers.
            exact = Decimal(str(amount or 0)).quantize(Decimal("0.01"))
            found[figure].append(Shared(home, through, n, bool(newest), count, exact))
    return found
