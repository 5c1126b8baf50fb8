"""Over the sample company: every link of the dashboard opens as many leads as its number says."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db.models import Sum
from django.http import QueryDict
from django.test import Client

from leads.filters import LeadFilter
from leads.models import Lead
from leadsync.accounts.models import Company, User
from leadsync.core.models import Lock
from leadsync.core.templatetags.ui import money, money_short, pct
from leadsync.demo import build
from leadsync.kpi.services import monday, rollup
from leadsync.notices.models import Message

NOW = datetime(2026, 11, 20, 11, 43, tzinfo=UTC)
LINK = re.compile(r'<a\b[^>]*\bhref="(/leads/\?[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
PERIODS = (
    "?period=month",
    "?period=quarter",
    "?period=year",
    "?at=2026-10",
    "?period=quarter&at=2026-07",
    "?period=year&at=2025-01",
)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def behind(url: str) -> Any:
    """The leads that the list shows at this address."""
    found = LeadFilter(QueryDict(url.partition("?")[2]), queryset=Lead.objects.counted())
    assert found.is_valid(), (url, found.errors)
    return found.qs


def follow(client: Client, query: str) -> tuple[int, Any]:
    """Hold every number of the page against its list; how many were, and what the page was made of."""
    response = client.get(f"/dashboard/{query}")
    assert response.status_code == 200
    page = response.content.decode()
    followed = 0
    for url, inside in LINK.findall(page[page.index("<main") : page.index("</main>")]):
        text = html.unescape(re.sub("<[^>]+>", "", inside)).replace(",", "").strip()
        address = html.unescape(url)
        if text.isdigit():
            assert int(text) == behind(address).count(), (query, address)
            followed += 1
    return followed, response.context


def check_amounts(context: Any) -> None:
    """Money and shares are those of the leads they open."""
    revenue, deals, qualified, in_time, cost = context["tiles"][:5]
    won = behind(revenue.url)
    assert revenue.figure == money_short(won.aggregate(n=Sum("amount"))["n"] or 0)
    assert deals.figure == str(behind(deals.url).count())
    assert qualified.figure.replace(",", "") == str(behind(qualified.url).count())
    timed = behind(in_time.url)
    assert in_time.figure == pct(Decimal(timed.filter(is_in_time=True).count()) / timed.count())
    spend = Decimal(0)
    for line in context["campaigns"]:
        assert line.row.qualified == behind(line.qualified_url).count()
        spend += line.row.spend
    if not context["campaigns_hidden"]:
        assert cost.figure == money((spend / behind(cost.url).count()).quantize(Decimal(1)))
    for row in context["people"]:
        if row.share is not None:
            theirs = timed.filter(owner=row.rep_id)
            assert row.share == Decimal(theirs.filter(is_in_time=True).count()) / theirs.count()


def check_mail(client: Client) -> None:
    """Monday's mail says the month as the page does, estimate and its past error included."""
    Lock.objects.update_or_create(name=monday.LOCK, defaults={"note": "2026-11-09"})
    Message.objects.all().delete()
    assert monday.write(at=NOW) == 1  # the database has a clock of its own
    page, body = client.get("/dashboard/").context, Message.objects.get().body
    assert page["estimate"]
    assert f"November: {page['sentence']}\n{page['estimate']}" in body
    for tile in page["tiles"]:
        assert f"* {tile.figure} {tile.against}  {tile.label}\n  {tile.delta}" in body
    past = sum(row.past for row in page["people"])
    assert f"* {past}  Past the promise now" in body


def test_every_number_of_the_sample_company_opens_its_leads(db: None) -> None:
    build.build(seed=build.SEED, say=lambda _text: None)
    rollup.roll_up_all()
    client = Client()
    client.force_login(User.objects.get(email="anna@nordrack.example"))
    for query in PERIODS:
        followed, context = follow(client, query)
        assert followed > 30, query
        check_amounts(context)
    check_mail(client)
    # Another zone moves the days: after the roll-up has followed, everything agrees again.
    Company.objects.update(zone="Pacific/Auckland")
    assert rollup.roll_up().is_full
    for query in ("?period=month", "?period=year"):
        _followed, context = follow(client, query)
        check_amounts(context)
