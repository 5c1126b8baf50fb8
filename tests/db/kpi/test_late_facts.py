"""What becomes known late arrives in the cell where it belongs: a deal of last month, an undone list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum
from django.utils import timezone

from campaigns.models import Campaign
from leads.domain.past import Past
from leads.domain.words import Door
from leads.models import Import, Lead
from leads.services import activities, arrivals, history, imports, marking, merging, outcomes, unmerging
from leadsync.accounts.models import User
from leadsync.kpi.models import CohortFact, DayFact
from leadsync.kpi.services import rollup
from leadsync.privacy.services import erasing
from tests.db.kpi.conftest import at
from tests.db.kpi.plain import assert_equal_to_plain
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import fresh, lead, owner_of

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    CompanyFactory.create(zone="Europe/Warsaw")
    with time_machine.travel(at("2026-10-20T09:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def marketer() -> User:
    return person("head_of_marketing")


@pytest.fixture
def where(marketer: User) -> Campaign:
    return make_campaign(owner=marketer)


def caught_up() -> None:
    rollup.roll_up_all()
    assert_equal_to_plain()


def revenue_of(month: date) -> Decimal:
    found = DayFact.objects.filter(on__year=month.year, on__month=month.month)
    return found.aggregate(sum=Sum("revenue", default=Decimal(0)))["sum"]


def cohort_minutes(month: date) -> int:
    return CohortFact.objects.filter(month=month).aggregate(sum=Sum("minutes", default=0))["sum"]


def test_a_deal_noted_today_for_a_day_of_last_month_counts_in_that_month(
    clock: time_machine.Traveller, where: Campaign
) -> None:
    one = lead(owner=person("rep"), campaign=where)
    caught_up()
    clock.move_to(at("2026-11-03T09:00"))
    outcomes.win(lead=fresh(one), by=owner_of(one), amount=Decimal(900), on=date(2026, 10, 30))
    caught_up()
    assert (revenue_of(OCTOBER), revenue_of(NOVEMBER)) == (900, 0)
    outcomes.change_win(lead=fresh(one), by=owner_of(one), amount=Decimal(700), on=date(2026, 11, 2))
    caught_up()
    assert (revenue_of(OCTOBER), revenue_of(NOVEMBER)) == (0, 700)


def test_the_last_second_of_the_month_belongs_to_it_in_the_companys_zone_also_where_the_clock_changed(
    clock: time_machine.Traveller, where: Campaign
) -> None:
    clock.move_to(at("2026-10-31T22:59:59"))
    one = lead(owner=person("rep"), campaign=where)
    outcomes.win(lead=fresh(one), by=owner_of(one), amount=Decimal(5))
    clock.move_to(at("2026-10-31T23:00:00"))
    other = lead(owner=person("rep"), campaign=where)
    outcomes.win(lead=fresh(other), by=owner_of(other), amount=Decimal(7))
    caught_up()
    assert (revenue_of(OCTOBER), revenue_of(NOVEMBER)) == (5, 7)


def test_an_erased_lead_stays_in_every_figure(clock: time_machine.Traveller, where: Campaign) -> None:
    one = lead(owner=person("rep"), campaign=where)
    activities.log(lead=fresh(one), by=owner_of(one), kind="call", outcome="reached", minutes=12)
    outcomes.win(lead=fresh(one), by=owner_of(one), amount=Decimal(900))
    caught_up()
    before = list(DayFact.objects.order_by("on", "rep").values_list("on", "rep", "won", "revenue", "minutes"))
    clock.move_to(at("2026-11-03T09:00"))
    erasing.erase(lead=fresh(one), by=person("head_of_sales"))
    caught_up()
    assert (
        list(DayFact.objects.order_by("on", "rep").values_list("on", "rep", "won", "revenue", "minutes"))
        == before
    )


def test_an_undone_import_leaves_no_trace(where: Campaign, marketer: User) -> None:
    batch = a_batch(where, marketer)
    rows = [arrivals.LeadData(name=f"P{n}", email=f"p{n}@example.com") for n in range(3)]
    arrivals.receive_many(rows=rows, campaign=where, door=Door.FILE, by=marketer, batch=batch)
    caught_up()
    assert CohortFact.objects.get().leads == 3
    imports.undo(batch=batch, by=marketer)
    caught_up()
    assert not CohortFact.objects.exists()
    assert not DayFact.objects.exists()


def test_minutes_of_another_program_go_back_when_the_second_file_is_undone(
    clock: time_machine.Traveller, where: Campaign, marketer: User
) -> None:
    worked = Past(is_won=True, won_at=at("2026-09-10T10:00"), amount=Decimal(50))
    row = history.HistoryRow(
        arrivals.LeadData(name="P", external_id="1", received_at=at("2026-09-01T10:00")),
        where.pk,
        worked,
        minutes=30,
    )
    history.upsert_history(rows=[row], by=marketer, batch=a_batch(where, marketer))
    caught_up()
    # The deal turns out to be of another month; the minutes stay on the day they were counted on.
    moved = replace(worked, won_at=at("2026-10-05T10:00"))
    history.upsert_history(rows=[replace(row, past=moved)], by=marketer, batch=a_batch(where, marketer))
    caught_up()
    last = a_batch(where, marketer)
    history.upsert_history(rows=[replace(row, past=moved, minutes=45)], by=marketer, batch=last)
    caught_up()
    assert DayFact.objects.get(on=date(2026, 9, 10)).minutes == 45
    imports.undo(batch=last, by=marketer)
    caught_up()
    assert DayFact.objects.get(on=date(2026, 9, 10)).minutes == 30


def test_a_merge_taken_back_gives_each_month_its_own_again(
    clock: time_machine.Traveller, where: Campaign, marketer: User
) -> None:
    rep = person("rep")
    one = lead(owner=rep, campaign=where)
    activities.log(lead=fresh(one), by=rep, kind="call", outcome="reached", minutes=12)
    clock.move_to(at("2026-11-03T09:00"))
    other = lead(owner=rep, campaign=make_campaign(owner=marketer))
    activities.log(lead=fresh(other), by=rep, kind="call", outcome="reached", minutes=8)
    caught_up()
    assert (cohort_minutes(OCTOBER), cohort_minutes(NOVEMBER)) == (12, 8)
    merged = merging.merge(survivor=fresh(other), other=fresh(one), by=marketer)
    caught_up()
    assert (cohort_minutes(OCTOBER), cohort_minutes(NOVEMBER)) == (20, 0)
    unmerging.undo(merge=merged, by=marketer)
    caught_up()
    assert (cohort_minutes(OCTOBER), cohort_minutes(NOVEMBER)) == (12, 8)


def test_how_a_call_went_counts_in_the_month_the_lead_came_in(
    clock: time_machine.Traveller, where: Campaign
) -> None:
    one = lead(owner=person("rep"), campaign=where)
    clock.move_to(at("2026-11-03T09:00"))
    activities.start_call(lead=fresh(one), by=owner_of(one))
    caught_up()
    clock.shift(timedelta(minutes=20))
    activities.log(lead=fresh(one), by=owner_of(one), kind="call", outcome="reached", minutes=19)
    caught_up()
    assert (cohort_minutes(OCTOBER), Lead.objects.get().minutes) == (19, 19)


def test_a_mark_taken_back_after_the_roll_up_is_counted_no_more(where: Campaign) -> None:
    one = lead(owner=person("rep"), campaign=where)
    made = marking.mark(lead=fresh(one), value="qualified", by=owner_of(one), version=None)
    caught_up()
    assert DayFact.objects.aggregate(sum=Sum("qualified"))["sum"] == 1
    marking.revert(mark=made, by=owner_of(one))
    caught_up()
    assert DayFact.objects.aggregate(sum=Sum("qualified"))["sum"] == 0


def a_batch(where: Campaign, by: User) -> Import:
    now: datetime = timezone.now()
    return Import.objects.create(
        campaign=where, by=by, created_at=now, finished_at=now, state=Import.State.DONE, door=Door.FILE
    )
