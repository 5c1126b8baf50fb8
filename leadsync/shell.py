"""What the frame around every page shows: the one place that reads all apps for it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from leads.models import Handoff
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company


@dataclass(frozen=True)
class Counts:
    """The small numbers in the navigation."""

    queue: int = 0
    queue_over: int = 0
    questions: int = 0
    channels_down: int = 0
    notices: int = 0


def counts_for(person: User) -> Counts:
    """All counters of the frame."""
    now = timezone.now()
    waiting = Handoff.objects.open().filter(rep=person)
    return Counts(queue=waiting.count(), queue_over=waiting.filter(due_at__lte=now).count())


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell.counts`, `.company`, `.me`, `.can`, `.languages`."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"shell": {"company": company(), "languages": settings.LANGUAGES, "can": {}, "counts": Counts()}}
    return {
        "shell": {
            "company": company(),
            "languages": settings.LANGUAGES,
            "counts": counts_for(person),
            "me": {"name": person.name, "role": person.role_label, "side": str(person.side)},
            "can": {can.value: person.can(can) for can in Can},
        }
    }
