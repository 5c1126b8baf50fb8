"""How programs sign in: a token of a person, with a scope."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import IsAuthenticated


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer lsk_…`."""

    def authenticate(self, request):  # type: ignore[no-untyped-def]
        return None


class RolePermission(IsAuthenticated):
    """Signed in, and the view's named permission."""
