"""What the worker does with messages that wait: claimed, so that two workers never do the same; safe after a crash."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from leadsync.core import db
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import fetching, inbox

TASK: Final = "intake.take"
BATCH: Final = 200
FETCHED_AT_ONCE: Final = 10
# Longer than a batch takes, the time-outs of Meta included: nobody else takes what is being worked on.
LEASE: Final = timedelta(minutes=5)
MOST_BATCHES: Final = 50  # of one run; the next tick goes on


def work(*, at: datetime | None = None) -> int:
    """Take what is due; how many messages were worked on."""
    done = 0
    for _n in range(MOST_BATCHES):
        now = at or db.now()
        ids = _claim(_due(now).exclude(source__kind=Source.Kind.META), BATCH, now)
        if ids:
            inbox.take_each(ids=ids, at=at)
        fetched = _claim(_due(now).filter(source__kind=Source.Kind.META), FETCHED_AT_ONCE, now)
        for payload in Payload.objects.filter(pk__in=fetched).select_related("source__campaign"):
            if fetching.fetch(payload, at=at):
                inbox.take_each(ids=[payload.pk], at=at)
        done += len(ids) + len(fetched)
        if not ids and not fetched:
            break
    return done


def _due(now: datetime) -> QuerySet[Payload]:
    return Payload.objects.filter(
        state=Payload.State.WAITING, source__isnull=False, source__is_on=True, next_try_at__lte=now
    )


@transaction.atomic
def _claim(rows: QuerySet[Payload], most: int, now: datetime) -> list[int]:
    """The messages that have been due the longest; nobody else gets them while the lease runs."""
    free = db.claimable(rows.only("pk").order_by("next_try_at", "pk"))
    ids = [one.pk for one in free[:most]]
    if ids:
        due = Payload.objects.filter(pk__in=db.among(ids))
        due.update(attempts=F("attempts") + 1, next_try_at=now + LEASE)
    return ids
