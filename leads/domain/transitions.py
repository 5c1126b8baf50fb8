"""Which changes of stage and mark are allowed.

new → contacted → qualified → won | lost; closed from new or contacted.

Jumping forward is fine (a win on the first call): what was jumped over is implied. Going back is `reopen`.
"""

from leads.domain.words import MarkValue, Stage

# The stage a mark leads to.
STAGE_OF_MARK = {
    MarkValue.QUALIFIED: Stage.QUALIFIED,
    MarkValue.PROMISING: Stage.CONTACTED,
    MarkValue.NOT_A_FIT: Stage.CLOSED,
    MarkValue.UNREACHABLE: Stage.CLOSED,
}

_ALL_MARKS = frozenset(STAGE_OF_MARK)
_MARKS = {
    Stage.NEW: _ALL_MARKS,
    Stage.CONTACTED: _ALL_MARKS,
    # A qualified lead that goes away is lost; it is not closed as if it had never been one.
    Stage.QUALIFIED: frozenset({MarkValue.QUALIFIED, MarkValue.PROMISING}),
}

# Which marks can be disputed and overturned, and to what: always to the lead's good.
OVERTURNED_TO = {
    MarkValue.NOT_A_FIT: (MarkValue.QUALIFIED, MarkValue.PROMISING),
    MarkValue.UNREACHABLE: (MarkValue.QUALIFIED, MarkValue.PROMISING),
    MarkValue.PROMISING: (MarkValue.QUALIFIED,),
}

CAN_WIN = frozenset({Stage.NEW, Stage.CONTACTED, Stage.QUALIFIED})
CAN_LOSE = frozenset({Stage.QUALIFIED})
CAN_REOPEN = frozenset({Stage.CLOSED, Stage.LOST})


def can_mark(stage: str, value: str) -> bool:
    """Whether a lead at this stage can be given this mark."""
    return value in _MARKS.get(Stage(stage), frozenset())


def overturned_to(value: str) -> tuple[MarkValue, ...]:
    """The marks that one of this value can be overturned to; none for those that nobody disputes."""
    return OVERTURNED_TO.get(MarkValue(value), ())


def reopened_stage(*, was_contacted: bool, was_qualified: bool) -> Stage:
    """Where a lead stands again when it is reopened: as far as it had come."""
    if was_qualified:
        return Stage.QUALIFIED
    return Stage.CONTACTED if was_contacted else Stage.NEW
