"""What the bell's page shows, what mails carry, and what of the outbox somebody should look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import Exact

from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company, company_calendar
from leadsync.notices.domain.hours import Moment, is_quiet
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.duties import Topic, duty_of, guarded, own_kinds
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


# ---------------------------------------------------------------------------------------------- alerts

ALERTS_SHOWN = timedelta(days=30)  # so long the page lists what is in order again


def _sees(person: User) -> dict[Can, int]:
    return {can: int(person.can(can)) for can in guarded()}


def seen_by(*, person: int, sees: Mapping[Can, int]) -> Q:
    """The one rule of which alerts a person sees: `sees` says by 1 or 0 which permissions they hold.

    What the administrators or heads have to mend is shown to them; figures of one person to the heads, the director
    and that person. Values are parameters of the statement, so that it can be made once for everybody.
    """
    subject = Concat(Value("rep:"), Cast(Value(person, BigIntegerField()), CharField()))
    found = Q()
    for can, kinds in guarded().items():
        own = [kind for kind in kinds if kind in own_kinds()]
        rule = ~Q(kind__in=kinds) | Q(Exact(Value(sees[can], BigIntegerField()), 1))
        found &= rule | Q(kind__in=own, subject=subject) if own else rule
    return found


def visible_alerts(person: User) -> QuerySet[Alert]:
    """Alerts that this person may see, open and resolved; see `seen_by`."""
    return Alert.objects.filter(seen_by(person=person.pk, sees=_sees(person)))


def open_alerts(*kinds: str) -> QuerySet[Alert]:
    """Open alerts of these kinds, or all, oldest first, whoever may see them: for agendas and workers."""
    rows = Alert.objects.filter(resolved_at=None).order_by("opened_at", "id")
    return rows.filter(kind__in=kinds) if kinds else rows


def alerts_for(person: User) -> QuerySet[Alert]:
    """What needs somebody to act, as far as this person sees it: what costs most first, then the oldest."""
    return (
        visible_alerts(person)
        .filter(resolved_at=None)
        .select_related("acknowledged_by")
        .order_by("-cost_minutes", "opened_at", "id")
    )


def unattended(*, person: int, sees: Mapping[Can, int]) -> QuerySet[Alert]:
    """Open alerts that nobody takes care of, for the counter; reads the index of open ones only."""
    return Alert.objects.filter(seen_by(person=person, sees=sees), resolved_at=None, acknowledged_at=None)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert as this person reads it."""

    pk: int
    kind: str
    icon: str
    tone: str
    words: Words
    topic: Topic
    waits_for: str
    cost_minutes: int
    url: str
    opened_at: datetime
    resolved_at: datetime | None
    taken_by: User | None
    taken_at: datetime | None
    is_mine: bool
    may_give_up: bool  # take back "I take care of it"

    @property
    def key(self) -> str:
        """The key as addresses write it, in every language."""
        return str(self.pk)


def alert_line(alert: Alert, person: User) -> AlertLine:
    """The alert in the words of the language in force, without what this person may not know."""
    kind, duty = kind_of(alert.kind), duty_of(alert.kind)
    context = told_to(person, alert.context)
    is_mine = alert.acknowledged_by_id == person.pk
    return AlertLine(
        pk=alert.pk,
        kind=alert.kind,
        icon=kind.icon,
        tone=kind.tone,
        words=words_for(alert.kind, context),
        topic=duty.topic,
        waits_for=_waits_for(context) or str(duty.who),
        cost_minutes=alert.cost_minutes,
        url=alert.url,
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        taken_by=alert.acknowledged_by,
        taken_at=alert.acknowledged_at,
        is_mine=is_mine,
        may_give_up=alert.acknowledged_at is not None and may_give_up(alert, person),
    )


def may_give_up(alert: Alert, person: User) -> bool:
    """Whoever takes care of it gives it up, or a head or the director does it for them."""
    return alert.acknowledged_by_id == person.pk or person.can(Can.RUN_MEETINGS)


def told_to(person: User, context: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an alert for this reader: rows of people only to the heads, the director, and of oneself.

    `may` holds what the reader may do, so that the next step can be one that they can take.
    """
    found = dict(context)
    reps = found.get("reps")
    if isinstance(reps, list) and not person.can(Can.SEE_FIRST_CONTACTS):
        found["reps"] = [row for row in reps if isinstance(row, Mapping) and row.get("id") == person.pk]
    return found | {"may": [can.value for can in Can if person.can(can)]}


def _waits_for(context: Mapping[str, Any]) -> str:
    keys = ("waits_for", "responsible", "answerer", "owner")
    found = next((context[key] for key in keys if context.get(key)), "")
    return ", ".join(str(name) for name in found) if isinstance(found, list) else str(found)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A page of alerts; `next_key` continues after its last one."""

    lines: list[AlertLine]
    next_key: int | None


def alerts_page(
    person: User, *, kinds: Sequence[str] | None = None, after: int | None = None, size: int = PAGE
) -> AlertPage:
    """Open alerts of these kinds, the dearest first. One query, and one to find where the page begins."""
    rows = alerts_for(person)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    last = Alert.objects.filter(pk=after).first() if after is not None else None
    if last is not None:
        same_cost = Q(cost_minutes=last.cost_minutes)
        rows = rows.filter(
            Q(cost_minutes__lt=last.cost_minutes)
            | same_cost & Q(opened_at__gt=last.opened_at)
            | same_cost & Q(opened_at=last.opened_at, pk__gt=last.pk)
        )
    return _alert_page(rows, person, size)


def resolved_page(
    person: User,
    *,
    now: datetime,
    kinds: Sequence[str] | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> AlertPage:
    """What came in order within the last 30 days, newest first. One query, and one for where the page begins."""
    rows = (
        visible_alerts(person)
        .filter(resolved_at__gte=now - ALERTS_SHOWN)
        .select_related("acknowledged_by")
        .order_by("-resolved_at", "-id")
    )
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    last = Alert.objects.filter(pk=after).first() if after is not None else None
    if last is not None and last.resolved_at is not None:
        rows = rows.filter(
            Q(resolved_at__lt=last.resolved_at) | Q(resolved_at=last.resolved_at, pk__lt=last.pk)
        )
    return _alert_page(rows, person, size)


def _alert_page(rows: QuerySet[Alert], person: User, size: int) -> AlertPage:
    found = list(rows[: size + 1])
    return AlertPage(
        [alert_line(alert, person) for alert in found[:size]],
        found[size - 1].pk if len(found) > size else None,
    )
