"""The facts of a question as they stand now, in the shape in which they were kept when it was asked."""

from typing import Any

from feedback.models import Question
from feedback.selectors import cohort, facts
from leadsync.accounts.models import User


def now(question: Question, person: User) -> dict[str, Any] | None:
    """What is true now; {} for a question about nothing in particular.

    None where it cannot be told any more: the lead was erased, or what a cohort was chosen by is gone.
    """
    if question.lead is not None:
        return facts.of_lead(question.lead) if question.lead.erased_at is None else None
    if question.campaign is not None:
        return facts.of_campaign(question.campaign)
    if not question.cohort:
        return {}
    query = question.cohort.get("query", "")
    counted = cohort.counts_of(query, person) if query else None
    return cohort.as_json(counted) if counted is not None else None
