"""What can be missing about a lead and asked for: an answer to a criterion, or anything learned about a topic."""

from dataclasses import dataclass

TOPICS = ("situation", "need", "objection")
ANSWER = "answer:"


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the two: `key` of a criterion, or `topic`. Raises `ValueError` where it is read from something else."""

    key: str = ""
    topic: str = ""

    @classmethod
    def read(cls, text: str) -> "Piece":
        """As questions keep it and forms send it."""
        if text in TOPICS:
            return cls(topic=text)
        key = text.removeprefix(ANSWER)
        if key == text or not key or len(text) > 60:
            raise ValueError(text)
        return cls(key=key)

    def __str__(self) -> str:
        return self.topic or f"{ANSWER}{self.key}"
