"""What can become of an idea for a campaign. No framework."""

from enum import StrEnum
from typing import Final

MOST_TITLE: Final = 200
MOST_TEXT: Final = 5_000
MOST_SEGMENT: Final = 100
LEAST_WORD: Final = 4  # shorter words are in too many titles to say that two are alike


class IdeaState(StrEnum):
    """Where an idea stands."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


def telling_words(title: str) -> list[str]:
    """The words of a title that say what it is about, in small letters, the longest first, five at most."""
    words = {"".join(sign for sign in word if sign.isalnum()) for word in title.casefold().split()}
    return sorted((word for word in words if len(word) >= LEAST_WORD), key=lambda one: (-len(one), one))[:5]
