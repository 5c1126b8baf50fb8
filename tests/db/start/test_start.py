"""The first steps of a company: each is done by doing it, and read from the facts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Channel, ContactPoint, Proof
from leads.models import Lead, Mark
from leadsync.accounts.models import Invitation, User, WorkingHours
from leadsync.core.errors import NotAllowed
from leadsync.kpi.models import Plan
from leadsync.meetings.models import Meeting
from leadsync.shell import counts_for
from leadsync.start.domain.steps import LEADS_WANTED, Step, progress
from leadsync.start.models import Start
from leadsync.start.selectors import steps
from leadsync.start.services import start
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def admin(db: None) -> User:
    CompanyFactory.create()
    return person("administrator", name="Ewelina Kos")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def done() -> set[Step]:
    return {step for step, fact in steps.facts().items() if fact.is_done}


# ---------------------------------------------------------------------------------------------- doing them


def invite() -> None:
    person("marketer", name="Marta Z")
    person("rep", name="Paweł K")


def try_point() -> None:
    channel = Channel.objects.create(name="Phone")
    point = ContactPoint.objects.create(
        channel=channel, kind="phone", value="+48 1", responsible=User.objects.get(name="Ewelina Kos")
    )
    Proof.objects.create(point=point, is_ok=False, at=AT, by=point.responsible)
    Proof.objects.create(point=point, is_ok=True, at=AT, by=point.responsible)


def logged(count: int) -> list[Lead]:
    to = campaign(state="draft")
    return Lead.objects.bulk_create(
        Lead(campaign=to, name=f"L{number}", received_at=AT) for number in range(count)
    )


def log_leads() -> None:
    logged(LEADS_WANTED)


def contact() -> None:
    (lead,) = logged(1)
    Lead.objects.filter(pk=lead.pk).update(first_contact_at=AT, owner=person("rep"))


def mark() -> None:
    (lead,) = logged(1)
    Mark.objects.create(lead=lead, value="promising", at=AT)


def meet() -> None:
    head = person("head_of_sales")
    Meeting.objects.create(name="Monday round", starts_at=AT, at=AT, by=head, state="planned")
    Meeting.objects.create(
        name="Monday round", starts_at=AT, at=AT, by=head, state="held", began_at=AT, ended_at=AT
    )


def make_plan() -> None:
    Plan.objects.create(
        month=AT.date().replace(day=1),
        revenue=1,
        average_deal=1,
        close_rate=1,
        qualification_rate=1,
        changed_at=AT,
        changed_by=person("director", name="Anna L"),
    )


DOING: dict[Step, Callable[[], Any]] = {
    Step.PEOPLE: invite,
    Step.HOURS: HoursFactory.create,
    Step.CHANNELS: try_point,
    Step.AGREEMENT: agreement_in_force,
    Step.CAMPAIGN: lambda: campaign(state="live"),
    Step.LEADS: log_leads,
    Step.CONTACT: contact,
    Step.MARK: mark,
    Step.MEETING: meet,
    Step.PLAN: make_plan,
}


@pytest.mark.parametrize("step", list(Step))
def test_doing_a_step_ticks_it_off(step: Step) -> None:
    assert step not in done()
    DOING[step]()
    assert step in done()


def test_almost_is_not_done() -> None:
    leads = logged(LEADS_WANTED - 1)
    Lead.objects.create(campaign=campaign(state="draft"), name="Test", received_at=AT, is_test=True)
    Mark.objects.create(lead=leads[0], value="promising", at=AT, reverted_at=AT)
    Meeting.objects.create(name="R", starts_at=AT, at=AT, by=person("head_of_sales"), state="planned")
    point = ContactPoint.objects.create(
        channel=Channel.objects.create(name="Phone"),
        kind="phone",
        value="+48 1",
        responsible=User.objects.get(name="Ewelina Kos"),
    )
    Proof.objects.create(point=point, is_ok=False, at=AT)
    assert done() == {Step.PEOPLE}  # whom all this took
    fact = steps.facts()[Step.LEADS]
    assert (fact.have, fact.want) == (LEADS_WANTED - 1, LEADS_WANTED)


def test_an_invitation_of_the_other_department_counts(admin: User) -> None:
    person("head_of_sales")
    assert steps.facts()[Step.PEOPLE].have == 1
    Invitation.objects.create(
        email="m@example.com", name="M", roles=["marketer"], digest="x", invited_by=admin, expires_at=AT
    )
    fact = steps.facts()[Step.PEOPLE]
    assert (fact.is_done, fact.by) == (True, "Ewelina Kos")


def test_own_hours_of_a_rep_are_not_the_company_s() -> None:
    HoursFactory.create(person=person("rep"))
    assert WorkingHours.objects.exists()
    assert Step.HOURS not in done()


def test_who_and_when_are_told() -> None:
    make_plan()
    fact = steps.facts()[Step.PLAN]
    assert (fact.by, fact.at) == ("Anna L", AT)


def test_progress_names_the_first_step_that_is_open() -> None:
    invite()
    make_plan()
    far = progress(steps.facts())
    assert (far.done, far.of, far.next_step, far.share_pct, far.is_over) == (2, 10, Step.HOURS, 20, False)


# ---------------------------------------------------------------------------------------------- over


def test_when_all_is_done_nothing_asks_any_more(admin: User) -> None:
    for do in DOING.values():
        assert start.watch(at=AT) is False
        do()
    assert counts_for(admin).start_over == 0
    for _turn in range(2):
        assert start.watch(at=AT) is True
    assert Start.objects.get().done_at == AT
    assert counts_for(admin).start_over == 1
    client = signed_in(admin)
    assert "First steps" not in client.get("/leads/").content.decode()
    assert client.get("/start/panel/").content == b""
    assert "All is done" in client.get("/start/").content.decode()
    assert client.get("/")["Location"] == "/settings/people/"


def test_an_empty_company_is_led_on(admin: User) -> None:
    client = signed_in(admin)
    assert client.get("/")["Location"] == "/start/"
    page = client.get("/start/").content.decode()
    assert "Ten steps" in page
    assert 'href="/settings/people/invite/"' in page
    assert "First steps" in client.get("/leads/").content.decode()
    panel = client.get("/start/panel/").content.decode()
    assert "0 of 10" in panel
    assert "Invite" in panel


def test_buttons_are_for_whoever_may_press_them() -> None:
    page = signed_in(person("rep")).get("/start/").content.decode()
    assert "/settings/people/invite/" not in page
    assert "Administrator" in page
    assert 'href="/queue/"' in page
    assert "Put it aside" not in page


@pytest.mark.parametrize("role", ["administrator", "head_of_marketing", "head_of_sales", "director"])
def test_who_leads_puts_it_aside_for_everybody_and_brings_it_back(role: str) -> None:
    user = person(role)
    client = signed_in(user)
    for _turn in range(2):
        assert client.post("/start/put-aside/").status_code == 302
    found = Start.objects.get()
    assert (found.put_aside_by, steps.is_over()) == (user, True)
    assert user.name in client.get("/start/").content.decode()
    client.post("/start/put-aside/", {"undo": "1"})
    assert not steps.is_over()


@pytest.mark.parametrize("role", ["rep", "marketer"])
def test_others_put_nothing_aside(role: str) -> None:
    assert signed_in(person(role)).post("/start/put-aside/").status_code == 403
    with pytest.raises(NotAllowed):
        start.put_aside(by=person(role))
    assert not Start.objects.exists()


def test_the_page_costs_as_many_statements_with_twenty_of_everything(admin: User) -> None:
    client = signed_in(admin)
    counts = []
    for rows in (1, 19):
        for _number in range(rows):
            for do in (invite, contact, mark, meet, DOING[Step.CAMPAIGN]):
                do()
        if rows == 1:
            for do in (agreement_in_force, HoursFactory.create, make_plan):
                do()
        client.get("/start/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/start/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_strangers_are_led_to_sign_in() -> None:
    for path in ("/start/", "/start/panel/"):
        assert Client().get(path).status_code == 302
