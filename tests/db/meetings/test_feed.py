"""The private calendar: a valid file for programs, an address that only its person knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from leadsync.accounts.models import User
from leadsync.exchange.models import Booking
from leadsync.meetings.models import Feed, Meeting
from leadsync.meetings.services import attendance, feeds, planning
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company() -> Any:
    return CompanyFactory.create()


@pytest.fixture
def ola() -> User:
    return person("head_of_marketing", name="Ola Nowak")


@pytest.fixture
def tomasz() -> User:
    return person("head_of_sales", name="Tomasz Wrona")


def url_of(who: User) -> str:
    found = feeds.feed_of(who) or feeds.renew(by=who)
    return f"/meetings/feed/{feeds.token_of(found)}.ics"


def events(who: User) -> dict[str, Any]:
    answer = Client().get(url_of(who))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(one["uid"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}


def meeting(ola: User, tomasz: User, **changed: Any) -> Meeting:
    values: dict[str, Any] = {
        "by": ola,
        "name": "Monday round",
        "starts_at": (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0),
        "people": [ola.pk, tomasz.pk],
    }
    return planning.plan_one(**values | changed)


def test_a_meeting_keeps_its_name_and_counts_its_changes(ola: User, tomasz: User) -> None:
    one = meeting(ola, tomasz)
    (before,) = events(tomasz).values()
    assert before.decoded("dtstart") == one.starts_at
    assert before.decoded("dtend") == one.starts_at + timedelta(minutes=30)
    assert (before["sequence"], before["status"]) == (0, "CONFIRMED")
    to = one.starts_at + timedelta(hours=2)
    planning.move(meeting=one, by=ola, version=1, starts_at=to, minutes=45, place="Room 2")
    (after,) = events(tomasz).values()
    assert (after["uid"], after["sequence"], after["location"]) == (before["uid"], 1, "Room 2")
    assert after.decoded("dtstart") == to
    planning.cancel(meeting=one, by=ola, reason="Fair")
    (gone,) = events(tomasz).values()
    assert (gone["uid"], gone["sequence"], gone["status"]) == (before["uid"], 2, "CANCELLED")
    Meeting.objects.update(changed_at=datetime.now(UTC) - timedelta(days=31))
    assert events(tomasz) == {}


def test_only_ones_own_meetings_and_bookings_are_in_it(ola: User, tomasz: User) -> None:
    rep, marta = person("rep", name="Paweł Krawczyk"), person("marketer", name="Marta Zielińska")
    meeting(ola, tomasz)
    at = datetime.now(UTC) + timedelta(days=1)
    common: dict[str, Any] = {"by": marta, "partner": rep, "starts_at": at, "at": at}
    agreed = Booking.objects.create(state="agreed", answered_at=at, revision=3, **common)
    Booking.objects.create(state="asked", **common)
    Booking.objects.create(state="declined", answered_at=at, **common)
    (seen,) = events(rep).values()
    assert (str(seen["summary"]), seen["sequence"]) == ("Call heard: Marta Zielińska", 3)
    assert [str(one["summary"]) for one in events(marta).values()] == ["Call heard: Paweł Krawczyk"]
    assert [str(one["summary"]) for one in events(tomasz).values()] == ["Monday round"]
    Booking.objects.filter(pk=agreed.pk).update(state="cancelled")
    (seen,) = events(rep).values()
    assert seen["status"] == "CANCELLED"


def test_any_words_survive_escaping_and_folding(ola: User, tomasz: User) -> None:
    name = "Żółć; a, b\\n: „" + "ж" * 100 + "” 😀 BEGIN:VEVENT"
    meeting(ola, tomasz, name=name, place="Room 2\r\nATTENDEE:evil\x07")
    raw = Client().get(url_of(tomasz)).content
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\x07" not in raw
    (one,) = events(tomasz).values()
    assert (str(one["summary"]), str(one["location"])) == (name, "Room 2 ATTENDEE:evil")
    assert "attendee" not in one


def test_a_file_without_meetings_is_one_too(ola: User) -> None:
    assert events(ola) == {}


def test_a_new_address_makes_the_old_one_useless(client: Client, ola: User) -> None:
    client.force_login(ola)
    assert "Make my calendar address" in client.get("/meetings/").content.decode()
    assert client.post("/meetings/feed/renew/").status_code == 302
    old = url_of(ola)
    page = client.get("/meetings/").content.decode()
    assert old in page
    client.post("/meetings/feed/renew/")
    assert Client().get(old).status_code == 404
    assert Client().get(url_of(ola)).status_code == 200
    assert Feed.objects.count() == 1


def test_wrong_addresses_are_not_found_and_soon_too_many(ola: User, tomasz: User) -> None:
    url, foreign = url_of(ola), url_of(tomasz)
    digest = url.partition("-")[2]
    for wrong in (
        f"/meetings/feed/{tomasz.pk}-{digest}",
        url.replace(".ics", "x.ics"),
        url.swapcase().replace("/MEETINGS/FEED/", "/meetings/feed/").replace(".ICS", ".ics"),
        f"/meetings/feed/{'9' * 18}-{digest}",
        "/meetings/feed/x.ics",
        "/meetings/feed/" + "1" * 5_000 + ".ics",
        "/meetings/feed/%00.ics",
    ):
        assert Client().get(wrong).status_code == 404
    answers = [Client().get("/meetings/feed/x.ics").status_code for _guess in range(40)]
    assert answers[-1] == 429
    assert Client().get(foreign).status_code == 200  # who knows it is not held up


def test_a_calendar_that_asks_too_often_is_put_off(ola: User) -> None:
    url = url_of(ola)
    answers = [Client().get(url) for _time in range(61)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def test_who_has_left_has_no_calendar(ola: User) -> None:
    url = url_of(ola)
    User.objects.filter(pk=ola.pk).update(is_active=False)
    assert Client().get(url).status_code == 404


def test_nothing_new_is_not_sent_again(ola: User, tomasz: User) -> None:
    one, url = meeting(ola, tomasz), url_of(ola)
    first = Client().get(url)
    assert "private" in first["Cache-Control"]
    again = Client().get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    planning.cancel(meeting=one, by=ola, reason="Fair")
    assert Client().get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert Client().post(url).status_code == 405


def test_the_database_alone_opens_no_calendar(ola: User) -> None:
    token = url_of(ola)
    feed = Feed.objects.get()
    assert feed.nonce not in token
    assert Client().get(f"/meetings/feed/{ola.pk}-{feed.nonce}.ics").status_code == 404


def test_a_full_calendar_takes_as_many_statements_as_an_empty_one(ola: User, tomasz: User) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            events(ola)
        return len(caught)

    events(ola)
    meeting(ola, tomasz)
    one = statements()
    for number in range(19):
        meeting(ola, tomasz, name=f"Round {number}")
    assert statements() == one


def test_its_language_is_the_persons(tomasz: User) -> None:
    pawel = person("rep", language="pl")
    at = datetime.now(UTC) + timedelta(days=1)
    Booking.objects.create(by=tomasz, partner=pawel, starts_at=at, at=at, state="agreed", answered_at=at)
    assert len(events(pawel)) == 1


def test_who_is_asked_late_sees_it_and_who_is_not_any_more_does_not(ola: User, tomasz: User) -> None:
    one, rep = meeting(ola, tomasz), person("rep")
    attendance.ask(meeting=one, by=ola, people=[ola.pk, rep.pk])
    assert len(events(rep)) == 1
    assert events(tomasz) == {}
