"""Where the records of a table come from, before anything is known of its columns."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from . import dialect
from .codes import ErrorCode
from .decode import Opener
from .model import Limits, Remark, TableError

type Source = bytes | str | os.PathLike[str] | Opener
type Record = tuple[int, list[str]]
type Records = Callable[[], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known about a source before its records are looked at."""

    kind: str
    records: Records
    remarks: tuple[Remark, ...] = ()
    most_records: int = 0
    """Upper bound of the number of records; cheap to know."""
    encoding: str = "utf-8"
    is_encoding_certain: bool = True
    encoding_choices: tuple[str, ...] = ()
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


def opener_of(source: Source) -> Opener:
    """A function that opens the source for reading."""
    if isinstance(source, bytes):
        return lambda: BytesIO(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return lambda: path.open("rb")
    return source


def no_records() -> Iterator[Record]:
    """Of a source whose records are not known yet."""
    return iter(())


def is_filled(cells: Sequence[str]) -> bool:
    """Whether any cell says something."""
    return any(cell and not cell.isspace() for cell in cells)


def checked(records: Iterator[Record], limits: Limits) -> Iterator[Record]:
    """Pass records on that keep the limits of width and cell length."""
    for number, cells in records:
        if len(cells) > limits.columns and (width := dialect.extent(cells)) > limits.columns:
            raise TableError(ErrorCode.TOO_MANY_COLUMNS, row=number, count=width, limit=limits.columns)
        if cells and max(map(len, cells)) > limits.cell_characters:
            column = next(i for i, cell in enumerate(cells, start=1) if len(cell) > limits.cell_characters)
            raise TableError(ErrorCode.CELL_TOO_LONG, row=number, column=column, limit=limits.cell_characters)
        yield number, cells
