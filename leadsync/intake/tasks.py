"""What the worker does for intake. It finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from leadsync.intake.forms.probing import filled
from leadsync.intake.services import probing, waiting


@shared_task(name=waiting.TASK, ignore_result=True)
def take() -> None:
    """Every minute and when messages come that are to be fetched: read what waits, make leads of it."""
    waiting.work()


@shared_task(name=probing.TASK, ignore_result=True)
def send_test_leads() -> None:
    """Every minute, and when somebody presses "Try now": prove hosted forms that are due by a test lead."""
    probing.work(fill=filled)
