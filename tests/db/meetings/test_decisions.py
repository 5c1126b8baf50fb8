"""Decisions: recording, changing, taking out, following them until they are done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.selectors import decisions as decision_selectors
from leadsync.meetings.selectors.decisions import Cut
from leadsync.meetings.services import decisions, minutes
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, decision, meeting

pytestmark = pytest.mark.django_db

KEY = "alert:gate_failed:1"
TODAY = TUESDAY.date()


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def head(client: Client) -> User:
    made = person("head_of_sales", name="Tomasz Head")
    client.force_login(made)
    return made


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Owner")


def record(of: Meeting, by: User, owner: User, key: str = KEY, **fields: object) -> Decision:
    data = {"text": "Stop it", "due_on": TODAY + timedelta(days=3), "at": TUESDAY} | fields
    return decisions.record(meeting=of, key=key, owner=owner, by=by, **data)  # type: ignore[arg-type]


def test_the_first_decision_begins_the_meeting(head: User, marta: User) -> None:
    alert()
    alert(subject="2")
    of = meeting()
    made = record(of, head, marta)
    of.refresh_from_db()
    assert (of.state, of.began_at) == ("running", TUESDAY)
    assert made.point.state == "done"
    assert Point.objects.filter(meeting=of, state="open").count() == 1


def test_one_press_records_what_the_form_was_filled_in_with(client: Client, head: User) -> None:
    alert()
    of = meeting(starts_at=timezone.now())
    (one,) = selectors.agenda_of(of, head).points
    assert one.suggestion is not None
    page = client.get(f"/meetings/{of.pk}/").content.decode()
    assert f'value="{one.suggestion.text}"' in page
    data = {
        "point": one.key,
        "text": one.suggestion.text,
        "owner": one.suggestion.owner_id,
        "due_on": one.suggestion.due_on.isoformat(),
    }
    for _time in range(2):  # a double click
        assert client.post(f"/meetings/{of.pk}/decide/", data).status_code == 302
    made = Decision.objects.get()
    assert (made.text, made.owner_id, made.due_on) == (
        one.suggestion.text,
        one.suggestion.owner_id,
        one.suggestion.due_on,
    )


def test_several_decisions_about_one_point(head: User, marta: User) -> None:
    alert()
    of = meeting()
    record(of, head, marta)
    record(of, head, head, text="Tell the reps")
    assert Decision.objects.filter(point__meeting=of).count() == 2
    assert Point.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 10_000}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"owner": ""}, "owner"),
        ({"owner": "999999"}, "owner"),
        ({"owner": "abc"}, "owner"),
        ({"due_on": ""}, "due_on"),
        ({"due_on": "2026-02-30"}, "due_on"),
        ({"due_on": "9999-12-31"}, "due_on"),
        ({"due_on": "0000-00-00"}, "due_on"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"due_on": "1e400"}, "due_on"),
    ],
)
def test_odd_input_comes_back_at_its_field_and_nothing_begins(
    client: Client, head: User, fields: dict[str, str], field: str
) -> None:
    alert()
    of = meeting()
    data = {"point": KEY, "text": "Stop", "owner": head.pk, "due_on": str(timezone.localdate())} | fields
    refused = client.post(f"/meetings/{of.pk}/decide/", data)
    assert refused.status_code == 422
    (one,) = refused.context["agenda"].points
    assert field in one.errors
    assert one.typed["text"] == data["text"]
    of.refresh_from_db()
    assert (of.state, Decision.objects.count(), Point.objects.count()) == ("planned", 0, 0)


def test_a_fact_that_is_in_order_meanwhile_is_not_decided_about(client: Client, head: User) -> None:
    of = meeting()
    data = {"point": KEY, "text": "Stop", "owner": head.pk, "due_on": str(timezone.localdate())}
    assert client.post(f"/meetings/{of.pk}/decide/", data).status_code == 404
    of.refresh_from_db()
    assert (of.state, Decision.objects.count()) == ("planned", 0)


def test_taking_out_opens_the_point_again(client: Client, head: User, marta: User) -> None:
    alert()
    of = meeting()
    made = record(of, head, marta)
    assert client.post(f"/meetings/decisions/{made.pk}/remove/").status_code == 302
    assert not Decision.objects.exists()
    assert Point.objects.get().state == "open"


def test_what_was_sent_with_the_minutes_is_not_taken_out(head: User, marta: User) -> None:
    alert()
    of = meeting()
    made = record(of, head, marta)
    minutes.send(meeting=of, by=head)
    with pytest.raises(Conflict):
        decisions.remove(decision=made, by=head)
    assert Decision.objects.count() == 1


def test_somebody_elses_change_meanwhile_is_a_conflict_that_keeps_what_was_typed(
    client: Client, head: User, marta: User
) -> None:
    alert()
    made = record(
        meeting(starts_at=timezone.now()), head, marta, at=timezone.now(), due_on=timezone.localdate()
    )
    url = f"/meetings/decisions/{made.pk}/edit/"
    data = {"text": "Stop on Friday", "owner": head.pk, "due_on": str(timezone.localdate()), "version": 1}
    assert client.get(url).status_code == 200
    assert client.post(url, data).status_code == 302
    refused = client.post(url, data | {"text": "Go on"})
    assert refused.status_code == 409
    assert "Go on" in refused.content.decode()
    made.refresh_from_db()
    assert (made.text, made.owner, made.version) == ("Stop on Friday", head, 2)
    assert client.post(url, data | {"text": "Go on", "version": 2}).status_code == 302


def test_deciding_anew_about_a_former_decision_replaces_it(head: User, marta: User) -> None:
    former, of = meeting(), meeting(starts_at=TUESDAY + timedelta(days=7))
    old = decision(former, owner=marta, text="Call the fair")
    at = TUESDAY + timedelta(days=7)
    made = record(of, head, marta, f"decision:{old.pk}", text="Call it", at=at, due_on=at.date())
    old.refresh_from_db()
    assert (old.state, old.done_by) == ("dropped", head)
    assert "Call it" in old.done_note
    decisions.remove(decision=made, by=head)
    old.refresh_from_db()
    assert (old.state, old.done_at, old.done_note) == ("open", None, "")


def test_the_owner_says_what_was_done_and_nobody_else_without_the_role(client: Client, marta: User) -> None:
    of = decision(meeting(), owner=marta)
    url = f"/meetings/decisions/{of.pk}/end/"
    other = person("marketer")
    for by, status in ((other, 403), (marta, 302)):
        client.force_login(by)
        assert client.post(url, {"do": "done", "note": "Called"}).status_code == status
        of.refresh_from_db()
        assert of.state == ("done" if status == 302 else "open")
    assert (of.done_by, of.done_note) == (marta, "Called")
    with pytest.raises(NotAllowed):
        decisions.reopen(decision=of, by=other)
    client.force_login(person("director"))
    assert client.post(url, {"do": "reopen"}).status_code == 302
    of.refresh_from_db()
    assert (of.state, of.done_at, of.done_by) == ("open", None, None)


def test_without_words_it_does_not_end(client: Client, head: User) -> None:
    of = decision(meeting())
    url = f"/meetings/decisions/{of.pk}/end/"
    for do in ("done", "drop"):
        assert client.post(url, {"do": do, "note": " "}).status_code == 422
    assert client.post(url, {"do": "vanish", "note": "x"}).status_code == 422
    of.refresh_from_db()
    assert of.state == "open"
    with pytest.raises(Invalid):
        decisions.drop(decision=of, note="", by=head)


def test_done_twice_is_done_once_and_dropping_it_then_is_a_conflict(head: User, marta: User) -> None:
    of = decision(meeting(), owner=marta)
    first = decisions.finish(decision=of, note="Called", by=marta)
    again = decisions.finish(decision=of, note="Called again", by=head)
    assert (again.done_note, again.done_by) == (first.done_note, marta)
    with pytest.raises(Conflict):
        decisions.drop(decision=of, note="Not needed", by=head)


# ---------------------------------------------------------------------------------------------- workers


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_the_owner_is_reminded_once_on_the_day_it_is_due(marta: User) -> None:
    of = decision(meeting(), owner=marta, due_on=date(2026, 3, 12))
    for moment in (at(date(2026, 3, 11), 12), at(date(2026, 3, 12), 5), at(date(2026, 3, 12), 9)):
        decisions.watch(at=moment)
    found = Notice.objects.get(kind="decision_due")
    assert (found.recipient, found.url) == (marta, f"/meetings/decisions/{of.pk}/")
    assert not Alert.objects.exists()


def test_what_is_overdue_is_one_alert_that_the_facts_resolve(head: User, marta: User) -> None:
    of = decision(meeting(), owner=marta, due_on=date(2026, 3, 12))
    for hour in (7, 8):
        decisions.watch(at=at(date(2026, 3, 13), hour))
    found = Alert.objects.get(kind="decision_overdue")
    assert (found.subject, found.resolved_at) == (str(of.pk), None)
    assert Notice.objects.filter(kind="decision_overdue", recipient=marta).count() == 1
    decisions.finish(decision=of, note="Called", by=marta)
    found.refresh_from_db()
    assert found.resolved_at is not None
    decisions.reopen(decision=of, by=head)
    decisions.watch(at=at(date(2026, 3, 13), 9))
    assert Alert.objects.filter(kind="decision_overdue", resolved_at=None).count() == 1
    decisions.edit(
        decision=of, text="Call", owner=marta, due_on=date(2026, 4, 1), by=head, at=at(date(2026, 3, 13), 9)
    )
    decisions.watch(at=at(date(2026, 3, 13), 10))
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_the_decision_shows_that_its_fact_is_in_order(client: Client, head: User, marta: User) -> None:
    fact = alert()
    of = meeting()
    made = record(of, head, marta)
    (shown,) = decision_selectors.shown([made])
    assert not shown.is_settled
    Alert.objects.filter(pk=fact.pk).update(resolved_at=TUESDAY)
    (shown,) = decision_selectors.shown([made])
    assert shown.is_settled
    assert "In order meanwhile" in client.get("/meetings/decisions/").content.decode()
    assert "In order meanwhile" in client.get(f"/meetings/{of.pk}/").content.decode()


# ---------------------------------------------------------------------------------------------- the list


def test_tabs_and_pages_by_key(client: Client, head: User) -> None:
    of, marta = meeting(), person("marketer")
    point = decision(of, owner=head, text="Mine", due_on=TODAY).point
    for number in range(45):
        decision(
            of, point=point, owner=marta, text=f"Decision {number}", due_on=TODAY + timedelta(days=number % 5)
        )
    for number in range(35):
        decision(
            of,
            point=point,
            owner=marta,
            text=f"Ended {number}",
            state="done",
            done_at=TUESDAY + timedelta(minutes=number // 2),
        )
    for cut, wanted in ((Cut.OPEN, 46), (Cut.MINE, 1), (Cut.DONE, 35)):
        seen: list[int] = []
        after = ""
        while True:
            rows, after = decision_selectors.page_of(cut, head, after=after)
            seen += [one.decision.pk for one in rows]
            if not after:
                break
        assert len(seen) == len(set(seen)) == wanted
    for odd in ("x", "2026-99-99_1", "2026-03-10_x", "2026-03-10T00:00:00_5", "_", "2026-03-10_9" * 30):
        assert client.get("/meetings/decisions/", {"after": odd, "show": "done"}).status_code == 200
        assert client.get("/meetings/decisions/", {"after": odd}).status_code == 200


def test_the_list_costs_the_same_with_one_and_with_twenty(client: Client, head: User) -> None:
    def counted() -> int:
        client.get("/meetings/decisions/")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/meetings/decisions/").status_code == 200
        return len(caught)

    decision(meeting())
    one = counted()
    for _number in range(19):
        decision(meeting())
    assert counted() == one
