"""Questions between the departments, disputes about marks, decisions after a gate, and what market notes rest on."""

from feedback.models.disputes import Decision, Dispute
from feedback.models.gate import GateDecision, GateSignature, GateVerdict
from feedback.models.markets import Evidence
from feedback.models.questions import Question, Reply

__all__ = [
    "Decision",
    "Dispute",
    "Evidence",
    "GateDecision",
    "GateSignature",
    "GateVerdict",
    "Question",
    "Reply",
]
