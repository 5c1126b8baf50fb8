"""Links in mails that work without signing in: to stop a sort of mail, to mute a thread.

Each is signed for one person at one mail address. It never gets old, as mails do not; it ends with the address, and when
the person leaves.
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from leadsync.accounts.models import User
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.models import Message

_STOP = "notices.stop"
_MUTE = "notices.mute"


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link is of, and what it is about: a sort of mail or a thread."""

    person: User
    about: str


def _seal(person: User) -> str:
    return hashlib.sha256(person.email.encode()).hexdigest()[:12]


def _made(salt: str, person: User, about: str) -> str:
    return signing.dumps([person.pk, _seal(person), about], salt=salt)


def _read(salt: str, token: str) -> Link | None:
    try:
        pk, seal, about = signing.loads(token, salt=salt)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = User.objects.filter(pk=pk, is_active=True, is_former=False).first()
    return Link(person, about) if person is not None and _seal(person) == seal else None


def stop_url(person: User, sort: str) -> str:
    """The whole address that stops one sort of mail to a person."""
    return settings.LEADSYNC_BASE_URL + reverse("notices:stop", args=[_made(_STOP, person, sort)])


def mute_url(person: User, thread: str) -> str:
    """The whole address that mutes a thread for a person; "" for what is no thread."""
    if not thread_of(thread):
        return ""
    return settings.LEADSYNC_BASE_URL + reverse("notices:mute_by_mail", args=[_made(_MUTE, person, thread)])


def read_stop(token: str) -> Link | None:
    """Whose mails to stop, and which; None for a token that is wrong, cut off, or of an address that changed."""
    link = _read(_STOP, token)
    return link if link is not None and link.about in Message.Sort.values else None


def read_mute(token: str) -> Link | None:
    """Whose thread to mute, and which; None for a token that does not work."""
    link = _read(_MUTE, token)
    return link if link is not None and thread_of(link.about) else None
