"""The preview of an import: which rows are ready, which have to be fixed and where, who is here already, who gets what.

Looking through a list reads it row by row; a page of the preview looks only at its own rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched, islice
from typing import Any

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from leads.domain import identity
from leads.domain.routing import How
from leads.domain.tables import Field, Row, Table, TableError
from leads.domain.tables.codes import ProblemCode
from leads.domain.tables.rows import ParsedRow
from leads.domain.words import OPEN_STAGES
from leads.models import Handoff, Import, Lead
from leads.selectors import agreement
from leads.selectors import imports as selectors
from leads.services import arrivals, routing
from leads.services.arrivals import Key, LeadData
from leads.services.import_rows import Clock, Remarks, data_of, must_fix
from leadsync.accounts.models import User

BATCH = 1_000
PAGE = 50
MOST_SHARED = 5_000  # beyond so many new leads who gets how many is said only after saving
ALL, FIX, HERE = "all", "fix", "here"


def look_through(batch: Import) -> None:
    """Count what is ready, to fix and here already, and remember which rows. Stores it with the import."""
    batch.scan = _scan(batch)
    batch.scanned_at = timezone.now()
    Import.objects.filter(pk=batch.pk, state=Import.State.PREVIEW).update(
        scan=batch.scan, scanned_at=batch.scanned_at, error=batch.scan.get("error", "")
    )


def _scan(batch: Import) -> dict[str, Any]:
    fix: list[int] = []
    here: list[int] = []
    twins: dict[str, int] = {}
    remarks = Remarks.of(batch.options.get("table_remarks", []))
    seen: dict[Key, int] = {}
    count = reachable = 0
    kinds: dict[tuple[str, str, str], int] = {}  # what routing asks of a lead
    who: dict[str, int] = {}  # by row that could be handed over: which of `kinds`
    clock = Clock()
    try:
        table = selectors.open_table(batch)
        parser = selectors.parser_of(batch, table.headers)
        for chunk in batched(selectors.rows_of(batch, table), BATCH):
            keyed: list[tuple[int, tuple[Key, ...]]] = []
            for row in chunk:
                count += 1
                parsed = parser.parse(row)
                for remark in parsed.remarks:
                    remarks.add(remark.code, remark.params, row.number)
                hard, soft = must_fix(batch, parsed)
                for note in soft:
                    remarks.add(note.code, note.params, row.number)
                if hard:
                    fix.append(row.number)
                else:
                    data = _data(batch, parsed, clock)
                    keyed.append((row.number, arrivals.keys_of(data)))
                    if parsed.values.get(Field.EMAIL) or parsed.values.get(Field.PHONE):
                        reachable += 1
                        if reachable <= MOST_SHARED:
                            who[str(row.number)] = kinds.setdefault(_kind(data), len(kinds))
            known = arrivals.known_keys(key for _number, keys in keyed for key in keys)
            for number, keys in keyed:
                first = next((seen[key] for key in keys if key in seen), None)
                if any(key in known for key in keys):
                    here.append(number)
                elif first is not None:
                    here.append(number)
                    twins[str(number)] = first
                for key in keys:
                    seen.setdefault(key, first or number)
    except TableError as error:
        return {"rows": count, "fix": [], "here": [], "error": selectors.error_words(error)}
    return {
        "rows": count,
        "fix": fix,
        "here": here,
        "twins": twins,
        "reachable": reachable,
        "kinds": list(kinds),
        "who": who,
        "remarks": remarks.stored(),
    }


def look_at_row(batch: Import, number: int) -> None:
    """After a cell of a long list was changed: judge that row anew, without the other rows of the list."""
    table = selectors.open_table(batch)
    parser = selectors.parser_of(batch, table.headers)
    row = next(
        (one for one in selectors.rows_of(batch, table, after=number - 1) if one.number == number), None
    )
    if row is None:
        return
    parsed = parser.parse(row)
    hard, _soft = must_fix(batch, parsed)
    data = None if hard else _data(batch, parsed, Clock())
    is_here = data is not None and bool(arrivals.known_keys(arrivals.keys_of(data)))
    batch.scan.get("who", {}).pop(str(number), None)
    if data is not None and (data.email or data.phone):
        kinds = batch.scan.setdefault("kinds", [])
        batch.scan.setdefault("who", {})[str(number)] = len(kinds)
        kinds.append(_kind(data))
    for name, belongs in ((FIX, bool(hard)), (HERE, is_here)):
        numbers = set(batch.scan[name])
        numbers = numbers | {number} if belongs else numbers - {number}
        batch.scan[name] = sorted(numbers)
    batch.save(update_fields=["scan"])


def _data(batch: Import, parsed: ParsedRow, clock: Clock) -> LeadData:
    return data_of(parsed, namespace=batch.options.get("namespace", ""), at=clock)


def _keys(batch: Import, parsed: ParsedRow, clock: Clock) -> tuple[Key, ...]:
    return arrivals.keys_of(_data(batch, parsed, clock))


def _kind(data: LeadData) -> tuple[str, str, str]:
    return data.country, data.language, identity.company_key(data.company)


# ------------------------------------------------------------------------------------------- what a page shows


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
    """What the preview shows."""

    columns: tuple[Column, ...]
    rows: tuple[PreviewRow, ...]
    total: int
    fix: int
    here: int
    show: str
    number: int
    pages: int
    remarks: tuple[selectors.RemarkGroup, ...]
    shares: tuple[tuple[str, int], ...] = ()
    gate_first: int = 0
    gate_last: int = 0
    gate_size: int = 0
    to_head: tuple[tuple[str, int], ...] = ()  # what the head of sales gets, as no rep has room
    stays: int = 0  # with marketing, as nobody is there at all
    error: str = ""
    ambiguous: tuple[Column, ...] = field(default=())

    @property
    def ready(self) -> int:
        """Rows that become new leads."""
        return self.total - self.fix - self.here

    @property
    def saved(self) -> int:
        """Rows that saving takes in: new leads and new arrivals of leads that are here."""
        return self.total - self.fix


def page_of(batch: Import, *, show: str = ALL, number: int = 1) -> Page:
    """One page of the grid. Raises `TableError`, `OSError` when the list is gone."""
    scan = batch.scan
    table = selectors.open_table(batch)
    numbers: list[int] | None = scan.get(show, []) if show in {FIX, HERE} else None
    total = scan.get("rows", 0)
    many = total if numbers is None else len(numbers)
    pages = max(-(-many // PAGE), 1)
    number = min(max(number, 1), pages)
    rows = _page_rows(batch, table, numbers, (number - 1) * PAGE)
    columns = _columns(batch, table)
    fix, here = len(scan.get(FIX, ())), len(scan.get(HERE, ()))
    gate = _gate_numbers(batch, total - fix - here)
    shares, to_head, stays = _who_gets_what(batch, total - fix - here)
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
        fix=fix,
        here=here,
        show=show if show in {FIX, HERE} else ALL,
        number=number,
        pages=pages,
        remarks=tuple(remarks),
        shares=shares,
        gate_first=gate[0],
        gate_last=gate[1],
        gate_size=gate[2],
        to_head=to_head,
        stays=stays,
        error=scan.get("error", ""),
        ambiguous=tuple(column for column in columns if column.is_ambiguous),
    )


def _page_rows(batch: Import, table: Table, numbers: Sequence[int] | None, start: int) -> list[Row]:
    rows = selectors.rows_of(batch, table)
    if numbers is None:
        return list(islice(rows, start, start + PAGE))
    wanted = set(numbers[start : start + PAGE])
    found: list[Row] = []
    for row in rows:
        if row.number in wanted:
            found.append(row)
            if len(found) == len(wanted):
                break
    return found


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
    keys = [_keys(batch, one, clock) for one in parsed]
    known = arrivals.known_keys(key for some in keys for key in some)
    leads = _leads(set(known.values()))
    twins: Mapping[str, int] = batch.scan.get("twins", {})
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
        found.append(PreviewRow(row.number, cells, tuple(others), has_extra, bool(hard), here))
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
    """The numbers in the gate that the new leads get, and how many it has."""
    if count <= 0 or batch.campaign_id is None or selectors.history_of(batch):
        return 0, 0, 0
    size = agreement.terms().gate_size
    last = Lead.objects.filter(campaign=batch.campaign_id).aggregate(last=Max("gate_number"))["last"] or 0
    return (last + 1, min(last + count, size), size) if last < size else (0, 0, size)


@dataclass(frozen=True, slots=True)
class _Coming:
    """A row that becomes a lead, as routing looks at it; newer than any lead there is."""

    pk: int
    campaign_id: int
    country: str = ""
    language: str = ""
    company_key: str = ""
    owner_id: int | None = None


_NEWER = 1 << 62
type _Shares = tuple[tuple[str, int], ...]


def _who_gets_what(batch: Import, count: int) -> tuple[_Shares, _Shares, int]:
    """A dry run of routing: how many each rep gets, how many the head of sales, and how many nobody."""
    who: Mapping[str, int] = batch.scan.get("who", {})
    if (
        not who
        or batch.campaign_id is None
        or selectors.history_of(batch)
        or not 0 < count <= MOST_SHARED
        or batch.scan.get("reachable", 0) > MOST_SHARED
    ):
        return (), (), 0
    kinds = batch.scan["kinds"]
    left_out = {*batch.scan.get(FIX, ()), *batch.scan.get(HERE, ())}
    coming = [
        _Coming(_NEWER + int(number), batch.campaign_id, *kinds[kind])
        for number, kind in sorted(who.items(), key=lambda item: int(item[0]))
        if int(number) not in left_out
    ]
    shared = routing.share_out(coming)
    names = {
        rep.pk: rep.short_name
        for rep in User.objects.filter(pk__in={rep_id for rep_id, _why in shared.values()})
    }
    to_reps: Counter[int] = Counter()
    to_heads: Counter[int] = Counter()
    for rep_id, why in shared.values():
        (to_heads if why["rule"] == How.UNROUTABLE else to_reps)[rep_id] += 1
    return (
        tuple((names[pk], many) for pk, many in to_reps.most_common()),
        tuple((names[pk], many) for pk, many in to_heads.most_common()),
        len(coming) - len(shared),
    )
