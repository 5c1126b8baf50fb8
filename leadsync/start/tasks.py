"""What beat starts for the checklist of a new company."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.start.services import start


@shared_task(name="start.watch", ignore_result=True)
@once_every(600)
def watch() -> None:
    """Every ten minutes, until the list is over: note when all is done."""
    start.watch()
