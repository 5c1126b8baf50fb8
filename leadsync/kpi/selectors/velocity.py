"""How fast leads move from arrival to deal, by the month in which they came in."""

# ruff: noqa: S608 — every name in these statements is a model's; values are parameters.

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from leads.models import Lead
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import days
from leadsync.kpi.domain.velocity import Month, Stamps, Step, measure

SAMPLE = 400  # the newest leads of a month that each step is measured over
_COLUMNS = (
    "received_at, handed_off_at, first_contact_at, qualified_at, CASE WHEN stage = 'won' THEN won_at END"
)
# Few leads are ever qualified: the later steps have a sample of their own.
_SAMPLES: dict[tuple[Step, ...], str] = {
    (Step.HANDOFF, Step.CONTACT): "handed_off_at IS NOT NULL",
    (Step.QUALIFIED,): "first_contact_at IS NOT NULL AND qualified_at IS NOT NULL",
    (Step.WON,): "stage = 'won' AND qualified_at IS NOT NULL",
}


def velocity(months: Sequence[date], *, zone: ZoneInfo, calendar: WorkCalendar) -> list[Month]:
    """One row a month, in order, in working time of the company. One query, however many leads there are."""
    parts: list[str] = []
    params: list[Any] = []
    adapt = connection.ops.adapt_datetimefield_value
    for place, month in enumerate(months):
        first, stop = days.starts_at(month, zone), days.starts_at(days.add_months(month, 1), zone)
        for number, condition in enumerate(_SAMPLES.values()):
            parts.append(
                f"SELECT * FROM (SELECT {place} AS place, {number} AS sample, {_COLUMNS} FROM {Lead._meta.db_table}"
                f" WHERE NOT is_test AND received_at >= %s AND received_at < %s AND {condition}"
                f" ORDER BY received_at DESC, id DESC LIMIT {SAMPLE}) s{place}_{number}"
            )
            params += [adapt(first), adapt(stop)]
    if not parts:
        return []
    found: dict[tuple[int, int], list[Stamps]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for place, number, *stamps in cursor.fetchall():
            found[place, number].append(Stamps(*map(_instant, stamps)))  # type: ignore[arg-type]
    samples = list(_SAMPLES)
    return [
        measure(
            month,
            {step: found[place, number] for number, steps in enumerate(samples) for step in steps},
            calendar.between,
        )
        for place, month in enumerate(months)
    ]


def _instant(value: Any) -> datetime | None:
    """SQLite hands instants over as text."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value is None or value.tzinfo is not None:
        return value  # type: ignore[no-any-return]
    return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]
