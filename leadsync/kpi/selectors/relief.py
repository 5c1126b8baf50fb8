"""What can be held back while reps have more to call than fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from campaigns.models import Campaign
from leads.models import Handoff
from leads.selectors.waiting import OVERLOAD
from leadsync.notices.duties import person_subject
from leadsync.notices.models import Alert

MOST = 5  # campaigns that are offered


@dataclass(frozen=True, slots=True)
class Held:
    """A live campaign and how many of its leads wait for the overloaded reps."""

    pk: int
    name: str
    version: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Relief:
    """Promises that cannot be kept now, and the campaigns that bring most of what waits."""

    promises: int
    campaigns: Sequence[Held]


def relief() -> Relief | None:
    """None while nobody is overloaded. Two queries."""
    alerts = list(
        Alert.objects.filter(kind=OVERLOAD, resolved_at=None).values_list("subject", "context__count")
    )
    if not alerts:
        return None
    start = person_subject(0)[:-1]
    reps = [int(subject.removeprefix(start)) for subject, _count in alerts if subject[len(start) :].isdigit()]
    rows = (
        Handoff.objects.open()
        .filter(rep__in=reps, lead__is_test=False, lead__campaign__state=Campaign.State.LIVE)
        .values_list("lead__campaign", "lead__campaign__name", "lead__campaign__version")
        .annotate(count=Count("pk"))
        .order_by("-count", "lead__campaign__name", "lead__campaign")[:MOST]
    )
    return Relief(sum(int(count or 0) for _subject, count in alerts), [Held(*row) for row in rows])
