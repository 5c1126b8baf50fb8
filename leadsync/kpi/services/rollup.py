"""The roll-up: facts by day and by cohort, kept current by recomputing only what changed.

Whoever changes something that figures count leaves a hint (`campaigns.models.Touch`) in the same transaction.
Here hints are taken away and exactly the cells they name are computed anew, in one transaction: a worker
killed half-way leaves hints and facts as they were. A cell is a campaign's day, or a campaign's month of received
leads. The full pass computes everything by plain GROUP BY over the tables, by other statements than the
partial one, and so checks it.
"""

# ruff: noqa: S608 — every name in these statements is a constant here or a model's; values are parameters.

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import batched
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from campaigns.models import Spend, Touch, Visits
from leads.models import Activity, Lead
from leadsync.accounts.models import Company
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.kpi.domain import days
from leadsync.kpi.models import CohortFact, DayFact
from leadsync.notices.services import open_alert, resolve_alert

LOCK = "rollup"
ALERT = "rollup_difference"
TOUCHES_AT_ONCE = 10_000
CELLS_AT_ONCE = 500

type Cell = tuple[int, date]  # a campaign and a day, or the first day of a month
type Statement = tuple[str, list[Any]]

DAY_FIGURES = (
    "arrived",
    "handed_off",
    "contacted",
    "contacted_in_time",
    "contacted_promised",
    "judged_only",
    "qualified",
    "promising",
    "not_a_fit",
    "unreachable",
    "won",
    "revenue",
    "lost",
    "minutes",
    "minutes_estimated",
    "spend",
    "visits",
)
COHORT_FIGURES = ("leads", "revenue", "minutes")


@dataclass(frozen=True, slots=True)
class RollUpResult:
    """What a run did. `is_busy`: another one was at work, so nothing was done."""

    touches: int = 0
    days: int = 0
    cohorts: int = 0
    is_full: bool = False
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored fact that is not what the tables say. Figures are None where the fact is missing on that
    side.
    """

    table: str
    key: tuple[Any, ...]
    stored: tuple[Any, ...] | None
    computed: tuple[Any, ...] | None

    def __str__(self) -> str:
        key = " ".join(str(part) for part in self.key)
        return f"{self.table} {key}: stored {self.stored}, computed {self.computed}"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where figures come from: rows of `table` (alias `r`) with their instant or day in `column`."""

    table: str
    column: str
    figures: dict[str, str]
    rep: str = "CAST(NULL AS bigint)"
    where: str = ""
    join: str = ""
    has_days: bool = field(default=False)  # the column holds a day, not an instant


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


_LEAD = Lead._meta.db_table
_ONE = "1"


def _if(condition: str, value: str = "1") -> str:
    return f"CASE WHEN {condition} THEN {value} ELSE 0 END"


def _lead_source(column: str, figures: dict[str, str], where: str = "") -> _Source:
    counted = "NOT r.is_test"
    return _Source(
        _LEAD, column, figures, rep="r.owner_id", where=f"{counted} AND {where}" if where else counted
    )


# The definition of every figure. Test leads count nowhere; a lead's facts belong to its present rep,
# minutes to who
# spent them, spend and visits to nobody.
SOURCES = (
    _lead_source("received_at", {"arrived": _ONE}),
    _lead_source("handed_off_at", {"handed_off": _ONE}),
    _lead_source(
        "first_contact_at",
        {
            "contacted": _ONE,
            "contacted_in_time": _if("r.is_in_time"),
            "contacted_promised": _if("r.is_in_time IS NOT NULL"),
        },
    ),
    _lead_source(
        "marked_at",
        {
            "judged_only": _if("r.is_judged_only"),
            "promising": _if("r.mark = 'promising'"),
            "not_a_fit": _if("r.mark = 'not_a_fit'"),
            "unreachable": _if("r.mark = 'unreachable'"),
        },
        "(r.is_judged_only OR r.mark IN ('promising', 'not_a_fit', 'unreachable'))",
    ),
    _lead_source("qualified_at", {"qualified": _ONE}),
    _lead_source("won_at", {"won": _ONE, "revenue": "COALESCE(r.amount, 0)"}, "r.stage = 'won'"),
    _lead_source("lost_at", {"lost": _ONE}, "r.stage = 'lost'"),
    _Source(
        Activity._meta.db_table,
        "at",
        {"minutes": "r.minutes", "minutes_estimated": _if("r.is_estimated", "r.minutes")},
        rep="r.by_id",
        where="r.minutes > 0 AND NOT l.is_test",
        join=f"JOIN {_LEAD} l ON l.id = r.lead_id",
    ),
    _Source(Spend._meta.db_table, "on", {"spend": "r.amount"}, has_days=True),
    _Source(Visits._meta.db_table, "on", {"visits": "r.count"}, has_days=True),
)


# ---------------------------------------------------------------------------------------------- running it


def roll_up(*, limit: int = TOUCHES_AT_ONCE) -> RollUpResult:
    """Take up to `limit` hints away and compute the cells they name. Everything, where the company's zone
    changed.

    Safe beside any number of others: one works, the rest return `is_busy`.
    """
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return RollUpResult(is_busy=True)
        zone = _zone()
        if lock.note != zone.key:
            return _everything(lock, zone)
        touches = list(Touch.objects.order_by("id").values_list("id", "campaign_id", "at", "on")[:limit])
        if not touches:
            _ran(lock, zone)
            return RollUpResult()
        for ids in batched((touch[0] for touch in touches), 1_000):
            Touch.objects.filter(id__in=ids).delete()
        day_cells = {
            (campaign_id, on or days.day_of(cast(datetime, at), zone)) for _, campaign_id, at, on in touches
        }
        db.prefer_indexes()
        month_cells = {(campaign_id, days.month_of(day)) for campaign_id, day in day_cells}
        for part in batched(sorted(day_cells), CELLS_AT_ONCE):
            _compute_days(part, zone)
        for part in batched(sorted(month_cells), CELLS_AT_ONCE):
            _compute_cohorts(part, zone)
        _ran(lock, zone)
        return RollUpResult(touches=len(touches), days=len(day_cells), cohorts=len(month_cells))


def roll_up_all(*, limit: int = TOUCHES_AT_ONCE) -> RollUpResult:
    """`roll_up` until no hint is left, one transaction per `limit` hints. The sum of what was done."""
    touches = day_count = cohorts = 0
    while True:
        done = roll_up(limit=limit)
        if done.is_busy or done.is_full:
            return done
        touches, day_count, cohorts = touches + done.touches, day_count + done.days, cohorts + done.cohorts
        if done.touches < limit:
            return RollUpResult(touches=touches, days=day_count, cohorts=cohorts)


def roll_up_full() -> RollUpResult:
    """Compute every fact from scratch, waiting for a run under way."""
    with db.exclusively(LOCK, wait=True) as lock:
        assert lock is not None
        return _everything(lock, _zone())


def check() -> list[Difference]:
    """Process what is pending, then compare every stored fact with the tables. Empty: there is no difference.

    What changes meanwhile has left its hint and is passed over.
    """
    roll_up_all()
    with db.exclusively(LOCK, wait=True):
        db.take_your_time()
        zone = _zone()
        found = [*_differences(DayFact, zone), *_differences(CohortFact, zone)]
        if not found:
            return []
        pending_days = {
            (campaign_id, on or days.day_of(cast(datetime, at), zone))
            for campaign_id, at, on in Touch.objects.values_list("campaign_id", "at", "on")
        }
    pending_months = {(campaign_id, days.month_of(day)) for campaign_id, day in pending_days}
    pending = {DayFact._meta.db_table: pending_days, CohortFact._meta.db_table: pending_months}
    return [
        difference
        for difference in found
        if (difference.key[1], difference.key[0]) not in pending[difference.table]
    ]


def check_and_repair() -> list[Difference]:
    """The nightly pass: tell of any difference by an alert, then put it right; without one the alert is
    resolved.
    """
    found = check()
    if found:
        open_alert(
            kind=ALERT,
            subject=LOCK,
            context={"count": len(found), "examples": [str(difference) for difference in found[:5]]},
        )
        roll_up_full()
    else:
        resolve_alert(kind=ALERT, subject=LOCK)
    return found


def _zone() -> ZoneInfo:
    # Asked afresh: the settings a request holds may be older than this transaction.
    name = Company.objects.filter(pk=1).values_list("zone", flat=True).first()
    return ZoneInfo(name or Company._meta.get_field("zone").get_default())


def _ran(lock: Lock, zone: ZoneInfo) -> None:
    Lock.objects.filter(pk=lock.pk).update(ran_at=timezone.now(), note=zone.key)


def _everything(lock: Lock, zone: ZoneInfo) -> RollUpResult:
    # Only hints that this statement sees go: their changes are committed, so the statements below see them
    # too.
    db.take_your_time()
    count, _ = Touch.objects.all().delete()
    DayFact.objects.all()._raw_delete(DayFact.objects.db)
    CohortFact.objects.all()._raw_delete(CohortFact.objects.db)
    day_count = _run(_insert(DayFact, ("on", "campaign_id", "rep_id", *DAY_FIGURES), _all_days(zone)))
    cohorts = _run(
        _insert(CohortFact, ("month", "campaign_id", "stage", "mark", *COHORT_FIGURES), _all_cohorts(zone))
    )
    _ran(lock, zone)
    return RollUpResult(touches=count, days=day_count, cohorts=cohorts, is_full=True)


# ---------------------------------------------------------------------------------------------- statements


def _run(statement: Statement) -> int:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return int(cursor.rowcount)


def _insert(
    model: type[DayFact | CohortFact], columns: Sequence[str], rows: Statement, cells: Statement = ("", [])
) -> Statement:
    names = ", ".join(_quoted(name) for name in columns)
    return (
        f"{cells[0]} INSERT INTO {model._meta.db_table} ({names}) {rows[0]}",
        [*cells[1], *rows[1]],
    )


def _cells(cells: Iterable[Cell], ranges: dict[date, tuple[datetime, datetime]]) -> Statement:
    """A named list of cells, each with the instants between which it lies: what the statements join."""
    ops = connection.ops
    params: list[Any] = []
    for campaign_id, day in cells:
        first, stop = ranges[day]
        params += [
            campaign_id,
            ops.adapt_datefield_value(day),
            ops.adapt_datetimefield_value(first),
            ops.adapt_datetimefield_value(stop),
        ]
    row = "(%s, %s, %s, %s)"
    rows = ", ".join([row] * (len(params) // 4))
    return f"WITH cell (campaign_id, day, starts_at, ends_at) AS (VALUES {rows})", params


def _figures(source: _Source) -> str:
    """Sums of what the source counts; the other figures are 0. Added here, few and narrow rows are left to add."""
    sums = {name: f"SUM({value})" for name, value in source.figures.items()}
    return ", ".join(f"{sums.get(name, '0')} AS {_quoted(name)}" for name in DAY_FIGURES)


def _grouped(parts: Iterable[Statement]) -> Statement:
    """The sum of all sources' rows by day, campaign and rep."""
    texts, params = [], []
    for text, own in parts:
        texts.append(text)
        params += own
    # Rounded: SQLite adds amounts as floating point numbers.
    sums = ", ".join(
        f"ROUND(SUM({_quoted(name)}), 2)" if name in {"revenue", "spend"} else f"SUM({_quoted(name)})"
        for name in DAY_FIGURES
    )
    union = " UNION ALL ".join(texts)
    return (
        f"SELECT day, campaign_id, rep_id, {sums} FROM ({union}) facts GROUP BY day, campaign_id, rep_id",
        params,
    )


def _days_of_cells() -> Iterator[Statement]:
    for source in SOURCES:
        column = f"r.{_quoted(source.column)}"
        within = (
            f"{column} = cell.day"
            if source.has_days
            else f"{column} >= cell.starts_at AND {column} < cell.ends_at"
        )
        where = f" WHERE {source.where}" if source.where else ""
        yield (
            f"SELECT cell.day AS day, r.campaign_id, {source.rep} AS rep_id, {_figures(source)}"
            f" FROM cell JOIN {source.table} r ON r.campaign_id = cell.campaign_id AND {within}"
            f" {source.join}{where} GROUP BY 1, 2, 3",
            [],
        )


def _all_days(zone: ZoneInfo) -> Statement:
    parts: list[Statement] = []
    for source in SOURCES:
        column = f"r.{_quoted(source.column)}"
        day, params = (column, []) if source.has_days else (db.local_day(column), [zone.key])
        where = f"{column} IS NOT NULL" + (f" AND {source.where}" if source.where else "")
        parts.append(
            (
                f"SELECT {day} AS day, r.campaign_id, {source.rep} AS rep_id, {_figures(source)}"
                f" FROM {source.table} r {source.join} WHERE {where} GROUP BY 1, 2, 3",
                params,
            )
        )
    return _grouped(parts)


_COHORT_SUMS = (
    "COUNT(*) AS leads,"
    " ROUND(SUM(CASE WHEN r.stage = 'won' THEN COALESCE(r.amount, 0) ELSE 0 END), 2) AS revenue,"
    " SUM(r.minutes) AS minutes"
)


def _all_cohorts(zone: ZoneInfo) -> Statement:
    return (
        f"SELECT {db.local_month('r.received_at')} AS month, r.campaign_id, r.stage, r.mark, {_COHORT_SUMS}"
        f" FROM {_LEAD} r WHERE NOT r.is_test GROUP BY 1, 2, 3, 4",
        [zone.key],
    )


def _compute_days(cells: Sequence[Cell], zone: ZoneInfo) -> None:
    ranges = {day: (first, stop) for day, first, stop in days.ranges({day for _, day in cells}, zone)}
    listed = _cells(cells, ranges)
    _run(_delete(DayFact, "on", listed))
    _run(_insert(DayFact, ("on", "campaign_id", "rep_id", *DAY_FIGURES), _grouped(_days_of_cells()), listed))


def _compute_cohorts(cells: Sequence[Cell], zone: ZoneInfo) -> None:
    ranges = {
        month: (days.starts_at(month, zone), days.starts_at(days.add_months(month, 1), zone))
        for month in {month for _, month in cells}
    }
    listed = _cells(cells, ranges)
    rows = (
        f"SELECT cell.day AS month, r.campaign_id, r.stage, r.mark, {_COHORT_SUMS}"
        f" FROM cell JOIN {_LEAD} r ON r.campaign_id = cell.campaign_id"
        " AND r.received_at >= cell.starts_at AND r.received_at < cell.ends_at"
        " WHERE NOT r.is_test GROUP BY cell.day, r.campaign_id, r.stage, r.mark"
    )
    _run(_delete(CohortFact, "month", listed))
    _run(_insert(CohortFact, ("month", "campaign_id", "stage", "mark", *COHORT_FIGURES), (rows, []), listed))


def _delete(model: type[DayFact | CohortFact], column: str, cells: Statement) -> Statement:
    return (
        f"{cells[0]} DELETE FROM {model._meta.db_table} WHERE (campaign_id, {_quoted(column)})"
        " IN (SELECT campaign_id, day FROM cell)",
        cells[1],
    )


def _differences(model: type[DayFact | CohortFact], zone: ZoneInfo) -> list[Difference]:
    if model is DayFact:
        columns: tuple[str, ...] = ("on", "campaign_id", "rep_id", *DAY_FIGURES)
        computed, keys = _all_days(zone), 3
    else:
        columns = ("month", "campaign_id", "stage", "mark", *COHORT_FIGURES)
        computed, keys = _all_cohorts(zone), 4
    names = ", ".join(_quoted(name) for name in columns)
    table = model._meta.db_table
    stored = f"SELECT {names} FROM {table}"
    found: dict[tuple[Any, ...], list[tuple[Any, ...] | None]] = {}
    with connection.cursor() as cursor:
        for place, text in enumerate(
            (
                f"{stored} EXCEPT SELECT * FROM ({computed[0]}) a",
                f"SELECT * FROM ({computed[0]}) a EXCEPT {stored}",
            )
        ):
            cursor.execute(text, computed[1])
            for row in cursor.fetchall():
                first = row[0] if isinstance(row[0], date) else date.fromisoformat(row[0])
                key = (first, *row[1:keys])
                found.setdefault(key, [None, None])[place] = tuple(row[keys:])
    return [
        Difference(table, key, stored_figures, computed_figures)
        for key, (stored_figures, computed_figures) in sorted(found.items(), key=lambda item: str(item[0]))
    ]


def last_run() -> datetime | None:
    """When the roll-up last ran to its end."""
    return Lock.objects.filter(name=LOCK).values_list("ran_at", flat=True).first()
