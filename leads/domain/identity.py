"""Who a lead is: mail and phone in the form by which two are compared, and what a search looks through."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from leads.domain.tables.contacts import Email, Phone, parse_email, parse_phone
from leads.domain.tables.text import clean, clean_lines

__all__ = [
    "clean",
    "clean_lines",
    "company_key",
    "digits",
    "fold",
    "normalise_email",
    "normalise_phone",
    "search_text",
    "storable",
]

_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z]{2,24}"
)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_NOT_DIGIT = re.compile(r"\D+")

# Letters that have no accent to take away, in the spelling people type without them.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ё": "е"}
)


def normalise_email(text: str) -> str | None:
    """The address as it is kept and compared: lower case, domain in Unicode. None if it is no address."""
    found = text.strip().lower()
    if (
        len(found) <= 254
        and _PLAIN_EMAIL.fullmatch(found)
        and len(found.partition("@")[0]) <= 64
        and "xn--" not in found
    ):
        return found  # the many plain ones need no parser
    parsed = parse_email(text)
    return parsed.key if isinstance(parsed, Email) else None


def normalise_phone(text: str, country: str = "") -> str | None:
    """The number in E.164, dialled in `country` (two letters) unless it says another; None if it is none."""
    found = text.strip()
    return found if _E164.fullmatch(found) else _read_phone(found, country.upper())


@lru_cache(maxsize=4096)
def _read_phone(text: str, country: str) -> str | None:
    parsed = parse_phone(text, country)
    return parsed.e164 if isinstance(parsed, Phone) else None


def digits(text: str) -> str:
    """Only the digits: what a phone number is searched by."""
    if text.startswith("+") and text[1:].isdecimal():
        return text[1:]
    return _NOT_DIGIT.sub("", text)


def fold(text: str) -> str:
    """Text as it is searched: lower case, Latin letters without accents, other scripts as they are."""
    if text.isascii():
        return text.lower()
    folded = text.casefold().translate(_LETTERS)
    parts: list[str] = []
    is_latin = False
    for sign in unicodedata.normalize("NFD", folded):
        if unicodedata.combining(sign):
            if not is_latin:
                parts.append(sign)
        else:
            is_latin = sign < "\u0370" or "\u1e00" <= sign <= "\u1fff"
            parts.append(sign)
    return unicodedata.normalize("NFC", "".join(parts)).translate(_LETTERS)


def search_text(*, name: str, company: str, email: str, phone: str) -> str:
    """What a search of leads looks through, folded; the phone as digits."""
    return "\n".join(part for part in (fold(name), fold(company), fold(email), digits(phone)) if part)


def company_key(company: str) -> str:
    """By which two companies are the same: folded, one space between words, no punctuation at the ends."""
    return " ".join(fold(company).split()).strip(".,;:-–— ")[:200]


_BROKEN = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """JSON data as a database takes it: NUL and lone surrogates replaced by the replacement sign, depth and all."""
    if isinstance(value, str):
        return value if value.isprintable() else _BROKEN.sub("\ufffd", value)
    if isinstance(value, Mapping):
        if type(value) is dict and _is_plain(value):
            return value
        return {_BROKEN.sub("\ufffd", str(name)): storable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one) for one in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def _is_plain(value: dict[Any, Any]) -> bool:
    """Whether all its names and values are text with nothing to replace: most of what a list brings is."""
    try:
        return "".join(value).isprintable() and "".join(value.values()).isprintable()
    except TypeError:
        return False
