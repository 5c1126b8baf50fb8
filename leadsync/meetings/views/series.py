"""Series of meetings: plan one, change it, end it; and what its controls would make."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import check, person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.meetings.domain.recurrence import FIRST_YEAR, LAST_YEAR, Rule
from leadsync.meetings.forms.series import EndForm, PeopleField, SeriesForm, initial_of, minute_of
from leadsync.meetings.models import Series
from leadsync.meetings.selectors import rule_words
from leadsync.meetings.selectors import series as selectors
from leadsync.meetings.services import series as services


def chosen_people(form: Any) -> list[dict[str, Any]]:
    """Departments with their people, and who of them is ticked."""
    field = form.fields["people"]
    assert isinstance(field, PeopleField)
    ticked = field.chosen(form)
    return [
        {"of": one, "people": [(person, str(person.pk) in ticked) for person in one.people]}
        for one in selectors.departments()
    ]


def _preview(form: SeriesForm) -> dict[str, Any]:
    """The sentence of what is typed so far, and its next dates; nothing while something of it is missing."""
    data = dict(getattr(form, "cleaned_data", {}) or {})
    rule, starts_on, at = data.get("rule"), data.get("starts_on"), data.get("at")
    years = range(FIRST_YEAR, LAST_YEAR)
    if rule is None or at is None or starts_on is None or starts_on.year not in years:
        return {"sentence": rule_words.sentence(rule) if rule else "", "coming": None}
    ends_on = data.get("ends_on")
    if ends_on is not None and ends_on.year not in years:
        ends_on = None
    return {
        "sentence": rule_words.sentence(rule),
        "at": at,
        "minutes": data.get("minutes"),
        "coming": selectors.coming(
            rule, starts_on=starts_on, ends_on=ends_on, at_minute=minute_of(at), now=timezone.now()
        ),
    }


def _read(values: Any, kept: Rule | None = None) -> SeriesForm:
    """A form that was filled with these values: its preview is what they say."""
    form = SeriesForm(values, kept=kept)
    form.is_valid()
    return form


def _page(
    request: HttpRequest, form: SeriesForm, *, series: Series | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    shown = form if form.is_bound else _read(form.initial, form.kept)
    person = person_of(request)
    context = {
        "form": form,
        "series": series,
        "departments": chosen_people(form),
        "zone": company().zone,
        "may_change": person.can(Can.RUN_MEETINGS),
        **_preview(shown),
    }
    return render_page(request, "meetings/series.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def new(request: HttpRequest) -> HttpResponse:
    """Plan a series. `show` only shows which dates it makes."""
    if request.method != "POST":
        today = timezone.localdate()
        started = {
            "name": _("Joint meeting"),
            "repeats": "week",
            "weekdays": [0],
            "place_in_month": 1,
            "month_weekday": 0,
            "at": "09:00",
            "minutes": 30,
            "starts_on": today,
            "people": selectors.usual_people(),
        }
        return _page(request, SeriesForm(initial=started))
    form = SeriesForm(request.POST)
    if form.is_valid() and "show" not in request.POST:
        try:
            made = services.create(by=person_of(request), terms=form.terms())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Planned. Everybody who is asked reads it in the morning mail."))
            return redirect("meetings:series", made.pk)
    return _page(request, form, status=200 if "show" in request.POST and not form.errors else 422)


@require_http_methods(["GET", "POST"])
@signed_in
def series(request: HttpRequest, pk: int) -> HttpResponse:
    """One series: its next dates for everyone, its form for who runs meetings."""
    found = get_object_or_404(selectors.with_people(Series.objects.all()), pk=pk)
    person, rule = person_of(request), selectors.rule_of(found)
    asked = [one.pk for one in found.people.all()]
    initial = initial_of(found, rule, asked)
    kept = rule if initial["repeats"] == "keep" else None
    if request.method != "POST":
        return _page(request, SeriesForm(initial=initial, kept=kept), series=found)
    form, status = SeriesForm(request.POST, kept=kept), 422
    check(person, Can.RUN_MEETINGS)
    if form.is_valid() and "show" not in request.POST:
        try:
            services.edit(series=found, by=person, version=form.cleaned_data["version"], terms=form.terms())
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            status = error.http_status
            form.add_error(None, error.message)
            typed = request.POST.copy()
            typed["version"] = str(error.context.get("version", ""))
            form.data = typed
        else:
            messages.success(request, _("Saved. Meetings that were moved or cancelled stay as they are."))
            return redirect("meetings:series", found.pk)
    if "show" in request.POST and not form.errors:
        status = 200
    return _page(request, form, series=found, status=status)


@require_GET
@signed_in
def preview(request: HttpRequest) -> HttpResponse:
    """What the controls make, as a part of the page: asked for while they are set. `?series=` for a rule to keep."""
    pk = request.GET.get("series", "")
    found = (
        Series.objects.filter(pk=int(pk)).first()
        if pk.isascii() and pk.isdecimal() and len(pk) < 19
        else None
    )
    kept = selectors.rule_of(found) if found else None
    return render_page(request, "meetings/series_dates.html", _preview(_read(request.GET, kept)))


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a series, after being asked once more."""
    found = get_object_or_404(Series, pk=pk)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.end(series=found, by=person_of(request), reason=form.cleaned_data["reason"])
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                _("Ended. No further meeting takes place."),
                extra_tags=reverse("meetings:series_resume", args=[pk]),
            )
            return redirect("meetings:list")
    context = {"form": form, "series": found, "sentence": selectors.sentence_of(found)}
    return render_page(request, "meetings/series_end.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Can.RUN_MEETINGS)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Start an ended series again."""
    services.resume(series=get_object_or_404(Series, pk=pk), by=person_of(request))
    messages.success(request, _("The series takes place again."))
    return redirect("meetings:series", pk)
