"""One's own settings: name, language, theme, where one is signed in, tokens."""

import re
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from leadsync.accounts.access import person_of, public, signed_in
from leadsync.accounts.forms import MeForm, TokenForm, refuse
from leadsync.accounts.models import Absence, ApiToken, User
from leadsync.accounts.preferences import remember
from leadsync.accounts.services import me as own
from leadsync.accounts.services import tokens as keys
from leadsync.core.errors import DomainError
from leadsync.core.htmx import render_page

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """`Firefox, Windows` out of what a browser says of itself; its first word where nothing is known."""
    names = [
        next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, names)) or (
        re.split(r"[\s(]", user_agent, maxsplit=1)[0][:40] or _("Unknown")
    )


@require_http_methods(["GET", "POST"])
@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Name, language, theme, shortcuts; password, second factor; where one is signed in."""
    person = person_of(request)
    # The form works on a copy: what is typed wrongly must not stand in the frame around the page.
    form = MeForm(request.POST or None, instance=User.objects.get(pk=person.pk))
    if request.method == "POST" and form.is_valid():
        own.edit(by=person, **{name: form.cleaned_data[name] for name in MeForm.Meta.fields})
        translation.activate(person.language)
        messages.success(request, _("Saved."))
        return remember(redirect("accounts:me"), language=person.language, theme=person.theme)
    sessions = sorted(
        UserSession.objects.purge_and_list(person), key=lambda one: one.last_seen_at, reverse=True
    )
    context = {
        "tab": "me",
        "form": form,
        "sessions": [
            {
                "of": one,
                "device": device(one.user_agent),
                "here": one.session_key == request.session.session_key,
            }
            for one in sessions
        ],
        "has_second_factor": Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists(),
        "absences": Absence.objects.filter(person=person, ends_on__gte=timezone.localdate()),
    }
    return render_page(request, "accounts/me.html", context, status=422 if form.errors else 200)


@require_POST
@signed_in
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    ended = own.end_sessions(person=person_of(request), except_key=request.session.session_key)
    messages.success(
        request,
        ngettext("Signed out on %(n)d other device.", "Signed out on %(n)d other devices.", ended)
        % {"n": ended}
        if ended
        else _("There was no other device to sign out on."),
    )
    return redirect("accounts:me")


def _back(request: HttpRequest) -> str:
    """Where the button was pressed, if that is here; the first page otherwise."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("home")


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on, signed in or not."""
    wanted = request.POST.get("language", "")
    if wanted not in dict(settings.LANGUAGES):
        return HttpResponse(
            _("LeadSync does not speak this language."), status=422, content_type="text/plain"
        )
    if request.user.is_authenticated:
        own.edit(by=person_of(request), language=wanted)
    return remember(redirect(_back(request)), language=wanted)


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system, signed in or not."""
    wanted = request.POST.get("theme", "")
    if wanted not in User.Theme.values:
        return HttpResponse(_("There is no such theme."), status=422, content_type="text/plain")
    if request.user.is_authenticated:
        own.edit(by=person_of(request), theme=wanted)
    return remember(redirect(_back(request)), theme=wanted)


@require_http_methods(["GET", "POST"])
@signed_in
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens; a new one is shown on the answer to its own form and never again."""
    person = person_of(request)
    form = TokenForm(request.POST or None)
    shown = None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = keys.create(
                by=person, name=form.cleaned_data["name"], scope=form.cleaned_data["scope"]
            )
        except DomainError as error:
            refuse(form, error)
        else:
            shown = {"of": made, "secret": secret}
            form = TokenForm()
    context = {
        "tab": "tokens",
        "form": form,
        "shown": shown,
        "tokens": ApiToken.objects.filter(person=person).order_by("revoked_at", "-created_at"),
    }
    response = render_page(request, "accounts/tokens.html", context, status=422 if form.errors else 200)
    if shown:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of one's tokens worthless."""
    person = person_of(request)
    token = get_object_or_404(ApiToken, pk=pk, person=person)
    keys.revoke(by=person, token=token)
    messages.success(request, _("The token “%(name)s” does not work any more.") % {"name": token.name})
    return redirect("accounts:tokens")
