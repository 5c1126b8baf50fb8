"""The month's plan, orders of leads, and the roll-up."""

from leadsync.kpi.models.facts import CohortFact, DayFact
from leadsync.kpi.models.orders import LeadOrder, OrderChange
from leadsync.kpi.models.plan import Plan, PlanLine, PlanSignature, PlanVersion

__all__ = [
    "CohortFact",
    "DayFact",
    "LeadOrder",
    "OrderChange",
    "Plan",
    "PlanLine",
    "PlanSignature",
    "PlanVersion",
]
