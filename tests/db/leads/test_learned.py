"""What sales learned about a lead: tags and words, said, taken back, and kept."""

import pytest

from leads.models import Finding, Lead, LeadEvent, Tag
from leads.services import learned
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import person
from tests.factories.leads import fresh, lead, owner_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(db: None) -> Lead:
    return lead(owner=person("rep"))


@pytest.fixture
def expensive(db: None) -> Tag:
    return Tag.objects.get(key="too_expensive")


def test_a_tag_pressed_twice_is_true_once(mine: Lead, expensive: Tag) -> None:
    rep = owner_of(mine)
    assert learned.tag(lead=mine, tag=expensive, is_on=True, by=rep)
    assert not learned.tag(lead=mine, tag=expensive, is_on=True, by=rep)
    assert Finding.objects.get().by == rep
    event = LeadEvent.objects.get(lead=mine, kind="learned")
    assert (event.before, event.after) == ({}, {"topic": "objection", "tag": "too_expensive"})


def test_a_tag_taken_back_leaves_both_in_the_history(mine: Lead, expensive: Tag) -> None:
    rep = owner_of(mine)
    learned.tag(lead=mine, tag=expensive, is_on=True, by=rep)
    assert learned.tag(lead=mine, tag=expensive, is_on=False, by=rep)
    assert not learned.tag(lead=mine, tag=expensive, is_on=False, by=rep)
    assert not Finding.objects.exists()
    assert LeadEvent.objects.filter(lead=mine, kind="learned").count() == 2


def test_what_is_learned_leaves_the_lead_and_its_version_alone(mine: Lead, expensive: Tag) -> None:
    before = Lead.objects.values().get(pk=mine.pk)
    learned.tag(lead=mine, tag=expensive, is_on=True, by=owner_of(mine))
    learned.say(lead=mine, topic="situation", words="Moves to a new hall", by=owner_of(mine))
    assert Lead.objects.values().get(pk=mine.pk) == before


def test_a_tag_out_of_use_is_not_given_but_can_be_taken_away(mine: Lead, expensive: Tag) -> None:
    learned.tag(lead=mine, tag=expensive, is_on=True, by=owner_of(mine))
    Tag.objects.update(is_active=False)
    other = Tag.objects.get(key="not_now")
    with pytest.raises(Invalid) as refused:
        learned.tag(lead=mine, tag=other, is_on=True, by=owner_of(mine))
    assert refused.value.field == "tag"
    assert Finding.objects.count() == 1
    assert learned.tag(lead=mine, tag=expensive, is_on=False, by=owner_of(mine))


def test_words_replace_the_former_and_nothing_takes_them_back(mine: Lead) -> None:
    rep = owner_of(mine)
    learned.say(lead=mine, topic="need", words=" Two lifts\r\nby May ", by=rep)
    assert Finding.objects.get().words == "Two lifts\nby May"
    learned.say(lead=mine, topic="need", words="Three lifts", by=rep)
    event = LeadEvent.objects.filter(lead=mine).latest("id")
    assert event.before == {"topic": "need", "words": "Two lifts\nby May"}
    assert event.after == {"topic": "need", "words": "Three lifts"}
    learned.say(lead=mine, topic="need", words="  ", by=rep)
    assert not Finding.objects.exists()


def test_the_same_words_again_change_nothing(mine: Lead) -> None:
    assert learned.say(lead=mine, topic="need", words="Two lifts", by=owner_of(mine))
    assert not learned.say(lead=mine, topic="need", words="Two lifts ", by=owner_of(mine))
    assert LeadEvent.objects.filter(lead=mine, kind="learned").count() == 1


def test_words_that_somebody_changed_meanwhile_are_a_conflict_that_names_them(mine: Lead) -> None:
    rep, marketer = owner_of(mine), person("marketer", name="Iga Maj")
    learned.say(lead=mine, topic="need", words="Two lifts", by=rep)
    learned.say(lead=mine, topic="need", words="Three lifts", by=marketer, was="Two lifts")
    with pytest.raises(Conflict, match="Iga Maj") as refused:
        learned.say(lead=mine, topic="need", words="Four lifts", by=rep, was="Two lifts")
    assert refused.value.context["theirs"] == "Three lifts"
    assert Finding.objects.get().words == "Three lifts"
    learned.say(
        lead=mine, topic="need", words="Three lifts", by=rep, was="Two lifts"
    )  # the same: no conflict


@pytest.mark.parametrize("words", ["a\x00b", "\ud800", "x" * 2_001])
def test_words_that_cannot_be_kept_are_refused_at_their_topic(mine: Lead, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        learned.say(lead=mine, topic="need", words=words, by=owner_of(mine))
    assert refused.value.field == "need"
    assert not Finding.objects.exists()


def test_an_unknown_topic_is_refused(mine: Lead) -> None:
    with pytest.raises(Invalid) as refused:
        learned.say(lead=mine, topic="mood", words="Good", by=owner_of(mine))
    assert refused.value.field == "topic"


def test_another_rep_learns_nothing_of_this_lead_and_marketing_may(mine: Lead, expensive: Tag) -> None:
    stranger = person("rep")
    with pytest.raises(NotAllowed):
        learned.tag(lead=mine, tag=expensive, is_on=True, by=stranger)
    with pytest.raises(NotAllowed):
        learned.say(lead=mine, topic="need", words="Two lifts", by=stranger)
    assert not Finding.objects.exists()
    assert not LeadEvent.objects.filter(lead=mine, kind="learned").exists()
    assert learned.tag(lead=mine, tag=expensive, is_on=True, by=person("marketer"))
    assert fresh(mine).version == mine.version
