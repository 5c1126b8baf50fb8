"""The company: its settings and when it works."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.domain.hours import clock
from leadsync.accounts.forms import CompanyForm, HoursForm, OwnDayForm, refuse
from leadsync.accounts.models import Company
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company as read_company
from leadsync.accounts.selectors import company_week, days_off, years_known
from leadsync.accounts.services import company as settings_of
from leadsync.accounts.services import working_time
from leadsync.core.errors import DomainError
from leadsync.core.htmx import render_page


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_COMPANY)
def company(request: HttpRequest) -> HttpResponse:
    """Name, currency, zone, country, cost of an hour."""
    # The form works on a copy: what is typed wrongly must not stand in the frame around the page.
    form = CompanyForm(request.POST or None, instance=Company.objects.get(pk=read_company().pk))
    if request.method == "POST" and form.is_valid():
        try:
            settings_of.edit(by=person_of(request), changes=form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:company")
    context = {"tab": "company", "form": form, "zones": settings_of.zones()}
    return render_page(request, "accounts/company.html", context, status=422 if form.errors else 200)


def _hours_page(
    request: HttpRequest, *, form: HoursForm | None = None, day_form: OwnDayForm | None = None
) -> HttpResponse:
    """The page with one of its forms as typed, or both as stored."""
    today = timezone.localdate()
    known = years_known(today)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in known else today.year
    week = company_week()
    context = {
        "tab": "hours",
        "form": form or day_form or None,
        "hours": form or HoursForm(week=week),
        "day_form": day_form or OwnDayForm(),
        "may_edit": person_of(request).can(Can.MANAGE_COMPANY),
        "week": week,
        "year": year,
        "years": list(known),
        "today": today,
        "days": [
            {"of": day, "hours": ", ".join(f"{clock(a)}–{clock(b)}" for a, b in day.windows)}
            for day in days_off(year, get_language() or "en")
        ],
    }
    typed = form or day_form
    return render_page(request, "accounts/hours.html", context, status=422 if typed and typed.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def hours(request: HttpRequest) -> HttpResponse:
    """When the company works: seen by everyone, changed by administrators (the service asks)."""
    if request.method == "GET":
        return _hours_page(request)
    form = HoursForm(request.POST, week=company_week())
    if form.is_valid():
        working_time.set_company_week(by=person_of(request), week=form.cleaned_data["week"])
        messages.success(request, _("Saved. Open promises are counted by the new hours."))
        return redirect("accounts:hours")
    return _hours_page(request, form=form)


@require_POST
@requires(Can.MANAGE_COMPANY)
def add_own_day(request: HttpRequest) -> HttpResponse:
    """One more day on which the week does not hold."""
    form = OwnDayForm(request.POST)
    if form.is_valid():
        try:
            day = working_time.add_own_day(by=person_of(request), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(name)s is in the list.") % {"name": day.name})
            return redirect(f"{reverse('accounts:hours')}?year={day.on.year}#days")
    return _hours_page(request, day_form=form)


@require_POST
@requires(Can.MANAGE_COMPANY)
def remove_own_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the week decide about the day again."""
    day = working_time.remove_own_day(by=person_of(request), pk=pk)
    messages.success(request, _("%(name)s is out of the list.") % {"name": day.name})
    return redirect(f"{reverse('accounts:hours')}?year={day.on.year}#days")
