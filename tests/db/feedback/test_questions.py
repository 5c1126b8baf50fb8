"""Questions: asked with the facts, answered by one person, closed only by the asker."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, Channel
from feedback.models import Question
from feedback.selectors import questions as selectors
from feedback.services import questions
from leads.models import Activity, Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

# A Thursday, 10:00 in Warsaw, where the company works Monday to Friday from 9 to 17.
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis", email="marta@example.com")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk", email="pawel@example.com")


@pytest.fixture
def campaign(marta: User) -> Campaign:
    channel = Channel.objects.create(name="Site")
    return Campaign.objects.create(name="Spring offer", channel=channel, owner=marta)


@pytest.fixture
def lead(campaign: Campaign, pawel: User) -> Lead:
    return Lead.objects.create(
        name="Ola Wójcik", campaign=campaign, owner=pawel, received_at=AT - timedelta(days=1)
    )


def asked(by: User, of: User, **about: object) -> Question:
    return questions.ask(text="Why so late?", answerer=of, by=by, at=AT, **about)  # type: ignore[arg-type]


def test_answer_is_due_at_the_end_of_the_second_working_day(marta: User, pawel: User) -> None:
    # Thursday plus two working days is Monday, 17:00 in Warsaw.
    assert asked(marta, pawel).due_at == datetime(2026, 3, 9, 16, 0, tzinfo=UTC)


def test_question_about_a_lead_keeps_the_facts_as_they_stood(marta: User, pawel: User, lead: Lead) -> None:
    Activity.objects.create(
        lead=lead, campaign=lead.campaign, by=pawel, at=AT - timedelta(hours=2), outcome="no_answer"
    )
    question = asked(marta, pawel, lead=lead)
    Activity.objects.create(lead=lead, campaign=lead.campaign, by=pawel, at=AT + timedelta(hours=1))
    facts = selectors.lead_facts(Question.objects.get(pk=question.pk))
    assert facts is not None
    assert facts.received_at == lead.received_at
    assert [(attempt.words, attempt.by) for attempt in facts.attempts] == [("Call, No answer", pawel.name)]


def test_answerer_is_told_at_once_and_the_asker_is_not(marta: User, pawel: User) -> None:
    asked(marta, pawel)
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind, notice.is_instant) == (pawel, "question_asked", True)


def test_an_answer_tells_the_asker_and_stops_waiting(marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    questions.reply(question=question, text="I called twice.", by=pawel, at=AT)
    assert list(selectors.for_person(pawel)) == []
    assert Notice.objects.filter(recipient=marta, kind="question_answered").exists()


def test_writing_back_makes_it_wait_for_an_answer_again(marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    questions.reply(question=question, text="I called twice.", by=pawel, at=AT)
    questions.reply(question=question, text="And the mail?", by=marta, at=AT)
    assert list(selectors.for_person(pawel)) == [question]
    assert Notice.objects.filter(recipient=pawel, kind="question_asked").count() == 2


def test_only_the_asker_closes(marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    with pytest.raises(NotAllowed):
        questions.close(question=question, by=pawel)
    question.refresh_from_db()
    assert question.closed_at is None
    questions.close(question=question, by=marta)
    with pytest.raises(Conflict):
        questions.reply(question=question, text="Wait", by=pawel)


def test_a_third_person_neither_answers_nor_writes_back(marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    with pytest.raises(NotAllowed):
        questions.reply(question=question, text="I know", by=person("rep"))
    assert question.replies.count() == 0


@pytest.mark.parametrize("text", ["", "   ", "x" * 5_001])
def test_an_unusable_text_is_refused(marta: User, pawel: User, text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        questions.ask(text=text, answerer=pawel, by=marta)
    assert refusal.value.field == "text"
    assert not Question.objects.exists()


def test_nobody_asks_oneself_or_somebody_who_left(marta: User, pawel: User) -> None:
    User.objects.filter(pk=pawel.pk).update(is_active=False)
    pawel.refresh_from_db()
    for answerer in (marta, pawel):
        with pytest.raises(Invalid):
            asked(marta, answerer)


def test_an_administrator_alone_does_not_ask(pawel: User) -> None:
    with pytest.raises(NotAllowed):
        asked(person("administrator"), pawel)


def test_list_is_oldest_first_and_costs_the_same_with_many(
    client: Client, marta: User, pawel: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    first = asked(marta, pawel)
    for _number in range(20):
        questions.reply(question=asked(marta, pawel), text="Yes", by=pawel)
    client.force_login(pawel)
    with django_assert_max_num_queries(19):
        response = client.get(reverse("feedback:questions"))
    assert response.context["questions"][0] == first
    assert len(response.context["questions"]) == 21


def test_asking_from_a_panel_brings_the_panel_back_with_the_question(
    client: Client, marta: User, pawel: User, lead: Lead
) -> None:
    client.force_login(marta)
    data = {"text": "Why so late?", "answerer": pawel.pk, "lead": lead.pk}
    response = client.post(reverse("feedback:ask"), data, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b'id="ask-panel"' in response.content
    assert "Why so late?" in response.content.decode()
    assert Question.objects.get().lead == lead


def test_what_was_typed_comes_back_when_asking_is_refused(client: Client, marta: User, lead: Lead) -> None:
    client.force_login(marta)
    data = {"text": "Why so late?", "answerer": "", "lead": lead.pk}
    response = client.post(reverse("feedback:ask"), data, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "Why so late?" in response.content.decode()
    assert not Question.objects.exists()


def test_answering_works_without_javascript(client: Client, marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    client.force_login(pawel)
    response = client.post(reverse("feedback:reply", args=[question.pk]), {"text": "Because."}, follow=True)
    assert "Because." in response.content.decode()


@pytest.mark.parametrize(
    ("place", "there", "not_there"),
    [
        ("page", (), ("Figures now", "Marta Lis → Paweł Krawczyk</h3>")),
        ("beside", ("Marta Lis → Paweł Krawczyk",), ("Figures now", ">Spring offer</a>")),
        ("list", ('class="hit"', "Figures now", ">Spring offer</a>"), ()),
    ],
)
def test_what_stands_around_the_card_is_not_said_in_it_again_after_an_answer(
    client: Client,
    marta: User,
    pawel: User,
    campaign: Campaign,
    place: str,
    there: tuple[str, ...],
    not_there: tuple[str, ...],
) -> None:
    question = asked(marta, pawel, campaign=campaign)
    client.force_login(pawel)
    pages = {
        "page": reverse("feedback:question", args=[question.pk]),
        "beside": reverse("campaigns:page", args=[campaign.pk]),
        "list": reverse("feedback:questions"),
    }
    assert f'name="place" value="{place}"' in client.get(pages[place]).content.decode()
    card = client.post(
        reverse("feedback:reply", args=[question.pk]),
        {"text": "Because.", "place": place},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert f'name="place" value="{place}"' in card
    assert "When this was asked: 0 leads" in card if place != "page" else "When this was asked" not in card
    for words in there:
        assert words in card
    for words in not_there:
        assert words not in card


def test_answering_a_closed_question_keeps_the_text(client: Client, marta: User, pawel: User) -> None:
    question = asked(marta, pawel)
    questions.close(question=question, by=marta)
    client.force_login(pawel)
    response = client.post(
        reverse("feedback:reply", args=[question.pk]), {"text": "Because."}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 409


def test_question_text_is_never_markup(client: Client, marta: User, pawel: User) -> None:
    question = questions.ask(text="<script>alert(1)</script>", answerer=pawel, by=marta)
    client.force_login(pawel)
    page = client.get(reverse("feedback:question", args=[question.pk])).content.decode()
    assert "<script>alert" not in page


def test_pages_go_by_age_and_miss_nothing(marta: User, pawel: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PAGE", 2)
    made = [
        questions.ask(text=f"{n}", answerer=pawel, by=marta, at=AT - timedelta(hours=age))
        for n, age in enumerate((1, 3, 2, 3, 0))
    ]
    seen, after = [], None
    while True:
        rows, after = selectors.page_of(selectors.Cut.OPEN, marta, after=after)
        seen += rows
        if after is None:
            break
    assert seen == [made[1], made[3], made[2], made[0], made[4]]


def test_an_empty_queue_leads_to_the_questions_that_wait(client: Client, marta: User, pawel: User) -> None:
    client.force_login(marta)
    empty = client.get(reverse("leads:queue")).text
    assert "Leads handed to you stand here" in empty
    assert "See questions" not in empty
    asked(pawel, marta)
    page = client.get(reverse("leads:queue")).text
    assert "1 question waits for your answer." in page
    assert "See questions" in page
    assert "Leads handed to you stand here" not in page
