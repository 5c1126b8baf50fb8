"""Pages of market notes: the list with the system's own figures, writing, changing, withdrawing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_countries import countries

from campaigns.domain.notes import Market
from campaigns.models import MarketNote
from campaigns.services import notes as services
from feedback.forms import MarketNoteForm
from feedback.selectors import markets as selectors
from feedback.services import evidence
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page

MOST_DIGITS = 18


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


@require_GET
@signed_in
def market_list(request: HttpRequest) -> HttpResponse:
    """Notes that count, the newest first; of one country with `?country=`, with its figures; `?show=past` the rest."""
    country = request.GET.get("country", "")
    country = country if country in dict(countries) else ""
    stance = request.GET.get("stance", "")
    stance = stance if stance in MarketNote.StanceChoices.values else ""
    is_past = request.GET.get("show") == "past"
    found, next_key = selectors.listed(
        country=country, stance=stance, is_withdrawn=is_past, after=_number(request.GET.get("after", ""))
    )
    person = person_of(request)
    asked = f"country={country}&stance={stance}&show={'past' if is_past else ''}"
    context = {
        "notes": [(note, services.may_change(note, person)) for note in found],
        "country": country,
        "country_name": str(countries.name(country)) if country else "",
        "stance": stance,
        "is_past": is_past,
        "figures": selectors.figures_of(Market(country)) if country else None,
        "countries": [(code, str(countries.name(code))) for code in selectors.countries_named()],
        "stances": MarketNote.StanceChoices.choices,
        "may_write": person.can(Can.WRITE_MARKET_NOTES),
        "next_url": f"{request.path}?{asked}&after={next_key}" if next_key else "",
        "step": selectors.PAGE,
    }
    return render_page(request, "feedback/markets.html", context, fragment="rows")


@require_GET
@signed_in
def known(request: HttpRequest) -> HttpResponse:
    """What is known of a market while a campaign is drafted (`?market=`, `?segment=`): a part of that page."""
    country = request.GET.get("market", "")
    context = {
        "country": country if country in dict(countries) else "",
        "segment": request.GET.get("segment", "").replace("\x00", "").strip()[:100],
    }
    return render_page(request, "feedback/market_known.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.WRITE_MARKET_NOTES)
def write(request: HttpRequest) -> HttpResponse:
    """Write down what we know of a market; `?lead=` says which lead it rests on."""
    if request.method != "POST":
        started = {
            "country": request.GET.get("country", ""),
            "segment": request.GET.get("segment", ""),
            "evidence": f"#{lead}" if (lead := _number(request.GET.get("lead", ""))) else "",
        }
        return _page(request, MarketNoteForm(initial=started))
    form = MarketNoteForm(request.POST)
    if form.is_valid():
        person = person_of(request)
        try:
            note = evidence.write(by=person, **form.values())
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Noted. Whoever plans a campaign there will read it."))
            return redirect(_list_of(note))
    return _page(request, form, status=422)


@require_http_methods(["GET", "POST"])
@requires(Can.WRITE_MARKET_NOTES)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a note; somebody else's change meanwhile is a conflict (409) that keeps what was typed."""
    note = get_object_or_404(selectors.with_evidence(MarketNote.objects.all()), pk=pk)
    if request.method != "POST":
        started: dict[str, Any] = {
            "country": str(note.country),
            "segment": note.segment,
            "stance": note.stance,
            "text": note.text,
            "valid_until_on": note.valid_until_on,
            "evidence": ", ".join(f"#{one.lead_id}" for one in note.evidence.all()),
            "version": note.version,
        }
        return _page(request, MarketNoteForm(initial=started), note=note)
    form = MarketNoteForm(request.POST)
    status = 422
    if form.is_valid():
        person = person_of(request)
        try:
            changed = evidence.edit(
                note=note, by=person, version=form.cleaned_data["version"] or 0, **form.values()
            )
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            status = error.http_status
            form.add_error(None, error.message)
            typed = request.POST.copy()
            typed["version"] = str(error.context.get("version", ""))
            form.data = typed
        else:
            messages.success(request, _("Saved."))
            return redirect(_list_of(changed))
    return _page(request, form, note=note, status=status)


def _page(
    request: HttpRequest, form: MarketNoteForm, *, note: MarketNote | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "note": note, "may_change": note is None or _may(note, person_of(request))}
    return render_page(request, "feedback/market_note.html", context, status=status)


def _may(note: MarketNote, person: User) -> bool:
    return services.may_change(note, person)


def _list_of(note: MarketNote) -> str:
    country = f"?country={note.country}" if note.country else ""
    return reverse("feedback:markets") + country


@require_POST
@requires(Can.WRITE_MARKET_NOTES)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The note no longer counts, or with `undo` it does again."""
    note = get_object_or_404(MarketNote, pk=pk)
    if request.POST.get("undo"):
        services.bring_back(note=note, by=person_of(request))
        messages.success(request, _("The note counts again."))
        return redirect(_list_of(note))
    services.withdraw(note=note, by=person_of(request))
    messages.success(request, _("Withdrawn. It stands under “No longer valid”."))
    return redirect(_list_of(note))
