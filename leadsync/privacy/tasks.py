"""What the worker does about personal data, found in the database: a lost message is made good the next night."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.privacy.services import keeping


@shared_task(name="privacy.retention", ignore_result=True)
@once_every(12 * 3600)
def retention() -> None:
    """Every night: erase what is kept for long enough."""
    keeping.run()
