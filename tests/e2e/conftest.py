"""A real LeadSync for browsers: migrated, with the sample company, served by gunicorn, watched by a real worker."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
INSIDE = Path(__file__).with_name("inside.py")
PASSWORD = "leadsync-demo"
STARTS_WITHIN = 60
BUILT_AT = "http://127.0.0.1:1"  # nobody answers there
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Site:
    """A running installation. `manage` runs a command in it and returns what it printed."""

    url: str
    env: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    inside: subprocess.Popen[str] | None = None

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def shell(self, code: str) -> str:
        """Run Python inside the installation: for what a test has to prepare or look up.

        Each time in a fresh child of one process that has loaded LeadSync: nothing is remembered from one to the next.
        """
        if self.inside is None:
            self.inside = subprocess.Popen(
                [sys.executable, str(INSIDE)],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        talk = self.inside
        assert talk.stdin is not None
        assert talk.stdout is not None
        talk.stdin.write(json.dumps(code) + "\n")
        talk.stdin.flush()
        line = talk.stdout.readline()
        assert line, "the process inside the installation has ended"
        answer = json.loads(line)
        assert answer["is_done"], answer["said"][-3000:]
        return str(answer["said"]).strip()

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            process = subprocess.Popen(
                arguments, cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        if self.inside is not None:
            self.inside.communicate(timeout=15)  # it ends with its input
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def until[T](found: Callable[[], T], *, within: float = 30.0, every: float = 0.25) -> T:
    """Ask again until the answer is true: for what another process does. Fails after `within` seconds."""
    end = time.monotonic() + within
    waiting = True
    while waiting:
        answer = found()
        if answer:
            return answer
        waiting = time.monotonic() < end
        _pause(every)
    pytest.fail(f"nothing came of it within {within:.0f} s")


def _pause(seconds: float) -> None:
    with socket.socket() as quiet:  # waits without a busy loop
        quiet.settimeout(seconds)
        with contextlib.suppress(OSError):
            quiet.bind(("127.0.0.1", 0))
            quiet.listen()
            quiet.accept()


def environment(var: Path, url: str) -> dict[str, str]:
    """The environment of an installation that keeps everything in `var`: nothing of the machine's own configuration."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key
        not in {"DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return kept | {
        "LEADSYNC_VAR": str(var),
        "LEADSYNC_ENV": "test",
        "LEADSYNC_BASE_URL": url,
        "TICK_SECONDS": "6",
        "DJANGO_SETTINGS_MODULE": "leadsync.settings",
        "API_RATE": "100000/min",
    }


def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company with its database and static files, made once for all workers of a run; each takes a copy."""
    own = tmp_path_factory.getbasetemp()
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    var = run / "built"
    with (run / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (var / "whole").exists():
            shutil.rmtree(var, ignore_errors=True)
            var.mkdir()
            made = Site(BUILT_AT, environment(var, BUILT_AT))
            made.manage("collectstatic", "--no-input", "-v0")
            made.manage("migrate", "--no-input", "-v0")
            made.manage("demo")
            (var / "whole").touch()
    return var


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Site]:
    """The sample company on the embedded database, with web server and a worker whose beat ticks every six seconds."""
    var = tmp_path_factory.mktemp("site")
    shutil.copytree(built(tmp_path_factory), var, dirs_exist_ok=True)
    port = free_port()
    running = Site(f"http://127.0.0.1:{port}", environment(var, f"http://127.0.0.1:{port}"))
    try:
        running.start(
            str(BIN / "gunicorn"),
            "leadsync.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--worker-class",
            "gthread",
            "--workers",
            "1",
            "--threads",
            "4",
            "--no-control-socket",
            log=var / "web.log",
        )
        running.start(
            str(BIN / "celery"),
            "-A",
            "leadsync",
            "worker",
            "-B",
            "-P",
            "threads",
            "-c",
            "2",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "-l",
            "warning",
            log=var / "worker.log",
        )

        def answers() -> bool:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{running.url}/healthz", timeout=2) as reply,
            ):
                return bool(reply.status == 200)
            return False

        # The sample company's own form is at the address of this copy.
        running.shell(
            "from django.db.models import F, Value\n"
            "from django.db.models.functions import Replace\n"
            "from campaigns.models import ContactPoint\n"
            f"there = ContactPoint.objects.filter(value__startswith={BUILT_AT!r})\n"
            f"there.update(value=Replace(F('value'), Value({BUILT_AT!r}), Value({running.url!r})))"
        )
        until(answers, within=STARTS_WITHIN)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Debian's Chromium; nothing is downloaded."""
    launched = playwright.chromium.launch(
        executable_path=chromium,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ],
    )
    yield launched
    launched.close()


class Hands:
    """Uses a page as a person would, and counts every click, tap and key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.click()

    def tap(self, selector: str) -> None:
        self.actions += 1
        self.page.locator(selector).first.tap()


@dataclass
class Visitors:
    """Opens pages as one of the sample company's people, or as a stranger: "" signs nobody in."""

    site: Site
    browser: Browser
    states: dict[str, Any] = field(default_factory=dict)
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, who: str, *, phone: bool = False, scheme: str = "light", path: str = "") -> Page:
        if who and who not in self.states:
            context = self.browser.new_context(locale="en-GB")
            page = context.new_page()
            page.goto(f"{self.site.url}/accounts/login/")
            page.fill("input[name=login]", f"{who}@nordrack.example")
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "/accounts/login" not in url)
            self.states[who] = context.storage_state()
            context.close()
        context = self.browser.new_context(
            viewport=PHONE if phone else WIDE,
            has_touch=phone,
            color_scheme=scheme,  # type: ignore[arg-type]
            storage_state=self.states.get(who),
            locale="en-GB",
            base_url=self.site.url,
        )
        # A tel: link would open a dialogue of the system; what LeadSync does beside it is what is tested.
        context.add_init_script(
            "addEventListener('click', e => { if (e.target.closest('a[href^=\"tel:\"]')) e.preventDefault() })"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        if path:
            page.goto(path)
        return page


@contextlib.contextmanager
def visiting(site: Site, browser: Browser, session: pytest.Session) -> Iterator[Visitors]:
    """Visitors whose pages close with the block; everybody signs in once a session."""
    visitors = Visitors(site, browser, states=session.__dict__.setdefault("_states", {}))
    yield visitors
    for context in visitors.contexts:
        context.close()


@pytest.fixture
def visit(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    with visiting(site, browser, request.session) as visitors:
        yield visitors
