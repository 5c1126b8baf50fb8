"""The mode for the room, the links without scripts, and where other pages lead to meetings."""

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.services import agenda
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import alert, meeting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def head(client: Client) -> User:
    made = person("head_of_sales")
    client.force_login(made)
    return made


@pytest.fixture
def running(head: User) -> Meeting:
    for number in range(3):
        alert(subject=str(number), minutes=9 - number)
    of = meeting(starts_at=timezone.now())
    agenda.begin(meeting=of, by=head)
    return of


def test_one_point_with_links_to_the_ones_beside_it(client: Client, running: Meeting) -> None:
    url = f"/meetings/{running.pk}/room/"
    first = client.get(url).content.decode()
    assert "1 of 3" in first
    assert f'href="{url}?point=alert%3Agate_failed%3A1"' in first
    assert 'rel="prev"' not in first
    middle = client.get(url, {"point": "alert:gate_failed:1"}).content.decode()
    assert "2 of 3" in middle
    assert 'rel="prev"' in middle
    last = client.get(url, {"point": "alert:gate_failed:2"}).content.decode()
    assert 'rel="next"' not in last
    assert "Send minutes" in last


def test_it_opens_at_the_first_open_point(client: Client, head: User, running: Meeting) -> None:
    Point.objects.filter(meeting=running, place=1).update(state="done")
    assert "2 of 3" in client.get(f"/meetings/{running.pk}/room/").content.decode()


@pytest.mark.parametrize("point", ["nothing", "own:1", "alert:", "\x00", "x" * 5_000, "<b>"])
def test_an_odd_address_shows_the_first_point(client: Client, running: Meeting, point: str) -> None:
    page = client.get(f"/meetings/{running.pk}/room/", {"point": point})
    assert page.status_code == 200
    assert "1 of 3" in page.content.decode()


def test_deciding_in_the_room_stays_in_the_room(client: Client, head: User, running: Meeting) -> None:
    data = {
        "point": "alert:gate_failed:1",
        "from": "room",
        "text": "Stop",
        "owner": head.pk,
        "due_on": timezone.localdate().isoformat(),
    }
    url = f"/meetings/{running.pk}/decide/"
    assert client.post(url, data).url == f"/meetings/{running.pk}/room/?point=alert:gate_failed:1"  # type: ignore[attr-defined]
    part = client.post(url, data | {"text": "Again"}, headers={"HX-Request": "true"}).content.decode()
    assert 'id="room"' in part
    assert "2 of 3" in part
    refused = client.post(url, data | {"text": ""})
    assert refused.status_code == 422
    assert 'id="room"' in refused.content.decode()
    assert Decision.objects.count() == 2


def test_before_it_begins_the_room_shows_what_is_open_now(client: Client, head: User) -> None:
    of = meeting()
    assert "Nothing is open just now" in client.get(f"/meetings/{of.pk}/room/").content.decode()
    alert()
    assert "1 of 1" in client.get(f"/meetings/{of.pk}/room/").content.decode()
    of.refresh_from_db()
    assert of.state == "planned"


def test_who_only_reads_sees_no_forms(client: Client, running: Meeting) -> None:
    client.force_login(person("rep"))
    page = client.get(f"/meetings/{running.pk}/room/").content.decode()
    assert 'name="due_on"' not in page
    assert "1 of 3" in page


def drawn(by: User, template: str) -> str:
    request = RequestFactory().get("/dashboard/")
    request.user = by
    return Template("{% load meetings_agenda %}" + template).render(Context({"request": request}))


def test_the_dashboard_leads_to_the_next_agenda_in_one_statement(
    head: User, django_assert_num_queries: object
) -> None:
    assert "Plan a meeting" in drawn(head, "{% next_meeting %}")
    assert drawn(person("rep"), "{% next_meeting %}").strip() == ""
    of = meeting(starts_at=timezone.now())
    assert head.can("run_meetings")  # type: ignore[arg-type]
    with django_assert_num_queries(1):  # type: ignore[operator]
        text = drawn(head, "{% next_meeting %}")
    assert f'href="/meetings/{of.pk}/"' in text
    assert "Open agenda" in text


def test_other_pages_lead_to_handing_in(head: User) -> None:
    text = drawn(head, '{% hand_in_button "/campaigns/7/" %}')
    assert 'href="/meetings/hand-in/?about=/campaigns/7/"' in text
    assert drawn(person("administrator"), "{% hand_in_button %}").strip() == ""
