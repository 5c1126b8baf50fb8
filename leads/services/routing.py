"""Who gets which lead. First form: weighted round-robin by capacity over the reps who are present."""

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db.models import Count, OuterRef, Subquery
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
    whom has waited longest for one. Capacity 0 takes none. One query and the company's, however many leads.
    """
    if not leads:
        return {}
    now = at or timezone.now()
    on = now.astimezone(accounts.company().tz).date()
    # Both questions are answered by an index per rep, however many handoffs there have been.
    theirs = Handoff.objects.filter(rep=OuterRef("pk"))
    held_now = (
        theirs.filter(ended_at=None).order_by().values("rep").annotate(count=Count("*")).values("count")
    )
    reps = {
        pk: (capacity, held or 0, last if held or (last and last >= now - RECENTLY) else _LONG_AGO)
        for pk, capacity, held, last in accounts.present_reps(on)
        .filter(capacity__gt=0)
        .annotate(held=Subquery(held_now), last=Subquery(theirs.order_by("-at").values("at")[:1]))
        .values_list("pk", "capacity", "held", "last")
    }
    if not reps:
        return {}
    # How full a rep is, as a float: of counts below many millions, equal shares give equal floats.
    queue: list[tuple[float, datetime, int, int, int]] = []
    for pk, (capacity, held, last) in reps.items():
        heapq.heappush(queue, (held / capacity, last, 0, pk, held))
    found: dict[int, tuple[int, dict[str, Any]]] = {}
    for turn, lead in enumerate(leads, start=1):
        *_, pk, held = queue[0]
        capacity, *_ = reps[pk]
        found[lead.pk] = (
            pk,
            {"rule": "round_robin", "open": held, "capacity": capacity, "among": len(reps)},
        )
        # Ties go by turn: having just been given one puts a rep behind all who wait, in order of giving.
        heapq.heapreplace(queue, ((held + 1) / capacity, now, turn, pk, held + 1))
    return found
