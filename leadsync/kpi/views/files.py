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
