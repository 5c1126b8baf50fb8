"""The gate says what the marks say: whatever is marked and taken back, and however many write at the same moment."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.models import GateVerdict
from feedback.selectors import running_gates
from feedback.selectors.gate import gate_of
from feedback.services import gate_watch
from leads.domain.words import Door
from leads.models import Lead, Mark
from leads.services import arrivals, marking
from leads.services.arrivals import LeadData
from leadsync.core.errors import DomainError
from leadsync.notices.models import Alert, Notice
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, reason

GOOD = ("qualified", "promising")
BAD = ("not_a_fit", "unreachable")


def verdict(marks: list[str], *, size: int, needed: int) -> str:
    """What these marks of the first leads say, by the words of the rule and nothing else."""
    if sum(mark in GOOD for mark in marks) >= needed:
        return "passed"
    return "failed" if size - sum(mark in BAD for mark in marks) < needed else "open"


# ------------------------------------------------------------------------------------ marks and taking back


class Diary:
    """A campaign whose leads are marked and unmarked, and what was done, kept apart from it."""

    def __init__(self, size: int, needed: int) -> None:
        CompanyFactory.create()
        agreement_in_force(gate_size=size, gate_needed=needed, gate_answer_hours=400)
        self.size, self.needed, self.now = size, needed, TUESDAY
        self.head = person("head_of_sales")
        self.campaign = campaign(state="live")
        self.leads: list[Lead] = []
        self.standing: list[list[tuple[datetime, str]]] = []  # of each lead: its marks, the last one counts
        self.told: set[str] = set()

    def arrive(self, _which: int) -> None:
        self.leads.append(lead(campaign=self.campaign, at=self.now))
        self.standing.append([])

    def mark(self, which: int, value: str) -> None:
        marking.mark(
            lead=fresh(self.leads[which]),
            value=value,
            by=self.head,
            version=None,
            reason=reason("no_need") if value == "not_a_fit" else None,
            note="As agreed",
            next_step_at=self.now + HOUR if value == "promising" else None,
            overrides=value == "unreachable",
            at=self.now,
        )
        self.standing[which].append((self.now, value))

    def revert(self, which: int) -> None:
        last = Mark.objects.filter(lead=self.leads[which], reverted_at=None).latest("pk")
        marking.revert(mark=last, by=self.head, at=self.now)
        self.standing[which].pop()

    def do(self, what: str, which: int) -> None:
        self.now += MINUTE
        if what == "arrive" or not self.leads:
            self.arrive(which)
            return
        which %= len(self.leads)
        with suppress(DomainError, Mark.DoesNotExist), transaction.atomic():
            if what == "revert":
                self.revert(which)
            else:
                self.mark(which, what)

    def from_scratch(self) -> tuple[str, datetime | None]:
        """The verdict, and since when: the first moment from which the marks that stand now make it certain."""
        last = [marks[-1] if marks else None for marks in self.standing[: self.size]]
        wanted = verdict([one[1] for one in last if one], size=self.size, needed=self.needed)
        if wanted == "open":
            return wanted, None
        for moment in sorted(one[0] for one in last if one):
            so_far = [one[1] for one in last if one and one[0] <= moment]
            if verdict(so_far, size=self.size, needed=self.needed) == wanted:
                return wanted, moment
        raise AssertionError("no moment made it certain")

    def check(self) -> None:
        wanted, since = self.from_scratch()
        self.campaign.refresh_from_db()
        page = gate_of(self.campaign, size=self.size, needed=self.needed)
        assert (page.gate.verdict.value, page.certain_at) == (wanted, since)
        numbers = Lead.objects.order_by("pk").values_list("gate_number", flat=True)
        assert list(numbers) == [n if n <= self.size else None for n in range(1, len(self.leads) + 1)]
        for running in running_gates.gates(size=self.size, needed=self.needed):
            assert (running.gate, running.certain_at) == (page.gate, since)
        gate_watch.watch(at=self.now)
        stands = Alert.objects.filter(kind="gate_failed", resolved_at=None).count()
        assert stands == (wanted == "failed")
        self.told |= {wanted} - {"open"}
        assert sorted(GateVerdict.objects.values_list("verdict", flat=True)) == sorted(self.told)
        for one in ("passed", "failed"):
            told = Notice.objects.filter(kind=f"gate_{one}", recipient=self.campaign.owner).count()
            assert told == (one in self.told)


STEPS = st.tuples(
    st.sampled_from(["arrive", "arrive", "qualified", "promising", *BAD, *BAD, "revert", "revert"]),
    st.integers(0, 7),
)


@pytest.mark.embedded
@pytest.mark.django_db
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 5), st.integers(1, 5), st.lists(STEPS, min_size=6, max_size=16))
def test_marks_and_taking_them_back_leave_the_gate_as_counted_from_scratch(
    size: int, needed: int, steps: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        diary = Diary(size, min(size, needed))
        for step in steps:
            diary.do(*step)
            diary.check()
        transaction.set_rollback(True)


# ------------------------------------------------------------------------------------ sixteen at once


@pytest.mark.postgres
class TestSixteenWriters:
    pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

    @pytest.fixture(autouse=True)
    def _closed_connections(self) -> Iterator[None]:
        yield
        connections.close_all()

    def test_sixteen_bring_and_judge_at_once_while_two_workers_watch(self) -> None:
        """Twelve bring leads and judge what is there, four only judge, beside them two workers; over two campaigns."""
        CompanyFactory.create()
        agreement_in_force(gate_size=20, gate_needed=5)
        head, why = person("head_of_sales"), reason("no_need")
        campaigns = [campaign(state="live"), campaign(state="live")]
        good_share = {campaigns[0].pk: 0.8, campaigns[1].pk: 0.0}  # one is passed, one is not

        def judge(dice: random.Random) -> None:
            pks = list(Lead.objects.filter(mark="none").values_list("pk", "campaign"))
            for pk, of in dice.sample(pks, min(2, len(pks))):
                value = "qualified" if dice.random() < good_share[of] else "not_a_fit"
                with suppress(DomainError):
                    made = marking.mark(
                        lead=fresh(Lead(pk=pk)),
                        value=value,
                        by=head,
                        version=None,
                        reason=why if value == "not_a_fit" else None,
                    )
                    if value == "qualified" and dice.random() < 0.2:
                        marking.revert(mark=made, by=head)

        def write(turn: int) -> Callable[[], Any]:
            def job() -> None:
                dice = random.Random(turn)
                for step in range(4):
                    if turn < 12:
                        rows = [LeadData(name=f"Lead {turn}-{step}")]
                        to = campaigns[(turn + step) % 2]
                        arrivals.receive_many(rows=rows, campaign=to, door=Door.API, by=None)
                    judge(dice)

            return job

        def watch() -> None:
            for _turn in range(6):
                gate_watch.watch()

        results = together(*(write(turn) for turn in range(16)), watch, watch)
        assert [one for one in results if isinstance(one, Exception)] == []
        for pk in Lead.objects.filter(mark="none", campaign=campaigns[1]).values_list("pk", flat=True):
            marking.mark(lead=fresh(Lead(pk=pk)), value="not_a_fit", by=head, version=None, reason=why)
        results = together(*[lambda: gate_watch.watch()] * 4)
        assert [one for one in results if isinstance(one, Exception)] == []
        gate_watch.watch()

        for made in campaigns:
            came = list(
                Lead.objects.filter(campaign=made).order_by("pk").values_list("gate_number", flat=True)
            )
            assert came == [*range(1, 21), *[None] * 4]  # 1 … 20 as they arrived, and no further
            made.refresh_from_db()
            page = gate_of(made, size=20, needed=5)
            marks = list(
                Lead.objects.filter(campaign=made, gate_number__lte=20).values_list("mark", flat=True)
            )
            assert page.gate.verdict.value == verdict(marks, size=20, needed=5)
        assert gate_of(campaigns[1], size=20, needed=5).gate.verdict.value == "failed"
        told = list(GateVerdict.objects.values_list("campaign", "verdict"))
        assert len(told) == len(set(told))
        assert (campaigns[1].pk, "failed") in told
        keys = list(
            Notice.objects.filter(kind__in=("gate_passed", "gate_failed")).values_list("key", "recipient")
        )
        assert len(keys) == len(set(keys))
        assert {int(key.split(":")[1]) for key, _to in keys} == {pk for pk, _verdict in told}
        failed = Alert.objects.filter(kind="gate_failed", subject=f"{campaigns[1].pk}:1")
        assert failed.count() == failed.filter(resolved_at=None).count() == 1

    def test_a_verdict_that_sixteen_marks_make_at_once_is_told_once(self) -> None:
        """Sixteen judge the last sixteen leads in the same moment: the verdict is that of the marks, told once."""
        CompanyFactory.create()
        agreement_in_force(gate_size=20, gate_needed=5)
        head, owner, why = person("head_of_sales"), person("marketer"), reason("no_need")
        made = campaign(state="live", owner=owner)
        leads = [lead(campaign=made) for _number in range(20)]

        def judge(one: Lead) -> Callable[[], Any]:
            def job() -> None:
                marking.mark(lead=fresh(one), value="not_a_fit", by=head, version=None, reason=why)
                gate_watch.watch()

            return job

        results = together(*(judge(one) for one in leads[:16]))
        assert [one for one in results if isinstance(one, Exception)] == []
        gate_watch.watch()
        page = gate_of(made, size=20, needed=5)
        assert (page.gate.verdict.value, page.gate.bad) == ("failed", 16)
        assert page.failed_at in set(
            Lead.objects.filter(mark="not_a_fit").values_list("marked_at", flat=True)
        )
        assert list(GateVerdict.objects.values_list("campaign", "verdict")) == [(made.pk, "failed")]
        assert Notice.objects.filter(kind="gate_failed", recipient=owner).count() == 1
        assert Notice.objects.filter(kind="gate_failed", recipient=head).count() == 1
        assert Alert.objects.filter(kind="gate_failed").count() == 1
