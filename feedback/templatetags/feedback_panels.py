"""Panels of the campaign page: the gate with what is decided about it, work and benefit, and the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Campaign
from feedback.domain.gate import Verdict
from feedback.domain.worth import Worth
from feedback.models import GateDecision
from feedback.selectors import campaign_list, worth
from feedback.selectors import gate as gates
from feedback.selectors.limits import limits
from feedback.services import gates as services
from leads.domain.terms import Terms
from leads.models import Agreement
from leadsync.accounts.models import User
from leadsync.accounts.roles import LABELS, Can
from leadsync.accounts.selectors import company
from leadsync.core.charts import hbars
from leadsync.core.templatetags.ui import money

register = template.Library()

TONES = {
    Worth.WORTH_IT: "ok",
    Worth.WATCH: "warn",
    Worth.TOO_MUCH_WORK: "bad",
    Worth.TOO_EARLY: "wait",
    Worth.NO_WORK: "wait",
}
GATE_TONES = {Verdict.PASSED: "ok", Verdict.FAILED: "bad", Verdict.OPEN: "muted"}
Choice, State = GateDecision.ChoiceChoices, GateDecision.StateChoices
# What was decided, as the story says it.
DECIDED = {
    Choice.STOP: gettext_lazy("Stopped after the gate"),
    Choice.RETEST: gettext_lazy("Changed, to be tested again"),
    Choice.GO_ON: gettext_lazy("Goes on, signed by both departments"),
}


@dataclass(frozen=True, slots=True)
class Milestone:
    """A line of "What happened" that comes from the gate."""

    icon: str
    tone: str
    at: datetime
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One department's place under continuing: who signed when, or whose signature is missing."""

    state: str
    role: str
    user: User | None = None
    at: datetime | None = None


def _limits(context: Context) -> Agreement | Terms:
    # Several panels stand on one page: they ask once.
    found = context.render_context.get("feedback_limits")
    if found is None:
        found = context.render_context["feedback_limits"] = limits()
    assert isinstance(found, Agreement | Terms)
    return found


def _gate(context: Context, campaign: Campaign) -> gates.GateView:
    # The tag, the panels and the story of one page ask once.
    kept: Any = context.render_context
    name = f"feedback_gate_{campaign.pk}"
    if name not in kept:
        agreed = _limits(context)
        kept[name] = gates.gate_of(campaign, size=agreed.gate_size, needed=agreed.gate_needed)
    view = kept[name]
    assert isinstance(view, gates.GateView)
    return view


def _person(context: Context) -> User | None:
    person = getattr(context.get("request"), "user", None)
    return person if isinstance(person, User) else None


def _sides(decision: GateDecision) -> list[Side]:
    signed = {one.side: one for one in decision.signatures.all()}
    found = []
    for side, role in services.SIDES.values():
        one = signed.get(side.value)
        words = str(LABELS[role])
        found.append(Side("signed", words, one.by, one.at) if one else Side("waits", words))
    return found


@register.inclusion_tag("feedback/panels/gate_demand.html", takes_context=True)
def gate_demand(context: Context, campaign: Campaign) -> dict[str, Any]:
    """What is to be decided after a gate that was not passed, or whose signature is missing; nothing otherwise."""
    view = _gate(context, campaign)
    if not view.is_undecided:
        return {}
    person = _person(context)
    decision = view.decision
    signed_by = {one.by_id for one in decision.signatures.all()} if decision else set()
    missing = services.missing_sides(decision) if decision else []
    typed = context.get("gate_typed") or {}
    return {
        "csrf_token": context.get("csrf_token"),
        "campaign": campaign,
        "view": view,
        "gate": view.gate,
        "decision": decision,
        "sides": _sides(decision) if decision else [],
        "refused": context.get("gate_refused"),
        "typed": typed,
        "next_round": view.number + 1,
        "may_decide": person is not None and person.can(Can.DECIDE_GATES),
        "may_propose": person is not None and any(person.can(one) for one in services.MAY[Choice.GO_ON]),
        "signs": bool(person and services.sides_of(person)),
        "may_sign": person is not None
        and person.pk not in signed_by
        and any(side in missing for side in services.sides_of(person)),
    }


@register.inclusion_tag("feedback/panels/gate.html", takes_context=True)
def gate_panel(context: Context, campaign: Campaign) -> dict[str, Any]:
    """The first leads as squares, the verdict as early as it is certain, what came after, what is decided."""
    view = _gate(context, campaign)
    person = _person(context)
    decision = view.decision if view.decision and view.decision.state == State.TAKEN else None
    last = view.past[-1].decision if view.past else None
    may_decide = person is not None and person.can(Can.DECIDE_GATES)
    return {
        "csrf_token": context.get("csrf_token"),
        "campaign": campaign,
        "view": view,
        "gate": view.gate,
        "tone": GATE_TONES[view.gate.verdict],
        "decision": decision,
        "sides": _sides(decision) if decision and decision.choice == Choice.GO_ON else [],
        "may_undo": may_decide
        and decision is not None
        and services.may_withdraw(decision, campaign, timezone.now()),
        # A new round is taken back as long as nobody is in it.
        "begun": last if may_decide and last is not None and not view.gate.arrived else None,
    }


@register.inclusion_tag("feedback/panels/gate_tag.html", takes_context=True)
def gate_tag(context: Context, campaign: Campaign) -> dict[str, Any]:
    """The gate's verdict as a tag beside the campaign's name."""
    view = _gate(context, campaign)
    return {"gate": view.gate, "round": view.number}


@register.inclusion_tag("feedback/panels/worth.html", takes_context=True)
def worth_panel(
    context: Context, campaign: Campaign, *, spent: Decimal | None = None, entries: int = 0
) -> dict[str, Any]:
    """The sentence about work and benefit, two bars, and what it is in money: `spent` in so many `entries`."""
    agreed = _limits(context)
    row = worth.benefit_of(
        campaign,
        limit=agreed.minutes_per_promising,
        gate_size=agreed.gate_size,
        spent=spent if entries else None,
    )
    benefit = row.benefit
    work, value = hbars([("work", benefit.minutes), ("worth", benefit.worth_minutes)])
    return {
        "csrf_token": context.get("csrf_token"),
        "campaign": campaign,
        "row": row,
        "benefit": benefit,
        "money": row.money,
        "hour": company().labour_cost,
        "tone": TONES[benefit.worth],
        "work": work.value,
        "worth": value.value,
        "gate_size": agreed.gate_size,
        # Where a decision is asked for, the buttons stand there.
        "may_stop": context.get("may_stop", False) and not _gate(context, campaign).is_undecided,
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
    bars = hbars([("", float(row.benefit.minutes_each or 0)) for row in rows])
    shown = [(row, TONES[row.benefit.worth], bar.value) for row, bar in zip(rows, bars, strict=True)]
    return {"campaign": campaign, "rows": shown, "limit": limit, "since": since.date()}


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
        gate_needed=agreed.gate_needed,
    )
    return [(row, TONES[row.benefit.worth]) for row in rows]


@register.filter
def rounded(amount: Decimal | None) -> Decimal | None:
    """Whole units of currency from a hundred on: sums in which minutes are estimated are no more exact than that."""
    return amount if amount is None or abs(amount) < 100 else amount.quantize(Decimal(1))


@register.filter
def each(amount: Decimal | None) -> str:
    """What one of them cost: "€ 120 each", a dash where that is not known."""
    return "–" if amount is None else _("%(amount)s each") % {"amount": money(rounded(amount))}


@register.simple_tag
def month_begins() -> str:
    """The first day of this month in the company's zone, as addresses write it."""
    return _month_start(timezone.now()).date().isoformat()


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
    at = view.certain_at or view.last_marked_at
    if at and view.gate.verdict is Verdict.PASSED:
        text = _("Gate passed: %(good)d promising, %(needed)d needed") % words
        found.append(Milestone("check", "ok", at, text))
    elif at and view.gate.verdict is Verdict.FAILED:
        text = _("Gate not passed: %(good)d promising, %(needed)d needed") % words
        found.append(Milestone("x", "bad", at, text))
    if view.sent_last_at:
        text = ngettext(
            "%(n)d more lead sent without a decision", "%(n)d more leads sent without a decision", view.sent
        )
        found.append(Milestone("alert", "warn", view.sent_last_at, text % {"n": view.sent}))
    for one in [*(past.decision for past in view.past), view.decision]:
        if one is not None and one.taken_at is not None:
            text = str(DECIDED[Choice(one.choice)])
            found.append(Milestone("flag", "acc", one.taken_at, text, one.by.name))
    return sorted(found, key=lambda line: line.at, reverse=True)
