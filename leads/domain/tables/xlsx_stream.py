"""Reading a large .xlsx row by row in bounded memory, where calamine would hold the whole sheet.

Cells come out as ``xlsx.cell_text`` gives them. Texts that cells share are kept in memory up to a limit and beyond it
in a file without a name.
"""

import datetime as dt
import os
import re
from array import array
from collections.abc import Callable, Iterator
from functools import lru_cache
from tempfile import TemporaryFile
from typing import BinaryIO
from weakref import finalize
from xml.parsers import expat
from zipfile import ZipFile

from .codes import ErrorCode
from .decode import Opener
from .model import MIB, TableError
from .xlsx import CellValue, cell_text, unpacked

KEPT_BYTES = 48 * MIB  # of shared texts in memory
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
EPOCHS = (dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1))  # noqa: DTZ001 - wall time

# Excel's own formats of dates and times; 45 to 47 count hours and minutes that passed.
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(50, 59)})
_PASSED = frozenset({45, 46, 47})
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Za-z]{1,3})[0-9]{0,7}")

type Attributes = dict[str, str]


class _Texts:
    """Texts by their number. A million of them as objects of Python would take four times their size."""

    def __init__(self) -> None:
        self._ends = array("Q")
        self._kept = bytearray()
        self._file: BinaryIO | None = None
        self._size = 0
        self.get = lru_cache(maxsize=20_000)(self._get)

    def add(self, text: str) -> None:
        piece = text.encode("utf-8", "surrogatepass")
        self._size += len(piece)
        self._ends.append(self._size)
        self._kept += piece
        if len(self._kept) >= KEPT_BYTES:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - closed when nobody reads the workbook any more
                finalize(self, self._file.close)
            self._file.write(self._kept)
            self._kept = bytearray()

    def close(self) -> None:
        """No text follows."""
        if self._file is not None:
            self._file.write(self._kept)
            self._file.flush()
            self._kept = bytearray()

    def _get(self, number: int) -> str:
        if not 0 <= number < len(self._ends):
            return ""
        start, end = self._ends[number - 1] if number else 0, self._ends[number]
        piece = (
            self._kept[start:end] if self._file is None else os.pread(self._file.fileno(), end - start, start)
        )
        return piece.decode("utf-8", "surrogatepass")


class _Parser:
    """One part of a workbook, read piece by piece. Raises ``TableError`` for what is no XML or declares entities."""

    def __init__(self, opener: Opener, name: str, start: Callable[[str, Attributes], None]) -> None:
        self._opener, self._name = opener, name
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = start
        self.expat.StartDoctypeDeclHandler = self._refuse

    @staticmethod
    def _refuse(*_declared: object) -> None:
        raise TableError(ErrorCode.BROKEN_SPREADSHEET)

    def pieces(self) -> Iterator[None]:
        """Read on, a piece at a time."""
        try:
            with self._opener() as stream, ZipFile(stream) as archive:
                for chunk in unpacked(stream, archive.getinfo(self._name)):
                    self.expat.Parse(chunk)
                    yield
            self.expat.Parse(b"", True)
        except expat.ExpatError as error:
            raise TableError(ErrorCode.BROKEN_SPREADSHEET) from error
        yield

    def run(self) -> None:
        """Read it to its end."""
        for _piece in self.pieces():
            pass


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _part_named(names: set[str], target: str) -> str:
    """The part that a relation of the workbook leads to; empty where there is none."""
    path = target.lstrip("/") if target.startswith("/") else os.path.normpath(f"xl/{target}")
    return path if path in names else ""


class Workbook:
    """A workbook whose sheets are read row by row. Raises ``TableError`` where it is damaged."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        with opener() as stream, ZipFile(stream) as archive:
            self._names = set(archive.namelist())
        self._texts: _Texts | None = None
        self._styles: list[str] = []
        self._epoch = EPOCHS[0]
        self.sheets: dict[str, str] = {}
        """The visible sheets in order, or all where none is: name and part."""
        self._read_workbook()
        self._read_styles()

    def _read_workbook(self) -> None:
        targets: dict[str, str] = {}
        found: list[tuple[str, str, bool]] = []

        def relation(name: str, attributes: Attributes) -> None:
            if _local(name) == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
                targets[attributes.get("Id", "")] = _part_named(self._names, attributes.get("Target", ""))

        def sheet(name: str, attributes: Attributes) -> None:
            if _local(name) == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
                self._epoch = EPOCHS[1]
            elif _local(name) == "sheet":
                by = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                if part := targets.get(by):
                    is_visible = attributes.get("state", "visible") == "visible"
                    found.append((attributes.get("name", ""), part, is_visible))

        if "xl/_rels/workbook.xml.rels" not in self._names:
            raise TableError(ErrorCode.BROKEN_SPREADSHEET)
        _Parser(self._opener, "xl/_rels/workbook.xml.rels", relation).run()
        _Parser(self._opener, "xl/workbook.xml", sheet).run()
        visible = {name: part for name, part, is_visible in found if is_visible}
        self.sheets = visible or {name: part for name, part, _is_visible in found}

    def _read_styles(self) -> None:
        """What each style of a cell means for a number: "date", "passed" (a time span), or nothing."""
        if "xl/styles.xml" not in self._names:
            return
        own: dict[str, str] = {}
        is_in_cells = False

        def start(name: str, attributes: Attributes) -> None:
            nonlocal is_in_cells
            local = _local(name)
            if local == "numFmt":
                own[attributes.get("numFmtId", "")] = _kind_of(attributes.get("formatCode", ""))
            elif local in {"cellXfs", "cellStyleXfs", "dxfs", "cellStyles"}:
                is_in_cells = local == "cellXfs"
            elif local == "xf" and is_in_cells:
                number = attributes.get("numFmtId", "0")
                known = int(number) if number.isdecimal() else 0
                self._styles.append(
                    own.get(number) or ("date" if known in _DATES else "passed" if known in _PASSED else "")
                )

        _Parser(self._opener, "xl/styles.xml", start).run()

    def _shared(self) -> _Texts:
        if self._texts is None:
            self._texts = self._read_shared()
        return self._texts

    def _read_shared(self) -> _Texts:
        texts = _Texts()
        if "xl/sharedStrings.xml" not in self._names:
            return texts
        pieces: list[str] = []
        phonetic = 0
        parser: _Parser

        def start(name: str, _attributes: Attributes) -> None:
            nonlocal phonetic
            local = _local(name)
            if local == "si":
                pieces.clear()
            elif local == "rPh":
                phonetic += 1
            elif local == "t" and not phonetic:
                parser.expat.CharacterDataHandler = pieces.append

        def end(name: str) -> None:
            nonlocal phonetic
            local = _local(name)
            if local == "t":
                parser.expat.CharacterDataHandler = None
            elif local == "rPh":
                phonetic -= 1
            elif local == "si":
                texts.add("".join(pieces))

        parser = _Parser(self._opener, "xl/sharedStrings.xml", start)
        parser.expat.EndElementHandler = end
        parser.run()
        texts.close()
        return texts

    def records(self, sheet: str) -> Iterator[list[str]]:
        """Every row of a sheet as text, blank ones included, from the first row on."""
        part = self.sheets.get(sheet)
        if part is None:
            raise TableError(ErrorCode.NO_SUCH_SHEET, sheet=sheet)
        reading = _Sheet(self._shared(), self._styles, self._epoch)
        parser = _Parser(self._opener, part, reading.start)
        parser.expat.EndElementHandler = reading.end
        reading.parser = parser.expat
        number = 1
        for _piece in parser.pieces():
            for at, cells in reading.done:
                while number < at:
                    number += 1
                    yield []
                number += 1
                yield cells
            reading.done.clear()


def _kind_of(code: str) -> str:
    """What a format that somebody made shows a number as."""
    plain = _LITERALS.sub("", code.partition(";")[0]).lower()
    if re.search(r"\[(?:h+|m+|s+)\]", plain):
        return "passed"
    return "date" if re.search(r"[ymdhs]", plain.replace("general", "")) else ""


class _Sheet:
    """The rows of a sheet while its XML goes by."""

    def __init__(self, texts: _Texts, styles: list[str], epoch: dt.datetime) -> None:
        self._texts, self._styles, self._epoch = texts, styles, epoch
        self.parser: expat.XMLParserType
        self.done: list[tuple[int, list[str]]] = []
        self._row = 0
        self._cells: list[str] = []
        self._column = 0
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._phonetic = 0
        self._columns: dict[str, int] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        if ":" in name:
            name = _local(name)
        if name == "c":
            reference = attributes.get("r")
            self._column = self._place(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._pieces = []
        elif name == "v" or (name == "t" and not self._phonetic):
            self.parser.CharacterDataHandler = self._pieces.append
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() and len(number) < 9 else self._row + 1
            if self._row > MOST_ROWS:
                raise TableError(ErrorCode.BROKEN_SPREADSHEET)
            self._cells, self._column = [], 0
        elif name == "rPh":
            self._phonetic += 1

    def end(self, name: str) -> None:
        """An element ends."""
        if ":" in name:
            name = _local(name)
        if name == "c":
            if self._pieces and (text := self._text("".join(self._pieces))):
                missing = self._column - len(self._cells) - 1
                if missing > 0:
                    self._cells += [""] * missing
                if missing >= 0:
                    self._cells.append(text)
                else:
                    self._cells[self._column - 1] = text
        elif name in {"v", "t"}:
            self.parser.CharacterDataHandler = None
        elif name == "row":
            self.done.append((self._row, self._cells))
        elif name == "rPh":
            self._phonetic -= 1

    def _place(self, reference: str) -> int:
        place = _REFERENCE.fullmatch(reference)
        if place is None:
            raise TableError(ErrorCode.BROKEN_SPREADSHEET)
        name = place[1]
        found = self._columns.get(name)
        if found is None:
            found = 0
            for letter in name.upper():
                found = found * 26 + ord(letter) - 64
            if found > MOST_COLUMNS:
                raise TableError(ErrorCode.BROKEN_SPREADSHEET)
            self._columns[name] = found
        return found

    def _text(self, raw: str) -> str:
        kind = self._type
        if kind == "s":
            return self._texts.get(int(raw)) if raw.isdecimal() else ""
        if kind in {"str", "inlineStr"}:
            return raw
        if kind == "e":
            return ""
        if kind == "b":
            return "TRUE" if raw == "1" else "FALSE"
        if kind == "d":
            return raw.replace("T", " ")
        try:
            number = float(raw)
        except ValueError:
            return raw
        style = (
            self._styles[int(self._style)]
            if self._style.isdecimal() and int(self._style) < len(self._styles)
            else ""
        )
        return cell_text(self._moment(number, style) if style else number)

    def _moment(self, number: float, style: str) -> CellValue:
        try:
            span = dt.timedelta(milliseconds=round(number * 86_400_000))
            if style == "passed":
                return span
            if number < 1:
                return (EPOCHS[0] + span).time()
            at = self._epoch + span
            return at.date() if number.is_integer() else at
        except (OverflowError, ValueError):
            return number
