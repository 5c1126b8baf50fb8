"""What stands on an agenda, in which order, and what a decision about it begins with. No framework."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from leadsync.core.businesstime import WorkCalendar

ALONE: Final = 3  # so many of one kind are a point each; more are one point together
NAMED: Final = 8  # of those together so many are named, the costliest first
WORKING_DAYS: Final = 5  # a decision is due so many working days later where no next meeting is planned
LONGEST_SUBJECT: Final = 160

# Alerts for administrators alone: a joint meeting can do nothing about them.
FOR_ADMINISTRATORS: Final = frozenset(
    {"rollup_difference", "webhook_failing", "source_token", "mails_given_up"}
)
# Alerts that stand on the agenda in another shape, or that the meeting itself settles.
ELSEWHERE: Final = frozenset({"decision_overdue", "no_meeting"})
SKIPPED: Final = FOR_ADMINISTRATORS | ELSEWHERE

PROBLEM: Final = "problem"
NEED: Final = "need"
ALERT: Final = "alert"
DISPUTE: Final = "dispute"
DECISION: Final = "decision"
HANDED_IN: Final = frozenset({PROBLEM, NEED})

ALL: Final = "*"  # the subject of several of one kind together


@dataclass(frozen=True, slots=True)
class Item:
    """One point, written down or not yet: an open fact, or what somebody handed in (`own` is the number of its row, `by`
    and `author` who it was, nothing where they said no name).

    `cost_minutes` is what it takes of people's working time while it stands, `at` since when it does. `subjects` are
    the alerts or disputes it stands for.
    """

    source: str
    subject: str
    at: datetime
    kind: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    text: str = ""
    cost_minutes: int = 0
    own: int | None = None
    by: int | None = None
    author: str = ""

    @property
    def key(self) -> str:
        """By what forms name it; the same before and after the meeting begins."""
        return f"own:{self.own}" if self.own is not None else f"{self.source}:{self.subject}"

    @property
    def is_several(self) -> bool:
        """Whether it stands for several facts of one kind."""
        return self.source in {ALERT, DISPUTE} and self.subject.endswith(f":{ALL}")

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects of all facts it stands for."""
        return tuple(self.context.get("subjects", ())) if self.is_several else (self.subject,)


def subject_of(kind: str, subject: str) -> str:
    """The subject of a point about an alert or a dispute: with its kind, as one subject may have alerts of several."""
    whole = f"{kind}:{subject}"
    return whole if len(whole) <= LONGEST_SUBJECT else f"{kind}:{sha256(subject.encode()).hexdigest()}"


def in_order(items: Iterable[Item]) -> list[Item]:
    """By what it costs, the most first; of the same cost the oldest first."""
    return sorted(items, key=lambda one: (-one.cost_minutes, one.at, one.key))


def together(items: Iterable[Item]) -> list[Item]:
    """More than `ALONE` facts of one kind become one point, as old as the oldest; it costs as much as all of them."""
    by_kind: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        by_kind.setdefault((item.source, item.kind), []).append(item)
    found: list[Item] = []
    for (source, kind), some in by_kind.items():
        found += [_one(source, kind, in_order(some))] if _belong_together(source, some) else some
    return found


def _belong_together(source: str, some: Sequence[Item]) -> bool:
    return source in {ALERT, DISPUTE} and len(some) > ALONE


def _one(source: str, kind: str, some: Sequence[Item]) -> Item:
    return Item(
        source=source,
        subject=subject_of(kind, ALL),
        at=min(one.at for one in some),
        kind=kind,
        context={
            "count": len(some),
            "subjects": [one.subject for one in some],
            "named": [
                {"context": dict(one.context), "url": one.url, "subject": one.subject} for one in some[:NAMED]
            ],
        },
        cost_minutes=sum(one.cost_minutes for one in some),
    )


def due_on(*, today: date, next_on: date | None, calendar: WorkCalendar) -> date:
    """Until when a decision is done where nobody says otherwise.

    The last working day before the next meeting, so that the meeting hears how it went; without a next meeting, or
    where none lies between, five working days from today.
    """
    if next_on is not None:
        day = next_on - timedelta(days=1)
        while day > today and not calendar.is_working_day(day):
            day -= timedelta(days=1)
        if day > today:
            return day
    return calendar.add_working_days(today, WORKING_DAYS)


def next_step(text: str, marker: str) -> str:
    """The sentence behind "Next step:" in the words of a notice; "" where none is named."""
    _before, found, after = text.rpartition(marker)
    step = after.strip() if found else ""
    first, end, _rest = step.partition(". ")
    step = first + "." if end else step
    return step[:1].upper() + step[1:]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where one stands among the points: from 1, of how many, with the keys before and after."""

    number: int
    count: int
    before: str
    after: str


def neighbours(keys: Sequence[str], key: str) -> Neighbours:
    """Where `key` stands; the first where it is not among them."""
    place = keys.index(key) if key in keys else 0
    return Neighbours(
        place + 1,
        len(keys),
        keys[place - 1] if place else "",
        keys[place + 1] if place + 1 < len(keys) else "",
    )
