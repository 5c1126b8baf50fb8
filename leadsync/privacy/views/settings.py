"""Settings, Personal data: finding somebody, how long data are kept, what was erased and what was taken out."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.domain.identity import clean
from leadsync.accounts import exports
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.forms import refuse
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.privacy.forms import PeriodsForm, UnlinkedForm
from leadsync.privacy.selectors import keeping as due_of
from leadsync.privacy.selectors import logs, personal
from leadsync.privacy.services import erasing, keeping

LONGEST_SEARCH = 320


def _context(part: str, **more: Any) -> dict[str, Any]:
    return {"tab": "privacy", "part": part} | more


@require_GET
@requires(Can.ERASE_LEADS)
def find(request: HttpRequest) -> HttpResponse:
    """Everything about an e-mail address, a phone number or a name: leads, and what never became one."""
    return _found(request, clean(request.GET.get("q", ""))[:LONGEST_SEARCH])


def _found(request: HttpRequest, text: str, form: UnlinkedForm | None = None) -> HttpResponse:
    found = None
    if text:
        found = personal.find(text)
        if form is None:
            exports.record(kind=exports.Kind.SEARCH, by=person_of(request), what=text, rows=len(found.leads))
    context = _context(
        "find", q=text, found=found, form=form, unlinked_form=form or UnlinkedForm(initial={"q": text})
    )
    response = render_page(request, "privacy/find.html", context, status=422 if form else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@requires(Can.ERASE_LEADS)
def erase_unlinked(request: HttpRequest) -> HttpResponse:
    """Erase what is known by an address or a number without being a lead."""
    form = UnlinkedForm(request.POST)
    text = clean(request.POST.get("q", ""))[:LONGEST_SEARCH]
    if form.is_valid():
        try:
            made = erasing.erase_unlinked(
                emails=text, phone=text, by=person_of(request), note=form.cleaned_data["note"]
            )
        except (Conflict, Invalid) as refused:
            form.add_error("note" if refused.field == "note" else None, refused.message)
        else:
            messages.success(
                request, _("Erased.") if made.counts else _("There was nothing left to be erased.")
            )
            return redirect("privacy:find")
    return _found(request, text, form)


@require_http_methods(["GET", "POST"])
@requires(Can.ERASE_LEADS)
def periods(request: HttpRequest) -> HttpResponse:
    """For how long data are kept. Periods are tried out in the address, and saved once it is seen what they erase."""
    stored = company()
    person = person_of(request)
    saved = {"keep_months": stored.keep_months, "keep_won_months": stored.keep_won_months}
    is_tried = request.method == "POST" or bool(saved.keys() & request.GET.keys())
    form = PeriodsForm(request.POST or (request.GET if is_tried else None), initial=saved)
    typed = saved
    if is_tried and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in saved}
        if request.method == "POST":
            try:
                keeping.set_periods(by=person, **typed)
            except Invalid as refused:
                refuse(form, refused)
            else:
                messages.success(
                    request,
                    _("Saved. What is older is erased from the next night on.")
                    if any(typed.values())
                    else _("Saved. Everything is kept."),
                )
                return redirect("privacy:periods")
    today = timezone.now().astimezone(stored.tz).date()
    context = _context(
        "periods",
        form=form,
        typed=typed,
        saved=saved,
        is_new=typed != saved,
        may_save=person.can(Can.MANAGE_COMPANY),
        due=[] if form.errors else due_of.due(**typed, today=today),
    )
    return render_page(request, "privacy/periods.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Can.ERASE_LEADS)
def log(request: HttpRequest) -> HttpResponse:
    """What was erased, when and why."""
    rows = logs.erasures()
    return render_page(request, "privacy/log.html", _context("log", rows=rows, most=logs.MOST_DAYS))


@require_GET
@requires(Can.ERASE_LEADS)
def taken_out(request: HttpRequest) -> HttpResponse:
    """Who took personal data out, or looked at everything about somebody; in pages by key."""
    who, before = _number(request.GET.get("person", "")), _number(request.GET.get("before", ""))
    rows, next_key = logs.taken_out(person_id=who, before=before)
    context = _context(
        "taken_out",
        rows=rows,
        next_key=next_key,
        person=who,
        people=logs.people(),
        is_first_page=before is None,
    )
    return render_page(request, "privacy/taken_out.html", context, fragment="page")


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,15}", text, re.ASCII) else None
