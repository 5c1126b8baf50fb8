"""The story that LeadSync is for: a campaign that is more work than benefit, from the idea to the day it is stopped.

Drafted for a country that sales advises against, answered and cleared, live, twenty leads, a gate that is not passed,
twenty more sent all the same, a question, the verdict, a meeting that decides, the decision done, a mailbox that works
again, and no alert left.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, Visitors, until
from tests.e2e.test_agreed_journeys import looked_up
from tests.e2e.test_journeys import ready

pytestmark = pytest.mark.e2e

NAME = "Free planning day, Britain"
SIZE = 20  # of the gate; 5 promising are needed


def seen(page: Page, name: str) -> None:
    """A picture of each chapter, where `STORY_PICTURES` names a folder: for people to look at."""
    folder = os.environ.get("STORY_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def people(first: int, count: int) -> str:
    """Leads as copied from a spreadsheet."""
    rows = ["Name\tCompany\tPhone\tE-mail\tWhat they want"]
    rows += [
        f"Visitor {n}\tWarehouse {n} Ltd\t+44207946{n:04d}\tvisitor{n}@britain.example\tA planning day for {n} bays"
        for n in range(first, first + count)
    ]
    return "\n".join(rows)


def send(page: Page, campaign: int, first: int, count: int) -> None:
    page.goto(f"/campaigns/{campaign}/log/")
    page.locator("textarea").first.fill(people(first, count))
    page.locator("form[data-paste] button").first.click()
    page.wait_for_url("**/imports/**")
    page.locator(f"button:has-text('Log {count} leads')").first.click()
    expect(page.get_by_text(re.compile(f"{count} (leads|created|new)", re.I)).first).to_be_visible()


def judged(site: Site, leads: str, mark: str) -> None:
    """Sales calls those that the filter names, for 26 minutes each, and judges them: each the rep who has it."""
    site.shell(
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from leads.models import Lead, Reason\n"
        "from leads.services import activities, marking\n"
        "reason = Reason.objects.get(key='wrong_market')\n"
        f"for lead in Lead.objects.filter({leads}, mark='none').select_related('owner').order_by('pk'):\n"
        "    activities.log(lead=lead, by=lead.owner, kind='call', outcome='reached', minutes=26)\n"
        "    lead.refresh_from_db()\n"
        f"    marking.mark(lead=lead, by=lead.owner, value={mark!r}, version=lead.version,"
        f" reason=reason if {mark!r} == 'not_a_fit' else None,"
        " next_step='Call back', next_step_at=timezone.now() + timedelta(days=2))\n"
    )


def alerts(site: Site, kind: str, campaign: int) -> list[bool]:
    """Of the alerts of this kind about the campaign: whether each is open."""
    return alerts_at(site, kind, f"/campaigns/{campaign}/")


def alerts_at(site: Site, kind: str, url: str) -> list[bool]:
    """Of the alerts of this kind about the page at `url`: whether each is open."""
    found: list[bool] = looked_up(
        site,
        "from leadsync.notices.models import Alert\n"
        f"rows = Alert.objects.filter(kind={kind!r}, url__startswith={url!r})\n"
        "found = [alert.resolved_at is None for alert in rows.order_by('pk')]",
    )
    return found


def told(site: Site, kind: str, url: str) -> list[str]:
    """Who was told of it, by the first half of their addresses."""
    found: list[str] = looked_up(
        site,
        "from leadsync.notices.models import Notice\n"
        f"rows = Notice.objects.filter(kind={kind!r}, url={url!r})\n"
        "found = sorted(one.partition('@')[0] for one in rows.values_list('recipient__email', flat=True))",
    )
    return found


def test_a_campaign_that_is_more_work_than_benefit_is_noticed_and_stopped(
    site: Site, visit: Visitors
) -> None:
    # Drafted for a country where sales knows that the price is too high: the note stands in the form.
    marketing = visit("marta", path="/campaigns/new/")
    marketing.get_by_label("Name").first.fill(NAME)
    marketing.locator("select[name=channel]").select_option(index=1)
    marketing.locator("select[name=market]").select_option("GB")
    expect(marketing.locator("#known-of-market")).to_contain_text("Freight makes us a third dearer")
    seen(marketing, "01-draft")
    marketing.locator("main form button.main").last.click()
    marketing.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    campaign = int(marketing.url.rstrip("/").rsplit("/", 1)[1])

    # It does not go under review with the note unanswered.
    ask = marketing.get_by_role("button", name="Answer and ask sales")
    ask.click()
    expect(marketing.locator("main")).to_contain_text("no answer yet")
    marketing.locator("textarea[name^=answer_]").first.fill(
        "The day is free and the price is said on the page."
    )
    for box in marketing.locator("textarea[name^=answer_]").all():
        if not box.input_value():
            box.fill("Asked on the form.")
    marketing.get_by_role("button", name="Answer and ask sales").click()
    expect(marketing.locator("section.review")).to_contain_text("Sales is asked")

    # Sales reads the note with what marketing says to it, and clears.
    sales = visit("tomasz", path=f"/campaigns/{campaign}/")
    expect(sales.locator("section.review")).to_contain_text(
        "The day is free and the price is said on the page."
    )
    seen(sales, "02-review")
    sales.locator("#review-note").fill("We try it. Twenty leads, then we look.")
    sales.get_by_role("button", name="Clear it").click()
    expect(sales.locator("section.review")).to_contain_text("Cleared by sales")
    marketing.goto(f"/campaigns/{campaign}/")
    marketing.get_by_role("button", name="Go live").click()
    expect(marketing.locator("main")).to_contain_text("Live")

    # Twenty leads. Each is one square; the verdict falls as soon as it is certain, with sixteen said no to.
    send(marketing, campaign, 1, SIZE)
    numbers = (
        "from leads.models import Lead\n"
        f"found = sorted(Lead.objects.filter(campaign={campaign}).values_list('gate_number', flat=True))"
    )
    assert looked_up(site, numbers) == list(range(1, SIZE + 1))
    judged(site, f"campaign={campaign}, gate_number__lte=3", "promising")
    judged(site, f"campaign={campaign}, gate_number__range=(4, 18)", "not_a_fit")
    sales.goto(f"/campaigns/{campaign}/")
    expect(sales.locator("#decide"), "5 of 20 can still be reached").to_have_count(0)
    judged(site, f"campaign={campaign}, gate_number=19", "not_a_fit")
    until(lambda: alerts(site, "gate_failed", campaign) == [True], within=60)
    marketing.goto(f"/campaigns/{campaign}/")
    demand = marketing.locator("#decide")
    expect(demand).to_contain_text("The gate was not passed: decide")
    seen(marketing, "03-gate")

    # Twenty more are sent without a decision: counted, and said.
    send(marketing, campaign, SIZE + 1, SIZE)
    sales.goto(f"/campaigns/{campaign}/")
    expect(sales.locator("#decide")).to_contain_text("20 more leads were sent without a decision")
    sales.locator("#decide a.link").first.click()
    expect(sales.locator("main")).to_contain_text("Visitor 21")

    # Sales asks, and the facts come along.
    sales.goto(f"/campaigns/{campaign}/")
    sales.keyboard.press("q")
    ready(sales, "#ask-panel form")
    sales.locator("#ask-panel textarea").fill("Why were twenty more sent before anybody decided?")
    with sales.expect_response(lambda answer: "/ask/" in answer.url and answer.ok):
        sales.keyboard.press("Control+Enter")
    expect(sales.locator("#ask-panel")).to_contain_text("Why were twenty more sent")
    question = looked_up(
        site, f"from feedback.models import Question\nfound = Question.objects.get(campaign={campaign}).pk"
    )
    marketing.goto(f"/questions/{question}/")
    expect(marketing.locator("main")).to_contain_text("40")
    marketing.locator("main textarea").first.fill("The plan for the month still lacked 300 leads.")
    marketing.keyboard.press("Control+Enter")
    expect(marketing.locator("main")).to_contain_text("The plan for the month still lacked 300 leads.")
    seen(marketing, "04-question")

    # The rest is judged: three promising among forty, and hours of sales time.
    judged(site, f"campaign={campaign}", "not_a_fit")
    sales.goto(f"/campaigns/{campaign}/")
    expect(sales.locator("main")).to_contain_text("More work than benefit")
    expect(sales.locator("main")).to_contain_text(re.compile("17.h.20.min"))
    seen(sales, "05-verdict")

    # The meeting: the gate is on the agenda by itself, with the decision filled in.
    director = visit("anna", path="/dashboard/")
    director.get_by_role("link", name="Open agenda").first.click()
    director.wait_for_url("**/meetings/*/")
    meeting = director.url
    point = director.locator("article.point", has_text=NAME).first
    expect(point).to_be_visible()
    ready(director, "article.point form.decide")
    point.locator("input[name=text]").fill("Stop it this week")
    with director.expect_response(lambda answer: "/decide/" in answer.url and answer.ok):
        point.locator("[data-record]").click()
    expect(director.locator("article.point", has_text="Stop it this week").first).to_be_visible()
    seen(director, "06-meeting")
    with director.expect_navigation():
        director.locator("[data-send]").first.click()
    director.goto(meeting + "minutes/")
    expect(director.locator("main")).to_contain_text("Stop it this week")
    seen(director, "07-minutes")

    # Marketing stops it: the alert is gone, and the decision done.
    marketing.goto(f"/campaigns/{campaign}/")
    marketing.get_by_role("button", name="Stop campaign").click()
    expect(marketing.locator("main")).to_contain_text("Stopped")
    until(lambda: alerts(site, "gate_failed", campaign) == [False], within=60)
    decision = looked_up(
        site,
        "from leadsync.meetings.models import Decision\nfound = Decision.objects.get(text='Stop it this week').pk",
    )
    director.goto(f"/meetings/decisions/{decision}/")
    expect(director.locator("article.decision")).to_contain_text("In order meanwhile")
    director.locator("article.decision details.another summary").click()
    ready(director, "article.decision details.another form")
    director.locator("article.decision textarea").fill("Stopped, the leads left are called.")
    director.locator("article.decision button[value=done]").click()
    expect(director.locator("article.decision .tag.ok").first).to_have_text("Done")
    expect(director.locator("article.decision .said-note")).to_contain_text("the leads left are called")
    seen(director, "08-decision")

    # A rep cannot get into the mailbox that visitors of this channel write to, and mail to it comes back.
    mailbox = "expo@nordrack.example"
    rep = visit("iga", path="/channels/")
    row = rep.locator("li.point", has_text=mailbox)
    ready(rep, "li.point form")
    expect(row.locator(".tag.ok")).to_be_visible()
    with rep.expect_response(lambda answer: "/no-access/" in answer.url and answer.ok):
        row.locator("button[name=can]").click()
    expect(row.locator(".warn")).to_contain_text("Iga Mazur")
    with rep.expect_response(lambda answer: "/proof/" in answer.url and answer.ok):
        row.locator("button[name=works][value='0']").click()
    expect(row.locator(".tag.bad")).to_be_visible()
    seen(rep, "09-broken")
    place = str(row.locator("a.hit").get_attribute("href"))
    assert alerts_at(site, "point_broken", place) == [True]
    assert alerts_at(site, "point_no_access", place) == [True]
    assert told(site, "point_broken", place) == ["marta", "ola", "tomasz"], "the responsible and both heads"
    assert told(site, "point_no_access", place) == ["marta"]

    # Who is responsible finds both among the alerts, repairs it, says so, and gives access: green, and no alert is left.
    marketing.goto("/alerts/?topic=channels")
    expect(marketing.locator("#alerts")).to_contain_text(f"Does not work: {mailbox}")
    expect(marketing.locator("#alerts")).to_contain_text(f"Cannot get in: Iga Mazur, {mailbox}")
    seen(marketing, "10-alerts")
    marketing.locator("#alerts a", has_text=f"Does not work: {mailbox}").click()
    marketing.wait_for_url(f"**{place}")
    marketing.locator("#note").fill("Wrote to it, Iga answered.")
    marketing.locator("form.noted button[value='1']").first.click()
    expect(marketing.locator("li.point .tag.ok")).to_be_visible()
    marketing.get_by_role("button", name="Give access").first.click()
    expect(marketing.locator("ul.people")).to_contain_text("Iga Mazur")
    seen(marketing, "11-green")
    assert alerts_at(site, "point_broken", place) == [False]
    assert alerts_at(site, "point_no_access", place) == [False]
    assert told(site, "point_works", place) == ["ola", "tomasz"], "nobody hears of what they did"
    rep.goto("/channels/")
    expect(row.locator(".tag.ok")).to_be_visible()
    sales.goto("/alerts/?show=resolved&topic=channels")
    expect(sales.locator("#alerts")).to_contain_text(f"Does not work: {mailbox}")
    open_alerts = (
        "from leadsync.notices.models import Alert\n"
        f"found = list(Alert.objects.filter(resolved_at=None, url__startswith='/campaigns/{campaign}/')"
        ".values_list('kind', flat=True))"
    )
    until(lambda: looked_up(site, open_alerts) == [], within=60)
