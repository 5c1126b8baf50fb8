"""Back-tests, first contact and the voice of the customer over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import BackTest, Tag
from leads.services import agreements, learned
from leadsync.accounts.roles import Role
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

TESTS = "/api/v1/back-tests/"


def days() -> dict[str, str]:
    today = timezone.now().date()
    return {"from_on": f"{today - timedelta(days=20)}", "to_on": f"{today - timedelta(days=1)}"}


def test_a_draft_is_measured_and_read_with_its_counts(api: Api) -> None:
    agreement_in_force()
    head = person("head_of_sales")
    draft = agreements.new_draft(by=head)
    one = lead(received_at=timezone.now() - timedelta(days=5))
    made = api(head).post(TESTS, {"version": draft.number, **days()})
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["version"], said["state"], said["done"], said["total"]) == (draft.number, "done", 1, 1)
    assert sum(cell["leads"] for cell in said["cells"]) == 1
    assert len(said["cells"]) == 9
    assert said["sentence"]
    (cell,) = [cell for cell in said["cells"] if cell["leads"]]
    reader = api(person("director"), scope="read")
    measured = f"{said['id']}.{cell['before']}.{cell['after']}"
    behind = reader.get("/api/v1/leads/", {"measured": measured}).json()["results"]
    assert [found["id"] for found in behind] == [one.pk]
    listed = reader.get(TESTS, {"version": draft.number}).json()["results"]
    assert [found["id"] for found in listed] == [said["id"]]
    assert reader.get(f"{TESTS}{said['id']}/").json() == said
    assert reader.get(TESTS, {"version": 999}).json()["results"] == []


def test_only_heads_measure(api: Api) -> None:
    draft = agreements.new_draft(by=person("head_of_sales"))
    lead(received_at=timezone.now() - timedelta(days=5))
    body = {"version": draft.number, **days()}
    allowed = {Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES}
    for role in set(Role) - allowed:
        assert api(person(role)).post(TESTS, body).status_code == 403, role
    assert not BackTest.objects.exists()
    for role in allowed:
        assert api(person(role)).post(TESTS, body).status_code == 201, role


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"version": 999}, "version"),
        ({"version": 10**30}, "version"),
        ({"from_on": "2026-02-30"}, "from_on"),
        ({"from_on": "2026-02-02", "to_on": "2026-02-01"}, "to_on"),
        ({"from_on": "1900-01-01", "to_on": "2026-01-01"}, "from_on"),
        ({"from_on": "0001-01-01", "to_on": "0001-01-02"}, "from_on"),
        ({"to_on": "2026-02-01"}, "from_on"),
        ({"state": "done"}, "state"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_field(api: Api, wrong: dict[str, object], field: str) -> None:
    head = person("head_of_sales")
    draft = agreements.new_draft(by=head)
    answer = api(head).post(TESTS, {"version": draft.number} | wrong)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["errors"]
    assert not BackTest.objects.exists()


def test_a_list_of_back_tests_asks_no_more_for_more_of_them(
    api: Api, django_assert_max_num_queries: object
) -> None:
    head = person("head_of_sales")
    draft = agreements.new_draft(by=head)
    for back in range(20):
        BackTest.objects.create(
            agreement=draft,
            agreement_version=1,
            from_on="2026-01-01",
            to_on="2026-01-02",
            asked_by=head,
            asked_at=timezone.now() - timedelta(days=back),
        )
    client = api(head)
    client.get(TESTS)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(client.get(TESTS).json()["results"]) == 20


def test_persons_of_the_report_are_for_heads_and_the_director(api: Api) -> None:
    first, second = person("rep"), person("rep")
    for rep in (first, second):
        lead(owner=rep)
    seen = {}
    for role in (Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR, Role.MARKETER):
        said = api(person(role)).get("/api/v1/first-contact/").json()
        seen[role] = {row["key"] for row in said["reps"]}
        assert said["total"]["open"] + said["total"]["decided"] == 2
    everyone = {str(first.pk), str(second.pk)}
    assert seen == {role: set() if role is Role.MARKETER else everyone for role in seen}
    own = api(first, scope="read").get("/api/v1/first-contact/").json()
    assert [row["key"] for row in own["reps"]] == [str(first.pk)]


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-02-30",
        "from=2026-02-02&to=2026-02-01",
        "to=2020-01-01",
        "from=2020-01-01",
        "from=0001-01-01&to=0001-01-02",
        "to=9999-12-31",
        "by=rep",
    ],
)
def test_days_that_cannot_be_reported_are_refused(api: Api, query: str) -> None:
    assert api(person("director")).get(f"/api/v1/first-contact/?{query}").status_code == 400


def test_the_voice_counts_leads_by_what_was_noted(api: Api) -> None:
    rep = person("rep")
    one, other = lead(owner=rep, country="PL"), lead(owner=rep, country="DE")
    tag = Tag.objects.filter(topic="objection", is_active=True)[0]
    for found in (one, other):
        learned.tag(lead=found, tag=tag, is_on=True, by=rep)
    learned.say(lead=one, topic="need", words="A hall", by=rep)
    client = api(person("director"), scope="read")
    said = client.get("/api/v1/voice/", {"by": "market"}).json()
    topics = {topic["topic"]: topic for topic in said["topics"]}
    assert (said["worked"], topics["objection"]["leads"], topics["need"]["leads"]) == (2, 2, 1)
    assert {"key": tag.key, "label": tag.words, "count": 2, "before": 0} in topics["objection"]["heard"]
    assert {group["key"] for group in said["groups"]} == {"PL", "DE"}
    cut = client.get("/api/v1/voice/", {"market": "DE"}).json()
    assert cut["worked"] == 1
    behind = {"topic": "objection", "said": tag.key, "country": "DE"}
    assert [row["id"] for row in client.get("/api/v1/leads/", behind).json()["results"]] == [other.pk]


@pytest.mark.parametrize(
    "query",
    [
        "period=decade",
        "from=2026-01-01",
        "from=2026-02-02&to=2026-02-01",
        "from=2000-01-01&to=2026-02-01",
        "from=2026-01-01&to=2026-01-31&period=month",
        "from=0001-01-01&to=0001-02-01",
        "market=Poland",
        "campaign=x",
        "by=moon",
        "segment=%00",
        "colour=red",
    ],
)
def test_a_voice_nobody_can_hear_is_refused(api: Api, query: str) -> None:
    assert api(person("rep")).get(f"/api/v1/voice/?{query}").status_code == 400
