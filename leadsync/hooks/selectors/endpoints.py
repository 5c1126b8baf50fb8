"""How endpoints fare, and what was sent to them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from leadsync.hooks.domain import events
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.words import words_of
from leadsync.notices.news import mask

PAGE = 50
STATES = (Delivery.State.DEAD, Delivery.State.WAITING, Delivery.State.SENT, Delivery.State.DROPPED)


@dataclass(frozen=True, slots=True)
class Health:
    """An endpoint and how it fares. `address` is the host alone: the rest is as good as a password."""

    of: Endpoint
    address: str
    waiting: int
    dead: int

    @property
    def is_failing(self) -> bool:
        return self.of.is_on and self.of.failing_since_at is not None

    @property
    def events(self) -> list[str]:
        """What it hears, in words."""
        return [words_of(event) for event in events.known(self.of.events)]

    @property
    def hears_all(self) -> bool:
        return len(self.events) == len(events.HookEvent)


def health(endpoints: Iterable[Endpoint]) -> list[Health]:
    """Each of these with its counts. One query beside that of the endpoints."""
    found = list(endpoints)
    open_states = (Delivery.State.WAITING, Delivery.State.DEAD)
    counts = {
        pk: (waiting, dead)
        for pk, waiting, dead in Delivery.objects.filter(endpoint__in=found, state__in=open_states)
        .values("endpoint")
        .annotate(
            waiting=Count("pk", filter=Q(state=Delivery.State.WAITING)),
            dead=Count("pk", filter=Q(state=Delivery.State.DEAD)),
        )
        .values_list("endpoint", "waiting", "dead")
    }
    return [Health(one, mask(one.address), *counts.get(one.pk, (0, 0))) for one in found]


def endpoints() -> QuerySet[Endpoint]:
    """All of them, by name."""
    return Endpoint.objects.select_related("changed_by", "created_by").order_by("name", "pk")


def deliveries(endpoint_id: int, state: str = "", lead_id: int | None = None) -> QuerySet[Delivery]:
    """What was or is to be sent to an endpoint, newest first."""
    rows = Delivery.objects.filter(endpoint=endpoint_id).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    return rows if lead_id is None else rows.filter(lead_id=lead_id)


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery as the log shows it."""

    of: Delivery
    words: str
    name: str  # of the lead, by then
    body: str

    @property
    def can_go_again(self) -> bool:
        return bool(self.of.body)


def page(
    endpoint_id: int, state: str, *, lead_id: int | None = None, before: int | None = None
) -> tuple[list[Line], int | None]:
    """A page of the log, newest first, and the key of the next one. One query."""
    rows = deliveries(endpoint_id, state, lead_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    lines = [_line(one) for one in found[:PAGE]]
    return lines, found[PAGE - 1].pk if len(found) > PAGE else None


def _line(delivery: Delivery) -> Line:
    try:
        said = json.loads(delivery.body)
    except ValueError:
        said = {}
    lead = said.get("lead") or {}
    name = lead.get("name") or lead.get("company") or (f"#{delivery.lead_id}" if delivery.lead_id else "")
    text = json.dumps(said, ensure_ascii=False, indent=2) if said else ""
    return Line(delivery, words_of(delivery.event), name, text)
