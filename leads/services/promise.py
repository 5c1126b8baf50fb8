"""The workers' part of the promise: flag what is due, once, and recompute when calendars change.

A step is a row with a unique key, written by INSERT … SELECT together with its notices and with the handoff's next
check in one transaction. Handoffs are claimed by locking them, so any number of workers may sweep at once; a worker
that is killed leaves either all of a batch or nothing. The condition is part of every statement: a contact logged
while the sweep runs ends the handoff first, or waits and ends it afterwards, and is never flagged after it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from time import perf_counter
from typing import Any

from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, JSONObject

from leads.domain import promise
from leads.domain.terms import Terms
from leads.domain.words import WORKED_STAGES, StepKind
from leads.models import Activity, Handoff, Lead, Step
from leads.selectors import agreement
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.models import Lock
from leadsync.notices.models import Notice

SWEEP = "sweep"
LEADS = "sweep:leads"
CALENDAR = "sweep:calendar"
MARGIN = timedelta(minutes=15)  # how long the transaction may take that plans a next step
FRESH = timedelta(minutes=10)  # so old may be what a sweep remembers of where it has looked
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# The step, the column that says when it is due, and the notice that tells of it.
_STEPS = (
    (StepKind.WARN, "warn_at", "lead_warn"),
    (StepKind.MISSED, "due_at", "lead_missed"),
    (StepKind.ESCALATED, "escalate_at", "lead_escalated"),
)
_NOTICE = ("recipient", "kind", "key", "context", "url", "created_at", "is_instant")


@dataclass(slots=True)
class SweepResult:
    """How much a sweep flagged, and the seconds each part took."""

    warned: int = 0
    missed: int = 0
    escalated: int = 0
    follow_ups: int = 0
    silent: int = 0
    recomputed: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + perf_counter() - started

    @property
    def total(self) -> int:
        return self.warned + self.missed + self.escalated + self.follow_ups + self.silent


def sweep(*, at: datetime | None = None, batch: int = 5_000) -> SweepResult:
    """Flag everything that is due and not flagged yet, with the true due time. `at` is for tests: else the database's
    clock decides, for all workers the same.

    Safe to run twice, at the same time, and after a crash. `batch` handoffs (or leads) per transaction.
    """
    now = at or db.now()
    result = SweepResult()
    notes = dict(Lock.objects.filter(name__in=(CALENDAR, LEADS)).values_list("name", "note"))
    with result.timed("calendar"):
        result.recomputed = _recompute_if_calendars_changed(notes.get(CALENDAR))
    heads = _Heads()
    with result.timed("promise"):
        while _flag_promises(now, batch, heads, result) == batch:
            pass
    with result.timed("leads"):
        _flag_leads(now, batch, heads, notes.get(LEADS, ""), result)
    if not Lock.objects.filter(name=SWEEP).update(ran_at=now):
        Lock.objects.update_or_create(name=SWEEP, defaults={"ran_at": now})
    return result


class _Heads:
    """The heads of sales; asked for once, and only when there is something to tell them."""

    @cached_property
    def ids(self) -> list[int]:
        return list(accounts.people_with(Role.HEAD_OF_SALES).values_list("pk", flat=True))


# ------------------------------------------------------------------------------------------- the promise


@transaction.atomic
def _flag_promises(now: datetime, batch: int, heads: _Heads, result: SweepResult) -> int:
    """One batch; returns how many handoffs it claimed."""
    claimed = list(
        db.claimable(Handoff.objects.to_check(now).order_by("next_check_at")).values_list(
            "pk", "next_check_at", *(column for _kind, column, _notice in _STEPS)
        )[:batch]
    )
    if not claimed:
        return 0
    due = Handoff.objects.to_check(now).filter(pk__in=db.among([row[0] for row in claimed]))
    for place, (kind, column, notice) in enumerate(_STEPS, start=2):
        # The next check is the first step not yet flagged; those before it have been, in a former sweep.
        if not any(row[1] <= row[place] <= now for row in claimed):
            continue
        rows = due.filter(**{f"{column}__lte": now, f"{column}__gte": F("next_check_at")})
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
    due.update(
        next_check_at=Case(
            *(When(**{f"{column}__gt": now}, then=F(column)) for _kind, column, _notice in _STEPS),
            default=Value(None),
            output_field=DateTimeField(),
        )
    )
    return len(claimed)


def _title(prefix: str) -> Case:
    name, company = f"{prefix}name", f"{prefix}company"
    return Case(
        When(~Q(**{name: ""}), then=F(name)),
        When(~Q(**{company: ""}), then=F(company)),
        default=Concat(Value("#"), Cast(f"{prefix}pk", CharField())),
        output_field=TextField(),
    )


def _url(lead_id: str) -> Concat:
    return Concat(Value("/leads/"), Cast(lead_id, CharField()), Value("/"), output_field=CharField())


def _tell(
    rows: QuerySet[Handoff], recipient: Any, kind: str, now: datetime, *, is_instant: bool = False
) -> None:
    """A notice per handoff, in the statement that finds them; the key makes saying it twice saying it once."""
    db.insert_from(
        Notice,
        rows.order_by().values_list(
            recipient,
            Value(kind, CharField()),
            Concat(Value(f"{kind}:"), Cast("pk", CharField()), output_field=CharField()),
            JSONObject(
                lead=_title("lead__"),
                company=F("lead__company"),
                campaign=F("lead__campaign__name"),
                rep=F("rep__name"),
                due_at=db.iso_text("due_at"),
                lead_id=F("lead_id"),
            ),
            _url("lead_id"),
            Value(now, DateTimeField()),
            Value(is_instant, BooleanField()),
        ),
        _NOTICE,
    )


# ------------------------------------------------------------------------------------------- next steps, silence


def _flag_leads(now: datetime, batch: int, heads: _Heads, note: str, result: SweepResult) -> None:
    """Next steps that are past, and leads with which nothing happens.

    Leads stay past their next step for as long as nobody acts, so the sweep remembers up to where it has looked and
    only looks at what fell due since. One worker at a time; another one passes. Where nothing is due and what is
    remembered (`note`) is fresh, nothing is locked or written: a commit costs more than the questions.
    """
    days = agreement.silent_days()
    cutoff = now - timedelta(days=days)
    looked = _read(note)
    if not looked.is_stale(now, cutoff) and not any(
        list(rows.values_list("pk")[:1])
        for rows in (_past_steps(looked.follow_up, now), *_quiet(looked.silent, cutoff, days))
    ):
        return
    with db.exclusively(LEADS) as lock:
        if lock is None:
            return
        looked = _read(lock.note)
        for steps in _steps_of(
            _past_steps(looked.follow_up, now), StepKind.FOLLOW_UP, F("next_step_at"), now, batch
        ):
            result.follow_ups += len(steps)
            _tell_of_leads(steps, F("lead__owner_id"), "follow_up", now, next_step=F("lead__next_step"))
        for rows in _quiet(looked.silent, cutoff, days):
            for steps in _steps_of(rows, StepKind.SILENT, F("silent_at"), now, batch):
                result.silent += len(steps)
                for head in heads.ids:
                    recipient = Value(head, IntegerField())
                    _tell_of_leads(
                        steps, recipient, "silent", now, days=Value(days), rep=F("lead__owner__name")
                    )
        _remember(lock, _Looked(max(now, looked.follow_up), max(cutoff, looked.silent)))


@dataclass(frozen=True, slots=True)
class _Looked:
    """Up to where sweeps have looked for next steps that are past, and for silence."""

    follow_up: datetime = _LONG_AGO
    silent: datetime = _LONG_AGO

    def is_stale(self, now: datetime, cutoff: datetime) -> bool:
        return now - self.follow_up > FRESH or cutoff - self.silent > FRESH


def _read(note: str) -> _Looked:
    return _Looked(**{name: datetime.fromisoformat(at) for name, at in json.loads(note or "{}").items()})


def _remember(lock: Lock, looked: _Looked) -> None:
    note = json.dumps({"follow_up": looked.follow_up.isoformat(), "silent": looked.silent.isoformat()})
    Lock.objects.filter(pk=lock.pk).update(note=note, ran_at=looked.follow_up)


def assume_swept(*, at: datetime) -> None:
    """Say that next steps and silence up to `at` were told long ago: for a database filled with a past."""
    with db.exclusively(LEADS, wait=True) as lock:
        assert lock is not None
        _remember(lock, _Looked(at, at - timedelta(days=agreement.silent_days())))


def _past_steps(since: datetime, now: datetime) -> QuerySet[Lead]:
    """Open leads whose next step was due since, and whose rep has not been told."""
    told = Step.objects.filter(
        lead=OuterRef("pk"), handoff=None, kind=StepKind.FOLLOW_UP, due_at=OuterRef("next_step_at")
    )
    return (
        Lead.objects.open()
        .filter(
            ~Exists(told),
            next_step_at__gt=_with_margin(since),
            next_step_at__lte=now,
            owner__is_active=True,
            is_test=False,
        )
        .order_by("next_step_at", "pk")
    )


def _quiet(since: datetime, cutoff: datetime, days: int) -> list[QuerySet[Lead]]:
    """Leads in work that nothing has happened to for the agreed days, since `since`, and nobody has been told of.

    They are quiet since the later of the last activity and the next step: whichever has just crossed the limit. One
    question for each of these, as one about both could use the index of neither.
    """
    quiet_since = Greatest("last_activity_at", Coalesce("next_step_at", "last_activity_at"))
    due_at = ExpressionWrapper(quiet_since + Value(timedelta(days=days)), output_field=DateTimeField())
    told = Step.objects.filter(
        lead=OuterRef("pk"), handoff=None, kind=StepKind.SILENT, due_at__gte=OuterRef("silent_at")
    )
    was_worked = Activity.objects.filter(lead=OuterRef("pk")).exclude(kind__in=("work", "note"))
    rows = (
        Lead.objects.filter(stage__in=WORKED_STAGES, is_test=False, last_activity_at__lte=cutoff)
        .filter(Q(next_step_at=None) | Q(next_step_at__lte=cutoff))
        .filter(Q(is_history=False) | Exists(was_worked))
        .annotate(silent_at=due_at)
        .filter(~Exists(told))
    )
    return [
        rows.filter(**{f"{column}__gt": _with_margin(since), f"{column}__lte": cutoff}).order_by(column, "pk")
        for column in ("last_activity_at", "next_step_at")
    ]


def _with_margin(since: datetime) -> datetime:
    return since - MARGIN if since > _LONG_AGO else since


def _steps_of(
    rows: QuerySet[Lead], kind: StepKind, due_at: F, now: datetime, batch: int
) -> Iterator[list[int]]:
    """Flag these leads, a batch at a time; yields the ids of the steps. Where nothing is due, one question is asked.

    The caller holds the lock, so that every new step of the kind is its own.
    """
    while found := list(rows.values_list("pk", flat=True)[:batch]):
        last = Step.objects.aggregate(last=Max("pk"))["last"] or 0
        db.insert_from(
            Step,
            rows.filter(pk__in=db.among(found))
            .order_by()
            .values_list("pk", Value(kind.value, CharField()), due_at, Value(now, DateTimeField())),
            ("lead", "kind", "due_at", "at"),
        )
        yield list(Step.objects.filter(pk__gt=last, handoff=None, kind=kind).values_list("pk", flat=True))
        if len(found) < batch:
            return


def _tell_of_leads(steps: list[int], recipient: Any, kind: str, now: datetime, **more: Any) -> None:
    db.insert_from(
        Notice,
        Step.objects.filter(pk__in=db.among(steps)).values_list(
            recipient,
            Value(kind, CharField()),
            Concat(Value(f"{kind}:"), Cast("pk", CharField()), output_field=CharField()),
            JSONObject(
                lead=_title("lead__"),
                company=F("lead__company"),
                campaign=F("lead__campaign__name"),
                due_at=db.iso_text("due_at"),
                lead_id=F("lead_id"),
                **more,
            ),
            _url("lead_id"),
            Value(now, DateTimeField()),
            Value(False, BooleanField()),
        ),
        _NOTICE,
    )


# ------------------------------------------------------------------------------------------- calendars change


def _recompute_if_calendars_changed(seen: str | None) -> int:
    """Recompute open due times once after any change of working time: `Company.version` counts those."""
    version = str(accounts.company().version)
    if seen == version:
        return 0
    with db.exclusively(CALENDAR) as lock:
        if lock is None:
            return 0  # another worker is at it
        done = recompute() if lock.note not in {"", version} else 0
        Lock.objects.filter(pk=lock.pk).update(note=version)
        return done


@transaction.atomic
def recompute(*, person: User | None = None, batch: int = 5_000) -> int:
    """Recompute the due times of open handoffs (of one person) after a change of calendar; returns how many moved.

    Each keeps its beginning and what was agreed then. Steps already flagged stay flagged; what is left of the three
    falls due by the new calendar. Set-based.
    """
    open_ones = Handoff.objects.open().order_by("pk")
    if person is not None:
        open_ones = open_ones.filter(rep=person)
    terms = agreement.terms()
    calendars: dict[int, WorkCalendar] = {}
    clocks: dict[tuple[Any, ...], promise.Clock] = {}
    moved, last = 0, 0
    while True:
        rows = list(db.locked(open_ones.filter(pk__gt=last))[:batch])
        if not rows:
            return moved
        last = rows[-1].pk
        calendars |= accounts.calendars_for({row.rep_id for row in rows} - calendars.keys())
        about = {
            pk: (wanted_at, kind)
            for pk, wanted_at, kind in Lead.objects.filter(pk__in=[row.lead_id for row in rows]).values_list(
                "pk", "wanted_at", "campaign__kind"
            )
        }
        changed: list[tuple[int, tuple[Any, ...]]] = []
        for row in rows:
            if row.due_at <= row.at:
                continue  # taken over when it was past: due when it was due
            wanted_at, kind = about[row.lead_id]
            clock = _clock(row, calendars[row.rep_id], wanted_at, kind, terms, clocks)
            was = (row.promise_seconds, row.due_at, row.warn_at, row.escalate_at)
            if was == (clock.promise_seconds, clock.due_at, clock.warn_at, clock.escalate_at):
                continue
            former = promise.Clock(*was)
            left = promise.pending(former, row.next_check_at)
            next_at = min((time for kind_, time in clock.times() if kind_ in left), default=None)
            changed.append(
                (row.pk, (clock.promise_seconds, clock.due_at, clock.warn_at, clock.escalate_at, next_at))
            )
        db.update_rows(
            Handoff, ("promise_seconds", "due_at", "warn_at", "escalate_at", "next_check_at"), changed
        )
        moved += len(changed)


def _clock(
    row: Handoff,
    calendar: WorkCalendar,
    wanted_at: datetime | None,
    campaign_kind: str,
    terms: Terms,
    known: dict[tuple[Any, ...], promise.Clock],
) -> promise.Clock:
    agreed = row.why.get("promise") or {}
    stock = terms.promise_for(campaign_kind)
    mode, minutes = agreed.get("mode", str(stock.mode)), int(agreed.get("minutes", stock.minutes))
    key = (calendar, row.at, mode, minutes, wanted_at, agreed.get("left"))
    clock = known.get(key)
    if clock is None:
        clock = known[key] = promise.due(calendar, row.at, mode, minutes, wanted_at, agreed.get("left"))
    return clock
