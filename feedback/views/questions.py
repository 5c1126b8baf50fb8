"""Questions: the list, one question, asking, answering, closing."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from feedback.forms import AskForm, ReplyForm
from feedback.models import Question
from feedback.selectors import cohort as cohorts
from feedback.selectors import facts, facts_now
from feedback.selectors import questions as selectors
from feedback.selectors.questions import Cut, QuestionFilter
from feedback.services import questions as services
from leads.domain.identity import clean
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Side
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@dataclass(frozen=True)
class Shown:
    """What the address of the list asks for: tab, search, person, department."""

    person: User
    cut: Cut
    by: QuestionFilter

    @classmethod
    def of(cls, request: HttpRequest) -> "Shown":
        asked = request.GET.get("show", "")
        side = request.GET.get("side", "")
        by = QuestionFilter(
            text=clean(request.GET.get("q", ""))[: selectors.MOST_CHARACTERS],
            person=_whole(request.GET.get("person", "")),
            side=side if side in set(Side) else "",
        )
        return cls(person_of(request), Cut(asked) if asked in set(Cut) else Cut.FOR_ME, by)

    def url(self, cut: Cut | None = None, **more: Any) -> str:
        """The list with this search, in this tab or another."""
        pairs = {
            "show": cut or self.cut,
            "q": self.by.text,
            "person": self.by.person,
            "side": self.by.side,
        } | more
        query = urlencode({name: value for name, value in pairs.items() if value not in ("", None)})
        return f"{reverse('feedback:questions')}?{query}"

    @property
    def without_url(self) -> str:
        """The tab without the search."""
        return f"{reverse('feedback:questions')}?show={self.cut}"


def _tabs(shown: Shown) -> list[dict[str, Any]]:
    counts = selectors.counts(shown.person, shown.by)
    words = {
        Cut.FOR_ME: _("For me"),
        Cut.MINE: _("Asked by me"),
        Cut.OPEN: _("All open"),
        Cut.CLOSED: pgettext("questions", "Closed"),
    }
    return [
        {
            "key": cut.value,
            "label": label,
            "count": counts[cut],
            "url": shown.url(cut),
            "is_chosen": cut is shown.cut,
        }
        for cut, label in words.items()
    ]


@require_GET
@signed_in
def question_list(request: HttpRequest) -> HttpResponse:
    """Questions of one tab (`?show=`), oldest first, in pages by key (`?after=`).

    `q` searches, `person` and `side` (mkt, sales, dir) cut to who is in it and which department is asked.
    """
    shown = Shown.of(request)
    after = _whole(request.GET.get("after", ""))
    rows, next_key = selectors.page_of(shown.cut, shown.person, by=shown.by, after=after)
    context = {
        "questions": rows,
        "cut": shown.cut,
        "shown": shown,
        "tabs": _tabs(shown),
        "people": selectors.people_in_questions(),
        "sides": [
            (Side.MARKETING, _("To marketing")),
            (Side.SALES, _("To sales")),
            (Side.DIRECTION, _("To direction")),
        ],
        "next_url": shown.url(after=next_key) if next_key else "",
        "now": timezone.now(),
        "may_ask": shown.person.can(Can.ASK),
    }
    fragment = "rows" if after else "cut"
    response = render_page(request, "feedback/questions.html", context, fragment=fragment)
    if wants_fragment(request) and not after:
        response["HX-Replace-Url"] = shown.url()
    return response


def page_context(found: Question, person: User) -> dict[str, Any]:
    """What the page of one question shows beside its card: the facts as of asking and now."""
    context: dict[str, Any] = {"question": found, "now": timezone.now()}
    told = facts_now.now(found, person)
    if found.cohort:
        counted = cohorts.from_json(told) if told is not None else None
        asked = cohorts.from_json(found.facts)
        if counted is not None or asked is not None:
            query = found.cohort.get("query", "")
            context["trace"] = cohorts.trace(query, now=counted, asked=asked, person=person)
    elif told:
        context["compared"] = facts.compared(found, told)
    return context


@require_GET
@signed_in
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with its facts and answers: where a notice leads."""
    person = person_of(request)
    found = get_object_or_404(selectors.told(selectors.visible_to(person)), pk=pk)
    return render_page(request, "feedback/question.html", page_context(found, person))


def _preview(query: str, person: User) -> dict[str, Any]:
    """The leads that are asked about, as they stand; what is wrong with the filters where they cannot be read."""
    if not query:
        return {}
    try:
        read = cohorts.read(query, person)
    except Invalid as error:
        return {"cohort_error": error.message}
    counted = cohorts.counts_of(read, person)
    return {
        "cohort_said": cohorts.words_of([read])[0],
        "cohort_url": cohorts.list_url(read),
        "trace": cohorts.trace(read, now=counted, asked=None),
    }


@require_http_methods(["GET", "POST"])
@requires(Can.ASK)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask somebody: `?cohort=` are filters of the leads list, `?to=` a person or the role of a head.

    From a lead or campaign the panel comes back, elsewhere the question's page opens.
    """
    person = person_of(request)
    query = request.GET.get("cohort", "")
    initial = {"answerer": request.GET.get("to"), "cohort": query, "text": request.GET.get("text", "")}
    form = AskForm(request.POST or None, person=person, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.ask(
                text=data["text"],
                answerer=data["answerer"],
                by=person,
                lead=data["lead"],
                campaign=data["campaign"],
                leads=data["cohort"],
                form_key=data["key"],
            )
        except Invalid as error:
            form.refuse(error)
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
    if form.is_bound:
        query = str(form["cohort"].value() or "")
    context = {"form": form, **_preview(query, person)}
    return render_page(request, "feedback/ask.html", context, status=status)


def _back(question: Question) -> str:
    if question.lead_id:
        return reverse("leads:page", args=[question.lead_id])
    if question.campaign_id:
        return reverse("campaigns:page", args=[question.campaign_id])
    return reverse("feedback:question", args=[question.pk])


# What a card says less of, by the place that its forms name.
PLACES = {"page": {"hide_facts": True}, "beside": {"hide_about": True}, "list": {"in_list": True}}


def card(
    request: HttpRequest, pk: int, *, status: int = 200, words: str = "", **context: Any
) -> HttpResponse:
    """The question again: its card for htmx, else its page."""
    if not wants_fragment(request) and status == 200:
        if words:
            messages.success(request, words)
        return redirect("feedback:question", pk)
    person = person_of(request)
    found = get_object_or_404(selectors.told(selectors.visible_to(person)), pk=pk)
    if wants_fragment(request):
        place = PLACES.get(request.POST.get("place", ""), {})
        shown = {"question": found, "now": timezone.now(), "text": words} | place
        return render_page(request, "feedback/answered.html", shown | context, status=status)
    return render_page(
        request, "feedback/question.html", page_context(found, person) | context, status=status
    )


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
