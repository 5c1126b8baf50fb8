"""Leads worked elsewhere: their past is kept, nobody is told, a second file brings the deals."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from campaigns.models import Touch
from leads.domain.history import HistoryCode
from leads.models import Activity, Arrival, Handoff, Lead, LeadEvent
from leads.services import history
from leads.services.arrivals import LeadData
from leads.services.history import HistoryRow
from leadsync.accounts.models import User
from leadsync.core.errors import NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import TUESDAY, fresh, lead, running

pytestmark = pytest.mark.django_db

NOW = TUESDAY
LAST_YEAR = NOW - timedelta(days=300)


def row(number: int = 1, *, to=None, **options) -> HistoryRow:
    data = options.pop("data", None) or LeadData(
        external_id=options.pop("external_id", f"e{number}"), namespace="old", received_at=LAST_YEAR
    )
    return HistoryRow(number=number, data=data, campaign_id=to.pk if to else None, **options)


def keep(*rows: HistoryRow):
    return history.upsert_history(rows=rows, by=None, at=NOW)


def codes(result) -> list[str]:
    return [one.code for one in result.remarks]


def test_a_lead_with_only_an_id_is_kept_without_clock_and_notices() -> None:
    person("rep")
    result = keep(row(to=campaign()))
    found = Lead.objects.get(pk=result.created[0])
    assert (found.stage, found.is_history, found.received_at) == ("new", True, LAST_YEAR)
    assert not Handoff.objects.exists()
    assert not Notice.objects.exists()
    assert Arrival.objects.get().door == "history"
    assert LeadEvent.objects.get().kind == "imported"


def test_the_second_file_brings_the_deals() -> None:
    keep(row(1, to=campaign()), row(2, to=campaign()))
    won_at = LAST_YEAR + timedelta(days=20)
    result = keep(row(1, won_at=won_at, amount=Decimal("1200.5"), owner="4ef15afb4b2723d8f3d81e51ec7afefe"))
    assert result.counts() == {"created": 0, "updated": 1, "already_here": 0, "rejected": 0}
    found = Lead.objects.get(pk=result.updated[0])
    assert (found.stage, found.mark, found.amount) == ("won", "qualified", Decimal("1200.50"))
    assert found.won_at == found.qualified_at == found.first_contact_at == won_at
    former = User.objects.get(pk=found.owner_id)
    assert (former.is_former, former.is_active, former.has_usable_password()) == (True, False, False)
    assert codes(result) == [HistoryCode.FORMER_COLLEAGUE]


def test_the_same_file_twice_changes_nothing() -> None:
    rows = [
        row(1, to=campaign(), is_won=True, owner="Jan Old", minutes=30, note="Was nice", amount=Decimal(5)),
        row(2, to=campaign(), mark="promising"),
    ]
    keep(*rows)
    before = list(Lead.objects.order_by("pk").values())
    result = keep(*rows)
    assert (result.created, result.updated, len(result.unchanged)) == ([], [], 2)
    assert list(Lead.objects.order_by("pk").values()) == before
    assert Activity.objects.count() == 2
    assert User.objects.filter(is_former=True).count() == 1


def test_a_win_without_a_date_takes_the_day_received_and_says_so() -> None:
    result = keep(row(to=campaign(), is_won=True))
    assert Lead.objects.get().won_at == LAST_YEAR
    assert codes(result) == [HistoryCode.WON_WITHOUT_DATE]


def test_won_before_received_and_huge_amounts_are_kept_with_a_remark() -> None:
    result = keep(
        row(to=campaign(), won_at=LAST_YEAR - timedelta(days=2), amount=Decimal(50_000_000)),
    )
    assert Lead.objects.get().amount == 50_000_000
    assert set(codes(result)) == {HistoryCode.WON_BEFORE_RECEIVED, HistoryCode.AMOUNT_HUGE}


def test_not_won_is_not_won() -> None:
    keep(row(to=campaign(), is_won=False))
    assert Lead.objects.get().stage == "new"


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal("NaN"), Decimal("1e15")])
def test_an_amount_that_cannot_be_kept_is_left_out_with_a_remark(amount) -> None:
    result = keep(row(to=campaign(), is_won=True, amount=amount))
    assert Lead.objects.get().amount is None
    assert HistoryCode.AMOUNT_UNUSABLE in codes(result)


def test_a_broken_mail_address_costs_the_address_not_the_lead() -> None:
    result = keep(row(to=campaign(), data=LeadData(name="Ann", email="a@@b", received_at=LAST_YEAR)))
    assert Lead.objects.get().email == ""
    assert codes(result) == [HistoryCode.VALUE_UNUSABLE]


def test_without_a_campaign_only_known_leads_are_updated() -> None:
    result = keep(row(1), row(2, data=LeadData(received_at=LAST_YEAR)))
    assert [one.code for one in result.rejected] == [HistoryCode.CAMPAIGN_MISSING, HistoryCode.NOTHING_KNOWN]
    assert not Lead.objects.exists()


def test_an_owner_is_found_by_mail_or_name_before_a_former_colleague_is_made() -> None:
    rep = person("rep", name="Olga Maj", email="olga@example.com")
    keep(row(1, to=campaign(), owner="OLGA@example.com"), row(2, to=campaign(), owner=" olga maj "))
    assert set(Lead.objects.values_list("owner", flat=True)) == {rep.pk}


def test_sales_minutes_become_work_of_the_owner() -> None:
    rep = person("rep", name="Olga Maj")
    keep(row(to=campaign(), owner="Olga Maj", minutes=90))
    keep(row(minutes=120))
    work = Activity.objects.get()
    assert (work.kind, work.minutes, work.by, work.is_estimated) == ("work", 120, rep, False)
    assert Lead.objects.get().minutes == 120


def test_a_running_lead_that_history_says_was_won_has_no_clock_any_more() -> None:
    found = lead(owner=person("rep"), at=NOW, email="live@example.com", name="Live")
    assert running(found)
    keep(row(data=LeadData(email="live@example.com", name="Other name"), won_at=NOW))
    found = fresh(found)
    assert (found.stage, found.name) == ("won", "Live")
    assert not Handoff.objects.filter(ended_at=None).exists()


def test_changed_figures_are_touched_before_and_after() -> None:
    keep(row(to=campaign()))
    Touch.objects.all().delete()
    keep(row(won_at=LAST_YEAR + timedelta(days=5)))
    assert {one.at for one in Touch.objects.all()} >= {LAST_YEAR + timedelta(days=5)}


def test_only_marketing_brings_history() -> None:
    with pytest.raises(NotAllowed):
        history.upsert_history(rows=[row(to=campaign())], by=person("rep"), at=NOW)
    assert not Lead.objects.exists()


def test_a_chunk_takes_a_fixed_number_of_statements(django_assert_max_num_queries) -> None:
    to = campaign()
    with django_assert_max_num_queries(24) as few:
        keep(*(row(n, to=to, is_won=True, owner="A") for n in range(2)))
    with django_assert_max_num_queries(len(few)):
        keep(*(row(n, to=to, is_won=True, owner="B") for n in range(100, 400)))


def test_the_real_funnel_comes_out_right(shared_data: Path) -> None:
    folder = shared_data / "olist_marketing_funnel"
    by_page: dict[str, int] = {}
    rows = []
    with (folder / "olist_marketing_qualified_leads_dataset.csv").open(encoding="utf-8") as file:
        for number, one in enumerate(csv.DictReader(file), start=2):
            page = one["origin"] or "blank"
            if page not in by_page:
                by_page[page] = campaign(name=page).pk
            received = datetime.fromisoformat(one["first_contact_date"]).replace(tzinfo=UTC)
            data = LeadData(external_id=one["mql_id"], namespace="olist", received_at=received)
            rows.append(HistoryRow(number, data, by_page[page]))
    assert len(keep(*rows).created) == 8000
    deals = []
    with (folder / "olist_closed_deals_dataset.csv").open(encoding="utf-8") as file:
        for number, one in enumerate(csv.DictReader(file), start=2):
            won_at = datetime.fromisoformat(one["won_date"]).replace(tzinfo=UTC)
            amount = Decimal(one["declared_monthly_revenue"])
            data = LeadData(external_id=one["mql_id"], namespace="olist")
            deals.append(HistoryRow(number, data, None, owner=one["sr_id"], won_at=won_at, amount=amount))
    result = keep(*deals)
    assert result.counts() == {"created": 0, "updated": 842, "already_here": 0, "rejected": 0}
    won = {page: Lead.objects.filter(campaign=pk, stage="won").count() for page, pk in by_page.items()}
    assert (won["organic search"], won["blank"], won["unknown"]) == (271, 14, 179)
    assert codes(result).count(HistoryCode.WON_BEFORE_RECEIVED) == 1
    assert HistoryCode.AMOUNT_HUGE in codes(result)
