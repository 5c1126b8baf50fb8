"""`/` sends everyone to where their day begins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from leadsync.accounts.access import person_of, signed_in
from leadsync.accounts.roles import Role


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Reps to their queue, marketers to campaigns, heads and the director to the dashboard."""
    person = person_of(request)
    if person.has_role(Role.DIRECTOR, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES):
        return redirect("kpi:dashboard")
    if person.has_role(Role.REP):
        return redirect("leads:queue")
    if person.has_role(Role.MARKETER):
        return redirect("campaigns:list")
    return redirect("accounts:people")
