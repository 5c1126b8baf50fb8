"""The log: what people learned, who may change it, how it is cut and paged."""

from datetime import date, timedelta
from typing import Any

import pytest

from leads.services import merging
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.exchange.domain.light import Quarter
from leadsync.exchange.models import Booking, Entry
from leadsync.exchange.selectors import entries as selectors
from leadsync.exchange.selectors.entries import EntryFilter
from leadsync.exchange.services import entries
from leadsync.privacy.services import erasing
from tests.db.exchange.conftest import NOW
from tests.factories.accounts import person
from tests.factories.leads import fresh, lead

TODAY = date(2026, 2, 10)


def wrote(by: User, partner: User | None, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "kind": "call",
        "on": TODAY,
        "learned": "They ask for delivery first.",
        "at": NOW,
    }
    return entries.write(by=by, partner=partner, **values | more)


def test_a_call_heard_is_written_down_once_however_often_it_is_sent(marta: User, pawel: User) -> None:
    first = wrote(marta, pawel)
    assert wrote(marta, pawel).pk == first.pk
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "lunch"}, "kind"),
        ({"on": TODAY + timedelta(days=1)}, "on"),
        ({"on": TODAY - timedelta(days=400)}, "on"),
        ({"learned": " \x00\n "}, "learned"),
        ({"learned": "x" * 5_001}, "learned"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    marta: User, pawel: User, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        wrote(marta, pawel, **more)
    assert refused.value.field == field
    assert not Entry.objects.exists()


def test_a_call_is_heard_with_somebody_of_sales_and_never_with_oneself(marta: User, pawel: User) -> None:
    for partner in (None, marta, person("marketer"), person("rep", is_active=False)):
        with pytest.raises(Invalid) as refused:
            wrote(marta, partner)
        assert refused.value.field == "partner"
    assert wrote(pawel, person("marketer"), kind="day").kind == "day"
    assert wrote(pawel, None, kind="meeting").partner is None
    assert Entry.objects.count() == 2


def test_the_company_s_today_decides_what_lies_in_the_future(marta: User, pawel: User) -> None:
    late = NOW.replace(hour=23, minute=30)  # 0:30 of the 11th in Warsaw
    assert wrote(marta, pawel, on=date(2026, 2, 11), at=late).on == date(2026, 2, 11)


def test_an_administrator_writes_nothing(pawel: User) -> None:
    with pytest.raises(NotAllowed):
        wrote(person("administrator"), pawel)
    assert not Entry.objects.exists()


def test_an_own_entry_can_be_changed_and_deleted_for_a_day(marta: User, pawel: User) -> None:
    entry = wrote(marta, pawel)
    same: dict[str, Any] = {"kind": "call", "on": TODAY, "partner": pawel}
    almost = NOW + timedelta(hours=23, minutes=59)
    entries.edit(entry=entry, by=marta, learned="Better said.", at=almost, **same)
    assert Entry.objects.get().learned == "Better said."
    with pytest.raises(NotAllowed):
        entries.edit(entry=entry, by=pawel, learned="Mine", at=almost, **same)
    with pytest.raises(NotAllowed):
        entries.remove(entry=entry, by=pawel, at=almost)
    for at in (NOW + timedelta(days=1), NOW + timedelta(days=9)):
        with pytest.raises(Conflict):
            entries.edit(entry=entry, by=marta, learned="Later", at=at, **same)
        with pytest.raises(Conflict):
            entries.remove(entry=entry, by=marta, at=at)
    assert Entry.objects.get().learned == "Better said."
    entries.remove(entry=entry, by=marta, at=almost)
    assert not Entry.objects.exists()


def test_deleted_what_was_booked_for_it_waits_to_be_written_again(marta: User, pawel: User) -> None:
    entry = wrote(marta, pawel)
    booking = Booking.objects.create(
        by=marta, partner=pawel, starts_at=NOW, state="done", entry=entry, revision=2, at=NOW
    )
    entries.remove(entry=entry, by=marta, at=NOW)
    booking.refresh_from_db()
    assert (booking.state, booking.entry, booking.revision) == ("agreed", None, 3)


def test_the_log_is_cut_by_kind_person_quarter_lead_and_words(marta: User, pawel: User) -> None:
    one = lead()
    call = wrote(marta, pawel, lead=one)
    meeting = wrote(pawel, None, kind="meeting", learned="Budget is cut in March.")
    older = wrote(marta, pawel, on=date(2025, 12, 30), learned="Ceiling height decides.")

    def found(**cut: Any) -> list[int]:
        return [entry.pk for entry in selectors.listed(EntryFilter(**cut))[0]]

    assert found() == [meeting.pk, call.pk, older.pk]
    assert found(kind="meeting") == [meeting.pk]
    assert found(person=pawel.pk) == [meeting.pk, call.pk, older.pk]
    assert found(person=marta.pk) == [call.pk, older.pk]
    assert found(quarter=Quarter(2025, 4)) == [older.pk]
    assert found(lead=one.pk) == [call.pk]
    assert found(text="march BUDGET") == [meeting.pk]
    assert found(text="zieli") == [call.pk, older.pk]
    assert found(text="\x00nothing") == []


def test_pages_by_key_hold_every_entry_once_while_new_ones_come(
    marta: User, pawel: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE", 3)
    days = [TODAY - timedelta(days=number // 2) for number in range(8)]
    wanted = {wrote(marta, pawel, on=on, learned=f"Nr {n}").pk for n, on in enumerate(days)}
    seen: list[int] = []
    key = ""
    while True:
        rows, key = selectors.listed(EntryFilter(), key)
        seen += [row.pk for row in rows]
        if not key:
            break
        wrote(marta, pawel, learned=f"New {len(seen)}")
    assert len(seen) == len(set(seen)) == 8
    assert set(seen) == wanted


@pytest.mark.parametrize("key", ["", "x", "20260230-1", "1-1", "20260210-" + "9" * 30, "٢٠٢٦٠٢١٠-1"])
def test_a_key_that_makes_no_sense_is_the_first_page(marta: User, pawel: User, key: str) -> None:
    wrote(marta, pawel)
    assert len(selectors.listed(EntryFilter(), key)[0]) == 1


def test_a_lead_is_found_by_number_and_by_words(marta: User) -> None:
    eva, other = lead(name="Eva Example", company="Halls"), lead(name="Evan Other")
    assert selectors.leads_named(f"#{eva.pk}", marta) == [eva]
    assert selectors.leads_named(f"#{eva.pk} Eva Example", marta) == [eva]
    assert selectors.leads_named("eva", marta) == [other, eva]
    assert selectors.leads_named("halls", marta) == [eva]
    assert selectors.leads_named("#999999999", marta) == []
    assert selectors.leads_named("e", marta) == []


def test_of_merged_leads_the_survivor_has_the_entries_and_undo_gives_them_back(
    marta: User, pawel: User
) -> None:
    stays, goes = lead(owner=pawel), lead(owner=pawel)
    entry = wrote(marta, pawel, lead=goes)
    head = person("head_of_sales")
    merge = merging.merge(survivor=stays, other=goes, by=head)
    assert Entry.objects.get(pk=entry.pk).lead_id == stays.pk
    assert merge is not None


def test_erasing_takes_out_what_was_learned_of_the_lead_and_names_elsewhere(marta: User, pawel: User) -> None:
    gone = lead(owner=pawel, name="Zofia Wrzesińska", email="zofia@halls.example")
    about = wrote(marta, pawel, lead=gone, learned="Zofia Wrzesińska has no budget.")
    named = wrote(marta, pawel, learned="Unlike Zofia Wrzesińska they decide fast.")
    other = wrote(marta, pawel, learned="Nobody is named here.")
    booked = Booking.objects.create(
        by=marta, partner=pawel, starts_at=NOW, at=NOW, note="The talk with Zofia Wrzesińska"
    )
    done = erasing.erase(lead=fresh(gone), by=person("head_of_sales"))
    for row in (about, named, other, booked):
        row.refresh_from_db()
    assert about.learned == "…"
    assert about.lead_id == gone.pk
    assert "Zofia" not in named.learned
    assert "they decide fast" in named.learned
    assert other.learned == "Nobody is named here."
    assert "Zofia" not in booked.note
    assert (done.counts["Entry"], done.counts["Booking"]) == (2, 1)
