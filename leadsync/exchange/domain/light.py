"""Who listens to the other department: a light for each marketer and quarter. No framework.

Quarters are calendar quarters of the company's zone; their last third is their third month.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_NAME = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Light(StrEnum):
    """What the light says."""

    GREEN = "green"  # as many calls heard as agreed
    AMBER = "amber"  # the last third of the quarter has begun, and not
    RED = "red"  # the quarter is over, or none was heard in the previous one, and not
    NONE = "none"  # not yet, and there is time


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """One quarter of a year, 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter that holds the day."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @classmethod
    def named(cls, text: str) -> "Quarter | None":
        """The quarter written like "2026-Q4"; None for anything else, and for years that nobody means."""
        match = _NAME.fullmatch(text)
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            return None
        return cls(int(match[1]), int(match[2]))

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def last_third(self) -> date:
        """The first day of its last third: of its third month."""
        return date(self.year, self.number * 3, 1)

    @property
    def previous(self) -> "Quarter":
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year, self.number + 1) if self.number < 4 else Quarter(self.year + 1, 1)


def light(
    quarter: Quarter,
    *,
    heard: int,
    heard_before: int,
    quota: int,
    joined_at: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Light:
    """The light of one person for a quarter: `heard` calls in it, `heard_before` in the one before it.

    Who joined during a quarter, or later, is not red for it: neither when it is over, nor in the next one.
    """
    if heard >= quota:
        return Light.GREEN
    today, joined = now.astimezone(zone).date(), joined_at.astimezone(zone).date()
    if today > quarter.last:
        return Light.RED if joined < quarter.first else Light.NONE
    if today < quarter.first:
        return Light.NONE
    if not heard_before and joined < quarter.previous.first:
        return Light.RED
    return Light.AMBER if today >= quarter.last_third else Light.NONE
