"""Whose promise goes on when two leads become one, and what runs again when they are two once more.

The earlier due clock goes on; the other ends as merged. Where one of the two was contacted already, or stands won, no
promise runs on: had the second arrival been recognised at once, none would have begun. Going to another rep than the
one it runs with, it is passed on with what is left.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leads.domain.words import End
from leads.models import Handoff, Lead, Step
from leads.selectors.duplicates import goes_on
from leads.services import changes, handoff, recomputing
from leads.services.clocks import Clocks
from leads.services.merge_rows import as_row, from_row
from leadsync.accounts.models import User
from leadsync.core import db

RULE = "merged"
_RUN = ("ended_at", "end", "is_in_time", "left_seconds", "taken_seconds", "waited_seconds", "next_check_at")


def join(
    survivor: Lead, other: Lead, values: dict[str, Any], *, by: User | None, now: datetime
) -> tuple[list[dict[str, Any]], Handoff | None]:
    """End what does not go on, and say in `values` whose lead it is then.

    Returns the rows of what was ended, as they were, and the handoff that goes on instead, not saved: it is the
    survivor's once the others are moved.
    """
    rows = Handoff.objects.open().filter(lead__in=[survivor.pk, other.pk]).order_by("pk")
    running = list(db.locked(rows))
    kept = goes_on(running, survivor, other, values["stage"])
    made: Handoff | None = None
    before = [as_row(one) for one in running]
    if kept is not None:
        side = survivor if kept.lead_id == survivor.pk else other
        values["wanted_at"] = side.wanted_at  # the clock was counted by it
        values["owner_id"] = values["owner_id"] or kept.rep_id
        if values["owner_id"] != kept.rep_id:
            made = handoff.carry_on(
                kept,
                clocks=Clocks.of([kept.rep_id, values["owner_id"]]),
                to_id=values["owner_id"],
                campaign_kind=changes.campaign_of(side).kind,
                wanted_at=side.wanted_at,
                by=by,
                why={"rule": RULE},
                now=now,
            )
            made.lead_id = survivor.pk
    ends = [one.pk for one in running if one is not kept or made is not None]
    Handoff.objects.filter(pk__in=ends).update(ended_at=now, end=End.MERGED, next_check_at=None)
    return [row for row in before if row["id"] in ends], made


def part(survivor: Lead, gone_id: int, snapshot: Mapping[str, Any], *, contact_at: datetime | None) -> None:
    """Let run again what merging ended; `contact_at`: the first contact with the survivor since, if there was one.

    The handoffs of the lead that comes back are with it again already. What sales did since is the survivor's.
    """
    made = Handoff.objects.filter(pk=snapshot["clocks"]["made"] or 0).first()
    if made is not None and made.ended_at is None:
        made.delete()
    kept = {row["id"]: row for row in snapshot["kept"].get("leads.Handoff.lead", ())}
    kept |= {row["id"]: row for row in snapshot["clocks"]["before"]}
    now = {one.pk: one for one in db.locked(Handoff.objects.filter(pk__in=kept)).order_by("pk")}
    is_taken = Handoff.objects.open().filter(lead=survivor.pk).exclude(pk__in=kept).exists()
    for pk, row in kept.items():
        was = from_row(Handoff, row)
        one = now.get(pk)
        if one is None or was["ended_at"] is not None or one.ended_at is None:
            continue  # over before, or it runs on as it is
        if row["lead_id"] == gone_id:
            _run(one, was)
        elif made is not None and made.ended_at is not None:
            continue  # the promise that took over from it came to its end
        elif contact_at is not None:
            one.ended_at, one.end, one.is_in_time = contact_at, End.CONTACT, contact_at <= one.due_at
            one.save(update_fields=["ended_at", "end", "is_in_time"])
        elif not is_taken and survivor.is_open and survivor.owner_id == one.rep_id:
            _run(one, was)
    if snapshot["calendar"] != recomputing.version():
        for lead_id in (survivor.pk, gone_id):
            recomputing.recompute(lead=lead_id)


def _run(one: Handoff, was: Mapping[str, Any]) -> None:
    """As it was; what was flagged meanwhile stays flagged."""
    for name in _RUN:
        setattr(one, name, was[name])
    flagged = set(Step.objects.filter(handoff=one).values_list("kind", flat=True))
    times = {"warn": one.warn_at, "missed": one.due_at, "escalated": one.escalate_at}
    if was["next_check_at"] is not None and was["next_check_at"] <= one.escalate_at:
        left = [at for kind, at in times.items() if kind not in flagged and at >= was["next_check_at"]]
        one.next_check_at = min(left, default=None)
    one.save(update_fields=list(_RUN))
