"""What beat starts for notices. Each task reads the database and may run twice, at once, or after a crash."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.notices import delivery, housekeeping, news, outbox


@shared_task(name="notices.deliver")
@once_every(20)
def deliver() -> None:
    """Write the mails whose time has come and send what is due."""
    delivery.compose()
    delivery.send_waiting()


@shared_task(name="notices.tell_company")
@once_every(20)
def tell_company() -> None:
    """Write the message for the company's webhook when there is news, and bring out what waits."""
    news.compose()
    news.send()


@shared_task(name="notices.housekeeping")
@once_every(3_600)
def tidy() -> None:
    """Throw away what nobody needs any more."""
    housekeeping.tidy()


@shared_task(name="notices.watch")
@once_every(60)
def watch() -> None:
    """Alert who looks after the installation to messages that were given up."""
    outbox.watch()
