"""Leads that were worked elsewhere come in with their past: no clock, no notices, no gate.

Upsert by the keys that make two arrivals the same lead (external id first), so a second file can bring the
deals. Set-based: a fixed number of statements per chunk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import identity, past
from leads.domain.past import Note, Past, PastNote
from leads.domain.words import Door, End, EventKind, MarkValue, Stage
from leads.models import Activity, Answer, Arrival, Consent, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.services import arrivals, changes
from leads.services.arrivals import Consented, Key, LeadData
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed


class Became(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    ALREADY_HERE = "already_here"  # known, and the row says nothing new
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One lead with its past. Without a campaign it can only add to a lead that is known.

    `data` in normal form (`arrivals.normalised`); `owner` as the other program names the rep; `minutes` is
    all the time sales spent on the lead there.
    """

    data: LeadData
    campaign_id: int | None = None
    past: Past = field(default_factory=Past)
    owner: str = ""
    minutes: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """What became of a row, why not, and what is worth knowing about it."""

    became: Became
    lead_id: int | None = None
    problem: Invalid | None = None
    notes: tuple[Note, ...] = ()


CONTACT_COLUMNS = ("name", "company", "job_title", "email", "phone", "country", "city", "language", "need")
COLUMNS = (*CONTACT_COLUMNS, "search", "company_key", "owner_id", "minutes", "is_in_time", *past.COLUMNS)
DERIVED = ("search", "company_key")  # made from the others
_READ = ("id", "campaign_id", "received_at", "is_history", "is_test", "version", *COLUMNS)
_NEW_COLUMNS = (
    "id",
    "version",
    "campaign",
    "logged_by",
    "is_test",
    "is_history",
    "received_at",
    "is_judged_only",
    "next_step",
    "attempts",
    "minutes_estimated",
    *(name.removesuffix("_id") for name in COLUMNS),
)


def upsert_history(
    *, rows: Sequence[HistoryRow], by: User | None, at: datetime | None = None, batch: Import | None = None
) -> list[HistoryResult]:
    """Make or complete leads with what happened to them elsewhere; one result per row, in order.

    One transaction: all rows or, when it fails, none. Raises `NotAllowed`.
    """
    if by is not None and not by.can(Can.LOG_LEADS):
        raise NotAllowed(_("Logging leads is for marketing."))
    with db.exclusively(arrivals.LOCK, wait=True):
        return _Upsert(by, changes.instant(at), batch).take(rows)


def owner_key(text: str) -> str:
    """The form in which a colleague of another program is recognised again."""
    folded = identity.fold(identity.clean(text))
    return folded if len(folded) <= 180 else sha256(folded.encode()).hexdigest()


@dataclass(slots=True)
class _Work:
    """A lead in the making: its columns now, as they were, and what the rows added."""

    pk: int
    is_new: bool
    values: dict[str, Any]
    before: dict[str, Any]
    payload: dict[str, Any] = field(default_factory=dict)
    minutes: int | None = None
    is_changed: bool = False
    answers: dict[str, Any] = field(default_factory=dict)  # that the rows gave, or gave anew


class _Upsert:
    def __init__(self, by: User | None, now: datetime, batch: Import | None) -> None:
        self.by_id = by.pk if by else None
        self.now = now
        self.batch_id = batch.pk if batch else None
        self.zone = accounts.company().tz
        self.new_keys: list[tuple[int, str, str, str]] = []
        self.work_there: dict[int, tuple[int, int]] = {}  # activity and minutes by lead
        self.work_at: dict[int, tuple[int, datetime]] = {}  # the campaign and instant these minutes count at
        self.consents: list[tuple[int, Consented]] = []
        self.answers_there: dict[tuple[int, str], tuple[Any, str]] = {}  # value and source by lead and key

    def take(self, rows: Sequence[HistoryRow]) -> list[HistoryResult]:
        keys = [arrivals.keys_of(row.data) for row in rows]
        known = arrivals.known_keys(key for some in keys for key in some)
        works = self._load(set(known.values()))
        with_clock = set(
            Handoff.objects.filter(lead__in=works, ended_at=None).values_list("lead_id", flat=True)
        )
        if works and any(row.minutes is not None for row in rows):
            for lead_id, pk, minutes, campaign_id, at in Activity.objects.filter(
                lead__in=works, kind=Activity.Kind.WORK
            ).values_list("lead_id", "pk", "minutes", "campaign_id", "at"):
                self.work_there[lead_id] = pk, minutes
                self.work_at[lead_id] = campaign_id, at
        if works and any(row.data.answers for row in rows):
            self.answers_there = {
                (lead_id, key): (value, source)
                for lead_id, key, value, source in Answer.objects.filter(
                    lead_id__in=db.among(list(works))
                ).values_list("lead_id", "key", "value", "source")
            }
        owners, made_owners = self._owners(rows)
        unmade = [
            row.campaign_id is not None and not any(key in known for key in some)
            for row, some in zip(rows, keys, strict=True)
        ]
        ids = iter(db.next_ids(Lead, sum(unmade)) if any(unmade) else ())
        results: list[HistoryResult] = []
        for row, some in zip(rows, keys, strict=True):
            notes: list[Note] = []
            found = next((known[key] for key in some if key in known), None)
            if found is None:
                if row.campaign_id is None:
                    results.append(HistoryResult(Became.REJECTED, problem=_unknown_lead(row.data)))
                    continue
                work = self._new(next(ids), row, notes)
                works[work.pk] = work
            else:
                work = works[found]
            if work.values["is_test"]:
                results.append(HistoryResult(Became.ALREADY_HERE, work.pk))
                continue
            self._add_keys(work.pk, some, known, notes)
            if row.data.consent is not None:
                self.consents.append((work.pk, row.data.consent))
            changed = self._apply(work, row, owners, notes, has_clock=work.pk in with_clock)
            if row.owner and owner_key(row.owner) in made_owners:
                made_owners.discard(owner_key(row.owner))
                notes.append(Note(PastNote.OWNER_MADE, {"value": row.owner[:80]}))
            if found is None:
                became = Became.CREATED
            else:
                became = Became.UPDATED if changed else Became.ALREADY_HERE
                if changed:
                    work.is_changed = True
                    work.payload |= row.payload
            results.append(HistoryResult(became, work.pk, notes=tuple(notes)))
        self._save(list(works.values()), with_clock)
        return results

    # ------------------------------------------------------------------------------------------ reading

    def _load(self, ids: set[int]) -> dict[int, _Work]:
        found: dict[int, _Work] = {}
        if ids:
            for values in db.locked(Lead.objects.filter(pk__in=ids).order_by("pk")).values(*_READ):
                found[values["id"]] = _Work(values["id"], False, values, dict(values))
        return found

    def _owners(self, rows: Sequence[HistoryRow]) -> tuple[dict[str, int], set[str]]:
        """People by the keys that rows name them by; whom nobody knows becomes a former colleague."""
        names: dict[str, str] = {}
        for row in rows:
            if row.owner:
                names.setdefault(owner_key(row.owner), identity.clean(row.owner)[:150])
        if not names:
            return {}, set()
        found: dict[str, int] = dict(
            User.objects.filter(import_key__in=names).values_list("import_key", "pk")  # type: ignore[arg-type]
        )
        if missing := names.keys() - found.keys():
            by_name: dict[str, list[int]] = {}
            for pk, name, email in User.objects.filter(is_former=False).values_list("pk", "name", "email"):
                by_name.setdefault(owner_key(name), []).append(pk)
                by_name.setdefault(owner_key(email), []).append(pk)
            # Two of the same name: nobody can say which, so neither is blamed or praised.
            found |= {key: by_name[key][0] for key in missing if len(by_name.get(key, ())) == 1}
        unknown = sorted(names.keys() - found.keys())
        if unknown:
            made = [
                User(
                    email=f"{sha256(key.encode()).hexdigest()[:24]}@former.invalid",
                    name=names[key],
                    is_active=False,
                    is_former=True,
                    import_key=key,
                    password=make_password(None),
                    capacity=0,
                )
                for key in unknown
            ]
            User.objects.bulk_create(made)
            found |= {person.import_key or "": person.pk for person in made}
        return found, set(unknown)

    # ------------------------------------------------------------------------------------------ one row

    def _new(self, pk: int, row: HistoryRow, notes: list[Note]) -> _Work:
        received_at = row.data.received_at
        if received_at is None:
            notes.append(Note(PastNote.RECEIVED_MISSING, {}))
        elif received_at > self.now:
            day = received_at.astimezone(self.zone).date().isoformat()
            notes.append(Note(PastNote.IN_THE_FUTURE, {"value": day}))
        values: dict[str, Any] = dict.fromkeys(_READ)
        values |= dict.fromkeys(CONTACT_COLUMNS, "")
        values |= {
            "id": pk,
            "campaign_id": row.campaign_id,
            "received_at": min(received_at or self.now, self.now),
            "is_history": True,
            "is_test": False,
            "version": 1,
            "search": "",
            "company_key": "",
            "minutes": 0,
            "stage": Stage.NEW.value,
            "mark": MarkValue.NONE.value,
        }
        if not row.data.name and not row.data.company:
            values["name"] = row.data.external_id[:200]
            notes.append(Note(PastNote.NAMED_BY_ID, {}))
        return _Work(pk, True, values, {}, dict(row.payload))

    def _add_keys(self, pk: int, some: Sequence[Key], known: dict[Key, int], notes: list[Note]) -> None:
        for key in some:
            holder = known.get(key)
            if holder is None:
                known[key] = pk
                self.new_keys.append((pk, *key))
            elif holder != pk:
                notes.append(Note(PastNote.CONTACT_OF_ANOTHER, {}))

    def _apply(
        self, work: _Work, row: HistoryRow, owners: Mapping[str, int], notes: list[Note], *, has_clock: bool
    ) -> bool:
        values = work.values
        before = dict(values)
        went_by_id = values["name"] == row.data.external_id[:200] and not values["company"]
        for name in CONTACT_COLUMNS:
            given = getattr(row.data, name)
            # What colleagues typed about a lead of ours outweighs a file; gaps are filled.
            if given and (values["is_history"] or not values[name]):
                values[name] = given
        if went_by_id and row.data.company and not row.data.name:
            values["name"] = ""
        owner_id = owners.get(owner_key(row.owner)) if row.owner else None
        if owner_id is not None and not has_clock and (values["is_history"] or values["owner_id"] is None):
            values["owner_id"] = owner_id
        outcome, said = past.applied(values, row.past, now=self.now, zone=self.zone)
        values |= outcome
        notes += said
        if row.minutes is not None:
            work.minutes = row.minutes
        values["search"] = identity.search_text(
            name=values["name"], company=values["company"], email=values["email"], phone=values["phone"]
        )
        values["company_key"] = identity.company_key(values["company"])
        there = self.work_there.get(work.pk, (0, None))[1]
        is_answered = self._answer(work, row.data.answers)
        return values != before or is_answered or (row.minutes is not None and row.minutes != there)

    def _answer(self, work: _Work, given: Mapping[str, Any]) -> bool:
        """Fill what nobody answered and renew what an import answered; what sales or a form said outweighs a file."""
        is_new = False
        for key, value in given.items():
            known = self.answers_there.get((work.pk, key))
            if known is not None and (known[1] != Answer.Source.IMPORT or known[0] == value):
                continue
            is_new |= work.answers.get(key) != value
            work.answers[key] = value
        return is_new

    # ------------------------------------------------------------------------------------------ saving

    def _save(self, works: list[_Work], with_clock: set[int]) -> None:
        new = [work for work in works if work.is_new]
        old = [work for work in works if not work.is_new and work.is_changed]
        self._stop_clocks([work for work in old if work.pk in with_clock])
        for work in new:
            work.values["minutes"] = work.minutes or 0
        replaced = self._replace_minutes(old)
        if new:
            db.load_rows(Lead, _NEW_COLUMNS, (self._row(work) for work in new))
        if self.new_keys:
            db.load_rows(LeadKey, ("lead", "kind", "namespace", "value"), self.new_keys)
        if old:
            db.update_rows(
                Lead,
                [*(name.removesuffix("_id") for name in COLUMNS), "version"],
                [
                    (work.pk, [*(work.values[name] for name in COLUMNS), work.values["version"] + 1])
                    for work in old
                ],
            )
        self._save_answers(new, old)
        self._save_consents()
        self._record(new, old, replaced)
        pairs: list[tuple[int, datetime | None]] = []
        for work in (*new, *old):
            for values in (work.before, work.values):
                if values:
                    pairs += [(values["campaign_id"], values.get(name)) for name in changes.COUNTED_AT]
        pairs += [
            (work.values["campaign_id"], worked_at(work.values))
            for work in (*new, *old)
            if work.minutes is not None
        ]
        # Minutes that were replaced count where they did before, whatever became of the lead since.
        pairs += [self.work_at[work.pk] for work in old if work.pk in self.work_at]
        touch(pairs)

    def _save_answers(self, new: Sequence[_Work], old: Sequence[_Work]) -> None:
        source = Answer.Source.IMPORT.value
        made = [
            (work.pk, key, value, source, self.by_id, self.now)
            for work in new
            for key, value in work.answers.items()
        ]
        if made:
            db.load_rows(Answer, ("lead", "key", "value", "source", "by", "at"), made)
        renewed = [
            Answer(lead_id=work.pk, key=key, value=value, source=source, by_id=self.by_id, at=self.now)
            for work in old
            for key, value in work.answers.items()
        ]
        Answer.objects.bulk_create(
            renewed,
            batch_size=1_000,
            update_conflicts=True,
            unique_fields=["lead", "key"],
            update_fields=["value", "source", "by", "at"],
        )

    def _save_consents(self) -> None:
        """A file that is brought again says nothing new about the same words."""
        if not self.consents:
            return
        said = set(
            Consent.objects.filter(
                lead_id__in=db.among([pk for pk, _given in self.consents]), door=Door.HISTORY, is_given=True
            ).values_list("lead", "text")
        )
        rows: list[tuple[Any, ...]] = []
        for pk, given in self.consents:
            if (pk, given.text) not in said:
                said.add((pk, given.text))
                at = min(given.at or self.now, self.now)
                rows.append((pk, True, at, Door.HISTORY.value, given.text, given.place))
        if rows:
            db.load_rows(Consent, ("lead", "is_given", "at", "door", "text", "place"), rows)

    def _row(self, work: _Work) -> tuple[Any, ...]:
        values = work.values
        fixed = (work.pk, 1, values["campaign_id"], self.by_id, False, True, values["received_at"])
        return (*fixed, False, "", 0, 0, *(values[name] for name in COLUMNS))

    def _stop_clocks(self, works: Sequence[_Work]) -> None:
        """A lead of ours that was worked meanwhile: its promise ends with that contact."""
        worked = {
            work.pk: work for work in works if work.values["first_contact_at"] or work.values["closed_at"]
        }
        for running in db.locked(Handoff.objects.filter(lead__in=worked, ended_at=None)):
            work = worked[running.lead_id]
            contact = work.values["first_contact_at"]
            ended_at = max(contact or self.now, running.at)
            is_in_time = ended_at <= running.due_at if contact else None
            Handoff.objects.filter(pk=running.pk).update(
                ended_at=ended_at,
                end=End.CONTACT if contact else End.JUDGED,
                next_check_at=None,
                is_in_time=is_in_time,
            )
            if work.before["first_contact_at"] is None and contact is not None:
                work.values["is_in_time"] = is_in_time

    def _replace_minutes(self, old: Sequence[_Work]) -> dict[int, int | None]:
        """Minutes of another program are a total, the later file replaces it. The old one by lead."""
        given = {work.pk: work for work in old if work.minutes is not None}
        if not given:
            return {}
        there = self.work_there
        before: dict[int, int | None] = {}
        for pk, work in given.items():
            before[pk] = there[pk][1] if pk in there else None
            work.values["minutes"] += (work.minutes or 0) - (before[pk] or 0)
        updates = [(there[pk][0], [work.minutes]) for pk, work in given.items() if pk in there]
        db.update_rows(Activity, ["minutes"], updates)
        return before

    def _record(self, new: Sequence[_Work], old: Sequence[_Work], replaced: Mapping[int, int | None]) -> None:
        arrived: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        for pk, work in zip(db.next_ids(Arrival, len(new)) if new else (), new, strict=True):
            values = work.values
            place = (
                pk,
                work.pk,
                values["campaign_id"],
                values["received_at"],
                Door.HISTORY.value,
                self.by_id,
            )
            arrived.append((*place, True, work.payload, self.batch_id))
            after = {"arrival": pk, "campaign": values["campaign_id"], "import": self.batch_id}
            events.append((work.pk, self.now, self.by_id, EventKind.IMPORTED.value, {}, after))
        for work in old:
            changed = [
                name for name in COLUMNS if work.values[name] != work.before[name] and name not in DERIVED
            ]
            before = {name: changes.as_json(work.before[name]) for name in changed}
            after = {name: changes.as_json(work.values[name]) for name in changed}
            if work.pk in replaced:
                before["work_minutes"], after["work_minutes"] = replaced[work.pk], work.minutes
            if work.answers:
                known = {key: self.answers_there.get((work.pk, key), (None, ""))[0] for key in work.answers}
                before["answers"], after["answers"] = known, work.answers
            after |= {"import": self.batch_id, "row": work.payload}
            events.append((work.pk, self.now, self.by_id, EventKind.IMPORTED.value, before, after))
        minutes = [
            (
                work.pk,
                work.values["campaign_id"],
                work.values["owner_id"],
                worked_at(work.values),
                Activity.Kind.WORK.value,
                "out",
                "",
                work.minutes,
                False,
                "",
            )
            for work in (*new, *old)
            if work.minutes is not None and replaced.get(work.pk) is None
        ]
        if arrived:
            columns = ("id", "lead", "campaign", "at", "door", "by", "is_first", "payload", "batch")
            db.load_rows(Arrival, columns, arrived)
        if events:
            db.load_rows(LeadEvent, ("lead", "at", "by", "kind", "before", "after"), events)
        if minutes:
            worked = (
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
            db.load_rows(Activity, worked, minutes)


def worked_at(values: Mapping[str, Any]) -> datetime:
    """When the sum of minutes from another program counts: when the lead ended, else when it came in."""
    found: datetime = values["won_at"] or values["lost_at"] or values["received_at"]
    return found


def _unknown_lead(data: LeadData) -> Invalid:
    if data.external_id:
        return Invalid(_("No lead with this external ID is here, and no campaign is named to add it to."))
    return Invalid(_("No such lead is here, and no campaign is named to add it to."))
