"""Finding what somebody is recognised by in texts, and taking it out. Pure.

What refers to a lead by key needs none of this: it is blanked as a whole. This is for texts that belong to something
else and may name a person all the same: a question about a campaign, a row of a list that never became a lead.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

GONE: Final = "…"  # what stands where something was taken out
_LETTER = re.compile(r"[^\W\d_]|@")  # in what is no phone number
_LEAST_DIGITS = 7  # fewer are no number of one person
_NATIONAL = 9  # digits by which a number is known, however its country code is written
_LEAST_NAME = 6  # characters of a full name; shorter ones are too many words of other texts


@dataclass(frozen=True)
class Traces:
    """What people are recognised by: addresses, numbers, full names of two words or more, ids of other systems."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()  # digits, at most the last nine
    names: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, *, emails: Iterable[str] = (), phones: Iterable[str] = (), names: Iterable[str] = ()
    ) -> "Traces":
        """Traces of what is known; what is too short or too common to be somebody's is left out."""
        return cls(
            frozenset(found for one in emails if "@" in (found := one.strip().casefold())),
            frozenset(
                found
                for one in phones
                if not _LETTER.search(one) and len(found := digits(one)) >= _LEAST_DIGITS
            ),
            frozenset(
                found
                for one in names
                if " " in (found := " ".join(one.casefold().split())) and len(found) >= _LEAST_NAME
            ),
        )

    def __bool__(self) -> bool:
        return bool(self.emails or self.phones or self.names)

    def is_cell(self, text: str) -> bool:
        """Whether a cell of a table is one of these: compared as a whole, for long lists."""
        plain = " ".join(text.casefold().split())
        if not plain:
            return False
        if plain in self.emails or plain in self.names:
            return True
        return bool(self.phones) and digits(plain) in self.phones

    @cached_property
    def pattern(self) -> str:
        """A regular expression that finds any of these, in the dialect that Python and both databases share.

        Not to be asked of no traces at all. In JSON as SQLite keeps it, other letters than English ones are escaped:
        both forms are found.
        """
        texts = {*self.emails, *self.names}
        escaped = {json.dumps(text)[1:-1] for text in texts}
        numbers = ("[^0-9A-Za-z]{0,3}".join(phone) for phone in self.phones)
        return "|".join(sorted({*(re.escape(text) for text in texts | escaped), *numbers}))

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        whole = [rf"(?<![\w.+-]){re.escape(text)}(?![\w-])" for text in sorted(self.emails)]
        whole += [
            r"(?<!\w)" + r"\s+".join(map(re.escape, name.split())) + r"(?!\w)" for name in sorted(self.names)
        ]
        # The country code goes with its number.
        whole += [
            r"(?<!\d)(?:(?:\+|00)\d{1,3}[^\w]{0,3})?0?" + r"[^0-9A-Za-z]{0,3}".join(phone) + r"(?!\d)"
            for phone in sorted(self.phones)
        ]
        return re.compile("|".join(whole), re.IGNORECASE)

    def found_in(self, value: Any) -> bool:
        """Whether a text, or any text inside of a JSON value, holds one of these."""
        if isinstance(value, str):
            return bool(self) and self._inside.search(value) is not None
        if isinstance(value, Mapping):
            return any(self.found_in(one) for pair in value.items() for one in pair)
        return any(self.found_in(one) for one in value) if isinstance(value, list | tuple) else False

    def without(self, value: Any) -> Any:
        """The same text or JSON value with `GONE` in the places of these."""
        if isinstance(value, str):
            return self._inside.sub(GONE, value) if self else value
        if isinstance(value, Mapping):
            return {self.without(key): self.without(one) for key, one in value.items()}
        return [self.without(one) for one in value] if isinstance(value, list | tuple) else value


def digits(text: str) -> str:
    """The digits by which a number is known: the last nine."""
    return re.sub(r"[^0-9]", "", text)[-_NATIONAL:]
