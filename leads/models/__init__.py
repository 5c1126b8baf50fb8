"""The agreement, leads, what happened to them, handoffs, routing, what sales learned, and imports."""

from leads.models.agreement import Agreement, Criterion, Promise, Reason, Signature
from leads.models.backtest import BackTest, BackTestLead
from leads.models.handoff import Handoff, Step
from leads.models.identity import Consent, IdempotencyKey, Lookalike, Merge
from leads.models.imports import ColumnMemory, Import, ImportRow
from leads.models.lead import Activity, Answer, Arrival, Lead, LeadEvent, LeadKey, Mark, SavedView
from leads.models.routing import RepGroup, RoutingRule
from leads.models.voice import Finding, Tag, Topic

__all__ = [
    "Activity",
    "Agreement",
    "Answer",
    "Arrival",
    "BackTest",
    "BackTestLead",
    "ColumnMemory",
    "Consent",
    "Criterion",
    "Finding",
    "Handoff",
    "IdempotencyKey",
    "Import",
    "ImportRow",
    "Lead",
    "LeadEvent",
    "LeadKey",
    "Lookalike",
    "Mark",
    "Merge",
    "Promise",
    "Reason",
    "RepGroup",
    "RoutingRule",
    "SavedView",
    "Signature",
    "Step",
    "Tag",
    "Topic",
]
