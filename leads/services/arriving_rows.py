"""Saving a chunk of arrivals in a fixed number of statements: leads, keys, answers, handoffs, arrivals, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import Campaign
from campaigns.services import touch
from leads.domain import definition, identity, promise
from leads.domain.terms import Terms
from leads.domain.words import OPEN_STAGES, Door, EventKind, MarkValue, Stage
from leads.models import Answer, Arrival, Consent, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.selectors import agreement
from leads.services import changes, gate_numbers, handoff, outcomes, routing, unroutable_alerts
from leads.services.clocks import Clocks, first_check
from leads.services.same_lead import LeadData, Prepared, known_keys
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import Invalid
from leadsync.notices import services as notices


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; `problem` says why nothing did. `rep_id`: who was handed the lead by this arrival."""

    lead_id: int | None = None
    arrival_id: int | None = None
    is_new: bool = False
    rep_id: int | None = None
    problem: Invalid | None = None


LEAD_COLUMNS = (
    "id",
    "name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "city",
    "language",
    "need",
    "search",
    "company_key",
    "owner",
    "gate_number",
    "received_at",
    "handed_off_at",
    "wanted_at",
)
NOTHING = db.as_document({})
NOBODY = db.as_document({"owner_id": None})


@dataclass(slots=True)
class _New:
    """A lead about to be saved."""

    pk: int
    data: LeadData
    campaign_id: int
    company_key: str
    received_at: datetime
    gate_number: int | None = None
    owner_id: int | None = None

    @property
    def title(self) -> str:
        return self.data.name or self.data.company

    @property
    def country(self) -> str:
        return self.data.country

    @property
    def language(self) -> str:
        return self.data.language

    @property
    def can_be_reached(self) -> bool:
        return bool(self.data.email or self.data.phone)


@dataclass(frozen=True, slots=True)
class _Given:
    """A handoff about to be saved. `why` is kept with it and with its event, so its text is made once."""

    pk: int
    lead_id: int
    rep_id: int
    why: dict[str, Any]
    why_text: db.Document
    clock: promise.Clock
    next_check_at: datetime


class _Handed:
    """What events say of handoffs; all but the reasons is the same for those of one rep that are due together."""

    def __init__(self) -> None:
        self._around: dict[tuple[int, datetime], tuple[str, str]] = {}

    def after(self, given: _Given) -> db.Document:
        key = (given.rep_id, given.clock.due_at)
        around = self._around.get(key)
        if around is None:
            text = db.as_document(handoff.handed_after(*key, {"?": 0}))
            start, _place, end = text.partition('{"?": 0}')
            around = self._around[key] = (start, end)
        return db.Document(f"{around[0]}{given.why_text}{around[1]}")


class Chunk:
    """Saves one chunk of arrivals inside the transaction of its caller."""

    def __init__(
        self,
        campaign: Campaign,
        door: Door,
        by: User | None,
        now: datetime,
        batch: Import | None,
        hand_off: bool,
    ) -> None:
        self.campaign = campaign
        self.door = door
        self.by = by
        self.now = now
        self.batch = batch
        self.is_test = door == Door.TEST
        self.is_history = door == Door.HISTORY
        self.hand_off = hand_off and not self.is_test and not self.is_history
        self.terms: Terms = agreement.terms()

    def take(self, rows: Sequence[Prepared]) -> list[RowResult]:
        """What became of each row. The caller holds the arrivals' lock."""
        known = known_keys(key for row in rows for key in row.keys)
        good = [row for row in rows if row.problem is None]
        ids = iter(db.next_ids(Lead, len(good))) if good else iter(())
        here: set[int] = set()  # leads of earlier transactions that these rows are
        new: dict[int, _New] = {}
        keys: list[tuple[int, str, str, str]] = []
        lead_of: list[tuple[int, bool] | None] = []
        for row in rows:
            if row.problem is not None:
                lead_of.append(None)
                continue
            found = next((known[key] for key in row.keys if key in known), None)
            if found is None:
                pk = next(ids)
                new[pk] = _New(
                    pk,
                    row.data,
                    self.campaign.pk,
                    identity.company_key(row.data.company),
                    self._arrived_at(row),
                )
                for key in row.keys:
                    known[key] = pk
                    keys.append((pk, *key))
                lead_of.append((pk, True))
            else:
                if found not in new:
                    here.add(found)
                lead_of.append((found, False))
        leads = (
            {lead.pk: lead for lead in db.locked(Lead.objects.filter(pk__in=here)).order_by("pk")}
            if here
            else {}
        )
        handoffs = self._hand_off(new, leads)
        self._number(list(new.values()))
        for made in handoffs.values():
            if made.lead_id in new:
                new[made.lead_id].owner_id = made.rep_id
        self._save(new, keys, handoffs)
        self._open_again(leads, handoffs)
        results = self._arrivals(rows, lead_of, new, leads, handoffs)
        if self.batch is None:
            self._tell(new, leads, handoffs)
        self._touch(new, leads, handoffs)
        if self.hand_off:
            left = any(lead.can_be_reached and lead.owner_id is None for lead in new.values()) or any(
                made.why["rule"] == unroutable_alerts.UNROUTABLE for made in handoffs.values()
            )
            # All that wait are counted for it: of a long list once it is in (`arrivals.tell_batch`), not with each chunk.
            if self.batch is None or (left and not unroutable_alerts.is_told(self.campaign.pk)):
                unroutable_alerts.settle([self.campaign.pk], opens=left)
        return results

    def _arrived_at(self, row: Prepared) -> datetime:
        given = row.data.received_at
        return self.now if given is None else min(given, self.now)

    def _number(self, new: list[_New]) -> None:
        """Give the campaign's first leads their numbers in the gate, in the order of arrival."""
        if self.is_test or self.is_history or not new:
            return
        following, first = gate_numbers.next_of(self.campaign.pk)
        for number, lead in zip(range(following, first + self.terms.gate_size), new, strict=False):
            lead.gate_number = number

    def _hand_off(self, new: Mapping[int, _New], leads: Mapping[int, Lead]) -> dict[int, _Given]:
        """Handoffs to be saved, by lead: new and ownerless leads by routing, closed and lost ones to their last owner."""
        if not self.hand_off:
            return {}
        running = (
            set(Handoff.objects.filter(lead__in=leads, ended_at=None).values_list("lead_id", flat=True))
            if leads
            else set()
        )
        back = {
            lead.pk: lead
            for lead in leads.values()
            if lead.stage in {Stage.CLOSED, Stage.LOST} and lead.can_be_reached and lead.pk not in running
        }
        active = (
            set(
                User.objects.filter(
                    pk__in={lead.owner_id for lead in back.values() if lead.owner_id}, is_active=True
                ).values_list("pk", flat=True)
            )
            if back
            else set()
        )
        chosen: dict[int, tuple[int, dict[str, Any]]] = {
            lead.pk: (lead.owner_id, {"rule": "last_owner"})
            for lead in back.values()
            if lead.owner_id is not None and lead.owner_id in active
        }
        free = [
            lead
            for lead in leads.values()
            if lead.pk not in chosen
            and lead.pk not in running
            and lead.can_be_reached
            and not lead.is_test
            and (lead.pk in back or (lead.owner_id is None and lead.stage == Stage.NEW))
        ]
        chosen |= routing.share_out(
            [*free, *(one for one in new.values() if one.can_be_reached)], at=self.now
        )
        if not chosen:
            return {}
        kinds = (
            {self.campaign.pk: self.campaign.kind}
            | dict(
                Campaign.objects.filter(pk__in={lead.campaign_id for lead in leads.values()}).values_list(
                    "pk", "kind"
                )
            )
            if leads
            else {self.campaign.pk: self.campaign.kind}
        )
        left = handoff.left_of([lead.pk for lead in free])
        clocks = Clocks.of({rep_id for rep_id, _why in chosen.values()}, self.terms)
        made: dict[int, _Given] = {}
        for pk, (lead_id, (rep_id, why)) in zip(
            db.next_ids(Handoff, len(chosen)), chosen.items(), strict=True
        ):
            one = new.get(lead_id)
            kind = self.campaign.kind if one else kinds[leads[lead_id].campaign_id]
            wanted_at = one.data.wanted_at if one else None
            left_seconds = None if one or lead_id in back else left.get(lead_id)
            clock = clocks.clock(
                rep_id=rep_id,
                campaign_kind=kind,
                at=self.now,
                wanted_at=wanted_at,
                left_seconds=left_seconds,
            )
            why["promise"] = clocks.agreed(kind, left_seconds)
            made[lead_id] = _Given(
                pk, lead_id, rep_id, why, db.as_document(why), clock, first_check(clock, wanted_at)
            )
        return made

    def _save(
        self, new: Mapping[int, _New], keys: list[tuple[int, str, str, str]], handoffs: Mapping[int, _Given]
    ) -> None:
        by_id = self.by.pk if self.by else None
        if new:
            db.load_rows(
                Lead,
                LEAD_COLUMNS,
                [self._lead_row(lead) for lead in new.values()],
                same={
                    "version": 1,
                    "campaign": self.campaign.pk,
                    "logged_by": by_id,
                    "is_test": self.is_test,
                    "is_history": self.is_history,
                    "stage": Stage.NEW.value,
                    "mark": MarkValue.NONE.value,
                    "is_judged_only": False,
                    "next_step": "",
                    "attempts": 0,
                    "minutes": 0,
                    "minutes_estimated": 0,
                },
            )
            db.load_rows(LeadKey, ("lead", "kind", "namespace", "value"), keys)
            answers = [
                (lead.pk, key, value)
                for lead in new.values()
                if lead.data.answers
                for key, value in self._answers(lead.data).items()
            ]
            if answers:
                db.load_rows(
                    Answer,
                    ("lead", "key", "value"),
                    answers,
                    same={"source": self._answer_source(), "by": by_id, "at": self.now},
                )
        if handoffs:
            db.load_rows(
                Handoff,
                (
                    "id",
                    "lead",
                    "rep",
                    "why",
                    "promise_seconds",
                    "due_at",
                    "warn_at",
                    "escalate_at",
                    "next_check_at",
                ),
                [
                    (
                        made.pk,
                        made.lead_id,
                        made.rep_id,
                        made.why_text,
                        made.clock.promise_seconds,
                        made.clock.due_at,
                        made.clock.warn_at,
                        made.clock.escalate_at,
                        made.next_check_at,
                    )
                    for made in handoffs.values()
                ],
                same={"by": by_id, "at": self.now, "end": ""},
            )

    def _lead_row(self, lead: _New) -> tuple[Any, ...]:
        data = lead.data
        return (
            lead.pk,
            data.name,
            data.company,
            data.job_title,
            data.email,
            data.phone,
            data.country,
            data.city,
            data.language,
            data.need,
            identity.search_text(name=data.name, company=data.company, email=data.email, phone=data.phone),
            lead.company_key,
            lead.owner_id,
            lead.gate_number,
            lead.received_at,
            self.now if lead.owner_id else None,
            data.wanted_at,
        )

    def _answer_source(self) -> str:
        return (
            Answer.Source.FORM if self.door in {Door.FORM, Door.WEBHOOK, Door.API} else Answer.Source.IMPORT
        )

    def _answers(self, data: LeadData) -> dict[str, Any]:
        """Answers that came with the lead; one that its question cannot be judged by stays in the payload only."""
        if not data.answers:
            return {}
        asked = {criterion.key: criterion for criterion in self.terms.criteria}
        found: dict[str, Any] = {}
        for key, value in data.answers.items():
            if value in (None, "") or len(key) > 50:
                continue
            try:
                found[key] = identity.storable(
                    definition.read_answer(asked[key], value) if key in asked else changes.as_json(value)
                )
            except definition.BadAnswer:
                continue
        return found

    def _open_again(self, leads: Mapping[int, Lead], handoffs: Mapping[int, _Given]) -> None:
        """Closed and lost leads that came again stand open; a statement per way they look afterwards."""
        groups: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        events: list[LeadEvent] = []
        for lead in leads.values():
            if lead.stage not in {Stage.CLOSED, Stage.LOST} or self.is_test or self.is_history:
                continue
            values = outcomes.reopened_values(lead)
            groups.setdefault(tuple(sorted(values.items())), []).append(lead.pk)
            events.append(
                LeadEvent(
                    lead_id=lead.pk,
                    by=self.by,
                    at=self.now,
                    kind=EventKind.REOPENED,
                    before=changes.snapshot(lead, values),
                    after={name: changes.as_json(value) for name, value in values.items()},
                )
            )
        for same, ids in groups.items():
            Lead.objects.filter(pk__in=ids).update(**dict(same), last_activity_at=self.now)
        mine = {lead_id: made.rep_id for lead_id, made in handoffs.items() if lead_id in leads}
        if mine:
            handoff.take_over(mine, at=self.now)
        reopened = {event.lead_id for event in events} - set(mine)
        if reopened:
            Lead.objects.filter(pk__in=reopened).update(version=changes.NEXT_VERSION)
        if events:
            LeadEvent.objects.bulk_create(events)

    def _arrivals(
        self,
        rows: Sequence[Prepared],
        lead_of: Sequence[tuple[int, bool] | None],
        new: Mapping[int, _New],
        leads: Mapping[int, Lead],
        handoffs: Mapping[int, _Given],
    ) -> list[RowResult]:
        """An arrival and an event for each row, and an event for each handoff."""
        by_id = self.by.pk if self.by else None
        campaign_id, door, now = self.campaign.pk, self.door.value, self.now
        arrived, arrived_again = EventKind.ARRIVED.value, EventKind.ARRIVED_AGAIN.value
        handed_off = EventKind.HANDED_OFF.value
        waiting = dict(handoffs)  # each handoff is told with the first arrival of its lead
        handed = _Handed()
        where = db.as_document({"campaign": campaign_id, "door": door})[1:]
        good = sum(found is not None for found in lead_of)
        ids = iter(db.next_ids(Arrival, good)) if good else iter(())
        arrivals: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        consents: list[tuple[Any, ...]] = []
        results: list[RowResult] = []
        for row, found in zip(rows, lead_of, strict=True):
            if found is None:
                results.append(RowResult(problem=row.problem))
                continue
            lead_id, is_new = found
            arrival_id = next(ids)
            arrivals.append(
                (arrival_id, lead_id, self._arrived_at(row), is_new, identity.storable(row.payload))
            )
            after = db.Document(f'{{"arrival": {arrival_id}, {where}')
            events.append((lead_id, arrived if is_new else arrived_again, NOTHING, after))
            if (consent := row.data.consent) is not None:
                at = min(consent.at or now, now)
                consents.append((lead_id, True, at, door, consent.text, consent.place[:300]))
            given = waiting.pop(lead_id, None)
            if given is not None:
                owner_id = leads[lead_id].owner_id if lead_id in leads else None
                before = NOBODY if owner_id is None else db.as_document({"owner_id": owner_id})
                events.append((lead_id, handed_off, before, handed.after(given)))
            results.append(RowResult(lead_id, arrival_id, is_new, given.rep_id if given else None))
        if arrivals:
            db.load_rows(
                Arrival,
                ("id", "lead", "at", "is_first", "payload"),
                arrivals,
                same={
                    "campaign": campaign_id,
                    "door": door,
                    "by": by_id,
                    "batch": self.batch.pk if self.batch else None,
                },
            )
            db.load_rows(
                LeadEvent, ("lead", "kind", "before", "after"), events, same={"at": now, "by": by_id}
            )
        if consents:
            db.load_rows(Consent, ("lead", "is_given", "at", "door", "text", "place"), consents)
        return results

    def _tell(
        self, new: Mapping[int, _New], leads: Mapping[int, Lead], handoffs: Mapping[int, _Given]
    ) -> None:
        """One notice per rep for what was handed to them, one per owner for who came again."""
        rows: list[notices.NewNotice] = []
        by_rep: dict[int, list[_Given]] = {}
        for made in handoffs.values():
            by_rep.setdefault(made.rep_id, []).append(made)
        for rep_id, theirs in by_rep.items():
            context: dict[str, Any] = {
                "count": len(theirs),
                "campaign": self.campaign.name,
                "due_at": min(made.clock.due_at for made in theirs).isoformat(),
            }
            if len(theirs) == 1:
                one = new.get(theirs[0].lead_id)
                lead = None if one else leads[theirs[0].lead_id]
                context |= {
                    "lead": one.title if one else lead.title if lead else "",
                    "company": one.data.company if one else lead.company if lead else "",
                    "lead_id": theirs[0].lead_id,
                }
            rows.append(
                notices.NewNotice("leads_handed", rep_id, f"leads_handed:{theirs[0].pk}", context, "/queue/")
            )
        again: dict[int, list[Lead]] = {}
        for lead in leads.values():
            if lead.owner_id is not None and lead.pk not in handoffs and not self.is_test:
                again.setdefault(lead.owner_id, []).append(lead)
        for owner_id, theirs_again in again.items():
            first = theirs_again[0]
            rows.append(
                notices.NewNotice(
                    "lead_again",
                    owner_id,
                    f"lead_again:{first.pk}:{self.now.timestamp():.6f}",
                    changes.facts(first, self.campaign, door=self.door.value, count=len(theirs_again)),
                    changes.url_of(first.pk),
                )
            )
        notices.put_many(rows, by=self.by, at=self.now)

    def _touch(
        self, new: Mapping[int, _New], leads: Mapping[int, Lead], handoffs: Mapping[int, _Given]
    ) -> None:
        pairs: set[tuple[int, datetime | None]] = {
            (self.campaign.pk, lead.received_at) for lead in new.values()
        }
        if handoffs:
            pairs.add((self.campaign.pk, self.now))
        for lead in leads.values():
            if lead.stage not in OPEN_STAGES or lead.pk in handoffs:
                pairs.update(changes.counted_at(lead))
                pairs.add((lead.campaign_id, self.now))
        touch(pairs)
