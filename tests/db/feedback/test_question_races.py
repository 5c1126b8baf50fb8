"""Questions with several people, or the same form, at the same moment: each with a connection of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from feedback.models import Question, Reply
from feedback.services import questions, watching_questions
from leadsync.core.errors import Conflict
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import TUESDAY

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


def test_the_same_form_at_the_same_moment_is_one_question() -> None:
    CompanyFactory.create()
    marta, pawel = person("marketer"), person("rep")

    def ask() -> Question:
        return questions.ask(text="Why?", answerer=pawel, by=marta, form_key="3f1c")

    found = together(ask, ask, ask, ask)
    assert {getattr(one, "pk", one) for one in found} == {Question.objects.get().pk}
    assert Notice.objects.filter(kind="question_asked").count() == 1


def test_an_answer_and_a_closing_at_the_same_moment_end_in_one_order() -> None:
    CompanyFactory.create()
    marta, pawel = person("marketer"), person("rep")
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    answered, closed = together(
        lambda: questions.reply(question=question, text="Because.", by=pawel),
        lambda: questions.close(question=question, by=marta),
    )
    question.refresh_from_db()
    assert closed is None
    assert question.closed_at is not None
    if isinstance(answered, Conflict):
        assert not Reply.objects.exists()
    else:
        assert question.answered_at is not None


def test_two_workers_open_one_alert_and_tell_once() -> None:
    CompanyFactory.create()
    marta, pawel = person("marketer"), person("rep")
    question = questions.ask(text="Why?", answerer=pawel, by=marta, at=TUESDAY)

    def settle() -> tuple[int, int]:
        return watching_questions.settle_overdue(at=question.due_at)

    for found in together(settle, settle, settle):
        assert not isinstance(found, Exception), found
    settle()
    assert Alert.objects.filter(kind="question_overdue").count() == 1
    assert Notice.objects.filter(kind="question_overdue").count() == 1
