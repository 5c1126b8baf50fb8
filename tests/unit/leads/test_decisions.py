"""Definition, identity, attempts, minutes and changes of stage in plain code."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain import attempts, definition, identity, minutes, transitions
from leads.domain.definition import BadAnswer, CriterionTerms
from leadsync.core.businesstime import WorkCalendar

WARSAW = WorkCalendar("Europe/Warsaw", [[["09:00", "12:00"], ["13:00", "17:00"]]] * 5 + [[], []])

VOLUME = CriterionTerms("volume", "Volume", "number", Decimal(1000))
DECIDES = CriterionTerms("decides", "Decides", "yes_no")
MARKET = CriterionTerms("market", "Market", "country", choices=("PL", "DE"))
FIT = CriterionTerms("fit", "Fits", "choice", choices=("Boxes", "Pallets"), is_required=False, points=2)
NOTE = CriterionTerms("note", "Need", "text", is_required=False, points=1)
ALL = (VOLUME, DECIDES, MARKET, FIT, NOTE)


def test_unknown_is_not_not_met() -> None:
    found = definition.evaluate(ALL, 0, {"volume": "900"})
    assert found.met["volume"] is False
    assert found.met["decides"] is None
    assert (found.known, found.total) == (1, 5)
    assert set(found.missing) == {"decides", "market", "fit", "note"}


def test_required_and_points_together_make_it_met() -> None:
    required = {"volume": "1 000", "decides": "tak", "market": "pl"}
    assert not definition.evaluate(ALL, 2, required).is_met
    assert definition.evaluate(ALL, 2, required | {"fit": "boxes"}).is_met
    assert definition.evaluate(ALL, 3, required | {"fit": "boxes", "note": "soon"}).is_met
    assert not definition.evaluate(ALL, 3, required | {"fit": "none", "note": "soon"}).can_still_be_met


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "many"), ("number", "NaN"), ("number", "1e400"), ("yes_no", "maybe"), ("text", " ")],
)
def test_an_answer_that_cannot_be_judged_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(BadAnswer):
        definition.read_answer(CriterionTerms("k", "?", kind), value)


@given(
    st.dictionaries(
        st.sampled_from([one.key for one in ALL]), st.text() | st.booleans() | st.none() | st.integers()
    )
)
def test_any_answers_can_be_evaluated(answers: Any) -> None:
    found = definition.evaluate(ALL, 2, answers)
    assert found.known + len(found.missing) == found.total
    assert not found.is_met or found.can_still_be_met


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Łukasz Żółć ", "lukasz zolc"), ("Straße", "strasse"), ("ЁЛКА Майя", "елка майя"), ("Ðæ", "dae")],
)
def test_search_folds_latin_and_keeps_other_scripts(typed: Any, kept: Any) -> None:
    assert identity.fold(typed).strip() == kept


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert identity.fold(identity.fold(text)) == identity.fold(text)


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("601 234 567", "PL", "+48601234567"),
        ("+48 (601) 234-567", "", "+48601234567"),
        ("601 234 567", "", None),
        ("call me", "PL", None),
        ("", "PL", None),
    ],
)
def test_phones_become_e164(typed: Any, country: Any, kept: Any) -> None:
    assert identity.normalise_phone(typed, country) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Anna@Example.COM ", "anna@example.com"),
        ("Anna <anna@example.com>", "anna@example.com"),
        ("a@b@c.pl", None),
        ("nobody", None),
    ],
)
def test_mail_addresses_have_one_form(typed: Any, kept: Any) -> None:
    assert identity.normalise_email(typed) == kept


def test_what_a_database_refuses_is_replaced_in_any_depth() -> None:
    given_ = {"a\x00": ["\ud800", {"b": float("nan")}], "c": (1, None, True)}
    assert identity.storable(given_) == {"a\ufffd": ["\ufffd", {"b": "nan"}], "c": [1, None, True]}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "attempt", "next_at"),
    [
        ("2026-03-10 10:00", 1, "2026-03-10 11:00"),
        ("2026-03-13 16:30", 1, "2026-03-16 09:30"),
        ("2026-03-10 10:00", 2, "2026-03-11 10:00"),
        ("2026-03-13 10:00", 3, "2026-03-17 10:00"),
        ("2026-03-10 12:30", 2, "2026-03-11 13:00"),  # at lunch: after it
        ("2026-03-10 18:30", 2, "2026-03-11 16:30"),  # after closing: late that day
        ("2026-03-10 10:00", 9, "2026-03-17 10:00"),  # beyond the list: its last wait
    ],
)
def test_the_next_try_follows_the_agreed_waits(at: Any, attempt: Any, next_at: Any) -> None:
    assert attempts.next_try(WARSAW, local(at), attempt, attempts.DEFAULT_WAITS) == local(next_at)


@pytest.mark.parametrize("text", ["", "1", "0d", "1w", "h", "-1h", "1.5h"])
def test_a_wait_is_hours_or_days(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        attempts.read_wait(text)


def test_minutes_are_estimated_by_how_it_went() -> None:
    assert [minutes.estimate("call", one) for one in ("no_answer", "reached")] == [3, 15]
    assert minutes.estimate("meeting", "reached") == 60
    assert minutes.estimate("note", "") == 0


def test_a_qualified_lead_is_not_closed_by_a_mark() -> None:
    assert transitions.can_mark("contacted", "not_a_fit")
    assert not transitions.can_mark("qualified", "not_a_fit")
    assert not transitions.can_mark("won", "promising")
