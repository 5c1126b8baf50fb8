"""Rounds of a gate: whatever happens, numbers and verdict are those that one gets by counting from scratch."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign
from feedback.models import GateDecision
from feedback.selectors.gate import gate_of
from feedback.services import gates
from leads.domain.words import Door
from leads.models import Lead, Mark, Merge
from leads.services import arrivals, gate_numbers, marking, merging, unmerging
from leads.services.arrivals import LeadData
from leadsync.core import db
from leadsync.core.errors import DomainError
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import MINUTE, TUESDAY, agreement_in_force, fresh, lead, reason

SIZE, NEEDED = 4, 2


class World:
    """Two campaigns, what may happen to them, and a diary from which everything can be counted anew."""

    def __init__(self) -> None:
        CompanyFactory.create()
        agreement_in_force(gate_size=SIZE, gate_needed=NEEDED, dispute_days=300)
        self.head, self.marketer = person("head_of_sales"), person("head_of_marketing")
        self.campaigns = [campaign(state="live"), campaign(state="live")]
        self.now = TUESDAY
        self.came: list[int] = []  # leads in the order in which they came
        self.began = [0, 0]  # of each campaign: how many had come when its round began
        self.before: list[list[int]] = [[], []]

    def do(self, what: str, which: int, other: int) -> None:
        self.now += MINUTE
        with suppress(DomainError, Mark.DoesNotExist, Merge.DoesNotExist), transaction.atomic():
            getattr(self, what)(which, other)

    def arrive(self, which: int, _other: int) -> None:
        taken = arrivals.receive(
            data=LeadData(name=f"Lead {len(self.came)}"),
            campaign=self.campaigns[which % 2],
            door=Door.HAND,
            by=None,
            at=self.now,
            hand_off=False,
        )
        self.came.append(taken.lead.pk)

    def one(self, which: int) -> Lead:
        here = [pk for pk in self.came if Lead.objects.filter(pk=pk).exists()]
        return fresh(Lead(pk=here[which % len(here)])) if here else Lead(pk=0)

    def good(self, which: int, _other: int) -> None:
        marking.mark(lead=self.one(which), value="qualified", by=self.head, version=None, at=self.now)

    def bad(self, which: int, _other: int) -> None:
        why = reason("no_need")
        marking.mark(
            lead=self.one(which), value="not_a_fit", by=self.head, version=None, reason=why, at=self.now
        )

    def revert(self, which: int, _other: int) -> None:
        found = Mark.objects.filter(lead=self.one(which).pk, reverted_at=None).latest("pk")
        marking.revert(mark=found, by=self.head, at=self.now)

    def merge(self, which: int, other: int) -> None:
        merging.merge(survivor=self.one(which), other=self.one(other), by=self.marketer, at=self.now)

    def part(self, which: int, _other: int) -> None:
        standing = list(Merge.objects.filter(undone_at=None).order_by("-pk"))
        if standing:
            unmerging.undo(merge=standing[which % len(standing)], by=self.marketer, at=self.now)

    def vanish(self, which: int, _other: int) -> None:
        """What undoing an import does to a lead that nobody worked."""
        found = self.one(which)
        if found.pk and found.mark == "none" and not found.merges.exists() and not found.marks.exists():
            with db.exclusively(arrivals.LOCK, wait=True):
                Lead.objects.filter(pk=found.pk).delete()
                gate_numbers.close_up(found.campaign_id)

    def retest(self, which: int, _other: int) -> None:
        which %= 2
        expected = self.verdict(which) == "failed"
        try:
            gates.decide(
                campaign=self.campaigns[which],
                choice="retest",
                note=f"{self.now}",
                by=self.marketer,
                at=self.now,
            )
        except DomainError:
            assert not expected
            raise
        assert expected
        self.before[which].append(self.began[which])
        self.began[which] = len(self.came)

    def withdraw(self, which: int, _other: int) -> None:
        which %= 2
        last = GateDecision.objects.filter(campaign=self.campaigns[which], state="taken").first()
        if last is not None:
            gates.withdraw(decision=last, by=self.marketer, at=self.now)
            self.began[which] = self.before[which].pop()

    # -------------------------------------------------------------------------- counted from scratch

    def part_of(self) -> dict[int, list[int]]:
        """The leads that are here, each with the places in the diary of all that is part of it."""
        into = {one.gone_id: one.survivor_id for one in Merge.objects.filter(undone_at=None)}
        found: dict[int, list[int]] = {}
        for place, pk in enumerate(self.came):
            while pk in into:
                pk = into[pk]
            found.setdefault(pk, []).append(place)
        return {pk: places for pk, places in found.items() if Lead.objects.filter(pk=pk).exists()}

    def present(self, which: int) -> list[int]:
        """The leads of the present round in order of arrival."""
        of = dict(Lead.objects.values_list("pk", "campaign_id"))
        mine = [
            (min(places), pk)
            for pk, places in self.part_of().items()
            if of[pk] == self.campaigns[which].pk and min(places) >= self.began[which]
        ]
        return [pk for _place, pk in sorted(mine)][:SIZE]

    def verdict(self, which: int) -> str:
        marks = dict(Lead.objects.values_list("pk", "mark"))
        signs = [marks[pk] for pk in self.present(which)]
        good = len([one for one in signs if one in ("qualified", "promising")])
        bad = len([one for one in signs if one in ("not_a_fit", "unreachable")])
        if good >= NEEDED:
            return "passed"
        return "failed" if SIZE - bad < NEEDED else "open"

    def check(self) -> None:
        for which, made in enumerate(self.campaigns):
            made.refresh_from_db()
            numbers = dict(
                Lead.objects.filter(campaign=made, gate_number__gte=made.gate_from)
                .order_by("gate_number")
                .values_list("gate_number", "pk")
            )
            assert list(numbers) == list(range(made.gate_from, made.gate_from + len(numbers)))
            assert list(numbers.values()) == self.present(which)
            found = gate_of(made, size=SIZE, needed=NEEDED)
            assert found.gate.verdict == self.verdict(which)
            assert (found.failed_at is not None) == (found.gate.verdict == "failed")


STEPS = st.tuples(
    st.sampled_from(
        ["arrive"] * 5
        + ["good", "bad", "bad", "bad", "revert", "merge", "part", "vanish", "retest", "withdraw"]
    ),
    st.integers(0, 11),
    st.integers(0, 11),
)
FAILS: list[tuple[str, int, int]] = [("arrive", 0, 0)] * 4 + [("bad", n, 0) for n in range(3)]


@pytest.mark.embedded
@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.booleans(), st.lists(STEPS, min_size=4, max_size=18))
def test_whatever_happens_numbers_and_verdict_are_as_counted_from_scratch(
    starts_failed: bool, steps: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        world = World()
        for step in [*([*FAILS, ("retest", 0, 0)] if starts_failed else []), *steps]:
            world.do(*step)
            world.check()
        transaction.set_rollback(True)


# ------------------------------------------------------------------------------------- a decided past


@pytest.fixture
def second_round(db: None) -> tuple[Campaign, list[Lead], list[Lead]]:
    """A campaign in its second round: the four leads of the first, two that came between, two of the second."""
    CompanyFactory.create()
    agreement_in_force(gate_size=SIZE, gate_needed=NEEDED)
    made = campaign(state="live")
    old = [lead(campaign=made, at=TUESDAY + place * MINUTE) for place in range(6)]
    for one in old[:3]:
        Lead.objects.filter(pk=one.pk).update(mark="not_a_fit", marked_at=TUESDAY + 10 * MINUTE)
    gates.decide(campaign=made, choice="retest", note="x", by=person("marketer"))
    new = [lead(campaign=made, at=TUESDAY + timedelta(hours=2, minutes=place)) for place in range(2)]
    return made, old, new


def numbers(*leads: Lead) -> list[int | None]:
    return [getattr(Lead.objects.filter(pk=one.pk).first(), "gate_number", None) for one in leads]


def test_a_merge_in_the_decided_past_leaves_a_place_free_there(
    second_round: tuple[Campaign, list[Lead], list[Lead]],
) -> None:
    _made, old, new = second_round
    marketer = person("head_of_marketing")
    merged = merging.merge(survivor=fresh(old[1]), other=fresh(old[3]), by=marketer)
    assert numbers(*old) == [1, 2, 3, None, None, None]
    assert numbers(*new) == [5, 6]
    unmerging.undo(merge=merged, by=marketer)
    assert numbers(*old) == [1, 2, 3, 4, None, None]


def test_a_new_lead_that_turns_out_to_be_an_old_one_makes_room(
    second_round: tuple[Campaign, list[Lead], list[Lead]],
) -> None:
    _made, old, new = second_round
    marketer = person("head_of_marketing")
    merged = merging.merge(survivor=fresh(new[0]), other=fresh(old[5]), by=marketer)
    assert numbers(*new) == [None, 5]  # it came between the rounds: it is no new lead
    assert numbers(lead(campaign=_made)) == [6]
    unmerging.undo(merge=merged, by=marketer)
    assert numbers(*new) == [5, 6]
    assert numbers(old[5]) == [None]


def test_a_merge_of_before_is_taken_back_after_the_decision_without_moving_anybody(db: None) -> None:
    CompanyFactory.create()
    agreement_in_force(gate_size=SIZE, gate_needed=NEEDED)
    made, marketer = campaign(state="live"), person("head_of_marketing")
    old = [lead(campaign=made, at=TUESDAY + place * MINUTE) for place in range(6)]
    merged = merging.merge(survivor=fresh(old[0]), other=fresh(old[1]), by=marketer)
    assert numbers(*old) == [1, None, 2, 3, 4, None]
    Lead.objects.filter(gate_number__lt=4).update(mark="not_a_fit", marked_at=TUESDAY)
    gates.decide(campaign=made, choice="retest", note="x", by=marketer)
    unmerging.undo(merge=merged, by=marketer)
    assert numbers(*old) == [1, None, 2, 3, 4, None]
    assert numbers(lead(campaign=made)) == [5]


def test_who_read_the_campaign_before_the_round_began_numbers_right_all_the_same(
    second_round: tuple[Campaign, list[Lead], list[Lead]],
) -> None:
    made, _old, _new = second_round
    assert gate_numbers.next_of(made.pk) == (7, 5)
    from_stale = Campaign(pk=made.pk, gate_from=1)  # as somebody read it before the round began
    taken = arrivals.receive(data=LeadData(name="New"), campaign=from_stale, door=Door.API, by=None)
    assert taken.lead.gate_number == 7


def test_history_and_test_leads_get_no_number_in_any_round(
    second_round: tuple[Campaign, list[Lead], list[Lead]],
) -> None:
    made, _old, _new = second_round
    for door in (Door.TEST, Door.HISTORY):
        taken = arrivals.receive(data=LeadData(name="New"), campaign=made, door=door, by=None)
        assert taken.lead.gate_number is None


# ----------------------------------------------------------------------------------------------- races


class TestRaces:
    pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

    @pytest.fixture(autouse=True)
    def _closed_connections(self) -> Iterator[None]:
        yield
        connections.close_all()

    def test_sixteen_at_once_while_a_round_begins_leave_no_gap(self) -> None:
        size = 12
        agreement_in_force(gate_size=size, gate_needed=6)
        made, marketer = campaign(state="live"), person("head_of_marketing")
        old = [lead(campaign=made, at=TUESDAY + place * MINUTE) for place in range(size)]
        Lead.objects.filter(pk__in=[one.pk for one in old[:8]]).update(mark="not_a_fit", marked_at=TUESDAY)

        def post(turn: int) -> Callable[[], Any]:
            rows = [LeadData(name=f"L{turn}-{n}") for n in range(2)]
            return lambda: arrivals.receive_many(rows=rows, campaign=made, door=Door.FORM, by=None)

        jobs: list[Callable[[], Any]] = [post(turn) for turn in range(13)]
        jobs.insert(4, lambda: gates.decide(campaign=made, choice="retest", note="x", by=marketer))
        jobs.append(lambda: merging.merge(survivor=fresh(old[8]), other=fresh(old[9]), by=marketer))
        jobs.append(lambda: merging.merge(survivor=fresh(old[10]), other=fresh(old[11]), by=marketer))
        results = together(*jobs)
        assert [one for one in results if isinstance(one, Exception)] == []
        made.refresh_from_db()
        came = Lead.objects.filter(campaign=made, pk__gt=made.gate_after)
        expected = list(came.order_by("pk").values_list("pk", flat=True)[:size])
        found = dict(
            Lead.objects.filter(campaign=made, gate_number__gte=made.gate_from).values_list(
                "gate_number", "pk"
            )
        )
        assert sorted(number or 0 for number in found) == list(
            range(made.gate_from, made.gate_from + len(expected))
        )
        assert sorted(found.values()) == sorted(expected)
        assert not Lead.objects.filter(
            campaign=made, pk__lte=made.gate_after, gate_number__gte=made.gate_from
        ).exists()
        assert Lead.objects.filter(campaign=made).count() == size + 26 - 2
