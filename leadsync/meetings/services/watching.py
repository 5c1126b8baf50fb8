"""The alert that no joint meeting was held, and who hears of it."""

from collections.abc import Sequence

from leadsync.meetings.selectors import series, upcoming
from leadsync.notices import services as notices
from leadsync.notices import watching
from leadsync.notices.models import Alert

NO_MEETING = "no_meeting"


def no_meeting() -> None:
    """Open or resolve the alert by the facts; both heads are told once when it opens."""
    watching.settle(NO_MEETING, upcoming.no_meeting, tell=_tell)


def _tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
    for alert in opened:
        notices.put(
            kind=NO_MEETING,
            recipients=series.heads(),
            key=f"{NO_MEETING}:{alert.opened_at.isoformat()}",
            context=alert.context,
            url=alert.url,
            at=alert.opened_at,
        )
