"""The lists of reasons and tags: what can be changed, what stays, and their page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from leads.models import Reason, Tag
from leads.selectors import vocabulary as selectors
from leads.services import learned, marking, vocabulary
from leads.services.vocabulary import ReasonData
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import CompanyFactory, person
from tests.factories.leads import TUESDAY, lead, owner_of, reason

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "words"}


@pytest.fixture
def ola(client: Client) -> User:
    CompanyFactory.create()
    found = person("head_of_marketing", name="Ola Nowak")
    client.force_login(found)
    return found


def add(by: User, label: str, **data: Any) -> Reason:
    return vocabulary.add_reason(by=by, data=ReasonData(label=label, **data))


def labels() -> list[str]:
    return [row.word.label for row in selectors.reasons()]


# ---------------------------------------------------------------------------------------------- adding


def test_a_new_reason_stands_before_other_with_a_key_from_its_label(ola: User) -> None:
    made = add(ola, "  Bought   elsewhere ")
    assert (made.label, made.key) == ("Bought elsewhere", "bought_elsewhere")
    assert labels()[-2:] == ["Bought elsewhere", "Other"]


@pytest.mark.parametrize(
    ("label", "key"),
    [("Нет склада", "reason"), ("None", "none_2"), ("Żółw ręczny", "zow_reczny"), ("???", "reason")],
)
def test_a_key_is_made_of_any_label(ola: User, label: str, key: str) -> None:
    assert add(ola, label).key == key


def test_a_key_stays_when_the_label_changes(ola: User) -> None:
    made = add(ola, "Bought elsewhere")
    vocabulary.edit_reason(reason=made, by=ola, data=ReasonData(label="Chose another supplier"))
    made.refresh_from_db()
    assert (made.key, made.label) == ("bought_elsewhere", "Chose another supplier")
    assert add(ola, "Bought elsewhere").key == "bought_elsewhere_2"


def test_a_tag_goes_to_the_end_of_its_topic(ola: User) -> None:
    made = vocabulary.add_tag(by=ola, topic="objection", label="Wants to rent")
    objections = next(one for one in selectors.tag_lists() if one.topic == "objection")
    assert objections.rows[-1].word == made
    with pytest.raises(Invalid):
        vocabulary.add_tag(by=ola, topic="weather", label="Rain")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"label": " "}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"label": "no BUDGET"}, "label"),
        ({"label": "New", "is_for_mark": False, "is_for_loss": False}, "is_for_mark"),
        ({"label": "New", "is_for_mark": False, "is_false_lead": True}, "is_false_lead"),
    ],
)
def test_a_reason_that_cannot_be_used_names_the_field(ola: User, data: dict[str, Any], field: str) -> None:
    before = labels()
    with pytest.raises(Invalid) as refused:
        add(ola, **data)
    assert refused.value.field == field
    assert labels() == before


def test_only_heads_change_the_lists(ola: User) -> None:
    for by in (person("marketer"), person("rep"), person("director"), person("administrator")):
        with pytest.raises(NotAllowed):
            add(by, "New")
        with pytest.raises(NotAllowed):
            vocabulary.switch(word=reason(), by=by, is_active=False)
    assert reason().is_active


# ---------------------------------------------------------------------------------------------- languages


def test_a_stock_reason_saved_as_it_reads_keeps_being_translated(ola: User) -> None:
    with translation.override("pl"):
        read = reason().words
        vocabulary.edit_reason(reason=reason(), by=ola, data=ReasonData(label=read, needs_note=True))
    assert (reason().label, reason().needs_note) == ("No budget", True)
    with translation.override("ru"):
        assert reason().words != reason().label


def test_an_own_label_reads_as_it_was_typed_in_every_language(ola: User) -> None:
    made = add(ola, "Open")  # a word that the product translates elsewhere
    with translation.override("pl"):
        assert made.words == "Open"


# ---------------------------------------------------------------------------------------------- what stays


def test_other_needs_a_note_and_stays(ola: User) -> None:
    with pytest.raises(Invalid) as refused:
        vocabulary.edit_reason(reason=reason("other"), by=ola, data=ReasonData(label="Other"))
    assert refused.value.field == "needs_note"
    with pytest.raises(Invalid):
        vocabulary.switch(word=reason("other"), by=ola, is_active=False)
    with pytest.raises(Invalid):
        vocabulary.remove(word=reason("other"), by=ola)
    assert (reason("other").needs_note, reason("other").is_active) == (True, True)


def test_each_use_keeps_a_reason(ola: User) -> None:
    for one in Reason.objects.exclude(key__in=["other", "no_need"]):
        vocabulary.switch(word=one, by=ola, is_active=False)
    data = ReasonData(label="Other", needs_note=True, is_for_loss=False)
    vocabulary.edit_reason(reason=reason("other"), by=ola, data=data)
    with pytest.raises(Invalid, match="“lost” has to stay"):
        vocabulary.switch(word=reason("no_need"), by=ola, is_active=False)
    with pytest.raises(Invalid, match="“lost” has to stay"):
        vocabulary.edit_reason(
            reason=reason("no_need"), by=ola, data=ReasonData(label="No need", is_for_loss=False)
        )
    assert (reason("no_need").is_active, reason("no_need").is_for_loss) == (True, True)


def test_what_was_used_is_switched_off_and_never_removed(ola: User) -> None:
    made = add(ola, "Bought elsewhere")
    one = lead(owner=person("rep"), at=TUESDAY)
    marking.mark(lead=one, value="not_a_fit", reason=made, by=owner_of(one), version=None, at=TUESDAY)
    with pytest.raises(Conflict):
        vocabulary.remove(word=made, by=ola)
    vocabulary.switch(word=made, by=ola, is_active=False)
    one.refresh_from_db()
    assert one.reason == made
    other = lead(owner=person("rep"), at=TUESDAY)
    with pytest.raises(Invalid):
        marking.mark(
            lead=other,
            value="not_a_fit",
            reason=reason("bought_elsewhere"),
            by=owner_of(other),
            version=None,
            at=TUESDAY,
        )
    with pytest.raises(Invalid, match="out of use"):
        add(ola, "Bought elsewhere")


def test_an_own_word_that_nobody_used_is_removed_and_a_stock_one_is_not(ola: User) -> None:
    vocabulary.remove(word=add(ola, "Typo"), by=ola)
    assert "Typo" not in labels()
    with pytest.raises(Invalid):
        vocabulary.remove(word=Tag.objects.get(key="too_expensive"), by=ola)
    assert Tag.objects.filter(key="too_expensive").exists()


def test_words_change_places_and_stop_at_the_ends(ola: User) -> None:
    first, second = labels()[:2]
    vocabulary.move(word=reason("no_need"), by=ola, is_up=True)
    assert labels()[:2] == [first, second]
    vocabulary.move(word=reason("no_need"), by=ola, is_up=False)
    assert labels()[:2] == [second, first]
    objections = [one.label for one in Tag.objects.filter(topic="objection")]
    vocabulary.move(word=Tag.objects.get(key="too_expensive"), by=ola, is_up=False)
    assert [one.label for one in Tag.objects.filter(topic="objection")][:2] == objections[1::-1]
    assert labels()[:2] == [second, first]


# ---------------------------------------------------------------------------------------------- the page


def test_the_page_says_how_often_a_word_is_used_in_a_fixed_number_of_queries(
    client: Client, ola: User
) -> None:
    def page() -> tuple[str, int]:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            text = client.get(reverse("leads:words")).text
        return text, len(caught)

    _text, with_none = page()
    rep = person("rep")
    for number in range(20):
        one = lead(owner=rep, at=TUESDAY)
        learned.tag(lead=one, tag=Tag.objects.get(key="not_now"), is_on=True, by=rep)
        marking.mark(lead=one, value="not_a_fit", reason=reason(), by=rep, version=None, at=TUESDAY)
        add(ola, f"Own {number}")
    text, with_many = page()
    assert with_many == with_none
    assert f'{reverse("leads:list")}?reason=no_budget">20 leads' in text
    assert selectors.reasons()[1].used == 20


def test_only_heads_see_the_page(client: Client, ola: User) -> None:
    for role, status in (("head_of_sales", 200), ("marketer", 403), ("rep", 403), ("director", 403)):
        client.force_login(person(role))
        assert client.get(reverse("leads:words")).status_code == status


def test_a_reason_is_added_changed_and_moved_without_javascript(client: Client, ola: User) -> None:
    given = {"label": "Bought elsewhere", "is_for_mark": "on"}
    added = client.post(reverse("leads:words_add", args=["reason"]), given)
    made = reason("bought_elsewhere")
    assert added["Location"].endswith(f"#reason-{made.pk}")
    assert (made.is_for_mark, made.is_for_loss) == (True, False)
    form = client.get(reverse("leads:words"), {"edit": f"reason-{made.pk}"}).text
    assert 'value="Bought elsewhere"' in form
    client.post(
        reverse("leads:words_save", args=["reason", made.pk]), {"label": "Renamed", "is_for_loss": "on"}
    )
    client.post(reverse("leads:words_act", args=["reason", made.pk]), {"do": "up"})
    client.post(reverse("leads:words_act", args=["reason", made.pk]), {"do": "off"})
    made.refresh_from_db()
    assert (made.label, made.is_for_mark, made.is_active, labels()[-3]) == (
        "Renamed",
        False,
        False,
        "Renamed",
    )


def test_a_refused_label_comes_back_as_it_was_typed(client: Client, ola: User) -> None:
    answer = client.post(
        reverse("leads:words_add", args=["objection"]), {"label": "Too EXPENSIVE"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert 'value="Too EXPENSIVE"' in answer.text
    assert "is in the list already" in answer.text
    assert "<html" not in answer.text


def test_a_label_is_never_markup(client: Client, ola: User) -> None:
    add(ola, "<script>alert(1)</script>")
    assert "<script>alert" not in client.get(reverse("leads:words")).text


def test_an_unknown_list_word_or_action_is_not_found(client: Client, ola: User) -> None:
    key = reason().pk
    for address in (
        reverse("leads:words_add", args=["weather"]),
        reverse("leads:words_save", args=["reason", 10**12]),
        reverse("leads:words_act", args=["objection", key + 10**6]),
    ):
        assert client.post(address, {"label": "x", "do": "up"}).status_code == 404
    assert client.post(reverse("leads:words_act", args=["reason", key]), {"do": "explode"}).status_code == 404


def test_taking_other_out_of_use_is_refused_with_a_sentence(client: Client, ola: User) -> None:
    answer = client.post(
        reverse("leads:words_act", args=["reason", reason("other").pk]), {"do": "off"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
