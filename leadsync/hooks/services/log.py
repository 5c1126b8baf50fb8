"""What was sent, by hand: again, not at all, forgotten; and what is thrown away in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, NotFound
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.services.pickup import LOCK

KEPT = timedelta(days=30)
GIVEN_UP_KEPT = timedelta(days=90)
BATCH = 5_000
State = Delivery.State


def _again(rows: Q, endpoint_id: int, now: datetime) -> int:
    """Let these go out next, as if they had never been tried; the address rests no longer."""
    count = Delivery.objects.filter(rows, endpoint_id=endpoint_id).update(
        state=State.WAITING, attempts=0, next_try_at=now, error="", status=None, milliseconds=None
    )
    if count:
        # Should a worker hold it just now, another may send beside it: the receiver knows messages by their ids.
        Endpoint.objects.filter(pk=endpoint_id, failures__gt=0).update(free_at=None)
    return count


def send_again(*, by: User, pk: int, at: datetime | None = None) -> None:
    """Send one delivery (again), in whatever state it is. The receiver knows it by its id.

    Raises `NotAllowed`, `NotFound`; `Conflict` where its endpoint is off or what it said was forgotten.
    """
    check(by, Can.MANAGE_COMPANY)
    found = Delivery.objects.select_related("endpoint").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such delivery."))
    _check_on(found.endpoint)
    if not found.body:
        raise Conflict(_("What it said was erased with the lead. It cannot be sent any more."))
    _again(Q(pk=pk), found.endpoint_id, at or db.now())


def send_dead_again(*, by: User, endpoint: Endpoint, at: datetime | None = None) -> int:
    """Send again all that was given up; returns how many. Raises `NotAllowed`; `Conflict` where it is off."""
    check(by, Can.MANAGE_COMPANY)
    _check_on(endpoint)
    return _again(Q(state=State.DEAD) & ~Q(body=""), endpoint.pk, at or db.now())


def send_many_again(*, by: User, endpoint: Endpoint, ids: Sequence[int], at: datetime | None = None) -> int:
    """Send these of its deliveries again, in whatever state; returns how many. What was erased is passed over.

    Raises `NotAllowed`; `Conflict` where the endpoint is off.
    """
    check(by, Can.MANAGE_COMPANY)
    _check_on(endpoint)
    return _again(Q(pk__in=db.among(ids)) & ~Q(body=""), endpoint.pk, at or db.now())


def _check_on(endpoint: Endpoint) -> None:
    if not endpoint.is_on:
        raise Conflict(_("“%(name)s” is off. Switch it on first.") % {"name": endpoint.name})


def drop(*, by: User, pk: int) -> bool:
    """Not to send a delivery that waits or was given up; False where it is out. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.MANAGE_COMPANY)
    rows = Delivery.objects.filter(pk=pk)
    if rows.filter(state__in=(State.WAITING, State.DEAD)).update(state=State.DROPPED, next_try_at=None):
        return True
    if not rows.exists():
        raise NotFound(_("There is no such delivery."))
    return False


@transaction.atomic
def forget(lead_ids: Sequence[int]) -> int:
    """Empty what was or is to be said of these leads, whose personal data are erased; returns how many deliveries.

    To be called in the transaction that erases. What waits is not sent any more; that the lead was erased is told
    afterwards, without personal data.
    """
    with db.exclusively(
        LOCK, wait=True
    ):  # a worker that has read the lead writes before us, or reads it erased
        about = Delivery.objects.filter(lead_id__in=db.among(lead_ids)).exclude(body="")
        about.filter(state__in=(State.WAITING, State.DEAD)).update(state=State.DROPPED, next_try_at=None)
        return about.update(body="", error="")


def tidy(*, at: datetime | None = None) -> int:
    """Throw away what was sent or dropped 30 days ago, and given up 90 days ago, in batches; returns how many."""
    now = at or db.now()
    is_old = Q(state__in=(State.SENT, State.DROPPED), created_at__lt=now - KEPT) | Q(
        state=State.DEAD, created_at__lt=now - GIVEN_UP_KEPT
    )
    gone = 0
    while ids := list(Delivery.objects.filter(is_old).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        gone += Delivery.objects.filter(pk__in=db.among(ids)).delete()[0]
    return gone
