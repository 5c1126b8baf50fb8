"""What is known about a lead, and correcting it."""

from typing import Any

import pytest

from leads.models import Answer, Lead, LeadEvent, LeadKey
from leads.selectors import agreement
from leads.selectors.answers import known, known_of
from leads.services import answers, arrivals, editing, marking
from leads.services.arrivals import LeadData
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, fresh, lead, owner_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(db: None) -> Lead:
    agreement_in_force(
        criteria=[
            {"question": "Decides", "key": "decides"},
            {"question": "Volume", "kind": "number", "key": "volume", "threshold": 5},
        ]
    )
    return lead(owner=person("rep"))


def test_an_answer_said_again_replaces_the_former_and_the_events_keep_both(mine: Lead) -> None:
    answers.answer(lead=mine, key="decides", value="no", source="rep", by=owner_of(mine))
    answers.answer(lead=mine, key="decides", value=True, source="rep", by=owner_of(mine))
    assert Answer.objects.get().value is True
    event = LeadEvent.objects.filter(lead=mine).latest("id")
    assert (event.kind, event.before, event.after) == ("answered", {"decides": False}, {"decides": True})


def test_an_answer_taken_back_is_unknown_again(mine: Lead) -> None:
    answers.answer(lead=mine, key="volume", value="7,5", source="rep", by=owner_of(mine))
    answers.forget(lead=mine, key="volume", by=owner_of(mine))
    answers.forget(lead=mine, key="volume", by=owner_of(mine))
    assert not Answer.objects.exists()
    assert LeadEvent.objects.filter(kind="forgotten").count() == 1


@pytest.mark.parametrize(("key", "value"), [("volume", "many"), ("budget", "yes"), ("decides", "")])
def test_what_is_no_answer_is_refused_at_its_question(mine: Lead, key: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        answers.answer(lead=mine, key=key, value=value, source="rep", by=owner_of(mine))
    assert refused.value.field == key
    assert not Answer.objects.exists()


def test_another_rep_answers_nothing_and_marketing_may(mine: Lead) -> None:
    with pytest.raises(NotAllowed):
        answers.answer(lead=mine, key="decides", value=True, source="rep", by=person("rep"))
    answers.answer(lead=mine, key="decides", value=True, source="form", by=person("marketer"))
    assert Answer.objects.get().source == "form"


def test_an_edit_brings_search_and_keys_along(mine: Lead) -> None:
    editing.edit(
        lead=mine, by=owner_of(mine), changes={"name": "Żaneta", "phone": "601 234 567"}, version=mine.version
    )
    found = fresh(mine)
    assert (found.name, found.phone) == ("Żaneta", "+48601234567")
    assert "zaneta" in found.search
    assert LeadKey.objects.filter(lead=mine, kind="phone", value="+48601234567").exists()
    (same,) = arrivals.find_same([LeadData(name="x", phone="+48601234567")])
    assert same is not None
    assert same.lead_id == mine.pk
    event = LeadEvent.objects.filter(lead=mine).latest("id")
    assert event.kind == "edited"
    assert set(event.after) == {"name", "phone"}


def test_an_edit_does_not_take_another_leads_address(mine: Lead) -> None:
    other = lead(email="other@example.com", name="The other")
    with pytest.raises(Invalid, match="The other") as refused:
        editing.edit(
            lead=mine, by=owner_of(mine), changes={"email": "OTHER@example.com"}, version=mine.version
        )
    assert refused.value.field == "email"
    assert LeadKey.objects.get(value="other@example.com").lead == other


def test_an_edit_on_an_old_version_is_a_conflict(mine: Lead) -> None:
    seen = fresh(mine).version
    editing.edit(lead=mine, by=owner_of(mine), changes={"city": "Gdańsk"}, version=seen)
    with pytest.raises(Conflict):
        editing.edit(lead=mine, by=person("marketer"), changes={"city": "Gdynia"}, version=seen)
    assert fresh(mine).city == "Gdańsk"


def test_saving_what_is_there_changes_nothing(mine: Lead) -> None:
    before = Lead.objects.values().get(pk=mine.pk)
    editing.edit(lead=mine, by=owner_of(mine), changes={"name": mine.name}, version=mine.version)
    assert Lead.objects.values().get(pk=mine.pk) == before


@pytest.mark.parametrize("name", ["stage", "owner_id", "won_at", "is_test"])
def test_what_is_not_editable_is_refused(mine: Lead, name: Any) -> None:
    with pytest.raises(Invalid):
        editing.edit(lead=mine, by=owner_of(mine), changes={name: "won"}, version=mine.version)


def _asks_place() -> None:
    agreement_in_force(
        criteria=[
            {"question": "Decides", "key": "decides"},
            {"question": "Country", "kind": "country", "key": "country", "choices": ["DE", "PL"]},
            {"question": "Segment", "kind": "segment", "key": "segment", "choices": ["Farms"]},
        ]
    )


def test_country_and_segment_answer_themselves_until_somebody_answers(db: None) -> None:
    _asks_place()
    rep = person("rep")
    mine = lead(owner=rep, country="DE", campaign=campaign(segment="Farms"))
    bare = lead(owner=rep)
    assert known([mine.pk, bare.pk]) == {mine.pk: {"country": "DE", "segment": "Farms"}, bare.pk: {}}
    answers.answer(lead=mine, key="country", value="fr", source="rep", by=rep)
    assert known([mine.pk])[mine.pk] == {"country": "FR", "segment": "Farms"}
    answers.forget(lead=mine, key="country", by=rep)
    assert known([mine.pk])[mine.pk]["country"] == "DE"


def test_what_is_known_of_one_lead_is_what_is_known_of_many(db: None) -> None:
    _asks_place()
    rep = person("rep")
    mine = lead(owner=rep, country="PL", campaign=campaign(segment="Hotels"))
    answers.answer(lead=mine, key="decides", value=True, source="rep", by=rep)
    whole = Lead.objects.select_related("campaign").get(pk=mine.pk)
    one = known_of(whole, agreement.terms().criteria)
    assert {key: found.value for key, found in one.items()} == known([mine.pk])[mine.pk]
    assert {key for key, found in one.items() if found.is_derived} == {"country", "segment"}


def test_what_is_known_takes_two_statements_for_any_number_of_leads(
    db: None, django_assert_num_queries: Any
) -> None:
    _asks_place()
    ids = [lead(country="PL").pk for _one in range(3)]
    criteria = agreement.terms().criteria
    with django_assert_num_queries(2):
        known(ids, criteria)
    with django_assert_num_queries(1):
        known(ids, criteria[:1])
    with django_assert_num_queries(0):
        assert known([], criteria) == {}


def test_a_mark_is_measured_by_what_the_lead_itself_says(db: None) -> None:
    _asks_place()
    rep = person("rep")
    mine = lead(owner=rep, country="DE", campaign=campaign(segment="Farms"))
    answers.answer(lead=mine, key="decides", value=True, source="rep", by=rep)
    made = marking.mark(lead=mine, value="qualified", by=rep, version=fresh(mine).version)
    assert (made.evaluation["known"], made.evaluation["is_met"]) == (3, True)


def test_an_answer_that_cannot_be_kept_is_refused(db: None) -> None:
    agreement_in_force(criteria=[{"question": "Since when", "kind": "text", "key": "since"}])
    mine = lead(owner=person("rep"))
    with pytest.raises(Invalid):
        answers.answer(lead=mine, key="since", value="a\x00b", source="rep", by=owner_of(mine))
    assert not Answer.objects.exists()
