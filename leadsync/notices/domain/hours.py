"""When mails may go out. No framework."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MORNING = time(8, 0)


def is_quiet(local: datetime, begins: int | None, ends: int | None) -> bool:
    """Whether a local time lies in the quiet hours, minutes of the day; they may go over midnight.

    Half-open, like working hours: quiet from 20:00 until 7:00 is over at 7:00. The same minute twice is no time at all.
    """
    if begins is None or ends is None or begins == ends:
        return False
    minute = local.hour * 60 + local.minute
    if begins < ends:
        return begins <= minute < ends
    return minute >= begins or minute < ends


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, as the rules for mails see it."""

    now: datetime
    local: datetime
    is_working_day: bool
    is_working_time: bool
    is_quiet: bool

    @property
    def is_open(self) -> bool:
        """What cannot wait may go."""
        return self.is_working_time and not self.is_quiet

    @property
    def is_morning_over(self) -> bool:
        """A working day has come so far that its morning mail may go."""
        return self.is_working_day and not self.is_quiet and self.local.time() >= MORNING

    def is_today(self, instant: datetime | None) -> bool:
        """Whether the instant lies on this day of the company."""
        return instant is not None and instant.astimezone(self.local.tzinfo).date() == self.local.date()

    @property
    def midnight(self) -> datetime:
        """The beginning of the company's day."""
        return self.local.replace(hour=0, minute=0, second=0, microsecond=0)


def week_of(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())
