"""Leads coming in, through whatever door: normalise, find the same lead, keep what came, hand off.

`receive` is `receive_many` with one row, so that both do the same. Arrivals pass one at a time (a chunk of a thousand
takes a fraction of a second): whoever comes second sees what the first one saved, so the same lead posted by eight
threads at once is one lead with eight arrivals, and the gate's numbers have no gaps. The unique keys of `LeadKey`
stand behind that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django_countries import countries

from campaigns.models import Campaign
from campaigns.services import touch
from leads.domain import definition, identity
from leads.domain.terms import Terms
from leads.domain.words import OPEN_STAGES, Door, EventKind, Stage
from leads.models import Answer, Arrival, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.selectors import agreement
from leads.services import changes, handoff, outcomes, routing
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices

CHUNK = 1_000
LOCK = "arrivals"
MOST_NEED = 20_000

type Key = tuple[str, str, str]  # kind, namespace, value


@dataclass(frozen=True, slots=True)
class LeadData:
    """What is known of somebody who showed interest, as typed or as a door brought it."""

    name: str = ""
    company: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    language: str = ""
    need: str = ""
    external_id: str = ""
    namespace: str = ""
    received_at: datetime | None = None
    wanted_at: datetime | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one arrival."""

    lead: Lead
    arrival: Arrival
    is_new: bool
    handoff: Handoff | None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row; `problem` says why nothing did. `rep_id`: who was handed the lead by this arrival."""

    lead_id: int | None = None
    arrival_id: int | None = None
    is_new: bool = False
    rep_id: int | None = None
    problem: Invalid | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMany:
    """What became of each row, in the order given."""

    rows: list[RowResult]

    @property
    def created(self) -> list[int]:
        """Ids of the leads that are new."""
        return [row.lead_id for row in self.rows if row.is_new and row.lead_id is not None]

    @property
    def already_here(self) -> list[int]:
        """Ids of the leads that were here, once per arrival."""
        return [row.lead_id for row in self.rows if not row.is_new and row.lead_id is not None]

    @property
    def problems(self) -> dict[int, Invalid]:
        """Why rows were refused, by their place in the list."""
        return {place: row.problem for place, row in enumerate(self.rows) if row.problem is not None}


@dataclass(frozen=True, slots=True)
class SameLead:
    """A lead that is here already, with who has it."""

    lead_id: int
    title: str
    stage: str
    owner: str
    campaign: str


def receive(
    *,
    data: LeadData,
    campaign: Campaign,
    door: Door,
    by: User | None,
    at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
    batch: Import | None = None,
    hand_off: bool = True,
) -> Received:
    """Take in one lead. Raises `Invalid` with the field that cannot be used; `NotAllowed`."""
    many = receive_many(
        rows=[data],
        campaign=campaign,
        door=door,
        by=by,
        at=at,
        payloads=None if payload is None else [payload],
        batch=batch,
        hand_off=hand_off,
    )
    (row,) = many.rows
    if row.problem is not None:
        raise row.problem
    assert row.lead_id is not None
    assert row.arrival_id is not None
    lead = Lead.objects.get(pk=row.lead_id)
    given = (
        Handoff.objects.filter(lead=lead, ended_at=None).order_by("-id").first()
        if row.rep_id is not None
        else None
    )
    return Received(lead, Arrival.objects.get(pk=row.arrival_id), row.is_new, given)


def receive_many(
    *,
    rows: Sequence[LeadData],
    campaign: Campaign,
    door: Door,
    by: User | None,
    at: datetime | None = None,
    payloads: Sequence[Mapping[str, Any]] | None = None,
    batch: Import | None = None,
    hand_off: bool = True,
) -> ReceivedMany:
    """Take in many leads of one campaign, a thousand per transaction, with a fixed number of statements each.

    A row that cannot be used is passed over with its problem; the others are saved. The same lead (external id,
    then e-mail, then phone), here already or earlier in the list, gets a new arrival: while it is open its owner is
    told, closed or lost it is opened again and handed to its last owner. New leads that can be reached are shared
    out among present reps.

    With `batch` nobody is told yet: `tell_batch` tells each person once when the whole import is in. Raises
    `NotAllowed`.
    """
    if by is not None and not (by.can(Can.LOG_LEADS) or by.can(Can.WORK_ANY_LEAD)):
        raise NotAllowed(_("Logging leads is for marketing."))
    now = changes.instant(at)
    results: list[RowResult] = []
    given = payloads if payloads is not None else [{} for _row in rows]
    country = str(accounts.company().country)
    for chunk in batched(zip(rows, given, strict=True), CHUNK):
        prepared = [_prepared(row, payload, country) for row, payload in chunk]
        with db.exclusively(LOCK, wait=True):
            results += _Chunk(campaign, door, by, now, batch, hand_off).take(prepared)
    return ReceivedMany(results)


# ------------------------------------------------------------------------------------------- one row, made ready


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row in normal form with the keys it is recognised by; or the problem it has."""

    data: LeadData
    payload: Mapping[str, Any]
    keys: tuple[Key, ...] = ()
    problem: Invalid | None = None


_LIMITS = {"name": 200, "company": 200, "job_title": 150, "phone": 40, "city": 100, "language": 10}


def _prepared(row: LeadData, payload: Mapping[str, Any], home: str) -> Prepared:
    try:
        data = normalised(row, home)
    except Invalid as problem:
        return Prepared(row, payload, problem=problem)
    if not data.name and not data.company:
        return Prepared(row, payload, problem=Invalid(_("A lead needs a name or a company."), field="name"))
    return Prepared(data, payload or as_payload(row), keys_of(data))


def as_payload(row: LeadData) -> dict[str, Any]:
    """What came, where the door brought nothing rawer: the fields that hold something."""
    found = {name: getattr(row, name) for name in LeadData.__slots__}
    return {
        name: changes.as_json(dict(value) if name == "answers" else value)
        for name, value in found.items()
        if value
    }


def normalised(row: LeadData, home: str) -> LeadData:
    """The row in the form in which it is kept; `home` is the country for phones of rows that name none.

    An unreadable number is kept as typed. Raises `Invalid` with the field: too long, no mail address, letters in
    a phone number, no country.
    """
    texts = {name: identity.clean(getattr(row, name)) for name in _LIMITS}
    for name, limit in _LIMITS.items():
        if len(texts[name]) > limit:
            raise Invalid(_("At most %(n)d characters.") % {"n": limit}, field=name)
    need = identity.clean_lines(row.need)
    external_id, namespace = identity.clean(row.external_id), identity.clean(row.namespace)
    if len(need) > MOST_NEED:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NEED}, field="need")
    if len(external_id) > 320 or len(namespace) > 60:
        raise Invalid(_("The external id is too long."), field="external_id")
    country = _country(row.country)
    email = ""
    if row.email.strip():
        found = identity.normalise_email(row.email)
        if found is None:
            raise Invalid(_("This is not an e-mail address."), field="email")
        email = found
    phone = texts["phone"]
    if phone:
        number = identity.normalise_phone(phone, country or home)
        if number is None and any(sign.isalpha() for sign in phone):
            raise Invalid(_("This is not a phone number: it has letters."), field="phone")
        phone = number or phone
    return replace(
        row,
        name=texts["name"],
        company=texts["company"],
        job_title=texts["job_title"],
        phone=phone,
        city=texts["city"],
        language=texts["language"],
        email=email,
        country=country,
        need=need,
        external_id=external_id,
        namespace=namespace,
    )


def _country(text: str) -> str:
    wanted = text.strip()
    if not wanted:
        return ""
    code = countries.alpha2(wanted.upper()) if len(wanted) <= 3 else countries.by_name(wanted)
    if not code:
        raise Invalid(_("This is not a country."), field="country")
    return str(code)


def keys_of(data: LeadData) -> tuple[Key, ...]:
    """What the lead is recognised by, the surest first."""
    found: list[Key] = []
    if data.external_id:
        found.append((LeadKey.Kind.EXTERNAL, data.namespace, data.external_id))
    if data.email:
        found.append((LeadKey.Kind.EMAIL, "", data.email))
    if data.phone.startswith("+") and data.phone[1:].isdigit():
        found.append((LeadKey.Kind.PHONE, "", data.phone))
    return tuple(found)


def known_keys(keys: Iterable[Key]) -> dict[Key, int]:
    """Which of these keys are here, with their lead: one query per kind (and namespace)."""
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, namespace, value in set(keys):
        groups.setdefault((kind, namespace), []).append(value)
    found: dict[Key, int] = {}
    for (kind, namespace), values in groups.items():
        for value, lead_id in LeadKey.objects.filter(
            kind=kind, namespace=namespace, value__in=values
        ).values_list("value", "lead_id"):
            found[(kind, namespace, value)] = lead_id
    return found


def find_same(rows: Sequence[LeadData]) -> list[SameLead | None]:
    """For each row the lead that it is, if it is here: for a preview. At most four queries."""
    home = str(accounts.company().country)
    prepared = [_prepared(row, {}, home) for row in rows]
    known = known_keys(key for one in prepared for key in one.keys)
    ids = [next((known[key] for key in one.keys if key in known), None) for one in prepared]
    leads = {
        lead.pk: SameLead(
            lead.pk, lead.title, lead.stage, lead.owner.name if lead.owner else "", lead.campaign.name
        )
        for lead in Lead.objects.filter(pk__in={found for found in ids if found}).select_related(
            "owner", "campaign"
        )
    }
    return [leads.get(found) if found else None for found in ids]


# ------------------------------------------------------------------------------------------- a chunk, saved

LEAD_COLUMNS = (
    "id",
    "version",
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
    "campaign",
    "owner",
    "logged_by",
    "gate_number",
    "is_test",
    "is_history",
    "stage",
    "mark",
    "received_at",
    "handed_off_at",
    "wanted_at",
    "is_judged_only",
    "next_step",
    "attempts",
    "minutes",
    "minutes_estimated",
)


@dataclass(slots=True)
class _New:
    """A lead about to be saved."""

    pk: int
    data: LeadData
    received_at: datetime
    gate_number: int | None = None
    owner_id: int | None = None

    @property
    def title(self) -> str:
        return self.data.name or self.data.company

    @property
    def can_be_reached(self) -> bool:
        return bool(self.data.email or self.data.phone)


class _Chunk:
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
                received_at = min(row.data.received_at or self.now, self.now)
                new[pk] = _New(pk, row.data, received_at)
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
            left = any(lead.can_be_reached and lead.owner_id is None for lead in new.values())
            handoff.settle_unroutable([self.campaign.pk], opens=left)
        return results

    def _number(self, new: list[_New]) -> None:
        """Give the campaign's first leads their numbers in the gate, in the order of arrival."""
        if self.is_test or self.is_history or not new:
            return
        last = Lead.objects.filter(campaign=self.campaign).aggregate(last=Max("gate_number"))["last"] or 0
        for number, lead in zip(range(last + 1, self.terms.gate_size + 1), new, strict=False):
            lead.gate_number = number

    def _hand_off(self, new: Mapping[int, _New], leads: Mapping[int, Lead]) -> dict[int, Handoff]:
        """Unsaved handoffs: new and ownerless leads by routing, closed and lost ones to their last owner."""
        if not self.hand_off:
            return {}
        running = set(Handoff.objects.filter(lead__in=leads, ended_at=None).values_list("lead_id", flat=True))
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
        clocks = handoff.Clocks.of({rep_id for rep_id, _why in chosen.values()}, self.terms)
        made: dict[int, Handoff] = {}
        for lead_id, (rep_id, why) in chosen.items():
            one = new.get(lead_id)
            made[lead_id] = clocks.start(
                lead_id=lead_id,
                rep_id=rep_id,
                campaign_kind=self.campaign.kind if one else kinds[leads[lead_id].campaign_id],
                at=self.now,
                by=self.by,
                why=why,
                wanted_at=one.data.wanted_at if one else None,
                left_seconds=None if one or lead_id in back else left.get(lead_id),
            )
        return made

    def _save(
        self, new: Mapping[int, _New], keys: list[tuple[int, str, str, str]], handoffs: Mapping[int, Handoff]
    ) -> None:
        by_id = self.by.pk if self.by else None
        if new:
            db.load_rows(Lead, LEAD_COLUMNS, (self._lead_row(lead, by_id) for lead in new.values()))
            db.load_rows(LeadKey, ("lead", "kind", "namespace", "value"), keys)
            answers = [
                (lead.pk, key, value, self._answer_source(), by_id, self.now)
                for lead in new.values()
                for key, value in self._answers(lead.data).items()
            ]
            if answers:
                db.load_rows(Answer, ("lead", "key", "value", "source", "by", "at"), answers)
        if handoffs:
            db.load_rows(
                Handoff,
                ("id", *handoff.HANDOFF_COLUMNS, "end"),
                self._handoff_rows(list(handoffs.values())),
            )

    def _handoff_rows(self, handoffs: Sequence[Handoff]) -> Iterable[tuple[Any, ...]]:
        for pk, made in zip(db.next_ids(Handoff, len(handoffs)), handoffs, strict=True):
            made.pk = pk
            yield (
                pk,
                made.lead_id,
                made.rep_id,
                made.by_id,
                made.at,
                made.why,
                made.promise_seconds,
                made.due_at,
                made.warn_at,
                made.escalate_at,
                made.next_check_at,
                "",
            )

    def _lead_row(self, lead: _New, by_id: int | None) -> tuple[Any, ...]:
        data = lead.data
        return (
            lead.pk,
            1,
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
            self.campaign.pk,
            lead.owner_id,
            by_id,
            lead.gate_number,
            self.is_test,
            self.is_history,
            Stage.NEW.value,
            "none",
            lead.received_at,
            self.now if lead.owner_id else None,
            data.wanted_at,
            False,
            "",
            0,
            0,
            0,
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

    def _open_again(self, leads: Mapping[int, Lead], handoffs: Mapping[int, Handoff]) -> None:
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
        handoffs: Mapping[int, Handoff],
    ) -> list[RowResult]:
        """An arrival and an event for each row, and an event for each handoff."""
        by_id = self.by.pk if self.by else None
        batch_id = self.batch.pk if self.batch else None
        good = sum(found is not None for found in lead_of)
        ids = iter(db.next_ids(Arrival, good)) if good else iter(())
        arrivals: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        results: list[RowResult] = []
        handed: set[int] = set()
        for row, found in zip(rows, lead_of, strict=True):
            if found is None:
                results.append(RowResult(problem=row.problem))
                continue
            lead_id, is_new = found
            arrival_id = next(ids)
            when = min(row.data.received_at or self.now, self.now)
            arrivals.append(
                (
                    arrival_id,
                    lead_id,
                    self.campaign.pk,
                    when,
                    self.door.value,
                    by_id,
                    is_new,
                    identity.storable(row.payload),
                    batch_id,
                )
            )
            kind = EventKind.ARRIVED if is_new else EventKind.ARRIVED_AGAIN
            events.append(
                (
                    lead_id,
                    self.now,
                    by_id,
                    kind.value,
                    {},
                    {"arrival": arrival_id, "campaign": self.campaign.pk, "door": self.door.value},
                )
            )
            given = handoffs.get(lead_id) if lead_id not in handed else None
            if given is not None:
                handed.add(lead_id)
                told = handoff.handed_event(given, by=self.by)
                before = {"owner_id": leads[lead_id].owner_id if lead_id in leads else None}
                events.append((lead_id, self.now, by_id, told.kind, before, told.after))
            results.append(RowResult(lead_id, arrival_id, is_new, given.rep_id if given else None))
        if arrivals:
            columns = ("id", "lead", "campaign", "at", "door", "by", "is_first", "payload", "batch")
            db.load_rows(Arrival, columns, arrivals)
            db.load_rows(LeadEvent, ("lead", "at", "by", "kind", "before", "after"), events)
        return results

    def _tell(
        self, new: Mapping[int, _New], leads: Mapping[int, Lead], handoffs: Mapping[int, Handoff]
    ) -> None:
        """One notice per rep for what was handed to them, one per owner for who came again."""
        titles: dict[int, tuple[str, str]] = {one.pk: (one.title, one.data.company) for one in new.values()}
        titles |= {lead.pk: (lead.title, lead.company) for lead in leads.values()}
        rows: list[notices.NewNotice] = []
        by_rep: dict[int, list[Handoff]] = {}
        for made in handoffs.values():
            by_rep.setdefault(made.rep_id, []).append(made)
        for rep_id, theirs in by_rep.items():
            context: dict[str, Any] = {
                "count": len(theirs),
                "campaign": self.campaign.name,
                "due_at": min(made.due_at for made in theirs).isoformat(),
            }
            if len(theirs) == 1:
                title, company = titles[theirs[0].lead_id]
                context |= {"lead": title, "company": company, "lead_id": theirs[0].lead_id}
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
        self, new: Mapping[int, _New], leads: Mapping[int, Lead], handoffs: Mapping[int, Handoff]
    ) -> None:
        pairs: list[tuple[int, datetime | None]] = [
            (self.campaign.pk, lead.received_at) for lead in new.values()
        ]
        pairs += [(self.campaign.pk, self.now) for _made in handoffs.values()]
        for lead in leads.values():
            if lead.stage not in OPEN_STAGES or lead.pk in handoffs:
                pairs += changes.counted_at(lead)
                pairs.append((lead.campaign_id, self.now))
        touch(pairs)


@transaction.atomic
def tell_batch(*, batch: Import, by: User | None, at: datetime | None = None) -> None:
    """Tell everybody once what an import brought them: leads handed over, and their leads that came again.

    To be called when the whole import is in, in the transaction that says so. Calling it twice tells once.
    """
    arrived = Arrival.objects.filter(batch=batch)
    handed = (
        Handoff.objects.filter(lead__in=arrived.values("lead"), at__gte=batch.created_at)
        .values("rep")
        .annotate(count=Count("id"), due=Min("due_at"))
    )
    name = batch.campaign.name if batch.campaign else ""
    rows = [
        notices.NewNotice(
            "leads_handed",
            row["rep"],
            f"leads_handed:batch:{batch.pk}",
            {"count": row["count"], "campaign": name, "due_at": row["due"].isoformat()},
            "/queue/",
        )
        for row in handed
    ]
    again = (
        arrived.filter(is_first=False, lead__owner__isnull=False)
        .exclude(lead__handoffs__at__gte=batch.created_at)
        .values("lead__owner")
        .annotate(count=Count("lead", distinct=True), first=Min("lead"))
    )
    firsts = Lead.objects.in_bulk([row["first"] for row in again])
    rows += [
        notices.NewNotice(
            "lead_again",
            row["lead__owner"],
            f"lead_again:batch:{batch.pk}",
            changes.facts(firsts[row["first"]], batch.campaign, count=row["count"]),
            changes.url_of(row["first"]),
        )
        for row in again
    ]
    notices.put_many(rows, by=by, at=at)
