"""Leads that may be the same: found by a worker, decided by a person (domain.md, Arrivals, duplicates).

Derived from the database: everything that makes a lead look different leaves an event under the lock of arrivals, so
events of these kinds appear in the order of their numbers, and the worker remembers the last it has seen. What it finds
is written together with that, in one transaction, if no other worker was faster.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.domain.lookalikes import Alike, Facts, compare, searches
from leads.domain.words import EventKind
from leads.models import Lead, LeadEvent, Lookalike
from leads.services import arrivals
from leads.services.merging import may_merge
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import NotAllowed
from leadsync.core.models import Lock

LOCK = "lookalikes"
BATCH = 200  # leads in one look
AT_ONCE = 25  # of them in one statement
# A name that half a country bears, or a company with a thousand leads, would make pairs of everybody with everybody:
# so many are compared, and so many of the most alike are suggested.
MOST_COMPARED = 60
MOST_SUGGESTED = 5
SECONDS = 40.0  # a run leaves the rest to the next minute

KINDS = (
    EventKind.ARRIVED,
    EventKind.IMPORTED,
    EventKind.EDITED,
    EventKind.MERGED,
    EventKind.MERGE_UNDONE,
    EventKind.ERASED,
)
_READ = ("pk", "name", "company", "email", "phone")

type Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found: the leads looked at, and the pairs that each of them is in now."""

    looked_at: frozenset[int]
    pairs: Mapping[Pair, Alike]


def look(*, seconds: float = SECONDS, batch: int = BATCH) -> int:
    """Look through leads that are new or other than before; returns how many. Safe to run twice and at once."""
    began, count = monotonic(), 0
    while True:
        after = _seen()
        events = list(
            LeadEvent.objects.filter(pk__gt=after, kind__in=KINDS)
            .order_by("pk")
            .values_list("pk", "lead_id")[:batch]
        )
        if not events:
            return count
        found = find({lead_id for _pk, lead_id in events})
        if not _write(found, after=after, seen=events[-1][0]):
            return count  # another worker was faster
        count += len(found.looked_at)
        if len(events) < batch or monotonic() - began > seconds:
            return count


def _seen() -> int:
    note = Lock.objects.filter(name=LOCK).values_list("note", flat=True).first()
    return int(note) if note else 0


def _comparable() -> QuerySet[Lead]:
    """Leads of people: test leads and erased ones are like nobody."""
    return Lead.objects.filter(is_test=False, erased_at=None)


def find(lead_ids: Iterable[int]) -> Found:
    """Compare these leads with those that share parts of their words; a few statements for all of them."""
    wanted = sorted(set(lead_ids))
    pairs: dict[Pair, Alike] = {}
    for start in range(0, len(wanted), AT_ONCE):
        # The planner takes parts of names for rarer than they are, and would read every lead.
        with db.reading_by_index():
            some = list(_comparable().filter(pk__in=wanted[start : start + AT_ONCE]).values_list(*_READ))
            facts = {row[0]: _facts(row) for row in some}
            asked = [(pk, one) for pk, fact in facts.items() for one in _like(pk, fact)]
            alike_rows = db.first_of_each([rows for _pk, rows in asked])
        best: dict[int, dict[int, Alike]] = {}
        for place, *row in alike_rows:
            pk = asked[place][0]
            alike = compare(facts[pk], _facts(row))
            if alike is not None:
                best.setdefault(pk, {})[row[0]] = alike
        for pk, others in best.items():
            most = sorted(others.items(), key=lambda one: (-one[1].score, one[0]))[:MOST_SUGGESTED]
            pairs |= {(min(pk, other), max(pk, other)): alike for other, alike in most}
    return Found(frozenset(wanted), pairs)


def _facts(row: Sequence[Any]) -> Facts:
    _pk, name, company, email, phone = row
    return Facts.of(name=name, company=company, email=email, phone=phone)


def _like(pk: int, facts: Facts) -> list[QuerySet[Any, Any]]:
    """Leads that hold the parts by which this one is searched."""
    found = []
    for one in searches(facts):
        rows = _comparable().exclude(pk=pk)
        for parts in one.groups:
            rows = rows.filter(reduce(or_, (Q(search__contains=part) for part in parts)))
        if one.domain:
            rows = rows.filter(email__endswith=one.domain)
        found.append(rows.values_list(*_READ)[:MOST_COMPARED])
    return found


def _write(found: Found, *, after: int, seen: int) -> bool:
    """Keep what was found, unless another worker has got further; False then."""
    with db.exclusively(arrivals.LOCK, wait=True), db.exclusively(LOCK, wait=True) as lock:
        assert lock is not None
        if int(lock.note or 0) != after:
            return False
        touched = Q(first__in=found.looked_at) | Q(second__in=found.looked_at)
        known = {(one.first_id, one.second_id): one for one in Lookalike.objects.filter(touched)}
        here = set(
            _comparable()
            .filter(pk__in={pk for pair in (*found.pairs, *known) for pk in pair})
            .values_list("pk", flat=True)
        )
        pairs = {pair: alike for pair, alike in found.pairs.items() if here.issuperset(pair)}
        left = {pair: one for pair, one in known.items() if pair not in pairs}
        facts = {
            row[0]: _facts(row)
            for row in Lead.objects.filter(pk__in={pk for pair in left for pk in pair} & here).values_list(
                *_READ
            )
        }
        gone = [one.pk for one in left.values() if _is_over(one, facts)]
        Lookalike.objects.filter(pk__in=gone).delete()
        now = timezone.now()
        Lookalike.objects.bulk_create(
            [
                Lookalike(
                    first_id=first,
                    second_id=second,
                    score=alike.score,
                    evidence=dict(alike.evidence),
                    found_at=now,
                )
                for (first, second), alike in sorted(pairs.items())
            ],
            batch_size=1_000,
            update_conflicts=True,
            unique_fields=["first", "second"],
            update_fields=["score", "evidence"],
        )
        Lock.objects.filter(pk=LOCK).update(note=str(seen), ran_at=now)
    return True


def _is_over(one: Lookalike, facts: Mapping[int, Facts]) -> bool:
    """Whether a pair that was not found again is none; `facts` of the leads that are still here.

    What somebody has decided stays decided, and a pair may only be behind others that are more alike.
    """
    first, second = facts.get(one.first_id), facts.get(one.second_id)
    if first is None or second is None:
        return True
    return one.dismissed_at is None and compare(first, second) is None


@transaction.atomic
def dismiss(*, pair: Lookalike, by: User, at: datetime | None = None) -> bool:
    """Say that the two are not the same; True unless it was said already. Raises `NotAllowed`."""
    return _decide(pair, by, at or timezone.now())


@transaction.atomic
def suggest_again(*, pair: Lookalike, by: User) -> bool:
    """Take back that the two are not the same; True when it was said. Raises `NotAllowed`."""
    return _decide(pair, by, None)


def _decide(pair: Lookalike, by: User, at: datetime | None) -> bool:
    leads = {lead.pk: lead for lead in Lead.objects.filter(pk__in=(pair.first_id, pair.second_id))}
    if len(leads) < 2 or not may_merge(leads[pair.first_id], leads[pair.second_id], by):
        raise NotAllowed(
            _("Whether two leads are the same is for marketing, the head of sales, or the rep who has both.")
        )
    rows = Lookalike.objects.filter(pk=pair.pk, dismissed_at__isnull=at is not None)
    return bool(rows.update(dismissed_at=at, dismissed_by=by if at is not None else None))
