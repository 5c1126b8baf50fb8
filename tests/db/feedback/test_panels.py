"""The panels of the campaign page: gate, work and benefit, reasons."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Channel, Spend
from feedback.domain.gate import Verdict
from feedback.domain.worth import Worth
from feedback.selectors.campaign_list import campaign_rows
from feedback.selectors.gate import failed_gates, gate_of
from feedback.selectors.worth import benefit_of, benefits, reasons_of
from leads.models import Agreement, Lead, Reason
from leadsync.accounts.models import Company
from leadsync.accounts.selectors import company
from tests.factories.accounts import CompanyFactory, person

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)


@pytest.fixture
def campaign(db: None) -> Campaign:
    CompanyFactory.create()
    return make("Metal Expo list")


def make(name: str, **fields: Any) -> Campaign:
    channel, _ = Channel.objects.get_or_create(name="Fairs")
    owner = person("marketer", name=f"Marta {name}")
    return Campaign.objects.create(name=name, channel=channel, owner=owner, **{"state": "live"} | fields)


def bring(
    campaign: Campaign, marks: list[str], *, gate: bool = True, minutes: int = 0, **fields: Any
) -> list[Lead]:
    return Lead.objects.bulk_create(
        [
            Lead(
                campaign=campaign,
                name=f"Lead {number}",
                received_at=NOW + timedelta(minutes=number),
                handed_off_at=NOW,
                gate_number=number if gate else None,
                mark=mark,
                marked_at=None if mark == "none" else NOW + timedelta(days=2),
                minutes=minutes,
                **fields,
            )
            for number, mark in enumerate(marks, 1)
        ]
    )


def draw(tag: str, campaign: Campaign) -> str:
    template = Template("{% load feedback_panels %}{% " + tag + " campaign %}")
    return str(template.render(Context({"campaign": campaign})))


def test_gate_shows_each_lead_as_a_square_and_what_came_after(campaign: Campaign) -> None:
    leads = bring(campaign, ["promising"] * 2 + ["not_a_fit"] * 15 + ["unreachable"] * 3)
    bring(campaign, ["promising"] + ["not_a_fit"] * 19, gate=False)
    bring(campaign, ["promising"], gate=False, is_test=True)
    view = gate_of(campaign, size=20, needed=5)
    assert view.gate.verdict is Verdict.FAILED
    assert (len(view.units), view.after_total, view.after_good) == (20, 20, 1)
    assert view.units[0].label == "Lead 1, Lead 1: Promising"
    html = draw("gate_panel", campaign)
    assert f'href="/leads/{leads[0].pk}/" class="u-prom"' in html
    assert "20 more leads without sales approval" in html
    assert "Not passed: 2 promising, 5 needed" in html
    assert "Gate not passed" in draw("gate_tag", campaign)


def test_gate_stays_open_while_leads_are_to_come(campaign: Campaign) -> None:
    bring(campaign, ["promising", "none", "not_a_fit"])
    html = draw("gate_panel", campaign)
    assert "4 more promising leads pass the gate." in html
    assert "3 of 20 arrived" in html


def test_gate_before_the_first_lead_says_what_will_be_here(campaign: Campaign) -> None:
    assert "The first 20 leads get a number" in draw("gate_panel", campaign)


def test_the_agreement_in_force_sets_the_limits(campaign: Campaign) -> None:
    Agreement.objects.create(number=1, state="in_force", gate_size=4, gate_needed=2, minutes_per_promising=60)
    bring(campaign, ["promising", "promising", "not_a_fit", "not_a_fit"], minutes=50)
    assert "Passed: 2 promising, 2 needed." in draw("gate_panel", campaign)
    assert "We agreed on 1" in draw("worth_panel", campaign).replace("\xa0", " ")


def test_work_and_benefit_in_a_sentence_and_two_bars(campaign: Campaign) -> None:
    bring(campaign, ["promising"] * 3 + ["not_a_fit"] * 37, minutes=26)
    row = benefit_of(campaign, limit=120, gate_size=20)
    assert row.benefit.worth is Worth.TOO_MUCH_WORK
    html = draw("worth_panel", campaign).replace("\xa0", " ")
    assert "More work than benefit" in html
    assert "40 leads took 17 h 20 min of sales time and gave 3 promising." in html
    assert "That is 5 h 47 min for each one. We agreed on 2 h at most." in html


def test_without_leads_there_is_no_verdict(campaign: Campaign) -> None:
    assert "verdict" not in draw("worth_panel", campaign)


def test_the_table_compares_live_campaigns_and_this_one(campaign: Campaign) -> None:
    bring(campaign, ["promising"] * 10, minutes=10)
    other = make("Racking calculator")
    bring(other, ["not_a_fit"] * 10, minutes=10)
    stopped = make("Old one", state="stopped")
    bring(stopped, ["promising"] * 10, minutes=5)
    rows = benefits(since=NOW, limit=120, gate_size=20)
    assert [row.name for row in rows] == ["Metal Expo list", "Racking calculator"]
    also = benefits(since=NOW, limit=120, gate_size=20, also=[stopped.pk])
    assert [row.name for row in also] == ["Old one", "Metal Expo list", "Racking calculator"]


def test_reasons_are_counted_most_frequent_first(campaign: Campaign) -> None:
    budget, _ = Reason.objects.get_or_create(key="no-budget-here", defaults={"label": "No budget here"})
    bring(campaign, ["not_a_fit"] * 3, gate=False, reason=budget)
    bring(campaign, ["unreachable"] * 2 + ["promising"], gate=False)
    rows = reasons_of(campaign)
    assert [(row.words, row.count, row.query) for row in rows] == [
        ("No budget here", 3, "mark=not_a_fit&reason=no-budget-here"),
        ("Unreachable", 2, "mark=unreachable"),
    ]
    html = draw("reasons_panel", campaign)
    assert "5 leads" in html


def test_failed_gates_of_running_campaigns_in_one_query(
    campaign: Campaign, django_assert_num_queries: Any
) -> None:
    bring(campaign, ["not_a_fit"] * 16)
    bring(make("Good one"), ["promising"] * 5)
    bring(make("Over", state="stopped"), ["not_a_fit"] * 20)
    with django_assert_num_queries(1):
        (found,) = failed_gates(size=20, needed=5)
    assert (found.name, found.gate.bad) == ("Metal Expo list", 16)


def test_panels_cost_the_same_for_one_lead_and_for_many(campaign: Campaign) -> None:
    counts = []
    for number in (1, 40):
        bring(campaign, ["promising"] * number, gate=False)
        with CaptureQueriesContext(connection) as captured:
            for tag in ("gate_panel", "worth_panel", "worth_table", "reasons_panel"):
                draw(tag, campaign)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_work_and_benefit_in_money_with_the_leads_behind_each_number(campaign: Campaign) -> None:
    Company.objects.update(labour_cost=Decimal(48))
    bring(campaign, ["promising"] * 3 + ["not_a_fit"] * 37, minutes=30)
    won = Lead.objects.filter(campaign=campaign)[0]
    Lead.objects.filter(pk=won.pk).update(
        stage="won", mark="qualified", amount=Decimal(4_000), won_at=NOW, minutes_estimated=30
    )
    template = Template("{% load feedback_panels %}{% worth_panel campaign spent=spent entries=1 %}")
    html = template.render(Context({"campaign": campaign, "spent": Decimal(1_040)}))
    for words in ("≈€2,000", "€1,040 spend, €960 sales time", "€667 each", "2.0 × the cost"):
        assert words in html
    for query in ("mark=good", "mark=qualified", "stage=won"):
        assert f"campaign={campaign.pk}&amp;{query}" in html


def test_what_is_not_known_is_a_dash(campaign: Campaign) -> None:
    bring(campaign, ["promising"] * 3, minutes=30)
    html = draw("worth_panel", campaign)
    assert "no spend noted, no cost of an hour set" in html
    assert " each</span>" not in html


def test_the_list_has_gate_and_money_in_three_queries(
    campaign: Campaign, django_assert_num_queries: Any
) -> None:
    Company.objects.update(labour_cost=Decimal(60))
    bring(campaign, ["not_a_fit"] * 16 + ["promising"], minutes=60)
    others = [campaign, *(make(f"No {number}") for number in range(19))]
    Spend.objects.create(campaign=campaign, on=NOW.date(), amount=Decimal(980))
    company()
    with django_assert_num_queries(4):  # the company is one of them outside of a request
        rows = campaign_rows(others, month_start=NOW, limit=120, gate_size=20, gate_needed=5)
    assert rows[0].gate is not None
    assert (rows[0].gate.verdict, rows[1].gate) == (Verdict.FAILED, None)
    assert rows[0].money is not None
    assert (rows[0].money.per_good, rows[0].money.gain) == (Decimal(2_000), 0)


@pytest.mark.parametrize("query", ["sent_after=x", "sent_until=9999-01-01T00:00:00Z", "gate=1", "gate=a-b"])
def test_a_filter_that_cannot_be_read_is_said_and_left_out(campaign: Campaign, query: str) -> None:
    client = Client()
    client.force_login(person("rep"))
    listed = client.get(f"/leads/?{query}")
    assert listed.status_code == 200
    assert "was left out" in listed.content.decode()
