"""How a contact point stands: green only with a fresh proof that it works; and when the worker tries it."""

import html
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class ProofState(StrEnum):
    """What the last proof of a contact point says today."""

    WORKS = "works"
    STALE = "stale"
    BROKEN = "broken"
    NEVER = "never"


class Found(StrEnum):
    """What the worker found when it tried a contact point. The words: `leadsync.notices.kinds.channels`."""

    PAGE_OK = "page_ok"
    PAGE_STATUS = "page_status"  # detail: the status
    PAGE_TEXT = "page_text"  # the text does not stand there; detail: the text
    PAGE_UNREACHABLE = "page_unreachable"  # detail: why, as the client says it
    PAGE_REFUSED = "page_refused"  # by our own rules, before any packet left; detail: why
    MAIL_OK = "mail_ok"  # detail: the server
    MAIL_NONE = "mail_none"  # no such domain, or one without a server; detail: the domain
    MAIL_REFUSES = "mail_refuses"  # a null MX: the domain takes no mail; detail: the domain
    MAIL_UNKNOWN = "mail_unknown"  # no answer in time: says nothing about the mailbox
    LEAD_OK = "lead_ok"  # detail: whose queue it arrived in
    LEAD_NO_FORM = "lead_no_form"
    LEAD_CLOSED = "lead_closed"
    LEAD_NOT_LIVE = "lead_not_live"  # detail: the campaign
    LEAD_REFUSED = "lead_refused"  # detail: the field
    LEAD_NOBODY = "lead_nobody"
    LEAD_NOT_IN_QUEUE = "lead_not_in_queue"  # detail: whose queue
    LEAD_FAULT = "lead_fault"  # detail: the sort of fault


WORKING: Final = frozenset({Found.PAGE_OK, Found.MAIL_OK, Found.LEAD_OK})
UNKNOWN: Final = frozenset({Found.MAIL_UNKNOWN})

# A failure counts when a second one, at least this much later, confirms it: one hiccup is no alarm.
CONFIRMED_AFTER: Final = timedelta(minutes=10)
AFTER_UNKNOWN: Final = timedelta(hours=1)
# Tried again within a day; points of other numbers come at other minutes, so that tries spread over the day.
EARLIEST_AGAIN: Final = timedelta(hours=22)
SPREAD_MINUTES: Final = 120
_STEP: Final = 37  # shares no factor with SPREAD_MINUTES: neighbours in number stand far apart

MOST_PAGE: Final = 1024 * 1024  # bytes of a page that are read, and that a packed one may unpack to
DETAIL: Final = 300


def state_of(is_ok: bool | None, at: datetime | None, *, now: datetime, fresh_days: int) -> ProofState:
    """The state by the last proof (`is_ok`, `at`), which stays fresh for `fresh_days` days of 24 hours.

    A broken point stays broken until a proof says otherwise; None means that nobody ever tried.
    """
    if is_ok is None or at is None:
        return ProofState.NEVER
    if not is_ok:
        return ProofState.BROKEN
    return ProofState.WORKS if now - at <= timedelta(days=fresh_days) else ProofState.STALE


@dataclass(frozen=True, slots=True)
class Result:
    """What a try found; `detail` are the facts of it, in no language."""

    found: Found
    detail: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the point works as far as this try can tell."""
        return self.found in WORKING

    @property
    def is_unknown(self) -> bool:
        """Whether it says nothing about the point."""
        return self.found in UNKNOWN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a try: a proof or none, when to try next, and since when a failure waits for a second one."""

    proof: bool | None
    next_try_at: datetime | None
    failed_at: datetime | None


def verdict(
    result: Result, *, pk: int, now: datetime, failed_at: datetime | None, is_watched: bool
) -> Verdict:
    """What a try at `now` means when the first unconfirmed failure was at `failed_at`.

    A point that is not watched was tried because somebody asked; after an answer nobody tries it again.
    """
    later = next_try(pk, now) if is_watched else None
    if result.is_unknown:
        return Verdict(None, now + AFTER_UNKNOWN if is_watched else None, failed_at)
    if result.is_ok:
        return Verdict(True, later, None)
    if failed_at is None or failed_at > now:  # a clock that was set back begins anew
        return Verdict(None, now + CONFIRMED_AFTER, now)
    if now - failed_at < CONFIRMED_AFTER:
        return Verdict(None, failed_at + CONFIRMED_AFTER, failed_at)
    return Verdict(False, later, None)


def next_try(pk: int, now: datetime) -> datetime:
    """When a watched point is tried after a try that gave an answer: 22 to 24 hours later, by its number."""
    return now + EARLIEST_AGAIN + timedelta(minutes=pk * _STEP % SPREAD_MINUTES)


def own_form_key(value: str, begins: str) -> str | None:
    """The key of a hosted form of ours by its address, which `begins` like that; None for any other address."""
    value = value.strip()
    if not value.casefold().startswith(begins.casefold()):
        return None
    return re.split(r"[/?#]", value[len(begins) :], maxsplit=1)[0]


def text_of_page(body: bytes) -> str:
    """The words of a page, case and spaces evened out, so that a text is found whatever tags stand around it."""
    body = _unpacked(body)
    charset = re.search(rb"charset=[\"']?([A-Za-z0-9_-]{2,20})", body[:4096])
    text = ""
    for name in ("utf-8", charset.group(1).decode("ascii") if charset else "utf-8"):
        try:
            text = body.decode(name)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    text = text or body.decode("utf-8", "replace")
    for name in ("script", "style"):
        text = _without(text, name)
    return _evened(html.unescape(re.sub(r"<[^<>]*>", " ", text)))


def stands_in(text: str, page: str) -> bool:
    """Whether `text` stands on a page as `text_of_page` reads it. Nothing asked for stands everywhere."""
    return _evened(text) in page


def _without(text: str, name: str) -> str:
    """The page without these elements and what is in them; one that never ends goes on to the end. Linear in length."""
    low, kept, place = text.lower(), [], 0
    if len(low) != len(text):  # letters that have no small form of the same length
        text = low
    while (begins := low.find(f"<{name}", place)) >= 0:
        kept.append(text[place:begins])
        place = low.find(f"</{name}", begins)
        if place < 0:
            return " ".join(kept)
    return " ".join([*kept, text[place:]])


def _evened(text: str) -> str:
    return " ".join(text.split()).casefold()


def _unpacked(body: bytes) -> bytes:
    """A page packed although we asked for it plain; no more of it than is read of a plain one."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MOST_PAGE)
    except zlib.error:
        return body
