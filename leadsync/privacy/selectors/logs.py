"""What was erased, and what was taken out: by whom, when, how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import FETCH_RAISE, Count, Max
from django.db.models.functions import TruncDate

from leadsync.accounts import selectors as accounts
from leadsync.accounts.exports import WORDS
from leadsync.accounts.models import DataExport, User
from leadsync.privacy.models import Erasure
from leadsync.privacy.selectors import export_words

PAGE = 50
MOST_DAYS = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased on one day for one reason: by a person with a note each, by the worker all together."""

    on: date
    count: int
    why: str
    is_by_worker: bool
    by: str
    note: str
    lead_id: int | None


def erasures() -> list[Erased]:
    """The newest days first, at most `MOST_DAYS` lines. One query."""
    why = dict(Erasure.Why.choices)
    rows: Any = (
        Erasure.objects.annotate(on=TruncDate("at", tzinfo=accounts.company().tz))
        .values("on", "why", "by", "by__name", "note")
        .annotate(count=Count("pk"), last=Max("pk"), lead=Max("lead_id"))
        .order_by("-last")[:MOST_DAYS]
    )
    return [
        Erased(
            on=row["on"],
            count=row["count"],
            why=str(why.get(row["why"], row["why"])),
            is_by_worker=row["why"] == Erasure.Why.RETENTION,
            by=row["by__name"] or "",
            note=row["note"],
            lead_id=row["lead"] if row["count"] == 1 else None,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """One export, with its kind and what it was cut to in words."""

    row: DataExport
    words: str
    what: str


def taken_out(*, person_id: int | None = None, before: int | None = None) -> tuple[list[Taken], int | None]:
    """A page of exports, the newest first, and the key of the next page.

    One query, and one for each sort of thing that filters name.
    """
    rows = DataExport.objects.select_related("by").order_by("-pk").fetch_mode(FETCH_RAISE)
    if person_id is not None:
        rows = rows.filter(by=person_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    next_key = page[PAGE - 1].pk if len(page) > PAGE else None
    shown = page[:PAGE]
    cuts = export_words.in_words((row.kind, row.what) for row in shown)
    kinds: Mapping[str, Any] = {kind.value: words for kind, words in WORDS.items()}
    return [
        Taken(row, str(kinds.get(row.kind, row.kind)), cut) for row, cut in zip(shown, cuts, strict=True)
    ], next_key


def people() -> list[User]:
    """Who ever took something out."""
    found = DataExport.objects.filter(by__isnull=False).order_by().values("by").distinct()
    return list(User.objects.filter(pk__in=found).only("name").order_by("name", "pk"))
