"""The queue page: rows by deadline, one press for whatever became of a lead, and who may press."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.domain.deadline import Group
from leads.models import Activity, Handoff, Lead, Mark
from leads.services import activities, marking
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.leads import HOUR, agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db

QUEUE = "/queue/"
HTMX = {"HX-Request": "true", "HX-Target": "queue"}


@pytest.fixture
def rep(client: Client) -> User:
    """A rep of a company that is always open: deadlines do not depend on when the test runs."""
    CompanyFactory(zone="UTC", country="")
    for weekday in range(7):
        HoursFactory(weekday=weekday, opens=0, closes=1440)
    found = person("rep", name="Paweł Krawczyk")
    client.force_login(found)
    return found


def due(one: Lead, **ahead: float) -> Lead:
    """Let the promise of a lead fall due so much after now."""
    at = timezone.now() + timedelta(**ahead)
    Handoff.objects.filter(lead=one, ended_at=None).update(
        due_at=at, warn_at=at - HOUR / 4, escalate_at=at + HOUR
    )
    return one


def shown(response) -> dict[str, list[str]]:
    return {
        group.key.value: [row.lead.name for row in group.rows] for group in response.context["queue"].groups
    }


def press(client: Client, name: str, of: Lead, *, htmx: bool = True, **given: Any):
    given = {"version": of.version, "tab": "first"} | given
    return client.post(reverse(f"leads:{name}", args=[of.pk]), given, headers=HTMX if htmx else None)


# ---------------------------------------------------------------------------------------------- the list


def test_leads_stand_in_groups_by_deadline_the_soonest_first(client: Client, rep: User) -> None:
    due(lead(name="later", owner=rep), days=5)
    due(lead(name="tomorrow", owner=rep), days=1)
    due(lead(name="just past", owner=rep), minutes=-5)
    due(lead(name="long past", owner=rep), hours=-30)
    called = lead(name="called", owner=rep)
    activities.log(lead=called, by=rep, kind="call", outcome="reached")
    lead(name="someone else's", owner=person("rep"))
    lead(name="nobody's")
    response = client.get(QUEUE)
    assert shown(response) == {
        "called": ["called"],
        "past": ["long past", "just past"],
        "tomorrow": ["tomorrow"],
        "later": ["later"],
    }
    assert list(shown(response)) == [group.value for group in Group if group.value in shown(response)]
    assert response.context["counts"].past == 2
    assert "2 of 4 leads are past our promise" in response.text


def test_the_first_lead_is_open_unless_another_is_chosen(client: Client, rep: User) -> None:
    first, second = due(lead(owner=rep), hours=-2), due(lead(owner=rep), hours=-1)
    assert client.get(QUEUE).context["pane"].lead == first
    chosen = client.get(f"{QUEUE}?lead={second.pk}")
    assert chosen.context["pane"].lead == second
    assert (chosen.context["pane"].position, chosen.context["pane"].total) == (2, 2)


def test_typing_cuts_the_list_to_who_fits(client: Client, rep: User) -> None:
    lead(name="Ewa Nowicka", owner=rep)
    lead(name="Jan Brandt", owner=rep)
    assert list(shown(client.get(f"{QUEUE}?q=nowi")).values()) == [["Ewa Nowicka"]]
    assert "Nobody here matches" in client.get(f"{QUEUE}?q=zzz").text


def test_an_empty_queue_says_so(client: Client, rep: User) -> None:
    assert "Nobody waits for you" in client.get(QUEUE).text
    assert "Nothing to follow up" in client.get(f"{QUEUE}?tab=follow").text
    assert "Nothing marked yet today" in client.get(f"{QUEUE}?tab=done").text


@pytest.mark.parametrize(
    "query", ["?lead=abc", "?lead=99999999", "?tab=none", "?lead=²", "?q=%00", "?tab=done&lead=1"]
)
def test_an_odd_address_shows_the_queue(client: Client, rep: User, query: str) -> None:
    lead(owner=rep)
    assert client.get(QUEUE + query).status_code == 200


def test_follow_ups_stand_by_their_day_and_those_with_nothing_planned_last(client: Client, rep: User) -> None:
    now = timezone.now()
    for name, step in (("past", now - HOUR), ("next week", now + timedelta(days=7)), ("nothing", None)):
        one = lead(name=name, owner=rep)
        activities.log(lead=one, by=rep, kind="call", outcome="reached")
        Lead.objects.filter(pk=one.pk).update(
            next_step_at=step,
            first_contact_at=now - timedelta(days=3),
            last_activity_at=now - timedelta(days=3),
        )
    found = shown(client.get(f"{QUEUE}?tab=follow"))
    assert found == {"past": ["past"], "later": ["next week"], "nothing": ["nothing"]}


def test_leads_that_are_silent_for_the_agreed_days_stand_under_their_own_heading(
    client: Client, rep: User
) -> None:
    agreement_in_force(silent_days=5)
    now = timezone.now()
    for name, days in (("silent", 5), ("not yet", 4)):
        one = lead(name=name, owner=rep)
        activities.log(lead=one, by=rep, kind="call", outcome="reached")
        at = now - timedelta(days=days, minutes=1)
        Lead.objects.filter(pk=one.pk).update(
            next_step_at=None, next_step="", first_contact_at=at, last_activity_at=at
        )
    response = client.get(f"{QUEUE}?tab=follow")
    assert shown(response) == {"silent": ["silent"], "nothing": ["not yet"]}
    assert "Silent for 5 days" in response.text


def test_the_follow_ups_lead_to_putting_several_off(client: Client, rep: User) -> None:
    for _ in range(2):
        activities.log(lead=lead(owner=rep), by=rep, kind="call", outcome="reached")
    Lead.objects.update(next_step_at=timezone.now() + timedelta(days=1))
    page = client.get(f"{QUEUE}?tab=follow").text
    assert "Put several off at once" in page
    listed = client.get("/leads/?owner=me&stage=contacted&stage=qualified&sort=due")
    assert len(listed.context["page"].rows) == 2


# ---------------------------------------------------------------------------------------------- one press


def test_a_mark_takes_the_lead_off_the_list_and_opens_the_next(client: Client, rep: User) -> None:
    first, second = due(lead(name="A", owner=rep), hours=-2), due(lead(name="B", owner=rep), hours=-1)
    response = press(client, "mark", first, mark="qualified", next=second.pk)
    assert response.status_code == 200
    assert shown(response) == {"past": ["B"]}
    assert response.context["pane"].lead == second
    assert "A marked Qualified" in response.text
    assert 'id="count-queue"' in response.text
    assert fresh(first).stage == "qualified"


def test_promising_asks_when_and_not_a_fit_asks_why(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    for ask, words in (("promising", "When do you get back to them?"), ("not_a_fit", "Why not?")):
        response = press(client, "mark", one, ask=ask)
        assert response.status_code == 200
        assert words in response.text
        assert fresh(one).mark == "none"
    assert press(client, "mark", one, mark="promising").status_code == 422
    assert press(client, "mark", one, mark="not_a_fit").status_code == 422
    assert press(client, "mark", one, mark="not_a_fit:no_budget").status_code == 200
    assert (fresh(one).mark, fresh(one).reason.key) == ("not_a_fit", "no_budget")


@pytest.mark.parametrize(
    ("detail", "on", "days"), [("tomorrow", "", 1), ("days3", "", 3), ("week", "", 7), ("date", "10", 10)]
)
def test_promising_sets_the_chosen_next_step(
    client: Client, rep: User, detail: str, on: str, days: int
) -> None:
    one = lead(owner=rep)
    day = timezone.now().date() + timedelta(days=days)
    response = press(client, "mark", one, mark=f"promising:{detail}", on=day.isoformat() if on else "")
    assert response.status_code == 200
    at = fresh(one).next_step_at
    assert (at.date(), at.hour) == (day, 9)


@pytest.mark.parametrize("on", ["", "soon", "2026-02-30", "99999-01-01", "2020-01-01"])
def test_a_day_that_cannot_be_read_or_is_past_is_refused(client: Client, rep: User, on: str) -> None:
    one = lead(owner=rep)
    assert press(client, "mark", one, mark="promising:date", on=on, note="kept").status_code == 422
    assert press(client, "next_step", one, step="date", on=on).status_code == 422
    assert fresh(one).next_step_at is None


@pytest.mark.parametrize("mark", ["", "great", "none", "unreachable"])
def test_a_mark_that_cannot_be_given_is_refused_in_words(client: Client, rep: User, mark: str) -> None:
    one = lead(owner=rep)
    assert press(client, "mark", one, mark=mark).status_code == 422
    assert fresh(one).mark == "none"


def test_a_colleagues_mark_meanwhile_is_a_conflict_that_keeps_what_was_typed(
    client: Client, rep: User
) -> None:
    one = lead(owner=rep)
    page = client.get(QUEUE).context["pane"]
    head = person("head_of_sales", name="Tomasz Wrona")
    marking.mark(
        lead=fresh(one),
        value="promising",
        by=head,
        version=None,
        next_step_at=timezone.now() + timedelta(days=2),
    )
    response = press(client, "mark", one, mark="qualified", event=page.event_id, note="my own words")
    assert response.status_code == 409
    assert "Tomasz Wrona" in response.text
    assert "my own words" in response.text
    assert response.context["pane"].lead == one
    assert fresh(one).mark == "promising"


def test_ones_own_call_before_the_mark_is_no_conflict(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    page = client.get(QUEUE).context["pane"]
    assert press(client, "call", one).status_code == 200
    assert Activity.objects.get(lead=one).outcome == "calling"
    response = press(client, "mark", one, mark="qualified", event=page.event_id)
    assert response.status_code == 200
    assert fresh(one).mark == "qualified"


def test_a_call_stops_the_clock_and_the_lead_stays_to_be_marked(client: Client, rep: User) -> None:
    one = due(lead(name="A", owner=rep), hours=2)
    response = press(client, "call", one)
    assert shown(response) == {"called": ["A"]}
    assert response.context["pane"].lead == one
    assert fresh(one).is_in_time is True


def test_the_same_press_twice_is_one_mark(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    for _time in range(2):
        assert press(client, "mark", one, mark="qualified").status_code == 200
    assert Mark.objects.count() == 1


def test_no_answer_plans_the_next_try_and_a_note_stays_with_the_lead(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert "no answer. Next try" in press(client, "tried", one, outcome="no_answer").text
    assert fresh(one).attempts == 1
    assert fresh(one).next_step_at is not None
    assert press(client, "note", one, note="Asks for Anna").status_code == 200
    assert press(client, "note", one, note=" ").status_code == 422
    assert Activity.objects.filter(kind="note").get().note == "Asks for Anna"


def test_a_mark_is_taken_back_and_the_lead_stands_where_it_was(client: Client, rep: User) -> None:
    one = due(lead(name="A", owner=rep), hours=-1)
    press(client, "mark", one, mark="qualified")
    mark = Mark.objects.get()
    done = client.get(f"{QUEUE}?tab=done")
    assert done.context["queue"].done == [mark]
    undo = reverse("leads:revert", args=[mark.pk])
    assert undo in done.text
    response = client.post(undo, {"tab": "first"}, headers={"HX-Request": "true"})
    assert '<div class="queue" id="queue" hx-swap-oob="true">' in response.text
    assert shown(response) == {"past": ["A"]}
    assert client.get(QUEUE).context["counts"].done == 0
    again = client.post(undo, {"tab": "done"})
    assert again.status_code == 302


def test_a_lead_is_returned_to_marketing_with_a_reason(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert press(client, "give_back", one, reason="").status_code == 422
    assert press(client, "give_back", one, reason="incomplete").status_code == 200
    assert fresh(one).owner is None


def test_a_criterion_is_answered_and_forgotten(client: Client, rep: User) -> None:
    agreement_in_force(criteria=[{"key": "budget", "question": "Knows the budget"}])
    one = lead(owner=rep)
    assert press(client, "answer", one, key="budget", value="true").status_code == 200
    assert one.answers.get().value is True
    assert press(client, "answer", one, key="budget", value="").status_code == 200
    assert not one.answers.exists()
    assert press(client, "answer", one, key="other", value="1").status_code == 422


# ---------------------------------------------------------------------------------------------- who, and how it answers

ACTIONS = ("call", "mark", "tried", "next_step", "give_back")


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.REP, Role.HEAD_OF_SALES}])
def test_who_does_not_work_leads_has_a_queue_but_no_presses(client: Client, rep: User, role: Role) -> None:
    one = lead(owner=rep)
    client.force_login(person(role))
    assert client.get(QUEUE).status_code == 200
    for name in ACTIONS:
        assert press(client, name, one).status_code == 403, name
    assert fresh(one).version == one.version


def test_a_rep_cannot_press_for_a_colleague_but_the_head_can(client: Client, rep: User) -> None:
    one = lead(owner=person("rep"))
    assert press(client, "mark", one, mark="qualified").status_code == 403
    client.force_login(person("head_of_sales"))
    assert press(client, "mark", one, mark="qualified").status_code == 200


@pytest.mark.parametrize("name", [*ACTIONS, "note", "answer"])
def test_presses_need_a_sign_in_a_lead_and_the_right_method(client: Client, rep: User, name: str) -> None:
    one = lead(owner=rep)
    assert client.get(reverse(f"leads:{name}", args=[one.pk])).status_code == 405
    assert client.post(reverse(f"leads:{name}", args=[0])).status_code == 404
    client.logout()
    assert client.post(reverse(f"leads:{name}", args=[one.pk]))["Location"].startswith("/accounts/login/")


def test_without_scripts_a_press_leads_back_to_the_queue(client: Client, rep: User) -> None:
    first, second = lead(owner=rep), lead(owner=rep)
    response = press(client, "mark", first, htmx=False, mark="qualified", next=second.pk)
    assert (response.status_code, response["Location"]) == (302, f"/queue/?tab=first&lead={second.pk}")
    asked = press(client, "mark", second, htmx=False, ask="promising")
    assert asked.status_code == 200
    assert "<html" in asked.text


def test_the_page_is_whole_or_a_part_and_says_what_it_depends_on(client: Client, rep: User) -> None:
    lead(owner=rep)
    whole, part = client.get(QUEUE), client.get(QUEUE, headers=HTMX)
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert 'id="queue"' in part.text
    for response in (whole, part):
        assert "HX-Request" in response["Vary"]
    restored = client.get(QUEUE, headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.text


@pytest.mark.parametrize("tab", ["first", "follow", "done"])
def test_twenty_rows_take_no_more_queries_than_one(client: Client, rep: User, tab: str) -> None:
    client.get(QUEUE)
    counts = []
    for number in (1, 19):
        for _one in range(number):
            one = lead(owner=rep)
            if tab != "first":
                activities.log(lead=one, by=rep, kind="call", outcome="reached")
            if tab == "follow":
                Lead.objects.filter(pk=one.pk).update(next_step_at=timezone.now())
            if tab == "done":
                marking.mark(lead=one, value="qualified", by=rep, version=None)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{QUEUE}?tab={tab}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 19


def test_lead_with_a_long_number_is_opened_and_marked_from_the_list(client: Client, rep: User) -> None:
    lead(owner=rep)
    short = due(lead(owner=rep, phone="+48615550142"), hours=3)
    long = fresh(short)
    long.pk, long.name, long.gate_number = 1_234_567, "Long Number", None
    long.save()
    Handoff.objects.filter(lead=short).update(lead=long)
    response = client.get(QUEUE)
    assert f'href="{QUEUE}?tab=first&amp;lead=1234567#lead"' in response.content.decode()
    chosen = client.get(QUEUE, {"tab": "first", "lead": "1234567"})
    assert chosen.context["pane"].lead == long
    assert 'data-lead="1234567"' in chosen.content.decode()
    assert press(client, "mark", long, mark="qualified").status_code == 200
    assert fresh(long).mark == "qualified"
