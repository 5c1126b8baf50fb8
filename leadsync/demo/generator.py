"""Invents the leads of the sample company: pure, deterministic, no database.

From a seed and an instant follow the same lives of the same leads. Each life is told with the rules the product has: the
promise's due time, waits between attempts, marks with reasons, wins and losses. Times of work lie in working time.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from leads.domain.promise import due
from leads.domain.words import TRY_AGAIN, MarkValue, Outcome, Stage
from leadsync.core.businesstime import WorkCalendar
from leadsync.demo import names
from leadsync.demo.scenario import Colleague, Story

HOUR = 3600
PHONE_FORMS = {
    "PL": ("+48{area}555{n:04d}", ("12", "22", "32", "42", "58", "61", "71", "81", "91")),
    "DE": ("+49{area}5550{n:04d}", ("30", "40", "89", "341", "511")),
    "CZ": ("+420{area}55{n:04d}", ("222", "224", "233", "257", "549")),
    "RU": ("+7{area}555{n:04d}", ("495", "846", "843", "342")),
    "LV": ("+3716{area}{n:04d}", ("755", "722", "731", "770")),
    "GB": ("+44{area}{n:05d}", ("20790", "20791", "20792", "20793")),
}
REASONS = (
    ("too_small", 9),
    ("no_need", 8),
    ("wrong_data", 3),
    ("no_budget", 5),
    ("wrong_market", 4),
    ("no_authority", 3),
    ("competitor", 1),
    ("spam", 2),
    ("duplicate", 1),
)
# Campaigns whose gate was not passed, whatever the day: which of their first twenty leads are good. Five are needed.
FAILED_GATES = {"Retargeting banners": {4, 11}, "UK spare parts page": {2, 9, 16}}
LOSSES = (("no_budget", 6), ("wrong_market", 7), ("no_need", 4), ("competitor", 2), ("no_authority", 2))


@dataclass(frozen=True)
class Try:
    """One activity: minutes are sales time, `estimated` when nobody entered them."""

    at: datetime
    kind: str
    outcome: str
    minutes: int
    estimated: bool
    note: str = ""


@dataclass(frozen=True)
class Who:
    """The person behind a lead, and what they want."""

    name: str
    company: str
    title: str
    email: str
    phone: str
    country: str
    city: str
    language: str
    need: str


@dataclass
class Life:
    """All that ever happened to one lead."""

    story: str
    number: int
    who: Who
    received_at: datetime
    rep: str | None = None
    handed_at: datetime | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    escalate_at: datetime | None = None
    promise_seconds: int = 0
    wanted_at: datetime | None = None
    contact_at: datetime | None = None
    tries: list[Try] = field(default_factory=list)
    stage: Stage = Stage.NEW
    mark: MarkValue = MarkValue.NONE
    reason: str = ""
    marked_at: datetime | None = None
    qualified_at: datetime | None = None
    won_at: datetime | None = None
    amount: Decimal | None = None
    lost_at: datetime | None = None
    closed_at: datetime | None = None
    next_step_at: datetime | None = None
    next_step: str = ""
    attempts: int = 0
    judged_only: bool = False
    people: int | None = None
    square_metres: int | None = None
    knows_budget: bool | None = None
    decides_soon: bool | None = None
    asked: bool = False

    @property
    def in_time(self) -> bool | None:
        if self.contact_at is None or self.due_at is None:
            return None
        return self.contact_at <= self.due_at

    @property
    def last_activity_at(self) -> datetime | None:
        return max((one.at for one in self.tries), default=None)


class Inventor:
    """Makes lives. `calendars` holds every rep's working time by key, `promises` (mode, minutes) by kind of campaign."""

    def __init__(
        self,
        *,
        seed: int,
        now: datetime,
        zone: ZoneInfo,
        calendars: Mapping[str, WorkCalendar],
        promises: Mapping[str, tuple[str, int]],
        reps: Sequence[Colleague],
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311  # a story, not a secret
        self.now = now
        self.zone = zone
        self.calendars = calendars
        self.promises = promises
        self.reps = {rep.key: rep for rep in reps}
        self._serial = 0

    # ------------------------------------------------------------------------------------------ who
    def _person(self, story: Story) -> Who:
        pick = self.random.choice
        country = pick(story.markets or (story.market,))
        self._serial += 1
        first, last = pick(names.FIRST_NAMES[country]), pick(names.LAST_NAMES[country])
        company = pick(names.COMPANY_STEMS) + pick(names.COMPANY_TAILS[country])
        is_private = self.random.random() < (0.3 if story.kind == "list" else 0.08)
        form, areas = PHONE_FORMS[country]
        phone = form.format(area=areas[self._serial % len(areas)], n=1000 + self._serial // len(areas))
        slug = (
            "".join(letter for letter in company.lower() if letter.isascii() and letter.isalnum()) or "firma"
        )
        return Who(
            name=f"{first} {last}",
            company="" if is_private else company,
            title="" if is_private else pick(names.TITLES[country]),
            email="" if self.random.random() < 0.12 else f"contact{self._serial}@{slug}.example",
            phone=phone,
            country=country,
            city=pick(names.CITIES[country]),
            language=names.LANGUAGE_OF[country],
            need=pick(names.WISHES[country]) if self.random.random() < 0.86 else "",
        )

    def _rep_for(self, country: str) -> Colleague:
        weights = [
            rep.capacity
            * (2.5 if country in {"LV", "RU"} and rep.office == "Rīga" else 1)
            * (2.5 if country == "DE" and rep.office == "Leipzig" else 1)
            for rep in self.reps.values()
        ]
        return self.random.choices(list(self.reps.values()), weights)[0]

    # ------------------------------------------------------------------------------------------ when
    def _received(self, story: Story) -> Iterator[datetime]:
        """The arrivals of a campaign, oldest first; fairs come in a heap, lists in two heaps, the rest evenly."""
        start = self.now - timedelta(days=story.start)
        end = self.now - timedelta(days=story.end or 0)
        span = (end - start).total_seconds()
        found: list[datetime] = []
        for index in range(story.leads):
            if story.kind == "event":
                at = start + timedelta(seconds=min(self.random.expovariate(1 / (1.6 * 86_400)), span))
            elif story.kind == "list":
                # The second when sales has judged the first: some send on without waiting for the decision.
                heap = (
                    start
                    if index < story.leads / 2
                    else start + timedelta(days=min(11.0, span / 86_400 * 0.6))
                )
                at = heap + timedelta(minutes=self.random.random() * 40)
            else:
                at = start + timedelta(seconds=self.random.random() * span)
            local = at.astimezone(self.zone)
            if (
                story.kind == "event"
                or story.kind == "list"
                or story.kind == "phone"
                or self.random.random() < 0.8
            ):
                at = self._at_work(at)
            else:
                at = local.replace(hour=self.random.choice((7, 8, 18, 19, 20, 21, 22))).astimezone(at.tzinfo)
            found.append(min(at, self.now - timedelta(minutes=1)))
        return iter(sorted(found))

    def _at_work(self, at: datetime) -> datetime:
        """The same day in working hours, or the next day that has some."""
        calendar = next(iter(self.calendars.values()))
        opening = calendar.next_open(at)
        if opening == at:
            return at
        worked = calendar.add(opening, self.random.randint(5, 5 * HOUR))
        return at if worked >= self.now else worked

    def _one_of(self, choices: Sequence[tuple[str, int]]) -> str:
        """One of the words, each as likely as its weight says."""
        return self.random.choices(
            [word for word, _weight in choices], [weight for _word, weight in choices]
        )[0]

    def _minutes(self, story: Story, low: int, high: int) -> int:
        return max(1, round(self.random.randint(low, high) * story.minutes))

    # ------------------------------------------------------------------------------------------ lives
    def lives(self, story: Story) -> list[Life]:
        """Every lead of one campaign, oldest first."""
        told: list[Life] = []
        for number, at in enumerate(self._received(story), start=1):
            life = Life(story=story.name, number=number, received_at=at, who=self._person(story))
            life.asked = self.random.random() < 0.55
            good = self._is_good(story, number)
            self._live(life, story, good)
            told.append(life)
        return told

    def _is_good(self, story: Story, number: int) -> bool:
        if story.name == "Metal Expo visitor list":
            return number in {3, 15, 29}
        drawn = self.random.random() < story.good
        return number in FAILED_GATES[story.name] if number <= 20 and story.name in FAILED_GATES else drawn

    def _give(self, life: Life, story: Story, rep: Colleague, at: datetime) -> None:
        calendar = self.calendars[rep.key]
        mode, minutes = self.promises[story.kind]
        clock = due(calendar=calendar, at=at, mode=mode, minutes=minutes, wanted_at=life.wanted_at)
        life.rep, life.handed_at = rep.key, at
        life.due_at, life.warn_at, life.escalate_at = clock.due_at, clock.warn_at, clock.escalate_at
        life.promise_seconds = int(clock.promise_seconds)

    def _live(self, life: Life, story: Story, good: bool) -> None:
        rep = self._rep_for(life.who.country)
        delay = {"event": 26 * HOUR, "list": 3 * HOUR, "partner": 2 * HOUR}.get(story.kind, HOUR // 3)
        handed = life.received_at + timedelta(seconds=self.random.expovariate(1 / delay) + 30)
        if handed >= self.now:
            return
        self._give(life, story, rep, handed)
        calendar = self.calendars[rep.key]
        share = self.random.lognormvariate(-0.75, 0.75) * rep.pace
        contact = calendar.add(handed, max(60, share * life.promise_seconds))
        if contact >= self.now:
            # A lead of the last hours may wait; an older one was called late rather than never.
            if calendar.between(handed, self.now) < 1.4 * life.promise_seconds:
                return
            contact = calendar.add(handed, calendar.between(handed, self.now) * self.random.uniform(0.3, 0.9))
            if contact >= self.now:
                return
        self._work(life, story, rep, contact, good)

    def _work(self, life: Life, story: Story, rep: Colleague, at: datetime, good: bool) -> None:
        """Attempts until somebody answers, then what the talk brought."""
        calendar = self.calendars[rep.key]
        waits = (HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 40 * HOUR)
        life.contact_at, life.stage = at, Stage.CONTACTED
        reach = 0.68 if good else 0.5
        for attempt in range(6):
            if self.random.random() < reach:
                break
            life.attempts += 1
            life.tries.append(Try(at, "call", Outcome.NO_ANSWER, 3, True))
            if attempt == 5:
                self._mark(life, MarkValue.UNREACHABLE, at)
                life.stage, life.closed_at = Stage.CLOSED, at
                return
            following = calendar.add(at, waits[attempt] + self.random.randint(0, HOUR))
            if following >= self.now:
                life.next_step_at, life.next_step = following, TRY_AGAIN
                return
            at = following
        life.attempts = 0
        entered = self.random.random() < 0.7
        minutes = self._minutes(story, 6, 26) if entered else 15
        life.people = (
            self.random.choice((8, 15, 24, 42, 60, 120, 300)) if good else self.random.choice((3, 8, 15, 24))
        )
        life.square_metres = (
            self.random.choice((600, 900, 1500, 2400, 5000)) if good else self.random.choice((120, 300, 600))
        )
        if not good:
            if self.random.random() < 0.05 and rep.pace > 1.4:
                life.tries.append(Try(at, "call", Outcome.REACHED, minutes, not entered))
                life.next_step_at = calendar.add(at, 40 * HOUR)  # put off and forgotten: silent after a while
                life.next_step = "Call again"
                if life.next_step_at < self.now - timedelta(days=5):
                    life.next_step_at, life.next_step = None, ""
                return
            life.reason = self._one_of(REASONS)
            life.tries.append(
                Try(at, "call", Outcome.REACHED, minutes, not entered, self.random.choice(names.NOTES_BAD))
            )
            self._mark(life, MarkValue.NOT_A_FIT, at)
            life.stage, life.closed_at = Stage.CLOSED, at
            return
        life.tries.append(
            Try(at, "call", Outcome.REACHED, minutes, not entered, self.random.choice(names.NOTES_GOOD))
        )
        life.people, life.square_metres = max(24, life.people), max(600, life.square_metres)
        life.knows_budget = self.random.random() < 0.5 or None
        life.decides_soon = self.random.random() < 0.7 or None
        if self.random.random() < story.qualified * rep.skill:
            self._qualify(life, story, rep, at)
        else:
            self._promising(life, story, rep, at)

    def _mark(self, life: Life, value: MarkValue, at: datetime) -> None:
        life.mark, life.marked_at = value, at

    def _promising(self, life: Life, story: Story, rep: Colleague, at: datetime) -> None:
        calendar = self.calendars[rep.key]
        self._mark(life, MarkValue.PROMISING, at)
        again = calendar.add(at, self.random.randint(3, 22) * 8 * HOUR)
        if again >= self.now:
            life.next_step_at, life.next_step = again, "Ask how the project stands"
            return
        turn = self.random.random()
        if story.name == "Metal Expo visitor list":
            turn = 0.8  # its three promising leads stay what they are
        if turn < 0.34:
            life.tries.append(Try(again, "call", Outcome.REACHED, self._minutes(story, 8, 25), False))
            self._qualify(life, story, rep, again)
        elif turn < 0.75:
            life.tries.append(Try(again, "call", Outcome.REACHED, self._minutes(story, 5, 15), False))
            life.stage, life.lost_at, life.reason = Stage.LOST, again, self._one_of(LOSSES)
        elif turn < 0.9:
            later = calendar.add(self.now, self.random.randint(-2, 40) * 4 * HOUR)
            recently = calendar.add(self.now, -self.random.randint(8, 60) * HOUR)
            life.tries.append(Try(max(recently, again), "email", Outcome.REACHED, 6, False))
            life.next_step_at, life.next_step = later, "Ask how the project stands"

    def _qualify(self, life: Life, story: Story, rep: Colleague, at: datetime) -> None:
        calendar = self.calendars[rep.key]
        self._mark(life, MarkValue.QUALIFIED, at)
        life.qualified_at, life.stage = at, Stage.QUALIFIED
        life.knows_budget = life.decides_soon = True
        step = at
        ends = calendar.add(at, self.random.randint(6, 50) * 8 * HOUR)
        wins = self.random.random() < story.close * rep.skill * 0.8
        while True:
            step = calendar.add(step, self.random.randint(6, 15) * 8 * HOUR)
            if step >= min(ends, self.now):
                break
            kind = self.random.choice(("call", "email", "email", "call", "email", "meeting"))
            minutes = 60 if kind == "meeting" else self._minutes(story, 3, 14)
            life.tries.append(Try(step, kind, Outcome.REACHED, minutes, kind == "meeting"))
        if ends < self.now:
            life.tries.append(Try(ends, "call", Outcome.REACHED, self._minutes(story, 6, 20), False))
            if wins:
                factor = self.random.lognormvariate(-0.08, 0.45)
                life.stage, life.won_at = Stage.WON, ends
                life.amount = Decimal(round(story.deal * factor / 100) * 100)
            else:
                life.stage, life.lost_at, life.reason = (
                    Stage.LOST,
                    ends,
                    self._one_of(LOSSES),
                )
        elif self.random.random() < 0.93:
            life.next_step_at = (
                step if step > self.now else calendar.add(self.now, self.random.randint(1, 40) * HOUR)
            )
            life.next_step = self.random.choice(
                ("Send the offer", "Visit the hall", "Call about the price", "Ask for the drawings")
            )

    # ------------------------------------------------------------------------------------------ today
    def waiting(
        self, story: Story, rep: Colleague, left_minutes: int, *, number: int, wanted: bool = False
    ) -> Life:
        """A lead that waits for its first contact, with so many working minutes of the promise left (negative: over)."""
        calendar = self.calendars[rep.key]
        mode, minutes = self.promises[story.kind]
        total = minutes if mode == "within" else 8 * 60
        handed = calendar.add(self.now, -60 * max(5, total - left_minutes))
        life = Life(story=story.name, number=number, received_at=handed, who=self._person(story))
        life.received_at = handed - timedelta(minutes=self.random.randint(3, 30))
        life.asked = True
        life.people = self.random.choice((24, 42, 60))
        if wanted:
            day = (calendar.next_open(self.now + timedelta(hours=10))).astimezone(self.zone).date()
            life.wanted_at = datetime.combine(day, time(self.random.choice((9, 10, 11)), 30), self.zone)
        self._give(life, story, rep, handed)
        return life


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the month an instant lies in, in the company's zone."""
    return at.astimezone(zone).date().replace(day=1)
