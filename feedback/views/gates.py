"""What is decided when a campaign's first leads were not good enough; each answers with the campaign's page."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns.models import Campaign
from campaigns.views.campaigns import page_again
from feedback.models import GateDecision
from feedback.services import gates as services
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid

Choice, State = GateDecision.ChoiceChoices, GateDecision.StateChoices
DECIDES = (Can.DECIDE_GATES, Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES)
SAID = {
    Choice.STOP: gettext_lazy("Campaign stopped."),
    Choice.RETEST: gettext_lazy("A new round begins with the next lead."),
    Choice.GO_ON: gettext_lazy("Proposed. It goes on with both signatures."),
}


def _try(request: HttpRequest, pk: int, act: Callable[[], str]) -> HttpResponse:
    """The campaign's page with what `act` says; a refusal stands on it, with what was typed."""
    try:
        said = act()
    except (Conflict, Invalid) as error:
        # What was typed wrong is said beside the field; everything else on top, as the field may no longer be there.
        place = "gate_refused" if error.field in {"note", "choice"} else "refused"
        return page_again(request, pk, status=error.http_status, gate_typed=request.POST, **{place: error})
    messages.success(request, said)
    return redirect("campaigns:page", pk)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


@require_POST
@requires(*DECIDES)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """`choice` is stop, retest or continue; `note` says what changes, or why; `round` which round was seen."""
    campaign = get_object_or_404(Campaign, pk=pk)

    def act() -> str:
        made = services.decide(
            campaign=campaign,
            choice=request.POST.get("choice", ""),
            by=person_of(request),
            note=request.POST.get("note", ""),
            round_from=_number(request.POST.get("round")),
        )
        return str(SAID[Choice(made.choice)])

    return _try(request, pk, act)


@require_POST
@requires(Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES)
def sign(request: HttpRequest, pk: int, decision: int) -> HttpResponse:
    """Sign for one's department that the campaign goes on."""
    found = get_object_or_404(GateDecision, pk=decision, campaign=pk)

    def act() -> str:
        signed = services.sign(decision=found, by=person_of(request))
        return _("Both have signed: it goes on.") if signed.state == State.TAKEN else _("Signed.")

    return _try(request, pk, act)


@require_POST
@requires(*DECIDES)
def withdraw(request: HttpRequest, pk: int, decision: int) -> HttpResponse:
    """Take a decision back."""
    found = get_object_or_404(GateDecision, pk=decision, campaign=pk)

    def act() -> str:
        services.withdraw(decision=found, by=person_of(request))
        return _("Taken back.")

    return _try(request, pk, act)
