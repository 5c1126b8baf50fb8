"""What beat starts for meetings. Each task reads the database and may run twice, at once, or after a crash."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.meetings.services import decisions, planning, watching

# What stands and needs somebody: each function keeps one kind of alert.
WATCHED = (watching.no_meeting, decisions.watch)


@shared_task(name="meetings.plan", ignore_result=True)
@once_every(60)
def plan() -> None:
    """Every minute: the meetings of the weeks ahead, as rules, days off and the zone say now."""
    planning.run()


@shared_task(name="meetings.watch", ignore_result=True)
@once_every(60)
def watch() -> None:
    """Every minute: alerts about meetings follow the facts."""
    for keep in WATCHED:
        keep()
