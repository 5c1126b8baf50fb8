"""A missing piece of a lead: asked for with one click, once; answered by whoever fills it, within a minute."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Question, Reply
from feedback.selectors import questions as selectors
from feedback.services import pieces, questions
from leads.models import Answer, Criterion, Finding, Lead, Tag
from leads.services import answers, learned
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)  # a Thursday, 10:00 in Warsaw
LATER = AT + timedelta(hours=3)
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture(autouse=True)
def _agreed() -> None:
    CompanyFactory.create()
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Is there a budget?"},
            {"key": "size", "question": "Pallet places", "kind": Criterion.Kind.NUMBER, "threshold": 300},
            {"key": "where", "question": "Where?", "kind": Criterion.Kind.COUNTRY, "choices": ["PL"]},
        ]
    )


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel() -> User:
    return person("rep", name="Paweł Krawczyk", language="pl")


@pytest.fixture
def of(pawel: User) -> Lead:
    return lead(owner=pawel, name="Ola Wójcik", at=AT - timedelta(days=1))


def ask(of: Lead, piece: str, by: User, at: datetime = AT) -> Question:
    return pieces.ask(lead=of, piece=piece, by=by, at=at).question


def told(recipient: User, kind: str = "question_answered") -> int:
    return Notice.objects.filter(recipient=recipient, kind=kind).count()


# ------------------------------------------------------------------------------ asking


def test_the_lead_s_rep_is_asked_in_their_language_with_the_agreed_time(
    of: Lead, marta: User, pawel: User
) -> None:
    found = ask(of, "answer:budget", marta)
    assert (found.answerer, found.asker, found.piece) == (pawel, marta, "answer:budget")
    assert "Ola Wójcik" in found.text
    assert "Is there a budget?" in found.text
    assert found.due_at == questions.due_at(AT, 2)
    assert told(pawel, "question_asked") == 1


def test_a_second_click_finds_the_question_of_the_first_whoever_clicks(of: Lead, marta: User) -> None:
    first = pieces.ask(lead=of, piece="need", by=marta, at=AT)
    second = pieces.ask(lead=of, piece="need", by=person("marketer"), at=AT)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.question == first.question
    assert Question.objects.count() == 1


def test_a_closed_question_can_be_asked_again(of: Lead, marta: User) -> None:
    questions.close(question=ask(of, "need", marta), by=marta)
    assert pieces.ask(lead=of, piece="need", by=marta).is_new


def test_without_a_rep_or_with_one_who_left_the_head_of_sales_is_asked(of: Lead, marta: User) -> None:
    head = User.objects.get(groups__name="head_of_sales")
    assert ask(lead(), "need", marta).answerer == head
    User.objects.filter(pk=of.owner_id or 0).update(is_active=False)
    assert ask(of, "need", marta).answerer == head


@pytest.mark.parametrize(
    "piece", ["", "answer:", "answer:nobody_asks", "price", "answer:" + "x" * 60, "\x00"]
)
def test_what_nobody_can_answer_is_refused_and_nothing_is_asked(of: Lead, marta: User, piece: str) -> None:
    with pytest.raises(Invalid):
        ask(of, piece, marta)
    assert not Question.objects.exists()


def test_what_is_known_is_not_asked_for(of: Lead, marta: User, pawel: User) -> None:
    answers.answer(lead=of, key="budget", value=False, source="rep", by=pawel)
    Lead.objects.filter(pk=of.pk).update(country="PL")
    learned.say(lead=of, topic="need", words="More room", by=pawel)
    for piece in ("answer:budget", "answer:where", "need"):
        with pytest.raises(Conflict):
            ask(of, piece, marta)
    assert not Question.objects.exists()


def test_sales_asks_nobody_for_a_piece(of: Lead, pawel: User) -> None:
    with pytest.raises(NotAllowed):
        ask(of, "need", pawel)
    assert not Question.objects.exists()


# ------------------------------------------------------------------------------ filling


def test_an_answer_in_the_queue_answers_the_question_in_words_of_who_filled_it(
    of: Lead, marta: User, pawel: User
) -> None:
    question = ask(of, "answer:budget", marta)
    answers.answer(lead=of, key="budget", value=True, source="rep", by=pawel, at=LATER)
    assert pieces.settle() == 1
    question.refresh_from_db()
    assert question.answered_at == LATER
    reply = question.replies.get()
    assert (reply.by, reply.text, reply.at) == (pawel, "yes", LATER)
    assert told(marta) == 1
    assert list(selectors.for_person(pawel)) == []


def test_settling_again_says_nothing_twice(of: Lead, marta: User, pawel: User) -> None:
    ask(of, "objection", marta)
    learned.tag(lead=of, tag=Tag.objects.get(key="too_expensive"), is_on=True, by=pawel, at=LATER)
    learned.say(lead=of, topic="objection", words="12% above", by=pawel, at=LATER)
    assert [pieces.settle(), pieces.settle()] == [1, 0]
    assert Reply.objects.get().text == "Too expensive, 12% above"
    assert told(marta) == 1


def test_what_was_filled_by_somebody_else_is_answered_in_their_name(of: Lead, marta: User) -> None:
    head = User.objects.get(groups__name="head_of_sales")
    question = ask(of, "answer:size", marta)
    answers.answer(lead=of, key="size", value="1200", source="rep", by=head, at=LATER)
    pieces.settle()
    assert (question.replies.get().by, question.replies.get().text) == (head, "1,200")


def test_what_no_person_said_names_its_source(of: Lead, marta: User, pawel: User) -> None:
    ask(of, "answer:size", marta)
    ask(of, "answer:where", marta)
    Answer.objects.create(lead=of, key="size", value="400", source="import", by=None, at=LATER)
    Lead.objects.filter(pk=of.pk).update(country="PL")
    assert pieces.settle(at=LATER) == 2
    assert [reply.text for reply in Reply.objects.order_by("question")] == [
        "400, from the import",
        "Poland, from the lead's details",
    ]


def test_who_asked_and_found_it_out_waits_for_nobody_and_is_told_nothing(of: Lead, marta: User) -> None:
    question = ask(of, "answer:budget", marta)
    answers.answer(lead=of, key="budget", value=True, source="rep", by=marta, at=LATER)
    pieces.settle()
    question.refresh_from_db()
    assert question.closed_at == LATER
    assert told(marta) == 0


def test_writing_back_is_not_answered_by_what_was_known_before(of: Lead, marta: User, pawel: User) -> None:
    question = ask(of, "answer:budget", marta)
    answers.answer(lead=of, key="budget", value=True, source="rep", by=pawel, at=LATER)
    pieces.settle()
    questions.reply(question=question, text="Really?", by=marta, at=LATER + timedelta(hours=1))
    assert pieces.settle() == 0
    answers.answer(lead=of, key="budget", value=False, source="rep", by=pawel, at=LATER + timedelta(hours=2))
    assert pieces.settle() == 1
    assert question.replies.last() is not None
    assert [reply.text for reply in question.replies.all()] == ["yes", "Really?", "no"]


def test_a_topic_of_another_lead_answers_nothing(of: Lead, marta: User, pawel: User) -> None:
    ask(of, "need", marta)
    learned.say(lead=lead(owner=pawel), topic="need", words="Room", by=pawel)
    learned.say(lead=of, topic="situation", words="Two halls", by=pawel)
    assert pieces.settle() == 0


def test_many_questions_are_settled_in_as_many_statements_as_few(marta: User, pawel: User) -> None:
    seen = []
    for count in (1, 19):
        for _number in range(count):
            one = lead(owner=pawel)
            ask(one, "answer:budget", marta)
            Answer.objects.create(lead=one, key="budget", value=True, source="rep", by=pawel, at=LATER)
        with CaptureQueriesContext(connection) as captured:
            assert pieces.settle() == count
        seen.append(len(captured))
    assert seen[0] == seen[1]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_answer_each_question_once(of: Lead, marta: User, pawel: User) -> None:
    leads = [of, *(lead(owner=pawel) for _number in range(5))]
    for one in leads:
        ask(one, "answer:budget", marta)
        Answer.objects.create(lead=one, key="budget", value=True, source="rep", by=pawel, at=LATER)
    start = Barrier(2)

    def work() -> None:
        start.wait()
        try:
            pieces.settle()
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Reply.objects.count() == len(leads) == told(marta)


# ------------------------------------------------------------------------------ on the pages


def test_marketing_asks_on_the_lead_s_page_and_sees_who_has_asked(
    client: Client, of: Lead, marta: User
) -> None:
    client.force_login(marta)
    page = client.get(reverse("leads:page", args=[of.pk]))
    assert page.text.count("Ask for it") >= 6  # three criteria, three topics
    data = {"lead": of.pk, "piece": "answer:budget", "back": "lead"}
    response = client.post(reverse("feedback:ask_piece"), data, **HTMX)
    assert response.status_code == 200
    for part in (f'id="piece-{of.pk}-answer-budget"', "asked, Marta", 'id="ask-panel"', "Is there a budget?"):
        assert part in response.text
    again = client.post(reverse("feedback:ask_piece"), data, **HTMX)
    assert "Asked already: Marta Lis → Paweł Krawczyk" in again.text
    assert Question.objects.count() == 1


def test_without_scripts_the_click_leads_back_to_where_it_was_made(
    client: Client, of: Lead, marta: User
) -> None:
    client.force_login(marta)
    data = {"lead": of.pk, "piece": "need"}
    response = client.post(reverse("feedback:ask_piece"), data | {"back": "campaign"}, follow=True)
    assert response.redirect_chain == [(reverse("campaigns:page", args=[of.campaign_id]), 302)]
    assert "Asked already" not in response.text
    assert client.post(reverse("feedback:ask_piece"), data | {"back": "lead"})["Location"] == reverse(
        "leads:page", args=[of.pk]
    )


@pytest.mark.parametrize("data", [{}, {"lead": "x"}, {"lead": "9" * 20}, {"lead": "0"}])
def test_asking_about_no_lead_is_not_found(client: Client, marta: User, data: dict[str, str]) -> None:
    client.force_login(marta)
    assert client.post(reverse("feedback:ask_piece"), data | {"piece": "need"}).status_code == 404


def test_a_refusal_is_said_in_the_place_of_the_button(client: Client, of: Lead, marta: User) -> None:
    client.force_login(marta)
    Finding.objects.create(lead=of, topic="need", words="Room", at=AT)
    response = client.post(reverse("feedback:ask_piece"), {"lead": of.pk, "piece": "need"}, **HTMX)
    assert response.status_code == 409
    assert "This is known meanwhile." in response.text


def test_sales_sees_no_button_and_may_not_ask(client: Client, of: Lead, pawel: User) -> None:
    client.force_login(pawel)
    assert "Ask for it" not in client.get(reverse("leads:page", args=[of.pk])).text
    response = client.post(reverse("feedback:ask_piece"), {"lead": of.pk, "piece": "need"})
    assert response.status_code == 403
    assert not Question.objects.exists()


def test_a_campaign_s_leads_say_what_is_missing_of_each(client: Client, marta: User, pawel: User) -> None:
    one = campaign(owner=marta)
    for _number in range(2):
        of = lead(owner=pawel, campaign=one)
    ask(of, "need", marta)
    client.force_login(marta)
    page = client.get(reverse("campaigns:page", args=[one.pk])).text
    assert page.count("6 missing") == 2
    assert "Needs: asked, Marta" in page
    client.force_login(pawel)
    assert "missing" not in client.get(reverse("campaigns:page", args=[one.pk])).text


def test_more_leads_of_a_campaign_take_no_more_statements(client: Client, marta: User, pawel: User) -> None:
    one = campaign(owner=marta)
    client.force_login(marta)
    client.get(reverse("campaigns:page", args=[one.pk]))
    seen = []
    for count in (1, 8):
        for _number in range(count):
            ask(lead(owner=pawel, campaign=one), "need", marta)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("campaigns:page", args=[one.pk]))
        seen.append(len(captured))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("piece", "data", "words"),
    [
        ("answer:budget", {"value": "true"}, "yes"),
        ("answer:size", {"typed": "1,200"}, "1,200"),
        ("objection", {"tag": "too_expensive"}, "Too expensive"),
        ("situation", {"words": "Two halls"}, "Two halls"),
    ],
)
def test_one_press_beside_the_question_fills_the_piece_and_answers_at_once(
    client: Client, of: Lead, marta: User, piece: str, data: dict[str, str], words: str
) -> None:
    rep = of.owner
    assert rep is not None
    User.objects.filter(pk=rep.pk).update(language="en")
    rep.refresh_from_db()
    question = ask(of, piece, marta)
    client.force_login(rep)
    assert f'action="/questions/{question.pk}/fill/"' in client.get(reverse("feedback:questions")).text
    response = client.post(reverse("feedback:fill", args=[question.pk]), data, **HTMX)
    assert response.status_code == 200
    assert (question.replies.get().text, question.replies.get().by) == (words, rep)
    assert told(marta) == 1
    known = Answer.objects.filter(lead=of).exists() or Finding.objects.filter(lead=of).exists()
    assert known


@pytest.mark.parametrize(
    ("piece", "data"),
    [
        ("answer:size", {"typed": "many"}),
        ("objection", {"words": "  "}),
        ("objection", {"tag": "more_capacity"}),
        ("answer:budget", {}),
    ],
)
def test_what_does_not_fill_the_piece_comes_back_with_what_was_typed(
    client: Client, of: Lead, marta: User, piece: str, data: dict[str, str]
) -> None:
    question = ask(of, piece, marta)
    assert of.owner is not None
    client.force_login(of.owner)
    response = client.post(reverse("feedback:fill", args=[question.pk]), data, **HTMX)
    assert response.status_code == 422
    assert data.get("typed", "") in response.text
    question.refresh_from_db()
    assert question.answered_at is None
    assert not Reply.objects.exists()
    assert not Answer.objects.exists()


def test_a_stranger_to_the_lead_does_not_fill_it(client: Client, of: Lead, marta: User) -> None:
    question = ask(of, "need", marta)
    client.force_login(person("rep"))
    response = client.post(reverse("feedback:fill", args=[question.pk]), {"words": "Room"})
    assert response.status_code == 403
    assert not Finding.objects.exists()


def test_a_question_in_words_has_nothing_to_fill(client: Client, of: Lead, marta: User, pawel: User) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=of)
    client.force_login(pawel)
    response = client.post(reverse("feedback:fill", args=[question.pk]), {"value": "true"})
    assert response.status_code == 404
