"""How long personal data are kept: the periods, and the worker that erases what is older."""

import structlog
from django.utils import timezone

from leads.filters import starts_at
from leads.models import Lead
from leads.selectors import keeping
from leads.selectors.keeping import Kept
from leads.services import arrivals, erasing, import_erasing
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import Company, User
from leadsync.accounts.services import company as settings_of
from leadsync.core import db
from leadsync.core.errors import Conflict
from leadsync.privacy.domain.months import months_before
from leadsync.privacy.models import Erasure
from leadsync.privacy.services.erasing import erase_all

log = structlog.get_logger(__name__)

BATCH = 100


def set_periods(*, by: User, keep_months: int | None, keep_won_months: int | None) -> Company:
    """Say for how many months leads without a sale, and customers, are kept; None: for good.

    Raises `NotAllowed` for all but administrators, `Invalid` with the field.
    """
    return settings_of.edit(by=by, changes={"keep_months": keep_months, "keep_won_months": keep_won_months})


def run() -> int:
    """Erase who nothing has happened to for longer than the periods say; returns how many leads.

    A batch per transaction, each chosen anew inside of it: safe to run twice, at the same time, and after a crash.
    Open leads with a rep are passed over. A list that is being saved and holds one of them puts it off until tomorrow.
    """
    company = accounts.company()
    total = 0
    for kept, months in ((Kept.OTHER, company.keep_months), (Kept.WON, company.keep_won_months)):
        if months:
            total += _run(kept, months)
    if total:
        log.info("retention_erased", leads=total)
    return total


def _run(kept: Kept, months: int) -> int:
    now = timezone.now()
    since = starts_at(months_before(now.astimezone(accounts.company().tz).date(), months))
    total, last = 0, 0
    while True:
        due = keeping.due(kept, since).filter(pk__gt=last).order_by("pk")
        ids = list(due.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return total
        last = ids[-1]
        held = import_erasing.holding(erasing.traces_of(ids))
        try:
            with db.exclusively(arrivals.LOCK, wait=True):
                db.take_your_time()
                # Chosen again: somebody may have come back, or another worker may have been here.
                still = keeping.due(kept, since).filter(pk__in=ids)
                chosen = list(
                    db.locked(Lead.objects.filter(pk__in=still.values("pk")).order_by("pk")).values_list(
                        "pk", flat=True
                    )
                )
                if not chosen:
                    continue
                counts = erase_all(chosen, by=None, at=now, held=held)
                Erasure.objects.bulk_create(
                    [
                        Erasure(lead_id=pk, why=Erasure.Why.RETENTION, at=now, counts=counts[pk])
                        for pk in chosen
                    ]
                )
                total += len(chosen)
        except Conflict:
            log.warning("retention_put_off", leads=len(ids))
