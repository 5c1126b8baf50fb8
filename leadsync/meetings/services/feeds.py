"""The private address of a person's calendar: made, renewed, and recognised when a program asks.

The address holds a keyed digest of the person and a random number that is kept; without the installation's secret the
number is of no use, so nothing in the database opens a calendar.
"""

import re
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac

from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.meetings.models import Feed

_TOKEN: Final = re.compile(r"([1-9][0-9]{0,17})-([A-Za-z0-9_-]{43})", re.ASCII)
NOTED_EVERY: Final = timedelta(hours=1)  # that a program asked; more often nobody needs to know


def token_of(feed: Feed) -> str:
    """What stands in the address of this feed."""
    digest = salted_hmac(
        "leadsync.meetings.feed", f"{feed.person_id}:{feed.nonce}", algorithm="sha256"
    ).digest()
    return f"{feed.person_id}-{urlsafe_b64encode(digest).decode().rstrip('=')}"


def feed_of(person: User) -> Feed | None:
    """The person's feed; None until they ask for an address."""
    return Feed.objects.filter(person=person).first()


@transaction.atomic
def renew(*, by: User, at: datetime | None = None) -> Feed:
    """Give a person an address, or a new one: the old one opens nothing from now on."""
    now = at or db.now()
    feed, _is_new = Feed.objects.update_or_create(
        person=by, defaults={"nonce": secrets.token_urlsafe(24), "at": now, "read_at": None}
    )
    return feed


def recognised(token: str) -> Feed | None:
    """Whose address this is; None for one that is wrong, old, or of somebody who has left. One query."""
    match = _TOKEN.fullmatch(token)
    if match is None or int(match[1]) >= 2**63:
        return None
    feed = Feed.objects.filter(person=int(match[1])).select_related("person").first()
    if feed is None or not constant_time_compare(token_of(feed), token):
        return None
    return feed if feed.person.is_active and not feed.person.is_former else None


def note_read(feed: Feed, *, at: datetime) -> None:
    """Note that a program has asked, so that its person sees whether the address works."""
    due = Q(read_at=None) | Q(read_at__lte=at - NOTED_EVERY) | Q(read_at__gt=at)
    if feed.read_at is None or not at - NOTED_EVERY < feed.read_at <= at:
        Feed.objects.filter(due, pk=feed.pk).update(read_at=at)
