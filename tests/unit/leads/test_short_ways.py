"""Plain cells are read in shorter ways, with the answers of the long ones."""

import random

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.domain import identity
from leads.domain.tables import contacts, text
from leads.domain.tables.columns import Field
from leads.domain.tables.model import Row
from leads.domain.tables.rows import ColumnMapping, RowParser
from leads.domain.tables.values import Email

ODD = "\u00a0\u200b\u2028\u0301\u0345\ufeff\u202e\u3000\x85\x0b\x00\t\r\n'=+-@"
signs = st.one_of(st.characters(), st.sampled_from(ODD), st.sampled_from("aZ ł0.,"))
cells = st.text(signs, max_size=30)
words = st.sampled_from(
    ["NULL", "na", "NA", "n/a", "-", "Select", "wybierz", "'=1+1", "'Anna", " Anna ", "A  B", "x" * 2_001]
)


def long_way(cell: str) -> str:
    """`clean_lines` as it is for cells that hold anything."""
    return text.clean_lines(f"{cell}\n\x00")


@given(cells)
@example("e\u0301")
@example("\u1fef \u037e")
def test_a_printable_cell_is_cleaned_as_any_other(cell: str) -> None:
    assert text.clean_lines(cell) == long_way(cell)
    assert text.clean(cell) == " ".join(long_way(cell).split())


@pytest.mark.parametrize(
    "field",
    [
        Field.NAME,
        Field.COMPANY,
        Field.JOB_TITLE,
        Field.CITY,
        Field.NEED,
        Field.OWNER,
        Field.COUNTRY,
        Field.LANGUAGE,
        Field.STAGE,
        Field.MARK,
        Field.EMAIL,
        Field.PHONE,
    ],
)
@given(
    cell=st.one_of(
        cells, words, st.sampled_from(["PL", "Polska", "de-AT", "won", "hot", "a@b.pl", "600123456"])
    )
)
def test_a_row_is_read_alike_with_and_without_the_short_way(field: Field, cell: str) -> None:
    mapping = ColumnMapping({0: field}, country="PL")
    short, long = RowParser(mapping, ["Column"]), RowParser(mapping, ["Column"])
    long._columns = [(index, target, None) for index, target, _way in long._columns]
    row = Row(2, (cell,))
    assert short.parse(row) == long.parse(row)
    assert short.parse(row) == long.parse(row)  # what was remembered, too


locals_ = st.from_regex(r"[A-Za-z0-9_+.-]{1,66}", fullmatch=True)
domains = st.from_regex(r"[A-Za-z0-9-]{1,20}(\.[A-Za-z0-9-]{1,20}){0,4}", fullmatch=True)


@given(locals_, domains)
@example("a..b", "example.com")
@example("anna", "EXAMPLE.com")
@example("anna", "xn--wgv71a.pl")
@example("anna", "1.2.3.4")
@example("anna", "example.test")
@example("a" * 65, "example.com")
def test_a_plain_address_is_read_as_the_library_reads_it(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    short = contacts.plain_email(address)
    # In brackets it has to be taken apart.
    assert short is None or short == contacts.parse_email(f"Anna <{address}>")


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.com", "xn--wgv71a.pl", "日本.pl", "xn--a-ecp.ru"])
def test_a_list_and_a_form_know_the_same_address(domain: str) -> None:
    found = contacts.parse_email(f"anna@{domain}")
    assert identity.normalise_email(f"anna@{domain}") == (found.key if isinstance(found, Email) else None)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_digits_dialled_within_a_country_are_read_as_the_library_reads_them(region: str) -> None:
    chance = random.Random(region)
    known = [
        phonenumbers.national_significant_number(found)
        for kind in range(11)
        if (found := phonenumbers.example_number_for_type(region, kind))
    ] or ["123456789"]
    code = str(phonenumbers.country_code_for_region(region))
    for _ in range(60):
        base = chance.choice(known)
        kept = chance.randrange(len(base) + 1)
        digits = base[:kept] + "".join(chance.choice("0123456789") for _ in base[kept:])
        for number in (base, digits, f"{digits}7", code + base, f"0{base}", f"00{code}{base}", f"8{base}"):
            short = contacts.plain_number(number, region)
            assert short is None or short == contacts._read_phone(number, region), number


json = st.recursive(
    st.one_of(cells, st.integers(), st.floats(), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(cells, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(cells, json, max_size=4))
def test_a_payload_of_plain_text_is_kept_as_any_other(payload: dict[str, object]) -> None:
    with_more = identity.storable({**payload, "more": [1]})
    assert repr({**identity.storable(payload), "more": [1]}) == repr(with_more)
