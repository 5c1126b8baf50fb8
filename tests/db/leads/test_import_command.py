"""`manage.py import_leads`: columns by name, campaigns by pair, counts, rejected rows, what is refused."""

import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Campaign, Channel
from leads.models import Arrival, Handoff, Lead
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], text: str | bytes, *options: str, name: str = "leads.csv"):
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    capsys.readouterr()
    call_command("import_leads", name, "--format", "json", *options)
    return json.loads(capsys.readouterr().out)


def counts(said: dict) -> tuple[int, int, int, int, int]:
    return tuple(said[name] for name in ("read", "created", "updated", "already_here", "rejected"))


def test_a_campaign_is_made_per_pair_of_campaign_and_channel(capsys: pytest.CaptureFixture[str]) -> None:
    text = "id,where,how\n1,Spring,ads\n2,Spring,fair\n3,Spring,ads\n4,Spring,\n5,Spring,unknown\n"
    said = run(
        capsys, text, "--history", "--campaign-column", "where", "--channel-column", "how", "--source", "old"
    )
    assert counts(said) == (5, 5, 0, 0, 0)
    pairs = {
        (one.name, one.channel.name, one.channel.key) for one in Campaign.objects.select_related("channel")
    }
    assert pairs == {
        ("Spring", "ads", None),
        ("Spring", "fair", None),
        ("Spring", "Not stated", Channel.NOT_STATED),
        ("Spring", "unknown", None),
    }
    (remark,) = [one for one in said["remarks"] if one["code"] == "channel_not_stated"]
    assert (remark["count"], remark["rows"]) == (1, [5])


def test_the_same_file_again_brings_nothing_new(capsys: pytest.CaptureFixture[str]) -> None:
    text = "id,won\n1,yes\n2,no\n"
    options = ("--history", "--campaign", "Spring", "--source", "old")
    assert counts(run(capsys, text, *options)) == (2, 2, 0, 0, 0)
    assert counts(run(capsys, text, *options)) == (2, 0, 0, 2, 0)
    assert Campaign.objects.count() == 1


def test_without_a_campaign_known_leads_are_updated_and_others_rejected_into_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(capsys, "id,name\n1,Anna\n", "--history", "--campaign", "Spring", "--source", "old")
    deals = "id,won date,amount\n1,2025-03-04,10\n2,2025-03-05,20\n"
    said = run(capsys, deals, "--history", "--source", "old", "--rejected", "bad.csv", name="deals.csv")
    assert counts(said) == (2, 0, 1, 0, 1)
    rows = list(csv.reader(Path("bad.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1][0] == "3"
    assert "No lead with this external ID" in rows[1][1]
    assert rows[1][2:] == ["2", "2025-03-05", "20"]
    assert said["rejected_file"] == "bad.csv"
    assert Lead.objects.get().stage == "won"


def test_values_for_every_row_fill_what_the_file_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    text = "id,name,converted,minutes\n1,Anna,1,30\n2,Ewa,0,\n"
    run(
        capsys, text, "--history", "--campaign", "Spring", "--source", "old", "--set", "received_at=2024-05-06",
        "--map", "converted=won", "--set", "country=PL", "--map", "minutes=sales_minutes",
    )  # fmt: skip
    anna = Lead.objects.get(name="Anna")
    assert (anna.received_at.date().isoformat(), anna.won_at, anna.country) == (
        "2024-05-06",
        anna.received_at,
        "PL",
    )
    assert (anna.minutes, Lead.objects.get(name="Ewa").stage) == (30, "new")


def test_new_leads_are_handed_to_reps_as_from_any_other_door(capsys: pytest.CaptureFixture[str]) -> None:
    rep, where = person("rep"), campaign(name="Spring")
    text = "name,e-mail\nAnna,a@example.com\nEwa,\n"
    assert counts(run(capsys, text, "--campaign", "Spring")) == (2, 2, 0, 0, 0)
    assert Handoff.objects.get().rep == rep
    assert set(Lead.objects.values_list("campaign", flat=True)) == {where.pk}
    again = run(capsys, text, "--campaign", "Spring")
    assert counts(again) == (2, 0, 0, 2, 0)
    assert Arrival.objects.count() == 2


def test_large_amounts_are_remarked_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},2025-03-04,{100 + n}\n" for n in range(6))
    text = f"id,won date,amount\n{rows}9,2025-03-04,50000000\n8,2025-03-04,-5\n"
    said = run(capsys, text, "--history", "--campaign", "Spring", "--source", "old")
    codes = {one["code"]: one["rows"] for one in said["remarks"]}
    assert (codes["amount_unusual"], codes["amount_negative"]) == ([8], [9])
    assert counts(said) == (8, 8, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("id,name\n1,Anna\n", ("--map", "nope=name"), "no column “nope”"),
        ("id,name\n1,Anna\n", ("--map", "name=nonsense"), "no field “nonsense”"),
        ("id,name\n1,Anna\n", ("--map", "name"), "write COL=FIELD"),
        ("id,name\n1,Anna\n", ("--set", "received_at=tomorrow"), "cannot be set"),
        ("id,name\n1,Anna\n", ("--by", "nobody@example.com"), "Nobody has the e-mail"),
        ("id,received\n1,03/04/2025\n", ("--campaign", "X", "--history"), "--dates"),
        ("", (), "nothing in it"),
        (b"\x00\x01\x02" * 500, (), "not text"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], text: str | bytes, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said.replace("(", r"\(")):
        run(capsys, text, *options)
    assert not Lead.objects.exists()


def test_a_missing_file_is_named() -> None:
    with pytest.raises(CommandError, match=r"no file nothing\.csv"):
        call_command("import_leads", "nothing.csv")


def test_counts_and_remarks_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    Path("leads.csv").write_text("id,won\n1,yes\n")
    call_command("import_leads", "leads.csv", "--history", "--campaign", "X")
    out = capsys.readouterr().out
    assert "read 1, created 1, updated 0, already here 0, rejected 0" in out
    assert "Won without a date" in out
