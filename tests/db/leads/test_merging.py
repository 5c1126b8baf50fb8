"""Two leads become one: whose values stand, what comes along, whose promise goes on; and what is refused."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from leads.domain.words import Door, End
from leads.models import Activity, Arrival, Handoff, Lead, LeadKey, Lookalike, Mark, Merge
from leads.selectors.lead_relations import TREATED, relations
from leads.services import activities, arrivals, editing, imports, learned, marking, merging, unmerging
from leads.services.arrivals import LeadData
from leadsync.core import db
from leadsync.core.errors import Conflict, DomainError, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, agreement_in_force, fresh, lead, reason, running

pytestmark = pytest.mark.django_db


def merged(survivor: Lead, other: Lead, **more: Any) -> Merge:
    more.setdefault("by", person("head_of_sales"))
    return merging.merge(survivor=fresh(survivor), other=fresh(other), **more)


# ---------------------------------------------------------------------------------------------- every relation


def test_everything_that_refers_to_a_lead_says_what_becomes_of_it() -> None:
    """A new reference to a lead: decide how it is merged, list it in TREATED, and see that undoing puts it back."""
    assert {one.label for one in relations()} == set(TREATED)


def test_columns_that_two_rows_cannot_share_are_named_for_each_relation() -> None:
    for relation in relations():
        unique = {
            field.attname
            for rule in relation.model._meta.constraints
            for field in map(relation.model._meta.get_field, getattr(rule, "fields", ()))
        }
        if relation.column in unique and not relation.treatment.is_pair:
            rest = unique - {relation.column} - {"gone_id"}
            assert relation.label == "leads.Handoff.lead" or rest <= set(relation.treatment.same)


# ---------------------------------------------------------------------------------------------- values


def test_the_survivors_values_stand_and_gaps_are_filled() -> None:
    one = lead(name="Anna", city="", job_title="CEO")
    other = lead(name="Ania", city="Łódź", job_title="CFO", phone="+48601234501")
    merged(one, other)
    found = fresh(one)
    assert (found.name, found.city, found.job_title, found.phone) == ("Anna", "Łódź", "CEO", "+48601234501")
    assert "lodz" not in found.search
    assert "48601234501" in found.search


def test_all_addresses_and_numbers_of_both_lead_to_the_one() -> None:
    one, other = lead(email="a@example.com"), lead(email="b@example.com")
    merged(one, other)
    assert set(LeadKey.objects.filter(lead=one).values_list("value", flat=True)) == {
        "a@example.com",
        "b@example.com",
    }
    again = arrivals.receive(
        data=LeadData(name="B", email="b@example.com"), campaign=campaign(), door=Door.FORM, by=None
    )
    assert (again.is_new, again.lead.pk) == (False, one.pk)


def test_the_first_arrival_decides_the_campaign_and_only_one_is_the_first() -> None:
    later, earlier = campaign(), campaign()
    one = lead(campaign=later, at=TUESDAY + HOUR)
    other = lead(campaign=earlier, at=TUESDAY)
    made = merged(one, other)
    assert (fresh(one).campaign_id, fresh(one).received_at) == (earlier.pk, TUESDAY)
    assert list(Arrival.objects.filter(lead=one, is_first=True).values_list("campaign", flat=True)) == [
        earlier.pk
    ]
    unmerging.undo(merge=made, by=person("marketer"))
    assert fresh(one).campaign_id == later.pk
    assert Arrival.objects.filter(is_first=True).count() == 2


def test_sales_time_counts_for_the_campaign_of_the_one_lead() -> None:
    rep = person("rep")
    one = lead(owner=rep, at=TUESDAY + HOUR)
    other = lead(owner=rep, at=TUESDAY)
    for which, spent in ((one, 10), (other, 5)):
        activities.log(lead=fresh(which), by=rep, kind="call", outcome="reached", minutes=spent)
    merged(one, other)
    assert fresh(one).minutes == 15
    assert set(Activity.objects.values_list("campaign", flat=True)) == {other.campaign_id}


def test_what_was_done_stands_where_the_survivor_was_untouched() -> None:
    rep = person("rep")
    one, other = lead(at=TUESDAY), lead(owner=rep, at=TUESDAY)
    marking.mark(
        lead=fresh(other),
        value="not_a_fit",
        by=rep,
        version=None,
        reason=reason("no_need"),
        at=TUESDAY + HOUR,
    )
    merged(one, other)
    found = fresh(one)
    assert (found.stage, found.mark, found.owner_id) == ("closed", "not_a_fit", rep.pk)
    assert found.first_contact_at == TUESDAY + HOUR


def test_taking_a_mark_back_after_merging_leads_to_what_both_were_without_it() -> None:
    rep = person("rep")
    one, other = lead(owner=rep), lead(owner=rep)
    activities.log(lead=fresh(other), by=rep, kind="call", outcome="reached", minutes=9)
    made = marking.mark(lead=fresh(one), value="qualified", by=rep, version=None)
    merged(one, other)
    marking.revert(mark=Mark.objects.get(pk=made.pk), by=rep)
    found = fresh(one)
    assert (found.stage, found.mark, found.minutes) == ("contacted", "none", 9)
    assert found.first_contact_at is not None


# ---------------------------------------------------------------------------------------------- promises


def test_the_earlier_promise_goes_on_and_the_other_ends_as_merged() -> None:
    rep = person("rep")
    one = lead(owner=rep, at=TUESDAY + HOUR)
    other = lead(owner=rep, at=TUESDAY)
    due_at = running(other).due_at
    theirs = running(one).pk
    made = merged(one, other)
    assert (running(one).due_at, Handoff.objects.get(pk=theirs).end) == (due_at, End.MERGED)
    unmerging.undo(merge=made, by=person("marketer"))
    assert running(one).pk == theirs
    assert running(other).due_at == due_at


def test_with_another_rep_the_earlier_promise_is_passed_on_with_what_is_left() -> None:
    CompanyFactory.create()
    rep, another = person("rep"), person("rep")
    one = lead(owner=rep, at=TUESDAY + 20 * MINUTE)
    other = lead(owner=another, at=TUESDAY)
    due_at = running(other).due_at
    made = merged(one, other, at=TUESDAY + 30 * MINUTE)
    found = running(one)
    assert (fresh(one).owner_id, found.rep_id, found.due_at) == (rep.pk, rep.pk, due_at)
    unmerging.undo(merge=made, by=person("marketer"))
    assert (running(one).rep_id, running(other).rep_id) == (rep.pk, another.pk)
    assert not Handoff.objects.filter(pk=found.pk).exists()


def test_no_promise_runs_on_where_one_of_the_two_was_contacted() -> None:
    rep = person("rep")
    one, other = lead(owner=rep, at=TUESDAY), lead(owner=rep, at=TUESDAY)
    activities.start_call(lead=fresh(one), by=rep, at=TUESDAY + 10 * MINUTE)
    merged(one, other)
    assert not Handoff.objects.filter(ended_at=None).exists()
    assert fresh(one).is_in_time is True


# ---------------------------------------------------------------------------------------------- the gate


def test_the_gate_closes_up_and_opens_again_around_who_came_meanwhile() -> None:
    agreement_in_force(gate_size=3, gate_needed=1)
    where = campaign()
    leads = [lead(campaign=where, at=TUESDAY + n * MINUTE) for n in range(4)]
    made = merged(leads[0], leads[1])
    assert [fresh(leads[n]).gate_number for n in (0, 2, 3)] == [1, 2, 3]
    lead(campaign=where)
    unmerging.undo(merge=made, by=person("marketer"))
    assert [fresh(one).gate_number for one in leads] == [1, 2, 3, None]


# ---------------------------------------------------------------------------------------------- who and what not


def test_owners_are_told_and_nobody_of_what_they_did() -> None:
    rep, another = person("rep"), person("rep")
    one, other = lead(owner=rep), lead(owner=another)
    head = person("head_of_sales")
    made = merged(one, other, by=head)
    told = Notice.objects.filter(kind="lead_merged").values_list("recipient", flat=True)
    assert set(told) == {rep.pk, another.pk}
    unmerging.undo(merge=made, by=head)
    assert not Notice.objects.filter(recipient=head, kind__startswith="lead_").exists()


@pytest.mark.parametrize("change", [{"is_test": True}, {"erased_at": TUESDAY}])
def test_test_leads_and_erased_leads_are_not_merged(change: dict[str, Any]) -> None:
    one, other = lead(), lead()
    Lead.objects.filter(pk=other.pk).update(**change)
    with pytest.raises(Invalid):
        merged(one, other)
    assert Lead.objects.count() == 2


def test_a_lead_is_not_merged_with_itself_or_by_somebody_elses_rep() -> None:
    one, other = lead(owner=person("rep")), lead()
    with pytest.raises(Invalid):
        merged(one, one)
    with pytest.raises(NotAllowed):
        merged(one, other, by=person("rep"))
    assert Lead.objects.count() == 2


def test_who_changed_the_other_lead_meanwhile_is_named() -> None:
    one, other = lead(), lead()
    seen = other.version
    who = person("marketer", name="Marta")
    editing.edit(lead=fresh(other), by=who, changes={"city": "Łódź"})
    with pytest.raises(Conflict, match="Marta"):
        merged(one, other, versions=(None, seen))


def test_erased_since_a_merge_is_not_undone() -> None:
    one, other = lead(), lead()
    made = merged(one, other)
    Lead.objects.filter(pk=one.pk).update(erased_at=TUESDAY)
    with pytest.raises(Invalid, match="erased"):
        unmerging.undo(merge=made, by=person("marketer"))


def test_undone_twice_is_undone_once() -> None:
    one, other = lead(), lead()
    made = merged(one, other)
    who = person("marketer", name="Marta")
    unmerging.undo(merge=made, by=who)
    with pytest.raises(Conflict, match="Marta"):
        unmerging.undo(merge=made, by=who)
    assert Lead.objects.count() == 2


def test_words_changed_since_stay_with_the_survivor_and_the_others_are_as_they_were() -> None:
    one, other = lead(), lead()
    marketer = person("marketer")
    learned.say(lead=fresh(other), topic="need", words="40 racks", by=marketer)
    made = merged(one, other)
    learned.say(lead=fresh(one), topic="need", words="40 racks and a lift", by=marketer)
    unmerging.undo(merge=made, by=marketer)
    assert fresh(one).findings.get().words == "40 racks and a lift"
    assert fresh(other).findings.get().words == "40 racks"


def test_who_came_again_under_the_others_address_stays_with_the_survivor() -> None:
    one, other = lead(email="a@example.com"), lead(email="b@example.com")
    made = merged(one, other)
    arrivals.receive(
        data=LeadData(name="B", email="b@example.com"), campaign=campaign(), door=Door.FORM, by=None
    )
    unmerging.undo(merge=made, by=person("marketer"))
    assert (fresh(one).arrivals.count(), fresh(other).arrivals.count()) == (2, 1)


def test_pairs_of_the_lead_that_is_gone_go_and_come_back_with_it() -> None:
    one, other, third = lead(), lead(), lead()
    for first, second in ((one, other), (other, third)):
        Lookalike.objects.create(first=first, second=second, score=95, found_at=TUESDAY)
    made = merged(one, other)
    assert not Lookalike.objects.exists()
    unmerging.undo(merge=made, by=person("marketer"))
    assert Lookalike.objects.count() == 2


def test_the_number_of_a_lead_that_is_gone_is_never_given_to_another() -> None:
    one, other = lead(), lead()
    gone_id = other.pk
    merged(one, other)
    assert min(db.next_ids(Lead, 3)) > gone_id
    assert lead().pk > gone_id


def test_a_call_planned_for_later_stays_planned() -> None:
    rep = person("rep")
    one, other = lead(owner=rep, at=TUESDAY), lead(owner=rep, at=TUESDAY)
    later = TUESDAY + timedelta(days=3)
    marking.mark(
        lead=fresh(other), value="promising", by=rep, version=None, next_step_at=later, at=TUESDAY + HOUR
    )
    merged(one, other)
    assert (fresh(one).next_step_at, fresh(one).mark) == (later, "promising")


def test_an_import_whose_lead_is_part_of_another_one_is_not_undone() -> None:
    marketer = person("marketer")
    one = lead(at=TUESDAY)
    text = "Name\tE-mail\nAnna\tanna@example.com\n"
    batch = imports.save(batch=imports.take_text(campaign=campaign(), by=marketer, text=text), by=marketer)
    made = merged(one, Lead.objects.get(name="Anna"))
    with pytest.raises(Conflict):
        imports.undo(batch=batch, by=marketer)
    assert fresh(one).arrivals.count() == 2
    unmerging.undo(merge=made, by=marketer)
    assert Lead.objects.filter(name="Anna").exists()


# ---------------------------------------------------------------------------------------------- at once


@pytest.fixture
def closed_connections() -> Iterator[None]:
    yield
    connections.close_all()


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all jobs at the same moment, each with its own connection; results or what they raised."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return job()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("closed_connections")
def test_pairs_that_overlap_merged_at_once_are_merged_one_after_the_other() -> None:
    one, two, three = (lead(email=f"{n}@example.com") for n in range(3))
    head = person("head_of_sales")
    results = together(
        lambda: merging.merge(survivor=fresh(one), other=fresh(two), by=head),
        lambda: merging.merge(survivor=fresh(two), other=fresh(three), by=head),
        lambda: merging.merge(survivor=fresh(three), other=fresh(one), by=head),
    )
    broken = [found for found in results if not isinstance(found, Merge | DomainError | Lead.DoesNotExist)]
    assert broken == []
    merges = sum(isinstance(found, Merge) for found in results)
    assert merges >= 1
    assert Lead.objects.count() == 3 - merges
    assert Arrival.objects.count() == LeadKey.objects.count() == 3


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("closed_connections")
def test_an_arrival_for_the_lead_that_goes_is_never_lost() -> None:
    one, other = lead(email="a@example.com"), lead(email="b@example.com")
    head, where = person("head_of_sales"), campaign()
    data = LeadData(name="B", email="b@example.com")
    results = together(
        lambda: merging.merge(survivor=fresh(one), other=fresh(other), by=head),
        *(lambda: arrivals.receive(data=data, campaign=where, door=Door.API, by=None) for _n in range(3)),
    )
    assert [found for found in results if isinstance(found, Exception)] == []
    assert Lead.objects.count() == 1
    assert Arrival.objects.filter(lead=one).count() == 5
