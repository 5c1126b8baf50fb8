"""Meetings on other apps' pages, and what their own templates need."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from leadsync.accounts.access import person_of
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.templatetags.ui import clock, day
from leadsync.meetings.models import Decision, Meeting
from leadsync.meetings.selectors import agenda
from leadsync.meetings.selectors.agenda import Shown

register = template.Library()

SELECTED = SafeString(" selected")


@register.inclusion_tag("meetings/next_meeting.html", takes_context=True)
def next_meeting(context: Context) -> dict[str, Any]:
    """The button "Open agenda" of the meeting that goes on, else of the next one; one query.

    Nothing is planned: who runs meetings is led to where one is.
    """
    found = agenda.next_meeting(timezone.now())
    may_run = person_of(context["request"]).can(Can.RUN_MEETINGS)
    return {"next": found, "may_plan": found is None and may_run, "meetings_url": meetings_url()}


@register.inclusion_tag("meetings/hand_in_button.html", takes_context=True)
def hand_in_button(context: Context, about: str = "", *, is_small: bool = True) -> dict[str, Any]:
    """The button that hands in a point; `about` is the address of the lead, campaign or question it is about."""
    may = person_of(context["request"]).can(Can.HAND_IN)
    url = reverse("meetings:hand_in") + (f"?about={quote(about)}" if about else "")
    return {"may_hand_in": may, "url": url, "is_small": is_small}


@register.filter
def held_at(meeting: Meeting) -> str:
    """When it is or was: "22 Nov, 8:10–8:34" as the clock said at both ends, "23 Nov, 9:00" before it has begun."""
    begins = meeting.began_at or meeting.starts_at
    text = f"{day(begins)}, {clock(begins)}"
    if meeting.ended_at is None:
        return text
    is_same_day = day(meeting.ended_at) == day(begins)
    return (
        f"{text}–{clock(meeting.ended_at)}"
        if is_same_day
        else f"{text} – {day(meeting.ended_at)}, {clock(meeting.ended_at)}"
    )


@register.simple_tag
def meetings_url() -> str:
    """The list of meetings; that of decisions while there is none."""
    try:
        return reverse("meetings:list")
    except NoReverseMatch:
        return reverse("meetings:decisions")


@register.simple_tag
def room_link(meeting: Meeting, key: str) -> str:
    """The address of one point in the room."""
    return f"{reverse('meetings:room', args=[meeting.pk])}?point={quote(key)}"


@register.simple_tag
def people_options(people: Sequence[User], one: Shown) -> SafeString:
    """The options of "who does it": the one whom the fact concerns is chosen, or who was chosen before a refusal."""
    chosen = one.typed.get("owner") or str(one.suggestion.owner_id if one.suggestion else "")
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((person.pk, SELECTED if str(person.pk) == chosen else "", person.name) for person in people),
    )


@register.simple_tag
def may_end(decision: Decision, person: User, may_run: bool) -> bool:
    """Whether this person may say that a decision is done."""
    return may_run or decision.owner_id == person.pk
