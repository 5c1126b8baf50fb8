"""Finding questions, whom to ask, and sending the same form twice."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.models import Question, Reply
from feedback.selectors import questions as selectors
from feedback.selectors.questions import Cut, QuestionFilter
from feedback.services import questions
from leads.models import Lead
from leadsync.accounts.models import Absence, User
from leadsync.accounts.roles import Role
from leadsync.core.errors import Invalid
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk")


def found(by: User, text: str = "", **more: object) -> list[Question]:
    rows, _next = selectors.page_of(Cut.OPEN, by, by=QuestionFilter(text=text, **more))  # type: ignore[arg-type]
    return rows


@pytest.mark.parametrize(
    "text",
    [
        "ŻÓŁTE",
        "zolte",
        "ż",
        "płyty",
        "ПАЛЛЕТ",
        "stiftung",
        "SPRING",
        "krawczyk PAWEL",
        "wójcik",
        "półki żółte",
    ],
)
def test_a_question_is_found_by_its_words_answers_and_names(marta: User, pawel: User, text: str) -> None:
    lead = Lead.objects.create(
        name="Ola Wójcik",
        company="Stiftung Öl",
        campaign=make_campaign(name="Spring offer"),
        received_at=timezone.now(),
    )
    about_lead = questions.ask(text="Czy chcą żółte półki?", answerer=pawel, by=marta, lead=lead)
    about_campaign = questions.ask(text="Сколько паллет?", answerer=pawel, by=marta, campaign=lead.campaign)
    questions.reply(question=about_lead, text="Tylko PŁYTY.", by=pawel)
    other = questions.ask(text="Something else", answerer=person("rep", name="Iga Nowak"), by=person("rep"))
    rows = found(marta, text)
    assert rows
    assert set(rows) <= {about_lead, about_campaign}
    assert other not in rows


@pytest.mark.parametrize("text", ["100%", "a_b", "(", "[", "\\", "*", "$^"])
def test_signs_are_looked_for_as_they_are(marta: User, pawel: User, text: str) -> None:
    questions.ask(text="Plain words", answerer=pawel, by=marta)
    match = questions.ask(text=f"x {text} y", answerer=pawel, by=marta)
    assert found(marta, text) == [match]


def test_the_list_is_cut_to_a_person_and_to_the_department_asked(marta: User, pawel: User) -> None:
    to_sales = questions.ask(text="One", answerer=pawel, by=marta)
    to_marketing = questions.ask(text="Two", answerer=marta, by=pawel)
    among_reps = questions.ask(text="Three", answerer=person("rep"), by=person("rep"))
    assert found(marta, person=pawel.pk) == [to_sales, to_marketing]
    assert found(marta, side="sales") == [to_sales, among_reps]
    assert found(marta, side="mkt") == [to_marketing]


def test_tabs_count_within_the_search(client: Client, marta: User, pawel: User) -> None:
    for text in ("Racks", "Shelves", "Racks again"):
        questions.ask(text=text, answerer=pawel, by=marta)
    closed = questions.ask(text="Racks closed", answerer=pawel, by=marta)
    questions.close(question=closed, by=marta)
    client.force_login(marta)
    page = client.get(reverse("feedback:questions"), {"show": "mine", "q": "racks"})
    assert {tab["key"]: tab["count"] for tab in page.context["tabs"]} == {
        "for-me": 0,
        "mine": 2,
        "open": 2,
        "closed": 1,
    }
    assert "q=racks" in page.context["tabs"][3]["url"]
    assert "Racks again" in page.text
    assert "Shelves" not in page.text
    nothing = client.get(reverse("feedback:questions"), {"show": "mine", "q": "pallets"})
    assert "No question fits this search" in nothing.text


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 10_000,
        "q=%00",
        "person=1e400",
        "person=" + "9" * 40,
        "side=nobody",
        "after=zz",
        "show=%00",
        "after=" + "9" * 30,
    ],
)
def test_an_address_that_makes_no_sense_is_no_fault(client: Client, marta: User, query: str) -> None:
    client.force_login(marta)
    assert client.get(f"{reverse('feedback:questions')}?{query}").status_code == 200


def test_pages_of_a_search_go_on_with_it(
    client: Client, marta: User, pawel: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE", 2)
    for n in range(3):
        questions.ask(text=f"Racks {n}", answerer=pawel, by=marta)
    client.force_login(marta)
    page = client.get(reverse("feedback:questions"), {"show": "open", "q": "racks"})
    more = client.get(page.context["next_url"], headers={"HX-Request": "true"})
    assert "Racks 2" in more.text
    assert "Racks 1" not in more.text


def test_a_search_by_htmx_brings_list_and_tabs(client: Client, marta: User, pawel: User) -> None:
    questions.ask(text="Racks", answerer=pawel, by=marta)
    client.force_login(marta)
    part = client.get(
        reverse("feedback:questions"), {"show": "open", "q": "racks"}, headers={"HX-Request": "true"}
    )
    assert "<html" not in part.text
    assert 'id="question-tabs"' in part.text
    assert part["HX-Replace-Url"].endswith("?show=open&q=racks")


# ---------------------------------------------------------------------------------------------- whom to ask


def test_a_head_is_whoever_holds_the_role_when_it_is_asked(marta: User) -> None:
    first = person("head_of_sales", name="Anna Adamska")
    second = person("head_of_sales", name="Zenon Zając")
    assert questions.ask(text="Why?", answerer=Role.HEAD_OF_SALES, by=marta).answerer == first
    today = timezone.localdate()
    Absence.objects.create(person=first, starts_on=today, ends_on=today)
    assert questions.ask(text="Why?", answerer=Role.HEAD_OF_SALES, by=marta).answerer == second


def test_where_nobody_holds_the_role_it_is_said(client: Client, marta: User, pawel: User) -> None:
    with pytest.raises(Invalid) as refusal:
        questions.ask(text="Why?", answerer=Role.HEAD_OF_MARKETING, by=marta)
    assert refusal.value.message == "Nobody else is head of marketing here. Choose a person."
    client.force_login(marta)
    page = client.get(reverse("feedback:ask"))
    assert "Nobody else is head of sales here." in page.text
    refused = client.post(reverse("feedback:ask"), {"text": "Why?", "answerer": "head_of_sales"})
    assert refused.status_code == 422
    assert not Question.objects.exists()


def test_a_head_does_not_ask_themselves_as_the_head(marta: User) -> None:
    head = person("head_of_sales")
    with pytest.raises(Invalid):
        questions.ask(text="Why?", answerer=Role.HEAD_OF_SALES, by=head)


def test_the_form_asks_the_head_by_role(client: Client, marta: User) -> None:
    head = person("head_of_sales", name="Tomasz Wrona")
    client.force_login(marta)
    page = client.get(reverse("feedback:ask"), {"to": "head_of_sales"})
    assert "Head of sales (Tomasz Wrona)" in page.text
    client.post(reverse("feedback:ask"), {"text": "Why?", "answerer": "head_of_sales"})
    assert Question.objects.get().answerer == head


# ---------------------------------------------------------------------------------------------- twice


def test_the_same_form_sent_twice_is_one_question(client: Client, marta: User, pawel: User) -> None:
    client.force_login(marta)
    data = {"text": "Why?", "answerer": pawel.pk, "key": "3f1c"}
    first = client.post(reverse("feedback:ask"), data)
    second = client.post(reverse("feedback:ask"), data)
    assert first["Location"] == second["Location"]
    assert Question.objects.count() == 1
    assert Notice.objects.filter(kind="question_asked").count() == 1
    client.post(reverse("feedback:ask"), data | {"key": "another"})
    assert Question.objects.count() == 2


def test_the_same_answer_sent_twice_is_one(marta: User, pawel: User) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    for _time in range(2):
        questions.reply(question=question, text="Because.", by=pawel)
    assert Reply.objects.count() == 1
    assert Notice.objects.filter(kind="question_answered").count() == 1


def test_closing_twice_and_opening_twice_is_once(marta: User, pawel: User) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    for _time in range(2):
        questions.close(question=question, by=marta)
    assert Notice.objects.filter(kind="question_closed").count() == 1
    for _time in range(2):
        questions.reopen(question=question, by=marta)
    assert Notice.objects.filter(kind="question_reopened").count() == 1


def test_an_answer_to_what_was_closed_meanwhile_is_given_back(
    client: Client, marta: User, pawel: User
) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    questions.close(question=question, by=marta)
    client.force_login(pawel)
    for headers in ({}, {"HX-Request": "true"}):
        refused = client.post(
            reverse("feedback:reply", args=[question.pk]), {"text": "Because of rain."}, headers=headers
        )
        assert refused.status_code == 409
        assert "Because of rain." in refused.text
        assert "Marta Lis closed this question meanwhile." in refused.text
    assert not Reply.objects.exists()


def test_a_question_can_be_muted_where_it_stands(client: Client, marta: User, pawel: User) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    client.force_login(pawel)
    page = client.get(reverse("feedback:question", args=[question.pk]))
    assert f'name="url" value="/questions/{question.pk}/"' in page.text


def test_keys_walk_the_list_and_lead_into_the_answer(client: Client, marta: User, pawel: User) -> None:
    question = questions.ask(text="Why?", answerer=pawel, by=marta)
    client.force_login(pawel)
    assert f'class="hit" href="/questions/{question.pk}/"' in client.get(reverse("feedback:questions")).text
    assert 'data-key="KeyA"' in client.get(reverse("feedback:question", args=[question.pk])).text
