"""What a message says, whoever sent it: questions with their answers and an id, or why it cannot be read."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any, Final

MOST_ASKED: Final = 300  # questions of one message that are looked at; the rest stays in its body
MOST_TITLE: Final = 300
MOST_VALUE: Final = 20_000
MOST_DEPTH: Final = 20  # deeper values are kept as the JSON they are
SAFE_DIGITS: Final = 15  # longer numbers are ids: kept as text, no program in between rounds them


class Why(StrEnum):
    """Why a message is no lead yet."""

    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    NOT_OBJECT = "not_object"
    SHAPE = "shape"
    NO_ANSWERS = "no_answers"
    EMPTY = "empty"
    TOO_MANY = "too_many"
    PARTIAL = "partial"
    ROW = "row"  # its fields, see `problems`
    REFUSED = "refused"  # by the rules of leads, see `text`
    NOT_FETCHED = "not_fetched"  # Meta did not give the answers in time
    GONE = "gone"  # Meta does not have the answers
    FAULT = "fault"  # ours: the log says more


class Unreadable(Exception):
    """`code` says why, `place` where in the message."""

    def __init__(self, code: Why, place: str = "") -> None:
        super().__init__(code, place)
        self.code = code
        self.place = place[:MOST_TITLE]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what was answered. `key` is what the mapping remembers, `field` what the sender's format says."""

    key: str
    title: str
    value: str
    field: str = ""
    rank: int = 0  # of several answers for one field the lowest is taken: EMAIL before WORK_EMAIL


@dataclass(frozen=True, slots=True)
class Message:
    """A message that could be taken apart. `sent_at` is as its sender wrote it, `facts` go with the lead."""

    asked: tuple[Asked, ...]
    external_id: str = ""
    sent_at: str = ""
    is_test: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------- JSON


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits.lstrip("-")) <= SAFE_DIGITS else digits


def _decimal(text: str) -> float | str:
    number = float(text)
    return number if isfinite(number) else text


_decoder: Final = json.JSONDecoder(parse_int=_whole, parse_float=_decimal, parse_constant=str)
_BLANK: Final = " \t\n\r"


def parse(text: str) -> Any:
    """The JSON of a message; long numbers as text. Raises `Unreadable` with line and column."""
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(Why.NOT_JSON, f"{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise Unreadable(Why.TOO_DEEP) from None


def elements(text: str) -> Iterator[str]:
    """The elements of a JSON list as they were written. The text must be a list that `parse` has read."""
    place = _past_blank(text, text.index("[") + 1)
    while text[place] != "]":
        _value, end = _decoder.raw_decode(text, place)
        yield text[place:end]
        place = _past_blank(text, end)
        if text[place] == ",":
            place = _past_blank(text, place + 1)


def _past_blank(text: str, place: int) -> int:
    while text[place] in _BLANK:
        place += 1
    return place


def decoded(body: bytes) -> str:
    """A body as text that any database keeps: what is no character of its encoding, and NUL, stands as "�"."""
    text = body.decode(json.detect_encoding(body), "replace")
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


# ------------------------------------------------------------------------------------------------- values


def as_text(value: Any) -> str:
    """A JSON value as the text of an answer: lists of plain values with commas, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)[:MOST_VALUE]
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return ", ".join(text for one in value[:MOST_ASKED] if (text := as_text(one)))[:MOST_VALUE]
    try:
        return json.dumps(value, ensure_ascii=False)[:MOST_VALUE]
    except RecursionError:
        return ""


def text_of(holder: Any, *path: str) -> str:
    """The value at a path of names as one line of text; empty where there is none."""
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return "" if isinstance(holder, dict | list) else " ".join(as_text(holder).split())


def facts_of(holder: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Those of the plain values of these names that say something."""
    found = {name: text_of(holder, name)[:500] for name in names}
    return {name: text for name, text in found.items() if text}


def is_true(value: Any) -> bool:
    """True, or the word."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def titled(key: str) -> str:
    """FULL_NAME and full_name read as "Full name"; what has words of its own stays."""
    if re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+)*|[a-z0-9]+(_[a-z0-9]+)*", key):
        return key.replace("_", " ").lower().capitalize()
    return key


# What the networks call the fields of their forms (lower case), with the rank among those of the same field.
KNOWN: Final[Mapping[str, tuple[str, int]]] = {
    "full_name": ("name", 0),
    "first_name": ("first_name", 0),
    "last_name": ("last_name", 0),
    "email": ("email", 0),
    "user_email": ("email", 1),
    "work_email": ("email", 2),
    "phone_number": ("phone", 0),
    "phone": ("phone", 1),
    "work_phone": ("phone", 2),
    "work_phone_number": ("phone", 3),
    "company_name": ("company", 0),
    "job_title": ("job_title", 0),
    "city": ("city", 0),
    "country": ("country", 0),
}
# Fields that the networks know and a lead does not: they stay in the payload, whatever their names resemble.
KEPT_ASIDE: Final = frozenset(
    {"postal_code", "zip_code", "post_code", "region", "state", "province", "street_address", "gender"}
)
NOTHING: Final = "-"  # said by the format: belongs to no field


def known_field(key: str) -> tuple[str, int]:
    """The field that a network's own name stands for, "" where it is a question of the form's author."""
    name = key.strip().lower()
    return (NOTHING, 0) if name in KEPT_ASIDE else KNOWN.get(name, ("", 0))
