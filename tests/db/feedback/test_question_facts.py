"""The facts of a question about a lead or a campaign: working time between the steps, as of asking and now."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign
from feedback.models import Question
from feedback.selectors import facts, facts_now, timeline
from feedback.selectors.timeline import Step
from feedback.services import questions
from leads.models import Activity, Handoff, Lead
from leads.services import activities, marking
from leadsync.accounts.models import User
from leadsync.privacy.services import erasing
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import HOUR, TUESDAY, fresh, lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk")


def of(found: timeline.Told) -> list[tuple[str, str]]:
    return [(step.kind, step.gap_words.replace("\xa0", " ")) for step in found.steps]


def test_steps_carry_the_working_time_since_the_step_before(marta: User, pawel: User) -> None:
    # Tuesday 10:00 in Warsaw; the office is open from 9 to 17.
    about = lead(owner=pawel, at=TUESDAY, given_at=TUESDAY + HOUR)
    activities.log(
        lead=about,
        kind="call",
        direction="out",
        outcome="no_answer",
        by=pawel,
        at=TUESDAY + 7 * HOUR - timedelta(minutes=20),
    )
    activities.log(
        lead=fresh(about),
        kind="call",
        direction="out",
        outcome="reached",
        by=pawel,
        at=TUESDAY + timedelta(days=2, hours=2),
    )
    found = timeline.of_lead(fresh(about))
    assert of(found) == [
        ("arrived", ""),
        ("handed", "+1 h"),
        ("attempt", "+5 h 40 min"),
        ("attempt", "+1 working day 3 h"),
    ]
    first = found.steps[2]
    assert first.is_first
    assert first.is_in_time is False
    assert "past the promise" in first.remark


def test_steps_come_back_from_the_database_as_they_were(marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    activities.log(lead=about, kind="call", direction="out", outcome="reached", by=pawel, at=TUESDAY + HOUR)
    told = timeline.of_lead(fresh(about)).steps
    assert [Step.from_json(step.as_json()) for step in told] == told
    assert Step.from_json({"kind": "arrived", "at": "nonsense"}) is None
    assert Step.from_json({"kind": "flown", "at": TUESDAY.isoformat()}) is None


def test_first_contact_without_an_attempt_is_a_step_of_its_own(marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    activities.log(lead=about, kind="call", direction="in", outcome="reached", by=pawel, at=TUESDAY + HOUR)
    assert [kind for kind, _gap in of(timeline.of_lead(fresh(about)))] == ["arrived", "handed", "contact"]


def test_many_attempts_are_counted_and_the_first_ones_shown(marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    Activity.objects.bulk_create(
        [
            Activity(
                lead=about, campaign=about.campaign, by=pawel, at=TUESDAY + n * HOUR, outcome="no_answer"
            )
            for n in range(1, 16)
        ]
    )
    question = questions.ask(
        text="Why?", answerer=pawel, by=marta, lead=about, at=TUESDAY + timedelta(days=1)
    )
    assert question.facts["attempts_count"] == 15
    assert len(question.facts["attempts"]) == timeline.MOST_ATTEMPTS
    found = facts.compared(question, facts_now.now(question, marta) or {})
    assert found is not None
    assert found.more_attempts == 5


def test_what_was_done_since_stands_behind_the_question(client: Client, marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=about, at=TUESDAY + HOUR)
    activities.log(
        lead=about, kind="call", direction="out", outcome="reached", by=pawel, at=TUESDAY + 2 * HOUR
    )
    marking.mark(
        lead=fresh(about),
        value="promising",
        by=pawel,
        version=None,
        at=TUESDAY + 2 * HOUR,
        next_step_at=TUESDAY + timedelta(days=3),
    )
    client.force_login(pawel)
    page = client.get(reverse("feedback:question", args=[question.pk]))
    found = page.context["compared"]
    assert [step.kind for step in found.steps] == ["arrived", "handed"]
    assert [step.kind for step in found.since] == ["attempt", "marked"]
    changed = {line.label: (line.asked, line.now) for line in found.lines if line.is_changed}
    assert changed["Quality"] == ("Not marked", "Promising")
    assert changed["Attempts"] == ("0", "1")
    assert changed["First contact"][0] == "None yet"
    assert "Changed since it was asked" in page.text


def test_nothing_changed_is_said(client: Client, marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=about, at=TUESDAY + HOUR)
    client.force_login(pawel)
    page = client.get(reverse("feedback:question", args=[question.pk]))
    assert "The same as when it was asked" in page.text


def test_facts_of_before_this_version_are_still_shown(client: Client, marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    old: dict[str, object] = {
        "received_at": TUESDAY.isoformat(),
        "handed_off_at": None,
        "rep": None,
        "due_at": None,
        "first_contact_at": None,
        "is_in_time": None,
        "working_minutes": None,
        "attempts": [],
        "mark": "none",
        "marked_at": None,
    }
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=about)
    Question.objects.filter(pk=question.pk).update(facts=old)
    client.force_login(marta)
    assert client.get(reverse("feedback:question", args=[question.pk])).status_code == 200


def test_a_campaign_shows_its_figures_then_and_now_with_their_lists(
    client: Client, marta: User, pawel: User
) -> None:
    campaign: Campaign = make_campaign()
    lead(campaign=campaign, owner=pawel, at=TUESDAY)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, campaign=campaign)
    lead(campaign=campaign, owner=pawel, at=TUESDAY)
    client.force_login(pawel)
    found = client.get(reverse("feedback:question", args=[question.pk])).context["compared"]
    first = found.lines[0]
    assert (first.label, first.asked, first.now, first.url) == (
        "Leads",
        "1",
        "2",
        f"/leads/?campaign={campaign.pk}",
    )


def test_of_somebody_erased_nothing_is_told(client: Client, marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=about)
    erasing.erase(lead=about, by=person("head_of_sales"), version=None)
    client.force_login(marta)
    page = client.get(reverse("feedback:question", args=[question.pk]))
    assert page.status_code == 200
    assert "compared" not in page.context
    assert "Open again" not in page.text


def test_the_page_costs_the_same_whatever_was_done(client: Client, marta: User, pawel: User) -> None:
    about = lead(owner=pawel, at=TUESDAY)
    question = questions.ask(text="Why?", answerer=pawel, by=marta, lead=about)
    questions.reply(question=question, text="Because.", by=pawel)
    client.force_login(marta)
    url = reverse("feedback:question", args=[question.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    Activity.objects.bulk_create(
        [Activity(lead=about, campaign=about.campaign, by=pawel, at=TUESDAY + n * HOUR) for n in range(20)]
    )
    for _n in range(20):
        questions.reply(question=question, text=f"Again {_n}", by=pawel)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)
    assert Handoff.objects.count() == 1
    assert Lead.objects.get().pk == about.pk


def test_steps_of_a_lead_from_long_ago_have_their_gaps(marta: User, pawel: User) -> None:
    long_ago = datetime(2019, 3, 5, 9, 0, tzinfo=UTC)
    about = Lead.objects.create(
        name="Old", campaign=make_campaign(), received_at=long_ago, marked_at=TUESDAY, mark="not_a_fit"
    )
    assert timeline.of_lead(about).steps[1].gap is not None
