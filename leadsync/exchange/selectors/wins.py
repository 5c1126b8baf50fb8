"""The wall of wins: leads that are won, with who brought and who closed them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from leads.domain.words import Stage
from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.exchange.domain.rules import days_to_sale
from leadsync.exchange.models import Applause, Win

PAGE = 30
MOST_DIGITS = 18
LATE = timedelta(days=35)  # a sale noted later than this after its day is in no mail of a week
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown() -> QuerySet[Win]:
    """Wins of leads that are won now, with people (and their roles), campaign and applause at hand. Five queries."""
    applause = Applause.objects.select_related("by").order_by("pk")
    return (
        Win.objects.filter(lead__stage=Stage.WON, lead__is_test=False)
        .select_related("lead__campaign", "bringer", "logged_by", "closer")
        .defer("lead__search", "lead__need")
        .prefetch_related(
            Prefetch("lead__applause", applause), "bringer__groups", "logged_by__groups", "closer__groups"
        )
    )


@dataclass(frozen=True, slots=True)
class WinView:
    """One win as a person sees it."""

    win: Win
    person: User
    days: int

    @property
    def applause(self) -> list[Applause]:
        return list(self.win.lead.applause.all())

    @property
    def names(self) -> str:
        """Who applauds, in the order they did."""
        return ", ".join(one.by.name for one in self.applause)

    @property
    def is_applauded(self) -> bool:
        """By this person."""
        return any(one.by_id == self.person.pk for one in self.applause)

    @property
    def is_own(self) -> bool:
        """The win names this person."""
        return self.person.pk in {self.win.bringer_id, self.win.logged_by_id, self.win.closer_id}

    @property
    def logged_by(self) -> User | None:
        """Who logged the lead, where that is not who brought it."""
        return self.win.logged_by if self.win.logged_by_id != self.win.bringer_id else None


def view_of(win: Win, person: User, zone: ZoneInfo) -> WinView:
    """The win as this person sees it; days are days in the company's zone."""
    return WinView(win, person, days_to_sale(win.lead.received_at, win.won_at, zone))


def key_of(win: Win) -> str:
    """The key that the next page begins after: its instant and its number."""
    return f"{(win.won_at - _EPOCH) // _MICROSECOND}-{win.pk}"


def _read_key(text: str) -> tuple[datetime, int] | None:
    at, _dash, number = text.partition("-")
    if not all(one.isascii() and one.isdecimal() and len(one) <= MOST_DIGITS for one in (at, number)):
        return None
    try:
        return _EPOCH + int(at) * _MICROSECOND, int(number)
    except OverflowError:
        return None


def wall(person: User, after: str = "") -> tuple[list[WinView], str]:
    """One page of wins, the newest first, and the key of the next one. Five queries, and the company."""
    rows = shown()
    key = _read_key(after)
    if key is not None:
        rows = rows.filter(Q(won_at__lt=key[0]) | Q(won_at=key[0], pk__lt=key[1]))
    found = list(rows.order_by("-won_at", "-pk")[: PAGE + 1])
    zone = company().tz
    return [view_of(one, person, zone) for one in found[:PAGE]], key_of(found[PAGE - 1]) if len(
        found
    ) > PAGE else ""


def win_of(lead_id: int, person: User) -> WinView | None:
    """The win of one lead; None where none is shown. As many queries as `wall`."""
    found = shown().filter(lead=lead_id).first()
    return view_of(found, person, company().tz) if found else None


@dataclass(frozen=True, slots=True)
class Month:
    """How many wins a month has, and what they come to."""

    count: int
    amount: Decimal


def this_month(now: datetime | None = None) -> Month:
    """The wins of the company's month so far. One query."""
    zone = company().tz
    first = (now or db.now()).astimezone(zone).date().replace(day=1)
    rows = Win.objects.filter(
        lead__stage=Stage.WON, lead__is_test=False, won_at__gte=datetime.combine(first, time(), zone)
    )
    return Month(**rows.aggregate(count=Count("pk"), amount=Coalesce(Sum("lead__amount"), Decimal(0))))


def noted_in_week(monday: date) -> list[Win]:
    """Wins that were noted in the week beginning on this day, the newest first. Five queries.

    By when they were noted, not by their day: a sale of Friday that is noted on Monday is in the next mail.
    """
    zone = company().tz
    starts_at = datetime.combine(monday, time(), zone)
    ends_at = datetime.combine(monday + timedelta(days=7), time(), zone)
    rows = shown().filter(at__gte=starts_at, at__lt=ends_at, won_at__gte=starts_at - LATE)
    return list(rows.filter(lead__erased_at=None).order_by("-won_at", "-pk"))
