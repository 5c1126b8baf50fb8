"""What the worker does for feedback. Each task finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from feedback.services import disputes, pieces
from leadsync.core.beats import once_every


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
