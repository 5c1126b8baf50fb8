"""The definition of a qualified lead: criteria, and how one lead measures up. Unknown is not "not met"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from leads.domain.identity import storable
from leads.domain.tables.columns import header_words
from leads.domain.tables.countries import COUNTRY_CODES, COUNTRY_NAMES
from leadsync.core.numbers import parse_number

YES = frozenset({"yes", "y", "true", "1", "tak", "да", "on"})
NO = frozenset({"no", "n", "false", "0", "nie", "нет", "off"})


class CriterionKind(StrEnum):
    """How a criterion is answered."""

    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"
    COUNTRY = "country"
    SEGMENT = "segment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class CriterionTerms:
    """One question. `points` count only where it is not required."""

    key: str
    question: str
    kind: str = CriterionKind.YES_NO
    threshold: Decimal | None = None
    choices: tuple[str, ...] = ()
    is_required: bool = True
    points: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a lead measures up: `known` of `total` answered, `met` per key (None: unknown), `missing` keys."""

    known: int
    total: int
    met: Mapping[str, bool | None] = field(default_factory=dict)
    is_met: bool = False
    missing: tuple[str, ...] = ()
    points: int = 0
    can_still_be_met: bool = True

    def as_json(self) -> dict[str, Any]:
        """What is stored with a mark."""
        return {
            "known": self.known,
            "total": self.total,
            "met": dict(self.met),
            "is_met": self.is_met,
            "missing": list(self.missing),
            "points": self.points,
            "can_still_be_met": self.can_still_be_met,
        }


def against(
    criteria: Sequence[CriterionTerms], points_needed: int, found: Evaluation
) -> list[CriterionTerms]:
    """The criteria by which the definition can no longer be met: what is required and failed, and, where the points
    cannot be reached any more, what would have counted. Empty as long as it can be met: unknown speaks against nothing.
    """
    failed = [criterion for criterion in criteria if found.met.get(criterion.key) is False]
    possible = sum(
        criterion.points
        for criterion in criteria
        if not criterion.is_required and found.met.get(criterion.key) is not False
    )
    return [one for one in failed if one.is_required or possible < points_needed]


class BadAnswer(ValueError):
    """An answer that its criterion cannot be judged by."""


def read_answer(criterion: CriterionTerms, value: Any, *, group: str = "") -> Any:
    """The answer as it is stored: bool, decimal as text, a country's code, or text. Raises `BadAnswer`.

    Any choice or country may be an answer: whether it is among the accepted ones is judged later. A number may
    carry the criterion's unit; `group` is the character that groups thousands where the answer was typed.
    """
    if criterion.kind == CriterionKind.YES_NO:
        if isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        raise BadAnswer(criterion.key)
    text = str(value).strip()
    if not text or len(text) > 500 or storable(text) != text:
        raise BadAnswer(criterion.key)
    if criterion.kind == CriterionKind.NUMBER:
        return format(_number(criterion, value, text, group), "f")
    if criterion.kind == CriterionKind.COUNTRY:
        code = text.upper() if text.upper() in COUNTRY_CODES else COUNTRY_NAMES.get(header_words(text))
        if code is None:
            raise BadAnswer(criterion.key)
        return code
    return text


def _number(criterion: CriterionTerms, value: Any, text: str, group: str) -> Decimal:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number: Decimal | None = Decimal(str(value))
    else:
        unit = criterion.unit.strip()
        bare = text[: -len(unit)] if unit and text.casefold().endswith(unit.casefold()) else text
        number = parse_number(bare, group=group)
    if number is None or not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadAnswer(criterion.key)
    return number


def is_met(criterion: CriterionTerms, value: Any) -> bool | None:
    """Whether the answer meets the criterion; None where there is none, or none that can be judged."""
    if value is None or value == "":
        return None
    try:
        answer = read_answer(criterion, value)
    except BadAnswer:
        return None
    match criterion.kind:
        case CriterionKind.YES_NO:
            return bool(answer)
        case CriterionKind.NUMBER:
            return Decimal(answer) >= (criterion.threshold or Decimal(0))
        case CriterionKind.CHOICE | CriterionKind.COUNTRY | CriterionKind.SEGMENT:
            return answer.casefold() in {choice.casefold() for choice in criterion.choices}
        case _:
            return True


def derived(criteria: Sequence[CriterionTerms], *, country: str, segment: str) -> dict[str, str]:
    """What the lead's country and its campaign's segment answer by themselves, by the criterion's key.

    An answer that somebody gave goes before it.
    """
    given = {CriterionKind.COUNTRY: country.strip().upper(), CriterionKind.SEGMENT: segment.strip()}
    found = ((criterion.key, given.get(CriterionKind(criterion.kind), "")) for criterion in criteria)
    return {key: value for key, value in found if value}


def evaluate(
    criteria: Sequence[CriterionTerms], points_needed: int, answers: Mapping[str, Any]
) -> Evaluation:
    """Measure answers against the definition: all required criteria met, and points reaching the threshold.

    Without criteria nothing can be missed, so the definition is met once `points_needed` is 0.
    """
    met = {criterion.key: is_met(criterion, answers.get(criterion.key)) for criterion in criteria}
    required = [met[criterion.key] for criterion in criteria if criterion.is_required]
    optional = [criterion for criterion in criteria if not criterion.is_required]
    points = sum(criterion.points for criterion in optional if met[criterion.key])
    possible = sum(criterion.points for criterion in optional if met[criterion.key] is not False)
    return Evaluation(
        known=sum(value is not None for value in met.values()),
        total=len(met),
        met=met,
        is_met=all(required) and points >= points_needed,
        missing=tuple(key for key, value in met.items() if value is None),
        points=points,
        can_still_be_met=False not in required and possible >= points_needed,
    )
