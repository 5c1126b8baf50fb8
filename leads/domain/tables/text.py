"""Cleaning of text: what a person sees stays, what no one sees goes."""

import re
import unicodedata

from .codes import ProblemCode
from .model import Fault

# What Excel shows where a formula failed, in its English, Polish and Russian form.
_ERRORS = frozenset({
    "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#spill!", "#calc!", "#getting_data",
    "#n/d", "#adr!", "#arg!", "#dziel/0!", "#nazwa?", "#zero!", "#liczba!",
    "#н/д", "#ссылка!", "#знач!", "#дел/0!", "#имя?", "#пусто!", "#число!",
})  # fmt: skip
# Words that people and programs write for "nothing". "Select" is what an untouched drop-down list exports.
EMPTY_WORDS = _ERRORS | frozenset({
    "-", "--", "---", "–", "—", "n/a", "na", "null", "none", "nil", "(none)", "(empty)", "(blank)",
    "brak", "brak danych", "nie dotyczy", "нет", "нет данных", "не указано", "не указан",
})  # fmt: skip
CHOICE_EMPTY_WORDS = EMPTY_WORDS | {"select", "wybierz", "выберите", "выбрать", "please select", "choose"}

# Direction marks, zero-width signs and byte order marks: wanted between words, never at the ends.
_INVISIBLE_ENDS = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u061c"
_SPACES_AND_INVISIBLE = re.compile(rf"^[\s{_INVISIBLE_ENDS}]+|[\s{_INVISIBLE_ENDS}]+$")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029\x0b\x0c\x85]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_FORMULA_START = re.compile(r"'*[=+\-@\t\r]")


def clean(cell: str) -> str:
    """Return one line of text: composed characters, single spaces, no controls, no invisible marks at the
    ends.
    """
    if cell.isprintable() and "  " not in cell:
        return clean_lines(cell)
    return " ".join(clean_lines(cell).split())


def clean_lines(cell: str) -> str:
    """Return text that may have several lines, cleaned like ``clean`` but with its line ends as ``\\n`` and
    its tabs.
    """
    if cell.isprintable():
        # What is printable has no controls, line ends, surrogates or invisible marks, and no space but the plain one.
        return (cell if cell.isascii() else unicodedata.normalize("NFC", cell)).strip()
    text = _SURROGATES.sub("\ufffd", cell)
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    text = unicodedata.normalize("NFC", text)
    return _SPACES_AND_INVISIBLE.sub("", text)


def ascii_digits(text: str) -> str:
    """Write digits of other scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: one that starts with = + - @ tab CR gets an
    apostrophe.
    """
    return f"'{cell}" if _FORMULA_START.match(cell) else cell


def plain(cell: str) -> str:
    """Undo ``neutral``: drop one apostrophe before what would be a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA_START.match(cell) else cell


def is_empty(cell: str, *, is_choice: bool = False, words: frozenset[str] | None = None) -> bool:
    """Tell whether a cleaned cell says nothing.

    In free text only a blank says nothing; give ``words`` for more.
    """
    if not cell:
        return True
    if words is None:
        words = CHOICE_EMPTY_WORDS if is_choice else EMPTY_WORDS
    return len(cell) <= 20 and cell.casefold() in words


def fitting(text: str, limit: int) -> str | Fault:
    """Return the text, or a fault when it has more than ``limit`` characters."""
    return (
        text
        if len(text) <= limit
        else Fault(ProblemCode.TEXT_TOO_LONG, {"length": len(text), "limit": limit})
    )
