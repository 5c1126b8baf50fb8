"""Handing in what the next meeting should talk about, and going through the points."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.forms.points import HandInForm
from leadsync.meetings.models import Point
from leadsync.meetings.selectors import points as selectors
from leadsync.meetings.services import points as services
from leadsync.meetings.views.meeting import answer, found_for

# A part of an address, for the logs: who comes here is not noted (`leadsync.meetings.apps`).
SENT = "sent"


@require_http_methods(["GET", "POST"])
@requires(Can.HAND_IN)
def hand_in(request: HttpRequest) -> HttpResponse:
    """Hand in a problem or a need, and see one's own that wait; `?about=` is the page it is about."""
    person = person_of(request)
    about = request.POST.get("about", request.GET.get("about", ""))[:100]
    form = HandInForm(request.POST if request.method == "POST" else None, initial={"about": about})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.hand_in(
                source=data["source"],
                text=data["text"],
                by=person,
                is_anonymous=data["is_anonymous"],
                about=data["about"],
            )
        except Invalid as error:
            form.refuse(error)
        else:
            # No message: it would wait in the session of who handed it in.
            return redirect(f"{reverse('meetings:hand_in')}?{SENT}=1")
    try:
        named = str(services.about_of(about).get("about", ""))
    except Invalid:
        named = ""
    context = {
        "form": form,
        "about": named,
        "is_sent": SENT in request.GET and request.method == "GET",
        "own": selectors.waiting_of(person),
        "next": selectors.next_one(),
        "longest": services.LONGEST,
    }
    return render_page(request, "meetings/hand_in.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Can.HAND_IN)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one handed in; with `undo` it waits again."""
    point = get_object_or_404(Point, pk=pk, source__in=rules.HANDED_IN)
    if request.POST.get("undo"):
        services.bring_back(point=point, by=person_of(request))
        messages.success(request, _("It waits for the next meeting again."))
    else:
        services.withdraw(point=point, by=person_of(request))
        messages.success(request, _("Taken back."))
    return redirect("meetings:hand_in")


@require_POST
@requires(Can.RUN_MEETINGS)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was said about a point."""
    meeting, key = found_for(request, pk), request.POST.get("point", "")[:200]
    text = request.POST.get("note", "")
    try:
        services.note(meeting=meeting, key=key, text=text, was=request.POST.get("was"), by=person_of(request))
    except Invalid as error:
        return answer(request, meeting, key, typed={"note": text}, errors={"note": error.message})
    except Conflict as error:
        if "note" not in error.context:
            raise
        typed = {"note": text, "was": str(error.context["note"])}
        return answer(request, meeting, key, typed=typed, errors={"note": error.message})
    return answer(request, meeting, key, said=_("Noted."))


@require_POST
@requires(Can.RUN_MEETINGS)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """No decision needed, next time, or open again."""
    meeting, key = found_for(request, pk), request.POST.get("point", "")[:200]
    state = request.POST.get("state", "")
    services.settle(meeting=meeting, key=key, state=state, by=person_of(request))
    said = {
        "done": _("Talked about, no decision needed."),
        "carried": _("For next time."),
        "open": _("Open again."),
    }[state]
    undo = {"point": key, "state": "open"} | ({"from": "room"} if request.POST.get("from") == "room" else {})
    url = reverse("meetings:settle", args=[meeting.pk])
    if state == Point.StateChoices.OPEN:
        return answer(request, meeting, key, said=said)
    return answer(request, meeting, key, said=said, undo=url, undo_values=undo)
