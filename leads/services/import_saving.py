"""Saving an import in batches that a restart continues, and stopping it.

Each batch commits its leads, its counts and `done_row` together, so whatever kills the worker, the next one goes on
behind the last row saved and no row comes twice. `read` is always the sum of the other four counts.
"""

import logging
from itertools import batched

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.domain.tables import Row, TableError
from leads.domain.tables.rows import ColumnMapping
from leads.models import Arrival, ColumnMemory, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.selectors import import_reading
from leads.selectors import imports as selectors
from leads.services import arrivals, preview
from leads.services.import_basics import check_allowed, hint, is_unread
from leads.services.import_rows import Remarks, Saver
from leads.services.import_taking import read_over, unpack
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import Invalid

log = logging.getLogger(__name__)

BATCH = arrivals.CHUNK
MANY = 10_000  # rows written after which the database looks anew at its tables, and again at twice as many
DIRECT = 500  # so many rows are saved while the person waits; more by the worker


def save(*, batch: Import, by: User) -> Import:
    """Save the list: up to `DIRECT` rows now, a longer one by the worker. Asked twice, it is saved once.

    Also goes on with one that failed. Raises `NotAllowed`; `Invalid` while the order of day and month is open or
    no row is ready.
    """
    check_allowed(by)
    with transaction.atomic():
        held = db.locked(Import.objects.filter(pk=batch.pk)).select_related("campaign", "by").get()
        if held.state == Import.State.PREVIEW:
            if is_unread(held):
                raise Invalid(_("This list is still being read. Try again in a moment."), field="rows")
            if selectors.mapping_of(held).ambiguous_dates:
                raise Invalid(
                    _("Day and month could be swapped: choose how the dates are written."), field="orders"
                )
            if held.scanned_at is not None and held.scan["rows"] == len(held.scan["fix"]):
                raise Invalid(_("No row is ready to be saved yet."), field="rows")
            _remember(held)
        elif held.state != Import.State.FAILED:
            return held
        held.state = Import.State.WAITING
        held.by = held.by or by
        held.error = ""
        held.save(update_fields=["state", "by", "error"])
        if held.scan.get("rows", 0) > DIRECT:
            transaction.on_commit(hint)
            return held
    return run(held.pk)


def _remember(batch: Import) -> None:
    mapping = selectors.mapping_of(batch)
    table = selectors.open_table(batch)
    chosen = {
        index: mapping.date_orders[index]
        for index in batch.options.get("ambiguous", ())
        if index in mapping.date_orders
    }
    columns = ColumnMapping(mapping.fields, chosen, mapping.decimal_marks, answers=mapping.answers).as_dict()
    ColumnMemory.objects.update_or_create(
        header_key=import_reading.memory_key(table),
        defaults={"columns": columns, "used_at": timezone.now()},
    )


def resume_all() -> int:
    """What the worker does: look through long lists, save what waits or was interrupted. How many it worked on."""
    count = 0
    for batch in Import.objects.filter(state=Import.State.PREVIEW, scanned_at=None).order_by("id")[:20]:
        _look(batch)
        count += 1
    for pk in list(
        Import.objects.filter(state__in=selectors.UNFINISHED).order_by("id").values_list("pk", flat=True)
    ):
        run(pk, waits=False)
        count += 1
    return count


def _look(batch: Import) -> None:
    """Look through a long list, unpacked first where it came as a large workbook."""
    if batch.options.get("is_packed") or "mapping" not in batch.options:
        try:
            if batch.options.get("is_packed"):
                unpack(batch)
            read_over(batch)
        except (TableError, Invalid, OSError) as error:
            batch.scan = {"rows": 0, "fix": [], "here": [], "error": _reason(error)}
            batch.scanned_at = timezone.now()
            batch.save(update_fields=["scan", "scanned_at"])
            return
        batch.save(update_fields=["options", "columns", "scan"])
    preview.look_through(batch)


def _reason(error: TableError | Invalid | OSError) -> str:
    if isinstance(error, TableError):
        return selectors.error_words(error)
    return error.message if isinstance(error, Invalid) else _("The list cannot be read.")


def run(pk: int, *, waits: bool = True) -> Import:
    """Save the rows behind `done_row`, batch by batch, until the end; a fault leaves it failed with its reason.

    Without `waits` it leaves an import alone that another worker holds.
    """
    batch = Import.objects.select_related("campaign", "by").get(pk=pk)
    try:
        _run(batch, waits=waits)
    except TableError as error:
        _fail(batch, selectors.error_words(error))
    except Invalid as error:
        _fail(batch, error.message)
    except (OperationalError, InterfaceError):
        raise  # the database is away: once it is back, the worker goes on behind the last row saved
    except Exception as error:  # the reason belongs on the page, whatever it is
        log.exception("import_failed", extra={"import_id": pk})
        _fail(batch, f"{type(error).__name__}: {error}"[:500])
    return Import.objects.select_related("campaign", "by").get(pk=pk)


def _run(batch: Import, *, waits: bool) -> None:
    if batch.state not in selectors.UNFINISHED:
        return
    table = selectors.open_table(batch)
    saver = Saver(batch, selectors.parser_of(batch, table.headers))
    chunks = batched(selectors.rows_of(batch, table, after=batch.done_row), BATCH)
    written, many = 0, MANY
    while True:
        chunk: tuple[Row, ...] = next(chunks, ())
        # The lock of arrivals comes first everywhere; it makes new campaigns and channels safe, too.
        with db.exclusively(arrivals.LOCK, wait=True):
            rows = Import.objects.filter(pk=batch.pk, state__in=selectors.UNFINISHED)
            held = (db.locked(rows) if waits else db.claimable(rows)).first()
            if held is None:
                return
            left = [row for row in chunk if row.number > held.done_row]
            if chunk and not left:
                continue  # another worker was here meanwhile
            if left:
                remarks = Remarks.of(held.remarks or held.options.get("table_remarks", []))
                if held.started_at is None:
                    held.started_at = timezone.now()
                    held.options["first_event"] = LeadEvent.objects.aggregate(last=Max("pk"))["last"] or 0
                counts = saver.save(left, remarks)
                written += counts.created
                held.remarks = remarks.stored()
                held.read += counts.read
                held.created += counts.created
                held.updated += counts.updated
                held.already_here += counts.already_here
                held.rejected += counts.rejected
                held.done_row = left[-1].number
                held.state = Import.State.RUNNING
            if len(chunk) < BATCH:
                held.state = Import.State.DONE
                held.finished_at = timezone.now()
                if not selectors.history_of(held):
                    arrivals.tell_batch(batch=held, by=batch.by)
            held.save()
        is_done = held.state == Import.State.DONE
        if written >= many or (is_done and written >= MANY):
            db.refresh_statistics(Lead, LeadKey, LeadEvent, Arrival, Handoff)
            many *= 2
        if is_done:
            return


def _fail(batch: Import, reason: str) -> None:
    Import.objects.filter(pk=batch.pk, state__in=selectors.UNFINISHED).update(
        state=Import.State.FAILED, error=reason.replace("\x00", "")
    )


def cancel(*, batch: Import, by: User) -> Import:
    """Drop a preview, or stop a long save where it stands; what was saved stays and can be undone.

    Raises `NotAllowed`.
    """
    check_allowed(by)
    with transaction.atomic():
        held = db.locked(Import.objects.filter(pk=batch.pk)).get()
        if held.state in {Import.State.PREVIEW, Import.State.FAILED, *selectors.UNFINISHED}:
            was_started = held.done_row > 0
            held.state = Import.State.DONE if was_started else Import.State.CANCELLED
            held.finished_at = timezone.now()
            held.options["is_stopped"] = was_started
            held.save(update_fields=["state", "finished_at", "options"])
            if was_started and not selectors.history_of(held):
                arrivals.tell_batch(batch=held, by=by)
    return held
