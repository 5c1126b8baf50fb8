"""What the worker does for feedback. Each task finds its work in the database: lost or doubled messages do no harm."""

from collections.abc import Callable

from celery import shared_task

from feedback.services import disputes, gate_watch, pieces, watching_questions
from leadsync.core.beats import once_every

# What is compared with the facts every minute, each in transactions of its own.
WATCHED: list[Callable[[], object]] = [
    gate_watch.watch,
    watching_questions.settle_overdue,
]


@shared_task(name="feedback.settle", ignore_result=True)
@once_every(60)
def settle() -> None:
    """Every minute: end disputes about marks that sales has changed itself."""
    disputes.settle()


@shared_task(name="feedback.settle_pieces", ignore_result=True)
@once_every(60)
def settle_pieces() -> None:
    """Every minute: answer the questions whose missing piece was filled."""
    pieces.settle()


@shared_task(name="feedback.watch", ignore_result=True)
@once_every(60)
def watch() -> None:
    """Every minute: alerts and news of gates and questions follow the facts. One that fails holds up no other."""
    errors: list[Exception] = []
    for keep_true in WATCHED:
        try:
            keep_true()
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("not all was watched", errors)
