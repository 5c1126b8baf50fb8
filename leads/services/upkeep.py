"""What workers look after beside the sweep, each minute: measuring, leads of people who left or are away, old keys,
old files of imports."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists

from leads.services import absences, import_files, intake, leaving, measuring
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import Company
from leadsync.core import db
from leadsync.core.models import Lock


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was done: handoffs measured, leads that changed hands, people away with leads waiting, keys dropped, files
    of imports removed."""

    measured: int = 0
    moved: int = 0
    away: int = 0
    forgotten: int = 0
    files: int = 0


def run(*, at: datetime | None = None) -> Upkeep:
    """Do what there is to do; where there is nothing, a handful of questions. `at` is for tests.

    Safe to run twice, at the same time, and after a crash.
    """
    now = at or db.now()
    today = now.astimezone(accounts.company().tz).date()
    notes = dict(
        Lock.objects.filter(name__in=(measuring.MEASURED, leaving.LEAVING)).values_list("name", "note")
    )
    measured = notes.get(measuring.MEASURED, "")
    questions = (
        measuring.ended(),
        measuring.just_begun(measured),
        absences.absent(today),
        absences.alerts(),
        intake.forgettable(now),
        import_files.removable(now),
    )
    found = Company.objects.filter(pk=1).values_list(*(Exists(rows) for rows in questions))[0]
    has_ended, has_begun, has_absent, has_alerts, has_old_keys, has_old_files = found
    return Upkeep(
        moved=leaving.hand_over_all(now=now, note=notes.get(leaving.LEAVING, "")),
        measured=measuring.measure(now=now, note=measured) if has_ended or has_begun else 0,
        away=absences.watch(now=now, today=today) if has_absent or has_alerts else 0,
        forgotten=intake.forget(now=now) if has_old_keys else 0,
        files=import_files.remove_old(now=now) if has_old_files else 0,
    )
