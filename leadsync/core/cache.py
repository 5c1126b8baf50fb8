"""The cache where Redis may be away: it then knows nothing and keeps nothing, and pages go on.

Cached values are counts of attempts and answers given before: without them a page is right, only nothing limits how
often somebody tries. Sign-in, API and pages must not stop with a server whose loss loses nothing.
"""

import time
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

ANSWERS_WITHIN = 1.0  # seconds: a page asks several times
LEFT_ALONE_FOR = 2.0  # after it did not answer, so that not every question of a page waits for it


class Client(RedisCacheClient):
    """Asks Redis once, without waiting long. What nobody answers is a miss."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        patience: dict[str, Any] = {
            "socket_connect_timeout": ANSWERS_WITHIN,
            "socket_timeout": ANSWERS_WITHIN,
            "retry": Retry(NoBackoff(), 1),  # once more, for a connection that Redis has closed meanwhile
        }
        super().__init__(servers, **patience | options)
        self._away_until = 0.0

    def _ask(self, what: str, miss: Any, *arguments: Any) -> Any:
        if time.monotonic() < self._away_until:
            return miss
        try:
            return getattr(super(), what)(*arguments)
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            self._away_until = time.monotonic() + LEFT_ALONE_FOR
            log.warning("cache_away", error=type(error).__name__)
            return miss

    def add(self, key: Any, value: Any, timeout: Any) -> Any:
        return self._ask("add", True, key, value, timeout)

    def get(self, key: Any, default: Any) -> Any:
        return self._ask("get", default, key, default)

    def set(self, key: Any, value: Any, timeout: Any) -> Any:
        return self._ask("set", None, key, value, timeout)

    def touch(self, key: Any, timeout: Any) -> Any:
        return self._ask("touch", False, key, timeout)

    def delete(self, key: Any) -> Any:
        return self._ask("delete", False, key)

    def get_many(self, keys: Any) -> Any:
        return self._ask("get_many", {}, keys)

    def has_key(self, key: Any) -> Any:
        return self._ask("has_key", False, key)

    def incr(self, key: Any, delta: Any) -> Any:
        return self._ask("incr", delta, key, delta)

    def set_many(self, data: Any, timeout: Any) -> Any:
        return self._ask("set_many", None, data, timeout)

    def delete_many(self, keys: Any) -> Any:
        return self._ask("delete_many", None, keys)

    def clear(self) -> Any:
        return self._ask("clear", False)


class PatientRedisCache(RedisCache):
    """Django's Redis cache that survives Redis."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
