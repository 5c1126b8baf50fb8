"""Work that a change of what is agreed brings: due times computed anew, a draft measured over known leads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import count, cycle
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import F
from django.utils import timezone

from leads.models import Agreement, Answer, BackTest, Handoff, Lead
from leads.services import agreements, backtest, recomputing
from leadsync.accounts.models import Company, User, WorkingHours
from leadsync.core import db
from tests.bench import seed as seeds
from tests.bench.report import Row
from tests.bench.seed import Seed
from tests.bench.timing import compare, run

MOST = 100_000
LEAD, ANSWER, HANDOFF = Lead._meta.db_table, Answer._meta.db_table, Handoff._meta.db_table
TIMES = ("promise_seconds", "due_at", "warn_at", "escalate_at", "next_check_at")
# What opening a handoff again changes, so what is put back.
KEPT = (
    "at",
    "why",
    "promise_seconds",
    "due_at",
    "warn_at",
    "escalate_at",
    "next_check_at",
    "ended_at",
    "end",
    "is_in_time",
    "taken_seconds",
)


# ------------------------------------------------------------------------------------------------ due times


def recompute(seed: Seed, row: Row) -> None:
    """The company's hours change while so many leads wait: each due time by the new hours."""
    number = min(MOST, seed.first_kept // 2)
    row.work = f"recomputing {number:,} open due times"
    row.floor = "one UPDATE of the same handoffs from a list of values"
    with _waiting(seed, number), _hours():
        calls, shifts = count(), cycle((30, -30))
        bare: list[tuple[int, tuple[Any, ...]]] = []

        def change_hours() -> None:
            # Asked for before the floor and before ours: ours meets other hours each time.
            if next(calls) % 2 == 0:
                shift = next(shifts)
                WorkingHours.objects.filter(person=None).update(
                    opens=F("opens") + shift, closes=F("closes") + shift
                )
            # The version stays: the worker's sweep would be faster than the measurement.
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM ANALYZE {HANDOFF}")

            bare[:] = _values(seed, number)

        def ours() -> None:
            moved = recomputing.recompute()
            if moved < number // 2:
                raise RuntimeError(f"only {moved:,} of {number:,} due times moved")

        recomputing.recompute()
        compare(row, 3, ours, lambda: db.update_rows(Handoff, TIMES, bare), before=change_hours)


def _values(seed: Seed, number: int) -> list[tuple[int, tuple[Any, ...]]]:
    """What the floor writes: the times there are, so that writing alone is measured."""
    waiting = Handoff.objects.filter(lead_id__gte=seed.first_kept - number, lead_id__lt=seed.first_kept)
    return [(pk, tuple(values)) for pk, *values in waiting.values_list("pk", *TIMES)]


@contextmanager
def _waiting(seed: Seed, number: int) -> Iterator[None]:
    """The newest leads wait for a first contact again, since up to two days."""
    span = f"lead_id >= {seed.first_kept - number} AND lead_id < {seed.first_kept}"
    names = ", ".join(f'"{name}"' for name in KEPT)
    run(
        "DROP TABLE IF EXISTS bench_kept",
        f"CREATE TABLE bench_kept AS SELECT id, {names} FROM {HANDOFF} WHERE {span}",
        f"UPDATE {HANDOFF} SET ended_at = NULL, \"end\" = '', is_in_time = NULL, taken_seconds = NULL, why = '{{}}',"
        " at = now() - make_interval(mins => (lead_id % 2880)::int),"
        " due_at = now() + interval '1 hour', warn_at = now() + interval '45 minutes',"
        f" escalate_at = now() + interval '2 hours', next_check_at = now() + interval '45 minutes' WHERE {span}",
    )
    try:
        yield
    finally:
        sets = ", ".join(f'"{name}" = k."{name}"' for name in KEPT)
        run(
            f"UPDATE {HANDOFF} h SET {sets} FROM bench_kept k WHERE k.id = h.id",
            "DROP TABLE bench_kept",
        )


@contextmanager
def _hours() -> Iterator[None]:
    """The company's hours stored, and as they were afterwards."""
    former = list(WorkingHours.objects.filter(person=None))
    if not former:
        WorkingHours.objects.bulk_create(
            WorkingHours(weekday=day, opens=540, closes=1020) for day in range(5)
        )
    try:
        yield
    finally:
        WorkingHours.objects.filter(person=None).delete()
        WorkingHours.objects.bulk_create(former)
        Company.objects.filter(pk=1).update(version=F("version") + 1)


# ------------------------------------------------------------------------------------------------ back-tests


def back_test(seed: Seed, row: Row) -> None:
    """A draft with other thresholds measured against the version in force, over so many leads."""
    number = min(MOST, seed.leads)
    row.work = f"back-test over {number:,} leads"
    row.floor = "the same verdicts by one bare INSERT … SELECT, and their counts with win rate and amount"
    by = User.objects.get(email=seeds.HEAD_OF_SALES)
    draft = _draft(by)
    today = timezone.localdate()
    asked = {"from_on": today - timedelta(days=seeds.DAYS * number // seed.leads), "to_on": today}
    pks: list[int] = []

    def ask() -> None:
        BackTest.objects.filter(agreement=draft).delete()
        with mock.patch("leadsync.core.beats.hint"):  # measured here, not by the worker
            pks.append(backtest.ask(agreement=draft, by=by, **asked).pk)

    def ours() -> None:
        done = backtest.run(pks[-1])
        if done.state != BackTest.State.DONE:
            raise RuntimeError(f"the back-test went wrong: {done.state} {done.error}")
        row.note = f"{done.total:,} leads"

    try:
        compare(row, 3, ours, lambda: _bare_back_test(asked["from_on"].isoformat()), before=ask)
    finally:
        draft.delete()


def _draft(by: User) -> Agreement:
    draft = agreements.new_draft(by=by)
    agreements.edit(
        agreement=draft,
        by=by,
        criteria=[
            agreements.CriterionData("Company over 20 people", "people", "number", Decimal(35)),
            agreements.CriterionData("Warehouse over 500 m²", "hall", "number", Decimal(900)),
            agreements.CriterionData("Asked us to call", "asked", is_required=False, points=1),
        ],
        limits={"points_needed": 1},
    )
    return draft


def _bare_back_test(from_on: str) -> None:
    def number(key: str) -> str:
        return f"max((value #>> '{{}}')::numeric) FILTER (WHERE key = '{key}')"

    def verdict(people: int, hall: int) -> str:
        return (
            f"CASE WHEN people >= {people} AND hall >= {hall} AND asked THEN 'met'"
            f" WHEN people < {people} OR hall < {hall} OR NOT asked THEN 'not_met' ELSE 'unknown' END"
        )

    run(
        "CREATE TEMPORARY TABLE bare_verdict (lead_id bigint, before text, after text) ON COMMIT DROP",
        f"INSERT INTO bare_verdict SELECT l.id, {verdict(20, 500)}, {verdict(35, 900)} FROM {LEAD} l LEFT JOIN"
        f" (SELECT lead_id, {number('people')} AS people, {number('hall')} AS hall,"
        f" bool_or((value #>> '{{}}')::boolean) FILTER (WHERE key = 'asked') AS asked"
        f" FROM {ANSWER} WHERE lead_id IN (SELECT id FROM {LEAD} WHERE received_at >= '{from_on}') GROUP BY lead_id)"
        f" a ON a.lead_id = l.id WHERE l.received_at >= '{from_on}' AND NOT l.is_test",
        "SELECT v.before, v.after, count(*), count(*) FILTER (WHERE l.stage = 'won'),"
        " sum(l.amount) FILTER (WHERE l.stage = 'won')"
        f" FROM bare_verdict v JOIN {LEAD} l ON l.id = v.lead_id GROUP BY 1, 2",
    )
