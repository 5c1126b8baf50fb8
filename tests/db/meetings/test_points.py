"""Handing in points: with a name and without, taking back, and what becomes of them at a meeting."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.meetings.models import Meeting, Point
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.services import agenda, minutes, points
from leadsync.notices.models import Message, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, meeting
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, lead

pytestmark = pytest.mark.django_db

URL = "/meetings/hand-in/"
TEXT = "Calls of one list are wrong numbers."


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def rep(client: Client) -> User:
    made = person("rep", name="Zenobia Quietly", email="zenobia@example.com")
    client.force_login(made)
    return made


@pytest.fixture
def head() -> User:
    return person("head_of_sales")


def sent(client: Client, **data: Any) -> Any:
    return client.post(URL, {"source": "problem", "text": TEXT} | data)


@pytest.mark.parametrize("role", ["marketer", "rep", "head_of_marketing", "head_of_sales", "director"])
def test_anyone_of_either_side_hands_in_and_it_waits_for_the_next_meeting(client: Client, role: str) -> None:
    by = person(role)
    client.force_login(by)
    assert sent(client).status_code == 302
    point = Point.objects.get()
    assert (point.by, point.meeting, point.state, point.source) == (by, None, "open", "problem")
    assert TEXT in client.get(URL).content.decode()


def test_an_administrator_alone_hands_in_nothing(client: Client) -> None:
    client.force_login(person("administrator"))
    assert sent(client).status_code == 403
    assert not Point.objects.exists()


# ---------------------------------------------------------------------------------------------- without a name


def everywhere() -> Iterator[tuple[str, Any]]:
    """Every value of every column of every table."""
    for model in apps.get_models(include_auto_created=True):
        names = [field.attname for field in model._meta.concrete_fields]
        for row in model._default_manager.values_list(*names):
            for name, value in zip(names, row, strict=True):
                yield f"{model._meta.label}.{name}", value


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as the real formatter writes it, whatever the level."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    before = root.level
    names = ("django", "django.request", "django.server", "django_structlog")
    some = [root, *(logging.getLogger(name) for name in names)]
    for one in some:
        one.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.setLevel(before)
    for one in some:
        one.removeHandler(handler)


def test_without_a_name_no_column_no_session_and_no_log_holds_who_it_was(
    client: Client, rep: User, head: User, logged: io.StringIO
) -> None:
    before = {place: value for place, value in everywhere() if value == rep.pk}
    sessions = set(Session.objects.values_list("session_data", flat=True))
    assert sent(client, is_anonymous="on").status_code == 302
    refused = sent(client, is_anonymous="on", text="")
    assert refused.status_code == 422
    point = Point.objects.get()
    assert point.by is None
    local = point.at.astimezone(CompanyFactory.create().tz)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    # Through a meeting and its minutes, and left over for the next one.
    of = meeting(people=(rep, head))
    agenda.begin(meeting=of, by=head)
    minutes.send(meeting=of, by=head)
    assert Point.objects.filter(by__isnull=False).count() == 0
    after = {place for place, value in everywhere() if value == rep.pk} - {
        *before,
        "meetings.Attendance.person_id",  # asked to the meeting, like everybody
        "notices.Message.recipient_id",  # and told how it ended
        "notices.Notice.recipient_id",
        "accounts.User.id",
    }
    # Small numbers of other tables may be equal: only references to people count.
    people = {
        f"{model._meta.label}.{field.attname}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is User
    }
    assert after & people == set()
    for row in (
        *Message.objects.values_list("body", flat=True),
        *Notice.objects.values_list("context", flat=True),
    ):
        text = json.dumps(row)
        assert "Handed in by" not in text
    assert set(Session.objects.values_list("session_data", flat=True)) == sessions
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if line.startswith("{")]
    about = [line for line in lines if URL in json.dumps(line)]
    assert {line["event"] for line in about} >= {"request_started", "request_finished"}
    for line in about:
        assert not {"user_id", "ip", "user_agent"} & line.keys(), line
        assert "zenobia" not in json.dumps(line).lower()
    assert client.cookies.get("messages") is None or not client.cookies["messages"].value


def test_over_the_api_the_log_is_as_quiet(logged: io.StringIO) -> None:
    client, by = Client(), person("rep")
    client.force_login(by)
    body = {"source": "need", "text": TEXT, "is_anonymous": True}
    made = client.post("/api/v1/handed-in/", body, content_type="application/json")
    assert (made.status_code, made.json()["by"]) == (201, None)
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if line.startswith("{")]
    about = [line for line in lines if "/api/v1/handed-in/" in json.dumps(line)]
    assert about
    assert not [line for line in about if {"user_id", "ip"} & line.keys()]


def test_lines_about_other_pages_still_say_who_asked(client: Client, rep: User, logged: io.StringIO) -> None:
    client.get("/meetings/decisions/")
    lines = [json.loads(line) for line in logged.getvalue().splitlines() if line.startswith("{")]
    assert any(line.get("user_id") == rep.pk for line in lines if "/meetings/decisions/" in json.dumps(line))


def test_without_a_name_nobody_can_take_it_back(client: Client, rep: User) -> None:
    sent(client, is_anonymous="on")
    point = Point.objects.get()
    assert client.post(f"/meetings/points/{point.pk}/withdraw/").status_code == 403
    point.refresh_from_db()
    assert point.state == "open"
    assert TEXT not in client.get(URL).content.decode()


# ---------------------------------------------------------------------------------------------- own points


def test_the_same_sent_twice_is_one_point(rep: User) -> None:
    for is_anonymous in (False, True):
        first = points.hand_in(source="need", text=TEXT, by=rep, is_anonymous=is_anonymous)
        again = points.hand_in(source="need", text=f" {TEXT}\r\n", by=rep, is_anonymous=is_anonymous)
        assert first == again
    assert Point.objects.count() == 2


def test_taking_back_and_handing_in_again(client: Client, rep: User, head: User) -> None:
    sent(client)
    point = Point.objects.get()
    with pytest.raises(NotAllowed):
        points.withdraw(point=point, by=head)
    url = f"/meetings/points/{point.pk}/withdraw/"
    assert client.post(url).status_code == 302
    assert selectors.live(meeting()) == []
    client.post(url, {"undo": "1"})
    assert len(selectors.live(meeting())) == 1


def test_what_a_meeting_has_is_not_taken_back(rep: User, head: User) -> None:
    point = points.hand_in(source="need", text=TEXT, by=rep)
    agenda.begin(meeting=meeting(), by=head)
    with pytest.raises(Conflict):
        points.withdraw(point=point, by=rep)
    point.refresh_from_db()
    assert point.state == "open"


@pytest.mark.parametrize(
    "text",
    ["", "   ", "x" * 10_000, "a\x00b", "bell\x07", "\ud800"],
    ids=["empty", "blank", "long", "nul", "bell", "surrogate"],
)
def test_odd_text_is_refused_at_the_field_and_stays(client: Client, rep: User, text: str) -> None:
    if text != "\ud800":
        refused = sent(client, text=text)
        assert refused.status_code == 422
        assert refused.context["form"].errors["text"]
        if text.strip() and "\x00" not in text:
            assert text in refused.content.decode()
    with pytest.raises(Invalid) as error:
        points.hand_in(source="need", text=text, by=rep)
    assert error.value.field == "text"
    assert not Point.objects.exists()


def test_html_and_templates_are_words(client: Client, rep: User, head: User) -> None:
    sent(client, text="<script>alert(1)</script> {{ 7*7 }}")
    client.force_login(head)
    page = client.get(f"/meetings/{meeting().pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "about", ["/leads/999999/", "/admin/", "https://elsewhere.example/", "/leads/1/../2/"]
)
def test_a_point_is_about_nothing_that_is_not_there(client: Client, rep: User, about: str) -> None:
    assert client.get(URL, {"about": about}).status_code == 200
    assert sent(client, about=about).status_code == 422
    assert not Point.objects.exists()


def test_a_point_about_a_campaign_and_a_lead_leads_there(client: Client, rep: User, head: User) -> None:
    of, whom = campaign(name="Spring fair"), lead(name="Eva Example", owner=rep)
    sent(client, about=f"/campaigns/{of.pk}/")
    sent(client, text="Another", about=f"/leads/{whom.pk}/")
    client.force_login(head)
    page = client.get(f"/meetings/{meeting().pk}/").content.decode()
    assert f'href="/campaigns/{of.pk}/"' in page
    assert "About: Spring fair" in page
    assert "About: Eva Example" in page


# ---------------------------------------------------------------------------------------------- at the meeting


def test_what_is_left_over_goes_to_the_next_meeting_and_stays_in_the_minutes(rep: User, head: User) -> None:
    named = points.hand_in(source="need", text="Named", by=rep)
    nobody = points.hand_in(source="need", text="Nobody", by=rep, is_anonymous=True)
    first, second = meeting(), meeting(starts_at=TUESDAY + timedelta(days=7))
    agenda.begin(meeting=first, by=head)
    points.settle(meeting=first, key=f"own:{named.pk}", state="carried", by=head)
    minutes.end(meeting=first, by=head)
    assert set(Point.objects.filter(meeting=first).values_list("text", "state")) == {
        ("Named", "carried"),
        ("Nobody", "carried"),
    }
    waiting = Point.objects.filter(meeting=None)
    assert set(waiting.values_list("text", "by")) == {("Named", rep.pk), ("Nobody", None)}
    assert {one.at for one in waiting} == {named.at, nobody.at}
    minutes.end(meeting=first, by=head)
    assert waiting.all().count() == 2
    agenda.begin(meeting=second, by=head)
    assert Point.objects.filter(meeting=second).count() == 2
    assert waiting.all().count() == 0


def test_a_correction_after_the_end_takes_the_copy_back_and_leaves_it_again(rep: User, head: User) -> None:
    point = points.hand_in(source="need", text=TEXT, by=rep)
    of = meeting()
    agenda.begin(meeting=of, by=head)
    minutes.end(meeting=of, by=head)
    for state, count in (("done", 0), ("carried", 1), ("carried", 1), ("done", 0)):
        points.settle(meeting=of, key=f"own:{point.pk}", state=state, by=head)
        assert Point.objects.filter(meeting=None).count() == count
    minutes.go_on(meeting=of, by=head)
    assert Meeting.objects.get(pk=of.pk).state == "running"


def test_no_decision_needed_next_time_and_open_again(client: Client, head: User) -> None:
    alert()
    of = meeting()
    client.force_login(head)
    url = f"/meetings/{of.pk}/settle/"
    for state in ("done", "carried", "open"):
        answer = client.post(url, {"point": "alert:gate_failed:1", "state": state})
        assert answer.status_code == 302
        assert Point.objects.get().state == state
    assert client.post(url, {"point": "alert:gate_failed:1", "state": "withdrawn"}).status_code == 422
    assert client.post(url, {"point": "alert:nothing:1", "state": "done"}).status_code == 404
    assert client.post(url, {"point": "own:99999999999999999999", "state": "done"}).status_code == 404
    assert Point.objects.get().state == "open"


def test_a_note_and_the_conflict_of_two_who_write_it(client: Client, head: User) -> None:
    alert()
    of = meeting()
    client.force_login(head)
    url, key = f"/meetings/{of.pk}/note/", "alert:gate_failed:1"
    assert client.post(url, {"point": key, "note": "Marta asks the fair", "was": ""}).status_code == 302
    version = Meeting.objects.get(pk=of.pk).version
    again = client.post(url, {"point": key, "note": "Marta asks the fair", "was": ""})
    assert again.status_code == 302
    assert Meeting.objects.get(pk=of.pk).version == version
    refused = client.post(url, {"point": key, "note": "Something else", "was": ""})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Something else" in page
    assert "Marta asks the fair" in page
    assert Point.objects.get().note == "Marta asks the fair"
    assert client.post(url, {"point": key, "note": "x" * 10_000, "was": ""}).status_code == 422


def test_htmx_gets_the_card_and_the_head_of_the_page(client: Client, head: User) -> None:
    alert()
    of = meeting()
    client.force_login(head)
    answer = client.post(
        f"/meetings/{of.pk}/settle/",
        {"point": "alert:gate_failed:1", "state": "carried"},
        headers={"HX-Request": "true"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count('hx-swap-oob="true"') == 3
    assert "<html" not in text
    assert 'name="state" value="open"' in text  # the undo of the toast
    assert Meeting.objects.get(pk=of.pk).state == "running"


def test_a_point_that_came_up_since_it_began_can_be_decided_at_once(head: User) -> None:
    of = meeting()
    agenda.begin(meeting=of, by=head, at=TUESDAY)
    alert(subject="9", opened_at=TUESDAY + HOUR)
    points.settle(meeting=of, key="alert:gate_failed:9", state="done", by=head)
    assert Point.objects.get().state == "done"
