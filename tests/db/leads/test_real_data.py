"""Two real funnels through the command, to the figures that they are known to have."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from leads.models import Lead

pytestmark = pytest.mark.django_db

OLIST = {
    "organic search": (2296, 271),
    "paid search": (1586, 195),
    "social": (1350, 75),
    "unknown": (1099, 179),
    "direct traffic": (499, 56),
    "email": (493, 15),
    "referral": (284, 24),
    "other": (150, 4),
    "display": (118, 6),
    "other publicities": (65, 3),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said_by(capsys: pytest.CaptureFixture[str], *command: str):
    capsys.readouterr()
    call_command(*command, "--format", "json")
    return json.loads(capsys.readouterr().out)


def by_channel(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, int]]:
    call_command("rollup")
    rows = said_by(capsys, "funnel", "--by", "channel")
    return {row.get("channel") or row["name"]: (row["leads"], row["won"]) for row in rows}


def test_olist_leads_and_deals_come_out_by_channel(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shared_data / "olist_marketing_funnel"
    said = said_by(
        capsys, "import_leads", str(folder / "olist_marketing_qualified_leads_dataset.csv"), "--history",
        "--source", "olist", "--campaign-column", "landing_page_id", "--channel-column", "origin",
        "--map", "mql_id=external_id", "--map", "first_contact_date=received_at",
    )  # fmt: skip
    assert (said["read"], said["created"], said["rejected"]) == (8000, 8000, 0)
    said = said_by(
        capsys, "import_leads", str(folder / "olist_closed_deals_dataset.csv"), "--history", "--source", "olist",
        "--map", "mql_id=external_id", "--map", "won_date=won_at", "--map", "sr_id=owner",
        "--map", "declared_monthly_revenue=amount",
    )  # fmt: skip
    assert (said["read"], said["updated"], said["rejected"]) == (842, 842, 0)
    remarks = {one["code"]: one for one in said["remarks"]}
    assert remarks["won_before_received"]["count"] == 1
    assert "50000000" in remarks["amount_unusual"]["text"]
    found = by_channel(capsys)
    (blank,) = found.keys() - OLIST.keys()
    assert "unknown" not in blank.lower()
    assert found == OLIST | {blank: (60, 14)}


def test_x_education_loses_no_lead(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by(
        capsys, "import_leads", str(shared_data / "x_education_leads" / "Leads.csv"), "--history",
        "--source", "x-education", "--map", "Lead Number=external_id", "--map", "Lead Source=channel",
        "--map", "Converted=won", "--set", "received_at=2024-05-06",
    )  # fmt: skip
    assert (said["read"], said["created"], said["rejected"]) == (9240, 9240, 0)
    assert Lead.objects.filter(stage="won").count() == 3561
    assert {one["code"]: one["count"] for one in said["remarks"]}["win_without_date"] == 3561
    assert sum(leads for leads, _won in by_channel(capsys).values()) == 9240
