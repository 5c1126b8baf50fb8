"""The lines of the plan's page: steps and rates, channels, what a cut leaves, months that are over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Channel
from leadsync.accounts.selectors import company
from leadsync.core import charts
from leadsync.core.templatetags.ui import money, money_short, num
from leadsync.kpi import links
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.plan import ChannelPast, Cutting, Ladder, Line, Measured, PlanValues, cut, shown
from leadsync.kpi.domain.versions import OF_LINE
from leadsync.kpi.forms import MOST_SLIDER, PlanForm
from leadsync.kpi.plan_words import off_words, rate_words
from leadsync.kpi.selectors.plans import Held, Past, PastPlan
from leadsync.kpi.words import month_name

WHOLE = Decimal(1)
POINTS = 15  # parts of the line that shows what each budget brings


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the ladder: its figure, what a cut leaves of it, and what it was in the last full months."""

    label: str
    figure: str
    before: str
    cut: str = ""
    field: BoundField | None = None
    kind: str = "step"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What leads from one step to the next, with the same figure measured."""

    sign: str
    sign_words: str
    field: BoundField
    figure: str
    words: str
    measured: Measured
    measured_figure: str
    unit: str
    kind: str = "rule"


@dataclass(frozen=True, slots=True)
class ViaRow:
    """Leads go on by channel: the rates stand there."""

    words: str
    kind: str = "via"


def whole(amount: Decimal) -> Decimal:
    """An amount without cents, as the page shows budgets."""
    return amount.quantize(WHOLE)


def count(amount: Decimal | None) -> str:
    return num(shown(amount)) if amount is not None else "–"


def ladder_rows(
    form: PlanForm, values: PlanValues | None, ladder: Ladder | None, left: Ladder | None, history: Past
) -> list[StepRow | RuleRow | ViaRow]:
    """From revenue to budget. `left` is what a cut leaves."""
    months = [figures for _month, figures in history.months]
    rates = history.rates
    typed = values.rates if values else None
    is_open = uses_channels(form, values) and form.is_bound and bool(form.errors)

    def step(label: str, name: str, before: list[str], field: BoundField | None = None) -> StepRow:
        is_money = name in {"revenue", "budget"}

        def write(found: Ladder | None) -> str:
            if found is None:
                return ""
            amount = getattr(found, name)
            if is_money:
                return money(whole(amount)) if name == "budget" or found is left else money(amount)
            return count(amount)

        # While the channels make no plan, nothing is said of what hangs on them.
        is_unknown = name in {"visits", "budget"} and is_open
        return StepRow(
            label,
            "–" if ladder is None or is_unknown else write(ladder),
            ", ".join(before),
            write(left),
            field,
        )

    def rule(name: str, sign: str, figure: str, words: str, measured_figure: str) -> RuleRow:
        sign_words = _("times") if sign == "×" else _("divided by")
        unit = "%" if name.endswith("_rate") else company().currency
        measured = getattr(rates, name)
        return RuleRow(sign, sign_words, form[name], figure, words, measured, measured_figure, unit)

    top: list[StepRow | RuleRow | ViaRow] = [
        step(_("Revenue"), "revenue", [money_short(month.revenue) for month in months], form["revenue"]),
        rule(
            "average_deal",
            "÷",
            money(typed.average_deal) if typed else "",
            _("average deal"),
            money(rates.average_deal.value),
        ),
        step(_("Deals"), "deals", [num(month.won) for month in months]),
        rule(
            "close_rate",
            "÷",
            rate_words(typed.close_rate) if typed else "",
            _("of qualified leads become deals"),
            rate_words(rates.close_rate.value),
        ),
        step(_("Qualified leads"), "qualified", [num(month.qualified) for month in months]),
        rule(
            "qualification_rate",
            "÷",
            rate_words(typed.qualification_rate) if typed else "",
            _("of leads meet our definition"),
            rate_words(rates.qualification_rate.value),
        ),
        step(_("Leads"), "leads", [num(month.leads) for month in months]),
    ]
    visits = step(_("Visits"), "visits", [num(month.visits) for month in months])
    budget = step(_("Budget"), "budget", [money_short(month.spend) for month in months])
    if uses_channels(form, values):
        n = len(values.lines) if values and values.lines else 0
        words = (
            ngettext("over %(n)d channel, below", "over %(n)d channels, below", n) % {"n": n}
            if n
            else _("over the channels below")
        )
        return [*top, ViaRow(words), visits, budget]
    return [
        *top,
        rule(
            "visit_rate",
            "÷",
            rate_words(typed.visit_rate) if typed else "",
            _("of visits leave a contact"),
            rate_words(rates.visit_rate.value),
        ),
        visits,
        rule(
            "cost_per_lead",
            "×",
            money(typed.cost_per_lead) if typed else "",
            _("for one lead"),
            money(rates.cost_per_lead.value),
        ),
        budget,
    ]


def uses_channels(form: PlanForm, values: PlanValues | None) -> bool:
    """Whether leads are split over channels: as typed where something was, else as stored."""
    if form.is_bound:
        return form.total is not None or any(name.startswith("share_") for name in form.errors)
    return bool(values and values.lines)


# ---------------------------------------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel of the plan: its four fields, what follows, and what it was in the last full months."""

    name: str
    fields: Mapping[str, BoundField]
    texts: Mapping[str, str]
    is_used: bool
    leads: str
    visits: str
    budget: str
    each: str
    left: str
    is_cut: bool
    before: str
    is_thin: bool


def channel_rows(
    form: PlanForm,
    values: PlanValues | None,
    ladder: Ladder | None,
    left: Ladder | None,
    past: Mapping[int, ChannelPast],
) -> list[ChannelRow]:
    """Every channel that may be planned; those of the plan are `is_used`."""
    steps = {step.line.channel: step for step in ladder.lines} if ladder else {}
    cuts = {step.line.channel: step for step in left.lines} if left else {}
    lines = {line.channel: line for line in values.lines} if values else {}
    all_leads = sum(found.leads for found in past.values())
    rows = []
    for channel in form.channels:
        step, line, found = steps.get(channel.pk), lines.get(channel.pk), past.get(channel.pk)
        fields = form.row(channel)
        if step is not None and step.visits is not None:
            # Visits are paid for: what that makes for a lead stands where it would be typed.
            each = num(step.line.lead_cost, 2)
            fields["cost_per_lead"].field.widget.attrs["placeholder"] = each
        rows.append(
            ChannelRow(
                name=channel.name,
                fields=fields,
                texts={
                    "share": rate_words(line.share) if line else "–",
                    "visit_rate": rate_words(line.visit_rate) if line else "",
                    "cost_per_visit": money(line.cost_per_visit) if line else "",
                    "cost_per_lead": money(line.cost_per_lead) if line else "",
                },
                is_used=line is not None or (form.is_bound and bool(form[f"share_{channel.pk}"].value())),
                leads=count(step.leads) if step else "",
                visits=count(step.visits) if step and step.visits is not None else "",
                budget=money(whole(step.budget)) if step else "",
                each=money(step.line.lead_cost.quantize(Decimal("0.01"))) if step else "",
                left=money(whole(cuts[channel.pk].budget)) if channel.pk in cuts else "",
                is_cut=bool(step and channel.pk in cuts and cuts[channel.pk].budget != step.budget),
                before=_before(found, all_leads),
                is_thin=found is not None and found.leads > 0 and _sample(found).is_thin,
            )
        )
    return rows


def _sample(found: ChannelPast) -> Measured:
    return found.visit_rate if found.is_by_visits else found.cost_per_lead


def _before(found: ChannelPast | None, all_leads: int) -> str:
    """What a channel brought in three months, with the sample it rests on."""
    if found is None or not found.leads:
        return ""
    share = rate_words((Decimal(found.leads) * 100 / all_leads).quantize(WHOLE)) if all_leads else ""
    if found.is_by_visits:
        text = ngettext(
            "%(share)s of leads; %(rate)s of %(cases)s visit, %(cost)s each",
            "%(share)s of leads; %(rate)s of %(cases)s visits, %(cost)s each",
            found.visits,
        )
        return text % {
            "share": share,
            "rate": rate_words(found.visit_rate.value),
            "cases": num(found.visits),
            "cost": money(found.cost_per_visit.value),
        }
    text = ngettext(
        "%(share)s of leads; %(cases)s lead, %(cost)s each",
        "%(share)s of leads; %(cases)s leads, %(cost)s each",
        found.leads,
    )
    return text % {"share": share, "cases": num(found.leads), "cost": money(found.cost_per_lead.value)}


# ---------------------------------------------------------------------------------------------- the cut


@dataclass(frozen=True, slots=True)
class CutView:
    """Another budget and what it leaves."""

    budget: Decimal
    slider: int
    at: float  # where the slider stands, percent of its length
    plan_at: float
    is_on: bool
    way: Cutting
    ways: list[tuple[str, str, bool]]
    change: str
    headline: str
    sentence: str
    other: str
    tone: str
    value_text: str
    chart: charts.Chart
    chart_title: str
    left: Ladder | None


def cut_view(ladder: Ladder | None, chosen: Decimal | None, way: Cutting) -> CutView | None:
    """What a budget leaves of the plan; None where there is no budget to cut."""
    if ladder is None or ladder.budget <= 0 or ladder.revenue <= 0:
        return None
    if len(ladder.lines) < 2:
        way = Cutting.EVENLY
    budget = ladder.budget if chosen is None else chosen
    left = cut(ladder, budget, way)
    is_on = chosen is not None and whole(budget) != whole(ladder.budget)
    percent = budget * 100 / ladder.budget
    slider = int(min(percent.quantize(WHOLE), Decimal(MOST_SLIDER)))
    headline, sentence, other = _words(ladder, left, way) if is_on else ("", "", "")
    change = f"{off_words(percent / 100 - 1)}" if is_on else ""
    ways = [
        (Cutting.EVENLY.value, _("Each channel by as much"), way is Cutting.EVENLY),
        (Cutting.DEAREST.value, _("Channels with the dearest leads first"), way is Cutting.DEAREST),
    ]
    chart = _chart(ladder, left if is_on else None, way)
    title = (
        _("Revenue for each budget. %(budget)s gives %(revenue)s, %(cut)s gives %(left)s.")
        if is_on
        else _("Revenue for each budget. %(budget)s gives %(revenue)s.")
    )
    return CutView(
        budget=whole(budget),
        slider=slider,
        at=slider * 100 / MOST_SLIDER,
        plan_at=10_000 / MOST_SLIDER,
        is_on=is_on,
        way=way,
        ways=ways if len(ladder.lines) > 1 else [],
        change=change,
        headline=headline,
        sentence=sentence,
        other=other,
        tone="bad" if left.revenue < ladder.revenue else "ok",
        value_text=_("%(budget)s, %(percent)s of the plan")
        % {"budget": money(whole(budget)), "percent": rate_words(percent.quantize(WHOLE))},
        chart=chart,
        chart_title=title
        % {
            "budget": money(whole(ladder.budget)),
            "revenue": money(whole(ladder.revenue)),
            "cut": money(whole(budget)),
            "left": money(whole(left.revenue)),
        },
        left=left if is_on else None,
    )


def _words(ladder: Ladder, left: Ladder, way: Cutting) -> tuple[str, str, str]:
    """The headline, the sentence under it, and what the other way of cutting would leave."""
    lost, saved = ladder.revenue - left.revenue, ladder.budget - left.budget
    is_less = saved > 0
    headline = (_("%(amount)s less revenue") if is_less else _("%(amount)s more revenue")) % {
        "amount": money(whole(abs(lost)))
    }
    facts = {
        "saved": money(whole(abs(saved))),
        "qualified": num(shown(abs(ladder.qualified - left.qualified))),
        "deals": num(shown(abs(ladder.deals - left.deals))),
    }
    sentence = (
        _("%(saved)s less budget: qualified leads fewer by %(qualified)s, deals fewer by %(deals)s.")
        if is_less
        else _("%(saved)s more budget: qualified leads more by %(qualified)s, deals more by %(deals)s.")
    ) % facts
    if is_less and lost > 0:
        sentence += " " + _("Each %(one)s cut costs about %(many)s of revenue.") % {
            "one": money(1),
            "many": money(whole(lost / saved)),
        }
    if not is_less or len(ladder.lines) < 2:
        return headline, sentence, ""
    another = Cutting.DEAREST if way is Cutting.EVENLY else Cutting.EVENLY
    amount = money(whole(ladder.revenue - cut(ladder, left.budget, another).revenue))
    text = (
        _("With the dearest leads cut first it would be %(amount)s less.")
        if another is Cutting.DEAREST
        else _("With each channel cut by as much it would be %(amount)s less.")
    )
    return headline, sentence, text % {"amount": amount}


def _chart(ladder: Ladder, left: Ladder | None, way: Cutting) -> charts.Chart:
    """Revenue for each budget: the line, the plan on it, and the cut; the table gives both ways of cutting."""
    part = left.budget / ladder.budget if left else Decimal(1)
    low = Decimal(0) if part < Decimal("0.5") else Decimal("0.5")
    high = max(Decimal(MOST_SLIDER) / 100, part)
    budgets = [ladder.budget * (low + (high - low) * number / POINTS) for number in range(POINTS + 1)]
    marks = [
        charts.MarkedPoint(
            float(ladder.budget), _("plan %(amount)s") % {"amount": money_short(ladder.revenue)}
        )
    ]
    if left is not None:
        marks.append(charts.MarkedPoint(float(left.budget), money_short(left.revenue), "cut"))
    revenues = [cut(ladder, budget, way).revenue for budget in budgets]
    drawn = charts.curve(
        [float(budget) for budget in budgets],
        [float(revenue) for revenue in revenues],
        marks=marks,
        words=(_("Budget"), _("Revenue")),
        write_x=money_short,
        write_y=money_short,
    )
    if len(ladder.lines) < 2:
        return drawn
    head = (_("Budget"), _("Each channel by as much"), _("Channels with the dearest leads first"))
    rows = tuple(
        (money_short(budget), *(money_short(cut(ladder, budget, one).revenue) for one in Cutting))
        for budget in budgets
    )
    return replace(drawn, head=head, rows=rows)


# ---------------------------------------------------------------------------------------------- past plans


@dataclass(frozen=True, slots=True)
class PastCell:
    """A step of a month that is over."""

    fact: str
    plan: str
    off: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class PastRow:
    """A month that is over."""

    name: str
    month: date
    cells: list[PastCell]


EVENTS = {"revenue": "won", "deals": "won", "qualified": "qualified", "leads": "received"}


def past_steps() -> list[str]:
    """Heads of the table, in the order of the cells."""
    return [_("Revenue"), _("Deals"), _("Qualified leads"), _("Leads"), _("Visits"), _("Budget")]


def past_rows(months: Sequence[PastPlan]) -> list[PastRow]:
    """Each month with plan and fact of each step; facts open the leads behind them."""
    return [
        PastRow(
            month_name(found.month),
            found.month,
            [
                _past_cell(name, held, Period.holding(found.month, Span.MONTH))
                for name, held in found.steps.items()
            ],
        )
        for found in months
    ]


def _past_cell(name: str, held: Held, period: Period) -> PastCell:
    is_money = name in {"revenue", "budget"}
    event = EVENTS.get(name)
    # What was spent is neither good nor bad by itself.
    is_bad = held.off is not None and name != "budget" and held.off <= Decimal("-0.1")
    return PastCell(
        fact=money(whole(held.fact)) if is_money else num(held.fact),
        plan=(money(whole(held.plan)) if is_money else count(held.plan)) if held.plan is not None else "",
        off=off_words(held.off),
        tone="bad" if is_bad else "muted",
        url=links.within(period, event) if event and held.fact else "",
    )


def past_sentence(months: Sequence[PastPlan]) -> str:
    """How far revenue was off, over the months that had a plan."""
    offs = [found.steps["revenue"].off for found in months]
    known = [abs(off) for off in offs if off is not None]
    if not known:
        return ""
    usual = sorted(known)[(len(known) - 1) // 2]
    text = ngettext(
        "In %(n)d month with a plan revenue was off by %(usual)s.",
        "Over %(n)d months with a plan revenue was usually off by %(usual)s, at most by %(most)s.",
        len(known),
    )
    return text % {
        "n": len(known),
        "usual": rate_words((usual * 100).quantize(WHOLE)),
        "most": rate_words((max(known) * 100).quantize(WHOLE)),
    }


def line_fields(line: Line) -> dict[str, Decimal | None]:
    """The four numbers of a line by the names of their fields."""
    return {name: getattr(line, name) for name in OF_LINE}


def chosen_channels(
    channels: Sequence[Channel], past: Mapping[int, ChannelPast]
) -> dict[str, Decimal | None]:
    """Rates that the rows of channels start with where the plan says nothing about them."""
    found: dict[str, Decimal | None] = {}
    for channel in channels:
        if channel.pk in past and past[channel.pk].leads:
            line = past[channel.pk].line(Decimal(0))
            for name in ("visit_rate", "cost_per_visit", "cost_per_lead"):
                found[f"{name}_{channel.pk}"] = getattr(line, name)
    return found
