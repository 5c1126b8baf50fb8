"""A workbook as records: a small one held by calamine, a large one read row by row."""

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from . import decode, xlsx
from .codes import ErrorCode, RemarkCode
from .decode import Opener
from .model import MIB, Limits, Remark, TableError, whole_mib
from .origins import Origin, Record, Source, is_filled, opener_of
from .xlsx_stream import Workbook

LARGE_BYTES = 16 * MIB  # unpacked; beyond it a workbook is read row by row instead of held


def from_workbook(opener: Opener, limits: Limits, wanted: str) -> Origin:
    """The records of one sheet, the first with content where none is wanted. Raises ``TableError``."""
    with opener() as stream:
        _require_size(stream, limits)
        if xlsx.checked_size(stream, limits) > LARGE_BYTES:
            return _from_large_workbook(opener, wanted)
        workbook = xlsx.open_workbook(stream)
    names = xlsx.sheet_names(workbook)
    if not names:
        raise TableError(ErrorCode.EMPTY)
    # Loading a sheet takes memory, so only the first one with content is kept.
    name, sheet, others = wanted, xlsx.open_sheet(workbook, wanted or names[0]), []
    if not wanted:
        name = names[0]
        for other in names[1:]:
            if (next_sheet := xlsx.open_sheet(workbook, other)).start is None:
                continue
            if sheet.start is None:
                name, sheet = other, next_sheet
            else:
                others.append(other)
    if sheet.start is None:
        raise TableError(ErrorCode.EMPTY)

    def records() -> Iterator[Record]:
        return enumerate(xlsx.sheet_records(sheet), start=1)

    remarks = _other_sheets(name, others)
    return Origin("xlsx", records, remarks, sheet.total_height, sheet=name, sheets=tuple(names))


def _from_large_workbook(opener: Opener, wanted: str) -> Origin:
    workbook = Workbook(opener)
    names = tuple(workbook.sheets)
    filled = [name for name in names if any(is_filled(cells) for cells in workbook.records(name))]
    if wanted and wanted not in names:
        raise TableError(ErrorCode.NO_SUCH_SHEET, sheet=wanted)
    name = wanted or next(iter(filled), "")
    if name not in filled:
        raise TableError(ErrorCode.EMPTY)

    def records() -> Iterator[Record]:
        return enumerate(workbook.records(name), start=1)

    remarks = _other_sheets(name, [] if wanted else [one for one in filled if one != name])
    return Origin("xlsx", records, remarks, sheet=name, sheets=names)


def _other_sheets(name: str, others: Sequence[str]) -> tuple[Remark, ...]:
    if not others:
        return ()
    return (Remark(RemarkCode.OTHER_SHEETS, {"sheet": name, "others": ", ".join(others[:5])}),)


def is_large_workbook(source: Source, *, limits: Limits | None = None) -> bool:
    """Whether the file is a workbook that takes long to read, row by row, so that it is better unpacked once.

    At once: of a large one only what the archive says of itself is checked, the rest when it is unpacked. Raises
    ``TableError`` for one that breaks a limit.
    """
    limits = limits or Limits()
    with opener_of(source)() as stream:
        if decode.file_kind(stream.read(8192)) != "zip":
            return False
        _require_size(stream, limits)
        return xlsx.unpacks_beyond(stream, limits, LARGE_BYTES)


def _require_size(stream: BinaryIO, limits: Limits) -> None:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size > limits.file_bytes:
        raise TableError(ErrorCode.TOO_BIG, size_mb=whole_mib(size), limit_mb=limits.file_bytes // MIB)
