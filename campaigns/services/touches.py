"""Hints for the roll-up: which campaign's figures changed, and at what instant or on what day."""

from collections.abc import Iterable
from datetime import date, datetime

from campaigns.models import Touch

BATCH = 5_000


def touch(pairs: Iterable[tuple[int, datetime | date | None]]) -> None:
    """Note that figures of these campaigns changed at these instants or on these days; None is passed over.

    To be called in the transaction of the change. Instants are cut to the quarter of an hour, which
    every zone's midnight keeps to: a batch of a thousand leads leaves a few rows.
    """
    seen: set[tuple[int, datetime | date]] = set()
    for campaign_id, when in pairs:
        if when is None:
            continue
        if isinstance(when, datetime):
            when = when.replace(minute=when.minute - when.minute % 15, second=0, microsecond=0)
        seen.add((campaign_id, when))
    if seen:
        Touch.objects.bulk_create(
            (
                Touch(campaign_id=campaign_id, at=when)
                if isinstance(when, datetime)
                else Touch(campaign_id=campaign_id, on=when)
                for campaign_id, when in seen
            ),
            batch_size=BATCH,
        )
