"""What is known of a lead over the API: marks against the definition, tags, words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Finding, Lead, Tag
from leads.services import learned
from leadsync.accounts.roles import Role
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db


def url(of: Lead, action: str) -> str:
    return f"/api/v1/leads/{of.pk}/{action}/"


def objection() -> Tag:
    return Tag.objects.filter(topic="objection", is_active=True)[0]


def test_tags_in_use_are_listed_with_their_topic(api: Api) -> None:
    off = objection()
    Tag.objects.filter(pk=off.pk).update(is_active=False)
    listed = api(person("rep"), scope="read").get("/api/v1/tags/").json()
    assert off.key not in {one["key"] for one in listed}
    assert {one["topic"] for one in listed} == {"situation", "need", "objection"}


def test_what_was_learned_is_noted_read_and_taken_back(api: Api) -> None:
    rep, tag = person("rep"), objection()
    one = lead(owner=rep)
    seen, client = one.version, api(rep)
    client.post(url(one, "learned/tags"), {"tag": tag.key})
    answer = client.post(
        url(one, "learned/words"), {"topic": "need", "words": "Ten seats before May", "was": ""}
    )
    assert answer.status_code == 200, answer.content
    said = {topic["topic"]: topic for topic in client.get(url(one, "learned")).json()["topics"]}
    assert said["objection"]["tags"] == [{"key": tag.key, "label": tag.words}]
    assert (said["need"]["words"], said["need"]["by"]) == ("Ten seats before May", rep.name)
    client.post(url(one, "learned/tags"), {"tag": tag.key, "is_on": False})
    client.post(url(one, "learned/words"), {"topic": "need", "words": ""})
    assert not Finding.objects.exists()
    one.refresh_from_db()
    assert one.version == seen, "what was learned is no change of the lead"


def test_words_that_somebody_else_wrote_meanwhile_are_a_conflict(api: Api) -> None:
    rep, colleague = person("rep"), person("marketer", name="Anna Maj")
    one = lead(owner=rep)
    learned.say(lead=one, topic="need", words="A hall", by=colleague)
    answer = api(rep).post(url(one, "learned/words"), {"topic": "need", "words": "A roof", "was": ""})
    assert answer.status_code == 409
    assert answer.json()["context"]["by"] == "Anna Maj"
    assert Finding.objects.get().words == "A hall"


@pytest.mark.parametrize(
    ("action", "wrong", "field"),
    [
        ("learned/tags", {"tag": "no-such-tag"}, "tag"),
        ("learned/tags", {}, "tag"),
        ("learned/tags", {"tag": "x", "lead": 7}, "lead"),
        ("learned/words", {"topic": "moon", "words": "x"}, "topic"),
        ("learned/words", {"topic": "need", "words": "a\x00b"}, "words"),
        ("learned/words", {"topic": "need", "words": "x" * 2001}, "words"),
    ],
)
def test_what_cannot_be_learned_is_refused_by_field(
    api: Api, action: str, wrong: dict[str, object], field: str
) -> None:
    rep = person("rep")
    answer = api(rep).post(url(lead(owner=rep), action), wrong)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert not Finding.objects.exists()


def test_who_works_the_lead_and_marketing_write_what_was_learned(api: Api) -> None:
    one, tag = lead(owner=person("rep")), objection()
    statuses = {
        role: api(person(role)).post(url(one, "learned/tags"), {"tag": tag.key}).status_code for role in Role
    }
    allowed = {Role.MARKETER, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES}
    assert statuses == {role: 200 if role in allowed else 403 for role in Role}
    reading = api(one.owner, scope="read")
    assert reading.get(url(one, "learned")).status_code == 200
    assert reading.post(url(one, "learned/words"), {"topic": "need", "words": "x"}).status_code == 403


def test_qualified_against_the_definition_needs_a_head_and_a_note(api: Api) -> None:
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": 1000}]
    )
    rep, head = person("rep"), person("head_of_sales")
    one = lead(owner=rep)
    client = api(rep)
    client.post(url(one, "answers"), {"key": "budget", "value": 5})
    body = {"value": "qualified", "next_step_at": (timezone.now() + timedelta(days=1)).isoformat()}
    assert client.post(url(one, "mark"), body).status_code == 422
    told = body | {"overrides": True, "note": "The budget comes in May"}
    assert client.post(url(one, "mark"), told).status_code == 422
    one.refresh_from_db()
    assert one.mark == "none"
    assert api(head).post(url(one, "mark"), body | {"overrides": True}).status_code == 422
    answer = api(head).post(url(one, "mark"), told)
    assert (answer.status_code, answer.json()["mark"]) == (200, "qualified"), answer.content
