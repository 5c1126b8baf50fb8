"""Work behind the pages, in this process: each beside the bare statements that would do the same, in turns."""

import csv
import io
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median

from celery import current_app
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Campaign, Touch
from leads.domain.words import Door
from leads.models import Arrival, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.services import arrivals, imports, promise
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.kpi.models import DayFact
from leadsync.kpi.services import rollup
from leadsync.notices.models import Notice
from tests.bench import agreed
from tests.bench import seed as seeds
from tests.bench.report import Row
from tests.bench.seed import Seed
from tests.bench.timing import compare, ms, run

IMPORTED = 10_000
IMPORT_WITHIN = 300.0
SWEEP_TASK = "leads.sweep"
LEAD, KEY, HANDOFF = Lead._meta.db_table, LeadKey._meta.db_table, Handoff._meta.db_table
NOTICE, FACT = Notice._meta.db_table, DayFact._meta.db_table


# ------------------------------------------------------------------------------------------------ logging


_serial = iter(range(1, 1_000_000_000))


def _data(number: int) -> arrivals.LeadData:
    return arrivals.LeadData(
        name=f"Zofia Nowak {number}",
        company=f"Delta Racks {number}",
        email=f"new{number}@delta{number % 999}.example",
        phone=f"+49151{10_000_000 + number}",
        country="DE",
        need="A quote for racking.",
    )


def log(seed: Seed, row: Row) -> None:
    """Ten rows by hand: found new, saved, handed off, people told."""
    campaign, by = _open_campaign(), User.objects.get(email=seeds.MARKETER)
    row.floor = "one INSERT of 10 rows each into leads, keys, arrivals, handoffs and events, one transaction"

    def ours() -> None:
        arrivals.receive_many(
            rows=[_data(next(_serial)) for _ in range(10)], campaign=campaign, door=Door.PASTE, by=by
        )

    compare(row, 15, ours, lambda: _bare_log(campaign, by))


def _bare_log(campaign: Campaign, by: User) -> None:
    now = timezone.now()
    rows = [_data(next(_serial)) for _ in range(10)]
    with transaction.atomic():
        leads = Lead.objects.bulk_create(
            [
                Lead(
                    name=one.name,
                    company=one.company,
                    email=one.email,
                    phone=one.phone,
                    country=one.country,
                    need=one.need,
                    search=f"{one.name}\n{one.company}\n{one.email}".lower(),
                    campaign=campaign,
                    owner=by,
                    received_at=now,
                )
                for one in rows
            ]
        )
        LeadKey.objects.bulk_create([LeadKey(lead=lead, kind="email", value=lead.email) for lead in leads])
        Arrival.objects.bulk_create(
            [Arrival(lead=lead, campaign=campaign, at=now, door="paste", by=by) for lead in leads]
        )
        Handoff.objects.bulk_create(
            [
                Handoff(
                    lead=lead,
                    rep=by,
                    at=now,
                    promise_seconds=3_600,
                    due_at=now + timedelta(hours=1),
                    warn_at=now + timedelta(minutes=45),
                    escalate_at=now + timedelta(hours=2),
                    next_check_at=now + timedelta(minutes=45),
                )
                for lead in leads
            ]
        )
        LeadEvent.objects.bulk_create([LeadEvent(lead=lead, at=now, by=by, kind="arrived") for lead in leads])


def _open_campaign() -> Campaign:
    return Campaign.objects.filter(state="live", kind="website").order_by("pk")[0]


# ------------------------------------------------------------------------------------------------ importing


def import_rows(seed: Seed, row: Row) -> None:
    """A file of 10,000 new leads, from taking it in to everyone told, by the worker where it knows how."""
    campaign, by = _open_campaign(), User.objects.get(email=seeds.MARKETER)
    current_app.loader.import_default_modules()
    has_worker = imports.TASK in current_app.tasks
    row.floor = "COPY of the 10,000 rows to a temporary table, merged into the table of leads"
    row.work = f"import {IMPORTED:,} rows, file to handed off"
    phases: dict[str, float] = {}

    def step(name: str, began: float) -> float:
        now = time.perf_counter()
        phases[name] = now - began
        return now

    def ours() -> None:
        data = _file(next(_serial) * IMPORTED)
        began = at = time.perf_counter()
        batch = imports.take_file(
            campaign=campaign, by=by, upload=ContentFile(data, name="bench.csv"), size=len(data)
        )
        at = step("taken in", at)
        if not has_worker:
            imports.resume_all()
        batch = _until(batch.pk, lambda found: found.scanned_at is not None)
        at = step("looked through", at)
        imports.save(batch=batch, by=by)
        if not has_worker:
            imports.run(batch.pk)
        batch = _until(batch.pk, lambda found: found.state in {Import.State.DONE, Import.State.FAILED})
        step("saved", at)
        phases["all"] = time.perf_counter() - began
        if batch.state != Import.State.DONE or batch.created != IMPORTED:
            raise RuntimeError(f"the import went wrong: {batch.state} {batch.created} {batch.error}")

    least = ms(lambda: _bare_import(campaign, next(_serial) * IMPORTED))
    seeds.restore(seed)
    ours()
    best = dict(phases)
    seeds.restore(seed)
    least = min(least, ms(lambda: _bare_import(campaign, next(_serial) * IMPORTED)))
    seeds.restore(seed)
    ours()
    best = min(best, phases, key=lambda one: one["all"])
    row.ms, row.floor_ms = best["all"] * 1_000, least
    each = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in best.items() if name != "all")
    row.note = (
        f"{IMPORTED / best['all']:,.0f} rows/s, saving alone {IMPORTED / best['saved']:,.0f} rows/s "
        f"(floor {IMPORTED / least * 1_000:,.0f}); {each}; {'by the worker' if has_worker else 'in this process'}"
    )


def _file(first: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Name", "Company", "E-mail", "Phone", "Country", "What they want"])
    for number in range(first, first + IMPORTED):
        one = _data(number)
        writer.writerow([one.name, one.company, one.email, one.phone, one.country, one.need])
    return text.getvalue().encode()


def _until(pk: int, done: Callable[[Import], bool]) -> Import:
    end = time.monotonic() + IMPORT_WITHIN
    while time.monotonic() < end:
        batch = Import.objects.get(pk=pk)
        if done(batch):
            return batch
        time.sleep(0.02)
    raise RuntimeError(f"the worker did not get through the import within {IMPORT_WITHIN:.0f} s")


def _bare_import(campaign: Campaign, first: int) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)
    for number in range(first, first + IMPORTED):
        one = _data(number)
        writer.writerow([one.name, one.company, one.email, one.phone, one.country, one.need])
    lines.seek(0)
    columns = "name, company, email, phone, country, need"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bare_import (name text, company text, email text, phone text, country text,"
            " need text) ON COMMIT DROP"
        )
        cursor.copy_expert(f"COPY bare_import ({columns}) FROM STDIN WITH (FORMAT csv)", lines)
        cursor.execute(
            f"INSERT INTO {LEAD} (version, {columns}, job_title, city, language, search, campaign_id, is_test,"
            " is_history, stage, mark, received_at, is_judged_only, next_step, attempts, minutes, minutes_estimated)"
            f" SELECT 1, {columns}, '', '', '', lower(name || chr(10) || company || chr(10) || email), %s, false,"
            " false, 'new', 'none', now(), false, '', 0, 0, 0 FROM bare_import b"
            f" WHERE NOT EXISTS (SELECT 1 FROM {KEY} k WHERE k.kind = 'email' AND k.namespace = ''"
            " AND k.value = b.email)",
            [campaign.pk],
        )


# ------------------------------------------------------------------------------------------------ sweeping


def sweep(seed: Seed, row: Row, count: int) -> None:
    """So many promises missed: each flagged, rep and owner of the campaign told, the next check set."""
    row.work = f"sweep with {count:,} due"
    row.floor = "one UPDATE of the handoffs due and one INSERT … SELECT of a notice for each"

    def ours() -> None:
        result = promise.sweep()
        if result.missed != count:
            raise RuntimeError(f"{result.missed} of {count} flagged")

    promise.sweep()
    compare(row, 5, ours, _bare_sweep, before=lambda: seeds.make_due(seed, count))


def _bare_sweep() -> None:
    run(
        f"CREATE TEMPORARY TABLE bare_due ON COMMIT DROP AS SELECT id FROM {HANDOFF}"
        " WHERE ended_at IS NULL AND next_check_at <= now()",
        f"UPDATE {HANDOFF} h SET next_check_at = escalate_at FROM bare_due d WHERE d.id = h.id",
        f"INSERT INTO {NOTICE} (recipient_id, kind, key, context, url, created_at, is_instant)"
        " SELECT h.rep_id, 'lead_missed', 'lead_missed:' || h.id, '{}', '/leads/' || h.lead_id || '/', now(), false"
        f" FROM bare_due d JOIN {HANDOFF} h ON h.id = d.id",
    )


def idle(seed: Seed, row: Row) -> None:
    """Nothing is due: what every minute costs."""
    row.floor = "the index probe"

    def probe() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT 1 FROM {HANDOFF} WHERE ended_at IS NULL AND next_check_at <= now() LIMIT 1"
            )
            cursor.fetchall()

    promise.sweep()
    compare(row, 25, promise.sweep, probe)
    taken = [_task() for _ in range(5)]
    if all(taken):
        row.note = f"as a task, from sending to done: {median(taken):.1f} ms"


def _task() -> float:
    """Milliseconds until the worker has swept; 0 when it did not within ten seconds."""
    before = _swept_at()
    started = time.perf_counter()
    current_app.send_task(SWEEP_TASK, retry=False)
    while time.perf_counter() - started < 10:
        if _swept_at() != before:
            return (time.perf_counter() - started) * 1_000
        time.sleep(0.002)
    return 0.0


def _swept_at() -> datetime | None:
    return Lock.objects.filter(name=promise.SWEEP).values_list("ran_at", flat=True).first()


# ------------------------------------------------------------------------------------------------ rolling up


def roll_up(seed: Seed, row: Row) -> None:
    """Everything that happened on one day, in all campaigns, computed anew."""
    rollup.roll_up_all()
    newest = Lead.objects.order_by("-received_at").values_list("received_at", flat=True)[0]
    start = (newest - timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    row.floor = "one upsert of the day's facts in plain SQL"

    def touched() -> None:
        for name in ("received_at", "handed_off_at", "first_contact_at", "marked_at"):
            rows = Lead.objects.filter(**{f"{name}__gte": start, f"{name}__lt": end})
            db.load_rows(Touch, ("campaign", "at"), rows.values_list("campaign", name))
        row.note = f"{Touch.objects.count():,} hints"

    def bare() -> None:
        run(
            f'INSERT INTO {FACT} AS f ("on", campaign_id, rep_id, arrived, {_ZERO_NAMES})'
            f" SELECT DATE '{start:%Y-%m-%d}', campaign_id, owner_id, count(*), {_ZEROS} FROM {LEAD}"
            f" WHERE received_at >= '{start.isoformat()}' AND received_at < '{end.isoformat()}'"
            " AND owner_id IS NOT NULL GROUP BY campaign_id, owner_id"
            ' ON CONFLICT ("on", campaign_id, rep_id) DO UPDATE SET arrived = excluded.arrived'
        )

    compare(row, 9, rollup.roll_up_all, bare, before=touched)


_FIGURES = [name for name in rollup.DAY_FIGURES if name != "arrived"]
_ZERO_NAMES = ", ".join(f'"{name}"' for name in _FIGURES)
_ZEROS = ", ".join("0" for _ in _FIGURES)


def roll_up_full(seed: Seed, row: Row) -> None:
    """All days and cohorts from scratch."""
    row.floor = "GROUP BY day, campaign and rep over leads, for one figure"

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (received_at AT TIME ZONE 'Europe/Warsaw')::date, campaign_id, owner_id, count(*)"
                f" FROM {LEAD} WHERE NOT is_test GROUP BY 1, 2, 3"
            )
            cursor.fetchall()

    compare(row, 3, rollup.roll_up_full, bare)


def all_of(seed: Seed, wanted: Callable[[str], bool]) -> list[Row]:
    """All wanted work; each begins with the data as it was."""
    listed: list[tuple[str, str, Callable[[Row], None]]] = [
        ("log", "log 10 rows", lambda row: log(seed, row)),
        ("import", "import", lambda row: import_rows(seed, row)),
        ("sweep", "sweep with 1,000 due", lambda row: sweep(seed, row, 1_000)),
        ("sweep-10k", "sweep with 10,000 due", lambda row: sweep(seed, row, 10_000)),
        ("idle", "sweep with nothing due", lambda row: idle(seed, row)),
        ("recompute", "recomputing open due times", lambda row: agreed.recompute(seed, row)),
        ("backtest", "back-test of a draft", lambda row: agreed.back_test(seed, row)),
        ("rollup", "roll-up of one day's changes", lambda row: roll_up(seed, row)),
        ("rollup-full", "full roll-up", lambda row: roll_up_full(seed, row)),
    ]
    rows: list[Row] = []
    for name, work, measured in listed:
        if not wanted(name) or (name == "sweep-10k" and seed.leads < seeds.MILLION):
            continue
        print(f"  {work}", flush=True)
        row = Row(name, work)
        rows.append(row)
        seeds.restore(seed)
        try:
            measured(row)
        except (RuntimeError, ImportError) as failure:
            row.skipped = str(failure)
    seeds.restore(seed)
    rollup.roll_up_all()
    return rows
