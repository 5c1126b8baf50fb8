"""Searching texts that are kept as they were typed: whatever their case and accents, on any database.

Neither database folds the case of all letters by itself (SQLite knows only Latin ones without accents, PostgreSQL those
of its locale), so the pattern names every letter that is meant.
"""

import re
from functools import lru_cache

from leads.domain.identity import fold

# Latin with accents, Greek and Cyrillic: what people here type.
_LETTERS = [
    chr(code) for code in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250), *range(0x370, 0x530))
]


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Each folded letter with all letters that fold to it."""
    found: dict[str, str] = {}
    for letter in _LETTERS:
        if letter.isalpha() and len(folded := fold(letter)) == 1:
            found[folded] = found.get(folded, "") + letter
    return found


def either_case(text: str) -> str:
    """A regular expression for texts that hold `text`, whatever the case and accents of its letters."""
    return "".join(f"[{_alike()[sign]}]" if sign in _alike() else re.escape(sign) for sign in fold(text))
