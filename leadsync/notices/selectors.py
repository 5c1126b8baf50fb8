"""What the bell's page shows, what mails carry, and what of the outbox somebody should look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company, company_calendar
from leadsync.notices.domain.hours import Moment, is_quiet
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.kinds import Words, kind_of, words_for
from leadsync.notices.models import Alert, MailChoice, Message, Mute, News, Notice, Webhook

PAGE = 50
# What nobody read for so long is not mailed any more: it stays in the list.
MAILED_WITHIN = timedelta(days=30)


def moment(now: datetime) -> Moment:
    """The instant in the company's working time and quiet hours."""
    of, calendar = company(), company_calendar()
    local = now.astimezone(of.tz)
    return Moment(
        now,
        local,
        is_working_day=calendar.is_working_day(local.date()),
        is_working_time=calendar.is_open(now),
        is_quiet=is_quiet(local, of.quiet_from, of.quiet_until),
    )


# ---------------------------------------------------------------------------------------------- notices


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
    thread: str = ""  # the address by which it can be muted; "" where it cannot
    is_muted: bool = False


def line(notice: Notice, *, is_muted: bool = False) -> Line:
    """The notice in the words of the language in force."""
    kind = kind_of(notice.kind)
    words = words_for(notice.kind, notice.context)
    return Line(
        notice.pk,
        kind.icon,
        kind.tone,
        words,
        notice.created_at,
        notice.url,
        notice.read_at is None,
        thread_of(notice.url),
        is_muted,
    )


def _muted() -> Exists:
    return Exists(Mute.objects.filter(person=OuterRef("recipient"), url=OuterRef("url")))


def notices_of(person: User) -> QuerySet[Notice]:
    """What a person was told, newest first, each with `is_muted`."""
    return Notice.objects.filter(recipient=person).annotate(is_muted=_muted()).order_by("-id")


def lines_for(person: User, *, before: int | None = None, size: int = PAGE) -> tuple[list[Line], int | None]:
    """A page of a person's notices, newest first, and the key of the next page. One query."""
    rows = notices_of(person)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    lines = [line(notice, is_muted=notice.is_muted) for notice in found[:size]]  # type: ignore[attr-defined]  # annotated
    return lines, found[size - 1].pk if len(found) > size else None


def unread(person: User | int) -> QuerySet[Notice]:
    """What a person has not read yet and wants to hear of: what the bell counts."""
    return Notice.objects.filter(~_muted(), recipient=person, read_at=None)


def is_muted(person: User, url: str) -> bool:
    """Whether the person muted the thread with this address."""
    return Mute.objects.filter(person=person, url=url).exists()


def to_mail(sort: str, now: datetime) -> QuerySet[Notice]:
    """What no mail of any sort has carried and may still be carried by one of this sort.

    Not what was read in the app, is muted, came before somebody started this sort of mail again, or is old.
    """
    stopped = MailChoice.objects.filter(person=OuterRef("recipient"), sort=sort).filter(
        Q(is_wanted=False) | Q(changed_at__gt=OuterRef("created_at"))
    )
    return Notice.objects.filter(
        ~_muted(),
        ~Exists(stopped),
        message=None,
        read_at=None,
        created_at__gte=now - MAILED_WITHIN,
        recipient__is_active=True,
        recipient__is_former=False,
    )


def wants(person: User) -> dict[str, bool]:
    """Which sorts of mail a person wants, by sort. One query."""
    choices = dict(MailChoice.objects.filter(person=person).values_list("sort", "is_wanted"))
    return {sort: choices.get(sort, True) for sort in Message.Sort.values}


def who_stopped(sort: str) -> set[int]:
    """Ids of the people who want no mail of this sort. One query."""
    return set(MailChoice.objects.filter(sort=sort, is_wanted=False).values_list("person", flat=True))


# ---------------------------------------------------------------------------------------------- the webhook


def webhook() -> Webhook:
    """The company's webhook; an empty one that is off before anybody set it up. One query."""
    return Webhook.objects.filter(pk=1).first() or Webhook()


def news_to_tell(since: datetime, kinds: list[str]) -> QuerySet[News]:
    """What the company has not heard of, oldest first."""
    return News.objects.filter(message=None, created_at__gte=since, kind__in=kinds).order_by(
        "created_at", "pk"
    )


# ---------------------------------------------------------------------------------------------- the outbox


@dataclass(frozen=True, slots=True)
class Outbox:
    """How the messages stand: waiting to go out, and given up."""

    waiting: int
    dead: int


def outbox() -> Outbox:
    """Counts over the outbox. One query."""
    counts = Message.objects.filter(state__in=(Message.State.WAITING, Message.State.DEAD)).aggregate(
        waiting=Count("pk", filter=Q(state=Message.State.WAITING)),
        dead=Count("pk", filter=Q(state=Message.State.DEAD)),
    )
    return Outbox(**counts)


def dead_count() -> int:
    """How many messages were given up. One query."""
    return Message.objects.filter(state=Message.State.DEAD).count()


def messages_in(
    state: str, *, search: str = "", before: int | None = None
) -> tuple[list[Message], int | None]:
    """A page of the outbox, newest first, and the key of the next page; without what the messages say. One query."""
    rows = Message.objects.filter(state=state).select_related("recipient").defer("body", "body_html")
    if search:
        rows = rows.filter(Q(address__icontains=search) | Q(recipient__name__icontains=search))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def open_alerts(*kinds: str) -> QuerySet[Alert]:
    """Facts that need somebody to act (of these kinds), oldest first."""
    rows = Alert.objects.filter(resolved_at=None).order_by("opened_at", "id")
    return rows.filter(kind__in=kinds) if kinds else rows
