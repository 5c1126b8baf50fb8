"""Leads coming in: normal form, the same lead, the gate, and who hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Answer, Arrival, Handoff, Import, Lead, LeadEvent, LeadKey
from leads.services import arrivals, marking, outcomes
from leads.services.arrivals import LeadData
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import AbsenceFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, TUESDAY, agreement_in_force, fresh, lead, reason

pytestmark = pytest.mark.django_db


def take(*rows: LeadData, to: Any = None, **options: Any) -> arrivals.ReceivedMany:
    return arrivals.receive_many(
        rows=rows, campaign=to or campaign(), **({"door": Door.PASTE, "by": None, "at": TUESDAY} | options)
    )


def anna(**changes: Any) -> LeadData:
    return LeadData(
        **({"name": "Anna Łęcka", "email": " Anna@Example.COM ", "phone": "601 234 567"} | changes)
    )


def test_mail_and_phone_are_kept_in_normal_form_and_searchable_without_accents() -> None:
    found = arrivals.receive(data=anna(), campaign=campaign(), door=Door.HAND, by=None).lead
    assert (found.email, found.phone) == ("anna@example.com", "+48601234567")
    assert "anna lecka" in found.search
    assert "48601234567" in found.search


def test_what_came_is_kept_as_it_came() -> None:
    arrival = arrivals.receive(
        data=anna(), campaign=campaign(), door=Door.API, by=None, payload={"raw": ["1", None]}
    ).arrival
    assert arrival.payload == {"raw": ["1", None]}
    assert arrivals.receive(
        data=anna(email="x@y.pl", phone=""), campaign=campaign(), door=Door.HAND, by=None
    ).arrival.payload == {
        "name": "Anna Łęcka",
        "email": "x@y.pl",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "", "company": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"email": "a@b@c.pl"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"country": "Atlantis"}, "country"),
        ({"need": "x" * 20_001}, "need"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field_and_nothing_is_saved(changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        arrivals.receive(data=anna(**changes), campaign=campaign(), door=Door.HAND, by=None)
    assert refused.value.field == field
    assert not Lead.objects.exists()


def test_a_bad_row_leaves_the_others_in() -> None:
    result = take(
        anna(), anna(email="nonsense", phone=""), LeadData(company="Baltic", phone="+48 22 555 01 01")
    )
    assert [row.is_new for row in result.rows] == [True, False, True]
    assert set(result.problems) == {1}
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("text", ["\x00\x01Ann\x07", "Ann\ud800", "‮Ann", "  Ann  "])
def test_invisible_and_broken_signs_do_not_reach_the_database(text: str) -> None:
    found = arrivals.receive(data=LeadData(name=text), campaign=campaign(), door=Door.HAND, by=None).lead
    assert "\x00" not in found.name
    assert "Ann" in found.name


@pytest.mark.parametrize(
    "again",
    [
        anna(phone="", name="A. Łęcka"),
        anna(email="other@example.com", phone="+48 601-234-567"),
        LeadData(name="Somebody", external_id="17", namespace="crm"),
    ],
)
def test_the_same_lead_gets_an_arrival_instead_of_a_twin(again: Any) -> None:
    first = arrivals.receive(
        data=anna(external_id="17", namespace="crm"), campaign=campaign(), door=Door.HAND, by=None
    )
    second = arrivals.receive(data=again, campaign=campaign(), door=Door.FORM, by=None)
    assert (second.lead, second.is_new) == (first.lead, False)
    assert second.lead.campaign_id == first.lead.campaign_id
    assert list(first.lead.arrivals.values_list("is_first", flat=True)) == [True, False]


def test_external_ids_of_two_systems_are_two() -> None:
    result = take(
        LeadData(name="A", external_id="1", namespace="crm"),
        LeadData(name="B", external_id="1", namespace="fair"),
    )
    assert len(result.created) == 2


def test_twins_within_one_list_are_one_lead() -> None:
    result = take(anna(), anna(name="Anna again"), anna(email="", name="By phone"))
    assert len(result.created) == 1
    assert result.already_here == result.created * 2
    assert Arrival.objects.filter(is_first=True).count() == 1


def test_new_leads_are_shared_out_and_each_rep_hears_once() -> None:
    reps = [person("rep"), person("rep")]
    result = take(*(LeadData(name=f"L{n}", email=f"l{n}@example.com") for n in range(6)))
    assert len(result.created) == 6
    for rep in reps:
        assert rep.leads.count() == 3
        assert Handoff.objects.filter(rep=rep, ended_at=None).count() == 3
        notice = Notice.objects.get(recipient=rep)
        assert (notice.kind, notice.context["count"]) == ("leads_handed", 3)
    assert set(LeadEvent.objects.values_list("kind", flat=True)) == {"arrived", "handed_off"}


def test_a_lead_nobody_can_reach_stays_with_marketing() -> None:
    person("rep")
    found = arrivals.receive(data=LeadData(name="No way"), campaign=campaign(), door=Door.HAND, by=None)
    assert found.handoff is None
    assert found.lead.owner_id is None
    assert not Alert.objects.exists()


def test_with_nobody_present_leads_stay_with_marketing_and_an_alert_says_so() -> None:
    AbsenceFactory.create(person=person("rep"), starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    to = campaign()
    take(anna(), to=to)
    alert = Alert.objects.get()
    assert (alert.kind, alert.context["count"], alert.resolved_at) == ("unroutable", 1, None)


def test_of_a_long_list_all_that_found_nobody_are_in_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    AbsenceFactory.create(person=person("rep"), starts_on=TUESDAY.date(), ends_on=TUESDAY.date())
    monkeypatch.setattr(arrivals, "CHUNK", 2)
    to = campaign()
    batch = Import.objects.create(campaign=to, created_at=TUESDAY, door=Door.FILE, digest="x")
    take(*(LeadData(name=f"Lead {n}", email=f"l{n}@example.com") for n in range(5)), to=to, batch=batch)
    arrivals.tell_batch(batch=batch, by=None, at=TUESDAY)
    assert Alert.objects.get().context["count"] == 5


def test_an_open_lead_that_comes_again_is_told_to_its_owner_once_per_list() -> None:
    rep = person("rep")
    mine = [lead(owner=rep, email=f"m{n}@example.com", at=TUESDAY) for n in range(3)]
    Notice.objects.all().delete()
    take(*(LeadData(name="x", email=one.email) for one in mine), at=TUESDAY + HOUR)
    notice = Notice.objects.get(recipient=rep)
    assert (notice.kind, notice.context["count"]) == ("lead_again", 3)
    assert Handoff.objects.count() == 3


def test_a_closed_lead_that_comes_again_is_opened_and_handed_to_its_last_owner() -> None:
    rep, other = person("rep"), person("rep")
    found = lead(owner=rep, email="back@example.com", at=TUESDAY)
    marking.mark(lead=found, value="not_a_fit", by=rep, version=None, reason=reason(), at=TUESDAY + HOUR)
    again = arrivals.receive(
        data=LeadData(name="Back", email="back@example.com"),
        campaign=campaign(),
        door=Door.FORM,
        by=None,
        at=TUESDAY + 30 * HOUR,
    )
    assert again.lead == found
    assert (again.lead.stage, again.lead.mark, again.lead.owner_id) == ("contacted", "none", rep.pk)
    assert again.handoff is not None
    assert again.handoff.rep_id == rep.pk
    assert again.lead.closed_at is None
    assert not other.leads.exists()
    assert again.lead.handed_off_at == TUESDAY


def test_a_lost_lead_keeps_that_it_was_qualified() -> None:
    rep = person("rep")
    found = lead(owner=rep, email="back@example.com", at=TUESDAY)
    marking.mark(lead=found, value="qualified", by=rep, version=None, at=TUESDAY + HOUR)
    outcomes.lose(lead=found, by=rep, reason=reason(), at=TUESDAY + 2 * HOUR)
    arrivals.receive(
        data=LeadData(name="Back", email="back@example.com"), campaign=campaign(), door=Door.FORM, by=None
    )
    found = fresh(found)
    assert (found.stage, found.mark, found.lost_at) == ("qualified", "qualified", None)
    assert found.qualified_at == TUESDAY + HOUR


def test_the_gate_numbers_the_first_leads_without_gaps() -> None:
    agreement_in_force(gate_size=5, gate_needed=2)
    to = campaign()
    take(*(LeadData(name=f"A{n}") for n in range(3)), to=to)
    take(*(LeadData(name=f"B{n}") for n in range(3)), to=to, door=Door.HISTORY)
    take(LeadData(name="T"), to=to, door=Door.TEST)
    take(*(LeadData(name=f"C{n}") for n in range(4)), to=to)
    numbered = (
        Lead.objects.filter(gate_number__isnull=False).order_by("id").values_list("name", "gate_number")
    )
    assert list(numbered) == [("A0", 1), ("A1", 2), ("A2", 3), ("C0", 4), ("C1", 5)]


def test_answers_that_came_are_kept_and_unusable_ones_stay_in_the_payload() -> None:
    agreement_in_force(criteria=[{"question": "Volume", "key": "volume", "kind": "number", "threshold": 10}])
    found = arrivals.receive(
        data=anna(answers={"volume": "12,5", "budget": "yes"}), campaign=campaign(), door=Door.FORM, by=None
    ).lead
    assert dict(Answer.objects.filter(lead=found).values_list("key", "value")) == {
        "volume": "12.5",
        "budget": "yes",
    }
    other = arrivals.receive(
        data=LeadData(name="B", answers={"volume": "many"}), campaign=campaign(), door=Door.FORM, by=None
    )
    assert not other.lead.answers.exists()
    assert other.arrival.payload["answers"] == {"volume": "many"}


def test_only_marketing_and_heads_of_sales_log_leads() -> None:
    with pytest.raises(NotAllowed):
        take(anna(), by=person("rep"))
    assert not Lead.objects.exists()
    assert take(anna(), by=person("marketer")).created
    assert take(anna(), by=person("head_of_sales")).already_here


def test_who_logs_a_lead_for_themselves_is_not_told() -> None:
    both = person("marketer", "rep")
    take(anna(), by=both)
    assert both.leads.count() == 1
    assert not Notice.objects.filter(recipient=both).exists()


def test_a_thousand_rows_take_as_many_statements_as_two(django_assert_max_num_queries: Any) -> None:
    person("rep", capacity=200), person("rep", capacity=200)
    to = campaign()

    def rows(prefix: str, count: int) -> list[LeadData]:
        return [LeadData(name=f"{prefix}{n}", email=f"{prefix}{n}@example.com") for n in range(count)]

    with django_assert_max_num_queries(45) as few:
        take(*rows("a", 2), to=to)
    with django_assert_max_num_queries(len(few) + 1):
        take(*rows("b", 300), to=to)


def test_one_by_one_and_set_based_give_the_same() -> None:
    rows = [
        LeadData(name="A", email="a@example.com", phone="+48601234561"),
        LeadData(name="B", email="b@example.com", phone="+48601234561"),
        LeadData(name="C", email="b@example.com"),
        LeadData(name="D", external_id="9", namespace="x"),
        LeadData(name="E", external_id="9", namespace="x", email="c@example.com"),
        LeadData(name="F", email="c@example.com"),
    ]

    def picture(to: Campaign) -> list[Any]:
        return [
            (
                one.name,
                one.email,
                one.gate_number,
                one.owner_id is not None,
                one.arrivals.count(),
                one.keys.count(),
            )
            for one in Lead.objects.filter(campaign=to).order_by("id")
        ]

    person("rep", capacity=2), person("rep", capacity=1)
    single = campaign()
    for row in rows:
        arrivals.receive(data=row, campaign=single, door=Door.PASTE, by=None, at=TUESDAY)
    one_by_one = picture(single)
    Arrival.objects.all().delete(), Handoff.objects.all().delete(), Lead.objects.all().delete()
    together = campaign()
    take(*rows, to=together)
    assert picture(together) == one_by_one
    assert LeadKey.objects.count() == 5


def test_a_preview_names_who_is_here_already(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    rep = person("rep", name="Paweł Nowak")
    known = lead(owner=rep, email="known@example.com", name="Known")
    with django_assert_max_num_queries(6):
        found = arrivals.find_same(
            [LeadData(name="x", email="KNOWN@example.com"), LeadData(name="new"), LeadData()]
        )
    assert found[1:] == [None, None]
    assert found[0] is not None
    assert (found[0].lead_id, found[0].owner, found[0].title) == (known.pk, "Paweł Nowak", "Known")


def test_a_time_asked_for_becomes_the_promise() -> None:
    person("rep")
    wanted = TUESDAY + timedelta(hours=3)
    made = arrivals.receive(
        data=anna(wanted_at=wanted), campaign=campaign(), door=Door.FORM, by=None, at=TUESDAY
    ).handoff
    assert made is not None
    assert made.due_at == wanted + timedelta(minutes=15)
