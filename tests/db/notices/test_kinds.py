"""Words of notices: whatever is missing or odd in the facts, there is a readable line in the reader's language."""

import pytest
from django.utils import timezone, translation

from leadsync.notices.kinds import GROUPS, KINDS, Group, kinds_in, words_for
from leadsync.notices.models import Notice

ODD = [
    {},
    {"count": None, "lead": None, "due_at": "not a time", "amount": "NaN?"},
    {"count": "three", "days": -1},
]


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("context", ODD)
def test_no_fact_is_needed_to_say_something(kind: str, context: dict, language: str, db: None) -> None:
    with translation.override(language):
        words = words_for(kind, context)
    assert words.title.strip()
    assert "%(" not in words.title + words.text


def test_a_kind_nobody_registered_shows_what_it_has() -> None:
    assert words_for("from_the_future", {"title": "3 news"}).title == "3 news"
    assert words_for("from_the_future", {}).title == "from_the_future"


def test_number_stands_in_front_and_one_is_not_many() -> None:
    assert words_for("silent", {"days": 1, "lead": "Ola"}).title == "1 day without activity: Ola"
    assert words_for("silent", {"days": 14, "lead": "Ola"}).title == "14 days without activity: Ola"


def test_names_of_kinds_fit_their_column() -> None:
    limit = Notice._meta.get_field("kind").max_length
    assert limit is not None
    assert max(map(len, KINDS)) <= limit


def test_due_time_is_told_in_the_zone_in_force() -> None:
    context = {"lead": "Ola", "due_at": "2020-01-02T09:30:00+00:00"}
    with timezone.override("Europe/Warsaw"):
        assert "10:30" in words_for("lead_warn", context).title


def test_why_a_lead_came_back_is_told_in_the_readers_words() -> None:
    assert "Reason: Wrong market." in words_for("lead_returned", {"reason": "wrong_market"}).text
    assert "Reason: Falscher Markt." in words_for("lead_returned", {"reason": "Falscher Markt"}).text


def test_several_leads_that_came_again_are_counted() -> None:
    one = words_for("lead_again", {"lead": "Ola", "count": 1})
    many = words_for("lead_again", {"lead": "Ola", "count": 3})
    assert one.title == "Interest again: Ola"
    assert (many.title, many.action) == ("3 of your leads are here again", "Open one of them")
    assert "Ola" in many.text


def test_a_fact_that_ends_a_sentence_gets_no_second_dot() -> None:
    text = words_for(
        "question_answered", {"answerer": "Jan", "text": "Yes", "question": "Which budget?"}
    ).text
    assert "Which budget?" in text
    assert "?." not in text


def test_news_of_the_company_are_of_kinds_that_there_are() -> None:
    assert set(kinds_in(Group)) == {kind.name for kind in KINDS.values() if kind.group}
    assert set(GROUPS) == set(Group)
    assert kinds_in(["nonsense"]) == []
