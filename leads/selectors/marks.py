"""Which mark a lead has now."""

from leads.domain import transitions
from leads.domain.words import MarkValue
from leads.models import Lead, Mark


def stands(mark: Mark, lead: Lead) -> bool:
    """Whether the lead still has this very mark: not taken back, marked anew, opened again or won since."""
    return (
        mark.reverted_at is None
        and lead.mark == mark.value
        and lead.marked_at == mark.at
        and lead.stage == transitions.STAGE_OF_MARK[MarkValue(mark.value)]
    )


def is_overruling(mark: Mark) -> bool:
    """Whether the mark was decided over sales' own: such a mark is neither disputed nor taken back."""
    return "overrules" in mark.undo


def standing(lead: Lead) -> Mark | None:
    """The mark that the lead has now, with who gave it and why; None without one. One query."""
    found = (
        Mark.objects.filter(lead=lead, reverted_at=None)
        .select_related("by", "reason")
        .order_by("-id")
        .first()
    )
    return found if found is not None and stands(found, lead) else None
