"""Tables of the dashboard as files."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from leads.domain.tables.text import neutral
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.tiles import steps
from leadsync.kpi.words import worth_words


def as_file(
    name: str,
    scene: Scene,
    daily: data.Daily,
    campaigns: Sequence[data.CampaignRow],
    people: Sequence[data.PersonRow],
    cohorts: Sequence[data.Cohort],
    past: dict[date, int],
) -> HttpResponse:
    match name:
        case "kpis":
            head = [_("Figure"), _("Fact"), _("Plan"), _("Plan for today"), _("Period before")]
            body: Iterable[Sequence[Any]] = _kpis(scene, daily)
        case "steps":
            head = [_("Step"), _("Fact"), _("Plan for today"), _("Conversion, %"), _("Planned conversion, %")]
            body = (
                (
                    step.label,
                    step.fact,
                    step.plan,
                    _percent(step.conversion),
                    _percent(step.planned_conversion),
                )
                for step in steps(daily.total, scene)
            )
        case "campaigns":
            head = [
                _("Campaign"),
                _("Leads"),
                _("Promising"),
                _("Sales minutes"),
                _("Minutes each"),
                _("Verdict"),
                _("Spend"),
                _("Qualified"),
                _("Cost per qualified"),
            ]
            body = (
                (
                    row.name,
                    row.benefit.leads,
                    row.benefit.good,
                    row.benefit.minutes,
                    round(row.benefit.minutes_each) if row.benefit.minutes_each is not None else None,
                    worth_words(row.benefit.worth),
                    row.spend,
                    row.qualified,
                    _money(row.cost_per_qualified),
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
        case "questions":
            head = [_("Question"), _("From"), _("To"), _("Asked"), _("Due"), _("Answered")]
            body = (
                (
                    question.text,
                    question.asker.name,
                    question.answerer.name,
                    *(
                        at.astimezone(scene.zone).isoformat(" ", "minutes")[:16] if at else None
                        for at in (question.asked_at, question.due_at, question.answered_at)
                    ),
                )
                for question in data.open_questions()
            )
        case _:
            raise Http404
    return written(name, scene, head, body)


def written(name: str, scene: Scene, head: Sequence[str], body: Iterable[Sequence[Any]]) -> HttpResponse:
    """The rows as a file."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    file = f"leadsync-{name}-{scene.period.first}-{scene.period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    response.write("\ufeff")  # spreadsheet programs read the encoding from it
    writer = csv.writer(response)
    writer.writerow(head)
    for row in body:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return response


def _kpis(scene: Scene, daily: data.Daily) -> Iterable[Sequence[Any]]:
    plan, pace, total, before = scene.plan, scene.pace, daily.total, daily.before

    def line(label: str, fact: Any, planned: Decimal, was: Any) -> Sequence[Any]:
        if not plan.is_there:
            return label, fact, None, None, was
        return label, fact, round(planned, 2), round(pace.of(planned), 2), was

    goal = plan.in_time_rate if plan.is_there else None
    cost = _money(plan.cost_per_qualified) if plan.is_there else None
    return (
        line(_("Revenue"), total.revenue, plan.revenue, before.revenue),
        line(_("Deals"), total.won, plan.deals, before.won),
        line(_("Qualified leads"), total.qualified, plan.qualified, before.qualified),
        (_("First contact in time, %"), _percent(total.in_time), goal, goal, _percent(before.in_time)),
        (
            _("Cost per qualified lead"),
            _money(total.cost_per_qualified),
            cost,
            cost,
            _money(before.cost_per_qualified),
        ),
    )


def _money(amount: Decimal | None) -> Decimal | None:
    return round(amount, 2) if amount is not None else None


def _percent(share: Decimal | None) -> Decimal | None:
    return round(share * 100, 1) if share is not None else None
