"""`/definition/known/`: how much of our definition is known about the leads that were contacted."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from leads.domain.voice import Preset
from leads.selectors import agreement, completeness, voice
from leads.views.voice import Choice, days_words, period_of
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import person_of, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core.htmx import render_page

CAMPAIGNS = 25


def _reps(person: User, rows: list[completeness.Row]) -> list[completeness.Row]:
    """Every rep for heads and the director, the own row for a rep, nothing for others."""
    if person.can(Can.SEE_FIRST_CONTACTS):
        return rows
    return [row for row in rows if person.has_role(Role.REP) and row.key == person.pk]


@require_GET
@signed_in
def known(request: HttpRequest) -> HttpResponse:
    """The share of the definition known, by criterion, campaign and rep: `period=`, or `from=` and `to=`."""
    person = person_of(request)
    today = timezone.now().astimezone(accounts.company().tz).date()
    period = period_of(request.GET, today)
    begins, ends = voice.bounds(period)
    found = completeness.report(begins, ends)
    address = reverse("leads:known")
    labels = {Preset.MONTH: _("Month"), Preset.QUARTER: _("3 months"), Preset.YEAR: _("12 months")}
    context: dict[str, Any] = {
        "found": found,
        "reps": _reps(person, found.reps),
        "sees_all": person.can(Can.SEE_FIRST_CONTACTS),
        "campaigns": found.campaigns[:CAMPAIGNS],
        "campaigns_hidden": max(len(found.campaigns) - CAMPAIGNS, 0),
        "has_definition": bool(agreement.terms().criteria),
        "period": period,
        "period_words": days_words(period),
        "contacted": f"contacted_from={period.first.isoformat()}&contacted_to={period.last.isoformat()}",
        "presets": [
            Choice(label, f"{address}?period={preset}", preset is period.preset)
            for preset, label in labels.items()
        ],
    }
    return render_page(request, "leads/known.html", context)
