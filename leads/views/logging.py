"""Logging leads for a campaign: one line by hand, a pasted list, or a file."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.selectors import imports as selectors
from leads.services import arrivals, imports
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.uploads import is_too_large

LINE = ("name", "company", "phone", "email", "need")


@require_http_methods(["GET", "POST"])
@requires(Can.LOG_LEADS)
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; a POST is one lead typed in a line: a name or company, and one contact."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel"), pk=pk)
    if request.method != "POST":
        return _page(request, campaign)
    typed = {name: request.POST.get(name, "") for name in LINE}
    try:
        if not typed["email"].strip() and not typed["phone"].strip():
            raise Invalid(
                _("An e-mail or a phone number is needed, so that sales can reach them."), field="phone"
            )
        data = arrivals.LeadData(
            name=typed["name"],
            company=typed["company"],
            phone=typed["phone"],
            email=typed["email"],
            need=typed["need"],
        )
        received = arrivals.receive(
            data=data,
            campaign=campaign,
            door=Door.HAND,
            by=person_of(request),
        )
    except Invalid as problem:
        return _page(request, campaign, status=422, typed=typed, problem=problem)
    messages.success(request, _said(received))
    return redirect("leads:log", campaign.pk)


def _said(received: arrivals.Received) -> str:
    """What became of a lead logged by hand, with who has it."""
    owner = received.lead.owner
    names = {"lead": received.lead.title, "rep": owner.short_name if owner else ""}
    if received.is_new:
        if owner:
            return _("%(lead)s is logged. %(rep)s has the lead.") % names
        return _("%(lead)s is logged. Nobody has the lead yet.") % names
    if owner:
        return _("%(lead)s was here already. %(rep)s is told about the new arrival.") % names
    return _("%(lead)s was here already. The new arrival is kept with the lead.") % names


@require_POST
@requires(Can.LOG_LEADS)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in a pasted list or a file and show its preview. What cannot be read comes back with the reason."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel"), pk=pk)
    person = person_of(request)
    text = request.POST.get("text", "")
    upload = request.FILES.get("file")
    try:
        if is_too_large(request):
            raise imports.too_large()
        if upload is not None:
            batch = imports.take_file(campaign=campaign, by=person, upload=upload, size=upload.size or 0)
        else:
            batch = imports.take_text(campaign=campaign, by=person, text=text)
    except Invalid as problem:
        field = "file" if upload is not None or is_too_large(request) else "text"
        return _page(request, campaign, status=422, text=text, problem=Invalid(problem.message, field=field))
    except Conflict as known:
        return _page(request, campaign, status=409, text=text, known=known.context["batch"])
    url = reverse("leads:import", args=[batch.pk])
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)


def _page(request: HttpRequest, campaign: Campaign, *, status: int = 200, **more: Any) -> HttpResponse:
    typed: dict[str, str] = more.pop("typed", {})
    problem: Invalid | None = more.get("problem")
    labels = {
        "name": pgettext("person", "Name"),
        "company": _("Company"),
        "phone": _("Phone"),
        "email": _("E-mail"),
        "need": pgettext("field", "What they want"),
    }
    kinds = {"phone": "tel", "email": "email"}
    line = [
        {
            "name": name,
            "label": labels[name],
            "value": typed.get(name, ""),
            "type": kinds.get(name, "text"),
            "problem": problem.message if problem and problem.field == name else "",
        }
        for name in LINE
    ]
    context = {
        "campaign": campaign,
        "line": line,
        "line_problem": problem if problem and problem.field in (*LINE, None, "country") else None,
        "recent": selectors.recent(campaign.pk),
        "most_bytes": settings.FILE_UPLOAD_MOST_BYTES,
        "too_large": imports.too_large().message,
    } | more
    return render_page(request, "leads/log.html", context, fragment="log", status=status)
