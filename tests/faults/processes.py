"""Installations of LeadSync with real processes: a database, a broker and a mail server of their own, to be killed.

On the embedded default that is an SQLite file, a folder of messages and threads; where `DATABASE_URL` and
`CELERY_BROKER_URL` name servers, a database made for the test on that server and a Redis process of the test's own.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests
from aiosmtpd.smtp import SMTP
from celery import Celery
from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).resolve().parents[2]
IS_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
IS_REDIS = os.environ.get("CELERY_BROKER_URL", "").startswith("redis")
WITHIN = float(
    os.environ.get("WITHIN", "180")
)  # seconds until what must happen counts as not happening; reached only by failures
TICK = 1.0  # seconds between the sweeps of these installations


def until[T](
    found: Callable[[], T], what: str | Callable[[], str], *, within: float = WITHIN, every: float = 0.05
) -> T:
    """Ask again until the answer is true: for what other processes do. Fails after `within` seconds."""
    end = time.monotonic() + within
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > end:
            pytest.fail(f"not within {within:.0f} s: {what if isinstance(what, str) else what()}")
        pause(every)


def pause(seconds: float) -> None:
    """Let other processes work."""
    threading.Event().wait(seconds)


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ------------------------------------------------------------------------------------------- mail


class Post:
    """A mail server on loopback. While it is `shut` it takes mails but does not say that it has them."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.shut = False
        self.port: Future[int] = Future()
        self._stop: Future[Callable[[], object]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        while self.shut:
            await asyncio.sleep(0.02)
        return "250 OK"

    async def _serve(self) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(lambda: SMTP(self), "127.0.0.1", 0)
        self._stop.set_result(lambda: loop.call_soon_threadsafe(over.set))
        self.port.set_result(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()

    def stop(self) -> None:
        self.shut = False
        self._stop.result(timeout=10)()
        self._thread.join(timeout=10)


# ------------------------------------------------------------------------------------------- brokers


class Broker(Protocol):
    """Carries messages; can be taken away and brought back, empty."""

    url: str

    def options(self) -> dict[str, Any]: ...
    def away(self) -> None: ...
    def back(self) -> None: ...
    def stop(self) -> None: ...


class Folder:
    """The embedded broker: a folder of messages. Gone means that the folder is not there."""

    url = "filesystem://localhost"

    def __init__(self, var: Path) -> None:
        self._folder = var / "broker"
        self.back()

    def options(self) -> dict[str, Any]:
        return {
            "data_folder_in": str(self._folder / "messages"),
            "data_folder_out": str(self._folder / "messages"),
            "control_folder": str(self._folder / "control"),
            "store_processed": True,
            "processed_folder": str(self._folder / "processed"),
        }

    def away(self) -> None:
        self._folder.rename(self._folder.with_suffix(".away"))

    def back(self) -> None:
        # Somebody who looked for it meanwhile may have made a part of it.
        for name in ("messages", "control", "processed"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        pass


class Redis:
    """A Redis process of the test's own, which keeps nothing: killed, it has lost all messages."""

    def __init__(self, var: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("no redis-server is installed; on Debian and Ubuntu: apt install redis-server")
        self._arguments = [
            binary,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(var),
        ]
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.back()

    def options(self) -> dict[str, Any]:
        return {}

    def away(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def back(self) -> None:
        self._process = subprocess.Popen(
            [*self._arguments, "--port", str(self._port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, "Redis answers")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as asked:
            asked.sendall(b"PING\r\n")
            return asked.recv(16).startswith(b"+PONG")
        return False

    def stop(self) -> None:
        self.away()


# ------------------------------------------------------------------------------------------- databases


class Databases:
    """Makes a database per installation, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stem = f"leadsync_faults_{uuid.uuid4().hex[:8]}"
        self._made: list[str] = []
        self.template = self._place("template")
        if IS_POSTGRES:
            self._server(f'CREATE DATABASE "{self.template}"')
        done = subprocess.run(  # by the settings of the product: they put the cache into the database, too
            [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
            cwd=ROOT,
            env=environment(folder / "var", self.template),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3_000:]

    def _place(self, name: str) -> str:
        return f"{self._stem}_{name}" if IS_POSTGRES else str(self._folder / f"{name}.sqlite3")

    def _server(self, *statements: str) -> None:
        """Say something to the server, connected to no database of ours."""
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            for statement in statements:
                cursor.execute(statement)

    def copy(self) -> str:
        """A new migrated database; its name, or on SQLite its path."""
        name = self._place(uuid.uuid4().hex[:8])
        if IS_POSTGRES:
            self._server(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        else:
            shutil.copy(self.template, name)
        self._made.append(name)
        return name

    def hang_up(self, name: str) -> None:
        """End every connection to it, this process's too."""
        self._server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        connection.close()

    def away(self, name: str) -> None:
        """As while the server restarts: all connections end, new ones are refused."""
        self._server(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        self.hang_up(name)

    def back(self, name: str) -> None:
        self._server(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    def drop(self, name: str) -> None:
        if IS_POSTGRES:
            self._server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        for name in [*self._made, self.template]:
            self.drop(name)


@contextlib.contextmanager
def connected(name: str) -> Iterator[None]:
    """Let this process work in that database: its services and queries, in every thread."""
    was = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = was


# ------------------------------------------------------------------------------------------- installations


@dataclass
class Process:
    """A started program with all it forks."""

    popen: subprocess.Popen[bytes]
    log: Path
    told: Path | None = None

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """`kill -9`, its children too: the machine loses power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        """Ask it to end; kill what does not."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout=10)
        self.kill()

    def wait_until_stopped(self) -> int:
        """Wait until it stands at its place; the id of the process that stands there, itself or one it forked."""
        assert self.told is not None
        told = self.told
        until(lambda: told.exists() or not self.is_alive, f"the worker reaches its place\n{self.tail()}")
        assert told.exists(), self.tail()
        return int(told.read_text())

    def go_on(self) -> None:
        """Let it do what it stands before."""
        assert self.told is not None
        self.told.unlink()

    def ask_where(self) -> None:
        """Let a worker and all it forked write into its log where each thread stands."""
        if self.told is None or not self.is_alive:
            return
        group = subprocess.run(
            ["pgrep", "-g", str(self.popen.pid)], capture_output=True, text=True, check=False
        )
        for pid in group.stdout.split():  # one after the other: they write into one file
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGUSR2)
            pause(0.2)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-20_000:]


@dataclass
class House:
    """One installation. This process works in its database too."""

    var: Path
    database: str
    databases: Databases
    broker: Broker
    post: Post
    env: dict[str, str]
    processes: list[Process] = field(default_factory=list)
    _tests_app: Celery | None = None

    @classmethod
    def build(cls, var: Path, databases: Databases) -> "House":
        (var / "static").mkdir(parents=True)
        (var / "secret_key").write_text(settings.SECRET_KEY)  # sessions made here are good there
        database = databases.copy()
        broker: Broker = Redis(var) if IS_REDIS else Folder(var)
        post = Post()
        env = environment(var, database) | {
            "CELERY_BROKER_URL": broker.url,
            "CACHE_URL": broker.url if IS_REDIS else "",
            "EMAIL_URL": f"smtp://127.0.0.1:{post.port.result(timeout=10)}",
        }
        return cls(var, database, databases, broker, post, env)

    def start(self, *arguments: str, **env: str) -> Process:
        log = self.var / f"{len(self.processes)}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env=self.env | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def worker(
        self, *, at: str = "", times: int = 1, act: str = "stop", beats: bool = True, **env: str
    ) -> Process:
        """A worker as the product starts it: threads beside the embedded broker, forked processes beside Redis.

        `at`, `times` and `act` say where it stops or dies (see `tests.faults.worker`); it then does one thing at a
        time, so that it comes there.
        """
        number = len(self.processes)
        told = self.var / f"told-{number}"
        if at:
            env["FAULT"] = json.dumps({"at": at, "times": times, "act": act, "told": str(told)})
        process = self.start(
            "celery",
            *("--app", "tests.faults.worker", "worker", "--concurrency", "1" if at else "2"),
            *("--loglevel", "WARNING"),
            *("--hostname", f"worker{number}@%h"),
            *(("--beat", "--schedule", str(self.var / f"beat-{number}")) if beats else ()),
            *(() if IS_REDIS else ("--pool", "threads", "--without-gossip", "--without-mingle")),
            *(() if IS_REDIS else ("--without-heartbeat",)),
            **env,
        )
        process.told = told
        return process

    def web(self, *, at: str = "", **env: str) -> str:
        """A web server; its address, once it answers. With `at` it dies there, as a worker does."""
        port = free_port()
        if at:
            told = self.var / f"told-{len(self.processes)}"
            env["FAULT"] = json.dumps({"at": at, "times": 1, "act": "die", "told": str(told)})
        web = self.start(
            "gunicorn",
            "tests.faults.wsgi",
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"),
            *("--no-control-socket", "--log-level", "warning"),
            **env,
        )
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert web.is_alive, web.tail()
            with contextlib.suppress(requests.RequestException):
                return requests.get(f"{url}/healthz", timeout=5).ok
            return False

        until(answers, "the web server answers")
        return url

    def send(self, task: str, times: int = 1) -> None:
        """Put a message into the broker by hand, as a broker that delivers twice would."""
        if self._tests_app is None:
            self._tests_app = Celery("tests", broker=self.broker.url, set_as_current=False)
            self._tests_app.conf.broker_transport_options = self.broker.options()
        for _turn in range(times):
            self._tests_app.send_task(task)

    def report(self) -> str:
        """What a failure leaves to read: how busy the machine is, what the database does, where each process stands."""
        lines = [f"load {os.getloadavg()}"]
        if IS_POSTGRES:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid, state, wait_event_type, wait_event, left(query, 120) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                lines += [str(row) for row in cursor.fetchall()]
        for process in self.processes:
            process.ask_where()
        return "\n".join([*lines, *(f"--- {one.log.name}\n{one.tail()}" for one in self.processes)])

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        if self._tests_app is not None:
            self._tests_app.close()
        self.broker.stop()
        self.post.stop()
        self.databases.drop(self.database)


def environment(var: Path, database: str) -> dict[str, str]:
    """What the settings of the product read, for an installation in `var`."""
    apart = {"DEBUG", "METRICS", "FAULT", "CELERY_BROKER_URL", "CACHE_URL", "CELERY_KEY_PREFIX", "EMAIL_URL"}
    return {name: value for name, value in os.environ.items() if name not in apart} | {
        "DJANGO_SETTINGS_MODULE": "leadsync.settings",
        "LEADSYNC_ENV": "test",
        "LEADSYNC_VAR": str(var),
        "DATABASE_URL": _url_of(database),
        "TICK_SECONDS": str(TICK),
        "API_RATE": "100000/min",
        "PYTHONWARNINGS": "ignore",
    }


def _url_of(database: str) -> str:
    if not IS_POSTGRES:
        return f"sqlite:///{database}"
    address, _mark, options = os.environ["DATABASE_URL"].partition("?")
    return f"{address.rpartition('/')[0]}/{database}" + (f"?{options}" if options else "")
