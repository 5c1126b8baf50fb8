"""What programs may change beside leads: spend, visits, channels, questions, routing, words, views, absences."""

from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Proof, Spend, Visits
from leads.models import Agreement, RepGroup, RoutingRule, SavedView
from leadsync.accounts.models import Absence, ApiToken
from leadsync.core.api import PersonThrottle
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

V1 = "/api/v1/"


def test_spend_is_corrected_and_deleted_by_who_noted_it(api: Api) -> None:
    client, other = api(person("marketer")), api(person("marketer"))
    day = timezone.localdate().isoformat()
    made = client.post(f"{V1}campaigns/{campaign().pk}/spend/", {"on": day, "amount": "120.00"}).json()
    assert client.patch(f"{V1}spend/{made['id']}/", {"amount": "130.00"}).json()["amount"] == "130.00"
    assert other.patch(f"{V1}spend/{made['id']}/", {"amount": "1.00"}).status_code == 403
    assert other.delete(f"{V1}spend/{made['id']}/").status_code == 403
    assert client.delete(f"{V1}spend/{made['id']}/").status_code == 204
    assert not Spend.objects.exists()


def test_visits_said_again_are_replaced(api: Api) -> None:
    client, day = api(person("marketer")), timezone.localdate().isoformat()
    address = f"{V1}campaigns/{campaign().pk}/visits/"
    first = client.post(address, {"on": day, "count": 10}).json()
    second = client.post(address, {"on": day, "count": 12}).json()
    assert first["id"] == second["id"]
    assert client.get(address).json()["results"] == [{"id": first["id"], "on": day, "count": 12}]
    assert client.delete(f"{V1}visits/{first['id']}/").status_code == 204
    assert not Visits.objects.exists()


def test_a_channel_and_its_contact_points_are_made_changed_and_tried(api: Api) -> None:
    by = person("head_of_marketing")
    client = api(by)
    made = client.post(f"{V1}channels/", {"name": "Fairs"}).json()
    assert client.post(f"{V1}channels/", {"name": "fairs"}).status_code == 422
    assert client.patch(f"{V1}channels/{made['id']}/", {"is_active": False}).json()["name"] == "Fairs"
    sent = {"channel": made["id"], "kind": "mailbox", "value": "fair@example.com", "responsible": by.pk}
    point = client.post(f"{V1}points/", sent).json()
    assert client.patch(f"{V1}points/{point['id']}/", {"value": "nonsense"}).status_code == 422
    proof = api(person("rep")).post(f"{V1}points/{point['id']}/proof/", {"is_ok": False, "note": "Full"})
    assert proof.status_code == 201
    assert Proof.objects.get().note == "Full"
    found = client.get(f"{V1}points/?channel={channel().pk}").json()["results"]
    assert found == []


def test_a_question_is_asked_answered_and_closed(api: Api) -> None:
    asker, rep = person("marketer"), person("rep")
    about = lead(owner=rep)
    made = api(asker).post(f"{V1}questions/", {"text": "Why?", "answerer": rep.pk, "lead": about.pk})
    assert made.status_code == 201, made.content
    address = f"{V1}questions/{made.json()['id']}/"
    assert api(person("rep")).post(f"{address}reply/", {"text": "I"}).status_code == 403
    answered = api(rep).post(f"{address}reply/", {"text": "Too small"}).json()
    assert [reply["text"] for reply in answered["replies"]] == ["Too small"]
    assert api(rep).post(f"{address}close/").status_code == 403
    assert api(asker).post(f"{address}close/").json()["closed_at"] is not None
    assert api(asker).post(f"{address}reopen/").json()["closed_at"] is None


def test_a_rule_of_routing_needs_the_version_that_was_read(api: Api) -> None:
    client, rep = api(person("head_of_sales")), person("rep")
    group = client.post(f"{V1}routing/groups/", {"name": "North", "members": [rep.pk]}).json()
    sent = {"name": "Poland", "markets": ["PL"], "target": "group", "group": group["id"]}
    rule = client.post(f"{V1}routing/rules/", sent).json()
    address = f"{V1}routing/rules/{rule['id']}/"
    assert client.patch(address, {"is_active": False}).status_code == 428
    off = client.patch(address, {"is_active": False, "version": rule["version"]})
    assert (off.json()["is_active"], off.json()["markets"]) == (False, ["PL"])
    assert client.post(f"{V1}routing/rules/", sent | {"markets": ["QQ"]}).status_code == 422
    assert client.post(f"{V1}routing/rules/", sent | {"campaigns": [10**9]}).status_code == 422
    assert client.delete(f"{V1}routing/groups/{group['id']}/").status_code == 409
    assert client.delete(address).status_code == 204
    assert client.delete(f"{V1}routing/groups/{group['id']}/").status_code == 204
    assert not RoutingRule.objects.exists()
    assert not RepGroup.objects.exists()


def test_reasons_and_tags_are_made_renamed_and_taken_out_of_use(api: Api) -> None:
    client = api(person("head_of_sales"))
    made = client.post(f"{V1}reasons/", {"label": "Season is over"}).json()
    address = f"{V1}reasons/{made['key']}/"
    changed = client.patch(address, {"label": "Season ended", "is_active": False}).json()
    assert (changed["key"], changed["label"]) == (made["key"], "Season ended")
    assert made["key"] not in {one["key"] for one in client.get(f"{V1}reasons/").json()}
    assert client.delete(address).status_code == 204
    tag = client.post(f"{V1}tags/", {"topic": "objection", "label": "Too slow"}).json()
    assert (
        client.patch(f"{V1}tags/{tag['key']}/", {"label": "Far too slow"}).json()["label"] == "Far too slow"
    )
    assert client.post(f"{V1}tags/{tag['key']}/move/", {"is_up": True}).status_code == 200


def test_an_agreement_is_drafted_proposed_and_signed_by_both(api: Api) -> None:
    agreement_in_force()
    marketing, sales = api(person("head_of_marketing")), api(person("head_of_sales"))
    draft = marketing.post(f"{V1}agreements/").json()
    address = f"{V1}agreements/{draft['number']}/"
    sent = {"limits": {"gate_size": 30}, "note": "A larger gate", "version": draft["version"]}
    changed = marketing.patch(address, sent)
    assert changed.json()["limits"]["gate_size"] == 30
    assert marketing.patch(address, sent).status_code == 409
    proposed = marketing.post(f"{address}propose/")
    assert proposed.json()["state"] == "proposed"
    assert marketing.post(f"{address}sign/").status_code == 428
    for client in (marketing, sales):
        signed = client.post(f"{address}sign/", headers={"If-Match": client.get(address)["ETag"]})
        assert signed.status_code == 200, signed.content
    assert Agreement.objects.get(state="in_force").number == draft["number"]


def test_views_absences_and_tokens(api: Api) -> None:
    head, rep = person("head_of_sales"), person("rep")
    client = api(head)
    view = client.post(f"{V1}views/", {"name": "Good", "query": "mark=good", "is_team": True}).json()
    assert api(rep).delete(f"{V1}views/{view['id']}/").status_code == 403
    assert client.delete(f"{V1}views/{view['id']}/").status_code == 204
    assert not SavedView.objects.exists()
    sent = {"person": rep.pk, "starts_on": "2026-12-21", "ends_on": "2026-12-27"}
    away = client.post(f"{V1}absences/", sent).json()
    assert client.post(f"{V1}absences/", sent).status_code == 422
    assert client.post(f"{V1}absences/", sent | {"starts_on": "0588-01-01"}).status_code == 422
    assert api(rep).get(f"{V1}absences/").status_code == 403
    assert client.delete(f"{V1}absences/{away['id']}/").status_code == 204
    assert not Absence.objects.exists()
    mine = client.get(f"{V1}tokens/").json()["results"]
    assert len(mine) == 1
    assert mine[0]["used_at"] is not None
    strangers = ApiToken.objects.exclude(person=head).first()
    assert strangers is not None
    assert client.delete(f"{V1}tokens/{strangers.pk}/").status_code == 404
    assert client.delete(f"{V1}tokens/{mine[0]['id']}/").status_code == 204
    assert client.get(f"{V1}tokens/").status_code == 401


def test_answers_say_how_much_of_the_rate_is_left(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PersonThrottle, "rate", "2/min", raising=False)
    client = api(person("rep"))
    seen: list[Any] = [client.get(f"{V1}me/") for _n in range(3)]
    assert [answer.status_code for answer in seen] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in seen] == ["1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in seen} == {"2"}
    assert 0 < int(seen[2]["RateLimit-Reset"]) <= 60
    assert 0 < int(seen[2]["Retry-After"]) <= 60
