"""A page of the preview: its rows with what is wrong in which cell, who is here already, who gets what.

A page looks only at its own rows, and is found by the number of the row before it.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db.models import OuterRef, Subquery

from leads.domain.tables import Row, Table
from leads.domain.tables.codes import ProblemCode
from leads.domain.words import OPEN_STAGES
from leads.models import Handoff, Import, Lead
from leads.selectors import agreement
from leads.selectors import imports as selectors
from leads.services import arrivals, gate_numbers
from leads.services.import_rows import Clock, data_of, must_fix
from leads.services.preview import ALL, FIX, HERE, MUTE, can_be_reached
from leads.services.preview_share import Share, who_gets_what

PAGE = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with what is wrong with it."""

    column: int
    text: str
    label: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """The lead that a row is, with who has it and since when; or the row of the same list that it repeats."""

    lead_id: int = 0
    title: str = ""
    stage: str = ""
    owner: str = ""
    since: datetime | None = None
    first_row: int = 0

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_STAGES


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the grid."""

    number: int
    cells: tuple[Cell, ...]
    problems: tuple[str, ...]
    has_extra: bool
    is_bad: bool
    here: Here | None
    is_mute: bool = False  # ready, and nobody can write or call

    @property
    def tone(self) -> str:
        """The class of the row."""
        return "is-bad" if self.is_bad else "is-dup" if self.here else "is-ok"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the grid: its name in the list, and what it is read as."""

    index: int
    header: str
    field: str
    label: str
    order: str = ""
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What the preview shows: the rows behind row number `after`."""

    columns: tuple[Column, ...]
    rows: tuple[PreviewRow, ...]
    total: int
    fix: int
    here: int
    mute: int
    show: str
    after: int
    has_earlier: bool
    has_later: bool
    remarks: tuple[selectors.RemarkGroup, ...]
    share: Share
    gate_first: int = 0
    gate_last: int = 0
    gate_size: int = 0
    error: str = ""
    ambiguous: tuple[Column, ...] = field(default=())
    fix_rows: tuple[int, ...] = field(default=(), repr=False)

    @property
    def ready(self) -> int:
        """Rows that become new leads."""
        return self.total - self.fix - self.here

    @property
    def saved(self) -> int:
        """Rows that saving takes in: new leads and new arrivals of leads that are here."""
        return self.total - self.fix

    @property
    def first(self) -> int:
        """The number of the first row shown, 0 for none."""
        return self.rows[0].number if self.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row shown, 0 for none."""
        return self.rows[-1].number if self.rows else 0

    def focus(self, number: int, column: int) -> tuple[int, int]:
        """The first cell to fix from this place on, as row number and column; (0, -1) for none or no place."""
        if number <= 0:
            return 0, -1
        cells = [(row.number, cell.column) for row in self.rows for cell in row.cells if cell.problem]
        return next((place for place in cells if place >= (number, column)), (0, -1))

    def next_to_fix(self, number: int) -> tuple[int, int]:
        """The next row to fix behind row `number`, from the beginning again after the last; and the page's `after`.

        (0, 0) where nothing is to be fixed.
        """
        if not self.fix_rows:
            return 0, 0
        found = self.fix_rows[bisect_right(self.fix_rows, number) % len(self.fix_rows)]
        is_here = self.first <= found <= self.last
        return found, self.after if is_here else found - 1


def page_of(batch: Import, *, show: str = ALL, after: int = 0, before: int = 0) -> Page:
    """One page of the grid: rows behind row number `after`, or else those right before row number `before`.

    Raises `TableError`, `OSError` when the list is gone.
    """
    scan = batch.scan
    table = selectors.open_table(batch)
    numbers: list[int] | None = scan.get(show, []) if show in {FIX, HERE, MUTE} else None
    rows, has_earlier, has_later = _page_rows(batch, table, numbers, after, before)
    total = scan.get("rows", 0)
    columns = _columns(batch, table)
    fix_rows, here = tuple(scan.get(FIX, ())), len(scan.get(HERE, ()))
    new = total - len(fix_rows) - here
    gate = _gate_numbers(batch, new)
    remarks = [
        selectors.RemarkGroup(
            one["code"], selectors.words(one["code"], one["params"]), one["count"], tuple(one["rows"])
        )
        for one in scan.get("remarks", batch.options.get("table_remarks", []))
    ]
    return Page(
        columns=columns,
        rows=_judged(batch, table, rows, columns),
        total=total,
        fix=len(fix_rows),
        here=here,
        mute=len(scan.get(MUTE, ())),
        show=show if show in {FIX, HERE, MUTE} else ALL,
        after=rows[0].number - 1 if rows else after,
        has_earlier=has_earlier,
        has_later=has_later,
        remarks=tuple(remarks),
        share=who_gets_what(batch, new),
        gate_first=gate[0],
        gate_last=gate[1],
        gate_size=gate[2],
        error=scan.get("error", ""),
        ambiguous=tuple(column for column in columns if column.is_ambiguous),
        fix_rows=fix_rows,
    )


def _page_rows(
    batch: Import, table: Table, numbers: Sequence[int] | None, after: int, before: int
) -> tuple[list[Row], bool, bool]:
    """The rows, and whether there are others before and behind them."""
    if numbers is not None:
        end = bisect_left(numbers, before) if before and not after else len(numbers)
        start = max(end - PAGE, 0) if before and not after else bisect_right(numbers, after)
        wanted = set(numbers[start : start + PAGE])
        found: list[Row] = []
        for row in selectors.rows_of(batch, table, after=min(wanted, default=1) - 1):
            if len(found) == len(wanted):
                break
            if row.number in wanted:
                found.append(row)
        return found, start > 0, start + len(wanted) < len(numbers)
    if before and not after:
        earlier: deque[Row] = deque(maxlen=PAGE + 1)
        for row in selectors.rows_of(batch, table):
            if row.number >= before:
                return list(earlier)[-PAGE:], len(earlier) > PAGE, True
            earlier.append(row)
        return list(earlier)[-PAGE:], len(earlier) > PAGE, False
    rows = list(islice(selectors.rows_of(batch, table, after=after), PAGE + 1))
    return rows[:PAGE], after > table.header_row, len(rows) > PAGE


def _columns(batch: Import, table: Table) -> tuple[Column, ...]:
    mapping = selectors.mapping_of(batch)
    ambiguous = {*mapping.ambiguous_dates, *batch.options.get("ambiguous", ())}
    names = selectors.column_names(mapping, len(table.headers))
    questions = selectors.question_labels()
    found: list[Column] = []
    for index, header in enumerate(table.headers):
        target = mapping.fields.get(index)
        found.append(
            Column(
                index,
                header,
                names[index] if target or names[index] in questions else "",
                str(selectors.FIELD_LABELS[target]) if target else questions.get(names[index], header),
                mapping.date_orders.get(index, ""),
                index in ambiguous,
            )
        )
    return tuple(found)


def _judged(
    batch: Import, table: Table, rows: Sequence[Row], columns: Sequence[Column]
) -> tuple[PreviewRow, ...]:
    parser = selectors.parser_of(batch, table.headers)
    clock = Clock()
    parsed = [parser.parse(row) for row in rows]
    namespace = batch.options.get("namespace", "")
    keys = [arrivals.keys_of(data_of(one, namespace=namespace, at=clock)) for one in parsed]
    known = arrivals.known_keys(key for some in keys for key in some)
    leads = _leads(set(known.values()))
    twins: Mapping[str, int] = batch.scan.get("twins", {})
    is_handed_off = not selectors.history_of(batch)
    found: list[PreviewRow] = []
    for row, one, some in zip(rows, parsed, keys, strict=True):
        hard, _soft = must_fix(batch, one)
        by_column: dict[str, str] = {}
        others: list[str] = []
        has_extra = False
        for problem in hard:
            text = selectors.words(problem.code, problem.params)
            has_extra |= problem.code == ProblemCode.LONG_ROW
            if problem.column:
                by_column.setdefault(problem.column, text)
            else:
                others.append(text)
        here: Here | None = None
        if not hard:
            lead_id = next((known[key] for key in some if key in known), None)
            if lead_id is not None:
                here = leads.get(lead_id)
            elif first := twins.get(str(row.number)):
                here = Here(first_row=first)
        cells = tuple(
            Cell(column.index, cell, column.label, by_column.get(column.header, ""))
            for column, cell in zip(columns, row.cells, strict=True)
        )
        is_mute = is_handed_off and not hard and here is None and not can_be_reached(one)
        found.append(PreviewRow(row.number, cells, tuple(others), has_extra, bool(hard), here, is_mute))
    return tuple(found)


def _leads(ids: set[int]) -> dict[int, Here]:
    if not ids:
        return {}
    since = (
        Handoff.objects.filter(lead=OuterRef("pk"), rep=OuterRef("owner")).order_by("-id").values("at")[:1]
    )
    leads = Lead.objects.filter(pk__in=ids).select_related("owner")
    known_since: dict[int, datetime | None] = dict(
        leads.annotate(since=Subquery(since)).values_list("pk", "since")
    )
    return {
        lead.pk: Here(
            lead.pk,
            lead.title,
            lead.stage,
            lead.owner.short_name if lead.owner else "",
            known_since.get(lead.pk) or lead.received_at,
        )
        for lead in leads
    }


def _gate_numbers(batch: Import, count: int) -> tuple[int, int, int]:
    """The places in the gate's present round that the new leads get, and how many it has."""
    if count <= 0 or batch.campaign_id is None or selectors.history_of(batch):
        return 0, 0, 0
    size = agreement.terms().gate_size
    number, first = gate_numbers.next_of(batch.campaign_id)
    place = number - first + 1
    return (place, min(place + count - 1, size), size) if place <= size else (0, 0, size)
