"""The life of an import: taken in, looked through, saved in batches that a restart continues, undone within a day.

Each batch commits its leads, its counts and `done_row` together, so whatever kills the worker, the next one goes on
behind the last row saved and no row comes twice. `read` is always the sum of the other four counts.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from pathlib import PurePath
from typing import Any

from celery import current_app
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.services import touch
from leads.domain import identity
from leads.domain.tables import Field, Limits, Row, Table, TableError, header_key
from leads.domain.tables.answers import recognised
from leads.domain.tables.rows import (
    ColumnMapping,
    RowParser,
    answered_by,
    suggest_mapping,
    with_date_orders,
)
from leads.domain.tables.values import DateOrder
from leads.domain.words import Door, EventKind
from leads.models import Activity, Answer, Arrival, ColumnMemory, Import, Lead, LeadEvent
from leads.selectors import agreement
from leads.selectors import imports as selectors
from leads.services import arrivals, changes, history, preview
from leads.services.import_rows import Remarks, Saver
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed

type Incoming = File[bytes]  # only the stubs know what is in a file

log = logging.getLogger(__name__)

BATCH = arrivals.CHUNK
DIRECT = 500  # so many rows are saved while the person waits; more by the worker
SEEN_AT_ONCE = 5_000  # so many rows are looked through while the person waits
TASK = "leads.resume_imports"
UNFINISHED = (Import.State.WAITING, Import.State.RUNNING)
_OWN_EVENTS = (EventKind.ARRIVED, EventKind.HANDED_OFF, EventKind.IMPORTED)


@dataclass(frozen=True, slots=True)
class Options:
    """How a list is read, beyond its columns.

    `campaign_name` and `is_by_columns`: each row goes to the campaign of its campaign and channel cells, made where
    there is none.
    """

    is_history: bool = False
    namespace: str = ""
    is_by_columns: bool = False
    campaign_name: str = ""


# ------------------------------------------------------------------------------------------- taking in


def take_text(*, campaign: Campaign, by: User, text: str, options: Options | None = None) -> Import:
    """Take in what was pasted, for a preview. Raises as `take_file` does."""
    data = text.encode("utf-8", "replace")
    upload = ContentFile(data, name="paste.txt")
    return _take(
        campaign=campaign,
        by=by,
        upload=upload,
        size=len(data),
        door=Door.PASTE,
        options=options or Options(),
        is_text=True,
    )


def take_file(
    *,
    campaign: Campaign | None,
    by: User | None,
    upload: Incoming,
    size: int,
    options: Options | None = None,
    mapping: ColumnMapping | None = None,
    state: str = Import.State.PREVIEW,
    again: bool = False,
) -> Import:
    """Take in a file, for a preview; the command line hands over the mapping and saves at once.

    The whole file is passed over once and nothing of it is kept in memory. Raises `NotAllowed`; `Invalid` with the
    row and column for what cannot be read; `Conflict` with the earlier import when this very list is here already
    (unless `again`).
    """
    return _take(
        campaign=campaign,
        by=by,
        upload=upload,
        size=size,
        door=Door.FILE,
        options=options or Options(),
        mapping=mapping,
        state=state,
        again=again,
    )


def _take(
    *,
    campaign: Campaign | None,
    by: User | None,
    upload: Incoming,
    size: int,
    door: Door,
    options: Options,
    is_text: bool = False,
    mapping: ColumnMapping | None = None,
    state: str = Import.State.PREVIEW,
    again: bool = False,
) -> Import:
    _check_allowed(by)
    most = Limits().file_bytes
    if size > most:
        mib = 1024 * 1024
        raise Invalid(
            _("The file has %(size)s MB. At most %(limit)s MB can be read at once.")
            % {"size": size // mib, "limit": most // mib},
            field="file",
        )
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    name = PurePath(upload.name or "").name[:200]
    batch = Import(
        campaign=campaign,
        by=by,
        created_at=timezone.now(),
        state=state,
        door=door,
        name="" if is_text else name,
        digest=digest.hexdigest(),
        options={
            "is_history": options.is_history,
            "namespace": options.namespace,
            "is_by_columns": options.is_by_columns,
            "campaign_name": options.campaign_name,
            "is_text": is_text,
        },
    )
    if not again:
        known = _known(batch)
        if known is not None:
            return known
    saved = default_storage.save(
        Import._meta.get_field("file").generate_filename(batch, name or "list"), upload
    )
    batch.file.name = saved
    try:
        table = selectors.open_table(batch)
        # A file is passed over to its end before anything is saved: what cannot be read is said now.
        chosen = mapping or _mapping(table)
        count = 0

        def counted() -> Iterator[Sequence[str]]:
            nonlocal count
            for row in table:
                count += 1
                yield row.cells

        dated = with_date_orders(chosen, counted())
        if mapping is not None:
            dated = replace(dated, date_orders={**dated.date_orders, **mapping.date_orders})
        RowParser(dated, table.headers, context=selectors.context_of(batch))
        if not count:
            raise Invalid(_("There is nothing in it below the column names: no row to read."), field="file")
    except TableError as error:
        default_storage.delete(saved)
        raise Invalid(selectors.error_words(error), field="text" if is_text else "file") from error
    except (OSError, UnicodeError) as error:
        default_storage.delete(saved)
        raise Invalid(_("The list cannot be read."), field="text" if is_text else "file") from error
    except Invalid:
        default_storage.delete(saved)
        raise
    batch.options["mapping"] = dated.as_dict()
    batch.columns = selectors.column_names(dated, len(table.headers))
    remarks = Remarks()
    for remark in table.remarks:
        remarks.add(remark.code, remark.params)
    batch.options["table_remarks"] = remarks.stored()
    batch.scan = {"rows": count}
    batch.save()
    if state == Import.State.PREVIEW:
        _look_through(batch)
    return batch


def _check_allowed(by: User | None) -> None:
    if by is not None and not by.can(Can.LOG_LEADS):
        raise NotAllowed(_("Logging leads is for marketing."))


def _mapping(table: Table) -> ColumnMapping:
    """As the same columns were read the last time, else as their names say."""
    known = selectors.remembered(table.headers)
    country = selectors.home_country()
    criteria = agreement.terms().criteria
    if known is not None:
        asked = {criterion.key for criterion in criteria}
        kept = {index: key for index, key in known.answers.items() if key in asked}
        return ColumnMapping(known.fields, {}, known.decimal_marks, country, answers=kept)
    mapping, matches = suggest_mapping(table, country=country)
    return replace(mapping, answers=recognised(matches, criteria))


def _known(batch: Import) -> Import | None:
    """The preview of the same list by the same person, to go on with. Raises `Conflict` when it was saved already."""
    same = Import.objects.filter(digest=batch.digest, campaign=batch.campaign).order_by("-id")
    saved = same.filter(state__in=[*UNFINISHED, Import.State.DONE]).first()
    if saved is not None:
        raise Conflict(_("This very list was imported already."), batch=saved)
    return same.filter(state=Import.State.PREVIEW, by=batch.by).first()


# ------------------------------------------------------------------------------------------- the preview


def _look_through(batch: Import) -> None:
    if batch.scan.get("rows", 0) <= SEEN_AT_ONCE:
        preview.look_through(batch)
    else:
        batch.scanned_at = None
        batch.save(update_fields=["scanned_at"])
        hint()


@transaction.atomic
def set_columns(
    *,
    batch: Import,
    by: User,
    fields: Mapping[int, str],
    orders: Mapping[int, str] | None = None,
    options: Options | None = None,
) -> Import:
    """Say what the columns hold (a field, "answer:key" for a question of the definition in force, "" for none), how
    dates are written, and the options.

    Raises `NotAllowed`; `Conflict` once it is saved; `Invalid` for one field or question given to two columns.
    """
    _check_allowed(by)
    held = _in_preview(batch)
    chosen: dict[int, Field] = {}
    answers: dict[int, str] = {}
    questions = {criterion.key: criterion.question for criterion in agreement.terms().criteria}
    for index, name in sorted(fields.items()):
        if not name:
            continue
        key = answered_by(name)
        if key in questions and 0 <= index < len(held.columns):
            if key in answers.values():
                raise Invalid(
                    _("Two columns are read as “%(field)s”: choose one.") % {"field": questions[key]},
                    field=f"column_{index}",
                )
            answers[index] = key
            continue
        if name not in Field or not 0 <= index < len(held.columns):
            raise Invalid(_("There is no such field."), field=f"column_{index}")
        target = Field(name)
        if target in chosen.values():
            raise Invalid(
                _("Two columns are read as “%(field)s”: choose one.")
                % {"field": selectors.FIELD_LABELS[target]},
                field=f"column_{index}",
            )
        chosen[index] = target
    old = selectors.mapping_of(held)
    table = selectors.open_table(held)
    dated = with_date_orders(
        ColumnMapping(chosen, {}, old.decimal_marks, old.country, old.fixed, answers),
        (row.cells for row in table),
    )
    known: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy"}
    wanted = {index: known[order] for index, order in (orders or {}).items() if order in known}
    kept = {index: order for index, order in wanted.items() if dated.date_orders.get(index) == "ambiguous"}
    mapping = replace(dated, date_orders={**dated.date_orders, **kept})
    held.options["ambiguous"] = list(dated.ambiguous_dates)
    held.options["mapping"] = mapping.as_dict()
    held.columns = selectors.column_names(mapping, len(held.columns))
    if options is not None:
        if len(options.namespace) > 60:
            raise Invalid(_("At most %(n)d characters.") % {"n": 60}, field="namespace")
        held.options |= {
            "is_history": options.is_history,
            "namespace": options.namespace.strip(),
            "is_by_columns": options.is_by_columns,
            "campaign_name": options.campaign_name,
        }
    held.save(update_fields=["options", "columns"])
    _look_through(held)
    return held


@transaction.atomic
def set_cell(*, batch: Import, by: User, row: int, column: int, text: str) -> Import:
    """Change a cell of the preview; the file stays as it came. Column -1 drops cells beyond the last column.

    Raises `NotAllowed`; `Conflict` once it is saved; `Invalid` for a cell that is not there or is too long.
    """
    _check_allowed(by)
    held = _in_preview(batch)
    if not -1 <= column < len(held.columns) or row < 1:
        raise Invalid(_("There is no such cell."), field="cell")
    if len(text) > Limits().cell_characters:
        raise Invalid(_("At most %(n)d characters.") % {"n": Limits().cell_characters}, field="cell")
    cells = held.edits.setdefault(str(row), {})
    if column == -1:
        cells["extra"] = ""
    else:
        cells[str(column)] = text.replace("\x00", "").encode("utf-8", "replace").decode()
    held.save(update_fields=["edits"])
    if held.scan.get("rows", 0) <= SEEN_AT_ONCE:
        preview.look_through(held)
    else:
        preview.look_at_row(held, row)
    return held


def _in_preview(batch: Import) -> Import:
    held = db.locked(Import.objects.filter(pk=batch.pk)).first()
    if held is None or held.state != Import.State.PREVIEW:
        raise Conflict(_("This list is being saved or was saved already."), batch=held)
    return held


# ------------------------------------------------------------------------------------------- saving


def save(*, batch: Import, by: User) -> Import:
    """Save the list: up to `DIRECT` rows now, a longer one by the worker. Asked twice, it is saved once.

    Also goes on with one that failed. Raises `NotAllowed`; `Invalid` while the order of day and month is open or
    no row is ready.
    """
    _check_allowed(by)
    with transaction.atomic():
        held = db.locked(Import.objects.filter(pk=batch.pk)).select_related("campaign", "by").get()
        if held.state == Import.State.PREVIEW:
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
    if not table.has_header:
        return
    ColumnMemory.objects.update_or_create(
        header_key=header_key(table.headers),
        defaults={
            "columns": ColumnMapping(
                mapping.fields, {}, mapping.decimal_marks, answers=mapping.answers
            ).as_dict(),
            "used_at": timezone.now(),
        },
    )


def hint() -> None:
    """Tell the worker that there is work. Only a hint: every minute it looks by itself."""
    try:
        current_app.send_task(TASK, retry=False)
    except Exception:
        log.warning("broker_away", exc_info=True)


def resume_all() -> int:
    """What the worker does: look through long lists, save what waits or was interrupted. How many it worked on."""
    count = 0
    for batch in Import.objects.filter(state=Import.State.PREVIEW, scanned_at=None).order_by("id")[:20]:
        preview.look_through(batch)
        count += 1
    for pk in list(Import.objects.filter(state__in=UNFINISHED).order_by("id").values_list("pk", flat=True)):
        run(pk, waits=False)
        count += 1
    return count


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
    if batch.state not in UNFINISHED:
        return
    table = selectors.open_table(batch)
    saver = Saver(batch, selectors.parser_of(batch, table.headers))
    chunks = batched(selectors.rows_of(batch, table, after=batch.done_row), BATCH)
    while True:
        chunk: tuple[Row, ...] = next(chunks, ())
        # The lock of arrivals comes first everywhere; it makes new campaigns and channels safe, too.
        with db.exclusively(arrivals.LOCK, wait=True):
            rows = Import.objects.filter(pk=batch.pk, state__in=UNFINISHED)
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
            if held.state == Import.State.DONE:
                return


def _fail(batch: Import, reason: str) -> None:
    Import.objects.filter(pk=batch.pk, state__in=UNFINISHED).update(
        state=Import.State.FAILED, error=reason.replace("\x00", "")
    )


def cancel(*, batch: Import, by: User) -> Import:
    """Drop a preview, or stop a long save where it stands; what was saved stays and can be undone.

    Raises `NotAllowed`.
    """
    _check_allowed(by)
    with transaction.atomic():
        held = db.locked(Import.objects.filter(pk=batch.pk)).get()
        if held.state in {Import.State.PREVIEW, Import.State.FAILED, *UNFINISHED}:
            was_started = held.done_row > 0
            held.state = Import.State.DONE if was_started else Import.State.CANCELLED
            held.finished_at = timezone.now()
            held.options["is_stopped"] = was_started
            held.save(update_fields=["state", "finished_at", "options"])
            if was_started and not selectors.history_of(held):
                arrivals.tell_batch(batch=held, by=by)
    return held


# ------------------------------------------------------------------------------------------- undo


def undo(*, batch: Import, by: User) -> Import:
    """Take back what the import brought: its leads, its arrivals, what it changed. The list itself is kept.

    Raises `NotAllowed`; `Conflict` after a day, or when somebody has worked one of its leads since.
    """
    _check_allowed(by)
    now = timezone.now()
    with db.exclusively(arrivals.LOCK, wait=True):
        held = db.locked(Import.objects.filter(pk=batch.pk)).get()
        if held.state == Import.State.UNDONE:
            return held
        if not selectors.can_be_undone(held):
            raise Conflict(_("An import can be undone for a day. This one is older, or not saved."))
        created = list(
            Arrival.objects.filter(batch=held, is_first=True).order_by("lead").values_list("lead", flat=True)
        )
        worked = _worked(held, created)
        if worked:
            raise Conflict(
                ngettext(
                    "%(n)d of its leads was worked since, so the import stays.",
                    "%(n)d of its leads were worked since, so the import stays.",
                    worked,
                )
                % {"n": worked}
            )
        restored = _restore(held, now)
        for chunk in batched(created, BATCH):
            _remove(chunk)
        again = Arrival.objects.filter(batch=held)
        touch(again.values_list("campaign", "at"))
        again.delete()
        if created:
            _close_gate(held)
        held.state = Import.State.UNDONE
        held.undone_at = now
        held.options["undone_by"] = by.pk
        held.options["restored"] = restored
        held.save(update_fields=["state", "undone_at", "options"])
    return held


def _worked(batch: Import, created: Sequence[int]) -> int:
    """How many leads that the import made were touched by anybody or anything else since."""
    found: set[int] = set()
    for chunk in batched(created, BATCH):
        found |= set(
            LeadEvent.objects.filter(lead__in=chunk)
            .exclude(kind__in=_OWN_EVENTS)
            .exclude(kind=EventKind.ARRIVED_AGAIN, lead__arrivals__batch=batch)
            .values_list("lead", flat=True)
        )
        found |= set(
            Arrival.objects.filter(lead__in=chunk).exclude(batch=batch).values_list("lead", flat=True)
        )
        found |= set(
            LeadEvent.objects.filter(lead__in=chunk, kind=EventKind.IMPORTED)
            .exclude(after__import=batch.pk)
            .values_list("lead", flat=True)
        )
    return len(found)


def _remove(lead_ids: Sequence[int]) -> None:
    pairs: list[tuple[int, datetime | None]] = []
    for row in Lead.objects.filter(pk__in=lead_ids).values("campaign_id", *changes.COUNTED_AT):
        pairs += [(row["campaign_id"], row[name]) for name in changes.COUNTED_AT]
    pairs += list(Activity.objects.filter(lead__in=lead_ids).values_list("campaign", "at"))
    touch(pairs)
    Lead.objects.filter(pk__in=lead_ids).delete()


def _restore(batch: Import, now: datetime) -> int:
    """Put leads that were here before back to what they were, where nothing happened to them since."""
    mine = LeadEvent.objects.filter(
        pk__gt=batch.options.get("first_event", 0), kind=EventKind.IMPORTED, after__import=batch.pk
    ).exclude(before={})
    count = 0
    for chunk in batched(list(mine.order_by("pk").values_list("pk", flat=True)), BATCH):
        events = {event.lead_id: event for event in LeadEvent.objects.filter(pk__in=chunk)}
        last = dict(
            LeadEvent.objects.filter(lead__in=events)
            .values("lead")
            .annotate(last=Max("pk"))
            .values_list("lead", "last")
        )
        same = {lead_id: event for lead_id, event in events.items() if last[lead_id] == event.pk}
        columns = tuple(name for name in history.COLUMNS if name not in history.DERIVED)
        rows: list[tuple[int, list[Any]]] = []
        pairs: list[tuple[int, datetime | None]] = []
        done: list[LeadEvent] = []
        for values in db.locked(Lead.objects.filter(pk__in=same)).values(
            "id", "campaign_id", "version", "received_at", "handed_off_at", *columns
        ):
            event = same[values["id"]]
            before = {
                name: changes.restored(name, value) for name, value in event.before.items() if name in columns
            }
            pairs += [(values["campaign_id"], values[name]) for name in changes.COUNTED_AT]
            now_is = values | before
            pairs += [(values["campaign_id"], now_is[name]) for name in changes.COUNTED_AT]
            made = (
                identity.search_text(
                    name=now_is["name"],
                    company=now_is["company"],
                    email=now_is["email"],
                    phone=now_is["phone"],
                ),
                identity.company_key(now_is["company"]),
            )
            rows.append((values["id"], [*(now_is[name] for name in columns), *made, values["version"] + 1]))
            done.append(
                LeadEvent(
                    lead_id=values["id"],
                    at=now,
                    by_id=batch.by_id,
                    kind=EventKind.IMPORTED,
                    before={name: event.after.get(name) for name in before},
                    after={name: event.before[name] for name in before} | {"undone": batch.pk},
                )
            )
            if "answers" in event.before:
                _restore_answers(values["id"], event)
            if "work_minutes" in event.before:
                work = Activity.objects.filter(lead=values["id"], kind=Activity.Kind.WORK)
                if event.before["work_minutes"] is None:
                    work.delete()
                else:
                    work.update(minutes=event.before["work_minutes"])
        written = (*columns, *history.DERIVED, "version")
        db.update_rows(Lead, [name.removesuffix("_id") for name in written], rows)
        LeadEvent.objects.bulk_create(done)
        touch(pairs)
        count += len(rows)
    return count


def _restore_answers(lead_id: int, event: LeadEvent) -> None:
    """Answers as they were before the import, unless somebody has answered since."""
    for key, before in event.before["answers"].items():
        mine = Answer.objects.filter(lead=lead_id, key=key, value=event.after["answers"][key])
        if before is None:
            mine.delete()
        else:
            mine.update(value=before)


def _close_gate(batch: Import) -> None:
    """Give the numbers in the gate that came free to those who come next, so that it has no gap."""
    size = agreement.terms().gate_size
    if batch.campaign_id is None:
        return
    leads = Lead.objects.filter(campaign=batch.campaign_id, is_test=False, is_history=False)
    numbered = list(
        leads.filter(gate_number__isnull=False).order_by("gate_number").values_list("pk", "gate_number")
    )
    for number, (pk, old) in enumerate(numbered, start=1):
        if number != old:
            Lead.objects.filter(pk=pk).update(gate_number=number, version=F("version") + 1)
    free = size - len(numbered)
    if free > 0:
        waiting = (
            leads.filter(gate_number=None).order_by("received_at", "pk").values_list("pk", flat=True)[:free]
        )
        for number, pk in enumerate(list(waiting), start=len(numbered) + 1):
            Lead.objects.filter(pk=pk).update(gate_number=number, version=F("version") + 1)
