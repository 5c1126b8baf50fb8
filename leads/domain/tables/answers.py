"""Cells as answers to the definition's questions. ``read_answer`` is the rule; here are only a table's habits."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from leads.domain.definition import BadAnswer, CriterionKind, CriterionTerms, read_answer

from .codes import ProblemCode
from .columns import Match, header_words
from .model import Fault
from .text import EMPTY_WORDS, clean_lines, is_empty

type Answer = str | bool
type AnswerReader = Callable[[str], Answer | Fault | None]

_FEW = 3
_FAULTS = {
    CriterionKind.YES_NO: ProblemCode.BOOLEAN_UNREADABLE,
    CriterionKind.NUMBER: ProblemCode.NUMBER_UNREADABLE,
    CriterionKind.COUNTRY: ProblemCode.COUNTRY_UNKNOWN,
}


def reader_of(criterion: CriterionTerms) -> AnswerReader:
    """What a cell answers: None where it says nothing, a fault where it can be no answer."""
    kind = CriterionKind(criterion.kind)

    def read(cell: str) -> Answer | Fault | None:
        text = clean_lines(cell)
        says_nothing = is_empty(text, words=EMPTY_WORDS)
        # "нет" is an empty cell of most columns, and the answer no to a question.
        if not text or (says_nothing and kind is not CriterionKind.YES_NO):
            return None
        try:
            found: Answer = read_answer(
                criterion, text, group="." if "." in text and "," not in text else ","
            )
        except BadAnswer:
            if says_nothing:
                return None
            if len(text) > 500:
                return Fault(ProblemCode.TEXT_TOO_LONG, {"length": len(text), "limit": 500})
            return Fault(_FAULTS.get(kind, ProblemCode.ANSWER_UNREADABLE))
        return found

    return read


def recognised(
    matches: Sequence[Match],
    criteria: Sequence[CriterionTerms],
    sample_rows: Iterable[Sequence[str]] = (),
) -> dict[int, str]:
    """The criterion's key by column whose name is the question or the key; what is a field of the lead stays one.

    A column whose cells in the sample are mostly no answers of the criterion's kind is not suggested: amounts under
    "Budget" are no yes or no.
    """
    named: dict[str, CriterionTerms] = {}
    for criterion in criteria:
        for name in (criterion.question, criterion.key):
            named.setdefault(header_words(name), criterion)
    rows = list(sample_rows)
    found: dict[int, str] = {}
    for match in matches:
        asked = named.get(header_words(match.header))
        if match.field is not None or asked is None or asked.key in found.values():
            continue
        if _fits(asked, [row[match.index] for row in rows if match.index < len(row)]):
            found[match.index] = asked.key
    return found


def _fits(criterion: CriterionTerms, cells: Sequence[str]) -> bool:
    """Whether at least half of what the cells say can be an answer; cells that say nothing do not count.

    Of a list so short that it shows no habit the name alone is believed: one cell to fix is clearer than one passed over.
    """
    read = reader_of(criterion)
    answers = [answer for cell in cells if (answer := read(cell)) is not None]
    return len(answers) < _FEW or 2 * sum(not isinstance(answer, Fault) for answer in answers) >= len(answers)


def readers_of(criteria: Sequence[CriterionTerms]) -> Mapping[str, AnswerReader]:
    """By criterion's key."""
    return {criterion.key: reader_of(criterion) for criterion in criteria}
