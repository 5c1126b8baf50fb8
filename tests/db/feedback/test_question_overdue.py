"""Questions past due: an alert while they wait, a notice once to who should answer and to their head."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from feedback.models import Question
from feedback.services import questions, watching_questions
from feedback.tasks import WATCHED
from leadsync.accounts.models import User
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

# A Thursday, 10:00 in Warsaw. Due on Monday at 17:00, which is 16:00 UTC.
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
TUESDAY_NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk")


@pytest.fixture
def head(marta: User) -> User:
    return person("head_of_sales", name="Tomasz Wrona")


@pytest.fixture
def question(marta: User, pawel: User) -> Question:
    return questions.ask(text="Why so late?", answerer=pawel, by=marta, at=AT)


def overdue() -> list[Alert]:
    return list(Alert.objects.filter(kind="question_overdue", resolved_at=None))


def told() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(kind="question_overdue").select_related("recipient").order_by("pk")
    return sorted((row.recipient.name, row.key) for row in rows)


def test_a_question_is_past_due_at_its_due_time_and_not_before(question: Question, head: User) -> None:
    assert watching_questions.settle_overdue(at=DUE - timedelta(seconds=1)) == (0, 0)
    assert watching_questions.settle_overdue(at=DUE) == (1, 0)
    assert watching_questions.settle_overdue(at=DUE) == (0, 0)
    assert [alert.subject for alert in overdue()] == [str(question.pk)]


def test_it_costs_the_working_time_that_somebody_waits(question: Question) -> None:
    watching_questions.settle_overdue(at=TUESDAY_NOON)
    alert = overdue()[0]
    assert alert.cost_minutes == 180  # 9:00 to 12:00 on Tuesday; the night does not count
    assert alert.url == reverse("feedback:question", args=[question.pk])
    words = words_for(alert.kind, alert.context)
    assert words.title.replace("\xa0", " ") == "3 h past due: Marta Lis asked Paweł Krawczyk"
    assert words.action == "Answer the question"


def test_the_answerer_and_the_head_hear_of_it_once_by_the_morning_mail(
    question: Question, head: User
) -> None:
    for at in (DUE, TUESDAY_NOON):
        watching_questions.settle_overdue(at=at)
    key = f"question_overdue:{question.pk}:{DUE.isoformat()}"
    assert told() == [("Paweł Krawczyk", key), ("Tomasz Wrona", key)]
    assert not Notice.objects.filter(kind="question_overdue", is_instant=True).exists()


def test_an_answer_ends_it_and_writing_back_makes_it_due_anew(
    question: Question, pawel: User, marta: User, head: User
) -> None:
    watching_questions.settle_overdue(at=DUE)
    questions.reply(question=question, text="I was away.", by=pawel, at=TUESDAY_NOON)
    assert watching_questions.settle_overdue(at=TUESDAY_NOON) == (0, 1)
    assert overdue() == []
    questions.reply(question=question, text="And the mail?", by=marta, at=TUESDAY_NOON)
    question.refresh_from_db()
    assert question.due_at == datetime(2026, 3, 12, 16, 0, tzinfo=UTC)
    assert watching_questions.settle_overdue(at=TUESDAY_NOON) == (0, 0)
    assert watching_questions.settle_overdue(at=question.due_at) == (1, 0)
    assert len(told()) == 4


def test_writing_back_before_an_answer_moves_nothing(question: Question, marta: User) -> None:
    questions.reply(question=question, text="Please.", by=marta, at=TUESDAY_NOON)
    question.refresh_from_db()
    assert question.due_at == DUE


def test_closing_ends_it_and_opening_again_gives_new_time(
    question: Question, marta: User, pawel: User
) -> None:
    watching_questions.settle_overdue(at=DUE)
    questions.close(question=question, by=marta, at=TUESDAY_NOON)
    assert watching_questions.settle_overdue(at=TUESDAY_NOON) == (0, 1)
    questions.reopen(question=question, by=marta, at=TUESDAY_NOON)
    question.refresh_from_db()
    assert question.due_at == datetime(2026, 3, 12, 16, 0, tzinfo=UTC)
    assert Notice.objects.filter(kind="question_reopened", recipient=pawel).count() == 1


def test_many_past_due_take_the_same_statements(
    marta: User, pawel: User, head: User, django_assert_max_num_queries: object
) -> None:
    for n in range(20):
        questions.ask(text=f"Why {n}?", answerer=pawel, by=marta, at=AT)
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        assert watching_questions.settle_overdue(at=DUE) == (20, 0)


def test_the_worker_looks_every_minute() -> None:
    assert watching_questions.settle_overdue in WATCHED


def test_how_long_it_is_past_due_stands_on_the_page(client: Client, marta: User, pawel: User) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=60)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, at=long_ago)
    client.force_login(pawel)
    for url in (reverse("feedback:questions"), reverse("feedback:question", args=[question.pk])):
        assert "Past due by" in client.get(url).text
