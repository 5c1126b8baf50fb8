"""Panels of the campaign page: the gate, work and benefit, and the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.domain.gate import Verdict
from feedback.domain.worth import Worth
from feedback.selectors import campaign_list, worth
from feedback.selectors import gate as gates
from feedback.selectors.limits import limits
from leads.domain.terms import Terms
from leads.models import Agreement
from leadsync.accounts.selectors import company
from leadsync.core.charts import hbars

register = template.Library()

TONES = {
    Worth.WORTH_IT: "ok",
    Worth.WATCH: "warn",
    Worth.TOO_MUCH_WORK: "bad",
    Worth.TOO_EARLY: "wait",
    Worth.NO_WORK: "wait",
}
GATE_TONES = {Verdict.PASSED: "ok", Verdict.FAILED: "bad", Verdict.OPEN: "muted"}


@dataclass(frozen=True, slots=True)
class Milestone:
    """A line of "What happened" that comes from the gate."""

    icon: str
    tone: str
    at: datetime
    text: str
    by: str = ""


def _limits(context: Context) -> Agreement | Terms:
    # Several panels stand on one page: they ask once.
    found = context.render_context.get("feedback_limits")
    if found is None:
        found = context.render_context["feedback_limits"] = limits()
    assert isinstance(found, Agreement | Terms)
    return found


def _gate(context: Context, campaign: Campaign) -> gates.GateView:
    # The tag, the panel and the story of one page ask once.
    kept: Any = context.render_context
    name = f"feedback_gate_{campaign.pk}"
    if name not in kept:
        agreed = _limits(context)
        kept[name] = gates.gate_of(campaign, size=agreed.gate_size, needed=agreed.gate_needed)
    view = kept[name]
    assert isinstance(view, gates.GateView)
    return view


@register.inclusion_tag("feedback/panels/gate.html", takes_context=True)
def gate_panel(context: Context, campaign: Campaign) -> dict[str, Any]:
    """The first leads as squares, the verdict as early as it is certain, and what came after the gate."""
    view = _gate(context, campaign)
    return {"campaign": campaign, "view": view, "gate": view.gate, "tone": GATE_TONES[view.gate.verdict]}


@register.inclusion_tag("feedback/panels/gate_tag.html", takes_context=True)
def gate_tag(context: Context, campaign: Campaign) -> dict[str, Any]:
    """The gate's verdict as a tag beside the campaign's name."""
    view = _gate(context, campaign)
    return {"gate": view.gate}


@register.inclusion_tag("feedback/panels/worth.html", takes_context=True)
def worth_panel(context: Context, campaign: Campaign) -> dict[str, Any]:
    """The sentence about work and benefit, with two bars: hours spent and hours worth."""
    agreed = _limits(context)
    row = worth.benefit_of(campaign, limit=agreed.minutes_per_promising, gate_size=agreed.gate_size)
    benefit = row.benefit
    work, value = hbars([("work", benefit.minutes), ("worth", benefit.worth_minutes)])
    return {
        "campaign": campaign,
        "row": row,
        "benefit": benefit,
        "tone": TONES[benefit.worth],
        "work": work.value,
        "worth": value.value,
        "gate_size": agreed.gate_size,
        "may_stop": context.get("may_stop", False),
    }


def _month_start(now: datetime) -> datetime:
    local = now.astimezone(company().tz)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@register.inclusion_tag("feedback/panels/worth_table.html", takes_context=True)
def worth_table(context: Context, campaign: Campaign) -> dict[str, Any]:
    """Sales time for each promising lead of this month, this campaign among the live ones."""
    agreed = _limits(context)
    since = _month_start(timezone.now())
    limit = agreed.minutes_per_promising
    rows = worth.benefits(since=since, limit=limit, gate_size=agreed.gate_size, also=[campaign.pk])
    return {"campaign": campaign, "rows": rows, "limit": limit, "since": since.date()}


@register.inclusion_tag("feedback/panels/reasons.html", takes_context=True)
def reasons_panel(context: Context, campaign: Campaign) -> dict[str, Any]:
    """Why leads were not good, as bars."""
    rows = worth.reasons_of(campaign)
    bars = hbars([(row.words, row.count) for row in rows])
    return {
        "campaign": campaign,
        "rows": list(zip(rows, bars, strict=True)),
        "total": sum(row.count for row in rows),
    }


@register.simple_tag(takes_context=True)
def campaigns_table(
    context: Context, campaigns: Iterable[Campaign]
) -> list[tuple[campaign_list.CampaignRow, str]]:
    """Each campaign of a page of the list with its figures, and the tone of its verdict."""
    agreed = _limits(context)
    rows = campaign_list.campaign_rows(
        campaigns,
        month_start=_month_start(timezone.now()),
        limit=agreed.minutes_per_promising,
        gate_size=agreed.gate_size,
    )
    return [(row, TONES[row.benefit.worth]) for row in rows]


@register.simple_tag(takes_context=True)
def campaign_story(context: Context, campaign: Campaign, lines: Iterable[Any]) -> list[Any]:
    """The lines of "What happened" (with .at, .icon, .tone, .text, .by) and what the gate adds, newest first."""
    view = _gate(context, campaign)
    found = list(lines)
    if view.first_handed_off_at:
        found.append(
            Milestone("arrow-right", "muted", view.first_handed_off_at, _("First lead sent to sales"))
        )
    words = {"good": view.gate.good, "needed": view.gate.needed}
    if view.last_marked_at and view.gate.verdict is Verdict.PASSED:
        text = _("Gate passed: %(good)d promising, %(needed)d needed") % words
        found.append(Milestone("check", "ok", view.last_marked_at, text))
    elif view.last_marked_at and view.gate.verdict is Verdict.FAILED:
        text = _("Gate not passed: %(good)d promising, %(needed)d needed") % words
        found.append(Milestone("x", "bad", view.last_marked_at, text))
    return sorted(found, key=lambda line: line.at, reverse=True)
