"""Pages of the log: what people learned at the other department, one's own light, and the figures of all."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.models import Lead
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.exchange.domain.light import Quarter
from leadsync.exchange.forms import EntryForm, FilterForm, lead_text
from leadsync.exchange.models import Entry, KindChoices
from leadsync.exchange.selectors import bookings, lights
from leadsync.exchange.selectors import entries as selectors
from leadsync.exchange.services import entries as services

MOST_DIGITS = 18


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """`/listening/`: one's own light, what waits for an answer, and what everybody learned."""
    person = person_of(request)
    which = FilterForm(request.GET).as_filter()
    found, next_key = selectors.listed(which, request.GET.get("after", ""))
    now = timezone.now()
    asked = {
        "q": which.text,
        "kind": which.kind,
        "person": which.person or "",
        "quarter": which.quarter or "",
        "lead": which.lead or "",
    }
    kept = urlencode({name: value for name, value in asked.items() if value})
    waiting = [one for one in bookings.mine(person, now=now) if one.is_to_answer or one.may_write]
    context = {
        "entries": [(one, selectors.may_change(one, person, now)) for one in found],
        "which": which,
        "is_cut": bool(kept),
        "own": lights.own_light(person, now=now),
        "waiting": waiting,
        "kinds": KindChoices.choices,
        "people": selectors.writers(),
        "quarters": selectors.quarters(timezone.localdate()),
        "lead": Lead.objects.visible_to(person).filter(pk=which.lead).first() if which.lead else None,
        "may_log": person.can(Can.LOG_EXCHANGE),
        "next_url": f"{request.path}?{kept}&after={next_key}" if next_key else "",
        "step": selectors.PAGE,
    } | tabs_of(person)
    return render_page(request, "exchange/list.html", context, fragment="rows")


def tabs_of(person: User) -> dict[str, Any]:
    """What the tabs of these pages need."""
    return {"may_see_all": person.can(Can.SEE_EXCHANGE), "to_answer": bookings.counted(person)}


@require_GET
@requires(Can.SEE_EXCHANGE)
def people(request: HttpRequest) -> HttpResponse:
    """`/listening/people/`: the light of each marketer in a quarter (`?quarter=2026-Q4`), for who leads."""
    now = timezone.now()
    this = lights.this_quarter(now)
    asked = Quarter.named(request.GET.get("quarter", "")) or this
    quarter = min(asked, this)
    context = {
        "lights": lights.lights(quarter, now=now),
        "quarter": quarter,
        "is_this": quarter == this,
        "quarters": selectors.quarters(timezone.localdate()),
        "earlier": quarter.previous,
        "later": quarter.next if quarter < this else None,
    } | tabs_of(person_of(request))
    return render_page(request, "exchange/people.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.LOG_EXCHANGE)
def new(request: HttpRequest) -> HttpResponse:
    """Write down what was learned; `?lead=` and `?kind=` begin it."""
    person = person_of(request)
    if request.method != "POST":
        return _page(request, EntryForm(person=person, initial=_started(request, person)))
    form = EntryForm(request.POST, person=person)
    if form.is_valid():
        try:
            services.write(by=person, **form.values())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Written down. Everybody can read it."))
            return redirect("exchange:list")
    return _page(request, form, status=422)


def _started(request: HttpRequest, person: User) -> dict[str, Any]:
    """What the address fills in: the lead, whose call it most likely was, today."""
    number = _number(request.GET.get("lead", ""))
    lead = Lead.objects.visible_to(person).filter(pk=number, erased_at=None).first() if number else None
    kind = request.GET.get("kind", "")
    return {
        "kind": kind if kind in KindChoices.values else KindChoices.CALL.value,
        "on": timezone.localdate(),
        "partner": lead.owner_id if lead is not None and lead.owner_id != person.pk else None,
        "lead": lead_text(lead),
        "lead_pick": lead.pk if lead is not None else None,
    }


@require_http_methods(["GET", "POST"])
@requires(Can.LOG_EXCHANGE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an own entry within a day."""
    entry = get_object_or_404(selectors.entries(), pk=pk)
    person = person_of(request)
    if request.method != "POST":
        return _page(request, EntryForm(person=person, initial=EntryForm.started(entry)), entry=entry)
    form, status = EntryForm(request.POST, person=person), 422
    if form.is_valid():
        try:
            services.edit(entry=entry, by=person, **form.values())
        except (Invalid, Conflict) as error:
            form.refuse(error)
            status = error.http_status
        else:
            messages.success(request, _("Saved."))
            return redirect("exchange:list")
    return _page(request, form, entry=entry, status=status)


def _page(
    request: HttpRequest, form: EntryForm, *, entry: Entry | None = None, status: int = 200
) -> HttpResponse:
    person = person_of(request)
    context = {
        "form": form,
        "entry": entry,
        "may_change": entry is None or selectors.may_change(entry, person) or form.is_bound,
        "picks": form.picks,
        "picked": form["lead_pick"].value(),
    }
    return render_page(request, "exchange/entry.html", context, status=status)


@require_GET
@requires(Can.LOG_EXCHANGE)
def find_lead(request: HttpRequest) -> HttpResponse:
    """Leads that are meant by what is being typed (`?lead=`): a part of a form."""
    found = selectors.leads_named(request.GET.get("lead", "")[:300], person_of(request))
    picked = str(found[0].pk) if len(found) == 1 else ""
    return render_page(request, "exchange/lead_picks.html", {"picks": found, "picked": picked})


@require_POST
@requires(Can.LOG_EXCHANGE)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an own entry within a day."""
    services.remove(entry=get_object_or_404(Entry, pk=pk), by=person_of(request))
    messages.success(request, _("Deleted."))
    return redirect(reverse("exchange:list"))
