"""Several leads at once over the API: all or none, and back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Handoff, Lead
from leadsync.accounts.roles import Role
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

LEADS = "/api/v1/leads/"


def soon() -> str:
    return (timezone.now() + timedelta(days=3)).isoformat()


def owners(*leads: Lead) -> list[int | None]:
    return [Lead.objects.get(pk=one.pk).owner_id for one in leads]


def test_leads_are_handed_over_together_and_back(api: Api) -> None:
    head, rep, other = person("head_of_sales"), person("rep"), person("rep")
    first, second = lead(owner=other), lead()
    client = api(head)
    done = client.post(f"{LEADS}hand-over/", {"leads": [first.pk, second.pk, first.pk], "to": rep.pk})
    assert done.status_code == 200, done.content
    assert done.json() == {
        "to": rep.pk,
        "moved": [{"lead": first.pk, "former": other.pk}, {"lead": second.pk, "former": None}],
    }
    assert owners(first, second) == [rep.pk, rep.pk]
    assert client.post(f"{LEADS}hand-back/", done.json()).json() == {"leads": 2}
    assert owners(first, second) == [other.pk, None]


def test_one_lead_that_cannot_go_keeps_all_where_they_are(api: Api) -> None:
    head, rep = person("head_of_sales"), person("rep")
    good, unreachable = lead(), lead(email="", phone="")
    client = api(head)
    refused = client.post(f"{LEADS}hand-over/", {"leads": [good.pk, unreachable.pk], "to": rep.pk})
    assert refused.status_code == 422
    assert unreachable.title in refused.json()["detail"]
    missing = client.post(f"{LEADS}hand-over/", {"leads": [good.pk, 999_999], "to": rep.pk})
    assert missing.status_code == 422
    assert "leads" in missing.json()["errors"]
    assert owners(good) == [None]
    assert not Handoff.objects.exists()


def test_leads_are_put_off_together_and_back(api: Api) -> None:
    rep = person("rep")
    leads = [lead(owner=rep), lead(owner=rep)]
    client, at = api(rep), soon()
    done = client.post(f"{LEADS}put-off/", {"leads": [one.pk for one in leads], "at": at})
    assert done.status_code == 200, done.content
    assert len(done.json()["events"]) == 2
    assert Lead.objects.filter(next_step_at=at).count() == 2
    assert client.post(f"{LEADS}put-back/", done.json()).json() == {"leads": 2}
    assert not Lead.objects.exclude(next_step_at=None).exists()


def test_somebody_elses_lead_or_a_past_day_puts_nothing_off(api: Api) -> None:
    rep = person("rep")
    own, other = lead(owner=rep), lead(owner=person("rep"))
    client = api(rep)
    assert client.post(f"{LEADS}put-off/", {"leads": [own.pk, other.pk], "at": soon()}).status_code == 403
    past = client.post(f"{LEADS}put-off/", {"leads": [own.pk], "at": "2020-01-01T10:00:00Z"})
    assert (past.status_code, list(past.json()["errors"])) == (422, ["at"])
    assert not Lead.objects.exclude(next_step_at=None).exists()


@pytest.mark.parametrize(
    ("action", "wrong", "field"),
    [
        ("hand-over", {"leads": [], "to": 1}, "leads"),
        ("hand-over", {"leads": list(range(1, 502)), "to": 1}, "leads"),
        ("hand-over", {"leads": [1], "to": 10**30}, "to"),
        ("hand-over", {"leads": [1], "to": 1, "note": "x"}, "note"),
        ("hand-back", {"to": 1, "moved": [{"lead": 1}]}, "moved"),
        ("put-off", {"leads": [1], "at": "tomorrow"}, "at"),
        ("put-back", {"events": ["x"]}, "events"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_by_field(
    api: Api, action: str, wrong: dict[str, object], field: str
) -> None:
    answer = api(person("head_of_sales")).post(f"{LEADS}{action}/", wrong)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_who_may_do_what_to_many(api: Api) -> None:
    one, rep = lead(), person("rep")
    for role in Role:
        client = api(person(role))
        is_head, works = role is Role.HEAD_OF_SALES, role in (Role.HEAD_OF_SALES, Role.REP)
        back = client.post(f"{LEADS}hand-back/", {"to": rep.pk, "moved": [{"lead": one.pk, "former": None}]})
        assert back.status_code == (200 if is_head else 403), role
        assert client.post(f"{LEADS}put-back/", {"events": [1]}).status_code == (200 if works else 403), role
        if not is_head:
            body = {"leads": [one.pk], "to": rep.pk}
            assert client.post(f"{LEADS}hand-over/", body).status_code == 403
    reading = api(person("head_of_sales"), scope="read")
    assert reading.post(f"{LEADS}hand-over/", {"leads": [one.pk], "to": rep.pk}).status_code == 403
    assert owners(one) == [None]
