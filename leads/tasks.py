"""What the worker does for leads. Each task finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from leads.services import promise


@shared_task(name="leads.sweep", ignore_result=True)
def sweep() -> None:
    """Every minute: flag what is past the promise, past its next step, or silent."""
    promise.sweep()
