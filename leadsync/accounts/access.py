"""Who may open a page: every view says it with one of these, and a test walks the addresses and reads it.

`@requires(Can.EDIT_CAMPAIGNS)` needs any of the named permissions, `@signed_in` is open to everyone signed
in, `@public` to anyone. Each leaves `required_permission` on the view: a tuple of permissions (empty for
signed in), or `PUBLIC`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import NotAllowed

type View = Callable[..., HttpResponseBase]

PUBLIC: Final = "public"


def person_of(request: HttpRequest) -> User:
    """The signed-in person. Raises `TypeError` on a page that forgot to ask for sign-in."""
    person = request.user
    if not isinstance(person, User):
        raise TypeError("Nobody is signed in: the view needs @signed_in or @requires.")
    return person


def check(person: User, *any_of: Can) -> None:
    """Raise `NotAllowed` unless the person holds one of these permissions. Nothing named: everyone may."""
    if any_of and not any(person.can(permission) for permission in any_of):
        raise NotAllowed(
            _("Your role does not include this. An administrator can change roles under People.")
        )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # A part of a page must not become the place to come back to: htmx says which page it stood on.
    htmx = getattr(request, "htmx", None)
    here = (htmx.current_url_abs_path if htmx else None) or request.get_full_path()
    return redirect_to_login(here)


def requires(*any_of: Can) -> Callable[[View], View]:
    """Let in who is signed in and holds one of these permissions; others get a page that says so (403)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            check(person_of(request), *any_of)
            return view(request, *args, **kwargs)

        guarded.required_permission = any_of  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Let in everyone who is signed in."""
    return requires()(view)


def public(view: View) -> View:
    """Say of a page that anyone may open it, signed in or not."""
    view.required_permission = PUBLIC  # type: ignore[attr-defined]
    return view
