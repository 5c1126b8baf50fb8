"""What the worker does for the exchange. Each task finds its work in the database, so it may run twice or late."""

from celery import shared_task

from leadsync.core.beats import once_every
from leadsync.exchange.services import digest, watching, wins


@shared_task(name="exchange.wins", ignore_result=True)
@once_every(60)
def keep_wins() -> None:
    """Every minute: write a win for each lead that is won, and follow what became of them."""
    wins.keep()


@shared_task(name="exchange.digest", ignore_result=True)
@once_every(60)
def write_digest() -> None:
    """Every minute: write the mails with the wins of the week, once their time has come."""
    digest.write()


@shared_task(name="exchange.watch", ignore_result=True)
@once_every(600)
def watch() -> None:
    """Every ten minutes: the alert that marketers heard no call, and authors of ideas whose campaign passed its gate."""
    watching.run()
    watching.tell_authors()
