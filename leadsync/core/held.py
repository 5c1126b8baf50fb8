"""What is read at most once a request, by whoever asks first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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
