"""Questions over the API: about leads of the list, asked of heads, searched, with their facts then and now."""

import pytest

from feedback.models import Question
from leads.models import Lead
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import TUESDAY, lead

pytestmark = pytest.mark.django_db

V1 = "/api/v1/questions/"


def test_a_cohort_is_asked_about_and_its_facts_are_read(api: Api) -> None:
    asker, head = person("marketer"), person("head_of_sales")
    spring = campaign()
    made = [lead(campaign=spring, at=TUESDAY) for _n in range(2)]
    sent = {
        "text": "What became of them?",
        "head": "head_of_sales",
        "leads": f"campaign={spring.pk}",
        "key": "k1",
    }
    asked = api(asker).post(V1, sent)
    assert asked.status_code == 201, asked.content
    body = asked.json()
    assert body["answerer"]["id"] == head.pk
    assert body["cohort"] == {"query": f"campaign={spring.pk}", "words": f"Campaign: {spring.name}"}
    assert api(asker).post(V1, sent).json()["id"] == body["id"]
    Lead.objects.filter(pk=made[0].pk).update(stage="contacted")
    facts = api(head).get(f"{V1}{body['id']}/facts/").json()
    assert facts["asked"] == {"leads": 2, "months": {"2026-03": {"new.none": 2}}}
    assert facts["now"] == {"leads": 2, "months": {"2026-03": {"contacted.none": 1, "new.none": 1}}}


def test_facts_of_a_lead_and_of_nothing(api: Api) -> None:
    asker, rep = person("marketer"), person("rep")
    about = lead(owner=rep, at=TUESDAY)
    client = api(asker)
    asked = client.post(V1, {"text": "Why?", "answerer": rep.pk, "lead": about.pk}).json()
    assert asked["cohort"] is None
    facts = client.get(f"{V1}{asked['id']}/facts/").json()
    assert [step["kind"] for step in facts["now"]["steps"]] == ["arrived", "handed"]
    free = client.post(V1, {"text": "Why?", "answerer": rep.pk}).json()
    assert client.get(f"{V1}{free['id']}/facts/").json() == {"asked": {}, "now": {}}
    assert client.get(f"{V1}999999/facts/").status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"text": "Why?"}, "answerer"),
        ({"text": "Why?", "head": "head_of_sales"}, "head"),
        ({"text": "Why?", "head": "director"}, "head"),
        ({"text": "Why?", "answerer": 10**9}, "answerer"),
    ],
)
def test_one_answerer_is_needed(api: Api, sent: dict[str, object], field: str) -> None:
    refused = api(person("marketer")).post(V1, sent)
    assert refused.status_code == 422, refused.content
    assert field in refused.json()["errors"]
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    "query", ["mark=perhaps", "x=1", "q=nobody-at-all", "q=" + "x" * 3_000, "received_from=9999-99-99"]
)
def test_filters_that_cannot_be_used_are_refused_at_their_field(api: Api, query: str) -> None:
    asker, rep = person("marketer"), person("rep")
    lead(owner=rep)
    refused = api(asker).post(V1, {"text": "Why?", "answerer": rep.pk, "leads": query})
    assert refused.status_code == 422, refused.content
    assert "leads" in refused.json()["errors"]
    assert not Question.objects.exists()


def test_the_list_is_searched_and_cut(api: Api) -> None:
    asker, rep = person("marketer"), person("rep", name="Paweł Krawczyk")
    client = api(asker)
    wanted = client.post(V1, {"text": "Żółte regały?", "answerer": rep.pk}).json()["id"]
    client.post(V1, {"text": "Something else", "answerer": person("marketer").pk})

    def ids(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"{V1}?{query}").json()["results"]]

    assert ids("q=ZOLTE") == [wanted]
    assert ids(f"person={rep.pk}") == [wanted]
    assert ids("side=sales") == [wanted]
    assert ids("side=sales&q=else") == []
    assert client.get(f"{V1}?side=nobody").status_code == 400
