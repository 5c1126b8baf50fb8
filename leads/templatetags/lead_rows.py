"""Rows of leads as markup: what stands on a page up to two hundred times is written by functions, not by templates.

The template of a row would be walked node by node for each lead; these take a tenth of the time. No database.
"""

import html
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leads.domain.deadline import Deadline, State
from leads.domain.waiting import MORE, Loss
from leads.models import Lead
from leads.selectors.leads import Row as ListRow
from leads.selectors.queue import Row
from leads.templatetags.leads_words import deadline_words, over_seconds, step_words
from leadsync.core.templatetags.ui import day, duration, icon, iso, money, pct, when

register = template.Library()

# Stands for a lead in an address that is made once for all rows.
_SOME_PK = 1_234_567_890


def _escaped(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return html.escape(value)
    return value if kind is SafeString or kind is int else conditional_escape(value)


def _html(markup: str, *args: Any, **named: Any) -> SafeString:
    """As Django's `format_html`, everything is escaped but what is safe already. Plain texts take no detour."""
    return SafeString(
        markup.format(*map(_escaped, args), **{name: _escaped(value) for name, value in named.items()})
    )


def _address(name: str) -> tuple[str, str]:
    """What comes before and after the lead's number in the address of this name."""
    before, _pk, after = reverse(name, args=[_SOME_PK]).partition(str(_SOME_PK))
    return before, after


# ---------------------------------------------------------------------------------------------- the clock


def _running(found: Deadline, lead: Lead, open_until: datetime | None) -> SafeString:
    is_over = found.state is State.OVER
    return _html(
        '<span class="sla {state}" style="--left:{left}" data-state="{state}" data-due="{due}"'
        ' data-left-seconds="{seconds}"{total}{until} data-clock="{clock}" data-name="{name}">{text}</span>',
        state=found.state.value,
        left=0 if is_over else found.left_pct,
        due=iso(found.due_at),
        seconds=over_seconds(found.seconds) if is_over else found.seconds,
        total=_html(' data-total-seconds="{}"', found.total_seconds) if found.total_seconds else "",
        until=_html(' data-open-until="{}"', iso(open_until)) if open_until else "",
        clock="running" if (found.is_running if is_over else found.counts_down) else "paused",
        name=lead.title,
        text=deadline_words(found),
    )


def _clock(row: Any, now: datetime, open_until: datetime | None, tab: str) -> SafeString:
    if row.deadline:
        return _running(row.deadline, row.lead, open_until)
    if row.step_at:
        state = "over" if row.step_at < now else "paused"
        return _html('<span class="sla {}">{}</span>', state, step_words(row.step_at))
    if tab == "follow":
        at = row.lead.last_activity_at
        return _html('<span class="sla soon">{}</span>', day(at) if at else "–")
    return _html('<span class="sla kept">{}</span>', _("Called"))


@register.simple_tag
def row_clock(row: Any, queue: Any, tab: str = "") -> SafeString:
    """Where the promise of a row stands, else its next step: `{% row_clock row queue tab %}`.

    `queue` knows `now` and `open_until`: a `Queue`, or a dict of them.
    """
    if isinstance(queue, dict):
        return _clock(row, queue["now"], queue["open_until"], tab)
    return _clock(row, queue.now, queue.open_until, tab)


# ---------------------------------------------------------------------------------------------- the queue


def loss_words(loss: Loss) -> str:
    """Why a lead stands where it does while there is more than fits: "2 h more: 12% less likely to qualify"."""
    time = duration(round(MORE * 60))
    if loss.less_likely < LEAST_SAID:
        return _("%(time)s more: next to nothing lost") % {"time": time}
    values = {"time": time, "share": pct(loss.less_likely)}
    if loss.amount is not None and loss.amount >= 1:
        values["amount"] = money(round(loss.amount))
        return _("%(time)s more: %(share)s less likely to qualify, about %(amount)s") % values
    return _("%(time)s more: %(share)s less likely to qualify") % values


LEAST_SAID = 0.005  # a share that is written as 0 is none

_QUEUE_ROW = (
    '<li class="lead" id="row-{pk}"{current}>\n{clock}\n'
    '<span class="who"><a class="hit" href="{here}{pk}{words}#lead" hx-get="{here}{pk}{words}" hx-target="#queue"'
    ' hx-swap="morph:outerHTML" hx-sync="#queue:replace"><span class="b">{title}</span>{company}</a>\n'
    '<span class="sm muted cut">{line}</span></span>\n'
    '<span class="src">{gate}<span class="sm muted cut">{campaign}</span></span>\n{call}\n</li>\n'
)
_CALL = '<a class="btn quiet icon call" href="tel:{}" data-call="{}{}{}" aria-label="{}">{}</a>'
_GATE = '<span class="tag sales" title="{}">{}<span class="cut">{}</span></span>'


@register.simple_tag
def queue_rows(rows: Iterable[Row], queue: Any, tab: str, words: str, chosen: int | None) -> SafeString:
    """The rows of one group of the queue; `chosen` is the lead that is open beside them."""
    here = f"{reverse('leads:queue')}?tab={tab}&lead="
    asked = f"&q={quote(words)}" if words else ""
    to_call, to_call_end = _address("leads:call")
    call_words, gate_words = _("Call %(name)s"), _("New campaign · %(n)s of %(size)s")
    gate_title, due_title = _("Sales judges the first leads of a new campaign"), _("Verdict due %(when)s")
    phone, flag = icon("phone"), icon("flag")

    def parts() -> Iterator[dict[str, Any]]:
        for row in rows:
            lead = row.lead
            yield {
                "pk": lead.pk,
                "current": SafeString(' aria-current="true"') if lead.pk == chosen else "",
                "clock": _clock(row, queue.now, queue.open_until, tab),
                "here": here,
                "words": asked,
                "title": lead.title,
                "company": _html(' <span class="muted">{}</span>', lead.company)
                if lead.name and lead.company
                else "",
                "line": loss_words(row.loss)
                if row.loss
                else lead.next_step_words
                if tab == "follow" and lead.next_step
                else lead.need or "",
                "gate": _html(
                    _GATE,
                    due_title % {"when": when(row.verdict_at)} if row.verdict_at else gate_title,
                    flag,
                    gate_words % {"n": row.gate, "size": queue.gate_size},
                )
                if row.gate and tab == "first"
                else "",
                "campaign": lead.campaign.name,
                "call": _html(
                    _CALL, lead.phone, to_call, lead.pk, to_call_end, call_words % {"name": lead.title}, phone
                )
                if lead.phone
                else SafeString("<span></span>"),
            }

    return SafeString("".join(_html(_QUEUE_ROW, **part) for part in parts()))


# ---------------------------------------------------------------------------------------------- the list

_LIST_ROW = (
    '<tr id="lead-{pk}">\n{pick}\n'
    '<th scope="row"><a class="hit b" href="{to_lead}{pk}{to_lead_end}">{title}</a>{test}'
    '<span class="sub cut">{company}</span></th>\n'
    '<td class="q">{mark}{amount}</td>\n'
    '<td class="camp-cell"><span class="cut">{campaign}</span><span class="sub cut">{channel}</span></td>\n'
    '<td class="rep">{owner}</td>\n<td class="next">{next}</td>\n<td class="n mins">{minutes}</td>\n'
    '<td class="n muted rec"><time datetime="{received}">{received_words}</time></td>\n</tr>\n'
)
_PICK = '<td class="pick"><label><input type="checkbox" name="lead" value="{}"><span class="vh">{}</span></label></td>'
_DASH = SafeString('<span class="muted">–</span>')
_NO_NEXT = SafeString('<span class="muted dash">–</span>')


@lru_cache(maxsize=128)
def _mark_tag(mark: str, stage: str, language: str | None) -> SafeString:
    return SafeString(get_template("components/mark_tag.html").render({"mark": mark, "stage": stage}))


@register.simple_tag
def mark_tag(mark: str, stage: str) -> SafeString:
    """The component `mark_tag`, rendered once for each mark, stage and language."""
    return _mark_tag(mark, stage, get_language())


def _next(row: ListRow, due: str, clock: SafeString, calendar: SafeString) -> SafeString:
    """What comes next for the lead of a row: the promise, else the next step."""
    lead = row.lead
    if row.due_at:
        text = due % {"when": when(row.due_at)}
        if row.is_past:
            return _html('<span class="sla over">{}</span>', text)
        return _html('<span class="row nw">{}{}</span>', clock, text)
    if lead.next_step_at is None:
        return _NO_NEXT
    at = when(lead.next_step_at)
    if row.is_step_past:
        shown = _html('<span class="sla over">{}</span>', at)
    else:
        shown = _html('<span class="row nw">{}{}</span>', calendar, at)
    return shown + _html('<span class="sub cut">{}</span>', lead.next_step_words) if lead.next_step else shown


def _minutes(lead: Lead, estimated: str) -> str | SafeString:
    if not lead.minutes:
        return _DASH
    if not lead.minutes_estimated:
        return duration(lead.minutes)
    return _html(
        '<span title="{}">≈{}</span>',
        estimated % {"time": duration(lead.minutes_estimated)},
        duration(lead.minutes),
    )


@register.simple_tag
def list_rows(rows: Iterable[ListRow], may_select: bool) -> SafeString:
    """The rows of the list of leads; with a box to select each by, for who may do something to several."""
    to_lead, to_lead_end = _address("leads:page")
    select, due, estimated = _("Select %(name)s"), _("Due %(when)s"), _("%(time)s of it estimated")
    test = _html(' <span class="tag line">{}</span>', _("Test"))
    nobody = _html('<span class="muted">{}</span>', _("Nobody"))
    clock, calendar = icon("clock", **{"class": "muted"}), icon("cal", **{"class": "muted"})

    def parts() -> Iterator[dict[str, Any]]:
        for row in rows:
            lead = row.lead
            is_paid = lead.stage == "won" and lead.amount is not None
            yield {
                "pk": lead.pk,
                "pick": _html(_PICK, lead.pk, select % {"name": lead.title}) if may_select else "",
                "to_lead": to_lead,
                "to_lead_end": to_lead_end,
                "title": lead.title,
                "test": test if lead.is_test else "",
                "company": lead.company if lead.name else "",
                "mark": mark_tag(lead.mark, lead.stage),
                "amount": _html('<span class="sub">{}</span>', money(lead.amount)) if is_paid else "",
                "campaign": lead.campaign.name,
                "channel": lead.campaign.channel.name,
                "owner": lead.owner.name if lead.owner else nobody,
                "next": _next(row, due, clock, calendar),
                "minutes": _minutes(lead, estimated),
                "received": iso(lead.received_at),
                "received_words": when(lead.received_at),
            }

    return SafeString("".join(_html(_LIST_ROW, **part) for part in parts()))
