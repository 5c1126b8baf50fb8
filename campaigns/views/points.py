"""One contact point: everything ever tried, saying how it stands, letting the worker try it, who can get in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.selectors import terms
from campaigns.services import proofs as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.htmx import render_page, wants_fragment

MOST_DIGITS = 18


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


@require_GET
@signed_in
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """A contact point with all its proofs, the newest first, and who can get in."""
    person = person_of(request)
    point = get_object_or_404(ContactPoint.objects.select_related("channel", "responsible"), pk=pk)
    row = selectors.point_row(pk, reader=person)
    found, next_key = selectors.proofs_of(point, before=_number(request.GET.get("before", "")))
    context = {
        "row": row,
        "point": point,
        "proofs": [(one, selectors.said(one), selectors.is_own_of_today(one, person.pk)) for one in found],
        "next_url": f"{request.path}?before={next_key}" if next_key else "",
        "step": selectors.SHOWN_PROOFS,
        "means": selectors.means_of(point),
        "fresh_days": terms.fresh_days(),
        "others": _others(point, row) if person.can(Can.EDIT_CHANNELS) else [],
        "may_edit": person.can(Can.EDIT_CHANNELS),
    }
    return render_page(request, "campaigns/point.html", context, fragment="proofs")


def _others(point: ContactPoint, row: selectors.PointRow | None) -> list[User]:
    """Who can be given access and has none yet."""
    have = {one.pk for one in row.access} if row else set()
    return [one for one in selectors.possible_users() if one.pk not in have]


@require_GET
@signed_in
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """The row of a contact point as it stands now: asked for while the worker tries it."""
    get_object_or_404(ContactPoint, pk=pk)
    return _row(request, pk)


@require_POST
@signed_in
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a contact point works (`works=1`) or does not."""
    point = get_object_or_404(ContactPoint, pk=pk)
    is_ok = request.POST.get("works") == "1"
    made = services.report(point=point, by=person_of(request), is_ok=is_ok, note=request.POST.get("note", ""))
    words = _("Kept: it works.") if is_ok else _("Kept. The person responsible and both heads are told.")
    return _done(request, pk, words, undo=reverse("campaigns:proof_take_back", args=[made.pk]))


@require_POST
@signed_in
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one's own report of today."""
    found = Proof.objects.select_related("point").filter(pk=pk).first()
    if found is None:  # pressed twice
        messages.success(request, _("Taken back already."))
        return redirect("campaigns:channels")
    services.take_back(proof=found, by=person_of(request))
    return _done(request, found.point_id, _("Taken back: the report counts no more."), is_oob=True)


@require_POST
@signed_in
def try_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the worker try a contact point at once."""
    point = get_object_or_404(ContactPoint, pk=pk)
    services.ask_try(point=point, by=person_of(request))
    return _done(request, pk, _("LeadSync tries it within a minute. The result stands here."))


@require_POST
@signed_in
def no_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one cannot get in, or with `can=1` that one can again."""
    point = get_object_or_404(ContactPoint.objects.select_related("responsible"), pk=pk)
    can = request.POST.get("can") == "1"
    services.say_access(point=point, by=person_of(request), can_get_in=can, note=request.POST.get("note", ""))
    if can:
        return _done(request, pk, _("Kept: you can get in."))
    words = _("Kept. %(name)s is told, and gives you access.") % {"name": point.responsible.name}
    return _done(request, pk, words)


@require_POST
@requires(Can.EDIT_CHANNELS)
def access(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody (`person`) access, or with `has=0` take it."""
    point = get_object_or_404(ContactPoint, pk=pk)
    person = get_object_or_404(User, pk=_number(request.POST.get("person", "")) or 0)
    if request.POST.get("has") == "0":
        services.take_access(point=point, person=person, by=person_of(request))
        words = _("Access taken: %(name)s") % {"name": person.name}
    else:
        services.give_access(point=point, to=person, by=person_of(request))
        words = _("Access given: %(name)s") % {"name": person.name}
    return _done(request, pk, words, to=reverse("campaigns:point_page", args=[pk]))


def _done(
    request: HttpRequest, pk: int, words: str, *, undo: str = "", is_oob: bool = False, to: str = ""
) -> HttpResponse:
    """The row and what happened; without JavaScript back to where it was pressed."""
    if wants_fragment(request) and not to:
        return _row(request, pk, text=words, undo=undo, is_oob=is_oob)
    messages.success(request, words, extra_tags=undo)
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(to or (back if is_ours else f"{reverse('campaigns:channels')}#point-{pk}"))


def _row(
    request: HttpRequest, pk: int, *, text: str = "", undo: str = "", is_oob: bool = False
) -> HttpResponse:
    person = person_of(request)
    context = {
        "row": selectors.point_row(pk, reader=person),
        "may_edit": person.can(Can.EDIT_CHANNELS),
        "text": text,
        "undo_url": undo,
        "is_oob": is_oob,
        "back": request.POST.get("back", ""),
    }
    return render_page(request, "campaigns/channels_point.html", context)
