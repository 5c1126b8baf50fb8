"""How much of the definition is known about contacted leads: equal to a plain count, and shown to whom it concerns."""

import random
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Answer, Criterion, Lead
from leads.selectors import answers, completeness
from leads.selectors.agreement import terms
from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, lead

pytestmark = pytest.mark.django_db

URL = "/definition/known/"
BEGINS, ENDS = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


def agreed() -> None:
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Is there a budget?"},
            {"key": "size", "question": "Pallet places", "kind": Criterion.Kind.NUMBER, "threshold": 300},
            {"key": "where", "question": "Where?", "kind": Criterion.Kind.COUNTRY, "choices": ["PL"]},
            {"key": "whom", "question": "Segment", "kind": Criterion.Kind.SEGMENT, "choices": ["Farms"]},
        ]
    )


def contacted(at: datetime, **data: Any) -> Lead:
    made = lead(**data)
    Lead.objects.filter(pk=made.pk).update(first_contact_at=at)
    return made


def some_leads(seed: int) -> None:
    chance = random.Random(seed)
    reps = [person("rep") for _number in range(3)]
    campaigns = [campaign(segment="Farms"), campaign(segment=""), campaign(segment="Ports")]
    for _number in range(50):
        of = contacted(
            datetime(2026, 4, 20, tzinfo=UTC) + timedelta(hours=chance.randint(0, 60 * 24)),
            owner=chance.choice(reps),
            campaign=chance.choice(campaigns),
            country=chance.choice(["", "PL", "DE"]),
        )
        Lead.objects.filter(pk=of.pk).update(is_test=chance.random() < 0.1)
        for key, value in (("budget", True), ("size", "400"), ("where", "PL"), ("gone", "x")):
            if chance.random() < 0.4:
                Answer.objects.create(lead=of, key=key, value=value, source="rep", at=BEGINS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_share_is_what_a_plain_count_gives(seed: int) -> None:
    agreed()
    some_leads(seed)
    plain: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for of in Lead.objects.filter(is_test=False):
        if of.first_contact_at is None or not BEGINS <= of.first_contact_at < ENDS:
            continue
        known = answers.known([of.pk])[of.pk]
        asked = [one.key for one in terms().criteria]
        for key in ("all", ("rep", of.owner_id), ("campaign", of.campaign_id)):
            plain[key][0] += 1
            plain[key][1] += sum(one in known for one in asked)
        for one in asked:
            plain["criterion", one][0] += 1
            plain["criterion", one][1] += one in known
    found = completeness.report(BEGINS, ENDS)
    seen = {"all": [found.all.leads, found.all.known]}
    for kind, rows in (("rep", found.reps), ("campaign", found.campaigns), ("criterion", found.criteria)):
        seen |= {(kind, row.key): [row.figures.leads, row.figures.known] for row in rows}
    assert seen == plain
    assert completeness.overall(BEGINS, ENDS) == found.all


def test_a_campaign_s_share_is_of_its_leads_alone() -> None:
    agreed()
    of = contacted(BEGINS, country="PL", campaign=campaign(segment="Farms"))
    contacted(BEGINS)
    found = completeness.overall(BEGINS, ENDS, campaign=of.campaign)
    assert (found.leads, found.share) == (1, Decimal("0.5"))


def test_without_a_definition_or_leads_no_share_is_claimed() -> None:
    assert completeness.overall(BEGINS, ENDS).share is None
    agreed()
    assert completeness.overall(BEGINS, ENDS).share is None


def test_an_answer_beside_the_lead_s_own_country_counts_once() -> None:
    agreed()
    of = contacted(BEGINS, country="PL", campaign=campaign(segment=""))
    Answer.objects.create(lead=of, key="where", value="DE", source="rep", at=BEGINS)
    assert completeness.overall(BEGINS, ENDS).known == 1


@pytest.mark.parametrize(
    ("roles", "names"),
    [
        (("head_of_sales",), {"Paweł Krawczyk", "Iga Mazur"}),
        (("director",), {"Paweł Krawczyk", "Iga Mazur"}),
        (("marketer",), set()),
    ],
)
def test_who_sees_which_rep(client: Client, roles: tuple[str, ...], names: set[str]) -> None:
    agreed()
    for name in ("Paweł Krawczyk", "Iga Mazur"):
        contacted(timezone.now(), owner=person("rep", name=name))
    client.force_login(person(*roles))
    response = client.get(URL)
    assert {row.label for row in response.context["reps"]} == names
    assert all((name in response.text) == (name in names) for name in ("Paweł Krawczyk", "Iga Mazur"))


def test_a_rep_sees_the_own_row(client: Client) -> None:
    agreed()
    pawel, iga = person("rep", name="Paweł Krawczyk"), person("rep", name="Iga Mazur")
    for rep in (pawel, iga):
        contacted(timezone.now(), owner=rep)
    client.force_login(pawel)
    response = client.get(URL)
    assert [row.label for row in response.context["reps"]] == ["Paweł Krawczyk"]
    assert "Iga Mazur" not in response.text


def test_the_page_says_what_to_do_without_a_definition(client: Client) -> None:
    client.force_login(person("marketer"))
    response = client.get(URL)
    assert "No definition is in force yet" in response.text


def test_the_dashboard_and_the_campaign_say_how_much_is_known(client: Client) -> None:
    agreed()
    marta: User = person("marketer")
    of = contacted(timezone.now(), country="PL", campaign=campaign(segment="", owner=marta))
    client.force_login(marta)
    for url in ("/dashboard/", f"/campaigns/{of.campaign_id}/"):
        found = re.search(r'hx-get="(/voice/panel/[^"]*)" hx-trigger="load"', client.get(url).text)
        assert found is not None, url
        text = client.get(unescape(found[1]), headers={"HX-Request": "true"}).text
        assert "25% of our definition is known" in text
        assert 'href="/definition/known/' in text
    assert client.get("/voice/panel/")["Location"] == "/voice/?period=quarter"


def test_more_leads_take_no_more_statements(client: Client) -> None:
    agreed()
    client.force_login(person("head_of_sales"))
    client.get(URL)
    seen = []
    for count in (1, 19):
        for _number in range(count):
            contacted(timezone.now(), owner=person("rep"), campaign=campaign())
        with CaptureQueriesContext(connection) as captured:
            assert client.get(URL).status_code == 200
        seen.append(len(captured))
    assert seen[0] == seen[1]
