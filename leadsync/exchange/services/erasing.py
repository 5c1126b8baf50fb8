"""Taking out of the log and of bookings who they were about. Called by `leadsync.privacy.services.erasing`."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model, Q

from leadsync.core.redaction import GONE, Traces
from leadsync.exchange.models import Booking, Entry

_AT_ONCE = 500


def erase(*, leads: Collection[int], traces: Traces) -> dict[str, int]:
    """Take out what was learned of these leads; elsewhere only the places that name one of them.

    A win and its applause say nothing about who it was: they stay. Returns how many rows were changed, by table.
    """
    counts = {
        "Entry": Entry.objects.filter(lead__in=leads).exclude(learned=GONE).update(learned=GONE)
        + _redacted(Entry, ["learned"], traces),
        "Booking": _redacted(Booking, ["note", "reason"], traces),
    }
    return {table: count for table, count in counts.items() if count}


def _redacted(model: type[Model], columns: list[str], traces: Traces) -> int:
    """Take these people out of texts about something else."""
    if not traces:
        return 0
    names = Q(*((f"{column}__iregex", traces.pattern) for column in columns), _connector=Q.OR)
    rows: list[Any] = []
    for row in model._default_manager.filter(names).only("pk", *columns):
        before = [getattr(row, column) for column in columns]
        after = [traces.without(text) for text in before]
        if before != after:
            for column, text in zip(columns, after, strict=True):
                setattr(row, column, text)
            rows.append(row)
    return model._default_manager.bulk_update(rows, columns, batch_size=_AT_ONCE)
