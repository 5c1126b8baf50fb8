"""Real web server and worker, as in production, on loopback; both end with the bench, whatever ends it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import environment

STARTS_WITHIN = 60.0
STOPS_WITHIN = 20.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Running:
    """A started program; its log is at `log`."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def children(self) -> list[int]:
        """The processes it forked; the program itself only watches over them."""
        return _children(self.process.pid)

    def rss_mb(self) -> list[float]:
        """Resident memory of each forked process, in MB; of the program itself where it forks none."""
        return [_memory_mb(pid, "VmRSS") for pid in self.children or [self.process.pid]]

    def peak_mb(self) -> list[float]:
        """The most memory that each of them ever had, in MB."""
        return [_memory_mb(pid, "VmHWM") for pid in self.children or [self.process.pid]]

    def forget_peak(self) -> None:
        """Let `peak_mb` begin anew from what they hold now."""
        for pid in self.children or [self.process.pid]:
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def cpu_ms(self) -> float:
        """Milliseconds of processor time that its processes have used so far: what noise from others hardly moves."""
        return sum(_cpu_ms(pid) for pid in self.children or [self.process.pid])

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(OSError):
        return [int(child) for child in listed.read_text().split()]
    return []


def _memory_mb(pid: int, of: str) -> float:
    with contextlib.suppress(OSError):
        found = re.search(rf"{of}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        if found:
            return int(found[1]) / 1024
    return 0.0


def _cpu_ms(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK")
    return 0.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _started(name: str, folder: Path, *arguments: str) -> Iterator[Running]:
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=environment.ROOT,
            env=environment.of_servers(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # its children end with it, and Ctrl-C reaches the bench alone
        )
    try:
        yield Running(process, log)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def web(folder: Path) -> Iterator[tuple[Running, int]]:
    """gunicorn with two workers; yields it and its port once it answers. Raises RuntimeError when it does not."""
    port = free_port()
    with _started(
        "web",
        folder,
        "gunicorn",
        "tests.bench.wsgi",
        *("--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", str(WORKERS), "--threads", "8"),
        *("--timeout", "120", "--no-control-socket", "--log-level", "warning"),
    ) as running:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and running.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
                yield running, port
                return
            time.sleep(0.1)
        raise RuntimeError(f"the web server does not answer:\n{running.tail()}")


@contextlib.contextmanager
def worker(folder: Path) -> Iterator[Running]:
    """A Celery worker of two processes on the bench's own part of Redis. Nothing makes it do anything by itself."""
    with _started(
        "worker",
        folder,
        "celery",
        *("--app", "leadsync", "worker", "--concurrency", "2", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ) as running:
        yield running
