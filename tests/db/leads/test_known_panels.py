"""What becomes known of a lead by one press, in the queue and on its page: answers, tags, words, and an override."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Question
from leads.models import Answer, Finding, Lead, LeadEvent, Mark, Tag
from leads.selectors import agreement
from leads.selectors.timeline import timeline
from leads.services import answers, learned, marking
from leadsync.accounts.models import User
from leadsync.accounts.roles import LABELS, Role
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "points"}
PLACES = ["queue", "page"]


@pytest.fixture
def rep(client: Client) -> User:
    CompanyFactory(zone="UTC", country="")
    for weekday in range(7):
        HoursFactory(weekday=weekday, opens=0, closes=1440)
    found = person("rep", name="Paweł Krawczyk")
    client.force_login(found)
    return found


@pytest.fixture
def asked(db: None) -> None:
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Is there a budget?"},
            {"key": "places", "question": "Pallet places", "kind": "number", "threshold": 500},
            {"key": "use", "question": "Kind of store", "kind": "choice", "choices": ["Cold", "Dry"]},
            {"key": "home", "question": "Home market", "kind": "country", "choices": ["DE", "PL"]},
            {"key": "since", "question": "Why now", "kind": "text", "is_required": False, "points": 1},
        ]
    )


def url(place: str, name: str, of: Lead) -> str:
    return reverse(f"leads:{name}" if place == "queue" else f"leads:lead_{name}", args=[of.pk])


def press(client: Client, place: str, name: str, of: Lead, *, htmx: bool = True, **given: Any):
    return client.post(url(place, name, of), {"tab": "first"} | given, headers=HTMX if htmx else None)


def page_of(client: Client, place: str, of: Lead):
    return client.get(f"/queue/?lead={of.pk}" if place == "queue" else reverse("leads:page", args=[of.pk]))


# ---------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("place", PLACES)
def test_each_unknown_question_is_answered_by_one_press(
    client: Client, rep: User, asked: None, place: str
) -> None:
    one = lead(owner=rep)
    assert "0 of 5 known" in page_of(client, place, one).text
    for key, value in (("budget", "true"), ("use", "Cold"), ("home", "DE")):
        response = press(client, place, "answer", one, key=key, value=value)
        assert response.status_code == 200
        assert "<html" not in response.text
    assert "3 of 5 known" in response.text
    assert dict(one.answers.values_list("key", "value")) == {"budget": True, "use": "Cold", "home": "DE"}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_typed_is_an_answer_in_any_notation(
    client: Client, rep: User, asked: None, place: str
) -> None:
    one = lead(owner=rep)
    press(client, place, "answer", one, key="places", typed="1,200")
    press(client, place, "answer", one, key="home", typed="Germany")
    press(client, place, "answer", one, key="use", typed="Outdoors")
    assert dict(one.answers.values_list("key", "value")) == {
        "places": "1200",
        "home": "DE",
        "use": "Outdoors",
    }


def test_the_next_unknown_question_has_the_focus(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    response = press(client, "queue", "answer", one, key="budget", value="true")
    assert response.context["go_on"] == "places"
    response = press(client, "queue", "answer", one, key="since", typed="New hall")
    assert response.context["go_on"] == "places"
    assert response.text.count("data-focus") == 1


@pytest.mark.parametrize("place", PLACES)
def test_an_answer_is_corrected_and_forgotten(client: Client, rep: User, asked: None, place: str) -> None:
    one = lead(owner=rep)
    press(client, place, "answer", one, key="budget", value="true")
    press(client, place, "answer", one, key="budget", value="false")
    assert one.answers.get().value is False
    response = press(client, place, "answer", one, key="budget", value="")
    assert response.context["go_on"] == "budget"
    assert not one.answers.exists()


def test_an_answer_pressed_twice_is_one_event(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    for _time in range(2):
        press(client, "queue", "answer", one, key="budget", value="true")
    assert LeadEvent.objects.filter(lead=one, kind="answered").count() == 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_wrong_answer_comes_back_as_typed_with_the_reason(
    client: Client, rep: User, asked: None, place: str, htmx: bool
) -> None:
    one = lead(owner=rep)
    response = press(client, place, "answer", one, htmx=htmx, key="places", typed="<many>")
    assert response.status_code == 422
    assert "This is no number" in response.text
    assert 'value="&lt;many&gt;"' in response.text
    assert ("<html" in response.text) is not htmx
    assert not Answer.objects.exists()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_question_that_is_no_longer_asked_is_refused_in_words(
    client: Client, rep: User, asked: None, place: str, htmx: bool
) -> None:
    response = press(client, place, "answer", lead(owner=rep), htmx=htmx, key="old", value="true")
    assert response.status_code == 422
    assert "does not ask this" in response.text


@pytest.mark.parametrize(
    ("place", "home"), [("queue", "/queue/?tab=first&lead={pk}"), ("page", "/leads/{pk}/")]
)
def test_without_scripts_a_press_leads_back_to_its_panel(
    client: Client, rep: User, asked: None, place: str, home: str
) -> None:
    one = lead(owner=rep)
    response = press(client, place, "answer", one, htmx=False, key="budget", value="true")
    assert (response.status_code, response["Location"]) == (302, home.format(pk=one.pk) + "#points")
    response = press(client, place, "learn", one, htmx=False, topic="need", words="Two lifts")
    assert response["Location"] == home.format(pk=one.pk) + "#learned-need"


def test_country_and_segment_of_the_lead_are_known_and_say_where_from(client: Client, rep: User) -> None:
    agreement_in_force(
        criteria=[
            {"key": "home", "question": "Home market", "kind": "country", "choices": ["DE"]},
            {"key": "segment", "question": "Segment", "kind": "segment", "choices": ["Farms"]},
        ]
    )
    one = lead(owner=rep, country="DE", campaign=campaign(segment="Farms"))
    text = page_of(client, "queue", one).text
    assert "2 of 2 known" in text
    assert "Germany, from the details" in text
    assert "Farms, from the campaign" in text


# ---------------------------------------------------------------------------------------------- what was learned


@pytest.mark.parametrize("place", PLACES)
def test_a_tag_is_pressed_and_taken_back_in_place(client: Client, rep: User, place: str) -> None:
    one = lead(owner=rep)
    response = press(client, place, "learn", one, topic="objection", tag="too_expensive:on")
    assert response.status_code == 200
    assert 'value="too_expensive:off"' in response.text
    assert Finding.objects.get().tag.key == "too_expensive"
    press(client, place, "learn", one, topic="objection", tag="too_expensive:off")
    assert not Finding.objects.exists()


@pytest.mark.parametrize("place", PLACES)
def test_words_being_typed_are_kept_with_a_tag(client: Client, rep: User, place: str) -> None:
    one = lead(owner=rep)
    press(client, place, "learn", one, topic="objection", tag="not_now:on", words="After the summer", was="")
    assert set(Finding.objects.values_list("tag__key", "words")) == {
        ("not_now", ""),
        (None, "After the summer"),
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("htmx", [True, False])
def test_words_somebody_changed_meanwhile_stand_beside_what_was_typed(
    client: Client, rep: User, place: str, htmx: bool
) -> None:
    one = lead(owner=rep)
    learned.say(lead=one, topic="need", words="Theirs", by=person("marketer", name="Iga Maj"))
    given = {"topic": "need", "words": "Mine", "was": ""}
    response = press(client, place, "learn", one, htmx=htmx, **given)
    assert response.status_code == 409
    for words in ("Iga Maj", "Theirs", "Mine"):
        assert words in response.text
    assert Finding.objects.get().words == "Theirs"
    assert press(client, place, "learn", one, **given | {"was": "Theirs"}).status_code == 200
    assert Finding.objects.get().words == "Mine"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("htmx", [True, False])
def test_words_that_cannot_be_kept_come_back_with_the_reason(
    client: Client, rep: User, place: str, htmx: bool
) -> None:
    one = lead(owner=rep)
    response = press(client, place, "learn", one, htmx=htmx, topic="need", words="x" * 2_001, was="")
    assert response.status_code == 422
    assert "At most 2000 characters" in response.text
    assert "x" * 2_001 in response.text
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    "given", [{"topic": "mood", "words": "x"}, {"topic": "need", "tag": "nothing:on"}, {}]
)
def test_what_does_not_exist_is_not_found(client: Client, rep: User, given: dict[str, str]) -> None:
    assert press(client, "queue", "learn", lead(owner=rep), **given).status_code == 404
    assert not Finding.objects.exists()


@pytest.mark.parametrize("place", PLACES)
def test_another_reps_lead_is_read_and_not_written(
    client: Client, rep: User, asked: None, place: str
) -> None:
    one = lead(owner=person("rep"))
    learned.tag(lead=one, tag=Tag.objects.get(key="not_now"), is_on=True, by=person("marketer"))
    text = reverse("leads:page", args=[one.pk])
    shown = client.get(text).text
    assert "Not now" in shown
    assert reverse("leads:lead_learn", args=[one.pk]) not in shown
    assert press(client, place, "answer", one, key="budget", value="true").status_code == 403
    assert press(client, place, "learn", one, topic="need", words="x").status_code == 403
    assert not Answer.objects.exists()


def test_the_history_says_what_was_learned_in_words(rep: User, asked: None) -> None:
    one = lead(owner=rep)
    tag = Tag.objects.get(key="too_expensive")
    learned.tag(lead=one, tag=tag, is_on=True, by=rep)
    learned.tag(lead=one, tag=tag, is_on=False, by=rep)
    learned.say(lead=one, topic="need", words="Two lifts", by=rep)
    learned.say(lead=one, topic="need", words="Three lifts", by=rep)
    learned.say(lead=one, topic="need", words="", by=rep)
    answers.answer(lead=one, key="home", value="DE", source="rep", by=rep)
    items = timeline(Lead.objects.select_related("campaign").get(pk=one.pk), agreement.terms())
    said = [item.text for item in items if item.by == rep.name]
    assert said[:6] == [
        "Our definition",
        "Needs: words taken away",
        "Needs, in words",
        "Needs, in words",
        "Objections: Too expensive taken away",
        "Objections: Too expensive",
    ]
    assert [(one.before, one.after) for one in items[0].changes] == [("–", "Germany")]
    assert [(one.before, one.after) for one in items[2].changes] == [("Two lifts", "Three lifts")]


# ---------------------------------------------------------------------------------------------- an override


def not_met(rep: User) -> Lead:
    one = lead(owner=rep, name="Ewa")
    answers.answer(lead=one, key="places", value="300", source="rep", by=rep)
    return one


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_rep_against_the_definition_is_told_why_and_offered_to_ask_the_head(
    client: Client, rep: User, asked: None, place: str, htmx: bool
) -> None:
    person("head_of_sales", name="Aaron Head")
    one = not_met(rep)
    response = press(client, place, "mark", one, htmx=htmx, mark="qualified", note="keep me", overrides="1")
    assert response.status_code == 422
    assert "By our definition this lead is not qualified. Pallet places: 300." in response.text
    assert "Ask the head of sales" in response.text
    assert "Can Ewa be marked qualified all the same?" in response.text
    assert (
        f'<option value="{Role.HEAD_OF_SALES}" selected>{LABELS[Role.HEAD_OF_SALES]} (Aaron Head)'
        in response.text
    )
    assert "keep me" in response.text
    assert "Mark qualified all the same" not in response.text
    assert fresh(one).mark == "none"
    assert not Mark.objects.exists()
    assert not Question.objects.exists()


@pytest.mark.parametrize("place", PLACES)
def test_a_head_overrides_with_a_note_and_the_page_says_so(
    client: Client, rep: User, asked: None, place: str
) -> None:
    one = not_met(rep)
    client.force_login(person("head_of_sales", name="Tomasz Wrona"))
    refused = press(client, place, "mark", one, mark="qualified")
    assert refused.status_code == 422
    assert "Mark qualified all the same" in refused.text
    without = press(client, place, "mark", one, overrides="qualified", note=" ")
    assert without.status_code == 422
    assert "Say in a note why" in without.text
    assert fresh(one).mark == "none"
    done = press(client, place, "mark", one, overrides="qualified", note="They build in spring")
    assert done.status_code == 200
    assert fresh(one).mark == "qualified"
    mark = Mark.objects.get()
    assert (mark.evaluation["overrides"], mark.note) == ("definition", "They build in spring")
    event = LeadEvent.objects.get(lead=one, kind="marked")
    assert event.after["overrides"] == "definition"
    page = client.get(reverse("leads:page", args=[one.pk])).text
    assert "Overridden: our definition speaks against it" in page
    assert "They build in spring" in page
    assert "Overridden" in client.get(reverse("campaigns:page", args=[one.campaign_id])).text


@pytest.mark.parametrize("place", PLACES)
def test_a_head_overrides_the_attempts_in_the_page_too(client: Client, rep: User, place: str) -> None:
    one = lead(owner=rep)
    client.force_login(person("head_of_sales"))
    assert 'value="unreachable"' in client.get(reverse("leads:page", args=[one.pk])).text
    refused = press(client, place, "mark", one, mark="unreachable")
    assert refused.status_code == 422
    assert "Mark unreachable all the same" in refused.text
    assert press(client, place, "mark", one, overrides="unreachable", note="Moved away").status_code == 200
    assert Mark.objects.get().evaluation["overrides"] == "attempts"


def test_an_override_that_overrides_nothing_is_a_plain_mark(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    client.force_login(person("head_of_sales"))
    assert press(client, "queue", "mark", one, overrides="qualified").status_code == 200
    assert "overrides" not in Mark.objects.get().evaluation


# ---------------------------------------------------------------------------------------------- marks so far


def test_each_mark_shows_the_definition_as_it_stood(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    answers.answer(lead=one, key="places", value="1200", source="rep", by=rep)
    first = marking.mark(lead=one, value="qualified", by=rep, version=None)
    marking.revert(mark=first, by=rep)
    agreement_in_force(criteria=[{"key": "other", "question": "Something new"}])
    answers.answer(lead=one, key="other", value=False, source="rep", by=rep)
    marking.mark(
        lead=fresh(one),
        value="qualified",
        by=person("head_of_sales"),
        version=None,
        overrides=True,
        note="All the same",
    )
    history = client.get(reverse("leads:page", args=[one.pk])).context["marks"]
    assert [[point.question for point in view.points] for view in history] == [
        ["Something new"],
        ["Is there a budget?", "Pallet places", "Kind of store", "Home market", "Why now"],
    ]
    assert [(point.met, point.answer) for point in history[1].points][:2] == [(None, ""), (True, "1,200")]
    assert "v1" in history[1].measured
    assert history[0].override
    assert history[1].mark.reverted_by == rep


def test_many_marks_and_findings_take_no_more_queries(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    counts = []
    for many in (1, 6):
        for tag in Tag.objects.all()[:many]:
            learned.tag(lead=one, tag=tag, is_on=True, by=rep)
        for _time in range(many):
            marking.revert(mark=marking.mark(lead=one, value="qualified", by=rep, version=None), by=rep)
        client.get(reverse("leads:page", args=[one.pk]))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("leads:page", args=[one.pk]))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_one_press_takes_few_statements(client: Client, rep: User, asked: None) -> None:
    one = lead(owner=rep)
    press(client, "queue", "learn", one, topic="objection", tag="not_now:on")
    with CaptureQueriesContext(connection) as seen:
        press(client, "queue", "learn", one, topic="objection", tag="too_expensive:on")
    assert len(seen) <= 25, [query["sql"][:90] for query in seen]
