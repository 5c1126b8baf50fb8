"""Pages of market notes, and what the system itself counts in a market."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.domain.notes import Market
from campaigns.models import Campaign, MarketNote
from campaigns.services import notes
from feedback.models import Evidence
from feedback.selectors.markets import figures_of
from leads.models import Lead, Reason
from leadsync.accounts.models import User
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep(client: Client) -> User:
    made = person("rep", name="Paweł Krawczyk")
    client.force_login(made)
    return made


def made(of: Campaign, **columns: Any) -> None:
    """A lead of that campaign, with these columns."""
    Lead.objects.filter(pk=lead(campaign=of).pk).update(**columns)


def test_figures_of_a_market_count_what_its_links_open(client: Client, rep: User) -> None:
    german = campaign(market="DE")
    price = Reason.objects.get(key="wrong_market")
    now = timezone.now()
    good: dict[str, Any] = {"mark": "qualified", "marked_at": now}
    made(german, stage="won", won_at=now, amount=Decimal(3000), **good)
    made(german, stage="lost", lost_at=now, **good)
    made(campaign(), country="DE", mark="not_a_fit", reason=price, marked_at=now)
    made(german, country="PL")  # its own country wins
    made(german, is_test=True)
    made(german, received_at=now - timedelta(days=400))
    found = figures_of(Market("DE"))
    assert (found.leads, found.marked, found.good, found.won, found.lost) == (3, 3, 2, 1, 1)
    assert (found.good_share, found.win_rate, found.average) == (2 / 3, 0.5, Decimal(3000))
    assert [(one.count, "reason=wrong_market" in one.url) for one in found.reasons] == [(1, True)]
    for name, count in (("leads", 3), ("good", 2), ("won", 1), ("lost", 1)):
        page = client.get(found.urls[name])
        assert len(page.context["page"].rows) == count


def test_a_market_nobody_came_from_has_no_rates() -> None:
    found = figures_of(Market("LI"))
    assert (found.leads, found.good_share, found.win_rate, found.average) == (0, None, None, None)


def test_a_note_is_written_with_the_leads_it_rests_on(client: Client, rep: User) -> None:
    first, second = lead(), lead()
    typed = {
        "country": "DE",
        "stance": "avoid",
        "text": "Too expensive there.",
        "evidence": f"#{first.pk}, http://testserver/leads/{second.pk}/?tab=history",
    }
    assert client.post("/markets/new/", typed).status_code == 302
    note = MarketNote.objects.get()
    assert set(Evidence.objects.filter(note=note).values_list("lead", flat=True)) == {first.pk, second.pk}
    page = client.get("/markets/?country=DE").content.decode()
    assert "Too expensive there." in page
    assert f"/leads/{second.pk}/" in page


def test_the_same_note_sent_twice_is_one_to_answer(client: Client, rep: User) -> None:
    on, owner = lead(), person("marketer")
    campaign(market="DE", owner=owner)
    typed = {"country": "DE", "stance": "avoid", "text": "Too expensive there.", "evidence": f"#{on.pk}"}
    for _time in range(2):
        assert client.post("/markets/new/", typed).status_code == 302
    note = MarketNote.objects.get()
    assert Evidence.objects.filter(note=note).count() == 1
    assert Notice.objects.filter(recipient=owner).count() == 1
    notes.withdraw(note=note, by=rep)
    client.post("/markets/new/", typed)  # said anew after it was withdrawn
    assert MarketNote.objects.count() == 2


@pytest.mark.parametrize("evidence", ["#0", "abc", "#99999999999999999999", "12 13"])
def test_evidence_that_is_no_lead_keeps_what_was_typed_and_writes_nothing(
    client: Client, rep: User, evidence: str
) -> None:
    typed = {"country": "DE", "stance": "avoid", "text": "Too expensive there.", "evidence": evidence}
    page = client.post("/markets/new/", typed)
    assert page.status_code == 422
    assert "Too expensive there." in page.content.decode()
    assert not MarketNote.objects.exists()


def test_two_people_changing_one_note_notice_each_other(client: Client, rep: User) -> None:
    note = notes.write(by=rep, stance="avoid", text="Before", country="DE")
    notes.edit(note=note, by=rep, version=1, stance="avoid", text="Theirs", country="DE")
    typed = {"country": "DE", "stance": "caution", "text": "Mine", "version": 1}
    page = client.post(f"/markets/{note.pk}/", typed)
    assert page.status_code == 409
    assert "Mine" in page.content.decode()
    assert MarketNote.objects.get().text == "Theirs"
    again = client.post(f"/markets/{note.pk}/", typed | {"version": 2})
    assert again.status_code == 302
    assert MarketNote.objects.get().text == "Mine"


def test_a_withdrawn_note_is_kept_to_be_read_and_comes_back(client: Client, rep: User) -> None:
    note = notes.write(by=rep, stance="avoid", text="For a while", country="DE")
    client.post(f"/markets/{note.pk}/withdraw/")
    assert "For a while" not in client.get("/markets/").content.decode()
    assert "For a while" in client.get("/markets/?show=past").content.decode()
    client.post(f"/markets/{note.pk}/withdraw/", {"undo": "1"})
    assert "For a while" in client.get("/markets/").content.decode()


def test_what_is_known_shows_while_a_campaign_is_drafted(client: Client) -> None:
    marta = person("marketer")
    notes.write(by=marta, stance="avoid", text="Too expensive there.", country="DE")
    channel()
    client.force_login(marta)
    assert "Too expensive there." in client.get("/markets/known/?market=DE").content.decode()
    assert "Too expensive there." not in client.get("/markets/known/?market=PL").content.decode()
    assert client.get("/markets/known/?market=<b>&segment=%00").status_code == 200
    refused = client.post("/campaigns/new/", {"market": "DE", "name": ""})
    assert "Too expensive there." in refused.content.decode()
    kept = campaign(market="DE", owner=marta)
    assert "Too expensive there." in client.get(f"/campaigns/{kept.pk}/edit/").content.decode()


def test_the_list_asks_the_same_number_of_questions_for_one_note_and_for_many(
    client: Client, rep: User
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/markets/").status_code == 200
        return len(seen)

    made: list[Lead] = [lead(), lead()]
    for turn in range(2):
        note = notes.write(by=rep, stance="avoid", text=f"One {turn}", country="DE")
        Evidence.objects.create(note=note, lead=made[0], by=rep, at=timezone.now())
    client.get("/markets/")
    few = statements()
    for _turn in range(15):
        note = notes.write(by=person("rep"), stance="caution", text="More", country="FR")
        Evidence.objects.create(note=note, lead=made[1], by=rep, at=timezone.now())
    assert statements() == few
