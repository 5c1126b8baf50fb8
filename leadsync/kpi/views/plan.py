"""`/plan/2026-11/`: from revenue to budget, step by step."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadsync.accounts.access import person_of, signed_in
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict, NotAllowed
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import money, money_short, num, pct
from leadsync.kpi.domain.days import add_months, month_of, parse_month
from leadsync.kpi.domain.plan import Ladder, Measured, climb_down, shown
from leadsync.kpi.forms import PlanForm, initial, values_of
from leadsync.kpi.selectors.plans import Past, past, plan_of
from leadsync.kpi.services.plans import PlanValues, set_plan
from leadsync.kpi.words import month_name, month_short


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the ladder: its figure and what it was in the last full months."""

    label: str
    figure: str
    before: str
    field: BoundField | None = None


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


def _percent(value: Decimal | None) -> str:
    return pct(value / 100, 0 if value == value.to_integral_value() else 1) if value is not None else ""


def _count(count: Decimal | None) -> str:
    return num(shown(count)) if count is not None else "–"


def _rows(
    form: PlanForm, values: PlanValues | None, ladder: Ladder | None, history: Past
) -> list[StepRow | RuleRow]:
    months = [figures for _month, figures in history.months]
    rates = history.rates
    typed = values.rates if values else None

    def step(label: str, figure: str, before: list[str], field: BoundField | None = None) -> StepRow:
        return StepRow(label, figure if ladder else "–", ", ".join(before), field)

    def rule(name: str, sign: str, figure: str, words: str, measured_figure: str) -> RuleRow:
        sign_words = _("times") if sign == "×" else _("divided by")
        unit = "%" if name.endswith("_rate") else company().currency
        measured = getattr(rates, name)
        return RuleRow(sign, sign_words, form[name], figure, words, measured, measured_figure, unit)

    rows: list[StepRow | RuleRow] = [
        step(
            _("Revenue"),
            money(ladder.revenue) if ladder else "",
            [money_short(month.revenue) for month in months],
            form["revenue"],
        ),
        rule(
            "average_deal",
            "÷",
            money(typed.average_deal) if typed else "",
            _("average deal"),
            money(rates.average_deal.value),
        ),
        step(_("Deals"), _count(ladder.deals if ladder else None), [num(month.won) for month in months]),
        rule(
            "close_rate",
            "÷",
            _percent(typed.close_rate) if typed else "",
            _("of qualified leads become deals"),
            _percent(rates.close_rate.value),
        ),
        step(
            _("Qualified leads"),
            _count(ladder.qualified if ladder else None),
            [num(month.qualified) for month in months],
        ),
        rule(
            "qualification_rate",
            "÷",
            _percent(typed.qualification_rate) if typed else "",
            _("of leads meet our definition"),
            _percent(rates.qualification_rate.value),
        ),
        step(_("Leads"), _count(ladder.leads if ladder else None), [num(month.leads) for month in months]),
        rule(
            "visit_rate",
            "÷",
            _percent(typed.visit_rate) if typed else "",
            _("of visits leave a contact"),
            _percent(rates.visit_rate.value),
        ),
        step(_("Visits"), _count(ladder.visits if ladder else None), [num(month.visits) for month in months]),
        rule(
            "cost_per_lead",
            "×",
            money(typed.cost_per_lead) if typed else "",
            _("for one lead"),
            money(rates.cost_per_lead.value),
        ),
        step(
            _("Budget"),
            money(ladder.budget.quantize(Decimal(1))) if ladder else "",
            [money_short(month.spend) for month in months],
        ),
    ]
    return rows


def _context(
    month: date, form: PlanForm, values: PlanValues | None, today: date, history: Past
) -> dict[str, Any]:
    ladder = climb_down(values.revenue, values.rates) if values else None
    return {
        "month": month,
        "month_name": month_name(month),
        "previous": add_months(month, -1),
        "following": add_months(month, 1),
        "previous_name": month_name(add_months(month, -1)),
        "following_name": month_name(add_months(month, 1)),
        "is_this_month": month == month_of(today),
        "form": form,
        "rows": _rows(form, values, ladder, history),
        "ladder": ladder,
        "budget": ladder.budget.quantize(Decimal(1)) if ladder else None,
        "qualified": shown(ladder.qualified) if ladder else 0,
        "past_names": ", ".join(month_short(when) for when, _figures in history.months),
        "in_time": values.in_time_rate / 100 if values else None,
    }


@signed_in
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest, month: str) -> HttpResponse:
    """The month's ladder. Everyone reads; heads and the director type into it, see what follows, and save."""
    first = parse_month(month)
    if first is None:
        raise Http404
    person = person_of(request)
    can_edit = person.can(Can.EDIT_PLAN)
    now: datetime = timezone.now()
    today = now.astimezone(company().tz).date()
    plan, history = plan_of(first), past(first, today=today)
    stored = values_of(initial(plan, history)) if plan else None
    status = 200
    if request.method == "POST":
        if not can_edit:
            raise NotAllowed(_("Heads and the director set the plan."))
        form = PlanForm(request.POST)
        values = form.values() if form.is_valid() else None
        if values is None:
            status = 422
        elif not wants_fragment(request):
            try:
                set_plan(month=first, values=values, by=person, version=form.cleaned_data["version"])
            except Conflict as conflict:
                form.add_error(None, conflict.message)
                # Saving again after looking is meant: the form takes over the version that is there now.
                form.data = request.POST.copy()
                form.data["version"] = str(conflict.context["version"] or "")
                status = 409
            else:
                messages.success(request, _("Plan saved."))
                return redirect("kpi:plan", month)
    else:
        form = PlanForm(initial=initial(plan, history))
        values = stored
    context = _context(first, form, values, today, history) | {"plan": plan, "can_edit": can_edit}
    return render_page(request, "kpi/plan.html", context, fragment="ladder", status=status)


@signed_in
def this_month(request: HttpRequest) -> HttpResponse:
    """`/plan/`: the plan of the month it is at the company."""
    today = timezone.now().astimezone(company().tz).date()
    return redirect("kpi:plan", f"{today:%Y-%m}")
