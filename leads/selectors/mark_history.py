"""The history of marks of one lead: each with the definition as it stood and what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leads.domain.definition import CriterionTerms
from leads.domain.terms import Terms
from leads.models import Criterion, Mark
from leads.selectors.agreement import criterion_terms
from leads.selectors.answer_words import value_words
from leads.selectors.timeline import is_overridden, measured_words, override_words


@dataclass(frozen=True)
class MarkPoint:
    """One criterion as the lead was measured by it when it was marked."""

    question: str
    met: bool | None
    answer: str
    is_required: bool


@dataclass(frozen=True)
class MarkView:
    """One mark. `measured` says in words how the lead stood to the definition then."""

    mark: Mark
    measured: str
    override: str
    points: list[MarkPoint]


def history(marks: Sequence[Mark], terms: Terms) -> list[MarkView]:
    """The marks that `timeline.marks_of` has read, with the questions of their versions.

    One statement where some are of an older version than that of `terms`.
    """
    versions = {mark.agreement_id for mark in marks if mark.agreement_id and mark.evaluation.get("met")}
    asked: dict[int | None, list[CriterionTerms]] = (
        {terms.agreement_id: list(terms.criteria)} if terms.agreement_id in versions else {}
    )
    if older := versions - asked.keys():
        for criterion in Criterion.objects.filter(agreement_id__in=older):
            asked.setdefault(criterion.agreement_id, []).append(criterion_terms(criterion))
    return [
        MarkView(
            mark=mark,
            measured=measured_words(mark),
            override=override_words(mark) if is_overridden(mark) else "",
            points=_points(mark.evaluation, asked.get(mark.agreement_id, [])),
        )
        for mark in marks
    ]


def _points(kept: dict[str, Any], criteria: Sequence[CriterionTerms]) -> list[MarkPoint]:
    met, answers = kept.get("met", {}), kept.get("answers", {})
    return [
        MarkPoint(
            question=criterion.question,
            met=met.get(criterion.key),
            answer=value_words(criterion, answers.get(criterion.key)),
            is_required=criterion.is_required,
        )
        for criterion in criteria
        if criterion.key in met
    ]
