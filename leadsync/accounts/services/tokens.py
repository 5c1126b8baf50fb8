"""Keys for programs."""

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.digests import TOKEN_START, digest_of
from leadsync.accounts.models import ApiToken, User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid


@transaction.atomic
def create(*, by: User, name: str, scope: str) -> tuple[ApiToken, str]:
    """Make a token for `by`; the second value is the token itself, which nobody can read later.

    Raises `Invalid` for a name that a working token of this person has already.
    """
    if ApiToken.objects.filter(person=by, name=name, revoked_at=None).exists():
        raise Invalid(_("A token of this name is in use. Another name keeps them apart."), field="name")
    secret = TOKEN_START + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        person=by, name=name, scope=ApiToken.Scope(scope), prefix=secret[:12], digest=digest_of(secret)
    )
    return made, secret


@transaction.atomic
def revoke(*, by: User, token: ApiToken) -> None:
    """Make a token worthless from now on; twice changes nothing. Raises `NotAllowed` for a stranger's."""
    if token.person_id != by.pk:
        check(by, Can.MANAGE_PEOPLE)
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
