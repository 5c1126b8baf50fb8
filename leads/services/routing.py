"""Who gets which lead. First form: weighted round-robin by capacity over the reps who are present."""

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db.models import Count, Max, Q
from django.utils import timezone

from leads.models import Handoff
from leadsync.accounts import selectors as accounts

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
RECENTLY = timedelta(days=31)  # who waits longer than this waits equally long: keeps the question small


class Routable(Protocol):
    """What routing looks at; a `Lead`, or one about to be saved."""

    @property
    def pk(self) -> int: ...


def share_out(
    leads: Sequence[Routable], *, at: datetime | None = None
) -> dict[int, tuple[int, dict[str, Any]]]:
    """A rep for each lead, by lead id, with why: `{rule, open, capacity, among}`. Empty when nobody is present.

    The next lead goes to whom has the fewest open handoffs for the leads a day they can take; among equals to
    whom has waited longest for one. Capacity 0 takes none. Two queries and the company's, however many leads.
    """
    if not leads:
        return {}
    now = at or timezone.now()
    on = now.astimezone(accounts.company().tz).date()
    reps = {rep.pk: rep for rep in accounts.present_reps(on).filter(capacity__gt=0)}
    if not reps:
        return {}
    known = {
        row["rep"]: row
        for row in Handoff.objects.filter(rep__in=reps)
        .filter(Q(ended_at=None) | Q(at__gte=now - RECENTLY))
        .values("rep")
        .annotate(open=Count("id", filter=Q(ended_at=None)), last=Max("at"))
    }
    # How full a rep is, as a float: of counts below many millions, equal shares give equal floats.
    queue: list[tuple[float, datetime, int, int, int]] = []
    for pk, rep in reps.items():
        row = known.get(pk)
        held, last = (row["open"], row["last"]) if row else (0, _LONG_AGO)
        heapq.heappush(queue, (held / rep.capacity, last, 0, pk, held))
    found: dict[int, tuple[int, dict[str, Any]]] = {}
    for turn, lead in enumerate(leads, start=1):
        *_, pk, held = queue[0]
        rep = reps[pk]
        found[lead.pk] = (
            pk,
            {"rule": "round_robin", "open": held, "capacity": rep.capacity, "among": len(reps)},
        )
        # Ties go by turn: having just been given one puts a rep behind all who wait, in order of giving.
        heapq.heapreplace(queue, ((held + 1) / rep.capacity, now, turn, pk, held + 1))
    return found
