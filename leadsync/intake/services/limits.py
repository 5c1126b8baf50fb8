"""How often somebody may send: counted in the cache, by windows of ten minutes, without keeping who it was."""

from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.utils.crypto import salted_hmac

WINDOW: Final = 600  # seconds


def wait_needed(*, what: str, who: str, most: int, now: datetime) -> int:
    """Count one more of `what` by `who`; seconds until the next may come, 0 where this one may.

    Counts are kept under a keyed digest: the cache never holds an address. Where the cache is away, nothing is limited.
    """
    seconds = int(now.timestamp())
    window, into = divmod(seconds, WINDOW)
    key = f"intake:{what}:{_digest(who)}:{window}"
    cache.add(key, 0, timeout=WINDOW * 2)
    try:
        count = cache.incr(key)
    except ValueError:  # thrown out of a full cache in between
        return 0
    return WINDOW - into if count > most else 0


def _digest(who: str) -> str:
    return salted_hmac("leadsync.intake.limits", who, algorithm="sha256").hexdigest()[:40]
