"""Leads that programs send, one or many: logged once, however often a message is repeated under its key."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import IdempotencyKey, Lead, Merge
from leads.services import arrivals, changes
from leads.services.arrivals import Key, LeadData, RowResult
from leads.services.same_lead import prepared
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed

KEPT: Final = timedelta(days=1)  # how long a message is answered as it was the first time
MOST_KEY: Final = 200
FORGOTTEN_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One lead of a message: what could be read of it, whose campaign it is, and the row as it came."""

    data: LeadData
    campaign: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Logged:
    """What became of each lead of a message, in its order; `is_replayed`: the first time, nothing happened now."""

    rows: list[RowResult]
    is_replayed: bool = False


def log(
    *,
    rows: Sequence[Sent | None],
    by: User,
    key: str = "",
    message: Any = None,
    at: datetime | None = None,
) -> Logged:
    """Take in the leads of one message in one transaction, with a fixed number of statements per campaign.

    None stands for a row that could not be read: it is passed over, so that what is kept under the key has a place
    for it. A row that cannot be used has its problem in its place; the others are saved.

    A `message` (its data as it came) repeated under the same `key` within a day is answered as it was the first
    time and nothing happens, neither an arrival nor a notice. Two at once: the second one waits for the first. What
    is kept is ids only, in the transaction that saves the leads: a crash keeps both or neither. A message of which no
    lead was saved keeps no key.

    Raises `NotAllowed`; `Invalid` for a key that is too long or came with another message before.
    """
    if not by.can(Can.LOG_LEADS):
        raise NotAllowed(_("Logging leads is for marketing."))
    if len(key) > MOST_KEY:
        raise Invalid(_("An Idempotency-Key has %(n)d characters at most.") % {"n": MOST_KEY})
    now = changes.instant(at)
    # The same data is the same message, whatever the order and the spaces it was written with.
    said, digest = _digest(json.dumps(message, sort_keys=True, default=str)), _digest(key)
    with db.exclusively(arrivals.LOCK, wait=True):
        if key:
            known = IdempotencyKey.objects.filter(person=by, digest=digest, at__gt=now - KEPT).first()
            if known is not None:
                return _replayed(known, said, len(rows))
        results = _received(rows, by, now)
        if key and any(one.lead_id is not None for one in results):
            answer = [[one.lead_id, one.is_new] for one in results]
            IdempotencyKey.objects.update_or_create(
                person=by, digest=digest, defaults={"message": said, "answer": answer, "at": now}
            )
    return Logged(results)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _replayed(known: IdempotencyKey, said: str, count: int) -> Logged:
    if known.message != said or len(known.answer) != count:
        raise Invalid(
            _("This Idempotency-Key came with another message before. A new message needs a new key.")
        )
    return Logged([RowResult(lead_id, is_new=is_new) for lead_id, is_new in known.answer], is_replayed=True)


def _received(rows: Sequence[Sent | None], by: User, now: datetime) -> list[RowResult]:
    """What became of each row; the rows of one campaign are saved together."""
    results = [RowResult()] * len(rows)
    here = Campaign.objects.in_bulk({row.campaign for row in rows if row is not None})
    groups: dict[tuple[int, int], list[int]] = {}
    for place, (row, turn) in enumerate(zip(rows, _turns(rows), strict=True)):
        if row is None:
            continue
        if row.campaign not in here:
            problem = Invalid(_("There is no such campaign."), field="campaign")
            results[place] = RowResult(problem=problem)
            continue
        groups.setdefault((turn, row.campaign), []).append(place)
    for (_turn, campaign), places in sorted(groups.items(), key=lambda group: group[0][0]):
        given = [row for place in places if (row := rows[place]) is not None]
        many = arrivals.receive_many(
            rows=[row.data for row in given],
            campaign=here[campaign],
            door=Door.API,
            by=by,
            at=now,
            payloads=[row.payload for row in given],
        )
        for place, result in zip(places, many.rows, strict=True):
            results[place] = result
    return results


def _turns(rows: Sequence[Sent | None]) -> list[int]:
    """In which turn each row is saved: 0, unless the same lead stands further up in the list for another campaign.

    The first arrival decides whose lead it is, so rows saved by campaign must not overtake each other.
    """
    if len({row.campaign for row in rows if row is not None}) < 2:
        return [0] * len(rows)
    home = str(accounts.company().country)
    last: dict[Key, tuple[int, int]] = {}  # of each key the latest turn, and its campaign
    turns = []
    for row in rows:
        turn = 0
        keys = prepared(row.data, row.payload, home).keys if row is not None else ()
        if row is not None:
            before = [last[key] for key in keys if key in last]
            turn = max((then + (of != row.campaign) for then, of in before), default=0)
            last |= dict.fromkeys(keys, (turn, row.campaign))
        turns.append(turn)
    return turns


def present(lead_ids: Iterable[int]) -> dict[int, int]:
    """The leads of a kept answer as they are called now: one that was merged since is its survivor.

    Those that are gone for good are left out. One statement where nothing was merged.
    """
    called = {lead_id: lead_id for lead_id in lead_ids}
    found: dict[int, int] = {}
    while called:
        now = list(called.values())
        here = set(Lead.objects.filter(pk__in=db.among(now)).values_list("pk", flat=True))
        found |= {asked: lead_id for asked, lead_id in called.items() if lead_id in here}
        if len(here) == len(set(now)):
            break
        away = [lead_id for lead_id in now if lead_id not in here]
        merged = Merge.objects.filter(gone_id__in=db.among(away), undone_at=None)
        survivors = dict(merged.values_list("gone_id", "survivor_id"))
        called = {asked: survivors[lead_id] for asked, lead_id in called.items() if lead_id in survivors}
    return found


def forgettable(now: datetime) -> QuerySet[IdempotencyKey]:
    """Keys older than a day."""
    return IdempotencyKey.objects.filter(at__lte=now - KEPT)


def forget(*, now: datetime) -> int:
    """Drop keys older than a day, a batch at a time: how many. Safe to run twice, and at the same time."""
    oldest = forgettable(now).order_by("at").values("pk")[:FORGOTTEN_AT_ONCE]
    count, _by_model = IdempotencyKey.objects.filter(Q(pk__in=oldest)).delete()
    return count
