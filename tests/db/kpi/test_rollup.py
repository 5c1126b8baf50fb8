"""The roll-up equals a plain computation over the leads, whatever happened and in whatever order."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Spend, Touch, Visits
from leads.models import Activity, Lead
from leadsync.accounts.models import Company
from leadsync.core.models import Lock
from leadsync.kpi.models import CohortFact, DayFact
from leadsync.kpi.services import rollup
from leadsync.notices.models import Alert
from tests.db.kpi.conftest import World, at
from tests.db.kpi.plain import assert_equal_to_plain, stored_days

# Instants around what goes wrong: midnight, month's end, both changes of the clock, in Warsaw and beyond.
EDGES = [
    at("2026-03-28T23:00"),
    at("2026-03-29T01:00"),
    at("2026-03-31T21:59"),
    at("2026-10-24T22:00"),
    at("2026-10-25T01:00"),
    at("2026-10-25T23:00"),
    at("2026-10-31T23:00"),
    at("2026-12-31T22:59"),
]
instants = st.builds(
    lambda edge, seconds: edge + timedelta(seconds=seconds),
    st.sampled_from(EDGES),
    st.integers(-7_300, 7_300) | st.sampled_from([-1, 0, 1]),
)
amounts = st.decimals(0, 99_999, places=2)
lead_numbers = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("receive"), instants, st.integers(0, 1), st.booleans()),
    st.tuples(st.just("hand_off"), lead_numbers, instants, st.integers(0, 1)),
    st.tuples(st.just("contact"), lead_numbers, instants, st.sampled_from([True, False, None])),
    st.tuples(
        st.just("mark"),
        lead_numbers,
        instants,
        st.sampled_from(["promising", "not_a_fit", "unreachable", "none"]),
    ),
    st.tuples(st.just("qualify"), lead_numbers, instants),
    st.tuples(st.just("win"), lead_numbers, instants, amounts),
    st.tuples(st.just("lose"), lead_numbers, instants),
    st.tuples(st.just("reopen"), lead_numbers),
    st.tuples(st.just("work"), lead_numbers, instants, st.integers(0, 90), st.booleans()),
    st.tuples(st.just("move"), lead_numbers, st.integers(0, 1)),
    st.tuples(st.just("erase"), lead_numbers),
    st.tuples(st.just("spend"), instants, st.integers(0, 1), amounts),
    st.tuples(st.just("visits"), instants, st.integers(0, 1), st.integers(0, 500)),
    st.tuples(st.just("zone"), st.sampled_from(["Europe/Warsaw", "Asia/Kolkata", "America/Havana"])),
    st.tuples(st.just("roll_up")),
)


def play(world: World, step: tuple[Any, ...]) -> None:
    """Do one step the way the services do: the change and its hints together."""
    match step:
        case ("receive", instant, campaign, is_test):
            world.lead(campaign=world.campaigns[campaign], received_at=instant, is_test=is_test)
            return
        case ("spend", instant, campaign, amount):
            Spend.objects.create(campaign=world.campaigns[campaign], on=instant.date(), amount=amount)
            Touch.objects.create(campaign=world.campaigns[campaign], on=instant.date())
            return
        case ("visits", instant, campaign, count):
            Visits.objects.update_or_create(
                campaign=world.campaigns[campaign], on=instant.date(), defaults={"count": count}
            )
            Touch.objects.create(campaign=world.campaigns[campaign], on=instant.date())
            return
        case ("zone", name):
            Company.objects.update(zone=name)
            return
        case ("roll_up",):
            rollup.roll_up(limit=5)
            return
    lead = Lead.objects.order_by("id")[step[1] : step[1] + 1].first()
    if lead is None:
        return
    match step:
        case ("hand_off", _, instant, rep):
            # Another owner moves every fact of the lead, as everywhere else.
            world.change(lead, handed_off_at=instant, owner=world.reps[rep])
        case ("contact", _, instant, in_time):
            world.change(lead, first_contact_at=instant, is_in_time=in_time, stage="contacted")
        case ("mark", _, instant, value):
            world.change(
                lead,
                mark=value,
                marked_at=None if value == "none" else instant,
                is_judged_only=value == "not_a_fit" and lead.first_contact_at is None,
            )
        case ("qualify", _, instant):
            world.change(lead, mark="qualified", marked_at=instant, qualified_at=instant, stage="qualified")
        case ("win", _, instant, amount):
            world.change(
                lead, stage="won", won_at=instant, amount=amount, qualified_at=lead.qualified_at or instant
            )
        case ("lose", _, instant):
            world.change(lead, stage="lost", lost_at=instant)
        case ("reopen", _):
            world.change(lead, stage="contacted", won_at=None, lost_at=None, amount=None)
        case ("work", _, instant, minutes, estimated):
            world.spend_time(lead, lead.owner, instant, minutes, is_estimated=estimated)
        case ("move", _, campaign):
            moved = list(lead.activities.values_list("at", flat=True))
            Touch.objects.bulk_create([Touch(campaign=lead.campaign, at=instant) for instant in moved])
            world.change(lead, campaign=world.campaigns[campaign])
            lead.activities.update(campaign=world.campaigns[campaign])
            Touch.objects.bulk_create([Touch(campaign=lead.campaign, at=instant) for instant in moved])
        case ("erase", _):
            for instant in lead.activities.values_list("at", flat=True):
                Touch.objects.create(campaign=lead.campaign, at=instant)
            world.change(lead)
            lead.delete()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(steps, max_size=25))
def test_facts_equal_a_plain_count_after_any_sequence(world: World, sequence: list[tuple[Any, ...]]) -> None:
    for model in (Activity, Lead, Spend, Visits, Touch, DayFact, CohortFact, Lock):
        model.objects.all().delete()
    Company.objects.update(zone="Europe/Warsaw")
    rollup.roll_up_full()
    for step in sequence:
        play(world, step)
    rollup.roll_up_all(limit=7)
    assert not Touch.objects.exists()
    assert_equal_to_plain()
    assert rollup.check() == []
    rollup.roll_up_full()
    assert_equal_to_plain()


def test_a_lead_of_the_last_minute_of_the_month_counts_in_that_month_of_the_companys_zone(
    world: World,
) -> None:
    world.lead(received_at=at("2026-11-30T22:59"))
    world.lead(received_at=at("2026-11-30T23:00"))
    rollup.roll_up_all()
    assert [(fact.on, fact.arrived) for fact in DayFact.objects.order_by("on")] == [
        (date(2026, 11, 30), 1),
        (date(2026, 12, 1), 1),
    ]
    assert list(CohortFact.objects.order_by("month").values_list("month", "leads")) == [
        (date(2026, 11, 1), 1),
        (date(2026, 12, 1), 1),
    ]


def test_a_change_costs_the_same_few_statements_whatever_else_there_is(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        world.lead(received_at=at("2026-11-01T10:00") + timedelta(days=number))
    rollup.roll_up_full()
    lead = Lead.objects.order_by("id")[0]
    world.change(lead, mark="promising", marked_at=at("2026-11-20T10:00"))
    with django_assert_max_num_queries(14):
        done = rollup.roll_up()
    assert (done.days, done.cohorts, done.is_full) == (2, 1, False)
    assert_equal_to_plain()


def test_another_zone_recomputes_everything(world: World) -> None:
    world.lead(received_at=at("2026-11-30T22:30"))
    rollup.roll_up_all()
    Company.objects.update(zone="Asia/Tokyo")
    assert rollup.roll_up().is_full
    assert DayFact.objects.get().on == date(2026, 12, 1)


def test_check_names_a_wrong_fact_and_the_nightly_pass_repairs_and_tells(world: World) -> None:
    world.lead(owner=world.reps[0])
    rollup.roll_up_full()
    DayFact.objects.update(arrived=7)
    CohortFact.objects.all().delete()
    found = rollup.check()
    assert {difference.table for difference in found} == {"kpi_dayfact", "kpi_cohortfact"}
    assert any("stored None" in str(difference) for difference in found)
    rollup.check_and_repair()
    assert Alert.objects.get(kind=rollup.ALERT).resolved_at is None
    assert_equal_to_plain()
    assert rollup.check_and_repair() == []
    assert Alert.objects.get(kind=rollup.ALERT).resolved_at is not None


def test_test_leads_count_nowhere(world: World) -> None:
    lead = world.lead(is_test=True, won_at=at("2026-11-12T10:00"), stage="won", amount=5)
    world.spend_time(lead, world.reps[0], at("2026-11-12T10:00"), 20)
    rollup.roll_up_all()
    assert not stored_days()
    assert not CohortFact.objects.exists()


def test_a_deal_won_two_days_before_first_contact_and_a_huge_amount_are_counted(world: World) -> None:
    world.lead(
        received_at=at("2026-11-10T00:00"),
        won_at=at("2026-11-08T00:00"),
        qualified_at=at("2026-11-08T00:00"),
        stage="won",
        mark="qualified",
        amount=Decimal(50_000_000),
    )
    rollup.roll_up_all()
    assert DayFact.objects.get(on=date(2026, 11, 8)).revenue == Decimal(50_000_000)
    assert_equal_to_plain()


def test_a_run_says_when_it_ran(world: World) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        rollup.roll_up_full()
    assert rollup.last_run() == datetime(2026, 11, 21, 12, tzinfo=UTC)
