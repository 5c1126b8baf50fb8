"""Leads that found nobody: tried again once somebody is there with room."""

from datetime import datetime

from django.utils import timezone

from leads.models import Lead
from leads.selectors import routing as selectors
from leads.services import arrivals, handoff, unroutable_alerts
from leadsync.core import db
from leadsync.notices.models import Alert

BATCH = 2_000


def route_again(*, at: datetime | None = None) -> int:
    """Hand over the leads that wait with marketing because nobody was there; how many found somebody.

    Every such lead has its campaign's alert open, which is the one cheap question of each minute. Returned leads stay
    with marketing, and what the head of sales took is the head's. Arrivals wait meanwhile, so that nobody is handed
    more than their day holds; safe to run twice, at the same time, and after a crash.
    """
    alerts = Alert.objects.filter(kind=unroutable_alerts.UNROUTABLE, resolved_at=None)
    campaigns = sorted(
        int(subject.removeprefix("campaign:"))
        for subject in alerts.values_list("subject", flat=True)
        if subject.startswith("campaign:")
    )
    if not campaigns:
        return 0
    now = at or timezone.now()
    given = last = 0
    while selectors.has_room(now):
        with db.exclusively(arrivals.LOCK, wait=True):
            waiting = list(
                Lead.objects.filter(campaign__in=campaigns, pk__gt=last)
                .without_a_rep()
                .order_by("pk")[:BATCH]
            )
            if waiting:
                given += len(handoff.give_many(leads=waiting, by=None, at=at))
                last = waiting[-1].pk
        if len(waiting) < BATCH:
            break
    unroutable_alerts.settle(campaigns)  # what was contacted meanwhile is not counted any more
    return given
