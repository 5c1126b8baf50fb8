"""Pages of campaigns: the list, one campaign, making and changing it, its states, money and visits."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.domain import states
from campaigns.forms.campaigns import CampaignForm, FilterForm, SpendForm, VisitsForm
from campaigns.models import Campaign, Channel, Review, Spend, Visits
from campaigns.selectors import campaigns as selectors
from campaigns.selectors import history, words
from campaigns.services import campaigns as services
from campaigns.services import notes, reviews, spending
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page


@require_GET
@signed_in
def campaign_list(request: HttpRequest) -> HttpResponse:
    """All campaigns, cut by what the address says, in pages by key (`?after=`)."""
    cut = FilterForm(request.GET).as_filter()
    page = selectors.campaign_list(cut, after=request.GET.get("after", ""))
    asked = {name: value for name, value in request.GET.items() if name != "after" and value}
    context = {
        "page": page,
        "cut": cut,
        "choices": selectors.choices(),
        "states": [("running", _("Running")), *((state.value, state.label) for state in Campaign.State)],
        "more_url": f"{request.path}?{urlencode(asked | {'after': page.after})}" if page.after else "",
        "is_first_page": not request.GET.get("after"),
        "may_edit": person_of(request).can(Can.EDIT_CAMPAIGNS),
    }
    return render_page(request, "campaigns/list.html", context, fragment="rows")


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CAMPAIGNS)
def new(request: HttpRequest) -> HttpResponse:
    """Make a campaign."""
    person = person_of(request)
    if request.method == "POST":
        form = CampaignForm(request.POST)
        if form.is_valid():
            try:
                campaign = services.create(by=person, **form.changes())
            except Invalid as error:
                _put(error, form)
            else:
                messages.success(request, _("Campaign made. It is a draft until it goes to review."))
                return redirect("campaigns:page", campaign.pk)
    else:
        form = CampaignForm(initial={"owner": person.pk, "channel": request.GET.get("channel")})
    context = {"form": form, "has_channels": Channel.objects.filter(is_active=True).exists()}
    return render_page(request, "campaigns/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CAMPAIGNS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a campaign. Somebody else's save meanwhile is a conflict (409) that keeps all that was typed."""
    campaign = get_object_or_404(Campaign, pk=pk)
    context: dict[str, Any] = {"campaign": campaign, "has_channels": True}
    status = 200
    if request.method == "POST":
        form = CampaignForm(request.POST, instance=get_object_or_404(Campaign, pk=pk))
        status = 422
        if form.is_valid():
            try:
                services.edit(
                    campaign=campaign,
                    by=person_of(request),
                    version=form.cleaned_data["version"] or 0,
                    changes=form.changes(),
                )
            except Invalid as error:
                _put(error, form)
            except Conflict as error:
                status = error.http_status
                context |= {"conflict": error, "theirs": words.sentences(error.context["happened"])}
                # Saving again means: mine over theirs, now that both are on the screen.
                typed = request.POST.copy()
                typed["version"] = str(error.context["version"])
                form.data = typed
            else:
                messages.success(request, _("Saved."))
                return redirect("campaigns:page", campaign.pk)
    else:
        form = CampaignForm(instance=campaign)
    return render_page(request, "campaigns/form.html", context | {"form": form}, status=status)


@require_GET
@signed_in
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One campaign: verdict, gate, reasons, what happened, leads, questions, money."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel", "owner", "idea__by"), pk=pk)
    return render_page(request, "campaigns/page.html", _page_context(request, campaign))


def _page_context(request: HttpRequest, campaign: Campaign, **more: Any) -> dict[str, Any]:
    person = person_of(request)
    may_edit = person.can(Can.EDIT_CAMPAIGNS)
    shown = selectors.campaign_page(campaign)
    last = history.last_change_of_state(shown.happened)
    return {
        "campaign": campaign,
        "page": shown,
        "story": words.story(shown.happened),
        "steps": words.steps(campaign.state) if may_edit else [],
        "undo": words.undo(last)
        if may_edit and last and states.can_be_taken_back(last.at, timezone.now())
        else None,
        "may_edit": may_edit,
        "may_stop": may_edit and states.may_become(campaign.state, states.State.STOPPED),
        "may_log": person.can(Can.LOG_LEADS),
    } | more


@require_POST
@requires(Can.EDIT_CAMPAIGNS)
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a campaign on in its life, or take the last step back (`undo`)."""
    campaign = get_object_or_404(Campaign, pk=pk)
    person = person_of(request)
    version = _number(request.POST.get("version"))
    try:
        if request.POST.get("undo"):
            after = services.take_back(campaign=campaign, by=person, version=version)
        else:
            after = services.change_state(
                campaign=campaign,
                by=person,
                to=request.POST.get("to", ""),
                version=version,
                answers=_answers(request),
                note=request.POST.get("note", ""),
            )
    except (Conflict, Invalid) as error:
        return _refused(request, pk, error)
    messages.success(request, words.became(after.state))
    return redirect("campaigns:page", pk)


def _answers(request: HttpRequest) -> dict[int, str]:
    """What was typed for each note: the fields `answer_<id of the note>`."""
    found = {}
    for name, text in request.POST.items():
        start, _line, number = name.partition("_")
        if start == "answer" and number.isascii() and number.isdecimal() and len(number) <= 18:
            found[int(number)] = str(text)
    return found


def page_again(request: HttpRequest, pk: int, *, status: int, **more: Any) -> HttpResponse:
    """The campaign's page as it stands now, with what a refused action on it brings along."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel", "owner", "idea__by"), pk=pk)
    return render_page(
        request, "campaigns/page.html", _page_context(request, campaign, **more), status=status
    )


def _refused(request: HttpRequest, pk: int, error: Conflict | Invalid) -> HttpResponse:
    """The page again, with the reason and everything that was typed."""
    return page_again(
        request,
        pk,
        status=error.http_status,
        refused=error,
        typed=request.POST,
        theirs=words.sentences(error.context.get("happened", [])),
    )


@require_POST
@requires(Can.EDIT_CAMPAIGNS, Can.CLEAR_CAMPAIGNS, Can.OVERRULE_REVIEWS)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to the notes (`do=answer`), clear, object or overrule; the service decides who may."""
    campaign = get_object_or_404(Campaign, pk=pk)
    person = person_of(request)
    does, note = request.POST.get("do", ""), request.POST.get("note", "")
    try:
        if does == "answer":
            notes.answer(campaign=campaign, answers=_answers(request), by=person)
            messages.success(request, _("Saved."))
            return redirect("campaigns:page", pk)
        asked = Review.objects.filter(campaign=campaign, pk=_number(request.POST.get("review"))).first()
        if asked is None or does not in _SAID:
            raise Conflict(_("This campaign is no longer under this review. Look at it again."))
        decide, said = _SAID[does]
        decide(review=asked, by=person, note=note)
    except (Conflict, Invalid) as error:
        return _refused(request, pk, error)
    messages.success(request, str(said))
    return redirect("campaigns:page", pk)


# What can be said to a review, and what the toast says then.
_SAID: dict[str, tuple[Callable[..., Review], Any]] = {
    "clear": (reviews.clear, gettext_lazy("Cleared. Marketing can go live.")),
    "object": (reviews.object_to, gettext_lazy("Marketing reads why.")),
    "overrule": (reviews.overrule, gettext_lazy("It may go live. Both sides read why.")),
}


@require_http_methods(["GET", "POST"])
@signed_in
def spend(request: HttpRequest, pk: int) -> HttpResponse:
    """Money and visits, day by day; POST adds an entry of either, for those who may edit campaigns."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel", "owner"), pk=pk)
    person = person_of(request)
    today = timezone.localdate()
    money = SpendForm(initial={"on": today}, prefix="spend")
    visits = VisitsForm(initial={"on": today}, prefix="visits")
    if request.method == "POST":
        if request.POST.get("what") == "visits":
            visits = VisitsForm(request.POST, prefix="visits")
            if visits.is_valid() and _tried(
                visits, lambda: spending.set_visits(campaign=campaign, by=person, **visits.cleaned_data)
            ):
                messages.success(request, _("Visits noted."))
                return redirect("campaigns:spend", pk)
        else:
            money = SpendForm(request.POST, prefix="spend")
            if money.is_valid() and _tried(
                money, lambda: spending.add(campaign=campaign, by=person, **money.cleaned_data)
            ):
                messages.success(request, _("Entry added."))
                return redirect("campaigns:spend", pk)
    return _spend_page(request, campaign, money=money, visits=visits)


def _spend_page(request: HttpRequest, campaign: Campaign, **more: Any) -> HttpResponse:
    person = person_of(request)
    shown = selectors.campaign_page(campaign, all_money=True)
    for entry in shown.spends:
        entry.may_change = spending.may_change(entry, person)  # type: ignore[attr-defined]  # for the template
    forms = [form for form in more.values() if isinstance(form, BaseForm)]
    context = {
        "campaign": campaign,
        "page": shown,
        "form": next((form for form in forms if form.is_bound), None),
        "may_edit": person.can(Can.EDIT_CAMPAIGNS),
    } | more
    return render_page(request, "campaigns/spend.html", context, status=_status(*forms))


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CAMPAIGNS)
def spend_entry(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """Correct one entry of spend, or delete it (`delete`)."""
    campaign = get_object_or_404(Campaign.objects.select_related("channel", "owner"), pk=pk)
    found = get_object_or_404(Spend, pk=entry, campaign=campaign)
    person = person_of(request)
    if request.method == "POST" and request.POST.get("delete"):
        spending.remove(spend=found, by=person)
        messages.success(request, _("Entry deleted."))
        return redirect("campaigns:spend", pk)
    form = SpendForm(instance=found)
    if request.method == "POST":
        form = SpendForm(request.POST, instance=Spend(pk=found.pk, campaign=campaign))
        if form.is_valid() and _tried(
            form, lambda: spending.change(spend=found, by=person, **form.cleaned_data)
        ):
            messages.success(request, _("Saved."))
            return redirect("campaigns:spend", pk)
    context = {"campaign": campaign, "entry": found, "form": form, "may": spending.may_change(found, person)}
    return render_page(request, "campaigns/spend_entry.html", context, status=_status(form))


@require_POST
@requires(Can.EDIT_CAMPAIGNS)
def visits_delete(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """Delete the visits of one day."""
    found = get_object_or_404(Visits, pk=entry, campaign=pk)
    spending.remove_visits(visits=found, by=person_of(request))
    messages.success(request, _("Visits deleted."))
    return redirect(reverse("campaigns:spend", args=[pk]))


def _tried(form: BaseForm, call: Any) -> bool:
    """Whether the service took it; what it refuses is put beside the field."""
    try:
        call()
    except Invalid as error:
        _put(error, form)
        return False
    return True


def _put(error: Invalid, form: BaseForm) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _status(*forms: BaseForm) -> int:
    return 422 if any(form.is_bound and form.errors for form in forms) else 200


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
