"""The block of orders of a month, wherever it stands: `{% lead_orders month %}`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.access import person_of
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.templatetags.ui import day, num
from leadsync.kpi import links
from leadsync.kpi.domain import orders
from leadsync.kpi.models import OrderChange
from leadsync.kpi.selectors.orders import OrderRow, Orders, Week, orders_of
from leadsync.kpi.selectors.relief import relief
from leadsync.kpi.services.orders import Field, may_change
from leadsync.kpi.words import month_name

register = template.Library()

ASKED_FOR = timedelta(hours=1)  # after a change, for which its reason is asked


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the negotiation in words."""

    change: OrderChange
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A rep's row with what the person may change in it, and words for how far the delivery is."""

    row: OrderRow
    may_order: bool
    may_promise: bool
    url: str
    due_words: str
    tone: str
    steps: list[Step]
    unexplained: OrderChange | None


@dataclass(frozen=True, slots=True)
class WeekLine:
    """A week with its bar: leads against what can be called."""

    week: Week
    days: str
    value: float
    tick: float
    tone: str
    words: str


def change_words(change: OrderChange) -> str:
    """ "Ordered: 20 → 24"."""
    label = _("Ordered") if change.field == OrderChange.FieldChoices.ORDERED else _("Promised")
    before, after = ("–" if one is None else num(one) for one in (change.before, change.after))
    return f"{label}: {before} → {after}"


def _delivered_words(row: OrderRow, found: Orders) -> tuple[str, str]:
    """How far the promise of a row is, and its tone."""
    due = row.delivery.due
    if due is None or found.is_ahead:
        return "", ""
    if found.is_over:
        tone = "bad" if row.delivery.is_short else "ok"
        return _("of %(n)s promised") % {"n": num(row.promised)}, tone
    tone = "bad" if row.delivery.is_short else "" if row.delivery.missing else "ok"
    return _("%(n)s due by now") % {"n": num(orders.whole(due))}, tone


def _line(row: OrderRow, found: Orders, person: User, now: datetime) -> Line:
    words, tone = _delivered_words(row, found)
    last = row.changes[0] if row.changes else None
    return Line(
        row=row,
        may_order=may_change(person, Field.ORDERED, row.rep.pk),
        may_promise=may_change(person, Field.PROMISED, row.rep.pk),
        url=links.within(found.period, "handed", owner=row.rep.pk),
        due_words=words,
        tone=tone,
        steps=[Step(one, change_words(one)) for one in row.changes],
        unexplained=last
        if last and last.by_id == person.pk and not last.note and last.at > now - ASKED_FOR
        else None,
    )


def _week(week: Week, most: int) -> WeekLine:
    coming, calls = num(week.coming), num(week.calls)
    words = (
        _("%(n)s came, %(calls)s could be called")
        if week.is_over
        else _("%(n)s to come, %(calls)s can be called")
    )
    return WeekLine(
        week=week,
        days=day(week.first) if week.first == week.last else f"{day(week.first)} – {day(week.last)}",
        value=week.coming / most * 100,
        tick=week.calls / most * 100,
        tone="bad" if week.is_too_many else "",
        words=words % {"n": coming, "calls": calls},
    )


def _status(found: Orders) -> tuple[str, str, str]:
    """The tag of the block: words, tone, icon."""
    short = [row for row in found.rows if row.delivery.is_short]
    if short:
        missing = sum(row.delivery.missing for row in short)
        return _("%(n)s short of the promise") % {"n": num(missing)}, "bad", "alert"
    waiting = sum(bool(row.ordered) and row.promised is None for row in found.rows)
    if waiting:
        words = ngettext("%(n)s order waits for a promise", "%(n)s orders wait for a promise", waiting)
        return words % {"n": num(waiting)}, "warn", "clock"
    lacking = -sum(min(row.gap or 0, 0) for row in found.rows)
    if lacking:
        return _("%(n)s ordered and not promised") % {"n": num(lacking)}, "warn", "alert"
    if found.total["ordered"]:
        return _("All that was ordered is promised"), "ok", "check"
    return "", "", ""


def block(month: date, person: User, **more: Any) -> dict[str, Any]:
    """Everything the block shows to this person. A fixed number of queries."""
    now = timezone.now()
    found = orders_of(month, now=now)
    may_run, today = person.can(Can.EDIT_CAMPAIGNS), now.astimezone(company().tz).date()
    most = max((max(week.coming, week.calls) for week in found.weeks), default=0) or 1
    words, tone, icon_name = _status(found)
    return {
        "month": month,
        "month_name": month_name(month),
        "found": found,
        "lines": [_line(row, found, person, now) for row in found.rows],
        "weeks": [_week(week, most) for week in found.weeks],
        "too_many": any(week.is_too_many for week in found.weeks),
        "total_url": links.within(found.period, "handed"),
        "status": words,
        "status_tone": tone,
        "status_icon": icon_name,
        "kept": orders.KEPT,
        "may_run": may_run,
        "relief": relief() if may_run and found.period.holds(today) else None,
        **more,
    }


@register.inclusion_tag("kpi/orders_block.html", takes_context=True)
def lead_orders(context: RequestContext, month: date) -> dict[str, Any]:
    """The orders of a month, with the numbers that the signed-in person may change."""
    request = context["request"]
    return {**block(month, person_of(request)), "request": request, "csrf_token": context.get("csrf_token")}
