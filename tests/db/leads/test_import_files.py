"""Files on their way: encodings in doubt, rows mended and brought again, consent, files that are too large."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from campaigns.models import Campaign
from leads.domain.tables import read_table, workbooks, xlsx_writer
from leads.models import Consent, Import, Lead
from leads.services import imports
from leadsync.accounts.models import User
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

HEAD = "Name\tPhone\tE-mail\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def marketer() -> User:
    return person("marketer", name="Marta Lis")


@pytest.fixture
def signed(client: Client, marketer: User) -> Client:
    client.force_login(marketer)
    return client


@pytest.fixture
def where(marketer: User) -> Campaign:
    return campaign(owner=marketer)


def paste(client: Client, where: Campaign, text: str, **more):
    return client.post(reverse("leads:log_list", args=[where.pk]), {"text": text}, **more)


def upload(client: Client, where: Campaign, data: bytes, name: str = "list.csv", **more):
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("leads:log_list", args=[where.pk]), {"file": file}, **more)


def pasted(client: Client, where: Campaign, text: str) -> Import:
    assert paste(client, where, text).status_code == 302
    return Import.objects.latest("id")


def page(client: Client, batch: Import, **more):
    return client.get(reverse("leads:import", args=[batch.pk]), **more)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_mended_in_the_file_become_leads_and_none_comes_twice(
    signed: Client, where: Campaign, kind: str
) -> None:
    rows = "".join(
        f"Lead {n};{'abc' if n % 3 == 0 else ''};l{n}{'@@' if n % 7 == 0 else '@'}example.com\n"
        for n in range(60)
    )
    upload(signed, where, ("Who;Call;Write to\n" + rows).encode())
    batch = Import.objects.get()
    fields = {"column_0": "name", "column_1": "phone", "column_2": "email"}
    signed.post(reverse("leads:import_columns", args=[batch.pk]), fields)
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.created, batch.rejected) == (34, 26)
    name = "import_rejected" if kind == "csv" else "import_rejected_xlsx"
    data = b"".join(signed.get(reverse(f"leads:{name}", args=[batch.pk])))
    # Somebody mends all but one, in whatever program, and saves it as CSV.
    headers = ["LeadSync: row", "LeadSync: to fix", "Who", "Call", "Write to"]
    cells = [list(row.cells) for row in read_table(data)]
    mended = [[row[0], "", row[2].replace("@@", "@")] for row in cells[:-1]] + cells[-1:]
    back = "\n".join(",".join(row) for row in (headers, *(["", "x", *row] for row in mended)))
    for _twice in range(2):
        upload(signed, where, back.encode(), "mended.csv")
    again = Import.objects.latest("id")
    assert again.columns == ["name", "phone", "email"]
    signed.post(reverse("leads:import_save", args=[again.pk]))
    again.refresh_from_db()
    assert (again.read, again.created, again.already_here, again.rejected) == (26, 25, 0, 1)
    assert Lead.objects.count() == 59
    assert upload(signed, where, back.encode(), "mended.csv").status_code == 409
    assert Lead.objects.count() == 59


def test_an_encoding_in_doubt_is_shown_as_lines_and_read_again_when_chosen(
    signed: Client, where: Campaign
) -> None:
    upload(signed, where, b"Name,E-mail\nJ\xf3zef,j@example.com\n")
    batch = Import.objects.get()
    shown = page(signed, batch).content.decode()
    assert "Which line reads right?" in shown
    assert "Józef" in shown
    assert "Jуzef" in shown
    url = reverse("leads:import_reading", args=[batch.pk])
    for encoding in ("cp1251", "cp1250"):
        read = signed.post(url, {"encoding": encoding}, follow=True).content.decode()
        assert f'value="{encoding}" checked' in read or f'value="{encoding}" selected' in read
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    assert Lead.objects.get().name == "Józef"


@pytest.mark.parametrize("posted", [{"encoding": "nonsense"}, {"encoding": "idna"}, {"delimiter": "ab"}])
def test_a_list_that_cannot_be_read_as_chosen_stays_as_it_was(
    signed: Client, where: Campaign, posted: dict[str, str]
) -> None:
    upload(signed, where, b"Name,E-mail\nAnna,a@example.com\n")
    batch = Import.objects.get()
    answer = signed.post(reverse("leads:import_reading", args=[batch.pk]), posted)
    assert answer.status_code == 422
    assert "1 ready" in answer.content.decode()


def test_after_a_cell_is_mended_the_next_one_has_the_focus_and_a_key_leads_on(
    signed: Client, where: Campaign
) -> None:
    rows = "".join(f"Lead {n}\t{'abc' if n in {3, 5, 90} else ''}\tl{n}@example.com\n" for n in range(100))
    batch = pasted(signed, where, HEAD + rows)
    shown = page(signed, batch).content.decode()
    assert "after=0&amp;at=5" in shown or "after=1&amp;at=5" in shown
    url = reverse("leads:import_cell", args=[batch.pk])
    part = signed.post(url, {"row": 5, "column": 1, "text": "601 234 567"}, headers=HTMX).content.decode()
    assert part.count("autofocus") == 1
    assert part.index("autofocus") > part.index('name="row" value="7"')
    assert "after=91&amp;at=92" in part
    far = page(signed, batch, data={"show": "all", "after": "91", "at": "92"}).content.decode()
    assert 'name="row" value="92"' in far


def test_consent_of_a_list_is_kept_with_its_words_time_and_source(signed: Client, where: Campaign) -> None:
    text = (
        "Name,E-mail,Received,I agree to be called\n"
        "Anna,a@example.com,2026-03-04 10:00,yes\nEwa,e@example.com,2026-03-04,no\nIga,i@example.com,,2026-02-01\n"
    )
    upload(signed, where, text.encode(), "fair.csv")
    batch = Import.objects.get()
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    given = {one.lead.name: one for one in Consent.objects.select_related("lead")}
    assert set(given) == {"Anna", "Iga"}
    anna = given["Anna"]
    assert (anna.text, anna.place, anna.is_given) == ("I agree to be called", f"fair.csv #{batch.pk}", True)
    assert (anna.at.date().isoformat(), given["Iga"].at.date().isoformat()) == ("2026-03-04", "2026-02-01")
    signed.post(reverse("leads:import_undo", args=[batch.pk]))
    assert not Consent.objects.exists()


def test_a_file_that_is_too_large_is_refused_unread(
    signed: Client, where: Campaign, settings: Settings
) -> None:
    settings.FILE_UPLOAD_MOST_BYTES = 1_000
    answer = upload(signed, where, b"Name,E-mail\n" + b"Anna,a@example.com\n" * 100)
    assert answer.status_code == 422
    assert "too large" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_large_workbook_is_unpacked_by_the_worker_and_reads_the_same(
    signed: Client, where: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LARGE_BYTES", 100)
    rows = [[f"Lead {n}", f"l{n}@example.com", "=1+1"] for n in range(30)]
    upload(signed, where, b"".join(xlsx_writer.write(["Name", "E-mail", "Note"], rows)), "list.xlsx")
    batch = Import.objects.get()
    assert "being read" in page(signed, batch).content.decode()
    early = signed.post(reverse("leads:import_save", args=[batch.pk]))
    assert early.status_code == 422
    assert not Lead.objects.exists()
    imports.resume_all()
    assert "30 ready" in page(signed, batch).content.decode()
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    assert Lead.objects.filter(need="=1+1").count() == 30


def test_a_large_workbook_that_breaks_a_limit_is_taken_at_once_and_refused_by_the_worker_with_the_reason(
    signed: Client, where: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LARGE_BYTES", 100)
    data = b"".join(xlsx_writer.write(["Name", "E-mail"], [["Anna", "a@example.com"]] * 3))
    at = data.rindex(b"PK\x03\x04")  # the sheet's own header: seen only when it is unpacked
    broken = data[:at] + b"PK\x00\x00" + data[at + 4 :]
    upload(signed, where, broken, "list.xlsx")
    batch = Import.objects.get()
    assert "being read" in page(signed, batch).content.decode()
    imports.resume_all()
    shown = page(signed, batch)
    assert shown.status_code == 422
    assert "This list cannot be shown" in shown.content.decode()


def test_a_networks_test_lead_is_skipped_with_its_reason_and_given_back(
    signed: Client, where: Campaign
) -> None:
    upload(
        signed, where, b"Name,E-mail,Is test\nTest,t@example.com,TRUE\nAnna,a@example.com,FALSE\n", "ads.csv"
    )
    batch = Import.objects.get()
    shown = page(signed, batch).content.decode()
    assert "1 ready" in shown
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.read, batch.created, batch.rejected) == (2, 1, 1)
    assert Lead.objects.get().name == "Anna"
    back = signed.get(reverse("leads:import_rejected", args=[batch.pk])).getvalue().decode()
    assert "This is a test lead of the advertising network." in back
