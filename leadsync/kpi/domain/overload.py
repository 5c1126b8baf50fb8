"""More first contacts are due than there is time for them.

Worked through by deadline, which is the order in which most deadlines can be kept (earliest deadline first): a promise
is lost where all that is due until then takes longer than the working time that is left until then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

ENOUGH = 20  # first contacts from which a rep's own time for one is taken
DEFAULT_SECONDS = 15 * 60.0  # what one takes where too few are known


@dataclass(frozen=True, slots=True)
class Job:
    """A first contact: until when, the working time that is left until then, and how long it takes."""

    key: int
    due_at: datetime
    left_seconds: float
    needs_seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Promises that cannot be kept, in the order of their deadlines, and the most working time that is short."""

    missed: tuple[Job, ...] = ()
    short_seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        return bool(self.missed)


def check(jobs: Iterable[Job], now: datetime) -> Load:
    """What cannot be kept of promises that are not past yet. What is past waits in front, and takes its time too."""
    needed, short = 0.0, 0.0
    missed: list[Job] = []
    for job in sorted(jobs, key=lambda one: (one.due_at, one.key)):
        needed += job.needs_seconds
        lacking = needed - job.left_seconds
        if job.due_at > now and lacking > 0:
            missed.append(job)
            short = max(short, lacking)
    return Load(tuple(missed), short)


def seconds_each(minutes: int, contacts: int) -> float:
    """What a first contact takes of a rep whose last ones took so many minutes together."""
    return minutes * 60 / contacts if contacts >= ENOUGH and minutes > 0 else DEFAULT_SECONDS
