"""From a file or a pasted text to a ``Table``: one place that knows kinds, encoding, dialect and header
together.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO, TextIOWrapper
from itertools import islice
from typing import TextIO

from . import decode, dialect, returned
from .codes import ErrorCode, RemarkCode
from .decode import Opener
from .dialect import Dialect
from .model import MIB, Limits, Remark, Row, Table, TableError, whole_mib
from .origins import Origin, Record, Source, checked, is_filled, no_records, opener_of
from .workbooks import from_workbook

SAMPLE_ROWS = 50
HEADER_RECORDS = 120
HEADER_CHARACTERS = 200


def read_table(
    source: Source,
    *,
    filename: str = "",
    limits: Limits | None = None,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    has_header: bool | None = None,
    is_ours: bool = False,
) -> Table:
    """Open a CSV, TSV or .xlsx file given as bytes, as a path, or as a function that opens it for reading.

    Everything is detected; ``encoding``, ``delimiter``, ``sheet`` and ``has_header`` carry what a person
    chose instead. The file is passed over once for its encoding and size, and its rows are read when the
    table is iterated. ``filename`` only helps to tell a file of tabs from one of commas in doubt. ``is_ours``: the
    file is what ``unpack_workbook`` wrote, so there is nothing to detect.

    Raises ``TableError`` with the reason for what is no table or breaks a limit; iterating may raise it too.
    """
    limits = limits or Limits()
    opener = opener_of(source)
    try:
        if is_ours:
            return _table(_from_unpacked(opener, limits), limits, has_header)
        with opener() as stream:
            head = stream.read(8192)
        if decode.file_kind(head) == "zip":
            origin = from_workbook(opener, limits, sheet)
        else:
            if not delimiter and filename.lower().endswith((".tsv", ".tab")) and b"\t" in head:
                delimiter = "\t"
            origin = _from_bytes(opener, limits, encoding, delimiter)
    except OSError as error:
        raise TableError(ErrorCode.UNREADABLE, row=1) from error
    return _table(origin, limits, has_header)


def read_text(
    text: str, *, limits: Limits | None = None, delimiter: str = "", has_header: bool | None = None
) -> Table:
    """Read what a person pasted: cells copied from a spreadsheet (tabs), or lines of CSV.

    Raises ``TableError`` like ``read_table``.
    """
    limits = limits or Limits()
    if not text.strip("\x00 \t\r\n\ufeff"):
        raise TableError(ErrorCode.EMPTY)
    if len(text) > limits.file_bytes:
        raise TableError(ErrorCode.TOO_BIG, size_mb=whole_mib(len(text)), limit_mb=limits.file_bytes // MIB)
    has_nul = "\x00" in text
    # A browser may hand over half of a character pair; it can be neither stored nor shown.
    text = text.removeprefix("\ufeff").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    origin = _delimited(
        lambda: StringIO(text, newline=""),
        limits,
        delimiter,
        Origin("text", no_records, _nul_remark(has_nul), max(text.count("\n"), text.count("\r")) + 1),
    )
    return _table(origin, limits, has_header)


def _nul_remark(has_nul: bool) -> tuple[Remark, ...]:
    return (Remark(RemarkCode.NUL_REMOVED),) if has_nul else ()


def _from_bytes(opener: Opener, limits: Limits, encoding: str, delimiter: str) -> Origin:
    found = decode.detect(opener, limits, chosen=encoding)
    remarks = _nul_remark(found.has_nul)
    if found.has_broken:
        remarks += (Remark(RemarkCode.BROKEN_CHARACTERS, {"encoding": found.name}),)
    if not found.is_certain:
        remarks += (Remark(RemarkCode.ENCODING_GUESSED, {"encoding": found.name}),)
    return _delimited(
        lambda: TextIOWrapper(opener(), encoding=found.name, errors="replace", newline=""),
        limits,
        delimiter,
        Origin(
            "csv",
            no_records,
            remarks,
            found.line_ends,
            found.name.removesuffix("-sig"),
            found.is_certain,
            found.choices,
        ),
    )


def _from_unpacked(opener: Opener, limits: Limits) -> Origin:
    plain = Dialect(",")

    def records() -> Iterator[Record]:
        def lines() -> Iterator[str]:
            with TextIOWrapper(opener(), encoding="utf-8", errors="replace", newline="") as text:
                yield from text

        return _csv_records(lines(), plain, limits)

    return Origin("xlsx", records)


def _delimited(
    open_text: Callable[[], StringIO | TextIOWrapper], limits: Limits, delimiter: str, known: Origin
) -> Origin:
    """Choose the dialect by the first lines and give the records a way to be read again and again."""

    def lines() -> Iterator[str]:
        with open_text() as text:
            for line in text:
                yield line.replace("\x00", "") if "\x00" in line else line

    sample, is_whole = dialect.sample_of(lines())
    chosen = dialect.detect(sample, is_whole=is_whole, limits=limits, delimiter=delimiter)
    remarks = known.remarks
    if not chosen.has_quotes:
        remarks += (Remark(RemarkCode.QUOTES_AS_TEXT),)
    return Origin(
        known.kind,
        lambda: _csv_records(lines(), chosen, limits),
        remarks,
        known.most_records,
        known.encoding,
        known.is_encoding_certain,
        known.encoding_choices,
        chosen.delimiter,
    )


def _csv_records(lines: Iterator[str], chosen: Dialect, limits: Limits) -> Iterator[Record]:
    pending: list[str] = []
    is_over = False

    def feed() -> Iterator[str]:
        nonlocal is_over
        for line in lines:
            pending.append(line)
            yield line
        is_over = True

    reader = chosen.reader(feed())
    number = 0
    while True:
        pending.clear()
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _what_is_wrong(number, pending, lines, chosen, limits) from error
        if is_over:
            # The reader asked for another line within a record: a quote is open at the end of the file.
            raise _what_is_wrong(number, pending, lines, chosen, limits)
        yield number, record


def _what_is_wrong(
    number: int, pending: Sequence[str], rest: Iterator[str], chosen: Dialect, limits: Limits
) -> TableError:
    trouble = dialect.find_trouble(pending, chosen, limit=limits.cell_characters)
    if trouble is None:
        return TableError(ErrorCode.UNREADABLE, row=number)
    # Within an open quote a line with an odd number of quotes closes it.
    is_closed = not trouble.is_open or any(
        line.count('"') % 2 for line in (*pending[1:], *islice(rest, 2_000_000))
    )
    if is_closed:
        return TableError(
            ErrorCode.CELL_TOO_LONG, row=number, column=trouble.column, limit=limits.cell_characters
        )
    return TableError(ErrorCode.QUOTE_NOT_CLOSED, row=number, column=trouble.column)


def encoding_samples(source: Source, names: Sequence[str]) -> dict[str, str]:
    """How the most telling line of a file reads in each of these encodings; empty where all is ASCII."""
    return decode.sample_lines(opener_of(source), names)


def unpack_workbook(source: Source, out: TextIO, *, sheet: str = "") -> Table:
    """Write a sheet's records as CSV to a text stream opened with ``newline=""``; read it with ``is_ours``.

    Returns the table of the workbook. Raises ``TableError``.
    """
    opener = opener_of(source)
    origin = from_workbook(opener, Limits(), sheet)
    writer = csv.writer(out)
    for _number, cells in checked(origin.records(), Limits()):
        writer.writerow(cells)
    return _table(origin, Limits(), None)


def _table(origin: Origin, limits: Limits, has_header: bool | None) -> Table:
    first = list(islice(checked(origin.records(), limits), HEADER_RECORDS))
    if not any(is_filled(cells) for _, cells in first):
        # Many blank rows above the table are odd, but no reason to refuse it.
        beyond = next((record for record in checked(origin.records(), limits) if is_filled(record[1])), None)
        if beyond is None:
            raise TableError(ErrorCode.EMPTY)
        start = beyond[0]
        first = list(islice((r for r in checked(origin.records(), limits) if r[0] >= start), HEADER_RECORDS))
    found = dialect.find_header([cells for _, cells in first], has_header=has_header)
    remarks = list(origin.remarks)
    if found.skipped:
        remarks.append(Remark(RemarkCode.TITLE_ROWS_SKIPPED, {"count": found.skipped}))
    if found.index >= 0:
        header_row, raw = first[found.index]
    else:
        header_row, raw = 0, []
        remarks.append(Remark(RemarkCode.NO_HEADER))
    ours = returned.places_of_ours(raw)
    is_neutral = origin.kind != "xlsx"

    def theirs(cells: list[str]) -> list[str]:
        return returned.without_ours(cells, ours, is_neutral=is_neutral) if ours else cells

    below = [theirs(cells) for number, cells in first if number > header_row]
    named = theirs(raw)
    if ours:
        named = named[: dialect.extent(named)]  # we name every column: what is beyond are cells too many
    headers = _headers(named, below, remarks, has_header=found.index >= 0)

    def rows() -> Iterator[Row]:
        count = 0
        for number, record in checked(origin.records(), limits):
            if number <= header_row:
                continue
            cells = theirs(record)
            if not is_filled(cells):
                continue
            count += 1
            if count > limits.rows:
                raise TableError(ErrorCode.TOO_MANY_ROWS, limit=limits.rows)
            yield _row(number, cells, len(headers))

    if origin.most_records > limits.rows:
        # Line ends within quotes count too, so the bound alone does not decide; nothing is kept while
        # counting.
        for _ in rows():
            pass
    return Table(
        headers=headers,
        kind=origin.kind,
        encoding=origin.encoding,
        is_encoding_certain=origin.is_encoding_certain,
        encoding_choices=origin.encoding_choices,
        delimiter=origin.delimiter,
        has_header=found.index >= 0,
        is_header_certain=found.is_certain,
        is_returned=bool(ours),
        header_row=header_row,
        remarks=tuple(remarks),
        sample=tuple(islice(rows(), SAMPLE_ROWS)),
        sheet=origin.sheet,
        sheets=origin.sheets,
        _open=rows,
    )


def _row(number: int, cells: Sequence[str], width: int) -> Row:
    if len(cells) == width:
        return Row(number, tuple(cells))
    if len(cells) < width:
        missing = width - len(cells)
        return Row(number, (*cells, *("",) * missing), missing)
    return Row(number, tuple(cells[:width]), 0, tuple(cells[width : max(width, dialect.extent(cells))]))


def _headers(
    raw: Sequence[str], below: Sequence[Sequence[str]], remarks: list[Remark], *, has_header: bool
) -> tuple[str, ...]:
    """Name every column once: blank names get the column's letter, a name used again gets a number."""
    if not has_header:
        width = max(dialect.extent(cells) for cells in below if is_filled(cells))
        return tuple(dialect.letters(index) for index in range(width))
    width = max(
        dialect.extent(raw), max((min(dialect.extent(cells), len(raw)) for cells in below), default=0)
    )
    if len(raw) > width:
        remarks.append(Remark(RemarkCode.EMPTY_COLUMNS, {"count": len(raw) - width}))
    names: list[str] = []
    taken: set[str] = set()
    for index, cell in enumerate(raw[:width]):
        name = " ".join("".join(c if c.isprintable() else " " for c in cell).split())[:HEADER_CHARACTERS]
        name = name or dialect.letters(index)
        distinct, count = name, 1
        while distinct.casefold() in taken:
            count += 1
            distinct = f"{name} ({count})"
        if count == 2:
            remarks.append(Remark(RemarkCode.DUPLICATE_HEADER, {"header": name}))
        taken.add(distinct.casefold())
        names.append(distinct)
    return tuple(names)
