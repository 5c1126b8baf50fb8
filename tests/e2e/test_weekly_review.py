"""A director's weekly review, counted in clicks: the agenda, six decisions as they are filled in, the minutes."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Hands, Site, Visitors
from tests.e2e.test_agreed_journeys import looked_up
from tests.e2e.test_journeys import ready

pytestmark = pytest.mark.e2e

BUDGET = 8
DECISIONS = 6


def test_a_weekly_review_is_eight_clicks(site: Site, visit: Visitors) -> None:
    page = visit("anna", path="/dashboard/")
    hands = Hands(page)

    hands.click("a:has-text('Open agenda')")
    page.wait_for_url(re.compile(r"/meetings/\d+/$"))
    meeting = int(page.url.rstrip("/").rsplit("/", 1)[1])
    points = page.locator("article.point")
    open_points = page.locator("article.point form.decide[data-goes-on]")
    assert points.count() >= DECISIONS
    before = open_points.count()
    filled = []
    for number in range(1, DECISIONS + 1):
        form = open_points.first
        ready(page, "article.point form.decide[data-goes-on]")
        filled.append(
            (
                form.locator("[name=text]").input_value(),
                int(form.locator("[name=owner]").input_value()),
                form.locator("[name=due_on]").input_value(),
            )
        )
        with page.expect_response(lambda answer: "/decide/" in answer.url and answer.ok):
            hands.click("article.point form.decide[data-goes-on] [data-record]")
        expect(open_points).to_have_count(before - number)
    with page.expect_navigation():
        hands.click("[data-send]")

    assert hands.actions == BUDGET, "one for the agenda, one a decision, one for the minutes"
    assert all(text and owner and due for text, owner, due in filled)
    kept = looked_up(
        site,
        "from leadsync.meetings.models import Decision\n"
        f"rows = Decision.objects.filter(meeting={meeting}).order_by('pk')\n"
        "found = [(one.text, one.owner_id, one.due_on.isoformat()) for one in rows]",
    )
    assert [tuple(one) for one in kept] == filled
    assert len({text for text, _owner, _due in filled}) == DECISIONS
    asked = looked_up(
        site,
        "from leadsync.meetings.models import Attendance, Meeting\n"
        f"of = Meeting.objects.get(pk={meeting})\n"
        "people = set(Attendance.objects.filter(meeting=of).values_list('person', flat=True))\n"
        "people |= set(of.decisions.values_list('owner', flat=True))\n"
        "found = [of.state, of.sent_version == of.version, sorted(people)]",
    )
    assert asked[:2] == ["held", True]
    mailed = (
        "from leadsync.notices.models import Message\n"
        f"rows = Message.objects.filter(sort='minutes', key__startswith='minutes:{meeting}:')\n"
        "found = sorted(rows.values_list('recipient', flat=True))"
    )
    assert set(asked[2]) <= set(looked_up(site, mailed)), "whoever was asked or has something to do gets them"
    page.goto(f"/meetings/{meeting}/minutes/")
    for text, _owner, _due in filled:
        expect(page.locator(".minutes")).to_contain_text(text.splitlines()[0])
