"""Recording decisions at a meeting, and following them until they are done."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.meetings.forms.points import DecisionForm, EndForm
from leadsync.meetings.selectors import decisions as selectors
from leadsync.meetings.selectors.decisions import Cut
from leadsync.meetings.services import decisions as services
from leadsync.meetings.views.meeting import answer, found_for

ENDS = {"done": services.finish, "drop": services.drop}


def _key(request: HttpRequest) -> str:
    return request.POST.get("point", "")[:200]


@require_POST
@requires(Can.RUN_MEETINGS)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a decision about a point; the first one begins the meeting."""
    meeting, key = found_for(request, pk), _key(request)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            made = services.record(meeting=meeting, key=key, by=person_of(request), **form.values())
        except Invalid as error:
            form.refuse(error)
        else:
            undo = reverse("meetings:decision_remove", args=[made.pk])
            said = _("Decided: %(name)s") % {"name": made.owner.name}
            values = (
                {"from": "room"} if request.POST.get("from") == "room" and wants_fragment(request) else {}
            )
            return answer(request, meeting, key, said=said, undo=undo, undo_values=values)
    typed = {name: request.POST.get(name, "") for name in ("text", "owner", "due_on")}
    errors = {name: " ".join(map(str, found)) for name, found in form.errors.items()}
    return answer(request, meeting, key, typed=typed, errors=errors)


@require_POST
@requires(Can.RUN_MEETINGS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision out again: the undo of recording it."""
    found = get_object_or_404(_visible(request), pk=pk)
    point = services.remove(decision=found, by=person_of(request))
    key = selectors.key_of(point)
    return answer(request, found.meeting, key, said=_("Taken out."))


@require_http_methods(["GET", "POST"])
@requires(Can.RUN_MEETINGS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Say a decision otherwise; somebody else's change meanwhile is a conflict (409) that keeps what was typed."""
    found = get_object_or_404(_visible(request), pk=pk)
    status = 200
    if request.method == "POST":
        form, status = DecisionForm(request.POST), 422
        if form.is_valid():
            version = form.cleaned_data["version"]
            try:
                services.edit(decision=found, by=person_of(request), version=version, **form.values())
            except Invalid as error:
                form.refuse(error)
            except Conflict as error:
                status = error.http_status
                form.add_error(None, error.message)
                typed = request.POST.copy()
                typed["version"] = str(error.context.get("version", version or ""))
                form.data = typed
            else:
                messages.success(request, _("Saved."))
                return redirect("meetings:decision", found.pk)
    else:
        form = DecisionForm(
            initial={
                "text": found.text,
                "owner": found.owner_id,
                "due_on": found.due_on,
                "version": found.version,
            }
        )
    return render_page(
        request, "meetings/decision_edit.html", {"form": form, "decision": found}, status=status
    )


def _visible(request: HttpRequest) -> Any:
    return selectors.visible_to(person_of(request)).select_related("owner", "done_by", "meeting", "point")


@require_GET
@signed_in
def decision_list(request: HttpRequest) -> HttpResponse:
    """Decisions of one tab (`?show=open|mine|done`), what is due first; in pages by key (`?after=`)."""
    person = person_of(request)
    asked = request.GET.get("show", "")
    cut = Cut(asked) if asked in set(Cut) else Cut.OPEN
    rows, next_key = selectors.page_of(cut, person, after=request.GET.get("after", ""))
    counts = selectors.counts(person)
    words = {Cut.OPEN: _("Open"), Cut.MINE: _("Mine"), Cut.DONE: _("Done or dropped")}
    context = {
        "shown": rows,
        "cut": cut,
        "tabs": [
            {"key": one.value, "label": label, "count": counts.get(one, 0), "is_chosen": one is cut}
            for one, label in words.items()
        ],
        "today": selectors.today(),
        "next_url": f"{request.path}?show={cut}&after={next_key}" if next_key else "",
        "step": selectors.PAGE,
        **_may(person),
    }
    return render_page(request, "meetings/decisions.html", context, fragment="rows")


def _may(person: User) -> dict[str, Any]:
    return {"may_run": person.can(Can.RUN_MEETINGS), "person": person}


@require_GET
@signed_in
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision: where a notice leads."""
    found = get_object_or_404(_visible(request), pk=pk)
    (shown,) = selectors.shown([found])
    context = {"one": shown, "decision": found, "today": selectors.today(), **_may(person_of(request))}
    return render_page(request, "meetings/decision.html", context)


@require_POST
@signed_in
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, or no longer needed, with words; or open again. Its owner, or who runs meetings."""
    found = get_object_or_404(_visible(request), pk=pk)
    by, do = person_of(request), request.POST.get("do", "")
    if do == "reopen" or request.POST.get("undo"):
        services.reopen(decision=found, by=by)
        return _told(request, found.pk, said=_("Open again."))
    if do not in ENDS:
        raise Invalid(_("Choose whether it is done or no longer needed."), field="do")
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            ended = ENDS[do](decision=found, note=form.cleaned_data["note"], by=by)
        except Invalid as error:
            form.refuse(error)
        else:
            said = _("Done.") if do == "done" else _("No longer needed.")
            return _told(request, ended.pk, said=said, undo={"do": "reopen"})
    wrong = " ".join(map(str, form.errors.get("note", [])))
    return _told(request, found.pk, error=wrong, typed=request.POST.get("note", "")[: services.LONGEST * 10])


def _told(
    request: HttpRequest,
    pk: int,
    *,
    said: str = "",
    undo: dict[str, str] | None = None,
    error: str = "",
    typed: str = "",
) -> HttpResponse:
    """The card of the decision for htmx, its page or the list where it was pressed otherwise."""
    if not error and not wants_fragment(request):
        messages.success(request, said)
        return redirect("meetings:decision", pk)
    (shown,) = selectors.shown([_visible(request).get(pk=pk)])
    shown.error, shown.typed = error, typed
    context = {
        "one": shown,
        "decision": shown.decision,
        "today": selectors.today(),
        "said": said,
        "undo_url": reverse("meetings:decision_end", args=[pk]) if undo else "",
        "undo_values": undo or {},
        **_may(person_of(request)),
    }
    template = "meetings/decision_saved.html" if wants_fragment(request) else "meetings/decision.html"
    return render_page(request, template, context, status=422 if error else 200)
