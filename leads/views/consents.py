"""Noting on a lead's page what the person agreed to, or took back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.forms.consents import ConsentForm
from leads.models import Lead
from leads.services import consents
from leads.views.lead import NOTES, Done, act_on_form
from leadsync.accounts.access import requires
from leadsync.accounts.models import User


@require_POST
@requires(*NOTES)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Consent given or taken back, with the words."""

    def act(lead: Lead, person: User, _version: int | None, given: Any) -> Done:
        is_given = given["said"] == "given"
        consents.note(lead=lead, by=person, is_given=is_given, text=given["text"], place=given["place"])
        return Done(_("Consent noted.") if is_given else _("Noted: consent was taken back."))

    return act_on_form(request, pk, "consent", ConsentForm(request.POST), act, "consent")
