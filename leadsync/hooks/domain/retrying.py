"""When to try again, and what an answer means for the address it came from."""

import hashlib
from datetime import timedelta
from typing import Final

# Waits after the 1st, 2nd, … failed attempt; after as many attempts as MAX_ATTEMPTS a delivery is given up.
BACK_OFF: Final = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 600, 3_600, 21_600, 86_400, 86_400)
)
MAX_ATTEMPTS: Final = len(BACK_OFF) + 1
LONGEST_WAIT: Final = timedelta(days=1)  # that the other side may ask for
REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=10)
GONE: Final = 410
# Answers about the address as a whole; others (400, 413, 422, …) are about the one message.
_OF_ADDRESS: Final = frozenset({401, 403, 404, 405, 407, 408, 410, 425, 429})


def is_taken(status: int | None) -> bool:
    """Whether the other side has it."""
    return status is not None and 200 <= status < 300


def is_down(status: int | None) -> bool:
    """Whether other messages would fare alike: nobody answered (None), or the answer is about the address."""
    return status is None or status >= 500 or 300 <= status < 400 or status in _OF_ADDRESS


def pause(attempts: int, key: str, asked: timedelta | None = None) -> timedelta | None:
    """How long after the attempt of this number the next one comes, None after the last.

    At least as long as the other side asked for. A little apart for each key, the same for the same one, so that what
    failed together does not come back together.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    return max(_apart(BACK_OFF[attempts - 1], f"{key}:{attempts}"), _heard(asked))


def rest(failures: int, key: str, asked: timedelta | None = None) -> timedelta:
    """How long nothing is sent to an address that has failed so many times in a row."""
    doubled = REST * 2 ** min(max(failures - 1, 0), 10)
    return max(_apart(min(doubled, LONGEST_REST), f"{key}:{failures}"), _heard(asked))


def _heard(asked: timedelta | None) -> timedelta:
    return min(asked or timedelta(), LONGEST_WAIT)


def _apart(wait: timedelta, key: str) -> timedelta:
    """Up to a tenth longer."""
    drawn = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
    return wait * (1 + drawn / 10)
