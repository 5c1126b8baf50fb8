"""Pages of bookings: asking a colleague for a time, answering, and writing down what came of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page
from leadsync.exchange.forms import BookForm, LearnedForm, ReasonForm, TimeForm, WithForm
from leadsync.exchange.models import Booking, KindChoices
from leadsync.exchange.selectors import bookings as selectors
from leadsync.exchange.selectors.bookings import BookingView
from leadsync.exchange.services import bookings as services
from leadsync.exchange.views.entries import tabs_of

MOST_DIGITS = 18


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


@require_GET
@requires(Can.LOG_EXCHANGE)
def listing(request: HttpRequest) -> HttpResponse:
    """`/listening/bookings/`: what waits or is to come, and what is over."""
    person = person_of(request)
    over, next_key = selectors.over(person, _number(request.GET.get("after")))
    context = {
        "mine": selectors.mine(person),
        "over": over,
        "person": person,
        "next_url": f"{request.path}?after={next_key}" if next_key else "",
        "step": selectors.SHOWN,
    } | tabs_of(person)
    return render_page(request, "exchange/bookings.html", context, fragment="rows")


@require_http_methods(["GET", "POST"])
@requires(Can.LOG_EXCHANGE)
def book(request: HttpRequest) -> HttpResponse:
    """`/listening/book/?partner=`: three free times of both, or another one; the colleague is asked."""
    person = person_of(request)
    typed = (request.POST if request.method == "POST" else request.GET).copy()
    usual = {"kind": KindChoices.CALL.value, "minutes": "60"}
    for name, value in usual.items():  # a link names the colleague alone
        typed.setdefault(name, value)
    who = WithForm(typed if "partner" in typed else None, person=person, initial=usual)
    if request.method != "POST":
        return _book_page(request, who, BookForm(initial={"note": request.GET.get("note", "")[:300]}))
    if not who.is_valid():
        return _book_page(request, who, BookForm(request.POST), status=422)
    form, status = BookForm(request.POST), 422
    if form.is_valid():
        data = who.cleaned_data
        try:
            made = services.ask(
                by=person,
                partner=data["partner"],
                kind=data["kind"],
                minutes=data["minutes"],
                starts_at=form.chosen,  # type: ignore[arg-type]  # clean() asks for one
                note=form.cleaned_data["note"],
            )
        except (Invalid, Conflict) as error:
            if error.field in who.fields:
                who.add_error(error.field, error.message)
            else:
                form.refuse(error)
            status = error.http_status
        else:
            messages.success(request, _("Asked: %(name)s.") % {"name": data["partner"].name})
            return redirect("exchange:booking", made.pk)
    return _book_page(request, who, form, status=status)


def _book_page(request: HttpRequest, who: WithForm, form: BookForm, *, status: int = 200) -> HttpResponse:
    chosen = who.is_bound and who.is_valid()
    partner: User | None = who.cleaned_data.get("partner") if who.is_bound else None
    minutes = (who.cleaned_data.get("minutes") if who.is_bound else None) or 60
    slots = selectors.free_slots(person_of(request), partner, minutes=minutes) if partner else []
    context = {
        "who": who,
        "form": form,
        "partner": partner,
        "is_chosen": chosen,
        "slots": slots,
        "chosen_slot": form["slot"].value() or (slots[0].isoformat() if slots and not form.is_bound else ""),
    }
    return render_page(request, "exchange/book.html", context, fragment="times", status=status)


def _own(request: HttpRequest, pk: int) -> Booking:
    person = person_of(request)
    booking = get_object_or_404(selectors.bookings().select_related("entry"), pk=pk)
    if person.pk not in {booking.by_id, booking.partner_id}:
        raise Http404
    return booking


@require_GET
@requires(Can.LOG_EXCHANGE)
def booking(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking, for its two people: when, and what can be done."""
    return _page(request, _own(request, pk))


def _page(request: HttpRequest, held: Booking, *, status: int = 200, **more: Any) -> HttpResponse:
    person = person_of(request)
    view = BookingView(held, person, timezone.now())
    slots: list[datetime] = []
    if view.may_propose:
        slots = selectors.free_slots(person, view.other, minutes=held.minutes, besides=held.pk)
    context = {
        "view": view,
        "booking": held,
        "slots": slots,
        "time_form": TimeForm(),
        "decline_form": ReasonForm(prefix="decline"),
        "cancel_form": ReasonForm(prefix="cancel"),
        "learned_form": LearnedForm(person=person),
    } | more
    return render_page(request, "exchange/booking.html", context, status=status)


def _typed_reason(request: HttpRequest) -> str:
    return request.POST.get("decline-reason") or request.POST.get("cancel-reason") or ""


def _done(
    request: HttpRequest, pk: int, act: Callable[[Booking, int | None], object], said: str
) -> HttpResponse:
    """Do it; what the service refuses is said on the page, with how the booking stands now."""
    held = _own(request, pk)
    try:
        act(held, _number(request.POST.get("revision")))
    except (Invalid, Conflict) as error:
        return _page(
            request,
            _own(request, pk),
            status=error.http_status,
            refused=error,
            typed_reason=_typed_reason(request),
            chosen_slot=request.POST.get("slot", ""),
        )
    messages.success(request, said)
    return redirect("exchange:booking", pk)


@require_POST
@requires(Can.LOG_EXCHANGE)
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the time that was proposed."""
    person = person_of(request)
    return _done(
        request,
        pk,
        lambda held, revision: services.agree(booking=held, by=person, revision=revision),
        _("Agreed. It stands in both calendars."),
    )


@require_POST
@requires(Can.LOG_EXCHANGE)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, and why."""
    person = person_of(request)
    reason = request.POST.get("decline-reason", "")
    return _done(
        request,
        pk,
        lambda held, revision: services.decline(booking=held, by=person, reason=reason, revision=revision),
        _("Declined, with your reason."),
    )


@require_POST
@requires(Can.LOG_EXCHANGE)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose another time."""
    person = person_of(request)
    form = TimeForm(request.POST)
    if not form.is_valid():
        return _page(request, _own(request, pk), status=422, time_form=form, form=form)
    return _done(
        request,
        pk,
        lambda held, revision: services.propose(
            booking=held,
            by=person,
            starts_at=form.chosen,  # type: ignore[arg-type]  # clean() asks for one
            revision=revision,
        ),
        _("Proposed. The other one is to answer."),
    )


@require_POST
@requires(Can.LOG_EXCHANGE)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    person = person_of(request)
    reason = request.POST.get("cancel-reason", "")
    return _done(
        request,
        pk,
        lambda held, revision: services.cancel(booking=held, by=person, reason=reason, revision=revision),
        _("Cancelled. It is gone from both calendars."),
    )


@require_POST
@requires(Can.LOG_EXCHANGE)
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was learned, once its time has come."""
    person = person_of(request)
    held = _own(request, pk)
    form, status, refused = LearnedForm(request.POST, person=person), 422, None
    if form.is_valid():
        try:
            services.write_down(
                booking=held, by=person, learned=form.cleaned_data["learned"], lead=form.found
            )
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            status, refused = error.http_status, error
        else:
            messages.success(request, _("Written down. Everybody can read it."))
            return redirect("exchange:list")
    more: dict[str, Any] = {"learned_form": form, "form": form, "picks": form.picks}
    return _page(request, _own(request, pk), status=status, refused=refused, **more)
