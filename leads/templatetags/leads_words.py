"""Deadlines, marks and answers as words. No database."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

from leads.domain.deadline import Deadline, Group, State
from leads.models import Lead, Mark
from leads.selectors.answer_words import value_words
from leadsync.core.money import local_pattern
from leadsync.core.templatetags.ui import clock, day, duration

register = template.Library()


@register.filter
def deadline_words(found: Deadline) -> str:
    """ "1 h 12 min over", "38 min left", "Due 10:02", "Asked 9:00": what the ring stands beside."""
    if found.state is State.OVER:
        return _("%(time)s over") % {"time": duration(max(1, found.seconds // 60))}
    at = found.wanted_at if found.state is State.ASKED and found.wanted_at else found.due_at
    if found.state is not State.ASKED and found.group is Group.TODAY and found.is_running:
        return _("%(time)s left") % {"time": duration(-(-found.seconds // 60))}
    return (_("Asked %(time)s") if found.state is State.ASKED else _("Due %(time)s")) % {
        "time": _near(at, found.group)
    }


def _near(at: datetime, group: Group) -> str:
    """The time alone for today and tomorrow, with the weekday within a week, else with the date."""
    if group in {Group.TODAY, Group.TOMORROW}:
        return clock(at)
    local = timezone.localtime(at)
    if 0 <= (local.date() - timezone.localdate()).days < 7:
        weekday = local_pattern("WEEKDAYS", ())[local.weekday()]
        return f"{weekday}\u00a0{clock(at)}"
    return day(at)


@register.filter
def step_words(at: datetime) -> str:
    """When a next step is due: the time for today and tomorrow, else the day."""
    days = (timezone.localtime(at).date() - timezone.localdate()).days
    return clock(at) if days in {0, 1} else day(at)


def mark_sentence(lead: Lead, mark: Mark) -> str:
    """ "Karol Wąs marked Not a fit: private person", for the toast."""
    said = _("%(name)s marked %(mark)s") % {"name": lead.title, "mark": mark.get_value_display()}
    return f"{said}: {mark.reason.words}" if mark.reason else said


@register.filter
def answer_words(point: Any) -> str:
    """What is known for a criterion, with its unit and where it came from."""
    words = value_words(point.criterion, point.value)
    return f"{words}, {point.source}" if words and point.source else words


@register.filter
def over_seconds(seconds: int) -> int:
    """Time over is time left below zero: how the script counts on."""
    return -max(int(seconds), 1)


@register.filter
def morning_words(at: datetime) -> str:
    """ "Tomorrow 9:00", or "23 Nov 9:00" where tomorrow is a day off."""
    days = (timezone.localtime(at).date() - timezone.localdate()).days
    return _("Tomorrow %(time)s") % {"time": clock(at)} if days == 1 else _near(at, Group.LATER)


@register.filter
def phone_words(phone: str) -> str:
    """A phone number as people write it: +48 61 555 01 42. As it is where it cannot be read."""
    try:
        return format_number(parse(phone), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return phone


@register.filter
def conflict_values(typed: Any, wanted: str) -> dict[str, str]:
    """What was chosen before somebody else was faster, sent again with the new version."""
    names = ("note", "on", "tab", "next", "q")
    return {"mark": wanted} | {name: typed[name] for name in names if typed.get(name)}
