"""Taking somebody out of notices, news, alerts, and the mails made of them.

Called by `leadsync.privacy.services.erasing`. Notices know their lead by number only: `lead_id` among their facts, or the
address they link to.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from leadsync.core.redaction import GONE, Traces
from leadsync.notices.models import Alert, Message, News, Notice

# What a notice keeps of its facts: numbers, instants, campaigns and colleagues.
_KEPT = frozenset(
    {
        "amount",
        "answerer",
        "asker",
        "by",
        "campaign",
        "count",
        "days",
        "disputed_by",
        "door",
        "due",
        "due_at",
        "lead_id",
        "mark",
        "rep",
        "state",
        "to",
        "until",
        "verdict",
        "wanted",
        "with_head",
    }
)
_WORDS = ("text", "question", "about")  # what stands between quotation marks
IS_ERASED = "is_erased"  # the fact that says so: `kinds.base.Facts.lead`
_AT_ONCE = 500
_OPEN = (Message.State.WAITING, Message.State.DEAD)


def about(leads: Collection[int], urls: Collection[str]) -> Q:
    """A condition for notices and news that are about these leads."""
    return Q(context__lead_id__in=list(leads)) | Q(url__in=[*urls, *(f"/leads/{pk}/" for pk in leads)])


def erase(*, leads: Collection[int], urls: Collection[str], traces: Traces, at: datetime) -> dict[str, int]:
    """Empty the facts of these leads and the mails that carry them; returns how many rows were changed, by table.

    A mail that still waits is not sent: what else it would have told is mailed with the next one.
    """
    found = about(leads, urls)
    mails: set[int] = set(
        Notice.objects.filter(found, message__isnull=False).values_list("message", flat=True)
    )
    mails |= set(News.objects.filter(found, message__isnull=False).values_list("message", flat=True))
    counts = {
        "Notice": _emptied(Notice, found),
        "News": _emptied(News, found),
        "Message": _mails(mails, traces),
        "Alert": _redacted(Alert, traces),
    }
    # Nobody has to be told of it any more.
    Notice.objects.filter(found, read_at=None).update(read_at=at)
    counts["Notice"] += _redacted(Notice, traces)
    counts["News"] += _redacted(News, traces)
    return {table: count for table, count in counts.items() if count}


def emptied(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a notice without what says who it was about."""
    kept = {key: value for key, value in facts.items() if key in _KEPT}
    return kept | {key: GONE for key in _WORDS if facts.get(key)} | {IS_ERASED: True}


def _emptied(model: type[Model], which: Q) -> int:
    rows = list(model._default_manager.filter(which).only("pk", "context"))
    for row in rows:
        row.context = emptied(row.context)  # type: ignore[attr-defined]
    return model._default_manager.bulk_update(rows, ["context"], batch_size=_AT_ONCE)


def mentioning(rows: QuerySet[Any], column: str, traces: Traces) -> QuerySet[Any]:
    """Rows with one of these people in a text or JSON column."""
    if not traces:
        return rows.none()
    found: QuerySet[Any] = rows.annotate(searched=Cast(column, TextField())).filter(
        searched__iregex=traces.pattern
    )
    return found


def _redacted(model: type[Model], traces: Traces) -> int:
    """Take these people out of facts about something else."""
    rows: list[Any] = []
    for row in mentioning(model._default_manager.all(), "context", traces):
        if traces.found_in(row.context):
            row.context = traces.without(row.context)
            rows.append(row)
    return model._default_manager.bulk_update(rows, ["context"], batch_size=_AT_ONCE)


def _mails(ids: Collection[int], traces: Traces) -> int:
    """What carries notices of these leads is emptied as a whole; elsewhere only the places that name them."""
    linked = Message.objects.filter(pk__in=list(ids))
    dropped = list(linked.filter(state__in=_OPEN).values_list("pk", flat=True))
    Notice.objects.filter(message__in=dropped).update(message=None)
    News.objects.filter(message__in=dropped).update(message=None)
    Message.objects.filter(pk__in=dropped).update(state=Message.State.DROPPED, next_try_at=None)
    count = linked.update(subject=GONE, body="", body_html="", error="")
    rows: list[Message] = []
    columns = ("subject", "body", "body_html", "error")
    if traces:
        naming = Q(*((f"{column}__iregex", traces.pattern) for column in columns), _connector=Q.OR)
        for message in Message.objects.filter(naming):
            for column in columns:
                setattr(message, column, traces.without(getattr(message, column)))
            rows.append(message)
    return count + Message.objects.bulk_update(rows, list(columns), batch_size=_AT_ONCE)
