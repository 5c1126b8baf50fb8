"""`/start/`: the joint checklist of a new company. Every step is ticked off by doing it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.start.domain.steps import Fact, Progress, Step, progress
from leadsync.start.selectors import steps
from leadsync.start.services import start
from leadsync.start.words import SAYINGS, Saying


@dataclass(frozen=True, slots=True)
class Line:
    """One step as the page shows it; `url` only for whoever may take it."""

    step: Step
    number: int
    fact: Fact
    said: Saying
    url: str
    is_next: bool
    is_mine: bool

    @property
    def share_pct(self) -> int:
        return self.fact.have * 100 // self.fact.want if self.fact.want else 0


def _url(said: Saying) -> str:
    try:
        return reverse(said.url_name)
    except NoReverseMatch:
        return ""


def lines_for(person: User) -> tuple[list[Line], Progress]:
    """All steps, with the button where this person may press it."""
    facts = steps.facts()
    far = progress(facts)
    lines = []
    for number, step in enumerate(Step, start=1):
        said, fact = SAYINGS[step], facts[step]
        is_mine = any(person.can(can) for can in said.may)
        url = _url(said) if is_mine or fact.is_done else ""
        lines.append(Line(step, number, fact, said, url, step is far.next_step, is_mine))
    return lines, far


def _context(person: User) -> dict[str, Any]:
    lines, far = lines_for(person)
    return {
        "lines": lines,
        "progress": far,
        # What this person can do now: the first open step that is theirs.
        "mine": next((line for line in lines if line.is_mine and not line.fact.is_done), None),
        "state": steps.state(),
        "may_put_aside": any(person.can(can) for can in start.MAY_PUT_ASIDE),
    }


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """The checklist; it stays readable once it is over."""
    return render(request, "start/page.html", _context(person_of(request)))


@require_GET
@signed_in
def panel(request: HttpRequest) -> HttpResponse:
    """The piece that home pages show while the list is open: how far, and what this person can do. Empty once over."""
    if steps.is_over():
        return HttpResponse("")
    return render(request, "start/panel.html", _context(person_of(request)))


@require_POST
@requires(*start.MAY_PUT_ASIDE)
def put_aside(request: HttpRequest) -> HttpResponse:
    """Put the list aside for everybody, or (`undo`) bring it back."""
    person = person_of(request)
    if request.POST.get("undo"):
        start.bring_back(by=person)
        messages.success(request, _("The checklist is back."))
    else:
        start.put_aside(by=person)
        messages.success(request, _("The checklist is put aside for everybody."))
    return redirect("start:page")
