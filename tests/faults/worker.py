"""The worker of the product, with a place where it stops or dies: `FAULT` in its environment says where.

`FAULT` is JSON: `{"at": regex, "times": n, "act": "stop" | "die", "told": file}`. Before the n-th statement whose SQL
matches, the worker writes `told` and kills itself, or waits: to be killed from outside, or to go on once `told` is
taken away. Nothing of the product knows of it: statements are seen through Django's own hook.
"""

import faulthandler
import itertools
import json
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from leadsync.celery import app
from leadsync.core import outgoing

__all__ = ["app"]

faulthandler.register(signal.SIGUSR2)  # who asks finds in the log where each thread stands

FAULT = json.loads(os.environ.get("FAULT", "{}"))
_seen = itertools.count(1)


def _here(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    told, before = Path(FAULT["told"]), Path(FAULT["told"]).with_suffix(".before")
    if not re.search(FAULT["at"], sql, re.DOTALL) or next(_seen) != FAULT["times"]:
        return execute(sql, params, many, context)
    if not before.exists():  # once: a process that takes the place of a killed one goes on
        before.touch()
        told.with_suffix(".new").write_text(str(os.getpid()))
        told.with_suffix(".new").rename(told)
        if FAULT["act"] == "die":
            os.killpg(os.getpgrp(), signal.SIGKILL)  # with all that the worker forked
        while told.exists():
            threading.Event().wait(0.05)
    return execute(sql, params, many, context)


def _watch(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    if os.environ.get("BUSY_MS") and connection.vendor == "sqlite":
        connection.cursor().execute(f"PRAGMA busy_timeout = {int(os.environ['BUSY_MS'])}")
    if FAULT and _here not in connection.execute_wrappers:
        connection.execute_wrappers.append(_here)


connection_created.connect(_watch)


def _lead_out_to(port: int) -> None:
    """Every name is on the Internet, and every connection goes to a program of the test on loopback."""
    public = ("93.184.216.34", 80)
    ask = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if str(host).endswith(".example.com"):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", public)]
        return ask(host, *args, **kwargs)

    def connect(_place: Any, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), seconds)

    socket.getaddrinfo = resolve
    outgoing._connect = connect  # type: ignore[assignment]


if os.environ.get("FAULT_OUTGOING_PORT"):
    _lead_out_to(int(os.environ["FAULT_OUTGOING_PORT"]))


# What these tests wait for ticks once a second; the rest seldom. On a busy machine more messages than a worker can take
# in that second would all be too old by the time it comes to them, and those at the end of each tick never had a turn.
OFTEN = {
    "hooks.deliver",
    "intake.take",
    "kpi.rollup",
    "leads.resume_imports",
    "leads.sweep",
    "notices.deliver",
}


# What looks for alerts would tell of the faults themselves, in mails that no test here has counted.
ALERTS = (
    "campaigns.",
    "exchange.",
    "feedback.watch",
    "kpi.watch",
    "leads.watch",
    "meetings.",
    "notices.watch",
    "start.",
)


@app.on_after_configure.connect
def _tick_for_the_tests(sender: Celery, **_kwargs: Any) -> None:
    schedule = sender.conf.beat_schedule
    for name in [name for name, entry in schedule.items() if entry["task"].startswith(ALERTS)]:
        del schedule[name]
    for entry in schedule.values():
        if isinstance(entry["schedule"], float) and entry["task"] not in OFTEN:
            entry["schedule"] *= 10


@app.on_after_configure.connect
def _look_often(sender: Celery, **_kwargs: Any) -> None:
    """The embedded broker is a folder that is looked at once a second: too seldom for beats that tick as often."""
    if sender.conf.broker_url.startswith("filesystem"):
        sender.conf.broker_transport_options = {
            **sender.conf.broker_transport_options,
            "polling_interval": 0.1,
        }
