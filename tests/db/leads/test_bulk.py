"""Several leads of the list at once: handed over, put off, and taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Lead, LeadEvent
from leads.services import bulk, follow_up, marking
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import fresh, lead, reason

pytestmark = pytest.mark.django_db

LIST = "/leads/"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def head(client: Client) -> User:
    CompanyFactory()
    found = person("head_of_sales", name="Tomasz Wrona")
    client.force_login(found)
    return found


@pytest.fixture
def rep(client: Client) -> User:
    CompanyFactory()
    found = person("rep", name="Ann Hey")
    client.force_login(found)
    return found


# ---------------------------------------------------------------------------------------------- handing over


def test_selected_leads_go_to_one_rep_and_back(client: Client, head: User) -> None:
    first, second = person("rep", name="Ann Hey"), person("rep", name="Bob Low")
    held, free = lead(owner=first), lead()
    query = "mark=none"
    given = {"lead": [held.pk, free.pk], "to": second.pk, "query": query}
    response = client.post(reverse("leads:hand_over"), given, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "2 leads handed to Bob Low." in response.text
    assert {fresh(held).owner, fresh(free).owner} == {second}
    back = client.post(reverse("leads:hand_back"), response.context["undo"], headers={"HX-Request": "true"})
    assert "2 leads are back." in back.text
    assert (fresh(held).owner, fresh(free).owner) == (first, None)


def test_one_lead_that_cannot_go_keeps_all_where_they_are(client: Client, head: User) -> None:
    rep = person("rep")
    good, closed = lead(), lead(name="Closed one", owner=rep)
    marking.mark(lead=closed, value="not_a_fit", by=rep, version=None, reason=reason())
    given = {"lead": [good.pk, closed.pk], "to": person("rep").pk}
    response = client.post(reverse("leads:hand_over"), given, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "Closed one" in response.text
    assert fresh(good).owner is None


@pytest.mark.parametrize("given", [{}, {"lead": ["x"]}, {"lead": ["1"]}, {"lead": ["1"], "to": "nobody"}])
def test_handing_over_without_leads_or_a_rep_is_refused_in_words(client: Client, head: User, given) -> None:
    response = client.post(reverse("leads:hand_over"), given, headers={"HX-Request": "true"})
    assert response.status_code == 422
    response = client.post(reverse("leads:hand_over"), given | {"query": "stage=new"})
    assert response["Location"] == "/leads/?stage=new"


@pytest.mark.parametrize("role", ["rep", "marketer", "director"])
def test_only_the_head_of_sales_hands_over_many(client: Client, role: str) -> None:
    CompanyFactory()
    client.force_login(person(role))
    lead()
    assert client.post(reverse("leads:hand_over"), {}).status_code == 403
    assert client.post(reverse("leads:hand_back"), {}).status_code == 403
    assert "bulk-to" not in client.get(LIST).text


# ---------------------------------------------------------------------------------------------- putting off


def soon() -> datetime:
    return (timezone.now() + timedelta(days=2)).replace(microsecond=0)


def planned(of: Lead, by: User, at: datetime, text: str = "") -> Lead:
    follow_up.set_next_step(lead=of, by=by, at=at, text=text)
    return of


def test_several_follow_ups_are_put_off_at_once_and_taken_back(client: Client, rep: User) -> None:
    was = soon()
    with_step, without = planned(lead(owner=rep), rep, was, "Send the offer"), lead(owner=rep)
    given = {"lead": [with_step.pk, without.pk], "step": "week", "query": "owner=me"}
    response = client.post(reverse("leads:put_off"), given, headers=FRAGMENT)
    assert response.status_code == 200
    assert "2 leads: next step" in response.text
    moved = {fresh(with_step).next_step_at, fresh(without).next_step_at}
    assert len(moved) == 1
    assert was not in moved
    assert fresh(with_step).next_step == "Send the offer"

    back = client.post(reverse("leads:put_back"), response.context["undo"], headers=FRAGMENT)
    assert "2 leads: next step as before." in back.text
    assert (fresh(with_step).next_step_at, fresh(without).next_step_at) == (was, None)


def test_a_day_of_ones_own_goes_before_the_usual_ones(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    day = (timezone.now() + timedelta(days=30)).date()
    client.post(reverse("leads:put_off"), {"lead": [one.pk], "step": "tomorrow", "on": day.isoformat()})
    at = fresh(one).next_step_at
    assert at is not None
    assert day <= at.date() <= day + timedelta(days=4)


def test_one_lead_of_a_colleague_keeps_all_next_steps_as_they_are(client: Client, rep: User) -> None:
    mine, theirs = lead(owner=rep), lead(name="Not mine", owner=person("rep"))
    response = client.post(
        reverse("leads:put_off"), {"lead": [mine.pk, theirs.pk], "step": "week"}, headers=FRAGMENT
    )
    assert response.status_code == 403
    assert "Not mine" in response.text
    assert (fresh(mine).next_step_at, fresh(theirs).next_step_at) == (None, None)


def test_a_closed_lead_is_not_put_off(rep: User) -> None:
    closed = lead(owner=rep)
    marking.mark(lead=closed, value="not_a_fit", by=rep, version=None, reason=reason())
    with pytest.raises(Invalid):
        bulk.reschedule(lead_ids=[closed.pk], by=rep, next_step_at=soon())
    assert fresh(closed).next_step_at is None


@pytest.mark.parametrize(
    "given",
    [{}, {"lead": ["x"]}, {"lead": ["1"]}, {"lead": ["1"], "on": "32 May"}, {"lead": ["1"], "step": "never"}],
)
def test_putting_off_without_leads_or_a_day_is_refused_in_words(client: Client, rep: User, given) -> None:
    assert client.post(reverse("leads:put_off"), given, headers=FRAGMENT).status_code == 422


def test_a_day_in_the_past_is_refused_and_changes_nothing(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    response = client.post(reverse("leads:put_off"), {"lead": [one.pk], "on": "2001-01-01"}, headers=FRAGMENT)
    assert response.status_code == 422
    assert "past" in response.text
    assert fresh(one).next_step_at is None


def test_a_next_step_changed_since_is_not_taken_back(rep: User) -> None:
    one, other = lead(owner=rep), lead(owner=rep)
    events = bulk.reschedule(lead_ids=[one.pk, other.pk], by=rep, next_step_at=soon())
    later = soon() + timedelta(days=5)
    planned(fresh(one), rep, later)
    assert bulk.take_back(events=events, by=rep) == 1
    assert (fresh(one).next_step_at, fresh(other).next_step_at) == (later, None)


def test_nobody_takes_back_what_somebody_else_did(rep: User) -> None:
    one = lead(owner=rep)
    at = soon()
    events = bulk.reschedule(lead_ids=[one.pk], by=rep, next_step_at=at)
    assert bulk.take_back(events=events, by=person("head_of_sales")) == 0
    assert fresh(one).next_step_at == at


def test_every_lead_put_off_has_its_event_and_a_new_version(rep: User) -> None:
    one = lead(owner=rep)
    version = fresh(one).version
    at = datetime(2031, 3, 4, 9, 0, tzinfo=UTC)
    (event,) = bulk.reschedule(lead_ids=[one.pk], by=rep, next_step_at=at)
    found = LeadEvent.objects.get(pk=event)
    assert (found.lead_id, found.by, found.kind) == (one.pk, rep, "next_step")
    assert fresh(one).version == version + 1
    assert bulk.reschedule(lead_ids=[one.pk], by=rep, next_step_at=at) == []


def test_putting_off_many_takes_as_many_statements_as_putting_off_one(rep: User) -> None:
    def statements(leads: list[Lead], at: datetime) -> int:
        with CaptureQueriesContext(connection) as seen:
            bulk.reschedule(lead_ids=[one.pk for one in leads], by=rep, next_step_at=at)
        return len(seen)

    many = [lead(owner=rep) for _ in range(20)]
    assert statements(many[:1], soon()) == statements(many, soon() + timedelta(days=1))


def test_who_does_not_work_leads_cannot_put_any_off(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("marketer"))
    lead()
    assert client.post(reverse("leads:put_off"), {}).status_code == 403
    assert client.post(reverse("leads:put_back"), {}).status_code == 403
    assert 'name="lead"' not in client.get(LIST).text
