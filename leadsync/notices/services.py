"""Telling people: one notice per key and person, written in the transaction of the change it tells of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.notices.duties import cost_of
from leadsync.notices.kinds import is_news
from leadsync.notices.models import Alert, News, Notice

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class NewNotice:
    """One notice to write. `key` says what it is about, so that telling twice is telling once."""

    kind: str
    recipient_id: int
    key: str
    context: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    is_instant: bool = False


def put(
    *,
    kind: str,
    recipients: Iterable[User | int | None],
    key: str,
    context: Mapping[str, Any],
    url: str = "",
    is_instant: bool = False,
    by: User | None = None,
    at: datetime | None = None,
) -> None:
    """Tell each of `recipients` (people or their ids; None is passed over) what happened. See `put_many`."""
    ids = {person.pk if isinstance(person, User) else person for person in recipients}
    rows = [NewNotice(kind, found, key, context, url, is_instant) for found in sorted(ids - {None})]  # type: ignore[type-var,arg-type]
    if not rows and is_news(kind, context):  # nobody in person, but the company's channel
        _tell_company([NewNotice(kind, 0, key, context, url)], at or timezone.now())
    put_many(rows, by=by, at=at)


def storable(value: Any) -> Any:
    """The same facts without what PostgreSQL cannot keep in JSON: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: storable(found) for key, found in value.items()}
    return [storable(found) for found in value] if isinstance(value, list | tuple) else value


def put_many(rows: Iterable[NewNotice], *, by: User | None = None, at: datetime | None = None) -> None:
    """Write many notices in as few statements as there are thousands.

    Nobody is told what they did (`by`). The same key for the same person a second time changes nothing: the
    database's constraint decides, so two workers may say it at once. `context` holds JSON values only;
    instants go in as ISO text. Delivery looks the rows up by itself: nothing else is to be called.
    """
    rows = list(rows)
    created_at = at or timezone.now()
    by_id = by.pk if by is not None else None
    _tell_company([row for row in rows if is_news(row.kind, row.context)], created_at)
    Notice.objects.bulk_create(
        [
            Notice(
                kind=row.kind,
                recipient_id=row.recipient_id,
                key=row.key,
                context=storable(row.context),
                url=row.url,
                is_instant=row.is_instant,
                created_at=created_at,
            )
            for row in rows
            if row.recipient_id != by_id
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def _tell_company(rows: Sequence[NewNotice], at: datetime) -> None:
    """Keep what the whole company may hear of, once, whoever is told in person; see `leadsync.notices.news`."""
    once = {row.key: row for row in rows}
    if once:
        News.objects.bulk_create(
            [
                News(kind=row.kind, key=key, context=storable(row.context), url=row.url, created_at=at)
                for key, row in once.items()
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )


@transaction.atomic
def open_alert(
    *, kind: str, subject: str, context: Mapping[str, Any], url: str = "", at: datetime | None = None
) -> bool:
    """Say that something needs somebody to act; True when it was not said already.

    One alert per kind and subject is open at a time; said again, the open one takes over the newer facts. What it costs
    is read from the table of duties. Kinds whose facts are all read anew have `watching.settle` instead.
    """
    facts, cost = storable(context), cost_of(kind, context)
    alert, is_new = Alert.objects.get_or_create(
        kind=kind,
        subject=subject,
        resolved_at=None,
        defaults={
            "context": facts,
            "url": url,
            "cost_minutes": cost,
            "opened_at": at or timezone.now(),
        },
    )
    if not is_new and (alert.context, alert.url, alert.cost_minutes) != (facts, url, cost):
        Alert.objects.filter(pk=alert.pk).update(context=facts, url=url, cost_minutes=cost)
    return is_new


def open_subjects(kind: str) -> list[str]:
    """What alerts of this kind that are open are about."""
    return list(Alert.objects.filter(kind=kind, resolved_at=None).values_list("subject", flat=True))


def resolve_alert(*, kind: str, subject: str, at: datetime | None = None) -> bool:
    """The facts are in order again; True when an alert was open."""
    return bool(
        Alert.objects.filter(kind=kind, subject=subject, resolved_at=None).update(
            resolved_at=at or timezone.now()
        )
    )


def mark_read(*, person: User, ids: Iterable[int] | None = None, at: datetime | None = None) -> int:
    """Mark a person's notices as read, all of them without `ids`; returns how many were unread."""
    unread = Notice.objects.filter(recipient=person, read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=at or timezone.now())
