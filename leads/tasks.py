"""What the worker does for leads. Each task finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from leads.services import agreements, backtest, imports, lookalikes, promise, unroutable, upkeep, watching
from leadsync.core.beats import once_every


@shared_task(name="leads.sweep", ignore_result=True)
@once_every(60)
def sweep() -> None:
    """Every minute: flag what is past the promise, past its next step, or silent."""
    promise.sweep()


@shared_task(name="leads.upkeep", ignore_result=True)
@once_every(60)
def look_after() -> None:
    """Every minute: measure first contacts, hand over the leads of who left, tell of reps who are away."""
    upkeep.run()


@shared_task(name="leads.route_again", ignore_result=True)
@once_every(60)
def route_again() -> None:
    """Every minute: hand over what found nobody, once somebody is there with room."""
    unroutable.route_again()


@shared_task(name="leads.resume_imports", ignore_result=True)
def resume_imports() -> None:
    """Every minute and when a long list comes: look through long lists, save what waits or was interrupted."""
    imports.resume_all()


@shared_task(name=backtest.TASK, ignore_result=True)
def agreement() -> None:
    """Every minute and when a back-test is asked for: remind who has not signed, go on with back-tests."""
    agreements.remind()
    backtest.resume_all()


@shared_task(name="leads.lookalikes", ignore_result=True)
@once_every(60)
def find_lookalikes() -> None:
    """Every minute: leads that are new or edited, and may be the same as others."""
    lookalikes.look()


@shared_task(name="leads.watch", ignore_result=True)
@once_every(60)
def watch() -> None:
    """Every minute: alerts about promises and the agreement."""
    watching.watch()


@shared_task(name="leads.watch_work", ignore_result=True)
@once_every(600)
def watch_work() -> None:
    """Every ten minutes: alerts that count the leads in work, which takes longer and changes by the day."""
    watching.watch_work()
