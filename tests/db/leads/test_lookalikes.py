"""Leads that may be the same: who is suggested, who no longer, and what a person says stays said."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead, Lookalike
from leads.services import editing, lookalikes
from leadsync.core.errors import NotAllowed
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead

pytestmark = pytest.mark.django_db


def pairs() -> set[tuple[int, int]]:
    return {(one.first_id, one.second_id) for one in Lookalike.objects.filter(dismissed_at=None)}


def two(**more: str) -> tuple[Lead, Lead]:
    one = lead(name="Anna Kowalska", company="Nordrack Polska")
    other = lead(**{"name": "Kowalska Anna", "company": "Nordrack Polska Sp. z o.o."} | more)
    return one, other


def test_similar_name_and_company_are_suggested_with_the_evidence() -> None:
    one, other = two()
    lead(name="Anna Kowalska", company="Baltic Boxes")
    assert lookalikes.look() == 3
    assert pairs() == {(one.pk, other.pk)}
    assert Lookalike.objects.get().evidence == {"name": 100, "company": 100}


def test_looking_again_finds_nothing_new() -> None:
    two()
    lookalikes.look()
    assert lookalikes.look() == 0
    assert Lookalike.objects.count() == 1


def test_a_pair_is_gone_once_the_facts_are_others_and_back_with_them() -> None:
    one, other = two()
    lookalikes.look()
    marketer = person("marketer")
    editing.edit(lead=fresh(other), by=marketer, changes={"company": "Baltic Boxes"})
    lookalikes.look()
    assert pairs() == set()
    editing.edit(lead=fresh(other), by=marketer, changes={"company": "NORDRACK POLSKA"})
    lookalikes.look()
    assert pairs() == {(one.pk, other.pk)}


def test_not_the_same_stays_said_and_can_be_taken_back() -> None:
    two()
    lookalikes.look()
    pair = Lookalike.objects.get()
    marketer = person("marketer")
    assert lookalikes.dismiss(pair=pair, by=marketer)
    assert not lookalikes.dismiss(pair=pair, by=marketer)
    editing.edit(lead=fresh(pair.first), by=marketer, changes={"city": "Łódź"})
    lookalikes.look()
    assert pairs() == set()
    assert lookalikes.suggest_again(pair=pair, by=marketer)
    assert len(pairs()) == 1


def test_a_rep_says_it_of_own_leads_only() -> None:
    rep, another = person("rep"), person("rep")
    one, other = two()
    for which in (one, other):
        Lead.objects.filter(pk=which.pk).update(owner=rep)
    lookalikes.look()
    pair = Lookalike.objects.get()
    with pytest.raises(NotAllowed):
        lookalikes.dismiss(pair=pair, by=another)
    assert pairs()
    assert lookalikes.dismiss(pair=pair, by=rep)


def test_test_leads_and_erased_leads_are_never_suggested() -> None:
    one, other = two()
    Lead.objects.filter(pk=one.pk).update(is_test=True)
    lookalikes.look()
    assert pairs() == set()
    Lead.objects.filter(pk=one.pk).update(is_test=False, erased_at=other.received_at)
    editing.edit(lead=fresh(other), by=person("marketer"), changes={"city": "Łódź"})
    lookalikes.look()
    assert pairs() == set()


def test_a_popular_name_does_not_make_pairs_of_everybody_with_everybody() -> None:
    where = campaign()
    for _n in range(30):
        lead(name="Jan Nowak", company="Poczta Polska", campaign=where)
    lookalikes.look()
    assert Lookalike.objects.count() <= 30 * lookalikes.MOST_SUGGESTED


def test_a_batch_takes_a_fixed_number_of_statements() -> None:
    where = campaign()
    for n in range(20):
        lead(name=f"Person Number{n}", company=f"Company{n}", campaign=where)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        lookalikes.look()
    assert len(counted) < 25


def test_what_another_worker_has_seen_meanwhile_is_not_written_twice() -> None:
    two()
    found = lookalikes.find(Lead.objects.values_list("pk", flat=True))
    lookalikes.look()
    assert not lookalikes._write(found, after=0, seen=1)
    assert Lookalike.objects.count() == 1


def test_one_address_written_in_two_ways_is_found() -> None:
    one = lead(name="Jan Nowak", email="jan.nowak+fair@example.org")
    other = lead(name="J. Nowak", email="jannowak@example.org")
    lead(name="Jan Nowak", email="nowak.jan@example.org")
    lookalikes.look()
    assert pairs() == {(one.pk, other.pk)}
    assert Lookalike.objects.get().evidence["mail"] is True
