"""The wall of wins, and applause."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from leads.models import Lead
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.exchange.selectors import wins as selectors
from leadsync.exchange.services import wins as services


@require_GET
@signed_in
def wall(request: HttpRequest) -> HttpResponse:
    """`/wins/`: leads that were won, the newest first, with who brought and who closed each."""
    person = person_of(request)
    found, next_key = selectors.wall(person, request.GET.get("after", ""))
    context = {
        "wins": found,
        "month": selectors.this_month(),
        "may_applaud": person.can(Can.LOG_EXCHANGE),
        "next_url": f"{request.path}?after={next_key}" if next_key else "",
        "step": selectors.PAGE,
    }
    return render_page(request, "exchange/wins.html", context, fragment="rows")


@require_POST
@requires(Can.LOG_EXCHANGE)
def applaud(request: HttpRequest, pk: int) -> HttpResponse:
    """Applaud the sale of a lead, or no longer (`on=0`); over htmx the button comes back."""
    lead, person = get_object_or_404(Lead, pk=pk), person_of(request)
    act: Callable[..., None] = (
        services.take_applause_back if request.POST.get("on") == "0" else services.applaud
    )
    act(lead=lead, by=person)
    if wants_fragment(request):
        one = selectors.win_of(pk, person)
        if one is not None:
            return render_page(request, "exchange/win_clap.html", {"one": one, "may_applaud": True})
    url = request.POST.get("next", "")
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return redirect(url if is_ours else reverse("exchange:wins"))
