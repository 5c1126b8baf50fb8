"""Who a lead is: text made clean, mail and phone in one normal form, and what a search looks through."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z]{2,24}"
)
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SPACES = re.compile(r"[^\S\n]+")
_EDGES = " <>\"'\u00a0\u200b\u200e\u200f\ufeff,;"
_NOT_DIGIT = re.compile(r"\D+")

# Letters that have no accent to take away, in the spelling people type without them.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ё": "е"}
)


def clean(text: str, *, is_long: bool = False) -> str:
    """Text without control characters, lone surrogates and needless space; line ends kept when `is_long`.

    Emoji, any script and its combining marks stay as typed (composed form).
    """
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text).strip()
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        sign
        for sign in lines
        if sign in "\n\t"
        or not (unicodedata.category(sign) in {"Cc", "Cs"} or sign in "\u202a\u202b\u202d\u202e")
    )
    if not is_long:
        kept = kept.replace("\n", " ")
    return _SPACES.sub(" ", kept).strip()


def normalise_email(text: str) -> str | None:
    """The address in the one form by which two are compared: lower case, domain in Unicode. None if it is none."""
    found = text.strip(_EDGES).casefold().removeprefix("mailto:")
    if not found or len(found) > 254:
        return None
    if _PLAIN_EMAIL.fullmatch(found) and len(found.partition("@")[0]) <= 64:
        return found
    try:
        checked = validate_email(found, check_deliverability=False, allow_quoted_local=False)
    except EmailNotValidError:
        return None
    return str(checked.normalized).casefold()


def normalise_phone(text: str, country: str = "") -> str | None:
    """The number in E.164, read as one dialled in `country` (two letters) unless it says another. None if it is none."""
    found = text.strip()
    if _E164.fullmatch(found):
        return found
    if not found or len(found) > 60:
        return None
    return _parsed_phone(found, country.upper() or None)


@lru_cache(maxsize=4096)
def _parsed_phone(text: str, country: str | None) -> str | None:
    # "00" is how most of the world dials abroad, also where no country is known.
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found if _E164.fullmatch(found) else None


def digits(text: str) -> str:
    """Only the digits: what a phone number is searched by."""
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
