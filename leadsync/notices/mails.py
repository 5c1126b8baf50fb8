"""What mails say: written in the receiver's language and the company's zone, with the links that stop them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.models import User
from leadsync.notices import links
from leadsync.notices.models import Message, Notice
from leadsync.notices.selectors import Line, line

SUBJECT_LENGTH = 150


def spoken(person: User, zone: ZoneInfo) -> AbstractContextManager[Any]:
    """Inside the block words are in the person's language and times in this zone."""
    stack = ExitStack()
    stack.enter_context(translation.override(person.language))
    stack.enter_context(timezone.override(zone))
    return stack


def mail(
    person: User,
    *,
    sort: str,
    key: str,
    template: str,
    subject: str,
    context: Mapping[str, Any],
    now: datetime,
) -> Message:
    """A mail to one person, not saved: `template` as .txt and .html. To be called inside of `spoken`."""
    subject = header_text(subject)
    everything = {
        "person": person,
        "subject": subject,
        "base_url": settings.LEADSYNC_BASE_URL,
        "list_url": reverse("notices:list"),
        "stop_url": links.stop_url(person, sort),
        "language": translation.get_language(),
        "sort": sort,
        **context,
    }
    return Message(
        recipient=person,
        sort=sort,
        key=key,
        address=person.email,
        subject=subject,
        body=render_to_string(f"{template}.txt", everything),
        body_html=render_to_string(f"{template}.html", everything),
        created_at=now,
        next_try_at=now,
    )


@dataclass(frozen=True, slots=True)
class MailLine:
    """One notice in a mail, with the link that mutes its thread."""

    of: Line
    mute_url: str


def of_notices(
    person: User, notices: Iterable[Notice], total: int, *, sort: str, key: str, now: datetime
) -> Message:
    """A mail with these notices written out, and how many more there are. To be called inside of `spoken`."""
    lines = [line(notice) for notice in notices]
    is_morning = sort == Message.Sort.MORNING
    return mail(
        person,
        sort=sort,
        key=key,
        template="emails/notices",
        subject=_subject(lines, total, is_morning=is_morning),
        context={
            "lines": [MailLine(one, links.mute_url(person, one.thread)) for one in lines],
            "more": total - len(lines),
            "is_morning": is_morning,
        },
        now=now,
    )


def _subject(lines: Sequence[Line], total: int, *, is_morning: bool) -> str:
    first = lines[0].words.title
    if total == 1:
        return first
    if is_morning:
        return ngettext("This morning: %(n)d notice", "This morning: %(n)d notices", total) % {"n": total}
    return _("%(first)s, and %(n)d more") % {"first": first, "n": total - 1}


def header_text(words: str) -> str:
    """One line of printable text for a header, whatever a name or a note contains; cut to be readable."""
    one_line = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return one_line if len(one_line) <= SUBJECT_LENGTH else one_line[: SUBJECT_LENGTH - 1] + "…"
