"""Reading .xlsx: refused before unpacking when it would unpack to too much, then read by calamine.

calamine holds a sheet as a dense block, so one cell far out, in a file of a few kilobytes, would take
gigabytes: the extent of each sheet is looked at in the XML first.
"""

import datetime as dt
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from .codes import ErrorCode
from .model import MIB, Limits, TableError

type CellValue = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

READ_BYTES = 256 * 1024
MOST_PARTS = 10_000
MOST_RATIO = 1_100  # deflate reaches 1032
MOST_TITLE_ROWS = 150  # above the header, and the header itself
# Beyond it a float no longer holds every integer: the digits shown would be invented.
EXACT_INTEGER = 2**53

_FAR_REFERENCE = re.compile(rb"[\"'](?:[A-Za-z]{2,}[0-9]|[A-Za-z][0-9]{6,})")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


def checked_size(stream: BinaryIO, limits: Limits) -> int:
    """How many bytes the archive unpacks to; nothing of it is kept.

    Raises ``TableError`` when it is no .xlsx, is damaged, unpacks to too much, or has too many rows.
    """
    return _guarded_zip(stream, lambda members: _check_unpacked(stream, members, limits))


def unpacks_beyond(stream: BinaryIO, limits: Limits, most: int) -> bool:
    """Whether the archive unpacks to more than ``most`` bytes, without unpacking more than that.

    What it declares is believed only where it is more. Raises ``TableError`` as ``checked_size`` does, for what is
    declared or found so far.
    """

    def look(members: list[ZipInfo]) -> bool:
        declared = _check_declared(members, limits)
        return declared > most or _check_unpacked(stream, members, limits, stop_beyond=most) > most

    return _guarded_zip(stream, look)


def _guarded_zip[T](stream: BinaryIO, look: Callable[[list[ZipInfo]], T]) -> T:
    try:
        with ZipFile(stream) as archive:
            _require_workbook(archive, set(archive.namelist()))
            return look(archive.infolist())
    except (
        BadZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise TableError(ErrorCode.BROKEN_SPREADSHEET) from error


def open_workbook(stream: BinaryIO) -> CalamineWorkbook:
    """Open a checked archive. Raises ``TableError`` when it is damaged."""
    stream.seek(0)
    return _guarded(lambda: CalamineWorkbook.from_filelike(BytesIO(stream.read())))


def sheet_names(workbook: CalamineWorkbook) -> list[str]:
    """Names of the visible worksheets in their order; of all worksheets when none is visible."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return visible or [sheet.name for sheet in sheets]


def open_sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    """Load one worksheet. Raises ``TableError`` when there is none of that name or its XML is damaged."""
    if name not in workbook.sheet_names:
        raise TableError(ErrorCode.NO_SUCH_SHEET, sheet=name)
    return _guarded(lambda: workbook.get_sheet_by_name(name))


def sheet_records(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Yield every row of a sheet as text, from its first row on, blank ones included."""
    rows = sheet.iter_rows()
    while True:
        row = _guarded(lambda: next(rows, None))
        if row is None:
            return
        yield [cell_text(value) for value in row]


def cell_text(value: CellValue | None) -> str:
    """Return a cell as a person would type it: dates in ISO form, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < EXACT_INTEGER and not _is_rounded(value):
            return str(int(value))
        # Kept in the form that marks it as rounded, so that an id is not made up from it.
        return repr(value) if abs(value) < EXACT_INTEGER and not value.is_integer() else f"{value:E}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return value.isoformat()


def _is_rounded(value: float) -> bool:
    """Whether Excel, which keeps fifteen digits, has put a zero for the rest."""
    return abs(value) >= 10**15 and value % 10 == 0


def _require_workbook(archive: ZipFile, names: set[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise TableError(ErrorCode.OTHER_SPREADSHEET, kind=".xlsb")
    if "content.xml" in names or "mimetype" in names:
        raise TableError(ErrorCode.OTHER_SPREADSHEET, kind="OpenDocument (.ods)")
    if any(name.endswith(".iwa") for name in names):
        raise TableError(ErrorCode.OTHER_SPREADSHEET, kind="Numbers")
    if any(name.startswith("word/") for name in names):
        raise TableError(ErrorCode.NOT_A_TABLE, kind="Word")
    raise TableError(ErrorCode.NOT_A_TABLE, kind="ZIP")


def _check_declared(members: list[ZipInfo], limits: Limits) -> int:
    """How many bytes the archive's directory says it unpacks to. Raises ``TableError``."""
    declared = sum(member.file_size for member in members)
    if len(members) > MOST_PARTS or declared > limits.unpacked_bytes:
        raise TableError(ErrorCode.UNPACKS_TOO_BIG, limit_mb=limits.unpacked_bytes // MIB)
    for member in members:
        if member.flag_bits & 0x1:
            raise TableError(ErrorCode.ENCRYPTED)
        # More than the method can do is made up, and so is what follows.
        if member.compress_type not in (0, 8) or member.file_size > (member.compress_size + 1) * MOST_RATIO:
            raise TableError(ErrorCode.BROKEN_SPREADSHEET)
    return declared


def _check_unpacked(
    stream: BinaryIO, members: list[ZipInfo], limits: Limits, *, stop_beyond: int | None = None
) -> int:
    """Refuse by what is declared first, then unpack for real: what an archive declares may be a lie.

    Beyond ``stop_beyond`` bytes nothing more is looked at.
    """
    _check_declared(members, limits)
    size = 0
    for member in members:
        name = member.filename.lower()
        is_xml = name.endswith((".xml", ".rels"))
        sheet = _SheetLook(limits) if is_xml and name.startswith("xl/worksheets/") else None
        tail = b""
        for chunk in unpacked(stream, member):
            size += len(chunk)
            if size > limits.unpacked_bytes:
                raise TableError(ErrorCode.UNPACKS_TOO_BIG, limit_mb=limits.unpacked_bytes // MIB)
            if stop_beyond is not None and size > stop_beyond:
                return size
            if is_xml:
                window = tail + chunk
                if b"<!" in window and re.search(rb"<!(?:DOCTYPE|ENTITY)", window):
                    raise TableError(ErrorCode.BROKEN_SPREADSHEET)
                tail = window[-64:]
            if sheet is not None:
                sheet.look_at(chunk)
        if sheet is not None and sheet.looks_far:
            _check_extent(stream, member, limits)
    return size


class _SheetLook:
    """What the bytes of a sheet tell as they go by: too many rows with content, cells far out."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = 0
        self._rest = b""
        self._tail = b""
        self.looks_far = False

    def look_at(self, chunk: bytes) -> None:
        """One more piece. Raises ``TableError``."""
        if b"\x00" in chunk:
            raise TableError(ErrorCode.BROKEN_SPREADSHEET)
        if not self.looks_far:
            self.looks_far = _FAR_REFERENCE.search(self._tail + chunk) is not None
            self._tail = chunk[-64:]
        *rows, rest = (self._rest + chunk).split(b"<row")
        self._rows += sum(1 for row in rows if b"<v" in row or b"<is" in row)
        # Of a row that goes on only its content counts; one without an end is no reason to keep it all.
        has_content = b"<v" in rest or b"<is" in rest
        self._rest = (b"<v" if has_content else b"") + rest[-64:]
        if self._rows > self._limits.rows + MOST_TITLE_ROWS:
            raise TableError(ErrorCode.TOO_MANY_ROWS, limit=self._limits.rows)


def unpacked(stream: BinaryIO, member: ZipInfo) -> Iterator[bytes]:
    """Unpack one member to its true end, whatever size is declared for it."""
    stream.seek(member.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise BadZipFile
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    stream.seek(member.header_offset + 30 + name_length + extra_length)
    left = member.compress_size
    unpack = zlib.decompressobj(-15) if member.compress_type == 8 else None
    while left > 0:
        packed = stream.read(min(READ_BYTES, left))
        if not packed:
            raise BadZipFile
        left -= len(packed)
        if unpack is None:
            yield packed
            continue
        try:
            chunk = unpack.decompress(packed, READ_BYTES * 4)
            while chunk:
                yield chunk
                chunk = unpack.decompress(unpack.unconsumed_tail, READ_BYTES * 4)
        except zlib.error as error:
            raise BadZipFile from error
        if unpack.eof:
            return


def _check_extent(stream: BinaryIO, member: ZipInfo, limits: Limits) -> None:
    """Find the block that cells with content span and refuse it beyond the limits.

    Styled empty cells do not count.
    """
    rows = columns = 0
    reference = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal reference, rows, columns
        local = name.rpartition(":")[2]
        if local == "c":
            reference = attributes.get("r", "")
        elif local in ("v", "is", "f") and reference:
            place = _REFERENCE.fullmatch(reference)
            if place is None:
                raise TableError(ErrorCode.BROKEN_SPREADSHEET)
            column = 0
            for letter in place[1].upper():
                column = column * 26 + ord(letter) - 64
            rows, columns = max(rows, int(place[2])), max(columns, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        for chunk in unpacked(stream, member):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise TableError(ErrorCode.BROKEN_SPREADSHEET) from error
    if columns > limits.columns:
        raise TableError(ErrorCode.TOO_MANY_COLUMNS, row=1, count=columns, limit=limits.columns)
    if rows * columns > limits.sheet_cells:
        raise TableError(ErrorCode.TOO_MANY_CELLS, rows=rows, columns=columns)


def _guarded[T](call: Callable[[], T]) -> T:
    """Turn every failure of calamine into ``TableError``, a panic of its Rust code included."""
    try:
        return call()
    except TableError:
        raise
    except (CalamineError, OSError, ValueError, OverflowError, TypeError, MemoryError) as error:
        raise TableError(ErrorCode.BROKEN_SPREADSHEET) from error
    except BaseException as error:
        # A panic is a BaseException of a class that cannot be imported.
        if type(error).__name__ == "PanicException":
            raise TableError(ErrorCode.BROKEN_SPREADSHEET) from error
        raise
