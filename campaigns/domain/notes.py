"""Which market notes a campaign has to face, and when sales has cleared it. No framework."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Stance(StrEnum):
    """What a note advises; values are stored and go over the API."""

    AVOID = "avoid"
    CAUTION = "caution"
    CHANCE = "chance"


# What must be answered before a campaign goes there.
TO_ANSWER = (Stance.AVOID, Stance.CAUTION)


class ReviewState(StrEnum):
    """What sales said; values are stored and go over the API."""

    ASKED = "asked"
    CLEARED = "cleared"
    OBJECTED = "objected"
    OVERRULED = "overruled"
    VOID = "void"


# What lets a campaign go live.
STANDING = (ReviewState.CLEARED, ReviewState.OVERRULED)


@dataclass(frozen=True, slots=True)
class Market:
    """Where a campaign goes or what a note is about; an empty part means any."""

    country: str = ""
    segment: str = ""


def folded(segment: str) -> str:
    """A segment as it is compared: case and spaces make no difference."""
    return " ".join(segment.split()).casefold()


def concerns(note: Market, campaign: Market) -> bool:
    """Whether a note about one market is about the other, too.

    A campaign that names no country goes to all of them, so that a note cannot be avoided by saying less.
    """
    same_country = not note.country or not campaign.country or note.country == campaign.country
    note_segment, segment = folded(note.segment), folded(campaign.segment)
    return same_country and (not note_segment or not segment or note_segment == segment)


def is_valid(valid_until_on: date | None, *, is_withdrawn: bool, today: date) -> bool:
    """Whether a note still counts: its last day is the one named."""
    return not is_withdrawn and (valid_until_on is None or today <= valid_until_on)


def unanswered(notes: Iterable[tuple[int, str]], answered: Iterable[int]) -> list[int]:
    """Ids of the notes that still need an answer, in their order; `notes` holds (id, stance)."""
    known = set(answered)
    return [pk for pk, stance in notes if stance in TO_ANSWER and pk not in known]


def needs_review_again(before: Market, after: Market) -> bool:
    """Whether a campaign goes somewhere else than where sales was asked about."""
    return before.country != after.country or folded(before.segment) != folded(after.segment)
