"""Everything that refers to a lead, in whatever app, and what becomes of it when two leads become one.

`TREATED` says how each is treated; what is not listed there moves, and a test asks that everything is listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from leads.models import Lead


@dataclass(frozen=True, slots=True)
class Treatment:
    """`same`: two rows that agree in these columns (in none: any two) cannot both stay, one of them is kept aside.

    `is_kept`: rows change after they were made, so they are remembered whole. `is_pair`: refers to two leads.
    """

    same: tuple[str, ...] | None = None
    is_kept: bool = False
    is_pair: bool = False


MOVES = Treatment()
TREATED: Mapping[str, Treatment] = {
    "leads.Arrival.lead": MOVES,
    "leads.LeadKey.lead": MOVES,  # unique among all leads: the two have none in common
    "leads.LeadEvent.lead": MOVES,
    "leads.Activity.lead": MOVES,  # `campaign` follows the lead's
    "leads.Mark.lead": Treatment(is_kept=True),
    "leads.Answer.lead": Treatment(same=("key",), is_kept=True),
    "leads.Finding.lead": Treatment(same=("topic", "tag_id"), is_kept=True),
    "leads.Handoff.lead": Treatment(is_kept=True),  # one open at most: see `leads.services.merge_clocks`
    "leads.Step.lead": Treatment(same=("handoff_id", "kind", "due_at")),
    "leads.Consent.lead": MOVES,
    "leads.BackTestLead.lead": Treatment(same=("test_id",)),
    "leads.Merge.survivor": MOVES,  # what was merged before comes along
    "leads.Lookalike.first": Treatment(is_pair=True),
    "leads.Lookalike.second": Treatment(is_pair=True),
    "feedback.Question.lead": MOVES,
    "feedback.Evidence.lead": Treatment(same=("note_id",)),
    "feedback.Dispute.lead": MOVES,  # of a mark, which moves too
    "intake.Payload.lead": MOVES,
    "exchange.Entry.lead": MOVES,
    "exchange.Win.lead": Treatment(same=()),
    "exchange.Applause.lead": Treatment(same=("by_id",)),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """One column that refers to a lead."""

    label: str
    model: type[models.Model]
    column: str

    @property
    def treatment(self) -> Treatment:
        return TREATED.get(self.label, MOVES)

    def rows(self, lead_id: int) -> models.QuerySet[Any]:
        """The rows of this lead."""
        return self.model._base_manager.filter(**{self.column: lead_id})


def relations() -> list[Relation]:
    """Every column of every app that refers to a lead."""
    found = []
    # Hidden ones too: `related_name="+"` hides a relation, and its rows would go with the lead.
    for one in Lead._meta.get_fields(include_hidden=True):
        if isinstance(one, models.ForeignObjectRel):
            model: Any = one.related_model
            field: Any = one.field
            found.append(Relation(f"{model._meta.label}.{field.name}", model, field.attname))
    return sorted(found, key=lambda one: one.label)
