"""Taking in a list: kept as it came, passed over once to its end, its columns recognised; then it is a preview."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import PurePath
from tempfile import TemporaryFile

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.tables import Limits, RemarkCode, Table, TableError, is_large_workbook, unpack_workbook
from leads.domain.tables.answers import recognised
from leads.domain.tables.model import whole_mib
from leads.domain.tables.rows import ColumnMapping, RowParser, suggest_mapping, with_date_orders
from leads.domain.tables.values import DateOrder, clean
from leads.domain.words import Door
from leads.models import Import
from leads.selectors import agreement, import_reading
from leads.selectors import imports as selectors
from leads.services.import_basics import check_allowed, look_through
from leads.services.import_rows import Remarks
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid

type Incoming = File[bytes]  # only the stubs know what is in a file


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
    check_allowed(by)
    if size > Limits().file_bytes:
        raise too_large(size)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    name = clean(PurePath(upload.name or "").name)[:200]
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
        if state == Import.State.PREVIEW and _is_packed(batch):
            # Unpacking it takes longer than a person waits; what the archive says of itself was checked.
            batch.options["is_packed"] = True
        else:
            read_over(batch, mapping=mapping)
    except Invalid as problem:
        default_storage.delete(saved)
        raise Invalid(problem.message, field="text" if is_text else "file") from problem
    batch.save()
    if state == Import.State.PREVIEW:
        look_through(batch)
    return batch


def too_large(size: int = 0) -> Invalid:
    """Why a file of so many bytes is not taken, or one of which only that is known."""
    most = {"limit": whole_mib(Limits().file_bytes)}
    if size:
        most["size"] = whole_mib(size)
        said = _("The file has %(size)s MB. At most %(limit)s MB can be read at once.") % most
    else:
        said = _("The file is too large. At most %(limit)s MB can be read at once.") % most
    return Invalid(said, field="file")


def _is_packed(batch: Import) -> bool:
    if batch.options["is_text"]:
        return False
    try:
        return is_large_workbook(batch.file.path)
    except TableError as error:
        raise Invalid(selectors.error_words(error)) from error
    except OSError as error:
        raise Invalid(_("The list cannot be read.")) from error


def unpack(batch: Import) -> None:
    """Write a large workbook as CSV, which is read by row in no time, in its place.

    Raises `TableError`, `OSError`.
    """
    packed = str(batch.file.name)
    with (
        TemporaryFile() as stream,
        TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="") as out,
    ):
        table = unpack_workbook(batch.file.path, out, sheet=batch.options.get("sheet", ""))
        out.flush()
        stream.seek(0)
        batch.file.name = default_storage.save(f"{packed}.rows.csv", File(stream))
    batch.options["is_packed"] = False
    batch.options["is_unpacked"] = True
    batch.options["sheet_remarks"] = [
        {"code": one.code.value, "params": dict(one.params), "count": 1, "rows": []}
        for one in table.remarks
        if one.code == RemarkCode.OTHER_SHEETS
    ]
    batch.save(update_fields=["file", "options"])
    default_storage.delete(packed)


def read_over(batch: Import, *, mapping: ColumnMapping | None = None) -> None:
    """Pass over the list to its end before anything is saved: what cannot be read is said now.

    Sets columns, options and the number of rows; the caller saves. Raises `Invalid` with the row and column.
    """
    try:
        table = selectors.open_table(batch)
        chosen = mapping or _mapping(batch, table)
        count = 0

        def counted() -> Iterator[Sequence[str]]:
            nonlocal count
            for row in table:
                count += 1
                yield row.cells

        dated = with_date_orders(chosen, counted())
        batch.options["ambiguous"] = list(dated.ambiguous_dates)
        wanted = mapping.date_orders if mapping is not None else _known_orders(dated, chosen)
        dated = replace(dated, date_orders={**dated.date_orders, **wanted})
        RowParser(dated, table.headers, context=selectors.context_of(batch))
        samples = import_reading.encoding_samples(batch, table)
    except TableError as error:
        raise Invalid(selectors.error_words(error), field="file") from error
    except (OSError, UnicodeError) as error:
        raise Invalid(_("The list cannot be read."), field="file") from error
    if not count:
        raise Invalid(_("There is nothing in it below the column names: no row to read."), field="file")
    batch.options["mapping"] = dated.as_dict()
    batch.options["headers"] = list(table.headers)
    batch.options["reading"] = {
        "encoding": table.encoding,
        "is_sure": table.is_encoding_certain,
        "samples": samples,
        "delimiter": table.delimiter,
        "has_header": table.has_header,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
    }
    batch.columns = selectors.column_names(dated, len(table.headers))
    remarks = Remarks.of(batch.options.get("sheet_remarks", ()))
    for remark in table.remarks:
        remarks.add(remark.code, remark.params)
    batch.options["table_remarks"] = remarks.stored()
    batch.scan = {"rows": count}


def _known_orders(dated: ColumnMapping, remembered: ColumnMapping) -> dict[int, DateOrder]:
    """How dates were said to be written the last time, where they do not tell it themselves."""
    return {
        index: remembered.date_orders[index]
        for index in dated.ambiguous_dates
        if index in remembered.date_orders
    }


def _mapping(batch: Import, table: Table) -> ColumnMapping:
    """As the same columns were read the last time, else as their names say."""
    known = import_reading.remembered(table)
    country = selectors.country_of(batch)
    criteria = agreement.terms().criteria
    if known is not None:
        asked = {criterion.key for criterion in criteria}
        kept = {index: key for index, key in known.answers.items() if key in asked}
        return ColumnMapping(known.fields, known.date_orders, known.decimal_marks, country, answers=kept)
    mapping, matches = suggest_mapping(table, country=country)
    return replace(mapping, answers=recognised(matches, criteria, [row.cells for row in table.sample]))


def _known(batch: Import) -> Import | None:
    """The preview of the same list by the same person, to go on with. Raises `Conflict` when it was saved already."""
    same = Import.objects.filter(digest=batch.digest, campaign=batch.campaign).order_by("-id")
    saved = same.filter(state__in=[*selectors.UNFINISHED, Import.State.DONE]).first()
    if saved is not None:
        raise Conflict(_("This very list was imported already."), batch=saved)
    return same.filter(state=Import.State.PREVIEW, by=batch.by).first()
