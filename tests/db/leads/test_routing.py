"""Who gets which lead, over the database: rules, groups, who is there and has room, the same company."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from leads.domain.words import Door
from leads.models import Handoff, Lead, LeadEvent, RoutingRule
from leads.selectors import routing as selectors
from leads.services import arrivals, editing, handoff, routing, routing_rules, unroutable
from leads.services.arrivals import LeadData
from leadsync.accounts.models import User
from leadsync.notices.models import Alert
from tests.factories.accounts import AbsenceFactory, CompanyFactory, person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import HOUR, TUESDAY, fresh, lead, owner_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def shared(count: int) -> Counter[int]:
    found = routing.share_out([lead(at=TUESDAY) for _n in range(count)], at=TUESDAY)
    return Counter(rep for rep, _why in found.values())


def group(*members: User, name: str = "Group") -> int:
    by = person("head_of_sales", capacity=0)
    made = routing_rules.save_group(name=name, members=[one.pk for one in members], by=by)
    User.objects.filter(pk=by.pk).update(is_active=False)
    return made.pk


def rule(to: User | int | None = None, **data: Any) -> RoutingRule:
    """A rule to a rep, to a group by id, or to who has the same company."""
    by = person("head_of_sales", capacity=0)
    where = (
        {"target": "rep", "rep": to.pk}
        if isinstance(to, User)
        else {"target": "group", "group": to}
        if to
        else {"target": "same_owner"}
    )
    made = routing_rules.add_rule(data=routing_rules.RuleData(**{"name": "Rule"} | where | data), by=by)
    User.objects.filter(pk=by.pk).update(is_active=False)
    return made


def goes_to(one: Lead, **options: Any) -> int | None:
    found = routing.share_out([one], at=TUESDAY, **options).get(one.pk)
    return found[0] if found else None


# ------------------------------------------------------------------------------------------ in turn


def test_leads_are_shared_by_capacity() -> None:
    big, small = person("rep", capacity=8), person("rep", capacity=4)
    assert shared(12) == {big.pk: 8, small.pk: 4}


def test_who_was_handed_fewer_today_comes_first_whatever_is_still_open() -> None:
    busy, waiting = person("rep"), person("rep")
    for _n in range(3):
        lead(owner=busy, at=TUESDAY)
    for _n in range(5):
        lead(owner=waiting, at=TUESDAY - DAY)
    assert shared(3) == {waiting.pk: 3}


def test_among_equals_who_waited_longest_comes_first() -> None:
    first, second = person("rep"), person("rep")
    for rep, at in ((first, TUESDAY - HOUR), (second, TUESDAY - 2 * HOUR)):
        lead(owner=rep, at=at)
    assert list(shared(1)) == [second.pk]


def test_the_absent_the_inactive_and_those_without_room_get_none() -> None:
    AbsenceFactory.create(person=person("rep"), starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    person("rep", is_active=False), person("rep", capacity=0), person("marketer")
    assert shared(1) == {}
    rep = person("rep")
    assert shared(2) == {rep.pk: 2}


def test_full_is_counted_in_days_of_the_companys_zone() -> None:
    """21:30 in UTC is still today in Warsaw, 23:30 is tomorrow."""
    CompanyFactory()
    rep = person("rep", capacity=1)
    lead(owner=rep, at=TUESDAY)
    one = lead(at=TUESDAY)
    late, midnight = TUESDAY.replace(hour=21, minute=30), TUESDAY.replace(hour=23, minute=30)
    assert routing.share_out([one], at=late) == {}
    assert routing.share_out([one], at=midnight)[one.pk][0] == rep.pk


def test_nobody_is_handed_more_than_their_day_and_the_rest_goes_to_the_head_of_sales() -> None:
    rep, head = person("rep", capacity=3), person("head_of_sales", capacity=1)
    leads = [lead(at=TUESDAY) for _n in range(8)]
    found = routing.share_out(leads, at=TUESDAY)
    assert Counter(who for who, _why in found.values()) == {rep.pk: 3, head.pk: 5}
    last = found[leads[-1].pk][1]
    assert last["rule"] == "unroutable"
    assert last["skipped"] == [[rep.pk, "full"]]


def test_a_head_of_sales_who_is_away_gets_nothing() -> None:
    head = person("head_of_sales")
    AbsenceFactory.create(person=head, starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    assert shared(1) == {}


def test_who_must_not_get_a_lead_does_not_get_it() -> None:
    """Even when it is their turn; with nobody else there the lead finds no rep."""
    busy, free = person("rep"), person("rep")
    lead(owner=busy, at=TUESDAY)
    first, second = lead(at=TUESDAY), lead(at=TUESDAY)
    found = routing.share_out([first, second], at=TUESDAY, without={first.pk: free.pk})
    assert {pk: rep for pk, (rep, _why) in found.items()} == {first.pk: busy.pk, second.pk: free.pk}
    busy.is_active = False
    busy.save()
    assert list(routing.share_out([first, second], at=TUESDAY, without={first.pk: free.pk})) == [second.pk]


def test_own_countries_and_languages_are_looked_at_with_the_campaigns_country_for_unknown_ones() -> None:
    german = person("rep", markets=["DE"], spoken=["de"])
    anybody = person("rep")
    lead(owner=anybody, at=TUESDAY)
    assert goes_to(lead(campaign=campaign(market="DE"), at=TUESDAY)) == german.pk
    assert goes_to(lead(campaign=campaign(market="DE"), country="PL", at=TUESDAY)) == anybody.pk
    assert goes_to(lead(country="DE", language="Polish", at=TUESDAY)) == anybody.pk
    assert goes_to(lead(country="DE", language="de-AT", at=TUESDAY)) == german.pk


def test_why_is_said() -> None:
    rep = person("rep", capacity=5)
    one = lead(at=TUESDAY)
    assert routing.share_out([one], at=TUESDAY + timedelta(minutes=1))[one.pk] == (
        rep.pk,
        {"rule": "everybody", "handed": 0, "capacity": 5, "there": 1, "among": 1},
    )


# ------------------------------------------------------------------------------------------ rules


def test_each_condition_of_a_rule_is_looked_at() -> None:
    rep, other = person("rep"), person("rep", capacity=100)
    fair = campaign(kind="event", channel=channel(name="Fair"), market="DE")
    cases: Iterable[tuple[dict[str, Any], dict[str, Any], bool]] = (
        ({"markets": ["DE"]}, {"country": "DE"}, True),
        ({"markets": ["DE"]}, {"country": "PL", "campaign": fair}, False),
        ({"markets": ["DE"]}, {"campaign": fair}, True),
        ({"languages": ["de", "pl"]}, {"language": "pl"}, True),
        ({"languages": ["de"]}, {}, False),
        ({"campaign_kinds": ["event"]}, {"campaign": fair}, True),
        ({"campaign_kinds": ["ads"]}, {"campaign": fair}, False),
        ({"channels": [fair.channel_id]}, {"campaign": fair}, True),
        ({"channels": [fair.channel_id]}, {}, False),
        ({"campaigns": [fair.pk]}, {"campaign": fair}, True),
        ({"campaigns": [fair.pk], "languages": ["de"]}, {"campaign": fair, "language": "en"}, False),
    )
    lead(owner=rep, at=TUESDAY)  # in turn it would be the other's
    for conditions, data, holds in cases:
        made = rule(rep, **conditions)
        assert goes_to(lead(at=TUESDAY, **data)) == (rep.pk if holds else other.pk), conditions
        made.delete()


def test_a_rule_out_of_use_decides_nothing() -> None:
    rep, other = person("rep"), person("rep")
    lead(owner=rep, at=TUESDAY)
    rule(rep, is_active=False)
    assert goes_to(lead(at=TUESDAY)) == other.pk


def test_a_group_without_anybody_with_room_leaves_it_to_the_next_rule() -> None:
    away, full, next_one = person("rep"), person("rep", capacity=1), person("rep")
    AbsenceFactory.create(person=away, starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    lead(owner=full, at=TUESDAY)
    rule(group(away, full), name="First")
    rule(next_one, name="Second")
    one = lead(at=TUESDAY)
    who, why = routing.share_out([one], at=TUESDAY)[one.pk]
    assert who == next_one.pk
    assert (why["rule"], why["rule_name"], why["passed"]) == ("routing_rule", "Second", [["First", ""]])


def test_the_rep_of_the_newest_lead_of_the_company_gets_the_next() -> None:
    rule()
    first, second, third = person("rep"), person("rep"), person("rep")
    lead(company="Acme Sp. z o.o.", owner=first, at=TUESDAY - DAY)
    lead(company="ACME  Sp. z o.o.", owner=second, at=TUESDAY - DAY)
    lead(company="acme sp. z o.o", at=TUESDAY)  # with nobody
    one = lead(company="Acme sp. z o.o.", at=TUESDAY)
    assert goes_to(one) == second.pk
    second.is_active = False
    second.save()
    assert goes_to(one) == first.pk
    assert goes_to(lead(at=TUESDAY)) == third.pk, "no company is no company in common"


def test_a_corrected_company_counts() -> None:
    rule()
    owner, _other = person("rep"), person("rep")
    theirs = lead(company="Acme", owner=owner, at=TUESDAY - DAY)
    one = lead(company="Another", at=TUESDAY)
    editing.edit(lead=one, by=person("marketer"), changes={"company": "ACME."})
    assert fresh(one).company_key == fresh(theirs).company_key == "acme"
    assert goes_to(fresh(one)) == owner.pk


def test_many_leads_ask_as_often_as_one(django_assert_num_queries: Any) -> None:
    reps = [person("rep", markets=["DE"]), person("rep")]
    few, many = [lead()], [lead(company=f"C {n}") for n in range(20)]
    with django_assert_num_queries(4):
        routing.share_out(few)
    with django_assert_num_queries(4):
        routing.share_out(many)
    rule()
    rule(group(*reps), channels=[channel().pk])
    with django_assert_num_queries(8):
        routing.share_out(many)


@pytest.mark.parametrize("seed", range(4))
def test_leads_at_once_go_where_they_would_go_one_by_one(seed: int) -> None:
    chance = Random(seed)
    reps = [person("rep", capacity=2), person("rep", capacity=3, markets=["PL"]), person("rep", capacity=1)]
    person("head_of_sales")
    rule()
    rule(group(reps[0], reps[2]), markets=["DE"])
    to = campaign()
    leads = [
        lead(
            campaign=to,
            country=chance.choice(["", "PL", "DE"]),
            company=chance.choice(["", "Acme", "Boxes"]),
            at=TUESDAY,
        )
        for _n in range(10)
    ]
    at_once = routing.share_out(leads, at=TUESDAY + HOUR)
    one_by_one: dict[int, Any] = {}
    for turn, one in enumerate(leads):
        at = TUESDAY + HOUR + timedelta(seconds=turn)
        found = routing.share_out([one], at=at)
        one_by_one |= found
        handoff.give(lead=fresh(one), to=User.objects.get(pk=found[one.pk][0]), by=None, at=at)
    assert at_once == one_by_one


# ------------------------------------------------------------------------------------------ arriving


def arrive(*rows: LeadData, at: Any = TUESDAY, **options: Any) -> list[Lead]:
    to = options.pop("to", None) or campaign()
    found = arrivals.receive_many(rows=rows, campaign=to, door=Door.PASTE, by=None, at=at)
    return [Lead.objects.get(pk=pk) for pk in found.created]


def data(number: int, **more: Any) -> LeadData:
    return LeadData(**{"name": f"N {number}", "email": f"n{number}@example.com"} | more)


def test_two_people_of_a_new_company_in_one_list_get_one_rep_and_the_log_says_why() -> None:
    rule(name="Known company")
    person("rep"), person("rep")
    first, _other, second = arrive(data(1, company="Acme"), data(2), data(3, company="acme"))
    assert first.owner_id == second.owner_id
    why = LeadEvent.objects.get(lead=second, kind="handed_off").after["why"]
    assert (why["rule"], why["rule_name"], why["target"]) == ("routing_rule", "Known company", "same_owner")
    assert Handoff.objects.get(lead=second).why.items() >= {"rule_name": "Known company"}.items()


def test_what_no_rep_has_room_for_is_with_the_head_and_an_alert_is_open() -> None:
    person("rep", capacity=1)
    head = person("head_of_sales")
    to = campaign()
    found = arrive(*(data(n) for n in range(3)), to=to)
    assert Counter(owner_of(one).pk for one in found)[head.pk] == 2
    alert = Alert.objects.get(kind="unroutable", resolved_at=None)
    assert (alert.context["count"], alert.context["with_head"]) == (2, 2)


def test_with_nobody_there_leads_stay_with_marketing_and_are_handed_over_once_somebody_is() -> None:
    to = campaign()
    found = arrive(data(1), data(2), LeadData(name="No way to reach"), to=to)
    assert [one.owner_id for one in found] == [None] * 3
    assert Alert.objects.get(resolved_at=None).context["count"] == 2
    assert unroutable.route_again(at=TUESDAY + HOUR) == 0
    rep = person("rep")
    AbsenceFactory.create(person=rep, starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    assert unroutable.route_again(at=TUESDAY + HOUR) == 0
    assert unroutable.route_again(at=TUESDAY + DAY) == 2
    assert [fresh(one).owner_id for one in found] == [rep.pk, rep.pk, None]
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert unroutable.route_again(at=TUESDAY + DAY) == 0
    assert Handoff.objects.count() == 2


def test_returned_leads_are_not_handed_out_again_by_themselves() -> None:
    rep, to = person("rep"), campaign()
    returned = lead(owner=rep, campaign=to, at=TUESDAY)
    handoff.return_to_marketing(lead=fresh(returned), by=rep, reason="incomplete", at=TUESDAY)
    User.objects.filter(pk=rep.pk).update(is_active=False)
    (waiting,) = arrive(data(1), to=to)
    User.objects.filter(pk=rep.pk).update(is_active=True)
    assert unroutable.route_again(at=TUESDAY + HOUR) == 1
    assert (fresh(returned).owner_id, fresh(waiting).owner_id) == (None, rep.pk)


def test_while_all_are_full_nothing_is_asked_of_the_leads(django_assert_max_num_queries: Any) -> None:
    assert unroutable.route_again(at=TUESDAY) == 0
    with django_assert_max_num_queries(1):
        unroutable.route_again(at=TUESDAY)


def test_the_alert_goes_when_the_head_has_worked_the_leads() -> None:
    head = person("head_of_sales")
    to = campaign()
    (one,) = arrive(data(1), to=to)
    assert Alert.objects.filter(resolved_at=None).exists()
    Handoff.objects.filter(lead=one).update(ended_at=TUESDAY + HOUR, end="contact")
    unroutable.route_again(at=TUESDAY + HOUR)
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert fresh(one).owner_id == head.pk


# ------------------------------------------------------------------------------------------ dry run


def test_a_dry_run_says_what_then_happens_and_changes_nothing() -> None:
    rep, other = person("rep"), person("rep")
    rule(group(rep, other), name="Everything")
    one = lead(at=TUESDAY)
    before = (Handoff.objects.count(), LeadEvent.objects.count(), fresh(one).version)
    _asked, explained = selectors.explain(one, at=TUESDAY)
    assert (Handoff.objects.count(), LeadEvent.objects.count(), fresh(one).version) == before
    assert explained.placed is not None
    assert explained.placed.rep == goes_to(one)
    assert [stage.is_deciding for stage in explained.stages] == [True, False, False]


def test_an_import_taken_back_gives_the_room_back() -> None:
    rep = person("rep", capacity=1)
    lead(owner=rep, at=TUESDAY)
    one = lead(at=TUESDAY)
    assert goes_to(one) is None
    Handoff.objects.update(ended_at=TUESDAY + HOUR, end="undone")
    assert goes_to(one) == rep.pk
