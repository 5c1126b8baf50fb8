"""Questions: the list, one question, asking, answering, closing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from feedback.forms import AskForm, ReplyForm
from feedback.models import Question
from feedback.selectors import questions as selectors
from feedback.selectors.questions import Cut
from feedback.services import questions as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment


def _tabs(person: User, chosen: Cut) -> list[dict[str, Any]]:
    counts = selectors.counts(person)
    words = {
        Cut.FOR_ME: _("For me"),
        Cut.MINE: _("Asked by me"),
        Cut.OPEN: _("All open"),
        Cut.CLOSED: _("Closed"),
    }
    return [
        {"key": cut.value, "label": label, "count": counts.get(cut, 0), "is_chosen": cut is chosen}
        for cut, label in words.items()
    ]


@require_GET
@signed_in
def question_list(request: HttpRequest) -> HttpResponse:
    """Questions of one tab (`?show=`), oldest first, in pages by key (`?after=`)."""
    person = person_of(request)
    asked, after = request.GET.get("show", ""), request.GET.get("after", "")
    cut = Cut(asked) if asked in set(Cut) else Cut.FOR_ME
    rows, next_key = selectors.page_of(cut, person, after=int(after[:18]) if after.isdecimal() else None)
    context = {
        "questions": rows,
        "cut": cut,
        "tabs": _tabs(person, cut),
        "next_url": f"{request.path}?show={cut}&after={next_key}" if next_key else "",
        "now": timezone.now(),
        "may_ask": person.can(Can.ASK),
    }
    return render_page(request, "feedback/questions.html", context, fragment="rows")


@require_GET
@signed_in
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with its facts and answers: where a notice leads."""
    found = get_object_or_404(selectors.told(selectors.visible_to(person_of(request))), pk=pk)
    return render_page(request, "feedback/question.html", {"question": found, "now": timezone.now()})


@require_http_methods(["GET", "POST"])
@requires(Can.ASK)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask somebody; from a lead or campaign the panel comes back, elsewhere the question's page opens."""
    person = person_of(request)
    form = AskForm(request.POST or None, person=person, initial={"answerer": request.GET.get("to")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.ask(
                text=data["text"],
                answerer=data["answerer"],
                by=person,
                lead=data["lead"],
                campaign=data["campaign"],
            )
        except Invalid as error:
            form.add_error(error.field, error.message)
        else:
            if wants_fragment(request):
                about = {"lead": data["lead"], "campaign": data["campaign"]}
                return render_page(request, "feedback/asked.html", about | {"question": made})
            messages.success(request, _("Asked. The answer comes to your notifications."))
            return redirect(_back(made))
    status = 422 if form.is_bound else 200
    if form.is_bound and wants_fragment(request):
        data = form.cleaned_data
        context = {"form": form, "lead": data.get("lead"), "campaign": data.get("campaign")}
        return render_page(request, "feedback/asked.html", context, status=status)
    return render_page(request, "feedback/ask.html", {"form": form}, status=status)


def _back(question: Question) -> str:
    if question.lead_id:
        return reverse("leads:page", args=[question.lead_id])
    if question.campaign_id:
        return reverse("campaigns:page", args=[question.campaign_id])
    return reverse("feedback:question", args=[question.pk])


def card(
    request: HttpRequest, pk: int, *, status: int = 200, words: str = "", **context: Any
) -> HttpResponse:
    """The question again: its card for htmx, else its page."""
    if not wants_fragment(request) and status == 200:
        if words:
            messages.success(request, words)
        return redirect("feedback:question", pk)
    found = get_object_or_404(selectors.told(selectors.visible_to(person_of(request))), pk=pk)
    template = "feedback/answered.html" if wants_fragment(request) else "feedback/question.html"
    context = {"question": found, "now": timezone.now(), "text": words} | context
    return render_page(request, template, context, status=status)


@require_POST
@signed_in
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer, or write back."""
    person = person_of(request)
    found = get_object_or_404(selectors.visible_to(person), pk=pk)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            services.reply(question=found, text=form.cleaned_data["text"], by=person)
        except Invalid as error:
            form.add_error(error.field, error.message)
        except Conflict as error:
            form.add_error(None, error.message)
            return card(request, pk, status=409, reply_form=form)
        else:
            return card(request, pk, words=_("Sent."))
    return card(request, pk, status=422, reply_form=form)


@require_POST
@signed_in
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle the question; the page says how to take it back."""
    person = person_of(request)
    services.close(question=get_object_or_404(selectors.visible_to(person), pk=pk), by=person)
    return card(request, pk, words=_("Question closed."))


@require_POST
@signed_in
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed question again."""
    person = person_of(request)
    services.reopen(question=get_object_or_404(selectors.visible_to(person), pk=pk), by=person)
    return card(request, pk, words=_("Question open again."))
