"""What the worker does for intake. It finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from leadsync.intake.services import waiting


@shared_task(name=waiting.TASK, ignore_result=True)
def take() -> None:
    """Every minute and when messages come that are to be fetched: read what waits, make leads of it."""
    waiting.work()
