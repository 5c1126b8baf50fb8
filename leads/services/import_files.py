"""Files of lists hold personal data: they are removed by age, with what was typed into them.

What a list brought, its counts and its rows that were not saved stay; none of it needs the file.
"""

from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from leads.domain.tables import TableError
from leads.models import Import
from leads.selectors import imports as selectors
from leadsync.core import db

AT_ONCE = 50

_OVER = (Import.State.DONE, Import.State.UNDONE, Import.State.CANCELLED)
_OPEN = (Import.State.PREVIEW, Import.State.FAILED)


def removable(now: datetime) -> QuerySet[Import]:
    """Imports whose file was kept for long enough. One that is being saved keeps it."""
    is_over = Q(state__in=_OVER, over_at__lte=now - selectors.SAVED_KEPT)
    is_left = Q(state__in=_OPEN, created_at__lte=now - selectors.UNSAVED_KEPT)
    dated = Import.objects.exclude(file="").alias(over_at=Coalesce("finished_at", "created_at"))
    return dated.filter(is_over | is_left)


@transaction.atomic
def remove_old(*, now: datetime) -> int:
    """Remove such files, some at a time: how many. Safe to run twice, and at the same time.

    A list that nobody saved is dropped; one that failed half-way stays as far as it was saved. A file is deleted once
    the transaction is through.
    """
    found = list(db.claimable(removable(now)).order_by("pk")[:AT_ONCE])
    for batch in found:
        _remove(batch, now)
    columns = ["file", "edits", "options", "scan", "state", "finished_at", "scanned_at"]
    Import.objects.bulk_update(found, columns, batch_size=AT_ONCE)
    return len(found)


def _remove(batch: Import, now: datetime) -> None:
    if "headers" not in batch.options and batch.state not in _OPEN:
        batch.options["headers"] = _headers(batch)  # those of the rows to be given back
    transaction.on_commit(partial(default_storage.delete, str(batch.file.name)))
    batch.file.name = ""
    batch.edits = {}
    batch.options["file_aged_at"] = now.isoformat()
    if "reading" in batch.options:
        batch.options["reading"] = batch.options["reading"] | {"samples": []}  # lines of the list
    batch.scan = {"rows": batch.scan.get("rows", 0)}
    if batch.state in _OPEN:
        was_started = batch.done_row > 0
        batch.state = Import.State.DONE if was_started else Import.State.CANCELLED
        batch.options["is_stopped"] = was_started
        batch.options["is_left"] = not was_started
        batch.finished_at = now
        batch.scanned_at = batch.scanned_at or now


def _headers(batch: Import) -> list[str]:
    try:
        return selectors.headers_of(batch)
    except (TableError, OSError, UnicodeError):
        return []
