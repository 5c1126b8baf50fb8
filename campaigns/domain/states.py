"""The life of a campaign: draft → review → live → paused → ended, or stopped on the way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a campaign stands; values are stored and go over the API."""

    DRAFT = "draft"
    REVIEW = "review"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"
    STOPPED = "stopped"


# What somebody may decide next, the likeliest first. Sales is asked before anything goes live, and again
# before something that was stopped starts anew; what has ended may go on, as events are repeated and move.
NEXT: Mapping[State, tuple[State, ...]] = {
    State.DRAFT: (State.REVIEW, State.STOPPED),
    State.REVIEW: (State.LIVE, State.DRAFT, State.STOPPED),
    State.LIVE: (State.PAUSED, State.ENDED, State.STOPPED),
    State.PAUSED: (State.LIVE, State.REVIEW, State.ENDED, State.STOPPED),
    State.ENDED: (State.LIVE, State.REVIEW),
    State.STOPPED: (State.REVIEW,),
}

# How lists order campaigns: what runs first, what is over last.
RANK: tuple[State, ...] = (
    State.LIVE,
    State.REVIEW,
    State.PAUSED,
    State.DRAFT,
    State.ENDED,
    State.STOPPED,
)

RUNNING = (State.REVIEW, State.LIVE, State.PAUSED)

# How long a change of state can be taken back.
UNDO_WITHIN = timedelta(hours=24)


def may_become(before: str, after: str) -> bool:
    """Whether a campaign may go from one state to the other by somebody's decision."""
    return after in NEXT[State(before)]


def can_be_taken_back(changed_at: datetime, now: datetime) -> bool:
    """Whether a change of state made at that instant can still be undone."""
    return now - changed_at < UNDO_WITHIN
