"""Disputes on pages and over the API: what each role sees and may do there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback.models import Decision, Dispute
from feedback.services import disputes
from leads.models import Lead, Mark
from leads.services import marking, outcomes
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.services import tokens
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, reason

pytestmark = pytest.mark.django_db

NOW = TUESDAY + HOUR
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def marta(client: Client) -> User:
    CompanyFactory.create()
    found = person("marketer", name="Marta Lis")
    client.force_login(found)
    return found


@pytest.fixture
def closed(marta: User) -> Lead:
    return marked(marta)


def marked(owner: User, rep: User | None = None) -> Lead:
    by = rep or person("rep", name="Paweł Krawczyk")
    found = lead(owner=by, campaign=campaign(owner=owner), at=TUESDAY)
    marking.mark(
        lead=found, value="not_a_fit", reason=reason(), by=by, version=None, at=TUESDAY + 10 * MINUTE
    )
    return found


def disputed(one: Lead, by: User, **options: Any) -> Dispute:
    mark = Mark.objects.filter(lead=one).latest("id")
    return disputes.dispute(mark=mark, by=by, **{"wanted": "promising", "text": "They have money."} | options)


def page(client: Client, one: Lead) -> str:
    return client.get(reverse("leads:page", args=[one.pk])).text


# ---------------------------------------------------------------------------------------------- the lead's page


def test_marketing_is_told_until_when_a_mark_can_be_disputed(client: Client, closed: Lead) -> None:
    text = page(client, closed)
    assert reverse("feedback:dispute_lead", args=[closed.pk]) in text
    assert "17\xa0Mar 17:00" in text.replace("&nbsp;", "\xa0")


@pytest.mark.parametrize("role", ["rep", "head_of_sales", "director", "administrator"])
def test_others_are_not_offered_to_dispute(client: Client, closed: Lead, role: str) -> None:
    client.force_login(person(role))
    address = reverse("feedback:dispute_lead", args=[closed.pk])
    assert address not in page(client, closed)
    assert client.post(address, {"wanted": "promising", "text": "x"}).status_code == 403
    assert not Dispute.objects.exists()


def test_after_the_window_nothing_is_offered_and_a_late_form_keeps_what_was_typed(
    client: Client, closed: Lead, marta: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(TUESDAY + timedelta(days=8))
    client.force_login(marta)
    address = reverse("feedback:dispute_lead", args=[closed.pk])
    assert address not in page(client, closed)
    answer = client.post(address, {"wanted": "promising", "text": "They have money in May"})
    assert answer.status_code == 409
    assert "They have money in May" in answer.text
    assert not Dispute.objects.exists()


def test_disputing_works_without_javascript(client: Client, closed: Lead) -> None:
    address = reverse("feedback:dispute_lead", args=[closed.pk])
    refused = client.post(address, {"wanted": "promising", "text": " "})
    assert refused.status_code == 422
    assert "Say why the mark is wrong." in refused.text
    done = client.post(address, {"wanted": "promising", "text": "They have money."}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("leads:page", args=[closed.pk])
    assert "They have money." in done.text
    assert "Waits for both heads" in done.text


def test_with_htmx_the_leads_page_comes_anew(client: Client, closed: Lead) -> None:
    address = reverse("feedback:dispute_lead", args=[closed.pk])
    done = client.post(address, {"wanted": "promising", "text": "They have money."}, headers=HTMX)
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    refused = client.post(address, {"wanted": "won", "text": "Once more"}, headers=HTMX)
    assert refused.status_code == 409
    assert "<html" not in refused.text


def test_a_head_decides_on_the_leads_page(client: Client, closed: Lead, marta: User) -> None:
    found = disputed(closed, marta)
    client.force_login(person("director"))
    assert reverse("feedback:dispute_decide", args=[found.pk]) in page(client, closed)
    given = {"verdict": "overturned", "note": "May is soon", "from": "lead"}
    done = client.post(reverse("feedback:dispute_decide", args=[found.pk]), given, follow=True)
    assert done.redirect_chain[-1][0] == reverse("leads:page", args=[closed.pk])
    assert "Dispute decided, the mark is now: Promising" in done.text
    assert "May is soon" in done.text
    assert fresh(closed).stage == "contacted"


def test_a_mark_decided_in_a_dispute_is_not_offered_to_be_taken_back(
    client: Client, closed: Lead, marta: User
) -> None:
    found, head = disputed(closed, marta), person("head_of_sales", "director")
    disputes.decide(dispute=found, verdict="overturned", by=head)
    client.force_login(head)
    mark = Mark.objects.filter(lead=closed).latest("id")
    assert reverse("leads:lead_take_back", args=[closed.pk, mark.pk]) not in page(client, closed)


def test_disputes_cost_the_leads_page_a_fixed_number_of_queries(
    client: Client, closed: Lead, marta: User
) -> None:
    client.force_login(person("rep"))
    with CaptureQueriesContext(connection) as without:
        page(client, closed)
    disputed(closed, marta)
    with CaptureQueriesContext(connection) as with_one:
        page(client, closed)
    # The people who spoke with their roles, and what they said.
    assert len(with_one) - len(without) <= 5


# ---------------------------------------------------------------------------------------------- the list


def test_the_list_takes_as_many_queries_for_twenty_as_for_one(client: Client, marta: User) -> None:
    head, rep = person("head_of_sales", name="Tomasz Wrona"), person("rep")

    def counted() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse("feedback:disputes"))
        return len(caught)

    disputes.decide(dispute=disputed(marked(marta, rep), marta), verdict="upheld", by=head)
    one = counted()
    for _number in range(19):
        disputes.decide(dispute=disputed(marked(marta, rep), marta), verdict="upheld", by=head)
    assert counted() == one


def test_open_disputes_come_oldest_first_and_ended_ones_newest_first(client: Client, marta: User) -> None:
    rep = person("rep")
    found = [disputed(marked(marta, rep), marta) for _number in range(4)]
    for one in found[:2]:
        disputes.withdraw(dispute=one, by=marta)
    shown = client.get(reverse("feedback:disputes")).context["disputes"]
    assert [row.dispute for row in shown] == found[2:]
    ended = client.get(reverse("feedback:disputes"), {"show": "ended"}).context["disputes"]
    assert [row.dispute for row in ended] == [found[1], found[0]]
    of_one = client.get(reverse("feedback:disputes"), {"campaign": found[3].lead.campaign_id})
    assert [row.dispute for row in of_one.context["disputes"]] == [found[3]]
    assert found[3].lead.campaign.name in of_one.text


def test_pages_go_on_by_key(client: Client, marta: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.selectors.disputes.PAGE", 2)
    rep = person("rep")
    found = [disputed(marked(marta, rep), marta) for _number in range(5)]
    seen, address = [], reverse("feedback:disputes")
    while address:
        answer = client.get(address)
        seen += [row.dispute for row in answer.context["disputes"]]
        address = answer.context["next_url"]
    assert seen == found


@pytest.mark.parametrize(
    "query", ["?show=nonsense", "?campaign=x", f"?campaign={10**17}", "?after=-1", "?after=²"]
)
def test_an_odd_address_is_no_error(client: Client, marta: User, query: str) -> None:
    assert client.get(reverse("feedback:disputes") + query).status_code == 200


def test_deciding_on_the_list_brings_the_card_back(client: Client, closed: Lead, marta: User) -> None:
    found = disputed(closed, marta)
    client.force_login(person("head_of_sales"))
    address = reverse("feedback:dispute_decide", args=[found.pk])
    done = client.post(address, {"verdict": "upheld"}, headers=HTMX)
    assert done.status_code == 200
    assert f'id="dispute-{found.pk}"' in done.text
    assert "Waits for the head of marketing" in done.text
    refused = client.post(address, {"note": "I forgot the button"}, headers=HTMX)
    assert refused.status_code == 422
    assert "I forgot the button" in refused.text
    assert Decision.objects.get().verdict == "upheld"


def test_deciding_what_is_over_is_a_conflict_that_says_so(client: Client, closed: Lead, marta: User) -> None:
    found = disputed(closed, marta)
    disputes.withdraw(dispute=found, by=marta)
    client.force_login(person("director"))
    address = reverse("feedback:dispute_decide", args=[found.pk])
    answer = client.post(address, {"verdict": "overturned"}, headers=HTMX)
    assert answer.status_code == 409
    assert "This dispute is over: Withdrawn." in answer.text
    assert fresh(closed).mark == "not_a_fit"


def test_a_mark_changed_meanwhile_is_said_before_anybody_decides(
    client: Client, closed: Lead, marta: User
) -> None:
    found = disputed(closed, marta)
    assert closed.owner is not None
    outcomes.reopen(lead=closed, by=closed.owner, note="They called")
    client.force_login(person("director"))
    text = client.get(reverse("feedback:dispute", args=[found.pk])).text
    assert "Sales changed the mark" in text
    assert reverse("feedback:dispute_decide", args=[found.pk]) not in text


def test_words_are_never_markup(client: Client, closed: Lead, marta: User) -> None:
    disputed(closed, marta, text="<script>alert(1)</script>")
    assert "<script>alert" not in client.get(reverse("feedback:disputes")).text


# ---------------------------------------------------------------------------------------------- where it is counted


def test_who_decides_finds_the_way_on_the_dashboard_and_beside_the_questions(
    client: Client, closed: Lead, marta: User
) -> None:
    disputed(closed, marta)
    client.force_login(person("head_of_marketing"))
    assert "1 disputed mark waits for your word." in client.get(reverse("kpi:dashboard")).text
    questions = client.get(reverse("feedback:questions")).text
    assert f'href="{reverse("feedback:disputes")}">Disputes <span class="count">1</span>' in questions
    client.force_login(person("rep"))
    assert "disputed mark" not in client.get(reverse("kpi:dashboard")).text


def test_a_campaigns_page_says_how_many_marks_were_disputed(
    client: Client, closed: Lead, marta: User
) -> None:
    address = reverse("campaigns:page", args=[closed.campaign_id])
    assert "disputed" not in client.get(address).text
    disputes.decide(dispute=disputed(closed, marta), verdict="overturned", by=person("director"))
    text = " ".join(client.get(address).text.split())
    assert "1 mark disputed, 1 changed" in text


# ---------------------------------------------------------------------------------------------- the API


def program(by: User) -> dict[str, Any]:
    _token, secret = tokens.create(by=by, name=f"program {by.tokens.count()}", scope="all")
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}", "content_type": "application/json"}


def test_a_program_disputes_decides_and_lists(client: Client, closed: Lead, marta: User) -> None:
    client.logout()
    address = "/api/v1/disputes/"
    given = {"lead": closed.pk, "wanted": "promising", "text": "They have money."}
    made = client.post(address, given, **program(marta))
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["mark"], said["state"], said["by"]["name"]) == ("not_a_fit", "open", "Marta Lis")
    anna = program(person(Role.DIRECTOR))
    decided = client.post(f"{address}{said['id']}/decide/", {"verdict": "overturned"}, **anna)
    assert (decided.status_code, decided.json()["state"]) == (200, "overturned")
    assert decided.json()["decisions"][0]["side"] == "dir"
    assert client.post(f"{address}{said['id']}/decide/", {"verdict": "upheld"}, **anna).status_code == 409
    listed = client.get(address, {"lead": closed.pk, "state": "overturned"}, **anna).json()["results"]
    assert [one["id"] for one in listed] == [said["id"]]
    assert client.get(address, {"state": "open"}, **anna).json()["results"] == []


def test_a_program_gets_no_further_than_its_person(client: Client, closed: Lead, marta: User) -> None:
    client.logout()
    address = "/api/v1/disputes/"
    given = {"lead": closed.pk, "wanted": "promising", "text": "They have money."}
    assert client.post(address, given, **program(person("rep"))).status_code == 403
    assert client.post(address, given | {"state": "overturned"}, **program(marta)).status_code == 422
    assert client.post(address, given | {"wanted": "won"}, **program(marta)).status_code == 422
    assert client.post(address, given | {"lead": 10**12}, **program(marta)).status_code == 422
    assert not Dispute.objects.exists()
    found = disputed(closed, marta)
    assert (
        client.post(f"{address}{found.pk}/decide/", {"verdict": "upheld"}, **program(marta)).status_code
        == 403
    )
    assert client.post(f"{address}{found.pk}/withdraw/", **program(person("marketer"))).status_code == 403
    assert client.post(f"{address}{found.pk}/withdraw/", **program(marta)).json()["state"] == "withdrawn"
