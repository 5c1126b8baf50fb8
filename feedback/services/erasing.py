"""Taking out of questions and disputes who they were about. Called by `leadsync.privacy.services.erasing`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Model, Q, QuerySet

from feedback.models import Decision, Dispute, Question, Reply
from feedback.services.watching_questions import KIND
from leadsync.core import db
from leadsync.core.redaction import GONE, Traces
from leadsync.notices.erasing import mentioning
from leadsync.notices.models import Alert

_AT_ONCE = 500


def urls_of(leads: Collection[int]) -> set[str]:
    """The addresses of pages that are about these leads alone: what notices of them link to."""
    questions = Question.objects.filter(lead__in=leads).values_list("pk", flat=True)
    disputes = Dispute.objects.filter(lead__in=leads).values_list("pk", flat=True)
    return {f"/questions/{pk}/" for pk in questions} | {f"/disputes/{pk}/" for pk in disputes}


def erase(*, leads: Collection[int], traces: Traces, at: datetime) -> dict[str, int]:
    """Take out all words about these leads, and close what waits for an answer that nobody can give any more.

    Elsewhere only the places go that name one of them. Returns how many rows were changed, by table.
    """
    questions = Question.objects.filter(lead__in=leads)
    disputes = Dispute.objects.filter(lead__in=leads)
    questions.filter(closed_at=None).update(closed_at=at)
    disputes.filter(state=Dispute.State.OPEN).update(state=Dispute.State.WITHDRAWN, ended_at=at)
    counts = {
        "Question": questions.update(text=GONE, facts={}),
        "Reply": Reply.objects.filter(question__in=questions.values("pk")).update(text=GONE),
        "Dispute": disputes.update(text=GONE),
        "Decision": Decision.objects.filter(dispute__in=disputes.values("pk"))
        .exclude(note="")
        .update(note=""),
    }
    _let_alerts_go(questions, at)
    counts["Question"] += _redacted(Question, "text", traces) + _without_cohorts(traces)
    counts["Reply"] += _redacted(Reply, "text", traces)
    return {table: count for table, count in counts.items() if count}


def _let_alerts_go(questions: QuerySet[Question], at: datetime) -> None:
    """Alerts about these questions repeat their words: they go, and what is closed is past due no more."""
    subjects = [str(pk) for pk in questions.values_list("pk", flat=True)]
    alerts = (
        Alert.objects.filter(kind=KIND, subject__in=db.among(subjects)) if subjects else Alert.objects.none()
    )
    alerts.update(context={})
    alerts.filter(resolved_at=None).update(resolved_at=at)


def _without_cohorts(traces: Traces) -> int:
    """Forget how leads were searched where that names somebody: what was counted when it was asked stays."""
    rows: list[Question] = []
    for question in mentioning(Question.objects.exclude(cohort={}), "cohort", traces):
        words = [value for _name, value in parse_qsl(question.cohort.get("query", ""))]
        if traces.found_in(words) or traces.found_in(question.cohort.get("words", "")):
            question.cohort = {"query": "", "words": "", "is_erased": True}
            rows.append(question)
    return Question.objects.bulk_update(rows, ["cohort"], batch_size=_AT_ONCE)


def _redacted(model: type[Model], column: str, traces: Traces) -> int:
    """Take these people out of texts about something else."""
    if not traces:
        return 0
    rows: list[Any] = []
    for row in model._default_manager.filter(Q(**{f"{column}__iregex": traces.pattern})).only("pk", column):
        text = getattr(row, column)
        if (left := traces.without(text)) != text:
            setattr(row, column, left)
            rows.append(row)
    return model._default_manager.bulk_update(rows, [column], batch_size=_AT_ONCE)
