"""Orders of a month: per rep what can be called, was ordered, promised and delivered; and week by week."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Sum

from leads.models import Activity
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import days, overload
from leadsync.kpi.domain import orders as rules
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.drought import WEEKS
from leadsync.kpi.domain.orders import Delivery
from leadsync.kpi.domain.pace import pace_of
from leadsync.kpi.models import DayFact, LeadOrder, OrderChange


def seconds_each(reps: Iterable[int], now: datetime) -> dict[int, float]:
    """What a first contact took each rep within the last 8 weeks. One query."""
    rows = (
        Activity.objects.filter(
            by__in=list(reps),
            at__gte=now - timedelta(weeks=WEEKS),
            at__lte=now,
            at=F("lead__first_contact_at"),
        )
        .values_list("by")
        .annotate(minutes_sum=Sum("minutes"), count=Count("pk"))
        .order_by()
    )
    return {rep: overload.seconds_each(minutes, count) for rep, minutes, count in rows if rep is not None}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One rep and month. `can_call` is not rounded; `version` is 0 where nobody ordered or promised yet."""

    rep: User
    can_call: Decimal
    working_days: int
    delivery: Delivery
    ordered: int | None = None
    version: int = 0
    changes: Sequence[OrderChange] = ()  # the newest first
    seconds_each: float = overload.DEFAULT_SECONDS

    @property
    def calls(self) -> int:
        return rules.whole(self.can_call)

    @property
    def promised(self) -> int | None:
        return self.delivery.promised

    @property
    def delivered(self) -> int:
        return self.delivery.delivered

    @property
    def gap(self) -> int | None:
        """What was promised less what was ordered; None until both are said."""
        return None if self.ordered is None or self.promised is None else self.promised - self.ordered

    @property
    def is_over(self) -> bool:
        """More was ordered or promised than can be called."""
        return max(self.ordered or 0, self.promised or 0) > self.calls


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the month: what comes by the promises, what came, and what all reps together can call."""

    first: date
    last: date
    can_call: Decimal
    promised: Decimal
    delivered: int
    is_over: bool  # the week is past

    @property
    def calls(self) -> int:
        return rules.whole(self.can_call)

    @property
    def coming(self) -> int:
        """Leads that came, or are to come."""
        return self.delivered if self.is_over else round(self.promised)

    @property
    def is_too_many(self) -> bool:
        """More is to come than can be called; what is past is past."""
        return not self.is_over and self.coming > self.calls


@dataclass(frozen=True, slots=True)
class Orders:
    """A month's orders, rep by rep and week by week."""

    period: Period
    rows: Sequence[OrderRow]
    weeks: Sequence[Week]
    working_days: int  # of the company
    elapsed: Decimal
    is_ahead: bool
    is_over: bool
    total: dict[str, int] = field(default_factory=dict)

    @property
    def is_short(self) -> bool:
        return any(row.delivery.is_short for row in self.rows)


def _handed_off(period: Period) -> dict[int, dict[date, int]]:
    """Leads handed off by present rep and day. One query."""
    rows = (
        DayFact.objects.filter(on__gte=period.first, on__lt=period.stop, rep__isnull=False, handed_off__gt=0)
        .values_list("rep", "on")
        .annotate(count=Sum("handed_off"))
        .order_by()
    )
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for rep, on, count in rows:
        found[rep][on] = count
    return found


def elapsed_of(period: Period, calendar: WorkCalendar, zone: ZoneInfo, now: datetime) -> Decimal | None:
    """The share of a rep's working time of the period that went by; None where there is none at all."""
    if not calendar.between(days.starts_at(period.first, zone), days.starts_at(period.stop, zone)):
        return None
    return pace_of(period, calendar, zone, now).elapsed


def deliveries(period: Period, now: datetime) -> dict[int, Delivery]:
    """What was promised for the period to whom, and what came. Two queries where something was promised."""
    promises = dict(
        LeadOrder.objects.filter(month=period.first, promised__gt=0).values_list("rep", "promised")
    )
    if not promises:
        return {}
    zone, handed = accounts.company().tz, _handed_off(period)
    calendars = accounts.calendars_for(promises)
    return {
        rep: Delivery(
            promised, sum(handed.get(rep, {}).values()), elapsed_of(period, calendars[rep], zone, now)
        )
        for rep, promised in promises.items()
    }


def orders_of(month: date, *, now: datetime) -> Orders:
    """All about the orders of the month that begins on this day. A fixed number of queries."""
    zone = accounts.company().tz
    period = Period.holding(month, Span.MONTH)
    today = now.astimezone(zone).date()
    changes = OrderChange.objects.select_related("by").order_by("-id")
    stored = {
        order.rep_id: order
        for order in LeadOrder.objects.filter(month=month).prefetch_related(
            Prefetch("changes", queryset=changes, to_attr="newest")
        )
    }
    handed = _handed_off(period)
    reps = {
        person.pk: person
        for person in accounts.lead_workers(today).prefetch_related("groups")
        if person.is_rep  # type: ignore[attr-defined]  # annotated
    }
    missing = (stored.keys() | handed.keys()) - reps.keys()
    if missing:
        reps |= {
            person.pk: person for person in User.objects.filter(pk__in=missing).prefetch_related("groups")
        }
    each = seconds_each(reps, now)
    calendars = accounts.calendars_for(reps, since=month)
    company = accounts.company_calendar(since=month)
    spans = list(rules.weeks_of(period))
    by_week = [Decimal(0) for _span in spans]
    rows = []
    for pk, person in sorted(reps.items(), key=lambda one: (one[1].name, one[0])):
        order, calendar = stored.get(pk), calendars[pk]
        seconds = each.get(pk, overload.DEFAULT_SECONDS)
        # Who does not get leads any more is shown for what there was, and can call nobody.
        a_day = person.capacity if person.is_active and not person.is_former else 0
        fits = [
            rules.can_call(
                work_seconds=calendar.between(
                    days.starts_at(first, zone), days.starts_at(days.after(last), zone)
                ),
                working_days=calendar.working_days(first, last),
                seconds_each=seconds,
                a_day=a_day,
            )
            for first, last in spans
        ]
        by_week = [before + one for before, one in zip(by_week, fits, strict=True)]
        rows.append(
            OrderRow(
                rep=person,
                can_call=sum(fits, Decimal(0)),
                working_days=calendar.working_days(period.first, period.last),
                delivery=Delivery(
                    order.promised if order else None,
                    sum(handed.get(pk, {}).values()),
                    elapsed_of(period, calendar, zone, now),
                ),
                ordered=order.ordered if order else None,
                version=order.version if order else 0,
                changes=order.newest if order else (),
                seconds_each=seconds,
            )
        )
    promised = sum(row.promised or 0 for row in rows)
    pace = pace_of(period, company, zone, now)
    return Orders(
        period=period,
        rows=rows,
        weeks=_weeks(period, spans, by_week, promised, handed, company, zone, today),
        working_days=pace.days,
        elapsed=pace.elapsed,
        is_ahead=pace.is_ahead,
        is_over=pace.is_over,
        total={
            "calls": rules.whole(sum((row.can_call for row in rows), Decimal(0))),
            "ordered": sum(row.ordered or 0 for row in rows),
            "promised": promised,
            "gap": sum(row.gap or 0 for row in rows),
            "delivered": sum(row.delivered for row in rows),
            "due": rules.whole(sum((row.delivery.due or Decimal(0) for row in rows), Decimal(0))),
        },
    )


def _weeks(
    period: Period,
    spans: Sequence[tuple[date, date]],
    by_week: Sequence[Decimal],
    promised: int,
    handed: dict[int, dict[date, int]],
    company: WorkCalendar,
    zone: ZoneInfo,
    today: date,
) -> list[Week]:
    """Promised leads come as the company works: the same for each hour of the month."""

    def seconds(first: date, stop: date) -> Decimal:
        return Decimal(round(company.between(days.starts_at(first, zone), days.starts_at(stop, zone))))

    whole = seconds(period.first, period.stop)
    came: dict[date, int] = defaultdict(int)
    for by_day in handed.values():
        for on, count in by_day.items():
            came[on] += count
    return [
        Week(
            first=first,
            last=last,
            can_call=fits,
            promised=promised * seconds(first, days.after(last)) / whole if whole else Decimal(0),
            delivered=sum(came[on] for on in days.days_between(first, days.after(last))),
            is_over=last < today,
        )
        for (first, last), fits in zip(spans, by_week, strict=True)
    ]
