"""What a draft of the definition would have done with leads that are known already (domain.md, Agreement).

A lead meets a definition, does not meet it (and cannot any more), or cannot be judged: too little is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from leads.domain.definition import CriterionTerms, Evaluation, is_met

THIN: Final = 30  # fewer cases say little, and are marked
MONTHS: Final = 3  # the last so many full months, unless another period is asked for
LONGEST: Final = timedelta(days=5 * 365 + 2)
EARLIEST: Final = date(1900, 1, 1)  # days before are slips of the keyboard, and no zone shifts them safely
CENT: Final = Decimal("0.01")


class Verdict(StrEnum):
    """How a lead measures up by one version."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


def verdict(found: Evaluation) -> Verdict:
    """The three-valued verdict of an evaluation."""
    if found.is_met:
        return Verdict.MET
    return Verdict.UNKNOWN if found.can_still_be_met else Verdict.NOT_MET


def last_full_months(today: date, count: int = MONTHS) -> tuple[date, date]:
    """First and last day of the `count` full months before today's."""
    last = today.replace(day=1) - timedelta(days=1)
    months = last.year * 12 + last.month - count
    return date(months // 12, months % 12 + 1, 1), last


# ------------------------------------------------------------------------------------------------ measuring


@dataclass(frozen=True, slots=True)
class Share:
    """What one answer adds to a lead's measure: required criteria met and failed, points reached and lost."""

    met: int = 0
    failed: int = 0
    points: int = 0
    lost: int = 0


def share(criterion: CriterionTerms, value: Any) -> Share:
    """What this answer to this criterion adds; nothing where it cannot be judged."""
    answer = is_met(criterion, value)
    if answer is None:
        return Share()
    if criterion.is_required:
        return Share(met=1) if answer else Share(failed=1)
    return Share(points=criterion.points) if answer else Share(lost=criterion.points)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a version asks of a lead, kept with the test: an edit meanwhile does not mix two wordings."""

    criteria: tuple[CriterionTerms, ...] = ()
    points_needed: int = 0

    @property
    def required(self) -> int:
        """How many criteria have to be met."""
        return sum(one.is_required for one in self.criteria)

    @property
    def possible(self) -> int:
        """The points that can be reached at all."""
        return sum(one.points for one in self.criteria if not one.is_required)

    def by_key(self) -> dict[str, CriterionTerms]:
        """The criteria by their keys."""
        return {one.key: one for one in self.criteria}

    def as_json(self) -> dict[str, Any]:
        """All that decides a verdict: neither the wording of a question nor its place does."""
        return {
            "points_needed": self.points_needed,
            "criteria": [
                {
                    "key": one.key,
                    "kind": str(one.kind),
                    "threshold": None if one.threshold is None else str(one.threshold.normalize()),
                    "choices": list(one.choices),
                    "is_required": one.is_required,
                    "points": one.points,
                }
                for one in sorted(self.criteria, key=lambda one: one.key)
            ],
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        """The way back of `as_json`."""
        return cls(
            criteria=tuple(
                CriterionTerms(
                    key=one["key"],
                    question="",
                    kind=one["kind"],
                    threshold=None if one["threshold"] is None else Decimal(one["threshold"]),
                    choices=tuple(one["choices"]),
                    is_required=one["is_required"],
                    points=one["points"],
                )
                for one in stored.get("criteria", ())
            ),
            points_needed=stored.get("points_needed", 0),
        )


# ------------------------------------------------------------------------------------------------ the result


@dataclass(frozen=True, slots=True)
class Group:
    """Leads with the same verdict: how many, how many of them are won and still open, what was won.

    `priced` counts the won leads whose amount is known.
    """

    leads: int = 0
    won: int = 0
    open: int = 0
    priced: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: Self) -> "Group":
        return Group(
            self.leads + other.leads,
            self.won + other.won,
            self.open + other.open,
            self.priced + other.priced,
            self.amount + other.amount,
        )

    @property
    def win_rate(self) -> Decimal | None:
        """The share of these leads that is won by now; None of none."""
        return Decimal(self.won) / self.leads if self.leads else None

    @property
    def average(self) -> Decimal | None:
        """The average amount of those won; None where no amount is known."""
        return (self.amount / self.priced).quantize(CENT) if self.priced else None

    @property
    def is_thin(self) -> bool:
        """Whether the win rate stands on few leads."""
        return 0 < self.leads < THIN

    @property
    def is_average_thin(self) -> bool:
        """Whether the average stands on few amounts."""
        return 0 < self.priced < THIN


NOBODY: Final = Group()


@dataclass(frozen=True, slots=True)
class Result:
    """The leads by their verdict before and after: version in force, draft."""

    cells: Mapping[tuple[Verdict, Verdict], Group]

    def cell(self, before: Verdict | str, after: Verdict | str) -> Group:
        """The leads with these two verdicts."""
        return self.cells.get((Verdict(before), Verdict(after)), NOBODY)

    def by_old(self, wanted: Verdict) -> Group:
        """The leads with this verdict by the version in force."""
        return _sum(group for (before, _after), group in self.cells.items() if before == wanted)

    def by_new(self, wanted: Verdict) -> Group:
        """The leads with this verdict by the draft."""
        return _sum(group for (_before, after), group in self.cells.items() if after == wanted)

    @property
    def total(self) -> int:
        """All leads measured."""
        return _sum(self.cells.values()).leads

    @property
    def more(self) -> int:
        """Leads that would have counted and did not."""
        return self.by_new(Verdict.MET).leads - self.cell(Verdict.MET, Verdict.MET).leads

    @property
    def fewer(self) -> int:
        """Leads that counted and would not have."""
        return self.by_old(Verdict.MET).leads - self.cell(Verdict.MET, Verdict.MET).leads

    def as_json(self) -> list[dict[str, Any]]:
        """What is stored with the test; amounts as text."""
        return [
            {
                "before": before.value,
                "after": after.value,
                "leads": group.leads,
                "won": group.won,
                "open": group.open,
                "priced": group.priced,
                "amount": str(group.amount),
            }
            for (before, after), group in self.cells.items()
        ]

    @classmethod
    def of_json(cls, stored: Iterable[Mapping[str, Any]]) -> Self:
        """The way back of `as_json`."""
        return cls(
            {
                (Verdict(one["before"]), Verdict(one["after"])): Group(
                    one["leads"], one["won"], one["open"], one["priced"], Decimal(one["amount"])
                )
                for one in stored
            }
        )


def _sum(groups: Iterable[Group]) -> Group:
    return sum(groups, start=NOBODY)
