"""Figures of the dashboard against the plan: the strip, the steps, the sentence above them."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from leadsync.core import charts
from leadsync.core.templatetags.ui import money, money_short, num, pct
from leadsync.kpi import links
from leadsync.kpi.domain import headline
from leadsync.kpi.domain.plan import shown
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.selectors.estimate import Outlook
from leadsync.kpi.words import headline_words, period_name


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of the strip; see templates/components/kpi.html."""

    label: str
    figure: str
    against: str
    value: float | None
    tick: float | None
    tone: str
    bullet_label: str
    delta: str
    url: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of "Plan and fact, step by step"."""

    label: str
    fact: int
    plan: int | None
    value: float | None
    tick: float | None
    tone: str
    conversion: Decimal | None
    planned_conversion: Decimal | None
    is_short: bool
    url: str


def _pace_words(fact: Decimal, due: Decimal, scene: Scene, write: Callable[[Decimal], str]) -> str:
    gap = fact - due
    if write(abs(gap)) == write(Decimal(0)):
        return _("on plan") if scene.pace.is_over else _("on today’s pace")
    if scene.pace.is_over:
        text = _("%(amount)s above plan") if gap > 0 else _("%(amount)s below plan")
    else:
        text = _("%(amount)s ahead of today’s pace") if gap > 0 else _("%(amount)s behind today’s pace")
    return text % {"amount": write(abs(gap))}


def _was(figure: str, scene: Scene) -> str:
    return _("Was %(figure)s in %(period)s") % {
        "figure": figure,
        "period": period_name(scene.period.previous),
    }


def _plan_tile(
    label: str,
    fact: Decimal,
    plan: Decimal,
    before: Decimal,
    scene: Scene,
    url: str,
    write: Callable[[Decimal], str],
    write_gap: Callable[[Decimal], str],
) -> Tile:
    if not scene.plan.is_there or not plan:
        return Tile(label, write(fact), "", None, None, "", "", _was(write(before), scene), url)
    due = scene.pace.of(plan)
    bullet = charts.bullet(float(fact), float(plan), pace=float(due))
    against = _("of %(plan)s") % {"plan": write(plan)}
    words = _("%(share)s of plan, %(pace)s expected today") % {
        "share": pct(fact / plan),
        "pace": pct(scene.pace.elapsed),
    }
    delta = _pace_words(fact, due, scene, write_gap)
    return Tile(label, write(fact), against, bullet.value, bullet.tick, bullet.tone, words, delta, url)


def _count(value: Decimal) -> str:
    return num(shown(value))


def _whole(value: Decimal) -> str:
    return num(round(value))


def _in_time_tile(total: data.Figures, before: data.Figures, scene: Scene) -> Tile:
    goal, share = scene.plan.in_time_rate / 100, total.in_time
    label = _("First contact in time")
    url = links.within(scene.period, "contacted", timed=1)
    against = _("promise %(goal)s") % {"goal": pct(goal)} if scene.plan.is_there else ""
    if share is None:
        return Tile(label, "–", against, None, None, "", "", _("No promised contact yet"), url)
    delta = _was(pct(before.in_time), scene) if before.in_time is not None else ""
    bullet = charts.bullet(float(share), float(goal))
    words = _("%(share)s in time, %(goal)s agreed") % {"share": pct(share), "goal": pct(goal)}
    value, tick = float(share * 100), float(goal * 100)
    return Tile(label, pct(share), against, value, tick, bullet.tone, words, delta, url)


def _cost_tile(total: data.Figures, before: data.Figures, scene: Scene) -> Tile:
    cost = total.cost_per_qualified
    plan = scene.plan.cost_per_qualified if scene.plan.is_there else None
    label, url = _("Cost per qualified lead"), links.within(scene.period, "qualified")
    if cost is None or not total.spend:
        words = _("No spend noted yet") if not total.spend else _("No qualified lead yet")
        against = _("plan %(plan)s") % {"plan": money_short(plan)} if plan else ""
        return Tile(label, "–", against, None, None, "", "", words, url)
    figure = money(cost.quantize(Decimal(1)))
    if not plan:
        earlier = before.cost_per_qualified
        delta = _was(money(earlier.quantize(Decimal(1))), scene) if earlier else ""
        return Tile(label, figure, "", None, None, "", "", delta, url)
    bullet = charts.bullet(float(cost), float(plan), fewer_is_better=True)
    gap = cost / plan - 1
    text = _("%(share)s over plan") if gap > 0 else _("%(share)s under plan")
    delta = text % {"share": pct(abs(gap))} if pct(abs(gap)) != pct(0) else _("as planned")
    words = _("%(share)s of the planned cost") % {"share": pct(cost / plan)}
    against = _("plan %(plan)s") % {"plan": money(plan.quantize(Decimal(1)))}
    return Tile(label, figure, against, bullet.value, bullet.tick, bullet.tone, words, delta, url)


def tiles(total: data.Figures, before: data.Figures, scene: Scene) -> list[Tile]:
    period, plan = scene.period, scene.plan
    won = links.within(period, "won")
    return [
        _plan_tile(
            _("Revenue"), total.revenue, plan.revenue, before.revenue, scene, won, money_short, money_short
        ),
        _plan_tile(
            _("Deals"), Decimal(total.won), plan.deals, Decimal(before.won), scene, won, _count, _whole
        ),
        _plan_tile(
            _("Qualified leads"),
            Decimal(total.qualified),
            plan.qualified,
            Decimal(before.qualified),
            scene,
            links.within(period, "qualified"),
            _count,
            _whole,
        ),
        _in_time_tile(total, before, scene),
        _cost_tile(total, before, scene),
    ]


def _ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def steps(total: data.Figures, scene: Scene) -> list[Step]:
    plan, pace, period = scene.plan, scene.pace, scene.period

    def step(
        label: str,
        fact: int,
        due: Decimal,
        url: str,
        share: Decimal | None = None,
        planned_share: Decimal | None = None,
    ) -> Step:
        if not plan.is_there or not due:
            return Step(label, fact, None, None, None, "", share, None, False, url)
        bullet = charts.bullet(fact, float(due))
        # Green is what is expected here: only what falls short is coloured.
        tone = "" if bullet.tone == "ok" else bullet.tone
        is_short = share is not None and planned_share is not None and share < planned_share * Decimal("0.9")
        return Step(
            label, fact, shown(due), bullet.value, bullet.tick, tone, share, planned_share, is_short, url
        )

    goal = plan.in_time_rate / 100
    # Of those contacted under a promise so far, as many as agreed should have been in time.
    in_time_due = total.contacted_promised * goal
    return [
        step(_("Visits"), total.visits, pace.of(plan.visits), ""),
        step(
            _("Leads"),
            total.arrived,
            pace.of(plan.leads),
            links.within(period, "received"),
            _ratio(total.arrived, total.visits),
            _ratio(plan.leads, plan.visits),
        ),
        step(
            _("Contacted in time"),
            total.contacted_in_time,
            in_time_due,
            links.within(period, "contacted", late=0),
            total.in_time,
            goal if plan.is_there else None,
        ),
        step(
            _("Qualified"),
            total.qualified,
            pace.of(plan.qualified),
            links.within(period, "qualified"),
            _ratio(total.qualified, total.arrived),
            _ratio(plan.qualified, plan.leads),
        ),
        step(
            _("Deals"),
            total.won,
            pace.of(plan.deals),
            links.within(period, "won"),
            _ratio(total.won, total.qualified),
            _ratio(plan.deals, plan.qualified),
        ),
    ]


def headline_of(
    scene: Scene, total: data.Figures, has_leads: bool, past: int
) -> tuple[headline.Headline, str]:
    plan = scene.plan
    facts = headline.Facts(
        has_leads=has_leads,
        has_plan=plan.is_there,
        elapsed=scene.pace.elapsed,
        has_part_plan=plan.is_part,
        is_over=scene.pace.is_over,
        is_ahead=scene.pace.is_ahead,
        revenue=total.revenue,
        revenue_plan=plan.revenue,
        qualified=total.qualified,
        qualified_plan=plan.qualified,
        in_time=total.in_time,
        in_time_goal=plan.in_time_rate / 100,
        past_promise=past if scene.period.holds(scene.today) else 0,
    )
    chosen = headline.choose(facts)
    return chosen, headline_words(chosen, period_name(scene.period))


def estimate(scene: Scene, total: data.Figures, outlook: Outlook | None = None) -> str:
    """ "If nothing changes, November closes at about €389,000 of €432,000." Empty where nothing can be
    said. With an outlook that knows, how far off such estimates were is said, too.
    """
    heading = (outlook or Outlook()).revenue(total.revenue, scene.pace)
    if scene.pace.is_over or not heading:
        return ""
    closes = _closes_at(scene, heading)
    if outlook is None or outlook.more is None or outlook.error is None:
        return closes
    off = _("Estimates on this day of past months were off by %(share)s.") % {"share": pct(outlook.error)}
    return f"{closes} {off}"


def _closes_at(scene: Scene, heading: Decimal) -> str:
    # Rounded to thousands where there are many: nobody believes the last euro of an estimate.
    step = Decimal(1000) if heading >= 20_000 else Decimal(1)
    amount = money((heading / step).quantize(Decimal(1)) * step)
    name = period_name(scene.period)
    if scene.plan.is_there and scene.plan.revenue:
        text = _("If nothing changes, %(period)s closes at about %(amount)s of %(plan)s.")
        return text % {"period": name, "amount": amount, "plan": money(scene.plan.revenue)}
    return _("If nothing changes, %(period)s closes at about %(amount)s.") % {
        "period": name,
        "amount": amount,
    }
