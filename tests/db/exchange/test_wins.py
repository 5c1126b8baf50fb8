"""Wins follow the leads; applause; the weekly mail."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from leads.services import merging, outcomes, unmerging
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.exchange.models import Applause, Win
from leadsync.exchange.selectors import wins as selectors
from leadsync.exchange.services import digest, wins
from leadsync.notices import choices
from leadsync.notices.models import Message, News, Notice
from tests.db.exchange.conftest import NOW
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead

MONDAY = datetime(2026, 2, 16, 7, 5, tzinfo=UTC)  # 8:05 in Warsaw, the week after NOW
DAY = timedelta(days=1)


def won(marta: User, pawel: User, *, amount: int = 1_000, at: datetime = NOW, **more: Any) -> Lead:
    """A lead of Marta's campaign that Paweł has won."""
    found = lead(owner=pawel, campaign=campaign(owner=marta), at=at - 9 * DAY)
    outcomes.win(lead=found, by=pawel, amount=Decimal(amount), at=at, **more)
    return fresh(found)


def shown(person: User) -> list[int]:
    return [one.win.lead_id for one in selectors.wall(person)[0]]


def test_a_won_lead_is_a_win_that_names_who_brought_and_who_closed_it(marta: User, pawel: User) -> None:
    found = won(marta, pawel)
    assert wins.keep(at=NOW) == 1
    assert wins.keep(at=NOW) == 0
    win = Win.objects.get()
    assert (win.lead_id, win.bringer, win.closer, win.won_at, win.at) == (found.pk, marta, pawel, NOW, NOW)
    one = selectors.wall(marta)[0][0]
    assert (one.days, one.is_own, one.applause) == (9, True, [])


def test_who_notes_the_sale_for_a_colleague_is_the_closer(marta: User, pawel: User) -> None:
    head = person("head_of_sales")
    found = lead(owner=pawel, campaign=campaign(owner=marta), at=NOW - DAY)
    outcomes.win(lead=found, by=head, amount=Decimal(1), at=NOW)
    wins.keep(at=NOW)
    assert Win.objects.get().closer == head


def test_taken_back_it_is_gone_and_won_again_it_is_the_same_row_with_newer_names(
    marta: User, pawel: User
) -> None:
    found = won(marta, pawel, on=date(2026, 2, 9))
    wins.keep(at=NOW)
    before = Win.objects.get()
    outcomes.take_win_back(lead=found, by=pawel, at=NOW + timedelta(minutes=5))
    wins.keep(at=NOW)
    assert shown(marta) == []
    head = person("head_of_sales")
    again = NOW + timedelta(hours=1)
    outcomes.win(lead=fresh(found), by=head, amount=Decimal(5), on=date(2026, 2, 9), at=again)
    wins.keep(at=again)
    win = Win.objects.get()
    # The day is the same: only the event says that it was noted anew.
    assert (win.pk, win.won_at, win.closer, win.at) == (before.pk, before.won_at, head, again)
    assert shown(marta) == [found.pk]


def test_a_corrected_day_moves_it_and_changes_no_names(marta: User, pawel: User) -> None:
    found = won(marta, pawel)
    wins.keep(at=NOW)
    found.campaign.owner = person("marketer")
    found.campaign.save()
    outcomes.change_win(lead=found, by=pawel, amount=Decimal(7), on=date(2026, 2, 5), at=NOW + DAY)
    wins.keep(at=NOW + DAY)
    win = Win.objects.get()
    assert win.won_at == datetime(2026, 2, 5, 11, 0, tzinfo=UTC)
    assert (win.bringer, win.closer, win.at) == (marta, pawel, NOW)


def test_test_leads_and_old_history_make_no_win(marta: User, pawel: User) -> None:
    for columns in (
        {"is_test": True},
        {"is_history": True, "won_at": NOW - 31 * DAY},
        {"is_history": True, "won_at": NOW - 29 * DAY},
    ):
        Lead.objects.filter(pk=won(marta, pawel).pk).update(**columns)
    wins.keep(at=NOW)
    assert [one.won_at for one in Win.objects.all()] == [NOW - 29 * DAY]


def test_merged_there_is_one_win_with_all_the_applause_and_undo_gives_both_back(
    marta: User, pawel: User
) -> None:
    stays, goes = won(marta, pawel), won(marta, pawel, amount=9)
    wins.keep(at=NOW)
    iga, anna = person("rep"), person("director")
    for one, by in ((stays, iga), (goes, iga), (goes, anna)):
        wins.applaud(lead=one, by=by, at=NOW)
    merge = merging.merge(survivor=fresh(stays), other=fresh(goes), by=person("head_of_sales"))
    wins.keep(at=NOW)
    assert shown(marta) == [stays.pk]
    assert {one.by for one in Applause.objects.filter(lead=stays)} == {iga, anna}
    unmerging.undo(merge=merge, by=merge.by)
    wins.keep(at=NOW)
    assert set(shown(marta)) == {stays.pk, goes.pk}
    assert Applause.objects.count() == 3


def test_the_company_is_told_of_a_sale_once(marta: User, pawel: User) -> None:
    won(marta, pawel)
    wins.keep(at=NOW)
    assert [one.kind for one in News.objects.all()] == ["lead_won"]
    assert [(one.kind, one.recipient) for one in Notice.objects.filter(kind__contains="w")] == [
        ("lead_won", marta)
    ]


# ---------------------------------------------------------------------------------------------- applause


def test_applause_is_once_a_person_and_can_be_taken_back(marta: User, pawel: User) -> None:
    found, iga = won(marta, pawel), person("rep", name="Iga Mazur")
    wins.keep(at=NOW)
    for _again in range(2):
        wins.applaud(lead=found, by=iga, at=NOW)
    one = selectors.win_of(found.pk, iga)
    assert one is not None
    assert (one.names, one.is_applauded) == ("Iga Mazur", True)
    for _again in range(2):
        wins.take_applause_back(lead=found, by=iga)
    assert not Applause.objects.exists()


def test_nobody_applauds_what_is_their_own_no_longer_won_or_no_win(marta: User, pawel: User) -> None:
    found, iga = won(marta, pawel), person("rep")
    with pytest.raises(NotFound):
        wins.applaud(lead=found, by=iga)
    wins.keep(at=NOW)
    for named in (marta, pawel):
        with pytest.raises(Invalid):
            wins.applaud(lead=found, by=named)
    with pytest.raises(NotAllowed):
        wins.applaud(lead=found, by=person("administrator"))
    outcomes.take_win_back(lead=found, by=pawel, at=NOW)
    with pytest.raises(Conflict):
        wins.applaud(lead=found, by=iga)
    assert not Applause.objects.exists()


def test_the_wall_takes_the_same_statements_with_1_and_with_20_wins(marta: User, pawel: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            selectors.wall(marta)
        return len(caught)

    first = won(marta, pawel)
    wins.keep(at=NOW)
    wins.applaud(lead=first, by=person("rep"), at=NOW)
    count()
    few = count()
    for number in range(20):
        found = won(marta, pawel, at=NOW + timedelta(minutes=number))
        wins.keep(at=NOW)
        wins.applaud(lead=found, by=person("rep"), at=NOW)
    assert count() == few <= 7


def test_pages_of_the_wall_hold_every_win_once(
    marta: User, pawel: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE", 3)
    leads = [won(marta, pawel, at=NOW - (number // 2) * DAY).pk for number in range(7)]
    wins.keep(at=NOW)
    seen, key = [], ""
    while True:
        rows, key = selectors.wall(marta, key)
        seen += [one.win.lead_id for one in rows]
        if not key:
            break
    assert len(seen) == 7
    assert set(seen) == set(leads)
    for odd in ("x", "1-", "9" * 18 + "-1", "٣-١"):
        assert len(selectors.wall(marta, odd)[0]) <= 3


# ---------------------------------------------------------------------------------------------- the mail


def ran_before() -> None:
    """The worker has been here in the week before: this is no fresh installation."""
    digest.write(at=MONDAY - 7 * DAY)


def test_the_wins_of_the_week_go_to_everybody_who_wants_them_once(marta: User, pawel: User) -> None:
    stopped = person("rep")
    person("rep", is_active=False)
    choices.choose(by=stopped, sort="wins", is_wanted=False)
    ran_before()
    found = won(marta, pawel, amount=12_000)
    Lead.objects.filter(pk=found.pk).update(name="Eva Example", company="Halls <b>")
    owner = found.campaign.owner
    assert digest.write(at=MONDAY - timedelta(minutes=6)) == 0  # 7:59
    written = digest.write(at=MONDAY)
    messages = {one.recipient_id: one for one in Message.objects.filter(sort="wins")}
    assert written == len(messages)
    assert {marta.pk, pawel.pk, owner.pk} <= messages.keys()
    assert stopped.pk not in messages
    words = messages[marta.pk].body
    for said in ("1 win last week, €12,000", "Eva Example, Halls <b>", marta.name, pawel.name):
        assert said in words
    assert "Halls &lt;b&gt;" in messages[marta.pk].body_html
    assert digest.write(at=MONDAY + timedelta(minutes=1)) == 0
    assert digest.write(at=MONDAY + DAY) == 0
    assert Message.objects.filter(sort="wins").count() == written
    assert not mail.outbox


def test_no_mail_in_a_week_without_a_win(marta: User, pawel: User) -> None:
    ran_before()
    assert digest.write(at=MONDAY) == 0
    assert not Message.objects.exists()


def test_a_sale_of_friday_that_is_noted_on_monday_is_in_the_next_mail(marta: User, pawel: User) -> None:
    ran_before()
    won(marta, pawel, at=MONDAY + timedelta(hours=3), on=date(2026, 2, 13))
    assert digest.write(at=MONDAY + timedelta(hours=4)) == 0
    assert digest.write(at=MONDAY + 7 * DAY) > 0


def test_a_fresh_installation_begins_with_the_next_week(marta: User, pawel: User) -> None:
    won(marta, pawel)
    assert digest.write(at=MONDAY + DAY) == 0
    assert not Message.objects.exists()
