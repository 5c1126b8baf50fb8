"""Reading imports: the stored list as a table, its columns, and the words for what was said about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from leads.domain import past
from leads.domain.past import PastNote
from leads.domain.tables import (
    Field,
    Row,
    Table,
    TableError,
    read_table,
    read_text,
    returned,
)
from leads.domain.tables.answers import readers_of
from leads.domain.tables.codes import Code, ErrorCode, ProblemCode, RemarkCode
from leads.domain.tables.messages import TEMPLATES
from leads.domain.tables.rows import ANSWER, TEXT_LIMITS, ColumnMapping, Context, RowParser
from leads.domain.words import Door
from leads.models import Import, ImportRow
from leads.selectors import agreement
from leadsync.accounts import selectors as accounts

UNDO_WITHIN = timedelta(days=1)
# Files hold personal data: so long they are kept, see services.import_files.
SAVED_KEPT = timedelta(days=30)  # after a list was saved to its end, stopped, undone or dropped
UNSAVED_KEPT = timedelta(days=30)  # after a list came that nobody saved
UNFINISHED = (Import.State.WAITING, Import.State.RUNNING)
SHOWN_NUMBERS = 5  # row numbers that a remark names

FIELD_LABELS = {
    Field.NAME: pgettext_lazy("person", "Name"),
    Field.FIRST_NAME: gettext_lazy("First name"),
    Field.LAST_NAME: gettext_lazy("Last name"),
    Field.COMPANY: gettext_lazy("Company"),
    Field.JOB_TITLE: gettext_lazy("Position"),
    Field.PHONE: gettext_lazy("Phone"),
    Field.EMAIL: gettext_lazy("E-mail"),
    Field.NEED: gettext_lazy("What they want"),
    Field.NOTE: gettext_lazy("Note"),
    Field.COUNTRY: gettext_lazy("Country"),
    Field.CITY: gettext_lazy("City"),
    Field.LANGUAGE: gettext_lazy("Language"),
    Field.EXTERNAL_ID: gettext_lazy("External ID"),
    Field.RECEIVED_AT: gettext_lazy("Received"),
    Field.CAMPAIGN: gettext_lazy("Campaign"),
    Field.CHANNEL: gettext_lazy("Channel"),
    Field.OWNER: gettext_lazy("Rep"),
    Field.STAGE: gettext_lazy("Stage"),
    Field.MARK: gettext_lazy("Mark"),
    Field.WON: gettext_lazy("Won (yes or no)"),
    Field.WON_AT: gettext_lazy("Won on"),
    Field.AMOUNT: gettext_lazy("Amount"),
    Field.LOST: gettext_lazy("Lost (yes or no)"),
    Field.LOST_AT: gettext_lazy("Lost on"),
    Field.REASON: gettext_lazy("Reason"),
    Field.SALES_MINUTES: gettext_lazy("Sales minutes"),
    Field.NEXT_STEP_AT: gettext_lazy("Next step"),
    Field.CONSENT: gettext_lazy("Consent"),
}
# What is read only of leads that were worked elsewhere; routing and reps decide these for new ones.
ONLY_IN_HISTORY = (
    Field.OWNER,
    Field.STAGE,
    Field.MARK,
    Field.WON,
    Field.WON_AT,
    Field.AMOUNT,
    Field.LOST,
    Field.LOST_AT,
    Field.REASON,
    Field.SALES_MINUTES,
)
# In leads worked elsewhere these are worth a remark, not the lead.
NICE_TO_HAVE = frozenset(
    {
        Field.COUNTRY,
        Field.LANGUAGE,
        Field.CITY,
        Field.JOB_TITLE,
        Field.REASON,
        Field.MARK,
        Field.STAGE,
        Field.NEXT_STEP_AT,
        Field.CONSENT,
        Field.SALES_MINUTES,
    }
)
# As long as a lead's columns.
_TEXT_LIMITS = {**TEXT_LIMITS, Field.JOB_TITLE: 150}

REFUSED = "refused"  # a problem with a finished sentence instead of a code


def words(code: str, params: Mapping[str, Any]) -> str:
    """The sentence of a code of tables or of `PastNote`, in the reader's language."""
    count = params.get("count")
    if isinstance(count, int):
        match code:
            case ProblemCode.PHONE_SHORT:
                return ngettext(
                    "The phone number is %(count)s digit short.",
                    "The phone number is %(count)s digits short.",
                    count,
                ) % dict(params)
            case ProblemCode.PHONE_LONG:
                return ngettext(
                    "The phone number is %(count)s digit too long.",
                    "The phone number is %(count)s digits too long.",
                    count,
                ) % dict(params)
            case ProblemCode.LONG_ROW:
                return ngettext(
                    "The row has %(count)s more cell than there are columns: %(cells)s",
                    "The row has %(count)s more cells than there are columns: %(cells)s",
                    count,
                ) % dict(params)
            case RemarkCode.SHORT_ROW:
                return ngettext(
                    "The row ends %(count)s column early.", "The row ends %(count)s columns early.", count
                ) % dict(params)
            case RemarkCode.TITLE_ROWS_SKIPPED:
                return ngettext(
                    "%(count)s row above the header was skipped.",
                    "%(count)s rows above the header were skipped.",
                    count,
                ) % dict(params)
            case RemarkCode.EMPTY_COLUMNS:
                return ngettext(
                    "%(count)s column without a name at the end was left out.",
                    "%(count)s columns without a name at the end were left out.",
                    count,
                ) % dict(params)
    for kind in (PastNote, RemarkCode, ProblemCode, ErrorCode):
        if code in kind:
            member = kind(code)
            template = past.TEMPLATES[member] if isinstance(member, PastNote) else TEMPLATES[_code(member)]
            return str(_(template)) % params
    return str(params.get("text", code))


def _code(member: Any) -> Code:
    found: Code = member
    return found


def error_words(error: TableError) -> str:
    """Why a table is refused, in the reader's language."""
    return words(error.code, error.params)


def history_of(batch: Import) -> bool:
    """Whether these leads were worked elsewhere."""
    return bool(batch.options.get("is_history"))


def open_table(batch: Import) -> Table:
    """The stored list. Rows are read one by one when it is iterated. Raises `TableError`, `OSError`."""
    options = batch.options
    if not batch.file:
        raise FileNotFoundError(batch.pk)  # removed; see `gone_words`
    if options.get("is_text"):
        with batch.file.open("rb") as stream:
            text = stream.read().decode()
        return read_text(text, delimiter=options.get("delimiter", ""), has_header=options.get("has_header"))
    return read_table(
        batch.file.path,
        is_ours=options.get("is_unpacked", False),
        filename=batch.name,
        encoding=options.get("encoding", ""),
        delimiter=options.get("delimiter", ""),
        sheet=options.get("sheet", ""),
        has_header=options.get("has_header"),
    )


def mapping_of(batch: Import) -> ColumnMapping:
    """How the columns are read."""
    return ColumnMapping.from_dict(batch.options.get("mapping", {}))


def context_of(batch: Import) -> Context:
    """What the rows are read for."""
    return Context(
        is_history=history_of(batch) or batch.campaign_id is None,
        text_limits=_TEXT_LIMITS,
        answers=readers_of(agreement.terms().criteria),
    )


def parser_of(batch: Import, headers: Sequence[str]) -> RowParser:
    """The reader of rows. Raises `TableError` when a value given for all rows makes no sense."""
    mapping = mapping_of(batch)
    return RowParser(mapping, headers, context=context_of(batch))


def rows_of(batch: Import, table: Table, *, after: int = 0) -> Iterator[Row]:
    """Rows behind row number `after` with the cells that were changed in the preview."""
    edits: dict[str, dict[str, str]] = batch.edits
    for row in table:
        if row.number <= after:
            continue
        changed = edits.get(str(row.number)) if edits else None
        if not changed:
            yield row
            continue
        cells = tuple(changed.get(str(index), cell) for index, cell in enumerate(row.cells))
        yield Row(row.number, cells, row.missing, () if "extra" in changed else row.surplus)


def column_names(mapping: ColumnMapping, count: int) -> list[str]:
    """What each column is read as, as `Import.columns` keeps it: a field, "answer:key", or "" for none."""
    named = {index: target.value for index, target in mapping.fields.items()}
    named |= {index: f"{ANSWER}{key}" for index, key in mapping.answers.items()}
    return [named.get(index, "") for index in range(count)]


def question_labels() -> dict[str, str]:
    """What a column can answer: the questions of the definition in force, by the column's name."""
    return {f"{ANSWER}{one.key}": one.question for one in agreement.terms().criteria}


def home_country() -> str:
    """The country in which phone numbers without a country code are dialled."""
    return str(accounts.company().country)


def country_of(batch: Import) -> str:
    """As `home_country`, for this list: its campaign's market, where it has one."""
    return (str(batch.campaign.market) if batch.campaign else "") or home_country()


def can_be_undone(batch: Import) -> bool:
    """For a day; whether its leads were worked is asked when it is done."""
    return (
        batch.state == Import.State.DONE
        and batch.finished_at is not None
        and timezone.now() - batch.finished_at < UNDO_WITHIN
    )


@dataclass(frozen=True, slots=True)
class RemarkGroup:
    """A remark about one or many rows."""

    code: str
    text: str
    count: int
    rows: tuple[int, ...]

    @property
    def more(self) -> int:
        """How many rows are meant beyond those named; 0 for a remark about the whole list."""
        return max(self.count - len(self.rows), 0) if self.rows else 0


def remarks_of(batch: Import) -> list[RemarkGroup]:
    """Remarks in the reader's language, the most frequent first."""
    groups = [
        RemarkGroup(one["code"], words(one["code"], one["params"]), one["count"], tuple(one["rows"]))
        for one in batch.remarks
    ]
    return sorted(groups, key=lambda group: (bool(group.rows), -group.count))


def problem_words(problem: Mapping[str, Any]) -> str:
    """A stored problem as one sentence that names its column."""
    text = words(problem["code"], problem["params"])
    return f"{problem['column']}: {text}" if problem.get("column") else text


def rejected_rows(batch: Import) -> Iterator[returned.Returned]:
    """Rows that were not saved, with their number, their reasons and their cells as they came."""
    for row in ImportRow.objects.filter(batch=batch).order_by("number").iterator(chunk_size=1_000):
        reasons = "; ".join(problem_words(problem) for problem in row.problems)
        yield row.number, reasons, [str(cell) for cell in row.cells]


def headers_of(batch: Import) -> list[str]:
    """The column names of the list, also when its file is gone. Raises `TableError`, `OSError`."""
    known = batch.options.get("headers")
    return list(known) if known is not None else list(open_table(batch).headers)


def gone_words(batch: Import) -> str:
    """When and why the file of a list was removed, in the reader's language; empty while it is here."""
    erased, aged = batch.options.get("file_erased_at"), batch.options.get("file_aged_at")
    if batch.file or not (erased or aged):
        return ""
    at = timezone.localtime(datetime.fromisoformat(erased or aged))
    said = {"day": formats.date_format(at, "DATE_FORMAT")}
    if erased:
        return (
            _("Its file was removed on %(day)s, because the personal data of somebody in it were erased.")
            % said
        )
    is_left = batch.options.get("is_left")
    said["n"] = str((UNSAVED_KEPT if is_left else SAVED_KEPT).days)
    if is_left:
        return (
            _("Nobody saved it within %(n)s days, so on %(day)s it was dropped and its file removed.") % said
        )
    return _("Its file was removed on %(day)s: files are kept for %(n)s days.") % said


def door_of(batch: Import) -> Door:
    """How its leads came in."""
    return Door.HISTORY if history_of(batch) else Door(batch.door)


def recent(campaign_id: int, count: int = 5) -> list[Import]:
    """The campaign's last imports that were saved or are being saved."""
    return list(
        Import.objects.filter(campaign=campaign_id)
        .exclude(state__in=[Import.State.PREVIEW, Import.State.CANCELLED])
        .select_related("by")
        .defer("edits", "remarks", "scan")[:count]
    )
