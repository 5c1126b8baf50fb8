"""How somebody invited comes in."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from leadsync.accounts.access import public
from leadsync.accounts.digests import digest_of
from leadsync.accounts.forms import AcceptForm, refuse
from leadsync.accounts.models import Invitation
from leadsync.accounts.preferences import remember
from leadsync.accounts.services import people
from leadsync.core.errors import Conflict, DomainError
from leadsync.core.htmx import render_page

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _closed(request: HttpRequest, why: str, invitation: Invitation | None = None) -> HttpResponse:
    context = {"why": why, "invitation": invitation}
    return render_page(
        request, "accounts/invitation_closed.html", context, status=404 if why == "unknown" else 410
    )


@public
@sensitive_post_parameters("password1")
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link of an invitation: a name and a password, then signed in."""
    found = Invitation.objects.select_related("invited_by").filter(digest=digest_of(token)).first()
    if found is None:
        return _closed(request, "unknown")
    if found.accepted_at:
        return _closed(request, "used", found)
    if found.revoked_at:
        return _closed(request, "revoked", found)
    if found.expires_at <= timezone.now():
        return _closed(request, "too_old", found)
    spoken = request.COOKIES.get("django_language") or found.language
    with translation.override(spoken if translation.check_for_language(spoken) else found.language):
        form = AcceptForm(request.POST or None, initial={"name": found.name, "language": found.language})
        if request.method == "POST" and form.is_valid():
            try:
                person = people.accept(
                    invitation=found,
                    name=form.cleaned_data["name"],
                    password=form.cleaned_data["password1"],
                    language=form.cleaned_data["language"],
                )
            except Conflict:
                return _closed(request, "used", found)
            except DomainError as error:
                refuse(form, error)
            else:
                login(request, person, backend=BACKEND)
                return remember(redirect("home"), language=person.language)
        # The token in the address does not travel to another site: the referrer policy of every page is same-origin.
        # A stricter one would take the origin from the form too, and with it the proof against forgery.
        return render_page(
            request,
            "accounts/invitation.html",
            {"form": form, "invitation": found},
            status=422 if form.errors else 200,
        )
