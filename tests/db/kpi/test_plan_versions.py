"""Channels of a plan, its versions and signatures, filling it in, another budget, and months that are over."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadsync.accounts.models import OwnDay, User
from leadsync.accounts.services.company import raise_version
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.kpi.domain.plan import Line
from leadsync.kpi.models import Plan, PlanLine, PlanSignature, PlanVersion
from leadsync.kpi.selectors.plans import past_plans, planned, signatures_of, versions_of
from leadsync.kpi.services import plan_watch, rollup
from leadsync.kpi.services.plans import PlanValues, set_plan, sign
from tests.db.kpi.conftest import World, at
from tests.db.kpi.test_dashboard import behind
from tests.db.kpi.test_plan_page import TYPED, signed_in, values
from tests.factories.accounts import person

MONTH = date(2026, 11, 1)
URL = "/plan/2026-11/"


@pytest.fixture
def heads(world: World) -> dict[str, User]:
    return {
        "mkt": person("head_of_marketing", name="Ola Nowak"),
        "sales": person("head_of_sales", name="Tomasz Wrona"),
        "dir": person("director", name="Anna Lewandowska"),
    }


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        yield


def with_lines(world: World, **changed: Any) -> PlanValues:
    website, fair = world.channels
    found = values(**changed)
    return PlanValues(
        found.revenue,
        found.rates,
        lines=(
            Line(website.pk, Decimal(60), visit_rate=Decimal(2), cost_per_visit=Decimal("2.24")),
            Line(fair.pk, Decimal(40), cost_per_lead=Decimal(60)),
        ),
    )


def typed(world: World, **changed: str) -> dict[str, str]:
    website, fair = (channel.pk for channel in world.channels)
    lines = {
        f"share_{website}": "60",
        f"visit_rate_{website}": "2",
        f"cost_per_visit_{website}": "2.24",
        f"cost_per_lead_{website}": "",
        f"share_{fair}": "40",
        f"cost_per_lead_{fair}": "60",
    }
    return TYPED | lines | changed


def text_of(response: Any) -> str:
    return str(response.content.decode())


# ---------------------------------------------------------------------------------------------- channels


def test_channels_are_saved_with_the_plan_and_read_by_the_dashboard(
    world: World, heads: dict[str, User]
) -> None:
    response = signed_in(heads["mkt"]).post(URL, typed(world), follow=True)
    assert "needs 80 qualified leads and a budget of €22,800." in text_of(response)
    assert PlanLine.objects.count() == 2
    assert planned([MONTH]).budget == 22_800


def test_shares_that_do_not_add_up_say_what_is_missing_at_the_field(
    world: World, heads: dict[str, User]
) -> None:
    field = f"share_{world.channels[0].pk}"  # the last of them by name
    for share, words in (
        ("50", "add up to 90%: 10% is missing."),
        ("65.5", "add up to 105.5%: 5.5% is too much."),
    ):
        response = signed_in(heads["mkt"]).post(URL, typed(world, **{field: share}))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert words in text_of(response)
    assert not Plan.objects.exists()


def test_while_shares_are_typed_the_steps_above_stay(world: World, heads: dict[str, User]) -> None:
    data = typed(world, **{f"share_{world.channels[1].pk}": "30"})
    response = signed_in(heads["mkt"]).post(URL, data, headers={"HX-Request": "true"})
    assert ">250<" in text_of(response)  # leads
    assert "10% is missing" in text_of(response)
    assert response.context["rows"][-1].figure == "–"  # the budget hangs on the channels


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cost_per_lead_0", "5"),
        ("visit_rate_0", ""),
        ("cost_per_visit_0", ""),
        ("visit_rate_0", "0"),
        ("visit_rate_0", "101"),
        ("cost_per_visit_0", "-1"),
        ("share_0", "-5"),
        ("share_0", "1e9"),
        ("share_0", "NaN"),
        ("cost_per_lead_1", ""),
    ],
)
def test_what_is_wrong_about_a_channel_is_said_at_its_field(
    world: World, heads: dict[str, User], name: str, value: str
) -> None:
    short, place = name.rsplit("_", 1)
    field = f"{short}_{world.channels[int(place)].pk}"
    response = signed_in(heads["mkt"]).post(URL, typed(world, **{field: value}))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Plan.objects.exists()


def test_a_target_of_0_is_refused(world: World, heads: dict[str, User]) -> None:
    response = signed_in(heads["mkt"]).post(URL, TYPED | {"revenue": "0"})
    assert response.status_code == 422
    assert "The target must be above 0." in text_of(response)


def test_the_service_refuses_channels_that_are_not_there(world: World, heads: dict[str, User]) -> None:
    found = values()
    for lines in (
        (Line(10**9, Decimal(100), cost_per_lead=Decimal(1)),),
        (Line(world.channels[0].pk, Decimal(99), cost_per_lead=Decimal(1)),),
        (Line(world.channels[0].pk, Decimal(100)),),
    ):
        with pytest.raises(Invalid):
            set_plan(
                month=MONTH,
                values=PlanValues(found.revenue, found.rates, lines=lines),
                by=heads["mkt"],
                version=None,
            )


def test_a_new_plan_starts_with_channels_as_they_brought_leads(world: World, heads: dict[str, User]) -> None:
    for month in (8, 9, 10):
        for day in (3, 4, 5):
            world.lead(received_at=at(f"2026-{month:02d}-{day:02d}T10:00"))
        world.lead(received_at=at(f"2026-{month:02d}-06T10:00"), campaign=world.campaigns[1])
    rollup.roll_up_all()
    response = signed_in(heads["mkt"]).get(URL)
    form = response.context["form"]
    assert [form[f"share_{channel.pk}"].value() for channel in world.channels] == [75, 25]
    assert "thin" in text_of(response)
    assert "75% of leads; 9 leads" in text_of(response)


# ------------------------------------------------------------------------------------- versions, signatures


def test_every_save_is_a_version_and_says_what_changed(world: World, heads: dict[str, User]) -> None:
    set_plan(month=MONTH, values=values(), by=heads["mkt"], version=None)
    client = signed_in(heads["sales"])
    client.post(
        URL, TYPED | {"revenue": "500,000", "close_rate": "27.5", "version": "1", "note": "More deals"}
    )
    for address in (URL, f"{URL}versions/"):
        text = text_of(client.get(address))
        assert "Revenue €480,000 → €500,000" in text
        assert "Qualified leads that become deals 25% → 27.5%" in text
        assert "More deals" in text
        assert "Tomasz Wrona" in text
        assert "The first plan of this month." in text


def test_saving_unchanged_makes_no_version_and_keeps_signatures(world: World, heads: dict[str, User]) -> None:
    set_plan(month=MONTH, values=with_lines(world), by=heads["mkt"], version=None)
    sign(month=MONTH, by=heads["mkt"], version=1)
    response = signed_in(heads["sales"]).post(URL, typed(world, version="1"), follow=True)
    assert "Nothing changed" in text_of(response)
    assert PlanVersion.objects.count() == 1
    assert list(signatures_of(Plan.objects.get())) == ["mkt"]


def test_three_sign_in_order_and_an_edit_clears_them_after_saying_so(
    world: World, heads: dict[str, User]
) -> None:
    set_plan(month=MONTH, values=values(), by=heads["mkt"], version=None)
    with pytest.raises(Invalid, match="after both heads"):
        sign(month=MONTH, by=heads["dir"], version=1)
    for side in ("sales", "mkt"):  # in either order
        response = signed_in(heads[side]).post(f"{URL}sign/", {"version": "1"}, follow=True)
        assert "Version 1 is signed." in text_of(response)
    page = text_of(signed_in(heads["dir"]).get(URL))
    assert "Waits for the director to sign" in page
    assert "Saving a change clears 2 signatures." in page
    assert "Sign as director" in page
    sign(month=MONTH, by=heads["dir"], version=1)
    sign(month=MONTH, by=heads["dir"], version=1)  # twice signs once
    assert PlanSignature.objects.count() == 3
    assert "Signed by all three" in text_of(signed_in(world.reps[0]).get(URL))
    response = signed_in(heads["mkt"]).post(URL, TYPED | {"revenue": "490,000", "version": "1"}, follow=True)
    assert "Saved as version 2. 3 signatures were cleared." in text_of(response)
    assert "Waits for both heads to sign" in text_of(response)
    assert signatures_of(Plan.objects.get()) == {}
    assert len(versions_of(Plan.objects.get())[1].signatures) == 3  # what was signed stays to be read


def test_nobody_signs_what_they_did_not_read(world: World, heads: dict[str, User]) -> None:
    with pytest.raises(NotFound):
        sign(month=MONTH, by=heads["mkt"], version=1)
    set_plan(month=MONTH, values=values(), by=heads["mkt"], version=None)
    set_plan(month=MONTH, values=values(revenue=1_000), by=heads["mkt"], version=1)
    for version in (1, None, 3):
        with pytest.raises(Conflict):
            sign(month=MONTH, by=heads["sales"], version=version)
    response = signed_in(heads["sales"]).post(f"{URL}sign/", {"version": "1"}, follow=True)
    assert "this is version 2 now" in text_of(response)
    with pytest.raises(NotAllowed):
        sign(month=MONTH, by=world.reps[0], version=2)
    assert signed_in(world.reps[0]).post(f"{URL}sign/", {"version": "2"}).status_code == 403
    assert not PlanSignature.objects.exists()


def test_one_person_with_two_roles_signs_for_one_side(world: World) -> None:
    both = person("head_of_marketing", "head_of_sales", "director")
    set_plan(month=MONTH, values=values(), by=both, version=None)
    assert sign(month=MONTH, by=both, version=1).side == "mkt"
    with pytest.raises(Invalid, match="somebody else"):
        sign(month=MONTH, by=both, version=1)


def test_a_plan_from_before_there_were_versions_keeps_what_it_was(
    world: World, heads: dict[str, User]
) -> None:
    set_plan(month=MONTH, values=values(), by=heads["mkt"], version=None)
    PlanVersion.objects.all().delete()
    Plan.objects.update(version=4)
    assert signed_in(heads["mkt"]).get(URL).status_code == 200
    assert "No version was kept yet" in text_of(signed_in(heads["mkt"]).get(f"{URL}versions/"))
    set_plan(month=MONTH, values=values(revenue=490_000), by=heads["sales"], version=4)
    new, old = versions_of(Plan.objects.get())
    assert (new.row.number, old.row.number, old.values.revenue) == (5, 4, 480_000)
    assert [change.field for change in new.changes or ()] == ["revenue"]
    assert old.changes is None


# ---------------------------------------------------------------------------------------------- filling in


def test_the_next_month_starts_from_the_one_before(world: World, heads: dict[str, User]) -> None:
    set_plan(month=MONTH, values=with_lines(world), by=heads["mkt"], version=None)
    client = signed_in(heads["mkt"])
    page = client.post("/plan/2026-12/", TYPED | {"fill": "before"})
    assert "€480,000 in December 2026 needs 80 qualified leads and a budget of €22,800." in text_of(page)
    more = client.post("/plan/2026-12/", TYPED | {"fill": "more"})
    assert "€528,000 in December 2026 needs 88 qualified leads" in text_of(more)
    assert "Filled in, not saved yet." in text_of(more)
    assert Plan.objects.count() == 1


def test_a_budget_gives_the_revenue_by_the_rates_as_typed(world: World, heads: dict[str, User]) -> None:
    client = signed_in(heads["mkt"])
    page = client.post(URL, typed(world, revenue="", fill="budget", budget="11,400"))
    assert "€240,000 in November 2026 needs 40 qualified leads and a budget of €11,400." in text_of(page)
    for wrong in ("0", "-1", "", "abc"):
        assert client.post(URL, typed(world, fill="budget", budget=wrong)).status_code == 422
    free = client.post(URL, TYPED | {"cost_per_lead": "0", "fill": "budget", "budget": "100"})
    assert "Leads cost nothing in this plan" in text_of(free)
    assert not Plan.objects.exists()


def test_channels_are_split_as_they_were_and_the_rest_stays_as_typed(
    world: World, heads: dict[str, User]
) -> None:
    for day in (3, 4, 5):
        world.lead(received_at=at(f"2026-10-{day:02d}T10:00"))
    world.lead(received_at=at("2026-10-06T10:00"), campaign=world.campaigns[1])
    rollup.roll_up_all()
    page = signed_in(heads["mkt"]).post(URL, TYPED | {"revenue": "240,000", "fill": "channels"})
    form = page.context["form"]
    assert [form[f"share_{channel.pk}"].value() for channel in world.channels] == ["75", "25"]
    assert "€240,000 in November 2026 needs 40 qualified leads" in text_of(page)
    assert not Plan.objects.exists()


# ---------------------------------------------------------------------------------------------- the cut


def cutting(budget: str, **more: str) -> dict[str, str]:
    return {"cut": budget, "cut_was": "22800", "slider": "100", "slider_was": "100"} | more


def test_another_budget_says_what_revenue_goes_with_it(world: World, heads: dict[str, User]) -> None:
    client = signed_in(heads["mkt"])
    text = text_of(client.post(URL, typed(world, show="1", **cutting("18,240"))))
    assert "€96,000 less revenue" in text
    assert "€4,560 less budget: qualified leads fewer by 16, deals fewer by 4." in text
    assert "Each €1 cut costs about €21 of revenue." in text
    dearest = text_of(client.post(URL, typed(world, show="1", **cutting("18,240", cutting="dearest"))))
    assert "€78,171 less revenue" in dearest
    assert "With each channel cut by as much it would be €96,000 less." in dearest
    assert not Plan.objects.exists()


def test_the_slider_counts_where_only_it_was_moved(world: World, heads: dict[str, User]) -> None:
    client = signed_in(heads["mkt"])
    text = text_of(client.post(URL, typed(world, show="1", **cutting("22,800", slider="80"))))
    assert "€96,000 less revenue" in text
    for slider in ("1000", "-1", "x", "NaN"):
        assert client.post(URL, typed(world, show="1", **cutting("22,800", slider=slider))).status_code == 200


def test_everybody_may_look_at_another_budget_and_nobody_else_proposes_it(
    world: World, heads: dict[str, User]
) -> None:
    set_plan(month=MONTH, values=with_lines(world), by=heads["mkt"], version=None)
    client = signed_in(world.reps[0])
    assert "€96,000 less revenue" in text_of(client.get(URL, cutting("18,240")))
    assert client.post(URL, typed(world, version="1", propose="1", **cutting("18,240"))).status_code == 403


def test_a_cut_is_proposed_as_a_new_version(world: World, heads: dict[str, User]) -> None:
    set_plan(month=MONTH, values=with_lines(world), by=heads["mkt"], version=None)
    sign(month=MONTH, by=heads["mkt"], version=1)
    client = signed_in(heads["sales"])
    response = client.post(
        URL, typed(world, version="1", propose="1", **cutting("17,200", cutting="dearest")), follow=True
    )
    assert "1 signature was cleared" in text_of(response)
    assert "Budget from €22,800 to €17,200" in text_of(response)
    plan = Plan.objects.get()
    assert (plan.version, plan.revenue) == (2, 384_000)
    assert [line.share for line in plan.lines.order_by("channel")] == [50, 50]
    unchanged = client.post(URL, typed(world, version="2", propose="1", **cutting("22,800")))
    assert (unchanged.status_code, Plan.objects.get().version) == (422, 2)


# ---------------------------------------------------------------------------------------------- the past


def test_past_plans_say_how_far_off_each_step_was_and_open_the_leads(
    world: World, heads: dict[str, User]
) -> None:
    for day in (5, 6):
        world.lead(
            received_at=at(f"2026-10-{day:02d}T10:00"),
            qualified_at=at(f"2026-10-{day:02d}T11:00"),
            mark="qualified",
            stage="won",
            won_at=at(f"2026-10-{day:02d}T12:00"),
            amount=Decimal(12_000),
        )
    world.lead(received_at=at("2026-09-30T23:30"))  # in Warsaw it was October
    rollup.roll_up_all()
    set_plan(month=date(2026, 10, 1), values=values(revenue=30_000), by=heads["mkt"], version=None)
    (month,) = past_plans(MONTH, today=date(2026, 11, 20))
    assert month.steps["revenue"].off == Decimal("-0.2")
    client = signed_in(heads["mkt"])
    page = client.get(URL)
    assert "plan €30,000, −20%" in text_of(page)
    (row,) = page.context["past"]
    cells = dict(zip(month.steps, row.cells, strict=True))
    for name, count in (("deals", 2), ("qualified", 2), ("leads", 3)):
        assert cells[name].fact == str(count)
        assert behind(cells[name].url) == count


def test_a_month_without_plan_and_history_has_its_empty_state(world: World, heads: dict[str, User]) -> None:
    text = text_of(signed_in(heads["mkt"]).get(URL))
    assert "Nothing is measured yet" in text
    assert "What if we cut the budget?" not in text
    assert signed_in(world.reps[0]).get(URL).status_code == 200
    assert signed_in(world.reps[0]).get(f"{URL}versions/").status_code == 404


def test_more_versions_and_channels_cost_no_more_statements(world: World, heads: dict[str, User]) -> None:
    client = signed_in(heads["mkt"])
    plan = set_plan(month=MONTH, values=with_lines(world), by=heads["mkt"], version=None)
    counts = []
    for _round in range(2):
        client.get(URL)
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        counts.append(len(captured))
        for more in range(5):
            plan = set_plan(
                month=MONTH,
                values=with_lines(world, revenue=400_000 + more),
                by=heads["mkt"],
                version=plan.version,
            )
            sign(month=MONTH, by=heads["mkt"], version=plan.version)
        sign(month=MONTH, by=heads["sales"], version=plan.version)
    assert counts[1] <= counts[0]


# ---------------------------------------------------------------------------------------------- the alert


def test_a_plan_that_lacks_a_signature_for_two_working_days_is_an_alert(
    world: World, heads: dict[str, User]
) -> None:
    world.lead()
    saved = datetime(2026, 11, 18, 10, tzinfo=UTC)
    set_plan(month=MONTH, values=values(), by=heads["mkt"], version=None, at=saved)

    def waiting(day: int) -> list[Any]:
        return [
            fact.context.get("waits_for")
            for fact in plan_watch.plans_waiting(datetime(2026, 11, day, 15, tzinfo=UTC))
        ]

    assert waiting(19) == []
    assert waiting(20) == [["mkt", "sales"]]
    sign(month=MONTH, by=heads["sales"], version=1)
    assert waiting(20) == [["mkt"]]
    sign(month=MONTH, by=heads["mkt"], version=1)
    assert waiting(20) == [["dir"]]
    sign(month=MONTH, by=heads["dir"], version=1)
    assert waiting(20) == []


def test_a_month_without_working_days_is_said(world: World, heads: dict[str, User]) -> None:
    OwnDay.objects.bulk_create(OwnDay(on=date(2026, 11, day), name="Moving house") for day in range(1, 31))
    raise_version()
    response = signed_in(heads["mkt"]).get(URL)
    assert response.status_code == 200
    assert "November 2026 has no working day" in text_of(response)
