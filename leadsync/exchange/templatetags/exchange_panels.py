"""Panels of the exchange for other apps' pages, and how a light looks."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can
from leadsync.exchange.domain.light import Light, Quarter
from leadsync.exchange.selectors import lights
from leadsync.exchange.selectors.lights import PersonLight
from leadsync.exchange.words import BOOKED

register = template.Library()

ICONS = {Light.GREEN: "check", Light.AMBER: "clock", Light.RED: "alert", Light.NONE: "circle-dashed"}
TONES = {Light.GREEN: "ok", Light.AMBER: "warn", Light.RED: "bad", Light.NONE: "muted"}


def light_words(one: PersonLight) -> str:
    """The light in a word or two."""
    if one.light is Light.NONE and one.quarter < lights.this_quarter():
        return _("New then")
    return {
        Light.GREEN: _("As agreed"),
        Light.AMBER: _("Due this month"),
        Light.RED: _("Overdue"),
        Light.NONE: _("There is time"),
    }[one.light]


@register.inclusion_tag("exchange/light.html")
def light(one: PersonLight) -> dict[str, Any]:
    """The light of one person: icon and word."""
    return {"icon_name": ICONS[one.light], "tone": TONES[one.light], "words": light_words(one)}


@register.filter
def booked(kind: str) -> str:
    """What is booked, in words."""
    return str(BOOKED.get(kind, kind))


@register.filter
def quarter_name(quarter: Quarter) -> str:
    """The quarter as people say it."""
    return _("Quarter %(number)d of %(year)d") % {"number": quarter.number, "year": quarter.year}


@register.inclusion_tag("exchange/panel_lights.html", takes_context=True)
def exchange_lights(context: Context) -> dict[str, Any]:
    """For a dashboard: how many marketers heard calls as agreed, for who leads; for a marketer the own light.

    Nothing for others. At most three statements.
    """
    person = person_of(context["request"])
    if person.can(Can.SEE_EXCHANGE):
        found = lights.lights()
        counts = [
            (one, sum(row.light is one for row in found)) for one in (Light.RED, Light.AMBER, Light.GREEN)
        ]
        return {
            "lights": found,
            "quota": found[0].quota if found else 0,
            "counts": [(ICONS[one], TONES[one], one.value, count) for one, count in counts if count],
            "met": sum(row.light is Light.GREEN for row in found),
        }
    return {"own": lights.own_light(person)}
