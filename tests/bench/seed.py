"""A company with a past of two years, put in by COPY, the same for the same parameters; and its state put back.

The newest leads are kept for measuring: some wait in one rep's queue, some are there to be marked, some are there for
the sweep. What a run adds or changes is taken back by `restore`, so that the data serves any number of runs.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import batched
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import ExpressionWrapper, F, Max, Value
from django.utils import timezone

from campaigns.models import Campaign, Channel, Spend, Touch, Visits
from leads.domain import identity
from leads.domain.definition import evaluate
from leads.domain.terms import Terms
from leads.models import (
    Activity,
    Agreement,
    Answer,
    Arrival,
    Criterion,
    Handoff,
    Import,
    ImportRow,
    Lead,
    LeadEvent,
    LeadKey,
    Mark,
    Promise,
    Reason,
    Signature,
    Step,
)
from leads.selectors.agreement import terms_of
from leads.services import promise
from leadsync.accounts.models import Company, Office, User, WorkingHours
from leadsync.accounts.roles import Role
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.kpi.models import Plan
from leadsync.kpi.services import rollup
from leadsync.notices.models import Alert, Message, Notice
from tests.bench import environment

PASSWORD = "bench-of-leadsync"
QUEUE_REP = "rep01@bench.example"
MARK_REP = "rep02@bench.example"
HEAD_OF_SALES = "head.sales@bench.example"
MARKETER = "marketer01@bench.example"

REPS, MARKETERS, CAMPAIGNS, DAYS = 14, 3, 40, 730
IN_QUEUE = 50
TO_MARK = 80
MILLION = 1_000_000
CHUNK = 20_000
MARKER = "bench"
DAY = timedelta(days=1)

# What a run may add; rows above the highest number that seeding left are its own.
ADDED: tuple[type[models.Model], ...] = (
    Step,
    Notice,
    Message,
    Alert,
    Mark,
    Activity,
    Answer,
    LeadEvent,
    Arrival,
    LeadKey,
    Handoff,
    ImportRow,
    Import,
    Lead,
)


@dataclass(frozen=True, slots=True)
class Seed:
    """What was put in. The leads kept for measuring are `first_kept`…`leads`: queue, to mark, due, in this order."""

    leads: int
    fingerprint: str
    made_at: str
    first_kept: int
    last: dict[str, int]

    @property
    def in_queue(self) -> range:
        return range(self.first_kept, self.first_kept + IN_QUEUE)

    @property
    def to_mark(self) -> range:
        return range(self.in_queue.stop, self.in_queue.stop + TO_MARK)

    @property
    def due(self) -> range:
        return range(self.to_mark.stop, self.leads + 1)


def due_for_sweep(leads: int) -> int:
    """How many leads are kept for the sweep: 10,000 among a million, else 1,000."""
    return 10_000 if leads >= MILLION else 1_000


def fingerprint(leads: int) -> str:
    """Changes with what is put in and with any migration."""
    digest = hashlib.sha256(str(leads).encode())
    files = [
        *environment.ROOT.glob("*/migrations/*.py"),
        *environment.ROOT.glob("leadsync/*/migrations/*.py"),
    ]
    for path in [*sorted(files), environment.ROOT / "tests" / "bench" / "seed.py"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# ------------------------------------------------------------------------------------------------ the database


def _server(statement: str, params: Sequence[str] = ()) -> list[Any]:
    """Run a statement beside the database itself: where it may not exist."""
    aside = connection.copy(alias="server")
    aside.settings_dict = {**aside.settings_dict, "NAME": "postgres"}
    try:
        with aside.cursor() as cursor:
            cursor.execute(statement, params or None)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        aside.close()


def ready(leads: int, *, fresh: bool = False) -> Seed:
    """The database as this many leads need it: kept when it fits, else dropped and filled anew."""
    if leads < 2 * (IN_QUEUE + TO_MARK + due_for_sweep(leads)):
        raise SystemExit("bench: BENCH_LEADS must be 3,000 at least")
    name = environment.check_database(settings.DATABASE_URL)
    wanted = fingerprint(leads)
    if _server("SELECT 1 FROM pg_database WHERE datname = %s", [name]) and not fresh:
        found = _marker()
        if found is not None and found.fingerprint == wanted:
            print(f"{name}: kept from {found.made_at[:16]}")
            return found
    connection.close()
    quoted = connection.ops.quote_name(name)
    _server(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
    _server(f"CREATE DATABASE {quoted}")
    print(f"{name}: filling with {leads:,} leads")
    call_command("migrate", interactive=False, verbosity=0)
    return fill(leads, wanted)


def _marker() -> Seed | None:
    if Lock._meta.db_table not in connection.introspection.table_names():
        return None
    note = Lock.objects.filter(name=MARKER).values_list("note", flat=True).first()
    return Seed(**json.loads(note)) if note else None


# ------------------------------------------------------------------------------------------------ filling it


def fill(leads: int, mark: str) -> Seed:
    """Put everything in, roll it up, leave the marker. The database must be empty and migrated."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        people = _people()
        agreement = _agreement(people, now)
        campaigns = _campaigns(people, now)
        _money(campaigns, now)
        _plans(people, now)
    maker = _Maker(leads, now, people, campaigns, agreement)
    for numbers in batched(range(1, leads + 1), CHUNK):
        with transaction.atomic():
            maker.put(numbers)
        print(f"  {numbers[-1]:,}", end="\r", flush=True)
    with connection.cursor() as cursor:
        for model in ADDED:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT coalesce(max(id), 1) FROM "
                f"{model._meta.db_table}))",
                [model._meta.db_table],
            )
        cursor.execute("VACUUM ANALYZE")
    rollup.roll_up_full()
    seed = Seed(
        leads=leads,
        fingerprint=mark,
        made_at=timezone.now().isoformat(),
        first_kept=maker.first_kept,
        last={
            model.__name__: model._default_manager.aggregate(last=Max("pk"))["last"] or 0 for model in ADDED
        },
    )
    Lock.objects.update_or_create(name=MARKER, defaults={"note": json.dumps(asdict(seed))})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return seed


def _people() -> dict[str, User]:
    Company.objects.update_or_create(
        pk=1, defaults={"name": "Bench", "zone": "Europe/Warsaw", "labour_cost": Decimal(48)}
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(weekday=day, opens=8 * 60, closes=17 * 60) for day in range(5)
    )
    office = Office.objects.create(name="Poznań")
    groups = {group.name: group for group in Group.objects.all()}
    hashed = User()
    hashed.set_password(PASSWORD)
    listed = [
        ("director", "Anna Lewandowska", Role.DIRECTOR),
        ("head.marketing", "Ola Nowak", Role.HEAD_OF_MARKETING),
        ("head.sales", "Tomasz Wrona", Role.HEAD_OF_SALES),
        *((f"marketer{n:02}", f"Marketer {n}", Role.MARKETER) for n in range(1, MARKETERS + 1)),
        *((f"rep{n:02}", f"Rep {n}", Role.REP) for n in range(1, REPS + 1)),
    ]
    people: dict[str, User] = {}
    for key, name, role in listed:
        person = User.objects.create(
            email=f"{key}@bench.example", name=name, office=office, capacity=500, password=hashed.password
        )
        person.groups.set([groups[role.value]])
        people[key] = person
    return people


def _agreement(people: dict[str, User], now: datetime) -> Agreement:
    at = now - timedelta(days=DAYS)
    agreement = Agreement.objects.create(
        number=1,
        state="in_force",
        created_by=people["head.sales"],
        proposed_at=at,
        in_force_at=at,
        attempt_waits=["1h", "1d", "2d", "3d", "5d"],
        points_needed=1,
    )
    Criterion.objects.bulk_create(
        Criterion(agreement=agreement, position=place, **values)
        for place, values in enumerate(
            (
                {"key": "people", "question": "Company over 20 people", "kind": "number", "threshold": 20},
                {"key": "hall", "question": "Warehouse over 500 m²", "kind": "number", "threshold": 500},
                {
                    "key": "asked",
                    "question": "Asked us to call",
                    "kind": "yes_no",
                    "is_required": False,
                    "points": 1,
                },
            )
        )
    )
    minutes = {"website": 60, "ads": 60, "phone": 60, "partner": 240, "list": 240, "event": 480}
    Promise.objects.bulk_create(
        Promise(agreement=agreement, campaign_kind=kind, mode="within", minutes=count)
        for kind, count in minutes.items()
    )
    for side, key in (("mkt", "head.marketing"), ("sales", "head.sales")):
        Signature.objects.create(agreement=agreement, side=side, by=people[key], at=at)
    return agreement


def _campaigns(people: dict[str, User], now: datetime) -> list[Campaign]:
    """Eight that always run, the rest half a year each, one after another; the first is the newest in the list."""
    channels = [Channel.objects.create(name=f"Channel {n}") for n in range(1, 9)]
    kinds = list(Campaign.Kind)
    step = (DAYS - 90) / (CAMPAIGNS - 8)
    campaigns: list[Campaign] = []
    for number in range(CAMPAIGNS):
        start = now - (timedelta(days=DAYS) if number < 8 else timedelta(days=DAYS - step * (number - 8)))
        end = None if number < 8 or start + timedelta(days=180) > now else start + timedelta(days=180)
        campaigns.append(
            Campaign.objects.create(
                name=f"Campaign {number + 1}",
                kind=kinds[number % len(kinds)],
                channel=channels[number % len(channels)],
                market=("PL", "DE", "LV", "")[number % 4],
                owner=people[f"marketer{number % MARKETERS + 1:02}"],
                state="ended" if end else "live",
                starts_on=start.date(),
                ends_on=end.date() if end else None,
                budget=Decimal(20_000),
                offer="A quote within two working days.",
            )
        )
    return campaigns


def _days_of(campaign: Campaign, now: datetime) -> Iterator[date]:
    assert campaign.starts_on is not None
    day, last = campaign.starts_on, campaign.ends_on or now.date()
    while day <= last:
        yield day
        day += DAY


def _money(campaigns: Sequence[Campaign], now: datetime) -> None:
    days = [(campaign, day) for campaign in campaigns for day in _days_of(campaign, now)]
    db.load_rows(
        Spend,
        ("campaign", "on", "amount", "note"),
        ((campaign.pk, day, 150 + campaign.pk % 90, "") for campaign, day in days if day.weekday() == 4),
    )
    db.load_rows(
        Visits,
        ("campaign", "on", "count"),
        ((campaign.pk, day, 90 + day.day) for campaign, day in days if campaign.kind in {"website", "ads"}),
    )


def _plans(people: dict[str, User], now: datetime) -> None:
    month = (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    for _ in range(26):
        Plan.objects.create(
            month=month,
            revenue=Decimal(400_000),
            average_deal=Decimal(15_000),
            close_rate=Decimal(20),
            qualification_rate=Decimal(25),
            visit_rate=Decimal("2.4"),
            cost_per_lead=Decimal(17),
            changed_at=now,
            changed_by=people["director"],
        )
        month = (month - DAY).replace(day=1)


_FIRST = [
    "Anna",
    "Jan",
    "Maria",
    "Piotr",
    "Katarzyna",
    "Marek",
    "Ewa",
    "Paweł",
    "Olga",
    "Dmitri",
    "Nina",
    "Lukas",
    "Lena",
    "Jonas",
    "Iga",
    "Oskar",
    "Zofia",
    "Adam",
    "Łucja",
    "Michał",
    "Vera",
    "Igor",
    "Elena",
    "Stefan",
    "Karin",
    "Rolf",
    "Inga",
    "Tomas",
]
_BEGIN = [
    "Kowa",
    "Zieli",
    "Nowi",
    "Wiśni",
    "Krawcz",
    "Mazu",
    "Petro",
    "Volk",
    "Smir",
    "Lang",
    "Baue",
    "Wolf",
    "Schnei",
    "Krüge",
    "Linde",
    "Ozol",
    "Kalni",
    "Berz",
]
_MIDDLE = ["ln", "nsk", "ck", "ew", "ov", "in", "an", "er", "el", "ar", "ik", "os"]
_END = ["ski", "ska", "iewicz", "ov", "ova", "er", "mann", "a", "is", "ens"]
_FIRM = [
    "Nord",
    "Baltic",
    "Silesia",
    "Hanse",
    "Vistula",
    "Amber",
    "Alpine",
    "Delta",
    "Metro",
    "Stahl",
    "Holz",
    "Agro",
    "Log",
    "Tech",
    "Pack",
    "Rack",
]
_TRADE = [
    "Logistics",
    "Foods",
    "Steel",
    "Timber",
    "Textiles",
    "Parts",
    "Pharma",
    "Cold",
    "Trade",
    "Systems",
    "Bakery",
    "Paper",
]
_FORM = ["GmbH", "SIA", "UAB", "AG", "Ltd"]


class _Maker:
    """Invents leads by number. Lead 1 is two years old, the last one came just now."""

    def __init__(
        self,
        leads: int,
        now: datetime,
        people: dict[str, User],
        campaigns: Sequence[Campaign],
        agreement: Agreement,
    ) -> None:
        self.leads, self.now, self.campaigns = leads, now, campaigns
        self.first_kept = leads - (IN_QUEUE + TO_MARK + due_for_sweep(leads)) + 1
        self.reps = [people[f"rep{n:02}"].pk for n in range(1, REPS + 1)]
        self.agreement = agreement
        self.reasons = list(Reason.objects.filter(is_for_mark=True).values_list("pk", flat=True))
        self.starts = [
            datetime.combine(campaign.starts_on or now.date(), datetime.min.time(), UTC)
            for campaign in campaigns
        ]
        self.ends = [
            datetime.combine(campaign.ends_on, datetime.min.time(), UTC) if campaign.ends_on else now + DAY
            for campaign in campaigns
        ]
        self.gate: dict[int, int] = {}
        self.terms: Terms = terms_of(agreement)
        self.rows: dict[tuple[type[models.Model], tuple[str, ...]], list[tuple[Any, ...]]] = {}
        self.handoff = 0
        self.activity = 0

    def put(self, numbers: Sequence[int]) -> None:
        """Load these leads with all that belongs to them."""
        self.rows = {}
        for number in numbers:
            self._one(number)
        for (model, columns), rows in self.rows.items():
            db.load_rows(model, columns, rows)

    def _add(self, model: type[models.Model], **values: Any) -> None:
        self.rows.setdefault((model, tuple(values)), []).append(tuple(values.values()))

    def _campaign(self, chance: random.Random, at: datetime) -> Campaign:
        while True:
            place = chance.randrange(CAMPAIGNS)
            if self.starts[place] <= at < self.ends[place]:
                return self.campaigns[place]

    def _one(self, pk: int) -> None:
        chance = random.Random(pk)
        is_kept = pk >= self.first_kept
        at = (
            self.now
            - timedelta(days=DAYS) * ((self.leads - pk) / self.leads)
            - timedelta(minutes=chance.randrange(1, 40))
        )
        campaign = self._campaign(chance, at)
        name = f"{chance.choice(_FIRST)} {chance.choice(_BEGIN)}{chance.choice(_MIDDLE)}{chance.choice(_END)}"
        company = f"{chance.choice(_FIRM)} {chance.choice(_TRADE)} {chance.randrange(1, 4000)} {chance.choice(_FORM)}"
        email = f"lead{pk}@{company.split()[0].lower()}{pk % 5_000}.example"
        phone = f"+48{500_000_000 + pk}"
        rep = self.reps[pk % REPS]
        if is_kept:
            place = pk - self.first_kept
            rep = self.reps[
                0 if place < IN_QUEUE else 1 if place < IN_QUEUE + TO_MARK else 2 + pk % (REPS - 2)
            ]
        lead: dict[str, Any] = {
            "stage": "new",
            "mark": "none",
            "reason": None,
            "owner": rep,
            "handed_off_at": at + timedelta(minutes=2),
            "first_contact_at": None,
            "is_in_time": None,
            "marked_at": None,
            "qualified_at": None,
            "won_at": None,
            "amount": None,
            "lost_at": None,
            "closed_at": None,
            "next_step_at": None,
            "next_step": "",
            "last_activity_at": None,
            "attempts": 0,
            "minutes": 0,
        }
        known: dict[str, bool | int] = {"asked": pk % 2 == 0} | (
            {"people": 10 + pk % 90, "hall": 200 + pk % 1_500} if pk % 3 == 0 else {}
        )
        if not is_kept:
            self._past(chance, pk, at, campaign, lead, known)
        for key, answer in known.items():
            self._add(Answer, lead=pk, key=key, value=answer, source="form", by=None, at=at)
        self._handoff(pk, rep, campaign, at, lead)
        number = self.gate[campaign.pk] = self.gate.get(campaign.pk, 0) + 1
        self._add(
            Lead,
            id=pk,
            version=1,
            name=name,
            company=company,
            job_title="Head of logistics",
            email=email,
            phone=phone,
            country="PL",
            city="Poznań",
            language="pl",
            need="Racking for a new hall, a quote by the end of the month." if pk % 2 else "",
            search=identity.search_text(name=name, company=company, email=email, phone=phone),
            company_key=identity.company_key(company),
            campaign=campaign.pk,
            logged_by=campaign.owner_id,
            gate_number=number if number <= self.agreement.gate_size else None,
            is_test=False,
            is_history=False,
            is_judged_only=False,
            received_at=at,
            minutes_estimated=lead["minutes"] // 2,
            **lead,
        )
        for kind, value in (("email", email), ("phone", phone)):
            self._add(LeadKey, lead=pk, kind=kind, namespace="", value=value)
        self._add(
            Arrival,
            lead=pk,
            campaign=campaign.pk,
            at=at,
            door="file",
            by=campaign.owner_id,
            is_first=True,
            payload={"name": name, "company": company, "email": email, "phone": phone},
        )
        self._event(pk, at, campaign.owner_id, "arrived", campaign=campaign.pk)
        self._event(pk, at + timedelta(minutes=2), campaign.owner_id, "handed_off", owner_id=rep)

    def _event(self, pk: int, at: datetime, by: int | None, kind: str, /, **after: Any) -> None:
        self._add(LeadEvent, lead=pk, at=at, by=by, kind=kind, before={}, after=after)

    def _past(
        self,
        chance: random.Random,
        pk: int,
        at: datetime,
        campaign: Campaign,
        lead: dict[str, Any],
        known: dict[str, bool | int],
    ) -> None:
        """Contact, calls, mark and outcome, as far as there was time for them."""
        rep = lead["owner"]
        contact = at + timedelta(minutes=chance.randrange(5, 90))
        age = self.now - at
        lead |= {"stage": "contacted", "first_contact_at": contact, "is_in_time": chance.random() < 0.8}
        calls = 1 + (chance.random() < 0.4)
        for n in range(calls):
            self.activity += 1
            when, minutes = contact + n * DAY, chance.randrange(3, 25)
            self._add(
                Activity,
                id=self.activity,
                lead=pk,
                campaign=campaign.pk,
                by=rep,
                at=when,
                kind="call",
                direction="out",
                outcome="reached",
                minutes=minutes,
                is_estimated=n == 0,
                note="",
            )
            self._event(
                pk,
                when,
                rep,
                "activity",
                activity=self.activity,
                kind="call",
                outcome="reached",
                direction="out",
            )
            lead["minutes"] += minutes
            lead["last_activity_at"] = when
        value = chance.choices(
            ("qualified", "promising", "not_a_fit", "unreachable", "none"), (25, 15, 40, 8, 12)
        )[0]
        if value == "none" and age > 60 * DAY:
            value = "unreachable"  # nothing stays unmarked for two months
        if value != "none":
            marked = contact + timedelta(minutes=chance.randrange(1, 600))
            reason = chance.choice(self.reasons) if value == "not_a_fit" else None
            lead |= {"mark": value, "marked_at": marked, "reason": reason}
            self._add(
                Mark,
                lead=pk,
                value=value,
                reason=reason,
                note="",
                by=rep,
                at=marked,
                agreement=self.agreement.pk,
                evaluation=evaluate(self.terms.criteria, self.terms.points_needed, known).as_json(),
                undo={},
            )
            self._event(pk, marked, rep, "marked", mark=value)
            if value in {"not_a_fit", "unreachable"}:
                lead |= {"stage": "closed", "closed_at": marked}
            if value == "qualified":
                lead |= {"stage": "qualified", "qualified_at": marked}
        later = contact + timedelta(days=chance.randrange(5, 60))
        if value == "qualified" and later < self.now:
            fate = chance.random()
            if fate < 0.2:
                amount = Decimal(chance.randrange(3_000, 40_000))
                lead |= {"stage": "won", "won_at": later, "amount": amount}
                self._event(pk, later, rep, "won", amount=str(amount))
            elif fate < 0.7 or age > 120 * DAY:
                lead |= {"stage": "lost", "lost_at": later, "reason": chance.choice(self.reasons)}
                self._event(pk, later, rep, "lost")
        elif value == "promising" and age > 90 * DAY:
            lead |= {"stage": "lost", "lost_at": later, "reason": chance.choice(self.reasons)}
        if lead["stage"] in {"contacted", "qualified"} and chance.random() < 0.7:
            step = self.now + timedelta(days=chance.randrange(-3, 30), minutes=pk % 480)
            lead |= {"next_step_at": step, "next_step": "Send the quote"}

    def _handoff(self, pk: int, rep: int, campaign: Campaign, at: datetime, lead: dict[str, Any]) -> None:
        self.handoff += 1
        handed, contact = at + timedelta(minutes=2), lead["first_contact_at"]
        due = handed + timedelta(minutes=60)
        self._add(
            Handoff,
            id=self.handoff,
            lead=pk,
            rep=rep,
            by=campaign.owner_id,
            at=handed,
            why={"rule": "round_robin"},
            promise_seconds=3_600,
            due_at=due,
            warn_at=due - timedelta(minutes=15),
            escalate_at=due + timedelta(minutes=60),
            next_check_at=None,
            ended_at=contact,
            end="contact" if contact else "",
            is_in_time=lead["is_in_time"],
            taken_seconds=int((contact - handed).total_seconds()) if contact else None,
            waited_seconds=120,
        )


# ------------------------------------------------------------------------------------------------ putting it back


@transaction.atomic
def restore(seed: Seed) -> None:
    """Take back what runs did: the leads kept for measuring wait again, with their due times counted from now."""
    db.load_rows(  # the days on which something happened count anew
        Touch,
        ("campaign", "at"),
        Lead.objects.filter(pk__gt=seed.last["Lead"]).values_list("campaign", "received_at"),
    )
    changed = Lead.objects.filter(pk__gte=seed.first_kept, version__gt=1)
    for name in ("marked_at", "first_contact_at"):
        db.load_rows(Touch, ("campaign", "at"), changed.exclude(**{name: None}).values_list("campaign", name))
    for model in ADDED:
        model._default_manager.filter(pk__gt=seed.last[model.__name__])._raw_delete("default")
    changed.update(
        version=1,
        stage="new",
        mark="none",
        reason=None,
        first_contact_at=None,
        is_in_time=None,
        is_judged_only=False,
        marked_at=None,
        qualified_at=None,
        closed_at=None,
        next_step_at=None,
        next_step="",
        last_activity_at=None,
        attempts=0,
        minutes=0,
        minutes_estimated=0,
    )
    now = timezone.now()
    waiting = Handoff.objects.filter(lead_id__gte=seed.first_kept)
    ahead = ExpressionWrapper(
        Value(timedelta(minutes=2)) * (F("lead_id") - seed.first_kept), output_field=models.DurationField()
    )
    waiting.filter(lead_id__lt=seed.due.start).update(
        ended_at=None, end="", is_in_time=None, due_at=Value(now + timedelta(hours=2)) + ahead
    )
    waiting.filter(lead_id__gte=seed.due.start).update(
        ended_at=None,
        end="",
        is_in_time=None,
        due_at=now - timedelta(hours=1),
        warn_at=now - timedelta(hours=2),
        escalate_at=now + 2 * DAY,
        next_check_at=now + 2 * DAY,
    )
    waiting.filter(lead_id__lt=seed.due.start).update(
        warn_at=F("due_at") - timedelta(minutes=15),
        escalate_at=F("due_at") + timedelta(hours=1),
        next_check_at=F("due_at") - timedelta(minutes=15),
    )
    promise.assume_swept(at=now)


def make_due(seed: Seed, count: int) -> None:
    """Let this many promises have been missed an hour ago, with nobody told yet."""
    with transaction.atomic():
        for model in (Step, Notice):
            model._default_manager.filter(pk__gt=seed.last[model.__name__])._raw_delete("default")
        Handoff.objects.filter(lead_id__in=seed.due[:count]).update(next_check_at=F("due_at"))
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {Handoff._meta.db_table}")
