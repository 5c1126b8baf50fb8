"""Back-tests: measured in batches by a worker, each batch in one statement, so that a restart goes on where it stood.

A batch commits its rows, its counts and `last_lead` together: whatever kills the worker, no lead is measured twice
and none is left out. What an answer means is asked of `leads.domain.definition` alone: the different answers of a
batch are judged one by one here, and the database only adds up.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _

from leads.domain import backtest as domain
from leads.domain.backtest import CENT, Definition, Group, Result, Share, Verdict
from leads.domain.definition import CriterionTerms, derived
from leads.domain.words import OPEN_STAGES, Stage
from leads.models import Agreement, Answer, BackTest, BackTestLead, Lead
from leads.querysets import LeadQuerySet
from leads.selectors import agreement as agreements
from leads.selectors import backtest as selectors
from leads.services import changes
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import beats, db
from leadsync.core.errors import Invalid, NotAllowed, NotFound

log = structlog.get_logger(__name__)

BATCH = 20_000
DIRECT = 5_000  # so many leads are measured while the person waits; more by the worker
KEPT = 3  # the newest tests of a version; older ones are thrown away
TASK = "leads.agreement"
UNFINISHED = (BackTest.State.WAITING, BackTest.State.RUNNING)

# What each side adds up, in the order of `domain.Share`.
_SUMS = ("met", "failed", "points", "lost")
_COLUMNS = (*(f"old_{name}" for name in _SUMS), *(f"new_{name}" for name in _SUMS))
# Where an answer comes from: somebody gave it, or the lead itself says it.
_ANSWER, _COUNTRY, _SEGMENT = "answer", "country", "segment"

type Weighed = tuple[str, str, str, *tuple[int, ...]]


# ------------------------------------------------------------------------------------------------ asking


def ask(
    *, agreement: Agreement, from_on: date, to_on: date, by: User, at: datetime | None = None
) -> BackTest:
    """Measure a draft or proposed version over the leads received in these days, both included.

    Few leads are measured at once, more by the worker. Asked for the same again while it is under way, it is the
    same test; asked for something else, the one under way is given up. Raises `NotAllowed`; `Invalid` with the field
    for a signed version, a period that is reversed, ahead of today, longer than 5 years, or without a lead.
    """
    if not by.can(Can.EDIT_AGREEMENT):
        raise NotAllowed(_("The heads of marketing and of sales measure a draft."))
    now = changes.instant(at)
    _check_period(from_on, to_on, now)
    with transaction.atomic():
        found = db.locked(Agreement.objects.filter(pk=agreement.pk)).first()
        if found is None:
            raise NotFound(_("This version was discarded meanwhile."))
        if not found.is_editable:
            raise Invalid(_("This version is signed. A draft or a proposed version can be measured."))
        against = agreements.in_force()
        asked = {
            "before": selectors.definition_of(against).as_json(),
            "after": selectors.definition_of(found).as_json(),
        }
        waiting = BackTest.objects.filter(agreement=found, state__in=UNFINISHED)
        same = next(
            (one for one in waiting.filter(from_on=from_on, to_on=to_on) if one.result.get("asked") == asked),
            None,
        )
        if same is not None:
            return same
        waiting.delete()
        total = _leads(from_on, to_on).count()
        if not total:
            raise Invalid(_("No lead was received in these days."), field="from_on")
        test = BackTest.objects.create(
            agreement=found,
            agreement_version=found.version,
            against=against,
            from_on=from_on,
            to_on=to_on,
            asked_by=by,
            asked_at=now,
            total=total,
            result={"asked": asked},
        )
        kept = BackTest.objects.filter(agreement=found).order_by("-pk").values_list("pk", flat=True)[:KEPT]
        BackTest.objects.filter(agreement=found).exclude(pk__in=list(kept)).delete()
        if total > DIRECT:
            transaction.on_commit(lambda: beats.hint(TASK))
            return test
    return run(test.pk)


def _check_period(from_on: date, to_on: date, now: datetime) -> None:
    today = now.astimezone(accounts.company().tz).date()
    if to_on < from_on:
        raise Invalid(_("The last day is before the first."), field="to_on")
    if from_on > today:
        raise Invalid(_("This day is ahead: no lead is known of it."), field="from_on")
    if to_on > today:
        raise Invalid(_("This day is ahead: leads are known until today."), field="to_on")
    if to_on - from_on > domain.LONGEST:
        raise Invalid(_("At most 5 years are measured at once."), field="from_on")
    if from_on < domain.EARLIEST:
        raise Invalid(_("No lead was received in these days."), field="from_on")


def _leads(from_on: date, to_on: date) -> LeadQuerySet:
    """The leads of these days of the company's zone that figures count."""
    zone = accounts.company().tz
    return Lead.objects.counted().filter(
        received_at__gte=datetime.combine(from_on, time.min, zone),
        received_at__lt=datetime.combine(to_on + timedelta(days=1), time.min, zone),
    )


# ------------------------------------------------------------------------------------------------ measuring


def resume_all() -> int:
    """What the worker does: go on with what waits or was interrupted. How many tests it worked on."""
    found = list(BackTest.objects.filter(state__in=UNFINISHED).order_by("pk").values_list("pk", flat=True))
    for pk in found:
        run(pk, waits=False)
    return len(found)


def run(pk: int, *, waits: bool = True) -> BackTest:
    """Measure batch by batch until the end; a fault leaves the test failed with its reason.

    Without `waits` it leaves a test alone that another worker holds. Raises `OperationalError` when the database
    went away: the test goes on at the next call.
    """
    try:
        while _batch(pk, waits=waits):
            pass
    except OperationalError:
        raise
    except Exception as error:  # the reason belongs on the page, whatever it is
        log.exception("back_test_failed", back_test=pk)
        BackTest.objects.filter(pk=pk, state__in=UNFINISHED).update(
            state=BackTest.State.FAILED, error=f"{type(error).__name__}: {error}".replace("\x00", "")[:500]
        )
    return BackTest.objects.get(pk=pk)


@transaction.atomic
def _batch(pk: int, *, waits: bool) -> bool:
    """Measure the next leads; False when nothing is left to do, or another worker does it."""
    rows = BackTest.objects.filter(pk=pk, state__in=UNFINISHED)
    test = (db.locked(rows) if waits else db.claimable(rows)).first()
    if test is None:
        return False
    if test.started_at is None:
        test.started_at = db.now()
    leads = _leads(test.from_on, test.to_on).filter(pk__gt=test.last_lead)
    found = leads.order_by("pk").values("pk")[:BATCH].aggregate(last=Max("pk"), count=Count("pk"))
    test.state = BackTest.State.RUNNING
    if found["count"]:
        _measure(test, leads.filter(pk__lte=found["last"]), last=found["last"])
        test.last_lead = found["last"]
        test.done += found["count"]
    is_last = found["count"] < BATCH
    if is_last:
        test.total = test.done  # leads that came or went meanwhile
        test.result = {**test.result, "cells": _result(test).as_json()}
        test.state, test.finished_at = BackTest.State.DONE, db.now()
    test.save()
    return not is_last


def _measure(test: BackTest, leads: LeadQuerySet, *, last: int) -> None:
    """Write the verdicts of these leads: one statement, which adds up what each different answer is worth."""
    old = Definition.of_json(test.result["asked"]["before"])
    new = Definition.of_json(test.result["asked"]["after"])
    sql, params = leads.order_by().values_list("pk", "country", "campaign__segment").query.sql_with_params()
    quote = connection.ops.quote_name
    answers, verdicts = quote(Answer._meta.db_table), quote(BackTestLead._meta.db_table)
    # Their range keeps the database from reading the answers of all other leads; once read, they are kept.
    within = f"a.lead_id > {int(test.last_lead)} AND a.lead_id <= {int(last)}"
    picked = (
        f"WITH picked(id, country, segment) AS ({sql}), answered(lead_id, akey, avalue) AS MATERIALIZED ("  # noqa: S608
        f"SELECT a.lead_id, a.key, {db.json_as_text(f'a.{quote("value")}')} FROM {answers} a"
        f" JOIN picked p ON p.id = a.lead_id WHERE {within})"
    )
    weighed = list(_weighed(picked, params, old, new))
    table, given = db.given_rows(
        {"source": "text", "akey": "text", "avalue": "text"} | dict.fromkeys(_COLUMNS, "integer"), weighed
    )
    adds = ", ".join(f"w.{name}" for name in _COLUMNS)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in _COLUMNS)
    unanswered = f"NOT EXISTS (SELECT 1 FROM {answers} a WHERE a.lead_id = p.id AND a.key = w.akey)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"{picked}, weighed AS ({table}), known AS ("  # noqa: S608  # names of models, numbers, own words
            # Said this way, SQLite looks each answer up instead of reading all answers for each weight.
            f" SELECT a.lead_id, {adds} FROM answered a CROSS JOIN weighed w"
            f" WHERE w.source = '{_ANSWER}' AND w.akey = a.akey AND w.avalue = a.avalue"
            f" UNION ALL SELECT p.id, {adds} FROM picked p"
            f" JOIN weighed w ON w.source = '{_COUNTRY}' AND w.avalue = p.country WHERE {unanswered}"
            f" UNION ALL SELECT p.id, {adds} FROM picked p"
            f" JOIN weighed w ON w.source = '{_SEGMENT}' AND w.avalue = p.segment WHERE {unanswered}"
            f"), measured AS (SELECT lead_id, {sums} FROM known GROUP BY lead_id)"
            f" INSERT INTO {verdicts} (test_id, lead_id, {quote('before')}, {quote('after')})"
            f" SELECT {int(test.pk)}, p.id, {_case('old', old)}, {_case('new', new)}"
            f" FROM picked p LEFT JOIN measured m ON m.lead_id = p.id WHERE 1 = 1 ON CONFLICT DO NOTHING",
            [*params, *given],
        )


def _case(side: str, definition: Definition) -> str:
    """SQL for the verdict from a lead's sums: `leads.domain.definition.evaluate` on numbers."""

    def summed(name: str) -> str:
        return f"COALESCE(m.{side}_{name}, 0)"

    needed, possible = int(definition.points_needed), int(definition.possible)
    return (
        f"CASE WHEN {summed('met')} = {int(definition.required)} AND {summed('points')} >= {needed}"
        f" THEN '{Verdict.MET.value}'"
        f" WHEN {summed('failed')} > 0 OR {possible} - {summed('lost')} < {needed}"
        f" THEN '{Verdict.NOT_MET.value}' ELSE '{Verdict.UNKNOWN.value}' END"
    )


def _weighed(picked: str, params: tuple[Any, ...], old: Definition, new: Definition) -> Iterator[Weighed]:
    """Every different answer of the picked leads to a criterion of either version, with what it is worth to each."""
    before, after = old.by_key(), new.by_key()
    keys = sorted(before.keys() | after.keys())
    if not keys:
        return
    marks = ", ".join(["%s"] * len(keys))
    asked = [*before.values(), *after.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{picked} SELECT DISTINCT akey, avalue FROM answered WHERE akey IN ({marks})",  # noqa: S608
            [*params, *keys],
        )
        for key, text in cursor.fetchall():
            given = json.loads(text)
            yield from _row(_ANSWER, key, text, _share(before, key, given), _share(after, key, given))
        for place in (_COUNTRY, _SEGMENT):
            if not any(one.kind == place for one in asked):
                continue
            cursor.execute(f"{picked} SELECT DISTINCT {place} FROM picked", params)  # noqa: S608
            for (text,) in cursor.fetchall():
                for key in keys:
                    shares = (_own_share(one.get(key), place, text) for one in (before, after))
                    yield from _row(place, key, text, *shares)


def _row(source: str, key: str, text: str, old: Share, new: Share) -> Iterator[Weighed]:
    numbers = (old.met, old.failed, old.points, old.lost, new.met, new.failed, new.points, new.lost)
    if any(numbers):
        yield (source, key, text, *numbers)


def _share(by_key: dict[str, CriterionTerms], key: str, value: Any) -> Share:
    return domain.share(by_key[key], value) if key in by_key else Share()


def _own_share(criterion: CriterionTerms | None, place: str, text: str) -> Share:
    """What the lead's country or its campaign's segment is worth to a criterion that nobody answered."""
    if criterion is None or criterion.kind != place:
        return Share()
    found = derived([criterion], country=text, segment=text)
    return domain.share(criterion, found.get(criterion.key))


def _result(test: BackTest) -> Result:
    """The figures over all measured leads, as the leads stand now. One statement."""
    is_won = Q(lead__stage=Stage.WON)
    rows = (
        BackTestLead.objects.filter(test=test)
        .values("before", "after")
        .annotate(
            leads=Count("pk"),
            won=Count("pk", filter=is_won),
            open=Count("pk", filter=Q(lead__stage__in=OPEN_STAGES)),
            priced=Count("lead__amount", filter=is_won),
            amount=Sum("lead__amount", filter=is_won),
        )
        .order_by("before", "after")
    )
    return Result(
        {
            (Verdict(row["before"]), Verdict(row["after"])): Group(
                row["leads"],
                row["won"],
                row["open"],
                row["priced"],
                Decimal(row["amount"] or 0).quantize(CENT),
            )
            for row in rows
        }
    )
