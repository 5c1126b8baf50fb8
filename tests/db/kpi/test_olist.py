"""A real funnel: its months and cohorts come out as a plain computation over its two files has them."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command

from leadsync.accounts.models import Company
from leadsync.accounts.selectors import company_calendar
from leadsync.kpi.domain import estimate as domain
from leadsync.kpi.domain.days import add_months, after, starts_at
from leadsync.kpi.models import CohortFact
from leadsync.kpi.selectors import estimate
from leadsync.kpi.selectors.funnel import By, funnel
from leadsync.kpi.services import rollup
from tests.factories.accounts import CompanyFactory

pytestmark = pytest.mark.django_db
END = datetime(2018, 12, 1, 12, tzinfo=UTC)


def month_of(text: str) -> str:
    return text[:7]


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    CompanyFactory.create(zone="America/Sao_Paulo", country="BR", currency="BRL")
    with time_machine.travel(END, tick=False):
        yield shared_data / "olist_marketing_funnel"


def brought(folder: Path) -> None:
    call_command(
        "import_leads", str(folder / "olist_marketing_qualified_leads_dataset.csv"), "--history",
        "--source", "olist", "--campaign-column", "landing_page_id", "--channel-column", "origin",
        "--map", "mql_id=external_id", "--map", "first_contact_date=received_at", "--format", "json",
    )  # fmt: skip
    call_command(
        "import_leads", str(folder / "olist_closed_deals_dataset.csv"), "--history", "--source", "olist",
        "--map", "mql_id=external_id", "--map", "won_date=won_at", "--map", "sr_id=owner",
        "--map", "declared_monthly_revenue=amount", "--format", "json",
    )  # fmt: skip
    rollup.roll_up_all()


def test_months_cohorts_and_the_estimates_past_are_those_of_the_files(folder: Path) -> None:
    brought(folder)
    with (folder / "olist_marketing_qualified_leads_dataset.csv").open(encoding="utf-8") as file:
        received = {row["mql_id"]: row["first_contact_date"] for row in csv.DictReader(file)}
    with (folder / "olist_closed_deals_dataset.csv").open(encoding="utf-8") as file:
        won = {row["mql_id"]: row["won_date"] for row in csv.DictReader(file)}

    by_month = {row.key: row for row in funnel(By.MONTH)}
    assert {key: row.leads for key, row in by_month.items() if row.leads} == Counter(
        map(month_of, received.values())
    )
    assert {key: row.won for key, row in by_month.items() if row.won} == Counter(map(month_of, won.values()))

    cohorts: Counter[tuple[str, bool]] = Counter()
    for fact in CohortFact.objects.all():
        cohorts[f"{fact.month:%Y-%m}", fact.stage == "won"] += fact.leads
    assert cohorts == Counter((month_of(day), lead in won) for lead, day in received.items())

    # What the estimate is made from is the same, too.
    calendar, zone = company_calendar(), Company.objects.get().tz
    read = estimate.history(date(2018, 12, 1), zone=zone, calendar=calendar)
    lives = [
        domain.Lives(
            date.fromisoformat(day),
            ended=date.fromisoformat(won[lead][:10]) if lead in won else None,
            is_won=lead in won,
        )
        for lead, day in received.items()
    ]
    arrived, deals = Counter(received.values()), Counter(day[:10] for day in won.values())
    days = {date.fromisoformat(day): domain.Figures(arrived[day], deals[day]) for day in arrived | deals}
    plain = domain.History(
        lives, days, lambda day: calendar.between(starts_at(day, zone), starts_at(after(day), zone))
    )
    for number in range(2, 10):
        month = add_months(date(2018, 1, 1), number)
        tried = [domain.try_out(one, month=month, stop=add_months(month, 1), day=10) for one in (read, plain)]
        assert tried[0].deals == tried[1].deals
        assert tried[0].estimate.deals == pytest.approx(tried[1].estimate.deals)
    assert rollup.check() == []
