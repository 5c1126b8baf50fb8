"""Taking messages apart: JSON, paths, signatures, and where answers belong."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.definition import CriterionTerms
from leadsync.intake.domain import generic, google, mapping, meta, reading, typeform
from leadsync.intake.domain.reading import Asked, Unreadable, Why

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def asked(*pairs: tuple[str, str]) -> list[Asked]:
    return [Asked(title, title, value) for title, value in pairs]


# ------------------------------------------------------------------------------------------ JSON


@given(st.lists(json_values, max_size=6), st.sampled_from([None, 0, 2]))
def test_the_elements_of_a_list_are_what_it_holds(values: list[Any], indent: int | None) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    found = [json.loads(one) for one in reading.elements(text)]
    assert found == json.loads(text)


def test_numbers_beyond_what_programs_count_in_stay_text() -> None:
    found = reading.parse('{"id": 12345678901234567890, "n": 7, "x": 1e400, "f": 1.5, "nan": NaN}')
    assert found == {"id": "12345678901234567890", "n": 7, "x": "1e400", "f": 1.5, "nan": "NaN"}


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [("{", Why.NOT_JSON, "1:2"), ("", Why.NOT_JSON, "1:1"), ("[" * 200_000, Why.TOO_DEEP, "")],
)
def test_what_is_no_json_says_where(text: str, code: Why, place: str) -> None:
    with pytest.raises(Unreadable) as raised:
        reading.parse(text)
    assert (raised.value.code, raised.value.place) == (code, place)


@given(st.binary(max_size=200))
def test_any_bytes_become_text_that_a_database_keeps(body: bytes) -> None:
    text = reading.decoded(body)
    assert "\x00" not in text
    text.encode()


# ------------------------------------------------------------------------------------------ readers


@pytest.mark.parametrize("read", [google.read, meta.read, typeform.read, generic.read])
@given(message=json_values)
def test_a_reader_reads_or_says_why_not(read: Any, message: Any) -> None:
    try:
        found = read(message)
    except Unreadable:
        return
    assert all(one.key for one in found.asked)


def test_paths_of_different_values_never_look_the_same() -> None:
    found = generic.read({"a.b": "1", "a": {"b": "2", "c d": "3"}, "l": [{"v": "4"}, "5"], "[0]": "6"})
    keys = [one.key for one in found.asked]
    assert len(set(keys)) == len(keys)
    assert {one.key: one.value for one in found.asked} == {
        '["a.b"]': "1",
        "a.b": "2",
        "a.c d": "3",
        "l[0].v": "4",
        "l[1]": "5",
        '["[0]"]': "6",
    }


def test_googles_key_is_cut_out_of_the_message() -> None:
    text = '{"google_key": "s3cret", "lead_id": "1"}'
    assert "s3cret" not in google.without_key(text, reading.parse(text))


# ------------------------------------------------------------------------------------------ signatures


def test_the_published_example_of_standard_webhooks_is_signed_alike() -> None:
    made = generic.signature(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=b'{"test": 2432232314}',
    )
    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(), st.text(), st.text())
def test_any_headers_are_judged(name: str, stamp: str, signatures: str) -> None:
    found = generic.refusal(
        body=b"{}",
        message_id=name,
        timestamp=stamp,
        signatures=signatures,
        secrets=["whsec_AAAA", "ż"],
        now=NOW,
    )
    assert found in generic.Refusal


# ------------------------------------------------------------------------------------------ what goes where


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("data.contact.email", "email"),
        ("fields.first_name", "first_name"),
        ("company.name", "company"),
        ("product.name", ""),
        ("form.id", ""),
        ("id", ""),
        ('["Imię i nazwisko"]', "name"),
        ("utm_source", ""),
        ("message", "need"),
    ],
)
def test_a_place_is_found_by_what_the_value_is_called(title: str, field: str) -> None:
    assert mapping.suggested(asked((title, "x")), []) == [field]


def test_what_a_person_chose_goes_before_what_is_guessed() -> None:
    found = mapping.chosen(asked(("email", "a@b.pl"), ("other", "c@d.pl")), {"other": "email"}, [])
    assert found == ["", "email"]


def test_an_empty_answer_leaves_the_place_to_the_next() -> None:
    columns = [Asked("EMAIL", "e", " ", "email", 0), Asked("WORK_EMAIL", "w", "w@b.pl", "email", 2)]
    assert mapping.chosen(columns, {}, []) == ["", "email"]


def test_questions_of_the_definition_are_recognised_and_several_answers_say_what_is_wanted() -> None:
    terms = CriterionTerms(key="budget", question="Is there a budget?", kind="yes_no")
    found = mapping.chosen(
        asked(("Is there a budget?", "yes"), ("a", "1"), ("b", "2")), {"a": "need", "b": "need"}, [terms]
    )
    assert found == ["answer:budget", "need", "need"]
