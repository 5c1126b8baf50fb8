"""Lists of the loop over the API, and the meeting's pages: as many statements for fifty rows as for five."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import ContactPoint, Idea, MarketNote, PointAccess, Proof, Review, Vote
from feedback.models import Evidence, Question, Reply
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.exchange.models import Applause, Booking, Entry, Win
from leadsync.meetings.models import Attendance, Decision, Meeting, Point
from leadsync.notices.models import Alert
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign, channel

pytestmark = pytest.mark.django_db

LISTS = (
    "campaigns",
    "channels",
    "points",
    "proofs",
    "market-notes",
    "ideas",
    "questions",
    "series",
    "disputes",
    "meetings",
    "handed-in",
    "decisions",
    "listening",
    "bookings",
    "wins",
    "alerts",
)


class World:
    """Two people and rows of everything, each row about things of its own."""

    def __init__(self) -> None:
        CompanyFactory.create()
        self.head, self.now = person("head_of_sales", "director"), timezone.now()
        self.meeting = Meeting.objects.create(
            name="Round", starts_at=self.now, at=self.now, state="running", began_at=self.now
        )
        self.count = 0

    def grow(self, rows: int) -> None:
        while self.count < rows:
            self.count += 1
            self.row(self.count, person("marketer"), person("rep"))

    def row(self, number: int, marketer: User, rep: User) -> None:
        now = self.now
        made = campaign(owner=marketer, market="DE")
        lead = Lead.objects.create(
            campaign=made, owner=rep, name=f"L{number}", received_at=now, stage="won", won_at=now, amount=5
        )
        point = ContactPoint.objects.create(
            channel=channel(), kind="phone", value=f"{number}", responsible=marketer
        )
        Proof.objects.create(point=point, is_ok=False, by=rep, at=now)
        PointAccess.objects.create(point=point, person=rep, at=now, by=marketer)
        note = MarketNote.objects.create(country="DE", stance="avoid", text="x", by=rep, at=now)
        Evidence.objects.create(note=note, lead=lead, by=rep, at=now)
        idea = Idea.objects.create(title=f"I{number}", text="x", by=rep, at=now)
        Vote.objects.create(idea=idea, by=marketer, at=now)
        Review.objects.create(campaign=made, at=now, by=marketer)
        asked = Question.objects.create(
            asker=marketer, answerer=rep, lead=lead, text="Why?", asked_at=now, due_at=now + timedelta(days=2)
        )
        Reply.objects.create(question=asked, by=rep, at=now, text="So")
        Meeting.objects.create(name="One", starts_at=now + timedelta(days=number), at=now, by=marketer)
        Attendance.objects.create(meeting=self.meeting, person=rep, is_present=True)
        Point.objects.create(source="need", text="Waits", at=now, by=rep)
        of = Point.objects.create(
            meeting=self.meeting, source="need", text="Said", at=now, by=rep, place=number
        )
        Decision.objects.create(
            meeting=self.meeting, point=of, text="Do", owner=rep, due_on=now.date(), at=now, by=marketer
        )
        entry = Entry.objects.create(kind="call", on=now.date(), by=marketer, partner=rep, lead=lead, at=now)
        Booking.objects.create(
            by=marketer, partner=rep, starts_at=now - timedelta(days=1), state="done", entry=entry, at=now
        )
        Booking.objects.create(by=self.head, partner=rep, starts_at=now + timedelta(days=number), at=now)
        Win.objects.create(lead=lead, bringer=marketer, closer=rep, won_at=now, at=now)
        Applause.objects.create(lead=lead, by=self.head, at=now)
        Alert.objects.create(
            kind="gate_failed", subject=f"{made.pk}:1", context={"campaign": made.name}, opened_at=now
        )


@pytest.fixture
def world(client: Client) -> World:
    made = World()
    client.force_login(made.head)
    return made


def statements(client: Client, url: str) -> int:
    client.get(url)  # what is kept in memory is known from here on
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200, url
    return len(seen)


def test_fifty_rows_take_as_many_statements_as_five(client: Client, world: World) -> None:
    room = f"/meetings/{world.meeting.pk}/"
    urls = [f"/api/v1/{name}/?limit=50" for name in LISTS]
    urls += [room, f"{room}room/", f"{room}minutes/", f"{room}people/", "/listening/bookings/", "/questions/"]
    counts: dict[int, dict[str, Any]] = {}
    for rows in (5, 50):
        world.grow(rows)
        counts[rows] = {url: statements(client, url) for url in urls}
    assert counts[50] == counts[5]


@pytest.mark.parametrize("name", LISTS)
def test_lists_go_on_by_key_and_hold_each_row_once(client: Client, world: World, name: str) -> None:
    world.grow(7)
    whole = client.get(f"/api/v1/{name}/?limit=50").json()["results"]
    url, found = f"/api/v1/{name}/?limit=3", []
    while url:
        assert "offset=" not in url
        page = client.get(url).json()
        found += page["results"]
        url = page["next"]
    assert [str(one) for one in found] == [str(one) for one in whole]
