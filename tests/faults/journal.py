"""What was asked of an installation, kept beside its database, and what must be in the database because of it.

The company of these tests is always open and promises 60 minutes, so the rules can be said in a few lines of their own.
"""

import email
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from campaigns.models import Campaign, Touch
from leads.domain.words import Door
from leads.models import Arrival, Handoff, Import, Lead, Step
from leads.services import activities, arrivals, imports
from leadsync.accounts.models import User
from leadsync.notices import delivery
from leadsync.notices.models import Message, Notice
from tests.faults.processes import House, until

MINUTE = timedelta(minutes=1)
INSTANT_A_DAY = 5
STEPS = {"warn": 45 * MINUTE, "missed": 60 * MINUTE, "escalated": 120 * MINUTE}

type StepRow = tuple[str, str, datetime]  # the lead's mail address, the kind, when it was due
type NoticeRow = tuple[str, str, str]  # the lead's mail address, the kind, who was told


@dataclass
class Journal:
    """`handed` is when a lead, named by its mail address, was handed off; `contacted` when somebody called it."""

    reps: list[User]
    head: User
    campaign: Campaign
    handed: dict[str, datetime] = field(default_factory=dict)
    contacted: dict[str, datetime] = field(default_factory=dict)
    lists: int = 0

    def receive(self, count: int, *, hours_ago: float) -> list[str]:
        """Leads that came and were handed off so long ago."""
        at = timezone.now() - timedelta(hours=hours_ago)
        first = len(self.handed)
        names = [f"lead{first + n}@example.com" for n in range(count)]
        rows = [arrivals.LeadData(name=name.partition("@")[0], email=name) for name in names]
        many = arrivals.receive_many(rows=rows, campaign=self.campaign, door=Door.API, by=None, at=at)
        assert len(many.created) == count
        self.handed |= dict.fromkeys(names, at)
        return names

    def receive_and_call(self, count: int) -> None:
        """Leads that have just come and are called at once."""
        for name in self.receive(count, hours_ago=0.1):
            running = Handoff.objects.open().select_related("lead", "rep").get(lead__email=name)
            self.contacted[name] = timezone.now()
            activities.start_call(lead=running.lead, by=running.rep, at=self.contacted[name])

    def bring_list(self, count: int) -> Import:
        """A pasted list of so many rows, to be saved by a worker."""
        marketer = self.campaign.owner
        assert marketer is not None
        self.lists += 1
        text = "name,email\n" + "".join(f"Row {n},row{n}@list{self.lists}.example\n" for n in range(count))
        batch = imports.take_text(campaign=self.campaign, by=marketer, text=text)
        return imports.save(batch=batch, by=marketer)

    def check_list(self, batch: Import) -> None:
        """The list is saved, each row once."""
        batch.refresh_from_db()
        count = batch.scan["rows"]
        assert (batch.state, batch.read, batch.created) == (Import.State.DONE, count, count), batch.error
        assert Arrival.objects.filter(batch=batch, is_first=True).count() == count
        leads = Arrival.objects.filter(batch=batch).values("lead")
        assert Lead.objects.filter(pk__in=leads).count() == count
        assert Handoff.objects.filter(lead__in=leads).count() == count

    def steps(self) -> Counter[StepRow]:
        """Every step that must be there by now, once."""
        now = timezone.now()
        found: Counter[StepRow] = Counter()
        for name, at in self.handed.items():
            until_then = self.contacted.get(name, now)
            for kind, later in STEPS.items():
                if at + later <= until_then:
                    found[name, kind, at + later] += 1
        return found

    def notices(self) -> Counter[NoticeRow]:
        """Every notice about a step that must be there by now, once for each who is told."""
        rep_of = dict(Handoff.objects.values_list("lead__email", "rep__name"))
        assert self.campaign.owner is not None
        found: Counter[NoticeRow] = Counter()
        for name, kind, _due in self.steps():
            told = {
                "warn": [rep_of[name]],
                "missed": [rep_of[name], self.campaign.owner.name],
                "escalated": [self.head.name],
            }[kind]
            found.update((name, kind, who) for who in told)
        return found

    def check_sweep(self) -> None:
        """Each step is there once with its true due time, each notice once for each who is told; nothing else."""
        there = Counter(
            Step.objects.exclude(handoff=None).values_list("lead__email", "kind", "due_at").iterator()
        )
        assert _difference(there, self.steps()) == ({}, {})
        told = Counter(
            (context["lead"] + "@example.com", kind.removeprefix("lead_"), who)
            for context, kind, who in Notice.objects.filter(
                kind__in=("lead_warn", "lead_missed", "lead_escalated")
            ).values_list("context", "kind", "recipient__name")
        )
        assert _difference(told, self.notices()) == ({}, {})

    def check_mails(self, house: House) -> None:
        """What was to be mailed is in one message each, every message arrived, at least once and with one id."""
        messages = list(Message.objects.values_list("key", "state", "attempts"))
        assert {state for _key, state, _attempts in messages} <= {"sent"}
        arrived = ids_of(house.post.mails)
        assert set(arrived) == {message_id_of(key) for key, _state, _attempts in messages}
        assert Notice.objects.filter(is_instant=True).exists()
        assert not to_be_mailed_at_once()
        numbers = Counter(key.rpartition(":")[0] for key, _state, _attempts in messages if "instant" in key)
        assert max(numbers.values(), default=0) <= INSTANT_A_DAY

    def is_swept(self) -> bool:
        """Whether nothing is left to flag."""
        return not Handoff.objects.to_check(timezone.now()).exists()


def _difference(there: Counter, expected: Counter) -> tuple[dict, dict]:
    """What is there too much and what is missing, at most a few of each so that a failure stays readable."""
    return dict((there - expected).most_common(5)), dict((expected - there).most_common(5))


def to_be_mailed_at_once() -> int:
    """How many notices wait for a mail today: those of people who have had five wait for the morning."""
    number = Message.objects.filter(key__startswith="instant:").values("recipient").annotate(n=Count("pk"))
    full = number.filter(n__gte=INSTANT_A_DAY).values("recipient")
    return Notice.objects.filter(message=None, is_instant=True).exclude(recipient__in=full).count()


def left_to_do() -> dict[str, int]:
    """What the workers still have to do: promises, roll-up, imports, mails."""
    counts = {
        "handoffs": Handoff.objects.to_check(timezone.now()).count(),
        "touches": Touch.objects.count(),
        "imports": Import.objects.filter(state__in=("waiting", "running")).count(),
        "messages": Message.objects.filter(state="waiting").count(),
        "notices": to_be_mailed_at_once(),
    }
    return {name: count for name, count in counts.items() if count}


def release_leases() -> None:
    """Time passes for mails that a killed worker had in hand: they are due now."""
    Message.objects.filter(state="waiting").update(next_try_at=timezone.now() - MINUTE)


def message_id_of(key: str) -> str:
    """The Message-ID that goes with a key, from any installation of this address."""
    return delivery.message_id(key)


def ids_of(mails: Iterable[bytes]) -> Counter[str]:
    """How often each Message-ID arrived."""
    return Counter(str(email.message_from_bytes(mail)["Message-ID"]) for mail in mails)


def settle(house: House) -> None:
    """Wait until the workers have caught up."""
    until(lambda: not left_to_do(), lambda: f"the workers catch up: {left_to_do()}")
