"""Who gets which lead: rules and groups, and a dry run that says where a lead would go and why."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.forms.routing import GroupForm, RuleForm, TrialForm
from leads.models import Lead, RepGroup, RoutingRule
from leads.selectors import routing_page as selectors
from leads.services import routing_rules as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.forms import WorkForm, refuse
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import everyone
from leadsync.accounts.services import people
from leadsync.core.errors import Conflict, DomainError
from leadsync.core.htmx import render_page, wants_fragment

TRIED = ("country", "language", "campaign", "company")


@require_GET
@signed_in
def routing(request: HttpRequest) -> HttpResponse:
    """Rules in order, groups, who takes leads; and the dry run asked for: `lead`, `find`, or a lead made up."""
    context = {
        "tab": "routing",
        "may_edit": person_of(request).can(Can.EDIT_ROUTING),
        **_tried(request),
    }
    if not wants_fragment(request):
        context["page"] = selectors.routing_page(now=timezone.now())
    status = 422 if context["trial"].errors else 200
    return render_page(request, "leads/routing.html", context, fragment="trial", status=status)


def _tried(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET
    lead: Lead | None = None
    number = asked.get("lead", "")
    if number:
        leads = Lead.objects.visible_to(person_of(request)).select_related("owner", "campaign")
        known = number.isascii() and number.isdigit() and len(number) < 19
        lead = get_object_or_404(leads, pk=int(number) if known else 0)
    is_made_up = lead is None and any(asked.get(name, "").strip() for name in TRIED)
    trial = TrialForm(asked if is_made_up else None)
    run = None
    if lead is not None:
        run = selectors.dry_run(lead, now=timezone.now())
    elif is_made_up and trial.is_valid():
        run = selectors.dry_run(trial.as_trial(), now=timezone.now())
    words = asked.get("find", "").strip()
    return {
        "lead": lead,
        "trial": trial,
        "form": trial if trial.errors else None,
        "run": run,
        "find": words,
        "found": selectors.leads_like(words, person_of(request)) if words else (),
    }


# ---------------------------------------------------------------------------------------------- rules


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_ROUTING)
def add_rule(request: HttpRequest) -> HttpResponse:
    """A rule at the end of the list."""
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_rule(data=form.as_data(), by=person_of(request))
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("“%(rule)s” is in the list.") % {"rule": made.name})
            return redirect("leads:routing")
    return _rule_page(request, form)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_ROUTING)
def edit_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule."""
    rule = get_object_or_404(RoutingRule.objects.select_related("rep", "group", "changed_by"), pk=pk)
    if request.method == "GET":
        return _rule_page(request, RuleForm(rule=rule), rule)
    form = RuleForm(request.POST, rule=rule)
    if form.is_valid():
        try:
            services.edit_rule(
                rule=rule,
                data=form.as_data(),
                by=person_of(request),
                version=form.cleaned_data["version"],
            )
        except Conflict as error:
            # What was typed stays; saving again is then meant.
            typed = request.POST.copy()
            typed["version"] = str(error.context["version"])
            form.data = typed
            refuse(form, error)
            return _rule_page(request, form, rule, status=409)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("leads:routing")
    return _rule_page(request, form, rule)


def _rule_page(
    request: HttpRequest, form: RuleForm, rule: RoutingRule | None = None, status: int = 200
) -> HttpResponse:
    context = {"tab": "routing", "form": form, "rule": rule, "has_groups": RepGroup.objects.exists()}
    return render_page(
        request, "leads/routing_rule.html", context, status=status if status > 200 or not form.errors else 422
    )


def _version(request: HttpRequest) -> int | None:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


@require_POST
@requires(Can.EDIT_ROUTING)
def move_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up (`to` is up) or down."""
    rule = get_object_or_404(RoutingRule, pk=pk)
    services.move_rule(rule=rule, is_up=request.POST.get("to") == "up", by=person_of(request))
    return _shown(request)


@require_POST
@requires(Can.EDIT_ROUTING)
def switch_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule out of use or into use again: `active` is 0 or 1."""
    rule = get_object_or_404(RoutingRule, pk=pk)
    services.switch_rule(
        rule=rule,
        is_active=request.POST.get("active") == "1",
        by=person_of(request),
        version=_version(request),
    )
    return _shown(request)


def _shown(request: HttpRequest) -> HttpResponse:
    """The list of rules as it is now."""
    if not request.headers.get("HX-Request"):
        return redirect("leads:routing")
    context = {
        "page": selectors.routing_page(now=timezone.now()),
        "may_edit": person_of(request).can(Can.EDIT_ROUTING),
    }
    return render_page(request, "leads/routing.html", context, fragment="rules")


@require_POST
@requires(Can.EDIT_ROUTING)
def delete_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule; what it decided stays as it is."""
    rule = get_object_or_404(RoutingRule, pk=pk)
    services.delete_rule(rule=rule, by=person_of(request), version=_version(request))
    messages.success(request, _("“%(rule)s” is deleted.") % {"rule": rule.name})
    return redirect("leads:routing")


# ---------------------------------------------------------------------------------------------- groups and reps


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_ROUTING)
def group(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a group or change one."""
    found = get_object_or_404(RepGroup.objects.prefetch_related("members"), pk=pk) if pk else None
    form = GroupForm(request.POST or None, group=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_group(by=person_of(request), group=found, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Group “%(name)s” is saved.") % {"name": saved.name})
            return redirect("leads:routing")
    context = {
        "tab": "routing",
        "form": form,
        "group": found,
        "used_by": [rule.name for rule in found.rules.all()] if found else [],
    }
    return render_page(request, "leads/routing_group.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Can.EDIT_ROUTING)
def delete_group(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a group that no rule leads to."""
    found = get_object_or_404(RepGroup, pk=pk)
    services.delete_group(group=found, by=person_of(request))
    messages.success(request, _("Group “%(name)s” is deleted.") % {"name": found.name})
    return redirect("leads:routing")


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_ROUTING, Can.MANAGE_PEOPLE)
def rep(request: HttpRequest, pk: int) -> HttpResponse:
    """Which leads somebody takes, and how many a day."""
    found = get_object_or_404(everyone().filter(is_active=True), pk=pk)
    form = WorkForm(request.POST or None, instance=User.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        try:
            people.edit_work(by=person_of(request), person=found, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("leads:routing")
    context = {"tab": "routing", "form": form, "person": found}
    return render_page(request, "leads/routing_rep.html", context, status=422 if form.errors else 200)
