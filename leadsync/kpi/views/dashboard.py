"""`/dashboard/`: one page for both departments. Every number opens the leads behind it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from feedback.selectors import disputes
from feedback.selectors.limits import limits
from leadsync.accounts.access import check, person_of, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company, company_calendar
from leadsync.core.htmx import render_page
from leadsync.exchange.domain.rules import days_to_sale
from leadsync.kpi import links, tiles
from leadsync.kpi.domain.days import Period, Span, add_months, month_of, parse_month
from leadsync.kpi.domain.pace import pace_of
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.selectors.estimate import outlook
from leadsync.kpi.selectors.plans import planned
from leadsync.kpi.selectors.velocity import velocity
from leadsync.kpi.views import credit, files, tables
from leadsync.kpi.words import period_name
from leadsync.notices.selectors import AlertPage, alerts_page

COHORTS = {Span.MONTH: 4, Span.QUARTER: 6, Span.YEAR: 12}
CAMPAIGNS_SHOWN = 8
QUESTIONS_SHOWN = 5
ALERTS_SHOWN = 4
# What a wall may say: alerts whose titles name no person.
WALL_ALERTS = (
    "promise_missed",
    "silent_leads",
    "gate_failed",
    "gate_late",
    "point_broken",
    "drought_all",
    "plan_unsigned",
    "agreement_unsigned",
    "no_meeting",
)


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


@dataclass(frozen=True, slots=True)
class AlertLine:
    """A fact that needs somebody, with the one next step; `taken` names who takes care of it."""

    icon: str
    tone: str
    title: str
    text: str
    action: str
    url: str
    taken: str = ""


def _lines(page: AlertPage) -> list[AlertLine]:
    return [
        AlertLine(
            line.icon,
            line.tone,
            f"{line.words.title}.",
            line.words.text,
            line.words.action,
            line.url,
            line.taken_by.name if line.taken_by else "",
        )
        for line in page.lines
    ]


def _alerts(page: AlertPage, person: User) -> list[AlertLine]:
    """What costs most of the open alerts, and the marks that wait for this person's own word."""
    found = _lines(page)
    disputed = disputes.waiting_for(person)
    if disputed:
        title = ngettext(
            "%(n)d disputed mark waits for your word.", "%(n)d disputed marks wait for your word.", disputed
        )
        # It has its place however many alerts cost more: nobody else can give this word.
        found.insert(
            ALERTS_SHOWN - 1,
            AlertLine(
                "scale", "warn", title % {"n": disputed}, "", _("Decide"), reverse("feedback:disputes")
            ),
        )
    return found


@signed_in
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page. `?csv=kpis|steps|campaigns|people|cohorts|days|questions` is one of its tables as a file; `?tv=1` the
    page for a screen on the wall, which shows nobody's row.
    """
    person, now, zone = person_of(request), timezone.now(), company().tz
    today = now.astimezone(zone).date()
    period, by = _asked_period(request, today), credit.asked_credit(request)
    agreed, calendar = limits(), company_calendar()
    scene = Scene(
        person, period, now, today, zone, pace_of(period, calendar, zone, now), planned(period.months)
    )
    daily = data.daily(period)
    total = daily.total
    wanted = request.GET.get("csv")
    if wanted is not None:
        check(person, Can.EXPORT)

    is_tv = wanted is None and request.GET.get("tv") == "1"
    rows = data.campaigns(period, limit=agreed.minutes_per_promising, gate_size=agreed.gate_size)
    months = [
        add_months(month_of(max(scene.until, period.first)), -n)
        for n in reversed(range(COHORTS[period.span]))
    ]
    silent_before = now - timedelta(days=agreed.silent_days)
    cohorts = data.cohorts(months, silent_before=silent_before, zone=zone)
    waiting = data.waiting_now(now)
    people = [] if is_tv else tables.people_of(scene, waiting, calendar)
    listed = period.days if wanted else tables.chart_days(scene)
    begun = [day for day in period.days if day <= scene.until]
    by_day = dict(zip(begun, data.past_promise_by_day(begun, zone=zone, now=now), strict=True))
    past_counts = [by_day[day] for day in listed if day in by_day]
    if wanted is not None:
        if wanted == "credit":
            return files.written(wanted, scene, *credit.credit_file(scene, credit.asked_credit(request)))
        if wanted == "velocity":
            measured = velocity(months, zone=zone, calendar=calendar)
            return files.written(wanted, scene, *credit.speed_file(measured))
        return files.as_file(wanted, scene, daily, rows, people, cohorts, by_day)

    page = alerts_page(person, kinds=WALL_ALERTS if is_tv else None, size=ALERTS_SHOWN)
    alerts = _alerts(page, person) if not is_tv else _lines(page)
    questions = [
        tables.QuestionLine(
            question,
            tables.age(question.asked_at, now),
            question.due_at < now and question.answered_at is None,
        )
        for question in data.open_questions()
    ]
    has_leads = bool(total.arrived or rows or cohorts[-1].good) or data.has_any_lead()
    past = sum(row.past for row in waiting.values())
    chosen, sentence = tiles.headline_of(scene, total, has_leads, past)
    is_running = scene.period.holds(today)
    last_deal = max((day for day, figures in daily.by_day.items() if figures.won), default=None)
    win = data.latest_win(last_deal, zone) if last_deal else None
    lines = tables.campaign_lines(rows, scene, agreed.minutes_per_promising)
    height = tables.WALL_HEIGHT if is_tv else tables.HEIGHT
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
        "estimate": tiles.estimate(scene, total, outlook(period, now=now, zone=zone, calendar=calendar)),
        "today": today,
        "tiles": tiles.tiles(total, daily.before, scene),
        "steps": tiles.steps(total, scene),
        "campaigns": tables.most_telling(lines, CAMPAIGNS_SHOWN),
        "campaigns_hidden": max(len(lines) - CAMPAIGNS_SHOWN, 0),
        "limit": agreed.minutes_per_promising,
        "people": people,
        "goal": scene.plan.in_time_rate / 100,
        "near_goal": scene.plan.in_time_rate / 100 * Decimal("0.9"),
        "cohorts": tables.cohort_lines(cohorts, scene, agreed.silent_days),
        "silent_days": agreed.silent_days,
        "alerts": alerts[:ALERTS_SHOWN],
        "has_more_alerts": page.next_key is not None or len(alerts) > ALERTS_SHOWN,
        "qualified_chart": tables.qualified_chart(daily, scene, height),
        "past_chart": tables.past_chart(past_counts, listed, scene, height),
        "questions": questions[:QUESTIONS_SHOWN],
        "questions_count": len(questions),
        "qualified_url": links.within(period, "qualified"),
        "past_url": links.leads(promise="past") if is_running and past else "",
        "past_now": past,
        "credit": None if is_tv else credit.credit_card(scene, by),
        "credit_csv": f"credit&by={by}",
        "speed": [] if is_tv else credit.speed_lines(scene, months, calendar),
        "speed_steps": credit.step_words(),
        "win": win,
        "win_days": days_to_sale(win.received_at, win.won_at, zone) if win and win.won_at else None,
        "tv_url": f"{_address(period)}&tv=1",
        "page_url": _address(period),
        "now": now,
    }
    return render_page(request, "kpi/dashboard_tv.html" if is_tv else "kpi/dashboard.html", context)


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
