"""Outgoing webhooks in the settings: endpoints, their secrets, a test, and the log of what was sent."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.forms import refuse
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, DomainError
from leadsync.core.htmx import render_page
from leadsync.hooks.domain.retrying import MAX_ATTEMPTS
from leadsync.hooks.forms import EndpointForm
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.selectors import endpoints as selectors
from leadsync.hooks.services import endpoints as services
from leadsync.hooks.services import log as sent

TAB = "webhooks"


def _number(text: str) -> int | None:
    """A key of the address; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _endpoint(pk: int) -> Endpoint:
    return get_object_or_404(selectors.endpoints(), pk=pk)


@require_GET
@requires(Can.MANAGE_COMPANY)
def listed(request: HttpRequest) -> HttpResponse:
    """Every endpoint and how it fares, and what the messages look like."""
    context = {"tab": TAB, "rows": selectors.health(selectors.endpoints())}
    return render_page(request, "hooks/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_COMPANY)
def add(request: HttpRequest) -> HttpResponse:
    """A new endpoint; its secret is shown on the answer to the form and never again."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = services.create(
                by=person_of(request), name=typed["name"], address=typed["address"], chosen=typed["events"]
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return _page(request, EndpointForm(endpoint=made), made, secret=made.secret)
    return _page(request, form)


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_COMPANY)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint: what it hears, how it fares, and all that can be done with it."""
    found = _endpoint(pk)
    if request.method == "GET":
        return _page(request, EndpointForm(endpoint=found), found)
    form = EndpointForm(request.POST, endpoint=found)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.edit(
                by=person_of(request),
                endpoint=found,
                name=typed["name"],
                address=typed["address"],
                chosen=typed["events"],
                version=typed["version"],
            )
        except Conflict as error:
            # What was typed stays; saving again is then meant.
            again = request.POST.copy()
            again["version"] = str(error.context["version"])
            form.data = again
            refuse(form, error)
            return _page(request, form, found, status=409)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("hooks:endpoint", pk)
    return _page(request, form, found)


def _page(
    request: HttpRequest,
    form: EndpointForm,
    found: Endpoint | None = None,
    *,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"tab": TAB, "form": form, "endpoint": found, "secret": secret}
    if found is not None:
        context["health"] = selectors.health([found])[0]
    response = render_page(
        request,
        "hooks/endpoint.html",
        context,
        status=422 if form.errors and status == 200 else status,
    )
    response["Cache-Control"] = "no-store"  # secrets, and addresses typed wrongly
    return response


@require_POST
@requires(Can.MANAGE_COMPANY)
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On or off (`on` is 1)."""
    found = services.switch(
        by=person_of(request), endpoint=_endpoint(pk), is_on=request.POST.get("on") == "1"
    )
    if found.is_on:
        messages.success(request, _("“%(name)s” hears what happens from now on.") % {"name": found.name})
    else:
        messages.success(request, _("“%(name)s” is off. What waited is not sent.") % {"name": found.name})
    return redirect("hooks:endpoint", pk)


@require_POST
@requires(Can.MANAGE_COMPANY)
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown on this answer and never again."""
    found = services.renew_secret(by=person_of(request), endpoint=_endpoint(pk))
    return _page(request, EndpointForm(endpoint=found), found, secret=found.secret)


@require_POST
@requires(Can.MANAGE_COMPANY)
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a signed test and say what was answered."""
    outcome = services.try_out(by=person_of(request), endpoint=_endpoint(pk))
    facts = {"status": outcome.status, "ms": outcome.milliseconds}
    if outcome.is_taken:
        messages.success(request, _("The test arrived: answer %(status)d after %(ms)d ms.") % facts)
    elif outcome.status is None:
        messages.error(request, _("The test did not arrive. %(why)s") % {"why": _(outcome.error)})
    else:
        why = _(outcome.error) if outcome.error else ""
        messages.error(
            request,
            f"{_('The test was not taken: answer %(status)d after %(ms)d ms.') % facts} {why}".strip(),
        )
    return redirect("hooks:endpoint", pk)


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_COMPANY)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then delete it with its log."""
    found = _endpoint(pk)
    if request.method == "GET":
        context = {"tab": TAB, "endpoint": found, "health": selectors.health([found])[0]}
        return render_page(request, "hooks/delete.html", context)
    services.delete(by=person_of(request), endpoint=found)
    messages.success(
        request, _("“%(name)s” is deleted. Nothing is sent there any more.") % {"name": found.name}
    )
    return redirect("hooks:list")


# ---------------------------------------------------------------------------------------------- the log


@require_GET
@requires(Can.MANAGE_COMPANY)
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliveries by state, newest first, in pages by key: what was sent, what was answered."""
    found = _endpoint(pk)
    health = selectors.health([found])[0]
    otherwise = Delivery.State.DEAD if health.dead else Delivery.State.SENT
    asked = request.GET.get("state", "")
    state = Delivery.State(asked) if asked in selectors.STATES else otherwise
    lead, before = _number(request.GET.get("lead", "")), _number(request.GET.get("before", ""))
    rows, next_key = selectors.page(pk, state, lead_id=lead, before=before)
    counts = {Delivery.State.DEAD: health.dead, Delivery.State.WAITING: health.waiting}
    context = {
        "tab": TAB,
        "endpoint": found,
        "health": health,
        "rows": rows,
        "next_key": next_key,
        "state": state,
        "states": [{"of": one, "count": counts.get(one)} for one in selectors.STATES],
        "lead": lead,
        "is_first_page": before is None,
        "most_attempts": MAX_ATTEMPTS,
    }
    return render_page(request, "hooks/log.html", context, fragment="page")


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the button was pressed, if that is here; else the log."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if is_ours else resolve_url("hooks:log", pk))


@require_POST
@requires(Can.MANAGE_COMPANY)
def again(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Send one delivery again."""
    found = get_object_or_404(Delivery, pk=delivery, endpoint=pk)
    try:
        sent.send_again(by=person_of(request), pk=found.pk)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("It goes out within half a minute."))
    return _back(request, pk)


@require_POST
@requires(Can.MANAGE_COMPANY)
def again_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Send again all that was given up."""
    try:
        count = sent.send_dead_again(by=person_of(request), endpoint=_endpoint(pk))
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            ngettext("%(n)d delivery is sent again", "%(n)d deliveries are sent again", count) % {"n": count},
        )
    return _back(request, pk)


@require_POST
@requires(Can.MANAGE_COMPANY)
def drop(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Do not send a delivery."""
    found = get_object_or_404(Delivery, pk=delivery, endpoint=pk)
    if sent.drop(by=person_of(request), pk=found.pk):
        messages.success(request, _("It is not sent."))
    else:
        messages.info(request, _("It is out already."))
    return _back(request, pk)
