"""The mode for the room: one point at a time, in large type."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from leadsync.accounts.access import person_of, signed_in
from leadsync.core.htmx import render_page
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.views.meeting import found_for, page_context


@require_GET
@signed_in
def room(request: HttpRequest, pk: int) -> HttpResponse:
    """One point (`?point=`, else the first that is open), with the ones before and after it."""
    found = found_for(request, pk)
    agenda = selectors.agenda_of(found, person_of(request))
    asked = request.GET.get("point", "")[:200]
    shown = agenda.of(asked)
    if shown is None and agenda.points:
        shown = next((one for one in agenda.points if one.is_open), agenda.points[0])
    keys = [one.key for one in agenda.points]
    context = page_context(request, agenda) | {
        "one": shown,
        "near": rules.neighbours(keys, shown.key if shown else ""),
    }
    return render_page(request, "meetings/room.html", context, fragment="room")
