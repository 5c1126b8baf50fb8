"""Who is here and with which roles: invitations, roles, switching accounts off and on."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.digests import digest_of
from leadsync.accounts.mails import Delivery, send_invitation
from leadsync.accounts.models import Invitation, Office, User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import people_with
from leadsync.accounts.services.me import end_sessions
from leadsync.core.codes import country_name, language_name, unknown_codes
from leadsync.core.db import exclusively
from leadsync.core.errors import Conflict, Invalid, NotAllowed

INVITATION_VALID: Final = timedelta(days=7)

# Two administrators who remove each other at the same moment must not both succeed.
_ROLES_LOCK: Final = "accounts.roles"

_WORK: Final = ("capacity", "spoken", "markets")


@dataclass(frozen=True)
class Invited:
    """An invitation just made or sent again; `delivery` says after the commit whether its mail went out."""

    invitation: Invitation
    token: str
    delivery: Delivery


def _roles(names: Iterable[str | Role]) -> list[Role]:
    try:
        roles = sorted({Role(name) for name in names})
    except ValueError:
        raise Invalid(_("There is no such role."), field="roles") from None
    if not roles:
        raise Invalid(_("At least one role is needed."), field="roles")
    return roles


def _send(invitation: Invitation, token: str) -> Invited:
    delivery = Delivery()
    transaction.on_commit(lambda: send_invitation(invitation, token, delivery))
    return Invited(invitation, token, delivery)


@transaction.atomic
def invite(
    *,
    by: User,
    email: str,
    name: str,
    roles: Iterable[str | Role],
    language: str = "en",
    at: datetime | None = None,
) -> Invited:
    """Send somebody a link that makes them a person here; it works once, for seven days.

    An earlier open invitation to the same address stops working. Raises `NotAllowed`; `Invalid` where
    somebody has this address already, and for no or unknown roles.
    """
    check(by, Can.MANAGE_PEOPLE)
    now = at or timezone.now()
    address = email.strip().lower()
    wanted = _roles(roles)
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("LeadSync does not speak this language."), field="language")
    known = User.objects.filter(email=address, is_former=False).first()
    if known is not None and known.is_active:
        raise Invalid(_("%(name)s is here with this address already.") % {"name": known.name}, field="email")
    if known is not None:
        raise Invalid(
            _("This is the address of %(name)s, whose account is switched off. It can be switched on again.")
            % {"name": known.name},
            field="email",
        )
    Invitation.objects.filter(email=address, accepted_at=None, revoked_at=None).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        email=address,
        name=name.strip(),
        roles=[role.value for role in wanted],
        language=language,
        digest=digest_of(token),
        invited_by=by,
        expires_at=now + INVITATION_VALID,
    )
    return _send(made, token)


@transaction.atomic
def resend(*, by: User, invitation: Invitation, at: datetime | None = None) -> Invited:
    """Send a new link, valid for seven days from now; the old one stops working.

    Raises `NotAllowed`; `Conflict` where the invitation was accepted or taken back.
    """
    check(by, Can.MANAGE_PEOPLE)
    now = at or timezone.now()
    token = secrets.token_urlsafe(32)
    changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        digest=digest_of(token), expires_at=now + INVITATION_VALID, invited_by=by
    )
    if not changed:
        raise Conflict(_("This invitation is not open any more."))
    invitation.refresh_from_db()
    return _send(invitation, token)


@transaction.atomic
def revoke(*, by: User, invitation: Invitation) -> None:
    """Take an invitation back. Raises `NotAllowed`; `Conflict` where it was accepted meanwhile."""
    check(by, Can.MANAGE_PEOPLE)
    changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise Conflict(_("This invitation is not open any more."))


@transaction.atomic
def accept(
    *, invitation: Invitation, name: str, password: str, language: str, at: datetime | None = None
) -> User:
    """Make the invited a person with the roles of the invitation.

    A former colleague of this address, known from imported history, becomes that person and keeps the past.
    Raises `Conflict` for an invitation that is used, taken back or too old; `Invalid` for a weak password.
    """
    now = at or timezone.now()
    claimed = Invitation.objects.filter(
        pk=invitation.pk, digest=invitation.digest, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).update(accepted_at=now)
    if not claimed:
        raise Conflict(_("This invitation is not open any more."))
    person = User.objects.filter(email=invitation.email).first() or User(email=invitation.email)
    if person.pk and not person.is_former:
        raise Conflict(_("Somebody is here with this address already. Sign in, or ask for a new password."))
    person.name = name.strip()
    person.language = language
    person.is_active, person.is_former = True, False
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password1") from error
    person.set_password(password)
    person.save()
    person.groups.set(Group.objects.filter(name__in=invitation.roles))
    return person


def _keep_an_administrator(without: User) -> None:
    if not people_with(Role.ADMINISTRATOR).exclude(pk=without.pk).exists():
        raise NotAllowed(
            _("%(name)s is the last administrator. Make somebody else administrator first.")
            % {"name": without.name}
        )


def set_roles(*, by: User, person: User, roles: Iterable[str | Role]) -> None:
    """Give a person exactly these roles.

    Raises `NotAllowed`, also where nobody would be administrator any more; `Invalid` for no or unknown roles.
    """
    check(by, Can.MANAGE_PEOPLE)
    wanted = _roles(roles)
    with exclusively(_ROLES_LOCK, wait=True):
        if Role.ADMINISTRATOR not in wanted and people_with(Role.ADMINISTRATOR).filter(pk=person.pk).exists():
            _keep_an_administrator(person)
        person.groups.set(Group.objects.filter(name__in=[role.value for role in wanted]))
    person.__dict__.pop("roles", None)


@transaction.atomic
def edit(
    *,
    by: User,
    person: User,
    name: str,
    capacity: int,
    office: str = "",
    spoken: Sequence[str] | None = None,
    markets: Sequence[str] | None = None,
) -> None:
    """Change a person's name, leads a day, office, languages and countries; an office of a new name is made.

    Languages and countries are codes; those not given stay. Raises `NotAllowed`; `Invalid` with the field.
    """
    check(by, Can.MANAGE_PEOPLE)
    if not name.strip():
        raise Invalid(_("A name is needed."), field="name")
    place = office.strip()
    person.name = name.strip()
    person.office = Office.objects.get_or_create(name=place)[0] if place else None
    _set_work(person, capacity, spoken, markets)
    person.save(update_fields=["name", "office", *_WORK])


@transaction.atomic
def edit_work(
    *, by: User, person: User, capacity: int, spoken: Sequence[str], markets: Sequence[str]
) -> None:
    """Change which leads a person takes and how many a day: administrators, and who routes leads.

    Raises `NotAllowed`; `Invalid` with the field.
    """
    check(by, Can.MANAGE_PEOPLE, Can.EDIT_ROUTING)
    _set_work(person, capacity, spoken, markets)
    person.save(update_fields=_WORK)


def _set_work(
    person: User, capacity: int, spoken: Sequence[str] | None, markets: Sequence[str] | None
) -> None:
    if not 0 <= capacity <= 500:
        raise Invalid(_("Between 0 and 500 leads a day."), field="capacity")
    for field, given, name in (("spoken", spoken, language_name), ("markets", markets, country_name)):
        if given is None:
            continue
        if unknown := unknown_codes(given, name):
            raise Invalid(_("Not known here: %(names)s.") % {"names": ", ".join(unknown)}, field=field)
        setattr(person, field, list(dict.fromkeys(given)))
    person.capacity = capacity


def deactivate(*, by: User, person: User) -> None:
    """Switch an account off: no sign-in, no tokens, signed out everywhere. What the person did stays.

    Raises `NotAllowed`, also for oneself and for the last administrator.
    """
    check(by, Can.MANAGE_PEOPLE)
    if person.pk == by.pk:
        raise NotAllowed(_("Nobody can switch off their own account. Another administrator can do it."))
    with exclusively(_ROLES_LOCK, wait=True):
        if people_with(Role.ADMINISTRATOR).filter(pk=person.pk).exists():
            _keep_an_administrator(person)
        User.objects.filter(pk=person.pk).update(is_active=False)
        person.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        end_sessions(person=person)
    person.is_active = False


@transaction.atomic
def reactivate(*, by: User, person: User) -> None:
    """Switch an account on again. Raises `NotAllowed`; `Invalid` for a former colleague, who is invited."""
    check(by, Can.MANAGE_PEOPLE)
    if person.is_former:
        raise Invalid(_("A former colleague known from imported history needs an invitation."))
    User.objects.filter(pk=person.pk).update(is_active=True)
    person.is_active = True
