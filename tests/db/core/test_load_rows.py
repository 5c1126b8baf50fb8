"""Many rows put into a table at once hold what was given."""

from datetime import UTC, datetime

import pytest

from leads.models import Reason
from leadsync.core import db
from leadsync.core.models import Lock

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 10, 9, 0, 0, 123_456, tzinfo=UTC)
ODD = [
    "",
    "\\N",
    "\\.",
    "a\tb",
    "a\r\nb",
    "\\n",
    "\"q\", 'q'",
    "0,0;0N",
    "Łódź 日本",
    "\x01\x1d\x1e\x1f",
    "\\",
]


def test_text_is_kept_sign_by_sign() -> None:
    given = [(f"name {place}", None if place % 2 else AT, text) for place, text in enumerate(ODD)]

    assert db.load_rows(Lock, ("name", "ran_at", "note"), given) == len(ODD)

    found = Lock.objects.filter(name__startswith="name ")
    assert sorted(found.values_list("name", "ran_at", "note")) == sorted(given)


@pytest.mark.parametrize("text", ODD)
def test_what_all_rows_share_is_kept_with_each(text: str) -> None:
    db.load_rows(Lock, ("name",), [("one",), ("two",)], same={"note": text, "ran_at": AT})

    found = Lock.objects.filter(name__in=["one", "two"]).order_by("name")
    assert list(found.values_list("name", "note", "ran_at")) == [("one", text, AT), ("two", text, AT)]


def test_no_row_is_no_row() -> None:
    assert db.load_rows(Reason, ("key", "label"), [], same={"position": 1}) == 0
