"""Questions past due: an alert each while they wait, and a notice once to who should answer and to their head."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse

from feedback.models import Question
from feedback.selectors import answerers, questions
from feedback.services.questions import about
from leadsync.accounts.roles import Side
from leadsync.accounts.selectors import company_calendar
from leadsync.core import db
from leadsync.notices import services as notices
from leadsync.notices import watching
from leadsync.notices.models import Alert
from leadsync.notices.services import NewNotice
from leadsync.notices.watching import Fact

KIND = "question_overdue"
SHOWN = 160  # characters of the question


def settle_overdue(*, at: datetime | None = None) -> tuple[int, int]:
    """Bring the alerts about questions past due in line with the facts; how many were opened and how many resolved.

    What it costs is the working time since the answer was due: so long somebody waits.
    """
    return watching.settle(KIND, _find, at=at, tell=lambda opened, _resolved: _tell(opened, at))


def _find(now: datetime) -> Iterator[Fact]:
    rows = list(questions.overdue(now))
    if not rows:
        return
    calendar = company_calendar(since=rows[0].due_at.date())
    for question in rows:
        minutes = round(calendar.between(question.due_at, now) / 60)
        yield Fact(
            subject=str(question.pk),
            context={
                "asker": question.asker.name,
                "answerer": question.answerer.name,
                "question": question.text[:SHOWN],
                **about(question),
                "due_at": question.due_at.isoformat(),
                "minutes": minutes,
            },
            url=reverse("feedback:question", args=[question.pk]),
            cost_minutes=minutes,
        )


def _tell(opened: Sequence[Alert], at: datetime | None) -> None:
    """Once for each time that an answer was due; the morning mail carries it."""
    if not opened:
        return
    ids = [int(alert.subject) for alert in opened]
    rows = (
        Question.objects.filter(pk__in=db.among(ids))
        .select_related("answerer")
        .prefetch_related("answerer__groups")
    )
    by_pk = {question.pk: question for question in rows}
    heads = {side: answerers.heads_of(side) for side in (Side.SALES, Side.MARKETING)}
    told = []
    for alert in opened:
        question = by_pk[int(alert.subject)]
        key = f"{KIND}:{question.pk}:{question.due_at.isoformat()}"
        context = {name: value for name, value in alert.context.items() if name != "minutes"}
        told += [
            NewNotice(KIND, recipient, key, context, alert.url)
            for recipient in sorted({question.answerer_id, *heads.get(question.answerer.side, ())})
        ]
    notices.put_many(told, at=at)
