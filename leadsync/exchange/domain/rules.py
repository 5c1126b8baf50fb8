"""Limits of the exchange log, of bookings and of wins. No framework."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MOST_LEARNED = 5_000
MOST_NOTE = 300
MAY_CHANGE = timedelta(days=1)  # an entry by who wrote it
OLDEST = timedelta(days=366)  # how long ago the day of a new entry may lie
BOOKED_AHEAD = timedelta(days=366)
SUGGESTED_WITHIN = timedelta(days=30)
NOTICE = timedelta(hours=2)  # a time is suggested no sooner than this: somebody has to agree to it first
MINUTES = (30, 60, 120, 240, 480)
HISTORY_WINS = timedelta(days=30)  # a sale imported with its past is a win only when it is no older
LONGEST_MINUTES = 1_440


def is_past(starts_at: datetime, now: datetime) -> bool:
    """What was booked has begun: from now on it can be written down."""
    return starts_at <= now


def days_to_sale(received_at: datetime, won_at: datetime, zone: ZoneInfo) -> int:
    """Days of the company's zone from arrival to the sale; 0 on the same day and for a sale noted for an earlier one."""
    return max(0, (won_at.astimezone(zone).date() - received_at.astimezone(zone).date()).days)


def last_week(today: date) -> tuple[date, date]:
    """The Monday of the week before, and of this one: from the one until before the other."""
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(days=7), monday
