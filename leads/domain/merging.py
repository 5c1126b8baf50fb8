"""Two leads become one: whose value stands for which column. Pure decisions over columns as the database names them.

The survivor's values stand and its gaps are filled, unless somebody chose otherwise. Some columns only make sense
together and come from one lead as a whole: where the lead stands, its first contact, what it is attributed to.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from leads.domain.words import OPEN_STAGES, MarkValue, Stage

SURVIVOR = "survivor"
OTHER = "other"
SIDES = (SURVIVOR, OTHER)

# Chosen one by one.
FIELDS = (
    "name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "city",
    "language",
    "need",
    "owner_id",
)
# An answer by its key, what was learned about a topic in words: chosen where both leads have one.
ANSWER = "answer:"
WORDS = "words:"
STATE = "state"  # the choice that stands for all of these columns
STATE_COLUMNS = (
    "stage",
    "mark",
    "reason_id",
    "is_judged_only",
    "marked_at",
    "qualified_at",
    "won_at",
    "amount",
    "lost_at",
    "closed_at",
)
CONTACT = ("first_contact_at", "is_in_time")
NEXT_STEP = ("next_step_at", "next_step")
# The first arrival decides: what the lead counts for.
ATTRIBUTION = ("campaign_id", "logged_by_id", "received_at", "gate_number")
SUMS = ("minutes", "minutes_estimated", "attempts")

type Columns = Mapping[str, Any]


def is_untouched(lead: Columns) -> bool:
    """Nobody of sales has done anything about it yet."""
    return lead["stage"] == Stage.NEW and lead["mark"] == MarkValue.NONE and lead["first_contact_at"] is None


def defaults(survivor: Columns, other: Columns) -> dict[str, str]:
    """Whose value stands where nobody chooses: by the name of each choice."""
    found = {
        name: OTHER if survivor[name] in (None, "") and other[name] not in (None, "") else SURVIVOR
        for name in FIELDS
    }
    found[STATE] = OTHER if is_untouched(survivor) and not is_untouched(other) else SURVIVOR
    if is_in_hand(survivor) and other["stage"] == Stage.LOST:
        found[STATE] = SURVIVOR  # who came again is open again: a merge by itself closes nobody's work
    return found


def is_in_hand(lead: Columns) -> bool:
    """A rep is on it now."""
    return lead["stage"] in OPEN_STAGES and lead["owner_id"] is not None


class Why(StrEnum):
    """What speaks for keeping one lead rather than the other."""

    WON = "won"
    IN_HAND = "in_hand"
    WORKED = "worked"
    FIRST = "first"


def suggested(one: Columns, other: Columns) -> tuple[str, Why]:
    """Which of the two to keep and why: a customer, whom a rep is on, into whom more work went, who came first.

    `SURVIVOR` stands for `one`, `OTHER` for `other`.
    """
    tests: tuple[tuple[Why, Callable[[Columns], Any]], ...] = (
        (Why.WON, lambda lead: lead["stage"] == Stage.WON),
        (Why.IN_HAND, is_in_hand),
        (Why.WORKED, lambda lead: (not is_untouched(lead), lead["minutes"], lead["attempts"])),
    )
    for why, of in tests:
        mine, theirs = of(one), of(other)
        if mine != theirs:
            return (SURVIVOR if mine > theirs else OTHER), why
    return came_first(one, other), Why.FIRST


def came_first(survivor: Columns, other: Columns) -> str:
    """Which of the two showed interest first; at one instant, who was received first here."""
    mine = (survivor["received_at"], survivor["id"])
    return SURVIVOR if mine < (other["received_at"], other["id"]) else OTHER


def merged(survivor: Columns, other: Columns, choices: Mapping[str, str]) -> dict[str, Any]:
    """The columns of the lead that both become; `choices` by name, what is not chosen by `defaults`.

    A lead of which one was contacted was contacted; a next step belongs to an open lead and fills a gap as well.
    """
    sides = {SURVIVOR: survivor, OTHER: other}
    chosen = defaults(survivor, other) | dict(choices)
    values = {name: sides[chosen[name]][name] for name in FIELDS}
    state = sides[chosen[STATE]]
    rest = other if state is survivor else survivor
    values |= {name: state[name] for name in STATE_COLUMNS}
    first = sides[came_first(survivor, other)]
    values |= {name: first[name] for name in ATTRIBUTION}
    contacted = min(
        (one for one in (survivor, other) if one["first_contact_at"] is not None),
        key=lambda one: one["first_contact_at"],
        default=survivor,
    )
    values |= {name: contacted[name] for name in CONTACT}
    if values["first_contact_at"] is not None and values["stage"] == Stage.NEW:
        values["stage"] = Stage.CONTACTED
    planned = state if state["next_step_at"] is not None or rest["next_step_at"] is None else rest
    is_open = values["stage"] in OPEN_STAGES
    values |= (
        {name: planned[name] for name in NEXT_STEP} if is_open else {"next_step_at": None, "next_step": ""}
    )
    values |= {name: survivor[name] + other[name] for name in SUMS}
    values["handed_off_at"] = _pick(min, survivor["handed_off_at"], other["handed_off_at"])
    values["last_activity_at"] = _pick(max, survivor["last_activity_at"], other["last_activity_at"])
    values["wanted_at"] = survivor["wanted_at"] or other["wanted_at"]
    values["is_history"] = survivor["is_history"] and other["is_history"]
    return values


def _pick(which: Any, *instants: Any) -> Any:
    return which((one for one in instants if one is not None), default=None)
