"""A million rows in five files through the import: nothing disappears, and what it takes of memory and time.

    DATABASE_URL=postgres:///leadsync_bench_rows .venv/bin/python -m tests.bench.million [--rows 200000] [--files 5]
    DATABASE_URL=postgres:///leadsync_bench_rows .venv/bin/python -m tests.bench.million --wide [--rows 200000]

Of the rows 1 % cannot be saved, 5 % are somebody of the file a second time. Every second file is a workbook. A child
process does the worker's work for each file, so that its memory is its own. The database's name must contain "bench":
its leads are removed first. `--wide` brings one workbook close to the 50 MB that are accepted, through the real page,
web server and worker; it needs Redis.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

HEADER = [
    "Name",
    "Company",
    "Phone",
    "E-mail",
    "Received",
    "What they want",
    "City",
    "Points",
    "Remark",
    "Source",
]
BAD, DOUBLE = 0.01, 0.05
WORDS = (
    "shelf",
    "rack",
    "pallet",
    "forklift",
    "delivery",
    "budget",
    "quarter",
    "installation",
    "contract",
    "beam",
)


def rows(file: int, count: int) -> Iterator[list[str]]:
    """The rows of a file, the same each time."""
    dice = random.Random(file)
    people: list[int] = []
    for number in range(count):
        luck = dice.random()
        if luck < DOUBLE and people:
            who = dice.choice(people)
        else:
            who = file * 10**7 + number
            if len(people) < 1000:
                people.append(who)
        mail = "nobody@@example" if luck > 1 - BAD else f"user{who}@firm{who % 5000}.example.com"
        need = " ".join(dice.choice(WORDS) for _ in range(10))
        day = f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T10:{number % 60:02d}:00+01:00"
        firm = f"Firm {who % 5000} Ltd"
        yield [f"Jan Lead{who}", firm, "", mail, day, need, "Warszawa", str(who % 100), need[:60], "fair"]


def write(path: Path, file: int, count: int) -> None:
    """A file of so many rows, a workbook where the path says so."""
    if path.suffix == ".xlsx":
        from leads.domain.tables import xlsx_writer  # noqa: PLC0415 - only in the process that writes

        with path.open("wb") as out:
            for piece in xlsx_writer.write(HEADER, rows(file, count)):
                out.write(piece)
        return
    with path.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows(rows(file, count))


def peak_mb() -> int:
    """The most memory that this process ever had; what getrusage says begins with that of who started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def take(path: Path) -> None:
    """What the web process does with an upload."""
    django.setup()
    from django.core.files import File  # noqa: PLC0415 - after the settings

    from campaigns.models import Campaign  # noqa: PLC0415
    from leads.services import imports  # noqa: PLC0415
    from leadsync.accounts.models import User  # noqa: PLC0415

    base, began = peak_mb(), time.monotonic()
    by = User.objects.get(email="marta@bench.example")
    with path.open("rb") as stream:
        batch = imports.take_file(
            campaign=Campaign.objects.get(name="Bench"),
            by=by,
            upload=File(stream, name=path.name),
            size=path.stat().st_size,
        )
    print(json.dumps({"id": batch.pk, "base": base, "peak": peak_mb(), "seconds": time.monotonic() - began}))


def work(pk: int) -> None:
    """What the worker does: look through, then save."""
    django.setup()
    from leads.models import Import  # noqa: PLC0415 - after the settings
    from leads.services import imports  # noqa: PLC0415

    base, began = peak_mb(), time.monotonic()
    imports.resume_all()
    looked = time.monotonic() - began
    batch = Import.objects.get(pk=pk)
    found = {"fix": len(batch.scan["fix"]), "here": len(batch.scan["here"]), "looked": looked}
    imports.save(batch=batch, by=batch.by)
    imports.resume_all()
    batch.refresh_from_db()
    counts = {
        name: getattr(batch, name) for name in ("read", "created", "updated", "already_here", "rejected")
    }
    took = time.monotonic() - began
    print(
        json.dumps(counts | found | {"state": batch.state, "base": base, "peak": peak_mb(), "seconds": took})
    )


def prepare() -> None:
    """An empty company with a campaign, a marketer and reps. Refuses a database that is none for this."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after the settings
    from django.db import connection  # noqa: PLC0415

    from campaigns.models import Campaign  # noqa: PLC0415
    from leads.models import Import, Lead  # noqa: PLC0415
    from leadsync.accounts.models import User  # noqa: PLC0415
    from tests.factories.accounts import CompanyFactory, person  # noqa: PLC0415
    from tests.factories.campaigns import campaign  # noqa: PLC0415

    if "bench" not in str(connection.settings_dict["NAME"]):
        raise SystemExit('The name of the database must contain "bench": its leads are removed.')
    call_command("migrate", verbosity=0)
    if not User.objects.filter(email="marta@bench.example").exists():
        CompanyFactory.create()
        person("marketer", email="marta@bench.example")
        for _ in range(8):
            person("rep")
    if not Campaign.objects.filter(name="Bench").exists():
        campaign(name="Bench")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Lead._meta.db_table}, {Import._meta.db_table} CASCADE")


def asked(*arguments: str) -> dict[str, float | str]:
    """What a process of its own says as JSON in its last line."""
    command = [sys.executable, "-m", "tests.bench.million", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Five files, one after the other; the sums have to be right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--take", type=Path)
    parser.add_argument("--work", type=int)
    options = parser.parse_args()
    if options.take:
        take(options.take)
        return
    if options.work:
        work(options.work)
        return
    if options.wide:
        from tests.bench import wide  # noqa: PLC0415 - it imports this module

        raise SystemExit(0 if wide.run(options.rows) else 1)
    prepare()
    total = 0
    for file in range(options.files):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"leads-{file}.{'xlsx' if file % 2 else 'csv'}"
            write(path, file, options.rows)
            size = path.stat().st_size / 1024**2
            web = asked("--take", str(path))
            done = asked("--work", str(web["id"]))
        parts = [int(done[name]) for name in ("created", "updated", "already_here", "rejected")]
        is_whole = int(done["read"]) == sum(parts) == options.rows
        total += int(done["read"])
        print(
            f"{path.name} {size:.0f} MB, web {float(web['seconds']):.1f} s, {web['base']} to {web['peak']} MB; "
            f"worker {float(done['looked']):.0f} s to look through, {float(done['seconds']):.0f} s to the end, "
            f"{done['base']} to {done['peak']} MB; read {done['read']} = created {parts[0]} + updated {parts[1]} "
            f"+ already here {parts[2]} + rejected {parts[3]}"
            f"{'' if is_whole else '  ROWS ARE MISSING'}",
            flush=True,
        )
        if not is_whole or done["state"] != "done":
            raise SystemExit(1)
    print(f"{total} rows read, every one accounted for")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadsync.settings")
    main()
