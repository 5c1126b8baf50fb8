"""Pages about leads that may be the same: pairs, two side by side, the way to the one lead and back."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.models import Lead, Lookalike, Merge
from leads.services import answers, editing, lookalikes, merging
from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, fresh, lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> User:
    CompanyFactory.create()
    made = person("marketer", name="Marta Zielińska")
    client.force_login(made)
    return made


def two(**more: object) -> tuple[Lead, Lead]:
    one = lead(name="Anna Kowalska", company="Nordrack Polska", **more)
    other = lead(name="Kowalska Anna", company="Nordrack Polska Sp. z o.o.", city="Łódź", **more)
    return one, other


def side_by_side(one: Lead, other: Lead) -> str:
    return reverse("leads:merge", args=[one.pk, other.pk])


def form(one: Lead, other: Lead, **chosen: str) -> dict[str, object]:
    named = {f"f:{name}": value for name, value in chosen.items()}
    return {"version": one.version, "other_version": other.version, **named}


def test_without_pairs_the_page_says_what_is_compared(client: Client, marketer: User) -> None:
    assert "No two leads look like the same" in client.get(reverse("leads:duplicates")).text


def test_the_pair_says_which_one_is_suggested_to_stay_and_why(client: Client, marketer: User) -> None:
    closed, again = two()
    rep = person("rep")
    Lead.objects.filter(pk=closed.pk).update(stage="lost", minutes=50, attempts=3)
    Lead.objects.filter(pk=again.pk).update(owner=rep)
    lookalikes.look()
    page = client.get(reverse("leads:duplicates")).text
    assert f"Suggested to stay: Kowalska Anna, #{again.pk}: a rep is on it now." in page
    assert side_by_side(fresh(again), fresh(closed)) in page
    compared = client.get(side_by_side(again, closed)).text
    chosen = re.search(r'name="f:state" value="(\w+)" checked', compared)
    assert chosen is not None
    assert chosen[1] == "survivor"  # a merge by itself closes nobody's work


def test_a_pair_shows_both_and_its_evidence_and_can_be_decided(client: Client, marketer: User) -> None:
    two()
    lookalikes.look()
    page = client.get(reverse("leads:duplicates")).text
    assert "Anna Kowalska" in page
    assert "Kowalska Anna" in page
    assert "Company: the same" in page
    assert "E-mail: different" in page
    pair = Lookalike.objects.get()
    answer = client.post(
        reverse("leads:duplicates_dismiss", args=[pair.pk]),
        headers={"HX-Request": "true", "HX-Target": "pairs"},
    )
    assert "Noted: not the same." in answer.text
    assert reverse("leads:duplicates_again", args=[pair.pk]) in answer.text
    client.post(reverse("leads:duplicates_again", args=[pair.pk]))
    assert "Anna Kowalska" in client.get(reverse("leads:duplicates")).text


def test_pairs_are_paged_by_key_with_the_same_statements(client: Client, marketer: User) -> None:
    where = campaign()
    leads = [lead(name=f"Person {n}", campaign=where) for n in range(30)]
    for n in range(29):
        Lookalike.objects.create(
            first=leads[n], second=leads[n + 1], score=92 + n % 5, found_at=leads[n].received_at
        )
    with CaptureQueriesContext(connection) as few:
        first = client.get(reverse("leads:duplicates"))
    assert len(few) <= 12
    more = first.context["more_url"]
    shown = {row.pair.pk for row, _may in first.context["rows"]}
    second = {row.pair.pk for row, _may in client.get(more).context["rows"]}
    assert len(shown) == 25
    assert len(second) == 4
    assert not shown & second
    assert client.get(reverse("leads:duplicates") + "?after=nonsense").status_code == 200


def test_two_side_by_side_become_one_as_chosen_and_two_again(client: Client, marketer: User) -> None:
    one, other = two()
    page = client.get(side_by_side(one, other)).text
    assert 'name="f:name"' in page
    assert 'name="f:city"' in page
    assert "1 arrival" in page
    done = client.post(side_by_side(one, other), form(one, other, name="other"), follow=True)
    assert done.redirect_chain == [(f"/leads/{one.pk}/", 302)]
    assert "two leads are one now" in done.text
    assert "Kowalska Anna has been part of this lead" in done.text
    assert (fresh(one).name, fresh(one).city) == ("Kowalska Anna", "Łódź")
    undo = reverse("leads:merge_undo", args=[Merge.objects.get().pk])
    assert undo in done.text
    back = client.post(undo, follow=True)
    assert "Two leads again" in back.text
    assert fresh(other).name == "Kowalska Anna"


def test_the_address_of_the_lead_that_is_gone_leads_to_the_one(client: Client, marketer: User) -> None:
    one, other = two()
    merging.merge(survivor=one, other=other, by=marketer)
    answer = client.get(reverse("leads:page", args=[other.pk]))
    assert (answer.status_code, answer["Location"]) == (302, f"/leads/{one.pk}/")
    refused = client.post(reverse("leads:lead_note", args=[other.pk]), {"note": "x"})
    assert refused.status_code == 404
    assert "part of another one by now" in refused.text
    assert client.get(reverse("leads:page", args=[9_999_999])).status_code == 404
    assert client.get(side_by_side(other, one)).status_code == 302


def test_somebody_else_was_faster_what_was_chosen_stays(client: Client, marketer: User) -> None:
    one, other = two()
    typed = form(one, other, city="survivor")
    head = person("head_of_sales", name="Tomasz Wrona")
    editing.edit(lead=fresh(other), by=head, changes={"city": "Gdynia"})
    answer = client.post(side_by_side(one, other), typed)
    assert answer.status_code == 409
    assert "Tomasz Wrona" in answer.text
    assert "Gdynia" in answer.text
    chosen = {choice.name: choice.chosen for choice in answer.context["page"].choices}
    assert chosen["city"] == "survivor"
    assert Lead.objects.count() == 2


def test_the_other_lead_is_found_by_words_or_number(client: Client, marketer: User) -> None:
    one, other = two()
    url = reverse("leads:merge_choose", args=[one.pk])
    link = side_by_side(one, other)
    assert link in client.get(url, {"find": "kowalska"}).text
    assert link in client.get(url, {"find": f"#{other.pk}"}).text
    assert link not in client.get(url, {"find": "nobody"}).text
    lookalikes.look()
    assert link in client.get(url).text
    assert link in client.get(reverse("leads:page", args=[one.pk])).text


def test_a_rep_merges_own_leads_only(client: Client, marketer: User) -> None:
    rep = person("rep")
    one, other = two()
    Lead.objects.filter(pk=one.pk).update(owner=rep)
    client.force_login(rep)
    page = client.get(side_by_side(one, other))
    assert "by the rep who has both" in page.text
    assert client.post(side_by_side(one, other), form(one, other)).status_code == 403
    Lead.objects.filter(pk=other.pk).update(owner=rep)
    assert client.post(side_by_side(one, other), form(one, other)).status_code == 302


def test_answers_that_differ_are_chosen(client: Client, marketer: User) -> None:
    agreement_in_force(criteria=[{"key": "size", "question": "How many racks?", "kind": "text"}])
    one, other = two()
    for which, value in ((one, "20"), (other, "30")):
        answers.answer(lead=which, key="size", value=value, source="rep", by=marketer)
    assert 'name="f:answer:size"' in client.get(side_by_side(one, other)).text
    client.post(side_by_side(one, other), form(fresh(one), fresh(other), **{"answer:size": "other"}))
    assert fresh(one).answers.get().value == "30"


@pytest.mark.parametrize("odd", ["\x00", "‮", "1e400", "🦊", "-1", "9" * 30])
def test_odd_input_is_never_a_fault(client: Client, marketer: User, odd: str) -> None:
    one, other = two()
    for answer in (
        client.post(
            side_by_side(one, other), {"version": odd, "other_version": odd, "f:name": odd, "f:x": odd}
        ),
        client.get(reverse("leads:merge_choose", args=[one.pk]), {"find": odd}),
        client.get(reverse("leads:duplicates"), {"after": f"{odd}.{odd}"}),
    ):
        assert answer.status_code < 500
