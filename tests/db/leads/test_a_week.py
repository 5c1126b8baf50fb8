"""A week of the sample company, a quarter of an hour at a time, against a slow recount that shares nothing with it.

From the Thursday before Easter 2027 on: the clocks change on Easter Sunday, Easter Monday is a holiday. People act at
random (`WEEK_SEED` repeats a week); workers sweep, write and send mails. Beside it `Ledger` keeps what was done and
works out by the rules alone, walking minute by minute, which steps, notices and mails there must be.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from pytest_django import Settings

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Agreement, Handoff, Lead, Reason, Step
from leads.services import activities, arrivals, follow_up, handoff, marking, promise
from leadsync.accounts.models import Absence, User
from leadsync.accounts.roles import Role
from leadsync.accounts.services import working_time
from leadsync.demo import build
from leadsync.notices import delivery
from leadsync.notices.models import Message, Notice
from leadsync.notices.services import mark_read

WARSAW = ZoneInfo("Europe/Warsaw")
BEGIN = datetime(2027, 3, 25, 6, 0, tzinfo=WARSAW).astimezone(UTC)
END = datetime(2027, 4, 1, 6, 0, tzinfo=WARSAW).astimezone(UTC)
HORIZON_DAYS = 60  # so far ahead the recount knows when somebody works
HOLIDAYS = {date(2027, 3, 28), date(2027, 3, 29), date(2027, 5, 1), date(2027, 5, 3), date(2027, 5, 16)}
MINUTE = timedelta(minutes=1)
PROMISES = {
    "website": 60,
    "ads": 60,
    "phone": 60,
    "partner": 240,
    "list": 240,
}  # "event": the same working day
SILENT_AFTER = timedelta(days=2)
SEED = int(os.environ.get("WEEK_SEED", "0")) or random.randrange(1, 1_000_000)

type Windows = tuple[tuple[int, int], ...]


# ------------------------------------------------------------------------------------------- the recount


@dataclass
class Hours:
    """When somebody works, written down minute by minute."""

    week: list[Windows]
    days: dict[date, Windows]
    away: set[date]
    minutes: bytearray = field(default_factory=bytearray)

    def is_open(self, instant: datetime) -> bool:
        local = instant.astimezone(WARSAW)
        day = local.date()
        if day in self.away or (day in HOLIDAYS and day not in self.days):
            return False
        windows = self.days.get(day, self.week[day.weekday()])
        return any(opens <= local.hour * 60 + local.minute < closes for opens, closes in windows)

    def write_down(self) -> None:
        self.minutes = bytearray(self.is_open(BEGIN + n * MINUTE) for n in range(HORIZON_DAYS * 24 * 60))

    def after(self, start: datetime, seconds: float) -> datetime:
        """The instant after so much working time: walks every minute."""
        if seconds <= 0:
            return start
        left = timedelta(seconds=seconds)
        cell = (start - BEGIN) // MINUTE
        while True:
            begins, ends = max(start, BEGIN + cell * MINUTE), BEGIN + (cell + 1) * MINUTE
            if self.minutes[cell]:
                if ends - begins >= left:
                    return begins + left
                left -= ends - begins
            cell += 1

    def between(self, start: datetime, end: datetime) -> int:
        """Seconds of working time from one instant to the other."""
        found = timedelta()
        cell = (start - BEGIN) // MINUTE
        while BEGIN + cell * MINUTE < end:
            if self.minutes[cell]:
                found += min(end, BEGIN + (cell + 1) * MINUTE) - max(start, BEGIN + cell * MINUTE)
            cell += 1
        return round(found.total_seconds())

    def closing(self, at: datetime) -> datetime:
        """The end of the working day of an instant, or of the next working day."""
        cell = (at - BEGIN) // MINUTE
        while not self.minutes[cell]:
            cell += 1
        day = (BEGIN + cell * MINUTE).astimezone(WARSAW).date()
        last = cell
        while (BEGIN + cell * MINUTE).astimezone(WARSAW).date() == day:
            last = cell if self.minutes[cell] else last
            cell += 1
        return BEGIN + (last + 1) * MINUTE


@dataclass
class Clock:
    """A handoff as the rules see it. `left`: what an earlier one left of the promise, in seconds."""

    pk: int
    lead: "Case"
    rep: int
    at: datetime
    left: int | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    is_fixed: bool = False  # taken over when it was past: due when it was due


@dataclass
class Case:
    """A lead as the rules see it."""

    pk: int
    campaign: Campaign
    owner: int | None
    wanted_at: datetime | None = None
    clock: Clock | None = None
    left: int | None = None
    is_contacted: bool = False
    is_closed: bool = False
    last_activity: datetime | None = None
    next_step: datetime | None = None
    told_steps: set[datetime] = field(default_factory=set)
    silent_until: datetime | None = None


@dataclass
class Told:
    """A notice as the rules see it; `mail` is the key of the message that carries it."""

    kind: str
    lead: int
    to: int
    at: datetime
    is_instant: bool
    mail: str = ""
    is_read: bool = False


@dataclass
class Ledger:
    """What was done, and what follows from it."""

    hours: dict[int, Hours]
    office: Hours
    heads: list[int]
    cases: list[Case] = field(default_factory=list)
    steps: Counter[tuple[int, int | None, str, datetime]] = field(default_factory=Counter)
    told: list[Told] = field(default_factory=list)
    mails: dict[str, datetime] = field(default_factory=dict)
    morning_on: date | None = None
    swept_at: datetime = BEGIN
    looked_at: datetime = BEGIN

    def full(self, clock: Clock) -> int:
        hours, kind = self.hours[clock.rep], clock.lead.campaign.kind
        if kind == "event":
            return max(3_600, hours.between(clock.at, hours.closing(clock.at)))
        return PROMISES[kind] * 60

    def wind(self, clock: Clock) -> None:
        """The three times of a clock by the hours of now; what was flagged stays."""
        hours, full, wanted = self.hours[clock.rep], self.full(clock), clock.lead.wanted_at
        if wanted is not None and wanted + 15 * MINUTE > clock.at:
            due = wanted + 15 * MINUTE
            seconds: float = hours.between(clock.at, due)
            warn = hours.after(clock.at, seconds * 0.75) if seconds else max(clock.at, wanted)
            warn = min(warn, due)
        else:
            seconds = full if clock.left is None else clock.left
            due, warn = hours.after(clock.at, seconds), hours.after(clock.at, seconds * 0.75)
            if not seconds:
                clock.flagged.add("warn")  # nothing is left to warn of
        clock.times = {"warn": warn, "missed": due, "escalated": hours.after(due, full)}

    def start(self, case: Case, pk: int, rep: int, at: datetime, left: int | None) -> Clock:
        clock = case.clock = Clock(pk, case, rep, at, left)
        self.wind(clock)
        return clock

    def left_of(self, clock: Clock, now: datetime) -> int:
        left = self.hours[clock.rep].between(now, clock.times["missed"])
        return min(left, self.full(clock) if clock.left is None else clock.left)

    def pass_on(self, case: Case, pk: int, rep: int, at: datetime) -> None:
        was = case.clock
        assert was is not None
        if was.times["missed"] <= at:
            is_past = was.times["missed"] < at
            case.clock = Clock(pk, case, rep, at, 0, dict(was.times), set(was.flagged), is_fixed=is_past)
        else:
            self.start(case, pk, rep, at, self.left_of(was, at))

    def contact(self, case: Case, at: datetime) -> None:
        case.clock, case.is_contacted, case.last_activity = None, True, at

    def tell(self, kind: str, case: Case, to: int | None, at: datetime, *, is_instant: bool = False) -> None:
        if to is not None:
            self.told.append(Told(kind, case.pk, to, at, is_instant))

    def hours_change(self) -> None:
        for case in self.cases:
            if case.clock is not None and not case.clock.is_fixed:
                self.wind(case.clock)

    def sweep(self, now: datetime) -> None:
        is_whole = now - self.looked_at >= timedelta(days=1)
        for case in self.cases:
            if case.clock is not None:
                self._sweep_clock(case, case.clock, now)
            if case.is_closed:
                continue
            step = case.next_step
            if step is not None and step <= now and step not in case.told_steps and case.owner is not None:
                case.told_steps.add(step)
                self.steps[case.pk, None, "follow_up", step] += 1
                self.tell("follow_up", case, case.owner, now)
            if case.is_contacted and case.last_activity is not None:
                quiet = max(case.last_activity, case.next_step or case.last_activity) + SILENT_AFTER
                # Where a next step was taken away, silence shows afterwards: that is looked for once a day.
                shows = is_whole or quiet > self.swept_at
                if (
                    shows
                    and quiet <= now
                    and (case.silent_until is None or case.silent_until < quiet - SILENT_AFTER)
                ):
                    case.silent_until = quiet
                    self.steps[case.pk, None, "silent", quiet] += 1
                    for head in self.heads:
                        self.tell("silent", case, head, now)
        self.swept_at, self.looked_at = now, now if is_whole else self.looked_at

    def _sweep_clock(self, case: Case, clock: Clock, now: datetime) -> None:
        for kind, due in clock.times.items():
            if due > now or kind in clock.flagged:
                continue
            clock.flagged.add(kind)
            self.steps[case.pk, clock.pk, kind, due] += 1
            if kind == "warn":
                self.tell("lead_warn", case, clock.rep, now, is_instant=True)
            elif kind == "missed":
                for to in {clock.rep, case.campaign.owner_id}:
                    self.tell("lead_missed", case, to, now)
            else:
                for head in self.heads:
                    self.tell("lead_escalated", case, head, now)

    def compose(self, now: datetime) -> None:
        local = now.astimezone(WARSAW)
        day = local.date()
        is_working_day = any(self.office.is_open(self._at(day, minute)) for minute in range(0, 24 * 60, 30))
        if is_working_day and local.time() >= time(8) and self.morning_on != day:
            self.morning_on = day
            for to, theirs in self._waiting().items():
                self._mail(f"morning:{to}:{day}", theirs, now)
        if self.office.is_open(now):
            for to, theirs in self._waiting().items():
                number = sum(key.startswith(f"instant:{to}:{day}:") for key in self.mails) + 1
                if number <= 5:
                    urgent = [one for one in theirs if one.is_instant]
                    self._mail(f"instant:{to}:{day}:{number}", urgent, now)

    def _at(self, day: date, minute: int) -> datetime:
        return (datetime.combine(day, time(), WARSAW) + timedelta(minutes=minute)).astimezone(UTC)

    def _waiting(self) -> dict[int, list[Told]]:
        found: dict[int, list[Told]] = {}
        for one in self.told:
            if not one.mail and not one.is_read:
                found.setdefault(one.to, []).append(one)
        return found

    def _mail(self, key: str, theirs: list[Told], now: datetime) -> None:
        if theirs:
            self.mails[key] = now
            for one in theirs:
                one.mail = key


# ------------------------------------------------------------------------------------------- the company


class Week:
    """The sample company, its people acting at random, and the ledger beside it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.people = build._people(BEGIN)
        build._agreement(self.people, BEGIN)
        campaigns = build._campaigns(self.people, BEGIN)
        Agreement.objects.filter(state="in_force").update(silent_days=SILENT_AFTER.days)
        Absence.objects.all().delete()
        self.campaigns = [one for one in campaigns.values() if one.state == "live"]
        self.reps = [one for one in self.people.values() if Role.REP in one.roles]
        self.head = self.people["tomasz"]
        self.number = 0
        promise.assume_swept(at=BEGIN)
        self.company: list[Windows] = [((480, 1020),)] * 5 + [()] * 2
        self.own_days: dict[date, Windows] = {}
        self.own: dict[int, list[Windows]] = {}
        self.away: dict[int, set[date]] = {}
        self.ledger = Ledger({}, Hours([], {}, set()), [self.head.pk])
        self._write_hours()

    def _write_hours(self, only: set[int] | None = None) -> None:
        """Write down again who works when, after a change (of `only` these people)."""
        ledger = self.ledger
        if only is None:
            ledger.office = Hours(self.company, self.own_days, set())
            ledger.office.write_down()
        for person in (*self.reps, self.head):
            if only is not None and person.pk not in only:
                continue
            if person.pk in self.own or self.away.get(person.pk):
                week = self.own.get(person.pk, self.company)
                hours = Hours(week, self.own_days, self.away.get(person.pk, set()))
                hours.write_down()
                ledger.hours[person.pk] = hours
            else:
                ledger.hours[person.pk] = ledger.office

    def cases(self, **wanted: bool) -> list[Case]:
        return [
            case
            for case in self.ledger.cases
            if not case.is_closed
            and ("owned" not in wanted or (case.owner is not None) == wanted["owned"])
            and ("waits" not in wanted or (case.clock is not None) == wanted["waits"])
        ]

    def person(self, pk: int | None) -> User:
        return next(one for one in self.people.values() if one.pk == pk)

    # What people do, each at `now`; what it means is written into the ledger by the rules alone.

    def arrives(self, now: datetime) -> None:
        self.number += 1
        campaign = self.chance.choice(self.campaigns)
        wanted = now + self.chance.randint(2, 60) * 30 * MINUTE if self.chance.random() < 0.15 else None
        name = f"lead{self.number}@customer.example"
        data = arrivals.LeadData(name=f"Lead {self.number}", email=name, wanted_at=wanted)
        made = arrivals.receive(data=data, campaign=campaign, door=Door.FORM, by=None, at=now)
        assert made.handoff is not None
        case = Case(made.lead.pk, campaign, made.handoff.rep_id, wanted)
        self.ledger.cases.append(case)
        self.ledger.start(case, made.handoff.pk, made.handoff.rep_id, now, None)
        self.ledger.tell("leads_handed", case, case.owner, now)

    def calls(self, now: datetime) -> None:
        for case in self._some(self.cases(owned=True)):
            lead, rep = Lead.objects.get(pk=case.pk), self.person(case.owner)
            if self.chance.random() < 0.5:
                activities.no_answer(lead=lead, by=rep, at=now)
                case.next_step = Lead.objects.get(pk=case.pk).next_step_at
            else:
                activities.log(lead=lead, by=rep, kind="call", outcome="reached", at=now)
            self.ledger.contact(case, now)

    def marks(self, now: datetime) -> None:
        for case in self._some(self.cases(owned=True)):
            lead, rep = Lead.objects.get(pk=case.pk), self.person(case.owner)
            if self.chance.random() < 0.6:
                step = now + self.chance.randint(1, 60) * 30 * MINUTE
                marking.mark(lead=lead, value="promising", by=rep, version=None, next_step_at=step, at=now)
                self.ledger.contact(case, now)
                case.next_step = step
            else:
                reason = Reason.objects.get(key=self.chance.choice(("no_need", "spam")))
                marking.mark(lead=lead, value="not_a_fit", by=rep, version=None, reason=reason, at=now)
                case.clock, case.is_closed = None, True

    def plans(self, now: datetime) -> None:
        for case in self._some(self.cases(owned=True)):
            step = now + self.chance.randint(1, 80) * 15 * MINUTE
            follow_up.set_next_step(lead=Lead.objects.get(pk=case.pk), by=self.person(case.owner), at=step)
            case.next_step = step

    def returns(self, now: datetime) -> None:
        for case in self._some(self.cases(owned=True)):
            by = self.person(case.owner)
            handoff.return_to_marketing(lead=Lead.objects.get(pk=case.pk), by=by, reason="incomplete", at=now)
            if case.clock is not None:
                case.left = self.ledger.left_of(case.clock, now)
            case.clock = case.owner = case.next_step = None
            self.ledger.tell("lead_returned", case, case.campaign.owner_id, now)

    def hands_over(self, now: datetime) -> None:
        for case in self._some(self.cases()):
            to = self.chance.choice(self.reps)
            if to.pk == case.owner:
                continue
            made = handoff.give(lead=Lead.objects.get(pk=case.pk), to=to, by=self.head, at=now)
            assert (made is None) == case.is_contacted
            if case.clock is not None:
                assert made is not None
                self.ledger.pass_on(case, made.pk, to.pk, now)
            elif made is not None:
                self.ledger.start(case, made.pk, to.pk, now, case.left)
            case.owner = to.pk
            self.ledger.tell("leads_handed", case, to.pk, now)

    def reads(self, now: datetime) -> None:
        person = self.chance.choice(list(self.people.values()))
        mark_read(person=person, at=now)
        for one in self.ledger.told:
            one.is_read = one.is_read or one.to == person.pk

    def is_away(self, now: datetime) -> None:
        rep, today = self.chance.choice(self.reps), now.astimezone(WARSAW).date()
        days = [today + timedelta(days=n) for n in range(self.chance.randint(1, 2))]
        if self.away.setdefault(rep.pk, set()).isdisjoint(days) and len(self.away[rep.pk]) < 3:
            working_time.add_absence(by=self.head, person=rep, starts_on=days[0], ends_on=days[-1])
            self.away[rep.pk].update(days)
            self._write_hours({rep.pk})
            self.ledger.hours_change()

    def works_otherwise(self, now: datetime) -> None:
        rep = self.chance.choice(self.reps)
        opens = self.chance.choice((420, 540, 600))
        week: list[Windows] = [((opens, 720), (750, opens + 500))] * 5 + [((600, 780),), ()]
        working_time.set_own_week(by=self.head, person=rep, week=week)
        self.own[rep.pk] = week
        self._write_hours({rep.pk})
        self.ledger.hours_change()

    def _some(self, cases: list[Case]) -> list[Case]:
        return [self.chance.choice(cases)] if cases else []

    def company_hours_change(self, now: datetime) -> None:
        """On Friday noon: Saturday is a day of work, and from now on the day ends at 16:00."""
        saturday = date(2027, 3, 27)
        working_time.add_own_day(by=self.people["admin"], on=saturday, name="Fair", windows=((600, 840),))
        self.own_days[saturday] = ((600, 840),)
        self.company = [((480, 960),)] * 5 + [()] * 2
        working_time.set_company_week(by=self.people["admin"], week=self.company)
        self._write_hours()
        self.ledger.hours_change()

    def acts(self, now: datetime) -> None:
        """What happens in this quarter of an hour; changes of working time come last, as the next sweep sees them."""
        local = now.astimezone(WARSAW)
        is_day = 8 <= local.hour < 18
        if self.chance.random() < (0.45 if is_day else 0.15):
            self.arrives(now)
        if is_day:
            for act, share in (
                (self.calls, 0.25),
                (self.marks, 0.15),
                (self.plans, 0.1),
                (self.returns, 0.06),
                (self.hands_over, 0.2),
                (self.reads, 0.05),
                (self.is_away, 0.02),
                (self.works_otherwise, 0.02),
            ):
                if self.chance.random() < share:
                    act(now)
        if local == datetime(2027, 3, 26, 12, 0, tzinfo=WARSAW):
            self.company_hours_change(now)


def quarters() -> Iterator[datetime]:
    """Every quarter of an hour by day, every hour by night."""
    now = BEGIN
    while now < END:
        yield now
        is_day = 7 <= now.astimezone(WARSAW).hour < 19
        now += (15 if is_day else 60) * MINUTE


@pytest.mark.django_db
def test_a_week_has_exactly_the_steps_notices_and_mails_that_the_rules_say(
    time_machine: Any, settings: Settings
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    time_machine.move_to(BEGIN, tick=False)
    week = Week(SEED)
    ledger = week.ledger
    for now in quarters():
        time_machine.move_to(now, tick=False)
        week.acts(now)
        promise.sweep(at=now)
        delivery.compose(at=now)
        delivery.send_waiting(at=now)
        ledger.sweep(now)
        ledger.compose(now)

    seed = f"WEEK_SEED={SEED}"
    assert (
        apart(Counter(Step.objects.values_list("lead", "handoff", "kind", "due_at")), ledger.steps) == {}
    ), seed
    told = Counter((one.kind, one.lead, one.to, one.at, one.is_instant, one.mail) for one in ledger.told)
    assert apart(notices(), told) == {}, seed
    sent = {key: at for key, at in Message.objects.values_list("key", "sent_at") if at is not None}
    assert sent == ledger.mails, seed
    assert len(mail.outbox) == len(ledger.mails)
    open_ones = {case.clock.pk for case in ledger.cases if case.clock is not None}
    assert set(Handoff.objects.open().values_list("pk", flat=True)) == open_ones
    # The week was worth it.
    kinds = Counter(kind for _lead, _handoff, kind, _due in ledger.steps.elements())
    assert min(kinds[kind] for kind in ("warn", "missed", "escalated", "follow_up", "silent")) >= 5, kinds
    assert {one.kind for one in ledger.told} >= {"leads_handed", "lead_returned", "lead_warn", "silent"}


def notices() -> Counter[tuple[Any, ...]]:
    """What people were told, as the database has it."""
    return Counter(
        (kind, context["lead_id"], to, at, is_instant, key or "")
        for kind, context, to, at, is_instant, key in Notice.objects.values_list(
            "kind", "context", "recipient", "created_at", "is_instant", "message__key"
        )
    )


def apart(there: Counter, expected: Counter) -> dict[str, list[Any]]:
    """What is there too much, and what is missing."""
    found = {"too much": list((there - expected).elements()), "missing": list((expected - there).elements())}
    return {name: sorted(rows, key=str)[:20] for name, rows in found.items() if rows}
