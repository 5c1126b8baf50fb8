"""Pages of ideas: the list by votes, proposing, voting, and what becomes of one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.domain.ideas import IdeaState
from campaigns.forms.campaigns import CampaignForm
from campaigns.forms.ideas import DeclineForm, IdeaForm
from campaigns.models import Channel, Idea
from campaigns.selectors import ideas as selectors
from campaigns.services import ideas as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment


@require_GET
@signed_in
def idea_list(request: HttpRequest) -> HttpResponse:
    """`/ideas/`: open ideas, the most votes first; `?show=` the others."""
    person = person_of(request)
    state = request.GET.get("show", "")
    state = state if state in Idea.StateChoices.values else IdeaState.OPEN.value
    found, next_key = selectors.listed(person, state=state, after=request.GET.get("after", ""))
    counts = selectors.counts()
    context = {
        "ideas": found,
        "state": state,
        "tabs": [(one, label, counts.get(one, 0)) for one, label in Idea.StateChoices.choices],
        "may_propose": person.can(Can.PROPOSE_IDEAS),
        "next_url": f"{request.path}?show={state}&after={next_key}" if next_key else "",
        "step": selectors.PAGE,
    }
    return render_page(request, "campaigns/ideas.html", context, fragment="rows")


@require_GET
@signed_in
def idea(request: HttpRequest, pk: int) -> HttpResponse:
    """One idea: why, who is for it, what became of it."""
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, *, status: int = 200, **more: Any) -> HttpResponse:
    found = get_object_or_404(selectors.shown(), pk=pk)
    context = {"one": selectors.view_of(found, person_of(request)), "decline_form": DeclineForm()} | more
    return render_page(request, "campaigns/idea.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Can.PROPOSE_IDEAS)
def new(request: HttpRequest) -> HttpResponse:
    """Propose a campaign."""
    if request.method != "POST":
        started = {name: request.GET.get(name, "")[:200] for name in ("title", "market", "segment")}
        return _form(request, IdeaForm(initial=started))
    form = IdeaForm(request.POST)
    if form.is_valid():
        try:
            made = services.propose(by=person_of(request), **form.values())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Proposed. Your vote is the first one."))
            return redirect("campaigns:idea", made.pk)
    return _form(request, form, status=422)


@require_GET
@signed_in
def alike(request: HttpRequest) -> HttpResponse:
    """Open ideas like the one that is being typed (`?title=`): a part of that page."""
    found = selectors.alike(request.GET.get("title", ""))
    return render_page(request, "campaigns/idea_alike.html", {"alike": found})


@require_http_methods(["GET", "POST"])
@requires(Can.PROPOSE_IDEAS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Say an own idea better; what became of it meanwhile is a conflict (409) that keeps what was typed."""
    held = get_object_or_404(Idea, pk=pk)
    if request.method != "POST":
        started = {
            "title": held.title,
            "text": held.text,
            "market": str(held.market or ""),
            "segment": held.segment,
            "version": held.version,
        }
        return _form(request, IdeaForm(initial=started), held=held)
    form, status = IdeaForm(request.POST), 422
    if form.is_valid():
        try:
            services.edit(
                idea=held,
                by=person_of(request),
                version=form.cleaned_data["version"] or 0,
                **form.values(),
            )
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            status = error.http_status
            form.add_error(None, error.message)
            typed = request.POST.copy()
            typed["version"] = str(error.context.get("version", ""))
            form.data = typed
        else:
            messages.success(request, _("Saved."))
            return redirect("campaigns:idea", pk)
    return _form(request, form, held=held, status=status)


def _form(
    request: HttpRequest, form: IdeaForm, *, held: Idea | None = None, status: int = 200
) -> HttpResponse:
    person = person_of(request)
    title = str(form["title"].value() or "")
    context = {
        "form": form,
        "idea": held,
        "may_edit": held is None or (held.by_id == person.pk and held.state == IdeaState.OPEN),
        "alike": selectors.alike(title) if held is None else [],
    }
    return render_page(request, "campaigns/idea_form.html", context, status=status)


@require_POST
@requires(Can.PROPOSE_IDEAS)
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Be for an idea, or no longer (`for=0`); over htmx the button comes back."""
    held = get_object_or_404(Idea, pk=pk)
    person = person_of(request)
    act: Callable[..., None] = services.take_vote_back if request.POST.get("for") == "0" else services.vote
    act(idea=held, by=person)
    if wants_fragment(request):
        found = selectors.shown().get(pk=pk)
        return render_page(
            request, "campaigns/idea_vote.html", {"one": selectors.view_of(found, person), "is_pressed": True}
        )
    return redirect(_back(request, pk))


def _back(request: HttpRequest, pk: int) -> str:
    url = request.POST.get("next", "")
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else reverse("campaigns:idea", args=[pk])


@require_POST
@requires(Can.PROPOSE_IDEAS)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an own idea back."""
    services.withdraw(idea=get_object_or_404(Idea, pk=pk), by=person_of(request))
    messages.success(
        request,
        _("Withdrawn. It stands under “Withdrawn”."),
        extra_tags=reverse("campaigns:idea_reopen", args=[pk]),
    )
    return redirect("campaigns:idea", pk)


@require_POST
@requires(Can.PROPOSE_IDEAS, Can.EDIT_CAMPAIGNS)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a withdrawn or declined idea again."""
    services.reopen(idea=get_object_or_404(Idea, pk=pk), by=person_of(request))
    messages.success(request, _("Open again. Everybody can vote for it."))
    return redirect("campaigns:idea", pk)


@require_POST
@requires(Can.EDIT_CAMPAIGNS)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say "not now", and why."""
    held = get_object_or_404(Idea, pk=pk)
    form = DeclineForm(request.POST)
    if form.is_valid():
        try:
            services.decline(idea=held, by=person_of(request), reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.add_error("reason", error.message)
        else:
            messages.success(
                request,
                _("%(name)s reads why.") % {"name": held.by.name},
                extra_tags=reverse("campaigns:idea_reopen", args=[pk]),
            )
            return redirect("campaigns:idea", pk)
    return _page(request, pk, status=422, decline_form=form, form=form)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CAMPAIGNS)
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it a campaign: the form of a new campaign, prefilled from the idea."""
    held = get_object_or_404(Idea.objects.select_related("by"), pk=pk)
    person = person_of(request)
    has_channels = Channel.objects.filter(is_active=True).exists()
    context: dict[str, Any] = {"campaign": None, "has_channels": has_channels, "idea": held}
    if request.method != "POST":
        started = {
            "name": held.title,
            "market": str(held.market or ""),
            "segment": held.segment,
            "hypothesis": held.text,
            "owner": person.pk,
        }
        return render_page(request, "campaigns/form.html", context | {"form": CampaignForm(initial=started)})
    form = CampaignForm(request.POST)
    if form.is_valid():
        try:
            made = services.take(idea=held, by=person, campaign=form.changes())
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(
                request, _("A draft now. It names its author: %(name)s.") % {"name": held.by.name}
            )
            return redirect("campaigns:page", made.pk)
    return render_page(request, "campaigns/form.html", context | {"form": form}, status=422)
