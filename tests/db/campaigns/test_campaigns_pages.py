"""Pages of campaigns: the list, one campaign, the form, states, money."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, ContactPoint, Proof, Spend, Visits
from campaigns.selectors.campaigns import CampaignFilter, campaign_list
from leads.models import Lead
from leadsync.accounts.models import User
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make
from tests.factories.campaigns import channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Zielińska")


@pytest.fixture
def client(client: Client, marta: User) -> Client:
    client.force_login(marta)
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


def form_of(campaign: Campaign, **changes: Any) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "kind": campaign.kind,
        "channel": campaign.channel_id,
        "owner": campaign.owner_id,
        "version": campaign.version,
    } | changes


def lead(campaign: Campaign, **fields: Any) -> Lead:
    return Lead.objects.create(
        campaign=campaign, **{"name": "Robert Lis", "received_at": timezone.now()} | fields
    )


# ------------------------------------------------------------------------------------------------ list
def test_what_runs_comes_first_and_the_latest_start_before_others() -> None:
    ended = make(name="ended", state="ended", starts_on=date(2026, 3, 1))
    old = make(name="old", starts_on=date(2026, 1, 1))
    new = make(name="new", starts_on=date(2026, 2, 1))
    assert campaign_list(CampaignFilter()).campaigns == [new, old, ended]


def test_pages_by_key_show_everything_once() -> None:
    for number in range(7):
        make(state=["live", "ended"][number % 2], starts_on=date(2026, 1, 1 + number % 3))
    seen: list[int] = []
    after = ""
    for _page in range(4):
        page = campaign_list(CampaignFilter(), after=after, size=2)
        seen += [campaign.pk for campaign in page.campaigns]
        after = page.after
    assert after == ""
    assert page.shown == page.total == 7
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("key", ["x", "1~2", "a~2026-01-01~1~1", "1~2026-99-99~1~1", "~~~"])
def test_a_key_that_is_none_begins_anew(client: Client, key: str) -> None:
    make(name="Calculator")
    assert "Calculator" in body(client.get(reverse("campaigns:list"), {"after": key}))


def test_filters_cut_by_state_channel_owner_market_and_text(client: Client, marta: User) -> None:
    kept = make(name="Расчёт стеллажей", market="PL", owner=marta, channel=channel(name="Website"))
    make(name="Other", state="ended")
    for cut in (
        {"q": "расчёт"},
        {"state": "running"},
        {"state": "live"},
        {"channel": kept.channel_id},
        {"owner": marta.pk},
        {"market": "PL"},
    ):
        text = body(client.get(reverse("campaigns:list"), cut))
        assert reverse("campaigns:page", args=[kept.pk]) in text, cut
        assert "Other" not in text, cut


def test_a_filter_that_makes_no_sense_is_passed_over(client: Client) -> None:
    make(name="Calculator")
    asked = {"state": "<script>", "channel": "x", "owner": "-1", "market": "poland", "q": "\x00"}
    response = client.get(reverse("campaigns:list"), asked)
    assert response.status_code == 200
    assert "<script>" not in body(response)
    huge = "9" * 30
    asked = dict.fromkeys(("channel", "owner", "q", "market"), huge) | {
        "after": f"{huge}~2026-01-01~{huge}~1"
    }
    assert client.get(reverse("campaigns:list"), asked).status_code == 200


def test_the_list_says_when_there_is_nothing_and_when_nothing_fits(client: Client) -> None:
    assert "No campaigns yet" in body(client.get(reverse("campaigns:list")))
    make()
    assert "No campaign fits this" in body(client.get(reverse("campaigns:list"), {"q": "zzz"}))


def test_the_list_shows_leads_of_the_month_and_of_all_time(client: Client) -> None:
    campaign = make()
    lead(campaign)
    lead(campaign, received_at=timezone.now() - timedelta(days=90), mark="promising", minutes=30)
    lead(campaign, is_test=True)
    text = " ".join(body(client.get(reverse("campaigns:list"))).split())
    first, all_time = re.findall(r'<td class="n"><a class="over" href="([^"]+)">(?:1|2)</a></td>', text)
    for url, count in ((first, 1), (all_time, 2)):  # a figure leads to its leads, and shows as many
        assert f'href="{url}">{count}</a>' in text
        assert len(client.get(url.replace("&amp;", "&")).context["page"].rows) == count


def test_the_list_takes_as_many_queries_for_twenty_as_for_one(client: Client) -> None:
    lead(make())
    client.get(reverse("campaigns:list"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("campaigns:list"))
    for _number in range(20):
        lead(make())
    with CaptureQueriesContext(connection) as twenty:
        client.get(reverse("campaigns:list"))
    assert len(twenty) == len(one)


def test_htmx_gets_the_rows_only(client: Client) -> None:
    make(name="Calculator")
    text = body(client.get(reverse("campaigns:list"), headers={"HX-Request": "true"}))
    assert "Calculator" in text
    assert "<html" not in text


def test_a_rep_sees_campaigns_but_no_way_to_make_one(client: Client) -> None:
    client.force_login(person("rep"))
    make(name="Calculator")
    text = body(client.get(reverse("campaigns:list")))
    assert "Calculator" in text
    assert reverse("campaigns:new") not in text
    assert client.get(reverse("campaigns:new")).status_code == 403


# ------------------------------------------------------------------------------------------------ form
def test_a_campaign_is_made(client: Client, marta: User) -> None:
    data = {
        "name": "Metal Expo",
        "kind": "list",
        "channel": channel().pk,
        "owner": marta.pk,
        "budget": "3,500",
    }
    response = client.post(reverse("campaigns:new"), data)
    made = Campaign.objects.get()
    assert response["Location"] == reverse("campaigns:page", args=[made.pk])
    assert (made.budget, made.state) == (Decimal(3500), "draft")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"budget": "-1"}, "A budget is 0 or more."),
        ({"budget": "lots"}, "Enter a number, for example 3,500.00."),
        ({"budget": "1" * 20}, "too large"),
        ({"starts_on": "2026-04-30", "ends_on": "2026-04-02"}, "It ends before it starts."),
        ({"starts_on": "2026-02-31"}, "Enter a valid date."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_mistake_comes_back_with_what_was_typed(
    client: Client, marta: User, typed: dict[str, str], said: str
) -> None:
    data = {
        "name": "Metal Expo",
        "kind": "list",
        "channel": channel().pk,
        "owner": marta.pk,
        "offer": "Free check",
    }
    response = client.post(reverse("campaigns:new"), data | typed)
    text = body(response)
    assert response.status_code == 422
    assert said in text
    assert "Free check" in text
    assert "Error:" in text
    assert not Campaign.objects.exists()


def test_a_name_that_is_taken_is_said_beside_the_name(client: Client) -> None:
    first = make(name="Spring")
    response = client.post(reverse("campaigns:new"), form_of(first))
    assert response.status_code == 422
    assert response.context["form"].errors["name"] == [
        f"{first.channel.name} already has a campaign of this name."
    ]


def test_without_a_channel_the_form_says_to_add_one(client: Client) -> None:
    assert "First a channel" in body(client.get(reverse("campaigns:new")))


def test_an_older_save_is_a_conflict_that_names_the_other_and_keeps_the_typing(client: Client) -> None:
    campaign = make(budget=Decimal(3500))
    url = reverse("campaigns:edit", args=[campaign.pk])
    other = Client()
    other.force_login(person("marketer", name="Bartek Król"))
    assert other.post(url, form_of(campaign, budget="4000")).status_code == 302
    response = client.post(url, form_of(campaign, offer="Free check", budget="1"))
    text = body(response)
    assert response.status_code == 409
    assert "Bartek Król" in text
    assert "€3,500 → €4,000" in text
    assert "Free check" in text
    assert Campaign.objects.get().budget == 4000
    # Saving again puts one's own over it.
    version = response.context["form"]["version"].value()
    assert client.post(url, form_of(campaign, offer="Free check", version=version)).status_code == 302
    assert Campaign.objects.get().offer == "Free check"


# ------------------------------------------------------------------------------------------------ page
def test_the_page_shows_money_terms_contact_points_and_what_sales_said(client: Client, marta: User) -> None:
    of = channel(name="Exhibitions", terms="Fair price for two weeks.")
    campaign = make(channel=of, owner=marta, budget=Decimal(3500), offer="Free hall check.")
    Spend.objects.create(campaign=campaign, on=date(2026, 3, 1), amount=Decimal(3600))
    point = ContactPoint.objects.create(
        channel=of, kind="mailbox", value="expo@example.com", responsible=marta
    )
    Proof.objects.create(point=point, is_ok=True, at=timezone.now() - timedelta(days=3), by=marta)
    Proof.objects.create(point=point, is_ok=False, at=timezone.now(), by=marta)
    lead(campaign, owner=person("rep", name="Iga Mazur"), mark="unreachable", attempts=3, minutes=14)
    text = body(client.get(reverse("campaigns:page", args=[campaign.pk])))
    for said in (
        "€3,600 of €3,500 spent",
        "Fair price for two weeks.",
        "Free hall check.",
        "expo@example.com",
        "did not work",
        "Robert Lis",
        "3 attempts",
        "14\xa0min",
        "Iga",
    ):
        assert said in text, said


def test_the_page_takes_as_many_queries_for_many_leads_and_entries(client: Client, marta: User) -> None:
    campaign = make()
    url = reverse("campaigns:page", args=[campaign.pk])

    def fill(count: int) -> None:
        for number in range(count):
            lead(campaign, owner=marta)
            Spend.objects.create(campaign=campaign, on=date(2026, 1, 1), amount=1, by=marta)
            Visits.objects.create(
                campaign=campaign, on=date(2025, 1, 1) + timedelta(days=count + number), count=1
            )
            point = ContactPoint.objects.create(
                channel=campaign.channel, kind="form", value=f"{count} {number}", responsible=marta
            )
            Proof.objects.create(point=point, is_ok=True, at=timezone.now(), by=marta)

    fill(1)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    fill(20)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(one)


def test_names_of_campaigns_are_text(client: Client) -> None:
    campaign = make(name="<img src=x onerror=alert(1)>")
    for url in (reverse("campaigns:page", args=[campaign.pk]), reverse("campaigns:list")):
        assert "<img src=x" not in body(client.get(url))


def test_no_such_campaign_is_not_found(client: Client) -> None:
    for name in ("page", "edit", "spend"):
        assert client.get(reverse(f"campaigns:{name}", args=[999])).status_code == 404
    assert client.post(reverse("campaigns:state", args=[999])).status_code == 404


# ------------------------------------------------------------------------------------------------ states
def test_a_campaign_is_stopped_and_the_stop_undone(client: Client) -> None:
    campaign = make()
    url = reverse("campaigns:state", args=[campaign.pk])
    assert client.post(url, {"to": "stopped", "version": 1}).status_code == 302
    assert Campaign.objects.get().state == "stopped"
    assert "Undo, back to “Live”" in body(client.get(reverse("campaigns:page", args=[campaign.pk])))
    assert client.post(url, {"undo": 1, "version": 2}).status_code == 302
    assert Campaign.objects.get().state == "live"


def test_a_step_on_an_outdated_page_is_a_conflict(client: Client) -> None:
    campaign = make()
    url = reverse("campaigns:state", args=[campaign.pk])
    client.post(url, {"to": "paused", "version": 1})
    response = client.post(url, {"to": "ended", "version": 1})
    assert response.status_code == 409
    assert "Marta Zielińska" in body(response)
    assert Campaign.objects.get().state == "paused"


def test_a_step_that_is_not_open_answers_422(client: Client) -> None:
    campaign = make(state="draft")
    response = client.post(reverse("campaigns:state", args=[campaign.pk]), {"to": "live", "version": 1})
    assert response.status_code == 422
    assert Campaign.objects.get().state == "draft"


def test_a_rep_cannot_stop_a_campaign(client: Client) -> None:
    client.force_login(person("rep"))
    campaign = make()
    url = reverse("campaigns:state", args=[campaign.pk])
    assert client.post(url, {"to": "stopped", "version": 1}).status_code == 403
    assert Campaign.objects.get().state == "live"
    assert url not in body(client.get(reverse("campaigns:page", args=[campaign.pk])))


# ------------------------------------------------------------------------------------------------ money
def test_money_and_visits_are_noted(client: Client, marta: User) -> None:
    campaign = make()
    url = reverse("campaigns:spend", args=[campaign.pk])
    client.post(
        url, {"what": "spend", "spend-on": "2026-03-10", "spend-amount": "1,600.50", "spend-note": "Stand"}
    )
    client.post(url, {"what": "visits", "visits-on": "2026-03-10", "visits-count": "120"})
    assert Spend.objects.get().amount == Decimal("1600.50")
    assert Visits.objects.get().count == 120
    assert "€1,600.50" in body(client.get(url))


@pytest.mark.parametrize(
    ("amount", "kept"), [("1234,50", "1234.50"), ("900 000,50", "900000.50"), ("€1,200", "1200")]
)
def test_a_decimal_comma_is_understood_in_english(client: Client, amount: str, kept: str) -> None:
    url = reverse("campaigns:spend", args=[make().pk])
    client.post(url, {"spend-on": "2026-03-10", "spend-amount": amount, "spend-note": "Stand"})
    assert Spend.objects.get().amount == Decimal(kept)


@pytest.mark.parametrize("amount", ["0", "-5", "abc", "1e99", "1,23,4", ""])
def test_an_impossible_amount_comes_back(client: Client, amount: str) -> None:
    url = reverse("campaigns:spend", args=[make().pk])
    response = client.post(url, {"spend-on": "2026-03-10", "spend-amount": amount, "spend-note": "Stand"})
    assert response.status_code == 422
    assert "Stand" in body(response)
    assert not Spend.objects.exists()


def test_an_entry_is_changed_and_deleted(client: Client, marta: User) -> None:
    campaign = make()
    entry = Spend.objects.create(campaign=campaign, on=date(2026, 3, 1), amount=5, by=marta)
    url = reverse("campaigns:spend_entry", args=[campaign.pk, entry.pk])
    client.post(url, {"on": "2026-03-02", "amount": "7", "note": ""})
    assert (Spend.objects.get().on, Spend.objects.get().amount) == (date(2026, 3, 2), 7)
    client.post(url, {"delete": 1})
    assert not Spend.objects.exists()


def test_somebody_elses_entry_stays(client: Client) -> None:
    campaign = make()
    entry = Spend.objects.create(campaign=campaign, on=date(2026, 3, 1), amount=5, by=person("marketer"))
    url = reverse("campaigns:spend_entry", args=[campaign.pk, entry.pk])
    assert client.post(url, {"delete": 1}).status_code == 403
    assert "made by somebody else" in body(client.get(url))
    assert Spend.objects.exists()


def test_an_entry_belongs_to_its_campaign(client: Client, marta: User) -> None:
    entry = Spend.objects.create(campaign=make(), on=date(2026, 3, 1), amount=5, by=marta)
    assert (
        client.post(reverse("campaigns:spend_entry", args=[make().pk, entry.pk]), {"delete": 1}).status_code
        == 404
    )


def test_a_rep_reads_the_money_but_adds_none(client: Client) -> None:
    client.force_login(person("rep"))
    url = reverse("campaigns:spend", args=[make().pk])
    assert client.get(url).status_code == 200
    data = {"spend-on": "2026-03-10", "spend-amount": "5"}
    assert client.post(url, data).status_code == 403
    assert not Spend.objects.exists()
