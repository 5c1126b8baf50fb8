"""Alerts about the flow of leads and the plan."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Handoff, Lead
from leadsync.accounts.models import Absence, User
from leadsync.accounts.services.company import raise_version
from leadsync.kpi.models import Plan
from leadsync.kpi.services import watching
from leadsync.notices.models import Alert, Notice
from tests.db.kpi.conftest import World
from tests.factories.accounts import person

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # a Monday, noon in Warsaw; open from 9 to 17
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def open_ones(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind, resolved_at=None).order_by("subject"))


def give(world: World, rep: User, at: datetime, due: datetime | None = None, **fields: Any) -> Lead:
    """A lead handed over then; open with a deadline, else contacted at once."""
    lead = world.lead(owner=rep, handed_off_at=at, received_at=at, **fields)
    ends = due or at
    Handoff.objects.create(
        lead=lead,
        rep=rep,
        at=at,
        promise_seconds=3600,
        due_at=ends,
        warn_at=ends,
        escalate_at=ends,
        ended_at=None if due else at,
        end="" if due else "contact",
    )
    return lead


# ---------------------------------------------------------------------------------------------- drought


def weekly(world: World, rep: User, until: datetime, each_day: int = 1) -> None:
    """A lead at each noon of a working day over eight weeks, until that moment."""
    for days in range(56):
        at = NOW - days * DAY - 60 * MINUTE
        if at <= until and at.weekday() < 5:
            for _number in range(each_day):
                give(world, rep, at)


def test_no_lead_for_longer_than_chance_explains_is_a_drought(world: World) -> None:
    pawel, iga = world.reps
    head = person("head_of_marketing")
    weekly(world, pawel, NOW)
    weekly(world, iga, NOW - 14 * DAY)
    for _turn in range(2):
        watching.watch(at=NOW)
    (alert,) = open_ones("drought")
    assert (alert.subject, alert.context["rep"]) == (f"rep:{iga.pk}", "Iga Mazur")
    assert alert.context["minutes"] > 8 * 8 * 60
    assert alert.cost_minutes > 0
    assert Notice.objects.filter(recipient=head, kind="drought").count() == 1
    give(world, iga, NOW)
    watching.watch(at=NOW + MINUTE)
    assert open_ones("drought") == []
    assert open_ones("drought_all") == []


def test_working_time_without_the_rep_counts_on_neither_side(world: World) -> None:
    iga = world.reps[1]
    weekly(world, iga, NOW - 14 * DAY)
    Absence.objects.create(person=iga, starts_on=date(2026, 11, 3), ends_on=date(2026, 11, 15))
    raise_version()
    watching.watch(at=NOW)
    assert open_ones("drought") == []


@pytest.mark.parametrize("what", ["away", "switched off", "no rep any more", "few leads"])
def test_who_gets_no_leads_on_purpose_has_no_drought(world: World, what: str) -> None:
    iga = world.reps[1]
    weekly(world, iga, NOW - (50 if what == "few leads" else 14) * DAY)
    if what == "away":
        Absence.objects.create(person=iga, starts_on=NOW.date(), ends_on=NOW.date())
    if what == "switched off":
        User.objects.filter(pk=iga.pk).update(is_active=False)
    if what == "no rep any more":
        iga.groups.clear()
    watching.watch(at=NOW)
    assert open_ones("drought") == []


def test_nobody_getting_leads_is_a_drought_of_all(world: World) -> None:
    for rep in world.reps:
        weekly(world, rep, NOW - 7 * DAY, each_day=2)
    watching.watch(at=NOW)
    (alert,) = open_ones("drought_all")
    assert alert.url == "/channels/"


# ---------------------------------------------------------------------------------------------- overload


def test_a_queue_that_needs_more_time_than_there_is_names_the_leads(world: World) -> None:
    pawel, iga = world.reps
    for number in range(3):
        give(world, pawel, NOW, NOW + 30 * MINUTE, name=f"Lead {number}")
    give(world, iga, NOW, NOW + 30 * MINUTE)
    watching.watch(at=NOW)
    (alert,) = open_ones("overload")
    assert alert.subject == f"rep:{pawel.pk}"
    assert (alert.context["count"], alert.context["minutes"], alert.cost_minutes) == (1, 15, 15)
    assert [row["title"] for row in alert.context["leads"]] == ["Lead 2"]


def test_only_the_reps_working_time_before_a_deadline_counts(world: World) -> None:
    pawel = world.reps[0]
    evening = datetime(2026, 11, 16, 15, 50, tzinfo=UTC)  # ten minutes before closing
    for _number in range(2):
        give(world, pawel, evening, datetime(2026, 11, 17, 8, 15, tzinfo=UTC))  # a quarter past opening
    watching.watch(at=evening)
    (alert,) = open_ones("overload")
    assert alert.context["minutes"] == 5  # 30 minutes of work in 25


def test_time_for_a_first_contact_is_the_reps_own_once_enough_are_known(world: World) -> None:
    pawel = world.reps[0]
    for number in range(20):
        at = NOW - (number + 1) * DAY
        lead = give(world, pawel, at, first_contact_at=at)
        world.spend_time(lead, pawel, at, 5)
    for _number in range(3):
        give(world, pawel, NOW, NOW + 30 * MINUTE)
    watching.watch(at=NOW)
    assert open_ones("overload") == []


def test_heads_hear_of_an_overload_once_a_day_however_often_it_comes_back(world: World) -> None:
    head, pawel = person("head_of_sales"), world.reps[0]
    for number in range(3):
        lead = give(world, pawel, NOW, NOW + 30 * MINUTE)
        give(world, pawel, NOW, NOW + 20 * MINUTE), give(world, pawel, NOW, NOW + 20 * MINUTE)
        watching.watch(at=NOW + number * MINUTE)
        assert open_ones("overload")
        Handoff.objects.filter(ended_at=None).update(ended_at=NOW, end="contact")
        watching.watch(at=NOW + number * MINUTE)
        assert lead.pk
    assert Alert.objects.filter(kind="overload").count() == 3
    assert Notice.objects.filter(recipient=head, kind="overload").count() == 1


# ---------------------------------------------------------------------------------------------- the plan


def plan(month: date, at: datetime = NOW) -> None:
    Plan.objects.create(
        month=month,
        revenue=1,
        average_deal=1,
        close_rate=1,
        qualification_rate=1,
        changed_at=at,
    )


def test_a_month_that_has_begun_without_a_plan_is_an_alert(world: World) -> None:
    watching.watch(at=NOW)
    assert open_ones("plan_unsigned") == []  # a new company: the first steps ask for it
    world.lead()
    watching.watch(at=NOW)
    (alert,) = open_ones("plan_unsigned")
    assert (alert.subject, alert.url) == ("2026-11", "/plan/2026-11/")
    plan(date(2026, 11, 1))
    watching.watch(at=NOW)
    assert open_ones("plan_unsigned") == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-23T11:00", []), ("2026-11-24T11:00", ["2026-12"]), ("2026-11-30T11:00", ["2026-12"])],
)
def test_the_next_month_is_asked_for_five_working_days_before(
    world: World, day: str, expected: list[str]
) -> None:
    world.lead()
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    plan(date(2026, 11, 1), at=now)
    watching.watch(at=now)
    assert [alert.subject for alert in open_ones("plan_unsigned")] == expected


# ---------------------------------------------------------------------------------------------- statements


def test_twenty_reps_cost_as_many_statements_as_one(world: World) -> None:
    counts = []
    for rows in (1, 19):
        for _number in range(rows):
            rep = person("rep")
            for days in range(20, 30):
                give(world, rep, NOW - days * DAY)
            for _lead in range(3):
                give(world, rep, NOW - 20 * DAY, NOW + 30 * MINUTE)
        at = NOW + rows * MINUTE
        watching.watch(at=at)
        with CaptureQueriesContext(connection) as captured:
            watching.watch(at=at)
        counts.append(len(captured))
    assert counts[0] == counts[1]
