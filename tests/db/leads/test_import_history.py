"""Leads that were worked elsewhere: what a row makes of a lead, and what the second file may change."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Touch
from leads.domain.past import Past, PastNote
from leads.domain.words import Stage
from leads.models import Activity, Arrival, Handoff, Lead, LeadEvent
from leads.services import history
from leads.services.arrivals import LeadData
from leads.services.history import Became, HistoryRow
from leadsync.accounts.models import User
from leadsync.core.errors import NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import TUESDAY, fresh, lead, running

pytestmark = pytest.mark.django_db

FEBRUARY = datetime(2025, 2, 3, 11, 0, tzinfo=UTC)
MARCH = datetime(2025, 3, 3, 11, 0, tzinfo=UTC)


def row(
    number: int = 1, *, into=None, owner: str = "", minutes: int | None = None, data=None, **past
) -> HistoryRow:
    fields = {"external_id": f"x{number}", "namespace": "old", "received_at": FEBRUARY} | (data or {})
    return HistoryRow(
        data=LeadData(**fields),
        campaign_id=into.pk if into else None,
        past=Past(**past),
        owner=owner,
        minutes=minutes,
        payload={"id": f"x{number}"},
    )


def upsert(*rows: HistoryRow, by=None):
    return history.upsert_history(rows=rows, by=by, at=TUESDAY)


def test_worked_leads_start_no_clock_and_tell_nobody() -> None:
    person("rep")
    upsert(row(into=campaign(), is_won=True, won_at=MARCH, amount=Decimal(500), owner="Eva"))
    assert not Handoff.objects.exists()
    assert not Notice.objects.exists()
    assert Lead.objects.get().gate_number is None


def test_a_win_implies_contacted_and_qualified() -> None:
    upsert(row(into=campaign(), won_at=MARCH, amount=Decimal("12.50")))
    found = Lead.objects.get()
    assert (found.stage, found.mark, found.amount) == ("won", "qualified", Decimal("12.50"))
    assert found.won_at == found.qualified_at == found.first_contact_at == found.marked_at == MARCH


def test_a_second_file_brings_the_deal_to_the_known_lead() -> None:
    (first,) = upsert(row(into=campaign()))
    (second,) = upsert(row(won_at=MARCH, amount=Decimal(9), data={"received_at": None}))
    assert (first.became, second.became) == (Became.CREATED, Became.UPDATED)
    assert second.lead_id == first.lead_id
    found = Lead.objects.get()
    assert (found.stage, found.received_at, found.version) == ("won", FEBRUARY, 2)
    event = LeadEvent.objects.latest("id")
    assert (event.before["stage"], event.after["stage"]) == ("new", "won")


def test_the_same_row_again_changes_nothing() -> None:
    one = row(into=campaign(), won_at=MARCH, owner="Eva", minutes=45)
    upsert(one)
    count = LeadEvent.objects.count()
    assert upsert(one)[0].became == Became.ALREADY_HERE
    assert LeadEvent.objects.count() == count
    assert Activity.objects.get().minutes == 45


def test_the_same_lead_twice_in_one_file_is_one_lead() -> None:
    where = campaign()
    results = upsert(row(into=where), row(into=where, won_at=MARCH))
    assert [one.became for one in results] == [Became.CREATED, Became.UPDATED]
    assert Lead.objects.get().stage == "won"
    assert Arrival.objects.count() == 1


def test_without_a_campaign_an_unknown_lead_is_refused_with_the_reason() -> None:
    (result,) = upsert(row(won_at=MARCH))
    assert result.became == Became.REJECTED
    assert "external ID" in result.problem.message
    assert not Lead.objects.exists()


def test_the_same_id_of_another_program_is_another_lead() -> None:
    where = campaign()
    upsert(row(into=where), row(into=where, data={"namespace": "other"}))
    assert Lead.objects.count() == 2


def test_an_unknown_owner_becomes_a_former_colleague_who_cannot_sign_in() -> None:
    where = campaign()
    results = upsert(row(1, into=where, owner="Eva Old"), row(2, into=where, owner="eva  old"))
    eva = User.objects.get(name="Eva Old")
    assert (eva.is_former, eva.is_active, eva.has_usable_password()) == (True, False, False)
    assert set(Lead.objects.values_list("owner", flat=True)) == {eva.pk}
    assert [note.code for one in results for note in one.notes if note.code == PastNote.OWNER_MADE] == [
        PastNote.OWNER_MADE
    ]
    upsert(row(3, into=where, owner="Eva Old"))
    assert User.objects.filter(is_former=True).count() == 1


def test_an_owner_who_is_here_is_found_by_name_or_mail() -> None:
    rep = person("rep", name="Paweł Nowak", email="pawel@example.com")
    where = campaign()
    upsert(row(1, into=where, owner="PAWEL NOWAK"), row(2, into=where, owner="Pawel@Example.com"))
    assert set(Lead.objects.values_list("owner", flat=True)) == {rep.pk}


def test_a_win_without_a_date_takes_the_day_of_receipt_and_says_so() -> None:
    (result,) = upsert(row(into=campaign(), is_won=True))
    assert Lead.objects.get().won_at == FEBRUARY
    assert PastNote.WIN_WITHOUT_DATE in {note.code for note in result.notes}


def test_a_win_before_receipt_is_kept_and_remarked() -> None:
    (result,) = upsert(row(into=campaign(), won_at=FEBRUARY, data={"received_at": MARCH}))
    assert Lead.objects.get().won_at == FEBRUARY
    assert PastNote.WON_BEFORE_RECEIVED in {note.code for note in result.notes}


def test_a_closing_date_of_a_deal_that_is_not_won_wins_nothing() -> None:
    upsert(row(into=campaign(), won_at=MARCH, is_won=False))
    assert Lead.objects.get().stage == "new"


def test_an_older_file_takes_nothing_back() -> None:
    where = campaign()
    upsert(row(into=where, won_at=MARCH))
    (result,) = upsert(row(into=where, stage=Stage.CONTACTED))
    assert Lead.objects.get().stage == "won"
    assert PastNote.STAGE_KEPT in {note.code for note in result.notes}


def test_minutes_are_a_total_that_a_later_file_replaces() -> None:
    where = campaign()
    upsert(row(into=where, minutes=30))
    upsert(row(into=where, minutes=50))
    assert Lead.objects.get().minutes == 50
    assert Activity.objects.get().minutes == 50


def test_a_lead_with_a_running_promise_ends_it_when_the_file_says_it_was_won() -> None:
    rep = person("rep")
    ours = lead(owner=rep, email="a@example.com", at=TUESDAY)
    running(ours)
    history.upsert_history(
        rows=[row(data={"email": "a@example.com", "external_id": ""}, is_won=True, won_at=TUESDAY)], by=None
    )
    handoff = Handoff.objects.get(lead=ours)
    assert handoff.ended_at is not None
    assert (fresh(ours).stage, fresh(ours).owner) == ("won", rep)


def test_what_colleagues_typed_outweighs_the_file() -> None:
    ours = lead(name="Anna Maj", email="a@example.com")
    upsert(row(data={"name": "Anna M.", "company": "Maj", "email": "a@example.com"}))
    assert (fresh(ours).name, fresh(ours).company) == ("Anna Maj", "Maj")


def test_figures_of_before_and_after_are_hinted_to_the_roll_up() -> None:
    where = campaign()
    upsert(row(into=where))
    Touch.objects.all().delete()
    upsert(row(won_at=MARCH))
    assert set(Touch.objects.values_list("campaign", "at")) == {(where.pk, FEBRUARY), (where.pk, MARCH)}


def test_a_rep_may_not_import() -> None:
    with pytest.raises(NotAllowed):
        upsert(row(into=campaign()), by=person("rep"))


def test_twenty_rows_take_as_many_statements_as_two(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    where = campaign()
    upsert(row(0, into=where, owner="Eva"))
    with django_assert_max_num_queries(30) as few:
        upsert(*(row(n, into=where, won_at=MARCH, owner="Eva", minutes=5) for n in (1, 2)))
    with django_assert_max_num_queries(30) as many:
        upsert(*(row(n, into=where, won_at=MARCH, owner="Eva", minutes=5) for n in range(3, 23)))
    assert len(many) == len(few)
