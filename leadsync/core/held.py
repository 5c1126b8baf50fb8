"""What is read at most once a request, by whoever asks first, or once per change of what it is made of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection

_held: ContextVar[dict[str, Any] | None] = ContextVar("core_held", default=None)


@contextmanager
def held_reads() -> Iterator[None]:
    """Inside the block `held` makes each thing once. Opened by the middleware, for one request of one thread.

    Outside of it (tasks, commands, tests) nothing is held: no process works with what another has changed.
    """
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def held[T](name: str, make: Callable[[], T]) -> T:
    """What `make` gives, made once a request; always anew outside of one. To read, not to change."""
    kept = _held.get()
    if kept is None:
        return make()
    if name not in kept:
        kept[name] = make()
    found: T = kept[name]
    return found


def let_go(name: str) -> None:
    """Forget what is held under this name, for the service that has just changed it."""
    kept = _held.get()
    if kept is not None:
        kept.pop(name, None)


class Newest[K, T]:
    """The newest value made of rows whose key changes with them, kept in this process from request to request.

    Inside a transaction nothing new is kept: it may be the one that changes the rows, and be rolled back, and the next
    change would get the same key for something else.
    """

    def __init__(self) -> None:
        self._kept: tuple[K, T] | None = None
        _newest.append(self)

    def of(self, key: K, make: Callable[[], T]) -> T:
        """The value of this key: kept, or made now. To read, not to change."""
        kept = self._kept
        if kept is not None and kept[0] == key:
            return kept[1]
        value = make()
        if not connection.in_atomic_block:
            self._kept = (key, value)
        return value

    def let_go(self) -> None:
        """Forget it."""
        self._kept = None


_newest: list[Newest[Any, Any]] = []


def let_go_of_newest() -> None:
    """Forget all that is kept between requests: rows were written behind the services' back, as between tests."""
    for one in _newest:
        one.let_go()
