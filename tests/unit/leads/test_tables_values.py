"""One cell in, one normalised value or one clear reason out."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from leads.domain.tables import Fault, ProblemCode
from leads.domain.tables.messages import TEMPLATES
from leads.domain.tables.values import (
    DateOrder,
    Email,
    Moment,
    Money,
    Phone,
    clean,
    clean_lines,
    decide_date_order,
    is_empty,
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


def code_of(value: object) -> ProblemCode | None:
    return value.code if isinstance(value, Fault) else None


# --- e-mail


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("Anna.Nowak+fair@Example.PL", "anna.nowak+fair@example.pl"),
        (" Anna Nowak <anna@x.pl> ", "anna@x.pl"),
        ("mailto:anna@x.pl", "anna@x.pl"),
        ("\u200eanna@x.pl\u200f", "anna@x.pl"),
        ("żółć@źródło.pl", "żółć@źródło.pl"),
    ],
)
def test_addresses_are_normalised(cell: str, key: str) -> None:
    value = parse_email(cell)
    assert isinstance(value, Email)
    assert value.key == key


def test_of_several_addresses_the_first_is_used_and_the_rest_kept() -> None:
    value = parse_email("a@x.pl, b@y.pl; c@z.pl")
    assert isinstance(value, Email)
    assert (value.key, value.others) == ("a@x.pl", ("b@y.pl", "c@z.pl"))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("anna@x@y.pl", ProblemCode.EMAIL_TWO_AT),
        ("anna.x.pl", ProblemCode.EMAIL_NO_AT),
        ("anna@", ProblemCode.EMAIL_DOMAIN),
        ("anna@localhost", ProblemCode.EMAIL_DOMAIN),
        ("@x.pl", ProblemCode.EMAIL_INVALID),
        ("an na@x.pl", ProblemCode.EMAIL_INVALID),
        ("a..b@x.pl", ProblemCode.EMAIL_INVALID),
        ("a" * 70 + "@x.pl", ProblemCode.EMAIL_INVALID),
        ("anna@x_y.pl", ProblemCode.EMAIL_DOMAIN),
    ],
)
def test_a_bad_address_says_what_is_wrong(cell: str, code: ProblemCode) -> None:
    assert code_of(parse_email(cell)) is code


# --- phone


def test_every_published_phone_vector_holds(shared_data: Path) -> None:
    for vector in json.loads((shared_data / "phone_examples" / "parse_vectors.json").read_text("utf-8")):
        value = parse_phone(vector["input"], vector["region"], allows_letters=True)
        if vector["e164"] is None:
            assert isinstance(value, Fault), vector
        else:
            assert isinstance(value, Phone), vector
            assert (value.e164, value.is_valid) == (vector["e164"], vector["valid"]), vector
        strict = parse_phone(vector["input"], vector["region"])
        assert strict == value or isinstance(strict, Fault), vector


def test_an_example_number_of_every_country_is_read(shared_data: Path) -> None:
    old = {"AL", "BG", "BJ", "CI", "MX", "WF"}  # renumbered since the list was made
    examples = json.loads((shared_data / "phone_examples" / "examples.mobile.json").read_text("utf-8"))
    for region, number in examples.items():
        value = parse_phone(number, region)
        assert isinstance(value, Phone) or region in old, (region, number, value)


@pytest.mark.parametrize(
    ("cell", "region", "e164"),
    [
        ("600 700 800", "PL", "+48600700800"),
        ("p:+919000000001", "PL", "+919000000001"),
        ("p:07400123456", "GB", "+447400123456"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("tel. 600-700-800", "PL", "+48600700800"),
        ("48600700800.0", "PL", "+48600700800"),
        ("570-809-7197", "US", "+15708097197"),
    ],
)
def test_phones_are_read_as_people_write_them(cell: str, region: str, e164: str) -> None:
    value = parse_phone(cell, region)
    assert isinstance(value, Phone)
    assert value.e164 == e164


def test_an_extension_is_kept_beside_the_number() -> None:
    for cell in (
        "+48 600 700 800 wew. 12",
        "+48 600 700 800 ext 12",
        "600700800 x12",
        "+48600700800 доб. 12",
    ):
        value = parse_phone(cell, "PL")
        assert isinstance(value, Phone), cell
        assert (value.e164, value.extension, value.display) == (
            "+48600700800",
            "12",
            "+48 600 700 800 ext. 12",
        )


def test_of_several_phones_the_first_is_used_and_the_rest_kept() -> None:
    value = parse_phone("600 700 800, 601 701 801", "PL")
    assert isinstance(value, Phone)
    assert (value.e164, value.others) == ("+48600700800", ("601 701 801",))


@pytest.mark.parametrize(
    ("cell", "region", "code", "count"),
    [
        ("60070080", "PL", ProblemCode.PHONE_SHORT, 1),
        ("+48 600 700 800 12", "", ProblemCode.PHONE_LONG, 2),
        ("600 abc 700", "PL", ProblemCode.PHONE_LETTERS, None),
        ("0800 DDA 005", "NZ", ProblemCode.PHONE_LETTERS, None),
        ("600 700 800", "", ProblemCode.PHONE_NO_COUNTRY, None),
        ("+999 123456789", "PL", ProblemCode.PHONE_INVALID, None),
        ("4.86E+10", "PL", ProblemCode.DAMAGED_BY_EXCEL, None),
        ("12", "PL", ProblemCode.PHONE_SHORT, 5),
    ],
)
def test_a_bad_phone_says_what_is_wrong(cell: str, region: str, code: ProblemCode, count: int | None) -> None:
    value = parse_phone(cell, region)
    assert isinstance(value, Fault)
    assert (value.code, value.params.get("count")) == (code, count)
    assert value.describe()


# --- dates


def wall(*parts: int) -> dt.datetime:
    """A naive instant: wall time of the company."""
    return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026-04-07", wall(2026, 4, 7)),
        ("2026-04-07 10:30", wall(2026, 4, 7, 10, 30)),
        ("2026-04-07T10:30:15.250", wall(2026, 4, 7, 10, 30, 15, 250_000)),
        ("2026-04-07T10:30:00Z", dt.datetime(2026, 4, 7, 10, 30, tzinfo=dt.UTC)),
        ("2026-08-31T11:18:23+05:30", dt.datetime(2026, 8, 31, 5, 48, 23, tzinfo=dt.UTC)),
        ("2026-09-10T14:32:11+0000", dt.datetime(2026, 9, 10, 14, 32, 11, tzinfo=dt.UTC)),
        ("07.04.2026", wall(2026, 4, 7)),
        ("7. 4. 2026 9:05", wall(2026, 4, 7, 9, 5)),
        ("07/04/26", wall(2026, 4, 7)),
        ("2026/4/7", wall(2026, 4, 7)),
        ("20260407", wall(2026, 4, 7)),
        ("7 kwietnia 2026 r.", wall(2026, 4, 7)),
        ("7 апреля 2026 г. 10:30", wall(2026, 4, 7, 10, 30)),
        ("Apr 7, 2026 3:05 PM", wall(2026, 4, 7, 15, 5)),
        ("Tue, 07 Apr 2026 10:30:00 GMT", dt.datetime(2026, 4, 7, 10, 30, tzinfo=dt.UTC)),
        ("45631", wall(2024, 12, 5)),
        ("45631.5", wall(2024, 12, 5, 12)),
        ("1718000000", dt.datetime(2024, 6, 10, 6, 13, 20, tzinfo=dt.UTC)),
        ("1718000000123", dt.datetime(2024, 6, 10, 6, 13, 20, 123_000, tzinfo=dt.UTC)),
    ],
)
def test_dates_are_read_in_every_usual_form(cell: str, at: dt.datetime) -> None:
    value = parse_date(cell)
    assert isinstance(value, Moment)
    assert (value.at, value.is_naive) == (at, at.tzinfo is None)


@pytest.mark.parametrize(
    ("cell", "order", "code"),
    [
        ("2026-02-30", "dmy", ProblemCode.DATE_IMPOSSIBLE),
        ("31.04.2026", "dmy", ProblemCode.DATE_IMPOSSIBLE),
        ("12/31/2026", "dmy", ProblemCode.DATE_IMPOSSIBLE),
        ("0000-00-00", "dmy", ProblemCode.DATE_IMPOSSIBLE),
        ("2026-04-07 25:00", "dmy", ProblemCode.DATE_IMPOSSIBLE),
        ("1899-12-31", "dmy", ProblemCode.DATE_RANGE),
        ("9999-01-01", "dmy", ProblemCode.DATE_RANGE),
        ("03/04/2026", "ambiguous", ProblemCode.DATE_AMBIGUOUS),
        ("yesterday", "dmy", ProblemCode.DATE_UNREADABLE),
        ("7", "dmy", ProblemCode.DATE_UNREADABLE),
        ("2026-04-07T10:30:00+99:00", "dmy", ProblemCode.DATE_IMPOSSIBLE),
    ],
)
def test_a_bad_date_says_what_is_wrong(cell: str, order: DateOrder, code: ProblemCode) -> None:
    assert code_of(parse_date(cell, order)) is code


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["03/04/2026", "25/04/2026"], "dmy"),
        (["03/04/2026", "04/25/2026"], "mdy"),
        (["03/04/2026", "05/06/2026"], "ambiguous"),
        (["25/04/2026", "04/25/2026"], "ambiguous"),
        (["03.04.2026"], "dmy"),
        (["2026-04-03", "", "no date"], "dmy"),
        (["04/04/2026"], "dmy"),
        (["3/30/12 10:00"], "mdy"),
    ],
)
def test_the_order_of_a_column_is_decided_by_the_dates_that_tell(values: list[str], order: DateOrder) -> None:
    assert decide_date_order(values) == order


def test_the_order_of_a_column_is_followed() -> None:
    month_first, day_first = parse_date("03/04/2026", "mdy"), parse_date("03/04/2026", "dmy")
    assert isinstance(month_first, Moment)
    assert isinstance(day_first, Moment)
    assert (month_first.at.month, day_first.at.month) == (3, 4)


# --- money, minutes


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("1 234,50", "1234.50", ""),
        ("1\u00a0234,50 zł", "1234.50", "PLN"),
        ("1.234,50 zł", "1234.50", "PLN"),
        ("$1,117.10K", "1117100.00", "USD"),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("€1,5 mln", "1500000.00", "EUR"),
        ("12 тыс. руб.", "12000.00", "RUB"),
        ("200.000.000", "200000000.00", ""),
        ("12,34,567", "1234567.00", ""),
        ("1,234", "1234.00", ""),
        ("0.125", "0.13", ""),
        ("1234.567", "1234.57", ""),
        ("5,-", "5.00", ""),
        ("-5", "-5.00", ""),
        ("(300)", "-300.00", ""),
        ("1E+05", "100000.00", ""),
        ("50000000.0", "50000000.00", ""),
        ("99999999999999", "99999999999999.00", ""),
    ],
)
def test_money_is_exact_whatever_the_separators(cell: str, amount: str, currency: str) -> None:
    assert parse_money(cell) == Money(Decimal(amount), currency)


def test_the_decimal_mark_of_a_column_overrules_the_guess() -> None:
    assert parse_money("1.234", ".") == Money(Decimal("1.23"))
    assert parse_money("1.234", ",") == Money(Decimal(1234))


@pytest.mark.parametrize(
    "cell", ["NaN", "inf", "-Infinity", "1.2.3", "1 2 3", "12 apples", "=1+1", "0x10", "--5", ","]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    assert code_of(parse_money(cell)) is ProblemCode.MONEY_UNREADABLE


@pytest.mark.parametrize("cell", ["1e400", "999999999999999", "1" * 60, "99999999 mld"])
def test_too_large_an_amount_is_refused(cell: str) -> None:
    assert code_of(parse_money(cell)) is ProblemCode.MONEY_TOO_LARGE


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("45", 45),
        ("45 min", 45),
        ("1 h 20 min", 80),
        ("1:20", 80),
        ("1,5 h", 90),
        ("2 godz.", 120),
        ("15 мин", 15),
    ],
)
def test_minutes_are_read(cell: str, minutes: int) -> None:
    assert parse_minutes(cell) == minutes


@pytest.mark.parametrize("cell", ["-5", "99999999", "1" * 12])
def test_minutes_out_of_range_are_refused(cell: str) -> None:
    assert code_of(parse_minutes(cell)) is ProblemCode.MINUTES_RANGE


# --- words, ids, text


@pytest.mark.parametrize("cell", ["1", "1.0", "yes", "Tak", "ДА", "TRUE", "won", "Closed Won", "✓"])
def test_yes_is_read(cell: str) -> None:
    assert parse_boolean(cell) is True


@pytest.mark.parametrize("cell", ["0", "0.0", "no", "Nie", "нет", "FALSE", "lost"])
def test_no_is_read(cell: str) -> None:
    assert parse_boolean(cell) is False


def test_neither_yes_nor_no_is_a_fault() -> None:
    assert code_of(parse_boolean("perhaps")) is ProblemCode.BOOLEAN_UNREADABLE


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("PL", "PL"), ("pl", "PL"), ("POL", "PL"), ("Poland", "PL"), ("Polska", "PL"), ("польша", "PL"),
        ("Niemcy", "DE"), ("Deutschland", "DE"), ("Великобритания", "GB"), ("UK", "GB"), ("U.S.A.", "US"),
        ("Czech Republic", "CZ"), ("Stany Zjednoczone", "US"), ("Côte", None), ("NA", "NA"), ("Atlantis",
        None),
    ],
)  # fmt: skip
def test_countries_are_read_by_code_and_by_name(cell: str, code: str | None) -> None:
    value = parse_country(cell)
    assert value == code if code else code_of(value) is ProblemCode.COUNTRY_UNKNOWN


def test_languages_stages_and_marks_are_read_in_three_languages() -> None:
    assert [parse_language(cell) for cell in ("pl-PL", "Polish", "русский", "Klingon")] == [
        "pl",
        "pl",
        "ru",
        None,
    ]
    stages = [
        "Open - Not Contacted",
        "W toku",
        "Квалифицирован",
        "Closed Won",
        "Closed - Not Converted",
        "purple",
    ]
    assert [parse_stage(cell) for cell in stages] == ["new", "contacted", "qualified", "won", "closed", None]
    marks = ["Promising", "nie pasuje", "не отвечает", "Hot", "7"]
    assert [parse_mark(cell) for cell in marks] == [
        "promising",
        "not_a_fit",
        "unreachable",
        "qualified",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("l:1000000000000020", "1000000000000020"),
        ("c:5", "5"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("00Q5g00000ABCDE", "00Q5g00000ABCDE"),
        ("0012", "0012"),
    ],
)
def test_ids_stay_text(cell: str, value: str) -> None:
    assert parse_id(cell) == value


@pytest.mark.parametrize("cell", ["1.23457E+17", "1,23457E+17", "1e15"])
def test_an_id_rounded_by_a_spreadsheet_is_refused(cell: str) -> None:
    assert code_of(parse_id(cell)) is ProblemCode.DAMAGED_BY_EXCEL


def test_text_loses_what_no_one_sees_and_keeps_what_people_wrote() -> None:
    assert clean("  Anna\u00a0 \t Nowak \x07") == "Anna Nowak"
    assert clean("\u202eAnna\u202c") == "Anna"
    assert clean("Zo\u0065\u0301") == "Zoé"
    assert clean("👩\u200d👩\u200d👧 ok") == "👩\u200d👩\u200d👧 ok"
    assert clean("a\ud800b") == "a\ufffdb"
    assert clean_lines("one\r\ntwo\rthree\u2028four\x00") == "one\ntwo\nthree\nfour"


def test_words_for_nothing_are_empty_and_select_only_for_choices() -> None:
    assert all(is_empty(word) for word in ("", "n/a", "-", "Brak", "нет данных", "NULL"))
    assert is_empty("Select", is_choice=True)
    assert not is_empty("Select")


def test_every_code_has_a_sentence() -> None:
    for code, template in TEMPLATES.items():
        assert template.strip(), code
        assert not template.rstrip().endswith("!"), code
    for member in ProblemCode:
        assert member in TEMPLATES
