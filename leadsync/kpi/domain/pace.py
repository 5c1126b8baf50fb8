"""Where a plan should be today, and where a fact is heading. No framework."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain.days import Period, starts_at


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the period is: `elapsed` share of its working time, and its working days."""

    elapsed: Decimal
    day: int
    days: int
    is_over: bool
    is_ahead: bool  # the period has not begun

    def of(self, plan: Decimal) -> Decimal:
        """What of the plan should be there by now."""
        return plan * self.elapsed

    def heading(self, fact: Decimal) -> Decimal | None:
        """Where the fact ends if nothing changes; None before any working time went by."""
        return fact / self.elapsed if self.elapsed else None


def pace_of(period: Period, calendar: WorkCalendar, zone: ZoneInfo, now: datetime) -> Pace:
    """The period's pace at `now`. A period without working time elapses by the clock."""
    begins, ends = starts_at(period.first, zone), starts_at(period.stop, zone)
    today: date = now.astimezone(zone).date()
    days = calendar.working_days(period.first, period.last)
    if now >= ends:
        return Pace(Decimal(1), days, days, is_over=True, is_ahead=False)
    if now < begins:
        return Pace(Decimal(0), 0, days, is_over=False, is_ahead=True)
    whole, done = calendar.between(begins, ends), calendar.between(begins, now)
    if not whole:
        whole, done = (ends - begins).total_seconds(), (now - begins).total_seconds()
    elapsed = Decimal(round(done)) / Decimal(round(whole))
    day = calendar.working_days(period.first, today)
    return Pace(elapsed, day, days, is_over=False, is_ahead=False)
