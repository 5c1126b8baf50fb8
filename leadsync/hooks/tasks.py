"""What beat starts for outgoing webhooks. Each task reads the database and may run twice, at once, or after a crash."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.hooks.services import delivering, log, pickup


@shared_task(name="hooks.deliver")
@once_every(20)
def deliver() -> None:
    """Write down what is new for other programs, and bring out what is due."""
    pickup.pick_up()
    delivering.send()


@shared_task(name="hooks.housekeeping")
@once_every(3_600)
def tidy() -> None:
    """Throw away what was sent a month ago."""
    log.tidy()
