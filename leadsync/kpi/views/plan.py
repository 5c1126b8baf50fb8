"""`/plan/2026-11/`: from revenue to budget, step by step; another budget; who signed; what it was before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.models import Channel
from leadsync.accounts.access import person_of, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role, Side
from leadsync.accounts.selectors import company, company_calendar, people_with
from leadsync.core.errors import Conflict, DomainError, Invalid, NotAllowed
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import money, when
from leadsync.kpi.domain import versions
from leadsync.kpi.domain.days import Period, Span, add_months, parse_month
from leadsync.kpi.domain.plan import (
    ChannelPast,
    Ladder,
    PlanValues,
    as_plan,
    climb_down,
    climb_up,
    cut,
    shown,
)
from leadsync.kpi.forms import BudgetForm, CutForm, PlanForm, as_before, initial, measured, of_values
from leadsync.kpi.models import Plan, PlanSignature
from leadsync.kpi.plan_words import SIGNED_FOR, change_words
from leadsync.kpi.selectors import plans as data
from leadsync.kpi.selectors.plans import Past, Version, values_of_plan
from leadsync.kpi.services.plans import MAY_SIGN, set_plan, sign
from leadsync.kpi.views import plan_rows as rows
from leadsync.kpi.words import month_name, month_short

MORE = Decimal("1.1")  # "+10 %"
SHOWN_VERSIONS = 3
ROLES = {
    Side.MARKETING: Role.HEAD_OF_MARKETING,
    Side.SALES: Role.HEAD_OF_SALES,
    Side.DIRECTION: Role.DIRECTOR,
}


class Scene:
    """What one request looks at: the month, the plan that stands, and what was measured before it."""

    def __init__(self, request: HttpRequest, month: date) -> None:
        self.request, self.month = request, month
        self.person: User = person_of(request)
        self.now: datetime = timezone.now()
        self.today = self.now.astimezone(company().tz).date()
        self.plan: Plan | None = data.plan_of(month)
        self.past: Past = data.past(month, today=self.today)
        self.channels: Sequence[Channel] = data.channels_for(self.plan)
        self.channel_past: dict[int, ChannelPast] = data.channel_past(month, today=self.today)
        self.signed: dict[str, PlanSignature] = data.signatures_of(self.plan) if self.plan else {}
        self.can_edit = self.person.can(Can.EDIT_PLAN)

    @property
    def stored(self) -> PlanValues | None:
        return values_of_plan(self.plan) if self.plan else None

    def form(self, values: PlanValues | None = None) -> PlanForm:
        """A form that starts with these values, or with what stands; channels that are not in it with their own rates."""
        start = initial(self.plan, self.past)
        if values is not None:
            start |= of_values(values)
        elif self.plan is None:
            start |= of_values(
                replace(measured(self.past), lines=as_before(self.channels, self.channel_past))
            )
        return PlanForm(
            channels=self.channels, initial=rows.chosen_channels(self.channels, self.channel_past) | start
        )


@signed_in
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest, month: str) -> HttpResponse:
    """The month's ladder. Everyone reads and may look at another budget; heads and the director type into it and save."""
    first = parse_month(month)
    if first is None:
        raise Http404
    scene = Scene(request, first)
    if request.method != "POST":
        return _page(scene, scene.form(), scene.stored)
    if not scene.can_edit:
        raise NotAllowed(_("Heads and the director set the plan."))
    fill = request.POST.get("fill", "")
    if fill in {"before", "more"}:
        values = _as_before(scene)
        if fill == "more":
            values = replace(values, revenue=(values.revenue * MORE).quantize(Decimal(1)))
        return _page(scene, scene.form(values), values, is_filled=True)
    if fill == "budget":
        return _by_budget(scene)
    typed: QueryDict = request.POST
    if fill == "channels":
        typed = request.POST.copy()
        for line in as_before(scene.channels, scene.channel_past):
            for name, value in rows.line_fields(line).items():
                typed[f"{name}_{line.channel}"] = "" if value is None else number_format(value, use_l10n=True)
    form = PlanForm(typed, channels=scene.channels)
    if not form.is_valid():
        sound = form.values_above() if form.has_sound_rates and not form.non_field_errors() else None
        return _page(scene, form, sound, status=422)
    values = form.values()
    if fill == "channels":
        return _page(scene, form, values, is_filled=True)
    if wants_fragment(request) or "show" in request.POST or "reset" in request.POST:
        return _page(scene, form, values)
    return _save(scene, form, values)


def _save(scene: Scene, form: PlanForm, values: PlanValues) -> HttpResponse:
    note = form.cleaned_data["note"]
    if "propose" in scene.request.POST:
        ladder = climb_down(values.revenue, values.rates, values.lines)
        cutting = CutForm(scene.request.POST)
        chosen = cutting.chosen(ladder.budget)
        if chosen is None or rows.whole(chosen) == rows.whole(ladder.budget):
            form.add_error(None, _("Choose another budget first."))
            return _page(scene, form, values, status=422)
        values = as_plan(values, cut(ladder, chosen, cutting.way))
        note = note or _("Budget from %(before)s to %(after)s") % {
            "before": money(rows.whole(ladder.budget)),
            "after": money(rows.whole(chosen)),
        }
    cleared = len(scene.signed)
    try:
        plan = set_plan(
            month=scene.month, values=values, by=scene.person, version=form.cleaned_data["version"], note=note
        )
    except Conflict as conflict:
        form.add_error(None, conflict.message)
        # Saving again after looking is meant: the form takes over the version that is there now.
        form.data = scene.request.POST.copy()
        form.data["version"] = str(conflict.context["version"] or "")
        return _page(scene, form, values, status=409)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(scene, form, values, status=422)
    if scene.plan is not None and plan.version == scene.plan.version:
        messages.info(scene.request, _("Nothing changed, so nothing was saved."))
    elif cleared:
        text = ngettext(
            "Saved as version %(version)d. %(n)d signature was cleared.",
            "Saved as version %(version)d. %(n)d signatures were cleared.",
            cleared,
        )
        messages.success(scene.request, text % {"version": plan.version, "n": cleared})
    else:
        messages.success(scene.request, _("Plan saved."))
    return redirect("kpi:plan", f"{scene.month:%Y-%m}")


# ---------------------------------------------------------------------------------------------- filling in


def _as_before(scene: Scene) -> PlanValues:
    """The plan of the month before; without one, what was measured, with the revenue of the last full month."""
    before = data.plan_of(add_months(scene.month, -1))
    if before is not None:
        known = {channel.pk for channel in scene.channels}
        values = values_of_plan(before)
        # A channel that is not in use any more would leave the shares short: better none than wrong ones.
        return values if all(line.channel in known for line in values.lines) else replace(values, lines=())
    revenue = scene.past.months[-1][1].revenue
    return replace(measured(scene.past, revenue), lines=as_before(scene.channels, scene.channel_past))


def _by_budget(scene: Scene) -> HttpResponse:
    """The target that a fixed budget brings by the rates as typed: the chain backwards."""
    typed = scene.request.POST.copy()
    budget = BudgetForm({"budget": typed.get("budget", "")})
    if not str(typed.get("revenue", "")).strip():
        typed["revenue"] = "1"  # it is what is asked for
    form = PlanForm(typed, channels=scene.channels)
    if not form.is_valid() or not budget.is_valid():
        sound = form.values_above() if form.has_sound_rates else None
        return _page(scene, form, sound, status=422, budget=budget)
    values = form.values()
    try:
        revenue = climb_up(budget.cleaned_data["budget"], values.rates, values.lines)
    except ValueError:
        budget.add_error("budget", _("Leads cost nothing in this plan, so a budget says nothing about them."))
        return _page(scene, form, values, status=422, budget=budget)
    typed["revenue"] = number_format(revenue.quantize(Decimal("0.01")), 2, use_l10n=True)
    form = PlanForm(typed, channels=scene.channels)
    if not form.is_valid():  # more than a plan can keep
        return _page(scene, form, None, status=422, budget=budget)
    return _page(scene, form, form.values(), is_filled=True, budget=budget)


# ---------------------------------------------------------------------------------------------- the page


def _page(
    scene: Scene,
    form: PlanForm,
    values: PlanValues | None,
    *,
    status: int = 200,
    is_filled: bool = False,
    budget: BudgetForm | None = None,
) -> HttpResponse:
    """The page around a form; `values` are what it says, None where that is no plan."""
    if values is not None and values.revenue <= 0 and not form.is_bound:
        values = None if scene.plan is None else values
    ladder: Ladder | None = None
    if values is not None:
        ladder = climb_down(values.revenue, values.rates, values.lines)
    is_whole = not (form.is_bound and form.errors)
    typed_cut = scene.request.POST if scene.request.method == "POST" else scene.request.GET
    cutting = CutForm(typed_cut)
    chosen = cutting.chosen(ladder.budget) if ladder and "reset" not in typed_cut else None
    cutting.is_valid()
    shown_cut = rows.cut_view(ladder if is_whole else None, chosen, cutting.way)
    left = shown_cut.left if shown_cut else None
    month = scene.month
    context: dict[str, Any] = {
        "month": month,
        "month_name": month_name(month),
        "previous": add_months(month, -1),
        "following": add_months(month, 1),
        "previous_name": month_name(add_months(month, -1)),
        "following_name": month_name(add_months(month, 1)),
        "is_over": add_months(month, 1) <= scene.today,
        "has_no_day": not company_calendar().working_days(month, Period.holding(month, Span.MONTH).last),
        "is_measured": any(found.leads or found.won for _month, found in scene.past.months),
        "plan": scene.plan,
        "can_edit": scene.can_edit,
        "is_filled": is_filled,
        "form": form,
        "budget_form": budget or BudgetForm(),
        "cut_form": cutting,
        "cut": shown_cut,
        "rows": rows.ladder_rows(form, values, ladder, left, scene.past),
        "channels": rows.channel_rows(form, values, ladder, left, scene.channel_past),
        "channels_wrong": ladder is not None and not is_whole,
        "can_fill_channels": any(found.leads for found in scene.channel_past.values()),
        "uses_channels": rows.uses_channels(form, values),
        "total": form.total if form.is_bound else (Decimal(100) if values and values.lines else None),
        "ladder": ladder,
        "budget": rows.whole(ladder.budget) if ladder else None,
        "qualified": shown(ladder.qualified) if ladder else 0,
        "past_names": ", ".join(month_short(when) for when, _figures in scene.past.months),
        "in_time": values.in_time_rate / 100 if values else None,
        "signed_count": len(scene.signed),
        "is_changed": _is_changed(scene, values) if is_whole else True,
    }
    if not wants_fragment(scene.request):
        context |= _around(scene)
    return render_page(scene.request, "kpi/plan.html", context, fragment="ladder", status=status)


def _is_changed(scene: Scene, values: PlanValues | None) -> bool:
    stored = scene.stored
    if stored is None or values is None:
        return False
    return bool(versions.changes(versions.pack(stored, {}), versions.pack(values, {})))


def _around(scene: Scene) -> dict[str, Any]:
    """What stands around the form: signatures, versions, past plans."""
    past = data.past_plans(scene.month, today=scene.today)
    history = data.versions_of(scene.plan) if scene.plan else []
    return {
        **_signing(scene),
        "past_steps": rows.past_steps(),
        "past": rows.past_rows(past),
        "past_sentence": rows.past_sentence(past),
        "versions": _version_lines(history[:SHOWN_VERSIONS]),
        "has_more_versions": len(history) > SHOWN_VERSIONS,
    }


def _signing(scene: Scene) -> dict[str, Any]:
    if scene.plan is None:
        return {"signs": [], "my_side": "", "waits": ""}
    turn = versions.sign_next(scene.signed)
    holders: dict[str, list[User]] = {}
    for side, role in ROLES.items():
        if side.value not in scene.signed:
            holders[side.value] = list(people_with(role)[:2])
    has_signed = any(row.by_id == scene.person.pk for row in scene.signed.values())
    mine = [side for side, may in MAY_SIGN.items() if scene.person.can(may) and side.value in turn]
    return {
        "signs": [
            _sign_row(side, scene.signed.get(side.value), holders.get(side.value, []), turn) for side in Side
        ],
        "my_side": mine[0].value if mine and not has_signed else "",
        "waits": "all" if not turn else "both" if len(turn) > 1 else turn[0],
    }


def _sign_row(
    side: Side, signature: PlanSignature | None, holders: Sequence[User], turn: Sequence[str]
) -> dict[str, Any]:
    """One row of the signatures; see templates/components/signature.html."""
    if signature is not None:
        return {
            "state": "signed",
            "user": signature.by,
            "text": f"{SIGNED_FOR[side]}, {when(signature.at)}",
        }
    named = {"user": holders[0]} if len(holders) == 1 else {"name": _role_names()[side]}
    if side.value in turn:
        return {"state": "waits", "text": _("has not signed yet"), **named}
    return {"state": "later", "text": _("signs after both heads"), **named}


def _role_names() -> dict[Side, str]:
    return {
        Side.MARKETING: _("Head of marketing"),
        Side.SALES: _("Head of sales"),
        Side.DIRECTION: _("Director"),
    }


def _version_lines(found: Sequence[Version]) -> list[dict[str, Any]]:
    return [
        {
            "number": version.row.number,
            "at": version.row.at,
            "by": version.row.by,
            "note": version.row.note,
            "changes": [change_words(change) for change in version.changes or ()],
            "is_first": version.is_first,
            "is_unknown": version.changes is None and not version.is_first,
            "signatures": [
                f"{signature.by.name}: {SIGNED_FOR[Side(signature.side)]}, {when(signature.at)}"
                for signature in version.signatures
            ],
        }
        for version in found
    ]


# ---------------------------------------------------------------------------------------------- the rest


@signed_in
@require_POST
def plan_sign(request: HttpRequest, month: str) -> HttpResponse:
    """Signs the version that was read, and says so; whatever stands in the way is said too."""
    first = parse_month(month)
    if first is None:
        raise Http404
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None
    try:
        signature = sign(month=first, by=person_of(request), version=version)
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        text = _("Version %(n)d is signed.") % {"n": signature.number}
        messages.success(request, text)
    return redirect("kpi:plan", month)


@signed_in
@require_GET
def plan_versions(request: HttpRequest, month: str) -> HttpResponse:
    """Every version of the month's plan: what changed, by whom, who signed."""
    first = parse_month(month)
    plan = data.plan_of(first) if first else None
    if first is None or plan is None:
        raise Http404
    context = {
        "month": first,
        "month_name": month_name(first),
        "plan": plan,
        "versions": _version_lines(data.versions_of(plan)),
    }
    return render_page(request, "kpi/plan_versions.html", context)


@signed_in
def this_month(request: HttpRequest) -> HttpResponse:
    """`/plan/`: the plan of the month it is at the company."""
    today = timezone.now().astimezone(company().tz).date()
    return redirect("kpi:plan", f"{today:%Y-%m}")
