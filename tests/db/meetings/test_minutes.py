"""Minutes: who gets them, once a version, and what they say."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, NotAllowed
from leadsync.meetings.models import Attendance, Meeting, Point
from leadsync.meetings.services import agenda, decisions, minutes, points
from leadsync.notices import choices, delivery
from leadsync.notices.models import Message, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, meeting

pytestmark = pytest.mark.django_db

KEY = "alert:gate_failed:1"


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def head(client: Client) -> User:
    made = person("director", name="Anna Director")
    client.force_login(made)
    return made


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Owner", language="pl")


@pytest.fixture
def held(head: User, marta: User) -> Meeting:
    """A meeting of two with one decision and a point nobody talked about."""
    alert()
    alert(subject="2")
    of = meeting(people=(head, person("rep", name="Pawel Rep")))
    decisions.record(
        meeting=of,
        key=KEY,
        text="Stop <it>",
        owner=marta,
        due_on=TUESDAY.date() + timedelta(days=3),
        by=head,
        at=TUESDAY,
    )
    return of


def test_everyone_asked_and_who_has_to_do_something_gets_the_minutes_once(
    client: Client, held: Meeting, head: User, marta: User
) -> None:
    for _time in range(3):
        assert client.post(f"/meetings/{held.pk}/send/").status_code == 302
    assert Message.objects.filter(sort="minutes").count() == 3
    held.refresh_from_db()
    assert (held.state, held.sent_version) == ("held", held.version)
    assert held.ended_at is not None
    mail = Message.objects.get(recipient=marta)
    assert "Stop <it>" in mail.body
    assert "Stop &lt;it&gt;" in mail.body_html
    assert f"/meetings/{held.pk}/minutes/" in mail.body
    assert Point.objects.get(subject="gate_failed:2").state == "carried"
    told = Notice.objects.filter(kind="minutes_sent")
    assert set(told.values_list("recipient__name", "context__count")) == {
        ("Marta Owner", 1),
        ("Pawel Rep", 0),
    }


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (timedelta(minutes=24), "9 Mar, 9:10–9:34"),
        (timedelta(days=1), "9 Mar, 9:10 – 10 Mar, 9:10"),
    ],
)
def test_minutes_of_a_meeting_held_earlier_than_planned_say_when_it_was(
    client: Client, head: User, ended: timedelta, said: str
) -> None:
    alert()
    began = TUESDAY - timedelta(days=1, minutes=50)
    of = meeting(people=(head,))
    with time_machine.travel(began, tick=False):
        agenda.begin(meeting=of, by=head)
        page = client.get(f"/meetings/{of.pk}/").content.decode()
        assert "today 9:10" in page.replace("\N{NO-BREAK SPACE}", " ")
    with time_machine.travel(began + ended, tick=False):
        minutes.send(meeting=of, by=head)
        page = client.get(f"/meetings/{of.pk}/minutes/").content.decode()
    mail = Message.objects.get(recipient=head)
    for text in (page, mail.body, mail.body_html):
        assert said in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_morning_mail_does_not_tell_of_minutes_again(held: Meeting, head: User, marta: User) -> None:
    minutes.send(meeting=held, by=head)
    assert not Notice.objects.filter(kind="minutes_sent", message=None).exists()
    before = Message.objects.count()
    for hours in range(0, 60, 3):
        delivery.compose(at=TUESDAY + timedelta(days=1, hours=hours))
    assert not Message.objects.filter(recipient=marta).exclude(sort="minutes").exists()
    assert Message.objects.count() == before


def test_who_stopped_these_mails_reads_of_them_in_the_app(held: Meeting, head: User, marta: User) -> None:
    choices.choose(by=marta, sort="minutes", is_wanted=False)
    minutes.send(meeting=held, by=head)
    assert not Message.objects.filter(recipient=marta).exists()
    assert Notice.objects.get(recipient=marta).message is None


def test_a_correction_goes_out_again_and_says_so(
    client: Client, held: Meeting, head: User, marta: User
) -> None:
    minutes.send(meeting=held, by=head)
    url = f"/meetings/{held.pk}/"
    assert "Send the correction" not in client.get(url).content.decode()
    points.note(meeting=held, key=KEY, text="The fair agreed", by=head)
    assert "Send the correction" in client.get(url).content.decode()
    sent = minutes.send(meeting=held, by=head)
    again = minutes.send(meeting=held, by=head)
    assert (sent.is_correction, sent.people, again.is_new) == (True, 3, False)
    mails = Message.objects.filter(recipient=marta).order_by("id")
    assert mails.count() == 2
    last = mails.last()
    assert last is not None
    assert "The fair agreed" in last.body
    assert Message.objects.filter(recipient=head, subject__startswith="Corrected").exists()


def test_what_follows_a_decision_is_no_correction(held: Meeting, head: User, marta: User) -> None:
    minutes.send(meeting=held, by=head)
    found = held.decisions.get()
    decisions.finish(decision=found, note="Stopped", by=marta)
    assert not minutes.send(meeting=held, by=head).is_new


def test_mails_are_in_the_readers_language(held: Meeting, head: User, marta: User) -> None:
    minutes.send(meeting=held, by=head)
    polish, english = Message.objects.get(recipient=marta), Message.objects.get(recipient=head)
    assert polish.body != english.body
    assert english.subject == "Minutes: Weekly review, 10 Mar"


def test_a_meeting_that_has_not_begun_has_no_minutes(client: Client, head: User) -> None:
    of = meeting()
    for name in ("send", "end"):
        assert client.post(f"/meetings/{of.pk}/{name}/").status_code == 409
    assert not Message.objects.exists()
    page = client.get(f"/meetings/{of.pk}/minutes/")
    assert page.status_code == 200
    assert "there are no minutes yet" in page.content.decode()


def test_who_does_not_run_meetings_sends_nothing(held: Meeting) -> None:
    with pytest.raises(NotAllowed):
        minutes.send(meeting=held, by=person("marketer"))
    held.refresh_from_db()
    assert (held.state, held.sent_version, Message.objects.count()) == ("running", 0, 0)


def test_a_meeting_with_nothing_and_nobody_can_still_be_closed(head: User) -> None:
    of = meeting()
    agenda.begin(meeting=of, by=head)
    sent = minutes.send(meeting=of, by=head)
    assert sent.people == 1
    assert "Nothing was on the agenda." in Message.objects.get().body


def test_who_was_there_stands_in_the_minutes(client: Client, held: Meeting, head: User) -> None:
    rep = User.objects.get(name="Pawel Rep")
    url = f"/meetings/{held.pk}/present/"
    assert client.post(url, {"person": head.pk, "came": "yes"}).status_code == 302
    assert client.post(url, {"person": rep.pk, "came": "no"}).status_code == 302
    for odd in ({"person": rep.pk, "came": "perhaps"}, {"person": "x", "came": "yes"}, {"came": "yes"}):
        assert client.post(url, odd).status_code == 422
    assert client.post(url, {"person": "999999", "came": "yes"}).status_code == 404
    assert dict(Attendance.objects.values_list("person__name", "is_present")) == {
        "Anna Director": True,
        "Pawel Rep": False,
    }
    minutes.send(meeting=held, by=head)
    body = Message.objects.get(recipient=head).body
    assert "Were there: Anna Director" in body
    assert "Were not there: Pawel Rep" in body
    client.post(url, {"person": rep.pk, "came": "yes"})
    assert minutes.send(meeting=held, by=head).is_correction


def test_ending_without_sending_and_going_on(client: Client, held: Meeting, head: User) -> None:
    url = f"/meetings/{held.pk}/end/"
    assert client.post(url).url == f"/meetings/{held.pk}/minutes/"  # type: ignore[attr-defined]
    client.post(url, {"undo": "1"})
    held.refresh_from_db()
    assert (held.state, held.ended_at) == ("running", None)
    minutes.send(meeting=held, by=head)
    with pytest.raises(Conflict):
        minutes.go_on(meeting=held, by=head)


def test_the_page_to_print_has_decisions_owners_and_days(client: Client, held: Meeting, marta: User) -> None:
    page = client.get(f"/meetings/{held.pk}/minutes/").content.decode()
    assert 'class="app portrait"' in page
    for words in ("Stop &lt;it&gt;", "Marta Owner", "Decided", "Still open"):
        assert words in page
