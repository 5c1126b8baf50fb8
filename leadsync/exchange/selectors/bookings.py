"""What people booked with each other, and when two of them are free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from leadsync.accounts.models import User
from leadsync.accounts.selectors import calendars_for, company
from leadsync.core import db
from leadsync.exchange.domain import rules, slots
from leadsync.exchange.domain.slots import Span
from leadsync.exchange.models import Booking

SHOWN = 50
State = Booking.StateChoices
LONGEST = timedelta(minutes=rules.LONGEST_MINUTES)


def bookings() -> QuerySet[Booking]:
    """All bookings with both people at hand."""
    return Booking.objects.select_related("by", "partner")


def of_person(person: User) -> Q:
    """Bookings that this person is part of."""
    return Q(by=person) | Q(partner=person)


@dataclass(frozen=True, slots=True)
class BookingView:
    """One booking as one of its two people sees it."""

    booking: Booking
    person: User
    now: datetime

    @property
    def other(self) -> User:
        return self.booking.partner if self.booking.by_id == self.person.pk else self.booking.by

    @property
    def ends_at(self) -> datetime:
        return self.booking.starts_at + timedelta(minutes=self.booking.minutes)

    @property
    def is_past(self) -> bool:
        return rules.is_past(self.booking.starts_at, self.now)

    @property
    def is_mine(self) -> bool:
        """Asked for by this person, who writes down what was learned."""
        return self.booking.by_id == self.person.pk

    @property
    def is_to_answer(self) -> bool:
        """It is this person's turn to agree."""
        return self.booking.state == State.ASKED and self.person.pk == answerer_id(self.booking)

    @property
    def may_agree(self) -> bool:
        return self.is_to_answer and not self.is_past

    @property
    def may_propose(self) -> bool:
        """Another time: whoever is asked, and either while it is agreed and to come."""
        if self.booking.state == State.AGREED:
            return not self.is_past
        return self.booking.state == State.ASKED and (self.is_to_answer or self.is_past)

    @property
    def may_cancel(self) -> bool:
        return self.booking.state in {State.ASKED, State.AGREED} and not (
            self.is_to_answer and not self.is_past
        )

    @property
    def may_write(self) -> bool:
        """Its time has come: what was learned can be written down."""
        return self.is_mine and self.is_past and self.booking.state == State.AGREED


def answerer_id(booking: Booking) -> int:
    """Whose turn it is while the booking is asked: who did not propose the time that stands."""
    return booking.by_id if booking.is_counter else booking.partner_id


def mine(person: User, *, now: datetime | None = None) -> list[BookingView]:
    """What waits for somebody or is to come, the next first. One query."""
    at = now or db.now()
    rows = bookings().filter(of_person(person), state__in=[State.ASKED, State.AGREED])
    return [BookingView(one, person, at) for one in rows.order_by("starts_at", "pk")[:SHOWN]]


def over(person: User, after: int | None = None) -> tuple[list[Booking], int | None]:
    """What is done, declined or cancelled, the newest first, and the key of the next page. One query."""
    rows = bookings().filter(of_person(person)).exclude(state__in=[State.ASKED, State.AGREED])
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else None


def counted(person: User) -> int:
    """How many bookings wait for this person's answer. One query."""
    turn = Q(partner=person, is_counter=False) | Q(by=person, is_counter=True)
    return Booking.objects.filter(turn, state=State.ASKED).count()


def busy(
    people: Iterable[int],
    since: datetime,
    until: datetime,
    *,
    states: Sequence[str],
    besides: int | None = None,
) -> list[tuple[Booking, Span]]:
    """Bookings of any of these people in these states that touch the time. One query."""
    ids = list(people)
    rows = bookings().filter(
        Q(by__in=ids) | Q(partner__in=ids),
        state__in=states,
        starts_at__lt=until,
        starts_at__gt=since - LONGEST,
    )
    if besides is not None:
        rows = rows.exclude(pk=besides)
    found = [(one, (one.starts_at, one.starts_at + timedelta(minutes=one.minutes))) for one in rows]
    return [(one, span) for one, span in found if span[1] > since]


def free_slots(
    first: User, second: User, *, minutes: int = 60, now: datetime | None = None, besides: int | None = None
) -> list[datetime]:
    """Three times at which both work, are not away, and have nothing booked or asked. Five queries at most."""
    at = now or db.now()
    since, until = at + rules.NOTICE, at + rules.SUGGESTED_WITHIN
    people = (first.pk, second.pk)
    calendars = calendars_for(people)
    windows = slots.common(*(list(calendars[one].windows_between(since, until)) for one in people))
    taken = busy(people, since, until, states=[State.ASKED, State.AGREED], besides=besides)
    return slots.free_slots(
        windows, [span for _one, span in taken], minutes=minutes, now=since, zone=company().tz
    )
