"""Setting up programs that send leads by themselves: where to, by which secret, and which answer goes where."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.identity import storable
from leads.selectors import agreement
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.intake.domain.generic import PREFIX
from leadsync.intake.domain.mapping import SEVERAL, is_target
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import fetching, inbox
from leadsync.notices import services as notices

OVERLAP: Final = timedelta(hours=24)  # so long the old secret is believed beside the new one
MOST_MAPPED: Final = 1_000

_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that two people read differently


def _new_secret(kind: str) -> str:
    """A secret in the form its sender takes: Google's field has 50 characters at most; Meta's is made by Meta."""
    if kind == Source.Kind.META:
        return ""
    if kind == Source.Kind.GENERIC:
        return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    return "".join(secrets.choice(_SIGNS) for _n in range(40))


@transaction.atomic
def create(*, kind: str, name: str, campaign: Campaign, by: User, at: datetime | None = None) -> Source:
    """Make a source that is on, with an address and a secret of its own. Raises `NotAllowed`, `Invalid`."""
    check(by, Can.EDIT_INTAKE)
    if kind not in Source.Kind.values:
        raise Invalid(_("Choose who sends."), field="kind")
    now = at or timezone.now()
    return Source.objects.create(
        kind=kind,
        name=_name(name),
        campaign=campaign,
        key="".join(secrets.choice(_SIGNS) for _n in range(24)),
        secret=_new_secret(kind),
        verify_token="".join(secrets.choice(_SIGNS) for _n in range(24)) if kind == Source.Kind.META else "",
        created_at=now,
        created_by=by,
        changed_at=now,
        changed_by=by,
    )


@transaction.atomic
def edit(*, source: Source, name: str, campaign: Campaign, by: User, version: int | None = None) -> Source:
    """Name a source anew, or send its leads to another campaign from now on.

    Raises `NotAllowed`, `NotFound`, `Invalid`; `Conflict` that names who changed it meanwhile.
    """
    check(by, Can.EDIT_INTAKE)
    found = _held(source, version, by)
    found.name, found.campaign = _name(name), campaign
    return _signed(found, by)


@transaction.atomic
def switch(
    *, source: Source, is_on: bool, by: User, version: int | None = None, at: datetime | None = None
) -> Source:
    """Switch a source off, or on. Off, what it sends is kept and waits; on, it becomes leads. Raises as `edit`."""
    check(by, Can.EDIT_INTAKE)
    found = _held(source, version, by)
    if found.is_on == is_on:
        return found
    found.is_on = is_on
    if is_on:
        _wake(found, at)
    return _signed(found, by)


@transaction.atomic
def renew_secret(
    *, source: Source, by: User, is_old_void: bool = False, at: datetime | None = None
) -> Source:
    """Make a new secret; the old one is believed for a day more, unless it is void at once (somebody got hold of it).

    Raises `NotAllowed`, `NotFound`; `Invalid` for Meta's, which Meta makes.
    """
    check(by, Can.EDIT_INTAKE)
    found = _held(source, None, by)
    if found.kind == Source.Kind.META:
        raise Invalid(_("Meta makes the app secret: reset it there, then save it here."), field="secret")
    _replace_secret(found, _new_secret(found.kind), is_old_void=is_old_void, at=at)
    return _signed(found, by)


@transaction.atomic
def set_credentials(
    *,
    source: Source,
    by: User,
    secret: str = "",
    access_token: str = "",
    is_old_void: bool = False,
    at: datetime | None = None,
) -> Source:
    """Save what another system made: Meta's app secret and access token, Typeform's own secret. Empty: as it is.

    With a new access token, what waited for one is fetched. Raises `NotAllowed`, `NotFound`, `Invalid`.
    """
    check(by, Can.EDIT_INTAKE)
    found = _held(source, None, by)
    for field, text, most in (("secret", secret, 200), ("access_token", access_token, 500)):
        if len(text) > most:
            raise Invalid(_("At most %(n)d characters.") % {"n": most}, field=field)
        if text and (not text.isascii() or not text.isprintable() or " " in text.strip()):
            raise Invalid(_("It holds a space or a character that cannot stand in one."), field=field)
    if access_token.strip() and found.kind != Source.Kind.META:
        raise Invalid(_("Only Meta needs an access token."), field="access_token")
    if secret.strip() and found.kind not in {Source.Kind.META, Source.Kind.TYPEFORM}:
        raise Invalid(_("This secret is made here: renew it instead."), field="secret")
    if secret.strip() and secret.strip() != found.secret:
        _replace_secret(found, secret.strip(), is_old_void=is_old_void, at=at)
    if access_token.strip():
        found.access_token = access_token.strip()
        notices.resolve_alert(kind=fetching.ALERT, subject=f"source:{found.pk}", at=at)
        _wake(found, at)
    return _signed(found, by)


def _replace_secret(source: Source, secret: str, *, is_old_void: bool, at: datetime | None) -> None:
    now = at or timezone.now()
    has_old = bool(source.secret) and not is_old_void
    source.old_secret = source.secret if has_old else ""
    source.old_secret_until_at = now + OVERLAP if has_old else None
    source.secret = secret


@transaction.atomic
def set_mapping(
    *, source: Source, mapping: Mapping[str, str], by: User, version: int | None = None
) -> Source:
    """Say which answer goes where, by the question's key: a field, "answer:" and a question of the definition, or
    "" for the payload only. What is not named keeps what it had.

    Raises `NotAllowed`, `NotFound`, `Conflict`; `Invalid` with the key for a place that does not exist.
    """
    check(by, Can.EDIT_INTAKE)
    found = _held(source, version, by)
    questions = [one.key for one in agreement.terms().criteria]
    for key, target in mapping.items():
        if not is_target(target, questions):
            raise Invalid(_("There is no such field."), field=key)
    joined = {**found.mapping, **storable(dict(mapping))}
    if len(joined) > MOST_MAPPED:
        raise Invalid(_("At most %(n)d questions.") % {"n": MOST_MAPPED})
    found.mapping = joined
    return _signed(found, by)


def twice(mapping: Mapping[str, str]) -> list[str]:
    """Places that several answers are to go to, where only one can: the first that says something is taken."""
    chosen = [target for target in mapping.values() if target and target not in SEVERAL]
    return sorted({target for target in chosen if chosen.count(target) > 1})


def _name(text: str) -> str:
    wanted = " ".join(str(storable(text)).split())
    if not wanted:
        raise Invalid(_("A name is needed."), field="name")
    if len(wanted) > 100:
        raise Invalid(_("At most %(n)d characters.") % {"n": 100}, field="name")
    return wanted


def _wake(source: Source, at: datetime | None) -> None:
    """What waited is due now."""
    waits = Payload.objects.filter(source=source, state=Payload.State.WAITING)
    waits.update(next_try_at=at or timezone.now(), attempts=0, reason={"code": inbox.AGAIN})


def _held(source: Source, version: int | None, by: User) -> Source:
    """The source as it is now. One's own clicks are no conflict."""
    rows = Source.objects.select_related("campaign", "changed_by")
    found = db.locked(rows.filter(pk=source.pk)).first()
    if found is None:
        raise NotFound(_("This source is no longer here."))
    if version is not None and version != found.version and found.changed_by_id != by.pk:
        raise Conflict(
            _("“%(source)s” was changed meanwhile by %(name)s. Nothing you typed is lost.")
            % {"source": found.name, "name": found.changed_by.name if found.changed_by else "LeadSync"},
            version=found.version,
        )
    return found


def _signed(source: Source, by: User) -> Source:
    source.version += 1
    source.changed_at, source.changed_by = timezone.now(), by
    source.save(
        update_fields=[
            "name",
            "campaign",
            "secret",
            "old_secret",
            "old_secret_until_at",
            "access_token",
            "mapping",
            "is_on",
            "version",
            "changed_at",
            "changed_by",
        ]
    )
    return source
