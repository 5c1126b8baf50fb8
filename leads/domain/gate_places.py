"""Where a lead stands in its campaign's gate, and until when sales' verdict on it is due."""

from datetime import datetime, timedelta

from leadsync.core.businesstime import WorkCalendar


def place(number: int | None, *, first: int, size: int) -> int | None:
    """The place (1 … size) of a lead with this number in the round that begins with `first`; None outside of it."""
    if number is None or not first <= number < first + size:
        return None
    return number - first + 1


def is_certain(*, good: int, bad: int, size: int, needed: int) -> bool:
    """Whether marks so far decide a gate, whatever the rest of its leads becomes: then nobody waits for more of them."""
    return good >= needed or size - bad < needed


def verdict_due(handed_off_at: datetime, *, hours: int, calendar: WorkCalendar) -> datetime:
    """Until when a lead of the gate is to be marked: `hours` of the rep's working time after the first handoff.

    Handing it to somebody else does not begin it anew: marketing waits since the first.
    """
    return calendar.add(handed_off_at, timedelta(hours=hours))
