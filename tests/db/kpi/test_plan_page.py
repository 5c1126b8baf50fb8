"""The plan's page: everyone reads, heads and the director set it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.kpi.domain.plan import Rates
from leadsync.kpi.models import Plan
from leadsync.kpi.selectors.plans import past, planned
from leadsync.kpi.services import rollup
from leadsync.kpi.services.plans import PlanValues, set_plan
from tests.db.kpi.conftest import World, at
from tests.factories.accounts import person

URL = "/plan/2026-11/"
TYPED = {
    "revenue": "480,000",
    "average_deal": "24000",
    "close_rate": "25",
    "qualification_rate": "32",
    "visit_rate": "2",
    "cost_per_lead": "112",
    "in_time_rate": "90",
    "version": "",
}


def values(**changed: Any) -> PlanValues:
    rates = {
        "average_deal": Decimal(24_000),
        "close_rate": Decimal(25),
        "qualification_rate": Decimal(32),
        "visit_rate": Decimal(2),
        "cost_per_lead": Decimal(112),
    }
    return PlanValues(Decimal(changed.pop("revenue", 480_000)), Rates(**rates | changed))


@pytest.fixture
def head(world: World) -> User:
    return person("head_of_marketing", name="Olga Smirnova")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_head_sets_the_month_and_sees_the_ladder(head: User) -> None:
    client = signed_in(head)
    response = client.post(URL, TYPED, follow=True)
    assert response.redirect_chain == [(URL, 302)]
    text = response.content.decode()
    assert "€480,000 in November 2026 needs 80 qualified leads and a budget of €28,000." in text
    assert "12,500" in text
    plan = Plan.objects.get()
    assert (plan.month, plan.version, plan.changed_by) == (date(2026, 11, 1), 1, head)


def test_amounts_may_be_pasted_as_they_stand_on_a_page(head: User) -> None:
    signed_in(head).post(URL, TYPED | {"revenue": " €480,000 ", "close_rate": "25 %"})
    assert Plan.objects.get().revenue == 480_000


def test_a_target_below_0_is_refused_with_the_reason_and_what_was_typed_stays(head: User) -> None:
    response = signed_in(head).post(URL, TYPED | {"revenue": "-5", "close_rate": "31"})
    text = response.content.decode()
    assert response.status_code == 422
    assert "The target must be above 0." in text
    assert 'value="31"' in text
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("close_rate", "0"),
        ("close_rate", "100.01"),
        ("qualification_rate", "abc"),
        ("revenue", "1e400"),
        ("revenue", "NaN"),
        ("revenue", ""),
        ("average_deal", "0"),
        ("cost_per_lead", "-1"),
        ("visit_rate", "0"),
        ("revenue", "{{7*7}}"),
        ("revenue", "99999999999999999999"),
    ],
)
def test_unusable_numbers_are_named_at_their_field(head: User, field: str, typed: str) -> None:
    response = signed_in(head).post(URL, TYPED | {field: typed})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_htmx_shows_what_follows_without_saving(head: User) -> None:
    response = signed_in(head).post(URL, TYPED, headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "needs 80 qualified leads" in text
    assert "<html" not in text
    assert not Plan.objects.exists()


def test_a_rep_reads_and_cannot_set(world: World) -> None:
    set_plan(month=date(2026, 11, 1), values=values(), by=person("director"), version=None)
    client = signed_in(world.reps[0])
    text = client.get(URL).content.decode()
    assert "€480,000" in text
    assert 'name="revenue"' not in text
    assert client.post(URL, TYPED).status_code == 403


def test_somebody_elses_save_is_a_conflict_that_keeps_what_was_typed(head: User) -> None:
    director = person("director", name="Anna Lewandowska")
    set_plan(month=date(2026, 11, 1), values=values(), by=director, version=None)
    response = signed_in(head).post(URL, TYPED | {"revenue": "500000"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "Anna Lewandowska changed this plan meanwhile" in text
    assert 'value="500000"' in text
    # Looked at and saved again, with the version the page now carries.
    again = signed_in(head).post(URL, TYPED | {"revenue": "500000", "version": "1"})
    assert again.status_code == 302
    assert Plan.objects.get().revenue == 500_000


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-1", "0001-01", "9999-12"])
def test_what_is_no_month_is_not_found(head: User, month: str) -> None:
    assert signed_in(head).get(f"/plan/{month}/").status_code == 404


def test_an_unset_month_starts_from_the_last_three_full_months(world: World, head: User) -> None:
    for month in (8, 9, 10):
        world.lead(
            received_at=at(f"2026-{month:02d}-05T10:00"),
            qualified_at=at(f"2026-{month:02d}-06T10:00"),
            mark="qualified",
            stage="won",
            won_at=at(f"2026-{month:02d}-07T10:00"),
            amount=Decimal(20_000),
        )
        world.lead(received_at=at(f"2026-{month:02d}-05T11:00"))
    world.lead(received_at=at("2026-11-02T10:00"))  # not a full month yet
    rollup.roll_up_all()
    history = past(date(2026, 12, 1), today=date(2026, 11, 21))
    assert [month for month, _ in history.months] == [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    assert history.rates.qualification_rate.value == 50
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        text = signed_in(head).get("/plan/2026-12/").content.decode()
    assert "No revenue target for December 2026 yet." in text
    assert "thin" in text
    assert 'value="20,000"' in text


def test_services_own_rules(world: World, head: User) -> None:
    month = date(2026, 11, 1)
    with pytest.raises(NotAllowed):
        set_plan(month=month, values=values(), by=world.reps[0], version=None)
    with pytest.raises(Invalid):
        set_plan(month=month, values=values(revenue=-1), by=head, version=None)
    with pytest.raises(Invalid):
        set_plan(month=date(2026, 11, 2), values=values(), by=head, version=None)
    set_plan(month=month, values=values(), by=head, version=None)
    with pytest.raises(Conflict):
        set_plan(month=month, values=values(), by=head, version=7)


def test_a_quarter_is_the_sum_of_its_planned_months(head: User) -> None:
    set_plan(month=date(2026, 10, 1), values=values(), by=head, version=None)
    quarter = [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
    part = planned(quarter)
    assert (part.is_part, part.is_there, part.planned_months) == (True, False, 1)
    for month in quarter[1:]:
        set_plan(month=month, values=values(revenue=240_000), by=head, version=None)
    whole = planned(quarter)
    assert (whole.revenue, whole.qualified, whole.is_there) == (960_000, 160, True)
    assert whole.cost_per_qualified == 350
