"""What other programs can hear of leads: which events of a lead each comes from, and the shape of what is sent."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from leads.domain.words import EventKind

VERSION: Final = 1  # of the body; raised when a field changes its meaning or goes
PING: Final = "ping"


class HookEvent(StrEnum):
    """What an endpoint can ask for, in the order in which the settings list it."""

    ARRIVED = "lead.arrived"
    ARRIVED_AGAIN = "lead.arrived_again"
    HANDED_OFF = "lead.handed_off"
    PASSED_ON = "lead.passed_on"
    RETURNED = "lead.returned"
    MARKED = "lead.marked"
    MARK_REVERTED = "lead.mark_reverted"
    WON = "lead.won"
    WIN_CHANGED = "lead.win_changed"
    WIN_REVERTED = "lead.win_reverted"
    LOST = "lead.lost"
    REOPENED = "lead.reopened"
    MERGED = "lead.merged"
    MERGE_UNDONE = "lead.merge_undone"
    ERASED = "lead.erased"


# A dispute that ends may change the mark, too: its event is a mark where it says a new one.
OVERRULED: Final = EventKind.DISPUTE_ENDED
KIND_OF: Final[dict[HookEvent, EventKind]] = {event: EventKind[event.name] for event in HookEvent}
EVENT_OF: Final[dict[str, HookEvent]] = {kind.value: event for event, kind in KIND_OF.items()} | {
    OVERRULED.value: HookEvent.MARKED
}
# What an import of history writes by itself is the past: it is not told.
OF_ARRIVING: Final = frozenset({EventKind.ARRIVED, EventKind.ARRIVED_AGAIN})

# What `before` and `after` may say. Notes and next steps are people's own words and stay here.
_PLAIN: Final = frozenset(
    {
        "stage",
        "mark",
        "amount",
        "due_at",
        "handed_off_at",
        "first_contact_at",
        "marked_at",
        "qualified_at",
        "won_at",
        "lost_at",
        "closed_at",
        "gone_id",
        "survivor_id",
    }
)


def known(events: Iterable[str]) -> list[HookEvent]:
    """Those of these names that are events, in order."""
    wanted = set(events)
    return [event for event in HookEvent if event.value in wanted]


def change(
    values: Mapping[str, Any], owners: Mapping[int, Any], reasons: Mapping[int, Any], kind: HookEvent
) -> dict[str, Any]:
    """One side of a change as others may see it: known fields only, references as what they refer to."""
    said = {name: value for name, value in values.items() if name in _PLAIN}
    if "owner_id" in values:
        said["owner"] = owners.get(values["owner_id"] or 0)
    if "reason_id" in values:
        said["reason"] = reasons.get(values["reason_id"] or 0)
    if kind is HookEvent.RETURNED and isinstance(values.get("reason"), str):
        said["return_reason"] = values["reason"]
    return said


def body(
    *,
    key: str,
    event: str,
    at: datetime,
    lead: Mapping[str, Any] | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> dict[str, Any]:
    """What is sent: the same fields for every event, `lead` as it stood when this was written."""
    return {
        "id": key,
        "type": event,
        "version": VERSION,
        "at": instant(at),
        "lead": lead,
        "before": dict(before),
        "after": dict(after),
    }


def instant(at: datetime | None) -> str | None:
    """An instant in UTC, ISO 8601."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
