"""E-mail addresses and phone numbers."""

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import phonenumbers
from email_validator import EmailNotValidError, EmailSyntaxError, validate_email
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
)

from .codes import ProblemCode
from .model import Fault
from .text import clean

EMAIL_MAX = 254
LOCAL_MAX = 64


@dataclass(frozen=True, slots=True)
class Email:
    """An address as written, and the ``key`` by which the same lead is found."""

    address: str
    key: str
    others: tuple[str, ...] = ()
    """Further addresses of the same cell."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164, which is its key."""

    e164: str
    region: str
    """ISO country of the number, empty for those of no country."""
    is_valid: bool
    """False: the length is possible, but no such block of numbers is known."""
    extension: str = ""
    others: tuple[str, ...] = ()

    @property
    def display(self) -> str:
        """The number as people read it, with its country code. Made when asked for, because it takes time."""
        number = phonenumbers.parse(self.e164)
        number.extension = self.extension or None
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


_WRAPPED = re.compile(r"^[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>$")
_PLAIN_EMAIL = re.compile(
    r"([A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*)@([A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)"
)
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*")
_MANY = re.compile(r"\s*[;,\n|]\s*|\s+(?=\S+@\S)")
_DAMAGED = re.compile(r"[-+]?\d([.,]\d+)?[eE]\+?\d{1,3}")


def parse_email(cell: str) -> Email | Fault | None:
    """Read an address without asking the network.

    Of several in one cell the first is used, the rest is kept.
    """
    if known := plain_email(cell):
        return known
    text = clean(cell)
    if not text:
        return None
    text = re.sub(r"^(?:mailto:|e-?mail:)\s*", "", text, flags=re.IGNORECASE)
    if wrapped := _WRAPPED.match(text):
        text = wrapped[1]
    if "@" not in text:
        return Fault(ProblemCode.EMAIL_NO_AT)
    parts = [part for part in _MANY.split(text.strip(" ;,.<>")) if part]
    addresses = [part for part in parts if "@" in part] if len(parts) > 1 else parts
    if len(addresses) < len(parts) or not addresses or len(text) > 2000:
        # Words around the address, or a space within it: which was meant is not ours to guess.
        return Fault(ProblemCode.EMAIL_INVALID)
    first = _checked_email(addresses[0])
    if isinstance(first, Fault) or len(addresses) == 1:
        return first
    return Email(first.address, first.key, tuple(addresses[1:]))


def plain_email(cell: str) -> Email | None:
    """An address with nothing to take apart, read at once; None for all else."""
    found = _PLAIN_EMAIL.fullmatch(cell)
    if found is None or len(cell) > EMAIL_MAX:
        return None
    local, domain = found[1], found[2]
    if len(local) > LOCAL_MAX or "." not in domain or not (known := _plain_domain(domain)):
        return None
    address = f"{local}@{known}"
    return Email(address, address.lower())


def _checked_email(text: str) -> Email | Fault:
    if text.count("@") > 1:
        return Fault(ProblemCode.EMAIL_TWO_AT)
    local, _, domain = text.partition("@")
    if not local or len(local) > LOCAL_MAX or len(text) > EMAIL_MAX:
        return Fault(ProblemCode.EMAIL_INVALID)
    if "." not in domain.strip("."):
        return Fault(ProblemCode.EMAIL_DOMAIN)
    if _PLAIN_LOCAL.fullmatch(local) and (known := _plain_domain(domain)):
        address = f"{local}@{known}"
        return Email(address, address.lower())
    try:
        valid = validate_email(text, check_deliverability=False)
    except EmailSyntaxError as error:
        is_domain = ("@-sign" in str(error) and "after" in str(error)) or "domain" in str(error)
        return Fault(ProblemCode.EMAIL_DOMAIN if is_domain else ProblemCode.EMAIL_INVALID)
    except (EmailNotValidError, ValueError):
        return Fault(ProblemCode.EMAIL_INVALID)
    return Email(valid.normalized, valid.normalized.lower())


@lru_cache(maxsize=20_000)
def _plain_domain(domain: str) -> str:
    """Return a domain as the validator writes it, empty when it refuses it; the domains of a file repeat."""
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain
    except (EmailNotValidError, ValueError):
        return ""


_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_EXTENSION = re.compile(
    r"(?:;ext=|[,;\s]*\b(?:ext(?:ension|n)?|wew(?:n)?|доб|вн)\b[.:\s]*"
    r"|\s*(?<=[\d\s)])x[.:\s]*|\s*#\s*)(\d{1,7})\s*$",
    re.IGNORECASE,
)
_PHONE_LABEL = re.compile(
    r"^(?:p:|tel(?:efon)?[.:]*\s*|phone[.:]*\s*|mob(?:ile)?[.:]*\s*|kom[.:]*\s*"
    r"|тел(?:ефон)?[.:]*\s*|моб[.:]*\s*)",
    re.IGNORECASE,
)
_URI_PARAMETERS = re.compile(r";(?:phone-context|isub|ext)=", re.IGNORECASE)
_PHONES = re.compile(r"\s*[;,\n|]\s*|\s+/\s+|\s+(?:or|lub|или)\s+")


def parse_phone(cell: str, region: str = "", *, allows_letters: bool = False) -> Phone | Fault | None:
    """Read a number; ``region`` is the ISO country for numbers without a country code.

    Letters are a fault, because a typing error must not become digits; ``allows_letters`` reads them as on a
    phone's keys (0800 DDA 005). Of several numbers in one cell the first is used, the rest is kept.
    """
    text = cell.strip()
    if not text:
        return None
    if plain := plain_number(text, region):
        return plain
    if _DAMAGED.fullmatch(text):
        return Fault(ProblemCode.DAMAGED_BY_EXCEL)
    if len(text) > 250:
        return Fault(ProblemCode.PHONE_INVALID)
    others: list[str] = []
    if not _URI_PARAMETERS.search(text):
        first, *others = [part for part in _PHONES.split(text) if part] or [""]
        # A comma may also pause before an extension: only parts that can be numbers are further numbers.
        if others and all(sum(c.isdigit() for c in part) >= 5 for part in (first, *others)):
            text = first
        else:
            others = []
    if text.lower().startswith("p:"):
        text = text[2:].strip()
    if not allows_letters:
        text = _PHONE_LABEL.sub("", text) if not text.lower().startswith("tel:") else text
        if (extension := _EXTENSION.search(text)) and not _URI_PARAMETERS.search(text):
            text = f"{text[: extension.start()]};ext={extension[1]}"
        text = text.removesuffix(".0") if text[:-2].isdigit() else text
        bare = re.sub(r"\(0?[xX]{1,2}\)", "", _EXTENSION.sub("", text))
        # The long dash of Japanese is a letter to Unicode.
        has_letters = any(c.isalpha() and c != "\u30fc" for c in bare.removeprefix("tel:"))
        if has_letters and not _URI_PARAMETERS.search(bare):
            return Fault(ProblemCode.PHONE_LETTERS)
    parsed = _read_phone(text, region.upper())
    if isinstance(parsed, Phone) and others:
        return replace(parsed, others=tuple(others))
    return parsed


def plain_number(text: str, region: str) -> Phone | None:
    """A person's valid number in E.164, or in digits as dialled in its country, in a tenth of the time of the library;
    None for all else.
    """
    if text.isdecimal() and text.isascii():
        home = _numbers_in(region)
        if home is None or not home.match(text) or home.is_dialled_abroad(text):
            return None
        return Phone(f"+{home.code}{text}", home.region, is_valid=True)
    if not _E164.fullmatch(text):
        return None
    found = _numbers_of(text[1:4])
    return Phone(text, found.region, is_valid=True) if found and found.match(text[found.begin :]) else None


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The mobile and fixed-line numbers of a country that has its calling code for itself."""

    region: str
    code: str
    patterns: tuple[tuple[frozenset[int], re.Pattern[str]], ...]
    general: re.Pattern[str]
    prefix: re.Pattern[str] | None
    abroad: re.Pattern[str] | None

    @property
    def begin(self) -> int:
        """Where the national number begins in E.164."""
        return len(self.code) + 1

    def match(self, national: str) -> bool:
        # A leading zero, or what is dialled within the country before its numbers, may have to go: not for here.
        if national.startswith("0") or (self.prefix and self.prefix.match(national)):
            return False
        return bool(self.general.fullmatch(national)) and any(
            len(national) in lengths and pattern.fullmatch(national) for lengths, pattern in self.patterns
        )

    def is_dialled_abroad(self, text: str) -> bool:
        """Whether it may begin with what is dialled before a country's code."""
        return bool(self.abroad and self.abroad.match(text))


@cache
def _numbers_of(digits: str) -> _Numbers | None:
    """The numbers of the country whose code these three digits begin with."""
    for end in (1, 2, 3):
        if regions := COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:end])):
            return _numbers_in(regions[0])
    return None


@lru_cache(maxsize=1_000)
def _numbers_in(region: str) -> _Numbers | None:
    """The numbers of a country; None where it shares its calling code with others."""
    region = region.upper()
    code = phonenumbers.country_code_for_region(region)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    metadata = PhoneMetadata.metadata_for_region(region, None) if len(regions) == 1 else None
    if metadata is None or not region.isalpha() or metadata.general_desc is None:
        return None
    general = metadata.general_desc.national_number_pattern
    kinds = [
        (frozenset(kind.possible_length), re.compile(kind.national_number_pattern))
        for kind in (metadata.mobile, metadata.fixed_line)
        if kind is not None and kind.national_number_pattern
    ]
    prefix, abroad = metadata.national_prefix_for_parsing, metadata.international_prefix
    return _Numbers(
        regions[0],
        str(code),
        tuple(kinds),
        re.compile(general or "$."),
        re.compile(prefix) if prefix else None,
        re.compile(abroad) if abroad else None,
    )


def _read_phone(text: str, region: str) -> Phone | Fault:
    known_region = region if region in phonenumbers.SUPPORTED_REGIONS else None
    try:
        number = phonenumbers.parse(text, known_region)
    except NumberParseException as error:
        digits = sum(c.isdigit() for c in text)
        if error.error_type == NumberParseException.TOO_LONG:
            return Fault(ProblemCode.PHONE_INVALID)
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and digits >= 5:
            is_national = not text.lstrip(" (").startswith(("+", "＋"))
            return Fault(ProblemCode.PHONE_NO_COUNTRY if is_national else ProblemCode.PHONE_INVALID)
        return Fault(ProblemCode.PHONE_INVALID)
    home = phonenumbers.region_code_for_number(number)
    is_valid = home is not None and phonenumbers.is_valid_number_for_region(number, home)
    if not is_valid:
        home = phonenumbers.region_code_for_country_code(number.country_code or 0)
        length = len(phonenumbers.national_significant_number(number))
        lengths = _subscriber_lengths(home)
        if length > lengths[-1]:
            return Fault(ProblemCode.PHONE_LONG, {"count": length - lengths[-1]})
        if length not in lengths:
            longer = next(known for known in lengths if known > length)
            return Fault(ProblemCode.PHONE_SHORT, {"count": longer - length})
        if not phonenumbers.is_possible_number(number):
            return Fault(ProblemCode.PHONE_INVALID)
    return Phone(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        home if home and home.isalpha() else "",
        is_valid,
        number.extension or "",
    )


@cache
def _subscriber_lengths(region: str | None) -> tuple[int, ...]:
    """Lengths, ascending, that a person's number has in a country, without its code, area code included."""
    metadata = PhoneMetadata.metadata_for_region(region or "", None)
    lengths: set[int] = set()
    if metadata is not None:
        for kind in (metadata.mobile, metadata.fixed_line):
            if kind is not None:
                lengths.update(length for length in kind.possible_length if length > 0)
    return tuple(sorted(lengths)) or tuple(range(5, 16))
