"""How long first contact took, measured once a handoff is over, and how long marketing kept the lead before.

`taken_seconds` is the rep's working time from the handoff to its end; `waited_seconds`, at a lead's first handoff, the
company's from its arrival to the handoff. Both are kept when calendars change later. A handoff is locked while it is
measured: a mark that is taken back meanwhile waits, and clears what was measured.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from leads.models import Handoff
from leadsync.accounts import selectors as accounts
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.models import Lock

MEASURED = "measure"
BATCH = 2_000
MARGIN = timedelta(minutes=15)  # how long the transaction may take that hands a lead over
FIRST_YEAR = 1990  # what is older is measured without holidays
_MEASURES = ("taken_seconds", "waited_seconds")


def ended() -> QuerySet[Handoff]:
    """Handoffs that are over and not measured yet."""
    return Handoff.objects.filter(ended_at__isnull=False, taken_seconds=None)


def just_begun(note: str) -> QuerySet[Handoff]:
    """First handoffs of their leads, begun since measuring last looked (`note`), whose wait is not measured."""
    rows = Handoff.objects.filter(ended_at=None, waited_seconds=None).exclude(_has_former())
    return rows.filter(at__gte=datetime.fromisoformat(note) - MARGIN) if note else rows


def _has_former() -> Exists:
    return Exists(Handoff.objects.filter(lead=OuterRef("lead"), pk__lt=OuterRef("pk")))


def measure(*, now: datetime, note: str, batch: int = BATCH) -> int:
    """Measure what is over or has just begun; returns how many handoffs. A transaction for each batch.

    Safe to run twice and at the same time: rows that another worker measures are passed over.
    """
    work = _Measuring()
    count = 0
    for rows in (ended(), just_begun(note)):
        while done := work.batch(rows, batch):
            count += done
            if done < batch:
                break
    Lock.objects.update_or_create(name=MEASURED, defaults={"note": now.isoformat(), "ran_at": now})
    return count


class _Measuring:
    """Calendars, read once for each rep; they reach back as far as what is measured."""

    def __init__(self) -> None:
        self.since: date | None = None
        self.reps: dict[int, WorkCalendar] = {}
        self.company: WorkCalendar | None = None

    @transaction.atomic
    def batch(self, rows: QuerySet[Handoff], size: int) -> int:
        found = list(
            db.claimable(rows.annotate(has_former=_has_former()))
            .order_by("pk")
            .values_list(
                "pk", "rep_id", "at", "ended_at", "waited_seconds", "has_former", "lead__received_at"
            )[:size]
        )
        if not found:
            return 0
        company = self._read({row[1] for row in found}, min(min(row[2], row[6]) for row in found).date())
        measured: list[tuple[int, tuple[int | None, int | None]]] = []
        for pk, rep_id, at, ended_at, waited, has_former, received_at in found:
            taken = None if ended_at is None else round(self.reps[rep_id].between(at, ended_at))
            if waited is None and not has_former:
                waited = round(company.between(received_at, at))
            measured.append((pk, (taken, waited)))
        db.update_rows(Handoff, _MEASURES, measured)
        return len(found)

    def _read(self, reps: set[int], since: date) -> WorkCalendar:
        since = max(since, date(FIRST_YEAR, 1, 1))
        if self.company is None or self.since is None or since.year < self.since.year:
            self.since, self.reps = since, {}
            self.company = accounts.company_calendar(since=since)
        self.reps |= accounts.calendars_for(reps - self.reps.keys(), since=self.since)
        return self.company
