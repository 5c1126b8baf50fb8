"""When the checklist of the start is over: all is done, or the heads put it aside."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.start.models import Start
from leadsync.start.selectors import steps

MAY_PUT_ASIDE = (Can.MANAGE_COMPANY, Can.RUN_MEETINGS)


@transaction.atomic
def put_aside(*, by: User, at: datetime | None = None) -> Start:
    """Take the checklist out of everybody's way; done twice, the first time counts. Raises `NotAllowed`."""
    check(by, *MAY_PUT_ASIDE)
    found, _is_new = Start.objects.get_or_create(pk=1)
    Start.objects.filter(pk=1, put_aside_at=None).update(put_aside_at=at or timezone.now(), put_aside_by=by)
    found.refresh_from_db()
    return found


@transaction.atomic
def bring_back(*, by: User) -> Start:
    """Show the checklist again, as long as not all is done. Raises `NotAllowed`."""
    check(by, *MAY_PUT_ASIDE)
    found, _is_new = Start.objects.get_or_create(pk=1)
    Start.objects.filter(pk=1).update(put_aside_at=None, put_aside_by=None)
    found.refresh_from_db()
    return found


def watch(*, at: datetime | None = None) -> bool:
    """Note when all steps are done: from then on nothing asks for them again. True when they are.

    One query once the list is over. Safe to run twice, at the same time, and after a crash.
    """
    if steps.is_over():
        return True
    if not steps.how_far().is_over:
        return False
    now = at or db.now()
    Start.objects.get_or_create(pk=1)
    Start.objects.filter(pk=1, done_at=None).update(done_at=now)
    return True
