"""Leads that were worked elsewhere: kept with their past, no clock, no notices (domain.md, History mode).

A row that is a lead here (external id, e-mail, phone) updates it, so that a second file can bring the deals; others
are new. Set-based: a fixed number of statements for a thousand rows.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import batched
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import identity
from leads.domain.history import HistoryCode, HistoryRemark, huge_from
from leads.domain.words import Door, End, EventKind, MarkValue, Stage
from leads.models import Activity, Arrival, Handoff, Import, Lead, LeadEvent, LeadKey, Reason
from leads.services import arrivals, changes
from leads.services.arrivals import LeadData
from leads.services.outcomes import MOST_AMOUNT
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed

CHUNK = 1_000
MOST_MINUTES = 1_000_000


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of history. What is None or empty is not known and changes nothing.

    `owner` is a name, an e-mail address, or an id as the file has it; `reason` the key or label of a reason;
    `number` is how the caller counts rows. Without `campaign_id` only a lead that is here is updated.
    """

    number: int
    data: LeadData
    campaign_id: int | None = None
    owner: str = ""
    is_won: bool | None = None
    won_at: datetime | None = None
    amount: Decimal | None = None
    is_lost: bool | None = None
    lost_at: datetime | None = None
    reason: str = ""
    stage: str = ""
    mark: str = ""
    minutes: int | None = None
    next_step_at: datetime | None = None
    note: str = ""


@dataclass(slots=True)
class HistoryResult:
    """Ids of leads created, updated and left as they were; rows refused; remarks on rows kept."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    rejected: list[HistoryRemark] = field(default_factory=list)
    remarks: list[HistoryRemark] = field(default_factory=list)
    former_colleagues: list[int] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many of each, as an import reports it."""
        return {
            "created": len(self.created),
            "updated": len(self.updated),
            "already_here": len(self.unchanged),
            "rejected": len(self.rejected),
        }


# The columns that history fills or changes; the rest of a new lead has its defaults.
_STATE = (
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
    "owner_id",
    "stage",
    "mark",
    "reason_id",
    "first_contact_at",
    "marked_at",
    "qualified_at",
    "won_at",
    "amount",
    "lost_at",
    "closed_at",
    "next_step_at",
    "last_activity_at",
    "minutes",
)
_TEXTS = ("name", "company", "job_title", "email", "phone", "country", "city", "language", "need")
_RANK = {Stage.NEW: 0, Stage.CONTACTED: 1, Stage.CLOSED: 2, Stage.QUALIFIED: 3, Stage.LOST: 4, Stage.WON: 5}
_CUT = {
    "name": 200,
    "company": 200,
    "job_title": 150,
    "phone": 40,
    "city": 100,
    "language": 10,
    "need": 20_000,
}


def upsert_history(
    *, rows: Sequence[HistoryRow], by: User | None, at: datetime | None = None, batch: Import | None = None
) -> HistoryResult:
    """Keep history, a thousand rows per transaction; doing it twice changes nothing the second time.

    A win without a date takes the day received; won before received, a huge amount, an unknown owner (who becomes a
    former colleague without sign-in) are kept with a remark. Raises `NotAllowed`.
    """
    if by is not None and not by.can(Can.LOG_LEADS):
        raise NotAllowed(_("Logging leads is for marketing."))
    now = changes.instant(at)
    result = HistoryResult()
    home = str(accounts.company().country)
    reasons = _reasons()
    huge = huge_from([row.amount for row in rows if row.amount is not None])
    for chunk in batched(rows, CHUNK):
        with db.exclusively(arrivals.LOCK, wait=True):
            owners = _owners(chunk, result)
            _Chunk(now, by, batch, home, owners, reasons, huge, result).take(chunk)
    return result


def _reasons() -> dict[str, int]:
    found: dict[str, int] = {}
    for reason in Reason.objects.all():
        for name in (reason.key, reason.label, reason.words):
            found.setdefault(name.casefold(), reason.pk)
    return found


def _owners(rows: Sequence[HistoryRow], result: HistoryResult) -> dict[str, int]:
    """The person of each owner named in these rows; unknown ones become former colleagues, in one statement."""
    names = {_owner_key(row.owner): row for row in reversed(rows) if row.owner.strip()}
    if not names:
        return {}
    found: dict[str, int] = {}
    people = User.objects.annotate(lower_name=Lower("name"))
    for pk, email, name, key in people.filter(email__in=names).values_list(
        "pk", "email", "name", "import_key"
    ):
        found[email] = pk
    for pk, key in User.objects.filter(import_key__in=names).values_list("pk", "import_key"):
        found.setdefault(str(key), pk)
    missing = names.keys() - found.keys()
    if missing:
        for pk, name in User.objects.order_by("is_former", "pk").values_list("pk", "name"):
            if (key := _owner_key(name)) in missing:
                found.setdefault(key, pk)
    unknown = sorted(names.keys() - found.keys())
    made = User.objects.bulk_create(
        [_former(names[key].owner.strip(), key) for key in unknown], ignore_conflicts=False
    )
    for key, person in zip(unknown, made, strict=True):
        found[key] = person.pk
        result.former_colleagues.append(person.pk)
        result.remarks.append(
            HistoryRemark(
                names[key].number, HistoryCode.FORMER_COLLEAGUE, {"owner": names[key].owner.strip()}
            )
        )
    return found


def _owner_key(owner: str) -> str:
    return identity.clean(owner).casefold()[:200]


def _former(owner: str, key: str) -> User:
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    is_id = len(owner) >= 16 and " " not in owner and "@" not in owner
    return User(
        # A name from the file; where it is only an id, a short form that a person can tell from the next.
        name=_("Former colleague %(id)s") % {"id": owner[:6]} if is_id else identity.clean(owner)[:150],
        email=f"former-{digest}@former.invalid",
        password=make_password(None),
        is_active=False,
        is_former=True,
        import_key=key,
        capacity=0,
    )


@dataclass(slots=True)
class _Kept:
    """A lead as it stands while rows of the chunk are read onto it."""

    pk: int
    campaign_id: int
    received_at: datetime
    is_new: bool
    is_history: bool
    state: dict[str, Any]
    before: dict[str, Any]
    version: int = 1
    handed_off_at: datetime | None = None
    work_minutes: int | None = None
    notes: list[tuple[str, datetime]] = field(default_factory=list)
    payload: dict[str, Any] = field(default_factory=dict)

    def figures(self, state: Mapping[str, Any]) -> list[tuple[int, datetime | None]]:
        names = ("first_contact_at", "marked_at", "qualified_at", "won_at", "lost_at")
        return [(self.campaign_id, self.received_at), *((self.campaign_id, state[name]) for name in names)]

    @property
    def work_at(self) -> datetime:
        """When the minutes that came with history are counted."""
        found = self.state["won_at"] or self.state["lost_at"] or self.received_at
        assert isinstance(found, datetime)
        return found


def _blank() -> dict[str, Any]:
    state: dict[str, Any] = dict.fromkeys(_STATE)
    state |= dict.fromkeys((*_TEXTS, "search"), "")
    return state | {"stage": Stage.NEW.value, "mark": MarkValue.NONE.value, "minutes": 0}


class _Chunk:
    """Reads one chunk of rows onto leads and saves them."""

    def __init__(
        self,
        now: datetime,
        by: User | None,
        batch: Import | None,
        home: str,
        owners: Mapping[str, int],
        reasons: Mapping[str, int],
        huge: Decimal,
        result: HistoryResult,
    ) -> None:
        self.now = now
        self.by_id = by.pk if by else None
        self.batch_id = batch.pk if batch else None
        self.home = home
        self.owners = owners
        self.reasons = reasons
        self.huge = huge
        self.result = result

    def take(self, rows: Sequence[HistoryRow]) -> None:
        ready = [(row, self._usable(row)) for row in rows]
        keyed = [(row, data, arrivals.keys_of(data)) for row, data in ready]
        known = arrivals.known_keys(key for _row, _data, keys in keyed for key in keys)
        kept = self._here(set(known.values()))
        ids = iter(db.next_ids(Lead, len(rows)))
        fresh_keys: list[tuple[int, str, str, str]] = []
        order: list[_Kept] = []
        for row, data, keys in keyed:
            pk = next((known[key] for key in keys if key in known), None)
            if pk is None:
                if not (keys or data.name or data.company):
                    self._reject(row, HistoryCode.NOTHING_KNOWN)
                    continue
                if row.campaign_id is None:
                    self._reject(row, HistoryCode.CAMPAIGN_MISSING)
                    continue
                pk = next(ids)
                kept[pk] = self._new(pk, row, data)
            lead = kept[pk]
            for key in keys:
                if key not in known:
                    known[key] = pk
                    fresh_keys.append((pk, *key))
            self._read(lead, row, data)
            order.append(lead)
        self._save({lead.pk: lead for lead in order}, fresh_keys)

    def _reject(self, row: HistoryRow, code: HistoryCode) -> None:
        self.result.rejected.append(HistoryRemark(row.number, code))

    def _remark(self, row: HistoryRow, code: HistoryCode, **params: Any) -> None:
        self.result.remarks.append(HistoryRemark(row.number, code, params))

    def _usable(self, row: HistoryRow) -> LeadData:
        """The row's data in normal form; what cannot be kept is left out with a remark, never the row."""
        data = replace(row.data, **{name: getattr(row.data, name)[:limit] for name, limit in _CUT.items()})
        while True:
            try:
                return arrivals.normalised(data, self.home)
            except Invalid as problem:
                name = str(problem.field)
                value = str(getattr(row.data, name))[:100]
                self._remark(row, HistoryCode.VALUE_UNUSABLE, field=name, value=value)
                data = replace(data, **{name: ""})

    def _here(self, ids: set[int]) -> dict[int, _Kept]:
        if not ids:
            return {}
        worked = dict(
            Activity.objects.filter(lead__in=ids, kind=Activity.Kind.WORK).values_list("lead_id", "minutes")
        )
        kept: dict[int, _Kept] = {}
        for lead in db.locked(Lead.objects.filter(pk__in=ids)).order_by("pk"):
            state = {name: getattr(lead, name) for name in _STATE} | {"country": str(lead.country)}
            kept[lead.pk] = _Kept(
                lead.pk,
                lead.campaign_id,
                lead.received_at,
                False,
                lead.is_history,
                state,
                dict(state),
                lead.version,
                lead.handed_off_at,
                worked.get(lead.pk),
            )
        return kept

    def _new(self, pk: int, row: HistoryRow, data: LeadData) -> _Kept:
        assert row.campaign_id is not None
        if data.received_at is None:
            self._remark(row, HistoryCode.RECEIVED_MISSING)
        received_at = min(data.received_at or self.now, self.now)
        payload = arrivals.as_payload(row.data)
        return _Kept(pk, row.campaign_id, received_at, True, True, _blank(), _blank(), payload=payload)

    def _read(self, lead: _Kept, row: HistoryRow, data: LeadData) -> None:
        state = lead.state
        for name in _TEXTS:
            value = getattr(data, name)
            # What people here wrote themselves is theirs; what came as history follows the newer file.
            if value and (not state[name] or lead.is_history):
                state[name] = value
        state["search"] = identity.search_text(
            name=state["name"], company=state["company"], email=state["email"], phone=state["phone"]
        )
        if row.owner.strip():
            state["owner_id"] = self.owners[_owner_key(row.owner)]
        if row.reason.strip():
            reason_id = self.reasons.get(identity.clean(row.reason).casefold())
            if reason_id is None:
                self._remark(row, HistoryCode.REASON_UNKNOWN, reason=row.reason[:100])
            else:
                state["reason_id"] = reason_id
        if row.next_step_at is not None:
            state["next_step_at"] = row.next_step_at
        self._read_amount(lead, row)
        self._read_stage(lead, row)
        if row.minutes is not None and 0 <= row.minutes <= MOST_MINUTES and row.minutes != lead.work_minutes:
            state["minutes"] = max(state["minutes"] - (lead.work_minutes or 0) + row.minutes, 0)
            lead.work_minutes = row.minutes
        if row.note.strip() and lead.is_new:
            lead.notes.append((identity.clean_lines(row.note)[:10_000], lead.received_at))

    def _read_amount(self, lead: _Kept, row: HistoryRow) -> None:
        if row.amount is None:
            return
        if not row.amount.is_finite() or not 0 <= row.amount <= MOST_AMOUNT:
            self._remark(row, HistoryCode.AMOUNT_UNUSABLE, amount=str(row.amount)[:40])
            return
        if row.amount >= self.huge:
            self._remark(row, HistoryCode.AMOUNT_HUGE, amount=str(row.amount))
        lead.state["amount"] = row.amount.quantize(Decimal("0.01"))

    def _read_stage(self, lead: _Kept, row: HistoryRow) -> None:
        state = lead.state
        mark = row.mark if row.mark in set(MarkValue) else ""
        stage = row.stage if row.stage in set(Stage) else ""
        if row.is_won or (row.won_at is not None and row.is_won is None) or stage == Stage.WON:
            self._read_win(lead, row)
            return
        if row.is_lost or (row.lost_at is not None and row.is_lost is None) or stage == Stage.LOST:
            self._read_loss(lead, row)
        if mark and mark != MarkValue.NONE and state["mark"] == MarkValue.NONE:
            state["mark"] = str(mark)
            state["marked_at"] = lead.received_at
            if mark == MarkValue.QUALIFIED:
                stage = stage or Stage.QUALIFIED
            else:
                stage = stage or (Stage.CONTACTED if mark == MarkValue.PROMISING else Stage.CLOSED)
        if stage and _RANK[Stage(stage)] > _RANK[Stage(state["stage"])]:
            state["stage"] = str(stage)
        if state["stage"] == Stage.QUALIFIED:
            state["qualified_at"] = state["qualified_at"] or lead.received_at
            if state["mark"] == MarkValue.NONE:
                state["mark"], state["marked_at"] = MarkValue.QUALIFIED.value, state["qualified_at"]
        if state["stage"] == Stage.CLOSED:
            state["closed_at"] = state["closed_at"] or lead.received_at
        if state["stage"] != Stage.NEW:
            self._was_contacted(lead, lead.received_at)

    def _read_win(self, lead: _Kept, row: HistoryRow) -> None:
        """A win implies qualified and contacted; whatever stood against it before is over."""
        state = lead.state
        won_at = row.won_at or state["won_at"]
        if won_at is None:
            won_at = lead.received_at
            self._remark(row, HistoryCode.WON_WITHOUT_DATE)
        elif won_at < lead.received_at:
            days = (lead.received_at - won_at).days
            if days:
                self._remark(row, HistoryCode.WON_BEFORE_RECEIVED, days=days)
        state |= {
            "stage": Stage.WON.value,
            "won_at": won_at,
            "qualified_at": state["qualified_at"] or won_at,
            "lost_at": None,
            "closed_at": None,
        }
        if state["mark"] != MarkValue.QUALIFIED:
            state |= {"mark": MarkValue.QUALIFIED.value, "marked_at": won_at, "reason_id": None}
        self._was_contacted(lead, won_at)

    def _read_loss(self, lead: _Kept, row: HistoryRow) -> None:
        state = lead.state
        lost_at = row.lost_at or state["lost_at"]
        if lost_at is None:
            lost_at = lead.received_at
            self._remark(row, HistoryCode.LOST_WITHOUT_DATE)
        state |= {"stage": Stage.LOST.value, "lost_at": lost_at, "closed_at": None}
        self._was_contacted(lead, lost_at)

    def _was_contacted(self, lead: _Kept, at: datetime) -> None:
        """Nobody noted when: the first thing known to have happened stands for it."""
        state = lead.state
        state["first_contact_at"] = state["first_contact_at"] or at
        state["last_activity_at"] = max(state["last_activity_at"] or at, at)

    # ---------------------------------------------------------------------------------- saving

    def _save(self, kept: Mapping[int, _Kept], keys: list[tuple[int, str, str, str]]) -> None:
        new = [lead for lead in kept.values() if lead.is_new]
        fresh = {pk for pk, *_key in keys}
        changed = [
            lead
            for lead in kept.values()
            if not lead.is_new and (lead.state != lead.before or lead.pk in fresh)
        ]
        if new:
            db.load_rows(Lead, self._columns(), (self._row(lead) for lead in new))
        if keys:
            db.load_rows(LeadKey, ("lead", "kind", "namespace", "value"), keys)
        db.update_rows(
            Lead,
            (*_STATE, "version"),
            [(lead.pk, (*(lead.state[name] for name in _STATE), lead.version + 1)) for lead in changed],
        )
        self._stop_clocks(changed)
        self._record(new, changed)
        self._work([*new, *changed])
        touch(
            pair
            for lead in (*new, *changed)
            for state in (lead.before, lead.state)
            for pair in lead.figures(state)
        )
        self.result.created += [lead.pk for lead in new]
        self.result.updated += [lead.pk for lead in changed]
        touched = {lead.pk for lead in changed}
        self.result.unchanged += [
            lead.pk for lead in kept.values() if not lead.is_new and lead.pk not in touched
        ]

    @staticmethod
    def _columns() -> tuple[str, ...]:
        return (
            "id",
            "version",
            "campaign",
            "logged_by",
            "received_at",
            "is_test",
            "is_history",
            "is_judged_only",
            "next_step",
            "attempts",
            "minutes_estimated",
            *(name.removesuffix("_id") for name in _STATE),
        )

    def _row(self, lead: _Kept) -> tuple[Any, ...]:
        fixed = (lead.pk, 1, lead.campaign_id, self.by_id, lead.received_at, False, True, False, "", 0, 0)
        return (*fixed, *(lead.state[name] for name in _STATE))

    def _stop_clocks(self, changed: Iterable[_Kept]) -> None:
        """A lead that history says was reached has no promise running."""
        reached = [
            lead.pk
            for lead in changed
            if lead.before["stage"] == Stage.NEW and lead.state["stage"] != Stage.NEW
        ]
        if reached:
            Handoff.objects.filter(lead__in=reached, ended_at=None).update(
                ended_at=self.now, end=End.CONTACT, next_check_at=None
            )

    def _record(self, new: Sequence[_Kept], changed: Sequence[_Kept]) -> None:
        if new:
            db.load_rows(
                Arrival,
                ("lead", "campaign", "at", "door", "by", "is_first", "payload", "batch"),
                (
                    (
                        lead.pk,
                        lead.campaign_id,
                        lead.received_at,
                        Door.HISTORY.value,
                        self.by_id,
                        True,
                        identity.storable(lead.payload),
                        self.batch_id,
                    )
                    for lead in new
                ),
            )
        events = [
            (
                lead.pk,
                self.now,
                self.by_id,
                EventKind.IMPORTED.value,
                {
                    name: changes.as_json(value)
                    for name, value in lead.before.items()
                    if value != lead.state[name]
                },
                {
                    name: changes.as_json(value)
                    for name, value in lead.state.items()
                    if value != lead.before[name] and name != "search"
                }
                | ({"batch": self.batch_id} if self.batch_id else {}),
            )
            for lead in (*new, *changed)
        ]
        if events:
            db.load_rows(LeadEvent, ("lead", "at", "by", "kind", "before", "after"), events)

    def _work(self, leads: Sequence[_Kept]) -> None:
        """The minutes and notes that came along, as activities."""
        worked = [lead for lead in leads if lead.work_minutes is not None]
        if not worked:
            self._notes(leads)
            return
        known = dict(
            Activity.objects.filter(
                lead__in=[lead.pk for lead in worked], kind=Activity.Kind.WORK
            ).values_list("lead_id", "pk")
        )
        db.update_rows(
            Activity,
            ("minutes", "at", "by_id"),
            [
                (known[lead.pk], (lead.work_minutes, lead.work_at, lead.state["owner_id"]))
                for lead in worked
                if lead.pk in known
            ],
        )
        self._load(
            (lead, Activity.Kind.WORK.value, lead.work_minutes, lead.work_at, "", lead.state["owner_id"])
            for lead in worked
            if lead.pk not in known
        )
        touch((lead.campaign_id, lead.work_at) for lead in worked)
        self._notes(leads)

    def _notes(self, leads: Sequence[_Kept]) -> None:
        self._load(
            (lead, Activity.Kind.NOTE.value, 0, at, text, self.by_id)
            for lead in leads
            for text, at in lead.notes
        )

    def _load(self, found: Iterable[tuple[_Kept, str, int | None, datetime, str, int | None]]) -> None:
        rows = [
            (lead.pk, lead.campaign_id, by_id, at, kind, "out", "", minutes or 0, False, note)
            for lead, kind, minutes, at, note, by_id in found
        ]
        if rows:
            columns = (
                "lead",
                "campaign",
                "by",
                "at",
                "kind",
                "direction",
                "outcome",
                "minutes",
                "is_estimated",
                "note",
            )
            db.load_rows(Activity, columns, rows)
