"""What the frame around every page shows: the one place that reads all apps for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from feedback.models import Question
from leads.models import Handoff
from leadsync.accounts.access import public
from leadsync.accounts.models import User
from leadsync.accounts.preferences import theme_of
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import counting
from leadsync.notices.duties import guarded
from leadsync.notices.models import Alert
from leadsync.notices.selectors import unattended, unread
from leadsync.start.selectors import steps


@dataclass(frozen=True)
class Counts:
    """The small numbers in the navigation."""

    queue: int = 0
    queue_over: int = 0
    questions: int = 0
    channels_down: int = 0
    notices: int = 0
    alerts: int = 0
    start_over: int = 0  # 1 once the first steps of the company are done or put aside


def _counted(person: int, now: datetime, **sees: int) -> list[QuerySet[Any]]:
    waiting = Handoff.objects.open().filter(rep=person)
    return [
        waiting,
        waiting.overdue(now),
        Question.objects.filter(answerer=person, closed_at=None, answered_at=None),
        Alert.objects.filter(kind="point_broken", resolved_at=None),
        unread(person),
        unattended(person=person, sees={Can(name): value for name, value in sees.items()}),
        steps.over(),
    ]


_counts = counting.Counts(_counted)


def counts_for(person: User) -> Counts:
    """All counters of the frame, in one statement.

    Each counts over a partial index of open rows, so that a page costs the same with a million leads.
    """
    sees = {can.value: int(person.can(can)) for can in guarded()}
    return Counts(*_counts(person=person.pk, now=timezone.now(), **sees))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell.counts`, `.company`, `.me`, `.can`, `.languages`, `.theme`."""
    person = getattr(request, "user", None)
    if not isinstance(person, User):
        return {
            "shell": {
                "company": company(),
                "languages": settings.LANGUAGES,
                "theme": theme_of(request),
                "can": {},
                "counts": Counts(),
            }
        }
    return {
        "shell": {
            "company": company(),
            "languages": settings.LANGUAGES,
            "counts": counts_for(person),
            "theme": person.theme,
            "me": {
                "name": person.name,
                "role": person.role_label,
                "side": str(person.side),
                "shortcuts_off": not person.has_shortcuts,
            },
            "can": {can.value: person.can(can) for can in Can},
        }
    }


@require_GET
@public
def counters(request: HttpRequest) -> HttpResponse:
    """The numbers of the navigation, asked for once a minute by an open page.

    Nobody signed in: nothing (204), not the way to the sign-in page, which would take away what is being
    typed.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    response = render(request, "components/counters.html")
    response["Cache-Control"] = "no-store"
    return response
