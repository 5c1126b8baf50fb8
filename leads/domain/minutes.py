"""Sales time that nobody entered, estimated by how the activity went (domain.md, Lead)."""

NO_ANSWER = 3
REACHED = 15
MEETING = 60


def estimate(kind: str, outcome: str) -> int:
    """Minutes an activity of this kind and outcome usually takes; a note takes none."""
    if kind == "note":
        return 0
    if outcome in {"no_answer", "wrong_number", "calling"}:
        return NO_ANSWER
    return MEETING if kind == "meeting" else REACHED
