"""Amounts in the company's currency, written as its readers write them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import get_format, number_format

NBSP = "\xa0"
MINUS = "−"
DEFAULT_CURRENCY = "EUR"
SYMBOLS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "PLN": "zł",
    "RUB": "₽",
    "UAH": "₴",
    "CZK": "Kč",
}
# In English these stand before the number without a space; every other currency is written as its code.
PREFIXED = frozenset({"EUR", "USD", "GBP", "RUB", "UAH"})

_override: ContextVar[str | None] = ContextVar("money_currency", default=None)
_source: Callable[[], str] | None = None


def register_currency_source(source: Callable[[], str]) -> None:
    """Tell where the company's currency (ISO 4217) comes from. Called once, at start.

    The source is asked for every amount, so it answers from a cache.
    """
    global _source
    _source = source


def current_currency() -> str:
    """Return the ISO 4217 code amounts are shown in: the override in force, else the company's."""
    return _override.get() or (_source() if _source else "") or DEFAULT_CURRENCY


@contextmanager
def currency_override(code: str) -> Iterator[None]:
    """Show amounts in `code` inside the block."""
    token = _override.set(code)
    try:
        yield
    finally:
        _override.reset(token)


def local_pattern(name: str, default: Any) -> Any:
    """Return a value of leadsync.formats for the language in force; `default` where a language has none."""
    found = get_format(name)
    return default if found == name else found


def _round(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _with_symbol(figure: str, currency: str, *, is_negative: bool) -> str:
    sign = MINUS if is_negative else ""
    if local_pattern("MONEY_BEFORE", True):
        if currency in PREFIXED:
            return f"{sign}{SYMBOLS[currency]}{figure}"
        return f"{sign}{currency}{NBSP}{figure}"
    return f"{sign}{figure}{NBSP}{SYMBOLS.get(currency, currency)}"


def format_money(value: Decimal | int | float | str, currency: str | None = None) -> str:
    """Write an amount in full: "€432,000", "432 000 €". Cents appear only when there are any.

    `value` is in whole units of the currency; `currency` is ISO 4217, the company's by default.
    Raises decimal.InvalidOperation for what is no number.
    """
    amount = _round(Decimal(str(value)), 2)
    places = 0 if amount == amount.to_integral_value() else 2
    figure = number_format(abs(amount), places, use_l10n=True, force_grouping=True)
    return _with_symbol(figure, currency or current_currency(), is_negative=amount < 0)


def format_money_short(value: Decimal | int | float | str, currency: str | None = None) -> str:
    """Write an amount for a tile or an axis: "€254k", "254 tys. €", "€1.2M". Below 1,000: whole units.

    Raises decimal.InvalidOperation for what is no number.
    """
    amount = Decimal(str(value))
    size = _round(abs(amount), 0)
    units = local_pattern("MONEY_SHORT_UNITS", ("k", "M"))
    gap = local_pattern("MONEY_SHORT_GAP", "")
    if size < 1000:
        figure = number_format(size, 0, use_l10n=True, force_grouping=True)
    else:
        # 999,600 rounds to 1,000 thousand, which is a million.
        thousands = _round(size / 1000, 1 if size < 10_000 else 0)
        step, unit = (thousands, units[0]) if thousands < 1000 else (_round(size / 1_000_000, 1), units[1])
        places = 0 if step == step.to_integral_value() else 1
        figure = f"{number_format(step, places, use_l10n=True, force_grouping=True)}{gap}{unit}"
    return _with_symbol(figure, currency or current_currency(), is_negative=amount < 0 and size > 0)
