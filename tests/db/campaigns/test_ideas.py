"""Ideas for campaigns: proposing, voting, and what becomes of them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Idea, Vote
from campaigns.selectors import ideas as selectors
from campaigns.services import ideas
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import channel

pytestmark = pytest.mark.django_db

HTML = "<script>alert(1)</script>"


@pytest.fixture
def pawel() -> User:
    return person("rep", name="Paweł Krawczyk")


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Zielińska")


def proposed(by: User, **more: Any) -> Idea:
    values = {"title": "Webinar for cold stores", "text": "Three customers asked.", "market": "LV"}
    return ideas.propose(by=by, **values | more)


def draft_of(by: User, **more: Any) -> dict[str, Any]:
    return {"name": "Cold stores", "channel": channel(), "owner": by} | more


def test_sales_proposes_too_and_is_the_first_to_vote(pawel: User) -> None:
    idea = proposed(pawel)
    assert proposed(pawel).pk == idea.pk
    assert [vote.by for vote in Vote.objects.all()] == [pawel]
    with pytest.raises(NotAllowed):
        proposed(person("administrator"))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " \x00"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"text": ""}, "text"),
        ({"text": "x" * 5_001}, "text"),
        ({"segment": "x" * 101}, "segment"),
        ({"market": "XX"}, "market"),
    ],
)
def test_what_cannot_be_judged_is_refused(pawel: User, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        proposed(pawel, **more)
    assert refused.value.field == field
    assert not Idea.objects.exists()


def test_everybody_has_one_vote_and_can_take_it_back(pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    for _again in range(2):
        ideas.vote(idea=idea, by=marta)
    assert Vote.objects.filter(idea=idea).count() == 2
    for _again in range(2):
        ideas.take_vote_back(idea=idea, by=marta)
    assert Vote.objects.filter(idea=idea).count() == 1


def test_open_ideas_stand_by_votes_and_pages_hold_each_once(
    pawel: User, marta: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE", 3)
    made = [proposed(pawel, title=f"Idea {number}") for number in range(8)]
    for idea in made[2:5]:
        ideas.vote(idea=idea, by=marta)
    seen, key = [], ""
    while True:
        rows, key = selectors.listed(marta, after=key)
        seen += [row.idea.pk for row in rows]
        if not key:
            break
    first, rest = [one.pk for one in made[4:1:-1]], [one.pk for one in [*made[7:4:-1], *made[1::-1]]]
    assert seen == first + rest


def test_only_its_author_changes_or_withdraws_an_open_idea(pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    with pytest.raises(NotAllowed):
        ideas.edit(idea=idea, by=marta, version=1, title="Mine", text="Mine")
    with pytest.raises(NotAllowed):
        ideas.withdraw(idea=idea, by=marta)
    ideas.edit(idea=idea, by=pawel, version=1, title="Better", text="Why")
    with pytest.raises(Conflict):
        ideas.edit(idea=idea, by=pawel, version=1, title="Older", text="Why")
    assert Idea.objects.get().title == "Better"
    ideas.withdraw(idea=idea, by=pawel)
    with pytest.raises(Conflict):
        ideas.vote(idea=idea, by=marta)
    with pytest.raises(NotAllowed):
        ideas.reopen(idea=idea, by=marta)
    assert ideas.reopen(idea=idea, by=pawel).state == "open"


def test_declined_with_a_reason_that_its_author_reads(pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    with pytest.raises(NotAllowed):
        ideas.decline(idea=idea, by=person("rep"), reason="No")
    with pytest.raises(Invalid):
        ideas.decline(idea=idea, by=marta, reason=" ")
    ideas.decline(idea=idea, by=marta, reason="Freight is too dear.")
    ideas.decline(idea=idea, by=marta, reason="Freight is too dear.")
    told = Notice.objects.get()
    assert (told.recipient, told.kind, told.context["reason"]) == (
        pawel,
        "idea_declined",
        "Freight is too dear.",
    )
    with pytest.raises(Conflict):
        ideas.vote(idea=idea, by=marta)
    assert ideas.reopen(idea=idea, by=marta).state == "open"
    assert Vote.objects.count() == 1


def test_taken_it_is_a_draft_that_names_its_author_once(pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    with pytest.raises(NotAllowed):
        ideas.take(idea=idea, by=pawel, campaign=draft_of(pawel))
    made = ideas.take(idea=idea, by=marta, campaign=draft_of(marta))
    made.refresh_from_db()
    assert (made.state, made.idea) == ("draft", idea)
    told = Notice.objects.get()
    assert (told.recipient, told.kind, told.url) == (pawel, "idea_taken", f"/campaigns/{made.pk}/")
    with pytest.raises(Conflict, match="Cold stores"):
        ideas.take(idea=idea, by=marta, campaign=draft_of(marta, name="Again"))
    assert Campaign.objects.count() == 1


def test_a_draft_that_cannot_be_leaves_the_idea_open(pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    with pytest.raises(Invalid):
        ideas.take(idea=idea, by=marta, campaign=draft_of(marta, name=" "))
    assert Idea.objects.get(pk=idea.pk).state == "open"
    assert not Notice.objects.exists()


# ---------------------------------------------------------------------------------------------- pages


def test_from_a_proposal_to_a_campaign_page_that_credits_it(client: Client, pawel: User, marta: User) -> None:
    client.force_login(pawel)
    sent = client.post("/ideas/new/", {"title": HTML, "text": "Why", "market": "DE", "segment": "Halls"})
    idea = Idea.objects.get()
    assert sent.headers["Location"] == f"/ideas/{idea.pk}/"
    page = client.get(f"/ideas/{idea.pk}/").content.decode()
    assert HTML not in page
    assert "/campaign/" not in page  # not for a rep
    assert client.get(f"/ideas/{idea.pk}/campaign/").status_code == 403
    client.force_login(marta)
    web = channel()
    started = client.get(f"/ideas/{idea.pk}/campaign/").content.decode()
    assert "&lt;script&gt;" in started
    assert 'value="Halls"' in started
    form = {"name": "Halls", "channel": web.pk, "kind": "website", "owner": marta.pk, "market": "DE"}
    assert client.post(f"/ideas/{idea.pk}/campaign/", form | {"name": ""}).status_code == 422
    assert client.post(f"/ideas/{idea.pk}/campaign/", form).status_code == 302
    made = Campaign.objects.get()
    assert "Idea: Paweł Krawczyk" in client.get(f"/campaigns/{made.pk}/").content.decode()
    assert client.post(f"/ideas/{idea.pk}/campaign/", form | {"name": "Twice"}).status_code == 409
    assert client.get("/ideas/?show=taken").context["ideas"][0].campaigns == [made]


@pytest.mark.parametrize(
    "more",
    [
        {"title": ""},
        {"title": "x" * 10_000},
        {"text": "\x00"},
        {"text": "x" * 10_000},
        {"market": "1e400"},
        {"segment": "x" * 10_000},
    ],
)
def test_odd_input_is_refused_and_what_was_typed_stays(
    client: Client, pawel: User, more: dict[str, Any]
) -> None:
    client.force_login(pawel)
    page = client.post("/ideas/new/", {"title": "Kept title", "text": "Kept text", "market": ""} | more)
    assert page.status_code == 422
    assert ("Kept title" in page.content.decode()) or "title" in more
    assert not Idea.objects.exists()


def test_a_vote_by_a_press_and_by_htmx(client: Client, pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    client.force_login(marta)
    url = f"/ideas/{idea.pk}/vote/"
    part = client.post(url, {"for": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-pressed="true"' in part
    assert "<b>2</b>" in part
    assert (
        client.post(url, {"for": "0", "next": "/ideas/?show=open"}).headers["Location"] == "/ideas/?show=open"
    )
    assert (
        client.post(url, {"for": "1", "next": "//elsewhere.example"}).headers["Location"]
        == f"/ideas/{idea.pk}/"
    )
    client.force_login(person("administrator"))
    assert client.post(url, {"for": "1"}).status_code == 403
    assert Vote.objects.count() == 2


def test_a_conflict_keeps_what_was_typed(client: Client, pawel: User, marta: User) -> None:
    idea = proposed(pawel)
    ideas.edit(idea=idea, by=pawel, version=1, title="Elsewhere", text="Why")
    client.force_login(pawel)
    typed = {"title": "Mine", "text": "Why", "market": "", "version": 1}
    page = client.post(f"/ideas/{idea.pk}/edit/", typed)
    assert page.status_code == 409
    assert "Mine" in page.content.decode()
    assert Idea.objects.get().title == "Elsewhere"
    client.force_login(marta)
    assert client.post(f"/ideas/{idea.pk}/edit/", typed | {"version": 2}).status_code == 403
    assert client.post(f"/ideas/{idea.pk}/decline/", {"reason": ""}).status_code == 422
    assert client.post(f"/ideas/{idea.pk}/decline/", {"reason": "Not now"}).status_code == 302
    assert Idea.objects.get().state == "declined"


def test_ideas_that_sound_alike_are_shown_while_typing(client: Client, pawel: User) -> None:
    proposed(pawel)
    client.force_login(pawel)
    assert "Webinar for cold stores" in client.get("/ideas/alike/?title=A+WEBINAR").content.decode()
    for odd in ("", "%00", "a+b+c", "x" * 5_000):
        assert "Webinar" not in client.get(f"/ideas/alike/?title={odd}").content.decode()


def test_the_list_takes_the_same_statements_with_1_and_with_20_ideas(
    client: Client, pawel: User, marta: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/ideas/").status_code == 200
        return len(caught)

    client.force_login(marta)
    proposed(pawel)
    count()
    few = count()
    for number in range(20):
        ideas.vote(idea=proposed(pawel, title=f"Idea {number}"), by=marta)
    assert count() == few


def test_addresses_that_make_no_sense_open_the_list(client: Client, pawel: User) -> None:
    client.force_login(pawel)
    for asked in ("show=x", "after=x", "after=1-" + "9" * 30, "show=taken&after=٣-١"):
        assert client.get(f"/ideas/?{asked}").status_code == 200
    assert client.get("/ideas/999999/").status_code == 404
