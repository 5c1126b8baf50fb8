"""Endpoints: made, changed, switched, tried out, deleted; their secrets."""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db, outgoing
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.hooks.domain import events, signing
from leadsync.hooks.domain.events import HookEvent
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.services import alerts, delivering, pickup
from leadsync.hooks.services.delivering import Outcome

MOST = delivering.MOST_ENDPOINTS
LONGEST_NAME = 100


def create(
    *,
    by: User,
    name: str,
    address: str,
    chosen: Iterable[str],
    is_on: bool = True,
    at: datetime | None = None,
) -> Endpoint:
    """A new endpoint with a secret of its own; it hears what happens from now on.

    Raises `NotAllowed`; `Invalid` with the field: no name, an address that is, or whose name leads, inside of the
    network, no or unknown events; more than 20 endpoints.
    """
    check(by, Can.MANAGE_COMPANY)
    name, found = _name(name), _events(chosen)
    address = _address(address)  # asks the resolver: outside of the transaction
    now = at or db.now()
    with transaction.atomic():
        if Endpoint.objects.count() >= MOST:
            raise Invalid(
                _("There are %(n)d webhooks already. Delete one that is no longer needed.") % {"n": MOST}
            )
        starts = pickup.start_from_here() if is_on else 0
        return Endpoint.objects.create(
            name=name,
            address=address,
            secret=_new_secret(),
            events=[event.value for event in found],
            starts={event.value: starts for event in found},
            is_on=is_on,
            on_since_at=now if is_on else None,
            created_at=now,
            created_by=by,
            changed_at=now,
            changed_by=by,
        )


def edit(
    *,
    by: User,
    endpoint: Endpoint,
    name: str,
    chosen: Iterable[str],
    address: str = "",
    version: int | None = None,
    at: datetime | None = None,
) -> Endpoint:
    """Change an endpoint. An empty address keeps the one there is. An event that is chosen now is told from now on.

    Raises `NotAllowed`, `NotFound`, `Conflict`, and `Invalid` as `create` does.
    """
    check(by, Can.MANAGE_COMPANY)
    name, wanted = _name(name), _events(chosen)
    if address.strip():
        address = _address(address)
    now = at or db.now()
    with transaction.atomic():
        found = _take(endpoint.pk, version)
        newest = pickup.newest_event()
        found.starts = {
            event.value: found.starts.get(event.value, 0) if event.value in found.events else newest
            for event in wanted
        }
        found.name, found.events = name, [event.value for event in wanted]
        if address and address != found.address:
            found.address = address
            found.failures, found.failing_since_at, found.free_at = 0, None, None
            if found.is_on:
                alerts.resolve(found.pk, now=now)
        return _keep(found, by, now)


def switch(
    *, by: User, endpoint: Endpoint, is_on: bool, version: int | None = None, at: datetime | None = None
) -> Endpoint:
    """On: it hears what happens from now on. Off: what waits is not sent, what was given up stays.

    Raises `NotAllowed`, `NotFound`, `Conflict`.
    """
    check(by, Can.MANAGE_COMPANY)
    now = at or db.now()
    with transaction.atomic():
        newest = pickup.start_from_here() if is_on else 0
        found = _take(endpoint.pk, version)
        if found.is_on == is_on:
            return found
        found.is_on = is_on
        found.failures, found.failing_since_at, found.free_at = 0, None, None
        if is_on:
            found.on_since_at = now
            found.starts = dict.fromkeys(found.events, newest)
        else:
            Delivery.objects.filter(endpoint=found, state=Delivery.State.WAITING).update(
                state=Delivery.State.DROPPED, next_try_at=None
            )
        alerts.resolve(found.pk, now=now)
        return _keep(found, by, now)


def renew_secret(*, by: User, endpoint: Endpoint, at: datetime | None = None) -> Endpoint:
    """A new secret; what is sent from now on is signed with it. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.MANAGE_COMPANY)
    now = at or db.now()
    with transaction.atomic():
        found = _take(endpoint.pk, None)
        found.secret = _new_secret()
        return _keep(found, by, now)


@transaction.atomic
def delete(*, by: User, endpoint: Endpoint, at: datetime | None = None) -> None:
    """Away with it and its log. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.MANAGE_COMPANY)
    found = _take(endpoint.pk, None)
    alerts.resolve(found.pk, now=at or db.now())
    Delivery.objects.filter(endpoint=found)._raw_delete(using=found._state.db)  # nothing refers to them
    found.delete()


def try_out(*, by: User, endpoint: Endpoint, at: datetime | None = None) -> Outcome:
    """Send a signed `ping` now, and say how it ended. It stands in no log. Raises `NotAllowed`."""
    check(by, Can.MANAGE_COMPANY)
    now = at or db.now()
    key = f"ping_{secrets.token_hex(8)}"
    body = events.body(key=key, event=events.PING, at=now, lead=None, before={}, after={})
    outcome = delivering.call(endpoint.address, endpoint.secret, key, json.dumps(body))
    if outcome.is_taken:
        delivering.remember_success(endpoint.pk, db.now() if at is None else at)
    return outcome


def _take(pk: int, version: int | None) -> Endpoint:
    """The endpoint, locked. Raises `NotFound`; `Conflict` where it was changed since that version."""
    found = db.locked(Endpoint.objects.select_related("changed_by").filter(pk=pk)).first()
    if found is None:
        raise NotFound(_("This webhook is no longer here."))
    if version is not None and version != found.version:
        raise Conflict(
            _("“%(webhook)s” was changed meanwhile by %(name)s. Nothing you typed is lost.")
            % {"webhook": found.name, "name": found.changed_by.name if found.changed_by else "LeadSync"},
            version=found.version,
        )
    return found


def _keep(found: Endpoint, by: User, now: datetime) -> Endpoint:
    found.version += 1
    found.changed_by, found.changed_at = by, now
    found.save()
    return found


def _new_secret() -> str:
    return signing.secret_of(secrets.token_bytes(signing.SECRET_BYTES))


def _name(name: str) -> str:
    found = " ".join("".join(one if one.isprintable() else " " for one in name).split())
    if not found:
        raise Invalid(_("A name is needed, such as that of the program."), field="name")
    if len(found) > LONGEST_NAME:
        raise Invalid(_("The name is too long."), field="name")
    return found


def _address(address: str) -> str:
    try:
        return outgoing.check(address)
    except outgoing.Unreachable as error:
        raise Invalid(error.message, field="address") from None


def _events(chosen: Iterable[str]) -> list[HookEvent]:
    given = set(chosen)
    found = events.known(given)
    if len(found) < len(given):
        raise Invalid(_("There is no such event."), field="events")
    if not found:
        raise Invalid(_("Choose at least one event."), field="events")
    return found
