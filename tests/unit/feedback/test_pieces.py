"""What can be asked for about a lead, as questions keep it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.pieces import TOPICS, Piece


@given(st.one_of(st.sampled_from(TOPICS), st.from_regex(r"answer:[a-z0-9_-]{1,50}", fullmatch=True)))
def test_a_piece_is_written_as_it_is_read(text: str) -> None:
    piece = Piece.read(text)
    assert str(piece) == text
    assert bool(piece.key) != bool(piece.topic)


@pytest.mark.parametrize("text", ["", "answer:", "budget", "needs", "answer:" + "x" * 54, "Answer:budget"])
def test_anything_else_is_no_piece(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Piece.read(text)
