"""Rows that go back to be mended, and workbooks in both readings."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.tables import (
    ErrorCode,
    Limits,
    TableError,
    is_large_workbook,
    read_table,
    returned,
    unpack_workbook,
    workbooks,
    xlsx,
    xlsx_writer,
)
from leads.domain.tables.xlsx_stream import Workbook

# What a spreadsheet keeps of a text: no controls, one kind of line end.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=30
)


def given_back(headers: Sequence[str], rows: Sequence[tuple[int, str, Sequence[str]]], kind: str) -> bytes:
    write = returned.as_xlsx if kind == "xlsx" else returned.as_csv
    return b"".join(write(headers, rows))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@given(
    rows=st.lists(
        st.lists(TEXTS, min_size=3, max_size=3).filter(lambda cells: any(cell.strip() for cell in cells)),
        min_size=1,
        max_size=5,
    )
)
def test_cells_come_back_as_they_were(kind: str, rows: list[list[str]]) -> None:
    data = given_back(["Name", "Phone", "E-mail"], [(7, "Reason", row) for row in rows], kind)
    table = read_table(data)
    assert (table.headers, table.is_returned) == (("Name", "Phone", "E-mail"), True)
    assert [list(row.cells) for row in table] == rows


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_our_columns_are_known_wherever_somebody_moved_them(kind: str) -> None:
    rows = [["Anna", "7", "a@example.com", "E-mail: wrong"]]
    headers = ["Name", returned.ROW, "E-mail", returned.REASON.upper()]
    data = (
        b"".join(xlsx_writer.write(headers, rows))
        if kind == "xlsx"
        else ",".join(headers).encode() + b"\n" + ",".join(rows[0]).encode()
    )
    table = read_table(data)
    assert table.headers == ("Name", "E-mail")
    assert [row.cells for row in table] == [("Anna", "a@example.com")]


def test_cells_beyond_the_last_column_stay_beyond_it() -> None:
    for kind in ("csv", "xlsx"):
        table = read_table(
            given_back(["Name", "E-mail"], [(2, "Too many", ["Anna", "", "more", "cells"])], kind)
        )
        (row,) = table
        assert (row.cells, row.surplus) == (("Anna", ""), ("more", "cells"))


def sheet(xml: str, *, styles: str = "", strings: str = "", epoch: str = "") -> bytes:
    """A workbook as Excel packs it, of one sheet."""
    data = io.BytesIO()
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{rel}">{epoch}<sheets><sheet name="S" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{rel}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r3" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst {main}>{strings}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{xml}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return data.getvalue()


STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/><numFmt numFmtId="165" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="166" formatCode="0.00\\ &quot;days&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>'
    '<xf numFmtId="20"/></cellXfs>'
)
STRINGS = "<si><t>Name</t></si><si><r><t>An</t></r><r><t>na</t></r><rPh><t>x</t></rPh></si><si><t/></si>"
CELLS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Other</t></is></c><c r="G1"><v>1</v></c></row>'
    '<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" s="1"><v>45631</v></c><c r="C3" s="2"><v>45631.5</v></c>'
    '<c r="D3"><v>12.50</v></c><c r="E3"><v>5.0</v></c><c r="F3" t="b"><v>1</v></c><c r="G3" t="str"><v>f</v></c></row>'
    '<row r="4"><c r="A4" t="s"><v>2</v></c><c r="B4"><v>123456789012345680</v></c><c r="C4" s="4"><v>2.5</v></c>'
    '<c r="D4" s="5"><v>0.75</v></c><c r="E4" t="e"><v>#REF!</v></c><c r="G4" t="inlineStr"><is><t>&amp; x</t></is></c>'
    '</row><row r="5"><c r="A5"><v>1234567890123450</v></c><c r="B5"><v>-7</v></c><c r="G5"><v>1e300</v></c></row>'
)


@pytest.mark.parametrize("epoch", ["", '<workbookPr date1904="1"/>'])
def test_a_large_workbook_reads_like_a_small_one(monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    data = sheet(CELLS, styles=STYLES, strings=STRINGS, epoch=epoch)
    small = read_table(data, has_header=True)
    cells = [row.cells for row in small]
    monkeypatch.setattr(workbooks, "LARGE_BYTES", 0)
    assert is_large_workbook(data)
    large = read_table(data, has_header=True)
    assert (large.headers, [row.cells for row in large]) == (small.headers, cells)
    out = io.StringIO(newline="")
    unpack_workbook(data, out)
    unpacked = read_table(out.getvalue().encode(), is_ours=True, has_header=True)
    assert (unpacked.headers, [row.cells for row in unpacked]) == (small.headers, cells)
    assert [row.number for row in unpacked] == [row.number for row in small]


def test_an_id_that_excel_has_rounded_is_not_taken_for_one() -> None:
    cells = [row.cells for row in read_table(sheet(CELLS, styles=STYLES, strings=STRINGS), has_header=True)]
    assert "E+" in cells[0][1]
    assert "E+" in cells[1][0]


@given(rows=st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=6))
def test_both_readings_of_any_workbook_are_equal(rows: list[list[str]]) -> None:
    data = b"".join(xlsx_writer.write(["A", "B", "C", "D"], rows))
    workbook = Workbook(lambda: io.BytesIO(data))
    large = [[*cells, *[""] * (4 - len(cells))] for cells in workbook.records("Rows")]
    expected = [["A", "B", "C", "D"], *([*row, *[""] * (4 - len(row))] for row in rows)]
    assert large == expected[: len(large)]
    assert not any(cell for row in expected[len(large) :] for cell in row)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_entities_that_unfold_to_gigabytes_are_refused(part: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    found = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheet(CELLS))) as old,
        zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, bomb if name == part else old.read(name))
    with pytest.raises(TableError) as caught:
        read_table(found.getvalue())
    assert caught.value.code is ErrorCode.BROKEN_SPREADSHEET


def test_a_workbook_with_too_many_rows_is_refused_before_it_is_read() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 400))
    blank = "".join(f'<row r="{n}"/>' for n in range(400, 5000))
    with pytest.raises(TableError) as caught:
        is_large_workbook(sheet(rows), limits=Limits(rows=100))
    assert caught.value.code is ErrorCode.TOO_MANY_ROWS
    assert not is_large_workbook(sheet(rows + blank), limits=Limits(rows=400))


def test_a_large_workbook_is_known_by_what_it_declares_without_being_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>' + "x" * 20_000 + "</t></is></c></row>")
    monkeypatch.setattr(workbooks, "LARGE_BYTES", 10_000)
    monkeypatch.setattr(xlsx, "unpacked", None)
    assert is_large_workbook(data)


def test_a_workbook_that_declares_less_than_it_is_is_not_unpacked_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    lying = out.getvalue().replace((40_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    pieces: list[int] = []

    def seen(stream: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
        for piece in real(stream, member):
            pieces.append(len(piece))
            yield piece

    real = xlsx.unpacked
    monkeypatch.setattr(xlsx, "unpacked", seen)
    monkeypatch.setattr(workbooks, "LARGE_BYTES", 1_000_000)
    assert is_large_workbook(lying)
    assert sum(pieces) < 5_000_000


def test_a_size_that_no_compression_reaches_is_refused_unread() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<x/>" * 1_000)
    lying = out.getvalue().replace((4_000).to_bytes(4, "little"), (100_000_000).to_bytes(4, "little"))
    with pytest.raises(TableError) as caught:
        is_large_workbook(lying)
    assert caught.value.code is ErrorCode.BROKEN_SPREADSHEET
