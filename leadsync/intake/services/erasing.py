"""Taking somebody out of messages as they were received. Called by `leadsync.privacy.services.erasing`.

The digest of a message stays, so that the same message sent again is known and does not bring the person back.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from leadsync.core.redaction import Traces
from leadsync.intake.models import Payload

_UNSETTLED = (Payload.State.WAITING, Payload.State.UNREADABLE)


def of_leads(leads: Collection[int]) -> QuerySet[Payload]:
    """The messages that became these leads, or came again for them."""
    return Payload.objects.filter(Q(lead__in=leads) | Q(arrival__lead__in=leads))


def mentioning(traces: Traces) -> QuerySet[Payload]:
    """Messages of whatever state with one of these people in them."""
    if not traces:
        return Payload.objects.none()
    return Payload.objects.filter(Q(body__iregex=traces.pattern) | Q(external_id__iregex=traces.pattern))


def erase(*, leads: Collection[int], traces: Traces, at: datetime) -> dict[str, int]:
    """Empty the messages of these leads and those with one of these people in them; what waited is dropped.

    Returns how many rows were changed, by table.
    """
    ids = {*of_leads(leads).values_list("pk", flat=True), *mentioning(traces).values_list("pk", flat=True)}
    found = Payload.objects.filter(pk__in=ids)
    found.filter(state__in=_UNSETTLED).update(state=Payload.State.DROPPED, next_try_at=None, handled_at=at)
    count = found.update(body="", external_id="", reason={})
    return {"Payload": count} if count else {}
