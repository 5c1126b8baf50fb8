"""Plans over the API: read, set, sign, versions."""

from typing import Any

import pytest

from campaigns.models import Channel
from leadsync.kpi.models import Plan
from tests.db.api.conftest import Api
from tests.factories.accounts import person

URL = "/api/v1/plans/2026-12/"
BODY = {
    "revenue": "480000.00",
    "average_deal": "24000.00",
    "close_rate": "25.00",
    "qualification_rate": "32.00",
    "cost_per_lead": "112.00",
}


def lines() -> list[dict[str, Any]]:
    ads, fair = Channel.objects.create(name="Ads"), Channel.objects.create(name="Fair")
    return [
        {"channel": ads.pk, "share": "60.00", "visit_rate": "2.00", "cost_per_visit": "2.24"},
        {"channel": fair.pk, "share": "40.00", "cost_per_lead": "60.00"},
    ]


def test_a_plan_is_set_read_signed_and_its_versions_say_what_changed(api: Api) -> None:
    head, sales, director = person("head_of_marketing"), person("head_of_sales"), person("director")
    client = api(head)
    assert client.get(URL).status_code == 404
    made = client.put(URL, BODY | {"lines": lines(), "note": "First"}, format="json")
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    told = made.json()
    assert (told["leads"], told["visits"], told["budget"]) == ("250.00", "7500.00", "22800.00")
    assert [line["leads"] for line in told["lines"]] == ["150.00", "100.00"]
    assert told["waits_for"] == ["mkt", "sales"]
    for by in (sales, head, director):
        signed = api(by).post(f"{URL}sign/", headers={"If-Match": '"1"'})
        assert signed.status_code == 200, signed.json()
    assert signed.json()["waits_for"] == []
    changed = client.put(
        URL, BODY | {"revenue": "500000.00", "note": "More"}, headers={"If-Match": '"1"'}, format="json"
    )
    assert (changed.status_code, changed.json()["signatures"]) == (200, [])
    new, old = client.get(f"{URL}versions/").json()
    assert [len(old["signatures"]), len(new["signatures"])] == [3, 0]
    assert (new["note"], new["changes"][0]["words"]) == ("More", "Revenue €480,000 → €500,000")
    assert api(person("rep"), scope="read").get(URL).json()["revenue"] == "500000.00"


def test_a_change_says_which_version_it_is_based_on(api: Api) -> None:
    client = api(person("director"))
    client.put(URL, BODY, format="json")
    assert client.put(URL, BODY, format="json").status_code == 428
    late = client.put(URL, BODY | {"revenue": "1.00"}, headers={"If-Match": '"7"'}, format="json")
    assert late.status_code == 409
    assert client.post(f"{URL}sign/").status_code == 428
    assert client.post(f"{URL}sign/", headers={"If-Match": '"7"'}).status_code == 409
    assert client.post(f"{URL}sign/", headers={"If-Match": '"1"'}).status_code == 422  # heads first
    assert Plan.objects.get().revenue == 480_000


@pytest.mark.parametrize(
    "changed",
    [
        {"revenue": "0"},
        {"revenue": "-1"},
        {"revenue": "NaN"},
        {"close_rate": "0"},
        {"close_rate": "100.01"},
        {"average_deal": "0"},
        {"cost_per_lead": "-1"},
        {"lines": [{"channel": 10**9, "share": "100", "cost_per_lead": "1"}]},
        {"lines": [{"channel": 1, "share": "99", "cost_per_lead": "1"}]},
        {"lines": [{"channel": 1, "share": "100"}]},
        {"lines": "x"},
        {"target": "1"},
    ],
)
def test_what_is_no_plan_is_refused(api: Api, changed: dict[str, Any]) -> None:
    refused = api(person("director")).put(URL, BODY | changed, format="json")
    assert refused.status_code == 422, refused.json()
    assert not Plan.objects.exists()


def test_who_may_not_set_or_sign_is_refused(api: Api) -> None:
    api(person("director")).put(URL, BODY, format="json")
    rep = api(person("rep"))
    assert rep.put(URL, BODY, headers={"If-Match": '"1"'}, format="json").status_code == 403
    assert rep.post(f"{URL}sign/", headers={"If-Match": '"1"'}).status_code == 403
    assert api(None).get(URL).status_code == 401
    assert api(person("director")).get("/api/v1/plans/2026-13/").status_code == 404
