"""The voice of the customer: periods, comparisons, and the one sentence that stands above the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

THIN = 30  # fewer leads than this say little (domain.md, Plan)
GREW_AT_LEAST = 3  # more leads than before, so that a growth is worth a sentence
MOST_DAYS = 3660


class Preset(StrEnum):
    """Periods that end today."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Preset.MONTH: 1, Preset.QUARTER: 3, Preset.YEAR: 12}


def _months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of the month where it has no such day."""
    number = day.year * 12 + day.month - 1 - months
    first = date(number // 12, number % 12 + 1, 1)
    following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included. `preset` says how it was asked for, None for days typed."""

    first: date
    last: date
    preset: Preset | None = None

    @classmethod
    def until(cls, today: date, preset: Preset) -> "Period":
        """The last month, three months or twelve, today included."""
        return cls(_months_before(today, _MONTHS[preset]) + timedelta(days=1), today, preset)

    @classmethod
    def of(cls, first: date, last: date) -> "Period":
        """The days typed, whichever way round; at most ten years."""
        first, last = min(first, last), max(first, last)
        return cls(max(first, last - timedelta(days=MOST_DAYS - 1)), last)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def _months(self) -> int:
        """How many months it has where it is made of whole ones, else 0."""
        after = self.last + timedelta(days=1)
        if self.first.day != 1 or after.day != 1:
            return 0
        return (after.year - self.first.year) * 12 + after.month - self.first.month

    @property
    def previous(self) -> "Period":
        """The period of the same length just before: as many months where it has whole ones, else as many days."""
        last = self.first - timedelta(days=1)
        if self._months:
            return Period(_months_before(self.first, self._months), last)
        return Period(last - timedelta(days=self.days - 1), last)

    @property
    def following(self) -> "Period":
        """The period of the same length just after."""
        first = self.last + timedelta(days=1)
        if self._months:
            return Period(first, _months_before(first, -self._months) - timedelta(days=1))
        return Period(first, first + timedelta(days=self.days - 1))


@dataclass(frozen=True, slots=True)
class Heard:
    """In how many leads one thing was heard, now and in the period before."""

    key: str
    count: int
    before: int

    @property
    def change(self) -> int:
        return self.count - self.before


def share(count: int, of: int) -> Decimal | None:
    """The part of the whole, None of nothing."""
    return Decimal(count) / Decimal(of) if of else None


class Rule(StrEnum):
    """What the sentence on top says."""

    NOTHING = "nothing"
    ONLY_WORDS = "only_words"
    FIRST = "first"  # one objection leads
    FIRST_TIED = "first_tied"
    FIRST_NEED = "first_need"  # needs were noted, objections were not


@dataclass(frozen=True, slots=True)
class Headline:
    """The rule, whom it speaks of (at most two), and what grew most besides."""

    rule: Rule
    about: tuple[Heard, ...] = ()
    grew: Heard | None = None


def headline(objections: Sequence[Heard], needs: Sequence[Heard], *, has_words: bool) -> Headline:
    """Choose the sentence: the most frequent objection, else the most frequent need, else what there is."""
    heard = sorted((one for one in objections if one.count), key=lambda one: -one.count)
    if heard:
        leaders = tuple(one for one in heard if one.count == heard[0].count)
        grew = max(heard, key=lambda one: (one.change, one.count))
        return Headline(
            Rule.FIRST if len(leaders) == 1 else Rule.FIRST_TIED,
            leaders[:2],
            grew if grew.change >= GREW_AT_LEAST and grew not in leaders else None,
        )
    wanted = sorted((one for one in needs if one.count), key=lambda one: -one.count)
    if wanted:
        return Headline(Rule.FIRST_NEED, (wanted[0],))
    return Headline(Rule.ONLY_WORDS if has_words else Rule.NOTHING)
