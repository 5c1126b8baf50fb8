"""The dashboard: the right numbers, to the right people, in as many statements for one row as for twenty."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Spend
from feedback.models import Question
from leads.filters import LeadFilter
from leads.models import Handoff, Lead
from leads.services import watching as lead_alerts
from leadsync.accounts.models import OwnDay, User
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.headline import Headline
from leadsync.kpi.models import Plan
from leadsync.kpi.selectors import dashboard as data
from leadsync.kpi.services import rollup
from leadsync.notices.kinds import kind_of
from leadsync.notices.models import Alert
from tests.db.kpi.conftest import World, at
from tests.factories.accounts import person

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # a Monday, noon in Warsaw
NOVEMBER = Period.holding(date(2026, 11, 16), Span.MONTH)
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def director(world: World) -> User:
    return person("director", name="Anna Lewandowska")


def open_as(user: User, query: str = "", status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    response = client.get(f"/dashboard/{query}")
    assert response.status_code == status
    return response


def hand_off(
    lead: Lead, rep: User, begun: datetime, minutes: int = 60, ended: datetime | None = None
) -> Handoff:
    due = begun + timedelta(minutes=minutes)
    return Handoff.objects.create(
        lead=lead,
        rep=rep,
        at=begun,
        promise_seconds=minutes * 60,
        due_at=due,
        warn_at=due,
        escalate_at=due,
        ended_at=ended,
        end="contact" if ended else "",
        is_in_time=ended <= due if ended else None,
    )


def plan(revenue: int = 240_000) -> Plan:
    return Plan.objects.create(
        month=date(2026, 11, 1),
        revenue=revenue,
        average_deal=24_000,
        close_rate=25,
        qualification_rate=50,
        visit_rate=None,
        cost_per_lead=10,
        changed_at=NOW,
    )


def contacted(world: World, rep: User, begun: datetime, after: int, **fields: Any) -> Lead:
    first = begun + timedelta(minutes=after)
    lead = world.lead(
        received_at=begun,
        handed_off_at=begun,
        owner=rep,
        first_contact_at=first,
        is_in_time=after <= 60,
        last_activity_at=first,
        **{"stage": "contacted"} | fields,
    )
    hand_off(lead, rep, begun, ended=first)
    return lead


def test_a_company_without_leads_is_told_what_comes_next(world: World, director: User) -> None:
    response = open_as(director)
    assert response.context["headline"] is Headline.NO_LEADS
    assert "Log the first ones" in response.content.decode()


def test_a_month_without_a_plan_says_so_and_compares_with_the_month_before(
    world: World, director: User
) -> None:
    world.lead()
    world.lead(
        received_at=at("2026-10-10T10:00"), stage="won", won_at=at("2026-10-20T10:00"), amount=Decimal(31_000)
    )
    rollup.roll_up_all()
    response = open_as(director)
    assert response.context["headline"] is Headline.NO_PLAN
    assert response.context["tiles"][0].delta == "Was €31k in October"
    assert "November has no plan" in response.content.decode()


def test_figures_stand_against_the_share_of_working_time(world: World, director: User) -> None:
    plan()
    contacted(
        world,
        world.reps[0],
        at("2026-11-03T09:00"),
        30,
        stage="won",
        mark="qualified",
        qualified_at=at("2026-11-04T09:00"),
        marked_at=at("2026-11-04T09:00"),
        won_at=at("2026-11-05T09:00"),
        amount=Decimal(100_000),
    )
    contacted(world, world.reps[0], at("2026-11-04T09:00"), 90)
    rollup.roll_up_all()
    response = open_as(director)
    revenue, deals, qualified, in_time, cost = response.context["tiles"]
    # 9 whole days and 3 of 8 hours of 20 working days (11 November is a holiday in Poland).
    elapsed = Decimal(9 * 8 + 3) / 160
    assert response.context["pace"].elapsed == elapsed
    assert (response.context["pace"].day, response.context["pace"].days) == (10, 20)
    assert (revenue.figure, revenue.against) == ("€100k", "of €240k")
    assert revenue.delta == "€13k behind today’s pace"
    assert (deals.figure, deals.against, deals.delta) == ("1", "of 10", "4 behind today’s pace")
    assert (qualified.figure, qualified.against) == ("1", "of 40")
    assert (in_time.figure, in_time.tone) == ("50%", "bad")
    assert cost.delta == "No spend noted yet"
    assert response.context["headline"] is Headline.FEW_AND_LATE
    assert (
        response.context["estimate"] == "If nothing changes, November closes at about €213,000 of €240,000."
    )


def test_steps_show_plan_for_today_and_conversion(world: World, director: User) -> None:
    plan()
    contacted(world, world.reps[0], at("2026-11-03T09:00"), 30, qualified_at=at("2026-11-03T10:00"))
    world.lead(received_at=at("2026-11-03T09:00"))
    rollup.roll_up_all()
    steps = {step.label: step for step in open_as(director).context["steps"]}
    assert (steps["Leads"].fact, steps["Leads"].plan) == (2, 38)  # 80 × 46.9 %, rounded up
    assert (steps["Qualified"].conversion, steps["Qualified"].planned_conversion) == (
        Decimal("0.5"),
        Decimal("0.5"),
    )
    assert steps["Leads"].url.endswith("?received_from=2026-11-01&received_to=2026-11-30")


def test_cohorts_say_where_good_leads_of_a_month_are(world: World, director: User) -> None:
    def good(**fields: Any) -> Lead:
        return world.lead(
            **{"received_at": at("2026-10-05T10:00"), "mark": "qualified", "stage": "qualified"} | fields
        )

    good(stage="won", won_at=at("2026-10-20T10:00"), amount=1)
    good(stage="lost", lost_at=at("2026-10-20T10:00"))
    good(last_activity_at=NOW - timedelta(days=3))
    good(last_activity_at=NOW - timedelta(days=20))
    good(last_activity_at=NOW - timedelta(days=20), next_step_at=NOW + timedelta(days=2))
    good(mark="not_a_fit", stage="closed")
    rollup.roll_up_all()
    october = next(
        row.cohort for row in open_as(director).context["cohorts"] if row.cohort.month == date(2026, 10, 1)
    )
    assert (october.good, october.won, october.talks, october.lost, october.silent) == (5, 1, 2, 1, 1)


def test_first_contact_by_person_is_for_heads_and_director_and_the_own_row_for_a_rep(
    world: World, director: User
) -> None:
    pawel, iga = world.reps
    contacted(world, pawel, at("2026-11-03T09:00"), 30)
    contacted(world, pawel, at("2026-11-03T15:30"), 60 * 17)  # over the night: half an hour and half an hour
    contacted(world, iga, at("2026-11-03T09:00"), 200)
    late = world.lead(owner=iga, handed_off_at=at("2026-11-16T08:00"))
    hand_off(late, iga, at("2026-11-16T08:00"))
    rollup.roll_up_all()
    rows = open_as(director).context["people"]
    assert [(row.name, row.waiting, row.past) for row in rows] == [
        ("Iga Mazur", 1, 1),
        ("Paweł Krawczyk", 0, 0),
    ]
    assert rows[1].usual_minutes == 45
    assert rows[1].share == Decimal("0.5")
    assert [row.name for row in open_as(pawel).context["people"]] == ["Paweł Krawczyk"]
    assert open_as(world.marketer).context["people"] == []
    assert [row.name for row in open_as(person("head_of_sales")).context["people"]] == [
        "Iga Mazur",
        "Paweł Krawczyk",
    ]


def test_only_those_who_may_see_it_read_whose_leads_are_late(world: World, director: User) -> None:
    lead = world.lead(owner=world.reps[0])
    hand_off(lead, world.reps[0], at("2026-11-16T08:00"))
    lead_alerts.watch(at=NOW)
    pawel, iga = world.reps
    for user, names in (
        (director, "1 with Paweł."),
        (world.marketer, ""),
        (pawel, "1 with Paweł."),
        (iga, ""),
    ):
        alert = open_as(user).context["alerts"][0]
        assert (alert.title, alert.text) == ("1 lead is past the promise.", names)


def test_the_next_step_of_an_alert_is_one_that_the_reader_may_take(world: World, director: User) -> None:
    hand_off(world.lead(owner=world.reps[0]), world.reps[0], at("2026-11-16T08:00"))
    lead_alerts.watch(at=NOW)
    actions = {
        user: open_as(user).context["alerts"][0].action for user in (director, person("head_of_sales"))
    }
    assert list(actions.values()) == ["Show them", "Share them out"]


def test_alerts_are_the_open_ones_that_cost_most_and_the_oldest_of_those(
    world: World, director: User
) -> None:
    facts = (
        ("gate_failed", {"campaign": "Metal Expo list", "size": 20, "needed": 5}, 2),
        ("question_overdue", {"text": "Why?"}, 4),
        ("no_meeting", {"count": 9, "limit": 7}, 3),
    )
    for kind, context, days in facts:
        Alert.objects.create(
            kind=kind, subject="1", context=context, opened_at=NOW - timedelta(days=days), cost_minutes=60
        )
    Alert.objects.create(kind="point_broken", subject="1", opened_at=NOW, cost_minutes=90)
    Alert.objects.create(kind="point_broken", subject="2", opened_at=NOW, resolved_at=NOW, cost_minutes=900)
    icons = [alert.icon for alert in open_as(director).context["alerts"]]
    assert icons == [
        kind_of(name).icon for name in ("point_broken", "question_overdue", "no_meeting", "gate_failed")
    ]


def test_more_alerts_than_fit_are_one_click_away(world: World, director: User) -> None:
    for number in range(7):
        Alert.objects.create(kind="point_broken", subject=str(number), opened_at=NOW)
    response = open_as(director)
    assert len(response.context["alerts"]) == 4
    assert "All alerts" in response.content.decode()


def test_who_takes_care_of_an_alert_is_named(world: World, director: User) -> None:
    Alert.objects.create(
        kind="point_broken", subject="1", opened_at=NOW, acknowledged_at=NOW, acknowledged_by=world.marketer
    )
    (alert,) = open_as(director).context["alerts"]
    assert alert.taken == "Marta Zielińska"


def test_open_questions_say_how_old_they_are(world: World, director: User) -> None:
    world.lead()
    Question.objects.create(
        asker=world.marketer,
        answerer=world.reps[0],
        text="Why?",
        asked_at=NOW - timedelta(days=4),
        due_at=NOW - timedelta(days=2),
    )
    assert "4 days" in open_as(director).content.decode()


def test_leads_past_the_promise_are_counted_at_the_end_of_each_day(world: World) -> None:
    rep = world.reps[0]
    lead = world.lead
    hand_off(lead(), rep, at("2026-11-02T09:00"), ended=at("2026-11-02T09:30"))  # in time
    hand_off(lead(), rep, at("2026-11-02T09:00"), ended=at("2026-11-02T15:00"))  # late, over the same day
    hand_off(lead(), rep, at("2026-11-02T09:00"), ended=at("2026-11-04T09:00"))  # late on two evenings
    hand_off(lead(), rep, at("2026-10-30T09:00"), ended=at("2026-11-03T09:00"))  # late since October
    hand_off(
        lead(), rep, at("2026-11-04T22:30"), ended=at("2026-11-06T09:00")
    )  # due at 0:30 on the 5th in Warsaw
    hand_off(lead(), rep, at("2026-11-05T09:00"))  # still open
    hand_off(lead(is_test=True), rep, at("2026-11-05T09:00"))
    passed = lead()
    first = hand_off(passed, rep, at("2026-11-05T09:00"), ended=at("2026-11-06T09:00"))
    Handoff.objects.filter(pk=first.pk).update(end="passed_on", is_in_time=None)
    second = hand_off(passed, world.reps[1], at("2026-11-06T09:00"), ended=at("2026-11-07T09:00"))
    Handoff.objects.filter(pk=second.pk).update(due_at=first.due_at)
    listed = [date(2026, 11, number) for number in range(1, 8)]
    counts = data.past_promise_by_day(listed, zone=WARSAW, now=NOW)
    assert counts == [1, 2, 1, 0, 3, 2, 1]
    # The same by brute force.
    for day, count in zip(listed, counts, strict=True):
        end = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
        assert count == sum(
            max(handoff.at, handoff.due_at) < end and (handoff.ended_at is None or handoff.ended_at >= end)
            for handoff in Handoff.objects.filter(lead__is_test=False)
        )


def test_campaigns_of_the_period_with_work_and_benefit(world: World, director: User) -> None:
    for number in range(20):
        lead = world.lead(
            campaign=world.campaigns[1], mark="promising" if number < 3 else "not_a_fit", marked_at=NOW
        )
        world.spend_time(lead, world.reps[0], at("2026-11-12T10:00"), 60)
    world.lead(campaign=world.campaigns[0], received_at=at("2026-09-12T10:00"))
    rollup.roll_up_all()
    (line,) = open_as(director).context["campaigns"]
    benefit = line.row.benefit
    assert (line.row.name, benefit.leads, benefit.good, benefit.minutes) == ("Metal Expo list", 20, 3, 1200)
    assert benefit.worth == "too_much_work"
    assert f"campaign={world.campaigns[1].pk}&mark=qualified&mark=promising" in line.good_url


def fill(world: World, rows: int, start: int) -> None:
    """`rows` of everything that the page lists."""
    for number in range(start, start + rows):
        rep = person("rep", name=f"Rep {number}")
        campaign = world.campaign(f"Campaign {number}")
        begun = at("2026-11-03T09:00") + timedelta(hours=number)
        contacted(
            world,
            rep,
            begun,
            30,
            campaign=campaign,
            mark="qualified",
            qualified_at=begun,
            marked_at=begun,
            stage="won",
            won_at=begun,
            amount=5,
        )
        hand_off(world.lead(campaign=campaign, owner=rep), rep, at("2026-11-16T08:00"))
        Question.objects.create(
            asker=world.marketer, answerer=rep, text="Why?", asked_at=NOW, due_at=NOW + timedelta(days=1)
        )
    rollup.roll_up_all()


def test_twenty_rows_cost_as_many_statements_as_one(world: World, director: User) -> None:
    client = Client()
    client.force_login(director)
    counts = []
    client.get("/dashboard/")
    for rows, start in ((1, 0), (19, 1)):
        fill(world, rows, start)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/dashboard/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[1] <= 31  # PostgreSQL is told once which indexes to prefer


@pytest.mark.parametrize("name", ["kpis", "steps", "campaigns", "people", "cohorts", "days", "questions"])
def test_every_table_is_a_file(world: World, director: User, name: str) -> None:
    fill(world, 2, 0)
    Campaign.objects.filter(name="Campaign 0").update(name='=HYPERLINK("x")')
    Question.objects.update(text="@SUM(1)")
    User.objects.filter(name="Rep 0").update(name="+1")
    response = open_as(director, f"?csv={name}")
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) > 1
    assert not any(cell.startswith(("=", "+", "@", "-")) for row in rows for cell in row)


def test_a_file_of_people_is_not_for_everyone_nor_an_unknown_one_for_anybody(
    world: World, director: User
) -> None:
    fill(world, 1, 0)
    open_as(world.marketer, "?csv=people", status=404)
    open_as(director, "?csv=secrets", status=404)


@pytest.mark.parametrize("query", ["?period=week", "?at=2026-13", "?at=x", "?period=month&at=9999-12"])
def test_what_is_no_period_is_not_found(director: User, query: str) -> None:
    open_as(director, query, status=404)


@pytest.mark.parametrize(
    "query", ["?period=quarter", "?period=year", "?at=2026-10", "?at=2027-03", "?at=1990-01"]
)
def test_other_periods_open(world: World, director: User, query: str) -> None:
    plan()
    fill(world, 1, 0)
    open_as(director, query)


def test_the_page_is_for_people_who_are_signed_in(db: None) -> None:
    response = Client().get("/dashboard/")
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_latest_win_names_the_deal(world: World, director: User) -> None:
    contacted(
        world,
        world.reps[1],
        at("2026-11-03T09:00"),
        10,
        company="Hala Park",
        stage="won",
        won_at=at("2026-11-13T09:00"),
        amount=Decimal(61_000),
    )
    rollup.roll_up_all()
    assert "Hala Park, €61,000." in open_as(director).content.decode()


def behind(url: str) -> int:
    """How many leads the list shows at this address."""
    found = LeadFilter(QueryDict(url.partition("?")[2]), queryset=Lead.objects.counted())
    assert found.is_valid(), found.errors
    return int(found.qs.count())


def test_a_table_as_a_file_needs_the_right_to_take_data_away(world: World) -> None:
    contacted(world, world.reps[0], at("2026-11-03T09:00"), 30)
    contacted(world, world.reps[1], at("2026-11-03T09:00"), 30)
    rollup.roll_up_all()
    admin = person("administrator")
    open_as(admin, "?csv=steps", status=403)
    assert "csv=" not in open_as(admin).content.decode()
    (own,) = list(csv.reader(StringIO(open_as(world.reps[0], "?csv=people").content.decode("utf-8-sig"))))[1:]
    assert own[0] == world.reps[0].name


def test_campaigns_tell_what_a_qualified_lead_costs_and_agree_with_the_strip(
    world: World, director: User
) -> None:
    calculator, expo = world.campaigns
    for campaign, qualified in ((calculator, 3), (expo, 1)):
        for _number in range(qualified):
            world.lead(campaign=campaign, mark="qualified", qualified_at=at("2026-11-12T10:00"))
    # Received in September, qualified now: it counts where costs are asked for.
    world.lead(campaign=calculator, received_at=at("2026-09-12T10:00"), qualified_at=at("2026-11-12T10:00"))
    for campaign, amount in ((calculator, 400), (expo, 250)):
        Spend.objects.create(campaign=campaign, on=date(2026, 11, 5), amount=Decimal(amount))
    rollup.roll_up_full()
    response = open_as(director)
    lines = {line.row.name: line for line in response.context["campaigns"]}
    assert {name: line.cost for name, line in lines.items()} == {
        "Racking calculator": Decimal(100),
        "Metal Expo list": Decimal(250),
    }
    assert behind(lines["Racking calculator"].qualified_url) == 4
    assert response.context["tiles"][4].figure == "€130"  # 650 for five
    assert "€250" in response.content.decode()


def test_a_campaign_that_needs_a_look_is_shown_however_many_do_better(world: World, director: User) -> None:
    for number in range(10):
        campaign = world.campaign(f"Good {number}")
        for _lead in range(11):
            world.lead(campaign=campaign, mark="promising", marked_at=NOW)
    for _lead in range(20):
        lead = world.lead(campaign=world.campaigns[1], mark="not_a_fit", marked_at=NOW)
        world.spend_time(lead, world.reps[0], at("2026-11-12T10:00"), 60)
    rollup.roll_up_all()
    response = open_as(director)
    names = [line.row.name for line in response.context["campaigns"]]
    assert len(names) == 8
    assert names[-1] == "Metal Expo list"
    assert "more campaigns" in response.content.decode()


def test_a_year_of_which_some_months_have_a_plan_is_not_measured_by_them(
    world: World, director: User
) -> None:
    plan()
    Spend.objects.create(campaign=world.campaigns[0], on=date(2026, 11, 5), amount=Decimal(400))
    world.lead(qualified_at=at("2026-11-12T10:00"))
    rollup.roll_up_all()
    response = open_as(director, "?period=year")
    assert response.context["headline"] is Headline.PART_PLAN
    assert [tile.against for tile in response.context["tiles"]] == [""] * 5
    assert "2026: 1 of 12 months have a plan" in response.content.decode()
    assert open_as(director, "?period=year&at=2025-01").context["headline"] is Headline.OVER_NO_PLAN
    assert open_as(director, "?at=2027-02").context["headline"] is Headline.NO_PLAN


def test_a_month_without_a_working_day_goes_by_the_calendar(world: World, director: User) -> None:
    plan()
    OwnDay.objects.bulk_create(
        OwnDay(on=date(2026, 11, number), name="Works holiday") for number in range(1, 31)
    )
    contacted(world, world.reps[0], at("2026-11-03T09:00"), 30, qualified_at=at("2026-11-03T10:00"))
    rollup.roll_up_all()
    response = open_as(director)
    assert response.context["pace"].days == 0
    assert Decimal("0.5") < response.context["pace"].elapsed < Decimal("0.53")
    assert "November has no working day, so the pace goes by the calendar." in response.content.decode()


def test_the_wall_shows_the_figures_and_names_nobody(world: World, director: User) -> None:
    plan()
    fill(world, 2, 0)
    lead_alerts.watch(at=NOW)
    Alert.objects.create(
        kind="question_overdue", subject="1", context={"text": "Why?"}, opened_at=NOW, cost_minutes=9_000
    )
    usual, wall = open_as(director), open_as(director, "?tv=1")
    text = wall.content.decode()
    assert wall.context["people"] == []
    assert [tile.figure for tile in wall.context["tiles"]] == [tile.figure for tile in usual.context["tiles"]]
    assert wall.context["sentence"] in text
    assert "2 leads are past the promise." in text
    assert "Rep 0" not in text
    assert "Why?" not in text
    assert "<nav" not in text
    assert "hx-get" not in text


def test_the_strip_is_never_empty_handed(world: World, director: User) -> None:
    """No plan, no promise, no spend: each tile says what it knows and what is missing."""
    world.lead()
    rollup.roll_up_all()
    deltas = [tile.delta for tile in open_as(director).context["tiles"]]
    assert deltas == [
        "Was €0 in October",
        "Was 0 in October",
        "Was 0 in October",
        "No promised contact yet",
        "No spend noted yet",
    ]


def test_every_number_opens_as_many_leads_as_it_says(world: World, director: User) -> None:
    plan()
    fill(world, 3, 0)
    for minutes, fields in (
        (30, {}),
        (90, {"mark": "promising", "marked_at": NOW}),
        (20, {"mark": "not_a_fit"}),
    ):
        contacted(world, world.reps[0], at("2026-11-05T09:00"), minutes, **fields)
    quiet = {"mark": "qualified", "stage": "qualified", "qualified_at": at("2026-10-06T09:00")}
    world.lead(received_at=at("2026-10-05T09:00"), last_activity_at=at("2026-10-06T09:00"), **quiet)
    world.lead(received_at=at("2026-10-05T09:00"), last_activity_at=at("2026-11-15T09:00"), **quiet)
    world.lead(
        received_at=at("2026-10-05T09:00"), lost_at=at("2026-11-15T09:00"), **quiet | {"stage": "lost"}
    )
    rollup.roll_up_all()
    lead_alerts.watch(at=NOW)
    context = open_as(director).context
    tiles = context["tiles"]
    assert (tiles[1].figure, tiles[2].figure) == (str(behind(tiles[1].url)), str(behind(tiles[2].url)))
    for step in context["steps"]:
        if step.url and step.label != "Contacted in time":
            assert step.fact == behind(step.url), step.label
    in_time = next(step for step in context["steps"] if step.label == "Contacted in time")
    assert in_time.fact == behind(in_time.url)
    for line in context["campaigns"]:
        assert (line.row.benefit.leads, line.row.benefit.good) == (
            behind(line.leads_url),
            behind(line.good_url),
        )
    for line in context["cohorts"]:
        assert line.good == behind(line.url)
        for part in line.parts:
            assert part.n == behind(part.url), (line.label, part.label)
    october = next(line for line in context["cohorts"] if line.cohort.month == date(2026, 10, 1))
    assert [part.kind for part in october.parts] == ["talk", "lost", "wait"]
    past = next(alert for alert in context["alerts"] if "past the promise" in alert.title)
    assert past.title.startswith(f"{behind(past.url)} ")
    for row in context["people"]:
        assert row.past == behind(f"?promise=past&owner={row.rep_id}")
        assert row.waiting == behind(f"?promise=waiting&owner={row.rep_id}")
