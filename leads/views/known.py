"""What becomes known of a lead: answers to the definition, situation, needs and objections. By one press, in place.

The queue and the lead's page share the panels: each press answers with the panel it was made in, so that nothing
typed elsewhere on the page is touched. Without scripts it leads back to the page it came from.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.views.decorators.http import require_POST

from leads.domain.words import Topic
from leads.models import Lead, Tag
from leads.selectors import agreement, learned, queue, timeline
from leads.services import answers
from leads.services import learned as learning
from leads.views.lead import NOTES, lead_of, show
from leads.views.queue import answer_with_queue
from leadsync.accounts.access import person_of, requires
from leadsync.core.errors import Conflict, DomainError, Invalid
from leadsync.core.htmx import render_page, wants_fragment

TEMPLATE = "leads/queue/known.html"


def _back(request: HttpRequest, lead: Lead, anchor: str, *, from_lead: bool) -> HttpResponse:
    """Without scripts: the page it came from, at the panel."""
    if from_lead:
        return redirect(reverse("leads:page", args=[lead.pk]) + anchor)
    query = f"?tab={request.POST.get('tab', 'first')}&lead={lead.pk}"
    return redirect(reverse("leads:queue") + query + anchor)


def _panel(
    request: HttpRequest, lead: Lead, fragment: str, *, from_lead: bool, status: int = 200, **more: Any
) -> HttpResponse:
    """The panel as it stands now, with what shows the same elsewhere on the page."""
    lead = lead_of(request, lead.pk)  # what a service has locked is read anew, with its campaign
    terms = agreement.terms()
    pane: dict[str, Any] = {"lead": lead, "terms": terms}
    if fragment == "learned":
        pane["topics"] = learned.topics_of(lead)
    else:
        pane |= queue.definition_of(lead, terms)
    context = {
        "pane": pane,
        "go_on": _next_open(pane["points"], more["answered"]) if "answered" in more else "",
        "lead": lead,
        "from_lead": from_lead,
        "tab": request.POST.get("tab", ""),
        "may_answer": True,
        "now": timezone.now(),
        "items": timeline.timeline(lead, terms) if from_lead and status == 200 else None,
        **more,
    }
    return render_page(request, TEMPLATE, context, fragment=fragment, status=status)


def _refuse(
    request: HttpRequest,
    lead: Lead,
    refused: DomainError,
    fragment: str,
    *,
    from_lead: bool,
    **more: Any,
) -> HttpResponse:
    """What was typed comes back with the reason beside it; without scripts on the whole page."""
    status = refused.http_status
    if wants_fragment(request):
        return _panel(
            request, lead, fragment, from_lead=from_lead, status=status, panel_refused=refused, **more
        )
    if from_lead:
        return show(request, lead.pk, status=status, panel_refused=refused, **more)
    return answer_with_queue(request, stay=lead, status=status, panel_refused=refused, **more)


def _next_open(points: list[queue.Point], after: str) -> str:
    """The question to go on with: the next one after `after` that is not known, from the top again; else itself."""
    keys = [point.criterion.key for point in points]
    start = keys.index(after) + 1 if after in keys else 0
    return next((one.criterion.key for one in points[start:] + points[:start] if one.met is None), after)


@require_POST
@requires(*NOTES)
def answer(request: HttpRequest, pk: int, *, from_lead: bool = False) -> HttpResponse:
    """Answer one criterion of the definition: `key` and `value`; an empty value takes the answer away.

    `value` is what a press gives; the field beside the presses is `typed`.
    """
    lead, person = lead_of(request, pk), person_of(request)
    key, value = request.POST.get("key", ""), request.POST.get("value")
    typed = request.POST.get("typed", "")
    try:
        if value == "":
            answers.forget(lead=lead, key=key, by=person)
        else:
            answers.answer(
                lead=lead,
                key=key,
                value=typed if value is None else value,
                source="rep",
                by=person,
                group=get_format("THOUSAND_SEPARATOR") if value is None else "",
            )
    except Invalid as refused:
        asked = key if any(one.key == key for one in agreement.terms().criteria) else ""
        return _refuse(
            request,
            lead,
            refused,
            "answered",
            from_lead=from_lead,
            refused_key=asked,
            refused_typed=typed or value,
        )
    if not wants_fragment(request):
        return _back(request, lead, "#points", from_lead=from_lead)
    if value == "":
        return _panel(request, lead, "answered", from_lead=from_lead, go_on=key)
    return _panel(request, lead, "answered", from_lead=from_lead, answered=key)


@require_POST
@requires(*NOTES)
def learn(request: HttpRequest, pk: int, *, from_lead: bool = False) -> HttpResponse:
    """What sales learned about `topic`: `tag` is "key:on" or "key:off"; `words` are kept with every press.

    `was` are the words that the page showed: others by now are a conflict that keeps what was typed.
    """
    lead, person = lead_of(request, pk), person_of(request)
    topic, words = request.POST.get("topic", ""), request.POST.get("words")
    key, _colon, wanted = request.POST.get("tag", "").partition(":")
    if topic not in Topic:
        raise Http404
    steps: list[Callable[[], Any]] = []
    if key:
        tag = get_object_or_404(Tag, key=key)
        steps.append(lambda: learning.tag(lead=lead, tag=tag, is_on=wanted != "off", by=person))
    if words is not None:
        was = request.POST.get("was")
        steps.append(lambda: learning.say(lead=lead, topic=topic, words=words, by=person, was=was))
    try:
        for step in steps:
            step()
    except (Invalid, Conflict) as refused:
        return _refuse(
            request,
            lead,
            refused,
            "learned",
            from_lead=from_lead,
            refused_topic=topic,
            refused_words=words,
            open_topic=topic,
        )
    if not wants_fragment(request):
        return _back(request, lead, f"#learned-{topic}", from_lead=from_lead)
    return _panel(request, lead, "learned", from_lead=from_lead, open_topic=topic)
