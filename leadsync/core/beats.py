"""Tasks that a clock starts: a second beat, or the same message delivered twice, does no harm."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

import structlog
from celery import current_app
from django.conf import settings
from django.db.models import Q

from leadsync.core import db
from leadsync.core.models import Lock

log = structlog.get_logger(__name__)

MINUTE = 60.0


def hint(task: str) -> None:
    """Tell the worker that there is work. Only a hint: without the broker, its next tick finds the work by itself."""
    try:
        current_app.send_task(task, retry=False)
    except Exception:
        log.warning("broker_away", task=task, exc_info=True)


def take_turn(name: str, every_seconds: float) -> bool:
    """True when nobody took this turn within half of its interval; taking it is one conditional UPDATE.

    The work itself is safe to do twice anyway; this only saves doing it for nothing. A time in the future
    (the clock was set back) does not hold anybody up.
    """
    now = db.now()
    half, whole = timedelta(seconds=every_seconds / 2), timedelta(seconds=every_seconds)
    rows = Lock.objects.filter(name=f"beat:{name}")
    if not rows.exists():
        Lock.objects.bulk_create([Lock(name=f"beat:{name}")], ignore_conflicts=True)
    is_due = Q(ran_at=None) | Q(ran_at__lte=now - half) | Q(ran_at__gt=now + whole)
    return rows.filter(is_due).update(ran_at=now) == 1


def once_every[**P, R](seconds: float) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
    """Let a task that beat starts every `seconds` run at most once in half of that; else it returns None.

    Stands between `@shared_task` and the function::

        @shared_task(name="notices.deliver")
        @once_every(20)
        def deliver() -> None: ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R | None]:
        name = f"{function.__module__}.{function.__qualname__}"[-45:]

        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
            # Tests let beat tick faster than once a minute.
            interval = seconds * settings.TICK_SECONDS / MINUTE
            return function(*args, **kwargs) if take_turn(name, interval) else None

        return guarded

    return decorate
