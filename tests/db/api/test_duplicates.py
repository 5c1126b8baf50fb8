"""Pairs, merges and their undo over the API."""

import pytest

from leads.models import Lead, Lookalike, Merge
from leads.services import lookalikes
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db


def two() -> tuple[Lead, Lead]:
    return (
        lead(name="Anna Kowalska", company="Nordrack Polska"),
        lead(name="Kowalska Anna", company="Nordrack Polska Sp. z o.o."),
    )


def test_a_pair_is_listed_and_dismissed_and_suggested_again(api: Api) -> None:
    one, other = two()
    lookalikes.look()
    program = api(person("marketer"))
    (pair,) = program.get("/api/v1/duplicates/").json()["results"]
    assert (pair["first"]["id"], pair["second"]["id"], pair["score"]) == (one.pk, other.pk, 100)
    assert program.post(f"/api/v1/duplicates/{pair['id']}/dismiss/").json()["is_dismissed"] is True
    assert program.get("/api/v1/duplicates/").json()["results"] == []
    assert program.post(f"/api/v1/duplicates/{pair['id']}/suggest/").json()["is_dismissed"] is False


def test_two_leads_are_merged_and_are_two_again(api: Api) -> None:
    one, other = two()
    program = api(person("marketer"))
    body = {"survivor": one.pk, "other": other.pk, "choices": {"name": "other"}, "version": one.version}
    made = program.post("/api/v1/merges/", body, format="json")
    assert made.status_code == 201
    assert made.json()["gone"] == {"id": other.pk, "name": "Kowalska Anna"}
    assert program.get(f"/api/v1/leads/{one.pk}/").json()["name"] == "Kowalska Anna"
    gone = program.get(f"/api/v1/leads/{other.pk}/")
    assert (gone.status_code, gone.json()["context"]) == (404, {"merged_into": one.pk})
    assert program.get(f"/api/v1/merges/?lead={other.pk}").json()["results"][0]["id"] == made.json()["id"]
    undone = program.post(f"/api/v1/merges/{made.json()['id']}/undo/")
    assert undone.status_code == 200
    assert undone.json()["undone_at"] is not None
    assert program.get(f"/api/v1/leads/{other.pk}/").status_code == 200


def test_an_older_version_is_a_conflict_and_nothing_is_merged(api: Api) -> None:
    one, other = two()
    body = {"survivor": one.pk, "other": other.pk, "other_version": other.version + 7}
    assert api(person("marketer")).post("/api/v1/merges/", body, format="json").status_code == 409
    assert Merge.objects.count() == 0
    assert Lead.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [{"survivor": 999_999}, {"choices": {"stage": "other"}}, {"choices": {"name": "mine"}}, {"more": 1}],
)
def test_what_cannot_be_used_is_refused_by_field(api: Api, change: dict[str, object]) -> None:
    one, other = two()
    body = {"survivor": one.pk, "other": other.pk} | change
    answer = api(person("marketer")).post("/api/v1/merges/", body, format="json")
    assert answer.status_code == 422
    assert set(answer.json()["errors"])
    assert Lead.objects.count() == 2


def test_who_may_not_merge_is_told_so(api: Api) -> None:
    one, other = two()
    lookalikes.look()
    pair = Lookalike.objects.get()
    for who in (person("rep"), person("director")):
        program = api(who)
        assert program.post(f"/api/v1/duplicates/{pair.pk}/dismiss/").status_code == 403
        body = {"survivor": one.pk, "other": other.pk}
        assert program.post("/api/v1/merges/", body, format="json").status_code == 403
    assert Merge.objects.count() == 0
