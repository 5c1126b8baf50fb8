"""Meetings to come and past; one of them planned, moved, cancelled, brought back, and who comes."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.meetings.forms.series import MeetingForm, MoveForm, PeopleForm, ReasonForm
from leadsync.meetings.models import Attendance, Meeting
from leadsync.meetings.selectors import series as series_selectors
from leadsync.meetings.selectors import upcoming as selectors
from leadsync.meetings.services import attendance, planning
from leadsync.meetings.views.feed import feed_card
from leadsync.meetings.views.series import chosen_people


@require_GET
@signed_in
def meeting_list(request: HttpRequest) -> HttpResponse:
    """Meetings to come, or past ones (`?show=past`), by key (`?after=`); the series, and one's own calendar."""
    person, now = person_of(request), timezone.now()
    is_past = request.GET.get("show") == "past"
    page = selectors.page_of(is_past=is_past, now=now, after=request.GET.get("after", ""))
    show = "past" if is_past else "upcoming"
    context: dict[str, Any] = {
        "rows": page.rows,
        "is_past": is_past,
        "may_run": person.can(Can.RUN_MEETINGS),
        "next_url": f"{request.path}?show={show}&after={page.next_key}" if page.next_key else "",
        "step": selectors.PAGE,
        "now": now,
    }
    if not request.GET.get("after"):
        context |= {
            "series": series_selectors.listed(now),
            "ended": list(series_selectors.ended(5)),
            "feed": feed_card(request),
        }
    return render_page(request, "meetings/list.html", context, fragment="rows")


@require_GET
@signed_in
def day(request: HttpRequest, on: str) -> HttpResponse:
    """The first meeting of a day (2026-11-23) of the company's zone."""
    try:
        wanted = date.fromisoformat(on)
        found = selectors.on_day(wanted)
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return redirect("meetings:meeting", found.pk)


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def new(request: HttpRequest) -> HttpResponse:
    """Plan one meeting without a series."""
    if request.method != "POST":
        started = {
            "name": _("Joint meeting"),
            "minutes": 30,
            "people": series_selectors.usual_people(),
        }
        return _one(request, MeetingForm(initial=started))
    form = MeetingForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        values = {name: data[name] for name in ("name", "starts_at", "minutes", "place", "people")}
        try:
            made = planning.plan_one(by=person_of(request), **values)
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Planned. Everybody who is asked reads it in the morning mail."))
            return redirect("meetings:meeting", made.pk)
    return _one(request, form, status=422)


def _one(request: HttpRequest, form: MeetingForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "departments": chosen_people(form), "zone": company().zone}
    return render_page(request, "meetings/one.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time or place for one meeting."""
    found = get_object_or_404(Meeting.objects.select_related("series"), pk=pk)
    form, status = MoveForm(initial=MoveForm.initial_of(found, timezone.localtime(found.starts_at))), 200
    if request.method == "POST":
        form, status = MoveForm(request.POST), 422
        if form.is_valid():
            data = form.cleaned_data
            names = ("version", "starts_at", "minutes", "place", "reason")
            try:
                planning.move(meeting=found, by=person_of(request), **{name: data[name] for name in names})
            except Invalid as error:
                form.refuse(error)
            except Conflict as error:
                status = error.http_status
                form.add_error(None, error.message)
                typed = request.POST.copy()
                typed["version"] = str(error.context.get("version", ""))
                form.data = typed
                found.refresh_from_db()
            else:
                messages.success(request, _("Saved. Everybody who is asked reads it in the morning mail."))
                return redirect("meetings:meeting", pk)
    context = {"form": form, "meeting": found, "zone": company().zone, **_away(found)}
    return render_page(request, "meetings/move.html", context, status=status)


def _away(meeting: Meeting) -> dict[str, Any]:
    (row,) = selectors.rows_of([meeting], timezone.now())
    return {"row": row}


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one meeting does not take place, and why."""
    found = get_object_or_404(Meeting.objects.select_related("series"), pk=pk)
    form, status = ReasonForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                planning.cancel(meeting=found, by=person_of(request), reason=form.cleaned_data["reason"])
            except Invalid as error:
                form.refuse(error)
            except Conflict as error:
                status = error.http_status
                form.add_error(None, error.message)
            else:
                messages.success(
                    request,
                    _("Cancelled. Everybody who is asked reads it in the morning mail."),
                    extra_tags=reverse("meetings:bring_back", args=[pk]),
                )
                return redirect("meetings:list")
    context = {"form": form, "meeting": found, **_away(found)}
    return render_page(request, "meetings/cancel.html", context, status=status)


@require_POST
@requires(Can.RUN_MEETINGS)
def bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a cancelled meeting take place after all."""
    planning.bring_back(meeting=get_object_or_404(Meeting, pk=pk), by=person_of(request))
    messages.success(request, _("It takes place after all."))
    return redirect("meetings:list")


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who comes to one meeting."""
    found = get_object_or_404(Meeting, pk=pk)
    asked = Attendance.objects.filter(meeting=found).values_list("person", flat=True)
    form, status = PeopleForm(initial={"people": list(asked)}), 200
    if request.method == "POST":
        form, status = PeopleForm(request.POST), 422
        if form.is_valid():
            try:
                attendance.ask(meeting=found, people=form.cleaned_data["people"], by=person_of(request))
            except Invalid as error:
                form.refuse(error)
            except Conflict as error:
                status = error.http_status
                form.add_error(None, error.message)
            else:
                messages.success(request, _("Saved."))
                return redirect("meetings:meeting", pk)
    context = {"form": form, "meeting": found, "departments": chosen_people(form)}
    return render_page(request, "meetings/people.html", context, status=status)
