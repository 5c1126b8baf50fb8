"""What campaigns are told from above: how long a proof counts, as agreed, and what a channel's leads take of sales.

The agreement and leads stand above campaigns, so they register themselves here at start, as the company's currency does
in `leadsync.core.money`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

type FreshDays = Callable[[], int]
type MinutesADay = Callable[[Collection[int], datetime], Mapping[int, int]]

DEFAULT_DAYS = 7

_fresh_days: FreshDays | None = None
_minutes_a_day: MinutesADay | None = None


def register(fresh_days: FreshDays, minutes_a_day: MinutesADay) -> None:
    """Tell where the agreed days come from, and the sales minutes a day per channel (by id). Called once, at start."""
    global _fresh_days, _minutes_a_day
    _fresh_days, _minutes_a_day = fresh_days, minutes_a_day


def fresh_days() -> int:
    """For how many days a proof counts, as agreed."""
    return _fresh_days() if _fresh_days else DEFAULT_DAYS


def minutes_a_day(channels: Collection[int], now: datetime) -> Mapping[int, int]:
    """Minutes of sales a day that went into the leads of these channels of late; 0 for those that are not named."""
    return _minutes_a_day(channels, now) if _minutes_a_day and channels else {}
