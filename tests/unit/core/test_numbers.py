"""Numbers typed by people: understood in every notation, or refused; never silently multiplied."""

from decimal import Decimal

import pytest
from django import forms
from django.utils import translation

from leadsync.core.forms import NumberField
from leadsync.kpi.forms import Amount

ALL = ("en", "pl", "ru")
NB = "\xa0"


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1234,50", "1234.50"),
        ("1234.5", "1234.5"),
        ("900 000,50", "900000.50"),
        (f"900{NB}000,50", "900000.50"),
        ("900\u202f000.50", "900000.50"),
        ("1 234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("€1 200", "1200"),
        (f"1 200{NB}zł", "1200"),
        ("PLN 1200,5", "1200.5"),
        ("432 000 ₽", "432000"),
        ("−€12.5", "-12.5"),
        ("€-12,5", "-12.5"),
        (" 3500 ", "3500"),
        ("0,5", "0.5"),
        (",5", "0.5"),
        ("7.", "7"),
        ("0", "0"),
    ],
)
def test_unambiguous_numbers_read_the_same_in_every_language(
    language: str, typed: str, expected: str
) -> None:
    with translation.override(language):
        assert NumberField().clean(typed) == Decimal(expected)


@pytest.mark.parametrize("typed", ["1,200", "€1,200", "12,200", "1,200 EUR"])
def test_one_comma_before_three_digits_groups_in_english_only(typed: str) -> None:
    with translation.override("en"):
        assert NumberField().clean(typed) in {Decimal(1200), Decimal(12200)}
    for language in ("pl", "ru"):
        with translation.override(language), pytest.raises(forms.ValidationError) as refused:
            NumberField().clean(typed)
        assert refused.value.error_list[0].code == "max_decimal_places"


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize("typed", ["1.234", "1234,567", "0,500", "1 234,567", "0.125"])
def test_a_third_decimal_place_is_refused_and_never_multiplied(language: str, typed: str) -> None:
    with translation.override(language), pytest.raises(forms.ValidationError) as refused:
        NumberField().clean(typed)
    assert refused.value.error_list[0].code == "max_decimal_places"


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize(
    "typed",
    ["1,23,4", "12 34", "1 2345", "1,2345.60", "1 234.567,50", "1.2.3", "1,234,50", "01,234,567", "1,234.567.890",
     "--5", "-€-5", "1e5", "NaN", "Infinity", "lots", "€", ".", ",", "5-", "12 apples",
     "5 mln", "5 tys", "5k", "abc 5", "50%", "1" * 65],
)  # fmt: skip
def test_malformed_numbers_are_refused_with_an_example(language: str, typed: str) -> None:
    with translation.override(language), pytest.raises(forms.ValidationError) as refused:
        NumberField().clean(typed)
    assert "3,500.00" in refused.value.messages[0] or "3500,00" in refused.value.messages[0]


@pytest.mark.parametrize("language", ALL)
@pytest.mark.parametrize("value", ["1234567.5", "1234", "900000.05", "-1234.50", "0.5"])
def test_a_shown_value_reads_back_as_itself_and_is_no_change(language: str, value: str) -> None:
    with translation.override(language):
        field = NumberField()
        shown = field.widget.format_value(field.prepare_value(Decimal(value)))
        assert field.clean(shown) == Decimal(value)
        assert not field.has_changed(Decimal(value), shown)


def test_a_rate_may_carry_its_percent_sign() -> None:
    field = Amount(label="Rate", least=Decimal(0), most=Decimal(100), words="no")
    assert field.clean(f"12,5{NB}%") == Decimal("12.5")


def test_an_empty_optional_number_is_none() -> None:
    assert NumberField(required=False).clean("  ") is None
