"""Files that people really have: the public sets of odd CSV files, and everything that is no table."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from leads.domain.tables import ErrorCode, Limits, RemarkCode, Table, TableError, read_table, read_text
from leads.domain.tables.model import MIB, whole_mib

SPECTRUM = (
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
    "quotes_and_newlines", "simple", "simple_crlf", "utf8",
)  # fmt: skip

# File → headers, number of rows, first row; None where the file must be refused.
CSVKIT: dict[str, tuple[tuple[str, ...], int, tuple[str, ...]] | None] = {
    "bad.csv": (("column_a", "column_b", "column_c"), 3, ("1", "27", "")),
    "bad_skip_lines.csv": (("column_a", "column_b", "column_c"), 3, ("1", "27", "")),
    "blanks.csv": (("a", "b", "c", "d", "e", "f"), 1, ("", "NA", "N/A", "NONE", "NULL", ".")),
    "date_like_number.csv": (("a",), 1, ("4.5",)),
    "dummy.tsv": (("a", "b", "c"), 1, ("1", "2", "3")),
    "empty.csv": None,
    "mac_newlines.csv": (("a", "b", "c"), 2, ("1", "2", "3")),
    "no_header_row.csv": (("A", "B", "C"), 1, ("1", "2", "3")),
    "null_byte.csv": (("a", "b", "c"), 1, ("", "2", "3")),
    "optional_quote_characters.csv": (("a", "b", "c"), 1, ("1", "2", "3")),
    "sniff_limit.csv": (("a", "b", "c"), 1, ("1", "2", "3")),
    "test_date_format.csv": (("a",), 2, ("02/01/2014",)),
    "test_empty_columns.csv": (("a", "b", "c"), 2, ("a", "", "")),
    # A single line that names nothing known is taken as a row: better one too many than one lost.
    "test_empty_columns_long_row.csv": (("A", "B", "C"), 1, ("a", "b", "c")),
    "test_empty_columns_short_row.csv": (("A", "B", "C"), 1, ("a", "b", "c")),
    "test_extra_header.csv": (("a", "b", "c", "d"), 1, ("1", "2", "3", "")),
    "test_header_newline.csv": (("start end", "b", "c"), 1, ("d", "e", "f")),
    "test_latin1.csv": (("a", "b", "c"), 2, ("1", "2", "3")),
    "test_locale.csv": (("a", "b", "c"), 1, ("1,7", "200.000.000", "")),
    "test_no_leading_zeroes.csv": (("a", "b", "c"), 1, ("01", "00.11", "0.1")),
    "test_skip_lines.csv": (("a", "b", "c"), 1, ("1", "2", "3")),
    "test_utf16_big.csv": (("a", "b", "c"), 2, ("1", "2", "3")),
    "test_utf16_little.csv": (("a", "b", "c"), 2, ("1", "2", "3")),
    "test_utf8.csv": (("foo", "bar", "baz"), 2, ("1", "2", "3")),
    "test_utf8_bom.csv": (("foo", "bar", "baz"), 2, ("1", "2", "3")),
    "testxls_unicode_converted.csv": (("a", "b", "c"), 1, ("1.0", "2.0", "3.0")),
}


def refusal(data: bytes, **options: object) -> TableError:
    """Read everything and return why it is refused."""
    with pytest.raises(TableError) as caught:
        list(read_table(data, **options))  # type: ignore[arg-type]
    assert caught.value.describe()
    return caught.value


def remark_codes(table: Table) -> set[RemarkCode]:
    return {remark.code for remark in table.remarks}


def workbook(cells: dict[tuple[int, int], object], *, sheets: tuple[str, ...] = ("Leads",)) -> bytes:
    """Build an .xlsx whose first sheet holds the cells by (row, column) from 0."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "remove_timezone": True}) as book:
        for index, name in enumerate(sheets):
            sheet = book.add_worksheet(name)
            for (row, column), value in cells.items() if index == 0 else ():
                sheet.write(row, column, value)
    return out.getvalue()


@pytest.mark.parametrize("name", SPECTRUM)
def test_every_file_of_the_spectrum_reads_as_its_json(shared_data: Path, name: str) -> None:
    folder = shared_data / "csv_spectrum"
    table = read_table(folder / "csvs" / f"{name}.csv")
    expected = json.loads((folder / "json" / f"{name}.json").read_text("utf-8"))
    assert [dict(zip(table.headers, row.cells, strict=True)) for row in table] == expected


@pytest.mark.parametrize("name", CSVKIT)
def test_every_odd_file_reads_or_is_refused_with_a_reason(shared_data: Path, name: str) -> None:
    data = (shared_data / "csvkit_examples" / name).read_bytes()
    expected = CSVKIT[name]
    if expected is None:
        assert refusal(data).code is ErrorCode.EMPTY
        return
    table = read_table(data, filename=name)
    rows = list(table)
    assert (table.headers, len(rows), rows[0].cells) == expected


def test_the_list_of_odd_files_is_complete(shared_data: Path) -> None:
    names = {path.name for path in (shared_data / "csvkit_examples").glob("*sv")}
    assert names == {*CSVKIT, "test_geo.csv"}
    table = read_table(shared_data / "csvkit_examples" / "test_geo.csv")
    assert len(list(table)) == 17
    assert table.headers[:3] == ("slug", "title", "artist")


def test_ragged_rows_are_kept_and_flagged(shared_data: Path) -> None:
    rows = list(read_table(shared_data / "csvkit_examples" / "bad.csv"))
    assert rows[0].surplus == ("I'm too long!",)
    assert rows[1].missing == 1
    assert (rows[2].surplus, rows[2].missing) == ((), 0)


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    table = read_text('\nname\temail\n"Anna\nMaria"\ta@x.pl\n\nEwa\te@x.pl\n')
    assert table.header_row == 2
    assert [row.number for row in table] == [3, 5]


def test_title_rows_above_the_header_are_skipped_and_mentioned() -> None:
    table = read_table(
        b"Leads of the fair;;\nPozna\xc5\x84 2026;;\n\nname;email;phone\nAnna;a@x.pl;600700800\n"
    )
    assert table.headers == ("name", "email", "phone")
    assert RemarkCode.TITLE_ROWS_SKIPPED in remark_codes(table)


def test_a_first_row_with_an_address_is_data() -> None:
    table = read_text("Anna Kowalska\tAcme\tanna@x.pl\nJan Nowak\tBeta\tjan@x.pl\n")
    assert not table.has_header
    assert table.headers == ("A", "B", "C")
    assert len(list(table)) == 2


def test_a_person_can_overrule_the_header() -> None:
    assert len(list(read_text("x\ty\nz\tw\n", has_header=False))) == 2
    assert read_text("Anna\ta@x.pl\nJan\tj@x.pl\n", has_header=True).headers == ("Anna", "a@x.pl")


def test_a_single_pasted_line_is_a_lead_and_not_a_header() -> None:
    assert [row.cells for row in read_text("Anna Kowalska\tAcme")] == [("Anna Kowalska", "Acme")]


def test_the_same_header_twice_gets_a_number() -> None:
    table = read_text("email\tEmail\temail\tname\na@x.pl\tb@x.pl\t\tAnna\n")
    assert table.headers == ("email", "Email (2)", "email (3)", "name")
    assert RemarkCode.DUPLICATE_HEADER in remark_codes(table)


def test_columns_without_a_name_are_left_out_only_when_empty() -> None:
    table = read_table(b"name,email,,\nAnna,a@x.pl,,\nJan,j@x.pl,calls back,\n")
    assert table.headers == ("name", "email", "C")
    assert next(table.rows).cells == ("Anna", "a@x.pl", "")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name;amount\nAnna;1,5\nJan;2,7\nEwa;3,9\n", ";"),
        ("name|email\nAnna|a@x.pl\n", "|"),
        ("name\temail\nAnna, Maria\ta@x.pl\n", "\t"),
        ("sep=;\nname;email\nAnna;a@x.pl\n", ";"),
        ('name,note\nAnna,"a;b;c"\nJan,"d;e;f"\n', ","),
        ("Imię;Nazwisko;Uwagi\nAnna;Nowak;tak, jutro\nJan;Lis;nie, dziś, później\n", ";"),
    ],
)
def test_the_separator_is_found(text: str, delimiter: str) -> None:
    assert read_table(text.encode()).delimiter == delimiter


def test_one_column_of_texts_with_commas_stays_one_column() -> None:
    table = read_text("company\nSmith, Jones and Co\nDoe, Ltd\nAcme\n")
    assert [row.cells for row in table] == [("Smith, Jones and Co",), ("Doe, Ltd",), ("Acme",)]


def test_quotes_that_do_not_pair_up_are_text() -> None:
    table = read_table(b'name,size\nAnna,"5\nJan,7\nEwa,9\n')
    assert [row.cells for row in table] == [("Anna", '"5'), ("Jan", "7"), ("Ewa", "9")]
    assert RemarkCode.QUOTES_AS_TEXT in remark_codes(table)


def test_quotes_escaped_by_a_backslash_are_understood() -> None:
    table = read_table(b'name,note\n"Anna","says \\"yes, please\\""\n"Jan","ok"\n')
    assert [row.cells for row in table] == [("Anna", 'says "yes, please"'), ("Jan", "ok")]


def test_a_quote_left_open_far_down_names_its_row_and_column() -> None:
    lines = [f"Anna {i},a{i}@x.pl,ok" for i in range(1000)]
    lines[800] = 'Anna,"a@x.pl,ok'
    error = refusal(("name,email,note\n" + "\n".join(lines)).encode())
    assert (error.code, error.params["row"], error.params["column"]) == (ErrorCode.QUOTE_NOT_CLOSED, 802, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_certain_with_and_without_a_mark(encoding: str) -> None:
    text = "Имя;E-mail;Firma\nАнна Иванова;a@x.pl;Żółta Łódź\n" * 3
    table = read_table(text.encode(encoding))
    assert table.is_encoding_certain
    assert next(table.rows).cells == ("Анна Иванова", "a@x.pl", "Żółta Łódź")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (
            "cp1250",
            "Imię,Nazwisko,Miasto\nŁukasz,Żółć,Łódź\nMałgorzata,Śliwińska,Gdańsk\nGrażyna,Dąbrowska,Kraków\n",
        ),
        ("cp1251", "Имя,Фамилия,Город\nИван,Щербаков,Москва\nНаталья,Ёлкина,Казань\nОльга,Цветкова,Уфа\n"),
        ("cp1252", "Name,Stadt,Notiz\nJürgen Müller,Köln,größer\nFrançois Lefèvre,Orléans,déjà vu à Noël\n"),
        ("koi8_r", "Имя,Фамилия,Город\nИван,Щербаков,Москва\nНаталья,Елкина,Казань\nОльга,Цветкова,Уфа\n"),
        (
            "iso8859_2",
            "Imię,Nazwisko,Miasto\nŁukasz,Żółć,Łódź\nJakub,Śliwiński,Gdańsk\nBożena,Dąbrowska,Łomża\n",
        ),
    ],
)
def test_old_encodings_are_guessed_by_their_words(encoding: str, text: str) -> None:
    table = read_table(text.encode(encoding))
    assert table.encoding == encoding
    assert encoding in table.encoding_choices
    assert [",".join(row.cells) for row in table] == text.strip().split("\n")[1:]


def test_an_unsure_encoding_is_said_and_can_be_chosen() -> None:
    data = "name,city\n王小明,台北市\n李大華,高雄市\n".encode("big5")
    table = read_table(data)
    assert not table.is_encoding_certain
    assert "big5" in table.encoding_choices
    assert RemarkCode.ENCODING_GUESSED in remark_codes(table)
    assert next(read_table(data, encoding="big5").rows).cells == ("王小明", "台北市")


def test_a_few_broken_bytes_do_not_spoil_a_unicode_file() -> None:
    lines = ["name,city"] + [f"Żółć {i},Łódź" for i in range(40)]
    data = "\n".join(lines).encode() + b"\nJan,\xb3adny\n"
    table = read_table(data)
    assert (table.encoding, next(table.rows).cells) == ("utf-8", ("Żółć 0", "Łódź"))
    assert RemarkCode.BROKEN_CHARACTERS in remark_codes(table)


@pytest.mark.parametrize("name", ["hex", "idna", "nonsense", "utf-7", "rot13", "\x00"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    assert refusal(b"a,b\n1,2\n", encoding=name).code is ErrorCode.UNKNOWN_ENCODING


@pytest.mark.parametrize("delimiter", ['"', "\n", ",,", "\x00"])
def test_a_separator_that_cannot_be_one_is_refused(delimiter: str) -> None:
    assert refusal(b"a,b\n1,2\n", delimiter=delimiter).code is ErrorCode.BAD_DELIMITER


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.EMPTY),
        (b"\n\r\n  \n", ErrorCode.EMPTY),
        (b"\xef\xbb\xbf", ErrorCode.EMPTY),
        (b",,,\n,,,\n", ErrorCode.EMPTY),
        (b"%PDF-1.7\n%\xe2\xe3", ErrorCode.NOT_A_TABLE),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ErrorCode.NOT_A_TABLE),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", ErrorCode.NOT_A_TABLE),
        (b"<html><body><table><tr><td>1</td></tr></table>", ErrorCode.NOT_A_TABLE),
        (b'[{"name": "Anna"}]', ErrorCode.NOT_A_TABLE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, ErrorCode.OLD_EXCEL),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64 + "EncryptedPackage".encode("utf-16-le"),
            ErrorCode.ENCRYPTED,
        ),
        (bytes(range(256)) * 40, ErrorCode.BINARY),
        (b"PK\x03\x04 no archive", ErrorCode.BROKEN_SPREADSHEET),
    ],
)
def test_what_is_no_table_is_refused_by_kind(data: bytes, code: ErrorCode) -> None:
    assert refusal(data).code is code


def test_a_thousand_columns_are_refused_with_their_number() -> None:
    error = refusal((",".join(f"c{i}" for i in range(1000)) + "\n").encode())
    assert error.code is ErrorCode.TOO_MANY_COLUMNS
    assert error.params == {"row": 1, "count": 1000, "limit": 500}
    assert refusal(b"a,b\n1,2\n" + b"x," * 10_000 + b"x\n").params["row"] == 3


@pytest.mark.parametrize("cell", ["x" * 1_048_576, '"' + "x\n" * 524_288 + '"', "x" * 40_000])
def test_a_cell_of_a_megabyte_is_refused_with_row_and_column(cell: str) -> None:
    error = refusal(f"name,note\nAnna,ok\nJan,{cell}\nEwa,ok\n".encode())
    assert (error.code, error.params["row"], error.params["column"]) == (ErrorCode.CELL_TOO_LONG, 3, 2)


def test_files_beyond_the_limits_are_refused_before_they_are_read() -> None:
    data = b"name\n" + b"Anna\n" * 100
    assert refusal(data, limits=Limits(file_bytes=200)).code is ErrorCode.TOO_BIG
    with pytest.raises(TableError) as caught:
        read_table(data, limits=Limits(rows=99))
    assert caught.value.code is ErrorCode.TOO_MANY_ROWS
    assert len(list(read_table(data, limits=Limits(rows=100)))) == 100


def test_a_file_one_byte_too_large_is_not_said_to_be_as_large_as_it_may_be() -> None:
    said = refusal(b"n" * (MIB + 1), limits=Limits(file_bytes=MIB)).describe()
    assert said == "The file has 2 MB. At most 1 MB can be read at once."
    assert [whole_mib(size) for size in (0, 1, MIB, MIB + 1)] == [0, 1, 1, 2]


def test_lines_within_quotes_do_not_count_as_rows() -> None:
    data = b"name,note\n" + b'Anna,"1\n2\n3\n4"\n' * 50
    assert len(list(read_table(data, limits=Limits(rows=50)))) == 50


def test_a_table_can_be_read_again_and_from_an_opener() -> None:
    opened = 0

    def opener() -> io.BytesIO:
        nonlocal opened
        opened += 1
        return io.BytesIO(b"name,email\nAnna,a@x.pl\n")

    table = read_table(opener)
    before = opened
    assert list(table) == list(table.rows)
    assert opened == before + 2


def test_a_missing_file_is_a_table_error(tmp_path: Path) -> None:
    with pytest.raises(TableError):
        read_table(tmp_path / "none.csv")


def test_nul_bytes_are_removed_and_mentioned() -> None:
    table = read_table(b"name,email\nAn\x00na,a@x.pl\n" + b"Jan,j@x.pl\n" * 20)
    assert next(table.rows).cells == ("Anna", "a@x.pl")
    assert RemarkCode.NUL_REMOVED in remark_codes(table)


def test_pasted_lone_surrogates_become_replacement_characters() -> None:
    assert next(read_text("name\temail\nAn\ud800na\ta@x.pl\n").rows).cells[0] == "An\ufffdna"


# --- spreadsheets


def test_a_spreadsheet_reads_as_typed() -> None:
    table = read_table(
        workbook({
            (0, 0): "Report", (2, 0): "Name", (2, 1): "Lead ID", (2, 2): "Amount", (2, 3): "Won",
            (3, 0): "Anna", (3, 1): 1234567890123456, (3, 2): 12.5, (3, 3): True,
            (4, 0): "Jan", (4, 1): 123456789012345678, (4, 2): 7.0, (4, 3): False,
        })
    )  # fmt: skip
    assert table.kind == "xlsx"
    assert table.headers == ("Name", "Lead ID", "Amount", "Won")
    first, second = table.rows
    assert first.cells == ("Anna", "1234567890123456", "12.5", "TRUE")
    assert first.number == 4
    # Beyond 2^53 a spreadsheet has already rounded: the form says so.
    assert "E+17" in second.cells[1]
    assert second.cells[2:] == ("7", "FALSE")


def test_other_sheets_are_mentioned_and_can_be_chosen() -> None:
    data = workbook(
        {(0, 0): "name", (0, 1): "email", (1, 0): "Anna", (1, 1): "a@x.pl"}, sheets=("One", "Two")
    )
    table = read_table(data)
    assert (table.sheet, table.sheets) == ("One", ("One", "Two"))
    assert refusal(data, sheet="Three").code is ErrorCode.NO_SUCH_SHEET
    assert refusal(data, sheet="Two").code is ErrorCode.EMPTY


def test_a_cell_far_out_is_refused_before_memory_is_taken() -> None:
    assert refusal(workbook({(0, 0): "name", (1_048_575, 16_383): "x"})).code is ErrorCode.TOO_MANY_COLUMNS
    assert refusal(workbook({(0, 0): "name", (1_048_575, 30): "x"})).code is ErrorCode.TOO_MANY_CELLS


def test_formatted_empty_cells_far_out_do_no_harm() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "email"])
        sheet.write_row(1, 0, ["Anna", "a@x.pl"])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    assert [row.cells for row in read_table(out.getvalue())] == [("Anna", "a@x.pl")]


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 4_000_000)
    data = out.getvalue()
    assert refusal(data, limits=Limits(unpacked_bytes=1_000_000)).code is ErrorCode.UNPACKS_TOO_BIG
    # The same with a lie about the size in the archive's directory.
    size = (4_000_000).to_bytes(4, "little")
    lying = data.replace(size, (10).to_bytes(4, "little"))
    assert lying != data
    assert refusal(lying, limits=Limits(unpacked_bytes=1_000_000)).code is ErrorCode.UNPACKS_TOO_BIG


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("xl/workbook.bin",), ErrorCode.OTHER_SPREADSHEET),
        (("mimetype", "content.xml"), ErrorCode.OTHER_SPREADSHEET),
        (("word/document.xml",), ErrorCode.NOT_A_TABLE),
        (("photo.jpg",), ErrorCode.NOT_A_TABLE),
        (("xl/workbook.xml",), ErrorCode.BROKEN_SPREADSHEET),
    ],
)
def test_other_archives_are_refused_by_kind(names: tuple[str, ...], code: ErrorCode) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    assert refusal(out.getvalue()).code is code


def test_a_real_data_dictionary_reads(shared_data: Path) -> None:
    table = read_table(shared_data / "x_education_leads" / "Leads Data Dictionary.xlsx")
    assert table.headers == ("Variables", "Description")
    assert len(list(table)) == 37


def test_the_first_sheet_with_content_is_read_and_others_with_content_are_mentioned() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, header in (("Blank", ""), ("Leads", "name"), ("Old", "firma"), ("Empty", "")):
            sheet = book.add_worksheet(name)
            if header:
                sheet.write_column(0, 0, [header, "Anna"])
    table = read_table(out.getvalue())
    assert (table.sheet, table.headers) == ("Leads", ("name",))
    (remark,) = table.remarks
    assert (remark.code, remark.params["others"]) == (RemarkCode.OTHER_SHEETS, "Old")
    assert read_table(out.getvalue(), sheet="Old").headers == ("firma",)
