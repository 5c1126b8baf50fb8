"""Filters and tags of every page. Built in: no page needs to load them."""

import datetime as dt
import secrets
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import lucide
from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.template.loader import get_template
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from leadsync.core import money as amounts
from leadsync.core.charts import Chart
from leadsync.core.codes import language_name
from leadsync.core.money import MINUS, NBSP

register = template.Library()

# Short names of the design → names of the lucide set. A name that is not here is a lucide name itself.
ICONS = {
    "alert": "triangle-alert",
    "cal": "calendar",
    "chart": "chart-column",
    "chat": "message-square",
    "doc": "file-text",
    "drop": "droplet-off",
    "edit": "pencil",
    "filter": "list-filter",
    "left": "chevron-left",
    "more": "ellipsis",
    "person": "user",
    "print": "printer",
    "right": "chevron-right",
    "sign": "signature",
    "stack": "layers",
    "undo": "undo-2",
    "upload": "file-up",
}

# The first mark found in a User-Agent line names the browser and the system: later ones imitate earlier ones.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

# Which item of the navigation is lit on which page: the first prefix of the view's name that fits.
AREAS = (
    ("leads:queue", "queue"),
    # What is pressed in the queue answers with the queue where it has to be said in place.
    *((f"leads:{press}", "queue") for press in ("answer", "call", "give_back", "learn", "mark", "next_step")),
    *((f"leads:{press}", "queue") for press in ("note", "revert", "tried")),
    ("leads:definition", "definition"),
    ("leads:log", "campaigns"),
    ("leads:import", "campaigns"),
    ("leads:voice", "voice"),
    ("leads:known", "definition"),
    ("leads:first_contact", "dashboard"),
    ("leads:routing", "settings"),
    ("leads:words", "settings"),
    ("leads:", "leads"),
    ("intake:form", "campaigns"),
    ("intake:", "settings"),
    ("feedback:market", "markets"),
    *((f"campaigns:{page}", "channels") for page in ("channel", "point", "proof")),
    ("campaigns:idea", "ideas"),
    ("campaigns:", "campaigns"),
    ("kpi:plan", "plan"),
    ("kpi:orders", "plan"),
    ("kpi:", "dashboard"),
    ("feedback:", "questions"),
    ("meetings:", "meetings"),
    ("exchange:win", "wins"),
    ("exchange:", "exchange"),
    ("start:", "start"),
    ("notices:alert", "alerts"),
    ("hooks:", "settings"),
    ("notices:webhook", "settings"),
    ("notices:outbox", "settings"),
    ("notices:", "notices"),
    ("accounts:", "settings"),
    ("account_", "settings"),
    ("mfa_", "settings"),
    ("usersessions_", "settings"),
)


@lru_cache(maxsize=512)
def _icon(name: str, classes: str, label: str) -> SafeString:
    attributes: dict[str, str] = {"class": f"ic {classes}".strip()}
    if label:
        attributes |= {"role": "img", "aria-label": label}
    else:
        attributes |= {"aria-hidden": "true"}
    # Everything lucide writes is escaped by its XML writer.
    return mark_safe(lucide._render_icon(ICONS.get(name, name), None, **attributes))  # noqa: S308


@register.simple_tag
def icon(name: str, **attributes: Any) -> SafeString:
    """Draw an icon: `{% icon "check" class="ok" %}`. Decoration unless `label` says what it means.

    `name` is a short name of the design or a name of the lucide set. Raises lucide.IconDoesNotExist.
    """
    return _icon(str(name), str(attributes.get("class", "")), str(attributes.get("label", "")))


@register.simple_tag(takes_context=True)
def area(context: RequestContext) -> str:
    """Return which item of the navigation the page belongs to, "" for none."""
    if "lit_area" in context:  # inside a kept piece: the page itself is not known there
        return str(context["lit_area"])
    match = getattr(context.get("request"), "resolver_match", None)
    name = match.view_name if match else ""
    return next((found for prefix, found in AREAS if name and name.startswith(prefix)), "")


@register.inclusion_tag("components/nav_item.html", takes_context=True)
def nav_item(
    context: RequestContext,
    url_name: str,
    icon_name: str,
    label: str,
    *,
    area_name: str,
    href: str = "",
    count: int | None = None,
    count_bad: int | None = None,
    count_id: str = "",
    go_key: str = "",
    note: str = "",
    tab: bool = False,
) -> dict[str, Any]:
    """Draw one link of the navigation; nothing while its page does not exist.

    `count` stands at its end, red when `count_bad` is not 0; `go_key` is the KeyboardEvent.code after G;
    `note` is a red word at the end.
    """
    if not href:
        try:
            href = reverse(url_name)
        except NoReverseMatch:
            href = ""
    request = context.get("request")
    is_lit = area(context) == area_name
    return {
        "href": href,
        "icon_name": icon_name,
        "label": label,
        "current": ("page" if request is not None and request.path == href else "true") if is_lit else "",
        "count": count,
        "count_bad": count_bad,
        "count_id": count_id,
        "go_key": go_key,
        "note": note,
        "tab": tab,
    }


# Stand in a kept piece where each request puts its own; nobody can type them.
_TOKEN_HERE = secrets.token_hex(16)
_PATH_HERE = secrets.token_hex(16)


@lru_cache(maxsize=512)
def _piece(
    name: str, language: str, prefix: str, month: str, has_token: bool, theme: str, place: tuple[Any, ...]
) -> SafeString:
    # Whatever the piece may depend on is an argument, so a kept one is never out of date.
    given: dict[str, Any] = {
        "request": SimpleNamespace(get_full_path=_PATH_HERE),
        "user": SimpleNamespace(theme=theme),
        "csrf_token": _TOKEN_HERE if has_token else None,
    }
    if place:
        given["lit_area"], given["request"].path, counts = place
        given["shell"] = {"counts": counts}
    return mark_safe(get_template(name).render(given))  # noqa: S308  # escaped by the template


def _kept(context: RequestContext, name: str, place: tuple[Any, ...]) -> SafeString:
    token = context.get("csrf_token")
    has_token = bool(token) and token != "NOTPROVIDED"  # noqa: S105  # what Django says where there is none
    make = _piece.__wrapped__ if settings.DEBUG else _piece  # whoever edits templates sees the change
    text: str = make(
        name,
        get_language() or "",
        get_script_prefix(),
        f"{timezone.localdate():%Y-%m}",
        has_token,
        getattr(context.get("user"), "theme", ""),
        place,
    )
    if _TOKEN_HERE in text:
        text = text.replace(_TOKEN_HERE, escape(token))
    if _PATH_HERE in text:
        request = context.get("request")
        text = text.replace(_PATH_HERE, escape(request.get_full_path()) if request else "/")
    return mark_safe(text)  # noqa: S308


@register.simple_tag(takes_context=True)
def still(context: RequestContext, name: str) -> SafeString:
    """Include a template that says the same to everyone of a language and theme: rendered once a process.

    It may hold forms: the CSRF token and `request.get_full_path` are each request's own. Nothing else of the
    context is there.
    """
    return _kept(context, name, ())


@register.simple_tag(takes_context=True)
def nav(context: RequestContext, name: str) -> SafeString:
    """Include a part of the navigation: rendered once for each lit item and each set of `shell.counts`."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    lit = area(context)
    # No item leads to a page with arguments, but for the plan of this month.
    path = request.path if request and match and (not match.kwargs or lit == "plan") else ""
    return _kept(context, name, (lit, path, (context.get("shell") or {}).get("counts")))


def _drawing(context: RequestContext, chart: Chart, title: str, desc: str) -> dict[str, Any]:
    # Ids are unique on a page and the same on every render of it.
    number = (context.render_context.get("charts", 0) or 0) + 1
    context.render_context["charts"] = number
    uid = f"chart{number}-{crc32(title.encode()):x}"
    return {"chart": chart, "title": title, "desc": desc, "uid": uid}


@register.inclusion_tag("components/chart.html", takes_context=True)
def line_chart(context: RequestContext, chart: Chart, *, title: str, desc: str = "") -> dict[str, Any]:
    """Draw a running total or a curve of leadsync.core.charts. `title` says in a sentence what it shows."""
    return _drawing(context, chart, title, desc)


@register.inclusion_tag("components/chart.html", takes_context=True)
def bar_chart(context: RequestContext, chart: Chart, *, title: str, desc: str = "") -> dict[str, Any]:
    """Draw columns made by leadsync.core.charts. `title` says what they show, in a sentence."""
    return _drawing(context, chart, title, desc)


@register.filter
def money(value: Any, currency: str | None = None) -> str:
    """Write an amount in full, "€432,000"; "" for None and for what is no number."""
    if value is None or value == "":
        return ""
    try:
        return amounts.format_money(value, currency)
    except InvalidOperation:
        return ""


@register.filter
def money_short(value: Any, currency: str | None = None) -> str:
    """Write an amount for a tile, "€254k"; "" for None and for what is no number."""
    if value is None or value == "":
        return ""
    try:
        return amounts.format_money_short(value, currency)
    except InvalidOperation:
        return ""


@register.filter
def num(value: Any, places: int = 0) -> str:
    """Write a number with the language's groups, rounded to `places` decimals; "" for None."""
    if value is None or value == "":
        return ""
    try:
        amount = round(Decimal(str(value)), int(places))
    except (InvalidOperation, ValueError):
        return ""
    figure = number_format(abs(amount), int(places), use_l10n=True, force_grouping=True)
    return f"{MINUS}{figure}" if amount < 0 else figure


@register.filter
def pct(value: Any, places: int = 0) -> str:
    """Write a share as percent: 0.78 is "78%". `value` is a ratio (1 = all); "" for None."""
    if value is None or value == "":
        return ""
    try:
        figure = num(Decimal(str(value)) * 100, places)
    except InvalidOperation:
        return ""
    return str(amounts.local_pattern("PERCENT_PATTERN", "{}%")).format(figure)


def _minutes(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.timedelta):
        return round(value.total_seconds() / 60)
    try:
        return round(Decimal(str(value)))
    except (InvalidOperation, ValueError):
        return None


@register.filter
def duration(value: Any) -> str:
    """Write a length of time, given in minutes or as a timedelta: "1 h 12 min", "38 min", "4 h"."""
    minutes = _minutes(value)
    if minutes is None:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    if not hours:
        text = pgettext("length of time", "%(minutes)d min") % {"minutes": rest}
    elif not rest:
        text = pgettext("length of time", "%(hours)d h") % {"hours": hours}
    else:
        text = pgettext("length of time", "%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return (MINUS if minutes < 0 else "") + text.replace(" ", NBSP)


def _local(value: Any) -> Any:
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


@register.filter
def day(value: Any, today: dt.date | None = None) -> str:
    """Write a date or the date of an instant: "7 Apr", with the year when it is not this year's."""
    if not isinstance(value, dt.date):
        return ""
    value = _local(value)
    months = amounts.local_pattern("MONTHS_AFTER_DAY", ())
    text = f"{value.day}{NBSP}{months[value.month - 1]}" if months else f"{value.day}.{value.month:02d}."
    this_year = (today or timezone.localdate()).year
    return text if value.year == this_year else f"{text}{NBSP}{value.year}"


@register.filter
def clock(value: Any) -> str:
    """Write the time of day of an instant or a time, 24 hours: "10:02"."""
    if not isinstance(value, dt.datetime | dt.time):
        return ""
    value = _local(value)
    return f"{value.hour}:{value.minute:02d}"


@register.filter
def when(value: Any, now: dt.datetime | None = None) -> str:
    """Write an instant as people say it: "today 10:30", "yesterday 16:05", "7 Apr 10:30"."""
    if not isinstance(value, dt.datetime):
        return day(value)
    local = _local(value)
    today = (_local(now) if now else timezone.localtime()).date()
    at = f"{local.hour}:{local.minute:02d}"
    time = {"time": at}
    match (local.date() - today).days:
        case 0:
            text = _("today %(time)s") % time
        case -1:
            text = _("yesterday %(time)s") % time
        case 1:
            text = _("tomorrow %(time)s") % time
        case _:
            return f"{day(local.date(), today)} {at}"
    return text.replace(" ", NBSP)


@register.filter
def initials(value: Any) -> str:
    """Return up to two initials of a name or of a person ("Paweł Krawczyk" → "PK")."""
    if isinstance(value, Mapping):  # `shell.me`
        value = str(value.get("name", ""))
    name = value if isinstance(value, str) else (getattr(value, "name", "") or str(value))
    parts = [part for part in str(name).replace("-", " ").split() if part[0].isalnum()]
    if not parts:
        return "?"
    letters = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    return letters.upper()


@register.filter
def language_words(code: Any) -> str:
    """Name a language in the reader's one: "pl" is "Polish". What is no code of a language stays as it is."""
    return language_name(str(code or ""))


@register.filter
def browser(value: Any) -> str:
    """Name a browser and its system from a User-Agent line: "Firefox, Windows". Unknown ones are cut."""
    agent = str(value or "")
    name = next((found for mark, found in BROWSERS if mark in agent), "")
    system = next((found for mark, found in SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (name, system) if part) or agent[:40]


@register.filter
def iso(value: Any) -> str:
    """Write an instant for scripts: ISO 8601 in UTC, "" for None."""
    if not isinstance(value, dt.datetime):
        return ""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@register.filter
def clamp(value: Any) -> str:
    """Write a percentage for a style attribute: within 0…100, a point in every language, "0" for None."""
    try:
        share = min(max(float(value), 0.0), 100.0)
    except (TypeError, ValueError):
        return "0"
    return f"{share:.1f}".removesuffix(".0")


@register.filter
def widget_kind(field: Any) -> str:
    """Return how a form's field is laid out: "check", "group", "hidden" or "line"."""
    if field.is_hidden:
        return "hidden"
    if field.widget_type in {"checkbox", "nullboolean"}:
        return "check"
    return "group" if field.use_fieldset else "line"
