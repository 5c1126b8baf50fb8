"""Channels and contact points: making, changing, and saying whether they work."""

from datetime import datetime

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Channel, ContactPoint, Proof
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import company, people_with
from leadsync.core import db
from leadsync.core.errors import Invalid
from leadsync.notices import services as notices

ALERT = "point_broken"


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
    if not is_active:
        for point in saved.points.all():
            notices.resolve_alert(kind=ALERT, subject=str(point.pk))
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
    is_active: bool = True,
    point: ContactPoint | None = None,
) -> ContactPoint:
    """Make a contact point of `channel`, or change `point`.

    Raises `Invalid` for a value that does not fit its kind or is in the channel already.
    """
    check(by, Can.EDIT_CHANNELS)
    value = clean_value(kind, value)
    taken = ContactPoint.objects.filter(channel=channel, value=value)
    if (taken.exclude(pk=point.pk) if point else taken).exists():
        raise Invalid(_("This channel has it already."), field="value")
    saved = point or ContactPoint(channel=channel)
    saved.kind, saved.value, saved.responsible, saved.is_active = kind, value, responsible, is_active
    saved.save()
    if not is_active:
        notices.resolve_alert(kind=ALERT, subject=str(saved.pk))
    return saved


@transaction.atomic
def report(
    *, point: ContactPoint, by: User, is_ok: bool, note: str = "", at: datetime | None = None
) -> Proof:
    """Keep that somebody tried a contact point. Everyone signed in may: one click.

    The first report of a fault opens an alert and tells whoever is responsible at once, and both heads; a
    proof that it works resolves the alert and tells them too.
    """
    now = at or timezone.now()
    found = db.locked(ContactPoint.objects.filter(pk=point.pk).select_related("channel", "responsible")).get()
    proof = Proof.objects.create(point=found, is_ok=is_ok, note=" ".join(note.split())[:300], at=now, by=by)
    context = {
        "point": found.value,
        "channel": found.channel.name,
        "reported_by": by.name,
        "responsible": found.responsible.name,
        "note": proof.note,
    }
    url = f"{reverse('campaigns:channels')}#point-{found.pk}"
    subject = str(found.pk)
    if is_ok:
        is_news = notices.resolve_alert(kind=ALERT, subject=subject, at=now)
    else:
        is_news = notices.open_alert(kind=ALERT, subject=subject, context=context, url=url, at=now)
    if is_news:
        kind = "point_works" if is_ok else ALERT
        heads = set(people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES).values_list("pk", flat=True))
        for recipients, is_instant in (
            ([found.responsible_id], not is_ok),
            (heads - {found.responsible_id}, False),
        ):
            notices.put(
                kind=kind,
                recipients=recipients,
                key=f"{kind}:{proof.pk}",
                context=context,
                url=url,
                is_instant=is_instant,
                by=by,
                at=now,
            )
    return proof
