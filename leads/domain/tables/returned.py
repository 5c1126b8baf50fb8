"""The file in which rows that need work go back to a person: two columns of ours first, then the cells as they came.

Such a file is recognised when it is brought again: our columns are left out and the apostrophes that kept
spreadsheets from seeing formulas are taken off, so what was mended reads like the list it came from.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from . import xlsx_writer
from .columns import header_words
from .text import neutral, plain

# Never translated, so that a colleague with another language can bring the file again.
ROW, REASON = "LeadSync: row", "LeadSync: to fix"
HEADERS = (ROW, REASON)


def _letters(header: str) -> str:
    return header_words(header).replace(" ", "")


_OURS = frozenset(_letters(header) for header in HEADERS)

type Returned = tuple[int, str, Sequence[str]]
"""Number of the row in the list, what is wrong with it, its cells."""


def places_of_ours(headers: Sequence[str]) -> frozenset[int]:
    """Which columns of a header row are ours; empty for a list that we did not give back."""
    return frozenset(
        index for index, header in enumerate(headers) if len(header) < 40 and _letters(header) in _OURS
    )


def without_ours(cells: Sequence[str], ours: frozenset[int], *, is_neutral: bool) -> list[str]:
    """The cells as they came; ``is_neutral`` where formulas were given an apostrophe."""
    found = [cell for index, cell in enumerate(cells) if index not in ours]
    return [plain(cell) for cell in found] if is_neutral else found


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(headers: Sequence[str], rows: Iterable[Returned]) -> Iterator[bytes]:
    """The file as CSV that spreadsheets open as UTF-8 and as text, piece by piece."""
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"
    yield _line(writer, [*HEADERS, *headers])
    for number, reason, cells in rows:
        yield _line(writer, [str(number), reason, *cells])


def _line(writer: Any, cells: Sequence[str]) -> bytes:
    return str(writer.writerow([neutral(cell) for cell in cells])).encode("utf-8", "replace")


def as_xlsx(headers: Sequence[str], rows: Iterable[Returned]) -> Iterator[bytes]:
    """The file as .xlsx whose cells are all text, piece by piece."""
    lines = ([str(number), reason, *cells] for number, reason, cells in rows)
    return xlsx_writer.write([*HEADERS, *headers], lines)
