"""The workers' part of the promise: flag what is due, once. Every minute; see `sweep`.

A step is a row with a unique key, written by INSERT … SELECT together with its notices and with the handoff's next
check in one transaction. Handoffs are claimed by locking them, so any number of workers may sweep at once; a worker
that is killed leaves either all of a batch or nothing. The condition is part of every statement: a contact logged
while the sweep runs ends the handoff first, or waits and ends it afterwards, and is never flagged after it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    F,
    IntegerField,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import JSONObject

from leads.domain import promise
from leads.domain.words import StepKind
from leads.models import Handoff, Step
from leads.selectors import agreement
from leads.services import flags, recomputing, rerouting, silence
from leads.services.flags import SweepResult
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.notices.models import Notice

SWEEP = "sweep"
LEADS = silence.LEADS
CALENDAR = recomputing.CALENDAR

assume_swept = silence.assume_swept
recompute = recomputing.recompute

# The step, the column that says when it is due, and the notice that tells of it.
_STEPS = (
    (StepKind.WARN, "warn_at", "lead_warn"),
    (StepKind.MISSED, "due_at", "lead_missed"),
    (StepKind.ESCALATED, "escalate_at", "lead_escalated"),
)


def sweep(*, at: datetime | None = None, batch: int = 5_000) -> SweepResult:
    """Flag everything that is due and not flagged yet, with the true due time. `at` is for tests: else the database's
    clock decides, for all workers the same.

    Safe to run twice, at the same time, and after a crash. `batch` handoffs (or leads) per transaction.
    """
    now = at or db.now()
    result = SweepResult()
    notes = dict(Lock.objects.filter(name__in=(CALENDAR, LEADS)).values_list("name", "note"))
    with result.timed("calendar"):
        result.recomputed = recomputing.catch_up(notes.get(CALENDAR), now=now)
    heads = flags.Heads()
    with result.timed("promise"):
        while _flag_promises(now, batch, heads, result) == batch:
            pass
    with result.timed("leads"):
        silence.flag_leads(now, batch, heads, notes.get(LEADS, ""), result)
    with result.timed("rerouting"):
        result.rerouted = rerouting.reroute(now=now, heads=heads)
    if not Lock.objects.filter(name=SWEEP).update(ran_at=now):
        Lock.objects.update_or_create(name=SWEEP, defaults={"ran_at": now})
    return result


@transaction.atomic
def _flag_promises(now: datetime, batch: int, heads: flags.Heads, result: SweepResult) -> int:
    """One batch; returns how many handoffs it claimed."""
    claimed = list(
        db.claimable(Handoff.objects.to_flag(now).order_by("next_check_at")).values_list(
            "pk", "next_check_at", *(column for _kind, column, _notice in _STEPS)
        )[:batch]
    )
    if not claimed:
        return 0
    due = Handoff.objects.to_flag(now).filter(pk__in=db.among([row[0] for row in claimed]))
    for place, (kind, column, notice) in enumerate(_STEPS, start=2):
        # The next check is the first step not yet flagged; those before it have been, in a former sweep.
        if not any(row[1] <= row[place] <= now for row in claimed):
            continue
        rows = due.filter(**{f"{column}__lte": now, f"{column}__gte": F("next_check_at")})
        if kind == StepKind.WARN:
            # A promise used up before: nothing is left to warn of.
            rows = rows.filter(warn_at__lt=F("due_at"))
        flagged = db.insert_from(
            Step,
            rows.order_by().values_list(
                "lead_id", "pk", Value(kind.value, CharField()), column, Value(now, DateTimeField())
            ),
            ("lead", "handoff", "kind", "due_at", "at"),
        )
        if not flagged:
            continue
        if kind == StepKind.WARN:
            result.warned += flagged
            _tell(rows.filter(rep__is_active=True), F("rep_id"), notice, now, is_instant=True)
        elif kind == StepKind.MISSED:
            result.missed += flagged
            _tell(rows.filter(rep__is_active=True), F("rep_id"), notice, now)
            owners = rows.filter(lead__campaign__owner__is_active=True)
            _tell(owners, F("lead__campaign__owner_id"), notice, now)
        else:
            result.escalated += flagged
            for head in heads.ids:
                _tell(rows, Value(head, IntegerField()), notice, now)
            if agreement.has_rerouting():
                # A check later than the last step: the lead waits to be handed to another rep.
                rows.exclude(rerouting.once_before()).update(next_check_at=F("escalate_at") + promise.LATER)
    due.update(
        next_check_at=Case(
            *(When(**{f"{column}__gt": now}, then=F(column)) for _kind, column, _notice in _STEPS),
            default=Value(None),
            output_field=DateTimeField(),
        )
    )
    return len(claimed)


def _tell(
    rows: QuerySet[Handoff], recipient: Any, kind: str, now: datetime, *, is_instant: bool = False
) -> None:
    """A notice per handoff, in the statement that finds them; the key makes saying it twice saying it once."""
    db.insert_from(
        Notice,
        rows.order_by().values_list(
            recipient,
            Value(kind, CharField()),
            flags.key(kind),
            JSONObject(
                lead=flags.title("lead__"),
                company=F("lead__company"),
                campaign=F("lead__campaign__name"),
                rep=F("rep__name"),
                due_at=db.iso_text("due_at"),
                lead_id=F("lead_id"),
            ),
            flags.url("lead_id"),
            Value(now, DateTimeField()),
            Value(is_instant, BooleanField()),
        ),
        flags.NOTICE,
    )
