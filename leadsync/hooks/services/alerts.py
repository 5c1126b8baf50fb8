"""Who looks after the installation hears of an endpoint that does not take what is sent."""

from datetime import datetime

from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import people_with
from leadsync.hooks.models import Endpoint
from leadsync.notices import services as notices

KIND = "webhook_failing"


def _subject(pk: int) -> str:
    return f"endpoint:{pk}"


def open_for(endpoint: Endpoint, *, is_gone: bool, now: datetime) -> None:
    """Say once that deliveries were given up, since when nobody answers, and what to do."""
    since = endpoint.failing_since_at
    context = {
        "name": endpoint.name,
        "since": since.isoformat() if since else "",
        "is_gone": is_gone,
    }
    url = f"/settings/webhooks/{endpoint.pk}/"
    if notices.open_alert(kind=KIND, subject=_subject(endpoint.pk), context=context, url=url, at=now):
        notices.put(
            kind=KIND,
            recipients=list(people_with(Role.ADMINISTRATOR)),
            key=f"{KIND}:{endpoint.pk}:{now.isoformat()}",
            context=context,
            url=url,
            at=now,
        )


def resolve(pk: int, *, now: datetime) -> None:
    """It takes deliveries again, or is off or gone by somebody's decision."""
    notices.resolve_alert(kind=KIND, subject=_subject(pk), at=now)
