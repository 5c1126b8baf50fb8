"""No row disappears: created + updated + already here + rejected = rows read, for every file there is."""

import random
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.domain.tables import TableError, read_table
from leads.models import Arrival, Import, ImportRow, Lead
from leads.services import imports
from leadsync.core.errors import DomainError
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

KINDS = {".csv", ".tsv", ".xlsx"}


def brought(data: bytes, name: str, **more: Any) -> Import | None:
    """A file taken in and saved as far as it can be; None where it is refused with a reason."""
    upload = ContentFile(data, name=name)
    by = person("marketer")
    try:
        batch = imports.take_file(campaign=campaign(), by=by, upload=upload, size=len(data), **more)
    except DomainError:
        return None
    imports.resume_all()
    batch.refresh_from_db()
    orders = dict.fromkeys(batch.options["ambiguous"], "dmy")
    if orders:
        batch = imports.set_columns(batch=batch, by=by, fields=dict(enumerate(batch.columns)), orders=orders)
    if len(batch.scan["fix"]) == batch.scan["rows"]:
        # Nobody is named in it: as somebody would, read the first column as the name.
        batch = imports.set_columns(batch=batch, by=by, fields={0: "name"})
    try:
        imports.save(batch=batch, by=by)
    except DomainError:
        assert len(batch.scan["fix"]) == batch.scan["rows"]
        return None
    imports.resume_all()
    batch.refresh_from_db()
    return batch


def check(batch: Import, rows: int) -> None:
    assert (batch.state, batch.read) == (Import.State.DONE, rows)
    assert batch.read == batch.created + batch.updated + batch.already_here + batch.rejected
    assert batch.created == Lead.objects.filter(arrivals__batch=batch, arrivals__is_first=True).count()
    assert batch.created + batch.already_here == Arrival.objects.filter(batch=batch).count()
    assert batch.rejected == ImportRow.objects.filter(batch=batch).count()


def test_no_row_of_any_file_of_others_disappears(shared_data: Path) -> None:
    files = [path for path in sorted(shared_data.rglob("*")) if path.suffix in KINDS]
    assert len(files) > 40
    saved = 0
    for path in files:
        if path.stat().st_size > 50_000:
            continue  # the real funnels have tests of their own, the lists of names are much of the same
        try:
            rows = sum(1 for _row in read_table(path, filename=path.name))
        except TableError:
            rows = 0
        batch = brought(path.read_bytes(), path.name)
        if batch is not None:
            check(batch, rows)
            saved += 1
    assert saved > 10


CELLS = st.one_of(
    st.sampled_from(
        ["", "Anna", "a@example.com", "b@@example.com", "601 234 567", "abc", "=1+1", "a@example.com"]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\x00"), max_size=12),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=30))
def test_no_row_of_a_random_list_disappears(rows: list[list[str]]) -> None:
    lines = [["Name", "E-mail", "Phone", "Need"], *rows]
    data = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in lines).encode()
    batch = brought(data, "random.csv")
    if batch is not None:
        check(batch, sum(1 for _row in read_table(data)))


def test_five_thousand_rows_with_doubles_and_faults_are_all_accounted_for() -> None:
    dice = random.Random(7)
    people: list[int] = []
    lines = ["Name,E-mail"]
    bad = doubles = 0
    for number in range(5_000):
        luck = dice.random()
        if luck < 0.01:
            bad += 1
            lines.append(f"Bad {number},x@@example.com")
        elif luck < 0.06 and people:
            doubles += 1
            lines.append(f"Again,l{dice.choice(people)}@example.com")
        else:
            people.append(number)
            lines.append(f"Lead {number},l{number}@example.com")
    batch = brought("\n".join(lines).encode(), "stress.csv")
    assert batch is not None
    check(batch, 5_000)
    assert (batch.rejected, batch.already_here, batch.created) == (bad, doubles, len(people))
