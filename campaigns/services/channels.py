"""Channels and contact points: making and changing them. Saying how they stand: `campaigns.services.proofs`."""

from collections.abc import Sequence

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Channel, ContactPoint
from campaigns.selectors import channels as selectors
from campaigns.services import point_alerts, proofs
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db, outgoing
from leadsync.core.errors import Invalid


@transaction.atomic
def save_channel(
    *, by: User, name: str, terms: str = "", is_active: bool = True, channel: Channel | None = None
) -> Channel:
    """Make a channel, or change `channel`. Raises `Invalid` for a name that is empty or taken."""
    check(by, Can.EDIT_CHANNELS)
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Give the channel a name."), field="name")
    same = Channel.objects.filter(name__iexact=name)
    if (same.exclude(pk=channel.pk) if channel else same).exists():
        raise Invalid(_("There is a channel of this name already."), field="name")
    saved = channel or Channel()
    saved.name, saved.terms, saved.is_active = name, terms.strip(), is_active
    saved.save()
    if channel is not None:  # its points are in use, or not, with it
        point_alerts.settle_all(by=by, at=timezone.now())
    return saved


def clean_value(kind: str, value: str) -> str:
    """The number, address or link as it is kept. Raises `Invalid` for what nobody could use."""
    value = value.strip()
    try:
        if kind == ContactPoint.Kind.MAILBOX:
            validate_email(value)
        elif kind == ContactPoint.Kind.PHONE:
            return _phone(value)
        else:
            URLValidator(schemes=["http", "https"])(value)
    except ValidationError:
        if kind == ContactPoint.Kind.MAILBOX:
            raise Invalid(_("This is no mail address."), field="value") from None
        raise Invalid(_("Write the whole link, starting with https://."), field="value") from None
    return value


def _phone(value: str) -> str:
    country = str(company().country) or None
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Invalid(_("This is no phone number. Write it with the country code, like +48."), field="value")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@transaction.atomic
def save_point(
    *,
    by: User,
    channel: Channel,
    kind: str,
    value: str,
    responsible: User,
    note: str = "",
    is_active: bool = True,
    is_watched: bool = False,
    page_url: str = "",
    page_text: str = "",
    access: Sequence[User] | None = None,
    point: ContactPoint | None = None,
) -> ContactPoint:
    """Make a contact point of `channel`, or change `point`; with `access`, only these people can get in.

    With another value it is another thing to try: older proofs do not count for it. Raises `Invalid` for a value that
    does not fit its kind or is in the channel already, a page that may not be asked for, and a point to be watched
    that only a person can try.
    """
    check(by, Can.EDIT_CHANNELS)
    now = timezone.now()
    if point is not None:
        point = db.locked(ContactPoint.objects.filter(pk=point.pk)).get()
    value = clean_value(kind, value)
    taken = ContactPoint.objects.filter(channel=channel, value=value)
    if (taken.exclude(pk=point.pk) if point else taken).exists():
        raise Invalid(_("This channel has it already."), field="value")
    saved = point or ContactPoint(channel=channel)
    before = (saved.kind, saved.value, saved.page_url, saved.page_text, saved.is_watched)
    if point is not None and saved.value != value:
        saved.changed_at = now
    saved.kind, saved.value, saved.responsible, saved.is_active = kind, value, responsible, is_active
    saved.note = " ".join(note.replace("\x00", "").split())
    saved.page_url, saved.page_text = page_url.strip(), " ".join(page_text.replace("\x00", "").split())
    saved.is_watched = is_watched
    _check_watched(saved)
    if before != (saved.kind, saved.value, saved.page_url, saved.page_text, saved.is_watched):
        # What was found before is about something else; a watched one is tried with the next minute.
        saved.next_try_at = now if is_watched else None
        saved.failed_at, saved.asked_at, saved.found, saved.found_detail = None, None, "", ""
    elif is_watched and saved.next_try_at is None:
        saved.next_try_at = now
    saved.save()
    if access is not None:
        proofs.set_access(point=saved, people=access, by=by, at=now)
    point_alerts.settle_all(by=by, at=now)
    return saved


def _check_watched(point: ContactPoint) -> None:
    """Raise `Invalid` for a page that may not be asked for, or a text without a page it could stand on."""
    if point.page_url:
        _check_page(point.page_url, "page_url")
    page = selectors.page_of(point)
    if point.page_text and not page:
        raise Invalid(_("Write the page on which this text must stand."), field="page_url")
    if point.is_watched:
        means = selectors.means_of(point)
        if not means:
            raise Invalid(
                _("LeadSync cannot call a number. Write a page on which it must stand, or try it by hand."),
                field="page_url",
            )
        if not point.page_url and page and selectors.own_key(point) is None:
            _check_page(page, "value")


def _check_page(url: str, name: str) -> None:
    """As far as that can be said without asking anybody; each try checks again, with the name looked up."""
    try:
        outgoing.parse(url)
    except outgoing.Unreachable as error:
        raise Invalid(error.message, field=name) from None
