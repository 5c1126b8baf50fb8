"""Puts the sample company into the database: people, agreement, channels, campaigns, leads, plan, questions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Channel, Spend, Visits
from leads.domain import identity
from leads.domain.definition import evaluate
from leads.domain.words import Door, MarkValue, Stage
from leads.models import (
    Activity,
    Agreement,
    Answer,
    Arrival,
    Criterion,
    Handoff,
    Lead,
    LeadEvent,
    LeadKey,
    Mark,
    Promise,
    Reason,
    SavedView,
    Signature,
    Step,
)
from leads.selectors.agreement import terms_of
from leads.services import promise, upkeep
from leadsync.accounts.models import Absence, Company, Office, User, WorkingHours
from leadsync.accounts.selectors import calendars_for
from leadsync.accounts.services.company import raise_version
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.errors import Invalid
from leadsync.demo import (
    agenda,
    agreed,
    alerts,
    channels,
    doors,
    exchange,
    gates,
    learned,
    markets,
    meetings,
    orders,
    plans,
    questions,
    routes,
)
from leadsync.demo.generator import Inventor, Life, month_of
from leadsync.demo.scenario import CHANNELS, COMPANY, PASSWORD, PEOPLE, STORIES, Story
from leadsync.kpi.models import Plan
from leadsync.kpi.services import rollup

SEED = 20_26
PROMISES = {
    "website": ("within", 60),
    "ads": ("within", 60),
    "phone": ("within", 60),
    "partner": ("within", 240),
    "list": ("within", 240),
    "event": ("same_day", 60),
}
WAITING: dict[str, tuple[tuple[str, int, bool], ...]] = {
    # by rep: campaign, working minutes of the promise left, asked for a time
    "pawel": (
        ("Racking calculator", -72, False),
        ("Partner webinar", -24, False),
        ("Racking calculator", 18, False),
        ("Partner webinar", 52, False),
        ("Partner webinar", 95, False),
        ("Racking calculator", 44, True),
        ("LinkedIn lead ads", 55, False),
        ("Partner webinar", 170, False),
        ("Inbound phone", 58, True),
    ),
    "dmitri": (
        ("Baltic mailing", -190, False),
        ("Racking calculator", -41, False),
        ("Google search, pallet racking", -8, False),
        ("Baltic mailing", 120, False),
        ("Baltic mailing", 200, False),
        ("Inbound phone", 31, False),
    ),
    "iga": (("Racking calculator", 49, False), ("Partner webinar", 140, False), ("Inbound phone", 57, True)),
    "lena": (("Google search, mezzanine", 35, False), ("Partner webinar", 210, False)),
    "jakub": (("Racking calculator", 22, False), ("Google search, pallet racking", 47, False)),
    "nina": (("Baltic mailing", 90, False), ("Inbound phone", 12, False)),
    "oskar": (("Google search, mezzanine", -15, False), ("LinkedIn lead ads", 40, False)),
    "tomasz": (("Recommendations", 110, False),),
}


@dataclass(frozen=True)
class Built:
    """What the sample company holds now."""

    people: int
    campaigns: int
    leads: int


def exists() -> bool:
    """Whether the sample company is there already."""
    return Company.objects.filter(is_sample=True).exists()


def build(
    *, now: datetime | None = None, seed: int = SEED, say: Callable[[str], None] = lambda _text: None
) -> Built:
    """Build the sample company around `now` in an empty database. Refuses where leads exist already."""
    if Lead.objects.exists():
        raise Invalid("There are leads here already; the sample company is only built in an empty database.")
    now = now or timezone.now()
    with transaction.atomic():
        say("people, agreement, channels and campaigns")
        people = _people(now)
        agreement = _agreement(people, now)
        campaigns = _campaigns(people, now)
        calendars = calendars_for([person.pk for person in people.values()])
        by_key = {key: calendars[person.pk] for key, person in people.items()}
        say("leads and what became of them")
        lives = _invent(seed, now, by_key)
        leads = _Loader(people, campaigns, agreement, now, by_key).load(lives)
        say("money, plans and questions")
        _money(lives, campaigns, now)
        _plans(lives, people, now)
        questions.fill(people, campaigns, now)
        say("what sales learned, and who gets which lead")
        learned.fill(seed=seed, now=now)
        routes.fill(people)
        markets.fill(people, campaigns, now)
        exchange.fill(people, campaigns, now)
        promise.assume_swept(at=now)
        Company.objects.filter(pk=1).update(is_sample=True)
    say("disputes, and the draft measured over known leads")
    agreed.fill(people, now)
    gates.fill(people, campaigns, now)
    say("joint meetings")
    meetings.fill(people, now)
    agenda.fill(people, now)
    say("the doors that leads come through, and pairs that look alike")
    doors.fill(people, campaigns, now)
    say("how people reach the company")
    channels.fill(people, now)
    say("the roll-up")
    upkeep.run(at=now)
    rollup.roll_up_full()
    plans.fill(people, now)
    orders.fill(people, now)
    say("what needs somebody")
    alerts.fill(people, now)
    return Built(people=len(people), campaigns=len(campaigns), leads=len(leads))


def _people(now: datetime) -> dict[str, User]:
    Company.objects.update_or_create(
        pk=1,
        defaults={
            "name": COMPANY,
            "currency": "EUR",
            "zone": "Europe/Warsaw",
            "country": "PL",
            "labour_cost": Decimal(48),
        },
    )
    WorkingHours.objects.filter(person=None).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(weekday=day, opens=opens, closes=closes)
        for day in range(5)
        for opens, closes in ((8 * 60, 17 * 60),)
    )
    offices = {name: Office.objects.get_or_create(name=name)[0] for name in {one.office for one in PEOPLE}}
    groups = {group.name: group for group in Group.objects.all()}
    hashed = User()
    hashed.set_password(PASSWORD)
    people: dict[str, User] = {}
    for one in PEOPLE:
        person = User.objects.create(
            email=f"{one.key}@nordrack.example",
            name=one.name,
            office=offices[one.office],
            language=one.language,
            capacity=one.capacity,
            password=hashed.password,
        )
        person.groups.set([groups[role.value] for role in one.roles])
        people[one.key] = person
    today = now.date()
    Absence.objects.create(
        person=people["jakub"],
        starts_on=today + timedelta(days=9),
        ends_on=today + timedelta(days=13),
        note="Holiday",
    )
    raise_version()
    return people


_CRITERIA: tuple[dict[str, Any], ...] = (
    {
        "key": "people",
        "question": "Company over 20 people",
        "kind": "number",
        "threshold": 20,
        "is_required": True,
    },
    {
        "key": "hall",
        "question": "Warehouse over 500 m²",
        "kind": "number",
        "threshold": 500,
        "unit": "m²",
        "is_required": True,
    },
    {"key": "asked", "question": "Asked us to call", "kind": "yes_no", "is_required": False, "points": 1},
    {"key": "budget", "question": "Knows the budget", "kind": "yes_no", "is_required": False, "points": 1},
    {
        "key": "decides",
        "question": "Decides within 6 months",
        "kind": "yes_no",
        "is_required": False,
        "points": 1,
    },
)
# What the draft changes: its back-test has something to say.
_DRAFTED: dict[str, dict[str, Any]] = {
    "hall": {"question": "Warehouse over 300 m²", "threshold": 300},
    "budget": {"is_required": True, "points": 0},
}


def _agreement(people: Mapping[str, User], now: datetime) -> Agreement:
    """Two signed versions, the second in force, and a draft of the third."""

    def version(number: int, state: str, *, days: int, draft: bool = False, **limits: Any) -> Agreement:
        at = now - timedelta(days=days)
        agreement = Agreement.objects.create(
            number=number,
            state=state,
            created_by=people["tomasz"],
            proposed_at=None if draft else at - timedelta(days=3),
            in_force_at=None if draft else at,
            attempt_waits=["1h", "1d", "2d", "3d", "5d"],
            **limits,
        )
        Agreement.objects.filter(pk=agreement.pk).update(created_at=at - timedelta(days=6))
        for position, criterion in enumerate(_CRITERIA if number > 1 else _CRITERIA[:3]):
            Criterion.objects.create(
                agreement=agreement,
                position=position,
                **(criterion | (_DRAFTED if draft else {}).get(criterion["key"], {})),
            )
        Promise.objects.bulk_create(
            Promise(agreement=agreement, campaign_kind=kind, mode=mode, minutes=minutes)
            for kind, (mode, minutes) in PROMISES.items()
        )
        if not draft:
            for side, who in (("mkt", "ola"), ("sales", "tomasz")):
                Signature.objects.create(agreement=agreement, side=side, by=people[who], at=at)
        return agreement

    first = version(1, "superseded", days=380, points_needed=0)
    Agreement.objects.filter(pk=first.pk).update(superseded_at=now - timedelta(days=214))
    current = version(2, "in_force", days=214, points_needed=2, note="Adds budget and time of decision.")
    version(
        3,
        "draft",
        days=4,
        draft=True,
        points_needed=1,
        minutes_per_promising=105,
        note="Smaller warehouses count, too, but the budget has to be known; less sales time per promising lead.",
    )
    return current


def _campaigns(people: Mapping[str, User], now: datetime) -> dict[str, Campaign]:
    channels: dict[str, Channel] = {}
    for one in CHANNELS:
        channels[one.name] = Channel.objects.create(name=one.name, terms=one.terms)
    zone = Company.objects.get(pk=1).tz
    campaigns: dict[str, Campaign] = {}
    for story in STORIES:
        campaigns[story.name] = campaign = Campaign(
            name=story.name,
            kind=story.kind,
            channel=channels[story.channel],
            market=story.market if len(set(story.markets or (story.market,))) == 1 else "",
            segment=story.segment,
            owner=people[story.owner],
            state="draft",
            starts_on=(now - timedelta(days=story.start)).astimezone(zone).date(),
            ends_on=None if story.end is None else (now - timedelta(days=story.end)).astimezone(zone).date(),
            budget=story.budget
            or (Decimal(round(story.leads * float(story.cost) * 1.15, -2)) if story.leads else None),
            offer=story.offer,
            hypothesis=story.hypothesis,
        )
        _live_through(campaign, story, people, now)
    return campaigns


def _live_through(campaign: Campaign, story: Story, people: Mapping[str, User], now: datetime) -> None:
    """Save the campaign once for each state it went through, each with its own day in the history."""
    days = {
        "draft": story.start + 12,
        "review": story.start + 6,
        "live": story.start,
        story.state: story.end or 3,
    }
    path = ["draft", *(state for state in ("review", "live") if story.state != "draft")]
    path = path[: path.index("review") + 1] if story.state == "review" else path
    if story.state not in path:
        path.append(story.state)
    if story.state in {"draft", "review", "live"}:
        days[story.state] = {"draft": 2, "review": 1, "live": story.start}[story.state]
        days["draft"] = max(days["draft"], 2)
    for version, state in enumerate(path, start=1):
        campaign.state, campaign.version = state, version
        campaign._history_user = people["tomasz" if state == "live" else story.owner]  # type: ignore[attr-defined]
        campaign._history_date = now - timedelta(days=max(days[state], 0))  # type: ignore[attr-defined]
        campaign.save()
    Campaign.objects.filter(pk=campaign.pk).update(created_at=now - timedelta(days=days["draft"]))


def _invent(seed: int, now: datetime, calendars: Mapping[str, WorkCalendar]) -> list[Life]:
    reps = [one for one in PEOPLE if one.key in WAITING]
    company = Company.objects.get(pk=1)
    inventor = Inventor(
        seed=seed,
        now=now,
        zone=company.tz,
        calendars={one.key: calendars[one.key] for one in reps},
        promises=PROMISES,
        reps=reps,
    )
    lives = [life for story in STORIES for life in inventor.lives(story)]
    stories: dict[str, Story] = {story.name: story for story in STORIES}
    for rep in reps:
        for name, left, wanted in WAITING[rep.key]:
            lives.append(inventor.waiting(stories[name], rep, left, number=10_000, wanted=wanted))
    return sorted(lives, key=lambda life: life.received_at)


def _answers(life: Life) -> dict[str, tuple[Any, str]]:
    """What is known for the definition's criteria: value and where it came from."""
    spoken = any(one.outcome == "reached" for one in life.tries)
    known: dict[str, tuple[Any, str]] = {}
    if life.asked:
        known["asked"] = (True, Answer.Source.FORM)
    if life.square_metres is not None and (spoken or life.asked):
        known["hall"] = (life.square_metres, Answer.Source.REP if spoken else Answer.Source.FORM)
    if life.people is not None:
        known["people"] = (life.people, Answer.Source.REP if spoken else Answer.Source.FORM)
    if life.knows_budget is not None:
        known["budget"] = (life.knows_budget, Answer.Source.REP)
    if life.decides_soon is not None:
        known["decides"] = (life.decides_soon, Answer.Source.REP)
    return known


class _Loader:
    """Turns lives into rows and loads them, a table at a time."""

    def __init__(
        self,
        people: Mapping[str, User],
        campaigns: Mapping[str, Campaign],
        agreement: Agreement,
        now: datetime,
        calendars: Mapping[str, WorkCalendar],
    ) -> None:
        self.people, self.campaigns, self.agreement, self.now = people, campaigns, agreement, now
        self.calendars = calendars
        self.reasons = {reason.key: reason.pk for reason in Reason.objects.all()}
        self.terms = terms_of(agreement)
        self.rows: dict[tuple[type[Any], tuple[str, ...]], list[Sequence[Any]]] = {}

    def _add(self, model: type[Any], **values: Any) -> None:
        self.rows.setdefault((model, tuple(values)), []).append(tuple(values.values()))

    def load(self, lives: Sequence[Life]) -> list[int]:
        ids = db.next_ids(Lead, len(lives))
        handoff_ids = iter(db.next_ids(Handoff, sum(life.handed_at is not None for life in lives)))
        gate: dict[str, int] = {}
        for pk, life in zip(ids, lives, strict=True):
            number = gate[life.story] = gate.get(life.story, 0) + 1
            self._lead(pk, life, number if number <= self.agreement.gate_size else None)
            self._past(pk, life)
            if life.handed_at is not None:
                self._handoff(pk, life, next(handoff_ids))
        for (model, columns), rows in self.rows.items():
            db.load_rows(model, columns, rows)
        SavedView.objects.create(
            person=self.people["tomasz"], name="Silent for 14 days", query="silent=1", is_team=True
        )
        return ids

    def _lead(self, pk: int, life: Life, gate_number: int | None) -> None:
        campaign = self.campaigns[life.story]
        minutes = sum(one.minutes for one in life.tries)
        stage_at = {"won_at": life.won_at, "lost_at": life.lost_at, "closed_at": life.closed_at}
        self._add(
            Lead,
            id=pk,
            version=1 + len(life.tries),
            name=life.who.name,
            company=life.who.company,
            job_title=life.who.title,
            email=life.who.email,
            phone=life.who.phone,
            country=life.who.country,
            city=life.who.city,
            language=life.who.language,
            need=life.who.need,
            search=identity.search_text(
                name=life.who.name, company=life.who.company, email=life.who.email, phone=life.who.phone
            ),
            company_key=identity.company_key(life.who.company),
            campaign=campaign.pk,
            owner=self.people[life.rep].pk if life.rep else None,
            logged_by=campaign.owner_id,
            gate_number=gate_number,
            is_test=False,
            is_history=False,
            stage=life.stage.value,
            mark=life.mark.value,
            reason=self.reasons[life.reason] if life.reason else None,
            received_at=life.received_at,
            handed_off_at=life.handed_at,
            first_contact_at=life.contact_at,
            is_in_time=life.in_time,
            is_judged_only=False,
            marked_at=life.marked_at,
            qualified_at=life.qualified_at,
            amount=life.amount,
            wanted_at=life.wanted_at,
            next_step_at=life.next_step_at if life.stage in {Stage.CONTACTED, Stage.QUALIFIED} else None,
            next_step=life.next_step if life.stage in {Stage.CONTACTED, Stage.QUALIFIED} else "",
            last_activity_at=life.last_activity_at,
            attempts=life.attempts,
            minutes=minutes,
            minutes_estimated=sum(one.minutes for one in life.tries if one.estimated),
            **stage_at,
        )
        keys = [("email", life.who.email.lower()), ("phone", life.who.phone)]
        for kind, value in keys:
            if value:
                self._add(LeadKey, lead=pk, kind=kind, namespace="", value=value)
        payload = {
            "name": life.who.name,
            "company": life.who.company,
            "email": life.who.email,
            "phone": life.who.phone,
            "want": life.who.need,
        }
        door = Door.FORM if campaign.kind in {"website", "ads"} else Door.PASTE
        self._add(
            Arrival,
            lead=pk,
            campaign=campaign.pk,
            at=life.received_at,
            door=door.value,
            by=None if door is Door.FORM else campaign.owner_id,
            is_first=True,
            payload=payload,
        )

    def _event(self, lead: int, at: datetime, by: int | None, kind: str, **after: Any) -> None:
        self._add(LeadEvent, lead=lead, at=at, by=by, kind=kind, before={}, after=after)

    def _past(self, pk: int, life: Life) -> None:
        """Activities, marks, answers and the events that tell of them."""
        campaign = self.campaigns[life.story]
        rep = self.people[life.rep].pk if life.rep else None
        self._event(pk, life.received_at, campaign.owner_id, "arrived", campaign=campaign.name)
        for one in life.tries:
            self._add(
                Activity,
                lead=pk,
                campaign=campaign.pk,
                by=rep,
                at=one.at,
                kind=one.kind,
                direction="out",
                outcome=str(one.outcome),
                minutes=one.minutes,
                is_estimated=one.estimated,
                note=one.note,
            )
        answers = _answers(life)
        for key, (value, source) in answers.items():
            at = life.contact_at if source == Answer.Source.REP and life.contact_at else life.received_at
            by = rep if source == Answer.Source.REP else None
            self._add(Answer, lead=pk, key=key, value=value, source=str(source), by=by, at=at)
        if life.marked_at is not None:
            reason = life.reason if life.mark is MarkValue.NOT_A_FIT else ""
            evaluation = evaluate(
                self.terms.criteria,
                self.terms.points_needed,
                {key: value for key, (value, _source) in answers.items()},
            )
            self._add(
                Mark,
                lead=pk,
                value=life.mark.value,
                reason=self.reasons[reason] if reason else None,
                note=next((one.note for one in life.tries if one.note), ""),
                by=rep,
                at=life.marked_at,
                agreement=self.agreement.pk,
                evaluation=evaluation.as_json(),
                undo={},
            )
            self._event(pk, life.marked_at, rep, "marked", mark=life.mark.value, reason=reason)
        if life.won_at is not None:
            self._event(pk, life.won_at, rep, "won", amount=str(life.amount))
        if life.lost_at is not None:
            self._event(pk, life.lost_at, rep, "lost", reason=life.reason)

    def _handoff(self, pk: int, life: Life, handoff: int) -> None:
        assert life.rep
        assert life.due_at
        assert life.warn_at
        assert life.escalate_at
        campaign = self.campaigns[life.story]
        ended = life.contact_at
        ahead = [
            at for at in (life.warn_at, life.due_at, life.escalate_at) if ended is None and at > self.now
        ]
        rep = self.people[life.rep].pk
        self._add(
            Handoff,
            id=handoff,
            lead=pk,
            rep=rep,
            by=campaign.owner_id,
            at=life.handed_at,
            why={},
            promise_seconds=life.promise_seconds,
            due_at=life.due_at,
            warn_at=life.warn_at,
            escalate_at=life.escalate_at,
            next_check_at=min(ahead, default=None),
            ended_at=ended,
            end="contact" if ended else "",
            is_in_time=life.in_time,
        )
        self._event(pk, life.handed_at, campaign.owner_id, "handed_off", rep=self.people[life.rep].name)  # type: ignore[arg-type]
        until = ended or self.now
        for kind, at in (("warn", life.warn_at), ("missed", life.due_at), ("escalated", life.escalate_at)):
            if at <= until:
                self._add(Step, lead=pk, handoff=handoff, kind=kind, due_at=at, at=at + timedelta(seconds=20))


def _money(lives: Iterable[Life], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """Spend by week and visits by day, in step with the leads they brought."""
    zone = Company.objects.get(pk=1).tz
    per_day: dict[tuple[str, date], int] = {}
    for life in lives:
        day = life.received_at.astimezone(zone).date()
        per_day[life.story, day] = per_day.get((life.story, day), 0) + 1
    costs = {story.name: story.cost for story in STORIES}
    weekly: dict[tuple[str, date], int] = {}
    for (story, day), count in per_day.items():
        monday = day - timedelta(days=day.weekday())
        weekly[story, monday] = weekly.get((story, monday), 0) + count
    Spend.objects.bulk_create(
        [
            Spend(
                campaign=campaigns[story],
                on=min(monday + timedelta(days=4), now.date()),
                amount=costs[story] * count,
            )
            for (story, monday), count in weekly.items()
        ],
        batch_size=500,
    )
    with_visits = {story.name for story in STORIES if story.kind in {"website", "ads"}}
    Visits.objects.bulk_create(
        [
            Visits(campaign=campaigns[story], on=day, count=count * (31 + (count * 7 + day.day) % 23))
            for (story, day), count in per_day.items()
            if story in with_visits
        ],
        batch_size=500,
    )


def _plans(lives: Sequence[Life], people: Mapping[str, User], now: datetime) -> None:
    """A plan for each month; this month's asks for more than what is coming in: behind, on purpose."""
    zone = Company.objects.get(pk=1).tz
    this = month_of(now, zone)
    months = [this]
    for _ in range(12):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    revenue: dict[date, Decimal] = {}
    for life in lives:
        if life.won_at is not None and life.amount is not None:
            month = month_of(life.won_at, zone)
            revenue[month] = revenue.get(month, Decimal(0)) + life.amount
    full = [revenue.get(month, Decimal(0)) for month in months[1:7]]
    usual = sum(full, Decimal(0)) / (len(full) or 1) or Decimal(300_000)
    following = (this + timedelta(days=32)).replace(day=1)
    next_month = [following] if following != this else []
    for index, month in enumerate([*next_month, *months]):
        share = Decimal("1.15") if month == this else Decimal("1.06") + Decimal(index % 3) / 50
        Plan.objects.create(
            month=month,
            revenue=(usual * share / 1000).quantize(Decimal(1)) * 1000,
            average_deal=Decimal(16_500),
            close_rate=Decimal("22.00"),
            qualification_rate=Decimal("27.00"),
            visit_rate=Decimal("3.00"),
            cost_per_lead=Decimal("24.00"),
            in_time_rate=Decimal("90.00"),
            changed_at=now - timedelta(days=20),
            changed_by=people["anna"],
        )
    assert all(later > earlier for later, earlier in pairwise(months))
