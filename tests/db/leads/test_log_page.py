"""The pages on which leads are logged, as a marketer and as others meet them."""

import csv
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign
from leads.models import Import, ImportRow, Lead
from leads.services import imports
from leadsync.accounts.models import User
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import lead

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


# ------------------------------------------------------------------------------------------- one line


def test_a_line_by_hand_logs_a_lead_and_says_who_has_it(signed: Client, where: Campaign) -> None:
    person("rep", name="Paweł Nowak")
    typed = {"name": "Anna Maj", "phone": "601 234 567", "need": "Shelves"}
    answer = signed.post(reverse("leads:log", args=[where.pk]), typed, follow=True)
    assert "Anna Maj is logged. Paweł has the lead." in answer.content.decode()
    assert Lead.objects.get().need == "Shelves"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Anna"}, "An e-mail or a phone number is needed"),
        ({"email": "a@example.com"}, "A lead needs a name or a company"),
        ({"name": "Anna", "email": "a@b@example.com"}, "This is not an e-mail address"),
        ({"name": "Anna", "phone": "call me"}, "it has letters"),
    ],
)
def test_a_line_that_cannot_be_saved_comes_back_with_the_reason(
    signed: Client, where: Campaign, typed: dict[str, str], said: str
) -> None:
    answer = signed.post(reverse("leads:log", args=[where.pk]), typed | {"need": "Shelves"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert 'value="Shelves"' in text
    assert not Lead.objects.exists()


# ------------------------------------------------------------------------------------------- paste and file


def test_the_paste_journey_is_a_paste_and_a_click(signed: Client, where: Campaign) -> None:
    rows = "".join(f"Lead {n}\t\tl{n}@example.com\n" for n in range(10))
    answer = paste(signed, where, HEAD + rows, follow=True)
    text = answer.content.decode()
    assert "10 rows pasted." in text
    assert "To the quality gate: lead 1 to 10 of 20." in text
    batch = Import.objects.get()
    done = signed.post(reverse("leads:import_save", args=[batch.pk]), follow=True)
    assert "10 leads logged." in done.content.decode()


def test_the_preview_says_who_has_a_known_lead(signed: Client, where: Campaign) -> None:
    rep = person("rep", name="Paweł Nowak")
    known = lead(owner=rep, email="jan@example.com")
    text = page(signed, pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")).content.decode()
    assert "Paweł is on it since" in text
    assert f'href="/leads/{known.pk}/"' in text


def test_a_paste_that_cannot_be_read_comes_back_with_the_message(signed: Client, where: Campaign) -> None:
    typed = 'Name,E-mail\n"Anna,a@example.com\n' + "Ewa,e@example.com\n" * 3
    answer = paste(signed, where, "x," * 600 + "\n")
    assert answer.status_code == 422
    assert "x,x,x" in answer.content.decode()
    assert "Row 1 has" in answer.content.decode()
    assert paste(signed, where, "  ").status_code == 422
    assert paste(signed, where, typed).status_code in {302, 422}
    assert not Lead.objects.exists()


def test_the_same_list_again_names_the_earlier_import(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    answer = paste(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    assert answer.status_code == 409
    assert reverse("leads:import", args=[batch.pk]) in answer.content.decode()


def test_a_file_by_htmx_leads_to_its_preview(signed: Client, where: Campaign) -> None:
    answer = upload(signed, where, b"Name,E-mail\nJan,jan@example.com\n", headers=HTMX)
    assert answer["HX-Redirect"] == reverse("leads:import", args=[Import.objects.get().pk])


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.csv", "There is nothing in it"),
        (b"\n \n", "a.csv", "There is nothing in it"),
        (b"Name,E-mail\n", "a.csv", "no row"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "a.csv", "not a table"),
        (bytes(range(256)) * 40, "a.csv", "not"),
        (b"PK\x03\x04broken", "a.xlsx", "damaged"),
        (b"%PDF-1.7 x", "a.csv", "not a table"),
        (b",".join(b"c%d" % n for n in range(1000)) + b"\nAnna\n", "a.csv", "1000 columns"),
        (b"Name,E-mail\nAnna," + b"x" * 1_000_000 + b"\n", "a.csv", "Row 2, column 2"),
    ],
    ids=[
        "empty",
        "blank",
        "only header",
        "picture",
        "binary",
        "broken xlsx",
        "pdf",
        "1000 columns",
        "1 MB cell",
    ],
)
def test_what_is_no_list_of_leads_is_refused_with_the_place(
    signed: Client, where: Campaign, data: bytes, name: str, said: str
) -> None:
    answer = upload(signed, where, data, name)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Import.objects.exists()


def test_odd_rows_are_shown_with_column_and_reason_and_the_rest_is_saved(
    signed: Client, where: Campaign
) -> None:
    text = (
        "Name,Phone,E-mail,Received\n"
        "Anna,abc,anna@example.com,2025-01-01\n"
        "Ewa,,e@x@example.com,2025-01-02\n"
        "Iga,,iga@example.com,2025-02-30\n"
        "Ola,,ola@example.com,2025-02-28,more,cells\n"
        "Ida\n"
        "Zoe\x00,,zoe@example.com,2025-01-05\n"
    )
    upload(signed, where, text.encode())
    batch = Import.objects.get()
    shown = page(signed, batch).content.decode()
    for said in ("contains letters", "has two @", "There is no such date", "more cells than"):
        assert said in shown
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    batch.refresh_from_db()
    assert (batch.created, batch.rejected, batch.read) == (2, 4, 6)
    assert set(Lead.objects.values_list("name", flat=True)) == {"Ida", "Zoe"}


def test_utf_16_and_formulas_are_read_as_text(signed: Client, where: Campaign) -> None:
    upload(signed, where, "Name\tE-mail\n=cmd()\tx@example.com\nŁucja\tl@example.com\n".encode("utf-16"))
    signed.post(reverse("leads:import_save", args=[Import.objects.get().pk]))
    assert set(Lead.objects.values_list("name", flat=True)) == {"=cmd()", "Łucja"}


def test_rows_to_fix_come_back_as_a_file_that_spreadsheets_open_as_text(
    signed: Client, where: Campaign
) -> None:
    batch = pasted(signed, where, HEAD + "=1+1\tabc\t\nJan\t\tjan@example.com\n")
    url = reverse("leads:import_rejected", args=[batch.pk])
    before = b"".join(signed.get(url)).decode("utf-8-sig")
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    after = b"".join(signed.get(url)).decode("utf-8-sig")
    for text in (before, after):
        rows = list(csv.reader(text.splitlines()))
        assert rows[0] == ["LeadSync: row", "LeadSync: to fix", "Name", "Phone", "E-mail"]
        assert (rows[1][0], rows[1][2:]) == ("2", ["'=1+1", "abc", ""])
        assert "Phone: The phone number contains letters." in rows[1][1]


def test_names_and_cells_are_escaped(signed: Client, where: Campaign) -> None:
    nasty = "<script>alert(1)</script>"
    upload(signed, where, f"Name,{nasty}\n{nasty},x\n".encode(), f"{nasty}.csv")
    assert nasty not in page(signed, Import.objects.get()).content.decode()


# ------------------------------------------------------------------------------------------- cells and columns


def test_a_cell_can_be_corrected_with_and_without_scripts(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, HEAD + "Jan\tabc\t\nEwa\txyz\t\n")
    url = reverse("leads:import_cell", args=[batch.pk])
    part = signed.post(url, {"row": 2, "column": 1, "text": "601 234 567"}, headers=HTMX).content.decode()
    assert part.lstrip().startswith('<div id="import"')
    assert "1 to fix" in part
    whole = signed.post(url, {"row": 3, "column": 1, "text": "602 234 567"}, follow=True).content.decode()
    assert "to fix" not in whole


@pytest.mark.parametrize("asked", ["2.1", "x", "9999999999.1", "1.1.1", ""])
def test_a_click_on_a_cell_opens_it(signed: Client, where: Campaign, asked: str) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t601 234 567\t\n")
    answer = page(signed, batch, data={"edit": asked})
    assert answer.status_code == 200
    assert ('name="text"' in answer.content.decode()) == (asked == "2.1")


def test_columns_are_chosen_in_their_menus(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, "Who\tE-mail\nAnna\ta@example.com\n")
    url = reverse("leads:import_columns", args=[batch.pk])
    assert "1 to fix" in page(signed, batch).content.decode()
    text = signed.post(url, {"column_0": "name", "column_1": "email"}, headers=HTMX).content.decode()
    assert "1 ready" in text
    twice = signed.post(url, {"column_0": "name", "column_1": "name"}, headers=HTMX)
    assert (twice.status_code, "choose one" in twice.content.decode()) == (422, True)
    assert signed.post(url, {"column_0": "nonsense"}).status_code == 422


def test_leads_worked_elsewhere_come_with_their_past(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, "ID\tName\tWon on\tAmount\nx1\tAnna\t2025-03-04\t1 200,50\n")
    fields = {f"column_{index}": name for index, name in enumerate(batch.columns)}
    url = reverse("leads:import_columns", args=[batch.pk])
    text = signed.post(url, fields | {"is_history": "1", "namespace": "old"}, follow=True).content.decode()
    assert "No clock starts" in text
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    found = Lead.objects.get()
    assert (found.stage, str(found.amount), found.is_history) == ("won", "1200.50", True)


def test_undo_says_why_it_is_too_late(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    Import.objects.update(finished_at="2020-01-01T00:00:00Z")
    answer = signed.post(reverse("leads:import_undo", args=[batch.pk]))
    assert (answer.status_code, Lead.objects.count()) == (409, 1)


def test_who_cannot_be_reached_is_ready_counted_and_saved_without_a_handoff(
    signed: Client, where: Campaign
) -> None:
    person("rep")
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\nEwa\t\t\nOla\t\t\n")
    text = page(signed, batch).text
    assert "3 ready" in text
    assert "2 of them cannot be handed off: no way to reach them" in text
    assert text.count("Cannot be handed off: no way to reach them") == 2
    cut = signed.get(reverse("leads:import", args=[batch.pk]) + "?show=mute").text
    assert "Ewa" in cut
    assert "jan@example.com" not in cut
    cell = {"row": 3, "column": 2, "text": "ewa@example.com", "show": "mute"}
    mended = signed.post(reverse("leads:import_cell", args=[batch.pk]), cell, follow=True).text
    assert "1 of them cannot be handed off" in mended
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    assert sorted(Lead.objects.filter(owner__isnull=False).values_list("name", flat=True)) == ["Ewa", "Jan"]
    assert Lead.objects.get(owner=None).name == "Ola"


def test_leads_worked_elsewhere_need_no_way_to_reach_them(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, "Name\tCompany\tWon on\nEwa\tNordflex\t2025-03-04\n")
    fields = {f"column_{index}": name for index, name in enumerate(batch.columns)}
    url = reverse("leads:import_columns", args=[batch.pk])
    assert "cannot be handed off" not in signed.post(url, fields | {"is_history": "1"}, follow=True).text


def test_an_undone_list_says_what_it_had_brought_and_that_it_was_taken_back(
    signed: Client, where: Campaign
) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    signed.post(reverse("leads:import_save", args=[batch.pk]))
    assert "New leads" in page(signed, batch).text
    signed.post(reverse("leads:import_undo", args=[batch.pk]))
    text = page(signed, batch).text
    assert "What it had brought was taken back." in text
    assert "New leads, gone again" in text
    assert not Lead.objects.exists()
    row = signed.get(reverse("leads:log", args=[where.pk])).text.partition('class="tbl rows"')[2]
    assert '<td class="num muted">–</td>' in row


def test_progress_is_polled_and_ends_on_the_result(signed: Client, where: Campaign) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    Import.objects.update(state=Import.State.RUNNING)
    part = page(signed, batch, headers=HTMX)
    assert "hx-trigger" in part.content.decode()
    Import.objects.update(state=Import.State.DONE)
    assert page(signed, batch, headers=HTMX)["HX-Redirect"] == reverse("leads:import", args=[batch.pk])


# ------------------------------------------------------------------------------------------- who may


def test_a_rep_may_not_log_and_any_marketer_sees_every_import(
    client: Client, signed: Client, where: Campaign
) -> None:
    batch = pasted(signed, where, HEAD + "Jan\t\tjan@example.com\n")
    client.force_login(person("marketer"))
    assert page(client, batch).status_code == 200
    client.force_login(person("rep"))
    for name, pk in (("log", where.pk), ("import", batch.pk), ("import_rejected", batch.pk)):
        assert client.get(reverse(f"leads:{name}", args=[pk])).status_code == 403
    for name in ("import_columns", "import_cell", "import_save", "import_cancel", "import_undo"):
        assert client.post(reverse(f"leads:{name}", args=[batch.pk])).status_code == 403
    assert paste(client, where, HEAD + "x\t\tx@example.com").status_code == 403
    assert not Lead.objects.exists()


def test_fifty_rows_take_as_many_statements_as_two(
    signed: Client, where: Campaign, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    person("rep")
    few = pasted(signed, where, HEAD + "".join(f"A{n}\t\ta{n}@example.com\n" for n in range(2)))
    many = pasted(signed, where, HEAD + "".join(f"B{n}\t\tb{n}@example.com\n" for n in range(50)))
    page(signed, few)
    with django_assert_max_num_queries(20) as with_two:
        page(signed, few)
    with django_assert_max_num_queries(20) as with_fifty:
        page(signed, many)
    assert len(with_fifty) == len(with_two)


# ------------------------------------------------------------------------------------------- the odd files of others


def _through_all(client: Client, where: Campaign, data: bytes, name: str) -> Import | None:
    """Preview and save a file, whatever it is; None when it was refused with a message."""
    answer = upload(client, where, data, name)
    if answer.status_code == 422:
        assert 'id="id_file_error"' in answer.content.decode()
        return None
    assert answer.status_code in {302, 409}, answer.status_code
    batch = Import.objects.latest("id")
    assert page(client, batch).status_code == 200
    saving = client.post(reverse("leads:import_save", args=[batch.pk]))
    assert saving.status_code in {302, 422}
    imports.resume_all()
    batch.refresh_from_db()
    assert batch.read == batch.created + batch.updated + batch.already_here + batch.rejected
    assert batch.rejected == ImportRow.objects.filter(batch=batch).count()
    return batch


@pytest.mark.parametrize("folder", ["csv_spectrum/csvs", "csvkit_examples"])
def test_files_of_other_projects_pass_or_are_refused_in_words(
    signed: Client, where: Campaign, shared_data: Path, folder: str
) -> None:
    files = [path for path in sorted((shared_data / folder).iterdir()) if path.suffix in {".csv", ".tsv"}]
    assert files
    for path in files:
        batch = _through_all(signed, where, path.read_bytes(), path.name)
        assert batch is None or batch.state in {Import.State.DONE, Import.State.PREVIEW}, path.name


def test_naughty_strings_are_kept_as_text_in_every_column(
    signed: Client, where: Campaign, shared_data: Path
) -> None:
    strings = json.loads((shared_data / "blns" / "blns.json").read_text())
    rows = [["Name", "Company", "Phone", "E-mail", "What they want"]]
    rows += [[f"N{n}", text, text, f"n{n}@example.com", text] for n, text in enumerate(strings)]
    rows += [[text, "C", "", text, text] for text in strings]
    from_lists = "\n".join(
        ",".join('"' + cell.replace('"', '""').replace("\x00", "") + '"' for cell in row) for row in rows
    )
    batch = _through_all(signed, where, from_lists.encode("utf-8", "replace"), "blns.csv")
    assert batch is not None
    assert (batch.state, batch.error) == ("done", "")
    assert batch.read > len(strings)
    shown = page(signed, batch).content.decode()
    assert "<script>alert(123)</script>" not in shown
