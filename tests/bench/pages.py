"""Pages over HTTP: each beside a bare view of the same size, served by the same gunicorn, asked in turns."""

import gzip
import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import brotli  # type: ignore[import-untyped]
from django.urls import Resolver404, resolve
from django.utils import timezone

from feedback.models import Question
from feedback.selectors import cohort
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from tests.bench import seed as seeds
from tests.bench import statements
from tests.bench.client import Ask, Failed, Person, Times, in_turns
from tests.bench.report import Row
from tests.bench.seed import Seed

ROUNDS = 8  # short ones: the noise of a machine comes and goes in seconds
ASKS = 16  # per round
COHORT = 10_000
MARKS = 7  # per round: 56 of the 80 leads that wait to be marked, so that the list holds 50 on average
WORKS = {
    "queue": "queue, 50 waiting",
    "list": "leads, first page",
    "depth": "leads, page after half of them",
    "search": "leads, search by part of a name",
    "lead": "lead page",
    "mark": "mark a lead",
    "dashboard": "dashboard",
    "question": "question with a cohort of 10,000",
    "api": "API list of 50",
}


def paths(seed: Seed) -> dict[str, list[str]]:
    """The addresses that each page is asked at; `mark` is posted to."""
    middle = Lead.objects.order_by("-received_at", "-pk").values_list("received_at", "pk")[seed.leads // 2]
    key = f"received~{middle[0].isoformat()}~{middle[1]}~{seed.leads // 2}".replace("+", "%2B")
    step = max(1, seed.first_kept // 50)
    return {
        "queue": ["/queue/"],
        "list": ["/leads/"],
        "depth": [f"/leads/?after={key}"],
        "search": [f"/leads/?q={part}" for part in search_words()],
        "lead": [f"/leads/{pk}/" for pk in range(1, seed.first_kept, step)],
        "dashboard": ["/dashboard/"],
        "question": [f"/questions/{_question().pk}/"],
        "api": ["/api/v1/leads/?limit=50"],
    }


def _cohort() -> str:
    """Filters that hold the newest 10,000 leads, by whole days: somewhat more."""
    at = Lead.objects.order_by("-received_at", "-pk").values_list("received_at", flat=True)[: COHORT + 1]
    return f"received_from={list(at)[-1].astimezone(company().tz).date().isoformat()}"


def _question() -> Question:
    """One question about the newest 10,000 leads, the same in every run."""
    person = User.objects.get(email=seeds.HEAD_OF_SALES)
    query = _cohort()
    counted = cohort.counts_of(query, person)
    assert counted is not None
    now = timezone.now()
    return Question.objects.get_or_create(
        text=f"What became of these? ({query})",
        defaults={
            "asker": person,
            "answerer": User.objects.get(email=seeds.MARK_REP),
            "cohort": {"query": query, "words": ""},
            "facts": cohort.as_json(counted),
            "asked_at": now,
            "due_at": now + timedelta(days=2),
        },
    )[0]


def search_words() -> Sequence[str]:
    """Parts of names that one lead in some hundreds has."""
    return ("zieliov", "ozolans", "petronsk", "kalnierm")


def floors(seed: Seed, found: dict[str, list[str]]) -> dict[str, tuple[list[str], str]]:
    """Beside each page, the addresses of its floor and what that is."""
    return {
        "queue": (["/floor/queue/"], "bare view of the same 50 handoffs"),
        "list": (["/floor/leads/"], "bare view of the 50 newest leads"),
        "depth": (["/floor/leads/"], "bare view of the 50 newest leads"),
        "search": ([f"/floor/leads/?q={part}" for part in search_words()], "bare view of one trigram query"),
        "lead": ([f"/floor{path}" for path in found["lead"]], "bare view of one lead"),
        "dashboard": (["/floor/facts/"], "bare view of 280 rows of the roll-up"),
        "question": ([f"/floor/cohort/?{_cohort()}"], "bare view of one GROUP BY over the same leads"),
        "api": (["/floor/api/"], "bare DRF list of 50 by cursor"),
    }


def is_there(path: str) -> bool:
    """Whether the product has this address."""
    try:
        resolve(path.partition("?")[0])
    except Resolver404:
        return False
    return True


def who(name: str) -> str:
    """Who looks at this page."""
    return seeds.QUEUE_REP if name == "queue" else seeds.MARK_REP if name == "mark" else seeds.HEAD_OF_SALES


def measure(seed: Seed, port: int, wanted: Callable[[str], bool], cpu_ms: Callable[[], float]) -> list[Row]:
    """All wanted pages. A page that is not there yet, or does not answer as it should, is left out with the reason."""
    found = paths(seed)
    beside = floors(seed, found)
    people: dict[str, Person] = {}
    rows: list[Row] = []
    for name, work in WORKS.items():
        if not wanted(name):
            continue
        print(f"  {work}", flush=True)
        row = Row(name, work)
        rows.append(row)
        if name != "mark" and not is_there(found[name][0]):
            row.skipped = f"{found[name][0].partition('?')[0]} does not exist yet"
            continue
        email = who(name)
        try:
            if email not in people:
                people[email] = Person(port, email, seeds.PASSWORD, cpu_ms)
            if name == "mark":
                _mark(row, seed, people[email])
            else:
                _page(row, people[email], found[name], *beside[name])
        except Failed as failure:
            row.skipped = str(failure)
    return rows


def _take(row: Row, floor: Times, ours: Times) -> None:
    row.ms, row.p95_ms, row.floor_ms = ours.p50, ours.p95, floor.p50
    row.cpu_ratio = ours.cpu_ms / len(ours.ms) / (floor.cpu_ms / len(floor.ms)) if floor.cpu_ms else None
    row.cpu_ms = ours.cpu_ms / len(ours.ms)


def _asks(addresses: Sequence[str], number: int) -> list[Ask]:
    return [("GET", addresses[n % len(addresses)], None) for n in range(number)]


def _page(row: Row, person: Person, addresses: list[str], floor: list[str], what: str) -> None:
    def ask(some: list[str]) -> Times:
        return person.measure(_asks(some, ASKS))

    for some in (floor, addresses):
        person.measure(_asks(some, 8))  # both processes warm
    _take(row, *in_turns(ROUNDS, lambda: ask(floor), lambda: ask(addresses)))
    row.floor = what
    row.statements = len(statements.of_page(who(row.name), addresses[0]))


def _mark(row: Row, seed: Seed, person: Person) -> None:
    """Through the page's own form, the answer being the list with the next lead open.

    Promising, which nothing known speaks against: qualified would need a head for some of the leads.
    """
    seeds.restore(seed)
    left = iter(seed.to_mark)
    rep = User.objects.get(email=seeds.MARK_REP)
    at = (timezone.now() - timedelta(minutes=1)).isoformat()

    def mark() -> Times:
        asks: list[Ask] = [
            (
                "POST",
                f"/queue/{pk}/mark/",
                {"mark": "promising:week", "version": "1", "event": "0", "tab": "first"},
            )
            for pk, _ in zip(left, range(MARKS), strict=False)
        ]
        return person.measure(asks)

    def insert() -> Times:
        form = {"lead": 1, "at": at, "by": rep.pk, "kind": "note", "after": {}}
        return person.measure([("JSON", "/floor/events/", form)] * MARKS, expect=(201,))

    insert()
    _take(row, *in_turns(ROUNDS, insert, mark))
    row.floor = "bare DRF insert of one row"
    pk = next(left)
    client = statements.client_of(seeds.MARK_REP)
    client.get("/queue/")
    form = {"mark": "promising:week", "version": "1", "tab": "first"}
    headers = {"HX-Request": "true", "HX-Target": "queue"}
    row.statements = statements.count(lambda: client.post(f"/queue/{pk}/mark/", form, headers=headers))
    row.note = "with the whole list and the next lead in the answer"


# ------------------------------------------------------------------------------------------------ page weight


def weights_kb(port: int) -> dict[str, float]:
    """What a browser loads: for the first visit style sheets, scripts and fonts as the server sends them, and the page
    (gzip, as the proxy would); later only the page.
    """
    person = Person(port, seeds.QUEUE_REP, seeds.PASSWORD)
    page = person.get("/queue/").text
    html = len(gzip.compress(page.encode(), 6)) / 1024
    sizes = {"css": 0.0, "js": 0.0, "font": 0.0}
    sheets = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"|<link[^>]+href="([^"]+\.css)"', page)
    scripts = re.findall(r'<script[^>]+src="([^"]+)"', page)
    preloaded = re.findall(r'href="([^"]+\.woff2)"', page)
    for address in sorted({first or second for first, second in sheets}):
        sent, text = _sent(person, address)
        sizes["css"] += sent
        if not preloaded:
            preloaded += re.findall(r'url\("?([^")]+\.woff2)"?\)', text)
    for address in sorted(set(scripts)):
        sizes["js"] += _sent(person, address)[0]
    for address in sorted(
        {one if one.startswith("/") else f"/static/{one.lstrip('./')}" for one in preloaded}
    ):
        sizes["font"] += _sent(person, address)[0]
    return {"first": sum(sizes.values()) + html, "later": html, **sizes, "page": html}


def _sent(person: Person, address: str) -> tuple[float, str]:
    """Kilobytes on the wire, and the text where it is text."""
    with person.session.get(
        f"{person.base}{address}", headers={"Accept-Encoding": "br"}, timeout=30, stream=True
    ) as answer:
        raw: bytes = answer.raw.read(decode_content=False)
        if answer.status_code != 200:
            return 0.0, ""
        encoding = answer.headers.get("Content-Encoding", "")
    body = brotli.decompress(raw) if encoding == "br" else raw
    return len(raw) / 1024, "" if address.endswith(".woff2") else body.decode(errors="replace")
