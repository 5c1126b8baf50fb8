"""Taking care of an alert: who does, and giving it up again. The facts alone resolve it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, NotAllowed, NotFound
from leadsync.notices import selectors
from leadsync.notices.models import Alert


def _taken(pk: int, by: User) -> Alert:
    """The alert, locked. Raises `NotFound` for one that is not there or not for this person."""
    found = db.locked(selectors.visible_alerts(by).filter(pk=pk)).first()
    if found is None:
        raise NotFound(_("There is no such alert, or it is not for you."))
    return found


@transaction.atomic
def acknowledge(*, pk: int, by: User, at: datetime | None = None) -> Alert:
    """Say "I take care of it"; said twice is said once.

    Raises `NotFound`, `NotAllowed`; `Conflict` where somebody else takes care of it, or it is in order meanwhile.
    """
    check(by, Can.ACKNOWLEDGE)
    alert = _taken(pk, by)
    if alert.resolved_at is not None:
        raise Conflict(_("It is in order meanwhile. Nothing is left to do."))
    if alert.acknowledged_by_id == by.pk:
        return alert
    if alert.acknowledged_by is not None:
        raise Conflict(
            _("Somebody takes care of it already: %(name)s") % {"name": alert.acknowledged_by.name}
        )
    alert.acknowledged_at, alert.acknowledged_by = at or timezone.now(), by
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return alert


@transaction.atomic
def give_up(*, pk: int, by: User) -> Alert:
    """Take "I take care of it" back, one's own or, as a head or the director, another person's; twice is once.

    Raises `NotFound`, `NotAllowed`; `Conflict` where it is in order meanwhile: who took care of it stays known.
    """
    check(by, Can.ACKNOWLEDGE)
    alert = _taken(pk, by)
    if alert.acknowledged_at is None:
        return alert
    if not selectors.may_give_up(alert, by):
        raise NotAllowed(_("Whoever takes care of it can give it up, or a head."))
    if alert.resolved_at is not None:
        raise Conflict(_("It is in order meanwhile. Nothing is left to do."))
    alert.acknowledged_at = alert.acknowledged_by = None
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    return alert
