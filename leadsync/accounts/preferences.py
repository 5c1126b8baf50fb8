"""What a browser remembers of its person's choices, for pages before signing in."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from leadsync.accounts.models import User

THEME_COOKIE: Final = "leadsync_theme"
_YEAR_SECONDS: Final = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """`system`, `light` or `dark`: the signed-in person's, else what this browser was last told."""
    person = getattr(request, "user", None)
    if isinstance(person, User):
        return person.theme
    kept = request.COOKIES.get(THEME_COOKIE, "")
    return kept if kept in User.Theme.values else User.Theme.SYSTEM.value


def remember[R: HttpResponseBase](response: R, *, language: str = "", theme: str = "") -> R:
    """Keep the choices in the browser for a year."""
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, language), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    return response
