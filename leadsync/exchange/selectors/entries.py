"""The log: what people learned at the other department."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from leads.domain.identity import clean
from leads.models import Lead
from leads.selectors.by_words import search as leads_like
from leadsync.accounts.models import User
from leadsync.core.db import now as db_now
from leadsync.exchange.domain.light import Quarter
from leadsync.exchange.domain.rules import MAY_CHANGE
from leadsync.exchange.models import Entry

PAGE = 30
PICKS = 8
MOST_DIGITS = 18
MOST_WORDS = 8
_NUMBER = re.compile(r"#?([0-9]{1,18})(?![0-9])", re.ASCII)  # what a page fills in: "#1042 Eva Example"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Cuts of the log; empty ones cut nothing."""

    text: str = ""
    kind: str = ""
    person: int | None = None  # who learned, or with whom
    quarter: Quarter | None = None
    lead: int | None = None


def entries() -> QuerySet[Entry]:
    """All entries with people, their roles and the lead at hand. Two queries."""
    return Entry.objects.select_related("by", "partner", "lead").prefetch_related("by__groups")


def cut(which: EntryFilter) -> QuerySet[Entry]:
    """Entries that the filter leaves."""
    rows = entries()
    for word in clean(which.text).split()[:MOST_WORDS]:
        rows = rows.filter(
            Q(learned__icontains=word) | Q(by__name__icontains=word) | Q(partner__name__icontains=word)
        )
    if which.kind:
        rows = rows.filter(kind=which.kind)
    if which.person is not None:
        rows = rows.filter(Q(by=which.person) | Q(partner=which.person))
    if which.quarter is not None:
        rows = rows.filter(on__gte=which.quarter.first, on__lte=which.quarter.last)
    if which.lead is not None:
        rows = rows.filter(lead=which.lead)
    return rows


def key_of(entry: Entry) -> str:
    """The key that the next page begins after."""
    return f"{entry.on:%Y%m%d}-{entry.pk}"


def _read_key(text: str) -> tuple[date, int] | None:
    day, _dash, number = text.partition("-")
    if not (day.isascii() and day.isdecimal() and len(day) == 8):
        return None
    if not (number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS):
        return None
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:])), int(number)
    except ValueError:
        return None


def listed(which: EntryFilter, after: str = "") -> tuple[list[Entry], str]:
    """One page, the newest day first, and the key of the next one. Two queries."""
    rows = cut(which)
    key = _read_key(after)
    if key is not None:
        rows = rows.filter(Q(on__lt=key[0]) | Q(on=key[0], pk__lt=key[1]))
    found = list(rows.order_by("-on", "-pk")[: PAGE + 1])
    return found[:PAGE], key_of(found[PAGE - 1]) if len(found) > PAGE else ""


def writers() -> list[tuple[int, str]]:
    """People who wrote an entry, by name. One query."""
    wrote = Entry.objects.order_by().values("by")
    return list(User.objects.filter(pk__in=wrote).order_by("name", "pk").values_list("pk", "name"))


def quarters(today: date) -> list[Quarter]:
    """This quarter and those before it, down to the oldest entry, eight at most. One query."""
    oldest = Entry.objects.order_by("on").values_list("on", flat=True).first()
    found = [Quarter.of(today)]
    while len(found) < 8 and oldest is not None and oldest < found[-1].first:
        found.append(found[-1].previous)
    return found


def may_change(entry: Entry, person: User, now: datetime | None = None) -> bool:
    """Own entries, for a day after they were written."""
    return entry.by_id == person.pk and (now or db_now()) - entry.at < MAY_CHANGE


def leads_named(text: str, person: User) -> list[Lead]:
    """Leads that somebody means by a number ("#1042") or by words, the newest first. One query."""
    words = clean(text).strip()
    rows = Lead.objects.visible_to(person).counted().filter(erased_at=None)
    if (number := _NUMBER.match(words)) is not None:
        found = list(rows.filter(pk=int(number[1])))
        if found or words.startswith("#"):
            return found
    if len(words) < 2:
        return []
    return list(rows.filter(leads_like(words)).order_by("-received_at", "-pk")[:PICKS])
