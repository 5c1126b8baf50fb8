"""Consent as lists hold it: a yes, the time at which it was given, or the sentence that was agreed to."""

from dataclasses import dataclass

from .columns import header_words
from .dates import Moment, parse_date
from .model import Fault
from .text import clean_lines
from .words import parse_boolean

MOST_WORDS = 2_000

# How a sentence begins that somebody agreed to. Any other proves nothing.
_AGREES = (
    "yes", "agree", "agreed", "accept", "accepted", "i agree", "i accept", "i consent", "i do agree",
    "i hereby", "i have read", "i want", "i would like", "opted in", "consent given", "consent to",
    "tak", "zgadzam sie", "wyrazam zgode", "akceptuje", "zgoda na", "zgoda wyrazona", "wyrazono zgode", "chce",
    "да", "согласен", "согласна", "я согласен", "я согласна", "даю согласие", "я даю согласие", "принимаю",
    "согласие на", "согласие дано",
)  # fmt: skip
_REFUSES = frozenset({"not", "no", "nie", "не", "нет", "never", "cannot", "don", "bez", "без"})
_FIRST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Agreed:
    """Consent that a cell gives: the words agreed to and the time, where it says so."""

    words: str = ""
    at: Moment | None = None


def parse_consent(cell: str) -> Agreed | bool | None:
    """Read consent: ``yes``, a date, ``I agree to be called``. False for a no; None for what proves nothing."""
    answer = parse_boolean(cell)
    if not isinstance(answer, Fault):
        return Agreed() if answer else answer
    if isinstance(at := parse_date(cell), Moment):
        return Agreed(at=at)
    words = header_words(cell).split()
    if _REFUSES.intersection(words[:_FIRST_WORDS]):
        return None
    begins = f"{' '.join(words)} "
    is_given = any(begins.startswith(f"{start} ") for start in _AGREES)
    return Agreed(clean_lines(cell)[:MOST_WORDS]) if is_given else None
