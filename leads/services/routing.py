"""Who gets which lead: the rules of `leads.domain.routing` over what the database knows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from leads.domain import routing
from leads.selectors import routing as selectors
from leads.selectors.routing import Routable

__all__ = ["Routable", "share_out"]


def share_out(
    leads: Sequence[Routable], *, at: datetime | None = None, without: Mapping[int, int] | None = None
) -> dict[int, tuple[int, dict[str, Any]]]:
    """A rep for each lead, by lead id, with why (`Placed.why`); without those that stay with marketing.

    The first rule decides that holds and leads to somebody with room; then everybody whose countries and languages
    fit; then the head of sales. As many leads at once go where they would go one by one. `without` names for a
    lead the rep who must not get it. At most eight statements, however many leads.
    """
    if not leads:
        return {}
    board, asked = selectors.board(leads, now=at or timezone.now(), without=without)
    return {
        pk: (placed.rep, placed.why(board.reps[placed.rep].capacity))
        for pk, placed in routing.share_out(board, asked).items()
    }
