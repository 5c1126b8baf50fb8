"""Money and minutes, exact, whatever the separators."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from .codes import ProblemCode
from .model import Fault
from .text import ascii_digits, clean

type DecimalMark = Literal[".", ",", ""]

INTEGER_DIGITS_MAX = 14
MINUTES_MAX = 100_000
_CENT = Decimal("0.01")

_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "евро": "EUR", "$": "USD", "us$": "USD", "usd": "USD",
    "£": "GBP",
    "gbp": "GBP", "zł": "PLN", "zl": "PLN", "pln": "PLN", "₽": "RUB", "руб": "RUB", "р": "RUB", "rub": "RUB",
    "rur": "RUB", "₴": "UAH", "грн": "UAH", "uah": "UAH", "kč": "CZK", "czk": "CZK", "chf": "CHF",
    "ft": "HUF",
    "huf": "HUF", "kr": "", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "¥": "", "₹": "INR", "inr": "INR",
    "₸": "KZT",
    "kzt": "KZT", "r$": "BRL", "brl": "BRL", "cad": "CAD", "aud": "AUD", "c$": "CAD", "a$": "AUD",
    "byn": "BYN",
    "jpy": "JPY", "cny": "CNY", "ron": "RON", "lei": "RON", "bgn": "BGN", "лв": "BGN", "try": "TRY",
    "₺": "TRY",
}  # fmt: skip
_FACTORS = {
    "k": 1_000, "tys": 1_000, "тыс": 1_000, "т": 1_000, "m": 1_000_000, "mm": 1_000_000, "mn": 1_000_000,
    "mln": 1_000_000, "mio": 1_000_000, "млн": 1_000_000, "million": 1_000_000, "b": 1_000_000_000,
    "bn": 1_000_000_000, "mld": 1_000_000_000, "mrd": 1_000_000_000, "млрд": 1_000_000_000,
}  # fmt: skip
_SIGNED = re.compile(r"(?P<open>\()?\s*(?P<body>.*?)\s*(?(open)\))")
_PARTS = re.compile(r"(?P<before>[^\d.,]*?)(?P<number>[.,]?\d(?:[\d.,' ]*\d)?[.,]?)(?P<after>[^\d]*)")
_WORD = re.compile(r"[^\W\d_]+\$?|[$€£₽₴¥₹₸₺]")
_EXPONENT = re.compile(r"(\d+(?:[.,]\d+)?)[eE]([+-]?\d{1,4})")
_NO_CENTS = re.compile(r"(?<=\d)[.,]--?(?!\d)")
_GAPS = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "’": "'", "\u2212": "-", "–": "-"}
)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount, rounded to cents, and the currency if the cell named one."""

    amount: Decimal
    currency: str = ""

    @property
    def is_negative(self) -> bool:
        """Whether the amount is below zero; a remark, not a problem of reading."""
        return self.amount < 0


def parse_money(cell: str, decimal_mark: DecimalMark = "") -> Money | Fault | None:
    """Read ``1 234,50``, ``$1,117.10K``, ``1.234,50 zł``, ``(300)``.

    A single separator before exactly three digits groups thousands; ``decimal_mark`` says otherwise for a
    column. Not-a-number, infinity and more than 14 digits before the point are faults.
    """
    text = clean(cell).translate(_GAPS)
    if not text:
        return None
    if len(text) > 64:
        return Fault(ProblemCode.MONEY_UNREADABLE)
    text = ascii_digits(text)
    if scientific := _EXPONENT.fullmatch(text.lstrip("+-")):
        return _scaled(
            Decimal(scientific[1].replace(",", ".")), int(scientific[2]), is_negative=text[0] == "-"
        )
    # "5,-" and "5.–" are five, whole.
    signed = _SIGNED.fullmatch(_NO_CENTS.sub("", text))
    if signed is None:
        return Fault(ProblemCode.MONEY_UNREADABLE)
    parts = _PARTS.fullmatch(signed["body"])
    if parts is None:
        return Fault(ProblemCode.MONEY_UNREADABLE)
    around = f"{parts['before']} {parts['after']}"
    minus = around.count("-")
    currency, factor = "", 1
    rest = around.replace("-", " ").replace("+", " ")
    for word in _WORD.findall(rest):
        lowered = word.casefold()
        if lowered in _CURRENCIES and not currency:
            currency = _CURRENCIES[lowered]
        elif lowered in _FACTORS and factor == 1:
            factor = _FACTORS[lowered]
        else:
            return Fault(ProblemCode.MONEY_UNREADABLE)
    if minus > 1 or _WORD.sub("", rest).strip(" .,"):
        return Fault(ProblemCode.MONEY_UNREADABLE)
    number = _number(parts["number"], decimal_mark)
    if number is None:
        return Fault(ProblemCode.MONEY_UNREADABLE)
    value = _scaled(number * factor, 0, is_negative=bool(minus) or signed["open"] is not None)
    return value if isinstance(value, Fault) else Money(value.amount, currency)


def _scaled(number: Decimal, exponent: int, *, is_negative: bool) -> Money | Fault:
    if number and number.adjusted() + exponent >= INTEGER_DIGITS_MAX:
        return Fault(ProblemCode.MONEY_TOO_LARGE, {"limit": INTEGER_DIGITS_MAX})
    if number and number.adjusted() + exponent < -20:
        number = Decimal(0)
    amount = number.scaleb(exponent).quantize(_CENT, ROUND_HALF_UP) if number else Decimal("0.00")
    return Money(-amount if is_negative and amount else amount)


def _number(text: str, decimal_mark: DecimalMark) -> Decimal | None:
    """Read digits with separators; None when they are grouped in no known way."""
    text = text.strip()
    has_gaps = " " in text or "'" in text
    if has_gaps:
        if not re.fullmatch(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d*)?", text):
            return None
        text = text.replace(" ", "").replace("'", "")
    points, commas = text.count("."), text.count(",")
    mark = decimal_mark
    if not mark:
        if points and commas:
            mark = "." if text.rindex(".") > text.rindex(",") else ","
        elif points + commas == 1:
            separator = "." if points else ","
            whole, _, fraction = text.partition(separator)
            is_group = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0" and not has_gaps
            mark = ("," if separator == "." else ".") if is_group else ("." if points else ",")
        elif points > 1:
            mark = ","
        else:
            mark = "."
    group = "," if mark == "." else "."
    whole, _, fraction = text.partition(mark)
    if group in fraction or mark in fraction:
        return None
    if group in whole and not re.fullmatch(rf"\d{{1,3}}(?:\{group}\d{{2,3}})*\{group}\d{{3}}", whole):
        return None
    digits = whole.replace(group, "") or "0"
    return Decimal(f"{digits}.{fraction or '0'}")


_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::[0-5]\d)?")
_HOURS = re.compile(
    r"(?:(\d+(?:[.,]\d+)?)\s*(?:h|hr|hrs|hours?|godz\w*|g|ч|час\w*)\.?)?\s*"
    r"(?:(\d+(?:[.,]\d+)?)\s*(?:m|min|mins|minut\w*|minutes?|мин\w*)\.?)?",
    re.IGNORECASE,
)


def parse_minutes(cell: str) -> int | Fault | None:
    """Read a duration as whole minutes: ``45``, ``45 min``, ``1 h 20 min``, ``1:20``, ``1,5 h``."""
    text = clean(cell)
    if not text:
        return None
    if len(text) > 30:
        return Fault(ProblemCode.MINUTES_UNREADABLE)
    text = ascii_digits(text)
    if clock := _CLOCK.fullmatch(text):
        minutes = Decimal(clock[1]) * 60 + int(clock[2])
    elif re.fullmatch(r"\d{1,9}(?:[.,]\d{1,6})?", text):
        minutes = Decimal(text.replace(",", "."))
    elif (spoken := _HOURS.fullmatch(text)) and (spoken[1] or spoken[2]):
        hours, rest = (Decimal((part or "0").replace(",", ".")) for part in spoken.groups())
        minutes = hours * 60 + rest
    elif re.fullmatch(r"-\s?\d+([.,]\d+)?|\d{10,}", text):
        return Fault(ProblemCode.MINUTES_RANGE, {"limit": MINUTES_MAX})
    else:
        return Fault(ProblemCode.MINUTES_UNREADABLE)
    if minutes > MINUTES_MAX:
        return Fault(ProblemCode.MINUTES_RANGE, {"limit": MINUTES_MAX})
    return int(minutes.quantize(Decimal(1), ROUND_HALF_UP))
