"""The last full week in figures, for the mail that directors get on Monday."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from feedback.models import Dispute, Question
from leads.models import Handoff
from leadsync.kpi.models import DayFact
from leadsync.kpi.selectors.dashboard import FIGURES, Figures

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """A week and the one before it, from Monday to Sunday in days of the company's zone."""

    first: date
    total: Figures
    before: Figures

    @property
    def last(self) -> date:
        return self.first + WEEK - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits for somebody now."""

    past_promise: int
    open_questions: int
    overdue_questions: int
    disputes: int


def last_week(monday: date) -> Week:
    """Facts of the week before `monday` and of the one before that. One query."""
    first = monday - WEEK
    spans = {
        "total": Q(on__gte=first, on__lt=monday),
        "before": Q(on__gte=first - WEEK, on__lt=first),
    }
    sums: dict[str, Any] = DayFact.objects.filter(on__gte=first - WEEK, on__lt=monday).aggregate(
        **{
            f"{name}_{span}": Sum(
                name, filter=which, default=Decimal(0) if name in {"revenue", "spend"} else 0
            )
            for span, which in spans.items()
            for name in FIGURES
        }
    )
    return Week(
        first, **{span: Figures(**{name: sums[f"{name}_{span}"] for name in FIGURES}) for span in spans}
    )


def standing(now: datetime) -> Standing:
    """What waits now. Three queries."""
    questions = Question.objects.filter(closed_at=None)
    return Standing(
        past_promise=Handoff.objects.open().overdue(now).filter(lead__is_test=False).count(),
        open_questions=questions.count(),
        overdue_questions=questions.filter(answered_at=None, due_at__lt=now).count(),
        disputes=Dispute.objects.filter(state=Dispute.State.OPEN).count(),
    )
