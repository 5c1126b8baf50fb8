"""The sweep's look at leads in work: next steps that are past, and leads with which nothing happens."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
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
    Value,
)
from django.db.models.functions import Coalesce, Greatest, JSONObject

from leads.domain.words import WORKED_STAGES, StepKind
from leads.models import Activity, Lead, Step
from leads.selectors import agreement
from leads.services import flags
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.notices.models import Notice

LEADS = "sweep:leads"
MARGIN = timedelta(minutes=15)  # how long the transaction may take that plans a next step
FRESH = timedelta(minutes=10)  # so old may be what a sweep remembers of where it has looked
WHOLE = timedelta(
    days=1
)  # so often it looks for silence that only shows afterwards: a next step was taken away
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def flag_leads(now: datetime, batch: int, heads: flags.Heads, note: str, result: flags.SweepResult) -> None:
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
        is_whole = now - looked.whole >= WHOLE
        for rows in _quiet(looked.floor if is_whole else looked.silent, cutoff, days):
            for steps in _steps_of(rows, StepKind.SILENT, F("silent_at"), now, batch):
                result.silent += len(steps)
                for head in heads.ids:
                    recipient = Value(head, IntegerField())
                    _tell_of_leads(
                        steps, recipient, "silent", now, days=Value(days), rep=F("lead__owner__name")
                    )
        _remember(
            lock,
            _Looked(
                max(now, looked.follow_up),
                max(cutoff, looked.silent),
                now if is_whole else looked.whole,
                looked.floor,
            ),
        )


@dataclass(frozen=True, slots=True)
class _Looked:
    """Up to where sweeps have looked for next steps that are past, and for silence.

    `whole` is when they last looked for all silence since `floor`.
    """

    follow_up: datetime = _LONG_AGO
    silent: datetime = _LONG_AGO
    whole: datetime = _LONG_AGO
    floor: datetime = _LONG_AGO

    def is_stale(self, now: datetime, cutoff: datetime) -> bool:
        return now - self.follow_up > FRESH or cutoff - self.silent > FRESH


def _read(note: str) -> _Looked:
    return _Looked(**{name: datetime.fromisoformat(at) for name, at in json.loads(note or "{}").items()})


def _remember(lock: Lock, looked: _Looked) -> None:
    note = json.dumps({name: at.isoformat() for name, at in asdict(looked).items()})
    Lock.objects.filter(pk=lock.pk).update(note=note, ran_at=looked.follow_up)


def assume_swept(*, at: datetime) -> None:
    """Say that next steps and silence up to `at` were told long ago: for a database filled with a past."""
    with db.exclusively(LEADS, wait=True) as lock:
        assert lock is not None
        silent = at - timedelta(days=agreement.silent_days())
        _remember(lock, _Looked(at, silent, at, silent))


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
        lead=OuterRef("pk"), handoff=None, kind=StepKind.SILENT, due_at__gte=OuterRef("quiet_since")
    )  # of this silence, whatever the limit was then
    was_worked = Activity.objects.filter(lead=OuterRef("pk")).exclude(kind__in=("work", "note"))
    rows = (
        Lead.objects.filter(
            stage__in=WORKED_STAGES, is_test=False, erased_at=None, last_activity_at__lte=cutoff
        )
        .filter(Q(next_step_at=None) | Q(next_step_at__lte=cutoff))
        .filter(Q(is_history=False) | Exists(was_worked))
        .annotate(quiet_since=quiet_since, silent_at=due_at)
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
            flags.key(kind),
            JSONObject(
                lead=flags.title("lead__"),
                company=F("lead__company"),
                campaign=F("lead__campaign__name"),
                due_at=db.iso_text("due_at"),
                lead_id=F("lead_id"),
                **more,
            ),
            flags.url("lead_id"),
            Value(now, DateTimeField()),
            Value(False, BooleanField()),
        ),
        flags.NOTICE,
    )
