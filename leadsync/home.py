"""`/` sends everyone to where their day begins."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from leadsync.accounts.access import person_of, signed_in
from leadsync.accounts.roles import Role
from leadsync.start.selectors import steps


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Reps to their queue, marketers to campaigns, heads and the director to the dashboard.

    Who only administers has the first steps of a new company, and its people once those are over.
    """
    person = person_of(request)
    if person.has_role(Role.DIRECTOR, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES):
        return redirect("kpi:dashboard")
    if person.has_role(Role.REP):
        return redirect("leads:queue")
    if person.has_role(Role.MARKETER):
        return redirect("campaigns:list")
    return redirect("accounts:people" if steps.is_over() else "start:page")
