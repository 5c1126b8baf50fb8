"""How a lead ends, from its page: won, lost, opened again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.forms.leads import LoseForm, WinChangeForm, WinForm
from leads.models import Lead
from leads.services import outcomes
from leads.views.lead import WORKS, Done, act_on_form, run
from leadsync.accounts.access import requires
from leadsync.accounts.models import User
from leadsync.core.money import format_money


@require_POST
@requires(*WORKS)
def win(request: HttpRequest, pk: int) -> HttpResponse:
    """The lead bought."""

    def act(lead: Lead, person: User, version: int | None, given: Any) -> Done:
        outcomes.win(lead=lead, by=person, amount=given["amount"], on=given["on"], version=version)
        return Done(
            _("%(name)s: won, %(amount)s.") % {"name": lead.title, "amount": format_money(given["amount"])}
        )

    return act_on_form(request, pk, "win", WinForm(request.POST), act, "win")


@require_POST
@requires(*WORKS)
def change_win(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the amount or the day of a win."""

    def act(lead: Lead, person: User, version: int | None, given: Any) -> Done:
        outcomes.change_win(lead=lead, by=person, amount=given["amount"], on=given["on"], version=version)
        return Done(
            _("%(name)s: won, %(amount)s.") % {"name": lead.title, "amount": format_money(given["amount"])}
        )

    return act_on_form(request, pk, "win_change", WinChangeForm(request.POST), act, "change-win")


@require_POST
@requires(*WORKS)
def take_win_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a win that was noted by mistake, the same day."""

    def act(lead: Lead, person: User, version: int | None) -> Done:
        outcomes.take_win_back(lead=lead, by=person, version=version)
        return Done(_("%(name)s: the win was taken back.") % {"name": lead.title})

    return run(request, pk, act)


@require_POST
@requires(*WORKS)
def lose(request: HttpRequest, pk: int) -> HttpResponse:
    """A qualified lead went away."""

    def act(lead: Lead, person: User, version: int | None, given: Any) -> Done:
        outcomes.lose(lead=lead, by=person, version=version, **given)
        return Done(_("%(name)s: lost, %(reason)s.") % {"name": lead.title, "reason": given["reason"].words})

    return act_on_form(request, pk, "lose", LoseForm(request.POST), act, "lose")


@require_POST
@requires(*WORKS)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed or lost lead again, with a note why."""

    def act(lead: Lead, person: User, version: int | None) -> Done:
        outcomes.reopen(lead=lead, by=person, note=request.POST.get("note", ""), version=version)
        return Done(_("%(name)s is open again.") % {"name": lead.title})

    return run(request, pk, act, dialog="reopen")
