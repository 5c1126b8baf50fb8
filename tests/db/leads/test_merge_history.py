"""Whatever happened to two leads: merged and taken back, every row that hangs on them is as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign
from feedback.services import disputes, pieces, questions
from leads.domain.words import Door
from leads.models import Lead, LeadEvent, Mark, Merge, Tag
from leads.selectors.lead_relations import relations
from leads.services import (
    activities,
    answers,
    arrivals,
    editing,
    follow_up,
    handoff,
    learned,
    marking,
    merging,
    outcomes,
    promise,
    unmerging,
)
from leads.services.arrivals import LeadData
from leadsync.accounts.models import User
from leadsync.core.errors import DomainError
from leadsync.kpi.services import rollup
from tests.db.kpi.plain import assert_equal_to_plain
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, reason

pytestmark = pytest.mark.django_db

CRITERIA = [
    {"key": "budget", "question": "Is there a budget?", "points": 1, "is_required": False},
    {"key": "size", "question": "How many racks?", "kind": "text", "points": 1, "is_required": False},
]
# What no undo puts back, on purpose: versions only grow, and both events stay.
NOT_COMPARED = {"version"}


class World:
    """Two leads, the people around them, and what may happen to them."""

    def __init__(self) -> None:
        CompanyFactory.create()
        promise.assume_swept(at=TUESDAY)
        self.marketer = person("marketer")
        self.head = person("head_of_sales")
        self.reps = [person("rep"), person("rep")]
        agreement_in_force(criteria=CRITERIA, gate_size=4, gate_needed=1, dispute_days=300)
        self.campaigns = [campaign(owner=self.marketer), campaign(owner=self.marketer, kind="event")]
        self.now = TUESDAY
        self.leads: list[Lead] = []
        # Others stand in the gates as well, before and behind.
        self.arrive(self.campaigns[0], name="Before")
        self.leads = [
            self.arrive(self.campaigns[0], name="Anna Maj", email="a@example.com"),
            self.arrive(self.campaigns[1], name="Ania Maj", company="Maj", phone="+48601234501"),
        ]
        for to in (*self.campaigns, *self.campaigns, self.campaigns[0]):
            self.arrive(to, name="Behind")

    def arrive(self, to: Campaign, **data: Any) -> Lead:
        self.now += MINUTE
        taken = arrivals.receive(
            data=LeadData(**data), campaign=to, door=Door.HAND, by=None, at=self.now, hand_off=False
        )
        return taken.lead

    def do(self, which: int, what: str, who: int) -> None:
        """One thing, as the product does it; what its rules refuse does not happen."""
        self.now += 17 * MINUTE
        lead = fresh(self.leads[which])
        by: User = lead.owner if lead.owner is not None and lead.owner.pk != self.head.pk else self.head
        acts: dict[str, Callable[[], Any]] = {
            "give": lambda: handoff.give(lead=lead, to=self.reps[who], by=self.head, at=self.now),
            "return": lambda: handoff.return_to_marketing(lead=lead, by=by, reason="incomplete", at=self.now),
            "call": lambda: activities.start_call(lead=lead, by=by, at=self.now),
            "reached": lambda: activities.log(
                lead=lead, by=by, kind="call", outcome="reached", minutes=7 + who, at=self.now
            ),
            "no_answer": lambda: activities.no_answer(lead=lead, by=by, at=self.now),
            "inbound": lambda: activities.log(
                lead=lead, by=by, kind="email", direction="in", outcome="reached", at=self.now
            ),
            "promising": lambda: marking.mark(
                lead=lead,
                value="promising",
                by=by,
                version=None,
                next_step_at=self.now + timedelta(days=3),
                at=self.now,
            ),
            "qualified": lambda: marking.mark(lead=lead, value="qualified", by=by, version=None, at=self.now),
            "not_a_fit": lambda: marking.mark(
                lead=lead,
                value="not_a_fit",
                by=by,
                version=None,
                reason=reason("spam" if who else "no_need"),
                at=self.now,
            ),
            "take_back": lambda: marking.revert(
                mark=Mark.objects.filter(lead=lead, reverted_at=None).latest("pk"), by=self.head, at=self.now
            ),
            "win": lambda: outcomes.win(lead=lead, by=by, amount=Decimal(100 + who), at=self.now),
            "lose": lambda: outcomes.lose(lead=lead, by=by, reason=reason("no_budget"), at=self.now),
            "reopen": lambda: outcomes.reopen(lead=lead, by=by, note="again", at=self.now),
            "answer": lambda: answers.answer(
                lead=lead, key="size", value=f"{20 + who}", source="rep", by=by, at=self.now
            ),
            "tag": lambda: learned.tag(lead=lead, tag=Tag.objects.all()[who], is_on=True, by=by, at=self.now),
            "say": lambda: learned.say(
                lead=lead, topic="need", words=f"Racks {which}{who}", by=by, at=self.now
            ),
            "ask": lambda: questions.ask(
                text="Why?", answerer=self.head, by=self.marketer, lead=lead, at=self.now
            ),
            "ask_piece": lambda: pieces.ask(lead=lead, piece="answer:budget", by=self.marketer, at=self.now),
            "dispute": lambda: disputes.dispute(
                mark=Mark.objects.filter(lead=lead, reverted_at=None).latest("pk"),
                wanted="qualified",
                text="No",
                by=self.marketer,
                at=self.now,
            ),
            "next_step": lambda: follow_up.set_next_step(
                lead=lead, by=by, at=self.now + timedelta(days=2 + who), text="call"
            ),
            "note": lambda: follow_up.add_note(lead=lead, by=by, text="a note"),
            "edit": lambda: editing.edit(
                lead=lead, by=self.marketer, changes={"city": f"Łódź {who}", "job_title": "CEO"}
            ),
            "again": lambda: self.arrive(
                self.campaigns[who], name=lead.name, email=lead.email, phone=lead.phone
            ),
            "sweep": lambda: promise.sweep(at=self.now),
        }
        with suppress(DomainError, Mark.DoesNotExist):
            acts[what]()

    def merge(self, survivor: int, choices: dict[str, str]) -> Merge:
        self.now += MINUTE
        kept, gone = self.leads[survivor], self.leads[1 - survivor]
        return merging.merge(
            survivor=fresh(kept), other=fresh(gone), by=self.head, choices=choices, at=self.now
        )

    def undo(self, merge: Merge) -> None:
        self.now += MINUTE
        unmerging.undo(merge=merge, by=self.head, at=self.now)


ACTS = (
    "give",
    "return",
    "call",
    "reached",
    "no_answer",
    "inbound",
    "promising",
    "qualified",
    "not_a_fit",
    "take_back",
    "win",
    "lose",
    "reopen",
    "answer",
    "tag",
    "say",
    "ask",
    "ask_piece",
    "dispute",
    "next_step",
    "note",
    "edit",
    "again",
    "sweep",
)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Each example begins with an empty database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def everything() -> dict[str, Any]:
    """Every lead, and every row of every table that refers to a lead, but for merges and the events of merging."""
    found: dict[str, Any] = {
        "leads": {
            row["id"]: {name: value for name, value in row.items() if name not in NOT_COMPARED}
            for row in Lead.objects.values()
        }
    }
    for relation in relations():
        rows = relation.model._base_manager.order_by("pk")
        if relation.model is Merge:
            continue
        if relation.model is LeadEvent:
            rows = rows.exclude(kind__in=("merged", "merge_undone"))
        found[relation.label] = list(rows.values())
    return found


def assert_rolled_up() -> None:
    rollup.roll_up()
    assert_equal_to_plain()


histories = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(ACTS), st.integers(0, 1)), min_size=0, max_size=14
)
chosen = st.dictionaries(
    st.sampled_from(["name", "owner_id", "state", "company", "answer:size", "words:need"]),
    st.sampled_from(["survivor", "other"]),
    max_size=4,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories, survivor=st.integers(0, 1), choices=chosen)
def test_merged_and_taken_back_everything_is_as_it_was(
    history: list[tuple[int, str, int]], survivor: int, choices: dict[str, str]
) -> None:
    with rolled_back():
        world = World()
        for step in history:
            world.do(*step)
        assert_rolled_up()
        before = everything()
        made = world.merge(survivor, choices)
        assert Lead.objects.filter(pk=world.leads[1 - survivor].pk).count() == 0
        numbers = [
            list(
                Lead.objects.filter(campaign=one, gate_number__isnull=False)
                .order_by("gate_number")
                .values_list("gate_number", flat=True)
            )
            for one in world.campaigns
        ]
        assert all(found == list(range(1, len(found) + 1)) for found in numbers)
        assert_rolled_up()
        world.undo(made)
        assert everything() == before
        assert_rolled_up()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories, since=histories, survivor=st.integers(0, 1))
def test_what_happened_since_stays_with_the_survivor_and_the_other_is_as_it_was(
    history: list[tuple[int, str, int]], since: list[tuple[int, str, int]], survivor: int
) -> None:
    with rolled_back():
        world = World()
        for step in history:
            world.do(*step)
        gone = world.leads[1 - survivor]
        before = everything()
        made = world.merge(survivor, {})
        for _which, what, who in since:
            world.do(survivor, what, who)
        rows = {
            relation.label: relation.model._base_manager.count()
            for relation in relations()
            if relation.label in KEPT_FOR_GOOD
        }
        world.undo(made)
        now = everything()
        ours = dict(now["leads"][gone.pk])
        theirs = dict(before["leads"][gone.pk])
        for name in (
            "minutes",
            "minutes_estimated",
            "gate_number",
        ):  # a call that was under way may have ended
            ours.pop(name), theirs.pop(name)
        assert ours == theirs
        for label, count in rows.items():
            assert len(now[label]) == count
        assert_rolled_up()
        kept = Lead.objects.get(pk=world.leads[survivor].pk)
        assert kept.minutes == sum(kept.activities.values_list("minutes", flat=True))
        assert kept.handoffs.filter(ended_at=None).count() <= 1


KEPT_FOR_GOOD = {"leads.Arrival.lead", "leads.Activity.lead", "leads.Mark.lead", "leads.LeadKey.lead"}


def test_merged_twice_is_taken_back_twice_the_later_one_first() -> None:
    world = World()
    third = world.arrive(world.campaigns[0], name="Third", email="third@example.com")
    for step in ((0, "give", 0), (1, "give", 1), (1, "reached", 0), (0, "say", 0), (1, "say", 1)):
        world.do(*step)
    before = everything()
    first = world.merge(0, {})
    between = everything()
    world.now += MINUTE
    second = merging.merge(survivor=fresh(third), other=fresh(world.leads[0]), by=world.head, at=world.now)
    first.refresh_from_db()
    with pytest.raises(DomainError, match="later"):
        world.undo(first)
    world.undo(second)
    assert everything() == between
    first.refresh_from_db()
    world.undo(first)
    assert everything() == before
    assert_rolled_up()


def test_an_hour_of_work_on_the_one_lead_stays_when_they_are_two_again() -> None:
    world = World()
    world.do(0, "give", 0)
    world.do(1, "give", 1)
    made = world.merge(0, {})
    rep = fresh(world.leads[0]).owner
    assert rep is not None
    world.now += HOUR
    activities.log(
        lead=fresh(world.leads[0]), by=rep, kind="call", outcome="reached", minutes=60, at=world.now
    )
    world.undo(made)
    kept, back = fresh(world.leads[0]), fresh(world.leads[1])
    assert (kept.minutes, back.minutes) == (60, 0)
    assert kept.first_contact_at == world.now - MINUTE
    assert back.first_contact_at is None
    assert back.handoffs.filter(ended_at=None).count() == 1
    assert kept.handoffs.filter(ended_at=None).count() == 0
