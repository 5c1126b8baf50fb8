"""`/dashboard/`: one page for both departments. Every number opens the leads behind it."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from feedback.domain.worth import Worth
from feedback.models import Question
from feedback.selectors import disputes
from feedback.selectors.gate import FailedGate, failed_gates
from feedback.selectors.limits import limits
from leads.domain.tables.text import neutral
from leads.domain.words import OPEN_STAGES
from leadsync.accounts.access import check, person_of, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import company, company_calendar
from leadsync.core import charts
from leadsync.core.htmx import render_page
from leadsync.core.templatetags.ui import day as write_day
from leadsync.core.templatetags.ui import duration, money, money_short, num, pct
from leadsync.kpi import links
from leadsync.kpi.domain import headline
from leadsync.kpi.domain.days import Period, Span, add_months, after, month_of, parse_month
from leadsync.kpi.domain.pace import Pace, pace_of
from leadsync.kpi.domain.plan import shown
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.selectors.plans import Planned, planned
from leadsync.kpi.words import headline_words, month_short, period_name
from leadsync.notices.kinds import kind_of, words_for
from leadsync.notices.selectors import open_alerts

COHORTS = {Span.MONTH: 4, Span.QUARTER: 6, Span.YEAR: 12}
CAMPAIGNS_SHOWN = 12
QUESTIONS_SHOWN = 4
OF_LEADS = ("unroutable", "leads_left", "rep_away")
OF_INTAKE = ("unreadable_messages", "source_token")
MOST_TOLD = 5


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


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One line of "Campaigns: work and benefit"."""

    row: data.CampaignRow
    bar: float
    tone: str
    leads_url: str
    good_url: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A fact that needs somebody, with the one next step."""

    icon: str
    tone: str
    title: str
    text: str
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class Scene:
    """When and for whom the page is made."""

    person: User
    period: Period
    now: datetime
    today: date
    zone: ZoneInfo
    pace: Pace
    plan: Planned

    @property
    def until(self) -> date:
        """The last day of the period that has begun."""
        return min(self.period.last, self.today)


def _asked_period(request: HttpRequest, today: date) -> Period:
    """`?period=quarter&at=2026-11`; this month without. Raises Http404 for what is neither."""
    try:
        span = Span(request.GET.get("period", Span.MONTH))
    except ValueError:
        raise Http404 from None
    text = request.GET.get("at", "")
    at = parse_month(text) if text else today
    if at is None:
        raise Http404
    return Period.holding(at, span)


# ---------------------------------------------------------------------------------------------- the strip


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
    url = links.within(scene.period, "contacted")
    against = _("promise %(goal)s") % {"goal": pct(goal)} if scene.plan.is_there else ""
    if share is None:
        return Tile(label, "–", against, None, None, "", "", _("No promised contact yet"), url)
    delta = _was(pct(before.in_time), scene) if before.in_time is not None else ""
    bullet = charts.bullet(float(share), float(goal))
    words = _("%(share)s in time, %(goal)s agreed") % {"share": pct(share), "goal": pct(goal)}
    value, tick = float(share * 100), float(goal * 100)
    return Tile(label, pct(share), against, value, tick, bullet.tone, words, delta, url)


def _cost_tile(total: data.Figures, before: data.Figures, scene: Scene) -> Tile:
    cost, plan = total.cost_per_qualified, scene.plan.cost_per_qualified
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


def _tiles(total: data.Figures, before: data.Figures, scene: Scene) -> list[Tile]:
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


# ---------------------------------------------------------------------------------------------- tables


def _ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def _steps(total: data.Figures, scene: Scene) -> list[Step]:
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


TONES = {Worth.TOO_MUCH_WORK: "bad", Worth.WATCH: "warn"}


def _campaign_lines(rows: Sequence[data.CampaignRow], scene: Scene) -> list[CampaignLine]:
    bars = charts.hbars([(row.name, float(row.benefit.minutes_each or row.benefit.minutes)) for row in rows])
    return [
        CampaignLine(
            row,
            bar.value,
            "bad" if row.benefit.worth is Worth.TOO_MUCH_WORK else "",
            links.within(scene.period, "received", campaign=row.campaign_id),
            links.within(scene.period, "received", campaign=row.campaign_id, mark=links.GOOD),
        )
        for row, bar in zip(rows, bars, strict=True)
    ]


OPEN = tuple(stage.value for stage in OPEN_STAGES)


@dataclass(frozen=True, slots=True)
class CohortLine:
    """One month of "What happened to our good leads?"."""

    label: str
    good: int
    url: str
    parts: tuple[charts.Part, ...]
    cohort: data.Cohort


def _cohort_lines(rows: Sequence[data.Cohort], scene: Scene, silent_days: int) -> list[CohortLine]:
    lines = []
    silent = _("No follow-up for %(days)d days") % {"days": silent_days}
    for row in rows:
        month = Period.holding(row.month, Span.MONTH)

        def address(month: Period = month, **more: Any) -> str:
            return links.within(month, "received", mark=links.GOOD, **more)

        parts = [
            ("won", _("Won"), row.won, address(stage="won")),
            ("talk", _("In talks"), row.talks, address(stage=OPEN, silent=0)),
            ("lost", _("Lost"), row.lost, address(stage=("lost", "closed"))),
            ("wait", silent, row.silent, address(silent=1)),
        ]
        is_this_year = row.month.year == scene.today.year
        name = month_short(row.month) if is_this_year else f"{month_short(row.month)} {row.month.year}"
        lines.append(CohortLine(name, row.good, address(), charts.stack(parts), row))
    return lines


# ---------------------------------------------------------------------------------------------- charts


def _chart_days(scene: Scene) -> list[date]:
    """Days of the period; of a year only the Fridays, both ends and today."""
    listed = scene.period.days
    if scene.period.span is not Span.YEAR:
        return listed
    return [day for day in listed if day.weekday() == 4 or day in (listed[0], listed[-1], scene.today)]


def _qualified_chart(daily: data.Daily, scene: Scene) -> tuple[charts.Chart, str]:
    listed = _chart_days(scene)
    running, total, place = [], 0, scene.period.first
    for day in listed:
        if day > scene.until:
            break
        while place <= day:
            total += daily.by_day[place].qualified if place in daily.by_day else 0
            place = after(place)
        running.append(float(total))
    plan = float(scene.plan.qualified) if scene.plan.is_there else None
    heading = None if scene.pace.is_over or scene.pace.is_ahead else scene.pace.heading(Decimal(total))
    chart = charts.running_total(
        [write_day(day) for day in listed],
        running,
        plan=plan,
        forecast=float(heading) if heading is not None else None,
        words=(_("Day"), _("Qualified"), _("Plan"), _("Today")),
        plan_label=_("plan %(n)s") % {"n": num(shown(scene.plan.qualified))} if plan is not None else "",
        forecast_label=_("about %(n)s") % {"n": num(round(heading))} if heading is not None else "",
        write=num,
    )
    title = _("Qualified leads, running total: %(n)s by %(day)s.") % {
        "n": num(total),
        "day": write_day(scene.until),
    }
    return chart, title


def _past_chart(counts: Sequence[int], listed: Sequence[date], scene: Scene) -> tuple[charts.Chart, str]:
    last = counts[-1] if counts else 0
    is_now = scene.period.holds(scene.today)
    label = (_("%(n)s now") if is_now else "%(n)s") % {"n": num(last)}
    chart = charts.columns(
        [write_day(day) for day in listed],
        [float(count) for count in counts],
        words=(_("Day"), _("Past the promise")),
        today_word=_("Today") if is_now else "",
        last_label=label if counts else "",
        write=num,
    )
    if is_now:
        title = _("Leads past the promise at the end of each day: %(n)s now.") % {"n": num(last)}
    else:
        title = _("Leads past the promise at the end of each day: %(n)s on the last one.") % {"n": num(last)}
    return chart, title


# ---------------------------------------------------------------------------------------------- alerts


def _alerts(
    scene: Scene,
    waiting: Iterable[data.PersonRow],
    gates: Sequence[FailedGate],
    points: Sequence[Any],
    overdue: int,
    disputed: int,
) -> list[Alert]:
    found = []
    late = sorted((row for row in waiting if row.past), key=lambda row: -row.past)
    count = sum(row.past for row in late)
    if count:
        names = ""
        if scene.person.can(Can.SEE_FIRST_CONTACTS):
            names = ", ".join(
                _("%(n)d with %(name)s") % {"n": row.past, "name": row.name.split()[0]} for row in late[:3]
            )
            if len(late) > 3:
                names = _("%(names)s and others") % {"names": names}
        found.append(
            Alert(
                "clock",
                "bad",
                ngettext("%(n)s lead is past the promise.", "%(n)s leads are past the promise.", count)
                % {"n": num(count)},
                f"{names}." if names else "",
                _("Share them out") if scene.person.can(Can.HAND_OVER) else _("Show them"),
                links.leads(promise="past"),
            )
        )
    found += _told(scene.person)
    if gates:
        found.append(_gates_alert(gates))
    if points:
        names = ", ".join(point.value for point in points[:2])
        title = ngettext("%(n)d contact point is down.", "%(n)d contact points are down.", len(points))
        found.append(
            Alert(
                "phone-off",
                "bad",
                title % {"n": len(points)},
                names,
                _("Channels"),
                reverse("campaigns:channels"),
            )
        )
    if disputed:
        title = ngettext(
            "%(n)d disputed mark waits for your word.", "%(n)d disputed marks wait for your word.", disputed
        )
        found.append(
            Alert("scale", "warn", title % {"n": disputed}, "", _("Decide"), reverse("feedback:disputes"))
        )
    if overdue:
        title = ngettext("%(n)d question is overdue.", "%(n)d questions are overdue.", overdue)
        found.append(
            Alert("chat", "warn", title % {"n": overdue}, "", _("Answer"), reverse("feedback:questions"))
        )
    return found


def _told(person: User) -> list[Alert]:
    """What workers found out: leads that nobody looks after, and, for who can mend it, messages that are none yet."""
    found = []
    kinds = (*OF_LEADS, *OF_INTAKE) if person.can(Can.EDIT_INTAKE) else OF_LEADS
    for alert in open_alerts(*kinds):
        if alert.kind == "rep_away" and not person.can(Can.SEE_FIRST_CONTACTS):
            continue  # names a person
        kind, words = kind_of(alert.kind), words_for(alert.kind, alert.context)
        found.append(Alert(kind.icon, kind.tone, f"{words.title}.", words.text, words.action, alert.url))
    return found[:MOST_TOLD]


def _gates_alert(gates: Sequence[FailedGate]) -> Alert:
    if len(gates) == 1:
        only = gates[0]
        return Alert(
            "flag",
            "bad",
            _("Gate not passed: %(name)s.") % {"name": only.name},
            _("%(good)d promising of %(marked)d marked, %(needed)d needed.")
            % {"good": only.gate.good, "marked": only.gate.marked, "needed": only.gate.needed},
            _("Decide"),
            reverse("campaigns:page", args=[only.campaign_id]),
        )
    title = ngettext("%(n)d gate not passed.", "%(n)d gates not passed.", len(gates)) % {"n": len(gates)}
    names = ", ".join(gate.name for gate in gates[:2])
    text = _("%(names)s and others.") % {"names": names} if len(gates) > 2 else f"{names}."
    return Alert("flag", "bad", title, text, _("Decide"), reverse("campaigns:list"))


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """An open question with how long it is open."""

    question: Question
    age: str
    is_overdue: bool


def _age(since: datetime, now: datetime) -> str:
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes < 24 * 60:
        return duration(minutes if minutes < 60 else minutes // 60 * 60)
    count = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


# ---------------------------------------------------------------------------------------------- the page


def _headline(scene: Scene, total: data.Figures, has_leads: bool, past: int) -> tuple[headline.Headline, str]:
    plan = scene.plan
    facts = headline.Facts(
        has_leads=has_leads,
        has_plan=plan.is_there,
        elapsed=scene.pace.elapsed,
        is_over=scene.pace.is_over,
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


def _estimate(scene: Scene, total: data.Figures) -> str:
    """ "If nothing changes, November closes at about €389,000 of €432,000." Empty where nothing can be
    said.
    """
    heading = scene.pace.heading(total.revenue)
    if scene.pace.is_over or heading is None or not total.revenue:
        return ""
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


def _people_of(scene: Scene, waiting: dict[int, data.PersonRow], calendar: Any) -> list[data.PersonRow]:
    """Every rep's row for heads and the director, the own one for a rep, nothing for others."""
    if scene.person.can(Can.SEE_FIRST_CONTACTS):
        return data.people(scene.period, waiting, calendar=calendar, zone=scene.zone)
    if scene.person.has_role(Role.REP):
        return data.people(scene.period, waiting, calendar=calendar, zone=scene.zone, only=scene.person.pk)
    return []


@signed_in
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page; `?csv=steps|campaigns|people|cohorts|days` is one of its tables as a file."""
    person, now, zone = person_of(request), timezone.now(), company().tz
    today = now.astimezone(zone).date()
    period = _asked_period(request, today)
    agreed, calendar = limits(), company_calendar()
    scene = Scene(
        person, period, now, today, zone, pace_of(period, calendar, zone, now), planned(period.months)
    )
    daily = data.daily(period)
    total = daily.total
    wanted = request.GET.get("csv")
    if wanted is not None:
        check(person, Can.EXPORT)

    rows = data.campaigns(period, limit=agreed.minutes_per_promising, gate_size=agreed.gate_size)
    months = [
        add_months(month_of(max(scene.until, period.first)), -n)
        for n in reversed(range(COHORTS[period.span]))
    ]
    silent_before = now - timedelta(days=agreed.silent_days)
    cohorts = data.cohorts(months, silent_before=silent_before, zone=zone)
    waiting = data.waiting_now(now)
    people = _people_of(scene, waiting, calendar)
    listed = period.days if wanted else _chart_days(scene)
    begun = [day for day in period.days if day <= scene.until]
    by_day = dict(zip(begun, data.past_promise_by_day(begun, zone=zone, now=now), strict=True))
    past_counts = [by_day[day] for day in listed if day in by_day]
    if wanted is not None:
        return _csv(wanted, scene, daily, rows, people, cohorts, by_day)

    gates = failed_gates(size=agreed.gate_size, needed=agreed.gate_needed)
    questions = [
        QuestionLine(
            question, _age(question.asked_at, now), question.due_at < now and question.answered_at is None
        )
        for question in data.open_questions()
    ]
    overdue = sum(line.is_overdue for line in questions)
    has_leads = bool(total.arrived or rows or cohorts[-1].good) or data.has_any_lead()
    past = sum(row.past for row in waiting.values())
    chosen, sentence = _headline(scene, total, has_leads, past)
    last_deal = max((day for day, figures in daily.by_day.items() if figures.won), default=None)
    lines = _campaign_lines(rows, scene)
    context = {
        "scene": scene,
        "period": period,
        "period_name": period_name(period),
        "spans": _spans(period, today),
        "pace": scene.pace,
        "plan": scene.plan,
        "plan_url": reverse("kpi:plan", args=[f"{period.first:%Y-%m}"]),
        "can_plan": person.can(Can.EDIT_PLAN),
        "can_log": person.can(Can.LOG_LEADS),
        "has_leads": has_leads,
        "headline": chosen,
        "sentence": sentence,
        "estimate": _estimate(scene, total),
        "today": today,
        "tiles": _tiles(total, daily.before, scene),
        "steps": _steps(total, scene),
        "campaigns": lines[:CAMPAIGNS_SHOWN],
        "campaigns_hidden": max(len(lines) - CAMPAIGNS_SHOWN, 0),
        "limit": agreed.minutes_per_promising,
        "people": people,
        "goal": scene.plan.in_time_rate / 100,
        "near_goal": scene.plan.in_time_rate / 100 * Decimal("0.9"),
        "cohorts": _cohort_lines(cohorts, scene, agreed.silent_days),
        "silent_days": agreed.silent_days,
        "alerts": _alerts(
            scene, waiting.values(), gates, data.points_down(), overdue, disputes.waiting_for(person)
        ),
        "qualified_chart": _qualified_chart(daily, scene),
        "past_chart": _past_chart(past_counts, listed, scene),
        "questions": questions[:QUESTIONS_SHOWN],
        "questions_count": len(questions),
        "win": data.latest_win(last_deal, zone) if last_deal else None,
    }
    return render_page(request, "kpi/dashboard.html", context)


@dataclass(frozen=True, slots=True)
class SpanLink:
    """One choice of the period's length."""

    label: str
    url: str
    is_current: bool


def _address(period: Period) -> str:
    return f"{reverse('kpi:dashboard')}?period={period.span}&at={period.first:%Y-%m}"


def _spans(period: Period, today: date) -> dict[str, Any]:
    # Today is what people mean by "month" as long as the period shown holds it.
    at = today if period.holds(today) else period.first
    choices = [(Span.MONTH, _("Month")), (Span.QUARTER, _("Quarter")), (Span.YEAR, _("Year"))]
    return {
        "choices": [
            SpanLink(label, _address(Period.holding(at, span)), span is period.span)
            for span, label in choices
        ],
        "previous": _address(period.previous),
        "previous_name": period_name(period.previous),
        "following": _address(period.following) if period.stop <= today else "",
        "following_name": period_name(period.following),
    }


# ---------------------------------------------------------------------------------------------- as files


def _csv(
    name: str,
    scene: Scene,
    daily: data.Daily,
    campaigns: Sequence[data.CampaignRow],
    people: Sequence[data.PersonRow],
    cohorts: Sequence[data.Cohort],
    past: dict[date, int],
) -> HttpResponse:
    match name:
        case "steps":
            head = [_("Step"), _("Fact"), _("Plan for today"), _("Conversion, %"), _("Planned conversion, %")]
            body: Iterable[Sequence[Any]] = (
                (
                    step.label,
                    step.fact,
                    step.plan,
                    _percent(step.conversion),
                    _percent(step.planned_conversion),
                )
                for step in _steps(daily.total, scene)
            )
        case "campaigns":
            head = [
                _("Campaign"),
                _("Leads"),
                _("Promising"),
                _("Sales minutes"),
                _("Minutes each"),
                _("Verdict"),
            ]
            body = (
                (
                    row.name,
                    row.benefit.leads,
                    row.benefit.good,
                    row.benefit.minutes,
                    round(row.benefit.minutes_each) if row.benefit.minutes_each is not None else None,
                    row.benefit.worth,
                )
                for row in campaigns
            )
        case "people" if people:
            head = [_("Sales"), _("Waiting"), _("Past the promise"), _("Usual minutes"), _("In time, %")]
            body = (
                (row.name, row.waiting, row.past, row.usual_minutes, _percent(row.share)) for row in people
            )
        case "cohorts":
            head = [_("Came in"), _("Good"), _("Won"), _("In talks"), _("Lost"), _("No follow-up")]
            body = (
                (f"{row.month:%Y-%m}", row.good, row.won, row.talks, row.lost, row.silent) for row in cohorts
            )
        case "days":
            head = [_("Day"), _("Leads"), _("Qualified"), _("Won"), _("Revenue"), _("Past the promise")]
            nothing = data.Figures()
            body = (
                (day.isoformat(), facts.arrived, facts.qualified, facts.won, facts.revenue, count)
                for day, count in past.items()
                for facts in (daily.by_day.get(day, nothing),)
            )
        case _:
            raise Http404
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    file = f"leadsync-{name}-{scene.period.first}-{scene.period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    response.write("\ufeff")  # spreadsheet programs read the encoding from it
    writer = csv.writer(response)
    writer.writerow(head)
    for row in body:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return response


def _percent(share: Decimal | None) -> Decimal | None:
    return round(share * 100, 1) if share is not None else None
