"""The dashboard's two tables of where deals come from and how fast: credit by arrival, and velocity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from leadsync.core.businesstime import WorkCalendar
from leadsync.core.templatetags.ui import duration, num
from leadsync.kpi import links
from leadsync.kpi.domain.attribution import Credit
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.velocity import Month, Pace, Step
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors.attribution import Cut, Row, attribution, total
from leadsync.kpi.selectors.velocity import velocity
from leadsync.kpi.words import month_short

SHOWN = 8


def asked_credit(request: HttpRequest) -> Credit:
    """`?by=last`; by first arrival without. Raises Http404 for what is no way to share credit."""
    try:
        return Credit(request.GET.get("by", Credit.FIRST))
    except ValueError:
        raise Http404 from None


def credit_words(credit: Credit) -> str:
    return {
        Credit.FIRST: pgettext("credit", "First arrival"),
        Credit.LAST: pgettext("credit", "Last arrival"),
        Credit.EVEN: pgettext("credit", "Even split"),
    }[credit]


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A campaign with what it is credited with; addresses only where they show just as many leads."""

    name: str
    campaign_id: int | None
    leads: str
    qualified: str
    won: str
    revenue: Decimal
    cost: Decimal | None
    leads_url: str = ""
    qualified_url: str = ""
    won_url: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to share the credit."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class CreditCard:
    """The table "What brought deals", its sum, and the ways to share credit."""

    lines: Sequence[CreditLine]
    total: CreditLine
    hidden: int
    choices: Sequence[Choice]
    label: str
    note: str


def credit_rows(scene: Scene, credit: Credit) -> list[Row]:
    period = scene.period
    return attribution(credit, Cut.CAMPAIGN, since=period.first, until=period.last, zone=scene.zone)


def credit_card(scene: Scene, credit: Credit) -> CreditCard:
    rows = credit_rows(scene, credit)
    lines = [_line(row, scene.period, credit) for row in rows]
    choices = [Choice(credit_words(one), f"by={one}", one is credit) for one in Credit]
    note = {
        Credit.FIRST: _("A lead counts for the campaign that brought it first."),
        Credit.LAST: _("A lead counts for the campaign it came through last before it was qualified or won."),
        Credit.EVEN: _("A lead counts in equal parts for every campaign it came through."),
    }[credit]
    return CreditCard(
        lines[:SHOWN],
        _line(total(rows), scene.period, credit),
        max(len(lines) - SHOWN, 0),
        choices,
        credit_words(credit),
        note,
    )


def _parts(value: Decimal) -> str:
    """Whole leads as such, parts of one with two places."""
    return num(value, 0 if value == value.to_integral_value() else 2)


def _line(row: Row, period: Period, credit: Credit) -> CreditLine:
    cost = row.cost_per_qualified
    number = int(row.key) if row.key else None
    more: dict[str, Any] = {} if number is None else {"campaign": number}
    has_urls = credit is Credit.FIRST or number is None  # the sum is the same by every way
    return CreditLine(
        row.name,
        number,
        _parts(row.leads),
        _parts(row.qualified),
        _parts(row.won),
        row.revenue.quantize(Decimal(1)),
        cost.quantize(Decimal(1)) if cost is not None else None,
        links.within(period, "received", **more) if has_urls and row.leads else "",
        links.within(period, "qualified", **more) if has_urls and row.qualified else "",
        links.within(period, "won", **more) if has_urls and row.won else "",
    )


def credit_file(scene: Scene, credit: Credit) -> tuple[list[str], Iterable[Sequence[Any]]]:
    """Head and rows of the table as a file."""
    head = [
        _("Campaign"),
        _("Credit"),
        _("Leads"),
        _("Qualified"),
        _("Won"),
        _("Revenue"),
        _("Spend"),
        _("Cost per qualified"),
    ]
    rows = (
        (
            row.name,
            credit_words(credit),
            row.leads,
            row.qualified,
            row.won,
            row.revenue,
            row.spend,
            round(row.cost_per_qualified, 2) if row.cost_per_qualified is not None else None,
        )
        for row in credit_rows(scene, credit)
    )
    return head, rows


# ---------------------------------------------------------------------------------------------- velocity


@dataclass(frozen=True, slots=True)
class Speed:
    """A step of one month in words; empty where nobody made it."""

    usual: str = ""
    slow: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class SpeedLine:
    """One month of "How fast leads move"."""

    label: str
    url: str
    steps: Sequence[Speed]


def step_words() -> list[str]:
    return [_("To handoff"), _("To first contact"), _("To qualified"), _("To won")]


def speed_lines(scene: Scene, months: Sequence[date], calendar: WorkCalendar) -> list[SpeedLine]:
    a_day = _usual_day(calendar)
    return [
        SpeedLine(
            _month(month.month, scene),
            links.within(Period.holding(month.month, Span.MONTH), "received"),
            [_speed(month.steps.get(step), a_day) for step in Step],
        )
        for month in velocity(months, zone=scene.zone, calendar=calendar)
    ]


def _month(month: date, scene: Scene) -> str:
    name = month_short(month)
    return name if month.year == scene.today.year else f"{name} {month.year}"


def _usual_day(calendar: WorkCalendar) -> float:
    """Working time of a usual day: what "3 working days" are."""
    lengths = [sum(stop - start for start, stop in day) for day in calendar.week if day]
    return max(sum(lengths) / len(lengths), 1.0) if lengths else 8 * 3_600.0


def _speed(pace: Pace | None, a_day: float) -> Speed:
    return Speed() if pace is None else Speed(_span(pace.usual, a_day), _span(pace.slow, a_day), pace.count)


def _span(seconds: float, a_day: float) -> str:
    """Minutes and hours up to two working days, then working days."""
    if seconds < 2 * a_day:
        return duration(round(seconds / 60))
    count = round(seconds / a_day)
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def speed_file(months: Sequence[Month]) -> tuple[list[str], Iterable[Sequence[Any]]]:
    """Head and rows of the table as a file, in hours of working time."""
    head = [_("Came in")]
    for words in step_words():
        head += [f"{words}, {_('median')}", f"{words}, {_('90th percentile')}", f"{words}, {_('leads')}"]
    rows = []
    for month in months:
        row: list[Any] = [f"{month.month:%Y-%m}"]
        for step in Step:
            pace = month.steps.get(step)
            row += (
                [None, None, 0]
                if pace is None
                else [round(pace.usual / 3_600, 2), round(pace.slow / 3_600, 2), pace.count]
            )
        rows.append(row)
    return head, rows
