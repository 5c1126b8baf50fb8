"""Amounts read right in three languages: symbol, groups, decimals and unbreakable spaces."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import pytest
from django.utils import translation

from leadsync.core import money
from leadsync.core.money import currency_override, format_money, format_money_short

NB = "\xa0"


@pytest.fixture(autouse=True)
def _euro() -> Iterator[None]:
    with currency_override("EUR"):
        yield


@pytest.mark.parametrize(
    ("language", "value", "expected"),
    [
        ("en", 432000, "€432,000"),
        ("pl", 432000, f"432{NB}000{NB}€"),
        ("ru", 432000, f"432{NB}000{NB}€"),
        ("en", Decimal("2.24"), "€2.24"),
        ("pl", Decimal("2.24"), f"2,24{NB}€"),
        ("ru", "1234.5", f"1{NB}234,50{NB}€"),
        ("en", Decimal("350.00"), "€350"),
        ("en", 0, "€0"),
        ("en", -5600, "−€5,600"),
        ("pl", -5600, f"−5{NB}600{NB}€"),
        ("en", Decimal("0.005"), "€0.01"),
        ("en", Decimal("-0.001"), "€0"),
    ],
)
def test_full_amount_has_the_language_s_groups_and_cents_only_when_there_are_any(
    language: str, value: Decimal | int | str, expected: str
) -> None:
    with translation.override(language):
        assert format_money(value) == expected


@pytest.mark.parametrize(
    ("language", "value", "expected"),
    [
        ("en", 254_000, "€254k"),
        ("pl", 254_000, f"254{NB}tys.{NB}€"),
        ("ru", 254_000, f"254{NB}тыс.{NB}€"),
        ("en", 1_240_000, "€1.2M"),
        ("pl", 1_240_000, f"1,2{NB}mln{NB}€"),
        ("ru", 2_000_000, f"2{NB}млн{NB}€"),
        ("en", 999, "€999"),
        ("en", 3_200, "€3.2k"),
        ("en", 999_600, "€1M"),
        ("en", -34_000, "−€34k"),
        ("en", Decimal("-0.4"), "€0"),
    ],
)
def test_short_amount_keeps_three_figures_at_most(language: str, value: int, expected: str) -> None:
    with translation.override(language):
        assert format_money_short(value) == expected


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("en", "PLN", f"PLN{NB}1,500"),
        ("pl", "PLN", f"1{NB}500{NB}zł"),
        ("ru", "RUB", f"1{NB}500{NB}₽"),
        ("en", "CHF", f"CHF{NB}1,500"),
        ("ru", "CHF", f"1{NB}500{NB}CHF"),
    ],
)
def test_currency_is_the_company_s_not_the_language_s(language: str, currency: str, expected: str) -> None:
    with translation.override(language):
        assert format_money(1500, currency) == expected


def test_override_wins_over_the_registered_source_and_ends_with_its_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(money, "_source", lambda: "PLN")
    with currency_override("USD"):
        assert money.current_currency() == "USD"
    with currency_override(""):
        assert money.current_currency() == "PLN"


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidOperation):
        format_money("a lot")
