"""Working time against facts written out from the public tests of seven other projects."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from leadsync.core.businesstime import WorkCalendar

VECTORS_FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "business_time_vectors.json"
VECTORS: list[dict[str, Any]] = (
    json.loads(VECTORS_FILE.read_text(encoding="utf-8")) if VECTORS_FILE.is_file() else []
)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _expected(vector: dict[str, Any], calendar: WorkCalendar) -> Any:
    """Return what *our* rules say where projects differ, else what the vector says."""
    if vector.get("boundary") == "next_open":
        # That project moves a deadline reached at closing to the next opening; ours is the closing instant.
        next_opening = _instant(vector["expect"])
        assert calendar.next_open(next_opening) == next_opening
        return calendar.prev_open(next_opening)
    if vector.get("reversed") == "negative":
        return 0  # That project counts backwards; ours is 0 when the end is not after the start.
    if "disputed" in vector:
        return vector["elapsed_time_result"]  # Ours is measured on the absolute line.
    expect = vector["expect"]
    return _instant(expect) if isinstance(expect, str) else expect


def _answer(vector: dict[str, Any], calendar: WorkCalendar) -> Any:
    start = _instant(vector["start"])
    pauses = [(_instant(a), _instant(b)) for a, b in vector.get("pauses", ())]
    match vector["op"]:
        case "add":
            return calendar.add(start, vector["seconds"], pauses)
        case "between":
            return calendar.between(start, _instant(vector["end"]), pauses)
        case "next_open":
            return calendar.next_open(start)
        case "prev_open":
            return calendar.prev_open(start)
        case "is_open":
            return calendar.is_open(start)
    raise AssertionError(f"an unknown operation: {vector['op']}")


@pytest.mark.skipif(not VECTORS, reason="the shared file of vectors is not here")
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    fields = ("tz", "hours", "holidays", "overrides", "breaks")
    calendar = WorkCalendar.from_dict({name: vector[name] for name in fields if name in vector})
    expected, answer = _expected(vector, calendar), _answer(vector, calendar)
    if tolerance_seconds := vector.get("tolerance_seconds"):
        difference = answer - expected
        seconds = difference.total_seconds() if isinstance(expected, datetime) else difference
        assert abs(seconds) <= tolerance_seconds
    else:
        assert answer == expected
    assert WorkCalendar.from_dict(calendar.to_dict()) == calendar
