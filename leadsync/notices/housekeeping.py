"""Throwing away what nobody needs any more, a batch at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection, models

from leadsync.core import db
from leadsync.notices.models import Alert, Message, News, Notice

READ_NOTICES_KEPT = timedelta(days=365)
UNREAD_NOTICES_KEPT = timedelta(days=730)
MESSAGES_KEPT = timedelta(days=90)  # longer than notices are mailed: see selectors.MAILED_WITHIN
NEWS_KEPT = timedelta(days=14)
ALERTS_KEPT = timedelta(days=730)
PROCESSED_KEPT = timedelta(hours=1)
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much went."""

    files: int = 0
    notices: int = 0
    messages: int = 0
    alerts: int = 0
    news: int = 0
    cache_rows: int = 0


def tidy(*, at: datetime | None = None) -> Tidied:
    """Drop files the embedded broker has done with, old notices, messages, alerts, cache rows, sessions."""
    now = at or db.now()
    is_old_notice = models.Q(read_at__lt=now - READ_NOTICES_KEPT) | models.Q(
        created_at__lt=now - UNREAD_NOTICES_KEPT
    )
    is_old_message = models.Q(state=Message.State.SENT, sent_at__lt=now - MESSAGES_KEPT) | models.Q(
        state=Message.State.DROPPED, created_at__lt=now - MESSAGES_KEPT
    )
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return Tidied(
        files=_clear_processed(now),
        notices=_delete(Notice, is_old_notice),
        messages=_delete(Message, is_old_message),
        alerts=_delete(Alert, models.Q(resolved_at__lt=now - ALERTS_KEPT)),
        news=_delete(News, models.Q(created_at__lt=now - NEWS_KEPT)),
        cache_rows=_clear_cache(now),
    )


def _delete(model: type[models.Model], which: models.Q) -> int:
    """Delete in batches, so that no transaction is long."""
    gone = 0
    while ids := list(
        model._default_manager.filter(which).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        gone += len(ids)
        model._default_manager.filter(pk__in=ids).delete()
    return gone


def _clear_processed(now: datetime) -> int:
    """Remove the messages that the filesystem broker has moved aside; other brokers keep none."""
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("processed_folder")
    if not folder or not Path(folder).is_dir():
        return 0
    gone = 0
    for path in Path(folder).iterdir():
        try:
            if path.stat().st_mtime < (now - PROCESSED_KEPT).timestamp():
                path.unlink()
                gone += 1
        except FileNotFoundError:
            continue  # another worker tidies at the same time
    return gone


def _clear_cache(now: datetime) -> int:
    """Delete what has expired from the cache's table; Redis does that by itself."""
    cache = caches["default"]
    if not isinstance(cache, DatabaseCache):
        return 0
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE expires < %s",  # noqa: S608  # a name of our settings
            [connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))],
        )
        return int(cursor.rowcount)
