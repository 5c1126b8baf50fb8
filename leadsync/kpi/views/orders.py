"""`/plan/2026-12/orders/`: how many leads each rep orders of marketing, what was promised, what came."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.numbers import parse_number
from leadsync.kpi.domain.days import add_months, parse_month
from leadsync.kpi.services import orders
from leadsync.kpi.services.orders import Change, Field
from leadsync.kpi.templatetags.orders import block
from leadsync.kpi.words import month_name

TEMPLATE = "kpi/orders.html"
MOST_DIGITS = 15


def _month(text: str) -> date:
    month = parse_month(text)
    if month is None:
        raise Http404
    return month


def _number(text: str, field: Field) -> int | None:
    """A whole number as people type it; None for an empty field. Raises `Invalid`."""
    if not text.strip():
        return None
    found = parse_number(text, group=get_format("THOUSAND_SEPARATOR"))
    if found is None or found != found.to_integral_value() or abs(found) > Decimal(10) ** 9:
        raise Invalid(_("Type a whole number, for example 24."), field=field.value)
    return int(found)


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else 0


@signed_in
@require_http_methods(["GET", "POST"])
def orders_page(request: HttpRequest, month: str) -> HttpResponse:
    """Everyone reads. Posted is one number: `rep`, `field` (ordered, promised), `value`, and the `version` seen."""
    first, person = _month(month), person_of(request)
    more: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        rep = get_object_or_404(User, pk=_key(request.POST.get("rep", "")))
        name = request.POST.get("field", "")
        if name not in [one.value for one in Field]:
            raise Http404
        field = Field(name)
        try:
            orders.set_numbers(
                month=first,
                rep=rep,
                changes=[Change(field, _number(request.POST.get("value", ""), field))],
                by=person,
                version=_key(request.POST.get("version", "")),
                note=request.POST.get("note", ""),
            )
        except (Conflict, Invalid) as refused:
            more = {"refused": refused, "refused_rep": rep, "typed": request.POST.get("value", "")}
            if isinstance(refused, Invalid):
                more["refused_field"] = field.value
            status = refused.http_status
        else:
            if not wants_fragment(request):
                messages.success(request, _("Saved."))
                return redirect("kpi:orders", month)
    return _answer(request, first, person, status, more)


def _answer(
    request: HttpRequest, month: date, person: User, status: int, more: dict[str, object]
) -> HttpResponse:
    beside = {
        "previous": add_months(month, -1),
        "following": add_months(month, 1),
        "previous_name": month_name(add_months(month, -1)),
        "following_name": month_name(add_months(month, 1)),
    }
    context = block(month, person, **beside, **more)
    return render_page(request, TEMPLATE, context, fragment="orders", status=status)


@require_POST
@requires(Can.WORK_LEADS, Can.WORK_ANY_LEAD, Can.EDIT_PLAN)
def orders_why(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    """Why one changed a number; asked after the change."""
    first, person = _month(month), person_of(request)
    status = 200
    more: dict[str, object] = {}
    try:
        orders.explain(change_id=pk, note=request.POST.get("note", ""), by=person)
    except Invalid as refused:
        status, more = refused.http_status, {"refused": refused}
    if status == 200 and not wants_fragment(request):
        return redirect("kpi:orders", month)
    return _answer(request, first, person, status, more)
