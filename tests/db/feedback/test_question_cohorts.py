"""Questions about leads of the list: the filters kept, where the leads stand, then and now, each number a list."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign
from feedback.models import Question
from feedback.selectors import cohort
from feedback.services import questions
from leads.models import Lead
from leads.models.lead import StageChoices
from leads.services import erasing as leads_erasing
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from leadsync.notices.models import Alert
from leadsync.privacy.services import erasing
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 4, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def ola() -> User:
    CompanyFactory.create()
    return person("head_of_marketing", name="Ola Nowak")


@pytest.fixture
def tomasz(ola: User) -> User:
    return person("head_of_sales", name="Tomasz Wrona")


@pytest.fixture
def spring(ola: User) -> Campaign:
    return make_campaign(name="Spring offer")


def leads(campaign: Campaign, count: int, at: datetime = APRIL, **values: Any) -> list[Lead]:
    stage = values.get("stage")
    stamps = {"won_at": at} if stage == "won" else {}
    return Lead.objects.bulk_create(
        [
            Lead(
                name=f"Lead {n}", campaign=campaign, received_at=at + timedelta(minutes=n), **stamps, **values
            )
            for n in range(count)
        ]
    )


def ask(by: User, of: User, query: str) -> Question:
    return questions.ask(text="What became of them?", answerer=of, by=by, leads=query)


def test_a_cohort_is_kept_as_filters_in_one_order_and_in_words(
    ola: User, tomasz: User, spring: Campaign
) -> None:
    leads(spring, 2, stage="qualified", mark="qualified")
    question = ask(
        ola, tomasz, f"received_to=2026-04-30&received_from=2026-04-01&mark=good&campaign={spring.pk}&page=7"
    )
    assert question.cohort == {
        "query": f"mark=good&campaign={spring.pk}&received_from=2026-04-01&received_to=2026-04-30",
        "words": "Quality: Promising or better; Campaign: Spring offer; Received: 1\xa0Apr – 30\xa0Apr",
    }
    assert question.facts == {"leads": 2, "months": {"2026-04": {"qualified.qualified": 2}}}


def test_me_is_who_asked_whoever_reads(ola: User, tomasz: User, spring: Campaign) -> None:
    leads(spring, 1, owner=tomasz)
    question = ask(tomasz, ola, "owner=me")
    assert question.cohort["query"] == f"owner={tomasz.pk}"
    counted = cohort.counts_of(question.cohort["query"], ola)
    assert counted is not None
    assert sum(counted.values()) == 1


@pytest.mark.parametrize(
    "query",
    ["", "nonsense=1", "mark=perhaps", "campaign=999999", "received_from=yesterday", "q=nobody-is-called-so"],
)
def test_filters_that_cut_nothing_or_cannot_be_read_are_refused(
    ola: User, tomasz: User, spring: Campaign, query: str
) -> None:
    leads(spring, 1)
    if not query:
        assert ask(ola, tomasz, query).cohort == {}  # no cohort at all
        return
    with pytest.raises(Invalid) as refusal:
        ask(ola, tomasz, query)
    assert refusal.value.field == "cohort"
    assert not Question.objects.exists()


def test_a_question_is_about_one_thing(ola: User, tomasz: User, spring: Campaign) -> None:
    leads(spring, 1)
    with pytest.raises(Invalid):
        questions.ask(text="Why?", answerer=tomasz, by=ola, campaign=spring, leads="mark=none")
    assert not Question.objects.exists()


def test_every_number_is_that_of_its_list(client: Client, ola: User, tomasz: User, spring: Campaign) -> None:
    for month in (3, 4, 6):
        at = APRIL.replace(month=month)
        leads(spring, 2, at, stage="won", mark="qualified")
        leads(spring, 3, at, stage="contacted", mark="promising")
        leads(spring, 1, at, stage="new")
        leads(spring, 2, at, stage="closed", mark="not_a_fit")
    leads(make_campaign(name="Other"), 4)
    leads(spring, 5, is_test=True)
    question = ask(ola, tomasz, f"campaign={spring.pk}&received_from=2026-03-02&received_to=2026-06-20")
    query = question.cohort["query"]
    found = cohort.trace(
        query, now=cohort.counts_of(query, ola), asked=cohort.from_json(question.facts), person=ola
    )
    assert found.total.count == 24
    assert [row.label for row in found.months] == ["Mar 2026", "Apr 2026", "May 2026", "Jun 2026"]
    assert len(found.units) == 24
    client.force_login(ola)
    addresses = {(part.url, part.n) for part in found.parts}
    for row in (*found.rows, *found.months):
        addresses.add((row.total.url, row.total.count))
        addresses |= {(cell.url, cell.count) for cell in row.cells if cell.count}
        addresses |= {(part.url, part.n) for part in row.parts}
    addresses |= {(head.url, head.count) for head in found.heads}
    for url, count in addresses:
        assert client.get(url).context["page"].total == count, url


def test_stages_of_the_filter_itself_stay_within_it(ola: User, spring: Campaign) -> None:
    leads(spring, 2, stage="contacted")
    leads(spring, 3, stage="qualified", mark="qualified")
    found = cohort.trace("stage=qualified", now=cohort.counts_of("stage=qualified", ola), asked=None)
    assert [(part.n, part.url) for part in found.parts] == [(3, "/leads/?stage=qualified")]


def test_what_changed_since_stands_beside_what_was(
    client: Client, ola: User, tomasz: User, spring: Campaign
) -> None:
    made = leads(spring, 3, stage="contacted", mark="promising")
    question = ask(ola, tomasz, "received_from=2026-04-01&received_to=2026-04-30")
    Lead.objects.filter(pk=made[0].pk).update(stage="lost", lost_at=APRIL)
    client.force_login(tomasz)
    response = client.get(reverse("feedback:question", args=[question.pk]))
    trace = response.context["trace"]
    talks, lost = trace.heads[1], trace.heads[3]
    assert (talks.now, talks.asked, lost.now, lost.asked) == (2, 3, 1, 0)
    assert "3 when asked" in response.text


def test_erased_leads_still_count(ola: User, tomasz: User, spring: Campaign) -> None:
    made = leads(spring, 3)
    question = ask(ola, tomasz, f"campaign={spring.pk}")
    erasing.erase(lead=made[1], by=ola, version=None)
    counted = cohort.counts_of(question.cohort["query"], ola)
    assert counted is not None
    assert sum(counted.values()) == 3


def test_a_name_that_leads_were_searched_by_goes_with_the_person(
    client: Client, ola: User, tomasz: User, spring: Campaign
) -> None:
    lead = Lead.objects.create(
        name="Zofia Wiśniewska", search="zofia wisniewska", campaign=spring, received_at=APRIL
    )
    question = ask(ola, tomasz, "q=" + quote("Zofia Wiśniewska"))
    other = ask(ola, tomasz, f"campaign={spring.pk}")
    assert "Zofia" in question.cohort["words"]
    erasing.erase(lead=lead, by=ola, version=None)
    question.refresh_from_db()
    other.refresh_from_db()
    assert question.cohort == {"query": "", "words": "", "is_erased": True}
    assert question.facts["leads"] == 1
    assert other.cohort["query"] == f"campaign={spring.pk}"
    client.force_login(tomasz)
    page = client.get(reverse("feedback:question", args=[question.pk]))
    assert page.status_code == 200
    assert page.context["trace"].is_live is False
    assert "Whom it was searched by was erased." in page.text
    assert leads_erasing.traces_of([lead.pk]).names == frozenset()


def test_alerts_about_a_lead_that_is_erased_lose_their_words(
    ola: User, tomasz: User, spring: Campaign
) -> None:
    lead = leads(spring, 1)[0]
    question = questions.ask(text="Is he in Łódź?", answerer=tomasz, by=ola, lead=lead)
    alert = Alert.objects.create(
        kind="question_overdue",
        subject=str(question.pk),
        context={"question": "Is he in Łódź?"},
        opened_at=APRIL,
    )
    erasing.erase(lead=lead, by=ola, version=None)
    alert.refresh_from_db()
    assert alert.context == {}
    assert alert.resolved_at is not None


def test_a_filter_whose_thing_is_gone_counts_nothing_more(ola: User, tomasz: User, spring: Campaign) -> None:
    leads(spring, 2)
    other = make_campaign(name="Other")
    moved = leads(other, 1)
    question = ask(ola, tomasz, f"campaign={other.pk}")
    Lead.objects.filter(pk=moved[0].pk).delete()
    Campaign.objects.filter(pk=other.pk).delete()
    assert cohort.counts_of(question.cohort["query"], ola) is None


def test_long_periods_are_kept_as_one(ola: User, tomasz: User, spring: Campaign) -> None:
    for n in range(cohort.MOST_MONTHS + 1):
        leads(spring, 1, APRIL - timedelta(days=31 * n))
    question = ask(ola, tomasz, f"campaign={spring.pk}")
    assert question.facts["months"] == {"": {"new.none": cohort.MOST_MONTHS + 1}}
    query = question.cohort["query"]
    found = cohort.trace(query, now=cohort.counts_of(query, ola), asked=cohort.from_json(question.facts))
    assert found.months == ()
    assert not found.is_changed


def test_the_trace_takes_the_same_statements_for_ten_thousand_leads(
    client: Client, ola: User, tomasz: User, spring: Campaign
) -> None:
    stages = [stage for stage in StageChoices.values if stage != "won"]
    leads(spring, 80)
    question = ask(ola, tomasz, f"campaign={spring.pk}")
    client.force_login(ola)
    url = reverse("feedback:question", args=[question.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(10):
        leads(spring, 1_000, APRIL - timedelta(days=20 * n), stage=stages[n % len(stages)])
    with CaptureQueriesContext(connection) as many:
        page = client.get(url)
    assert page.context["trace"].total.count == 10_080
    assert len(many) == len(few)
    assert len(many) <= 19


def test_asking_from_the_list_shows_what_goes_along(
    client: Client, ola: User, tomasz: User, spring: Campaign
) -> None:
    leads(spring, 3)
    client.force_login(ola)
    page = client.get(f"/leads/?campaign={spring.pk}")
    assert "Ask about these leads" in page.text
    address = f"{reverse('feedback:ask')}?cohort=campaign%3D{spring.pk}"
    assert address in page.text
    form = client.get(address)
    assert form.context["trace"].total.count == 3
    data = {"text": "Why?", "answerer": tomasz.pk, "cohort": f"campaign={spring.pk}", "key": "abc"}
    response = client.post(reverse("feedback:ask"), data)
    question = Question.objects.get()
    assert response["Location"] == reverse("feedback:question", args=[question.pk])
    assert question.cohort["query"] == f"campaign={spring.pk}"


def test_there_is_nothing_to_ask_about_on_the_whole_list_and_for_who_may_not(
    client: Client, ola: User, spring: Campaign
) -> None:
    leads(spring, 1)
    client.force_login(ola)
    assert "Ask about these leads" not in client.get("/leads/").text
    client.force_login(person("administrator"))
    assert "Ask about these leads" not in client.get(f"/leads/?campaign={spring.pk}").text


def test_filters_that_cannot_be_read_are_said_and_the_text_stays(
    client: Client, ola: User, tomasz: User, spring: Campaign
) -> None:
    leads(spring, 1)
    client.force_login(ola)
    page = client.get(reverse("feedback:ask"), {"cohort": "mark=perhaps"})
    assert page.status_code == 200
    assert "There is no “perhaps”." in page.text
    data = {"text": "Why them?", "answerer": tomasz.pk, "cohort": "mark=perhaps"}
    refused = client.post(reverse("feedback:ask"), data)
    assert refused.status_code == 422
    assert "Why them?" in refused.text
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "query", ["\x00", "q=" + "x" * 3000, "received_from=9999-12-31", "campaign=1e400", "owner=" + "9" * 40]
)
def test_bad_filters_are_refused_in_words(client: Client, ola: User, tomasz: User, query: str) -> None:
    client.force_login(ola)
    data = {"text": "Why?", "answerer": tomasz.pk, "cohort": query}
    assert client.post(reverse("feedback:ask"), data).status_code == 422
    assert client.get(reverse("feedback:ask"), {"cohort": query}).status_code == 200
    assert not Question.objects.exists()


def test_the_list_says_cohorts_in_the_language_of_who_reads_at_the_same_cost(
    client: Client,
    ola: User,
    tomasz: User,
    spring: Campaign,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    leads(spring, 1, mark="promising", stage="contacted", owner=tomasz)
    for n in range(2):
        ask(ola, tomasz, f"campaign={spring.pk}&owner={tomasz.pk}&received_from=2026-04-0{n + 1}")
    client.force_login(tomasz)
    url = f"{reverse('feedback:questions')}?show=open"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(18):
        ask(ola, tomasz, f"campaign={spring.pk}&channel={spring.channel_id}&received_from=2026-03-{n + 10}")
    with django_assert_num_queries(len(few) + 1):  # channels are named, too
        page = client.get(url)
    assert "Spring offer" in page.text
    assert len(page.context["questions"]) == 20
