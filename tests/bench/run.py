"""`python -m tests.bench`: fill the database, start the servers, measure, report, leave nothing running."""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from redis import Redis

from tests.bench import environment, pages, servers, statements, work
from tests.bench import seed as seeds
from tests.bench.environment import Place
from tests.bench.report import GOALS, Report
from tests.bench.seed import Seed

SMALL = 10_000
EXPLAINED = ("queue", "list", "depth", "search", "lead", "dashboard", "question")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=int(os.environ.get("BENCH_LEADS") or 100_000))
    parser.add_argument(
        "--only", action="append", choices=list(GOALS), default=[], help="may be given several times"
    )
    parser.add_argument("--fresh", action="store_true", help="fill the database anew")
    parser.add_argument("--growth", action="store_true", help="also run on 10,000 leads, and compare")
    parser.add_argument("--explain", action="store_true", help="print how the pages' statements are planned")
    return parser.parse_args()


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # so that what was started is stopped on the way out


def main(place: Place) -> int:
    """Run what was asked; 0 when something was measured."""
    asked = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)

    def wanted(name: str) -> bool:
        return not asked.only or name in asked.only

    small = _small(asked) if asked.growth and asked.leads != SMALL else {}
    seed = seeds.ready(asked.leads, fresh=asked.fresh)
    seeds.restore(seed)
    if asked.explain:
        _explain(seed, wanted)
        return 0
    _static(place.var)
    report = Report(seed.leads, place.database)
    try:
        _measure(report, seed, place, wanted, is_whole=not asked.only)
    finally:
        connection.close()
        _forget_redis()
    if small:
        report.compare(small)
    print(f"\n{report.table()}\n")
    print(f"Kept in {report.write(place.results)}")
    return 0 if any(row.ms is not None for row in report.rows) else 1


def _measure(
    report: Report, seed: Seed, place: Place, wanted: Callable[[str], bool], *, is_whole: bool
) -> None:
    with servers.web(place.var) as (web, port), servers.worker(place.var) as worker:
        report.rows += pages.measure(seed, port, wanted, web.cpu_ms)
        report.rows += work.all_of(seed, wanted)
        if is_whole:
            report.weights_kb = pages.weights_kb(port)
            report.memory_mb = {"web": web.rss_mb(), "worker": worker.rss_mb()}


def _small(asked: argparse.Namespace) -> dict[str, float]:
    """The same on 10,000 leads, in a database beside this one; milliseconds by name."""
    name = environment.check_database(settings.DATABASE_URL)
    results = Path(os.environ["LEADSYNC_VAR"]).parent
    known = set(results.glob(f"*-{SMALL}.json"))
    env = os.environ | {
        "DATABASE_URL": environment.with_database(settings.DATABASE_URL, f"{name}_{SMALL}"),
        "LEADSYNC_VAR": str(results.parent),
    }
    command = [sys.executable, "-m", "tests.bench", "--leads", str(SMALL)]
    command += [part for name in asked.only for part in ("--only", name)]
    subprocess.run(command, cwd=environment.ROOT, env=env, check=True)
    new = sorted(set(results.glob(f"*-{SMALL}.json")) - known)
    rows = json.loads(new[-1].read_text())["rows"] if new else []
    return {row["name"]: row["ms"] for row in rows if row["ms"] is not None}


def _static(var: Path) -> None:
    """Static files as production serves them; collected anew when one is newer than the last collection."""
    manifest = var / "static" / "staticfiles.json"
    newest = max(path.stat().st_mtime for path in (environment.ROOT / "static").rglob("*") if path.is_file())
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)


def _explain(seed: Seed, wanted: Callable[[str], bool]) -> None:
    for name, addresses in pages.paths(seed).items():
        if name not in EXPLAINED or not wanted(name) or not pages.is_there(addresses[0]):
            continue
        print(f"\n== {pages.WORKS[name]}: {addresses[0]}")
        for statement in statements.of_page(pages.who(name), addresses[0]):
            if plan := statements.explain(statement):
                print(f"\n-- {statement[:400]}\n{plan}")


def _forget_redis() -> None:
    """Take the bench's own keys out of Redis: queues by their prefix, and cached values."""
    redis = Redis.from_url(settings.CELERY_BROKER_URL)
    for key in redis.scan_iter(f"{environment.KEY_PREFIX}*"):
        redis.delete(key)
    redis.close()
    cache.close()
