"""What machines ask: is the process alive, is it ready for people, how is the business running.

These answers stand before every other middleware: they need no host name, no session, no language and (but
for what they report on) no database, so they still work when the rest does not.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from campaigns.models import Touch
from leads.models import Handoff
from leadsync.core.middleware import GetResponse
from leadsync.core.models import Lock
from leadsync.notices.selectors import outbox

log = structlog.get_logger(__name__)

SWEEP_MAY_BE = timedelta(minutes=5)  # it runs every minute; beyond this, promises are not being watched

REQUESTS = Counter(
    "leadsync_requests_total", "Requests by view, method and status.", ["view", "method", "status"]
)
SECONDS = Histogram(
    "leadsync_request_seconds",
    "Time to answer, by view.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that being ready depends on. `why` names a kind of failure, never an address."""

    ok: bool
    why: str = ""
    age_seconds: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            **({"why": self.why} if self.why else {}),
            **({"age_seconds": self.age_seconds} if self.age_seconds is not None else {}),
        }


def check_database() -> Part:
    """One statement that reads nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        return Part(False, type(error).__name__)
    return Part(True)


def check_broker() -> Part:
    """Reach the broker once, without the retries that a worker would make."""
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker, broker.channel():
            pass
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_out")
        if folder and not os.access(folder, os.W_OK):
            return Part(False, "not writable")
    except Exception as error:  # every transport has errors of its own
        return Part(False, type(error).__name__)
    return Part(True)


def check_sweep(now: datetime) -> Part:
    """How long ago a worker last looked for promises that fall due.

    Before the first sweep ever, nothing is wrong until a lead has waited as long as a sweep may be away: a fresh
    installation has no promise to watch.
    """
    try:
        ran_at = Lock.objects.filter(name="sweep").values_list("ran_at", flat=True).first()
        is_missed = ran_at is None and Handoff.objects.open().filter(at__lte=now - SWEEP_MAY_BE).exists()
    except (DatabaseError, InterfaceError) as error:
        return Part(False, type(error).__name__)
    if ran_at is None:
        return Part(not is_missed, "never ran" if is_missed else "not yet")
    age = now - ran_at
    return Part(age <= SWEEP_MAY_BE, "" if age <= SWEEP_MAY_BE else "too long ago", int(age.total_seconds()))


def healthz() -> HttpResponse:
    """The process answers. Nothing else is looked at: a restart would not help a database."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz() -> JsonResponse:
    """Whether people can be let in: 200, or 503 with the part that is missing."""
    database = check_database()
    parts = {
        "database": database,
        "broker": check_broker(),
        "sweep": check_sweep(timezone.now()) if database.ok else Part(False, "unknown"),
    }
    ready = all(part.ok for part in parts.values())
    return JsonResponse(
        {"ready": ready, **{name: part.as_json() for name, part in parts.items()}},
        status=200 if ready else 503,
    )


class Business(Collector):
    """Gauges that are counted in the database when they are asked for, the same whichever process answers."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = list(self._counted())
        except (DatabaseError, InterfaceError):
            connection.close()
            yield GaugeMetricFamily("leadsync_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("leadsync_database_up", "Whether the database answers.", value=1)
        for name, words, value in found:
            yield GaugeMetricFamily(f"leadsync_{name}", words, value=value)

    def _counted(self) -> Iterator[tuple[str, str, float]]:
        now = timezone.now()
        waiting = Handoff.objects.open()
        yield "leads_waiting", "Leads handed off and not yet contacted.", waiting.count()
        yield "leads_past_the_promise", "Leads past the promise.", waiting.overdue(now).count()
        messages = outbox()
        yield "outbox_waiting", "Messages waiting to be sent.", messages.waiting
        yield "outbox_dead", "Messages given up.", messages.dead
        yield "rollup_pending", "Changes that the roll-up has not counted yet.", Touch.objects.count()
        for name, ran_at in Lock.objects.filter(name__in=("sweep", "rollup")).values_list("name", "ran_at"):
            if ran_at is not None:
                yield f"{name}_age_seconds", f"Seconds since the last {name}.", (now - ran_at).total_seconds()


def metrics() -> HttpResponse:
    """Everything for Prometheus. With several web processes their counts are added up from shared files."""
    if not settings.METRICS:
        return HttpResponse(status=404)
    registry = CollectorRegistry(auto_describe=False)
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        requests = b""
    else:
        requests = generate_latest(REGISTRY)
    registry.register(Business())
    return HttpResponse(requests + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def forget_former_processes(folder: Path) -> int:
    """Remove the counts of an earlier run, where no process of it lives any more; returns how many files.

    Only as a whole: if the counts of one process vanished, the sum would fall and look like a new start.
    """
    files = list(folder.glob("*.db"))
    if any(_is_alive(path) for path in files):
        return 0
    for path in files:
        path.unlink(missing_ok=True)
    return len(files)


def _is_alive(path: Path) -> bool:
    pid = path.stem.rpartition("_")[2]
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


ANSWERS: dict[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class Operations:
    """Answers machines before anything else is done, and counts what the others are answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            forget_former_processes(Path(folder))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer is not None and request.method in {"GET", "HEAD"}:
            response = answer()
            response["Cache-Control"] = "no-store"
            return response
        if not settings.METRICS:
            return self.get_response(request)
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match and match.view_name else "none"
        SECONDS.labels(view).observe(time.perf_counter() - started)
        REQUESTS.labels(view, request.method or "", str(response.status_code)).inc()
        return response
