"""The roll-up, as beat asks for it. A message is a hint: the work is read from the database."""

from celery import shared_task
from django.utils import timezone

from leadsync.core.beats import once_every
from leadsync.kpi.selectors import estimate
from leadsync.kpi.services import monday, rollup, watching


@shared_task(name="kpi.rollup")
@once_every(20)
def roll_up() -> None:
    """Compute what changed since the last run; every 20 seconds."""
    rollup.roll_up_all()


@shared_task(name="kpi.rollup_full")
def roll_up_full() -> None:
    """Compare all facts with the tables, tell of a difference and repair it; nightly."""
    rollup.check_and_repair()


@shared_task(name="kpi.monday")
@once_every(60)
def write_monday_mails() -> None:
    """Write the mails with last week's figures, once a week; every minute."""
    monday.write()


@shared_task(name="kpi.watch")
@once_every(60)
def watch() -> None:
    """Alerts about drought, overload and the plan; the estimate of the month's end once an hour; every minute."""
    watching.watch()
    estimate.keep_fresh(timezone.now())
