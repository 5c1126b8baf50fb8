"""Sales is asked before a campaign goes live, and what is known of its market is answered first."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, MarketNote, NoteAnswer, Review
from campaigns.selectors import notes as faced
from campaigns.selectors.reviews import review_of
from campaigns.services import campaigns, notes, reviews
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Zielińska")


@pytest.fixture
def tomasz() -> User:
    return person("head_of_sales", name="Tomasz Wrona")


@pytest.fixture
def anna() -> User:
    return person("director", name="Anna Maj")


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def move(campaign: Campaign, to: str, by: User, answers: dict[int, str] | None = None) -> Campaign:
    now = fresh(campaign)
    return campaigns.change_state(campaign=now, by=by, to=to, version=now.version, answers=answers)


def the_review(campaign: Campaign) -> Review:
    found = review_of(campaign)
    assert found is not None
    return found


def avoid(by: User, **fields: str) -> MarketNote:
    return notes.write(by=by, **({"stance": "avoid", "text": "Our price is twice theirs."} | fields))


def test_a_campaign_where_sales_knows_the_price_is_too_high_cannot_go_live_unnoticed(
    marta: User, tomasz: User
) -> None:
    note = avoid(person("rep"), country="DE")
    draft = make(state="draft", market="DE", owner=marta)
    with pytest.raises(Invalid) as refused:
        move(draft, "review", marta)
    assert refused.value.context["notes"] == [note.pk]
    assert fresh(draft).state == "draft"
    assert not Review.objects.exists()

    move(draft, "review", marta, {note.pk: "Only halls above 2,000 m² this time."})
    with pytest.raises(Invalid):
        move(draft, "live", marta)
    reviews.object_to(review=the_review(draft), by=tomasz, note="The price list is the old one.")
    with pytest.raises(Invalid) as still:
        move(draft, "live", marta)
    assert "The price list is the old one." in still.value.message
    assert fresh(draft).state == "review"


def test_cleared_by_sales_it_goes_live(marta: User, tomasz: User) -> None:
    draft = make(state="draft", owner=marta)
    move(draft, "review", marta)
    reviews.clear(review=the_review(draft), by=tomasz)
    assert move(draft, "live", marta).state == "live"


def test_only_sales_clears_and_only_the_director_overrules(marta: User, tomasz: User, anna: User) -> None:
    draft = make(state="draft", owner=marta)
    move(draft, "review", marta)
    review = the_review(draft)
    for by in (marta, anna, person("rep")):
        with pytest.raises(NotAllowed):
            reviews.clear(review=review, by=by)
    with pytest.raises(Invalid):
        reviews.overrule(review=review, by=anna, note="Nobody objected yet.")
    reviews.object_to(review=review, by=tomasz, note="Too early.")
    with pytest.raises(NotAllowed):
        reviews.overrule(review=review, by=tomasz, note="I changed my mind.")
    with pytest.raises(Invalid):
        reviews.overrule(review=review, by=anna, note="  ")
    reviews.overrule(review=review, by=anna, note="We try it with 20 leads.")
    assert move(draft, "live", marta).state == "live"
    with pytest.raises(Conflict):
        reviews.object_to(review=review, by=tomasz, note="Once more.")


def test_an_objection_needs_a_reason(marta: User, tomasz: User) -> None:
    draft = make(state="draft", owner=marta)
    move(draft, "review", marta)
    with pytest.raises(Invalid) as refused:
        reviews.object_to(review=the_review(draft), by=tomasz, note=" ")
    assert refused.value.field == "note"
    assert the_review(draft).state == "asked"


def test_a_live_campaign_that_goes_to_another_market_is_under_review_again(marta: User, tomasz: User) -> None:
    draft = make(state="draft", market="PL", owner=marta)
    move(draft, "review", marta)
    reviews.clear(review=the_review(draft), by=tomasz)
    live = move(draft, "live", marta)
    edited = campaigns.edit(campaign=live, by=marta, version=live.version, changes={"market": "DE"})
    assert edited.state == "review"
    assert the_review(edited).state == "asked"
    with pytest.raises(Invalid):
        move(edited, "live", marta)
    now = fresh(edited)
    with pytest.raises(Invalid):
        campaigns.take_back(campaign=now, by=marta, version=now.version)


@pytest.mark.parametrize("was_asked", [True, False])
@pytest.mark.parametrize("changed", [{"market": "DE"}, {"segment": "Hospitals"}, {"market": ""}])
def test_no_way_back_leads_to_a_market_that_sales_was_not_asked_about(
    marta: User, tomasz: User, was_asked: bool, changed: dict[str, str]
) -> None:
    """Stopped or a draft again nobody is asked about a change of market: neither does undoing that step forget to."""
    live = make(state="draft" if was_asked else "live", market="PL", owner=marta)
    if was_asked:
        move(live, "review", marta)
        reviews.clear(review=the_review(live), by=tomasz)
        back = move(live, "draft", marta)
        there = campaigns.edit(campaign=back, by=marta, version=back.version, changes=changed)
        with pytest.raises(Invalid):
            campaigns.take_back(campaign=there, by=marta, version=there.version)
        Campaign.objects.filter(pk=live.pk).update(state="review")  # however it came there
        with pytest.raises(Invalid):
            move(live, "live", marta)
        home = fresh(live)
        campaigns.edit(campaign=home, by=marta, version=home.version, changes={"market": "PL", "segment": ""})
        reviews.clear(review=the_review(live), by=tomasz)
        move(live, "live", marta)
    stopped = move(live, "stopped", marta)
    moved = campaigns.edit(campaign=stopped, by=marta, version=stopped.version, changes=changed)
    with pytest.raises(Invalid, match="Sales has not cleared"):
        campaigns.take_back(campaign=moved, by=marta, version=moved.version)
    assert fresh(live).state == "stopped"
    home = fresh(live)
    again = campaigns.edit(
        campaign=home, by=marta, version=home.version, changes={"market": "PL", "segment": ""}
    )
    assert campaigns.take_back(campaign=again, by=marta, version=again.version).state == "live"


def test_other_changes_of_a_live_campaign_ask_nobody(marta: User) -> None:
    live = make(market="PL", segment="Pet shops", owner=marta)
    after = campaigns.edit(
        campaign=live, by=marta, version=1, changes={"segment": " pet  shops", "offer": "A free test"}
    )
    assert after.state == "live"
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("about", "market", "is_faced"),
    [
        ({"country": "DE"}, {"market": "DE"}, True),
        ({"country": "DE"}, {"market": "PL"}, False),
        ({"country": "DE"}, {}, True),  # saying less does not help
        ({"segment": "Pet shops"}, {"segment": "pet  SHOPS"}, True),
        ({"segment": "Pet shops"}, {"segment": "Garages"}, False),
        ({"country": "DE", "segment": "Pet shops"}, {"market": "DE", "segment": "Garages"}, False),
        ({"country": "DE", "segment": "Pet shops"}, {"market": "DE"}, True),
    ],
)
def test_which_notes_a_campaign_faces(
    marta: User, about: dict[str, str], market: dict[str, str], is_faced: bool
) -> None:
    note = avoid(marta, **about)
    found = faced.faced_by(make(state="draft", **market))
    assert [one.note for one in found] == ([note] if is_faced else [])


def test_a_chance_needs_no_answer_and_a_note_that_is_over_none_either(marta: User) -> None:
    notes.write(by=marta, stance="chance", text="They have a fair in May.", country="DE")
    over = avoid(marta, country="DE")
    MarketNote.objects.filter(pk=over.pk).update(valid_until_on=timezone.localdate() - timedelta(days=1))
    withdrawn = avoid(marta, country="DE")
    notes.withdraw(note=withdrawn, by=marta)
    draft = make(state="draft", market="DE", owner=marta)
    assert move(draft, "review", marta).state == "review"


def test_a_note_counts_on_its_last_day(marta: User) -> None:
    note = avoid(marta, country="DE")
    MarketNote.objects.filter(pk=note.pk).update(valid_until_on=date(2026, 11, 20))
    draft = make(state="draft", market="DE")
    assert faced.faced_by(draft, date(2026, 11, 20))
    assert not faced.faced_by(draft, date(2026, 11, 21))


def test_a_note_that_says_something_else_is_answered_anew(marta: User) -> None:
    note = avoid(marta, country="DE")
    draft = make(state="draft", market="DE", owner=marta)
    notes.answer(campaign=draft, answers={note.pk: "Other products."}, by=marta)
    notes.edit(note=note, by=marta, version=1, stance="avoid", text="Nobody answers there.", country="DE")
    assert not NoteAnswer.objects.exists()
    with pytest.raises(Invalid):
        move(draft, "review", marta)


def test_owners_of_campaigns_there_hear_of_a_new_note_but_not_of_a_chance(marta: User) -> None:
    make(market="DE", owner=marta, name="Hamburg")
    make(market="PL", owner=marta, name="Gdańsk")
    notes.write(by=person("rep"), stance="chance", text="A fair.", country="DE")
    assert not Notice.objects.filter(kind="market_note").exists()
    avoid(person("rep"), country="DE")
    told = Notice.objects.get(kind="market_note")
    assert (told.recipient, told.context["campaign"]) == (marta, "Hamburg")


def test_sales_is_told_of_the_review_and_marketing_of_the_answer(marta: User, tomasz: User) -> None:
    draft = make(state="draft", owner=marta)
    move(draft, "review", marta)
    assert Notice.objects.get(kind="review_asked").recipient == tomasz
    reviews.object_to(review=the_review(draft), by=tomasz, note="Too early.")
    assert Notice.objects.get(kind="review_decided").recipient == marta


def test_somebody_elses_note_is_not_changed(marta: User, tomasz: User) -> None:
    note = avoid(person("rep"), country="DE")
    with pytest.raises(NotAllowed):
        notes.withdraw(note=note, by=marta)
    notes.withdraw(note=note, by=tomasz)
    with pytest.raises(Conflict):
        notes.edit(note=note, by=tomasz, version=2, stance="chance", text="x", country="DE")


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"country": "", "segment": ""}, "country"),
        ({"country": "XX"}, "country"),
        ({"country": "DE", "text": " \x00 "}, "text"),
        ({"country": "DE", "stance": "hm"}, "stance"),
        ({"segment": "s" * 101}, "segment"),
    ],
)
def test_a_note_that_cannot_be_used_says_where(marta: User, fields: dict[str, str], where: str) -> None:
    with pytest.raises(Invalid) as refused:
        avoid(marta, **fields)
    assert refused.value.field == where


def test_the_page_keeps_what_was_typed_when_one_answer_is_missing(client: Client, marta: User) -> None:
    first, second = avoid(marta, country="DE"), avoid(marta, country="DE", text="Nobody answers.")
    draft = make(state="draft", market="DE", owner=marta)
    client.force_login(marta)
    page = client.post(
        f"/campaigns/{draft.pk}/state/",
        {"version": 1, "to": "review", f"answer_{first.pk}": "Bigger halls only.", f"answer_{second.pk}": ""},
    )
    assert page.status_code == 422
    assert "Bigger halls only." in page.content.decode()
    assert fresh(draft).state == "draft"


def test_the_whole_way_over_the_pages(client: Client, marta: User, tomasz: User, anna: User) -> None:
    note = avoid(tomasz, country="DE")
    draft = make(state="draft", market="DE", owner=marta)
    url = f"/campaigns/{draft.pk}/"
    client.force_login(marta)
    assert "Our price is twice theirs." in client.get(url).content.decode()
    asked = client.post(
        f"{url}state/", {"version": 1, "to": "review", f"answer_{note.pk}": "Another price list."}
    )
    assert asked.status_code == 302
    client.force_login(tomasz)
    assert "Another price list." in client.get(url).content.decode()
    review = the_review(draft)
    said = client.post(f"{url}review/", {"review": review.pk, "do": "object", "note": ""})
    assert said.status_code == 422
    assert client.post(
        f"{url}review/", {"review": review.pk, "do": "object", "note": "Still too high"}
    ).status_code == 302  # fmt: skip
    client.force_login(anna)
    over = client.post(
        f"{url}review/", {"review": review.pk, "do": "overrule", "note": "Twenty leads, no more"}
    )
    assert over.status_code == 302
    client.force_login(marta)
    assert "Twenty leads, no more" in client.get(url).content.decode()
    assert client.post(f"{url}state/", {"version": fresh(draft).version, "to": "live"}).status_code == 302
    assert fresh(draft).state == "live"


@pytest.mark.parametrize(
    "typed", [{}, {"do": "clear"}, {"do": "clear", "review": "²"}, {"do": "x", "review": 1}]
)
def test_a_review_that_is_not_there_is_a_conflict(
    client: Client, tomasz: User, typed: dict[str, str]
) -> None:
    client.force_login(tomasz)
    assert client.post(f"/campaigns/{make(state='review').pk}/review/", typed).status_code == 409
