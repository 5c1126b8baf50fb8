"""What the worker does for leads. Each task finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from leads.services import imports, promise
from leadsync.core.beats import once_every


@shared_task(name="leads.sweep", ignore_result=True)
@once_every(60)
def sweep() -> None:
    """Every minute: flag what is past the promise, past its next step, or silent."""
    promise.sweep()


@shared_task(name="leads.resume_imports", ignore_result=True)
def resume_imports() -> None:
    """Every minute and when a long list comes: look through long lists, save what waits or was interrupted."""
    imports.resume_all()
