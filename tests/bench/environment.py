"""What the bench runs in: production settings on this machine's loopback, in a folder and a database of its own.

Imports no Django: it has to speak before the settings are read.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
KEY_PREFIX = "leadsync-bench:"
REDIS_URL = "redis://127.0.0.1:6379/13"
LOOPBACK = {"", "127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are: `results` holds the JSON reports, `var` what the servers write."""

    database: str
    results: Path
    var: Path


def _refuse(text: str) -> None:
    sys.exit(f"bench: {text}")


def check_database(url: str) -> str:
    """The database's name. Ends the program for anything but a PostgreSQL bench database on this machine.

    The bench fills, changes and drops its database, so that name must contain "bench".
    """
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if parts.scheme not in {"postgres", "postgresql"}:
        _refuse("set DATABASE_URL to a PostgreSQL database, such as postgres://127.0.0.1:5432/leadsync_bench")
    if (parts.hostname or "") not in LOOPBACK:
        _refuse(f"the database must be on this machine, not on {parts.hostname}")
    if "bench" not in name:
        _refuse(f"the database is filled and dropped at will, so its name must contain “bench”, not {name!r}")
    return name


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def prepare() -> Place:
    """Set the environment that the settings read, for this process and those it starts."""
    url = os.environ.get("DATABASE_URL", "")
    name = check_database(url)
    redis = os.environ.get("BENCH_REDIS_URL", REDIS_URL)
    if (urlsplit(redis).hostname or "") not in LOOPBACK:
        _refuse("BENCH_REDIS_URL must be on this machine")
    results = Path(os.environ.get("LEADSYNC_VAR") or ROOT / "var").resolve() / "bench"
    var = results / "run"
    var.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "LEADSYNC_ENV": "production",
        "LEADSYNC_VAR": str(var),
        "DATABASE_URL": url,
        "DATABASE_STATEMENT_TIMEOUT_MS": "0",  # of this process: filling a million leads takes its time
        "SECRET_KEY": "only-for-the-bench-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
        "ALLOWED_HOSTS": "127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "LEADSYNC_BASE_URL": "https://127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "DEFAULT_FROM_EMAIL": "bench@leadsync.example",
        "EMAIL_URL": "smtp://127.0.0.1:9",  # nobody listens: the bench sends nothing
        "CELERY_BROKER_URL": redis,
        "CACHE_URL": redis,
        "CELERY_KEY_PREFIX": KEY_PREFIX,
        "API_RATE": "1000000/min",
        "LOG_LEVEL": "ERROR",
    }
    for unwanted in ("DEBUG", "METRICS"):
        os.environ.pop(unwanted, None)
    return Place(name, results, var)


def of_servers() -> dict[str, str]:
    """The environment of web server and worker: as in production, with its time limit and its log."""
    env = {**os.environ, "LOG_LEVEL": "INFO", "PYTHONWARNINGS": "ignore:You're running the worker"}
    env.pop("DATABASE_STATEMENT_TIMEOUT_MS")
    return env
