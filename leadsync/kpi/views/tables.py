"""Tables and charts of the dashboard: campaigns, cohorts, people, open questions, the two curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.domain.worth import Worth
from feedback.models import Question
from leads.domain.words import OPEN_STAGES
from leadsync.accounts.roles import Can, Role
from leadsync.core import charts
from leadsync.core.templatetags.ui import day as write_day
from leadsync.core.templatetags.ui import duration, num
from leadsync.kpi import links
from leadsync.kpi.domain.days import Period, Span, after
from leadsync.kpi.domain.plan import shown
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.words import month_short


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One line of "Campaigns: work and benefit"."""

    row: data.CampaignRow
    bar: float
    tone: str
    leads_url: str
    good_url: str
    qualified_url: str

    @property
    def cost(self) -> Decimal | None:
        """Spend for each qualified lead, in whole units of money."""
        exact = self.row.cost_per_qualified
        return exact.quantize(Decimal(1)) if exact is not None else None


HEIGHT = 168.0  # of a chart
WALL_HEIGHT = 290.0
BAR_LIMITS = 3  # a bar as long as this many times the agreed limit is full: longer ones would hide the rest


def campaign_lines(rows: Sequence[data.CampaignRow], scene: Scene, limit: int) -> list[CampaignLine]:
    bars = charts.hbars(
        [
            ("", float(limit)),
            *(
                (row.name, float(min(row.benefit.minutes_each or row.benefit.minutes, limit * BAR_LIMITS)))
                for row in rows
            ),
        ]
    )[1:]
    return [
        CampaignLine(
            row,
            bar.value,
            "bad" if row.benefit.worth is Worth.TOO_MUCH_WORK else "",
            links.within(scene.period, "received", campaign=row.campaign_id),
            links.within(scene.period, "received", campaign=row.campaign_id, mark=links.GOOD),
            links.within(scene.period, "qualified", campaign=row.campaign_id),
        )
        for row, bar in zip(rows, bars, strict=True)
    ]


def most_telling(lines: Sequence[CampaignLine], size: int) -> list[CampaignLine]:
    """As many lines as fit, in their order: those that need a look first of all, then the most good leads."""
    first = sorted(range(len(lines)), key=lambda place: (not lines[place].row.needs_a_look, place))
    return [lines[place] for place in sorted(first[:size])]


OPEN = tuple(stage.value for stage in OPEN_STAGES)


@dataclass(frozen=True, slots=True)
class CohortLine:
    """One month of "What happened to our good leads?"."""

    label: str
    good: int
    url: str
    parts: tuple[charts.Part, ...]
    cohort: data.Cohort


def cohort_lines(rows: Sequence[data.Cohort], scene: Scene, silent_days: int) -> list[CohortLine]:
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


def chart_days(scene: Scene) -> list[date]:
    """Days of the period; of a year only the Fridays, both ends and today."""
    listed = scene.period.days
    if scene.period.span is not Span.YEAR:
        return listed
    return [day for day in listed if day.weekday() == 4 or day in (listed[0], listed[-1], scene.today)]


def qualified_chart(daily: data.Daily, scene: Scene, height: float = HEIGHT) -> tuple[charts.Chart, str]:
    listed = chart_days(scene)
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
        height=height,
    )
    title = _("Qualified leads, running total: %(n)s by %(day)s.") % {
        "n": num(total),
        "day": write_day(scene.until),
    }
    return chart, title


def past_chart(
    counts: Sequence[int], listed: Sequence[date], scene: Scene, height: float = HEIGHT
) -> tuple[charts.Chart, str]:
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
        height=height,
    )
    if is_now:
        title = _("Leads past the promise at the end of each day: %(n)s now.") % {"n": num(last)}
    else:
        title = _("Leads past the promise at the end of each day: %(n)s on the last one.") % {"n": num(last)}
    return chart, title


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """An open question with how long it is open."""

    question: Question
    age: str
    is_overdue: bool


def age(since: datetime, now: datetime) -> str:
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes < 24 * 60:
        return duration(minutes if minutes < 60 else minutes // 60 * 60)
    count = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def people_of(scene: Scene, waiting: dict[int, data.PersonRow], calendar: Any) -> list[data.PersonRow]:
    """Every rep's row for heads and the director, the own one for a rep, nothing for others."""
    if scene.person.can(Can.SEE_FIRST_CONTACTS):
        return data.people(scene.period, waiting, calendar=calendar, zone=scene.zone)
    if scene.person.has_role(Role.REP):
        return data.people(scene.period, waiting, calendar=calendar, zone=scene.zone, only=scene.person.pk)
    return []
