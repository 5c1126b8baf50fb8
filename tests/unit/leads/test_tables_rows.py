"""Rows: what becomes a lead, what has to be fixed, what is only worth knowing, and that nothing is lost."""

import csv
import io
from pathlib import Path

import pytest

from leads.domain.tables import ErrorCode, Field, ProblemCode, RemarkCode, TableError, read_table, read_text
from leads.domain.tables.consents import Agreed
from leads.domain.tables.export import neutral, plain
from leads.domain.tables.rows import (
    ColumnMapping,
    Context,
    ParsedRow,
    RowParser,
    identity,
    mapping_by_name,
    parse_row,
    suggest_mapping,
)
from leads.domain.tables.values import Email, Moment, Money, Phone


def parsed(
    text: str, *, country: str = "PL", context: Context | None = None, **fixed: str
) -> list[ParsedRow]:
    """Read a pasted table with the suggested mapping."""
    table = read_text(text)
    mapping, _ = suggest_mapping(table, country=country)
    mapping = mapping_by_name(table.headers, {}, base=mapping, fixed=fixed)
    parser = RowParser(mapping, table.headers, context=context)
    return [parser.parse(row) for row in table]


def problems(row: ParsedRow) -> list[tuple[str, ProblemCode]]:
    return [(problem.column, problem.code) for problem in row.problems]


def test_a_good_row_has_values_and_a_payload() -> None:
    (row,) = parsed(
        "name\tcompany\temail\tphone\tamount\tshoe size\nAnna\tAcme\tA@X.pl\t600700800\t1 200,50\t38\n"
    )
    assert row.is_ready
    assert row.extra == {"shoe size": "38"}
    assert identity(row) == ("", "a@x.pl", "+48600700800")
    assert isinstance(row.values[Field.EMAIL], Email)
    assert isinstance(row.values[Field.PHONE], Phone)
    assert isinstance(row.values[Field.AMOUNT], Money)


def test_problems_name_the_column_and_keep_the_cell() -> None:
    (row,) = parsed("name\tE-mail\tphone\treceived\nAnna\ta@b@c.pl\t600 abc\t2026-02-30\n")
    assert problems(row) == [
        ("E-mail", ProblemCode.EMAIL_TWO_AT),
        ("phone", ProblemCode.PHONE_LETTERS),
        ("received", ProblemCode.DATE_IMPOSSIBLE),
    ]
    assert row.problems[0].cell == "a@b@c.pl"
    assert row.problems[0].describe() == "The e-mail address has two @."


def test_first_and_last_name_make_a_name() -> None:
    (row,) = parsed("Imię\tNazwisko\te-mail\nAnna\tNull\ta@x.pl\n")
    assert row.text(Field.NAME) == "Anna Null"


def test_a_row_needs_a_name_or_a_company() -> None:
    (row,) = parsed("name\tcompany\temail\n\t-\ta@x.pl\n")
    assert problems(row) == [("", ProblemCode.NAME_MISSING)]
    (row,) = parsed("lead id\tname\temail\n7\t\ta@x.pl\n")
    assert problems(row) == [("", ProblemCode.NAME_MISSING)]
    (row,) = parsed("lead id\tname\temail\n7\t\t\n", context=Context(is_history=True))
    assert row.is_ready


def test_no_way_to_reach_a_lead_is_a_remark() -> None:
    (row,) = parsed("name\temail\nAnna\t\n")
    assert row.is_ready
    assert [remark.code for remark in row.remarks] == [RemarkCode.NO_CONTACT]


def test_a_row_with_more_cells_than_columns_has_to_be_fixed() -> None:
    (_, row) = parsed("name\temail\nJan\tj@x.pl\nAnna\ta@x.pl\tmore\n")
    assert problems(row) == [("", ProblemCode.LONG_ROW)]


def test_the_country_of_the_row_decides_how_its_phone_is_read() -> None:
    german, polish = parsed("name\tphone\tcountry\nAnna\t0151 23456789\tNiemcy\nJan\t600700800\t\n")
    assert identity(german)[2] == "+4915123456789"
    assert identity(polish)[2] == "+48600700800"


def test_select_says_nothing_for_a_choice_and_is_a_word_in_a_note() -> None:
    (row,) = parsed("name\temail\tcity\tnote\nAnna\ta@x.pl\tSelect\tSelect\n")
    assert Field.CITY not in row.values
    assert row.text(Field.NOTE) == "Select"


def test_unknown_words_are_kept_and_mentioned() -> None:
    (row,) = parsed("name\temail\tlead status\nAnna\ta@x.pl\tpurple\n")
    assert row.is_ready
    assert row.extra == {"lead status": "purple"}
    assert [remark.code for remark in row.remarks] == [RemarkCode.WORD_UNKNOWN]


def test_consent_is_a_yes_a_time_or_the_words_agreed_to_and_nothing_else_proves_it() -> None:
    cells = (
        "tak",
        "2026-04-07",
        "I agree to be called",
        "no",
        "Terms",
        "I do not agree to be called",
        "Nie wyrażam zgody",
    )
    rows = parsed("name\temail\tconsent\n" + "".join(f"Anna\ta@x.pl\t{cell}\n" for cell in cells))
    yes, at, words, *others = (row.values.get(Field.CONSENT) for row in rows)
    assert yes == Agreed()
    assert isinstance(at, Agreed)
    assert at.at is not None
    assert (at.at.at.isoformat()[:10], words) == ("2026-04-07", Agreed("I agree to be called"))
    assert others == [False, None, None, None]
    assert rows[4].extra == {"consent": "Terms"}


def test_fixed_values_fill_what_the_file_lacks() -> None:
    given, lacking = parsed(
        "name\temail\tchannel\nAnna\ta@x.pl\tfair\nJan\tj@x.pl\t\n", channel="mail", received_at="2026-01-02"
    )
    assert (given.text(Field.CHANNEL), lacking.text(Field.CHANNEL)) == ("fair", "mail")
    assert isinstance(given.values[Field.RECEIVED_AT], Moment)


def test_a_fixed_value_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        parsed("name\temail\nAnna\ta@x.pl\n", received_at="someday")
    assert caught.value.code is ErrorCode.BAD_FIXED_VALUE


def test_a_broken_cell_is_not_papered_over_by_a_fixed_value() -> None:
    (row,) = parsed("name\temail\treceived\nAnna\ta@x.pl\tnever\n", received_at="2026-01-02")
    assert Field.RECEIVED_AT not in row.values


def test_dates_that_could_be_either_wait_for_a_choice() -> None:
    table = read_text("name\treceived\nAnna\t03/04/2026\n")
    mapping, _ = suggest_mapping(table)
    assert mapping.ambiguous_dates == (1,)
    assert problems(parse_row(table.sample[0], mapping, table.headers)) == [
        ("received", ProblemCode.DATE_AMBIGUOUS)
    ]


def test_a_test_lead_of_the_network_is_refused_by_name(shared_data: Path) -> None:
    table = read_table(shared_data / "lead_form_payloads" / "meta_leads_export_shape_tab_utf16le.csv")
    mapping, _ = suggest_mapping(table, country="GB")
    test, first, second = (parse_row(row, mapping, table.headers) for row in table)
    assert problems(test) == [("", ProblemCode.TEST_LEAD)]
    assert identity(first) == ("1000000000000020", "invented@example.com", "+919000000001")
    assert identity(second) == ("1000000000000021", "invented2@example.com", "+447400123456")
    assert first.text(Field.NAME) == "Invented Person"
    assert first.extra["form_name"] == "FORM, with comma"


@pytest.mark.parametrize(
    "column", ["Is test", "is_test", "isTest", "Test lead", "test_lead", "Lead testowy", "Тестовый лид"]
)
def test_a_row_whose_own_column_says_test_is_refused_as_one(column: str) -> None:
    cells = ("TRUE", "true", "1", "yes", "tak", "да", "FALSE", "false", "0", "no", "", "perhaps")
    rows = "".join(f"Anna\ta{n}@x.pl\t{cell}\n" for n, cell in enumerate(cells))
    found = [problems(row) for row in parsed(f"name\temail\t{column}\n{rows}")]
    assert found == [[("", ProblemCode.TEST_LEAD)]] * 6 + [[]] * 6


@pytest.mark.parametrize("column", ["Test", "Test drive", "Latest", "Testing budget"])
def test_other_columns_with_test_in_their_name_say_nothing_of_the_kind(column: str) -> None:
    assert problems(parsed(f"name\temail\t{column}\nAnna\ta@x.pl\tyes\n")[0]) == []


def test_every_row_of_the_real_funnel_is_ready(shared_data: Path) -> None:
    history = Context(is_history=True)
    folder = shared_data / "olist_marketing_funnel"
    leads = read_table(folder / "olist_marketing_qualified_leads_dataset.csv")
    parser = RowParser(suggest_mapping(leads)[0], leads.headers, context=history)
    rows = [parser.parse(row) for row in leads]
    assert len(rows) == 8000
    assert all(row.is_ready for row in rows)
    assert sum(row.text(Field.CHANNEL) == "" for row in rows) == 60
    deals = read_table(folder / "olist_closed_deals_dataset.csv")
    names = {
        "mql_id": "external_id",
        "won_date": "won_at",
        "sr_id": "owner",
        "declared_monthly_revenue": "amount",
    }
    parser = RowParser(mapping_by_name(deals.headers, names), deals.headers, context=history)
    won = [parser.parse(row) for row in deals]
    assert len(won) == 842
    assert all(row.is_ready and isinstance(row.values[Field.WON_AT], Moment) for row in won)
    amounts = [row.values[Field.AMOUNT] for row in won]
    assert max(a.amount for a in amounts if isinstance(a, Money)) == 50_000_000


def test_every_row_of_the_education_file_is_ready(shared_data: Path) -> None:
    table = read_table(shared_data / "x_education_leads" / "Leads.csv")
    names = {"Lead Number": "external_id", "Lead Source": "channel", "Converted": "won", "City": "city"}
    mapping = mapping_by_name(table.headers, names, fixed={"received_at": "2019-01-01"})
    parser = RowParser(mapping, table.headers, context=Context(is_history=True))
    rows = [parser.parse(row) for row in table]
    assert (len(table.headers), len(rows)) == (37, 9240)
    assert all(row.is_ready for row in rows)
    assert sum(row.values[Field.WON] is True for row in rows) == 3561
    assert not any(row.text(Field.CITY) == "Select" for row in rows)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+48600700800", "-5", "@SUM(A1)", "\tx", "\rx", "'=x", "''+1", "'Anna", "Anna", ""]
)
def test_neutral_cells_are_no_formulas_and_come_back_as_they_were(cell: str) -> None:
    assert not neutral(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain(neutral(cell)) == cell


def test_rows_written_back_can_be_fixed_and_read_again() -> None:
    out = io.StringIO(newline="")
    cells = ["Łukasz", "+48 600 700 800", "=cmd|' /C calc'!A0", "two\nlines"]
    writer = csv.writer(out)
    writer.writerows([["name", "phone", "need", "note"], [neutral(cell) for cell in cells]])
    table = read_table(out.getvalue().encode())
    mapping, _ = suggest_mapping(table)
    row = parse_row(next(table.rows), mapping, table.headers)
    assert row.is_ready
    assert identity(row)[2] == "+48600700800"
    assert row.text(Field.NEED) == "=cmd|' /C calc'!A0"
    assert row.text(Field.NOTE) == "two\nlines"


def test_an_index_outside_the_table_is_ignored() -> None:
    table = read_text("name\temail\nAnna\ta@x.pl\n")
    mapping = ColumnMapping({0: Field.NAME, 1: Field.EMAIL, 9: Field.PHONE})
    assert parse_row(next(table.rows), mapping, table.headers).is_ready
