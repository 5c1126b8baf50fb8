"""Deciding about a gate that was not passed: stop, change and test again, or continue with both signatures."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services import campaigns as campaign_services
from feedback.models import GateDecision, GateSignature
from feedback.selectors.gate import GateView, gate_of
from feedback.selectors.running_gates import failed_gates
from feedback.services import gates
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, DomainError, Invalid, NotAllowed
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db
SIZE, NEEDED = 4, 2
NOW = timezone.now()


@pytest.fixture
def heads(db: None) -> dict[str, User]:
    CompanyFactory.create()
    agreement_in_force(gate_size=SIZE, gate_needed=NEEDED)
    return {
        "mkt": person("head_of_marketing"),
        "sales": person("head_of_sales"),
        "dir": person("director"),
        "marketer": person("marketer"),
        "rep": person("rep"),
    }


def failed(*, more: int = 0, **fields: Any) -> Campaign:
    """A live campaign of which three of the first four leads were bad, with so many more leads since."""
    made = make_campaign(state="live", **fields)
    for place in range(SIZE):
        one = lead(campaign=made, at=NOW - timedelta(hours=9))
        if place:
            mark(one, "not_a_fit", NOW - timedelta(hours=5 - place))
    for _number in range(more):
        lead(campaign=made, at=NOW - timedelta(minutes=30))
    return made


def mark(one: Lead, value: str, at: Any = None) -> None:
    Lead.objects.filter(pk=one.pk).update(mark=value, marked_at=at or timezone.now())


def view(of: Campaign) -> GateView:
    of.refresh_from_db()
    return gate_of(of, size=SIZE, needed=NEEDED)


def page(of: Campaign, by: User) -> str:
    client = Client()
    client.force_login(by)
    return client.get(f"/campaigns/{of.pk}/").content.decode()


def send(of: Campaign, by: User, **typed: Any) -> Any:
    client = Client()
    client.force_login(by)
    return client.post(f"/campaigns/{of.pk}/gate/", {"round": 1} | typed)


# ------------------------------------------------------------------------------------------------ stop


def test_stopping_stops_the_campaign_and_counts_what_was_sent_meanwhile(heads: dict[str, User]) -> None:
    made = failed(more=3)
    decision = gates.decide(campaign=made, choice="stop", by=heads["dir"], round_from=1)
    assert (decision.state, decision.sent_meanwhile, decision.good) == ("taken", 3, 0)
    made.refresh_from_db()
    assert made.state == "stopped"
    assert failed_gates(size=SIZE, needed=NEEDED) == []
    told = set(Notice.objects.filter(kind="gate_decided").values_list("recipient", flat=True))
    assert {made.owner_id, heads["mkt"].pk, heads["sales"].pk} <= told
    assert heads["dir"].pk not in told


def test_the_campaigns_own_undo_takes_a_stop_back_and_the_demand_is_there_again(
    heads: dict[str, User],
) -> None:
    made = failed()
    gates.decide(campaign=made, choice="stop", by=heads["marketer"])
    made.refresh_from_db()
    campaign_services.take_back(campaign=made, by=heads["marketer"], version=made.version)
    assert view(made).is_demanded
    again = gates.decide(campaign=made, choice="retest", note="Another list", by=heads["marketer"])
    assert set(GateDecision.objects.values_list("choice", "state")) == {
        ("stop", "withdrawn"),
        ("retest", "taken"),
    }
    assert again.round_from == 1


def test_a_stop_is_withdrawn_for_a_day_by_who_may_decide(heads: dict[str, User]) -> None:
    made = failed()
    decision = gates.decide(campaign=made, choice="stop", by=heads["dir"])
    with pytest.raises(Invalid):
        gates.withdraw(decision=decision, by=heads["dir"], at=timezone.now() + timedelta(days=2))
    gates.withdraw(decision=decision, by=heads["dir"])
    assert view(made).is_demanded
    assert made.state == "live"
    decision.refresh_from_db()
    assert decision.state == "withdrawn"


# ----------------------------------------------------------------------------------- change and test again


def test_a_new_round_goes_on_with_the_next_number_for_leads_that_arrive_from_now_on(
    heads: dict[str, User],
) -> None:
    made = failed(more=3)
    between = list(Lead.objects.filter(campaign=made, gate_number=None))
    assert len(between) == 3
    gates.decide(campaign=made, choice="retest", note="Another list", by=heads["marketer"])
    came = [lead(campaign=made) for _number in range(SIZE + 1)]
    assert [fresh(one).gate_number for one in came] == [5, 6, 7, 8, None]
    assert [fresh(one).gate_number for one in between] == [None] * 3
    found = view(made)
    assert (found.number, found.first, found.gate.arrived, found.gate.verdict) == (2, 5, 4, "open")
    assert [(one.number, len(one.units), one.decision.note) for one in found.past] == [
        (1, SIZE, "Another list")
    ]
    assert found.after_total == 1


def test_a_round_that_is_not_full_when_it_is_decided_leaves_no_gap(heads: dict[str, User]) -> None:
    made = make_campaign(state="live")
    for _number in range(3):
        mark(lead(campaign=made), "unreachable")
    gates.decide(campaign=made, choice="retest", note="Other words", by=heads["marketer"])
    assert fresh(lead(campaign=made)).gate_number == 4
    assert view(made).first == 4


def test_a_new_round_is_taken_back_until_its_first_lead(heads: dict[str, User]) -> None:
    made = failed(more=1)
    decision = gates.decide(campaign=made, choice="retest", note="Other words", by=heads["marketer"])
    gates.withdraw(decision=decision, by=heads["marketer"])
    made.refresh_from_db()
    assert (made.gate_from, made.gate_after) == (1, 0)
    assert view(made).is_demanded
    decision = gates.decide(campaign=made, choice="retest", note="Other words", by=heads["marketer"])
    lead(campaign=made)
    with pytest.raises(Conflict):
        gates.withdraw(decision=decision, by=heads["marketer"])
    made.refresh_from_db()
    assert made.gate_from == 5


def test_a_second_round_can_fail_and_be_decided_too(heads: dict[str, User]) -> None:
    made = failed()
    gates.decide(campaign=made, choice="retest", note="One", by=heads["marketer"], round_from=1)
    for _number in range(3):
        mark(lead(campaign=made), "not_a_fit")
    found = view(made)
    assert (found.number, found.is_demanded) == (2, True)
    with pytest.raises(Conflict):
        gates.decide(campaign=made, choice="stop", by=heads["marketer"], round_from=1)
    second = gates.decide(campaign=made, choice="retest", note="Two", by=heads["marketer"], round_from=5)
    assert (second.round_from, view(made).first, view(made).number) == (5, 8, 3)


def test_marks_in_a_decided_round_change_nothing_in_the_present_one(heads: dict[str, User]) -> None:
    made = failed()
    gates.decide(campaign=made, choice="retest", note="One", by=heads["marketer"])
    for one in Lead.objects.filter(campaign=made):
        mark(one, "qualified")
    assert (view(made).gate.good, view(made).gate.arrived) == (0, 0)


# ---------------------------------------------------------------------------------------------- continue


def test_continuing_waits_for_the_other_departments_signature(heads: dict[str, User]) -> None:
    made = failed(more=2)
    decision = gates.decide(campaign=made, choice="continue", note="Large orders", by=heads["mkt"])
    assert (decision.state, decision.taken_at) == ("proposed", None)
    assert list(GateSignature.objects.values_list("side", flat=True)) == ["mkt"]
    asked = Notice.objects.filter(kind="gate_signature")
    assert {one.recipient.has_role("head_of_sales") for one in asked} == {True}
    assert all(one.is_instant for one in asked)
    assert view(made).waits_for_signatures
    assert failed_gates(size=SIZE, needed=NEEDED) != []
    gates.sign(decision=decision, by=heads["mkt"])  # once more is the same
    assert GateSignature.objects.count() == 1
    signed = gates.sign(decision=decision, by=heads["sales"])
    assert (signed.state, signed.sent_meanwhile) == ("taken", 2)
    assert not view(made).is_undecided
    assert failed_gates(size=SIZE, needed=NEEDED) == []
    with pytest.raises(Invalid):
        gates.withdraw(decision=decision, by=heads["mkt"])


def test_who_may_sign_for_both_signs_for_one(heads: dict[str, User]) -> None:
    both = person("head_of_marketing", "head_of_sales")
    decision = gates.decide(campaign=failed(), choice="continue", note="Why not", by=both)
    with pytest.raises(Invalid):
        gates.sign(decision=decision, by=both)
    assert GateSignature.objects.count() == 1


def test_the_head_of_sales_proposes_and_signs_but_does_not_stop(heads: dict[str, User]) -> None:
    made = failed()
    for choice in ("stop", "retest"):
        with pytest.raises(NotAllowed):
            gates.decide(campaign=made, choice=choice, note="x", by=heads["sales"])
    decision = gates.decide(campaign=made, choice="continue", note="They buy", by=heads["sales"])
    gates.sign(decision=decision, by=heads["mkt"])
    assert GateDecision.objects.get().state == "taken"


def test_a_withdrawn_proposal_lets_somebody_decide_otherwise(heads: dict[str, User]) -> None:
    made = failed()
    decision = gates.decide(campaign=made, choice="continue", note="They buy", by=heads["marketer"])
    with pytest.raises(Conflict, match="was faster"):
        gates.decide(campaign=made, choice="stop", by=heads["dir"])
    gates.withdraw(decision=decision, by=heads["sales"])
    with pytest.raises(Conflict):
        gates.sign(decision=decision, by=heads["sales"])
    gates.decide(campaign=made, choice="stop", by=heads["dir"])
    made.refresh_from_db()
    assert made.state == "stopped"


def test_marks_that_change_take_the_demand_and_the_signature_away(heads: dict[str, User]) -> None:
    made = failed()
    decision = gates.decide(campaign=made, choice="continue", note="They buy", by=heads["mkt"])
    for one in Lead.objects.filter(campaign=made, mark="not_a_fit")[:1]:
        mark(one, "promising")
    assert not view(made).is_undecided
    with pytest.raises(Conflict, match="passed again"):
        gates.sign(decision=decision, by=heads["sales"])
    assert GateSignature.objects.count() == 1


# ----------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("who", "choice", "note", "error"),
    [
        ("rep", "stop", "", NotAllowed),
        ("rep", "continue", "Please", NotAllowed),
        ("marketer", "retest", " \x00 ", Invalid),
        ("marketer", "continue", "", Invalid),
        ("marketer", "retest", "x" * 5_001, Invalid),
        ("marketer", "explode", "", Invalid),
    ],
)
def test_what_is_refused_changes_nothing(
    heads: dict[str, User], who: str, choice: str, note: str, error: type[DomainError]
) -> None:
    made = failed()
    with pytest.raises(error):
        gates.decide(campaign=made, choice=choice, note=note, by=heads[who])
    made.refresh_from_db()
    assert (made.state, made.gate_from, GateDecision.objects.count()) == ("live", 1, 0)


@pytest.mark.parametrize("state", ["draft", "review", "ended", "stopped"])
def test_a_campaign_that_does_not_run_is_not_decided_about(heads: dict[str, User], state: str) -> None:
    made = failed()
    Campaign.objects.filter(pk=made.pk).update(state=state)
    with pytest.raises(Conflict):
        gates.decide(campaign=made, choice="retest", note="x", by=heads["marketer"])
    assert not view(made).is_demanded
    assert not GateDecision.objects.exists()


def test_a_gate_that_is_open_or_passed_is_not_decided_about(heads: dict[str, User]) -> None:
    made = make_campaign(state="live")
    for number in range(3):
        if number:
            mark(lead(campaign=made), "promising")
        with pytest.raises(Conflict):
            gates.decide(campaign=made, choice="stop", by=heads["marketer"])
    assert not GateDecision.objects.exists()


@pytest.mark.parametrize("choice", ["stop", "retest", "continue"])
def test_the_same_form_sent_twice_decides_once(heads: dict[str, User], choice: str) -> None:
    made = failed()
    sent = [
        gates.decide(campaign=made, choice=choice, note="Once", by=heads["mkt"], round_from=1)
        for _time in range(2)
    ]
    assert sent[0].pk == sent[1].pk
    assert GateDecision.objects.count() == 1


# -------------------------------------------------------------------------------------------------- pages


def test_the_page_demands_a_decision_with_what_was_sent_and_opens_those_leads(heads: dict[str, User]) -> None:
    made = failed(more=2)
    html = page(made, heads["marketer"])
    assert "The gate was not passed: decide" in html
    assert "2 more leads were sent without a decision" in html
    link = f"/leads/?{view(made).sent_query}"
    assert link.replace("&", "&amp;") in html
    client = Client()
    client.force_login(heads["rep"])
    listed = client.get(link).content.decode()
    for one in Lead.objects.filter(campaign=made):
        assert (f'id="lead-{one.pk}"' in listed) == (one.gate_number is None)


def test_reps_read_the_demand_without_buttons(heads: dict[str, User]) -> None:
    html = page(failed(), heads["rep"])
    assert "Marketing or the director decides" in html
    assert 'name="choice"' not in html
    assert send(failed(), heads["rep"], choice="stop").status_code == 403


def test_what_was_typed_stays_when_it_is_refused(heads: dict[str, User]) -> None:
    made = failed()
    refused = send(made, heads["marketer"], choice="retest", note="  ")
    assert refused.status_code == 422
    assert "Say what changes" in refused.content.decode()
    gates.decide(campaign=made, choice="continue", note="They buy", by=heads["mkt"])
    late = send(made, heads["marketer"], choice="retest", note="Another <list>")
    assert late.status_code == 409
    assert "was faster" in late.content.decode()
    assert "Another &lt;list&gt;" in late.content.decode()


def test_a_decision_is_taken_signed_and_taken_back_on_the_page(heads: dict[str, User]) -> None:
    made = failed()
    assert send(made, heads["marketer"], choice="continue", note="They buy").status_code == 302
    decision = GateDecision.objects.get()
    assert "Sign: it goes on" in page(made, heads["sales"])
    client = Client()
    client.force_login(heads["sales"])
    assert client.post(f"/campaigns/{made.pk}/gate/{decision.pk}/sign/").status_code == 302
    assert client.post(f"/campaigns/{made.pk + 1}/gate/{decision.pk}/sign/").status_code == 404
    assert client.post(f"/campaigns/{made.pk}/gate/{decision.pk}/withdraw/").status_code == 302
    assert send(made, heads["dir"], choice="retest", note="Words").status_code == 302
    lead(campaign=made)
    html = page(made, heads["rep"])
    assert "Round 2" in html
    assert "1 earlier round" in html
    assert "Leads 5–8" in html


def test_bad_input_is_refused_with_words(heads: dict[str, User]) -> None:
    made = failed()
    for typed in ({"choice": "x"}, {"choice": "retest", "note": "a" * 10_000}, {}):
        assert send(made, heads["marketer"], **typed).status_code == 422
    assert send(made, heads["marketer"], choice="stop", round="9" * 30).status_code == 302


def test_the_alert_goes_with_the_decision(heads: dict[str, User]) -> None:
    made = failed()
    Alert.objects.create(kind="gate_failed", subject=f"{made.pk}:1", opened_at=NOW)
    gates.decide(campaign=made, choice="stop", by=heads["marketer"])
    assert Alert.objects.get().resolved_at is not None


def test_the_page_asks_as_often_with_twenty_decisions_as_with_one(
    heads: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    made = failed()
    for number in range(6):
        gates.decide(campaign=made, choice="retest", note=f"{number}", by=heads["marketer"])
        made.refresh_from_db()
        for _place in range(3):
            mark(lead(campaign=made), "not_a_fit")
    made.refresh_from_db()
    with django_assert_max_num_queries(6):
        found = gate_of(made, size=SIZE, needed=NEEDED)
        assert [one.decision.by.name for one in found.past]
    assert found.number == 7


# ---------------------------------------------------------------------------------------------------- API


def test_the_api_decides_signs_and_withdraws_with_the_same_rights(heads: dict[str, User]) -> None:
    made = failed(more=1)
    url = f"/api/v1/campaigns/{made.pk}/gate/"
    clients = {who: Client() for who in heads}
    for who, client in clients.items():
        client.force_login(heads[who])
    read = clients["rep"].get(url).json()
    assert (read["verdict"], read["sent"], read["is_demanded"]) == ("failed", 1, True)
    body = {"choice": "continue", "note": "They buy", "round_from": 1}

    def post(who: str, path: str, data: Any = None) -> Any:
        return clients[who].post(f"{url}{path}", data or {}, content_type="application/json")

    assert post("rep", "decisions/", body).status_code == 403
    assert post("mkt", "decisions/", body | {"note": ""}).status_code == 422
    assert post("mkt", "decisions/", body | {"choice": "x"}).status_code == 422
    proposed = post("mkt", "decisions/", body)
    assert proposed.status_code == 201
    decision = proposed.json()["decision"]
    assert [one["side"] for one in decision["signatures"]] == ["mkt"]
    assert post("dir", "decisions/", {"choice": "stop"}).status_code == 409
    assert post("rep", f"decisions/{decision['id']}/sign/").status_code == 403
    assert post("sales", f"decisions/{decision['id']}/sign/").json()["decision"]["state"] == "taken"
    assert post("sales", f"decisions/{decision['id']}/withdraw/").status_code == 422
    assert post("sales", "decisions/999999/withdraw/").status_code == 404
    benefit = clients["rep"].get(f"/api/v1/campaigns/{made.pk}/benefit/").json()
    assert (benefit["leads"], benefit["cost_per_good"], benefit["deals"]) == (5, None, 0)
