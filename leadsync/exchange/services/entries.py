"""Writing down what was learned at the other department, and correcting it for a day."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.domain.tables.text import clean_lines
from leads.models import Lead
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.exchange.domain import rules
from leadsync.exchange.models import Booking, Entry, KindChoices
from leadsync.exchange.selectors.people import works_leads

# What is done beside one person: that person is named.
WITH_SOMEBODY = frozenset({KindChoices.CALL, KindChoices.DAY})


@transaction.atomic
def write(
    *,
    by: User,
    kind: str,
    on: date,
    learned: str,
    partner: User | None = None,
    lead: Lead | None = None,
    at: datetime | None = None,
) -> Entry:
    """Write down a call heard, a day shadowed, a meeting or a training, with what was learned.

    The same entry sent twice is one. Raises `NotAllowed`; `Invalid` with the field that offends.
    """
    check(by, Can.LOG_EXCHANGE)
    now = at or db.now()
    learned = _checked(by=by, kind=kind, on=on, learned=learned, partner=partner, now=now)
    # The same form sent twice at once waits here.
    db.locked(User.objects.filter(pk=by.pk)).first()
    same = Entry.objects.filter(by=by, kind=kind, on=on, partner=partner, lead=lead, learned=learned).first()
    if same is not None:
        return same
    return Entry.objects.create(by=by, kind=kind, on=on, partner=partner, lead=lead, learned=learned, at=now)


@transaction.atomic
def edit(
    *,
    entry: Entry,
    by: User,
    kind: str,
    on: date,
    learned: str,
    partner: User | None = None,
    lead: Lead | None = None,
    at: datetime | None = None,
) -> Entry:
    """Correct an own entry within a day. Raises `NotAllowed`, `NotFound`, `Conflict` later, `Invalid` as `write` does."""
    now = at or db.now()
    held = _own(entry, by, now)
    held.learned = _checked(by=by, kind=kind, on=on, learned=learned, partner=partner, now=now)
    held.kind, held.on, held.partner, held.lead = kind, on, partner, lead
    held.save()
    return held


@transaction.atomic
def remove(*, entry: Entry, by: User, at: datetime | None = None) -> None:
    """Delete an own entry within a day; what was booked for it waits to be written again. Raises as `edit` does."""
    held = _own(entry, by, at or db.now())
    for booking in db.locked(Booking.objects.filter(entry=held)):
        booking.entry, booking.state = None, Booking.StateChoices.AGREED
        booking.revision += 1
        booking.save()
    held.delete()


def _own(entry: Entry, by: User, now: datetime) -> Entry:
    check(by, Can.LOG_EXCHANGE)
    held = db.locked(Entry.objects.filter(pk=entry.pk)).first()
    if held is None:
        raise NotFound(_("This entry is no longer here."))
    if held.by_id != by.pk:
        raise NotAllowed(_("Somebody else wrote this. Write an entry of your own."))
    if now - held.at >= rules.MAY_CHANGE:
        raise Conflict(_("An entry can be changed for a day. Write another one with what is new."))
    return held


def _checked(*, by: User, kind: str, on: date, learned: str, partner: User | None, now: datetime) -> str:
    """What was learned, cleaned. Raises `Invalid`."""
    if kind not in KindChoices.values:
        raise Invalid(_("Choose what it was."), field="kind")
    today = now.astimezone(company().tz).date()
    if on > today:
        raise Invalid(_("This day lies in the future."), field="on")
    if on < today - rules.OLDEST:
        raise Invalid(_("This is more than a year ago."), field="on")
    if partner is None and kind in WITH_SOMEBODY:
        raise Invalid(_("Say with whom."), field="partner")
    check_partner(by=by, kind=kind, partner=partner)
    return words(learned)


def check_partner(*, by: User, kind: str, partner: User | None) -> None:
    """Raises `Invalid` for oneself, for who has left, and for a call with somebody who calls no leads."""
    if partner is None:
        return
    if partner.pk == by.pk:
        raise Invalid(_("Choose somebody else."), field="partner")
    if not partner.is_active or partner.is_former:
        raise Invalid(_("This colleague is no longer here."), field="partner")
    if kind == KindChoices.CALL and not works_leads(partner.pk):
        raise Invalid(_("A call is heard with somebody of sales. Choose another kind."), field="partner")


def words(learned: str) -> str:
    """What was learned, cleaned. Raises `Invalid` when there is nothing or too much."""
    found = clean_lines(learned).strip()
    if not found:
        raise Invalid(_("Write what you learned: it is for those who were not there."), field="learned")
    if len(found) > rules.MOST_LEARNED:
        raise Invalid(
            ngettext("At most %(n)d character.", "At most %(n)d characters.", rules.MOST_LEARNED)
            % {"n": rules.MOST_LEARNED},
            field="learned",
        )
    return found
