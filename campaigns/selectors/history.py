"""What happened to a campaign, read from its history, as facts that a page puts into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from campaigns.domain.notes import folded
from campaigns.models import Campaign, Channel
from leadsync.accounts.models import User

# The fields a change of which is worth telling. Foreign keys by their column, as the history keeps them.
TOLD = (
    "state",
    "name",
    "kind",
    "channel_id",
    "market",
    "segment",
    "owner_id",
    "starts_on",
    "ends_on",
    "budget",
    "offer",
    "terms",
    "hypothesis",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after. People and channels are shown by name."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Happened:
    """One saved change: when, by whom (None: not by a person), what. `is_creation` has no changes."""

    pk: int
    at: datetime
    by: User | None
    is_creation: bool
    state: str
    changes: tuple[Change, ...] = ()
    note: str = ""  # why, where somebody said so

    def change_of(self, field: str) -> Change | None:
        """The change of that field, None where it stayed."""
        return next((change for change in self.changes if change.field == field), None)


def _names(records: Sequence[Any]) -> dict[str, dict[int, str]]:
    """Names for ids that changed. At most one query per kind, none while nothing of the kind changed."""
    found: dict[str, dict[int, str]] = {"owner_id": {}, "channel_id": {}}
    owners = {record.owner_id for record in records}
    if len(owners) > 1:
        found["owner_id"] = dict(User.objects.filter(pk__in=owners).values_list("pk", "name"))
    channels = {record.channel_id for record in records}
    if len(channels) > 1:
        found["channel_id"] = dict(Channel.objects.filter(pk__in=channels).values_list("pk", "name"))
    return found


def _changes(before: Any, after: Any, names: dict[str, dict[int, str]]) -> tuple[Change, ...]:
    def shown(record: Any, field: str) -> Any:
        value = getattr(record, field)
        return names[field].get(value, "") if field in names else value

    return tuple(
        Change(field, shown(before, field), shown(after, field))
        for field in TOLD
        if getattr(before, field) != getattr(after, field)
    )


def what_happened(campaign: Campaign, *, newest: int | None = None) -> list[Happened]:
    """The campaign's changes, newest first, `newest` at most. One query, two more where names changed.

    Saves that changed nothing worth telling are left out.
    """
    records: Any = campaign.history.select_related("history_user").order_by("-history_date", "-history_id")
    if newest is not None:
        records = records[: newest + 1]  # the one before says what the last of them changed
    records = list(records)
    names = _names(records)
    found = []
    for after, before in pairwise([*records, None]):
        if after is None:
            continue
        is_creation = after.history_type == "+"
        changes = () if is_creation or before is None else _changes(before, after, names)
        if is_creation or changes:
            found.append(
                Happened(
                    pk=after.history_id,
                    at=after.history_date,
                    by=after.history_user,
                    is_creation=is_creation,
                    state=after.state,
                    changes=changes,
                    note=after.history_change_reason or "",
                )
            )
    return found[:newest]


def last_change_of_state(happened: Sequence[Happened]) -> Happened | None:
    """The newest change of state among these (newest first), None where the state never changed."""
    return next((one for one in happened if one.change_of("state")), None)


def has_moved(happened: Sequence[Happened]) -> bool:
    """Whether these changes (newest first) leave the campaign in another market than they found it in."""
    for field in ("market", "segment"):
        changes = [change for one in happened if (change := one.change_of(field))]
        if changes and folded(str(changes[-1].before or "")) != folded(str(changes[0].after or "")):
            return True
    return False
