"""Hosted forms of a campaign: the list, the editor with its preview, opening and closing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.models import Campaign
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.intake.forms.hosted import HostedForm
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import forms as services
from leadsync.intake.views import public


@require_GET
@signed_in
def form_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The forms of a campaign with what came through each."""
    campaign = get_object_or_404(Campaign, pk=pk)
    context = {
        "campaign": campaign,
        "rows": [(row, selectors.address_of(row.form)) for row in selectors.form_rows(campaign)],
        "may_edit": person_of(request).can(Can.EDIT_INTAKE),
    }
    return render_page(request, "intake/forms.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for this campaign, with words in every language to begin with."""
    campaign = get_object_or_404(Campaign, pk=pk)
    plan = selectors.default_plan(campaign)
    if request.method == "GET":
        return _editor(request, campaign, HostedForm(plan=plan))
    editor = HostedForm(request.POST, plan=plan)
    if "move" in request.POST:
        return _editor(request, campaign, editor.moved(request.POST["move"]), status=200)
    if editor.is_valid():
        try:
            made = services.create(campaign=campaign, plan=editor.as_plan(), by=person_of(request))
        except Invalid as problem:
            editor.refuse(problem)
        else:
            messages.success(
                request, _("“%(form)s” is saved. Open it when it is ready.") % {"form": made.name}
            )
            return redirect("intake:form", made.pk)
    return _editor(request, campaign, editor)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a form; what visitors have before them changes with their next look."""
    form = _found(pk)
    plan = selectors.plan_of(form)
    if request.method == "GET":
        return _editor(request, form.campaign, HostedForm(plan=plan, form=form), form)
    editor = HostedForm(request.POST, plan=plan, form=form)
    if "move" in request.POST:
        return _editor(request, form.campaign, editor.moved(request.POST["move"]), form, status=200)
    if editor.is_valid():
        try:
            services.edit(
                form=form,
                plan=editor.as_plan(),
                by=person_of(request),
                version=editor.cleaned_data["version"],
            )
        except Conflict as error:
            # What was typed stays; saving again is then meant.
            typed = request.POST.copy()
            typed["version"] = str(error.context["version"])
            editor.data = typed
            editor.add_error(None, error.message)
            return _editor(request, form.campaign, editor, form, status=409)
        except Invalid as problem:
            editor.refuse(problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("intake:form", form.pk)
    return _editor(request, form.campaign, editor, form)


@require_POST
@requires(Can.EDIT_INTAKE)
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a form or close it: `open` is 1 or 0."""
    form = services.switch(form=_found(pk), is_open=request.POST.get("open") == "1", by=person_of(request))
    if not form.is_open:
        said = _("“%(form)s” is closed.")
    elif selectors.is_taking(form):
        said = _("“%(form)s” is open.")
    else:
        said = _("“%(form)s” is open. Visitors can use it when its campaign is live.")
    messages.success(request, said % {"form": form.name})
    return (
        redirect("intake:forms", form.campaign_id)
        if request.POST.get("to") == "list"
        else redirect("intake:form", form.pk)
    )


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A form of this campaign as visitors would read it: as saved (`form`), or as it is being typed (POST)."""
    campaign = get_object_or_404(Campaign, pk=pk)
    number = request.GET.get("form", "")
    saved = None
    if number:
        known = number.isascii() and number.isdigit() and len(number) < 19
        saved = get_object_or_404(LeadForm, pk=int(number) if known else 0, campaign=campaign)
    plan = selectors.plan_of(saved) if saved else selectors.default_plan(campaign)
    language = request.GET.get("language", "")
    if request.method == "POST":
        editor = HostedForm(request.POST, plan=plan, form=saved)
        editor.is_valid()  # what is wrong is said by saving; here it is only read
        plan, language = editor.as_plan(), request.POST.get("preview", "")
    shown = services.filled(LeadForm(campaign=campaign, key="preview"), plan)
    return public.preview(request, shown, language)


def _found(pk: int) -> LeadForm:
    return get_object_or_404(LeadForm.objects.select_related("campaign", "changed_by"), pk=pk)


def _editor(
    request: HttpRequest,
    campaign: Campaign,
    editor: HostedForm,
    form: LeadForm | None = None,
    status: int = 0,
) -> HttpResponse:
    context: dict[str, Any] = {"campaign": campaign, "form": editor, "lead_form": form}
    if form is not None:
        context |= {
            "row": selectors.form_row(form),
            "address": selectors.address_of(form),
            "snippets": selectors.snippets(form),
        }
    return render_page(request, "intake/form.html", context, status=status or (422 if editor.errors else 200))
