"""What the bell's page shows, and what of the outbox somebody should look at."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from leadsync.accounts.models import User
from leadsync.notices.kinds import Words, kind_of, words_for
from leadsync.notices.models import Alert, Message, Notice

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One notice as it is read."""

    pk: int
    icon: str
    tone: str
    words: Words
    at: datetime
    url: str
    is_unread: bool


def line(notice: Notice) -> Line:
    """The notice in the words of the language in force."""
    kind = kind_of(notice.kind)
    words = words_for(notice.kind, notice.context)
    return Line(notice.pk, kind.icon, kind.tone, words, notice.created_at, notice.url, notice.read_at is None)


def lines_for(person: User, *, before: int | None = None, size: int = PAGE) -> tuple[list[Line], int | None]:
    """A page of a person's notices, newest first, and the key of the next page. One query."""
    rows = Notice.objects.filter(recipient=person).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return [line(notice) for notice in found[:size]], found[size - 1].pk if len(found) > size else None


def unread(person: User) -> QuerySet[Notice]:
    """What a person has not read yet."""
    return Notice.objects.filter(recipient=person, read_at=None)


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the messages stand: waiting to go out, and given up."""

    waiting: int
    dead: int


def outbox() -> Outbox:
    """Counts over the outbox. One query."""
    counts = Message.objects.exclude(state=Message.State.SENT).aggregate(
        waiting=Count("pk", filter=Q(state=Message.State.WAITING)),
        dead=Count("pk", filter=Q(state=Message.State.DEAD)),
    )
    return Outbox(**counts)


def dead_messages() -> QuerySet[Message]:
    """Messages that no attempt brought out, newest first, for whoever looks after the mail server."""
    return Message.objects.filter(state=Message.State.DEAD).select_related("recipient").order_by("-id")


def open_alerts() -> QuerySet[Alert]:
    """Facts that need somebody to act, oldest first."""
    return Alert.objects.filter(resolved_at=None).order_by("opened_at", "id")
