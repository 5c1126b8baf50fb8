"""Pages of series and of the list: who sees what, what is typed wrongly, and how many statements they take."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.services import planning
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

ODD = ["\x00", "\x07bell", "x" * 10_000, "<script>alert(1)</script>", "1e400", "{{7*7}}", "‮", "-1", "😀"]


@pytest.fixture(autouse=True)
def company() -> Any:
    return CompanyFactory.create()


@pytest.fixture
def ola(client: Client) -> User:
    made = person("head_of_marketing", name="Ola Nowak")
    client.force_login(made)
    return made


@pytest.fixture
def typed(ola: User) -> dict[str, Any]:
    tomasz = person("head_of_sales", name="Tomasz Wrona")
    return {
        "name": "Monday round",
        "repeats": "week",
        "weekdays": ["0"],
        "at": "09:00",
        "minutes": "30",
        "starts_on": timezone.localdate().isoformat(),
        "place": "https://meet.example/round",
        "people": [str(ola.pk), str(tomasz.pk)],
    }


def test_the_empty_list_says_what_a_joint_meeting_is_for_and_offers_one_button(
    client: Client, ola: User
) -> None:
    page = client.get("/meetings/").content.decode()
    assert "No joint meeting is planned" in page
    assert "/meetings/series/new/" in page
    client.force_login(person("rep"))
    rep = client.get("/meetings/").content.decode()
    assert "/meetings/series/new/" not in rep
    assert "/meetings/hand-in/" in rep


def test_a_series_is_planned_by_plain_controls(client: Client, typed: dict[str, Any]) -> None:
    shown = client.post("/meetings/series/new/", typed | {"show": "1"})
    assert shown.status_code == 200
    assert "Every week: Monday" in shown.content.decode()
    assert not Series.objects.exists()
    assert client.post("/meetings/series/new/", typed).status_code == 302
    made = Series.objects.get()
    assert made.rule == "FREQ=WEEKLY;BYDAY=MO"
    assert Meeting.objects.filter(series=made).exists()
    page = client.get("/meetings/").content.decode()
    assert 'href="https://meet.example/round"' in page
    assert f"/meetings/series/{made.pk}/" in page


@pytest.mark.parametrize(
    ("controls", "rule"),
    [
        ({"repeats": "two_weeks", "weekdays": ["0", "3"]}, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"),
        ({"repeats": "month", "place_in_month": "-1", "month_weekday": "4"}, "FREQ=MONTHLY;BYDAY=-1FR"),
        ({"repeats": "workday", "weekdays": []}, "FREQ=DAILY"),
    ],
)
def test_each_control_makes_its_rule_and_shows_again(
    client: Client, typed: dict[str, Any], controls: dict[str, Any], rule: str
) -> None:
    assert client.post("/meetings/series/new/", typed | controls).status_code == 302
    made = Series.objects.get()
    assert made.rule == rule
    form = client.get(f"/meetings/series/{made.pk}/").context["form"]
    assert form["repeats"].value() == controls["repeats"]


def test_a_rule_that_the_controls_cannot_say_is_kept_as_it_is(client: Client, typed: dict[str, Any]) -> None:
    client.post("/meetings/series/new/", typed)
    Series.objects.update(rule="FREQ=MONTHLY;BYMONTHDAY=15")
    made = Series.objects.get()
    page = client.get(f"/meetings/series/{made.pk}/")
    assert "As before: Every month: day 15" in page.content.decode()
    saved = client.post(
        f"/meetings/series/{made.pk}/", typed | {"repeats": "keep", "name": "Mid-month", "version": "1"}
    )
    assert saved.status_code == 302
    made.refresh_from_db()
    assert (made.rule, made.name) == ("FREQ=MONTHLY;BYMONTHDAY=15", "Mid-month")


def test_dates_follow_the_controls_while_they_are_set(client: Client, ola: User) -> None:
    url = (
        "/meetings/series/dates/?repeats=month&place_in_month=1&month_weekday=0&at=09:00&starts_on=2026-01-01"
    )
    page = client.get(url).content.decode()
    assert "Every month: 1st Monday, 9:00" in page
    assert page.count("<li>") == 5
    assert "the next dates show here" in client.get("/meetings/series/dates/").content.decode()
    odd = "/meetings/series/dates/?repeats=week&weekdays=9&at=99:99&starts_on=9999-12-31&series=99999999999999999999"
    assert client.get(odd).status_code == 200


FIELDS = ("name", "repeats", "weekdays", "at", "minutes", "starts_on", "ends_on", "place", "people")


@pytest.mark.parametrize("odd", ODD)
def test_odd_input_is_said_at_its_field_and_what_was_typed_stays(
    client: Client, typed: dict[str, Any], odd: str
) -> None:
    for field in FIELDS:
        answer = client.post("/meetings/series/new/", typed | {field: odd})
        if answer.status_code == 302:  # a name or a place may look like this
            assert field in {"name", "place"}
            assert "<script>alert" not in client.get("/meetings/").content.decode()
            Series.objects.all().delete()
            continue
        assert answer.status_code == 422, field
        assert answer.context["form"].errors, field
        assert not Series.objects.exists()
        if field != "name":
            assert "Monday round" in answer.content.decode()


def test_two_people_changing_one_series_notice_each_other(client: Client, typed: dict[str, Any]) -> None:
    client.post("/meetings/series/new/", typed)
    url = f"/meetings/series/{Series.objects.get().pk}/"
    assert client.post(url, typed | {"name": "Theirs", "version": "1"}).status_code == 302
    page = client.post(url, typed | {"name": "Mine", "version": "1"})
    assert page.status_code == 409
    assert "Mine" in page.content.decode()
    assert Series.objects.get().name == "Theirs"
    assert client.post(url, typed | {"name": "Mine", "version": "2"}).status_code == 302


def test_everyone_sees_a_series_and_only_who_runs_meetings_changes_it(
    client: Client, typed: dict[str, Any]
) -> None:
    client.post("/meetings/series/new/", typed)
    url = f"/meetings/series/{Series.objects.get().pk}/"
    client.force_login(person("rep"))
    page = client.get(url)
    assert page.status_code == 200
    assert "<form" not in page.content.decode().partition('id="main"')[2].partition("</main>")[0]
    for to in (url, f"{url}end/", f"{url}resume/", "/meetings/series/new/", "/meetings/new/"):
        assert client.post(to, typed | {"version": "1", "name": "Mine"}).status_code == 403
    assert Series.objects.get().name == "Monday round"


def test_a_series_is_ended_and_started_again(client: Client, typed: dict[str, Any]) -> None:
    client.post("/meetings/series/new/", typed)
    url = f"/meetings/series/{Series.objects.get().pk}/"
    assert "End “Monday round”?" in client.get(f"{url}end/").content.decode()
    assert client.post(f"{url}end/", {"reason": "Enough"}).status_code == 302
    assert not Meeting.objects.exists()
    assert "Start it again" in client.get(url).content.decode()
    client.post(f"{url}resume/")
    assert Meeting.objects.exists()


@pytest.fixture
def meeting(client: Client, typed: dict[str, Any]) -> Meeting:
    client.post("/meetings/series/new/", typed)
    found = Meeting.objects.order_by("starts_at").first()
    assert found is not None
    return found


def test_one_meeting_is_moved(client: Client, meeting: Meeting) -> None:
    on = timezone.localtime(meeting.starts_at).date() + timedelta(days=1)
    to = {"on": on.isoformat(), "at": "14:00", "minutes": "45", "place": "Room 2", "version": "1"}
    assert client.get(f"/meetings/{meeting.pk}/move/").status_code == 200
    assert client.post(f"/meetings/{meeting.pk}/move/", to).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.is_moved, meeting.minutes) == (True, 45)
    assert meeting.starts_at.astimezone(ZoneInfo("Europe/Warsaw")).hour == 14
    late = client.post(f"/meetings/{meeting.pk}/move/", to | {"minutes": "60"})
    assert late.status_code == 409
    assert 'value="60"' in late.content.decode()
    past = client.post(f"/meetings/{meeting.pk}/move/", to | {"on": "2020-01-01", "version": "2"})
    assert past.status_code == 422
    assert "This time is over" in past.content.decode()
    skipped = client.post(
        f"/meetings/{meeting.pk}/move/", to | {"on": "2027-03-28", "at": "02:30", "version": "2"}
    )
    assert skipped.status_code == 422


def test_one_meeting_is_cancelled_and_brought_back(client: Client, meeting: Meeting) -> None:
    url = f"/meetings/{meeting.pk}/"
    assert client.post(f"{url}cancel/", {"reason": ""}).status_code == 422
    page = client.post(f"{url}cancel/", {"reason": "Fair"}, follow=True).content.decode()
    assert f"{url}bring-back/" in page
    assert "Reason: Fair" in page
    assert client.post(f"{url}move/", {}).status_code == 422
    client.post(f"{url}bring-back/")
    meeting.refresh_from_db()
    assert (meeting.state, meeting.reason) == ("planned", "")


def test_who_comes_to_one_meeting_is_chosen_for_it_alone(client: Client, meeting: Meeting, ola: User) -> None:
    rep = person("rep")
    url = f"/meetings/{meeting.pk}/people/"
    assert client.post(url, {"people": [str(ola.pk)]}).status_code == 422
    assert client.post(url, {"people": [str(ola.pk), str(rep.pk)]}).status_code == 302
    asked = set(Attendance.objects.filter(meeting=meeting).values_list("person", flat=True))
    assert asked == {ola.pk, rep.pk}
    assert Attendance.objects.filter(person=rep).count() == 1


def test_one_meeting_without_a_series(client: Client, typed: dict[str, Any]) -> None:
    on = timezone.localdate() + timedelta(days=3)
    to = {
        "name": "After the fair",
        "on": on.isoformat(),
        "at": "13:00",
        "minutes": "30",
        "people": typed["people"],
    }
    assert client.get("/meetings/new/").status_code == 200
    for _again in range(2):
        assert client.post("/meetings/new/", to).status_code == 302
    (made,) = Meeting.objects.all()
    assert (made.series, made.name) == (None, "After the fair")
    assert client.post("/meetings/new/", to | {"on": "9999-12-31"}).status_code == 422
    assert client.post("/meetings/new/", to | {"at": "25:00"}).status_code == 422


def test_a_day_leads_to_its_first_meeting(client: Client, meeting: Meeting) -> None:
    on = timezone.localtime(meeting.starts_at).date()
    assert client.get(f"/meetings/{on}/").headers["Location"] == f"/meetings/{meeting.pk}/"
    for none in ("2001-01-01", "2026-13-01", "0000-00-00", "9999-12-31"):
        assert client.get(f"/meetings/{none}/").status_code == 404


def made(count: int, *, is_past: bool = False) -> None:
    who = [person("rep") for _number in range(3)]
    start = timezone.now() + timedelta(days=-400 if is_past else 1)
    for number in range(count):
        at = start + timedelta(days=number)
        one = Meeting.objects.create(name=f"Round {number}", starts_at=at, at=at, zone="Europe/Warsaw")
        planning.invite([one.pk], [person.pk for person in who])


@pytest.mark.parametrize("show", ["", "?show=past"])
def test_the_list_takes_as_many_statements_for_twenty_as_for_one(
    client: Client, ola: User, show: str
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/meetings/{show}").status_code == 200
        return len(caught)

    made(1, is_past=bool(show))
    client.get("/meetings/")
    one = statements()
    made(19, is_past=bool(show))
    assert statements() == one


def test_the_list_pages_by_key(client: Client, ola: User) -> None:
    made(65, is_past=True)
    seen: list[int] = []
    url = "/meetings/?show=past"
    while url:
        page = client.get(url)
        seen += [row.of.pk for row in page.context["rows"]]
        url = page.context["next_url"]
    assert seen == list(Meeting.objects.order_by("-starts_at", "-pk").values_list("pk", flat=True))
    for odd in ("x", "1", "1-", "9" * 18 + "-1", "1-" + "9" * 18, "%00"):
        assert client.get(f"/meetings/?show=past&after={odd}").status_code == 200


def test_a_past_meeting_nobody_began_says_so(client: Client, ola: User) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    Meeting.objects.create(name="Forgotten", starts_at=at, at=at)
    assert "Not held" in client.get("/meetings/?show=past").content.decode()
