"""Writing rows back as CSV that spreadsheets open as text: no cell becomes a formula."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from .text import neutral, plain

__all__ = ["neutral", "plain", "write_csv"]


def write_csv(rows: Iterable[Sequence[str]], headers: Sequence[str], out: TextIO) -> int:
    """Write a header and rows to a text stream opened with ``newline=""``; return how many rows were written.

    Starts with a byte order mark, without which Excel takes UTF-8 for the local encoding. Cells that would be
    formulas get an apostrophe, which reading the file again removes; so phone numbers such as +48… survive
    the way there and back.
    """
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([neutral(header) for header in headers])
    count = 0
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        count += 1
    return count
