"""Numbers as people type them: which character groups and which one is the decimal mark."""

import re
from decimal import Decimal

LENGTH_MAX = 64
# Between digits people group with blanks (also the unbreakable ones our pages print) and apostrophes.
_GAPS = str.maketrans(dict.fromkeys("\t\u00a0\u2007\u2009\u202f'’", " ") | {"−": "-", "–": "-"})
# Named one by one: "5 mln" and "5 tys" must not pass for five of some currency.
_CURRENCY = (
    r"(?:[$€£₽₴¥₸₺₹]|zł|kč|kr|ft|руб\.?|грн\.?|eur|usd|gbp|pln|rub|uah|czk|chf|huf|sek|nok|dkk|ron|bgn|kzt|byn"
    r"|try|cad|aud|jpy|cny|inr|brl)"
)
_TYPED = re.compile(
    rf"(?P<sign>[+-]?) ?{_CURRENCY}? ?(?P<late>[+-]?)(?P<number>[0-9.,](?:[0-9., ]*[0-9.,])?) ?{_CURRENCY}?",
    re.IGNORECASE,
)


def parse_number(text: str, *, group: str = "") -> Decimal | None:
    """Read what a person typed, exact; None when it is no number or could be meant in two ways that differ.

    A currency sign or code and a minus may stand around it. With both "." and "," the last one is the decimal
    mark. A single one groups thousands only where it is `group`, the grouping character of the person's
    language, and stands before exactly three digits; everywhere else it is the decimal mark.
    """
    if len(text) > LENGTH_MAX:
        return None
    typed = _TYPED.fullmatch(text.translate(_GAPS).strip())
    if typed is None or (typed["sign"] and typed["late"]):
        return None
    number = typed["number"]
    mark = _decimal_mark(number, group)
    whole, _, fraction = number.partition(mark) if mark else (number, "", "")
    if fraction and not fraction.isdigit():
        return None
    digits = _ungrouped(whole)
    if digits is None or not (digits or fraction):
        return None
    value = Decimal(f"{digits or '0'}.{fraction}" if fraction else digits)
    return -value if "-" in (typed["sign"], typed["late"]) else value


def _decimal_mark(number: str, group: str) -> str:
    """The decimal mark of `number`, empty where it has none."""
    last = max(".,", key=number.rfind)
    if number.count(last) == 0:
        return ""
    if "." in number and "," in number:
        # "1,234,567.891.000" has no decimal mark, and its groups are then found to be malformed.
        return last if number.count(last) == 1 else ""
    if number.count(last) > 1:
        return ""
    is_group = last == group and re.fullmatch(rf"[1-9][0-9]{{0,2}}\{last}[0-9]{{3}}", number)
    return "" if is_group else last


def _ungrouped(whole: str) -> str | None:
    """The digits of the part before the decimal mark; None when they are not grouped in threes, one way."""
    if whole.isdigit() or not whole:
        return whole
    for character in " .,":
        if re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:\{character}[0-9]{{3}})+", whole):
            return whole.replace(character, "")
    return None
