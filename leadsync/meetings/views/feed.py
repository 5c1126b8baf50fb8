"""The private calendar: its address for its person, its file for programs that ask."""

from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadsync.accounts.access import person_of, public, signed_in
from leadsync.accounts.selectors import company
from leadsync.intake.services import limits
from leadsync.intake.views.public import address_of
from leadsync.meetings.domain.calendar import calendar_file
from leadsync.meetings.selectors import upcoming
from leadsync.meetings.services import feeds

# In ten minutes. Calendars ask every few minutes at most, and one person may have several.
MOST_READS: Final = 60
MOST_WRONG: Final = 30


def address(token: str) -> str:
    """The whole address of a calendar."""
    return str(settings.LEADSYNC_BASE_URL) + reverse("meetings:feed", args=[token])


def feed_card(request: HttpRequest) -> dict[str, Any]:
    """The address of one's own calendar, when a program last asked for it; no address until it is asked for."""
    found = feeds.feed_of(person_of(request))
    return {
        "address": address(feeds.token_of(found)) if found else "",
        "read_at": found.read_at if found else None,
    }


@require_POST
@signed_in
def renew(request: HttpRequest) -> HttpResponse:
    """Make one's address, or a new one instead of the old."""
    had_one = feeds.feed_of(person_of(request)) is not None
    feeds.renew(by=person_of(request))
    if had_one:
        messages.success(request, _("Here is the new address. The old one opens nothing any more."))
    return redirect(f"{reverse('meetings:list')}#calendar")


@require_safe
@public
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever this address was made for. Wrong addresses: 404, and soon 429 for who guesses."""
    now = timezone.now()
    found = feeds.recognised(token)
    if found is None:
        who = address_of(request)
        wait = limits.wait_needed(what="feed-wrong", who=who, most=MOST_WRONG, now=now) if who else 0
        return (
            _plain(_("Too many wrong addresses."), 429, wait)
            if wait
            else _plain(_("There is no such calendar."), 404)
        )
    wait = limits.wait_needed(what="feed", who=str(found.pk), most=MOST_READS, now=now)
    if wait:
        return _plain(_("Asked too often."), 429, wait)
    with translation.override(found.person.language):
        name = f"LeadSync, {company().name}"
        body = calendar_file(name, upcoming.entries_of(found.person, now))
    feeds.note_read(found, at=now)
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if tag in asked or "*" in asked:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="leadsync.ics"'
    response["ETag"] = tag
    return _private(response)


def _plain(said: str, status: int, wait: int = 0) -> HttpResponse:
    response = HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
    if wait:
        response["Retry-After"] = str(wait)
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    """Nobody else keeps it, no search engine lists it."""
    patch_cache_control(response, private=True, no_cache=True)
    response["X-Robots-Tag"] = "noindex"
    return response
