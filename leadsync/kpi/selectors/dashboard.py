"""What the dashboard shows, each part in one statement however many leads there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest, TruncDate

from campaigns.models import Campaign
from feedback.domain.worth import Benefit, Worth, weigh
from feedback.models import Question
from leads.domain.words import GOOD_MARKS, OPEN_STAGES
from leads.models import Handoff, Lead
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import days
from leadsync.kpi.domain.days import Period
from leadsync.kpi.models import CohortFact, DayFact

CONTACTS_MEASURED = 1_000  # the newest first contacts that the usual time is taken from
QUESTIONS_COUNTED = 100
OVER = frozenset({Campaign.State.ENDED, Campaign.State.STOPPED})


@dataclass(slots=True)
class Figures:
    """Sums over some days. Money in the company's currency, minutes of sales time."""

    arrived: int = 0
    contacted: int = 0
    contacted_promised: int = 0
    contacted_in_time: int = 0
    qualified: int = 0
    won: int = 0
    revenue: Decimal = Decimal(0)
    lost: int = 0
    minutes: int = 0
    spend: Decimal = Decimal(0)
    visits: int = 0

    def add(self, other: "Figures") -> None:
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def in_time(self) -> Decimal | None:
        """First contacts within the promise among those that had one; None when none had."""
        if not self.contacted_promised:
            return None
        return Decimal(self.contacted_in_time) / self.contacted_promised

    @property
    def cost_per_qualified(self) -> Decimal | None:
        return self.spend / self.qualified if self.qualified else None


FIGURES = (
    "arrived",
    "contacted",
    "contacted_promised",
    "contacted_in_time",
    "qualified",
    "won",
    "revenue",
    "lost",
    "minutes",
    "spend",
    "visits",
)


@dataclass(slots=True)
class Daily:
    """The figures of a period day by day, with their sum, and the sum of the period before it."""

    total: Figures
    before: Figures
    by_day: dict[date, Figures] = field(default_factory=dict)


def daily(period: Period) -> Daily:
    """Facts of the period and of the one before it. One query."""
    previous = period.previous
    rows: Iterable[Mapping[str, Any]] = (
        DayFact.objects.filter(on__gte=previous.first, on__lt=period.stop)
        .values("on")
        .annotate(**{f"sum_{name}": Sum(name) for name in FIGURES})
        .order_by()
    )
    found = Daily(Figures(), Figures())
    for row in rows:
        figures = Figures(**{name: row[f"sum_{name}"] for name in FIGURES})
        if period.holds(row["on"]):
            found.by_day[row["on"]] = figures
            found.total.add(figures)
        else:
            found.before.add(figures)
    return found


# ---------------------------------------------------------------------------------------------- campaigns


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign with the leads it brought in the period, where they stand now, and what they took."""

    campaign_id: int
    name: str
    benefit: Benefit
    qualified: int = 0  # became qualified in the period, whenever received
    spend: Decimal = Decimal(0)  # of the period

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """Spend of the period for each lead that became qualified in it; None where either is missing."""
        return self.spend / self.qualified if self.qualified and self.spend else None

    @property
    def needs_a_look(self) -> bool:
        """It takes more work than it is worth, or nearly so."""
        return self.benefit.worth in (Worth.TOO_MUCH_WORK, Worth.WATCH)


def campaigns(period: Period, *, limit: int, gate_size: int) -> list[CampaignRow]:
    """Campaigns that brought leads, qualified leads or costs in the period: the most good leads first. Two queries."""
    good = Q(mark__in=GOOD_MARKS)
    facts: Iterable[Mapping[str, Any]] = (
        DayFact.objects.filter(on__gte=period.first, on__lt=period.stop)
        .values("campaign", "campaign__name", "campaign__state")
        .annotate(became=Sum("qualified"), spent=Sum("spend"))
        .filter(Q(became__gt=0) | Q(spent__gt=0))
        .order_by()
    )
    costs = {row["campaign"]: row for row in facts}
    rows: Iterable[Mapping[str, Any]] = (
        CohortFact.objects.filter(month__gte=period.first, month__lt=period.stop)
        .values("campaign", "campaign__name", "campaign__state")
        .annotate(
            all_leads=Sum("leads"),
            good_leads=Sum("leads", filter=good, default=0),
            marked_leads=Sum("leads", filter=~Q(mark="none"), default=0),
            all_minutes=Sum("minutes"),
        )
        .order_by()
    )
    brought = {row["campaign"]: row for row in rows}
    nothing = {"all_leads": 0, "good_leads": 0, "marked_leads": 0, "all_minutes": 0}
    found = []
    for number in brought.keys() | costs.keys():
        cost = costs.get(number)
        row = brought.get(number) or {**costs[number], **nothing}
        benefit = weigh(
            leads=row["all_leads"],
            good=row["good_leads"],
            marked=row["marked_leads"],
            minutes=row["all_minutes"],
            limit=limit,
            gate_size=gate_size,
            is_closed=row["campaign__state"] in OVER,
        )
        became, spent = (cost["became"], cost["spent"]) if cost else (0, Decimal(0))
        found.append(CampaignRow(number, row["campaign__name"], benefit, became, spent))
    return sorted(found, key=lambda row: (-row.benefit.good, -row.benefit.leads, row.name, row.campaign_id))


# ---------------------------------------------------------------------------------------------- cohorts


@dataclass(slots=True)
class Cohort:
    """Good leads (promising or better) received in one month, by where they are now."""

    month: date
    won: int = 0
    talks: int = 0  # open, and something happened or is planned
    lost: int = 0
    silent: int = 0  # open, and nothing happened for the agreed days

    @property
    def good(self) -> int:
        return self.won + self.talks + self.lost + self.silent


def cohorts(months: Sequence[date], *, silent_before: datetime, zone: ZoneInfo) -> list[Cohort]:
    """One row a month, in order. Two queries."""
    found = {month: Cohort(month) for month in months}
    rows = (
        CohortFact.objects.filter(month__in=months, mark__in=GOOD_MARKS)
        .values("month", "stage")
        .annotate(n=Sum("leads"))
        .order_by()
    )
    for row in rows:
        cohort = found[row["month"]]
        if row["stage"] == "won":
            cohort.won += row["n"]
        elif row["stage"] in OPEN_STAGES:
            cohort.talks += row["n"]
        else:
            cohort.lost += row["n"]
    begins = days.starts_at(months[0], zone)
    ends = days.starts_at(days.add_months(months[-1], 1), zone)
    silent = (
        Lead.objects.counted()
        .silent(silent_before)
        .good()
        .filter(received_at__gte=begins, received_at__lt=ends)
        .values(on=TruncDate("received_at", tzinfo=zone))
        .annotate(n=Count("pk"))
        .order_by()
    )
    for quiet in silent:
        cohort = found[days.month_of(quiet["on"])]
        # Facts may be some seconds older than the leads: never more silent ones than open ones.
        moved = min(quiet["n"], cohort.talks)
        cohort.silent += moved
        cohort.talks -= moved
    return list(found.values())


# ---------------------------------------------------------------------------------------------- first contact


@dataclass(slots=True)
class PersonRow:
    """How one rep's leads got their first contact."""

    rep_id: int
    name: str
    side: str = "sales"
    waiting: int = 0
    past: int = 0
    promised: int = 0
    in_time: int = 0
    usual_minutes: int | None = None  # of working time, the median

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.in_time) / self.promised if self.promised else None


def waiting_now(now: datetime) -> dict[int, PersonRow]:
    """Leads waiting for their first contact by rep, and how many are past the promise. One query."""
    rows = (
        Handoff.objects.open()
        .filter(lead__is_test=False)
        .values("rep", "rep__name")
        .annotate(n=Count("pk"), past=Count("pk", filter=Q(due_at__lte=now)))
        .order_by()
    )
    return {
        row["rep"]: PersonRow(row["rep"], row["rep__name"], waiting=row["n"], past=row["past"])
        for row in rows
    }


def people(
    period: Period,
    waiting: dict[int, PersonRow],
    *,
    calendar: WorkCalendar,
    zone: ZoneInfo,
    only: int | None = None,
) -> list[PersonRow]:
    """Who has leads waiting or made first contacts in the period; least in time first. Two queries.

    `only` asks for one rep's row. The usual time is the median working time from handoff to first contact
    of the newest contacts of the period.
    """
    found = {pk: row for pk, row in waiting.items() if only in (None, pk)}
    facts = DayFact.objects.filter(on__gte=period.first, on__lt=period.stop, rep__isnull=False)
    begins, ends = days.starts_at(period.first, zone), days.starts_at(period.stop, zone)
    ended = Handoff.objects.filter(
        at__gte=begins, ended_at__lt=ends, end=Handoff.EndChoices.CONTACT, lead__is_test=False
    )
    if only is not None:
        facts, ended = facts.filter(rep=only), ended.filter(rep=only)
    rows = (
        facts.values("rep", "rep__name")
        .annotate(promised=Sum("contacted_promised"), in_time=Sum("contacted_in_time"))
        .filter(promised__gt=0)
        .order_by()
    )
    for row in rows:
        person = found.setdefault(row["rep"], PersonRow(row["rep"], row["rep__name"]))
        person.promised, person.in_time = row["promised"], row["in_time"]
    took: dict[int, list[float]] = defaultdict(list)
    newest = ended.order_by("-at").values_list("rep", "at", "ended_at")[:CONTACTS_MEASURED]
    for rep, begun, contact in newest:
        if contact is not None:
            took[rep].append(calendar.between(begun, contact))
    for rep, person in found.items():
        person.usual_minutes = round(median(took[rep]) / 60) if took[rep] else None
    return sorted(found.values(), key=lambda row: (-row.past, row.share is None, row.share or 0, row.name))


def past_promise_by_day(listed: Sequence[date], *, zone: ZoneInfo, now: datetime) -> list[int]:
    """Leads past the promise at the end of each of these days in a row (the last one may be today: now).
    One query.
    """
    if not listed:
        return []
    begins, ends = days.starts_at(listed[0], zone), days.starts_at(days.after(listed[-1]), zone)
    rows: Iterable[Mapping[str, Any]] = (
        Handoff.objects.filter(due_at__lte=min(now, ends), lead__is_test=False)
        .filter(Q(ended_at=None) | Q(ended_at__gt=F("due_at"), ended_at__gte=begins))
        .annotate(late_from=Greatest("at", "due_at"))
        .values(
            first=TruncDate("late_from", tzinfo=zone, output_field=DateField()),
            last=TruncDate("ended_at", tzinfo=zone, output_field=DateField()),
        )
        .annotate(n=Count("pk"))
        .order_by()
    )
    changes = [0] * (len(listed) + 1)
    place = {day: number for number, day in enumerate(listed)}
    for row in rows:
        # Late from the end of its first day until the end of the day before it was over.
        start = place.get(row["first"], 0 if row["first"] < listed[0] else len(listed))
        over: date | None = row["last"]
        stop = len(listed) if over is None or over > listed[-1] else place.get(over, 0)
        if start < stop:
            changes[start] += row["n"]
            changes[stop] -= row["n"]
    counts, running = [], 0
    for change in changes[:-1]:
        running += change
        counts.append(running)
    return counts


# ---------------------------------------------------------------------------------------------- the rest


def open_questions() -> QuerySet[Question]:
    """Questions not yet closed, the longest open first, with both people. Two queries."""
    return (
        Question.objects.filter(closed_at=None)
        .select_related("asker", "answerer")
        .prefetch_related("asker__groups")
        .only(
            "text",
            "asked_at",
            "due_at",
            "answered_at",
            "lead_id",
            "campaign_id",
            "asker__name",
            "asker__email",
            "answerer__name",
            "answerer__email",
        )
        .order_by("asked_at", "pk")[:QUESTIONS_COUNTED]
    )


def latest_win(on: date, zone: ZoneInfo) -> Lead | None:
    """The newest deal of this day, with who brought and who closed it. One query.

    Campaigns come from the day's facts, so that the index by campaign finds the deal among any number.
    """
    with_deals = DayFact.objects.filter(on=on, won__gt=0).values("campaign")
    return (
        Lead.objects.counted()
        .filter(
            campaign__in=with_deals,
            stage="won",
            won_at__gte=days.starts_at(on, zone),
            won_at__lt=days.starts_at(days.after(on), zone),
        )
        .select_related("campaign__owner", "owner", "logged_by")
        .order_by("-won_at", "-pk")
        .first()
    )


def has_any_lead() -> bool:
    """Whether any lead was ever counted."""
    return Lead.objects.counted().exists()
