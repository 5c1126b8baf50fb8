"""What the estimate of the month's end stands on: read in two statements, kept for an hour (`kpi.domain.estimate`)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Case, Count, DateField, DateTimeField, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncDate

from leads.models import Lead
from leadsync.accounts.selectors import company, company_calendar
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import estimate as domain
from leadsync.kpi.domain.days import Period, Span, add_months, after, day_of, month_of, starts_at
from leadsync.kpi.domain.pace import Pace
from leadsync.kpi.models import DayFact

MONTHS_TRIED = 6  # whose estimates on this day of the month tell how far off it usually is
KEPT_FOR = timedelta(hours=1)
LOOKED_BACK = timedelta(days=domain.YEAR + 31 * MONTHS_TRIED + domain.RECENT)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What open leads and leads to come bring until the month is over, and how far off such estimates were.

    `more` is None where there were too few wins: then only the pace is known. `error` is the median over the last
    months of the share by which an estimate on the same day was off; None where there is no such month.
    """

    more: float | None = None
    average: float = 0.0
    error: float | None = None

    def revenue(self, so_far: Decimal, pace: Pace) -> Decimal | None:
        """Where the month closes after `so_far`; None before anything is known."""
        heading = pace.heading(so_far)
        if self.more is None:
            return heading
        found = domain.blended(float(so_far), float(so_far) + self.more * self.average, float(pace.elapsed))
        return Decimal(round(found, 2)).quantize(Decimal("0.01"))


def history(
    today: date, *, zone: ZoneInfo, calendar: WorkCalendar, back: timedelta = LOOKED_BACK
) -> domain.History:
    """Leads by the days on which they got on, and figures by day, up to `today`. Two queries."""
    since = today - back
    rows = DayFact.objects.filter(on__gte=since, on__lte=today).values("on").order_by()
    days = {
        row["on"]: domain.Figures(row["all_arrived"], row["all_won"], float(row["all_revenue"]))
        for row in rows.annotate(all_arrived=Sum("arrived"), all_won=Sum("won"), all_revenue=Sum("revenue"))
    }

    def worked(day: date) -> float:
        return calendar.between(starts_at(day, zone), starts_at(after(day), zone))

    return domain.History(_lives(since, zone), days, worked)


def _day(name: str, zone: ZoneInfo) -> Any:
    return TruncDate(name, tzinfo=zone, output_field=DateField())


def _lives(since: date, zone: ZoneInfo) -> list[domain.Lives]:
    """Leads that were open at some time since that day."""
    over = Case(
        When(stage="won", then=F("won_at")),
        When(stage="lost", then=Coalesce("lost_at", "last_activity_at", "received_at")),
        When(stage="closed", then=Coalesce("closed_at", "marked_at", "received_at")),
        output_field=DateTimeField(null=True),
    )
    leads: QuerySet[Lead, Any] = (
        Lead.objects.counted()
        .annotate(over_at=over)
        .filter(Q(over_at=None) | Q(over_at__gte=starts_at(since, zone)))
        .annotate(
            received_on=_day("received_at", zone),
            handed_on=_day("handed_off_at", zone),
            contacted_on=_day("first_contact_at", zone),
            qualified_on=_day("qualified_at", zone),
            over_on=_day("over_at", zone),
            is_won=Case(When(stage="won", then=True), default=False),
        )
        .values_list("received_on", "handed_on", "contacted_on", "qualified_on", "over_on", "is_won")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return [
        domain.Lives(received, handed, contacted, qualified, over_on, bool(is_won), count)
        for received, handed, contacted, qualified, over_on, is_won, count in leads.iterator(chunk_size=5_000)
    ]


def outlook(period: Period, *, now: datetime, zone: ZoneInfo, calendar: WorkCalendar) -> Outlook:
    """The outlook of a month that is running; an empty one for any other period.

    Made at most once an hour: two queries then, none in between.
    """
    today = day_of(now, zone)
    if period.span is not Span.MONTH or not period.holds(today):
        return Outlook()
    key = f"kpi:outlook:{zone.key}:{now:%Y-%m-%dT%H}"
    kept = cache.get(key)
    if not isinstance(kept, Outlook):
        kept = _made(period, now, today, zone, calendar)
        cache.set(key, kept, KEPT_FOR.total_seconds())
    return kept


def keep_fresh(now: datetime) -> None:
    """Have the outlook of this month ready, so that no page has to make it."""
    zone = company().tz
    period = Period.holding(day_of(now, zone), Span.MONTH)
    outlook(period, now=now, zone=zone, calendar=company_calendar())


def _made(period: Period, now: datetime, today: date, zone: ZoneInfo, calendar: WorkCalendar) -> Outlook:
    known = history(today, zone=zone, calendar=calendar)
    left = calendar.between(now, starts_at(period.stop, zone))
    found = domain.outlook(known, at=after(today), left=left)
    if found is None:
        return Outlook()
    more, average = found
    tried = [
        domain.try_out(known, month=month, stop=add_months(month, 1), day=today.day)
        for month in (add_months(month_of(today), -n) for n in range(1, MONTHS_TRIED + 1))
    ]
    return Outlook(more, average, domain.usual_error([one for one in tried if one.estimate.more is not None]))
