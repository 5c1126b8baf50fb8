"""What is agreed is read once per version, and how little is asked by pages of a process that knows it."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from leads.selectors import agreement
from leads.services import activities, agreements, answers, marking
from leadsync.accounts.models import User
from leadsync.core.held import held_reads
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

QUEUE_AT_MOST, LEAD_AT_MOST = 16, 23  # of a lead two are whether it may be the same as another
BUDGET = {"key": "budget", "question": "Knows the budget"}


class GoneWrong(Exception):
    """What rolls a transaction back."""


@pytest.fixture
def rep(client: Client) -> User:
    CompanyFactory(zone="UTC", country="")
    for weekday in range(7):
        HoursFactory(weekday=weekday, opens=0, closes=1440)
    found = person("rep")
    client.force_login(found)
    return found


def questions() -> list[str]:
    return [one.question for one in agreement.terms().criteria]


def test_the_version_in_force_is_read_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    agreement_in_force(criteria=[BUDGET])
    assert questions() == ["Knows the budget"]
    with django_assert_num_queries(1):
        assert questions() == ["Knows the budget"]


def test_a_version_newly_signed_holds_from_the_next_request_on() -> None:
    assert questions() == []
    agreement_in_force(criteria=[BUDGET])
    with held_reads():
        assert questions() == ["Knows the budget"]
    agreement_in_force(criteria=[{"key": "size", "question": "More than ten people"}])
    assert questions() == ["More than ten people"]


def test_a_signature_rolled_back_leaves_nothing_of_its_version() -> None:
    marketing, sales = person("head_of_marketing"), person("head_of_sales")
    draft = agreements.new_draft(by=marketing)
    agreements.edit(
        agreement=draft,
        by=marketing,
        criteria=[agreements.CriterionData(key="", question="Never agreed", kind="yes_no")],
    )
    agreements.propose(agreement=draft, by=marketing)
    agreements.sign(agreement=draft, by=marketing)
    with suppress(GoneWrong), transaction.atomic():
        agreements.sign(agreement=draft, by=sales)
        assert questions() == ["Never agreed"]
        raise GoneWrong
    assert questions() == []
    draft.refresh_from_db()
    # The same version number, with other questions.
    draft.criteria.update(question="Agreed")
    agreements.sign(agreement=draft, by=sales)
    assert questions() == ["Agreed"]


def test_the_queue_asks_little_once_the_process_knows_the_agreement_and_the_hours(
    client: Client, rep: User
) -> None:
    agreement_in_force(criteria=[BUDGET])
    for _one in range(3):
        answers.answer(lead=lead(owner=rep), by=rep, key="budget", value=True, source="rep")
    client.get("/queue/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/queue/").status_code == 200
    assert len(seen) <= QUEUE_AT_MOST


def test_a_leads_page_asks_little_once_the_process_knows_the_agreement_and_the_hours(
    client: Client, rep: User
) -> None:
    agreement_in_force(criteria=[BUDGET])
    one = lead(owner=rep)
    activities.log(lead=one, by=rep, kind="call", outcome="reached")
    marking.mark(lead=one, value="qualified", by=rep, version=None)
    client.get(f"/leads/{one.pk}/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get(f"/leads/{one.pk}/").status_code == 200
    assert len(seen) <= LEAD_AT_MOST
