"""One workbook close to the 50 MB that are accepted, through the real page and the real worker, and their memory.

Its texts share nothing and hardly compress, as ids, addresses and free text do: what makes a workbook large. Excel keeps
texts apart from the cells; this one does, too.
"""

import base64
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from tests.bench import environment, servers
from tests.bench.servers import Running

HEADER = ["Name", "Company", "E-mail", "Phone", "What they want", "Remark"]
TEXT = 126  # characters of each of the two long cells that hardly compress: 200,000 rows are just below 50 MB
EMAIL = "marta@bench.example"
WITHIN = 3_600.0
LOOK_EVERY = 0.1

_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
}


def lines(count: int) -> Iterator[list[str]]:
    """The header and the rows, the same each time."""
    dice = random.Random(1)
    yield HEADER
    for number in range(count):
        noise = base64.urlsafe_b64encode(dice.randbytes(TEXT * 3 // 2 + 12)).decode()
        who, first, second = noise[:12], noise[12 : 12 + TEXT], noise[12 + TEXT :]
        yield [
            f"Jan {who}",
            f"Firm {who[:5]} Ltd",
            f"user{number}.{who.strip('-_')}@firm{number % 5000}.example.com",
            f"+48 600 {number // 1000:03d} {number % 1000:03d}",
            first,
            second,
        ]


def write(path: Path, count: int) -> None:
    """The workbook: texts in the order of their cells in one part, their numbers in the other."""
    with TemporaryFile() as texts, ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, xml in _PARTS.items():
            archive.writestr(name, xml)
        number = 0
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>'.encode())
            for row, cells in enumerate(lines(count), start=1):
                line = [f'<row r="{row}">']
                for column, cell in zip("ABCDEF", cells, strict=True):
                    line.append(f'<c r="{column}{row}" t="s"><v>{number}</v></c>')
                    texts.write(f"<si><t>{escape(cell)}</t></si>".encode())
                    number += 1
                sheet.write("".join([*line, "</row>"]).encode())
            sheet.write(b"</sheetData></worksheet>")
        texts.seek(0)
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as shared:
            shared.write(f'<sst xmlns="{_SPREADSHEET}" count="{number}" uniqueCount="{number}">'.encode())
            while piece := texts.read(1024 * 1024):
                shared.write(piece)
            shared.write(b"</sst>")


class Peaks:
    """The most memory that the processes of a program ever had, in MB, looked at until it is left."""

    def __init__(self, **programs: Running) -> None:
        self._programs = programs
        self.most = dict.fromkeys(programs, 0.0)
        self.rest: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Peaks":
        for program in self._programs.values():
            program.forget_peak()  # checking a password takes a hundred megabytes by intention
        self._once()
        self.rest = dict(self.most)
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self._once()

    def _once(self) -> None:
        for name, program in self._programs.items():
            self.most[name] = max(self.most[name], *(program.peak_mb() or [0.0]))


def run(count: int) -> bool:
    """Write the workbook, hand it in by the page, have the worker look through and save it, and say what it took."""
    place = environment.prepare()
    from tests.bench import million  # noqa: PLC0415 - after the environment

    million.prepare()
    from django.core.management import call_command  # noqa: PLC0415 - after the settings

    from campaigns.models import Campaign  # noqa: PLC0415
    from leads.models import Import  # noqa: PLC0415
    from tests.bench.client import Person  # noqa: PLC0415
    from tests.factories.accounts import PASSWORD  # noqa: PLC0415

    call_command("collectstatic", interactive=False, verbosity=0)
    campaign = Campaign.objects.get(name="Bench")
    with (
        TemporaryDirectory() as folder,
        servers.web(place.var) as (web, port),
        servers.worker(place.var) as worker,
    ):
        path = Path(folder) / "wide.xlsx"
        write(path, count)
        size = path.stat().st_size / 1024**2
        person = Person(port, EMAIL, PASSWORD)
        with Peaks(web=web, worker=worker) as peaks:
            began = time.monotonic()
            with path.open("rb") as stream:
                url = person.post(f"/campaigns/{campaign.pk}/log/list/", file=stream)
            took = time.monotonic() - began
            batch = Import.objects.get(pk=int(url.rstrip("/").rpartition("/")[2]))
            _wait(batch, lambda one: one.scanned_at is not None or one.state != "preview")
            looked = time.monotonic() - began
            if batch.state == Import.State.PREVIEW:
                person.post(f"{url}save/")
                _wait(batch, lambda one: one.state not in {"preview", "waiting", "running"})
            whole = time.monotonic() - began
    parts = {name: getattr(batch, name) for name in ("created", "updated", "already_here", "rejected")}
    print(
        f"{size:.1f} MB, {count} rows: {batch.state}{f' ({batch.error})' if batch.error else ''}; taken in within"
        f" {took:.1f} s, looked through after {looked:.0f} s, all after {whole:.0f} s; read {batch.read}: {parts}"
    )
    for name in peaks.most:
        print(f"{name}: {peaks.rest[name]:.0f} MB at rest, {peaks.most[name]:.0f} MB at most")
    return batch.state == Import.State.DONE and batch.read == sum(parts.values()) == count


def _wait(batch: Any, is_there: Any) -> None:
    end = time.monotonic() + WITHIN
    while not is_there(batch):
        if time.monotonic() > end:
            raise SystemExit(f"not within {WITHIN:.0f} s: {batch.state}, row {batch.done_row}")
        time.sleep(1)
        batch.refresh_from_db()
