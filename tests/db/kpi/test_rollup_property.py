"""Whatever people do, in any order and across any change of the clock, the roll-up equals a plain count.

Only services change anything here, as in the product: a service that forgets its hint makes this fail. How many
sequences are tried is `ROLLUP_EXAMPLES` (more before a release, `ROLLUP_EXAMPLES=2000`).
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign, Spend, Touch, Visits
from campaigns.services import spending
from leads.domain.past import Past
from leads.domain.words import Door
from leads.models import Import, Lead, Mark, Merge
from leads.services import (
    activities,
    arrivals,
    handoff,
    history,
    imports,
    marking,
    merging,
    moving,
    outcomes,
    overruling,
    unmerging,
)
from leadsync.accounts.models import Company, User
from leadsync.core.errors import DomainError
from leadsync.kpi.services import rollup
from leadsync.privacy.services import erasing
from tests.db.kpi.conftest import at
from tests.db.kpi.plain import assert_equal_to_plain
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import reason

EXAMPLES = int(os.environ.get("ROLLUP_EXAMPLES", "40"))
STEPS = int(os.environ.get("ROLLUP_STEPS", "14"))

pytestmark = pytest.mark.django_db


@dataclass
class Office:
    """A company with two campaigns and two reps, and everything that people can do to their leads."""

    head: User
    marketer: User
    reps: list[User]
    campaigns: list[Campaign]
    batches: list[Import] = field(default_factory=list)
    made: int = 0

    def lead(self, place: int) -> Lead | None:
        return Lead.objects.order_by("-pk")[place : place + 1].first()

    def today(self) -> date:
        return timezone.now().astimezone(Company.objects.get().tz).date()

    def data(self, known: int | None = None) -> arrivals.LeadData:
        """Somebody new, or one of those who came before."""
        if known is None or known >= self.made:
            self.made += 1
            known = self.made
        return arrivals.LeadData(
            name=f"Person {known}", email=f"p{known}@example.com", external_id=f"{known}"
        )

    # ------------------------------------------------------------------------------------------ what is done

    def receive(self, campaign: int, known: int | None, rep: int | None) -> None:
        got = arrivals.receive(
            data=self.data(known), campaign=self.campaigns[campaign], door=Door.FORM, by=None, hand_off=False
        )
        if rep is not None:
            handoff.give(lead=got.lead, to=self.reps[rep], by=self.head)

    def give(self, lead: Lead, rep: int) -> None:
        handoff.give(lead=lead, to=self.reps[rep], by=self.head)

    def give_back(self, lead: Lead) -> None:
        handoff.return_to_marketing(lead=lead, by=self.head, reason="incomplete")

    def move(self, rep: int) -> None:
        """Everything that one rep has goes to the other one."""
        theirs = list(Lead.objects.filter(owner=self.reps[rep]))
        why = {"rule": "by_hand"}
        moving.move(
            leads=theirs,
            to={lead.pk: (self.reps[1 - rep].pk, why) for lead in theirs},
            by=self.head,
            now=timezone.now(),
        )

    def call(self, lead: Lead, rep: int) -> None:
        activities.start_call(lead=lead, by=self.by(lead, rep))

    def log(self, lead: Lead, rep: int, outcome: str, direction: str, minutes: int | None) -> None:
        activities.log(
            lead=lead,
            by=self.by(lead, rep),
            kind="call",
            outcome=outcome,
            direction=direction,
            minutes=minutes,
        )

    def no_answer(self, lead: Lead, rep: int) -> None:
        activities.no_answer(lead=lead, by=self.by(lead, rep))

    def mark(self, lead: Lead, rep: int, value: str) -> None:
        key = {"not_a_fit": "no_need", "spam": "spam"}.get(value)
        marking.mark(
            lead=lead,
            value="not_a_fit" if key else value,
            by=self.head if value == "unreachable" else self.by(lead, rep),
            version=None,
            reason=reason(key) if key else None,
            note="Seen",
            next_step_at=timezone.now() + timedelta(days=2) if value == "promising" else None,
            overrides=value == "unreachable",
        )

    def take_mark_back(self, lead: Lead) -> None:
        standing = Mark.objects.filter(lead=lead, reverted_at=None).latest("pk")
        marking.revert(mark=standing, by=self.head)

    def overrule(self, lead: Lead, value: str) -> None:
        standing = Mark.objects.filter(lead=lead, reverted_at=None).latest("pk")
        overruling.overrule(mark=standing, value=value, by=self.head)

    def win(self, lead: Lead, rep: int, amount: Decimal, days_ago: int | None) -> None:
        on = None if days_ago is None else self.today() - timedelta(days=days_ago)
        outcomes.win(lead=lead, by=self.by(lead, rep), amount=amount, on=on)

    def change_win(self, lead: Lead, amount: Decimal, days_ago: int | None) -> None:
        on = None if days_ago is None else self.today() - timedelta(days=days_ago)
        outcomes.change_win(lead=lead, by=self.head, amount=amount, on=on)

    def take_win_back(self, lead: Lead) -> None:
        outcomes.take_win_back(lead=lead, by=self.head)

    def lose(self, lead: Lead, rep: int, days_ago: int | None) -> None:
        on = None if days_ago is None else self.today() - timedelta(days=days_ago)
        outcomes.lose(lead=lead, by=self.by(lead, rep), reason=reason("no_budget"), on=on)

    def reopen(self, lead: Lead) -> None:
        outcomes.reopen(lead=lead, by=self.head, note="They called again")

    def merge(self, lead: Lead, other: int, stands: str | None) -> None:
        second = self.lead(other)
        if second is not None and second.pk != lead.pk:
            choices = {"state": stands} if stands else None
            merging.merge(survivor=lead, other=second, by=self.head, choices=choices)

    def unmerge(self) -> None:
        unmerging.undo(merge=Merge.objects.filter(undone_at=None).latest("pk"), by=self.head)

    def erase(self, lead: Lead) -> None:
        erasing.erase(lead=lead, by=self.head)

    def bring(self, campaign: int, known: list[int | None]) -> None:
        """A list of leads, some of them known."""
        batch = self.batch(campaign)
        rows = [self.data(one) for one in known]
        arrivals.receive_many(
            rows=rows, campaign=self.campaigns[campaign], door=Door.FILE, by=self.marketer, batch=batch
        )

    def bring_past(self, campaign: int, known: int | None, days: int, past: dict[str, Any]) -> None:
        """Leads that were worked elsewhere; a second time they bring what became of them."""
        batch = self.batch(campaign)
        now = timezone.now()
        received = now - timedelta(days=days)
        data = self.data(known)
        if past.get("won_days") is not None:
            when = Past(is_won=True, won_at=now - timedelta(days=past["won_days"]), amount=Decimal("10.50"))
        elif past.get("is_lost"):
            when = Past(is_lost=True, lost_at=now - timedelta(days=1))
        else:
            when = Past()
        history.upsert_history(
            rows=[
                history.HistoryRow(
                    arrivals.LeadData(
                        name=data.name, email=data.email, external_id=data.external_id, received_at=received
                    ),
                    self.campaigns[campaign].pk,
                    when,
                    minutes=past["minutes"],
                )
            ],
            by=self.marketer,
            batch=batch,
        )

    def batch(self, campaign: int) -> Import:
        made = Import.objects.create(
            campaign=self.campaigns[campaign],
            by=self.marketer,
            created_at=timezone.now(),
            finished_at=timezone.now(),
            state=Import.State.DONE,
            door=Door.FILE,
        )
        self.batches.append(made)
        return made

    def undo_import(self, which: int) -> None:
        if self.batches:
            imports.undo(batch=self.batches[which % len(self.batches)], by=self.marketer)

    def spend(self, campaign: int, amount: Decimal, days_ago: int) -> None:
        on = self.today() - timedelta(days=days_ago)
        spending.add(campaign=self.campaigns[campaign], by=self.marketer, on=on, amount=amount)

    def change_spend(self, amount: Decimal, days_ago: int) -> None:
        on = self.today() - timedelta(days=days_ago)
        spending.change(spend=Spend.objects.latest("pk"), by=self.marketer, on=on, amount=amount)

    def drop_spend(self) -> None:
        spending.remove(spend=Spend.objects.latest("pk"), by=self.marketer)

    def visits(self, campaign: int, count: int, days_ago: int) -> None:
        on = self.today() - timedelta(days=days_ago)
        spending.set_visits(campaign=self.campaigns[campaign], by=self.marketer, on=on, count=count)

    def drop_visits(self) -> None:
        spending.remove_visits(visits=Visits.objects.latest("pk"), by=self.marketer)

    def zone(self, name: str) -> None:
        Company.objects.update(zone=name)

    def roll_up(self, limit: int) -> None:
        rollup.roll_up(limit=limit)

    def catch_up(self) -> None:
        rollup.roll_up_all(limit=3)
        assert_equal_to_plain()

    def by(self, lead: Lead, rep: int) -> User:
        """Who has it, mostly; else somebody who may work any lead."""
        return lead.owner if rep == 0 and lead.owner is not None else self.head

    def do(self, step: tuple[Any, ...]) -> None:
        """What the domain refuses is refused, and changes nothing."""
        name, *given = step
        if name in OF_A_LEAD:
            lead = self.lead(given[0])
            if lead is None:
                return
            given[0] = lead
        with (
            suppress(
                DomainError, Mark.DoesNotExist, Merge.DoesNotExist, Spend.DoesNotExist, Visits.DoesNotExist
            ),
            transaction.atomic(),
        ):
            getattr(self, name)(*given)


OF_A_LEAD = frozenset(
    {
        "give", "give_back", "call", "log", "no_answer", "mark", "take_mark_back", "overrule", "win", "change_win",
        "take_win_back", "lose", "reopen", "merge", "erase",
    }
)  # fmt: skip

leads = st.integers(0, 2)
two = st.integers(0, 1)
known = st.none() | st.integers(1, 3)
amounts = st.decimals(0, 99_999, places=2)
paid = st.decimals("0.01", 9_999, places=2)
days_ago = st.none() | st.sampled_from([0, 1, 3, 20, 33, 400])
days = st.sampled_from([0, 1, 3, 20, 33])


def step(name: str, *given: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *given)


DEEDS = st.one_of(
    step("receive", two, known, st.none() | two),
    step("receive", two, known, two),
    step("give", leads, two),
    step("give_back", leads),
    step("move", two),
    step("call", leads, two),
    step(
        "log",
        leads,
        two,
        st.sampled_from(["reached", "no_answer", "wrong_number"]),
        st.sampled_from(["out", "in"]),
        st.none() | st.integers(0, 90),
    ),
    step("no_answer", leads, two),
    step("mark", leads, two, st.sampled_from(["qualified", "promising", "not_a_fit", "spam", "unreachable"])),
    step("take_mark_back", leads),
    step("overrule", leads, st.sampled_from(["qualified", "promising"])),
    step("win", leads, two, amounts, days_ago),
    step("change_win", leads, amounts, days_ago),
    step("take_win_back", leads),
    step("lose", leads, two, days_ago),
    step("reopen", leads),
    step("merge", leads, leads, st.none() | st.sampled_from(["survivor", "other"])),
    step("unmerge"),
    step("erase", leads),
    step("bring", two, st.lists(known, min_size=1, max_size=3)),
    st.builds(
        lambda campaign, known, days, won, lost, minutes: (
            "bring_past",
            campaign,
            known,
            days,
            {"won_days": won, "is_lost": lost, "minutes": minutes},
        ),
        two,
        known,
        days,
        st.none() | st.integers(0, 40),
        st.booleans(),
        st.none() | st.integers(0, 60),
    ),
    step("undo_import", two),
    step("spend", two, paid, days),
    step("change_spend", paid, days),
    step("drop_spend"),
    step("visits", two, st.integers(0, 500), days),
    step("drop_visits"),
    step("zone", st.sampled_from(["Europe/Warsaw", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe"])),
    step("roll_up", st.integers(1, 5)),
    step("catch_up"),
)
# A little before midnight, the end of a month and of a year, and both changes of the clock in Warsaw.
STARTS = st.sampled_from(
    [
        at("2026-03-28T22:50"),
        at("2026-03-31T21:50"),
        at("2026-10-24T21:50"),
        at("2026-10-31T22:50"),
        at("2026-12-31T22:50"),
        at("2026-11-10T22:50"),
    ]
)
PAUSES = st.sampled_from([0, 0, 1, 60, 600, 3_600, 4 * 3_600, 26 * 3_600, 9 * 86_400])


def an_office() -> Office:
    CompanyFactory.create(zone="Europe/Warsaw")
    marketer = person("head_of_marketing")
    return Office(
        head=person("head_of_sales"),
        marketer=marketer,
        reps=[person("rep"), person("rep")],
        campaigns=[make_campaign(owner=marketer), make_campaign(owner=marketer, kind="event")],
    )


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=STARTS, sequence=st.lists(st.tuples(PAUSES, DEEDS), max_size=STEPS))
def test_the_roll_up_equals_a_plain_count_whatever_people_do(
    db: None, start: datetime, sequence: list[tuple[int, tuple[Any, ...]]]
) -> None:
    with transaction.atomic():
        with time_machine.travel(start, tick=False) as clock:
            office = an_office()
            rollup.roll_up_full()
            for pause, deed in sequence:
                clock.shift(pause)
                office.do(deed)
            rollup.roll_up_all(limit=7)
            assert not Touch.objects.exists()
            assert_equal_to_plain()
            assert rollup.check() == []
        transaction.set_rollback(True)
