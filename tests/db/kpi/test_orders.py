"""Orders of leads: who may order and promise, what stands behind the numbers, and the alert when they are short."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.filters import LeadFilter
from leads.models import Handoff, Lead
from leadsync.accounts.models import Absence, User
from leadsync.accounts.services.company import raise_version
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.kpi.models import LeadOrder, OrderChange
from leadsync.kpi.selectors.orders import OrderRow, orders_of
from leadsync.kpi.services import orders, rollup, watching
from leadsync.kpi.services.orders import Change, Field
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.db.kpi.conftest import World
from tests.factories.accounts import person

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # a Monday, noon in Warsaw; open from 9 to 17
MONTH = date(2026, 11, 1)
URL = "/plan/2026-11/orders/"
DAY = timedelta(days=1)
HTMX = {"HX-Request": "true", "HX-Target": "orders"}


@pytest.fixture(autouse=True)
def _now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def heads(world: World) -> tuple[User, User]:
    return person("head_of_marketing", name="Ola Nowak"), person("head_of_sales", name="Tomasz Wrona")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(rep: User, by: User, field: str, value: int | None, version: int = 0, note: str = "") -> LeadOrder:
    return orders.set_numbers(
        month=MONTH, rep=rep, changes=[Change(Field(field), value)], by=by, version=version, note=note
    )


def row_of(rep: User, month: date = MONTH, now: datetime = NOW) -> OrderRow:
    return next(row for row in orders_of(month, now=now).rows if row.rep == rep)


def deliver(world: World, rep: User, count: int) -> None:
    for number in range(count):
        world.lead(owner=rep, handed_off_at=datetime(2026, 11, 3 + number % 10, 11, tzinfo=UTC))
    rollup.roll_up_all()


# ---------------------------------------------------------------------------------------------- who may


def test_a_rep_orders_for_themself_and_the_head_of_sales_for_everybody(
    world: World, heads: tuple[User, User]
) -> None:
    pawel, iga = world.reps
    change(pawel, pawel, "ordered", 20)
    change(iga, heads[1], "ordered", 30)
    with pytest.raises(NotAllowed):
        change(iga, pawel, "ordered", 1, version=1)
    assert list(LeadOrder.objects.values_list("rep", "ordered")) == [(pawel.pk, 20), (iga.pk, 30)]


def test_marketing_s_head_promises_and_nobody_of_sales_does(world: World, heads: tuple[User, User]) -> None:
    pawel = world.reps[0]
    change(pawel, heads[0], "promised", 18)
    for other in (pawel, heads[1], world.marketer, person("director"), person("administrator")):
        with pytest.raises(NotAllowed):
            change(pawel, other, "promised", 1, version=1)
    with pytest.raises(NotAllowed):
        change(pawel, heads[0], "ordered", 1, version=1)


def test_the_page_offers_only_what_one_may_change(world: World, heads: tuple[User, User]) -> None:
    pawel = world.reps[0]
    own = signed_in(pawel).get(URL).text
    assert own.count('name="value"') == 1
    assert 'aria-label="Ordered for Paweł Krawczyk"' in own
    marketing = signed_in(heads[0]).get(URL).text
    assert marketing.count('name="value"') == 2
    assert 'aria-label="Promised to Iga Mazur"' in marketing
    assert 'name="value"' not in signed_in(world.marketer).get(URL).text
    assert Client().get(URL).status_code == 302


# ---------------------------------------------------------------------------------------------- negotiation


def test_who_changed_what_when_and_why_is_read_on_the_page(world: World, heads: tuple[User, User]) -> None:
    pawel, client = world.reps[0], signed_in(heads[1])
    answer = client.post(
        URL, {"rep": pawel.pk, "field": "ordered", "value": "20", "version": "0"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    last = OrderChange.objects.get()
    why = f"{URL}{last.pk}/why/"
    client.post(why, {"note": "Two new markets"}, headers=HTMX)
    change(pawel, heads[0], "promised", 16, version=1, note="No fair this month")
    text = client.get(URL).text
    for words in (
        "Ordered: – → 20",
        "Two new markets",
        "Promised: – → 16",
        "No fair this month",
        "Ola Nowak",
    ):
        assert words in text
    assert row_of(pawel).gap == -4
    assert "short of the promise" in text  # half of the month is over, and nothing came


def test_a_reason_is_given_once_by_who_changed_the_number(world: World, heads: tuple[User, User]) -> None:
    pawel = world.reps[0]
    change(pawel, pawel, "ordered", 20)
    pk = OrderChange.objects.get().pk
    with pytest.raises(NotAllowed):
        orders.explain(change_id=pk, note="No", by=heads[1])
    with pytest.raises(Invalid):
        orders.explain(change_id=pk, note=" ", by=pawel)
    orders.explain(change_id=pk, note="More time", by=pawel)
    with pytest.raises(Invalid):
        orders.explain(change_id=pk, note="Something else", by=pawel)


def test_two_people_at_one_order_notice_each_other(world: World, heads: tuple[User, User]) -> None:
    pawel = world.reps[0]
    change(pawel, pawel, "ordered", 20)
    with pytest.raises(Conflict, match="Paweł Krawczyk changed this order meanwhile"):
        change(pawel, heads[1], "ordered", 25)
    answer = signed_in(heads[1]).post(
        URL, {"rep": pawel.pk, "field": "ordered", "value": "25", "version": "0"}, headers=HTMX
    )
    assert answer.status_code == 409
    assert "You typed 25." in answer.text
    assert LeadOrder.objects.get().ordered == 20


def test_the_same_number_again_is_no_change(world: World) -> None:
    pawel = world.reps[0]
    change(pawel, pawel, "ordered", 20)
    assert change(pawel, pawel, "ordered", 20, version=1).version == 1
    assert OrderChange.objects.count() == 1
    assert change(pawel, pawel, "ordered", None, version=1).ordered is None


@pytest.mark.parametrize("typed", ["-1", "2.5", "abc", "10001", "1e400", "{{7*7}}", "9" * 40, "²"])
def test_what_is_no_number_of_leads_is_said_and_nothing_saved(world: World, typed: str) -> None:
    pawel = world.reps[0]
    answer = signed_in(pawel).post(
        URL, {"rep": pawel.pk, "field": "ordered", "value": typed, "version": "0"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert not LeadOrder.objects.exists()


@pytest.mark.parametrize(
    ("given", "status"),
    [({"rep": "x"}, 404), ({"rep": "999999"}, 404), ({"field": "version"}, 404), ({"version": "x"}, 302)],
)
def test_odd_forms_break_nothing(world: World, given: dict[str, str], status: int) -> None:
    pawel = world.reps[0]
    form = {"rep": pawel.pk, "field": "ordered", "value": "5", "version": "0"} | given
    assert signed_in(pawel).post(URL, form).status_code == status


@pytest.mark.parametrize("month", ["2026-13", "abc", "1900-01", "9999-01"])
def test_a_month_that_is_none_is_not_found(world: World, month: str) -> None:
    assert signed_in(world.reps[0]).get(f"/plan/{month}/orders/").status_code == 404


# ---------------------------------------------------------------------------------------------- figures


def test_can_call_is_half_of_the_working_time_of_the_rep(world: World) -> None:
    pawel, iga = world.reps
    User.objects.filter(pk__in=[pawel.pk, iga.pk]).update(capacity=500)
    Absence.objects.create(person=iga, starts_on=date(2026, 11, 2), ends_on=date(2026, 11, 13))
    raise_version()
    days, away = row_of(pawel).working_days, row_of(iga).working_days
    assert days - away >= 9
    assert row_of(pawel).calls == days * 8 * 4 // 2
    assert row_of(iga).calls == away * 8 * 4 // 2
    User.objects.filter(pk=pawel.pk).update(capacity=3)
    assert row_of(pawel).calls == days * 3  # never more than the leads a day of the rep
    assert sum(week.can_call for week in orders_of(MONTH, now=NOW).weeks) == sum(
        row.can_call for row in orders_of(MONTH, now=NOW).rows
    )


def test_time_for_a_first_contact_is_the_reps_own_once_enough_are_known(world: World) -> None:
    pawel = world.reps[0]
    User.objects.filter(pk=pawel.pk).update(capacity=500)
    before = row_of(pawel).calls
    for number in range(20):
        at = NOW - (number + 1) * DAY
        world.spend_time(world.lead(owner=pawel, first_contact_at=at), pawel, at, 30)
    assert row_of(pawel).calls == before // 2


def test_a_month_without_working_days_is_said_and_divides_by_nothing(world: World) -> None:
    pawel = world.reps[0]
    Absence.objects.create(person=pawel, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 30))
    raise_version()
    row = row_of(pawel)
    assert (row.calls, row.working_days, row.delivery.due) == (0, 0, None)
    with pytest.raises(Invalid, match="no working day"):
        change(pawel, pawel, "ordered", 5)
    LeadOrder.objects.create(month=MONTH, rep=pawel, promised=20)
    assert not row_of(pawel).delivery.is_short
    assert signed_in(pawel).get(URL).status_code == 200


def test_delivered_opens_exactly_the_leads_behind_it(world: World) -> None:
    pawel, iga = world.reps
    deliver(world, pawel, 7)
    world.lead(owner=iga, handed_off_at=NOW)
    world.lead(owner=pawel, handed_off_at=datetime(2026, 10, 31, 20, tzinfo=UTC))  # October in Warsaw
    world.lead(owner=pawel, handed_off_at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # November there
    rollup.roll_up_all()
    assert row_of(pawel).delivered == 8
    url = next(one.url for one in signed_in(pawel).get(URL).context["lines"] if one.row.rep == pawel)
    query = dict(part.split("=") for part in url.partition("?")[2].split("&"))
    assert LeadFilter(query, queryset=Lead.objects.all()).qs.count() == 8


def test_ordering_more_than_can_be_called_is_remarked(world: World) -> None:
    pawel = world.reps[0]
    change(pawel, pawel, "ordered", 5_000)
    assert "More than fits" in signed_in(pawel).get(URL).text


def test_the_page_takes_as_many_statements_for_twenty_reps_as_for_two(
    world: World, heads: tuple[User, User]
) -> None:
    client, counts = signed_in(heads[1]), []
    for more in (0, 18):
        for rep in [person("rep") for _number in range(more)] or world.reps:
            change(rep, heads[1], "ordered", 20)
        client.get(URL)
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------------------------------------- the alert


def open_ones(kind: str) -> list[Alert]:
    return list(Alert.objects.filter(kind=kind, resolved_at=None))


def test_a_promise_behind_its_pace_is_one_alert_until_the_leads_come(
    world: World, heads: tuple[User, User]
) -> None:
    pawel, iga = world.reps
    change(pawel, heads[0], "promised", 20)
    change(iga, heads[0], "promised", 2)
    deliver(world, pawel, 2)
    for _turn in range(2):
        watching.watch(at=NOW)
    (alert,) = open_ones("order_short")
    assert alert.subject == f"rep:{pawel.pk}:2026-11"
    assert alert.context["delivered"] == 2
    assert alert.cost_minutes == 15 * alert.context["missing"]
    assert alert.url == f"{URL}#order-{pawel.pk}"
    words = words_for("order_short", alert.context)
    assert words.title.endswith("short of the promise: Paweł Krawczyk")
    assert "2 of 20 delivered this month." in words.text
    assert Notice.objects.filter(recipient=heads[0], kind="order_short").count() == 1
    assert signed_in(pawel).get("/alerts/").text.count("short of the promise") >= 1
    deliver(world, pawel, 8)
    watching.watch(at=NOW + timedelta(minutes=1))
    assert open_ones("order_short") == []


def test_a_promise_that_is_taken_down_resolves_the_alert(world: World, heads: tuple[User, User]) -> None:
    pawel = world.reps[0]
    change(pawel, heads[0], "promised", 30)
    watching.watch(at=NOW)
    assert open_ones("order_short")
    change(pawel, heads[0], "promised", 2, version=1)
    watching.watch(at=NOW)
    assert open_ones("order_short") == []


def test_what_was_only_ordered_is_no_alert(world: World) -> None:
    pawel = world.reps[0]
    change(pawel, pawel, "ordered", 100)
    watching.watch(at=NOW)
    assert open_ones("order_short") == []


def test_drought_goes_by_the_promised_rate_where_there_is_one(world: World, heads: tuple[User, User]) -> None:
    pawel, iga = world.reps
    change(pawel, heads[0], "promised", 40)  # two a day, and none came for ten working days
    change(iga, heads[0], "promised", 4)
    watching.watch(at=NOW)
    (alert,) = open_ones("drought")
    assert (alert.subject, alert.context["is_promised"]) == (f"rep:{pawel.pk}", True)
    assert "Promised is one every" in words_for("drought", alert.context).text
    assert open_ones("drought_all")  # both were promised leads, and none came at all


def test_drought_of_all_goes_by_history_while_not_all_have_a_promise(
    world: World, heads: tuple[User, User]
) -> None:
    change(world.reps[0], heads[0], "promised", 400)
    watching.watch(at=NOW)
    assert open_ones("drought_all") == []


# ---------------------------------------------------------------------------------------------- relief


def test_marketing_holds_a_campaign_while_reps_have_more_than_fits(
    world: World, heads: tuple[User, User]
) -> None:
    pawel, client = world.reps[0], signed_in(heads[0])
    assert "Give sales time" not in client.get(URL).text
    for _number in range(3):
        lead = world.lead(owner=pawel, handed_off_at=NOW, received_at=NOW)
        times = dict.fromkeys(("due_at", "warn_at", "escalate_at"), NOW + timedelta(minutes=30))
        Handoff.objects.create(lead=lead, rep=pawel, at=NOW, promise_seconds=1800, **times)
    watching.watch(at=NOW)
    text = client.get(URL).text
    assert "1 promise cannot be kept" in text
    assert "3 leads wait" in text
    assert "Give sales time" not in signed_in(pawel).get(URL).text
    assert "Give sales time" not in client.get("/plan/2026-12/orders/").text
    calculator = world.campaigns[0]
    held = client.post(
        f"/campaigns/{calculator.pk}/state/",
        {"to": "paused", "version": calculator.version, "note": "Sales has more to call than fits"},
        follow=True,
    )
    assert "Paused: Sales has more to call than fits" in held.text
    assert "Give sales time" not in client.get(URL).text  # nothing live brings more
