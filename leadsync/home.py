"""`/` sends everyone to where their day begins."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from leadsync.accounts.models import User
from leadsync.accounts.roles import Role


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Reps to their queue, marketers to campaigns, heads and the director to the dashboard."""
    person = request.user
    assert isinstance(person, User)
    if person.has_role(Role.DIRECTOR, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES):
        return redirect("kpi:dashboard")
    if person.has_role(Role.REP):
        return redirect("leads:queue")
    if person.has_role(Role.MARKETER):
        return redirect("campaigns:list")
    return redirect("accounts:people")
