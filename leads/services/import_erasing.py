"""Taking somebody out of lists that were pasted or uploaded: the file goes, and with it every cell changed in it.

The leads that the list brought, its counts, and undoing it do not need the file.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from leads.domain.tables import TableError
from leads.models import Arrival, Import, ImportRow, LeadEvent
from leads.selectors import imports as selectors
from leadsync.core import db
from leadsync.core.errors import Conflict
from leadsync.core.redaction import Traces

RUNNING = (Import.State.WAITING, Import.State.RUNNING)


def linked(leads: Collection[int]) -> set[int]:
    """The imports that brought these leads, brought them again or changed them. To be asked before events are erased."""
    found = set(
        Arrival.objects.filter(lead__in=leads, batch__isnull=False).values_list("batch", flat=True).distinct()
    )
    named = LeadEvent.objects.filter(lead__in=leads, after__has_key="import").values_list("after", flat=True)
    found |= {after["import"] for after in named if isinstance(after["import"], int)}
    return found


def holding(traces: Traces) -> set[int]:
    """The imports that hold one of these people without having made a lead of them.

    Refused rows say so in the database. Lists that were not saved to their end are read row by row, outside of any
    transaction: this can take seconds.
    """
    if not traces:
        return set()
    found = set(rows_with(traces).values_list("batch", flat=True).distinct())
    unsaved = Import.objects.exclude(file="").filter(
        ~Q(state__in=(Import.State.DONE, *RUNNING)) | Q(state=Import.State.DONE, options__is_stopped=True)
    )
    found |= {batch.pk for batch in unsaved.order_by("pk").iterator(chunk_size=20) if _holds(batch, traces)}
    return found


def rows_with(traces: Traces) -> QuerySet[ImportRow]:
    """Refused rows with one of these people in a cell."""
    rows = ImportRow.objects.annotate(text=Cast("cells", TextField()))
    return rows.filter(text__iregex=traces.pattern) if traces else rows.none()


def _holds(batch: Import, traces: Traces) -> bool:
    try:
        table = selectors.open_table(batch)
        return any(
            traces.is_cell(cell)
            for row in selectors.rows_of(batch, table)
            for cell in (*row.cells, *row.surplus)
        ) or traces.found_in(batch.edits)
    except (TableError, OSError, UnicodeError):
        return True  # nobody can read it any more, so nobody can say that it is not there


def check_none_is_running(batches: Iterable[int]) -> None:
    """Raise `Conflict` while one of these lists is being saved: its file is still needed for the rest of its rows."""
    if Import.objects.filter(pk__in=list(batches), state__in=RUNNING).exists():
        raise Conflict(_("A list that holds this person is being saved just now. Try again when it is done."))


def erase(*, batches: Collection[int], traces: Traces, at: datetime) -> dict[str, int]:
    """Remove the files of these lists, the cells changed in them, and refused rows that hold one of these people.

    A list that was not saved yet is dropped: it has to be brought again without them. Files are deleted once the
    transaction is through. Returns how many rows were changed or deleted, by table.
    """
    counts = {"ImportRow": rows_with(traces).delete()[0]}
    changed: list[Import] = []
    for batch in db.locked(Import.objects.filter(pk__in=list(batches))).order_by("pk"):
        if batch.file.name:
            transaction.on_commit(partial(default_storage.delete, batch.file.name))
        batch.file.name = ""
        batch.edits = {}
        batch.options = traces.without(batch.options) | {"file_erased_at": at.isoformat()}
        batch.scan = traces.without(batch.scan)
        batch.remarks = traces.without(batch.remarks)
        batch.name, batch.error = traces.without(batch.name), traces.without(batch.error)
        if batch.state in {Import.State.PREVIEW, Import.State.FAILED}:
            was_started = batch.done_row > 0
            batch.state = Import.State.DONE if was_started else Import.State.CANCELLED
            batch.options["is_stopped"] = was_started
            batch.finished_at = batch.finished_at or at
            batch.scanned_at = batch.scanned_at or at
        changed.append(batch)
    columns = ["file", "edits", "options", "scan", "remarks", "name", "error", "state", "finished_at"]
    counts["Import"] = Import.objects.bulk_update(changed, [*columns, "scanned_at"], batch_size=50)
    return {table: count for table, count in counts.items() if count}
