"""A meeting: its agenda, beginning and ending it, who is there, its minutes."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Meeting
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.selectors import minutes as minutes_selectors
from leadsync.meetings.selectors.agenda import Agenda
from leadsync.meetings.services import agenda as services
from leadsync.meetings.services import minutes as minutes_services


def found_for(request: HttpRequest, pk: int) -> Meeting:
    """The meeting, 404 where there is none for this person."""
    rows = selectors.visible_to(person_of(request)).select_related("series", "by")
    return get_object_or_404(rows, pk=pk)


def page_context(request: HttpRequest, agenda: Agenda) -> dict[str, Any]:
    """What the page of a meeting and its parts are made of."""
    person = person_of(request)
    return {
        "agenda": agenda,
        "meeting": agenda.meeting,
        "may_run": person.can(Can.RUN_MEETINGS),
        "may_hand_in": person.can(Can.HAND_IN),
        "cost": sum(one.item.cost_minutes for one in agenda.points),
    }


@require_GET
@signed_in
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """The agenda: read live until the meeting begins, then as it was written down, with what was decided."""
    found = found_for(request, pk)
    agenda = selectors.agenda_of(found, person_of(request))
    return render_page(request, "meetings/meeting.html", page_context(request, agenda))


def answer(
    request: HttpRequest,
    meeting: Meeting,
    key: str,
    *,
    said: str = "",
    undo: str = "",
    undo_values: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    """What follows a change of a point: its card and the head of the page for htmx, else the page at that point.

    From the room (`from=room`) it is the room. With `errors` the form comes back with what was typed (422).
    """
    status = 422 if errors else 200
    is_room = request.POST.get("from") == "room"
    if not errors and not wants_fragment(request):
        if said:
            messages.success(request, said, extra_tags=undo if not undo_values else "")
        return redirect(_place(meeting, key, is_room=is_room))
    person = person_of(request)
    fresh = Meeting.objects.select_related("series", "by").get(pk=meeting.pk)
    agenda = selectors.agenda_of(fresh, person)
    shown = agenda.of(key)
    if shown is not None and errors:
        shown.typed, shown.errors = dict(typed or {}), dict(errors)
    context = page_context(request, agenda) | {
        "one": shown,
        "said": said,
        "undo_url": undo,
        "undo_values": undo_values or {},
        "form_errors": bool(errors),
    }
    if is_room:
        keys = [one.key for one in agenda.points]
        context["near"] = rules.neighbours(keys, key)
        template = "meetings/room_saved.html" if wants_fragment(request) else "meetings/room.html"
    else:
        template = "meetings/point_saved.html" if wants_fragment(request) else "meetings/meeting.html"
    return render_page(request, template, context, status=status)


def _place(meeting: Meeting, key: str, *, is_room: bool) -> str:
    if is_room:
        return f"{reverse('meetings:room', args=[meeting.pk])}?point={key}"
    return f"{reverse('meetings:meeting', args=[meeting.pk])}#{selectors.dom_id(key)}"


def back_to(meeting: Meeting, request: HttpRequest) -> HttpResponse:
    """The page of the meeting, or the room where it was pressed there."""
    name = "meetings:room" if request.POST.get("from") == "room" else "meetings:meeting"
    return redirect(name, meeting.pk)


@require_POST
@requires(Can.RUN_MEETINGS)
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the agenda down; with `undo` it is read live again, as long as nothing was said."""
    found = found_for(request, pk)
    if request.POST.get("undo"):
        services.put_back(meeting=found, by=person_of(request))
        messages.success(request, _("Not begun yet. The agenda follows the facts again."))
    else:
        services.begin(meeting=found, by=person_of(request))
        messages.success(request, _("The meeting has begun. What comes up meanwhile can be added."))
    return back_to(found, request)


@require_POST
@requires(Can.RUN_MEETINGS)
def pull_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Add what came up since the meeting began."""
    found = found_for(request, pk)
    count = services.pull_in(meeting=found, by=person_of(request))
    said = ngettext("%(n)d point added.", "%(n)d points added.", count) % {"n": count}
    messages.success(request, said if count else _("Nothing came up since."))
    return back_to(found, request)


@require_POST
@requires(Can.RUN_MEETINGS)
def present(request: HttpRequest, pk: int) -> HttpResponse:
    """Say who came: `person`, `came` is "yes", "no" or "" (nobody said)."""
    found = found_for(request, pk)
    choices = {"yes": True, "no": False, "": None}
    number, came = request.POST.get("person", ""), request.POST.get("came", "")
    if came not in choices or not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise Invalid(_("Choose who came."), field="person")
    person = get_object_or_404(User, pk=int(number))
    by = person_of(request)
    minutes_services.set_present(meeting=found, person=person, is_present=choices[came], by=by)
    if wants_fragment(request):
        agenda = selectors.agenda_of(Meeting.objects.get(pk=found.pk), by)
        return render_page(request, "meetings/present_saved.html", page_context(request, agenda))
    return redirect(f"{reverse('meetings:meeting', args=[found.pk])}#present")


@require_POST
@requires(Can.RUN_MEETINGS)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The meeting is over; with `undo` it goes on, as long as no minutes are out."""
    found = found_for(request, pk)
    if request.POST.get("undo"):
        minutes_services.go_on(meeting=found, by=person_of(request))
        return back_to(found, request)
    minutes_services.end(meeting=found, by=person_of(request))
    messages.success(request, _("The meeting is over. The minutes are not sent yet."))
    return redirect("meetings:minutes", found.pk)


@require_POST
@requires(Can.RUN_MEETINGS)
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the minutes; pressed twice they go out once."""
    found = found_for(request, pk)
    sent = minutes_services.send(meeting=found, by=person_of(request))
    if not sent.is_new:
        messages.info(request, _("These minutes are out already. Nobody gets them twice."))
    elif sent.is_correction:
        said = ngettext(
            "Corrected minutes sent to %(n)d person.", "Corrected minutes sent to %(n)d people.", sent.people
        )
        messages.success(request, said % {"n": sent.people})
    else:
        said = ngettext("Minutes sent to %(n)d person.", "Minutes sent to %(n)d people.", sent.people)
        messages.success(request, said % {"n": sent.people})
    return redirect("meetings:minutes", found.pk)


@require_GET
@signed_in
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes, to be read and printed."""
    found = found_for(request, pk)
    context = {
        "meeting": found,
        "minutes": minutes_selectors.minutes_of(found),
        "may_run": person_of(request).can(Can.RUN_MEETINGS),
        "is_corrected": bool(found.sent_version) and found.sent_version != found.version,
    }
    return render_page(request, "meetings/minutes.html", context)
