"""What the worker does for campaigns. It finds its work in the database: lost or doubled messages do no harm."""

from celery import shared_task

from campaigns.services import checks, point_alerts, proofs
from leadsync.core.beats import once_every


@shared_task(name=proofs.CHECKS, ignore_result=True)
def check_points() -> None:
    """Every minute, and when somebody presses "Try now": try the contact points that are due."""
    checks.work()


@shared_task(name="campaigns.watch", ignore_result=True)
@once_every(60)
def watch() -> None:
    """Every minute: open and resolve the alerts about contact points."""
    point_alerts.watch()
