"""How programs sign in: a token of a person, with a scope, and what each call needs."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from leadsync.accounts.digests import TOKEN_START, digest_of
from leadsync.accounts.models import ApiToken, User
from leadsync.accounts.roles import Can

if TYPE_CHECKING:  # DRF's settings import this module while DRF's views are being imported
    from rest_framework.views import APIView

USED_EVERY: Final = timedelta(minutes=1)


def caller(request: Request) -> User:
    """The person a request is made by. Raises `TypeError` where a view forgot to ask for sign-in."""
    if not isinstance(request.user, User):
        raise TypeError("Nobody is signed in: the view needs RolePermission.")
    return request.user


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer lsk_…`: the token's person, with that person's permissions and its scope."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token; None where the header is not ours. Raises `AuthenticationFailed`."""
        keyword, _space, token = request.headers.get("Authorization", "").partition(" ")
        if keyword.lower() != self.keyword.lower():
            return None
        found = None
        if token.startswith(TOKEN_START):
            found = ApiToken.objects.select_related("person").filter(digest=digest_of(token)).first()
        if found is None or found.revoked_at or not found.person.is_active or found.person.is_former:
            # One sentence for every reason: whoever holds a wrong token learns nothing about right ones.
            raise AuthenticationFailed(_("This token is not valid."))
        now = timezone.now()
        if found.used_at is None or now - found.used_at >= USED_EVERY:
            unused = Q(used_at=None) | Q(used_at__lte=now - USED_EVERY)
            ApiToken.objects.filter(unused, pk=found.pk).update(used_at=now)
        return found.person, found

    def authenticate_header(self, request: Request) -> str:
        """What a refusal for want of sign-in (401) says in `WWW-Authenticate`."""
        return f'{self.keyword} realm="LeadSync"'


class RolePermission(IsAuthenticated):
    """Reading needs a signed-in person; changing needs what the view names, and a token's scope.

    A view declares `permissions`, from action (or method in lower case, for views without actions) to a
    permission, several of which any one will do, or None (everyone signed in; the service decides):
    `permissions = {"create": (Can.LOG_LEADS, Can.WORK_ANY_LEAD), "export": Can.EXPORT}`. An unsafe action that
    is not named is refused.
    """

    unnamed: ClassVar[object] = object()

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raise `PermissionDenied` with a sentence, or say whether somebody is signed in."""
        if not super().has_permission(request, view):
            return False
        action = getattr(view, "action", None) or (request.method or "").lower()
        named: Can | tuple[Can, ...] | object | None = getattr(view, "permissions", {}).get(
            action, self.unnamed
        )
        any_of = (named,) if isinstance(named, Can) else named if isinstance(named, tuple) else ()
        if request.method not in SAFE_METHODS:
            if named is self.unnamed:
                if not hasattr(view, (request.method or "").lower()):
                    raise MethodNotAllowed(request.method or "")
                return False
            self._check_scope(request.auth, any_of)
        if any_of and not any(caller(request).can(permission) for permission in any_of):
            raise PermissionDenied(_("Your role does not include this."))
        return True

    @staticmethod
    def _check_scope(token: Any, any_of: tuple[Can, ...]) -> None:
        if not isinstance(token, ApiToken) or token.scope == ApiToken.Scope.ALL:
            return
        if token.scope == ApiToken.Scope.LOG and Can.LOG_LEADS in any_of:
            return
        raise PermissionDenied(_("The scope of this token does not include this."))
