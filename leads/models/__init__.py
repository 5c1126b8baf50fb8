"""The agreement, leads, what happened to them, handoffs, and imports."""

from leads.models.agreement import Agreement, Criterion, Promise, Reason, Signature
from leads.models.handoff import Handoff, Step
from leads.models.imports import ColumnMemory, Import, ImportRow
from leads.models.lead import Activity, Answer, Arrival, Lead, LeadEvent, LeadKey, Mark, SavedView

__all__ = [
    "Activity",
    "Agreement",
    "Answer",
    "Arrival",
    "ColumnMemory",
    "Criterion",
    "Handoff",
    "Import",
    "ImportRow",
    "Lead",
    "LeadEvent",
    "LeadKey",
    "Mark",
    "Promise",
    "Reason",
    "SavedView",
    "Signature",
    "Step",
]
