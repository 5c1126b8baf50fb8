"""Separator and quoting of delimited text, and which record is the header."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .codes import ErrorCode
from .columns import recognised_count
from .model import Limits, TableError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 400
SAMPLE_CHARACTERS = 200_000
HEADER_SEARCH_ROWS = 30

_NUMBER = re.compile(r"[-+]?[$€£₽]?\d[\d .,\u00a0\u202f]*%?")
_FOREIGN = re.compile(r"[;\t|]")
_DATA_LIKE = (
    re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    re.compile(r"\+?\(?\d[\d\s().\-/]{5,}\d"),
    re.compile(r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{2,4}( .*)?"),
    re.compile(r"https?://\S+"),
)
_NUMERIC = re.compile(r"[-+]?\d+([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How records and cells are told apart."""

    delimiter: str
    has_quotes: bool = True
    has_backslash: bool = False

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return stdlib's reader with this dialect."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar='"' if self.has_quotes else None,
            quoting=csv.QUOTE_MINIMAL if self.has_quotes else csv.QUOTE_NONE,
            doublequote=True,
            escapechar="\\" if self.has_backslash else None,
        )


def checked_delimiter(delimiter: str) -> str:
    """Return a separator that a person chose, or raise ``TableError``."""
    if len(delimiter) != 1 or delimiter in '"\r\n\x00' or ord(delimiter) > 0xFFFF:
        raise TableError(ErrorCode.BAD_DELIMITER)
    return delimiter


def sample_of(lines: Iterable[str]) -> tuple[list[str], bool]:
    """The first lines, and whether there are no more."""
    sample: list[str] = []
    size = 0
    for line in lines:
        sample.append(line)
        size += len(line)
        if len(sample) >= SAMPLE_LINES or size >= SAMPLE_CHARACTERS:
            return sample, False
    return sample, True


@dataclass(frozen=True, slots=True)
class Trouble:
    """A cell that cannot be kept: where it starts and whether its quote was still open."""

    column: int
    is_open: bool


def find_trouble(lines: Iterable[str], dialect: Dialect, *, limit: int) -> Trouble | None:
    """Find the first cell longer than ``limit``, or the one whose quote the lines never close.

    Follows the rules of stdlib's reader, where a quote opens only at the start of a cell. Slow: for the one
    record that stdlib gave up on.
    """
    column, size, at_start, inside, escaped, opened = 1, 0, True, False, False, 1
    for line in lines:
        position = 0
        while position < len(line):
            c = line[position]
            position += 1
            size += 1
            if size > limit:
                return Trouble(column, inside)
            if escaped:
                escaped = False
            elif dialect.has_backslash and c == "\\":
                escaped, at_start = True, False
            elif inside:
                if c == '"':
                    if line[position : position + 1] == '"':
                        position += 1
                    else:
                        inside = False
            elif c == '"' and at_start and dialect.has_quotes:
                inside, at_start, opened = True, False, column
            elif c == dialect.delimiter:
                column, size, at_start = column + 1, 0, True
            elif c in "\r\n":
                column, size, at_start = 1, 0, True
            else:
                at_start = False
    return Trouble(opened, is_open=True) if inside else None


def has_open_quote(lines: Iterable[str], dialect: Dialect) -> bool:
    """Tell whether a quote opens in the lines that they never close."""
    if not dialect.has_quotes:
        return False
    trouble = find_trouble(lines, dialect, limit=SAMPLE_CHARACTERS * 8)
    return trouble is not None and trouble.is_open


def detect(lines: Sequence[str], *, is_whole: bool, limits: Limits, delimiter: str = "") -> Dialect:
    """Choose the dialect whose records have one width, whose cells look like values, and whose header is
    known.
    """
    if not delimiter and lines and (told := re.fullmatch(r'"?sep=(.)"?[\r\n]*', lines[0])):
        delimiter = told[1]
    delimiters = (checked_delimiter(delimiter),) if delimiter else DELIMITERS
    text = "".join(lines)
    quote_styles = [(True, False)]
    if '"' in text:
        if '\\"' in text:
            quote_styles.append((True, True))
        quote_styles.append((False, False))
    # A single column: no separator splits it better than one that does not occur.
    single = Dialect(next((d for d in delimiters if d not in text), delimiters[0]))
    best, best_score = single, 0.05
    for has_quotes, has_backslash in quote_styles:
        for candidate in delimiters:
            if candidate not in text and len(delimiters) > 1:
                continue
            dialect = Dialect(candidate, has_quotes, has_backslash)
            score = _score(lines, dialect, is_whole=is_whole, limits=limits)
            if not has_quotes:
                score *= 0.8
            elif has_backslash:
                score *= 0.95
            if score > best_score + 1e-9:
                best, best_score = dialect, score
    if best is single and '"' in text:
        # One column, in which quotes may still hold a cell with several lines.
        plain = single
        return (
            plain
            if not (is_whole and has_open_quote(lines, plain))
            else Dialect(single.delimiter, has_quotes=False)
        )
    return best


def _score(lines: Sequence[str], dialect: Dialect, *, is_whole: bool, limits: Limits) -> float:
    records: list[list[str]] = []
    try:
        for record in dialect.reader(lines):
            if any(cell.strip() for cell in record):
                records.append(record)
    except csv.Error:
        # A cell beyond stdlib's limit: what came before it may still tell.
        pass
    if not records:
        # Nothing but separators: still better split than taken for text.
        return 0.06
    if not is_whole and len(records) > 2:
        records.pop()
    widths = [len(record) for record in records]
    counts: dict[int, int] = {}
    for width in widths:
        counts[width] = counts.get(width, 0) + 1
    mode = max(counts, key=lambda width: (counts[width], width))
    if max(widths) == 1:
        return 0.05
    if mode == 1 and len(records) > 2:
        return 0.02
    same = counts[mode] / len(records)
    cells, good = 0, 0.0
    for record in records[:100]:
        for cell in record:
            cells += 1
            good += _is_clean(cell, dialect)
    shape = same * (1 - 1 / (max(mode, 2) + 1))
    score = shape * (good / cells) ** 2
    if widths[0] == 1 and len(records) > 1:
        # A title above the table, or a single column whose texts contain the separator.
        below = records[1]
        is_title = widths[1] == mode and (recognised_count(below) > 0 or _looks_like_data(below))
        score *= 0.7 if is_title and not recognised_count(records[0]) else 0.03
    elif widths[0] != mode:
        score *= 0.7
    known = max((recognised_count(record) for record in records[:5]), default=0)
    if known >= 2:
        score += 0.3 + 0.02 * min(known, 20)
    if is_whole and has_open_quote(lines, dialect):
        score *= 0.3
    return score


def _is_clean(cell: str, dialect: Dialect) -> float:
    stripped = cell.strip()
    if not stripped or _NUMBER.fullmatch(stripped):
        return 1.0
    if '"' in stripped and (not dialect.has_quotes or (stripped[0] == '"') != (stripped[-1] == '"')):
        return 0.2
    if len(stripped) < 200 and _FOREIGN.search(stripped):
        return 0.4
    return 0.95 if "\n" in stripped or "\r" in stripped else 1.0


@dataclass(frozen=True, slots=True)
class Header:
    """Which record names the columns: its index among the records given, or -1 for none."""

    index: int
    is_certain: bool
    skipped: int
    """Records with text above the header."""


def find_header(records: Sequence[Sequence[str]], *, has_header: bool | None = None) -> Header:
    """Find the header among the first records, blank ones included.

    A row that is mostly empty above a full one is a title. A row with an e-mail address, a phone number or a
    date is data. ``has_header`` overrules that judgement, not the search for titles.
    """
    filled = [(index, record) for index, record in enumerate(records) if any(cell.strip() for cell in record)]
    if not filled:
        return Header(-1, True, 0)
    usual = _usual_extent([record for _, record in filled])
    searched = filled[:HEADER_SEARCH_ROWS]
    best = max(searched, key=lambda pair: (recognised_count(pair[1]), -pair[0]))
    known = recognised_count(best[1])
    if known >= 2 and has_header is not False:
        skipped = sum(1 for index, _ in filled if index < best[0])
        # Rows of data above a row that happens to hold two known words are not titles.
        above = [record for index, record in filled if index < best[0]]
        if not any(_looks_like_data(record) and extent(record) >= usual for record in above):
            return Header(best[0], True, skipped)
    needed = 1 if usual <= 1 else max(2, (usual + 1) // 2)
    skipped = 0
    for index, record in searched:
        if sum(1 for cell in record if cell.strip()) < needed:
            skipped += 1
            continue
        return _judge(index, record, skipped, len(filled), has_header)
    index, record = filled[0]
    return _judge(index, record, 0, len(filled), has_header)


def _judge(index: int, record: Sequence[str], skipped: int, total: int, has_header: bool | None) -> Header:
    if has_header is not None:
        return Header(index if has_header else -1, True, skipped)
    known = recognised_count(record)
    if _looks_like_data(record) and known < 2:
        return Header(-1, True, 0)
    if total - skipped == 1 and not known:
        # A single line that names nothing we know: better one lead too many than one lost.
        return Header(-1, False, 0)
    return Header(index, known > 0, skipped)


def _looks_like_data(record: Sequence[str]) -> bool:
    cells = [cell.strip() for cell in record if cell.strip()]
    if cells and all(_NUMERIC.fullmatch(cell) for cell in cells):
        return True
    return any(pattern.fullmatch(cell) for cell in cells for pattern in _DATA_LIKE)


def extent(record: Sequence[str]) -> int:
    """Number of cells without the empty ones at the end."""
    return next((i + 1 for i in range(len(record) - 1, -1, -1) if record[i].strip()), 0)


def _usual_extent(records: Sequence[Sequence[str]]) -> int:
    counts: dict[int, int] = {}
    for record in islice(records, 50):
        width = extent(record)
        counts[width] = counts.get(width, 0) + 1
    return max(counts, key=lambda width: (counts[width], width))


def letters(index: int) -> str:
    """Name of a column by its index from 0 as spreadsheets do: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
