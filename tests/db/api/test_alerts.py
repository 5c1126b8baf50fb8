"""Alerts and the first steps over the API."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadsync.notices.models import Alert
from leadsync.start.models import Start
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def alert(kind: str = "gate_failed", **fields: Any) -> Alert:
    defaults: dict[str, Any] = {"opened_at": AT, "context": {"campaign": "Fair"}, "url": "/campaigns/1/"}
    return Alert.objects.create(kind=kind, subject=str(Alert.objects.count()), **defaults | fields)


def test_alerts_are_listed_as_the_person_may_see_them(api: Any) -> None:
    rep, admin = person("rep"), person("administrator")
    seen, hidden = alert(cost_minutes=30), alert("webhook_failing", context={"name": "ERP"})
    found = api(rep).get("/api/v1/alerts/").json()["results"]
    assert [one["id"] for one in found] == [seen.pk]
    assert (found[0]["topic"], found[0]["waits_for"], found[0]["cost_minutes"]) == (
        "campaigns",
        "Marketing",
        30,
    )
    assert hidden.pk in {one["id"] for one in api(admin).get("/api/v1/alerts/?topic=house").json()["results"]}
    assert api(rep).get("/api/v1/alerts/?show=resolved").json()["results"] == []
    assert api(rep).get("/api/v1/alerts/?side=sales").json()["results"] == []
    assert api(rep).get("/api/v1/alerts/?topic=nonsense").status_code in (400, 422)


def test_taking_care_and_giving_up(api: Any) -> None:
    first, second, made = person("rep", name="Iga M"), person("marketer"), alert()
    url = f"/api/v1/alerts/{made.pk}/"
    for _turn in range(2):
        answer = api(first).post(f"{url}acknowledge/")
        assert (answer.status_code, answer.json()["acknowledged_by"]["name"]) == (200, "Iga M")
    assert api(second).post(f"{url}acknowledge/").status_code == 409
    assert api(second).post(f"{url}give-up/").status_code == 403
    assert Alert.objects.get().acknowledged_by == first
    assert api(first).post(f"{url}give-up/").json()["acknowledged_by"] is None
    assert api(first).post("/api/v1/alerts/999999999999999999/acknowledge/").status_code == 404
    assert api(first, "read").post(f"{url}acknowledge/").status_code == 403


def test_the_first_steps_are_read_and_put_aside_by_who_leads(api: Any) -> None:
    rep, head = person("rep"), person("head_of_sales")
    found = api(rep).get("/api/v1/start/").json()
    assert (found["of"], found["is_over"], len(found["steps"])) == (10, False, 10)
    assert api(rep).post("/api/v1/start/put-aside/").status_code == 403
    assert not Start.objects.exists()
    assert api(head).post("/api/v1/start/put-aside/").json()["is_over"] is True
    assert api(head).delete("/api/v1/start/put-aside/").json()["is_over"] is False
