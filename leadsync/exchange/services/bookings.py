"""Booking a call to be heard, a day or a meeting with a colleague: asked, agreed, moved, cancelled, written down."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from leads.domain.identity import clean
from leads.models import Lead
from leadsync.accounts.access import check
from leadsync.accounts.models import Absence, User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.core.templatetags.ui import when
from leadsync.exchange.domain import rules, slots
from leadsync.exchange.models import Booking, Entry, KindChoices
from leadsync.exchange.selectors import bookings as selectors
from leadsync.exchange.services import entries
from leadsync.notices import services as notices

State = Booking.StateChoices


@transaction.atomic
def ask(
    *,
    by: User,
    partner: User,
    starts_at: datetime,
    kind: str = KindChoices.CALL,
    minutes: int = 60,
    note: str = "",
    at: datetime | None = None,
) -> Booking:
    """Ask a colleague for a time; the colleague is told. The same request sent twice is one.

    Raises `NotAllowed`; `Invalid` with the field for a time that cannot be; `Conflict` when either is away then or
    has agreed to something else.
    """
    check(by, Can.LOG_EXCHANGE)
    now = at or db.now()
    if kind not in KindChoices.values:
        raise Invalid(_("Choose what it is."), field="kind")
    entries.check_partner(by=by, kind=kind, partner=partner)
    note = _note(note, "note")
    _check_time(starts_at, minutes, now)
    _lock_people(by.pk, partner.pk)
    same = Booking.objects.filter(
        by=by, partner=partner, kind=kind, starts_at=starts_at, state__in=[State.ASKED, State.AGREED]
    ).first()
    if same is not None:
        return same
    _check_free(by.pk, partner.pk, starts_at, minutes)
    made = Booking.objects.create(
        by=by, partner=partner, kind=kind, starts_at=starts_at, minutes=minutes, note=note, at=now
    )
    _tell("booking_asked", made, by, now)
    return made


@transaction.atomic
def agree(*, booking: Booking, by: User, revision: int | None = None, at: datetime | None = None) -> Booking:
    """Take the time that was proposed: it stands in both calendars. Agreed twice is once.

    Raises `NotAllowed` for whoever is not asked, `Conflict` when it was changed or answered meanwhile, is over, or
    when either is away or has agreed to something else by now.
    """
    now = at or db.now()
    held = _held(booking, by)
    if held.state == State.AGREED and by.pk in {held.by_id, held.partner_id}:
        return held
    _check_turn(held, by, revision)
    if rules.is_past(held.starts_at, now):
        raise Conflict(_("This time is over. Propose another one."))
    _check_free(held.by_id, held.partner_id, held.starts_at, held.minutes, besides=held.pk)
    return _become(held, by, now, "booking_agreed", state=State.AGREED, answered_at=now)


@transaction.atomic
def decline(
    *, booking: Booking, by: User, reason: str, revision: int | None = None, at: datetime | None = None
) -> Booking:
    """Say no, and why. Raises `NotAllowed`, `Conflict` as `agree` does; `Invalid` without a reason."""
    now = at or db.now()
    held = _held(booking, by)
    said = _note(reason, "reason")
    if held.state == State.DECLINED and held.reason == said:
        return held
    _check_turn(held, by, revision)
    if not said:
        raise Invalid(_("Say why, so that another time can be found."), field="reason")
    return _become(held, by, now, "booking_declined", state=State.DECLINED, reason=said, answered_at=now)


@transaction.atomic
def propose(
    *,
    booking: Booking,
    by: User,
    starts_at: datetime,
    minutes: int | None = None,
    revision: int | None = None,
    at: datetime | None = None,
) -> Booking:
    """Propose another time, for one that is asked or agreed: now the other one is to answer.

    Raises `NotAllowed` for others, `Invalid` and `Conflict` for a time that cannot be, as `ask` does.
    """
    now = at or db.now()
    held = _held(booking, by)
    length = held.minutes if minutes is None else minutes
    is_counter = by.pk == held.partner_id
    if (held.state, held.starts_at, held.minutes, held.is_counter) == (
        State.ASKED,
        starts_at,
        length,
        is_counter,
    ):
        return held
    _check_open(held, revision)
    if held.state == State.AGREED and rules.is_past(held.starts_at, now):
        raise Conflict(_("Its time is over: write down what you learned, or cancel it."))
    _check_time(starts_at, length, now)
    _check_free(held.by_id, held.partner_id, starts_at, length, besides=held.pk)
    return _become(
        held,
        by,
        now,
        "booking_moved",
        state=State.ASKED,
        starts_at=starts_at,
        minutes=length,
        is_counter=is_counter,
        answered_at=None,
    )


@transaction.atomic
def cancel(
    *,
    booking: Booking,
    by: User,
    reason: str = "",
    revision: int | None = None,
    at: datetime | None = None,
) -> Booking:
    """Either takes it back; the other one is told, and it goes from both calendars. Cancelled twice is once."""
    now = at or db.now()
    held = _held(booking, by)
    if held.state == State.CANCELLED:
        return held
    _check_open(held, revision)
    return _become(
        held,
        by,
        now,
        "booking_cancelled",
        state=State.CANCELLED,
        reason=_note(reason, "reason"),
        answered_at=now,
    )


@transaction.atomic
def write_down(
    *, booking: Booking, by: User, learned: str, lead: Lead | None = None, at: datetime | None = None
) -> Entry:
    """Once its time has come, who asked for it writes what was learned: an entry of the log. Twice is once.

    Raises `NotAllowed` for anybody else, `Conflict` before its time or when it was not agreed, `Invalid` as entries do.
    """
    now = at or db.now()
    held = _held(booking, by)
    if by.pk != held.by_id:
        raise NotAllowed(_("Who asked for it writes it down. Write an entry of your own."))
    if held.state == State.DONE and held.entry is not None:
        return held.entry
    if held.state != State.AGREED:
        raise Conflict(_("This was not agreed."))
    if not rules.is_past(held.starts_at, now):
        raise Conflict(_("It is still to come."))
    entry = Entry.objects.create(
        by=by,
        kind=held.kind,
        on=held.starts_at.astimezone(company().tz).date(),
        partner_id=held.partner_id,
        lead=lead,
        learned=entries.words(learned),
        at=now,
    )
    held.entry, held.state = entry, State.DONE
    held.revision += 1
    held.save()
    return entry


# ---------------------------------------------------------------------------------------------- inside


def _lock_people(*ids: int) -> None:
    """What two people book with each other waits for what else is booked with either of them just now."""
    list(db.locked(User.objects.filter(pk__in=ids).order_by("pk")).values_list("pk", flat=True))


def _held(booking: Booking, by: User) -> Booking:
    """The booking as it is now, both of its people locked. Raises `NotFound` for whoever is not part of it."""
    check(by, Can.LOG_EXCHANGE)
    ids = Booking.objects.filter(pk=booking.pk).values_list("by", "partner").first()
    if ids is None or by.pk not in ids:
        raise NotFound(_("This booking is not here, or not yours."))
    _lock_people(*ids)
    held = db.locked(Booking.objects.filter(pk=booking.pk)).first()
    if held is None:
        raise NotFound(_("This booking is not here, or not yours."))
    return held


def _check_open(held: Booking, revision: int | None) -> None:
    if held.state not in {State.ASKED, State.AGREED}:
        raise Conflict(
            _("This booking has ended meanwhile: %(state)s.") % {"state": held.get_state_display().lower()}
        )
    if revision is not None and revision != held.revision:
        raise Conflict(
            _("This booking was changed meanwhile: it is %(time)s now. Look at it again.")
            % {"time": when(held.starts_at)}
        )


def _check_turn(held: Booking, by: User, revision: int | None) -> None:
    """It is this person who is asked. Raises `NotAllowed`, `Conflict`."""
    _check_open(held, revision)
    if held.state != State.ASKED:
        raise Conflict(_("This booking was answered already. It can be moved or cancelled."))
    if selectors.answerer_id(held) != by.pk:
        raise NotAllowed(_("The other one is to answer. You can cancel it."))


def _note(text: str, field: str) -> str:
    found = " ".join(clean(text).split())
    if len(found) > rules.MOST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": rules.MOST_NOTE}, field=field)
    return found


def _check_time(starts_at: datetime, minutes: int, now: datetime) -> None:
    if not 5 <= minutes <= rules.LONGEST_MINUTES:
        raise Invalid(_("Between 5 minutes and a day."), field="minutes")
    if starts_at <= now:
        raise Invalid(_("This time is over."), field="starts_at")
    if starts_at > now + rules.BOOKED_AHEAD:
        raise Invalid(_("At most a year ahead."), field="starts_at")


def _check_free(
    by_id: int, partner_id: int, starts_at: datetime, minutes: int, besides: int | None = None
) -> None:
    """Nobody of both is away or has agreed to something else then. Raises `Conflict`. Two queries."""
    people = (by_id, partner_id)
    ends_at = starts_at + timedelta(minutes=minutes)
    zone = company().tz
    away = Absence.objects.filter(
        person__in=people,
        starts_on__lte=ends_at.astimezone(zone).date(),
        ends_on__gte=starts_at.astimezone(zone).date(),
    ).select_related("person")
    if (absence := away.order_by("pk").first()) is not None:
        raise Conflict(_("Away on this day: %(name)s.") % {"name": absence.person.name}, field="starts_at")
    taken = selectors.busy(people, starts_at, ends_at, states=[State.AGREED], besides=besides)
    for other, span in taken:
        if slots.overlaps(starts_at, ends_at, [span]):
            name = (other.by if other.by_id in people else other.partner).name
            raise Conflict(_("Booked already at this time: %(name)s.") % {"name": name}, field="starts_at")


def _become(held: Booking, by: User, now: datetime, kind: str, **values: Any) -> Booking:
    for name, value in values.items():
        setattr(held, name, value)
    held.revision += 1
    held.save()
    _tell(kind, held, by, now)
    return held


def _tell(kind: str, booking: Booking, by: User, now: datetime) -> None:
    """The other one hears of it."""
    notices.put(
        kind=kind,
        recipients={booking.by_id, booking.partner_id},
        key=f"booking:{booking.pk}:{booking.revision}",
        context={
            "name": by.name,
            "kind": booking.kind,
            "starts_at": booking.starts_at.isoformat(),
            "minutes": booking.minutes,
            "note": booking.note,
            "reason": booking.reason,
        },
        url=reverse("exchange:booking", args=[booking.pk]),
        by=by,
        at=now,
    )
