"""Disputes about marks: the list, one dispute, disputing a lead's mark, deciding, withdrawing."""

from typing import Any

from django.contrib import messages
from django.db.models import FETCH_RAISE
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from feedback.forms import DecideForm, DisputeForm
from feedback.models import Dispute
from feedback.selectors import disputes as selectors
from feedback.selectors.disputes import Cut
from feedback.services import disputes as services
from leads.models import Lead
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment

MOST_DIGITS = 18


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


@require_GET
@signed_in
def dispute_list(request: HttpRequest) -> HttpResponse:
    """Open disputes, oldest first, or ended ones (`?show=ended`), of one campaign with `?campaign=`."""
    person = person_of(request)
    asked = request.GET.get("show", "")
    cut = Cut(asked) if asked in set(Cut) else Cut.OPEN
    campaign = _number(request.GET.get("campaign", ""))
    rows, next_key = selectors.page_of(
        cut, person, campaign=campaign, after=_number(request.GET.get("after", ""))
    )
    within = f"&campaign={campaign}" if campaign is not None else ""
    context = {
        "disputes": rows,
        "cut": cut,
        "campaign": selectors.campaign_named(campaign),
        "within": within,
        "open_count": selectors.open_count(campaign=campaign),
        "next_url": f"{request.path}?show={cut}{within}&after={next_key}" if next_key else "",
        "step": selectors.PAGE,
    }
    return render_page(request, "feedback/disputes.html", context, fragment="rows")


@require_GET
@signed_in
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """One dispute: where a notice leads."""
    return render_page(request, "feedback/dispute.html", {"shown": _shown(request, pk)})


def _shown(request: HttpRequest, pk: int) -> selectors.Shown:
    person = person_of(request)
    return selectors.shown(get_object_or_404(selectors.told(selectors.visible_to(person)), pk=pk), person)


def _found(request: HttpRequest, pk: int) -> Dispute:
    return get_object_or_404(selectors.visible_to(person_of(request)).select_related("by", "mark"), pk=pk)


# ---------------------------------------------------------------------------------------------- disputing


def _lead(person: User, pk: int) -> Lead:
    leads = Lead.objects.visible_to(person).select_related("campaign", "owner")
    return get_object_or_404(leads.fetch_mode(FETCH_RAISE), pk=pk)


@require_http_methods(["GET", "POST"])
@requires(Can.DISPUTE)
def of_lead(request: HttpRequest, pk: int) -> HttpResponse:
    """Dispute the mark a lead has; a refusal brings back what was typed."""
    person = person_of(request)
    lead = _lead(person, pk)
    possible = selectors.possible(lead, person, timezone.now())
    form = DisputeForm(
        request.POST if request.method == "POST" else None, choices=possible.wanted if possible else []
    )
    status = 200
    if request.method == "POST":
        if possible is None:
            form.add_error(
                None, _("This mark cannot be disputed, or not any more. The lead's page says why.")
            )
            status = 409
        elif form.is_valid():
            try:
                services.dispute(mark=possible.mark, by=person, **form.cleaned_data)
            except Invalid as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            except Conflict as error:
                form.add_error(None, error.message)
                status = 409
            else:
                return _back_to_lead(request, lead.pk, _("Disputed. Both heads are told."))
        status = 422 if status == 200 else status
    elif possible is None:
        return redirect("leads:page", pk)
    context = {"lead": lead, "possible": possible, "form": form}
    if wants_fragment(request):
        return render_page(request, "feedback/dispute_form.html", context, status=status)
    return render_page(request, "feedback/dispute_lead.html", context, status=status)


def _back_to_lead(request: HttpRequest, pk: int, words: str) -> HttpResponse:
    """The lead's page anew: its mark, its history and its panels may all have changed."""
    messages.success(request, words)
    if not wants_fragment(request):
        return redirect("leads:page", pk)
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


# ---------------------------------------------------------------------------------------------- deciding


def _is_on_lead(request: HttpRequest, lead: int) -> bool:
    if wants_fragment(request):
        htmx = getattr(request, "htmx", None)
        here = (htmx.current_url_abs_path if htmx else None) or ""
        return here.partition("?")[0] == reverse("leads:page", args=[lead])
    return request.POST.get("from") == "lead"


def _card(
    request: HttpRequest, found: Dispute, *, status: int = 200, words: str = "", **context: Any
) -> HttpResponse:
    """The dispute again: its card for htmx, else its page; on the lead's page that page anew."""
    if status == 200 and _is_on_lead(request, found.lead_id):
        return _back_to_lead(request, found.lead_id, words)
    if status == 200 and not wants_fragment(request):
        messages.success(request, words)
        return redirect("feedback:dispute", found.pk)
    template = "feedback/dispute_done.html" if wants_fragment(request) else "feedback/dispute.html"
    shown = {"shown": _shown(request, found.pk), "text": words}
    if wants_fragment(request):
        shown["hide_lead"] = _is_on_lead(request, found.lead_id)
    return render_page(request, template, shown | context, status=status)


@require_POST
@requires(Can.DECIDE_DISPUTES)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Say the word of one's side: `verdict` is `upheld` or `overturned`, with a note where there is more to say."""
    found = _found(request, pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        refusal = next(iter(form.errors.values()))[0]
        return _card(request, found, status=422, decide_form=form, refusal=refusal)
    try:
        services.decide(dispute=found, by=person_of(request), **form.cleaned_data)
    except Conflict as error:
        return _card(request, found, status=409, decide_form=form, refusal=error.message)
    return _card(request, found, words=_said(found))


def _said(found: Dispute) -> str:
    match found.state:
        case Dispute.State.UPHELD:
            return _("Decided: the mark stays.")
        case Dispute.State.OVERTURNED:
            return _("Decided: the mark is changed.")
        case Dispute.State.SETTLED:
            return _("Sales changed the mark meanwhile: nothing is left to decide.")
        case _:
            return _("Your word is kept.")


@require_POST
@requires(Can.DISPUTE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own dispute back."""
    found = _found(request, pk)
    try:
        services.withdraw(dispute=found, by=person_of(request))
    except Conflict as error:
        return _card(request, found, status=409, refusal=error.message)
    return _card(request, found, words=_("Dispute withdrawn. The mark stays."))
