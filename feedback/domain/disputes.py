"""Who decides a dispute, and when it is decided: both heads who say the same, or the director alone."""

from collections.abc import Iterable, Mapping

# The sides that have a word, as `leadsync.accounts.roles.Side` writes them.
MARKETING = "mkt"
SALES = "sales"
DIRECTION = "dir"
HEADS = (MARKETING, SALES)


def outcome(said: Mapping[str, str]) -> str | None:
    """The verdict, given what each side said; None while the dispute stays open."""
    if DIRECTION in said:
        return said[DIRECTION]
    words = {said.get(side) for side in HEADS}
    return said[MARKETING] if len(words) == 1 and None not in words else None


def heads_differ(said: Mapping[str, str]) -> bool:
    """Both heads have said their word, and not the same: the director decides."""
    return all(side in said for side in HEADS) and outcome(said) is None


def side_for(person: int, sides: Iterable[str], said_by: Mapping[str, int]) -> str | None:
    """The side for which this person may say a word now; None where there is none.

    The director always may. A head may until both have spoken, and may change the own word till then. One person has
    one word: who heads both departments speaks for the one that has not spoken.
    """
    mine = list(sides)
    if DIRECTION in mine:
        return DIRECTION
    if all(side in said_by for side in HEADS):
        return None
    spoken = next((side for side in HEADS if said_by.get(side) == person), None)
    if spoken is not None:
        return spoken if spoken in mine else None
    return next((side for side in HEADS if side in mine and side not in said_by), None)
