"""Routing over the API: its rules, and a dry run."""

import pytest

from leads.models import Handoff
from leads.services import routing_rules
from leads.services.routing_rules import RuleData
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

ROUTING = "/api/v1/routing/"


def test_everybody_reads_the_rules_in_order(api: Api) -> None:
    head, to = person("head_of_sales"), channel()
    routing_rules.add_rule(data=RuleData("Known", "same_owner"), by=head)
    routing_rules.add_rule(
        data=RuleData("Germany", "rep", rep=head.pk, markets=["DE"], channels=[to.pk]), by=head
    )
    first, second = api(person("marketer")).get(ROUTING).json()["rules"]
    assert (first["name"], first["target"], first["rep"]) == ("Known", "same_owner", None)
    assert (second["markets"], second["rep"]["id"]) == (["DE"], head.pk)
    assert second["channels"] == [{"id": to.pk, "name": to.name}]


def test_a_dry_run_says_where_and_why_and_changes_nothing(api: Api) -> None:
    head, rep, full = person("head_of_sales"), person("rep"), person("rep", capacity=0)
    routing_rules.add_rule(data=RuleData("Full", "rep", rep=full.pk), by=head)
    routing_rules.add_rule(data=RuleData("Fair", "rep", rep=rep.pk, campaign_kinds=["event"]), by=head)
    one = lead(campaign=campaign(kind="event"))
    said = api(person("director")).get(f"{ROUTING}dry-run/", {"lead": one.pk}).json()
    assert (said["to"]["id"], said["how"]) == (rep.pk, "routing_rule")
    assert [stop["is_deciding"] for stop in said["stops"]] == [False, True, False, False]
    assert said["stops"][0]["candidates"][0]["why_not"] == "full"
    assert not Handoff.objects.exists()
    made_up = api(rep).get(f"{ROUTING}dry-run/", {"country": "Germany", "company": "Acme"}).json()
    assert (made_up["to"]["id"], made_up["how"]) == (rep.pk, "everybody")
    assert made_up["stops"][1]["failed"] == ["kind"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"country": "Atlantis"}, 400),
        ({"language": "Klingon"}, 400),
        ({"campaign": 999}, 400),
        ({"lead": 999}, 400),
        ({"lead": "x"}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_what_cannot_be_tried_is_refused(api: Api, asked: dict[str, str | int], status: int) -> None:
    assert api(person("rep")).get(f"{ROUTING}dry-run/", asked).status_code == status
