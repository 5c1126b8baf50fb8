"""Disputes with several people at once, each with a connection of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from feedback.models import Decision, Dispute
from feedback.services import disputes
from leads.models import Lead, LeadEvent, Mark
from leads.services import marking
from leadsync.core.errors import Conflict
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, reason

# The stock reasons and the groups of the roles come with migrations: they are put back after each test.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    yield
    connections.close_all()


@pytest.fixture
def mark() -> Mark:
    CompanyFactory.create()
    rep = person("rep")
    return marking.mark(
        lead=lead(owner=rep, at=TUESDAY),
        value="not_a_fit",
        reason=reason(),
        by=rep,
        version=None,
        at=TUESDAY + MINUTE,
    )


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all jobs at the same moment, each in a thread with its own connection; results or what they raised."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def of(mark: Mark) -> Lead:
    return fresh(Lead(pk=mark.lead_id))


def test_a_mark_disputed_by_two_at_once_is_disputed_once(mark: Mark) -> None:
    people = [person("marketer") for _number in range(3)]
    results = together(
        *(
            lambda by=by: disputes.dispute(mark=mark, wanted="promising", text="No", by=by, at=TUESDAY + HOUR)
            for by in people
        )
    )
    assert [type(one) for one in results if isinstance(one, Exception)] == [Conflict, Conflict]
    assert Dispute.objects.count() == 1


def test_both_heads_and_the_director_deciding_at_once_end_it_once(mark: Mark) -> None:
    heads = [person("head_of_marketing"), person("head_of_sales"), person("director")]
    found = disputes.dispute(
        mark=mark, wanted="promising", text="No", by=person("marketer"), at=TUESDAY + HOUR
    )
    results = together(
        *(
            lambda by=by: disputes.decide(
                dispute=Dispute.objects.get(pk=found.pk), verdict="overturned", by=by, at=TUESDAY + 2 * HOUR
            )
            for by in heads
        )
    )
    assert {type(one) for one in results} <= {Dispute, Conflict}
    found.refresh_from_db()
    assert (found.state, of(mark).mark) == ("overturned", "promising")
    assert Mark.objects.filter(lead=mark.lead_id).count() == 2
    assert LeadEvent.objects.filter(lead=mark.lead_id, kind="dispute_ended").count() == 1
    told = Notice.objects.filter(kind="dispute_decided").values_list("recipient", flat=True)
    assert len(told) == len(set(told))


def test_a_mark_taken_back_while_it_is_overturned_is_one_or_the_other(mark: Mark) -> None:
    director, rep = person("director"), mark.by
    assert rep is not None
    found = disputes.dispute(
        mark=mark, wanted="qualified", text="No", by=person("marketer"), at=TUESDAY + HOUR
    )
    together(
        lambda: disputes.decide(dispute=found, verdict="overturned", by=director, at=TUESDAY + 2 * HOUR),
        lambda: marking.revert(mark=mark, by=rep, at=TUESDAY + 2 * HOUR),
    )
    disputes.settle(at=TUESDAY + 3 * HOUR)
    ended = Dispute.objects.get(pk=found.pk).state
    assert (ended, of(mark).mark) in {("overturned", "qualified"), ("settled", "none")}
    assert Decision.objects.count() == (1 if ended == "overturned" else 0)
