"""What the periods that a company keeps personal data for would erase: shown before they are saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Min
from django.db.models.functions import ExtractYear

from leads.filters import starts_at
from leads.querysets import LeadQuerySet
from leads.selectors import keeping
from leads.selectors.keeping import Kept
from leadsync.accounts import selectors as accounts
from leadsync.privacy.domain.months import months_before

MOST_CAMPAIGNS = 10


@dataclass(frozen=True, slots=True)
class Share:
    """Leads of one year, or of one campaign; `query` opens them in the list."""

    label: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Due:
    """Leads of one sort that nothing has happened to since the day `since` began."""

    kept: Kept
    months: int
    since: date
    count: int
    oldest: datetime | None
    years: list[Share]
    campaigns: list[Share]
    query: str


def due(*, keep_months: int | None, keep_won_months: int | None, today: date) -> list[Due]:
    """What these periods would erase, and the open leads they pass over. Nothing for a period that is not set.

    Four statements for each sort.
    """
    asked = ((Kept.OTHER, keep_months), (Kept.WON, keep_won_months), (Kept.HELD, keep_months))
    return [_due(kept, months, months_before(today, months)) for kept, months in asked if months]


def _due(kept: Kept, months: int, since: date) -> Due:
    leads = keeping.due(kept, starts_at(since)).order_by()
    total = leads.aggregate(count=Count("pk"), oldest=Min("received_at"))
    query = f"kept={kept}&untouched={since:%Y-%m-%d}"
    has_any = bool(total["count"])
    return Due(
        kept=kept,
        months=months,
        since=since,
        count=total["count"],
        oldest=total["oldest"],
        years=list(_years(leads, query)) if has_any else [],
        campaigns=list(_campaigns(leads, query)) if has_any else [],
        query=query,
    )


def _years(leads: LeadQuerySet, query: str) -> Iterator[Share]:
    """By year of arrival, the oldest first."""
    zone = accounts.company().tz
    rows = leads.annotate(year=ExtractYear("received_at", tzinfo=zone)).values_list("year")
    for year, count in rows.annotate(count=Count("pk")).order_by("year"):
        yield Share(str(year), count, f"{query}&received_from={year}-01-01&received_to={year}-12-31")


def _campaigns(leads: LeadQuerySet, query: str) -> Iterator[Share]:
    """The campaigns with most of them."""
    rows = leads.values_list("campaign", "campaign__name").annotate(count=Count("pk"))
    for pk, name, count in rows.order_by("-count", "campaign__name")[:MOST_CAMPAIGNS]:
        yield Share(name, count, f"{query}&campaign={pk}")
