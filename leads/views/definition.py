"""Pages of the agreement: what is in force, its versions, drafting, proposing and signing."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.forms.definition import TermsForm, criteria_formset, is_removed, rearranged
from leads.models import Agreement
from leads.selectors import backtest as back_tests
from leads.selectors import definition_page as selectors
from leads.services import agreements
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page


@require_GET
@signed_in
def definition(request: HttpRequest) -> HttpResponse:
    """The agreement in force, what is coming, and all versions."""
    person = person_of(request)
    page = selectors.definition_page()
    context = {
        "page": page,
        "shown": page.current,
        "versions": page.versions,
        "may_edit": person.can(Can.EDIT_AGREEMENT),
        "may_sign": bool(page.coming and selectors.may_sign(page.coming, person)),
        "measured": back_tests.card(page.coming.agreement, page.versions) if page.coming else None,
    }
    return render_page(request, "leads/definition.html", context)


@require_GET
@signed_in
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version, old or coming."""
    return _version_page(request, number)


def _version_page(
    request: HttpRequest, number: int, *, refused: Conflict | Invalid | None = None
) -> HttpResponse:
    found = selectors.version_page(number)
    if found is None:
        raise Http404
    shown, versions = found
    person = person_of(request)
    context = {
        "shown": shown,
        "versions": versions,
        "may_edit": person.can(Can.EDIT_AGREEMENT),
        "may_sign": selectors.may_sign(shown, person),
        "measured": back_tests.card(shown.agreement, versions),
        "refused": refused,
    }
    status = refused.http_status if refused else 200
    return render_page(request, "leads/definition_version.html", context, fragment="back_test", status=status)


@require_POST
@requires(Can.EDIT_AGREEMENT)
def new(request: HttpRequest) -> HttpResponse:
    """Start a draft from what is in force."""
    draft = agreements.new_draft(by=person_of(request))
    messages.success(
        request, _("Version %(n)d is a draft. Nothing changes until both heads sign.") % {"n": draft.number}
    )
    return redirect("leads:definition_edit", draft.number)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_AGREEMENT)
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change a draft or a proposed version; the latter loses its signatures, and the page says so."""
    agreement = _version(number)
    if not agreement.is_editable:
        messages.error(request, _("A signed version does not change. Start a new draft."))
        return redirect("leads:definition_version", number)
    if request.method != "POST":
        return _edit_page(request, agreement, TermsForm(instance=agreement), criteria_formset(of=agreement))
    act = request.POST.get("act", "")
    if act:
        # Without scripts: the same page with a row more, moved, or removed; everything typed is kept.
        data = rearranged(request.POST, act)
        form, rows = TermsForm(data, instance=agreement), criteria_formset(data, of=agreement)
        return _edit_page(request, agreement, form, rows)
    form = TermsForm(request.POST, instance=_version(number))
    rows = criteria_formset(request.POST, of=agreement)
    form.is_valid()
    rows.is_valid()
    # What the service would refuse is said in the same round as what cannot be read.
    standing = rows.rows()
    readable = [row for row in standing if not row.errors]
    for fault in agreements.faults(
        agreement=agreement,
        criteria=[row.as_data() for row in readable],
        promises=form.promises(),
        limits=form.limits(),
        is_whole=len(readable) == len(standing),
    ):
        _put(fault, form, readable)
    if not form.is_valid() or not rows.is_valid() or any(row.errors for row in standing):
        return _edit_page(request, agreement, form, rows, status=422)
    was_proposed = agreement.state == Agreement.State.PROPOSED
    try:
        cleared = agreements.edit(
            agreement=agreement,
            by=person_of(request),
            criteria=[row.as_data() for row in standing],
            promises=form.promises(),
            limits=form.limits(),
            note=form.cleaned_data["note"],
            version=form.cleaned_data["version"],
        )
    except Invalid as error:
        form.add_error(None, error.message)
        return _edit_page(request, agreement, form, rows, status=422)
    except Conflict as error:
        # Saving again means: mine over theirs.
        typed = request.POST.copy()
        typed["version"] = str(error.context["version"])
        form.data = typed
        return _edit_page(request, agreement, form, rows, status=409, conflict=error)
    if cleared:
        messages.warning(request, _("Saved. Both signatures are cleared: each head signs again."))
    elif was_proposed:
        messages.success(request, _("Saved. Both heads sign this wording."))
    else:
        messages.success(request, _("Saved."))
    return redirect("leads:definition_version", number)


@dataclass(frozen=True, slots=True)
class _Row:
    """A question on the form: its fields, whether it is removed, how many leads hold an answer to it."""

    form: Form
    is_removed: bool
    held: int


def _edit_page(
    request: HttpRequest, agreement: Agreement, form: TermsForm, rows: Any, *, status: int = 200, **more: Any
) -> HttpResponse:
    held = selectors.answers_held(agreement)
    listed = [
        _Row(row, is_removed(row), held.get(str(row["key"].value() or ""), 0)) for row in rows.in_order()
    ]
    context = {
        "agreement": agreement,
        "form": form,
        "rows": rows,
        "listed": listed,
        "segments": selectors.segments(),
        "problems": _problems(rows) if status == 422 else [],
        "signed": agreement.signatures.exists(),
    }
    return render_page(request, "leads/definition_edit.html", context | more, status=status)


def _problems(rows: Any) -> list[tuple[str, str]]:
    """Errors of the questions for the summary: id of the field, sentence."""
    found = [("", str(error)) for error in rows.non_form_errors()]
    for place, row in enumerate((row for row in rows.in_order() if not is_removed(row)), start=1):
        for name, errors in row.errors.items():
            field = row[name] if name in row.fields else None
            for error in errors:
                label = _("Question %(n)d") % {"n": place}
                found.append((field.id_for_label if field else "", f"{label}: {error}"))
    return found


def _put(fault: agreements.Fault, form: TermsForm, rows: list[Form]) -> None:
    """Put what the service refuses beside the field it is about, unless something is said there already."""
    area, _dot, rest = fault.field.partition(".")
    target: Form | TermsForm = form
    name = f"minutes_{rest}" if area == "promises" else area
    if area == "criteria":
        place, _dot, name = rest.partition(".")
        target = rows[int(place)]
    if not target.has_error(name):
        target.add_error(name if name in target.fields else None, fault.message)


@require_POST
@requires(Can.EDIT_AGREEMENT)
def propose(request: HttpRequest, number: int) -> HttpResponse:
    """Put a draft before both heads."""
    agreement = _version(number)
    try:
        agreements.propose(agreement=agreement, by=person_of(request), version=_seen(request))
    except (Conflict, Invalid) as error:
        return _version_page(request, number, refused=error)
    messages.success(request, _("Version %(n)d is proposed. Both heads can sign it now.") % {"n": number})
    return redirect("leads:definition_version", number)


@require_POST
@requires(Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES)
def sign(request: HttpRequest, number: int) -> HttpResponse:
    """Sign what one has read: another wording than the one on the screen is a conflict."""
    agreement = _version(number)
    try:
        is_in_force = agreements.sign(agreement=agreement, by=person_of(request), version=_seen(request))
    except (Conflict, Invalid) as error:
        return _version_page(request, number, refused=error)
    if is_in_force:
        messages.success(request, _("Signed. Version %(n)d is in force from now on.") % {"n": number})
        return redirect("leads:definition")
    messages.success(request, _("Signed. The other side's signature is missing."))
    return redirect("leads:definition_version", number)


@require_POST
@requires(Can.EDIT_AGREEMENT)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Make a proposed version a draft again."""
    agreement = _version(number)
    try:
        cleared = agreements.withdraw(agreement=agreement, by=person_of(request), version=_seen(request))
    except (Conflict, Invalid) as error:
        return _version_page(request, number, refused=error)
    if cleared:
        messages.warning(
            request, _("Version %(n)d is a draft again. Its signature is cleared.") % {"n": number}
        )
    else:
        messages.success(request, _("Version %(n)d is a draft again.") % {"n": number})
    return redirect("leads:definition_version", number)


@require_POST
@requires(Can.EDIT_AGREEMENT)
def discard(request: HttpRequest, number: int) -> HttpResponse:
    """Throw away a version that was never in force."""
    agreement = _version(number)
    try:
        agreements.discard(agreement=agreement, by=person_of(request), version=_seen(request))
    except (Conflict, Invalid) as error:
        return _version_page(request, number, refused=error)
    messages.success(request, _("Version %(n)d is discarded.") % {"n": number})
    return redirect("leads:definition")


# ------------------------------------------------------------------------------------------ two versions, print


@require_GET
@signed_in
def compare(request: HttpRequest) -> HttpResponse:
    """Where the form that chooses two versions goes: `?version=3&against=1`; else the newest against the one in force."""
    chosen = [request.GET.get(name, "") for name in ("version", "against")]
    pair: tuple[int, int] | None
    if all(one.isascii() and one.isdigit() and len(one) < 10 for one in chosen):
        pair = int(chosen[0]), int(chosen[1])
    else:
        pair = selectors.usual_pair()
    return redirect("leads:definition_against", *pair) if pair else redirect("leads:definition")


@require_GET
@signed_in
def against(request: HttpRequest, number: int, other: int) -> HttpResponse:
    """In what one version differs from another, in words."""
    found = selectors.comparison(number, other)
    if found is None:
        raise Http404
    return render_page(request, "leads/definition_against.html", {"page": found})


@require_GET
@signed_in
def sheet(request: HttpRequest, number: int) -> HttpResponse:
    """One version as a sheet to print and to file."""
    found = selectors.sheet(number)
    if found is None:
        raise Http404
    return render_page(request, "leads/definition_print.html", {"page": found, "shown": found.shown})


def _version(number: int) -> Agreement:
    return get_object_or_404(Agreement.objects.prefetch_related("criteria", "promises"), number=number)


def _seen(request: HttpRequest) -> int:
    """The version on the person's screen; 0, which none ever is, where the form says nothing."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
