"""Which of two leads is suggested to stay, and why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leads.domain.merging import OTHER, STATE, SURVIVOR, Why, defaults, suggested

EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
NEW = {
    "stage": "new",
    "mark": "none",
    "first_contact_at": None,
    "owner_id": None,
    "minutes": 0,
    "attempts": 0,
}
CALLED = NEW | {"stage": "contacted", "first_contact_at": EARLY, "attempts": 1}


def lead(number: int, **data: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("name", "company", "job_title", "email", "phone", "country", "city", "language"), ""
    )
    return empty | NEW | {"need": "", "id": number, "received_at": EARLY if number == 1 else LATE} | data


@pytest.mark.parametrize(
    ("first", "second", "stays", "why"),
    [
        ({}, {}, 1, Why.FIRST),
        ({}, CALLED, 2, Why.WORKED),
        (CALLED, CALLED | {"minutes": 5}, 2, Why.WORKED),
        (CALLED | {"stage": "lost", "minutes": 90}, {"owner_id": 7}, 2, Why.IN_HAND),
        (CALLED | {"owner_id": 7}, CALLED | {"stage": "lost", "minutes": 90, "owner_id": 7}, 1, Why.IN_HAND),
        (CALLED | {"stage": "won"}, CALLED | {"owner_id": 7, "minutes": 9}, 1, Why.WON),
        (CALLED | {"stage": "won"}, CALLED | {"stage": "won", "minutes": 9}, 2, Why.WORKED),
        ({"owner_id": 7}, {"owner_id": 8}, 1, Why.FIRST),
    ],
)
def test_the_one_that_stays_is_the_same_whichever_is_named_first(
    first: dict[str, Any], second: dict[str, Any], stays: int, why: Why
) -> None:
    one, other = lead(1, **first), lead(2, **second)
    assert suggested(one, other) == (SURVIVOR if stays == 1 else OTHER, why)
    assert suggested(other, one) == (OTHER if stays == 1 else SURVIVOR, why)


def test_a_merge_by_itself_closes_nobodys_work() -> None:
    lost = lead(1, **CALLED | {"stage": "lost"})
    assert defaults(lead(2, owner_id=7), lost)[STATE] == SURVIVOR
    assert defaults(lead(2), lost)[STATE] == OTHER
    assert defaults(lead(2, owner_id=7), lost | {"stage": "won"})[STATE] == OTHER
