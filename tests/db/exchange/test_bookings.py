"""Booking a colleague: asked, agreed, moved, declined, cancelled, written down; and when both are free."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.exchange.models import Booking, Entry
from leadsync.exchange.selectors import bookings as selectors
from leadsync.exchange.services import bookings
from leadsync.notices.models import Notice
from tests.db.exchange.conftest import NOW
from tests.factories.accounts import AbsenceFactory, HoursFactory, person
from tests.factories.leads import lead

TOMORROW = NOW + timedelta(days=1)
HOUR = timedelta(hours=1)


def asked(by: User, partner: User, **more: Any) -> Booking:
    return bookings.ask(by=by, partner=partner, **{"starts_at": TOMORROW, "at": NOW} | more)


def told(to: User) -> list[str]:
    return list(Notice.objects.filter(recipient=to).order_by("pk").values_list("kind", flat=True))


def test_asked_and_agreed_it_stands_in_both_calendars(marta: User, pawel: User) -> None:
    made = asked(marta, pawel, note="A first call, please.")
    assert (made.state, made.revision) == ("asked", 0)
    assert told(pawel) == ["booking_asked"]
    agreed = bookings.agree(booking=made, by=pawel, revision=0, at=NOW)
    assert (agreed.state, agreed.revision, agreed.answered_at) == ("agreed", 1, NOW)
    assert told(marta) == ["booking_agreed"]
    assert bookings.agree(booking=made, by=pawel, at=NOW).revision == 1
    assert told(marta) == ["booking_agreed"]


def test_the_same_request_sent_twice_is_one(marta: User, pawel: User) -> None:
    assert asked(marta, pawel).pk == asked(marta, pawel).pk
    assert Booking.objects.count() == Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"starts_at": NOW}, "starts_at"),
        ({"starts_at": NOW + timedelta(days=400)}, "starts_at"),
        ({"minutes": 4}, "minutes"),
        ({"minutes": 100_000}, "minutes"),
        ({"kind": "lunch"}, "kind"),
        ({"note": "x" * 301}, "note"),
    ],
)
def test_a_time_that_cannot_be_is_refused(marta: User, pawel: User, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(marta, pawel, **more)
    assert refused.value.field == field
    assert not Booking.objects.exists()
    assert not Notice.objects.exists()


def test_a_call_is_booked_with_who_calls_leads(marta: User, pawel: User) -> None:
    with pytest.raises(Invalid):
        asked(pawel, marta)
    assert asked(pawel, marta, kind="day", minutes=480).kind == "day"
    with pytest.raises(NotAllowed):
        asked(person("administrator"), pawel)


def test_nobody_is_booked_who_is_away_or_has_agreed_to_something_else(marta: User, pawel: User) -> None:
    AbsenceFactory.create(person=pawel, starts_on=date(2026, 2, 12), ends_on=date(2026, 2, 13))
    with pytest.raises(Conflict, match="Paweł Krawczyk"):
        asked(marta, pawel, starts_at=NOW + timedelta(days=2))
    bookings.agree(booking=asked(marta, pawel), by=pawel, at=NOW)
    olga = person("marketer")
    with pytest.raises(Conflict, match="Paweł Krawczyk"):
        asked(olga, pawel, starts_at=TOMORROW + timedelta(minutes=59))
    assert asked(olga, pawel, starts_at=TOMORROW + HOUR).state == "asked"
    assert Booking.objects.count() == 2


def test_of_two_asked_for_one_time_the_first_agreed_wins(marta: User, pawel: User) -> None:
    olga = person("marketer")
    first, second = asked(marta, pawel), asked(olga, pawel)
    bookings.agree(booking=second, by=pawel, at=NOW)
    with pytest.raises(Conflict):
        bookings.agree(booking=first, by=pawel, at=NOW)
    first.refresh_from_db()
    assert (first.state, first.revision) == ("asked", 0)


def test_declined_with_a_reason(marta: User, pawel: User) -> None:
    made = asked(marta, pawel)
    with pytest.raises(Invalid):
        bookings.decline(booking=made, by=pawel, reason=" ", at=NOW)
    with pytest.raises(NotAllowed):
        bookings.decline(booking=made, by=marta, reason="No", at=NOW)
    declined = bookings.decline(booking=made, by=pawel, reason="Stocktaking", at=NOW)
    assert (declined.state, declined.reason, declined.revision) == ("declined", "Stocktaking", 1)
    assert told(marta) == ["booking_declined"]
    bookings.decline(booking=made, by=pawel, reason="Stocktaking", at=NOW)
    assert told(marta) == ["booking_declined"]


def test_another_time_is_answered_by_the_other_one(marta: User, pawel: User) -> None:
    made = asked(marta, pawel)
    moved = bookings.propose(booking=made, by=pawel, starts_at=TOMORROW + HOUR, revision=0, at=NOW)
    assert (moved.state, moved.is_counter, moved.revision) == ("asked", True, 1)
    assert told(marta) == ["booking_moved"]
    with pytest.raises(NotAllowed):
        bookings.agree(booking=made, by=pawel, at=NOW)
    with pytest.raises(Conflict):
        bookings.agree(booking=made, by=marta, revision=0, at=NOW)  # saw the first time
    agreed = bookings.agree(booking=made, by=marta, revision=1, at=NOW)
    assert (agreed.state, agreed.starts_at) == ("agreed", TOMORROW + HOUR)
    # Agreed, it can still be moved; then the other one answers again.
    again = bookings.propose(booking=made, by=marta, starts_at=TOMORROW + 2 * HOUR, at=NOW)
    assert (again.state, again.is_counter, again.revision) == ("asked", False, 3)
    assert again.answered_at is None
    assert bookings.propose(booking=made, by=marta, starts_at=TOMORROW + 2 * HOUR, at=NOW).revision == 3


def test_either_cancels_and_the_other_one_hears_of_it(marta: User, pawel: User) -> None:
    made = asked(marta, pawel)
    bookings.agree(booking=made, by=pawel, at=NOW)
    gone = bookings.cancel(booking=made, by=pawel, reason="A customer comes", at=NOW)
    assert (gone.state, gone.revision) == ("cancelled", 2)
    assert told(marta) == ["booking_agreed", "booking_cancelled"]
    assert bookings.cancel(booking=made, by=marta, at=NOW).revision == 2
    for refused in (
        lambda: bookings.agree(booking=made, by=pawel, at=NOW),
        lambda: bookings.propose(booking=made, by=pawel, starts_at=TOMORROW + HOUR, at=NOW),
    ):
        with pytest.raises(Conflict):
            refused()


def test_who_is_not_part_of_it_finds_nothing(marta: User, pawel: User) -> None:
    made, stranger = asked(marta, pawel), person("head_of_sales")
    for refused in (
        lambda: bookings.agree(booking=made, by=stranger, at=NOW),
        lambda: bookings.cancel(booking=made, by=stranger, at=NOW),
        lambda: bookings.write_down(booking=made, by=stranger, learned="x", at=NOW),
    ):
        with pytest.raises(NotFound):
            refused()
    made.refresh_from_db()
    assert made.state == "asked"


def test_after_its_time_what_was_learned_becomes_an_entry(marta: User, pawel: User) -> None:
    made, one = asked(marta, pawel), lead()
    with pytest.raises(Conflict):
        bookings.write_down(booking=made, by=marta, learned="Too early", at=TOMORROW + HOUR)  # not agreed
    bookings.agree(booking=made, by=pawel, at=NOW)
    with pytest.raises(Conflict):
        bookings.write_down(booking=made, by=marta, learned="Too early", at=NOW)
    with pytest.raises(NotAllowed):
        bookings.write_down(booking=made, by=pawel, learned="Not mine", at=TOMORROW + HOUR)
    entry = bookings.write_down(
        booking=made, by=marta, learned="Delivery first.", lead=one, at=TOMORROW + HOUR
    )
    assert (entry.kind, entry.on, entry.partner, entry.lead) == ("call", date(2026, 2, 11), pawel, one)
    made.refresh_from_db()
    assert (made.state, made.entry, made.revision) == ("done", entry, 2)
    assert bookings.write_down(booking=made, by=marta, learned="Twice", at=TOMORROW + HOUR) == entry
    assert Entry.objects.count() == 1


def test_a_time_that_is_over_cannot_be_agreed_to_but_moved(marta: User, pawel: User) -> None:
    made = asked(marta, pawel)
    later = TOMORROW + HOUR
    with pytest.raises(Conflict):
        bookings.agree(booking=made, by=pawel, at=later)
    moved = bookings.propose(booking=made, by=marta, starts_at=TOMORROW + timedelta(days=1), at=later)
    assert (moved.state, moved.is_counter) == ("asked", False)


# ---------------------------------------------------------------------------------------------- free times


def test_three_times_at_which_both_work_and_nothing_is_booked(marta: User, pawel: User) -> None:
    HoursFactory.create(person=pawel, weekday=2, opens=720, closes=900)  # on Wednesday, 12:00 to 15:00
    HoursFactory.create(person=pawel, weekday=4)
    AbsenceFactory.create(person=marta, starts_on=date(2026, 2, 13), ends_on=date(2026, 2, 13))  # that Friday
    bookings.agree(
        booking=asked(person("marketer"), pawel, starts_at=datetime(2026, 2, 11, 11, 0, tzinfo=UTC)),
        by=pawel,
        at=NOW,
    )
    found = selectors.free_slots(marta, pawel, now=NOW)
    assert [one.isoformat() for one in found] == [
        "2026-02-11T12:00:00+00:00",  # after what is booked until 13:00
        "2026-02-18T13:00:00+00:00",
        "2026-02-20T10:30:00+00:00",
    ]


def test_free_times_take_the_same_statements_with_1_and_with_20_bookings(marta: User, pawel: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            selectors.free_slots(marta, pawel, now=NOW)
            selectors.mine(marta, now=NOW)
        return len(caught)

    asked(marta, pawel)
    count()
    few = count()
    for number in range(20):
        asked(marta, pawel, starts_at=TOMORROW + number * HOUR, minutes=30)
    assert count() == few <= 7


def test_whose_turn_it_is(marta: User, pawel: User) -> None:
    made = asked(marta, pawel)
    assert (selectors.counted(marta), selectors.counted(pawel)) == (0, 1)
    bookings.propose(booking=made, by=pawel, starts_at=TOMORROW + HOUR, at=NOW)
    assert (selectors.counted(marta), selectors.counted(pawel)) == (1, 0)
    view = selectors.mine(marta, now=NOW)[0]
    assert (view.is_to_answer, view.may_agree, view.other) == (True, True, pawel)
