"""Whatever stands in a file: an answer, never a crash, and what can be read comes back as it was."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from leads.domain.tables import Field, TableError, read_table, read_text
from leads.domain.tables.rows import ColumnMapping, Context, RowParser, suggest_mapping
from leads.domain.tables.text import neutral, plain
from leads.domain.tables.values import (
    clean,
    clean_lines,
    decide_date_order,
    parse_boolean,
    parse_country,
    parse_date,
    parse_email,
    parse_id,
    parse_language,
    parse_mark,
    parse_minutes,
    parse_money,
    parse_phone,
    parse_stage,
)

PARSERS: tuple[Callable[[str], object], ...] = (
    parse_boolean, parse_country, parse_date, parse_email, parse_id, parse_language, parse_mark,
    parse_minutes,
    parse_money, parse_stage, lambda cell: parse_phone(cell, "PL"), lambda cell: parse_phone(cell),
    lambda cell: parse_phone(cell, "US", allows_letters=True), lambda cell: parse_date(cell, "ambiguous"),
    lambda cell: decide_date_order([cell]),
)  # fmt: skip


@pytest.fixture(scope="module")
def naughty(shared_data: Path) -> list[str]:
    """The public list of strings that break programs."""
    strings = json.loads((shared_data / "blns" / "blns.json").read_text("utf-8"))
    assert len(strings) > 500
    return [string for string in strings if isinstance(string, str)]


def check_cell(cell: str) -> None:
    for parser in PARSERS:
        parser(cell)
    text = clean_lines(cell)
    assert clean_lines(text) == text
    assert clean(clean(cell)) == clean(cell)
    assert "\x00" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert plain(neutral(cell)) == cell


def test_naughty_strings_get_an_answer_from_every_parser(naughty: list[str]) -> None:
    for string in naughty:
        check_cell(string)


def test_naughty_strings_come_back_from_a_file_as_they_were(naughty: list[str]) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["number", "note", "name"])
    writer.writerows([[str(i), string, "Anna"] for i, string in enumerate(naughty)])
    table = read_table(out.getvalue().encode(), delimiter=",")
    assert [row.cells[1] for row in table] == [string.replace("\x00", "") for string in naughty]
    assert read_table(out.getvalue().encode()).delimiter == ","


def test_naughty_strings_in_every_field_make_no_row_fail(naughty: list[str]) -> None:
    headers = [field.value for field in Field]
    mapping = ColumnMapping(dict(enumerate(Field)), country="PL")
    parser = RowParser(mapping, headers, context=Context(is_history=True))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t")
    writer.writerow(headers)
    writer.writerows([[string] * len(headers) for string in naughty if string.strip()])
    for row in read_text(out.getvalue(), delimiter="\t"):
        result = parser.parse(row)
        for problem in result.problems:
            assert problem.describe()
        for remark in result.remarks:
            assert remark.describe()


@given(st.text(max_size=80) | st.from_regex(r"[-+$€(]?[\d .,/:eE'+-]{1,24}\w{0,3}", fullmatch=True))
@settings(max_examples=400)
def test_any_cell_gets_an_answer(cell: str) -> None:
    check_cell(cell)


@given(st.integers(1, 10**13), st.sampled_from(["", ".", ".5", ",25", "Z"]))
def test_any_number_as_a_date_gets_an_answer(number: int, suffix: str) -> None:
    parse_date(f"{number}{suffix}")


def read_all(data: bytes) -> None:
    """Read a table to its end with everything that follows; only a table error may come out."""
    try:
        table = read_table(data)
        mapping, _ = suggest_mapping(table, country="PL")
        parser = RowParser(mapping, table.headers)
        for row in table:
            assert len(row.cells) == len(table.headers)
            parser.parse(row)
    except TableError as error:
        error.describe()


@given(
    st.binary(max_size=400)
    | st.text(alphabet='ab",;\t|\n\r\\\x00é@1', max_size=120).map(lambda text: text.encode("utf-8"))
    | st.text(max_size=60).map(lambda text: text.encode("utf-16", "surrogatepass"))
)
@settings(max_examples=400)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_all(data)


@given(st.binary(max_size=200), st.integers(0, 6000), st.integers(0, 255))
@settings(max_examples=150)
def test_any_damage_to_a_spreadsheet_is_read_or_refused(tail: bytes, place: int, byte: int) -> None:
    damaged = bytearray(SPREADSHEET)
    damaged[place % len(damaged)] = byte
    read_all(bytes(damaged))
    read_all(SPREADSHEET[: place % len(SPREADSHEET)] + tail)


def _spreadsheet() -> bytes:
    out = io.BytesIO()
    with Workbook(out) as book:
        book.add_worksheet().write_row(0, 0, ["name", "email"])
    return out.getvalue()


SPREADSHEET = _spreadsheet()

# A file full of control characters is taken for a binary one, so of them only line ends and tabs are drawn.
CELLS = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), st.sampled_from('\t\r\n",;|')
    ),
    max_size=12,
)
NAMES = ("name", "email", "phone", "company", "note", "country", "city", "channel", "campaign")


@given(
    st.data(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=200)
def test_tables_written_in_any_dialect_are_read_back_equal(
    data: st.DataObject, delimiter: str, line_end: str, quoting: int, encoding: str
) -> None:
    headers = data.draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6, unique=True))
    row = st.lists(CELLS, min_size=len(headers), max_size=len(headers))
    rows = data.draw(st.lists(row, min_size=1, max_size=6))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(headers)
    writer.writerows(rows)
    table = read_table(out.getvalue().encode(encoding))
    assert table.headers == tuple(headers)
    assert table.delimiter == delimiter
    filled = [tuple(cells) for cells in rows if any(cell and not cell.isspace() for cell in cells)]
    assert [cells.cells for cells in table] == filled
