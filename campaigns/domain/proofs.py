"""How a contact point stands: green only with a fresh proof that it works."""

from datetime import datetime, timedelta
from enum import StrEnum


class ProofState(StrEnum):
    """What the last proof of a contact point says today."""

    WORKS = "works"
    STALE = "stale"
    BROKEN = "broken"
    NEVER = "never"


def state_of(is_ok: bool | None, at: datetime | None, *, now: datetime, fresh_days: int) -> ProofState:
    """The state by the last proof (`is_ok`, `at`), which stays fresh for `fresh_days` days of 24 hours.

    A broken point stays broken until a proof says otherwise; None means that nobody ever tried.
    """
    if is_ok is None or at is None:
        return ProofState.NEVER
    if not is_ok:
        return ProofState.BROKEN
    return ProofState.WORKS if now - at <= timedelta(days=fresh_days) else ProofState.STALE
