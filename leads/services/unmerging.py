"""Two leads again: a merge taken back (domain.md, Arrivals, duplicates).

Both are as they were, under the same numbers and with the same rows. What happened since stays with the survivor: what
was logged, marked, answered and edited, and who came again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import identity
from leads.domain import merging as rules
from leads.domain.words import EventKind, Outcome, Stage
from leads.models import Activity, Arrival, Lead, LeadEvent, Mark, Merge, Step
from leads.selectors.lead_relations import Relation, relations
from leads.services import arrivals, changes, gate_numbers, merge_clocks, merge_rows, unroutable_alerts
from leads.services.merging import spent
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices import services as notices

# What only makes sense together: changed since in one of them, all of them stay as they are.
_PARTS = (rules.STATE_COLUMNS, rules.CONTACT, rules.NEXT_STEP, ("search", "company_key"))
_NOT_RESTORED = frozenset({"id", "version", "gate_number", *rules.SUMS})


def may_undo(merge: Merge, by: User) -> bool:
    """Marketing and the head of sales; a rep who merged own leads and still has the one."""
    if by.can(Can.MERGE_LEADS):
        return True
    return by.can(Can.WORK_LEADS) and merge.by_id == by.pk == merge.survivor.owner_id


def undo(*, merge: Merge, by: User, at: datetime | None = None) -> Lead:
    """Take the merge back; returns the lead that is here again. Of several merges of a lead the latest comes first.

    Raises `NotAllowed`; `Conflict` when it was taken back already or a later merge stands; `Invalid` where the lead
    was erased since; `NotFound`.
    """
    now = changes.instant(at)
    with db.exclusively(arrivals.LOCK, wait=True):
        found = db.locked(Merge.objects.filter(pk=merge.pk)).first()
        if found is None:
            raise NotFound(_("This merge is no longer known."))
        gate_numbers.hold([found.survivor_id], _campaigns(found))
        survivor = found.survivor = changes.take(Lead(pk=found.survivor_id))
        _check(found, by)
        return _undo(found, survivor, by, now)


def _campaigns(merge: Merge) -> set[int]:
    """What the one lead counts for, and what both did."""
    former = {merge.snapshot[name]["campaign_id"] for name in ("survivor", "other") if name in merge.snapshot}
    return former | set(Lead.objects.filter(pk=merge.survivor_id).values_list("campaign_id", flat=True))


def _check(merge: Merge, by: User) -> None:
    if not may_undo(merge, by):
        raise NotAllowed(
            _("A merge is taken back by marketing, by the head of sales, or by who merged own leads.")
        )
    if merge.undone_at is not None:
        name = merge.undone_by.name if merge.undone_by else _("LeadSync")
        raise Conflict(_("%(name)s has taken this merge back already.") % {"name": name}, by=name)
    if merge.survivor.erased_at is not None or not merge.snapshot:
        raise Invalid(_("The lead was erased since: nothing is left that could be put back."))
    later = (
        Merge.objects.filter(survivor=merge.survivor_id, undone_at=None, pk__gt=merge.pk)
        .order_by("-pk")
        .first()
    )
    if later is not None:
        raise Conflict(
            _("Another lead was merged into this one later (%(title)s). Take that back first.")
            % {"title": _title(later)},
            merge=later.pk,
        )


def _title(merge: Merge) -> str:
    row = merge.snapshot.get("other", {})
    return str(row.get("name") or row.get("company") or f"#{merge.gone_id}")


def _undo(merge: Merge, survivor: Lead, by: User, now: datetime) -> Lead:
    snapshot = merge.snapshot
    was, left = (merge_rows.from_row(Lead, snapshot[name]) for name in ("survivor", "after"))
    gone = merge_rows.from_row(Lead, snapshot["other"])
    campaigns = _campaigns(merge)
    figures = [*changes.counted_at(survivor), *_worked_at([survivor.pk])]
    contact = _contact_since(survivor, snapshot["newest"])

    # The row comes first, with what was spent on it since the merge; its number in the gate follows.
    mine = Activity.objects.filter(pk__in=snapshot["moved"].get("leads.Activity.lead", ()), lead=survivor.pk)
    more = [now_spent - then for now_spent, then in zip(spent(mine), snapshot["spent"], strict=True)]
    gone |= {
        "version": max(gone["version"], survivor.version) + 1,
        "gate_number": None,
        "minutes": max(gone["minutes"] + more[0], 0),
        "minutes_estimated": max(gone["minutes_estimated"] + more[1], 0),
    }
    Lead.objects.bulk_create([Lead(**gone)])
    _move_back(merge, survivor)
    values = _restored(survivor, was, left, contact)
    for place, name in enumerate(("minutes", "minutes_estimated")):
        values[name] = max(getattr(survivor, name) - (left[name] - was[name]) - more[place], 0)
    same = survivor.attempts == left["attempts"]
    values["attempts"] = (
        was["attempts"] if same else max(survivor.attempts - (left["attempts"] - was["attempts"]), 0)
    )
    values["gate_number"] = None
    before, after = changes.save(survivor, values)
    _follow_campaign(survivor, merge)
    _rebase_marks(survivor, snapshot, was, left)
    merge_clocks.part(survivor, merge.gone_id, snapshot, contact_at=contact)
    # Both gave up their numbers a moment ago: what merging left, for all but them, is there to be compared.
    gate = {
        when: {int(pk): number for pk, number in found.items()} for when, found in snapshot["gate"].items()
    }
    gate_numbers.put_back(gate["before"], gate["after"] | {survivor.pk: None, merge.gone_id: None}, campaigns)
    survivor.refresh_from_db()
    merge.undone_at, merge.undone_by = now, by
    merge.save(update_fields=["undone_at", "undone_by"])
    for name in ("search", "company_key", "gate_number"):
        before.pop(name, None), after.pop(name, None)
    back = Lead.objects.get(pk=merge.gone_id)
    told = {"merge": merge.pk, "gone": back.pk, "title": back.title}
    changes.record(survivor, EventKind.MERGE_UNDONE, by=by, at=now, before=before, after=after | told)
    touch(
        [
            *figures,
            *changes.counted_at(survivor),
            *changes.counted_at(back),
            *_worked_at([survivor.pk, back.pk]),
        ]
    )
    unroutable_alerts.settle(campaigns, opens=True)
    notices.put(
        kind="lead_parted",
        recipients={survivor.owner_id, back.owner_id},
        key=f"lead_parted:{merge.pk}",
        context=changes.facts(survivor, by=by.name, other=back.title),
        url=changes.url_of(survivor.pk),
        by=by,
        at=now,
    )
    return back


def _worked_at(lead_ids: Iterable[int]) -> list[tuple[int, datetime]]:
    return list(Activity.objects.filter(lead__in=lead_ids).values_list("campaign_id", "at"))


def _contact_since(survivor: Lead, newest: Mapping[str, int]) -> datetime | None:
    """When somebody of sales got in touch with the survivor after the merge: what ends a promise of its own."""
    new = Activity.objects.filter(lead=survivor.pk, pk__gt=newest["activity"])
    talks = new.filter(Q(direction="out") | Q(outcome=Outcome.REACHED)).exclude(kind__in=("note", "work"))
    ends = LeadEvent.objects.filter(
        lead=survivor.pk, pk__gt=newest["event"], kind__in=(EventKind.WON, EventKind.LOST)
    )
    found = [*talks.values_list("at", flat=True), *ends.values_list("at", flat=True)]
    if not survivor.is_judged_only:
        marks = Mark.objects.filter(lead=survivor.pk, pk__gt=newest["mark"], reverted_at=None)
        found += marks.values_list("at", flat=True)
    return min(found, default=None)


def _restored(
    survivor: Lead, was: Mapping[str, Any], left: Mapping[str, Any], contact: datetime | None
) -> dict[str, Any]:
    """The survivor's columns without the other lead; what was changed since the merge stays."""
    values: dict[str, Any] = {}
    parts = [*_PARTS, *((name,) for name in was if not any(name in part for part in _PARTS))]
    for part in parts:
        names = [name for name in part if name not in _NOT_RESTORED]
        if all(getattr(survivor, name) == left[name] for name in names):
            values |= {name: was[name] for name in names}
    texts = {
        name: values.get(name, getattr(survivor, name)) for name in ("name", "company", "email", "phone")
    }
    if any(texts[name] != was[name] for name in texts):
        values["search"] = identity.search_text(**texts)
        values["company_key"] = identity.company_key(texts["company"])
    if values.get("first_contact_at", survivor.first_contact_at) is None and contact is not None:
        values["first_contact_at"] = contact
        if values.get("stage", survivor.stage) == Stage.NEW:
            values["stage"] = Stage.CONTACTED
    return values


def _move_back(merge: Merge, survivor: Lead) -> None:
    """All rows under the lead they were with; those that were put aside are there again."""
    snapshot, gone_id = merge.snapshot, merge.gone_id
    for relation in relations():
        ids = snapshot["moved"].get(relation.label, ())
        rows = relation.rows(survivor.pk).filter(pk__in=ids)
        treatment = relation.treatment
        if treatment.is_kept and treatment.same:
            _part_values(relation, rows, snapshot["kept"].get(relation.label, ()), survivor.pk)
            rows = relation.rows(survivor.pk).filter(pk__in=ids)
        rows.update(**{relation.column: gone_id})
        aside = snapshot["removed"].get(relation.model._meta.label, ())
        if treatment.is_pair and relation.label.endswith(".second"):
            continue  # a pair stands under both: put back once
        _put_aside_back(relation, aside, survivor.pk)
    for row in snapshot["kept"].get("leads.Mark.lead", ()):
        values = merge_rows.from_row(Mark, row)
        Mark.objects.filter(pk=row["id"]).update(
            undo=values["undo"], reverted_at=values["reverted_at"], reverted_by_id=values["reverted_by_id"]
        )
    Arrival.objects.filter(pk__in=snapshot["firsts"]).update(is_first=True)
    # What was flagged since for a handoff that went back goes with it.
    handoffs = snapshot["moved"].get("leads.Handoff.lead", ())
    Step.objects.filter(lead=survivor.pk, handoff__in=handoffs).update(lead=gone_id)


def _part_values(relation: Relation, rows: Any, kept: Iterable[dict[str, Any]], survivor_id: int) -> None:
    """What was changed since the merge stays with the survivor, as a row of its own; the former is put back."""
    former = {row["id"]: row for row in kept}
    now = {row.pk: row for row in rows}
    for pk, row in former.items():
        one = now.get(pk)
        if one is not None and merge_rows.as_row(one) | {relation.column: row[relation.column]} == row:
            continue
        relation.model._base_manager.filter(pk=pk).delete()
        merge_rows.put(relation.model, [row])
        if one is not None:
            one.pk = None
            one._state.adding = True
            one.save()


def _put_aside_back(relation: Relation, aside: Iterable[dict[str, Any]], survivor_id: int) -> None:
    same = relation.treatment.same
    names = same or ()
    taken = (
        {tuple(getattr(row, name) for name in names) for row in relation.rows(survivor_id)}
        if same is not None
        else set()
    )
    rows = []
    for row in aside:
        values = merge_rows.from_row(relation.model, row)
        if row.get(relation.column) == survivor_id and tuple(values[name] for name in names) in taken:
            continue  # said anew since
        rows.append(row)
    if relation.treatment.is_pair:
        rows = _pairs(relation, rows)
    merge_rows.put(relation.model, rows)


def _pairs(relation: Relation, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pairs whose leads are both still here."""
    ids = {row[name] for row in rows for name in ("first_id", "second_id")}
    here = set(Lead.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [row for row in rows if {row["first_id"], row["second_id"]} <= here]


def _follow_campaign(survivor: Lead, merge: Merge) -> None:
    """Activities count for the campaign of their lead, those of both as they did."""
    former = dict(merge.snapshot["activities"])
    Activity.objects.filter(lead=survivor.pk).exclude(pk__in=former).update(campaign=survivor.campaign_id)
    by_campaign: dict[int, list[int]] = {}
    for pk, campaign_id in former.items():
        by_campaign.setdefault(campaign_id, []).append(pk)
    for campaign_id, ids in by_campaign.items():
        Activity.objects.filter(pk__in=ids).update(campaign=campaign_id)


def _rebase_marks(
    survivor: Lead, snapshot: Mapping[str, Any], was: Mapping[str, Any], left: Mapping[str, Any]
) -> None:
    """Taking a mark back leads to what the survivor is without the other lead."""
    for pk, undo in snapshot["marks"].items():
        Mark.objects.filter(pk=pk).update(undo=undo)
    for mark in Mark.objects.filter(lead=survivor.pk, pk__gt=snapshot["newest"]["mark"]):
        before = mark.undo.get("lead")
        if not before:
            continue
        found = dict(before)
        for name, value in before.items():
            if name in rules.SUMS:
                found[name] = max(value - (left[name] - was[name]), 0)
            elif value == changes.as_json(left[name]):
                found[name] = changes.as_json(was[name])
        Mark.objects.filter(pk=mark.pk).update(undo=mark.undo | {"lead": found})
