"""Two leads become one (domain.md, Arrivals, duplicates). `leads.services.unmerging` is the way back.

The survivor keeps its number; everything of the other moves to it and its row goes. `Merge.snapshot` holds what puts
both back: their rows, which rows moved, which were kept aside, and what was changed on the way.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import identity
from leads.domain import merging as rules
from leads.domain.words import EventKind, Stage
from leads.models import Activity, Arrival, Lead, LeadEvent, Mark, Merge
from leads.services import (
    arrivals,
    changes,
    gate_numbers,
    merge_clocks,
    merge_rows,
    recomputing,
    unroutable_alerts,
)
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices


def may_merge(survivor: Lead, other: Lead, by: User) -> bool:
    """Marketing and the head of sales; a rep whose leads both are."""
    if by.can(Can.MERGE_LEADS):
        return True
    return by.can(Can.WORK_LEADS) and survivor.owner_id == by.pk == other.owner_id


def merge(
    *,
    survivor: Lead,
    other: Lead,
    by: User,
    choices: Mapping[str, str] | None = None,
    versions: tuple[int | None, int | None] = (None, None),
    at: datetime | None = None,
) -> Merge:
    """Make one lead of two. `choices` says by name (`rules.FIELDS`, "state", "answer:<key>", "words:<topic>") whose
    value stands, "survivor" or "other"; what is not chosen as `rules.defaults` has it.

    `versions`: of the survivor and of the other, as they were read. Nobody who arrives meanwhile is lost: arrivals
    wait. Raises `NotAllowed`; `Conflict` where somebody changed one of them, naming who and what; `NotFound`;
    `Invalid` for a lead with itself, a test with a real lead, an erased lead, or a choice there is not.
    """
    now = changes.instant(at)
    wanted = dict(choices or {})
    for name, side in wanted.items():
        is_known = name in rules.FIELDS or name == rules.STATE or name.startswith((rules.ANSWER, rules.WORDS))
        if not is_known or side not in rules.SIDES:
            raise Invalid(_("Choose one of the two."), field=name)
    if survivor.pk == other.pk:
        raise Invalid(_("This is the same lead."), field="other")
    # Arrivals before leads before handoffs, and leads by number: the order in which every service locks.
    with db.exclusively(arrivals.LOCK, wait=True):
        known = {survivor.pk: versions[0], other.pk: versions[1]}
        gate_numbers.hold(known, Lead.objects.filter(pk__in=known).values_list("campaign_id", flat=True))
        for lead in sorted((survivor, other), key=lambda one: one.pk):
            changes.take(lead, version=known[lead.pk])
        check(survivor, other, by)
        return _merge(survivor, other, by, wanted, now)


def check(survivor: Lead, other: Lead, by: User) -> None:
    """Raise what speaks against making one lead of these two: `NotAllowed`, `Invalid`."""
    if survivor.erased_at is not None or other.erased_at is not None:
        raise Invalid(_("One of the two was erased: there is nothing left to merge."), field="other")
    if survivor.is_test != other.is_test:
        raise Invalid(_("A test lead is in no figure: it is not merged with a real one."), field="other")
    if not may_merge(survivor, other, by):
        raise NotAllowed(
            _("Leads are merged by marketing, by the head of sales, or by the rep who has both.")
        )


def _merge(survivor: Lead, other: Lead, by: User, choices: Mapping[str, str], now: datetime) -> Merge:
    both = (survivor.pk, other.pk)
    rows = {row["id"]: row for row in Lead.objects.filter(pk__in=both).values()}
    mine, theirs = rows[survivor.pk], rows[other.pk]
    campaigns = {survivor.campaign_id, other.campaign_id}
    numbers = {survivor.pk: survivor.gate_number, other.pk: other.gate_number}
    snapshot: dict[str, Any] = {
        "survivor": merge_rows.as_row(survivor),
        "other": merge_rows.as_row(other),
        "calendar": recomputing.version(),
        "spent": spent(Activity.objects.filter(lead=other.pk)),
        "newest": _newest(both),
    }
    figures = [*changes.counted_at(survivor), *changes.counted_at(other), *_worked_at(both)]
    values = rules.merged(mine, theirs, choices)
    snapshot["activities"] = list(
        Activity.objects.filter(lead__in=both)
        .exclude(campaign=values["campaign_id"])
        .values_list("pk", "campaign_id")
    )
    before, made = merge_clocks.join(survivor, other, values, by=by, now=now)
    standing = [(_standing(survivor), theirs), (_standing(other), mine)]
    snapshot["marks"] = {str(mark.pk): mark.undo for mark, _rest in standing[:1] if mark is not None}
    snapshot |= merge_rows.move(survivor.pk, other.pk, lambda label, row: _is_chosen(label, row, choices))
    if made is not None:
        made.save()
    snapshot["clocks"] = {"before": before, "made": made.pk if made else None}
    for mark, rest in standing:
        _rebase(mark, rest)
    snapshot["firsts"] = _one_first(snapshot, rules.came_first(mine, theirs), survivor)
    _let_go(both[1])
    values["search"] = identity.search_text(
        name=values["name"], company=values["company"], email=values["email"], phone=values["phone"]
    )
    values["company_key"] = identity.company_key(values["company"])
    was, is_now = changes.save(survivor, values)
    Activity.objects.filter(lead=survivor.pk).update(campaign=survivor.campaign_id)
    closed = gate_numbers.close_up(*campaigns, joined={survivor.pk: both[1]})
    survivor.refresh_from_db()
    numbered = Lead.objects.filter(pk__in=[*closed, survivor.pk]).values_list("pk", "gate_number")
    snapshot["gate"] = {
        "before": {str(pk): number for pk, number in (closed | numbers).items()},
        "after": {str(pk): number for pk, number in numbered},
    }
    snapshot["after"] = merge_rows.as_row(survivor)
    merged = Merge.objects.create(survivor=survivor, gone_id=both[1], at=now, by=by, snapshot=snapshot)
    for name in ("search", "company_key"):
        was.pop(name, None), is_now.pop(name, None)
    told = {"merge": merged.pk, "gone": both[1], "title": other.title}
    changes.record(survivor, EventKind.MERGED, by=by, at=now, before=was, after=is_now | told)
    touch([*figures, *changes.counted_at(survivor), *_worked_at(both[:1])])
    unroutable_alerts.settle(campaigns)
    notices.put(
        kind="lead_merged",
        recipients={mine["owner_id"], theirs["owner_id"], survivor.owner_id},
        key=f"lead_merged:{merged.pk}",
        context=changes.facts(survivor, by=by.name, other=other.title),
        url=changes.url_of(survivor.pk),
        by=by,
        at=now,
    )
    return merged


def spent(activities: QuerySet[Activity]) -> list[int]:
    """Minutes of these activities, and the part of them that nobody entered."""
    found = activities.aggregate(
        all=Coalesce(Sum("minutes"), 0),
        estimated=Coalesce(Sum("minutes", filter=Q(is_estimated=True)), 0),
    )
    return [found["all"], found["estimated"]]


def _newest(lead_ids: Iterable[int]) -> dict[str, int]:
    """The newest row of each kind by which somebody may get in touch with a lead: what comes later came since."""
    models: dict[str, type[Model]] = {"activity": Activity, "mark": Mark, "event": LeadEvent}
    return {
        name: model._base_manager.filter(lead__in=lead_ids).aggregate(last=Max("pk"))["last"] or 0
        for name, model in models.items()
    }


def _worked_at(lead_ids: Iterable[int]) -> list[tuple[int, datetime]]:
    """Where and when sales time of these leads counts."""
    return list(Activity.objects.filter(lead__in=lead_ids).values_list("campaign_id", "at"))


def _is_chosen(label: str, row: Any, choices: Mapping[str, str]) -> bool:
    """Whether the other's row stands where both have one."""
    if label == "leads.Answer.lead":
        return choices.get(f"{rules.ANSWER}{row.key}") == rules.OTHER
    if label == "leads.Finding.lead" and row.tag_id is None:
        return choices.get(f"{rules.WORDS}{row.topic}") == rules.OTHER
    return False


def _standing(lead: Lead) -> Mark | None:
    return Mark.objects.filter(lead=lead.pk, reverted_at=None).order_by("-pk").first()


def _rebase(mark: Mark | None, rest: Mapping[str, Any]) -> None:
    """Let taking the mark back lead to what both leads were without it, not to one of them."""
    before = mark.undo.get("lead") if mark is not None else None
    if mark is None or not before:
        return
    found = {name: changes.restored(name, value) for name, value in before.items()}
    for name in rules.SUMS:
        if name in found:
            found[name] += rest[name]
    if rest["first_contact_at"] is not None and "first_contact_at" in found:
        own = found["first_contact_at"]
        if own is None or rest["first_contact_at"] < own:
            found |= {name: rest[name] for name in rules.CONTACT}
        if found["stage"] == Stage.NEW:
            found["stage"] = Stage.CONTACTED
    if rest["last_activity_at"] is not None and "last_activity_at" in found:
        found["last_activity_at"] = max(
            found["last_activity_at"] or rest["last_activity_at"], rest["last_activity_at"]
        )
    undo = mark.undo | {"lead": {name: changes.as_json(value) for name, value in found.items()}}
    Mark.objects.filter(pk=mark.pk).update(undo=undo)


def _one_first(snapshot: Mapping[str, Any], first: str, survivor: Lead) -> list[int]:
    """One arrival stays the first: that of the lead which came first. The ones that no longer are."""
    others = snapshot["moved"].get("leads.Arrival.lead", [])
    rows = Arrival.objects.filter(lead=survivor.pk, is_first=True)
    rows = rows.filter(pk__in=others) if first == rules.SURVIVOR else rows.exclude(pk__in=others)
    found = list(rows.values_list("pk", flat=True))
    Arrival.objects.filter(pk__in=found).update(is_first=False)
    return found


def _let_go(lead_id: int) -> None:
    """Delete the row of the lead that is now part of another. Nothing hangs on it any more, or nothing happens."""
    count, _by_model = Lead.objects.filter(pk=lead_id).delete()
    if count != 1:
        raise RuntimeError("Something that hangs on the lead was not moved.")
