"""What a table read from a person's file looks like, and what may be said about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .codes import ErrorCode, Params, ProblemCode, RemarkCode
from .messages import english

MIB = 1024 * 1024


def whole_mib(size: int) -> int:
    """How many MB a size in bytes is, rounded up: one byte beyond a limit is seen to be beyond it."""
    return -(-size // MIB)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at most; beyond it a table is refused with the reason."""

    file_bytes: int = 50 * MIB
    rows: int = 200_000
    columns: int = 500
    cell_characters: int = 32_767
    unpacked_bytes: int = 600 * MIB
    """Bytes of all parts of an .xlsx together once unpacked."""
    sheet_cells: int = 10_000_000
    """Rows times columns of a sheet: a sheet is held densely while it is read."""


class TableError(Exception):
    """The table is refused: ``code`` says why, ``params`` where."""

    def __init__(self, code: ErrorCode, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Params = params

    def describe(self) -> str:
        """Return the reason as an English sentence."""
        return english(self.code, self.params)

    def __str__(self) -> str:
        return self.describe()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing that stops nothing; of a table or of one row."""

    code: RemarkCode
    params: Params = field(default_factory=dict)

    def describe(self) -> str:
        """Return the remark as an English sentence."""
        return english(self.code, self.params)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; returned by the parsers in ``values`` instead of a value."""

    code: ProblemCode
    params: Params = field(default_factory=dict)

    def describe(self) -> str:
        """Return the fault as an English sentence."""
        return english(self.code, self.params)


@dataclass(frozen=True, slots=True)
class Row:
    """One record. ``number`` counts records as a spreadsheet does, header and blank rows included, from 1."""

    number: int
    cells: tuple[str, ...]
    """Exactly one cell per header; missing ones are empty."""
    missing: int = 0
    """How many cells the record was short of the headers."""
    surplus: tuple[str, ...] = ()
    """Cells beyond the last header, without the empty ones at the end."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with named columns. Iterating reads the rows anew each time, one by one.

    Iterating raises ``TableError`` where a row breaks a limit or cannot be read.
    """

    headers: tuple[str, ...]
    kind: str
    """``csv``, ``xlsx`` or ``text`` (pasted)."""
    encoding: str
    is_encoding_certain: bool
    encoding_choices: tuple[str, ...]
    """Plausible encodings, best first, to offer when the encoding is not certain."""
    delimiter: str
    """Empty for a spreadsheet."""
    has_header: bool
    is_header_certain: bool
    is_returned: bool
    """Whether it is a file of rows that we gave back to be mended."""
    header_row: int
    """Record number of the header row; 0 when there is none."""
    remarks: tuple[Remark, ...]
    sample: tuple[Row, ...]
    """The first rows, for recognising columns and for a quick look."""
    sheet: str
    sheets: tuple[str, ...]
    _open: Callable[[], Iterator[Row]] = field(repr=False)

    @property
    def rows(self) -> Iterator[Row]:
        """A fresh iterator over all rows that are not blank."""
        return self._open()

    def __iter__(self) -> Iterator[Row]:
        return self._open()
