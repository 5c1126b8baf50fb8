"""Ideas with several people at once, each with a connection of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from campaigns.models import Campaign, Idea, Vote
from campaigns.services import ideas
from leadsync.core.errors import Conflict
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import channel

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    yield
    connections.close_all()


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


def test_one_person_pressing_at_once_has_one_vote_and_others_have_theirs() -> None:
    idea = ideas.propose(by=person("rep"), title="Webinar", text="Why")
    one, others = person("marketer"), [person("rep") for _number in range(3)]
    results = together(*(lambda by=by: ideas.vote(idea=idea, by=by) for by in (one, one, *others)))
    assert results == [None] * 5
    assert Vote.objects.filter(idea=idea).count() == 5


def test_an_idea_taken_by_two_at_once_becomes_one_campaign() -> None:
    idea, web = ideas.propose(by=person("rep"), title="Webinar", text="Why"), channel()
    people = [person("marketer") for _number in range(3)]
    results = together(
        *(
            lambda by=by: ideas.take(
                idea=idea, by=by, campaign={"name": f"Webinar {by.pk}", "channel": web, "owner": by}
            )
            for by in people
        )
    )
    assert [type(one) for one in results if isinstance(one, Exception)] == [Conflict, Conflict]
    assert (Campaign.objects.count(), Notice.objects.count()) == (1, 1)


def test_taken_and_withdrawn_at_once_is_one_of_both() -> None:
    author, marta, web = person("rep"), person("marketer"), channel()
    idea = ideas.propose(by=author, title="Webinar", text="Why")
    together(
        lambda: ideas.withdraw(idea=idea, by=author),
        lambda: ideas.take(idea=idea, by=marta, campaign={"name": "Webinar", "channel": web, "owner": marta}),
    )
    state = Idea.objects.get().state
    assert (state, Campaign.objects.count()) in {("withdrawn", 0), ("taken", 1)}
