"""Asking for what is missing about a lead, and filling it where it is asked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from feedback.models import Question
from feedback.selectors import questions as selectors
from feedback.services import pieces as services
from feedback.views.questions import card
from leads.models import Lead, Tag
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, DomainError, Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import when


def _said(question: Question, *, is_new: bool) -> str:
    facts = {
        "name": question.answerer.name,
        "asker": question.asker.name,
        "time": when(question.asked_at),
        "due": when(question.due_at),
    }
    if is_new:
        return _("Asked: %(name)s, answer due %(due)s.") % facts
    return _("Asked already: %(asker)s → %(name)s, %(time)s.") % facts


@require_POST
@requires(Can.LOG_LEADS)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for `piece` of `lead`: one click. Without scripts it leads back to where one came from (`back`)."""
    person = person_of(request)
    pk = request.POST.get("lead", "")
    lead = get_object_or_404(
        Lead.objects.visible_to(person).select_related("campaign", "owner"),
        pk=int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 16 else 0,
    )
    piece = request.POST.get("piece", "")[:60]
    status, refused, said = 200, None, ""
    try:
        asked = services.ask(lead=lead, piece=piece, by=person)
    except (Invalid, Conflict) as error:
        status, refused = error.http_status, error.message
    else:
        said = _said(asked.question, is_new=asked.is_new)
    if not wants_fragment(request):
        (messages.error if refused else messages.success)(request, refused or said)
        campaign = request.POST.get("back") == "campaign"
        return redirect("campaigns:page", lead.campaign_id) if campaign else redirect("leads:page", lead.pk)
    context = {
        "lead": lead,
        "piece": piece,
        "refused": refused,
        "text": said,
        "with_panel": request.POST.get("back") == "lead",
        "back": request.POST.get("back", ""),
    }
    return render_page(request, "feedback/piece_asked.html", context, status=status)


@require_POST
@requires(Can.WORK_LEADS, Can.WORK_ANY_LEAD, Can.LOG_LEADS)
def fill(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the piece that a question asks for: `value` by a press, `typed`, a `tag`, or `words`."""
    person = person_of(request)
    found = get_object_or_404(selectors.visible_to(person).exclude(piece=""), pk=pk)
    pressed, typed = request.POST.get("value"), request.POST.get("typed", "")
    tag = request.POST.get("tag")
    try:
        services.fill(
            question=found,
            by=person,
            value=typed if pressed is None else pressed,
            tag=get_object_or_404(Tag, key=tag) if tag else None,
            words=request.POST.get("words"),
            group=get_format("THOUSAND_SEPARATOR") if pressed is None else "",
        )
    except (Invalid, Conflict) as error:
        return _refused(request, pk, error, typed or request.POST.get("words", ""))
    return card(request, pk, words=_("Sent as your answer."))


def _refused(request: HttpRequest, pk: int, error: DomainError, typed: str) -> HttpResponse:
    return card(request, pk, status=error.http_status, piece_refused=error.message, piece_typed=typed)
