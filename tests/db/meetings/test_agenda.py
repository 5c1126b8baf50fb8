"""The agenda that builds itself, and beginning a meeting."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback.models import Question
from feedback.services import disputes
from leads.services import marking
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, NotAllowed
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.selectors import facts
from leadsync.meetings.services import agenda, points
from leadsync.notices.models import Alert
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, decision, meeting, weekly
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, lead, reason

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def head(client: Client) -> User:
    made = person("head_of_marketing", name="Ola Head")
    client.force_login(made)
    return made


def titles(of: Meeting, by: User) -> list[str]:
    return [one.words.title for one in selectors.agenda_of(of, by, at=TUESDAY).points]


def test_what_costs_most_comes_first_and_of_the_same_cost_the_oldest(head: User) -> None:
    alert(subject="a", minutes=10)
    alert("gate_late", "b", minutes=90, context={"title": "Costly"})
    alert("drought", "c", minutes=10, opened_at=TUESDAY - timedelta(days=9), context={"title": "Old"})
    keys = [one.key for one in selectors.agenda_of(meeting(), head).points]
    assert keys == ["alert:gate_late:b", "alert:drought:c", "alert:gate_failed:a"]


def test_what_only_administrators_can_repair_is_not_on_the_agenda(head: User) -> None:
    for kind in rules.SKIPPED:
        alert(kind, "1")
    alert(resolved_at=TUESDAY)
    assert titles(meeting(), head) == []


def test_many_facts_of_one_kind_are_one_point_that_costs_as_much_as_all_of_them(head: User) -> None:
    for number in range(14):
        alert(subject=str(number), minutes=number)
    (one,) = selectors.agenda_of(meeting(), head).points
    assert one.item.cost_minutes == sum(range(14))
    assert len(one.named) == rules.NAMED
    assert one.more == 14 - rules.NAMED
    assert "13" in one.words.title


def test_three_of_one_kind_are_a_point_each(head: User) -> None:
    for number in range(3):
        alert(subject=str(number))
    assert len(titles(meeting(), head)) == 3


def test_open_disputes_are_on_the_agenda_until_they_are_decided(head: User) -> None:
    rep = person("rep")
    mark = marking.mark(
        lead=lead(owner=rep, at=TUESDAY),
        value="not_a_fit",
        reason=reason(),
        by=rep,
        version=None,
        at=TUESDAY + MINUTE,
    )
    found = disputes.dispute(
        mark=mark, wanted="promising", text="No", by=person("marketer"), at=TUESDAY + HOUR
    )
    planned = meeting()
    (one,) = selectors.agenda_of(planned, head).points
    assert one.item.cost_minutes == facts.DISPUTE_MINUTES
    agenda.begin(meeting=planned, by=head)
    disputes.decide(dispute=found, verdict="upheld", by=person("director"), at=TUESDAY + HOUR)
    (one,) = selectors.agenda_of(Meeting.objects.get(pk=planned.pk), head).points
    assert one.is_settled


def test_decisions_of_former_meetings_come_when_they_are_due_and_their_alert_does_not_come_twice(
    head: User,
) -> None:
    former, next_one = meeting(), meeting(starts_at=TUESDAY + timedelta(days=7))
    late = decision(former)
    decision(former, due_on=date(2026, 6, 1))
    decision(former, state="done", done_at=TUESDAY)
    alert("decision_overdue", str(late.pk))
    assert [one.key for one in selectors.agenda_of(next_one, head).points] == [f"decision:{late.pk}"]


def test_beginning_writes_the_points_down_and_facts_that_came_since_can_be_added(head: User) -> None:
    alert(subject="1", minutes=5)
    own = points.hand_in(source="need", text="A price list", by=person("rep"))
    planned = meeting()
    agenda.begin(meeting=planned, by=head)
    assert list(Point.objects.filter(meeting=planned).values_list("place", "source")) == [
        (1, "alert"),
        (2, "need"),
    ]
    own.refresh_from_db()
    assert own.meeting_id == planned.pk
    alert(subject="2")
    points.hand_in(source="problem", text="Late", by=person("rep"))
    running = Meeting.objects.get(pk=planned.pk)
    assert selectors.agenda_of(running, head).new == 2
    assert agenda.pull_in(meeting=running, by=head) == 2
    assert agenda.pull_in(meeting=running, by=head) == 0
    assert list(Point.objects.filter(meeting=planned).values_list("place", flat=True)) == [1, 2, 3, 4]


def test_a_kind_that_became_many_is_not_added_again(head: User) -> None:
    for number in range(3):
        alert(subject=str(number))
    planned = meeting()
    agenda.begin(meeting=planned, by=head)
    Alert.objects.update(resolved_at=None)
    assert selectors.agenda_of(Meeting.objects.get(pk=planned.pk), head).new == 0


def test_beginning_twice_begins_once(head: User) -> None:
    alert()
    planned = meeting()
    first = agenda.begin(meeting=planned, by=head, at=TUESDAY)
    second = agenda.begin(meeting=planned, by=head, at=TUESDAY + HOUR)
    assert second.began_at == first.began_at == TUESDAY
    assert Point.objects.count() == 1


def test_a_meeting_that_is_over_or_cancelled_does_not_begin(head: User) -> None:
    for state in ("held", "cancelled"):
        of = meeting(state=state, began_at=TUESDAY)
        with pytest.raises(Conflict):
            agenda.begin(meeting=of, by=head)
    assert not Point.objects.exists()


def test_beginning_is_taken_back_until_something_was_said(head: User) -> None:
    alert()
    own = points.hand_in(source="need", text="A price list", by=person("rep"))
    planned = meeting()
    agenda.begin(meeting=planned, by=head)
    agenda.put_back(meeting=planned, by=head)
    own.refresh_from_db()
    assert (own.meeting_id, own.place) == (None, 0)
    assert Point.objects.count() == 1
    assert Meeting.objects.get(pk=planned.pk).state == "planned"
    points.note(meeting=planned, key=f"own:{own.pk}", text="Tomasz asks the printer", by=head)
    with pytest.raises(Conflict):
        agenda.put_back(meeting=planned, by=head)
    assert Point.objects.filter(meeting=planned).count() == 2


@pytest.mark.parametrize("role", ["rep", "marketer"])
def test_who_does_not_run_meetings_reads_them_and_changes_nothing(client: Client, role: str) -> None:
    alert()
    planned, by = meeting(), person(role)
    client.force_login(by)
    assert client.get(f"/meetings/{planned.pk}/").status_code == 200
    for name in ("begin", "pull-in", "decide", "note", "settle", "end", "send", "present"):
        refused = client.post(f"/meetings/{planned.pk}/{name}/", {"point": "alert:gate_failed:1"})
        assert refused.status_code == 403, name
    with pytest.raises(NotAllowed):
        agenda.begin(meeting=planned, by=by)
    planned.refresh_from_db()
    assert (planned.state, planned.version, Point.objects.count()) == ("planned", 1, 0)
    assert not Decision.objects.exists()


def _queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


@pytest.mark.parametrize("is_begun", [False, True])
def test_the_page_costs_the_same_with_one_and_with_two_hundred_facts(
    client: Client, head: User, is_begun: bool
) -> None:
    of = campaign()

    def more(first: int, count: int) -> None:
        for number in range(first, first + count):
            kind = ("gate_failed", "drought", "point_broken", "question_overdue")[number % 4]
            alert(kind, str(number), minutes=number, url=f"/campaigns/{of.pk}/")
            points.hand_in(source="need", text=f"Need {number}", by=person("rep"))
            decision(meeting(), text=f"Decision {number}")

    def counted() -> int:
        planned = meeting(starts_at=TUESDAY + timedelta(days=30))
        if is_begun:
            agenda.begin(meeting=planned, by=head)
        url = f"/meetings/{planned.pk}/"
        _queries(client, url)
        return _queries(client, url)

    more(0, 4)
    few = counted()
    more(4, 66)
    assert counted() <= few <= 20


def test_writing_down_costs_the_same_with_one_and_with_two_hundred_facts(head: User) -> None:
    def counted(first: int, count: int) -> int:
        for number in range(first, first + count):
            alert(f"kind{number % 60}", str(number))
        planned = meeting()
        with CaptureQueriesContext(connection) as caught:
            agenda.begin(meeting=planned, by=head)
        return len(caught)

    counted(0, 1)
    assert counted(1, 199) == counted(200, 1)


# ---------------------------------------------------------------------------------------------- suggestions


def test_a_decision_begins_with_the_next_step_whom_it_concerns_and_the_day_before_the_next_meeting(
    head: User,
) -> None:
    first, _second = weekly(by=head)
    owner = person("marketer", name="Marta Owner")
    of = campaign(owner=owner)
    alert(url=f"/campaigns/{of.pk}/")
    shown = selectors.agenda_of(first, head, at=TUESDAY)
    (one,) = shown.points
    assert one.suggestion is not None
    assert one.suggestion.owner_id == owner.pk
    assert one.suggestion.due_on == date(2026, 3, 16)  # Monday before the next Tuesday
    assert one.suggestion.text.startswith("Stop, change and test again")


def test_without_a_next_meeting_it_is_due_in_five_working_days(head: User) -> None:
    alert()
    (one,) = selectors.agenda_of(meeting(), head, at=TUESDAY).points
    assert one.suggestion is not None
    assert one.suggestion.due_on == date(2026, 3, 17)


def test_each_fact_concerns_whom_it_names_and_else_a_head(head: User) -> None:
    sales, director = person("head_of_sales"), person("director")
    rep, marketer = person("rep"), person("marketer")
    of = lead(owner=rep, at=TUESDAY)
    asked = Question.objects.create(
        asker=marketer, answerer=rep, text="Why?", asked_at=TUESDAY, due_at=TUESDAY
    )
    alert("silent", "1", url=f"/leads/{of.pk}/")
    alert("question_overdue", "2", url=f"/questions/{asked.pk}/")
    alert("overload", "3")
    alert("drought", "4")
    alert("agreement_unsigned", "5")
    left = person("rep", is_active=False)
    gone = campaign(owner=left)
    alert("gate_failed", "6", url=f"/campaigns/{gone.pk}/")
    running = campaign(owner=marketer)
    alert("gate_failed", "7", url=f"/campaigns/{running.pk}/", context={"signs": ["sales"]})
    needs = points.hand_in(source="need", text="Of sales", by=rep)
    problem = points.hand_in(source="problem", text="Of marketing", by=marketer)
    nobody = points.hand_in(source="need", text="Nobody's", by=rep, is_anonymous=True)
    found = {
        one.key: one.suggestion.owner_id
        for one in selectors.agenda_of(meeting(), head).points
        if one.suggestion
    }
    assert found == {
        "alert:silent:1": rep.pk,
        "alert:question_overdue:2": rep.pk,
        "alert:overload:3": sales.pk,
        "alert:drought:4": head.pk,
        "alert:agreement_unsigned:5": director.pk,
        "alert:gate_failed:6": director.pk,
        "alert:gate_failed:7": sales.pk,
        f"own:{needs.pk}": head.pk,
        f"own:{problem.pk}": sales.pk,
        f"own:{nobody.pk}": director.pk,
    }


def test_the_next_meeting_is_the_one_that_goes_on_else_the_next_that_is_planned() -> None:
    assert selectors.next_meeting(TUESDAY) is None
    later = meeting(starts_at=TUESDAY + timedelta(days=2))
    meeting(starts_at=TUESDAY - timedelta(days=2))
    meeting(starts_at=TUESDAY + HOUR, state="cancelled")
    assert selectors.next_meeting(TUESDAY) == later
    now = meeting(starts_at=TUESDAY - timedelta(days=3), state="running", began_at=TUESDAY)
    assert selectors.next_meeting(TUESDAY) == now
