"""What is missing about a lead: the button that asks for it, on the lead's page and beside a campaign's leads."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.context import Context

from feedback.domain.pieces import Piece
from feedback.models import Question
from feedback.selectors import pieces
from leads.models import Lead
from leads.selectors import agreement, learned
from leads.selectors.queue import Point
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can
from leadsync.core.held import held

register = template.Library()


@register.inclusion_tag("feedback/piece.html", takes_context=True)
def ask_for(
    context: Context,
    lead: Lead,
    piece: str,
    *,
    is_known: bool = False,
    question: Question | None = None,
    with_label: bool = False,
    label: str = "",
    back: str = "lead",
    refused: str | None = None,
    oob: bool = False,
) -> dict[str, Any]:
    """The button that asks sales for a piece, or who has asked; nothing for who does not log leads.

    `refused`: asking has just been refused, in words. On a lead's page all pieces together ask the database once.
    """
    may_ask = person_of(context["request"]).can(Can.LOG_LEADS)
    if may_ask and not is_known and question is None and not with_label:
        asked = held(f"pieces:{lead.pk}", lambda: pieces.asked_for([lead.pk]))
        question = asked.get((lead.pk, piece))
    return {
        "csrf_token": context.get("csrf_token"),
        "lead": lead,
        "piece": piece,
        "name": piece.replace(":", "-"),
        "is_known": is_known or not may_ask or (not lead.is_open and question is None),
        "question": question if not is_known else None,
        "is_fresh": bool(context.get("text")) and not with_label,
        "with_label": with_label,
        "label": label or (pieces.piece_words(Piece.read(piece)) if may_ask else ""),
        "back": back,
        "refused": refused,
        "oob": oob,
    }


@register.inclusion_tag("feedback/piece_menu.html", takes_context=True)
def missing_menu(context: Context, lead: Lead, rows: Iterable[Any]) -> dict[str, Any]:
    """What is missing of one of the leads of a table (`rows` with `.lead`): all rows ask the database once."""
    kept: Any = context.render_context
    if "feedback_missing" not in kept:
        kept["feedback_missing"] = pieces.missing_of([row.lead.pk for row in rows])
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "lead": lead,
        "missing": [
            one
            for one in kept["feedback_missing"].get(lead.pk, [])
            if lead.is_open or one.question is not None
        ],
    }


@register.inclusion_tag("feedback/piece_form.html", takes_context=True)
def piece_form(context: Context, question: Question) -> dict[str, Any]:
    """What a question for a piece is answered with: the criterion's answers, or the topic's tags and words."""
    piece = Piece.read(question.piece)
    criterion = next((one for one in agreement.terms().criteria if one.key == piece.key), None)
    return {
        "csrf_token": context.get("csrf_token"),
        "question": question,
        "label": pieces.piece_words(piece),
        "point": Point(criterion, None, "", None) if criterion else None,
        "tags": [tag for tag in learned.tags() if tag.topic == piece.topic and tag.is_active]
        if piece.topic
        else [],
        "refused": context.get("piece_refused"),
        "typed": context.get("piece_typed", ""),
    }
