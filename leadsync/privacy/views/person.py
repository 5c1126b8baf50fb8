"""Everything about one person: to read, to print, as a file; and erasing it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from leads.models import Lead
from leadsync.accounts import exports
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.privacy.forms import EraseForm
from leadsync.privacy.selectors import personal
from leadsync.privacy.services import erasing


def _lead(request: HttpRequest, pk: int) -> Lead:
    leads = Lead.objects.visible_to(person_of(request)).select_related("campaign", "owner")
    return get_object_or_404(leads, pk=pk)


def _language(request: HttpRequest) -> str:
    """The language asked for, among ours; else the reader's."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"


@require_GET
@requires(Can.ERASE_LEADS)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Every table that holds something of this person, in words, in the person's language; looking is recorded."""
    lead = _lead(request, pk)
    language = _language(request)
    exports.record(kind=exports.Kind.PERSON, by=person_of(request), rows=1, lead_id=lead.pk)
    with translation.override(language):
        context = {
            "lead": lead,
            "sections": personal.sections(lead),
            "company": company(),
            "now": timezone.now(),
            "spoken": language,
            "languages": settings.LANGUAGES,
        }
        response = render_page(request, "privacy/person.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@requires(Can.ERASE_LEADS)
def person_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a JSON file, every column as it stands; recorded."""
    lead = _lead(request, pk)
    exports.record(kind=exports.Kind.PERSON_FILE, by=person_of(request), rows=1, lead_id=lead.pk)
    response = JsonResponse(
        {"lead": lead.pk, "at": timezone.now().isoformat(), "tables": personal.as_document(lead)},
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response["Content-Disposition"] = f'attachment; filename="lead-{lead.pk}.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@requires(Can.ERASE_LEADS)
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes and what stays, and the number to be typed; then it is done and cannot be taken back."""
    lead = _lead(request, pk)
    if lead.erased_at is not None:
        messages.info(request, _("It is erased already."))
        return redirect("leads:page", pk)
    form = EraseForm(request.POST or None, lead=lead, initial={"version": lead.version})
    conflict = None
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                erasing.erase(
                    lead=lead,
                    by=person_of(request),
                    note=form.cleaned_data["note"],
                    version=form.cleaned_data["version"],
                )
            except Conflict as refused:
                conflict, status = refused, 409
                # What changed is on the page now: the next click is about it.
                typed = request.POST.copy()
                typed["version"] = str(refused.context.get("version", form.cleaned_data["version"]))
                form.data = typed
            except Invalid as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            else:
                messages.success(request, _("Erased. Figures stay as they were."))
                return redirect("leads:page", pk)
    context = {"lead": lead, "form": form, "conflict": conflict, "counts": personal.counts(lead)}
    response = render_page(request, "privacy/erase.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
