"""Imports over the API: the whole way of a list, and how odd ones are refused."""

import csv
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from leads.domain.tables import Limits, read_table
from leads.models import Import, Lead
from tests.db.api.conftest import Api
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

IMPORTS = "/api/v1/imports/"
TEXT = "Name;Phone;E-mail\nAnna;;anna@example.com\nEwa;abc;\nOld;;old@example.com\n"


@pytest.fixture
def client(api: Api) -> APIClient:
    return api(person("marketer"))


def taken(client: APIClient, text: str = TEXT) -> dict[str, Any]:
    answer = client.post(IMPORTS, {"campaign": campaign().pk, "text": text})
    assert answer.status_code == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def upload(client: APIClient, data: bytes, name: str = "list.csv") -> Any:
    sent = {"campaign": campaign().pk, "file": SimpleUploadedFile(name, data)}
    return client.post(IMPORTS, sent, format="multipart")


def act(client: APIClient, pk: int, action: str, sent: Any = None) -> Any:
    return client.post(f"{IMPORTS}{pk}/{action}/", sent)


def test_a_list_goes_all_the_way_from_text_to_leads_and_back(client: APIClient) -> None:
    rep = person("rep", name="Paweł Nowak")
    old = lead(owner=rep, email="old@example.com")
    made = taken(client)
    pk = made["id"]
    assert (made["state"], made["rows"], made["to_fix"], made["here"]) == ("preview", 3, 1, 1)
    assert made["out_of_reach"] == 0
    assert [column["field"] for column in made["columns"]] == ["name", "phone", "email"]
    rows = client.get(f"{IMPORTS}{pk}/rows/").json()
    assert rows["next_after"] is None
    assert "letters" in rows["rows"][1]["cells"][1]["problem"]
    assert rows["rows"][2]["here"]["lead"] == old.pk
    mended = act(client, pk, "cells", {"row": 3, "column": 1, "text": "+48 601 234 567"}).json()
    assert mended["to_fix"] == 0
    saved = act(client, pk, "save").json()
    assert (saved["state"], saved["read"], saved["created"], saved["already_here"]) == ("done", 3, 2, 1)
    assert act(client, pk, "save").json()["created"] == 2
    assert saved["can_be_undone"]
    assert act(client, pk, "undo").json()["state"] == "undone"
    assert list(Lead.objects.all()) == [old]
    assert [one["id"] for one in client.get(IMPORTS).json()["results"]] == [pk]


def test_columns_and_reading_are_chosen(client: APIClient) -> None:
    pk = taken(client, "Who;When;E-mail\nAnna;03/04/2026;a@example.com\n")["id"]
    sent = {"columns": ["name", "received_at", "email"], "date_orders": ["", "mdy", ""]}
    assert [one["field"] for one in act(client, pk, "columns", sent).json()["columns"]] == sent["columns"]
    act(client, pk, "save")
    assert Lead.objects.get().received_at.date().isoformat() == "2026-03-04"
    made = upload(client, "Name,City\nŻaneta,Łódź\nŁucja,Kraków\n".encode("cp1250")).json()
    assert "cp1251" in made["encodings"]
    read = act(client, made["id"], "reading", {"encoding": "cp1251"}).json()
    assert read["encoding"] == "cp1251"
    rows = client.get(f"{IMPORTS}{made['id']}/rows/").json()["rows"]
    assert rows[0]["cells"][0]["text"] == "Żaneta".encode("cp1250").decode("cp1251")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_that_need_work_come_back_as_a_file_that_is_taken_again_once_mended(
    client: APIClient, kind: str
) -> None:
    made = taken(client)
    act(client, made["id"], "save")
    answer = client.get(f"{IMPORTS}{made['id']}/rejected/", {"as": kind})
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # the client's stubs know no streams
    table = read_table(data)
    assert (table.headers, table.is_returned) == (("Name", "Phone", "E-mail"), True)
    again = upload(client, data, f"to-fix.{kind}").json()
    assert (again["rows"], again["to_fix"]) == (1, 1)
    act(client, again["id"], "cells", {"row": 2, "column": 1, "text": "601 234 567"})
    assert act(client, again["id"], "save").json()["created"] == 1


def test_the_list_that_was_imported_before_is_refused_with_that_import(client: APIClient) -> None:
    where = campaign().pk
    first = client.post(IMPORTS, {"campaign": where, "text": TEXT}).json()["id"]
    act(client, first, "save")
    again = client.post(IMPORTS, {"campaign": where, "text": TEXT})
    assert (again.status_code, again.json()["context"]["import"]) == (409, first)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7", "not a table"),
        (b"Name,E-mail\n", "no row"),
        (b"x," * 600 + b"\n", "columns"),
    ],
)
def test_what_is_no_list_is_refused_in_words(client: APIClient, data: bytes, said: str) -> None:
    answer = upload(client, data)
    assert answer.status_code == 422
    assert said in str(answer.json()["errors"])
    assert not Import.objects.exists()


def test_a_file_beyond_the_limit_is_refused_and_nothing_of_it_is_kept(
    client: APIClient, settings: Any
) -> None:
    assert Limits().file_bytes == settings.FILE_UPLOAD_MOST_BYTES
    settings.FILE_UPLOAD_MOST_BYTES = 1000
    answer = upload(client, b"Name,E-mail\n" + b"Anna,a@example.com\n" * 200)
    assert answer.status_code == 422
    assert "too large" in str(answer.json()["errors"])
    assert not Import.objects.exists()


def test_odd_requests_are_refused_by_field(client: APIClient) -> None:
    made = taken(client)
    assert client.post(IMPORTS, {"campaign": 10**9, "text": TEXT}).status_code == 422
    assert act(client, made["id"], "columns", {"columns": ["name", "name"]}).status_code == 422
    assert act(client, made["id"], "columns", {"columns": ["nonsense"]}).status_code == 422
    file = upload(client, TEXT.encode()).json()["id"]
    assert act(client, file, "reading", {"encoding": "nonsense"}).status_code == 422
    assert act(client, file, "reading", {"encoding": "idna"}).status_code == 422
    assert act(client, made["id"], "cells", {"row": 1, "column": 400, "text": ""}).status_code == 422
    assert client.get(f"{IMPORTS}{made['id']}/rows/", {"show": "bad"}).status_code == 400
    assert client.get(f"{IMPORTS}999999/").status_code == 404
    act(client, made["id"], "save")
    assert client.get(f"{IMPORTS}{made['id']}/rows/").status_code == 409
    assert act(client, made["id"], "cells", {"row": 2, "column": 0, "text": ""}).status_code == 409


def test_a_token_to_log_leads_may_import_and_a_rep_may_not(api: Api) -> None:
    assert (
        api(person("marketer"), scope="log")
        .post(IMPORTS, {"campaign": campaign().pk, "text": TEXT})
        .status_code
        == 201
    )
    rep = api(person("rep"))
    assert rep.post(IMPORTS, {"campaign": campaign().pk, "text": TEXT}).status_code == 403
    assert rep.get(IMPORTS).status_code == 403


def test_rows_are_read_page_by_page_by_their_number(client: APIClient) -> None:
    text = "Name;E-mail\n" + "".join(f"L{n};l{n}@example.com\n" for n in range(120))
    pk = taken(client, text)["id"]
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = client.get(f"{IMPORTS}{pk}/rows/", {"after": after}).json()
        seen += [row["number"] for row in page["rows"]]
        after = page["next_after"]
    assert seen == list(range(2, 122))


def test_rejected_cells_come_back_as_they_were_and_never_as_formulas(client: APIClient) -> None:
    made = taken(client, "Name;Phone;E-mail\n=1+1;+48abc;\n-x;@y;;more;cells\n")
    answer = client.get(f"{IMPORTS}{made['id']}/rejected/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(text.splitlines()))
    assert rows[1][2:] == ["'=1+1", "'+48abc", ""]
    assert rows[2][2:] == ["'-x", "'@y", "", "more", "cells"]
    xlsx = client.get(f"{IMPORTS}{made['id']}/rejected/", {"as": "xlsx"})
    table = read_table(b"".join(xlsx.streaming_content))  # type: ignore[attr-defined]
    cells = [(*row.cells, *row.surplus) for row in table]
    assert cells == [("=1+1", "+48abc", ""), ("-x", "@y", "", "more", "cells")]
